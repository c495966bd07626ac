"""Which stations are open through a week: the few distinct sets of them, and when each holds.

Between two changes of anybody's state nothing changes, so all that depends on hours is piecewise
constant in time, and the same sets come back day after day: what has to be computed once a set is
exact for every minute.

    known       known to be open
    possible    those, and the ones whose state nobody knows
    entered     known to be open to anybody, with what is needed
    enterable   those, and the ones of which part of that is not known
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bools, Bytes, Floats, Ints, Longs, frozen
from locator.certainty import NO, YES
from locator.errors import InputError
from locator.hours.compiled import CODE_FREE, CODE_NEEDED, CODE_UNKNOWN
from locator.hours.rules import DAY_MIN, Hours
from locator.hours.timetable import CLOSED, OPEN, UNKNOWN, States, Timetable

if TYPE_CHECKING:
    from geodata.calendar import Calendar
    from locator.version import CityVersion

SERIES = ("known", "possible", "entered", "enterable")
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"
MOST_DAYS = 366
_MONDAY = date(2024, 1, 1)
_HOUR_MIN = 60


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Days one after another, and what they are called.

    Parameters
    ----------
    first
        The first of them.
    names
        One name a day; days of one name are taken together, as the seven on which a public
        holiday may fall.
    calendar
        What each day is.
    """

    first: date
    names: tuple[str, ...]
    calendar: Calendar


def ordinary_days() -> Days:
    """A week without holidays: working days from Monday to Friday."""
    return Days(_MONDAY, DAY_NAMES, _make_calendar({}))


def holiday_days() -> Days:
    """A public holiday, on each day of the week in turn, between other holidays."""
    around = range(-1, 8)
    holidays = {_MONDAY + timedelta(day): HOLIDAY for day in around}
    return Days(_MONDAY, (HOLIDAY,) * 7, _make_calendar(holidays))


def real_days(first: date, count: int, calendar: Calendar) -> Days:
    """Days of the calendar, called by their dates."""
    if not 1 <= count <= MOST_DAYS:
        raise InputError(f"{count} days were asked for, expected 1 to {MOST_DAYS}")
    if first > date.max - timedelta(count + 1):
        raise InputError(f"{count} days from {first} lie beyond the calendar")
    names = tuple((first + timedelta(day)).isoformat() for day in range(count))
    return Days(first, names, calendar)


def usual_hours(hours: Sequence[Hours], on: date) -> list[Hours]:
    """The same without dated changes, and of the rules only those of one day's season."""
    made: dict[int, Hours] = {}
    return [made.setdefault(id(one), _usual(one, on)) for one in hours]


@dataclass(frozen=True, slots=True, eq=False)
class Openings:
    """The distinct sets of open stations over some days.

    Parameters
    ----------
    days
        Which days.
    minute : (t + 1,) int64
        Minutes from the first midnight at which intervals begin; the last one is the end. No
        interval goes over the full hour.
    sets : (k, c) bool
        Which classes of stations are in each distinct set, in the order of their time.
    station_class : (m,) int32
        The class of each station: the same hours, and let in by the same people.
    series : (4, t) int32
        For each of `SERIES`, the set that holds in each interval.
    """

    days: Days
    minute: Longs
    sets: Bools
    station_class: Ints
    series: Ints

    def __len__(self) -> int:
        return len(self.sets)

    @property
    def minutes(self) -> Longs:
        """(t,) how long each interval is."""
        return np.diff(self.minute)

    def mask(self, row: int) -> Bools:
        """(m,) which stations are in a set."""
        return np.asarray(self.sets[row][self.station_class])

    @property
    def counts(self) -> Longs:
        """(k,) how many stations are in each set."""
        each = np.bincount(self.station_class, minlength=self.sets.shape[1])
        return np.asarray(self.sets.astype(np.int64) @ each)

    @property
    def doubtful(self) -> Bools:
        """(m,) stations that are, in some minute, neither known to be open nor to be closed."""
        found = np.zeros(self.sets.shape[1], bool)
        for known, possible in np.unique(self.series[:2].T, axis=0).tolist():
            found |= self.sets[possible] & ~self.sets[known]
        return np.asarray(found[self.station_class])

    def split(self, minute: Longs) -> Openings:
        """The same with intervals that also begin at some minutes of these days."""
        begins = np.union1d(self.minute, minute)
        at = np.searchsorted(self.minute, begins[:-1], side="right") - 1
        return replace(self, minute=frozen(begins, np.int64), series=frozen(self.series[:, at]))

    def at(self, minute: int) -> int:
        """The interval of a minute."""
        return int(np.searchsorted(self.minute, minute, side="right")) - 1


