"""Night, heat and storm in the finder mean what they mean in the planner's figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.nearest_question import Question, choose
from locator.needs import NIGHT, parse_needs
from locator.situations import situations

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.view import CityView


@pytest.mark.parametrize("code", sorted(situations()))
def test_finder_takes_the_stations_that_the_planner_counts(view: CityView, code: str) -> None:
    fit = view.in_situation(code)
    chosen = choose(view, Question(needs=parse_needs((*situations()[code].words, "staff"))))
    usable = view.stations.is_usable
    np.testing.assert_array_equal(chosen.mask, usable & fit.yes)
    assert chosen.unknown == (usable & fit.possible & ~fit.yes).sum()
    assert chosen.no == (usable & ~fit.possible).sum()


def test_night_leaves_some_in_and_some_out_of_the_town(view: CityView) -> None:
    usable = view.stations.is_usable
    fit = view.in_situation("night")
    assert 0 < (usable & fit.yes).sum() < usable.sum()
    assert parse_needs(["night"]).night
    assert situations()["night"].words == (NIGHT,)


def test_list_of_a_night_names_the_same_stations(client: FlaskClient, view: CityView) -> None:
    wanted = view.stations.is_usable & view.in_situation("night").yes
    codes: set[str] = set()
    page = 1
    while True:
        text = client.get(f"/?situation=night&staff=1&page={page}").get_data(as_text=True)
        codes |= set(re.findall(r'<li class="card"[^>]*data-code="([^"]+)"', text))
        if 'rel="next"' not in text:
            break
        page += 1
    assert codes == {view.stations.code[row] for row in np.flatnonzero(wanted)}


def test_list_shows_doors_at_the_hour_that_was_chosen(client: FlaskClient) -> None:
    def doors(query: str) -> list[Any]:
        text = client.get(query).get_data(as_text=True)
        return re.findall(r'data-door="(\w+)"', text.partition('id="list"')[2])

    noon, night = doors("/?at=12:00"), doors("/?at=03:00")
    assert len(noon) == len(night)
    assert noon.count("open") > night.count("open")
