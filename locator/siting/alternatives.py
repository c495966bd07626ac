"""Other plans nearly as good, that differ in several sites: something to negotiate with.

To lack m sites of a plan is a budget: each of its sites costs one, all others nothing, and m less
than it has may be spent. So the best plan that differs from a given one is solved with a bound, and
a bound that is not good enough proves that there is none. From the second other plan on, which has
to differ from several, m sites of each of the later ones are left out beforehand; what is then
found is real, but that nothing is found proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Ints, frozen
from locator.errors import InputError
from locator.siting.measures import is_limited, leaves_unserved, measure_sites
from locator.siting.solving import solve

if TYPE_CHECKING:
    from locator.siting.problem import Problem
    from locator.siting.solution import Solution, Stop

_TRIES = 4  # other choices of what to leave out, where a plan found is too like or not good enough


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """Another plan.

    Parameters
    ----------
    sites : int32, ascending
        Fewer than p where more of them would add nothing and only make it more like the others.
    value
        As of the problem.
    behind
        How much worse it is than the best plan, as a share of that plan's value; below zero where
        it is better, which a plan without a proof may turn out not to have been.
    differs : (plans before it,) int32
        How many of its sites the best plan and each alternative before it lack.
    """

    sites: Ints
    value: float
    behind: float
    differs: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """Other plans, the best first as far as is known.

    Parameters
    ----------
    plans
    reason
        Why there are fewer than asked for; else empty.
    proven
        Whether it is proved that there is none at all.
    """

    plans: tuple[Alternative, ...]
    reason: str
    proven: bool


def find_alternatives(  # noqa: PLR0913
    problem: Problem,
    solution: Solution,
    *,
    most: int,
    within: float,
    differ: int,
    time_limit_s: float = 60.0,
    seed: int = 0,
    should_stop: Stop | None = None,
    iterations: int | None = None,
) -> Alternatives:
    """Find plans almost as good as a solution, each with `differ` sites that the others lack.

    Parameters
    ----------
    problem, solution
    most
        How many to look for, one or more.
    within
        How much worse they may be, as a share of the solution's value: 0.02 is two percent.
    differ
        How many sites, fixed ones never counted, each must have that each other lacks.
    time_limit_s, seed, should_stop
        As of `solve`; the time is shared out.
    iterations
        Of each plan.

    Raises
    ------
    InputError
        A number that makes no sense, or more sites to differ in than there are to choose.
    """
    _check(problem, solution, most, within, differ)
    others = problem.candidates - len(np.union1d(solution.sites, problem.forbidden))
    if others < differ:
        return Alternatives((), f"only {others} candidates are not in the plan already", True)
    begun, plans, reason, proven = perf_counter(), [solution.sites], "", False
    found: list[Alternative] = []
    for tries in count():
        left = time_limit_s - (perf_counter() - begun)
        if len(found) == most or tries >= most + _TRIES or left <= 0:
            break
        part = _make_different(problem, plans, differ, tries - len(found))
        if part is None:
            break
        share = left / (most - len(found))
        answer = solve(
            part, time_limit_s=share, seed=seed + tries, should_stop=should_stop,
            iterations=iterations,
        )  # fmt: skip
        sites = _fill(problem, answer.sites, plans)
        other = _rate(problem, solution, sites, plans)
        if _is_good(other, within, differ):
            found.append(other)
            plans.append(sites)
        elif tries == 0 and _rules_out(problem, solution, part, answer, within):
            proven = True
            reason = f"it is proved that no plan with {differ} other sites is so good"
            break
    found.sort(key=lambda one: one.behind)
    if len(found) < most and not reason:
        reason = (
            f"{len(found)} of {most} other plans were found within {within:.4g} of the best that "
            f"differ in {differ} sites; whether there are more is not proved"
        )
    return Alternatives(tuple(found), reason, proven)


def _check(problem: Problem, solution: Solution, most: int, within: float, differ: int) -> None:
    free = len(np.setdiff1d(solution.sites, problem.fixed))
    if most < 1:
        raise InputError(f"most: expected one plan or more, got {most}")
    if not 0 <= within < np.inf:
        raise InputError(f"within: expected a share of zero or more, got {within!r}")
    if not 1 <= differ <= max(free, 1):
        raise InputError(f"differ: expected 1 to {free} sites, as many as are chosen, got {differ}")
    if solution.status not in {"optimal", "feasible"}:
        raise InputError("solution: expected a plan that keeps what is asked, got none")


def _make_different(problem: Problem, plans: list[Ints], differ: int, turn: int) -> Problem | None:
    """A problem whose plans lack sites of each plan; None where too few candidates are left."""
    first = plans[0] if _has_room(problem) else None
    out = set(problem.forbidden.tolist())
    for plan in plans[1:] if first is not None else plans:
        free = [j for j in _by_loss(problem, plan) if j not in out]
        lacking = len(np.setdiff1d(plan, problem.fixed)) - len(free)
        step = min(turn, max(len(free) - differ, 0))
        out.update(free[step : step + max(differ - lacking, 0)])
    p = min(problem.p, problem.candidates - len(out))
    if problem.p and p < max(len(problem.fixed), 1):
        return None
    forbidden = frozen(sorted(out), np.int32)
    part = replace(problem, forbidden=forbidden, p=p)
    if first is None:
        return part
    own = np.zeros(problem.candidates)
    own[np.setdiff1d(first, problem.fixed)] = 1.0
    return replace(part, site_cost=frozen(own), budget=float(own.sum()) - differ)


def _has_room(problem: Problem) -> bool:
    """Whether a budget can say how different plans must be: none is there yet."""
    if problem.objective == "p_median":
        return problem.budget == np.inf and not problem.needs_sites().any()
    return problem.objective == "max_cover" and problem.budget == np.inf


def _by_loss(problem: Problem, plan: Ints) -> list[int]:
    """Sites of a plan that are not fixed, those first that it can best do without."""
    sign = 1.0 if problem.objective == "max_cover" else -1.0
    free = np.setdiff1d(plan, problem.fixed)
    worth = []
    for j in free.tolist():
        rest = np.setdiff1d(plan, [j])
        bad = problem.objective != "set_cover" and leaves_unserved(problem, rest)
        worth.append((bad, -sign * measure_sites(problem, rest), j))
    return [j for _, _, j in sorted(worth)]


def _fill(problem: Problem, sites: Ints, plans: list[Ints]) -> Ints:
    """Sites that no plan has yet, as far as there may be more; they would add nothing."""
    if not problem.p or problem.budget < np.inf:
        return sites
    rest = np.ones(problem.candidates, bool)
    rest[sites], rest[problem.forbidden] = False, False
    for plan in plans:
        rest[plan] = False
    spare = np.flatnonzero(rest)[: problem.p - len(sites)]
    return frozen(np.union1d(sites, spare), np.int32)


def _rate(problem: Problem, solution: Solution, sites: Ints, plans: list[Ints]) -> Alternative:
    value = measure_sites(problem, sites)
    if leaves_unserved(problem, sites):
        return Alternative(sites, value, np.inf, frozen([], np.int32))
    differs = [len(np.setdiff1d(sites, plan)) for plan in plans]
    return Alternative(sites, value, _behind(problem, solution, value), frozen(differs, np.int32))


def _behind(problem: Problem, solution: Solution, value: float) -> float:
    away = solution.value - value
    if problem.objective != "max_cover":
        away = -away
    return away / abs(solution.value) if solution.value else (0.0 if away == 0 else np.inf * away)


def _is_good(other: Alternative, within: float, differ: int) -> bool:
    if not len(other.differs) or other.behind > within * (1 + 1e-12) + 1e-15:
        return False
    return int(other.differs.min()) >= differ


def _rules_out(
    problem: Problem, solution: Solution, part: Problem, answer: Solution, within: float
) -> bool:
    """Whether the first try proves that no plan differs enough and is good enough."""
    if not (is_limited(part) and part.budget < np.inf):
        return False
    if answer.status == "infeasible":
        return True
    bounded = answer.status in {"optimal", "feasible"}
    return bounded and _behind(problem, solution, answer.bound) > within * (1 + 1e-9)
