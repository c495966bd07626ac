"""What a leader asks of a plan next: in which order to build, and what else would do as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locator.errors import InputError
from locator.siting.alternatives import find_alternatives
from locator.siting.ordering import nest_plans
from locator.siting.posing import build_problem
from locator.siting.solving import solve

if TYPE_CHECKING:
    from locator.arrays import Floats
    from locator.siting.city_problem import CityProblem
    from locator.siting.plan import Plan
    from locator.siting.problem import Problem
    from locator.version import CityVersion

_NESTED = ("coverage", "mean", "worst")


def study_order(
    version: CityVersion, plan: Plan, *, time_limit_s: float = 60.0, iterations: int | None = None
) -> dict[str, Any]:
    """The build order of a plan beside the best plan of each size.

    Returns
    -------
    dict
        `sites` in build order; after each, the order's `value` and what the `best` plan of as many
        sites has, with its bound; the `price` of nesting, and what it can be `at_most`; what each
        site adds (`gain`), and adds for a unit of its cost.

    Raises
    ------
    InputError
        The objective asks for no number of sites, or nothing is built.
    """
    if plan.question.objective not in _NESTED:
        raise InputError(f"order: expected {', '.join(_NESTED)}, got {plan.question.objective}")
    city, problem, columns = _pose(version, plan)
    nesting = nest_plans(
        problem, columns, time_limit_s=time_limit_s, seed=plan.seed, iterations=iterations
    )
    order, scale = nesting.order, abs(city.scale)
    rows = city.rows_of(order.sites)
    costs = city.candidates.costs[rows]
    gain = order.gain * scale
    return {
        "sites": [city.candidates.label(row) for row in rows.tolist()],
        "value": [city.value(one) for one in order.value[1:].tolist()],
        "gain": gain.tolist(),
        "gain_per_cost": _divide(gain, costs) if len(city.candidates.cost) else None,
        "best": [
            {"value": city.value(one.value), "bound": city.value(one.bound), "proven": one.proven}
            for one in nesting.best
        ],
        "price": (nesting.price * scale).tolist(),
        "price_at_most": (nesting.price_at_most * scale).tolist(),
    }


def study_alternatives(
    version: CityVersion, plan: Plan, *, most: int, differ: int, within: float = 0.05,
    time_limit_s: float = 60.0, iterations: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Other plans nearly as good, each with `differ` sites that the others lack.

    Parameters
    ----------
    most, differ, within
        How many, in how many sites, and how much worse they may be as a share of the value.

    Raises
    ------
    InputError
        As of `alternatives.find_alternatives`.
    """
    city, problem, columns = _pose(version, plan)
    answer = solve(
        problem, time_limit_s=time_limit_s / 2, seed=plan.seed, iterations=iterations,
        start=columns,
    )  # fmt: skip
    found = find_alternatives(
        problem, answer, most=most, within=within, differ=differ,
        time_limit_s=time_limit_s / 2, seed=plan.seed, iterations=iterations,
    )  # fmt: skip
    made = city.candidates
    return {
        "plans": [
            {
                "sites": [made.label(row) for row in city.rows_of(one.sites).tolist()],
                "value": city.value(one.value),
                "behind": one.behind,
                "differs": one.differs.tolist(),
            }
            for one in found.plans
        ],
        "reason": found.reason,
        "proven": found.proven,
    }


def _pose(version: CityVersion, plan: Plan) -> tuple[CityProblem, Problem, list[int]]:
    """The plan's problem once more, and its columns."""
    city = build_problem(version, plan.question, plan.candidates)
    if city.problem is None or plan.proof is None or not len(plan.street):
        raise InputError("the plan builds nothing, so there is nothing to order or to exchange")
    return city, city.problem, np.union1d(plan.proof.columns, city.problem.fixed).tolist()


def _divide(gain: Floats, cost: Floats) -> list[float | None]:
    return [g / c if c > 0 else None for g, c in zip(gain.tolist(), cost.tolist(), strict=True)]
