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

from locator.arrays import Bools, Floats, Ints, frozen
from locator.errors import InputError
from locator.footing import Footing
from locator.gates import Gates, cities_through
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
    if dates is None:
        on = on or local_now(view.config.time_zone).date()
        days = [ordinary_days(), holiday_days()]
    else:
        on, days = None, [real_days(*dates, view.timetable.calendar)]
    cities, gates = cities_through(view, days, mode, on=on)
    footings = []
    for city in cities:
        network, limit = city.metric(within, mode)
        placement = city.placement(kind=kind, mode=mode, timed=network.timed)
        footings.append(Footing(network, placement, limit, city.counted(by=by, demand=demand)))
    rows = footings[0].placement.rows
    hours = [view.stations.opening[row] for row in rows.tolist()]
    return measure_week(
        footings,
        hours if on is None else usual_hours(hours, on),
        days,
        gates=gates,
        entry=tell_needs(view.stations, entered)[rows],
        doubted=view.stations.disputed[rows],
        report=report,
    )


def measure_week(
    footings: Sequence[Footing],
    hours: Sequence[Hours],
    days: Sequence[Days],
    *,
    gates: Sequence[Gates] = (),
    entry: States | None = None,
    doubted: Bools | None = None,
    report: Report | None = None,
) -> Week:
    """Measure what is covered through some days, and on a holiday.

    Parameters
    ----------
    footings
        The network, stations and limit, under each set of barriers; each is left with other
        stations open than before. On paper the first one counts.
    hours : m
        Hours of each station of the placement.
    days
        The days; a second one, where given, is the public holiday.
    gates
        For each of `days`, when which of the footings holds; the first one always, unless given.
    entry, doubted
        As in `locator.openings.find_openings`.

    Returns
    -------
    Week
        At most one sweep up to the limit for each distinct set of stations and barriers; less where
        the next set differs in few of them.
    """
    tell = report or (lambda _share, _text: None)
    first = footings[0]
    paper = first.covered_with(np.ones(len(hours), bool))
    opened = [find_openings(hours, one, entry, doubted) for one in days]
    laid = [_split(openings, gates[i] if gates else None) for i, openings in enumerate(opened)]
    asked = [_in_small_steps(_distinct(laid, number)) for number in range(len(footings))]
    sets, done = sum(map(len, asked)), 0
    covered: list[dict[bytes, Floats]] = [{} for _ in footings]
    for footing, masks, found in zip(footings, asked, covered, strict=True):
        for key, mask in masks.items():
            found[key] = footing.covered_with(mask)
            done += 1
            tell(done / sets, f"{done} of {sets} sets of stations")
    stretches = [
        Stretch(openings, shut, _gather(openings, covered, len(first.total)))
        for openings, shut in laid
    ]
    return Week(
        first.limit, stretches[0], stretches[1] if len(stretches) > 1 else None,
        first.total, paper, first.counted.areas, first.counted.unit, sets,
        int(opened[0].doubtful.sum()),
    )  # fmt: skip


def _split(openings: Openings, gates: Gates | None) -> tuple[Openings, Ints]:
    if gates is None:
        return openings, frozen(np.zeros(len(openings.minutes), np.int32))
    return gates.split(openings)


def _distinct(laid: Sequence[tuple[Openings, Ints]], number: int) -> dict[bytes, Bools]:
    """The distinct sets of stations while some barriers hold, in the order of their time."""
    masks: dict[bytes, Bools] = {}
    for openings, shut in laid:
        for row in np.unique(openings.series[:, shut == number]).tolist():
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


def _gather(openings: Openings, covered: Sequence[dict[bytes, Floats]], areas: int) -> Floats:
    never = np.full(areas, np.nan)
    keys = [_key(openings.mask(row)) for row in range(len(openings))]
    rows = [[found.get(key, never) for key in keys] for found in covered]
    return frozen(np.array(rows).reshape(len(covered), -1, areas))


def _key(mask: Bools) -> bytes:
    return np.packbits(mask).tobytes()
