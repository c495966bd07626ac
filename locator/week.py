"""How much is covered at every hour of a week: exact to the minute, once for each set of stations.

Shares are piecewise constant in time. Every one that depends on hours is a range: where nobody
knows whether a station is open it counts as closed (low) and as open (high).

    mean, min       of the low series, over the minutes of the hour
    low, high       time-weighted means of both
    enterable       the low mean of stations that anybody may enter and that have what is needed

Stations open count at the moment of the minimum, and so do those whose state makes the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from locator.arrays import Bools, Floats, frozen
from locator.errors import InputError
from locator.footing import Footing
from locator.needs import parse_needs, tell_needs
from locator.openings import (
    SERIES,
    Days,
    Openings,
    find_openings,
    holiday_days,
    hour_of,
    ordinary_days,
    real_days,
    usual_hours,
    weigh_minutes,
)

if TYPE_CHECKING:
    from locator.hours import Hours
    from locator.hours.timetable import States
    from locator.version import CityVersion

Report = Callable[[float, str], None]
_MOST_ORDERED = 2000
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
    """Some days, who is open in them, and what each set of stations covers.

    Parameters
    ----------
    openings
        Who is open when.
    covered : (k, areas + 1)
        What each distinct set covers; the last column lies in no area.
    """

    openings: Openings
    covered: Floats

    def values(self, series: int, area: int | None) -> Floats:
        """(t,) what is covered in each interval, in one area or (None) everywhere."""
        chosen = self.covered.sum(axis=1) if area is None else self.covered[:, area]
        return np.asarray(chosen[self.openings.series[series]])


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
        How many distinct sets of stations were measured.
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
        low, high = (
            self.days.covered[self.days.openings.series[series, at]]
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


def ask_week(  # noqa: PLR0913  (each is a word of the question)
    view: CityVersion,
    within: float | str,
    *,
    kind: str | None = None,
    mode: str = "walk",
    by: str = "",
    demand: str = "",
    need: Sequence[str] = (),
    on: date | None = None,
    dates: tuple[date, int] | None = None,
    report: Report | None = None,
) -> Week:
    """The week of a city.

    Parameters
    ----------
    need
        What a station must have to be enterable besides a free way in, as `locator.needs` reads it.
    on
        Whose season's rules an ordinary week follows; today's unless given. Dated changes are left
        out of an ordinary week.
    dates
        Instead of an ordinary week: the first day and how many, with all that is known of them.
    """
    from locator.moments import local_now

    entered = replace(parse_needs(need), free_entry=True)
    network, limit = view.metric(within, mode)
    placement = view.placement(kind=kind, mode=mode, timed=network.timed)
    footing = Footing(network, placement, limit, view.counted(by=by, demand=demand))
    hours = [view.stations.opening[row] for row in placement.rows.tolist()]
    if dates is None:
        days = [ordinary_days(), holiday_days()]
        hours = usual_hours(hours, on or local_now(view.config.time_zone).date())
    else:
        days = [real_days(*dates, view.timetable.calendar)]
    return measure_week(
        footing,
        hours,
        days,
        entry=tell_needs(view.stations, entered)[placement.rows],
        doubted=view.stations.disputed[placement.rows],
        report=report,
    )


def measure_week(
    footing: Footing,
    hours: Sequence[Hours],
    days: Sequence[Days],
    *,
    entry: States | None = None,
    doubted: Bools | None = None,
    report: Report | None = None,
) -> Week:
    """Measure what is covered through some days, and on a holiday.

    Parameters
    ----------
    footing
        The network, stations and limit; it is left with other stations open than before.
    hours : m
        Hours of each station of the placement.
    days
        The days; a second one, where given, is the public holiday.
    entry, doubted
        As in `locator.openings.find_openings`.

    Returns
    -------
    Week
        At most one sweep up to the limit for each distinct set of stations; less where the next
        set differs in few of them.
    """
    tell = report or (lambda _share, _text: None)
    paper = footing.covered_with(np.ones(len(hours), bool))
    all_openings = [find_openings(hours, one, entry, doubted) for one in days]
    masks = _in_small_steps(_distinct(all_openings))
    covered: dict[bytes, Floats] = {}
    for i, (key, mask) in enumerate(masks.items()):
        covered[key] = footing.covered_with(mask)
        tell((i + 1) / len(masks), f"{i + 1} of {len(masks)} sets of stations")
    stretches = [
        Stretch(openings, _gather(openings, covered, len(footing.total)))
        for openings in all_openings
    ]
    return Week(
        footing.limit, stretches[0], stretches[1] if len(stretches) > 1 else None,
        footing.total, paper, footing.counted.areas, footing.counted.unit, len(masks),
        int(all_openings[0].doubtful.sum()),
    )  # fmt: skip


def _distinct(all_openings: Sequence[Openings]) -> dict[bytes, Bools]:
    """The distinct sets of stations, in the order of their time."""
    masks: dict[bytes, Bools] = {}
    for openings in all_openings:
        for row in range(len(openings)):
            mask = openings.mask(row)
            masks.setdefault(_key(mask), mask)
    return masks


def _in_small_steps(masks: dict[bytes, Bools]) -> dict[bytes, Bools]:
    """The same sets, each near the one before: from all stations on, the nearest that is left.

    What a set covers does not depend on the order; how long it takes does. O(sets^2 * stations).
    """
    keys = list(masks)
    if not keys or len(keys) > _MOST_ORDERED:
        return masks
    sets = np.array([masks[key] for key in keys], np.float32)
    size = sets.sum(axis=1)
    apart = size[:, None] + size[None, :] - 2.0 * (sets @ sets.T)
    left = np.ones(len(keys), bool)
    at = int(np.argmax(size))
    ordered = {}
    for _ in keys:
        ordered[keys[at]] = masks[keys[at]]
        left[at] = False
        at = int(np.argmin(np.where(left, apart[at], np.inf)))
    return ordered


def _gather(openings: Openings, covered: dict[bytes, Floats], areas: int) -> Floats:
    rows = [covered[_key(openings.mask(row))] for row in range(len(openings))]
    return frozen(np.array(rows).reshape(-1, areas))


def _key(mask: Bools) -> bytes:
    return np.packbits(mask).tobytes()
