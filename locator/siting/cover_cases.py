"""Proof by cases that no cover is cheaper, or a cheaper cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import frozen
from locator.siting.dominance import keep_part, reduce_cover

if TYPE_CHECKING:
    from locator.arrays import Bools, Floats, Ints
    from locator.siting.dominance import Cover

FOUND, NONE, OPEN = 1, 0, 2
_BITS = 100_000_000  # rows x columns that may be kept as bits
_SLIP = 1e-5  # of a bound by HiGHS, whose tolerance is 1e-6
_HALF = 0.5  # what it calls 0 and 1 are nearly that


def pay_columns(cover: Cover, u: Floats) -> Floats:
    """What each column's rows pay together."""
    matrix = cover.matrix
    paid = np.concatenate(([0.0], np.cumsum(u[matrix.row])))
    total: Floats = paid[matrix.column_first[1:]] - paid[matrix.column_first[:-1]]
    return total


def leave_out_columns(cover: Cover, u: Floats, bound: float, most: float) -> Cover:
    """The cover without columns that no cover of cost `most` has, made small again."""
    rest = cover.cost - pay_columns(cover, u)
    kept = bound + rest <= most + 1e-7 * (float(cover.cost.mean()) + most)
    return reduce_cover(keep_part(cover, columns=kept))


class CoverTree:
    """A search through cases for a cover that costs no more than `most`; see the kernel.

    Parameters
    ----------
    cover
        Where everything has to be covered, with at least one row.
    u : (rows,)
        Prices that overpay no column.
    most
        What the columns of this cover may cost.
    """

    def __init__(self, cover: Cover, u: Floats, most: float) -> None:
        rows, columns = len(cover.row), len(cover.site)
        self.cover = cover
        # The kernel takes 1e-9 x (1 + most) for rounding: so costs come in their own unit, and that
        # slack ends where covers stop to be of interest, or it would find the same one for ever.
        unit = float(cover.cost.mean())
        self._cost = frozen(cover.cost / unit)
        self._most = most = (most / unit - 1e-9) / (1.0 + 1e-9)
        self._u = frozen(u * ((1.0 - 1e-9) / unit))
        words = -(-rows // 64)
        table = np.zeros((columns, words * 64), bool)
        at = np.repeat(np.arange(columns), np.diff(cover.matrix.column_first))
        table[at, cover.matrix.row] = True
        packed = np.packbits(table, axis=1, bitorder="little").view("<u8")
        self._bits = frozen(packed.astype(np.uint64))
        depths = int(min(rows, columns, max(most, 0.0) // self._cost.min() + 1)) + 3
        ways = np.diff(cover.matrix.first).astype(np.int32)
        self._bare = np.zeros((depths, words), np.uint64)
        whole = np.zeros(words * 64, bool)
        whole[:rows] = True
        self._bare[0] = np.packbits(whole, bitorder="little").view("<u8")
        self._option = np.zeros((depths, int(ways.max())), np.int32)
        self._options = np.full(depths, -1, np.int32)
        self._at = np.full(depths, -1, np.int32)
        self._left, self._price = np.full(depths, most), np.full(depths, self._u.sum())
        self._out, self._ways = np.zeros(columns, np.uint8), ways
        self._counts = np.zeros(2, np.int64)

    @classmethod
    def fits(cls, cover: Cover) -> bool:
        """Whether the rows of all columns can be kept as bits."""
        return cover.need < 0 and len(cover.row) * len(cover.site) <= _BITS

    def run(self, cases: int) -> int:
        """Go on for so many columns looked at: FOUND, NONE or OPEN."""
        from locator.kernels.cover_tree import search_tree

        return int(
            search_tree(
                tuple(self.cover.matrix), self._bits, self._cost, self._u, self._most, cases,
                self._bare, self._option, self._options, self._at, self._left, self._price,
                self._out, self._ways, self._counts,
            )
        )  # fmt: skip

    @property
    def progress(self) -> float:
        """About which part of all cases is done: as if all options of a case were equal."""
        part, whole = 0.0, 1.0
        for d in range(max(int(self._counts[0]), 0)):
            whole /= max(int(self._options[d]), 1)
            part += max(int(self._at[d]), 0) * whole
        return part

    @property
    def columns(self) -> Ints:
        """The columns of the cover that was found."""
        depth = int(self._counts[0])
        return self._option[np.arange(depth), self._at[:depth]]


def search_by_milp(
    cover: Cover, most: float, *, nodes: int, time_limit_s: float
) -> tuple[int, Bools | None, float]:
    """Ask HiGHS for a cover that costs no more than `most`: outcome, columns, least cost proved.

    For costs that are whole numbers, since its tolerances are no proof for others.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    matrix = cover.matrix
    shape = (len(cover.row), len(cover.site))
    covers = csr_array((np.ones(cover.size), matrix.column, matrix.first), shape=shape)
    # A row that limits the cost would make every linear program harder; the bound tells as much.
    options = {"node_limit": nodes, "time_limit": max(time_limit_s, 0.01), "mip_rel_gap": 0.0}
    answer = milp(
        cover.cost, integrality=np.ones(shape[1]), bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(covers, lb=1.0), options=options,
    )  # fmt: skip
    least = answer.mip_dual_bound
    known = float(least) if least is not None and np.isfinite(least) else -np.inf
    if known > most + _SLIP:
        return NONE, None, known
    if answer.x is not None and float(cover.cost @ (answer.x > _HALF)) <= most:
        return FOUND, answer.x > _HALF, known
    return OPEN, None, known
