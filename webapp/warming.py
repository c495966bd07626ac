"""What can be done before the first visitor comes, and once for all workers of a server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from locator.basemap import find_basemap
from locator.city_places import build_gazetteer, gazetteer_of
from locator.errors import DataError
from locator.gazetteer import plain
from locator.phone_places import all_names
from locator.pinyin import keep_table, make_table
from webapp import pages, phone_files
from webapp.memory import Run, apart, settle
from webapp.params import CoverageQuery, NearestBody
from webapp.state import current_view, shared, view_at
from webapp.wording import nearest_answer

if TYPE_CHECKING:
    from flask import Flask

    from locator.view import CityView


def warm(app: Flask) -> None:
    """Ask each kind of question once, so that no visitor waits for what can be done before.

    Workers share what is made here.
    """
    with app.test_request_context("/"):
        view = current_view()
        with suppress(DataError):  # a folder that cannot be written: maps come without a ground
            find_basemap(view.store)
        apart(lambda run: _lay_out(view, run))
        if len(view.streets):
            _answer_once(view)


def _lay_out(view: CityView, run: Run) -> None:
    """What takes much memory to make and little to keep."""
    shared().maps.update(run(lambda: pages.compose_maps(view)))
    keep_table(run(lambda: make_table(map(plain, all_names(view)))))
    if len(view.streets):
        gazetteer_of(view, lambda: run(lambda: build_gazetteer(view.barrier_free())))
        shared().tiles.find(view, CoverageQuery(), run)
        phone_files.current_files(run)


def _answer_once(view: CityView) -> None:
    """Lay out what is searched, by what visitors ask most."""
    west, south, east, north = view.bounds_deg
    middle: dict[str, Any] = {"lon": (west + east) / 2, "lat": (south + north) / 2}
    for routes in (True, False):
        nearest_answer(view_at(None), NearestBody.model_validate(middle | {"routes": routes}))


def let_go(app: Flask) -> None:
    """Close what a process may not share with its forks, and give back what it needs no more."""
    with app.app_context():
        shared().city.let_go()
    settle()
