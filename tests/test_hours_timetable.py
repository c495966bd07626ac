"""locator.hours.timetable: who is open at an instant, against a minute-by-minute oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.calendar import Calendar, load_calendar
from locator.errors import InputError
from locator.hours import (
    CLOSED,
    OPEN,
    UNKNOWN,
    DayException,
    Hours,
    Override,
    Rule,
    Timetable,
)
from tests.hours import FIRST_DAY, any_hours, decide

CALENDAR = load_calendar()
MIDNIGHT = datetime.combine(FIRST_DAY, time())
MINUTE = timedelta(minutes=1)


def known(*rules: Rule, **rest: object) -> Hours:
    return Hours(rules, known=True, **rest)  # type: ignore[arg-type]


def states(hours: Hours, *texts: str) -> list[int]:
    table = Timetable.compile([hours], CALENDAR)
    return [int(table.state_at(datetime.fromisoformat(text))[0]) for text in texts]


def test_span_is_half_open_to_the_second() -> None:
    hours = known(Rule(127, 510, 660))
    assert states(
        hours, "2026-03-02T08:29:59", "2026-03-02T08:30", "2026-03-02T10:59:59", "2026-03-02T11:00"
    ) == [CLOSED, OPEN, OPEN, CLOSED]


def test_lunch_break_is_closed() -> None:
    hours = known(Rule(127, 510, 660), Rule(127, 810, 1020))
    assert states(hours, "2026-03-02T12:00", "2026-03-02T13:30") == [CLOSED, OPEN]


def test_night_span_belongs_to_the_day_it_begins_on() -> None:
    friday_night = known(Rule(1 << 4, 1320, 1800))
    # 2026-03-06 is a Friday
    assert states(
        friday_night, "2026-03-06T05:59", "2026-03-06T21:59", "2026-03-06T23:00",
        "2026-03-07T05:59", "2026-03-07T06:00", "2026-03-07T23:00",
    ) == [CLOSED, CLOSED, OPEN, OPEN, CLOSED, CLOSED]  # fmt: skip


def test_night_span_at_end_of_season_runs_on_into_the_morning_after() -> None:
    hours = known(Rule(127, 1320, 1800, (601, 831)))
    assert states(hours, "2026-09-01T03:00", "2026-09-01T23:00", "2026-06-01T03:00") == [
        OPEN, CLOSED, CLOSED,
    ]  # fmt: skip


def test_span_to_midnight_ends_there() -> None:
    hours = known(Rule(1, 480, 1440))
    assert states(hours, "2026-03-02T23:59", "2026-03-03T00:00") == [OPEN, CLOSED]


def test_all_day_has_no_gap_and_never_changes() -> None:
    table = Timetable.compile([known(Rule(127, 0, 1440))], CALENDAR)
    assert table.until_change_s(datetime(2026, 3, 2, 12))[0] == np.inf
    assert table.spans_between(0, datetime(2026, 1, 1), datetime(2027, 1, 1)) == [
        (datetime(2026, 1, 1), datetime(2027, 1, 1), OPEN)
    ]


def test_season_over_new_year_holds_on_both_sides() -> None:
    hours = known(Rule(127, 480, 1080, (1101, 331)))
    noons = ["2026-10-31", "2026-11-01", "2026-12-31", "2026-01-01", "2026-03-31", "2026-04-01"]
    assert states(hours, *(f"{day}T12:00" for day in noons)) == [
        CLOSED, OPEN, OPEN, OPEN, OPEN, CLOSED,
    ]  # fmt: skip


def test_season_to_leap_day_ends_the_day_before_in_other_years() -> None:
    hours = known(Rule(127, 480, 1080, (201, 229)))
    assert states(hours, "2024-02-29T12:00", "2026-02-28T12:00", "2026-03-01T12:00") == [
        OPEN, OPEN, CLOSED,
    ]  # fmt: skip


# The Labour Day of 2019: Sunday 28 April worked, 1-4 May off, Sunday 5 May worked.
LABOUR_DAY = ("2019-04-28", "2019-04-30", "2019-05-01", "2019-05-04", "2019-05-05", "2019-05-12")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("any", [OPEN] * 6),
        ("workday", [OPEN, OPEN, CLOSED, CLOSED, OPEN, CLOSED]),
        ("weekend", [CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, OPEN]),
        ("holiday", [CLOSED, CLOSED, OPEN, OPEN, CLOSED, CLOSED]),
    ],
)
def test_kind_of_day_decides_over_holiday_and_make_up_days(days: str, expected: list[int]) -> None:
    hours = known(Rule(127, 480, 1080, days=days))
    assert states(hours, *(f"{day}T12:00" for day in LABOUR_DAY)) == expected


@pytest.mark.parametrize(
    ("policy", "noon", "night"),
    [("as_posted", OPEN, CLOSED), ("closed", CLOSED, CLOSED), ("unknown", UNKNOWN, UNKNOWN)],
)
def test_posted_hours_on_holiday_mean_what_the_policy_says(
    policy: str, noon: int, night: int
) -> None:
    hours = known(Rule(127, 480, 1080), holidays=policy)
    assert states(hours, "2019-05-01T12:00", "2019-05-01T03:00", "2019-05-05T12:00") == [
        noon, night, OPEN,
    ]  # fmt: skip


def test_holiday_rule_holds_where_posted_hours_are_in_doubt() -> None:
    hours = known(Rule(127, 480, 1080), Rule(127, 600, 720, days="holiday"), holidays="unknown")
    assert states(hours, "2019-05-01T09:00", "2019-05-01T10:00") == [UNKNOWN, OPEN]


def test_doubt_of_holiday_lasts_as_long_as_its_night_span() -> None:
    hours = known(Rule(127, 1320, 1800), holidays="unknown")
    # the holiday ends with 4 May 2019; what began that night is in doubt until six
    assert states(hours, "2019-05-05T05:59", "2019-05-05T06:00") == [UNKNOWN, CLOSED]


def test_unknown_hours_are_neither_open_nor_closed() -> None:
    assert states(Hours(), "2026-03-02T12:00", "2026-03-02T03:00") == [UNKNOWN, UNKNOWN]
    assert states(Hours(known=True), "2026-03-02T12:00") == [CLOSED]


def test_exception_replaces_the_day_and_leaves_the_night_before() -> None:
    day = date(2026, 3, 3)
    hours = known(Rule(127, 1320, 1800), exceptions=(DayException(day, day, ((600, 720),)),))
    assert states(
        hours, "2026-03-03T03:00", "2026-03-03T10:00", "2026-03-03T23:00", "2026-03-04T03:00",
        "2026-03-04T23:00",
    ) == [OPEN, OPEN, CLOSED, CLOSED, OPEN]  # fmt: skip


def test_exception_makes_unknown_hours_known_on_its_days() -> None:
    day = date(2026, 3, 3)
    hours = Hours(exceptions=(DayException(day, day, ((600, 720),)),))
    assert states(hours, "2026-03-03T10:00", "2026-03-03T13:00", "2026-03-04T10:00") == [
        OPEN, CLOSED, UNKNOWN,
    ]  # fmt: skip


def test_shorter_exception_goes_before_longer() -> None:
    summer = DayException(date(2026, 7, 1), date(2026, 8, 31), ((480, 1320),), "heat", "heat")
    repair = DayException(date(2026, 7, 15), date(2026, 7, 15), (), "repair")
    hours = known(exceptions=(summer, repair))
    assert states(hours, "2026-07-14T12:00", "2026-07-15T12:00", "2026-07-16T12:00") == [
        OPEN, CLOSED, OPEN,
    ]  # fmt: skip


def test_override_holds_from_its_first_minute_to_its_last() -> None:
    override = Override(datetime(2026, 7, 1, 8, 15), datetime(2026, 7, 1, 9, 45), open=False)
    hours = known(Rule(127, 0, 1440), overrides=(override,))
    assert states(
        hours, "2026-07-01T08:14:59", "2026-07-01T08:15", "2026-07-01T09:44:59", "2026-07-01T09:45"
    ) == [OPEN, CLOSED, CLOSED, OPEN]


def test_override_tells_of_unknown_hours_and_may_make_known_ones_unknown() -> None:
    start, end = datetime(2026, 7, 1), datetime(2026, 7, 2)
    assert states(Hours(overrides=(Override(start, end, True),)), "2026-07-01T03:00") == [OPEN]
    doubted = known(Rule(127, 0, 1440), overrides=(Override(start, end, None),))
    assert states(doubted, "2026-07-01T03:00", "2026-07-02T00:00") == [UNKNOWN, OPEN]


def test_later_override_goes_before_earlier() -> None:
    hours = Hours(
        overrides=(
            Override(datetime(2026, 7, 1), datetime(2026, 7, 5), open=False),
            Override(datetime(2026, 7, 2), datetime(2026, 7, 3), open=True),
        )
    )
    noons = [f"2026-07-0{day}T12:00" for day in range(1, 6)]
    assert states(hours, *noons) == [CLOSED, OPEN, CLOSED, CLOSED, UNKNOWN]


def test_until_change_counts_seconds_to_closing() -> None:
    table = Timetable.compile([known(Rule(127, 480, 1080)), Hours(), Hours(known=True)], CALENDAR)
    assert table.until_change_s(datetime(2026, 3, 2, 17, 59, 15)).tolist() == [45, np.inf, np.inf]


def test_until_change_skips_boundaries_that_change_nothing() -> None:
    hours = known(Rule(127, 480, 720), Rule(127, 720, 1080), Rule(127, 600, 800))
    table = Timetable.compile([hours], CALENDAR)
    assert table.until_change_s(datetime(2026, 3, 2, 9))[0] == 9 * 3600


def test_until_change_beyond_two_weeks_is_never() -> None:
    hours = [
        known(Rule(127, 480, 1080, (day, day)))
        for day in (315, 316)  # 15 and 16 March
    ]
    table = Timetable.compile(hours, CALENDAR)
    # exactly fourteen days before the first opens
    assert table.until_change_s(datetime(2026, 3, 1, 8)).tolist() == [14 * 86400, np.inf]


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        ((Rule(127, 480, 1080, needs_code=True),), 1),
        ((Rule(127, 480, 1080, needs_code=False),), 0),
        ((Rule(127, 480, 1080),), -1),
        ((Rule(127, 0, 1440, needs_code=True), Rule(127, 480, 1080, needs_code=False)), 0),
        ((Rule(127, 0, 1440, needs_code=True), Rule(127, 480, 1080)), -1),
        ((Rule(127, 1200, 1300, needs_code=True),), -1),
        ((Rule(127, 1320, 2220, needs_code=True),), 1),  # begun the night before
    ],
)
def test_code_is_needed_only_where_no_open_span_does_without(
    rules: tuple[Rule, ...], state: int
) -> None:
    table = Timetable.compile([known(*rules)], CALENDAR)
    assert table.needs_code_at(datetime(2026, 3, 2, 12)).tolist() == [state]


def test_code_of_closed_or_doubted_time_is_not_known() -> None:
    shut = Override(datetime(2026, 3, 2), datetime(2026, 3, 3), open=False)
    table = Timetable.compile(
        [known(Rule(127, 0, 1440, needs_code=True), overrides=(shut,))], CALENDAR
    )
    assert table.needs_code_at(datetime(2026, 3, 2, 12)).tolist() == [-1]
    assert table.needs_code_at(datetime(2026, 3, 3, 12)).tolist() == [1]


def test_week_spans_wrap_join_and_leave_seasons_out() -> None:
    hours = known(
        Rule(1 << 6, 1320, 1800), Rule(1, 300, 400), Rule(127, 0, 1440, (601, 831)),
        Rule(127, 0, 60, days="holiday"), Rule(127, 540, 600, days="workday"),
        Rule(127, 700, 710, days="weekend"),
    )  # fmt: skip
    table = Timetable.compile([hours, Hours()], CALENDAR)
    workdays = [[1440 * day + 540, 1440 * day + 600] for day in range(5)]
    weekend = [[1440 * day + 700, 1440 * day + 710] for day in (5, 6)]
    assert table.week_spans(0).tolist() == [[0, 400], *workdays, *weekend, [9960, 10080]]
    assert table.week_spans(0, mmdd=701).tolist() == [[0, 10080]]
    assert table.week_spans(1).shape == (0, 2)
    assert table.known.tolist() == [True, False]


def test_stations_that_share_hours_are_compiled_once() -> None:
    one, other = known(Rule(127, 480, 1080)), known(Rule(127, 480, 1080))
    table = Timetable.compile([one, Hours(), other, one], CALENDAR)
    assert len(table) == 4
    assert len(table.hours) == 2
    assert table.state_at(datetime(2026, 3, 2, 12)).tolist() == [OPEN, UNKNOWN, OPEN, OPEN]


def test_no_stations_give_no_states() -> None:
    table = Timetable.compile([], CALENDAR)
    when = datetime(2026, 3, 2, 12)
    assert len(table.state_at(when)) == len(table.until_change_s(when)) == 0
    assert len(table.needs_code_at(when)) == 0


def test_time_with_zone_is_refused() -> None:
    table = Timetable.compile([Hours()], CALENDAR)
    when = datetime(2026, 3, 2, tzinfo=UTC)
    for ask in (table.state_at, table.until_change_s, table.needs_code_at):
        with pytest.raises(InputError, match="zone"):
            ask(when)


def test_span_that_ends_before_it_starts_is_refused() -> None:
    table = Timetable.compile([Hours()], CALENDAR)
    with pytest.raises(InputError, match="later"):
        table.spans_between(0, MIDNIGHT, MIDNIGHT)


def test_missing_holiday_list_is_warned_of_where_it_matters() -> None:
    plain = Timetable.compile([known(Rule(127, 480, 1080))], CALENDAR)
    working = Timetable.compile([known(Rule(127, 480, 1080, days="workday"))], CALENDAR)
    closing = Timetable.compile([known(Rule(127, 480, 1080), holidays="closed")], CALENDAR)
    assert plain.warnings(date(2010, 1, 1)) == []
    assert len(working.warnings(date(2010, 1, 1), date(2011, 1, 1))) == 2
    assert len(closing.warnings(date(2026, 1, 1), date(2026, 12, 31))) == 0
    assert "2010" in closing.warnings(date(2010, 5, 1))[0]


def by_minute(hours: Hours, calendar: Calendar, start: datetime, minutes: int) -> list[int]:
    return [decide(hours, calendar, start + minute * MINUTE) for minute in range(minutes)]


def spread(table: Timetable, row: int, start: datetime, minutes: int) -> list[int]:
    """States minute by minute from `spans_between`, which must leave no gap."""
    spans = table.spans_between(row, start, start + minutes * MINUTE)
    assert spans[0][0] == start
    assert all(a[1] == b[0] and a[2] != b[2] for a, b in pairwise(spans))
    return [state for begin, end, state in spans for _ in range(round((end - begin) / MINUTE))]


@settings(max_examples=40)
@given(st.lists(any_hours(), min_size=1, max_size=2), st.integers(0, 9 * 1440))
def test_random_hours_over_a_day_are_what_the_oracle_says(
    several: list[Hours], offset: int
) -> None:
    start, minutes = MIDNIGHT + offset * MINUTE, 1600
    table = Timetable.compile(several, CALENDAR)
    for row, hours in enumerate(several):
        expected = by_minute(hours, CALENDAR, start, minutes)
        assert spread(table, row, start, minutes) == expected
        # neighbours of each change, where an error of one minute shows
        turns = [k for k in range(1, minutes) if expected[k] != expected[k - 1]][:6]
        for k in {0, *turns, *(k - 1 for k in turns)}:
            assert table.state_at(start + k * MINUTE)[row] == expected[k]
        wait_s = table.until_change_s(start)[row]
        assert wait_s == turns[0] * 60 if turns else wait_s >= minutes * 60


# What the requirements name, together: lunch break, night, seasons, holidays, dated changes.
RICH = known(
    Rule(31, 510, 660), Rule(31, 810, 1020, type="extended"), Rule(96, 1320, 1800, (1101, 331)),
    Rule(127, 0, 1440, (715, 820), type="heat"), Rule(127, 600, 960, days="holiday"),
    Rule(127, 1140, 1260, days="workday"),
    holidays="closed",
    exceptions=(
        DayException(date(2019, 2, 4), date(2019, 2, 10), ((600, 900), (1320, 1560))),
        DayException(date(2019, 2, 5), date(2019, 2, 5), ()),
    ),
    overrides=(
        Override(datetime(2019, 7, 20, 14, 7), datetime(2019, 7, 22, 6, 31), open=False),
        Override(datetime(2019, 7, 21), datetime(2019, 7, 21, 0, 1), open=None),
        Override(datetime(2019, 12, 31, 23, 59), datetime(2020, 1, 2), open=True),
    ),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("year", "policy"), [(2019, "closed"), (2024, "unknown")])
def test_rich_hours_over_a_year_are_what_the_oracle_says_each_minute(
    year: int, policy: str
) -> None:
    hours = Hours(RICH.rules, RICH.exceptions, RICH.overrides, policy, known=True)
    start = datetime(year, 1, 1)
    minutes = (date(year + 1, 1, 1) - date(year, 1, 1)).days * 1440
    table = Timetable.compile([Hours(), hours], CALENDAR)
    assert spread(table, 1, start, minutes) == by_minute(hours, CALENDAR, start, minutes)


def test_oracle_itself_knows_a_day_told_by_hand() -> None:
    day = by_minute(RICH, CALENDAR, datetime(2019, 3, 4), 1440)
    # Monday: the night begun on Sunday, a morning, an afternoon, and a working day's evening
    assert [k for k in range(1, 1440) if day[k] != day[k - 1]] == [
        360, 510, 660, 810, 1020, 1140, 1260,
    ]  # fmt: skip
