"""When which barriers hold: the few distinct sets of them over some days, and when each does.

A gate that is shut at night is a barrier by hour. Between two changes of any gate the streets do
not change, so what depends on hours is exact with one city for each distinct set of barriers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Ints, Longs, frozen
from locator.hours import read_hours
from locator.hours.rules import DAY_MIN
from locator.modes import find_mode
from locator.openings import Days, Openings, find_openings, usual_hours

if TYPE_CHECKING:
    from locator.barriers import Barrier
    from locator.version import CityVersion

_POSSIBLE = 1  # row of `locator.openings.SERIES`: what may be shut is shut, the safe side


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """The distinct sets of barriers over some days.

    Parameters
    ----------
    minute : (t + 1,) int64
        Minutes from the first midnight at which intervals begin; the last one is the end.
    sets
        The barriers of each distinct set, in their order.
    row : (t,) int32
        The set that holds in each interval.
    """

    minute: Longs
    sets: tuple[tuple[Barrier, ...], ...]
    row: Ints

    def split(self, openings: Openings) -> tuple[Openings, Ints]:
        """The same openings with no interval across a change of gates, and the set in each."""
        parted = openings.split(self.minute)
        at = np.searchsorted(self.minute, parted.minute[:-1], side="right") - 1
        return parted, frozen(self.row[at], np.int32)


def find_gates(barriers: Sequence[Barrier], days: Days, *, on: date | None = None) -> Gates:
    """Lay out which barriers hold over some days, as `locator.barriers.in_force` says of each.

    Parameters
    ----------
    on
        Ordinary days: those of this day's season, and barriers whose dates hold then. None for
        real days, each by its own date.
    """
    if not barriers:
        minute = np.array([0, len(days.names) * DAY_MIN], np.int64)
        return Gates(frozen(minute, np.int64), ((),), frozen(np.zeros(1, np.int32)))
    hours = [read_hours(barrier.hours or "24/7").hours for barrier in barriers]
    openings = find_openings(hours if on is None else usual_hours(hours, on), days)
    shut = openings.sets[openings.series[_POSSIBLE]][:, openings.station_class]
    dated = [
        _hold_on(barriers, days.first + timedelta(day) if on is None else on)
        for day in range(len(days.names))
    ]
    shut = shut & np.array(dated, bool)[openings.minute[:-1] // DAY_MIN]
    sets, row = np.unique(shut, axis=0, return_inverse=True)
    chosen = tuple(
        tuple(barrier for barrier, holds in zip(barriers, one, strict=True) if holds)
        for one in sets.tolist()
    )
    return Gates(openings.minute, chosen, frozen(row.reshape(-1), np.int32))


def cities_through(
    city: CityVersion, days: Sequence[Days], mode: str, *, on: date | None = None
) -> tuple[list[CityVersion], list[Gates]]:
    """The city under each set of barriers that some days see, itself first.

    Returns
    -------
    cities, gates
        For each of `days` its gates, whose rows count in `cities`. Gates that do not stop the mode
        part nothing.
    """
    barriers = [barrier for barrier in city.gates if _matters(barrier, mode)]
    cities, number = [city], {city.store.held: 0}
    made = []
    for one in days:
        # Without gates the city is what it is, on all days.
        gates = find_gates(barriers, one, on=on) if city.gates else _unchanged(city, one)
        for held in gates.sets:
            if held not in number:
                number[held] = len(cities)
                cities.append(city.holding(held))
        row = np.array([number[held] for held in gates.sets], np.int32)[gates.row]
        made.append(Gates(gates.minute, tuple(number), frozen(row, np.int32)))
    return cities, made


def _unchanged(city: CityVersion, days: Days) -> Gates:
    minute = np.array([0, len(days.names) * DAY_MIN], np.int64)
    return Gates(minute, (city.store.held,), np.zeros(1, np.int32))


def _matters(barrier: Barrier, mode: str) -> bool:
    """Whether a barrier has to be told apart for a mode; a parked one goes on foot as well."""
    if find_mode(mode).is_parked or not barrier.hours:
        return True
    return mode in barrier.modes


def _hold_on(barriers: Sequence[Barrier], day: date) -> list[bool]:
    return [
        (barrier.from_date is None or barrier.from_date <= day)
        and (barrier.to_date is None or day <= barrier.to_date)
        for barrier in barriers
    ]
