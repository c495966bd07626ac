"""What can be done before the first visitor comes, and once for all workers of a server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from locator.basemap import find_basemap
from locator.errors import DataError
from webapp import pages, phone_files
from webapp.params import CoverageQuery
from webapp.state import current_view, shared

if TYPE_CHECKING:
    from flask import Flask


def warm(app: Flask) -> None:
    """Ask each kind of question once, so that no visitor waits for what can be done before.

    Workers share what is made here, the maps with Folium and the phone's files among it.
    """
    with app.test_request_context("/"):
        view = current_view()
        with suppress(DataError):  # a folder that cannot be written: maps come without a ground
            find_basemap(view.store)
        pages.compose_maps(view)
        if len(view.streets):
            west, south, east, north = view.bounds_deg
            view.nearest([((west + east) / 2, (south + north) / 2)], k=1)
            shared().tiles.find(view, CoverageQuery())
            phone_files.current_files()


def let_go(app: Flask) -> None:
    """Close what a process may not share with its forks; it opens again when it is used."""
    with app.app_context():
        shared().city.let_go()
