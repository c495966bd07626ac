"""One door to the solvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    """
    from locator.siting.duel import Limits

    limits = Limits(time_limit_s, iterations, should_stop, report)
    answer: Solution = _find_solver(problem)(problem, limits, seed)
    return answer


def _find_solver(problem: Problem) -> Any:
    if problem.objective == "set_cover":
        from locator.siting.set_cover import solve_set_cover

        return solve_set_cover
    if problem.objective == "p_center":
        from locator.siting.center import solve_center

        return solve_center
    from locator.siting.median import solve_gain

    return solve_gain
