"""Streets cut into atomic pieces, so that choosing sites on a matrix is choosing them on streets.

Each stretch that is to be covered is cut wherever the part that some candidate reaches begins or
ends. On a piece between two cuts nothing changes: it lies wholly within reach of a candidate or
wholly without. So the covered length of any choice of sites is the sum of whole pieces, and the
best choice of the discrete problem is the best on the streets: nothing is sampled (Church 1984,
doi:10.1007/BF01886456, for points of a plane; on a network the cuts are these interval ends).
Pieces that the same candidates reach can only be covered together, and are one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.siting.merging import merge_rows
from locator.siting.reaching import MOST_PAIRS, Reaches

if TYPE_CHECKING:
    from locator.siting.stretches import Stretches

_SLIVER_M = 1e-9  # pieces shorter than rounding are dropped
NO_ROW = -1


@dataclass(frozen=True, slots=True, eq=False)
class CoverRows:
    """Atomic pieces of street, and the rows of a problem that they belong to.

    Parameters
    ----------
    street, low_m, high_m : (q,)
        The pieces, in real metres; equal ends for a point.
    worth : (q,)
    row : (q,) int32
        Row of each piece; -1 where no candidate reaches it.
    covers : (rows, candidates) scipy csr of bool
    weight : (rows,)
        What all pieces of a row are worth.
    area : (rows,) int32
        The area that they count in, -1 for none: pieces of two areas are never one row.
    """

    street: Ints
    low_m: Floats
    high_m: Floats
    worth: Floats
    row: Ints
    covers: Any
    weight: Floats
    area: Ints

    @property
    def out_of_reach(self) -> Longs:
        """The pieces that no candidate reaches."""
        return np.flatnonzero(self.row == NO_ROW)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """What lies between two cuts of a street, and which cells each part covers: begin, end."""

    street: Ints
    low_m: Floats
    high_m: Floats
    worth: Floats
    area: Ints
    begin: Longs
    end: Longs


def cut_rows(stretches: Stretches, reaches: Reaches, candidates: int) -> CoverRows:
    """Cut what is open at all ends of what candidates reach, and merge what belongs together.

    Returns
    -------
    CoverRows
        Rows are numbered by their first pieces. O(parts log parts + pairs).

    Raises
    ------
    InputError
        There are more pairs of a piece and a candidate than `MOST_PAIRS`.
    """
    cells = _join(_cut(stretches, reaches), _find_points(stretches, reaches))
    counts = np.maximum(cells.end - cells.begin, 0)
    total = int(counts.sum())
    if total > MOST_PAIRS:
        raise InputError(
            f"{candidates} candidates cut the streets into {total:,} pairs of a piece and a "
            f"candidate, at most {MOST_PAIRS:,} fit: take fewer candidates or a shorter limit"
        )
    owner = np.concatenate((reaches.candidate, reaches.candidate))
    pairs = _list_pairs(cells, counts, owner, candidates)
    return _merge(cells, pairs)


def _cut(stretches: Stretches, reaches: Reaches) -> _Cells:
    """The cells of spread demand."""
    n = stretches.spread
    street, low, high = stretches.street[:n], stretches.low_m[:n], stretches.high_m[:n]
    own, within, inner_low, inner_high = _meet_hulls(street, low, high, reaches)
    cuts = _rank_cuts(
        (street, low), (street, high),
        (reaches.street[inner_low], reaches.low_m[inner_low]),
        (reaches.street[inner_high], reaches.high_m[inner_high]),
    )  # fmt: skip
    low_rank, high_rank, begin, end = cuts.ranks
    bit = np.full(max(len(cuts.place) - 1, 0), NO_ROW, np.int64)
    run = high_rank - low_rank
    start = np.repeat(low_rank - np.cumsum(run) + run, run)
    bit[start + np.arange(int(run.sum()))] = np.repeat(np.arange(n), run)
    kept = (bit != NO_ROW) & (np.diff(cuts.place) > _SLIVER_M)
    number = np.concatenate(([0], np.cumsum(kept)))
    # A part that leaves the hull of its street's stretches begins or ends there.
    first, last = np.zeros((2, len(reaches.street)), np.int64)
    inside = within != NO_ROW
    first[inside] = np.searchsorted(cuts.street, own)[within[inside]]
    last[inside] = np.searchsorted(cuts.street, own, side="right")[within[inside]] - 1
    first[inner_low], last[inner_high] = begin, end
    row = bit[kept]
    bottom, top = cuts.place[:-1][kept], cuts.place[1:][kept]
    worth = stretches.worth[row] * (top - bottom) / (high[row] - low[row])
    return _Cells(
        cuts.street[:-1][kept], bottom, top, worth, stretches.area[row], number[first], number[last]
    )


def _meet_hulls(
    street: Ints, low: Floats, high: Floats, reaches: Reaches
) -> tuple[Ints, Longs, Bools, Bools]:
    """Streets with stretches; of each part, the row of its street, and which ends are cuts.

    The hull of a street reaches from its first stretch to its last one: what ends beyond it cuts
    nothing, and most ends do.
    """
    own, first = np.unique(street, return_index=True)
    if not len(own):
        nothing = np.zeros(len(reaches.street), bool)
        return own, np.full(len(nothing), NO_ROW, np.int64), nothing, nothing
    last = np.concatenate((first[1:], [len(street)])) - 1
    within = np.minimum(np.searchsorted(own, reaches.street), len(own) - 1)
    inside = own[within] == reaches.street
    inner_low = inside & (reaches.low_m > low[first][within])
    inner_high = inside & (reaches.high_m < high[last][within])
    # Parts beyond the hull cover nothing of it.
    beyond = (reaches.low_m >= high[last][within]) | (reaches.high_m <= low[first][within])
    inside &= ~beyond
    return own, np.where(inside, within, NO_ROW), inner_low & inside, inner_high & inside


class _Cuts(NamedTuple):
    """All places where streets are cut, ascending, and the number of each that was given."""

    street: Ints
    place: Floats
    ranks: list[Longs]


def _rank_cuts(*given: tuple[Ints, Floats]) -> _Cuts:
    of = np.concatenate([street for street, _ in given])
    place = np.concatenate([places for _, places in given])
    order = np.lexsort((place, of))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(of[order]) != 0) | (np.diff(place[order]) != 0)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.cumsum(fresh) - 1
    sizes = np.cumsum([len(street) for street, _ in given])
    return _Cuts(of[order][fresh], place[order][fresh], np.split(rank, sizes[:-1]))


def _find_points(stretches: Stretches, reaches: Reaches) -> _Cells:
    """The points as cells of their own, an end that is met within the tolerance included."""
    n = stretches.spread
    order = n + np.lexsort((stretches.low_m[n:], stretches.street[n:]))
    street, at = stretches.street[order], stretches.low_m[order]
    if len(order):
        # One line of all streets, a kilometre apart: a search tells which points lie in a part.
        apart = 1e3 + float(max(at.max(), reaches.high_m.max(initial=0.0)))
        key = street * apart + at
        left = reaches.street * apart + reaches.low_m - LIMIT_TOLERANCE_M
        right = reaches.street * apart + reaches.high_m + LIMIT_TOLERANCE_M
        begin, end = np.searchsorted(key, left), np.searchsorted(key, right, side="right")
    else:
        begin = end = np.zeros(len(reaches.street), np.int64)
    return _Cells(street, at, at, stretches.worth[order], stretches.area[order], begin, end)


def _join(one: _Cells, other: _Cells) -> _Cells:
    """Cells of both, numbered on; parts are listed once for each."""
    shift = len(one.street)
    return _Cells(
        np.concatenate((one.street, other.street)),
        np.concatenate((one.low_m, other.low_m)),
        np.concatenate((one.high_m, other.high_m)),
        np.concatenate((one.worth, other.worth)),
        np.concatenate((one.area, other.area)),
        np.concatenate((one.begin, other.begin + shift)),
        np.concatenate((one.end, other.end + shift)),
    )


def _list_pairs(cells: _Cells, counts: Longs, owner: Ints, candidates: int) -> Any:
    """Which candidate reaches which cell, as a csr matrix with ascending columns."""
    from scipy.sparse import csc_array

    order = np.argsort(owner, kind="stable")
    counts, begin = counts[order], cells.begin[order]
    shift = begin - np.concatenate(([0], np.cumsum(counts)[:-1])) if len(counts) else begin
    total = int(counts.sum())
    cell = np.repeat(shift, counts)
    cell += np.arange(total)
    size = np.bincount(owner[order], weights=counts, minlength=candidates).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(size)))
    shape = (len(cells.street), candidates)
    return csc_array((np.ones(total, bool), cell.astype(np.int32), first), shape=shape).tocsr()


def _merge(cells: _Cells, pairs: Any) -> CoverRows:
    """One row for all pieces of an area that the same candidates reach."""
    owner = np.repeat(np.arange(pairs.shape[0], dtype=np.int32), np.diff(pairs.indptr))
    group = merge_rows(owner, pairs.indices, cells.worth)[0]
    del owner
    reached = np.flatnonzero(group != NO_ROW)
    areas = int(cells.area.max(initial=NO_ROW)) + 2
    key = group[reached].astype(np.int64) * areas + cells.area[reached] + 1
    _, lead, number = np.unique(key, return_index=True, return_inverse=True)
    place = np.argsort(lead, kind="stable")  # numbered by their first pieces
    rank = np.empty(len(place), np.int64)
    rank[place] = np.arange(len(place))
    number, lead = rank[number.reshape(-1)], reached[lead[place]]
    row = np.full(len(cells.street), NO_ROW, np.int32)
    row[reached] = number
    weight = np.bincount(number, weights=cells.worth[reached], minlength=len(lead))
    return CoverRows(
        frozen(cells.street, np.int32), frozen(cells.low_m), frozen(cells.high_m),
        frozen(cells.worth), frozen(row), pairs[lead], frozen(weight),
        frozen(cells.area[lead], np.int32),
    )  # fmt: skip
