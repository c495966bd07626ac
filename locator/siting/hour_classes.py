"""Hours of a plan: the few classes of moments in which the same stations and actions serve.

What a set of actions covers changes only when somebody opens or closes. So moments in which the
same are open are one class, with the sum of their weights, and a plan over a whole week needs as
many copies of the streets as there are classes, not 168.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from geodata.calendar import load_calendar
from locator.arrays import Bools, Floats, frozen
from locator.errors import InputError
from locator.hours import OPEN, Hours, Timetable
from locator.moments import find_moment

WEEK = "week"
_WEEK_DAYS, _DAY_MIN = 7, 1440


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that counts, and how much."""

    when: datetime
    weight: float
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class HourClasses:
    """Classes of moments.

    Parameters
    ----------
    weight : (c,)
        Of each class; together 1.
    open : (c, n) bool
        Who is known to be open in it.
    labels : (c,)
        The moments of each class.
    """

    weight: Floats
    open: Bools
    labels: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.weight)


def read_moments(text: str, *, zone: str, now: datetime | None = None) -> list[Moment]:
    """Moments of a list as "Mon 15:00, Sun 23:00=2": each with a weight, 1 unless given.

    Raises
    ------
    InputError
        A time or weight is not understood, or a weight is not above zero.
    """
    found = []
    for part in text.replace("，", ",").split(","):
        words, equals, number = part.partition("=")
        if not words.strip():
            raise InputError(f"hours {text!r}: expected times as Mon 15:00, Sun 23:00=2")
        try:
            weight = float(number) if equals else 1.0
        except ValueError as problem:
            raise InputError(f"hours: weight {number!r} is no number") from problem
        if not 0 < weight < float("inf"):
            raise InputError(f"hours: weight {number!r}, expected above zero")
        when = find_moment(words.strip(), zone=zone, now=now)
        found.append(Moment(when, weight, words.strip()))
    return found


def whole_week(hours: Sequence[Hours], monday: datetime) -> list[Moment]:
    """One moment for each stretch of a week in which nobody opens or closes, by its minutes."""
    table = Timetable.compile(hours, load_calendar())
    _, minute, _ = table.steps_from(monday, _WEEK_DAYS)
    begin = monday.toordinal() * _DAY_MIN
    end = begin + _WEEK_DAYS * _DAY_MIN
    cuts = np.unique(np.concatenate((minute, [begin, end])))
    cuts = cuts[(cuts >= begin) & (cuts <= end)]
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    found = []
    for low, high in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        when = monday + timedelta(minutes=low - begin)
        found.append(Moment(when, float(high - low), f"{names[when.weekday()]} {when:%H:%M}"))
    return found


def sort_moments(moments: Sequence[Moment], hours: Sequence[Hours]) -> HourClasses:
    """Gather moments in which the same are open; without moments there is one, and all are open.

    Parameters
    ----------
    hours : n
        Of all that can serve; unknown ones count as closed.
    """
    if not moments:
        return HourClasses(
            frozen([1.0], np.float64), frozen(np.ones((1, len(hours)), bool)), (("",),)
        )
    table = Timetable.compile(hours, load_calendar())
    states: dict[bytes, tuple[Bools, list[str], float]] = {}
    total = sum(moment.weight for moment in moments)
    for moment in moments:
        is_open = np.asarray(table.state_at(moment.when) == OPEN)
        _, labels, weight = states.get(is_open.tobytes(), (is_open, [], 0.0))
        labels.append(moment.label)
        states[is_open.tobytes()] = (is_open, labels, weight + moment.weight / total)
    rows = list(states.values())
    return HourClasses(
        frozen([weight for _, _, weight in rows], np.float64),
        frozen(np.array([is_open for is_open, _, _ in rows]).reshape(len(rows), len(hours))),
        tuple(tuple(labels) for _, labels, _ in rows),
    )
