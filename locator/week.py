"""What is covered at every hour of a week, exact to the minute.

Shares are piecewise constant in time. Every one that depends on hours is a range: where nobody
knows whether a station is open it counts as closed (low) and as open (high).

    mean, min       of the low series, over the minutes of the hour
    low, high       time-weighted means of both
    enterable       the low mean of stations that anybody may enter and that have what is needed

Stations open count at the moment of the minimum, and so do those whose state makes the difference.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from locator.errors import InputError
from locator.openings import SERIES, Openings, hour_of, weigh_minutes

if TYPE_CHECKING:
    from locator.arrays import Floats, Ints

_KNOWN, _POSSIBLE, _ENTERED, _ENTERABLE = range(len(SERIES))


@dataclass(frozen=True, slots=True)
class HourShare:
    """Shares of one hour of one day; see the head of the module.

    Parameters
    ----------
    day
        "mon" to "sun", "holiday", or a date.
    hour
        0 to 23.
    """

    day: str
    hour: int
    mean: float
    min: float
    low: float
    high: float
    open_stations: int
    unknown_stations: int
    enterable: float
    enterable_high: float


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some days, who is open and what is shut in them, and what is covered then.

    Parameters
    ----------
    openings
        Who is open when.
    shut : (t,) int32
        Which barriers hold in each interval, as a number.
    covered : (barriers, k, areas + 1)
        What each distinct set of stations covers while they hold; the last column lies in no area.
        Not a number where the two never come together.
    """

    openings: Openings
    shut: Ints
    covered: Floats

    def values(self, series: int, area: int | None) -> Floats:
        """(t,) what is covered in each interval, in one area or (None) everywhere."""
        chosen = self.covered.sum(axis=2) if area is None else self.covered[:, :, area]
        return np.asarray(chosen[self.shut, self.openings.series[series]])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Week:
    """Shares covered at every hour.

    Parameters
    ----------
    within_m
        The limit, in the network's cost.
    days, holiday
        The days that were asked for, and a public holiday (None for real dates): its minutes are
        those of all seven days of the week on which it may fall.
    total, paper : (areas + 1,)
        All that counts, and what would be covered if every station were open; the last entry lies
        in no area.
    areas
        Their codes.
    unit
        What is counted.
    sets
        How many distinct sets of stations (and of barriers that hold) were measured.
    unknown
        How many stations are in some minute neither known to be open nor to be closed.
    """

    within_m: float
    days: Stretch
    holiday: Stretch | None
    total: Floats
    paper: Floats
    areas: tuple[str, ...]
    unit: str
    sets: int
    unknown: int

    @override
    def __repr__(self) -> str:
        worst = self.worst()
        return f"<Week: {self.share(self.paper):.1%} on paper, {worst.min:.1%} at worst>"

    def share(self, covered: Floats, area: int | None = None) -> float:
        """Share of all that counts, in one area or everywhere; 0 where nothing counts."""
        top, all_of_it = (
            float(values.sum() if area is None else values[area])
            for values in (covered, self.total)
        )
        return top / all_of_it if all_of_it > 0 else 0.0

    def hours(self, area: int | None = None) -> tuple[HourShare, ...]:
        """Every hour of the days, in order."""
        return self._hours(self.days, area)

    def holiday_hours(self, area: int | None = None) -> tuple[HourShare, ...]:
        """The hours of a public holiday; () where real dates were asked for."""
        return () if self.holiday is None else self._hours(self.holiday, area)

    def worst(self, area: int | None = None) -> HourShare:
        """The hour with the least minimum; the first of equals."""
        hours = self.hours(area)
        return min(hours, key=lambda hour: hour.min)

    def at(self, minute: int, area: int | None = None) -> tuple[float, float]:
        """Low and high share at a minute from the first midnight on."""
        if not 0 <= minute < self.days.openings.minute[-1]:
            raise InputError(
                f"minute {minute} was asked for, expected 0 to "
                f"{int(self.days.openings.minute[-1]) - 1}"
            )
        at = self.days.openings.at(minute)
        shut = self.days.shut[at]
        low, high = (
            self.days.covered[shut, self.days.openings.series[series, at]]
            for series in (_KNOWN, _POSSIBLE)
        )
        return self.share(low, area), self.share(high, area)

    def to_document(self) -> dict[str, Any]:
        """The JSON of `locator week`."""
        worst = self.worst()
        return {
            "within_m": self.within_m,
            "unit": self.unit,
            "total": float(self.total.sum()),
            "paper": self.share(self.paper),
            "unknown_stations": self.unknown,
            "hours": [asdict(hour) for hour in self.hours()],
            "holiday": [asdict(hour) for hour in self.holiday_hours()],
            "worst": asdict(worst),
            "districts": [
                {
                    "code": code,
                    "paper": self.share(self.paper, area),
                    "worst": asdict(self.worst(area)),
                }
                for area, code in enumerate(self.areas)
            ],
        }

    def _hours(self, stretch: Stretch, area: int | None) -> tuple[HourShare, ...]:
        openings = stretch.openings
        names, row = hour_of(openings)
        total = float(self.total.sum() if area is None else self.total[area])
        rows = len(names) * 24
        shares = [
            stretch.values(series, area) / total if total > 0 else np.zeros(len(row))
            for series in range(len(SERIES))
        ]
        mean, high, entered, enterable = (
            weigh_minutes(values, row, openings.minutes, rows) for values in shares
        )
        # The minimum is the first interval of its hour that has the least share.
        order = np.lexsort((np.arange(len(row)), shares[_KNOWN], row))
        least = order[np.unique(row[order], return_index=True)[1]]
        low = shares[_KNOWN][least]
        # A mean of equal numbers may miss them by a bit; it is never below the least of them.
        mean = np.maximum(mean, low)
        counts = openings.counts
        known, possible = (counts[openings.series[i, least]] for i in (_KNOWN, _POSSIBLE))
        table = zip(
            mean.tolist(), low.tolist(), np.maximum(high, mean).tolist(), known.tolist(),
            (possible - known).tolist(), entered.tolist(), enterable.tolist(), strict=True,
        )  # fmt: skip
        return tuple(
            HourShare(names[i // 24], i % 24, mean, least, mean, high, count, unknown, sure, maybe)
            for i, (mean, least, high, count, unknown, sure, maybe) in enumerate(table)
        )
