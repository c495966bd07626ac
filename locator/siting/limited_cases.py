"""Proof by cases where money, floors or backups limit the choice.

As `branch`: a case is a role for each candidate, with a bound of its own; it is dropped when its
bound shows nothing better than the record, and split in two otherwise. A case where nothing is left
to decide is measured. So a proof rests on our own bounds alone, in floats too.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from locator.siting.limited_choice import OPEN, OUT, SITE, Choice, LimitedPrices

if TYPE_CHECKING:
    from locator.arrays import Bytes, Floats
    from locator.siting.search import Record

_CHUNK = 20  # steps between two looks at whether more of them pay
_CHUNKS = 12
_PAYS = 0.08  # of the gap: what a chunk has to close


class LimitedTree:
    """All cases that are still open.

    Parameters
    ----------
    choice
    role
        What is settled already.
    prices : (rows + areas,)
        To begin with.
    bound
        Known of the whole.
    """

    def __init__(self, choice: Choice, role: Bytes, prices: Floats, bound: float) -> None:
        self.choice = choice
        self._order = count()
        self._heap = [(-bound, next(self._order), role, prices)]
        self.nodes = 0

    def bound(self, record: Record) -> float:
        """No plan gains more; the record's own gain where no case is left."""
        return max(-self._heap[0][0], record.gain) if self._heap else record.gain

    def run(self, record: Record, work: int) -> None:
        """Split cases, best first, until `work` pairs have been looked at or none is left."""
        while self._heap and work > 0:
            if -self._heap[0][0] <= record.enough:
                self._heap.clear()
                break
            bound, _, role, prices = heapq.heappop(self._heap)
            self.nodes += 1
            work -= self._split(-bound, role, prices, record)

    def _split(self, bound: float, role: Bytes, start: Floats, record: Record) -> int:
        """Bound a case closely and put its two halves on the heap; returns the work done."""
        choice, cost = self.choice, 0
        while True:
            if self._finish(role, record):
                return cost + len(choice.by_row[1])
            prices = LimitedPrices(choice, role, start)
            cost += self._lower(prices, record)
            bound = min(bound, prices.bound)
            self._round_up(prices, record)
            if bound <= record.enough:
                return cost
            settled, start = prices.settle(record.enough), prices.state
            if (settled == role).all():
                break
            role = settled
        use = np.where(role == OPEN, np.minimum(prices.use, 1 - prices.use), -1.0)
        pick = int(np.argmax(use + np.where(role == OPEN, 1e-9 * prices.use, 0.0)))
        for chosen in (SITE, OUT):
            half = role.copy()
            half[pick] = chosen
            heapq.heappush(self._heap, (-bound, next(self._order), half, start))
        return cost

    def _finish(self, role: Bytes, record: Record) -> bool:
        """Whether nothing is left to decide or to keep; then the case is measured."""
        choice = self.choice
        p, money = choice.left(role)
        if p < 0 or money < 0:
            return True
        free = role == OPEN
        fits = int(free.sum()) <= p and float(choice.cost[free].sum()) <= money
        every = np.where(role == OUT, 0, 1).astype(np.uint8)
        gain, short = choice.measure(every)  # more sites gain never less
        if short > 0 or gain <= record.enough:
            return True
        if fits:
            choice.offer(every, record)
        elif p == 0:
            choice.offer((role == SITE).astype(np.uint8), record)
        return fits or p == 0

    def _lower(self, prices: LimitedPrices, record: Record) -> int:
        """Lower the bound of a case while it pays; returns the work done."""
        target = record.gain
        if record.gain < 0:  # no plan is known: aim below the nothing that proves there is none
            target = -0.1 * max(abs(prices.improve(target=0.0, enough=np.inf, steps=0)), 1.0)
        before = np.inf
        for chunk in range(_CHUNKS):
            prices.improve(target=target, enough=record.enough, steps=_CHUNK)
            if prices.bound <= record.enough:
                break
            if chunk > 1 and before - prices.bound < _PAYS * (prices.bound - record.enough):
                break
            before = prices.bound
        return (chunk + 1) * _CHUNK * (len(self.choice.by_row[1]) + len(self.choice.row))

    def _round_up(self, prices: LimitedPrices, record: Record) -> None:
        """Offer the columns used most that can be paid."""
        choice, role = self.choice, prices.role
        p, money = choice.left(role)
        marks = (role == SITE).astype(np.uint8)
        for j in np.argsort(-np.where(role == OPEN, prices.use, -1.0), kind="stable").tolist():
            if p == 0 or role[j] != OPEN:
                break
            if choice.cost[j] <= money:
                marks[j], p, money = 1, p - 1, money - choice.cost[j]
        choice.offer(marks, record)
