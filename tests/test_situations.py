"""Heat, storm, night: who helps for certain, who may, and what the range of coverage is."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import NotFoundError
from locator.hours import Hours, read_hours
from locator.situation_coverage import measure_situation
from locator.situations import (
    find_situation,
    next_window,
    situation_mask,
    situations,
)
from tests.block_city import make_block_city, with_places
from tests.grids import lonlat

if TYPE_CHECKING:
    from locator.view import CityView

Answers = tuple[bool | None, ...]
ANSWERS = st.tuples(*[st.sampled_from([True, False, None])] * 2)
YES_ALL = {"AC": True, "WATER": True, "SPACE": True}
PLACES = [(0.0, 0.0), (600.0, 0.0), (0.0, 600.0), (600.0, 600.0)]


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    return make_block_city(tmp_path_factory.mktemp("blocks") / "city", []).current()


def mask(view: CityView, code: str, at: datetime | None = None) -> tuple[list[bool], list[bool]]:
    fit = situation_mask(view.stations, view.timetable, code, at=at)
    return fit.yes.tolist(), fit.possible.tolist()


def hours(text: str) -> Hours:
    return read_hours(text).hours


def test_every_situation_has_source_names_and_known_facilities() -> None:
    for code, one in situations().items():
        assert one.code == code
        assert one.source
        assert one.zh
        assert one.en
        assert one.needs or one.window
    assert {one.hazard for one in situations().values()} == {"heat", "storm", "night"}


def test_no_situation_is_tied_to_a_month() -> None:
    """35 °C came on 6 October: a heat warning holds when it is given."""
    assert not any("month" in field or "season" in field for field in
                   type(find_situation("heat_red")).__slots__)  # fmt: skip


def test_heat_needs_air_conditioning_and_water_known(blocks: CityView) -> None:
    view = with_places(
        blocks, PLACES,
        facilities=[YES_ALL, {"AC": True}, {"AC": True, "WATER": False}, YES_ALL],
        broken=[frozenset(), frozenset(), frozenset(), frozenset({"AC"})],
    )  # fmt: skip
    # known, water unknown, no water, air-conditioning out of order
    assert mask(view, "heat_orange") == ([True, False, False, False], [True, True, False, False])
    assert mask(view, "storm_red") == ([True, False, False, True], [True] * 4)


def test_heat_at_a_time_needs_the_station_open_then(blocks: CityView) -> None:
    view = with_places(
        blocks, PLACES[:3], facilities=[YES_ALL] * 3,
        opening=[hours("09:00-17:00"), hours("18:00-23:00"), Hours()],
    )  # fmt: skip
    at = datetime(2026, 10, 6, 15)
    assert mask(view, "heat_red", at) == ([True, False, False], [True, False, True])


def test_night_asks_for_the_whole_window(blocks: CityView) -> None:
    view = with_places(
        blocks, PLACES,
        opening=[hours("24小时"), hours("22:00-06:00"), hours("06:00-24:00"), Hours()],
    )  # fmt: skip
    assert mask(view, "night") == ([True, True, False, False], [True, True, False, True])
    for moment in (datetime(2026, 7, 4, 15), datetime(2026, 7, 4, 23), datetime(2026, 7, 5, 4)):
        assert mask(view, "night", moment) == mask(view, "night")


def test_disputed_hours_are_not_known_to_hold(blocks: CityView) -> None:
    view = with_places(
        blocks, PLACES[:2], opening=[hours("24小时")] * 2, disputed=[True, False],
        facilities=[YES_ALL] * 2,
    )  # fmt: skip
    assert mask(view, "night") == ([False, True], [True, True])
    assert mask(view, "heat_red", datetime(2026, 7, 4, 15)) == ([False, True], [True, True])
    assert mask(view, "heat_red") == ([True, True], [True, True])  # hours were not asked for


def test_open_until_one_minute_before_the_end_is_not_open_at_night(blocks: CityView) -> None:
    view = with_places(blocks, PLACES[:2], opening=[hours("23:00-04:59"), hours("23:00-05:00")])
    for at in (None, datetime(2026, 7, 4, 23, 30)):
        assert mask(view, "night", at)[0] == [False, True]


def test_range_of_coverage_holds_what_is_sure_and_what_may_be(blocks: CityView) -> None:
    view = with_places(blocks, PLACES[:2], facilities=[YES_ALL, {"AC": True}])
    found = measure_situation(view, "heat_orange", within_m=150)
    assert (found.certain, found.unknown, found.out) == (1, 1, 0)
    assert found.low.covered_m == pytest.approx(400.0, abs=1e-2)  # 2 x 150 and 2 x 50 past corners
    assert found.high.covered_m == pytest.approx(800.0, abs=1e-2)
    document = found.to_json()
    assert document["low"]["share"] < document["high"]["share"]
    assert document["stations"] == {"certain": 1, "unknown": 1, "out": 0}
    assert document["needs"] == ["AC", "WATER"]
    assert "情况不明1个" in document["sentence"]["zh"]


def test_one_switch_serves_coverage_and_nearest(blocks: CityView) -> None:
    view = with_places(blocks, PLACES, facilities=[{"AC": True}, YES_ALL, {}, YES_ALL])
    cover = view.coverage(within_m=150, situation="heat_red")
    assert cover.covered_m == pytest.approx(800.0, abs=1e-2)
    assert view.coverage(within_m=150).covered_m == pytest.approx(1600.0, abs=1e-2)
    need = find_situation("heat_red").needs
    near = view.nearest(lonlat(0.0, 0.0), k=4, need=need)
    assert [view.stations.code[row] for row in near.index[0] if row >= 0] == ["T-1", "T-3"]
    assert (
        near.index[0][near.index[0] >= 0].tolist()
        == np.flatnonzero(view.in_situation("heat_red").yes).tolist()
    )


def test_unknown_situation_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="heat_yellow"):
        find_situation("snow")


def test_no_stations_cover_nothing(blocks: CityView) -> None:
    found = measure_situation(with_places(blocks, []), "night", within_m=150)
    assert (found.low.covered_m, found.high.covered_m) == (0.0, 0.0)


@given(at=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
@pytest.mark.parametrize("window", [(time(23), time(5)), (time(12), time(15))])
def test_window_holds_the_moment_or_is_the_next(window: tuple[time, time], at: datetime) -> None:
    begin, end = next_window(window, at)
    assert at < end
    assert (begin.time(), end.time()) == window
    assert end - begin < timedelta(days=1)
    assert end - timedelta(days=1) <= at  # and there is none before it that is not over
    assert begin.date() - at.date() <= timedelta(days=1)


@given(
    told=st.lists(st.tuples(*[st.sampled_from([True, False, None])] * 2), min_size=4, max_size=4)
)
def test_low_never_covers_more_than_high(
    blocks: CityView, told: list[tuple[bool | None, ...]]
) -> None:
    facilities = [
        {name: value for name, value in zip(("AC", "WATER"), row, strict=True) if value is not None}
        for row in told
    ]
    view = with_places(blocks, PLACES, facilities=facilities)
    found = measure_situation(view, "heat_red", within_m=220)
    assert found.low.covered_m <= found.high.covered_m + 1e-9
    yes, possible = mask(view, "heat_red")
    assert np.all(np.array(possible) >= np.array(yes))
    assert found.certain == sum(row == (True, True) for row in told)
    assert found.out == sum(False in row for row in told)
