"""Proof by cases: a candidate is a site or it is not, and each case gets a bound of its own.

Branch and bound on Lagrangian bounds. A case is a role for each candidate; it is dropped when its
bound shows nothing better than the record, and split in two otherwise. Cases are shared out to
threads in a fixed way and each works for a fixed number of pairs looked at, so the same rounds give
the same answers whatever the machine does meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from locator.siting.bounds import OPEN, OUT, SITE, Prices, settle_candidates
from locator.siting.search import Record

if TYPE_CHECKING:
    from locator.arrays import Bytes, Floats, Ints
    from locator.siting.gains import Gains

_CHUNK = 20  # steps between two looks at whether more of them pay
_CHUNKS = 12
_WORTH = 0.3  # of the candidates: where so many fall out, a case is cut anew before it is split
_MEMORY = 150_000_000  # bytes of prices kept with cases; later ones begin from the root's


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Roles of the candidates, with a bound and the prices that gave it (None: the root's)."""

    bound: float
    role: Bytes
    u: Floats | None

    def __lt__(self, other: Case) -> bool:
        return self.bound > other.bound


@dataclass(slots=True)
class Found:
    """What one thread brings back: cases still open and the best sites it met."""

    cases: list[Case]
    sites: Ints
    gain: float
    nodes: int


class Tree:
    """All cases that are still open, over one matrix of gains.

    Parameters
    ----------
    gains
    u
        Prices to begin with.
    bound
        What is known of the whole matrix, its start included.
    """

    def __init__(self, gains: Gains, u: Floats, bound: float) -> None:
        self.gains, self.u = gains, np.array(u, np.float64)
        self.cases = [Case(bound, np.zeros(len(gains.site), np.uint8), self.u)]
        self.nodes = 0

    def bound(self, record: Record) -> float:
        """No plan gains more; the record's own gain where no case is left."""
        return max((case.bound for case in self.cases), default=record.gain)

    def deal(self, threads: int) -> list[list[Case]]:
        """Hand the best cases out, best first in turn; the others stay."""
        self.cases.sort(key=lambda case: -case.bound)
        share = min(len(self.cases), 8 * threads)
        best, self.cases = self.cases[:share], self.cases[share:]
        return [best[k::threads] for k in range(threads)]

    def collect(self, found: Sequence[Found], record: Record) -> None:
        """Take back what threads found; drops cases that the record settles."""
        for one in found:
            record.offer(one.sites, one.gain)
            self.nodes += one.nodes
            self.cases += one.cases
        self.cases = sorted(c for c in self.cases if c.bound > record.enough)
        room = _MEMORY // (8 * max(len(self.u), 1))
        self.cases[room:] = [Case(c.bound, c.role, None) for c in self.cases[room:]]

    def work_on(self, cases: list[Case], record: Record, work: int) -> Found:
        """Split cases, best first, until `work` pairs have been looked at or none is left."""
        own = Record(record.slack, record.sites, record.gain)
        order = count()
        heap = [(-case.bound, next(order), case) for case in cases]
        heapq.heapify(heap)
        nodes = 0
        while heap and work > 0:
            _, _, case = heapq.heappop(heap)
            if case.bound <= own.enough:
                continue
            nodes += 1
            children, cost = self._split(case, own)
            work -= cost
            for child in children:
                heapq.heappush(heap, (-child.bound, next(order), child))
        left = [case for _, _, case in heap if case.bound > own.enough]
        return Found(left, own.sites, own.gain, nodes)

    def _split(self, case: Case, own: Record) -> tuple[list[Case], int]:
        """Bound a case closely; its two halves, or none if it is settled, and the work done."""
        role = case.role.copy()
        gains = self.gains.cut(role)
        u = self.u if case.u is None else case.u
        cost, bound = self.gains.size, case.bound
        while True:
            if gains.open <= 0 or len(gains.site) <= gains.open:
                self._offer(gains, np.ones(len(gains.site), np.uint8), own)
                return [], cost
            beyond = np.maximum(u - self.gains.given(role), 0.0)
            prices = Prices.begin(gains, beyond[gains.row])
            cost += self._bound(gains, prices, own)
            bound = min(bound, prices.bound + gains.start)
            self._offer(gains, _mark_most(prices.use, gains.open), own)
            if bound <= own.enough:
                return [], cost
            if gains.open == 1:  # the best single site is known exactly: rho at no price
                return [], cost + self._finish(gains, own)
            found = settle_candidates(gains, prices, own.enough - gains.start)
            u = self.gains.given(role)
            u[gains.row] += prices.u
            role[role == OPEN] = found
            if not (found == SITE).any() and (found == OUT).mean() < _WORTH:
                break
            cost += self.gains.size
            gains = self.gains.cut(role)
        still = found == OPEN
        use = np.where(still, np.minimum(prices.use, 1.0 - prices.use) + 1e-9 * prices.use, -1.0)
        pick = np.flatnonzero(role == OPEN)[int(np.argmax(use[still]))]
        inside, outside = role.copy(), role
        inside[pick], outside[pick] = SITE, OUT
        kept = u.copy()
        return [Case(bound, inside, kept), Case(bound, outside, kept)], cost

    def _bound(self, gains: Gains, prices: Prices, own: Record) -> int:
        """Lower the bound of a case while it pays; returns the work done."""
        target, enough = own.gain - gains.start, own.enough - gains.start
        before = np.inf
        for chunk in range(_CHUNKS):
            prices.improve(
                gains, target=target, enough=enough, steps=_CHUNK, work=np.iinfo(np.int64).max
            )
            if prices.bound <= enough:
                break
            if chunk > 1 and before - prices.bound < 0.08 * (prices.bound - enough):
                break
            before = prices.bound
        return (chunk + 1) * _CHUNK * (gains.size + len(gains.row))

    def _finish(self, gains: Gains, own: Record) -> int:
        """Offer the best single site."""
        from locator.kernels.siting_bound import rate_sites

        rho = np.empty(len(gains.site))
        rate_sites(gains.by_row, np.zeros(len(gains.row)), 1, rho)
        marks = np.zeros(len(rho), np.uint8)
        marks[np.argmax(rho)] = 1
        self._offer(gains, marks, own)
        return gains.size

    def _offer(self, gains: Gains, marks: Bytes, own: Record) -> None:
        from locator.kernels.siting_bound import value_sites

        own.offer(gains.sites(marks), gains.start + value_sites(gains.by_row, marks))


def _mark_most(use: Floats, p: int) -> Bytes:
    """1 for the p candidates used most (ties: the lowest)."""
    marks = np.zeros(len(use), np.uint8)
    marks[np.argsort(-use, kind="stable")[:p]] = 1
    return marks
