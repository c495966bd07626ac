"""What the requests of one application share: the city, its street tiles, its composed maps."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from flask import Flask, current_app, g, request

from locator import moments
from locator.keeping import LastKept
from locator.moments import NOW
from webapp.memory import here
from webapp.street_tiles import MAJOR_CLASSES, StreetTiles, build_tiles

if TYPE_CHECKING:
    from datetime import datetime

    from locator.city import City
    from locator.coverage import Coverage
    from locator.view import CityView
    from webapp.assets import Assets
    from webapp.map_parts import MapParts
    from webapp.memory import Run
    from webapp.params import CoverageQuery
    from webapp.tile_sources import TileSource

_KEY = "locator"
_KEPT_TILES = 8  # some 10 MB each for a city of 150,000 streets


class TileStore:
    """Street tiles of the coverages asked for lately, each built by one thread only.

    A page asks for a dozen tiles at once, all of one coverage: the first builds, the others wait.
    """

    def __init__(self) -> None:
        self._building = threading.Lock()
        self._kept = LastKept(_KEPT_TILES)

    def find(self, view: CityView, question: CoverageQuery, run: Run = here) -> StreetTiles:
        """Tiles of that coverage in that version of the city."""

        def build() -> StreetTiles:
            return run(lambda: _tiles_of(view, measure(view, question)))

        key = (view.version, question.within_m, question.kind, question.mode)
        tiles: StreetTiles | None = self._kept.known(key)
        if tiles is None:
            with self._building:
                tiles = self._kept.get(key, build)
        return tiles


@dataclass(frozen=True, slots=True)
class State:
    """What requests share.

    Parameters
    ----------
    city
        The folder that was opened.
    assets
        Addresses of the static files.
    tile_source
        Approved tiles of others; None where the city's own drawing is shown.
    tiles
        Street tiles of the coverages asked for lately.
    maps
        Composed maps by what they show first and on what ground.
    flood_pages
        What askers beyond their limit get to read, and the version of the city it shows.
    """

    city: City
    assets: Assets
    tile_source: TileSource | None = None
    tiles: TileStore = field(default_factory=TileStore)
    maps: dict[object, MapParts] = field(default_factory=dict)
    flood_pages: dict[object, tuple[CityView | None, str]] = field(default_factory=dict)


def attach(app: Flask, state: State) -> None:
    """Give that state to the requests of this application."""
    app.extensions[_KEY] = state


def shared() -> State:
    """What the requests of this application share."""
    found: State = current_app.extensions[_KEY]
    return found


def current_view() -> CityView:
    """The version of the city that this request sees, from its start to its end."""
    if "view" not in g:
        g.view = shared().city.current()
    view: CityView = g.view
    return view


def view_at(at: str | datetime | None) -> CityView:
    """As `current_view`, for somebody who sets out at a local time, now where none is given."""
    return shared().city.current(at=at or NOW)


def site_address() -> str:
    """The address of this site, without a slash at its end: as the city says, else as asked."""
    return str(current_view().config.public_url or request.url_root).rstrip("/")


def local_now() -> datetime:
    """The city's local time, without a zone."""
    return moments.local_now(shared().city.config.time_zone)


def measure(view: CityView, question: CoverageQuery) -> Coverage:
    """The coverage that was asked for; the view keeps the last ones."""
    return view.coverage(within_m=question.within_m, kind=question.kind, mode=question.mode)


def _tiles_of(view: CityView, coverage: Coverage) -> StreetTiles:
    streets = view.streets
    lonlat_deg, first = view.cut(coverage.piece_street, coverage.piece_from_m, coverage.piece_to_m)
    major = np.array([name in MAJOR_CLASSES for name in streets.classes], np.uint8)
    group = 2 * coverage.piece_state + major[streets.class_code[coverage.piece_street]]
    return build_tiles(lonlat_deg, first, group)
