"""The nearest stations that are open when one arrives.

A station's state depends on when one gets there, so a station open now may be shut on arrival and
the other way round. The search goes from the nearest on until enough open ones are found or no
station is left: it asks for a few, then for four times as many. An answer is therefore the first k
of *all* stations in reach, by group (open, unknown, closed), travel time and code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.arrival import RANK, Arrivals, Timeline, Visit
from locator.errors import InputError
from locator.hours.timetable import CLOSED, OPEN
from locator.nearest import FOUND, MOST_ANSWERS, NONE_WITHIN, UNREACHABLE, Nearest
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.hours.timetable import Timetable

Find = Callable[[Floats, int, float], Nearest]
"""`find_nearest` of some points, k and a limit, everything else being settled."""

_GROWTH = 4
_FIRST = 8  # so many are asked for at first, at least


def find_visited(
    find: Find,
    points_xy_m: Floats,
    *,
    timetable: Timetable,
    disputed: Bools,
    visit: Visit,
    k: int = 1,
    within_m: float = np.inf,
    by_time: bool = True,
) -> Nearest:
    """The k stations for a visit of each point; or the nearest, labelled, where it does not rank.

    Parameters
    ----------
    find
        Asks for the nearest stations, in the order of its network's cost.
    points_xy_m : (q, 2) metres, the city's CRS
    timetable
        Hours of all stations of the snapshot.
    disputed : (n,) bool
        Stations reported locked in posted hours: open counts as unknown there.
    within_m
        In the network's cost; inclusive.
    by_time
        Whether that cost is time. If not, all stations within the limit are looked at.

    Returns
    -------
    Nearest
        With `arrivals`. Outcomes count selected stations only: where `visit.open_only`, those that
        are open long enough.

    Raises
    ------
    InputError
        As `find_nearest`.
    """
    hours = Doors(timetable, disputed, visit, by_time)
    if not visit.ranked:
        near = find(points_xy_m, k, within_m)
        return replace(near, arrivals=hours.arrivals(near.index, near.time_s))
    if not 1 <= k <= MOST_ANSWERS:
        raise InputError(f"k is {k}, expected 1 to {MOST_ANSWERS}")
    points = np.asarray(points_xy_m, np.float64).reshape(-1, 2)
    rows = [_choose(find, hours, points[q : q + 1], k, within_m) for q in range(len(points))]
    if len(rows) == 1:
        return rows[0]
    if not rows:
        near = find(points, k, within_m)
        return replace(near, arrivals=hours.arrivals(near.index, near.time_s))
    return _stack(rows, points)


class Doors:
    """What a visit finds at the doors of stations reached in some time.

    The timeline of one question, laid out again where a way takes longer than it holds.

    Parameters
    ----------
    timetable, disputed, visit, by_time
        As in `find_visited`.
    """

    def __init__(self, timetable: Timetable, disputed: Bools, visit: Visit, by_time: bool) -> None:
        self.visit, self.by_time, self.disputed = visit, by_time, disputed
        self.stations = len(timetable)
        self._timetable = timetable
        self._timeline = Timeline.lay(timetable, visit.when)

    def arrivals(self, index: Ints, time_s: Floats) -> Arrivals:
        """Arrivals of answers of any shape; closed for ever where there is no station."""
        there = index >= 0
        longest = float(time_s[there].max(initial=0.0))
        if longest > self._timeline.reach_s:
            self._timeline = Timeline.lay(self._timetable, self.visit.when, reach_s=2 * longest)
        judged = self._timeline.judge(index[there], time_s[there], self.visit.stay_min)
        judged = judged.doubted(self.disputed[index[there]])
        parts = []
        for part, none in (
            (judged.state, CLOSED), (judged.enough, CLOSED),
            (judged.closes_in_s, np.nan), (judged.opens_in_s, np.inf),
        ):  # fmt: skip
            whole = np.full(index.shape, none, part.dtype)
            whole[there] = part
            parts.append(frozen(whole))
        return Arrivals(*parts)


def _choose(find: Find, hours: Doors, point: Floats, k: int, within_m: float) -> Nearest:
    """The answer of one point."""
    wanted = min(max(_GROWTH * k, _FIRST, 0 if hours.by_time else hours.stations), MOST_ANSWERS)
    while True:
        near = find(point, wanted, within_m)
        arrivals = hours.arrivals(near.index, near.time_s)
        found = int((near.index[0] >= 0).sum())
        fits = arrivals.enough[0, :found] == OPEN
        if int(fits.sum()) >= k or found < wanted or wanted == MOST_ANSWERS:
            break
        wanted = min(_GROWTH * wanted, MOST_ANSWERS)
    rank = np.array([RANK[int(state)] for state in arrivals.enough[0, :found]], np.int64)
    place = np.arange(found) if hours.by_time else np.round(near.time_s[0, :found], 3)
    chosen = np.lexsort((place, rank))[:k]
    if hours.visit.open_only:
        chosen = chosen[fits[chosen]]
    outcome = near.outcome[0]
    if found and not len(chosen):
        outcome = _why_none(find, hours, point, within_m)
    return replace(_taken(near, arrivals, chosen, k), outcome=(outcome,))


def _why_none(find: Find, hours: Doors, point: Floats, within_m: float) -> str:
    """Whether an open station lies beyond the limit, or can be reached nowhere."""
    if within_m == np.inf:
        return UNREACHABLE
    anywhere = _choose(find, hours, point, 1, np.inf).outcome[0]
    return NONE_WITHIN if anywhere == FOUND else UNREACHABLE


def _taken(near: Nearest, arrivals: Arrivals, chosen: Longs, k: int) -> Nearest:
    """Some columns of the answer of one point, filled up to k."""

    def columns(values: NDArray[Any], none: float) -> NDArray[Any]:
        kept = np.full((1, k), none, values.dtype)
        kept[0, : len(chosen)] = values[0, chosen]
        return frozen(kept)

    doors = Arrivals(
        columns(arrivals.state, CLOSED),
        columns(arrivals.enough, CLOSED),
        columns(arrivals.closes_in_s, np.nan),
        columns(arrivals.opens_in_s, np.inf),
    )
    return replace(
        near,
        index=columns(near.index, -1),
        distance_m=columns(near.distance_m, np.inf),
        time_s=columns(near.time_s, np.inf),
        straight_m=columns(near.straight_m, np.inf),
        arrivals=doors,
    )


def _stack(rows: list[Nearest], points_xy_m: Floats) -> Nearest:
    """The answers of single points as one."""

    def stacked(pick: Callable[[Nearest], NDArray[Any]]) -> NDArray[Any]:
        return frozen(np.concatenate([pick(row) for row in rows]))

    snapped = Snapped(
        stacked(lambda row: row.snapped.street),
        stacked(lambda row: row.snapped.offset_m),
        stacked(lambda row: row.snapped.snap_m),
    )
    doors = [row.arrivals for row in rows if row.arrivals is not None]
    return replace(
        rows[0],
        points_xy_m=frozen(points_xy_m),
        snapped=snapped,
        index=stacked(lambda row: row.index),
        distance_m=stacked(lambda row: row.distance_m),
        time_s=stacked(lambda row: row.time_s),
        straight_m=stacked(lambda row: row.straight_m),
        outcome=tuple(row.outcome[0] for row in rows),
        arrivals=Arrivals(
            frozen(np.concatenate([door.state for door in doors])),
            frozen(np.concatenate([door.enough for door in doors])),
            frozen(np.concatenate([door.closes_in_s for door in doors])),
            frozen(np.concatenate([door.opens_in_s for door in doors])),
        ),
    )
