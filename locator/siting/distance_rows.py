"""Streets as pieces with a middle: for plans that ask how far it is, not whether it is in reach.

Take two places x < y of one street with no station between them. On a two-way street one may walk
from either to the other: d(x) <= (y - x) + d(y) and d(y) <= (y - x) + d(x). On a one-way street
every way from the place behind leads past the place ahead: d(behind) = (y - x) + d(ahead). So the
way to the nearest station is 1-Lipschitz, |d(x) - d(y)| <= |x - y|, for any choice of stations. A
station between them changes nothing on a two-way street; on a one-way street it does: just past it
the way jumps up to that of going round. Therefore one-way streets are cut at every station and
every candidate on them. On each piece, of length l and with the middle m, it follows that

- the mean over a piece differs from d(m) by at most (1/l) integral of |x - m| = l / 4;
- the worst of a piece is at least d(m) and at most d(m) + l / 2.

So the discrete mean is within `slack` = sum(weight x l / 4) / sum(weight) of the exact one, for the
plan and for the best plan alike, and no plan has an exact worst below the discrete bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, Longs, frozen

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.siting.stretches import Stretches

MOST_PIECES = 150_000
"""As many pieces as there are at least streets; longer streets are cut while there are fewer."""
_LEAST_M = 50.0  # no piece is made shorter than that for the sake of the mean
_BOTH = 3


@dataclass(frozen=True, slots=True, eq=False)
class DistanceRows:
    """Pieces of street that stand for demand, ascending by street and place.

    Parameters
    ----------
    street, low_m, high_m : (q,)
        In real metres; equal ends for a point.
    worth : (q,)
    place, length : (q,)
        Its middle along the street, and its length, in the network's cost.
    area : (q,) int32
    """

    street: Ints
    low_m: Floats
    high_m: Floats
    worth: Floats
    place: Floats
    length: Floats
    area: Ints

    def __len__(self) -> int:
        return len(self.street)

    def first(self, streets: int) -> Longs:
        """(s + 1,) the pieces of street i are first[i] .. first[i + 1]."""
        first = np.zeros(streets + 1, np.int64)
        np.cumsum(np.bincount(self.street, minlength=streets), out=first[1:])
        return frozen(first)


def split_rows(
    network: StreetNetwork,
    stretches: Stretches,
    stands: tuple[Placement, ...],
    most: int = MOST_PIECES,
) -> DistanceRows:
    """Cut stretches into pieces of about equal length, and one-ways where stations may stand.

    Parameters
    ----------
    stands
        Stations and candidates, as placed on the network.
    most
        Pieces that are aimed at; there are more where streets or one-ways ask for them.
    """
    street, low, high, source = _cut_one_ways(network, stretches, stands)
    length = high - low
    piece_m = max(float(length.sum()) / max(most - len(length), most // 3, 1), _LEAST_M)
    parts = np.maximum(np.ceil(length / piece_m - 1e-9).astype(np.int64), 1)
    own = np.repeat(np.arange(len(street)), parts)
    step = np.arange(len(own)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = length[own] / parts[own]
    bottom = low[own] + step * share
    top = np.where(step == parts[own] - 1, high[own], bottom + share)
    whole = stretches.high_m - stretches.low_m
    row = source[own]
    part = np.divide(top - bottom, whole[row], out=np.ones(len(row)), where=whole[row] > 0)
    order = np.lexsort((bottom, street[own]))
    row, own = row[order], own[order]
    bottom, top, part = bottom[order], top[order], part[order]
    of = street[own].astype(np.int32)
    start, end = network.to_cost(of, bottom), network.to_cost(of, top)
    return DistanceRows(
        frozen(of), frozen(bottom), frozen(top), frozen(stretches.worth[row] * part),
        frozen(0.5 * (start + end)), frozen(end - start), frozen(stretches.area[row]),
    )  # fmt: skip


def _cut_one_ways(
    network: StreetNetwork, stretches: Stretches, stands: tuple[Placement, ...]
) -> tuple[Ints, Floats, Floats, Longs]:
    """Street, from, to and stretch of the parts between stations on one-way streets."""
    streets = [
        np.repeat(np.arange(len(one.first) - 1, dtype=np.int32), np.diff(one.first))
        for one in stands
    ]
    on = np.concatenate([*streets, np.empty(0, np.int32)]).astype(np.int32)
    cost = np.concatenate([*(one.offset_m for one in stands), np.empty(0)])
    at = network.to_metres(on, cost)
    mine = (network.travel[on] != _BOTH) & (network.travel[on] != 0)
    key = np.unique(np.column_stack((on[mine], at[mine])), axis=0)
    on, at = key[:, 0].astype(np.int32), key[:, 1]
    begin = np.searchsorted(on, stretches.street)
    count = np.searchsorted(on, stretches.street, side="right") - begin
    owner = np.repeat(np.arange(len(stretches)), count)
    cut = at[np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + begin[owner]]
    inside = (cut > stretches.low_m[owner]) & (cut < stretches.high_m[owner])
    owner, cut = owner[inside], cut[inside]
    source = np.concatenate((np.arange(len(stretches)), owner))
    low = np.concatenate((stretches.low_m, cut))
    order = np.lexsort((low, source))
    source, low = source[order], low[order]
    last = np.ones(len(source), bool)
    last[:-1] = source[1:] != source[:-1]
    high = np.where(last, stretches.high_m[source], np.append(low[1:], 0.0))
    return stretches.street[source], low, high, source
