"""Search against bound on one cover, in rounds of a fixed amount of work.

As in `duel`: in each round one thread looks for a cheaper cover and another one improves the
prices; when prices get no further, columns that they exclude are left out and the rest is proved by
cases, first by our own, then, where little is left, by HiGHS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.siting.certificate import PROVEN
from locator.siting.cover_cases import (
    FOUND,
    NONE,
    OPEN,
    CoverTree,
    leave_out_columns,
    search_by_milp,
)
from locator.siting.cover_prices import CoverPrices
from locator.siting.problem import NO_INTS
from locator.siting.row_weighting import CoverSearch

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from locator.arrays import Bools, Floats, Ints
    from locator.siting.dominance import Cover
    from locator.siting.duel import Limits

_WORK = 60_000_000  # pairs in a round: 0.1 to 0.2 seconds
_PASSES = 1000  # over the pairs in a round, where they are less work than that
_CASES = 20_000_000  # columns and prices looked at in a round of cases: as long
_STALL = 1e-2  # of the gap: a round that raises the bound by less has stalled
_STALLS = 3
_TREE_ROUNDS = 100
_TRIAL = 4  # rounds after which a tree must promise to end within those
_MILP_PAIRS = 60_000  # above, HiGHS takes longer for one bound than anybody waits
_NODES = 2000
_SLICE_S = 10.0
_MILP_SLIP = 1e-5  # its tolerance is 1e-6
_SLIP = 1e-9
_WORTH = 0.9  # of the columns: when fewer are left, prices are found anew


class CoverDuel:
    """The rounds on one cover.

    Parameters
    ----------
    cover
    limits
    seed
        Of the search.
    whole
        Whether all costs are whole numbers.
    goal
        A cover that costs no more than this is good enough and anything that is proved to cost more
        is not wanted. None: the cheapest is wanted.
    start
        Candidates to begin the search with; those that others replaced are left out.
    """

    def __init__(
        self,
        cover: Cover,
        limits: Limits,
        seed: int,
        *,
        whole: bool,
        goal: float | None = None,
        start: Ints = NO_INTS,
    ) -> None:
        self.cover, self.limits, self.seed, self.whole, self.goal = cover, limits, seed, whole, goal
        self.bound, self.by_cases = 0.0, False
        self._tree: CoverTree | None = None
        self._rest: Cover | None = None
        self._other: CoverSearch | None = None
        self._tree_rounds, self._slices, self._last = 0, 1, False
        if cover.size == 0:
            self.marks, self.u, self.level = np.zeros(len(cover.site), bool), np.zeros(0), np.inf
            self.cost = 0.0
            return
        self._work = min(_WORK, _PASSES * (cover.size + len(cover.row) + len(cover.site)))
        self._search = self._begin(np.flatnonzero(np.isin(cover.site, start)).astype(np.int32))
        self.prices = CoverPrices(cover)

    def _begin(self, start: Ints) -> CoverSearch:
        margin = 1.0 if self.whole else 0.5 * PROVEN * float(self.cover.cost.min())
        search = CoverSearch(self.cover, seed=self.seed, start=start, margin=margin)
        self.marks, self.cost = search.marks, search.cost
        return search

    @property
    def most(self) -> float:
        """What a cover may cost to be of interest."""
        if self.goal is not None:
            return self.goal
        return self.cost - (1.0 if self.whole else 0.5 * PROVEN * self.cost)

    @property
    def settled(self) -> bool:
        """Whether a good enough cover is known, or that there is none (cheaper)."""
        return self.found or self.bound > self.most + (1e-6 if self.whole else 0.0)

    @property
    def found(self) -> bool:
        """Whether the goal is reached."""
        return self.cover.size == 0 or (self.goal is not None and self.cost <= self.goal)

    def run(self, pool: ThreadPoolExecutor, *, cases: int | None = None) -> None:
        """Until settled or the limits are over, or after so many rounds of cases."""
        if self.cover.size == 0:
            return
        stalls = 0
        if not self.found:
            self._raise_bound(self.prices.improve(1))
        while not (self.settled or self.limits.over()):
            if stalls == _STALLS and cases is not None:
                cases -= 1
                if cases < 0:
                    break
            self.limits.rounds += 1
            before = self.bound
            searched = pool.submit(self._search.run, work=self._work, target=self._target)
            if stalls < _STALLS:
                self._raise_bound(self.prices.improve(self._work))
                slow = self.bound - before <= _STALL * max(self.most - before, 1e-2)
                stalls = stalls + 1 if slow else 0
                searched.result()
            else:
                self._round_of_cases(pool, searched)
            self._take_search()
            if self.goal is None:
                taken = self.cover.spent
                self.limits.tell(taken + self.cost, taken + min(self.bound, self.cost))
        self.u, self.level = self.prices.u, self.prices.level

    @property
    def _target(self) -> float:
        return -1.0 if self.goal is None else self.goal

    def _raise_bound(self, bound: float) -> None:
        self.bound = max(self.bound, bound)

    def _take_search(self) -> None:
        if self._other is not None and self._other.cost < min(self.cost, self._search.cost):
            self._search, self._other = self._other, None
        if self._search.cost < self.cost:
            marks = self._search.marks
            if not self.cover.is_covered(marks):  # sums of floats had wandered off: begin anew
                self._search = self._begin(np.flatnonzero(self.marks).astype(np.int32))
                return
            self.marks, self.cost = marks, self._search.cost
            if self.goal is None:
                self._rest = self._tree = None  # they look for what is known by now

    def _round_of_cases(self, pool: ThreadPoolExecutor, searched: Future[float]) -> None:
        """Cases, while another thread searches; prices again when cases are given up."""
        most, outcome = self.most, OPEN
        if self._last and self.cover.need < 0 and self.limits.rounds % 2:
            self._search_twice()
        elif self._last or self.cover.need >= 0:
            self._raise_bound(self.prices.improve(self._work))
        else:
            outcome = self._work_on_cases(pool, searched, most)
        searched.result()
        if outcome == OPEN:
            return
        self._rest = self._tree = None
        if outcome == NONE:
            self.by_cases = True
            self._raise_bound(most + 1.0 if self.whole else self.cost)
        elif self.cost < self._search.cost:
            self._search = self._begin(np.flatnonzero(self.marks).astype(np.int32))

    def _search_twice(self) -> None:
        """Search in this thread too, with another seed, where prices hardly move any more."""
        if self._other is None:
            start = np.flatnonzero(self.marks).astype(np.int32)
            self._other = CoverSearch(
                self.cover, seed=self.seed + 1, start=start, margin=self._search.margin
            )
        self._other.run(work=self._work, target=self._target)

    def _work_on_cases(self, pool: ThreadPoolExecutor, searched: Future[float], most: float) -> int:
        if self._rest is None:
            self._rest, u = self._shrink(most)
            left = most + self.cover.spent - self._rest.spent
            if left < -_SLIP * self.cover.cost.mean() or self._rest.impossible:
                return NONE
            if self._rest.size == 0:
                return self._offer(self._rest, np.zeros(len(self._rest.site), bool))
            if CoverTree.fits(self._rest):
                self._tree = CoverTree(self._rest, u, left + 0.5 if self.whole else left)
        if self._tree is None or not self._is_promising(self._tree):
            self._tree = None
            searched.result()  # from here on the search goes on in this thread
            return self._ask_milp(pool, most)
        self._tree_rounds += 1
        outcome = self._tree.run(_CASES)
        if outcome != FOUND:
            return outcome
        marks = np.zeros(len(self._rest.site), bool)
        marks[self._tree.columns] = True
        return self._offer(self._rest, marks)

    def _is_promising(self, tree: CoverTree) -> bool:
        rounds = self._tree_rounds
        if rounds < _TRIAL:
            return True
        return rounds < _TREE_ROUNDS * min(1.0, tree.progress * _TREE_ROUNDS / rounds)

    def _shrink(self, most: float) -> tuple[Cover, Floats]:
        """The cover without what prices exclude, and prices of what is left."""
        cover, prices = self.cover, self.prices
        while True:
            left = most + self.cover.spent - cover.spent
            smaller = leave_out_columns(cover, prices.u, prices.bound, left)
            if smaller is cover:
                return cover, prices.u
            few = len(smaller.site) < _WORTH * len(cover.site)
            cover = smaller
            left = most + self.cover.spent - cover.spent
            if cover.impossible or cover.size == 0 or left < 0:
                return cover, np.zeros(len(cover.row))
            prices = CoverPrices(cover)
            prices.improve(self._work)
            if not few:
                return cover, prices.u

    def _offer(self, rest: Cover, marks: Bools) -> int:
        """Take a cover of the rest as one of the whole; refused where it leaves a row out."""
        chosen = np.isin(self.cover.site, rest.sites(marks))
        if not self.cover.is_covered(chosen):
            self._last = True
            return OPEN
        cost = float(self.cover.cost[chosen].sum())
        if cost < self.cost:
            self.marks, self.cost = chosen, cost
        return FOUND

    def _ask_milp(self, pool: ThreadPoolExecutor, most: float) -> int:
        """Ask HiGHS about the rest, and search on while it works.

        It cannot be interrupted: so where somebody may want to stop it works in slices. With a
        number of rounds given the search does not go on meanwhile, since nobody knows how far.
        """
        rest, limits = self._rest, self.limits
        if rest is None or not self.whole or rest.size > _MILP_PAIRS:
            self._last = True
            return OPEN
        seconds = limits.seconds - limits.used_s
        if limits.should_stop is not None:
            seconds = min(seconds, _SLICE_S * self._slices)
        asked = pool.submit(
            search_by_milp, rest, most + self.cover.spent - rest.spent,
            nodes=_NODES * self._slices, time_limit_s=seconds,
        )  # fmt: skip
        self._slices *= 4
        while limits.iterations is None and not (asked.done() or limits.over()):
            self._search.run(work=self._work, target=self._target)
        outcome, marks, least = asked.result()
        if marks is not None:
            return self._offer(rest, marks)
        proved = rest.spent - self.cover.spent + least
        if outcome == OPEN and proved > self.bound:
            self.by_cases = True
            self._raise_bound(float(np.ceil(min(proved, most) - _MILP_SLIP)))
        return outcome
