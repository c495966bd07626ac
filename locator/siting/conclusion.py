"""What every solver does at its end: complete the sites, settle the bound, write the solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from locator.arrays import Floats, Ints, frozen
from locator.siting.certificate import PROVEN
from locator.siting.solution import Solution, Status

if TYPE_CHECKING:
    from locator.siting.certificate import Certificate
    from locator.siting.duel import Limits
    from locator.siting.problem import Problem

_COARSE = 1e4  # values of the plan: above it rounding hides too much
_WHOLE = 1e-6  # by how much a whole number may be missed in floats


def settle_bound(
    value: float, stated: float, deeper: float | None, *, sign: float, whole: bool
) -> tuple[float, str, bool]:
    """The closest bound there is, what proves it, and whether it meets the value.

    Parameters
    ----------
    value
        Of the sites.
    stated
        What the prices prove.
    deeper
        What cases prove; None where none were looked at.
    sign
        1 where plans are worth the more the better, -1 where the less.
    whole
        Whether plans are worth whole numbers.

    Returns
    -------
    bound, proof, proven
        The bound is the value itself where it is proven.
    """
    bound, proof = stated, "u"
    slack = _WHOLE if whole else PROVEN * abs(value)
    if sign * (bound - value) > slack and deeper is not None:
        if whole:
            deeper = sign * float(np.floor(sign * deeper + _WHOLE))
        if sign * deeper < sign * bound:
            bound, proof = float(deeper), "tree"
    proven = bool(sign * (bound - value) <= slack)
    return value if proven else bound, proof, proven


def is_coarse(answer: Solution, start: float, *, whole: bool) -> bool:
    """Whether the costs that savings are counted from hide digits of a plan's own cost."""
    if answer.certificate.objective != "p_median" or whole:
        return False
    checked = answer.proven and answer.certificate.proof == "u"
    return not checked and start > _COARSE * answer.value


def closest(sharp: Solution, answer: Solution) -> Solution:
    """The cheaper plan, or of equal ones that with the closer bound."""
    return min(sharp, answer, key=lambda one: (one.value, -one.bound))


def make_solution(  # noqa: PLR0913  (each is a part of the answer)
    problem: Problem,
    limits: Limits,
    certificate: Certificate,
    *,
    sites: Ints,
    value: float,
    bound: float,
    status: Status,
    reason: str,
    spare: ArrayLike = (),
    unserved: ArrayLike = (),
) -> Solution:
    """Write the solution, with the rows that nobody can serve and the site of each other row."""
    unreachable = problem.unreachable()
    if problem.objective == "p_median":
        unreachable = unreachable[np.isinf(problem.beyond[unreachable])]
    return Solution(
        sites=frozen(sites, np.int32), value=value, bound=bound, proven=status == "optimal",
        seconds=limits.used_s, status=status, certificate=certificate,
        unreachable=frozen(unreachable, np.int32), unserved=frozen(unserved, np.int32),
        assignment=assign_rows(problem, sites), spare=frozen(spare, np.int32), reason=reason,
        iterations=limits.rounds,
    )  # fmt: skip


def fill_sites(problem: Problem, chosen: Ints) -> tuple[Ints, Ints]:
    """Exactly p sites with the fixed ones, and those added though nothing is left to gain."""
    chosen = np.union1d(problem.fixed, chosen)
    rest = np.ones(problem.candidates, bool)
    rest[chosen], rest[problem.forbidden] = False, False
    spare = np.flatnonzero(rest)[: problem.p - len(chosen)].astype(np.int32)
    return np.union1d(chosen, spare).astype(np.int32), spare


def assign_rows(problem: Problem, sites: Ints) -> Ints:
    """The site of each row, the lowest of equals; -1 where none serves it. O(pairs)."""
    chosen = np.zeros(problem.candidates, bool)
    chosen[sites] = True
    pairs = np.flatnonzero(chosen[problem.candidate])
    row = np.searchsorted(problem.first, pairs, side="right") - 1
    column, cost = problem.candidate[pairs], problem.cost[pairs]
    order = np.lexsort((column, cost, row))
    owner, lead = np.unique(row[order], return_index=True)
    found = np.full(problem.rows, -1, np.int32)
    found[owner] = column[order[lead]]
    near: Floats = np.full(problem.rows, np.inf)
    near[owner] = cost[order[lead]]
    found[near > problem.beyond] = -1
    return frozen(found)