def find_openings(
    hours: Sequence[Hours], days: Days, entry: States | None = None, doubted: Bools | None = None
) -> Openings:
    """Lay out who is open over some days.

    Parameters
    ----------
    hours : m
        Hours of each station.
    entry : (m,) int8
        1 where anybody gets in and finds what is needed, 0 where not, -1 where nobody knows (all,
        unless given). A door that wants a code in some span of its hours lets nobody in then.
    doubted : (m,) bool
        Stations whose posted hours are in doubt: open counts as unknown.

    Returns
    -------
    Openings
        O(changes * distinct hours).
    """
    count = len(hours)
    entry = np.full(count, UNKNOWN, np.int8) if entry is None else entry
    doubted = np.zeros(count, bool) if doubted is None else doubted
    table = Timetable.compile(hours, days.calendar)
    key = np.column_stack((table.row, entry, doubted)).reshape(-1, 3)
    classes, station_class = np.unique(key, axis=0, return_inverse=True)
    minute, state, code = _lay_out(table, days)
    state, code = state[:, classes[:, 0]], code[:, classes[:, 0]]
    state[:, classes[:, 2] != 0] = np.where(
        state[:, classes[:, 2] != 0] == OPEN, UNKNOWN, state[:, classes[:, 2] != 0]
    )
    entered = (classes[:, 1] == YES) & (code != CODE_NEEDED)
    enterable = (classes[:, 1] != NO) & (code != CODE_NEEDED)
    known, possible = state == OPEN, state != CLOSED
    rows = np.vstack((known, possible, known & entered, possible & enterable))
    sets, series = _number(rows)
    return Openings(
        days, minute, frozen(sets), frozen(station_class.reshape(-1), np.int32),
        frozen(series.reshape(len(SERIES), -1), np.int32),
    )  # fmt: skip


def open_range(view: CityVersion, when: datetime) -> tuple[Bools, Bools]:
    """Stations known to be open at a local time, and those that are open or may be.

    Returns
    -------
    (n,) bool twice
        By row of the view's stations, usable or not. A station reported locked in posted hours
        may be open, and no more.
    """
    state = view.timetable.state_at(when)
    known = (state == OPEN) & ~view.stations.disputed
    return frozen(known), frozen(state != CLOSED)


