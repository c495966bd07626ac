"""Whether a station is open when one arrives, and for how long.

Stations lie at different distances, so each is asked about at a moment of its own. A `Timeline`
lays out the hours of all stations over some days once; then thousands of (station, moment) pairs
are judged at a time. Moments are exact to the microsecond: a door that closes at 18:00 is shut for
whoever arrives at 18:00:00.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.hours.timetable import CLOSED, HORIZON_DAYS, OPEN, UNKNOWN

if TYPE_CHECKING:
    from locator.hours.timetable import States, Timetable

RANK = {OPEN: 0, UNKNOWN: 1, CLOSED: 2}
"""Order of the groups of an answer. Unknown stands between: it may be open, closed is not."""

MOST_STAY_MIN = 24 * 60.0
_DAY_S = 86_400.0
_MICRO = 1_000_000
_DAY_MIN = 1440
_NONE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Visit:
    """When somebody leaves, and what a station must do for them.

    Parameters
    ----------
    when
        Local time of leaving, without a zone.
    stay_min
        Minutes that a station must stay open after the arrival; 0 for none.
    ranked
        Whether answers are put in order by it; else they are labelled only.
    open_only
        Whether stations that are not known to be open long enough are left out.
    """

    when: datetime
    stay_min: float = 0.0
    ranked: bool = True
    open_only: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.stay_min <= MOST_STAY_MIN:
            raise InputError(
                f"a stay of {self.stay_min} minutes: expected 0 to {MOST_STAY_MIN:.0f}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """What is found at the doors of stations, one entry per arrival, of any shape.

    Parameters
    ----------
    state
        `OPEN`, `CLOSED` or `UNKNOWN` at the moment of arrival.
    enough
        The same for the whole stay: closed where it closes too early, unknown where that is not
        known. Equal to `state` where no stay is asked for.
    closes_in_s
        Seconds after arrival until it is no longer known to be open; nan where it is not open,
        inf where it does not close within `HORIZON_DAYS`.
    opens_in_s
        Seconds after arrival until it is known to be open next; nan where it is open, inf where
        it does not open within `HORIZON_DAYS`.
    """

    state: States
    enough: States
    closes_in_s: Floats
    opens_in_s: Floats

    def doubted(self, disputed: Bools) -> Arrivals:
        """The same where the hours of some stations are in dispute: of none the door is known."""
        return Arrivals(
            np.where(disputed, UNKNOWN, self.state).astype(np.int8),
            np.where(disputed & (self.enough == OPEN), UNKNOWN, self.enough).astype(np.int8),
            np.where(disputed, np.nan, self.closes_in_s),
            np.where(disputed, np.inf, self.opens_in_s),
        )

    def take(self, chosen: Longs | slice) -> Arrivals:
        """Some of them."""
        return Arrivals(
            self.state[chosen],
            self.enough[chosen],
            self.closes_in_s[chosen],
            self.opens_in_s[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The hours of n stations laid out from a moment on; made by `lay`.

    Parameters
    ----------
    when
        The moment.
    reach_s
        Arrivals may be so many seconds after it.
    row : (n,) which distinct hours each station has
    key : (t,) int64 distinct hours and microseconds since `when`'s midnight in one number, rising
    state : (t,) from there on
    next_change : (t,) the change after it of the same hours, _NONE for none
    next_closed, next_open : (t,) the first one to closed or open from it on, itself included
    """

    when: datetime
    reach_s: float
    row: Ints
    key: Longs
    state: States
    next_change: Longs
    next_closed: Longs
    next_open: Longs
    _width: int

    @classmethod
    def lay(cls, timetable: Timetable, when: datetime, *, reach_s: float = _DAY_S) -> Timeline:
        """Lay out all hours for arrivals within `reach_s` of a moment.

        Raises
        ------
        InputError
            The moment has a zone, or lies beyond all calendars.

        Notes
        -----
        O(hours * days): 2 ms for the hours of 300 stations; O(1) for another moment of a day that
        was asked for lately.
        """
        if when.tzinfo is not None or reach_s > _DAY_S:
            return cls._lay(timetable, when, reach_s)
        midnight = when.replace(hour=0, minute=0, second=0, microsecond=0)
        return replace(_lay_day(timetable, midnight), when=when)

    @classmethod
    def _lay(cls, timetable: Timetable, when: datetime, reach_s: float) -> Timeline:
        days = math.ceil(reach_s / _DAY_S) + HORIZON_DAYS + 2
        try:
            row, minute, state = timetable.steps_from(when, days)
        except (ValueError, OverflowError) as problem:
            raise InputError(f"no hours can be told {reach_s:.0f} s after {when}") from problem
        width = (days + 2) * _DAY_MIN * 60 * _MICRO
        since = minute - when.toordinal() * _DAY_MIN
        key = row.astype(np.int64) * width + since * (60 * _MICRO)
        follows = np.append(row[1:] == row[:-1], False)
        after = np.where(follows, np.arange(1, len(row) + 1), _NONE)
        closed, opened = (frozen(_next_of(row, state == wanted)) for wanted in (CLOSED, OPEN))
        return cls(
            when, reach_s, timetable.row, frozen(key), frozen(state),
            frozen(after), closed, opened, width,
        )  # fmt: skip

    def judge(self, station: Ints, travel_s: Floats, stay_min: float = 0.0) -> Arrivals:
        """What is found at the doors of some stations, reached in some seconds each.

        Parameters
        ----------
        station : (m,) rows of the timetable
        travel_s : (m,) at most `reach_s`
        """
        begun = timedelta(hours=self.when.hour, minutes=self.when.minute,
                          seconds=self.when.second, microseconds=self.when.microsecond)  # fmt: skip
        moment = np.rint(travel_s * _MICRO).astype(np.int64) + begun // timedelta(microseconds=1)
        base = self.row[station].astype(np.int64) * self._width
        at = np.searchsorted(self.key, base + moment, side="right") - 1
        state = self.state[at]
        ends = self._wait_s(self.next_change[at], base, moment)
        closed_in = self._wait_s(self.next_closed[at], base, moment)
        opens_in = self._wait_s(self.next_open[at], base, moment)
        stay_s = stay_min * 60.0
        is_open = state == OPEN
        shut = (state == CLOSED) | (closed_in < stay_s)
        enough = np.where(shut, CLOSED, np.where(is_open & (ends >= stay_s), OPEN, UNKNOWN))
        return Arrivals(
            state,
            enough.astype(np.int8),
            np.where(is_open, ends, np.nan),
            np.where(is_open, np.nan, opens_in),
        )

    def _wait_s(self, change: Longs, base: Longs, moment: Longs) -> Floats:
        """Seconds from moments to changes; inf for none and beyond the horizon."""
        key = self.key[np.minimum(change, len(self.key) - 1)]
        wait_s = (key - base - moment) / _MICRO
        wait_s[(change == _NONE) | (wait_s > HORIZON_DAYS * _DAY_S)] = np.inf
        return np.asarray(wait_s)


@lru_cache(maxsize=4)
def _lay_day(timetable: Timetable, midnight: datetime) -> Timeline:
    """The timeline of a day's moments: the layout is the same for all of them."""
    return Timeline._lay(timetable, midnight, _DAY_S)


def _next_of(row: Ints, wanted: np.ndarray) -> Longs:
    """For each change the first wanted one of the same hours from it on; _NONE where none is."""
    place = np.where(wanted, np.arange(len(row)), _NONE)
    place = np.minimum.accumulate(place[::-1])[::-1]
    there = place != _NONE
    there[there] = row[place[there]] == row[there]
    return np.asarray(np.where(there, place, _NONE))
