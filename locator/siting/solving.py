"""One door to the solvers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Ints, frozen
from locator.siting.problem import NO_INTS
from locator.siting.solution import TIME_OVER

if TYPE_CHECKING:
    from locator.siting.problem import Problem
    from locator.siting.solution import Report, Solution, Stop


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 60.0,
    seed: int = 0,
    report: Report | None = None,
    should_stop: Stop | None = None,
    iterations: int | None = None,
    start: Iterable[int] = (),
) -> Solution:
    """Find the best sites and prove how good they are.

    Parameters
    ----------
    problem
    time_limit_s
        After so many seconds no new round of work begins; what is known by then is returned.
    seed
        Of the search.
    report
        Called now and then with the share of the time used and a line of words.
    should_stop
        Asked now and then; True ends the work as a time limit does.
    iterations
        Most rounds of work: with the same seed and as many rounds, the same solution, on any
        machine; a time limit cannot promise that.
    start
        Sites to begin with, such as those of a plan that was stopped: where they are a plan (fixed
        ones, no forbidden ones, no more than p, floors and budget kept), the answer is no worse.

    Raises
    ------
    InputError
        A column to start with that does not exist.
    """
    from locator.siting.duel import Limits

    limits = Limits(time_limit_s, iterations, should_stop, report)
    begun = _read_start(problem, start)
    answer: Solution = _find_solver(problem)(problem, limits, seed, begun)
    return _prefer_start(problem, answer, begun)


def _read_start(problem: Problem, start: Iterable[int]) -> Ints:
    """Columns to begin with: the fixed ones with them, the forbidden ones left out."""
    from locator.siting.matrices import read_columns

    given = read_columns(problem.candidates, sorted(set(start)), "start")
    return frozen(np.setdiff1d(np.union1d(problem.fixed, given), problem.forbidden), np.int32)


def _prefer_start(problem: Problem, answer: Solution, start: Ints) -> Solution:
    """The answer, or the start where that is better: searches need not pass through it."""
    from locator.siting.measures import find_faults, leaves_unserved, measure_sites

    if answer.proven or not len(start) or find_faults(problem, start):
        return answer
    if leaves_unserved(problem, start):
        return answer
    from locator.siting.certificate import PROVEN
    from locator.siting.conclusion import assign_rows

    value, sign = measure_sites(problem, start), 1.0 if problem.objective == "max_cover" else -1.0
    if answer.status == "feasible" and sign * value <= sign * answer.value:
        return answer
    proven = abs(answer.bound - value) <= PROVEN * abs(value)
    return replace(
        answer, sites=start, value=value, bound=value if proven else answer.bound, proven=proven,
        status="optimal" if proven else "feasible", reason="" if proven else TIME_OVER,
        spare=NO_INTS, unserved=NO_INTS, assignment=assign_rows(problem, start),
    )  # fmt: skip


def _find_solver(problem: Problem) -> Any:
    from locator.siting.measures import is_limited

    if is_limited(problem):
        from locator.siting.limited_plan import solve_limited

        return solve_limited
    if problem.objective == "set_cover":
        from locator.siting.set_cover import solve_set_cover

        return solve_set_cover
    if problem.objective == "p_center":
        from locator.siting.center import solve_center

        return solve_center
    from locator.siting.median import solve_gain

    return solve_gain