def hour_of(openings: Openings) -> tuple[tuple[str, ...], Ints]:
    """Names of the distinct days in order, and for each interval name * 24 + hour of the day."""
    names = tuple(dict.fromkeys(openings.days.names))
    row_of = np.array([names.index(name) for name in openings.days.names], np.int32)
    start = openings.minute[:-1]
    return names, frozen(row_of[start // DAY_MIN] * 24 + start % DAY_MIN // _HOUR_MIN, np.int32)


def weigh_minutes(values: Floats, row: Ints, minutes: Longs, rows: int) -> Floats:
    """Time-weighted mean of a piecewise constant series, by row."""
    weight = np.bincount(row, weights=minutes, minlength=rows)
    return np.asarray(np.bincount(row, weights=values * minutes, minlength=rows) / weight)


def _usual(hours: Hours, on: date) -> Hours:
    mmdd = on.month * 100 + on.day
    rules = tuple(
        replace(rule, season=None)
        for rule in hours.rules
        if rule.season is None or _holds(rule.season, mmdd)
    )
    return replace(hours, rules=rules, exceptions=(), overrides=())


def _holds(season: tuple[int, int], mmdd: int) -> bool:
    first, last = season
    return first <= mmdd <= last if first <= last else mmdd >= first or mmdd <= last


def _make_calendar(holidays: Mapping[date, str]) -> Calendar:
    from geodata.calendar import Calendar

    return Calendar(holidays, frozenset(), frozenset(range(2023, 2026)), {})


def _lay_out(table: Timetable, days: Days) -> tuple[Longs, States, NDArray[np.int8]]:
    """Beginnings of intervals and the end; state and code of distinct hours in each, (t, d)."""
    count, width = len(days.names), len(table.hours)
    midnight = days.first.toordinal() * DAY_MIN
    end = count * DAY_MIN
    start = datetime.combine(days.first, datetime.min.time())
    row, minute, state = table.steps_from(start, count)
    minute = minute - midnight
    code_row, code_start, code_end, code = _code_spans(table, days)
    hours = np.arange(0, end, _HOUR_MIN)
    inside = np.clip(np.concatenate((minute, code_start, code_end)), 0, end)
    begins = np.unique(np.concatenate((hours, inside)))
    begins = begins[begins < end]
    # Each row has a step at the first minute: a step holds until the row's next one.
    at = row.astype(np.int64) * len(begins) + np.searchsorted(begins, minute)
    held = np.diff(np.append(at, width * len(begins)))
    states = np.repeat(state, held).reshape(width, len(begins)).T.copy()
    codes = _paint_codes((code_row, code_start, code_end, code), begins, width)
    return np.append(begins, end), states, codes


def _code_spans(table: Timetable, days: Days) -> tuple[Ints, Longs, Longs, NDArray[np.int8]]:
    """Spans of rules: distinct hours, minutes from the first midnight, and the code they want."""
    parts = table.compiled
    first = days.first.toordinal()
    held = [
        (day, np.flatnonzero(parts.rules_on(first + day, days.calendar)))
        for day in range(-1, len(days.names))
    ]
    rule = np.concatenate([rules for _, rules in held])
    begin = np.repeat([day * DAY_MIN for day, _ in held], [len(rules) for _, rules in held])
    return (
        parts.rule_row[rule], begin + parts.rule_open[rule], begin + parts.rule_close[rule],
        parts.rule_code[rule],
    )  # fmt: skip


def _paint_codes(
    spans: tuple[Ints, Longs, Longs, NDArray[np.int8]], begins: Longs, width: int
) -> NDArray[np.int8]:
    """(t, d) whether a code is needed: where spans overlap, the one that lets most people in."""
    row, start, end, code = spans
    painted = np.full((len(begins), width), CODE_UNKNOWN, np.int8)
    low, high = np.searchsorted(begins, np.maximum(start, 0)), np.searchsorted(begins, end)
    for value in (CODE_NEEDED, CODE_UNKNOWN, CODE_FREE):  # the later ones lie on top
        chosen = np.flatnonzero((code == value) & (high > low))
        depth = np.zeros((len(begins) + 1, width), np.int32)
        np.add.at(depth, (low[chosen], row[chosen]), 1)
        np.add.at(depth, (high[chosen], row[chosen]), -1)
        painted[np.cumsum(depth, axis=0)[:-1] > 0] = value
    return painted


def _number(rows: Bools) -> tuple[Bools, Longs]:
    """Distinct rows in the order in which they first come, and the number of each row."""
    if rows.shape[1] == 0:
        return np.zeros((1, 0), bool), np.zeros(len(rows), np.int64)
    packed: Bytes = np.ascontiguousarray(np.packbits(rows, axis=1))
    text = packed.view([("", packed.dtype)] * packed.shape[1]).reshape(-1)
    _, first, inverse = np.unique(text, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rows[first[order]], rank[inverse.reshape(-1)]
