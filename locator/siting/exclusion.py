"""Choices of which at most one of a group may be taken: a station is extended or moved, not both.

No solver here knows of groups, so they are left out at first: a bound without them is a bound with
them. Where the best choice takes two of a group and needs both, the problem is split into one case
for each of them, with the others of the group forbidden; every choice that keeps to the groups is
in one of the cases, so the worst bound left open bounds them all (branch and bound; Land & Doig
1960, doi:10.2307/1910129).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Ints, frozen
from locator.siting.measures import find_broken_floors, measure_sites
from locator.siting.solving import solve

if TYPE_CHECKING:
    from locator.siting.problem import Problem
    from locator.siting.solution import Solution, Stop

MOST_CASES = 200
_PROVEN = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The best sites found of which no two are of one group.

    Parameters
    ----------
    sites : int32, ascending
    value, bound, proven
        As of `Solution`, of the problem with its groups.
    root
        The solution without groups, whose prices prove `root.bound`.
    cases
        How many problems were solved; one where groups made no difference.
    found
        Whether any choice was found that keeps to the floors and groups.
    """

    sites: Ints
    value: float
    bound: float
    proven: bool
    root: Solution
    cases: int
    found: bool

    @property
    def certificate(self) -> str | None:
        """What proves the bound: "u" the root's prices, "tree" cases; None: there is none."""
        if self.root.certificate.proof == "none":
            return None
        return "tree" if self.cases > 1 else self.root.certificate.proof


def choose_apart(
    problem: Problem,
    groups: Sequence[str],
    *,
    time_limit_s: float = 60.0,
    seed: int = 0,
    iterations: int | None = None,
    should_stop: Stop | None = None,
) -> Choice:
    """Solve a coverage problem of which at most one column of each group may be chosen.

    Parameters
    ----------
    problem
        `max_cover`, with any limits.
    groups : (candidates,)
        Of each column.
    time_limit_s, seed, iterations, should_stop
        As of `solve`; the time is for all cases together, the rounds are for each.
    """
    begun = perf_counter()

    def run(part: Problem) -> Solution:
        left = max(time_limit_s - (perf_counter() - begun), 0.0)
        return solve(
            part, time_limit_s=left, seed=seed, iterations=iterations, should_stop=should_stop
        )

    root = run(problem)
    tree = _Tree(problem, groups, root)
    while tree.open and tree.cases < MOST_CASES and not tree.settled:
        if perf_counter() - begun > time_limit_s or (should_stop is not None and should_stop()):
            break
        part, answer = tree.pop()
        for case in tree.split(part, answer):
            tree.add(case, run(case))
    return tree.conclude()


class _Tree:
    """Cases that are still open, and the best choice so far."""

    def __init__(self, problem: Problem, groups: Sequence[str], root: Solution) -> None:
        self.problem, self.root = problem, root
        _, number = np.unique(np.array(groups, str), return_inverse=True)
        self.group = number.reshape(-1)
        self.open: list[tuple[float, int, Problem, Solution]] = []
        self.sites, self.value, self.cases = frozen([], np.int32), -np.inf, 0
        self.closed = -np.inf  # bound of the cases that were closed without a split
        self.add(problem, root)

    @property
    def settled(self) -> bool:
        """Whether no open case can be better than the best choice."""
        most = max((bound for bound, *_ in self.open), default=-np.inf)
        return most <= self.value + _PROVEN * abs(self.value)

    def add(self, part: Problem, answer: Solution) -> None:
        """Take a solved case in: close it where its choice keeps to the groups."""
        self.cases += 1
        if answer.status == "infeasible":
            return
        thin = self._chosen(part, answer)
        if answer.status != "unknown":
            self._offer(thin)
        if self._twice(thin) is None and answer.status != "unknown":
            self.closed = max(self.closed, answer.bound)
        else:
            self.open.append((answer.bound, self.cases, part, answer))

    def pop(self) -> tuple[Problem, Solution]:
        """The open case that may hold the most."""
        self.open.sort(key=lambda one: (one[0], -one[1]))
        _, _, part, answer = self.open.pop()
        return part, answer

    def split(self, part: Problem, answer: Solution) -> list[Problem]:
        """One case for each column of a group that is chosen twice."""
        group = self._twice(self._chosen(part, answer))
        if group is None:  # nothing is known of it and nothing can be split: it stays a bound
            self.closed = max(self.closed, answer.bound)
            return []
        members = np.setdiff1d(np.flatnonzero(self.group == group), part.forbidden)
        held = np.intersect1d(members, part.fixed)
        cases = []
        for member in (held[:1] if len(held) else members).tolist():
            out = np.union1d(part.forbidden, np.setdiff1d(members, [member]))
            p = min(part.p, part.candidates - len(out))
            cases.append(replace(part, forbidden=frozen(out, np.int32), p=p))
        return cases

    def conclude(self) -> Choice:
        """The best choice, and the bound that all cases leave."""
        most = max([self.closed, *(bound for bound, *_ in self.open)])
        found = np.isfinite(self.value)
        value = self.value if found else 0.0
        bound = max(most, value) if np.isfinite(most) else value
        proven = bool(found and bound - value <= _PROVEN * abs(value))
        return Choice(
            self.sites, value, value if proven else bound, proven, self.root, self.cases,
            bool(found),
        )  # fmt: skip

    def _chosen(self, part: Problem, answer: Solution) -> np.ndarray:
        """The sites of a solution that are worth something."""
        return self._thin(np.setdiff1d(answer.sites, np.setdiff1d(answer.spare, part.fixed)))

    def _twice(self, sites: np.ndarray) -> int | None:
        """A group of which two are chosen; None where there is none."""
        number, count = np.unique(self.group[sites], return_counts=True)
        twice = number[count > 1]
        return int(twice[0]) if len(twice) else None

    def _thin(self, sites: np.ndarray) -> np.ndarray:
        """Without those of a group beside another of it that add nothing."""
        kept = sites
        for j in sites[np.argsort(-self.problem.site_cost[sites], kind="stable")].tolist():
            mates = kept[self.group[kept] == self.group[j]]
            if len(mates) < _PAIR or j in self.problem.fixed:
                continue
            fewer = np.setdiff1d(kept, [j]).astype(np.int32)
            if measure_sites(self.problem, fewer) >= measure_sites(self.problem, kept):
                kept = fewer
        return kept.astype(np.int32)

    def _offer(self, sites: np.ndarray) -> None:
        """Note a choice, of each group the one without which it loses most."""
        kept = sites
        while (group := self._twice(kept)) is not None:
            mates = kept[self.group[kept] == group].tolist()
            left = [
                (measure_sites(self.problem, np.setdiff1d(kept, [j]).astype(np.int32)), -j)
                for j in mates
            ]
            kept = np.setdiff1d(kept, [-max(left)[1]]).astype(np.int32)
        if len(find_broken_floors(self.problem, kept)):
            return
        value = measure_sites(self.problem, kept)
        if value > self.value:
            self.sites, self.value = frozen(kept, np.int32), value


_PAIR = 2
