"""Coverage by area: what is covered, uncovered and unreachable in each, and outside all.

Pieces of coverage and counted spans are laid over each other, so each metre falls into exactly one
state and one area, and the areas add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Bytes, Floats, Longs, frozen
from locator.overlay import NOWHERE, overlay_pieces

if TYPE_CHECKING:
    from locator.arrays import Ints
    from locator.counted import Counted

_STATES = 3


class Judged(Protocol):
    """Pieces of street with a state each, as a `Coverage` holds them."""

    @property
    def piece_street(self) -> Ints:
        """(p,) street of each piece, ascending."""

    @property
    def piece_from_m(self) -> Floats:
        """(p,) metres along the street, ascending on each."""

    @property
    def piece_to_m(self) -> Floats:
        """(p,) metres along the street."""

    @property
    def piece_state(self) -> Bytes:
        """(p,) 0 covered, 1 uncovered, 2 unreachable."""

    @property
    def street_first(self) -> Longs:
        """(s + 1,) the pieces of street s are street_first[s] .. street_first[s + 1]."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AreaTable:
    """Sums of a coverage by area; the last row is what lies in none.

    Parameters
    ----------
    codes
        The areas, ascending.
    sums : (areas + 1, 3)
        Covered, uncovered and unreachable, in `unit`.
    unit
        "m", or the demand's unit.
    off : float
        What counts but lies on streets that the mode may not use: in no row.
    """

    codes: tuple[str, ...]
    sums: Floats
    unit: str = "m"
    off: float = 0.0

    @override
    def __repr__(self) -> str:
        return f"<AreaTable: {len(self.codes)} areas, {self.total.sum():,.0f} {self.unit}>"

    def __len__(self) -> int:
        return len(self.sums)

    @property
    def covered(self) -> Floats:
        """(areas + 1,) in the unit."""
        return self.sums[:, 0]

    @property
    def uncovered(self) -> Floats:
        """(areas + 1,) in the unit."""
        return self.sums[:, 1]

    @property
    def unreachable(self) -> Floats:
        """(areas + 1,) in the unit."""
        return self.sums[:, 2]

    @property
    def total(self) -> Floats:
        """(areas + 1,) covered, uncovered and unreachable together."""
        return np.asarray(self.sums.sum(axis=1))

    @property
    def share(self) -> Floats:
        """(areas + 1,) covered share; nan where an area holds nothing that counts."""
        total = self.total
        held = total > 0
        return np.asarray(
            np.divide(self.covered, total, out=np.full(len(total), np.nan), where=held)
        )


def tabulate_coverage(cover: Judged, counted: Counted) -> AreaTable:
    """Add up a coverage by area.

    Parameters
    ----------
    counted
        What counts, and in which area; points count as a whole by the state of their place, a
        limit that ends there included.

    Notes
    -----
    O((pieces + spans) log(pieces + spans)).
    """
    areas = len(counted.areas)
    area = np.where(counted.area < 0, areas, counted.area)
    points = np.zeros(len(counted), bool) if counted.at_m is None else ~np.isnan(counted.at_m)
    state, weight, row = _spread_bits(cover, counted, ~points)
    cell = [area[row] * _STATES + state]
    worth = [weight]
    at, amount = np.flatnonzero(points), _amounts(counted)
    if len(at):
        known = judge_points(cover, counted, at)
        on = known < _STATES
        cell.append(area[at[on]] * _STATES + known[on])
        worth.append(amount[at[on]])
    sums = np.bincount(
        np.concatenate(cell), np.concatenate(worth), minlength=(areas + 1) * _STATES
    ).reshape(-1, _STATES)
    off = max(float(amount.sum()) - float(sums.sum()), 0.0)
    # What rounding leaves of the difference of two sums is nothing.
    off = 0.0 if off <= 1e-9 * float(amount.sum()) else off
    return AreaTable(counted.areas, frozen(sums), counted.unit, off)


def _amounts(counted: Counted) -> Floats:
    """(z,) what each span is worth in all."""
    return np.asarray(counted.weight * (counted.span_m[:, 1] - counted.span_m[:, 0]))


def _spread_bits(cover: Judged, counted: Counted, spread: Bools) -> tuple[Bytes, Floats, Longs]:
    """State, worth and span of each bit of the spans that are no points."""
    rows = np.flatnonzero(spread)
    spans = (counted.street[rows], counted.span_m[rows, 0], counted.span_m[rows, 1])
    pieces = (cover.piece_street, cover.piece_from_m, cover.piece_to_m)
    bits = overlay_pieces(pieces, spans)
    inside = (bits.one != NOWHERE) & (bits.other != NOWHERE)
    row = rows[bits.other[inside]]
    return cover.piece_state[bits.one[inside]], bits.length_m[inside] * counted.weight[row], row


def judge_points(cover: Judged, counted: Counted, rows: Longs) -> Bytes:
    """The best state at each point; 3 where the mode has no street there."""
    assert counted.at_m is not None  # noqa: S101  (the caller's rows come from it)
    street, at = counted.street[rows], counted.at_m[rows]
    first, last = cover.street_first[street], cover.street_first[street + 1]
    state = np.full(len(rows), _STATES, np.uint8)
    # A place on a cut belongs to the pieces on both sides; few streets have many pieces.
    step = 0
    while (open_ := first + step < last).any():
        piece = np.where(open_, first + step, 0)
        fits = open_ & (cover.piece_from_m[piece] - LIMIT_TOLERANCE_M <= at)
        fits &= at <= cover.piece_to_m[piece] + LIMIT_TOLERANCE_M
        state = np.where(fits, np.minimum(state, cover.piece_state[piece]), state)
        step += 1
    return state
