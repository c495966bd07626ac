"""Heat, storm and night: situations in which only some stations help.

Which facilities and hours a situation asks for is data (`geodata/data/situations.toml`), by level
of warning. A station is in for certain where all of it is known, out for certain where one thing is
known to lack, and else a question mark: so every answer is a range, low without the question marks
and high with them. A situation holds when a warning says so, in whatever month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.vocabulary import facilities, read_data
from locator.arrays import Bools, frozen
from locator.certainty import NO, UNKNOWN, YES, Told, tell_both
from locator.errors import NotFoundError

if TYPE_CHECKING:
    from locator.hours.timetable import Timetable
    from locator.stations import Stations

_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN


@dataclass(frozen=True, slots=True)
class Situation:
    """A warning of one level, or the night.

    Parameters
    ----------
    hazard, level
        "heat", "storm" or "night"; the colour of the warning, "" where there is none.
    needs
        Facilities that must be there.
    window
        Local times of day between which a station must be open throughout; None for no such time.
    warning, rule
        When that level is given, and what then holds for outdoor work.
    source
        Where levels and rules stand.
    """

    code: str
    zh: str
    en: str
    hazard: str
    source: str
    level: str = ""
    needs: tuple[str, ...] = ()
    window: tuple[time, time] | None = None
    warning: str = ""
    rule: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """What a station must answer, in the words of `locator.needs`; a window by its code."""
        return self.needs if self.window is None else (*self.needs, self.code)


class Fitness(NamedTuple):
    """Which stations help in a situation, as two masks over the stations of a view.

    Parameters
    ----------
    yes : (n,) bool
        Known to help.
    possible : (n,) bool
        Not known to be of no help; holds all of `yes`.
    """

    yes: Bools
    possible: Bools

    def told(self) -> Told:
        """(n,) 1 where known to help, 0 where known not to, -1 between."""
        told = np.where(self.yes, YES, np.where(self.possible, UNKNOWN, NO))
        return frozen(told, np.int8)

    def end(self, *, high: bool) -> Bools:
        """(n,) the stations of one end of the range."""
        return self.possible if high else self.yes


@cache
def situations() -> dict[str, Situation]:
    """All situations by code, in the order of the data."""
    known: dict[str, Situation] = {}
    for row in read_data("situations.toml")["situation"]:
        window = [time.fromisoformat(text) for text in row.pop("window", ())]
        needs = tuple(row.pop("needs", ()))
        if not set(needs) <= set(facilities().codes):
            raise NotFoundError(f"situations.toml: {row['code']} needs unknown facilities {needs}")
        known[row["code"]] = Situation(**row, needs=needs, window=_pair(window))
    return known


def _pair(clocks: list[time]) -> tuple[time, time] | None:
    return (clocks[0], clocks[1]) if clocks else None


def find_situation(code: str) -> Situation:
    """The situation of that code.

    Raises
    ------
    NotFoundError
        There is none; the message lists the codes.
    """
    try:
        return situations()[code]
    except KeyError:
        known = ", ".join(situations())
        raise NotFoundError(f"situation {code!r} is not known: choose one of {known}") from None


def situation_mask(
    stations: Stations, timetable: Timetable, code: str, *, at: datetime | None = None
) -> Fitness:
    """Which stations help in a situation; status and kind are for others to ask.

    Parameters
    ----------
    timetable
        Opening hours of the stations.
    at
        Local time without a zone. With it, a station must be open then; for a situation with a
        window, throughout the window that holds this time or comes next. Without it hours count
        only where the situation has a window: throughout it in every night of an ordinary week.

    Raises
    ------
    NotFoundError
        There is no such situation.
    """
    situation = find_situation(code)
    told = np.full(len(stations), YES, np.int8)
    for need in situation.needs:
        told = tell_both(told, stations.tell_offering(need))
    if situation.window is not None:
        told = tell_both(
            told, _believed(stations, _open_throughout(timetable, situation.window, at))
        )
    elif at is not None:
        told = tell_both(told, _believed(stations, timetable.state_at(at)))
    return Fitness(frozen(told == YES), frozen(told != NO))


def _believed(stations: Stations, is_open: Any) -> Any:
    """Posted hours that workers dispute are not known to hold."""
    return np.where(stations.disputed & (is_open == YES), UNKNOWN, is_open).astype(np.int8)


def _open_throughout(table: Timetable, window: tuple[time, time], at: datetime | None) -> Any:
    """(n,) whether each station is open all through a window: 1, 0, or -1 where unknown.

    Asked once for each of the distinct hours, of which a city has few.
    """
    _, first, inverse = np.unique(table.row, return_index=True, return_inverse=True)
    if at is None:
        minutes = _night_minutes(window)
        told = [_covers(table, row, minutes) if table.known[row] else UNKNOWN
                for row in first.tolist()]  # fmt: skip
    else:
        begin, end = next_window(window, at)
        told = [_throughout(table, row, begin, end) for row in first.tolist()]
    return np.array(told, np.int8)[inverse]


def _throughout(table: Timetable, row: int, begin: datetime, end: datetime) -> int:
    """Whether a station is open from one time to another: 1, 0, or -1 where unknown."""
    states = {state for _, _, state in table.spans_between(row, begin, end)}
    return NO if NO in states else UNKNOWN if UNKNOWN in states else YES


def next_window(window: tuple[time, time], at: datetime) -> tuple[datetime, datetime]:
    """The window of times of day that holds a moment, or the next one after it.

    Examples
    --------
    >>> night = (time(23), time(5))
    >>> [begin.isoformat(" ", "hours") for begin in next_window(night, datetime(2026, 7, 4, 2))]
    ['2026-07-03 23', '2026-07-04 05']
    >>> [begin.isoformat(" ", "hours") for begin in next_window(night, datetime(2026, 7, 4, 5))]
    ['2026-07-04 23', '2026-07-05 05']
    """
    first, last = window
    over = timedelta(days=1 if last <= first else 0)
    begin = datetime.combine(at.date(), first) - over
    while datetime.combine(begin.date(), last) + over <= at:
        begin += timedelta(days=1)
    return begin, datetime.combine(begin.date(), last) + over


def _night_minutes(window: tuple[time, time]) -> Any:
    """Minutes of the week that lie in the window of some day, as a mask from Monday 0:00."""
    first, last = (clock.hour * 60 + clock.minute for clock in window)
    run = (last - first) % _DAY_MIN or _DAY_MIN
    inside = np.zeros(_WEEK_MIN, bool)
    for day in range(7):
        inside[(day * _DAY_MIN + first + np.arange(run)) % _WEEK_MIN] = True
    return inside


def _covers(table: Timetable, row: int, minutes: Any) -> int:
    """Whether a station's ordinary week is open in all of some minutes."""
    is_open = np.zeros(_WEEK_MIN, bool)
    for begin, end in table.week_spans(row).tolist():
        is_open[begin:end] = True
    return YES if bool(is_open[minutes].all()) else NO
