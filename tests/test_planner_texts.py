"""Figures as the planner's commands print them, and what they print in both languages."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.calendar import load_calendar
from geodata.vocabulary import facilities
from locator.answers import NO_STATIONS, NONE_OPEN
from locator.planner_texts import (
    change,
    counted_line,
    day_name,
    number_range,
    percent,
    percents,
    place,
    share_range,
    staff_lines,
)
from locator.station_texts import two_languages

SHARES = st.lists(st.floats(0.0, 1.0), min_size=2, max_size=4)


@given(shares=SHARES)
def test_percents_that_differ_visibly_look_different(shares: list[float]) -> None:
    told = percents(shares)
    for (one, one_text), (other, other_text) in pairwise(zip(shares, told, strict=True)):
        if abs(one - other) > 2e-6:  # more than four digits of a per cent
            assert one_text != other_text
        assert abs(float(one_text.rstrip("%")) / 100 - one) <= 0.0005 + 1e-12


def test_percents_take_no_more_digits_than_needed() -> None:
    assert percents([0.2, 0.7]) == ["20.0%", "70.0%"]
    assert percents([0.2077, 0.2077]) == ["20.8%", "20.8%"]
    assert percents([0.20771, 0.20769]) == ["20.771%", "20.769%"]
    assert percents([]) == []


def test_ranges_show_one_figure_where_both_ends_look_alike() -> None:
    assert share_range(0.1, 0.25) == "10.0%–25.0%"
    assert share_range(0.1, 0.10001) == "10.0%"
    assert share_range(None, None) == percent(None) == "—"
    assert (number_range(3, 3), number_range(0, 40)) == ("3", "0–40")


def test_changes_have_a_sign_and_none_where_nothing_changed() -> None:
    assert change(600.0) == "+600 m"
    assert change(-600.0) == "−600 m"
    assert change(0.0) == change(-0.2) == "0 m"
    assert change(-12_000.0) == "−12.0 km"
    assert change(5.0, "人") == "+5 人"


def test_places_can_be_typed_again_and_days_have_two_names() -> None:
    assert place(120.5, 31.25) == "120.500000, 31.250000"
    assert day_name("sun") == "周日 Sun"
    assert day_name("2026-11-29") == "2026-11-29"


def test_a_factor_of_a_demand_is_shown() -> None:
    facts = {"name": "居民", "factor": 0.5, "unit": "人", "source": "七普", "date": "2020"}
    (line,) = counted_line(facts)
    assert "居民 × 0.5" in line
    assert "×" not in counted_line({**facts, "factor": 1.0})[0]
    assert counted_line(None) == []


def test_staff_rooms_are_said_only_where_there_are_some() -> None:
    assert staff_lines({"public": False, "staff_only": 0, "share_public": 0.2}) == []
    (line,) = staff_lines({"staff_only": 3, "share_public": 0.2})
    assert "3个站仅限本单位职工" in line
    assert "20.0%" in line
    high = {"staff_only": 4, "share_public": 0.3}
    (line,) = staff_lines({"staff_only": 0, "share_public": 0.0, "high": high})
    assert "0–4个站" in line
    assert "0.0%–30.0%" in line


TRUCK = facilities()["TRUCK_PARK"]


@pytest.mark.parametrize(
    "text",
    [
        NO_STATIONS,
        NONE_OPEN,
        f"only stations that are known to have {TRUCK.zh} {TRUCK.en} are counted by truck: left "
        "out are 658 at which it is not recorded and 19 without it",
        "2 stations (A, B) stand on no street and cover nothing",
        "the limit of 200 m is beyond the 150 m of streets kept around the city: stations outside "
        "may be missed; import with a larger --buffer",
        *load_calendar().warnings([2018]),
    ],
)
def test_every_warning_of_an_answer_has_chinese_first(text: str) -> None:
    told = two_languages(text)
    chinese, _, english = told.partition(" / ")
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert english == text
    assert not re.search(r"\{\d\}", told)
