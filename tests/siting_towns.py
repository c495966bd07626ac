"""A town as planners ask it: an oracle's town with the few answers of a city version they need."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.counted import Counted, count_length
from locator.coverage import measure_coverage
from locator.siting.candidates import Candidates, street_points
from tests.towns import make_network, place

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from tests.oracles import Town


class TownVersion:
    """One version of a town; stations are (street, offset, snap)."""

    sites: Any = None
    store = SimpleNamespace(barred=None)

    def __init__(
        self, town: Town, made: StreetNetwork, stations_at: list[tuple[int, float, float]],
        what: Counted,
    ) -> None:  # fmt: skip
        self.town, self.made, self.stations_at, self.what = town, made, stations_at, what
        self.streets = made.streets
        self.stations = SimpleNamespace(hash=repr(stations_at), code=())

    def network(self, _mode: str = "walk", *, timed: bool = False) -> StreetNetwork:
        del timed
        return self.made

    def placement(self, **_words: object) -> Placement:
        return place(self.made, self.stations_at)

    def counted(self, **_words: object) -> Counted:
        return self.what

    def to_lonlat(self, xy: np.ndarray) -> np.ndarray:
        return xy

    def with_scenario(
        self, *, build: list[tuple[int, float]], kind: str | None = None
    ) -> TownVersion:
        del kind
        added = [*self.stations_at, *((street, offset, 0.0) for street, offset in build)]
        return TownVersion(self.town, self.made, added, self.what)

    def covered(self, sites: list[tuple[int, float]], limit: float) -> float:
        """Metres covered with sites, by the exact coverage."""
        version = self.with_scenario(build=sites)
        return measure_coverage(self.made, version.placement(), limit, depths=False).covered_m


def version_of(town: Town, spans: Any = None, counted: Counted | None = None) -> TownVersion:
    network = make_network(town, spans)
    what = count_length(network.streets) if counted is None else counted
    return TownVersion(town, network, list(town.stations), what)


def some_candidates(version: TownVersion, count: int, rng: np.random.Generator) -> Candidates:
    """A few points of the streets, ends and crossings among them."""
    points = street_points(version.made, spacing_m=60.0)
    rows = np.sort(rng.choice(len(points), min(count, len(points)), replace=False))
    return points.take(rows)


def places_of(candidates: Candidates, rows: Any) -> list[tuple[int, float]]:
    return [(int(candidates.street[r]), float(candidates.offset_m[r])) for r in rows]


def choices(count: int, size: int) -> list[tuple[int, ...]]:
    return list(combinations(range(count), size))
