"""Search against bound on one matrix of gains, in rounds of a fixed amount of work.

In each round one thread searches and the other lowers the bound; then they exchange what they
know. When prices alone get no further, candidates are settled by them and the rest is proved by
cases (`branch`). So a round depends on the rounds before it and the seed alone, and a time limit
only decides how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from locator.siting.bounds import OPEN, Prices, settle_candidates, start_prices
from locator.siting.branch import Tree
from locator.siting.certificate import PROVEN
from locator.siting.search import Record, Searcher

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from locator.arrays import Floats, Ints
    from locator.siting.gains import Translation
    from locator.siting.solution import Report, Stop

_WORK = 60_000_000  # pairs a thread looks at in a round: about a tenth of a second
_STEPS = 500  # of the volume algorithm in a round, where they are less work than that
_STALL = 2e-3  # of the gap: a round that lowers the bound by less has stalled
_STALLS = 3
_PATIENCE = 8  # rounds for a proof by prices, the better one, even where few candidates are left
_FEW = 0.2  # of the candidates
_CLOSE = 1e-3  # of the value: below such a gap the search rests when it finds nothing for long
_SAME = 1e-10  # of the value: what the search takes for rounding


@dataclass(slots=True)
class Limits:
    """When to stop."""

    seconds: float
    iterations: int | None
    should_stop: Stop | None
    report: Report | None
    begun: float = field(default_factory=perf_counter)
    rounds: int = 0

    @property
    def used_s(self) -> float:
        """Seconds since the beginning."""
        return perf_counter() - self.begun

    def over(self) -> bool:
        """Whether no further round may begin."""
        return (
            self.used_s >= self.seconds
            or (self.iterations is not None and self.rounds >= self.iterations)
            or (self.should_stop is not None and self.should_stop())
        )

    def rest(self) -> Limits:
        """What is left of the time and the rounds, for a part of the work; reports nothing."""
        rounds = None if self.iterations is None else max(self.iterations - self.rounds, 0)
        return Limits(max(self.seconds - self.used_s, 0.0), rounds, self.should_stop, None)

    def tell(self, value: float, bound: float) -> None:
        """Report where things stand."""
        if self.report is not None:
            gap = abs(bound - value) / abs(value) if value else 0.0
            share = min(self.used_s / self.seconds, 1.0) if self.seconds > 0 else 1.0
            self.report(share, f"value {value:,.10g}, bound {bound:,.10g}, gap {gap:.3%}")


class Duel:
    """The rounds, and what is known after each.

    Parameters
    ----------
    translation
    limits
    seed
        Of the search.
    """

    def __init__(self, translation: Translation, limits: Limits, seed: int) -> None:
        gains = translation.gains
        self.translation, self.gains, self.limits, self.seed = translation, gains, limits, seed
        gain = gains.by_row[2]
        whole = translation.problem.integral and abs(translation.start) < 2.0**53
        self.whole = whole and bool((gain == np.floor(gain)).all())
        self.record = Record(1.0 - 1e-6 if self.whole else 0.0)
        most = float(start_prices(gains, gains.site).sum())
        self._tolerance = 0.5 if self.whole else _SAME * most
        self._searcher = Searcher(gains, seed=seed, tolerance=self._tolerance)
        self.prices = Prices.begin(gains, np.zeros(len(gains.row)))
        self.tree: Tree | None = None
        self.bound = np.inf

    def run(self, pool: ThreadPoolExecutor, start: Ints) -> None:
        """Until the bound meets the record or the limits are over; the first search always runs."""
        if self.gains.size == 0 or self.gains.open <= 0:
            self._offer(np.empty(0, np.int32), 0.0)
            self.bound = 0.0
            return
        self._offer(*self._searcher.run(start, work=_WORK // 4, kicks=50))
        self.prices = Prices.begin(self.gains, start_prices(self.gains, self.record.sites))
        self.bound = self._lower(0)
        stalls = 0
        while not self.settled and not self.limits.over():
            self.limits.rounds += 1
            if self.tree is None:
                before = self.bound
                self._round_of_prices(pool)
                slow = before - self.bound < _STALL * (self.bound - self.record.enough)
                stalls = stalls + 1 if slow else 0
                if self._ready(stalls):
                    self._plant()
            else:
                self._round_of_cases(self.tree, pool)
            value = self.translation.value
            self.limits.tell(value(self.record.gain), value(self.bound))

    @property
    def settled(self) -> bool:
        """Whether the record is proved the best."""
        return self.bound <= self.record.enough

    def _offer(self, sites: Ints, gain: float) -> None:
        if self.record.offer(sites, gain) and not self.whole:
            self.record.slack = 0.5 * PROVEN * abs(self.translation.value(gain))

    def _lower(self, steps: int) -> float:
        return self.prices.improve(
            self.gains, target=self.record.gain, enough=self.record.enough, steps=steps, work=_WORK
        )

    def _round_of_prices(self, pool: ThreadPoolExecutor) -> None:
        work = min(_WORK, _STEPS * (self.gains.size + len(self.gains.row))) // 2
        start = self._next_start()  # before the other thread changes the prices
        searched = self._search(pool, start, work)
        lowered = pool.submit(self._lower, _STEPS)
        self.bound = min(self.bound, lowered.result())
        if searched is not None:
            self._offer(*searched.result())

    def _search(
        self, pool: ThreadPoolExecutor, start: Ints, work: int
    ) -> Future[tuple[Ints, float]] | None:
        """Search in another thread, unless that has found nothing for long and the gap is small."""
        away = self.bound - self.record.gain
        close = away < _CLOSE * abs(self.translation.value(self.record.gain))
        if self._searcher.stale and close:
            return None
        return pool.submit(self._searcher.run, start, work=work)

    def _next_start(self) -> Ints:
        """Where the next search begins: the record, every other time what the prices favour."""
        if self.limits.rounds % 2 and self.prices.pace[0] > 0:
            most = np.argsort(-self.prices.use, kind="stable")[: self.gains.open]
            return np.sort(self.gains.site[most])
        return self.record.sites

    def _ready(self, stalls: int) -> bool:
        """Whether cases get further now than prices alone."""
        if self.settled or stalls >= _STALLS:
            return not self.settled
        if self.limits.rounds < _PATIENCE:
            return False
        role = settle_candidates(self.gains, self.prices, self.record.enough)
        return bool((role == OPEN).mean() < _FEW)

    def _plant(self) -> None:
        """Settle what the prices settle and go on with cases of what is left."""
        role = settle_candidates(self.gains, self.prices, self.record.enough)
        rest = self.gains.cut(role)
        beyond = np.maximum(self.prices.u - self.gains.given(role), 0.0)
        self.tree = Tree(rest, beyond[rest.row], self.bound)
        if rest.open > 0 and rest.size:
            self._searcher = Searcher(rest, seed=self.seed + 1, tolerance=self._tolerance)

    def _round_of_cases(self, tree: Tree, pool: ThreadPoolExecutor) -> None:
        searched = self._search(pool, self.record.sites, _WORK // 2)
        hands = tree.deal(2 if searched is None else 1)
        working = [pool.submit(tree.work_on, hand, self.record, _WORK) for hand in hands]
        found = [one.result() for one in working]
        if searched is not None:
            self._offer(*searched.result())
        for one in found:
            self._offer(one.sites, one.gain)
        tree.collect(found, self.record)
        self.bound = min(self.bound, tree.bound(self.record))

    def root_prices(self) -> Floats:
        """Prices of the problem's rows, for the certificate."""
        return self.translation.prices(self.prices.u)
