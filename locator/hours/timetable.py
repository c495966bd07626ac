"""The hours of many stations, compiled: who is open at an instant, and until when.

Stations share their hours: each distinct `Hours` is compiled once, to flat arrays. A question lays
out the days around its instant, all stations at a time, as half-open spans of minutes in five
layers; the topmost layer there decides:

    an override (closed, open or unknown; at most one at a time)
    open        a rule's or exception's span
    unknown     nothing known of that day
    closed      otherwise

A span past midnight belongs to the day it begins on: that day's weekday, season and exception.
Times are local and without a zone; mainland China has no summer time, so a day has 1440 minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.hours.compiled import (
    CODE_FREE,
    CODE_NEEDED,
    OPEN_SPAN,
    SET_CLOSED,
    SET_OPEN,
    SET_UNKNOWN,
    UNKNOWN_DAY,
    Compiled,
    compile_hours,
    lay_out,
    minute_of,
)
from locator.hours.rules import DAY_MIN, WEEKDAYS, Hours

if TYPE_CHECKING:
    from geodata.calendar import Calendar

States = NDArray[np.int8]

OPEN, CLOSED, UNKNOWN = 1, 0, -1
HORIZON_DAYS = 14

_STATE_OF_LAYER = np.empty(5, dtype=np.int8)
_STATE_OF_LAYER[[UNKNOWN_DAY, OPEN_SPAN]] = UNKNOWN, OPEN
_STATE_OF_LAYER[[SET_UNKNOWN, SET_CLOSED, SET_OPEN]] = UNKNOWN, CLOSED, OPEN
_WEEK_MIN = 7 * DAY_MIN
_NO_RULE = -2  # below all codes


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """Hours of n stations, ready to be asked; made by `compile`.

    Parameters
    ----------
    hours
        The distinct hours.
    row
        (n,) which of them each station has.
    calendar
        What each day is.
    compiled
        The distinct hours as arrays.
    """

    hours: tuple[Hours, ...]
    row: Ints
    calendar: Calendar
    compiled: Compiled

    @classmethod
    def compile(cls, hours: Sequence[Hours], calendar: Calendar) -> Timetable:
        """Timetable of one `Hours` for each station.

        Examples
        --------
        >>> from geodata.calendar import load_calendar
        >>> from locator.hours.rules import Rule
        >>> nine_to_five = Hours((Rule(31, 540, 1020),), known=True)
        >>> table = Timetable.compile([nine_to_five, Hours()], load_calendar())
        >>> table.state_at(datetime(2026, 3, 2, 9)).tolist()
        [1, -1]
        """
        places: dict[Hours, int] = {}
        by_identity: dict[int, int] = {}  # equal hours are mostly one object: spares their hash
        row = np.empty(len(hours), dtype=np.int32)
        for station, known in enumerate(hours):
            place = by_identity.get(id(known))
            if place is None:
                place = by_identity[id(known)] = places.setdefault(known, len(places))
            row[station] = place
        distinct = tuple(places)
        return cls(distinct, frozen(row), calendar, compile_hours(distinct))

    def __len__(self) -> int:
        return len(self.row)

    @property
    def known(self) -> Bools:
        """(n,) whether the weekly hours are known."""
        return self.compiled.known[self.row]

    def state_at(self, when: datetime) -> States:
        """(n,) `OPEN`, `CLOSED` or `UNKNOWN` at a local time without a zone.

        Raises
        ------
        InputError
            The time has a zone.
        """
        return self._states(when)[self.row]

    def _states(self, when: datetime) -> States:
        """State of each distinct hours; `state_at` spreads them over the stations."""
        minute = _checked_minute(when)
        spans = lay_out(self.compiled, self.calendar, minute // DAY_MIN, 1)
        layer = np.full(len(self.hours), -1, dtype=np.int32)
        holds = (spans.start <= minute) & (minute < spans.end)
        np.maximum.at(layer, spans.row[holds], spans.layer[holds])
        return np.where(layer < 0, np.int8(CLOSED), _STATE_OF_LAYER[layer])

    def until_change_s(self, when: datetime) -> Floats:
        """(n,) seconds until the state becomes another; inf where not within `HORIZON_DAYS`.

        Raises
        ------
        InputError
            The time has a zone.
        """
        minute = _checked_minute(when)
        row, start, state = self._steps(minute // DAY_MIN, HORIZON_DAYS + 1)
        now = self._states(when)
        other = (start > minute) & (state != now[row])
        soonest = np.full(len(self.hours), np.inf)
        np.minimum.at(soonest, row[other], start[other].astype(np.float64))
        wait_s = (soonest - minute) * 60.0 - (when.second + when.microsecond / 1e6)
        wait_s[wait_s > HORIZON_DAYS * DAY_MIN * 60.0] = np.inf
        return np.asarray(wait_s[self.row], dtype=np.float64)

    def spans_between(
        self, row: int, start: datetime, end: datetime
    ) -> list[tuple[datetime, datetime, int]]:
        """States of one station from `start` to `end`, one after another without a gap.

        Parameters
        ----------
        row
            Which station.
        start, end
            Local times without a zone, half-open.

        Returns
        -------
        list
            (start, end, state); neighbours differ in state.

        Raises
        ------
        InputError
            A time has a zone, or the end is not after the start.
        """
        first, last = _checked_minute(start), _checked_minute(end)
        if end <= start:
            raise InputError(f"asked for hours from {start} to {end}: the end must come later")
        alone = Timetable.compile([self.hours[self.row[row]]], self.calendar)
        days = last // DAY_MIN - first // DAY_MIN + 1
        _, starts, states = alone._steps(first // DAY_MIN, days)
        # the last minute counts where it has begun, that is where `end` has seconds
        begun = last + bool(end.second or end.microsecond)
        inside = np.flatnonzero((starts > first) & (starts < begun))
        bounds = [start, *(_time_of(int(minute)) for minute in starts[inside]), end]
        found = [int(alone._states(start)[0]), *(int(state) for state in states[inside])]
        return list(zip(bounds[:-1], bounds[1:], found, strict=True))

    def needs_code_at(self, when: datetime) -> States:
        """(n,) 1 where the door wants a code at this time, 0 where not, -1 where not known.

        Told by the rules whose spans hold then: one without a code lets everybody in. Where no
        rule's span holds, closed stations and dated changes among them, it is -1.

        Raises
        ------
        InputError
            The time has a zone.
        """
        minute = _checked_minute(when)
        parts = self.compiled
        codes = np.full(len(self.hours), _NO_RULE, dtype=np.int8)
        for day in (minute // DAY_MIN - 1, minute // DAY_MIN):
            of_day = minute - day * DAY_MIN
            held = parts.rules_on(day, self.calendar)
            held &= (parts.rule_open <= of_day) & (of_day < parts.rule_close)
            np.maximum.at(codes, parts.rule_row[held], parts.rule_code[held])
        told = np.full(len(self.hours), UNKNOWN, dtype=np.int8)
        told[codes == CODE_NEEDED] = 1
        told[codes == CODE_FREE] = 0
        told[self._states(when) != OPEN] = UNKNOWN
        return told[self.row]

    def week_spans(self, row: int, *, mmdd: int | None = None) -> Ints:
        """Minutes of an ordinary week in which one station's rules say open.

        An ordinary week has working days from Monday to Friday and no holiday; dated changes are
        left out. So are rules with a season, unless a day of the year is given.

        Parameters
        ----------
        row
            Which station; unknown hours (see `known`) give no span.
        mmdd
            Day of the year that seasons are taken for.

        Returns
        -------
        numpy.ndarray
            (m, 2) int32 [open, close) from Monday 0:00 = 0 to 10080, apart and in order.
        """
        minutes = np.zeros(_WEEK_MIN, dtype=bool)
        for rule in self.hours[self.row[row]].rules:
            if rule.season is not None and (mmdd is None or not _in_season(rule.season, mmdd)):
                continue
            for weekday in range(7):
                ordinary = rule.days in {"any", "workday" if 1 << weekday & WEEKDAYS else "weekend"}
                if ordinary and rule.weekdays >> weekday & 1:
                    span = np.arange(rule.open_min, rule.close_min) + weekday * DAY_MIN
                    minutes[span % _WEEK_MIN] = True
        turns = np.diff(np.concatenate(([0], minutes.astype(np.int8), [0])))
        bounds = np.column_stack((np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)))
        return frozen(bounds, np.int32)

    def warnings(self, first: date, last: date | None = None) -> list[str]:
        """One sentence for each year from `first` to `last` that needs a missing holiday list.

        Years are asked for only where some station's hours differ on holidays or working days.
        """
        if not self.compiled.asks_calendar:
            return []
        return self.calendar.warnings(range(first.year, (last or first).year + 1))

    def steps_from(self, when: datetime, days: int) -> tuple[Ints, Longs, States]:
        """Changes of state of the distinct hours over some days, each at the end of no other.

        Returns
        -------
        row, minute, state : (t,)
            Which hours (see `row`), absolute minute (`toordinal` * 1440), and the state from then
            on, by row and minute. Each row has one at the midnight that `when` follows.

        Raises
        ------
        InputError
            The time has a zone.
        """
        return self._steps(_checked_minute(when) // DAY_MIN, days)

    def _steps(self, first_day: int, days: int) -> tuple[Ints, Longs, States]:
        """Changes of state from the midnight of a day on: distinct row, minute, state after it.

        Each row has one at that midnight; the state there may still equal that of the one before.
        """
        spans = lay_out(self.compiled, self.calendar, first_day, days)
        count = len(self.hours)
        begin = first_day * DAY_MIN
        everyone = np.arange(count, dtype=np.int32)
        row = np.concatenate((everyone, spans.row, spans.row))
        minute = np.concatenate((np.full(count, begin), np.maximum(spans.start, begin), spans.end))
        change = np.zeros((len(row), len(_STATE_OF_LAYER)), dtype=np.int32)
        ends = len(row) - len(spans.row)
        change[np.arange(count, ends), spans.layer] = 1
        change[np.arange(ends, len(row)), spans.layer] = -1
        order = np.lexsort((minute, row))
        row, minute = row[order], minute[order]
        # the layers of a row cancel to nothing at its end, so the sum may run over all rows
        depth = np.cumsum(change[order], axis=0)
        top = len(_STATE_OF_LAYER) - 1 - np.argmax(depth[:, ::-1] > 0, axis=1)
        state = np.where(depth.any(axis=1), _STATE_OF_LAYER[top], np.int8(CLOSED))
        settled = minute < begin + days * DAY_MIN  # what comes after is not laid out in full
        settled[:-1] &= (row[1:] != row[:-1]) | (minute[1:] != minute[:-1])
        row, minute, state = row[settled], minute[settled], state[settled]
        turns = np.ones(len(row), dtype=bool)
        turns[1:] = (row[1:] != row[:-1]) | (state[1:] != state[:-1])
        return row[turns], minute[turns], state[turns]


def _checked_minute(when: datetime) -> int:
    if when.tzinfo is not None:
        raise InputError(
            f"got the time {when.isoformat()} with a zone, expected local time of the city without "
            "one: convert it first"
        )
    return minute_of(when)


def _time_of(minute: int) -> datetime:
    day, rest = divmod(minute, DAY_MIN)
    return datetime.fromordinal(day) + timedelta(minutes=rest)


def _in_season(season: tuple[int, int], mmdd: int) -> bool:
    first, last = season
    return first <= mmdd <= last if first <= last else mmdd >= first or mmdd <= last
