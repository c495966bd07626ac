"""Shares at every hour: exact to the minute, a range where hours are not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.calendar import load_calendar
from locator.counted import Counted, count_length
from locator.coverage import measure_coverage
from locator.errors import InputError
from locator.footing import Footing
from locator.hours import CLOSED, OPEN, UNKNOWN, DayException, Hours, Override, Rule, Timetable
from locator.needs import parse_needs, tell_needs
from locator.openings import (
    DAY_NAMES,
    SERIES,
    find_openings,
    holiday_days,
    ordinary_days,
    real_days,
    usual_hours,
)
from locator.stations import Station, Stations
from locator.week_measuring import measure_week
from tests.hours import FIRST_DAY, any_hours
from tests.oracles import Town, random_town
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locator.hours.timetable import States
    from locator.week import Week

DAY = Hours((Rule(127, 480, 1080),), known=True)  # 8:00-18:00
NIGHT = Hours((Rule(127, 1320, 1800),), known=True)  # 22:00-6:00
ALWAYS = Hours((Rule(127, 0, 1440),), known=True)
WORKDAYS = Hours((Rule(31, 510, 1050),), known=True, holidays="closed")  # 8:30-17:30
NOBODY_KNOWS = Hours()


def week_of(
    town: Town,
    hours: Sequence[Hours],
    limit: float = 60.0,
    *,
    counted: Counted | None = None,
    entry: States | None = None,
) -> Week:
    network = make_network(town)
    footing = Footing(
        network, place(network, town.stations), limit, counted or count_length(network.streets)
    )
    return measure_week([footing], hours, [ordinary_days(), holiday_days()], entry=entry)


def tips(*streets: int) -> Town:
    """The cross with a station at the tips of some streets; each covers its own 60 m."""
    town = cross()
    town.stations = [(street, 100.0, 0.0) for street in streets]
    return town


# -- who is open when --------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(any_hours(), min_size=1, max_size=5), st.data())
def test_openings_of_real_days_equal_the_timetable_at_any_minute(
    hours: list[Hours], data: st.DataObject
) -> None:
    calendar = load_calendar()
    openings = find_openings(hours, real_days(FIRST_DAY, 9, calendar))
    table = Timetable.compile(hours, calendar)
    minutes = data.draw(st.lists(st.integers(0, 9 * 1440 - 1), max_size=20))
    for minute in [*openings.minute[:-1].tolist()[::7], *minutes]:
        when = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(minutes=minute)
        state, code = table.state_at(when), table.needs_code_at(when)
        at = openings.at(minute)
        masks = [openings.mask(openings.series[i, at]) for i in range(len(SERIES))]
        np.testing.assert_array_equal(masks[0], state == OPEN)
        np.testing.assert_array_equal(masks[1], state != CLOSED)
        # Nothing is known of the way in: nobody is sure to enter, and only a code keeps out.
        assert not masks[2].any()
        np.testing.assert_array_equal(masks[3][state == OPEN], (code != 1)[state == OPEN])


@settings(max_examples=40)
@given(st.lists(any_hours(), min_size=1, max_size=5))
def test_openings_have_no_interval_across_the_hour_and_no_set_twice(hours: list[Hours]) -> None:
    openings = find_openings(hours, real_days(FIRST_DAY, 3, load_calendar()))
    start, stop = openings.minute[:-1], openings.minute[1:]
    assert openings.minute[0] == 0
    assert openings.minute[-1] == 3 * 1440
    assert (start < stop).all()
    assert (start // 60 == (stop - 1) // 60).all()
    assert len({openings.mask(row).tobytes() for row in range(len(openings))}) == len(openings)
    assert openings.minutes.sum() == 3 * 1440


@given(any_hours(), st.integers(1, 12))
def test_ordinary_week_equals_the_weekly_spans_of_the_season(hours: Hours, month: int) -> None:
    on = date(2026, month, 15)
    openings = find_openings(usual_hours([hours], on), ordinary_days())
    alone = Timetable.compile([hours], load_calendar())
    expected = np.zeros(7 * 1440, bool)
    for start, end in alone.week_spans(0, mmdd=on.month * 100 + on.day).tolist():
        expected[start:end] = True
    found = np.repeat([openings.mask(row)[0] for row in openings.series[0]], openings.minutes)
    np.testing.assert_array_equal(found, expected)
    if not hours.known:
        assert openings.doubtful.all()
        assert all(openings.mask(row)[0] for row in openings.series[1])


def test_season_of_the_day_decides_an_ordinary_week() -> None:
    summer, winter = Rule(127, 360, 1320, (501, 930)), Rule(127, 480, 1080, (1001, 430))
    hours = Hours((summer, winter), known=True)
    for on, minutes in ((date(2026, 7, 1), 960), (date(2026, 1, 1), 600)):
        openings = find_openings(usual_hours([hours], on), ordinary_days())
        open_for = openings.minutes[[openings.mask(row)[0] for row in openings.series[0]]]
        assert open_for.sum() == 7 * minutes


def test_dated_changes_count_on_real_days_only() -> None:
    closed = DayException(date(2026, 3, 3), date(2026, 3, 3), ())
    heat = Override(datetime(2026, 3, 4, 18), datetime(2026, 3, 4, 20), True)
    hours = Hours(DAY.rules, (closed,), (heat,), known=True)
    usual = find_openings(usual_hours([hours], date(2026, 3, 2)), ordinary_days())
    real = find_openings([hours], real_days(date(2026, 3, 2), 7, load_calendar()))
    count = [
        int(one.minutes[[one.mask(row)[0] for row in one.series[0]]].sum()) for one in (usual, real)
    ]
    assert count == [7 * 600, 6 * 600 + 120]


def test_real_days_refuse_none_and_too_many() -> None:
    for days in (0, 367):
        with pytest.raises(InputError, match=f"{days} days"):
            real_days(FIRST_DAY, days, load_calendar())


def test_entry_wants_everything_and_unknown_stays_unknown() -> None:
    def station(code: str, scope: str, mode: str, **facilities: bool) -> Station:
        return Station(
            code, code, "rest_station", 120.9, 32.0, access_scope=scope, access_mode=mode,
            facilities=facilities,
        )  # fmt: skip

    stations = Stations.from_records(
        [
            station("A", "public", "walk_in", WATER=True),
            station("B", "public", "qr", WATER=True),
            station("C", "public", "", WATER=True),
            station("D", "public", "walk_in", WATER=False),
            station("E", "public", "walk_in"),
            replace(station("F", "public", "walk_in", WATER=True), broken=frozenset({"WATER"})),
        ]
    )
    free = ["free_entry"]
    assert tell_needs(stations, parse_needs(free)).tolist() == [1, 0, -1, 1, 1, 1]
    assert tell_needs(stations, parse_needs([*free, "WATER"])).tolist() == [1, 0, -1, 0, -1, 0]
    assert stations.tell_offering("WATER", "POWER").tolist() == [1, 1, 1, -1, -1, -1]


# -- shares ------------------------------------------------------------------------------------


def test_week_of_a_day_and_a_night_station_by_hand() -> None:
    week = week_of(tips(0, 1), [DAY, NIGHT])
    hours = {(hour.day, hour.hour): hour for hour in week.hours()}
    assert len(hours) == 168
    assert week.share(week.paper) == pytest.approx(120 / 400)
    assert hours["mon", 5].mean == pytest.approx(60 / 400)  # begun on Sunday at 22:00
    assert hours["mon", 6].mean == 0.0
    assert hours["sun", 23].mean == pytest.approx(60 / 400)
    assert hours["wed", 12].open_stations == 1
    assert (week.worst().day, week.worst().hour, week.worst().min) == ("mon", 6, 0.0)
    assert week.at(5 * 60 + 59) == pytest.approx((60 / 400,) * 2)
    assert week.at(6 * 60) == (0.0, 0.0)


def test_hour_that_changes_in_its_middle_has_a_mean_and_a_minimum() -> None:
    week = week_of(tips(0, 1), [WORKDAYS, ALWAYS])
    hours = {(hour.day, hour.hour): hour for hour in week.hours()}
    assert hours["mon", 8].min == pytest.approx(60 / 400)
    assert hours["mon", 8].mean == pytest.approx(90 / 400)
    assert hours["mon", 8].open_stations == 1
    assert hours["mon", 9].min == hours["mon", 9].mean == pytest.approx(120 / 400)
    assert hours["sat", 12].mean == pytest.approx(60 / 400)
    holiday = {hour.hour: hour for hour in week.holiday_hours()}
    assert len(holiday) == 24
    assert holiday[12].mean == pytest.approx(60 / 400)  # closed on holidays


def test_holiday_takes_all_days_of_the_week_together() -> None:
    sundays = Hours((Rule(64, 0, 1440),), known=True)
    week = week_of(tips(0), [sundays])
    (noon,) = (hour for hour in week.holiday_hours() if hour.hour == 12)
    assert noon.day == "holiday"
    assert noon.min == 0.0
    assert noon.mean == pytest.approx(60 / 400 / 7)


def test_unknown_hours_make_a_range_and_say_how_many_stations() -> None:
    week = week_of(tips(0, 1, 2), [ALWAYS, NOBODY_KNOWS, NOBODY_KNOWS])
    for hour in week.hours():
        assert hour.low == hour.mean == hour.min == pytest.approx(60 / 400)
        assert hour.high == pytest.approx(180 / 400)
        assert (hour.open_stations, hour.unknown_stations) == (1, 2)
    assert week.unknown == 2
    assert week.at(0) == pytest.approx((60 / 400, 180 / 400))


def test_unknown_holidays_make_a_range_on_holidays_only() -> None:
    doubtful = Hours(DAY.rules, known=True, holidays="unknown")
    week = week_of(tips(0), [doubtful])
    assert all(hour.low == hour.high for hour in week.hours())
    (noon,) = (hour for hour in week.holiday_hours() if hour.hour == 12)
    assert (noon.low, noon.high) == pytest.approx((0.0, 60 / 400))


def test_enterable_leaves_out_codes_and_members_and_is_never_more_than_open() -> None:
    coded = Hours((Rule(127, 0, 1440, needs_code=True),), known=True)
    entry = np.array([1, 0, -1, 1], np.int8)
    week = week_of(tips(0, 1, 2, 3), [ALWAYS, ALWAYS, ALWAYS, coded], entry=entry)
    for hour in week.hours():
        assert hour.low == pytest.approx(240 / 400)
        assert hour.enterable == pytest.approx(60 / 400)
        assert hour.enterable_high == pytest.approx(120 / 400)
    assert week.share(week.paper) == pytest.approx(240 / 400)


def test_week_by_area_adds_up() -> None:
    town = tips(0, 1)
    network = make_network(town)
    spans = network.streets.span_m
    counted = Counted(
        network.streets.span_first, spans, np.array([0, 1, 1, -1], np.int32),
        np.array([1.0, 2.0, 1.0, 1.0]), ("A", "B"), "人",
    )  # fmt: skip
    week = week_of(town, [DAY, NIGHT], counted=counted)
    np.testing.assert_allclose(week.total, [100.0, 300.0, 100.0])
    np.testing.assert_allclose(week.paper, [60.0, 120.0, 0.0])
    assert week.hours(0)[12].mean == pytest.approx(0.6)
    assert week.hours(1)[12].mean == 0.0
    assert week.hours()[12].mean == pytest.approx(60 / 500)
    assert week.at(12 * 60, 0)[0] == pytest.approx(0.6)
    document = week.to_document()
    assert [row["code"] for row in document["districts"]] == ["A", "B"]
    assert document["unit"] == "人"


def test_week_without_stations_covers_nothing() -> None:
    week = week_of(cross(), [])
    assert all(hour.mean == hour.high == 0.0 for hour in week.hours())
    assert week.worst().hour == 0
    assert week.worst().day == "mon"


def test_week_document_has_the_keys_of_the_contract() -> None:
    document = week_of(tips(0), [DAY]).to_document()
    assert {"hours", "worst", "holiday", "paper", "districts"} <= set(document)
    wanted = {"day", "hour", "mean", "min", "low", "high", "open_stations"}
    assert all(wanted <= set(hour) for hour in document["hours"])
    days = list(dict.fromkeys(hour["day"] for hour in document["hours"]))
    assert tuple(days) == DAY_NAMES
    assert document["worst"] == document["hours"][0]


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.lists(any_hours(), min_size=6, max_size=6), st.data())
def test_week_equals_coverage_of_the_open_stations_at_any_minute(
    seed: int, hours: list[Hours], data: st.DataObject
) -> None:
    town = random_town(np.random.default_rng(seed))
    hours = hours[: len(town.stations)]
    network = make_network(town)
    calendar = load_calendar()
    footing = Footing(network, place(network, town.stations), 200.0, count_length(network.streets))
    week = measure_week([footing], hours, [real_days(FIRST_DAY, 7, calendar)])
    table = Timetable.compile(hours, calendar)
    for minute in data.draw(st.lists(st.integers(0, 7 * 1440 - 1), min_size=1, max_size=3)):
        when = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(minutes=minute)
        state = table.state_at(when)
        for share, states in zip(week.at(minute), ([OPEN], [OPEN, UNKNOWN]), strict=True):
            pairs = zip(town.stations, np.isin(state, states), strict=True)
            left = [station for station, is_open in pairs if is_open]
            cover = measure_coverage(network, place(network, left), 200.0, depths=False)
            assert share == pytest.approx(cover.share, rel=1e-9, abs=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.lists(any_hours(), min_size=6, max_size=6))
def test_fewer_open_hours_never_cover_more(seed: int, hours: list[Hours]) -> None:
    """OTP#1373: a change of the open set may not leave anything behind."""
    town = random_town(np.random.default_rng(seed))
    hours = hours[: len(town.stations)]
    if not hours:
        return
    less = [Hours(known=True), *hours[1:]]  # the first one never opens
    days = [real_days(FIRST_DAY, 3, load_calendar())]
    weeks = []
    for one in (hours, less):
        network = make_network(town)
        placement = place(network, town.stations)
        footing = Footing(network, placement, 200.0, count_length(network.streets))
        weeks.append(measure_week([footing], one, days))
    for more, fewer in zip(weeks[0].hours(), weeks[1].hours(), strict=True):
        assert fewer.mean <= more.mean + 1e-12
        assert fewer.min <= more.min + 1e-12
        assert fewer.high <= more.high + 1e-12
        assert more.min <= more.mean <= more.high
        assert more.enterable <= more.mean + 1e-12
        assert more.high <= weeks[0].share(weeks[0].paper) + 1e-12


def test_minutes_outside_the_week_are_refused() -> None:
    week = week_of(tips(0), [DAY])
    for minute in (-1, 7 * 1440):
        with pytest.raises(InputError, match="0 to 10079"):
            week.at(minute)
