"""The station that costs the least detour on the way from one point to another.

The detour of a station s is way(A, s) + way(s, B) - way(A, B). Two searches find the least exactly:
one from A along the streets, one from B against them, since a one-way street leads only one way.
A few stations near either end give a first total; no station farther from A or B than that total
can be better, so both searches end there. A vehicle that is parked is fetched where it was left.
For a visit, which asks what is open on arrival, both searches look at all stations: the least
detour among the open ones may be anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M, Floats, Ints, Longs, frozen
from locator.arrival import RANK
from locator.errors import InputError
from locator.hours.timetable import OPEN
from locator.nearest import FOUND, MOST_ANSWERS, OUTSIDE, UNREACHABLE
from locator.network import Arcs
from locator.placement import place_snapped
from locator.sweep import sweep_nearest
from locator.ways import search_from, start_at

if TYPE_CHECKING:
    from locator.arrival import Arrivals
    from locator.network import StreetNetwork
    from locator.open_nearest import Doors
    from locator.placement import Placement, Stands

_FIRST = 8  # stations asked for at either end, to begin with


@dataclass(frozen=True, slots=True, eq=False)
class Detours:
    """The k stations with the least detour between two points, in order.

    Parameters
    ----------
    index : (n,) int32
        Rows of the registry's snapshot, by (detour in whole millimetres, code); for a visit open
        ones first, then unknown, then closed.
    detour : (n,)
        Extra way, in the network's cost; never negative.
    there, onward : (n,)
        From the start to the station and from there to the end, straight ends included.
    direct
        From the start to the end without a station; inf where no way leads there.
    outcome
        found, unreachable (no selected station lies on any way from start to end) or outside (a
        point lies beside the streets).
    arrivals : (n,)
        What is found at the doors on the way, where that was asked.
    """

    index: Ints
    detour: Floats
    there: Floats
    onward: Floats
    direct: float
    outcome: str
    arrivals: Arrivals | None = None


def reverse_network(network: StreetNetwork) -> StreetNetwork:
    """The same streets with every arc turned round: searches run against the traffic."""
    if network.into is network.out:  # without one-ways nothing changes, and both share their flags
        return network
    travel = ((network.travel & 1) << 1 | (network.travel & 2) >> 1).astype(np.uint8)
    out, into = (
        Arcs(arcs.first, arcs.node, arcs.length_m, arcs.street, frozen(1 - arcs.backward, np.uint8))
        for arcs in (network.into, network.out)
    )
    return replace(network, travel=frozen(travel), out=out, into=into)


def find_detours(
    network: StreetNetwork,
    placement: Placement,
    ends_xy_m: Floats,
    *,
    k: int = 1,
    snap_limit_m: float,
    doors: Doors | None = None,
) -> Detours:
    """The k stations with the least detour between two points.

    Parameters
    ----------
    ends_xy_m : (2, 2) metres, the city's CRS
        Start and end.
    snap_limit_m
        A point farther from any usable street is outside.
    doors
        Labels stations with what is found there on the way; where its visit ranks, order goes by
        that first, and with `open_only` those not known to be open long enough are left out. Exact
        on a network of time, whose cost tells when one arrives.

    Raises
    ------
    InputError
        k is not 1 to `MOST_ANSWERS`.

    Notes
    -----
    Two searches over what is nearer than the best way through a station; over all stations where
    a visit ranks.
    """
    if not 1 <= k <= MOST_ANSWERS:
        raise InputError(f"k is {k}, expected 1 to {MOST_ANSWERS}")
    ends = np.asarray(ends_xy_m, np.float64).reshape(2, 2)
    snapped = network.snap(ends, snap_limit_m)
    if not snapped.found.all():
        return _nothing(OUTSIDE, np.inf)
    direct = _way(network, ends, snap_limit_m)
    if placement.stands is not None:
        there, onward = _ways_by_stand(network, placement.stands, ends, snap_limit_m)
    else:
        # open ones go before nearer ones that are shut: then no number of stations is enough
        enough = max(k, len(placement)) if doors is not None and doors.visit.ranked else k
        there, onward = _ways_by_search(network, placement, ends, enough, snap_limit_m)
    both = np.array(sorted(there.keys() & onward.keys()), np.int32)
    legs = np.array([(there[row], onward[row]) for row in both.tolist()]).reshape(-1, 2)
    extra = np.maximum(legs.sum(axis=1) - direct, 0.0)
    rows = np.asarray(placement.rows[both], np.int32)
    arrivals = None
    order = np.lexsort((both, np.round(extra, 3)))
    if doors is not None:
        arrivals = doors.arrivals(rows, legs[:, 0] / network.mode.speed_mps)
        order = _rank(doors, arrivals, order)
    order = order[:k]
    if not len(order):
        return _nothing(UNREACHABLE, direct)
    return Detours(
        frozen(rows[order]), frozen(extra[order]), frozen(legs[order, 0]), frozen(legs[order, 1]),
        direct, FOUND, None if arrivals is None else arrivals.take(order),
    )  # fmt: skip


def _rank(doors: Doors, arrivals: Arrivals, order: Longs) -> Longs:
    """The order with open stations first, then unknown, then closed, as far as the visit asks."""
    if not doors.visit.ranked:
        return order
    enough = arrivals.enough[order]
    rank = np.array([RANK[int(state)] for state in enough], np.int64)
    group = np.argsort(rank, kind="stable")
    ranked: Longs = order[group[enough[group] == OPEN] if doors.visit.open_only else group]
    return ranked


def _ways_by_search(
    network: StreetNetwork, placement: Placement, ends: Floats, k: int, snap_limit_m: float
) -> tuple[dict[int, float], dict[int, float]]:
    """Both legs of all stations that may be among the k with the least detour."""
    against = _against(network, placement)

    def ways(wanted: int, limit: float) -> tuple[dict[int, float], dict[int, float]]:
        return (
            _ways(network, placement, ends[:1], wanted, limit, snap_limit_m),
            _ways(*against, ends[1:], wanted, limit, snap_limit_m),
        )

    wanted = max(_FIRST, 4 * k)
    there, onward = ways(wanted, np.inf)
    totals = sorted(there[row] + onward[row] for row in there.keys() & onward.keys())
    limit = totals[k - 1] + 1e-3 if len(totals) >= k else np.inf  # ties go by whole millimetres
    every = max(len(placement), 1)
    return (there, onward) if every <= wanted else ways(every, limit)


def _ways_by_stand(
    network: StreetNetwork, stands: Stands, ends: Floats, snap_limit_m: float
) -> tuple[dict[int, float], dict[int, float]]:
    """Both legs of each station whose visitors leave a vehicle at a stand and fetch it there.

    To the stand, parking, on foot to the door and back, and on from the same stand: the stand with
    the least sum. Two sweeps give the rides from the start and to the end at all nodes.
    """
    rides = []
    for one, end in ((reverse_network(network), ends[:1]), (network, ends[1:])):
        goal = place_snapped(one, one.snap(end, snap_limit_m), np.zeros(1, np.int32))
        rides.append(sweep_nearest(one, goal)[0][stands.node])
    parking = network.mode.parking_s * network.mode.speed_mps
    there, onward = rides[0] + stands.cost, rides[1] + stands.cost - parking
    total = there + onward
    order = np.lexsort((total, stands.row))
    _, first = np.unique(stands.row[order], return_index=True)
    best = order[first]
    best = best[np.isfinite(total[best])]
    rows = stands.row[best].tolist()
    return (
        dict(zip(rows, there[best].tolist(), strict=True)),
        dict(zip(rows, onward[best].tolist(), strict=True)),
    )


def _against(network: StreetNetwork, placement: Placement) -> tuple[StreetNetwork, Placement]:
    """The reversed network, and the stations on it: on each street where they stood."""
    turned = reverse_network(network)
    return turned, place_snapped(turned, placement.snapped, placement.rows)


def _way(network: StreetNetwork, ends: Floats, snap_limit_m: float) -> float:
    """From the first point to the second, both straight ends included; inf for no way."""
    goal = place_snapped(network, network.snap(ends[1:], snap_limit_m), np.zeros(1, np.int32))
    return _ways(network, goal, ends[:1], 1, np.inf, snap_limit_m).get(0, np.inf)


def _ways(
    network: StreetNetwork,
    placement: Placement,
    point: Floats,
    wanted: int,
    limit: float,
    snap_limit_m: float,
) -> dict[int, float]:
    """Cost between a point and its nearest stations within the limit, by row of the placement."""
    start = start_at(network, network.snap(point, snap_limit_m), 0)
    answer = search_from(network, placement, start, limit, wanted)
    near = answer.cost <= limit + LIMIT_TOLERANCE_M
    return dict(zip(answer.row[near].tolist(), answer.cost[near].tolist(), strict=True))


def _nothing(outcome: str, direct: float) -> Detours:
    none = frozen(np.empty(0))
    return Detours(frozen(none, np.int32), none, none, none, direct, outcome)
