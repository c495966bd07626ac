"""A week measured: once for each set of stations that are open together, whatever its hours.

Between two changes of anybody's state nothing changes, so each distinct set is covered once and
weighed with its minutes by `locator.week`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, Floats, Ints, frozen
from locator.footing import Footing
from locator.gates import Gates, cities_through
from locator.needs import parse_needs, tell_needs
from locator.openings import (
    Days,
    Openings,
    find_openings,
    holiday_days,
    ordinary_days,
    real_days,
    usual_hours,
)
from locator.week import Stretch, Week

if TYPE_CHECKING:
    from locator.hours import Hours
    from locator.hours.timetable import States
    from locator.version import CityVersion

Report = Callable[[float, str], None]
_MOST_ORDERED = 2000


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
