"""From a city and a question to a matrix, and back: the narrow door between streets and solvers.

    city = build_problem(version, question, candidates)
    answer = solve(city.problem)
    city.value(answer.value)        in the plan's unit
    city.rows_of(answer.sites)      which candidates

What limits a choice further (money, floors, backups) is put on with `city.pose`, which makes the
same matrix again with other conditions; nothing else needs to know how rows came about.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Ints, frozen

if TYPE_CHECKING:
    from locator.siting.candidates import Candidates
    from locator.siting.cover_rows import CoverRows
    from locator.siting.distance_rows import DistanceRows
    from locator.siting.problem import Problem
    from locator.siting.question import PlanQuestion
    from locator.siting.solution import Solution
    from locator.siting.today import Today

NO_INTS: Ints = frozen([], np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class CityProblem:
    """A question of siting in a city, ready to be solved.

    Parameters
    ----------
    today
        The city without the sites.
    candidates
        One a spot, none at a station; columns of the matrix, after `shift`.
    problem
        None where nothing is left to choose: `reason` says why.
    rows
        Which pieces of street each row of the problem stands for.
    piece_row : (pieces,) int32
        Row of the problem of each piece; -1 where it is in none.
    lost : (l,) int32
        Pieces that no candidate can serve, and no station does.
    shift
        Columns before the candidates: 1 where the stations of today are one.
    start, scale, sign
        Value of a plan in its unit: start + scale x value of the problem; 1 where more is better.
    slack
        By how much the exact figure may differ from the value; 0 where the value is exact.
    far
        Ways longer than that count as that long, since the city is too large for all of them.
    """

    today: Today
    candidates: Candidates
    rows: CoverRows | DistanceRows
    problem: Problem | None
    piece_row: Ints
    lost: Ints = field(default_factory=lambda: NO_INTS)
    shift: int = 0
    start: float = 0.0
    scale: float = 1.0
    sign: float = 1.0
    slack: float = 0.0
    far: float = np.inf
    reason: str = ""

    @property
    def question(self) -> PlanQuestion:
        """What is asked."""
        return self.today.question

    def value(self, solved: float) -> float:
        """Value of a plan in its unit, from that of the problem."""
        return self.start + self.scale * solved

    def bound(self, solution: Solution) -> float:
        """Bound of the plan's value; of ways that were cut short, no more than is known."""
        bound = self.value(solution.bound)
        return min(bound, self.far) if self.question.objective == "worst" else bound

    def rows_of(self, sites: Ints) -> Ints:
        """Candidates among the columns of a solution."""
        return frozen(sites[sites >= self.shift] - self.shift, np.int32)

    def columns_of(self, rows: Ints) -> Ints:
        """Columns of some candidates, with those of the stations of today."""
        return frozen(np.concatenate((np.arange(self.shift), rows + self.shift)), np.int32)

    def pose(self, **conditions: Any) -> CityProblem:
        """The same matrix under other conditions, as fields of `Problem`."""
        if self.problem is None:
            return self
        return replace(self, problem=replace(self.problem, **conditions))
