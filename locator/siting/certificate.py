"""Check a plan without its solver: what its sites are worth, and that no sites can be worth more.

Imports numpy and `locator.siting.measures`, which imports numpy alone, and nothing else, on
purpose: who doubts the solver needs to trust only these two files.

The proof is a vector u >= 0, a price for each row (Lagrangian duality; Cornuéjols, Fisher &
Nemhauser 1977, doi:10.1287/mnsc.23.8.789). Say that a site j gives row i the gain g_ij and that a
row takes only its best site. Paying each row u_i and each site the rest of its gains,
rho_j(u) = sum_i max(0, g_ij - u_i), pays for every choice of sites: so no p sites gain more than

    sum(u) + the p largest rho_j(u)        (fixed sites always among them, forbidden ones never)

Covered weight is such a gain with g_ij = w_i. Cost is one too: what is saved against `base`, a cost
of each row that no plan needs to exceed; any `base` gives a true bound, a good one a close bound.
For a cover the same prices read: no cover is cheaper than sum(u) + sum_j min(0, c_j - U_j), where
U_j = sum of u over the rows that j covers.

Where money, floors or backups limit a coverage the same argument goes on:

- A row that lacks k sites counts when it gets n >= k of them. It is worth at most
  u_i + n (w_i - u_i)+ / k: below k sites it is worth nothing and that is not less; from k on it is
  worth w_i, and that is u_i + (w_i - u_i)+ at least. So a site earns a k-th, (w_i - u_i)+ / k.
- A plan that keeps the floors F_d loses nothing by adding lambda_d (covered_d - F_d) >= 0 for each
  area d: weights count 1 + lambda_d fold and sum lambda_d F_d is taken off. A bound below zero says
  that no plan keeps the floors, since no plan is worth less than nothing.
- A plan that keeps to the budget B loses nothing by adding rate (B - its cost) >= 0: each site
  earns rho_j - rate c_j, and the bound grows by rate B.

So with u, lambda, rate >= 0 no sites that keep to all limits are worth more than

    sum(u) - sum lambda_d F_d + rate B + the p largest (rho_j - rate c_j)+

All sums are float64. Numbers that round on the way are moved to the safe side by the most that
rounding can do (Higham 2002, section 4.2), then to a whole number where plans are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, fsum, inf, isfinite
from typing import Any

import numpy as np

from locator.siting.measures import (
    EXACT,
    Array,
    find_faults,
    find_need,
    is_limited,
    lacking_sites,
    least_floors,
    leaves_unserved,
    measure_sites,
    most_money,
    must_serve,
    owning_rows,
)

PROVEN = 1e-9  # relative: where value and bound count as equal
_ROUNDING = 2.0**-53

_DONE = frozenset({"optimal", "feasible"})  # what is asked for is kept
_NONE: Array = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What proves a bound.

    Parameters
    ----------
    objective
        As of the problem.
    proof
        "u": the bound stated is what u proves. "tree": a search through cases proved more, which
        u alone does not show. "none": nothing is known.
    u : (rows,)
        Price of each row, not negative.
    bound
        What u alone proves; see `bound_by_prices`.
    base : (rows,) or empty
        `p_median`: the cost from which savings are counted.
    level
        `p_center`: the cost below which u shows that p sites are too few. `set_cover` of a share:
        the price of a unit of weight (inf: everything has to be covered).
    twin : (candidates,) or empty
        `p_median`, `max_cover`: who stands for each candidate, itself if nobody. A site that its
        twin matches on every row where it earns more than the price is never wanted beside it.
    folds : (areas,) or empty
        With floors: the multiplier lambda of each.
    rate
        With a budget: the price of a unit of money.
    """

    objective: str
    proof: str
    u: Array
    bound: float
    base: Array
    level: float = inf
    twin: Array = field(default_factory=lambda: np.empty(0, np.int32))
    folds: Array = field(default_factory=lambda: np.empty(0))
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found: value and bound as measured again, and all that does not hold."""

    value: float
    bound: float
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether everything stated holds."""
        return not self.problems


def check_solution(problem: Any, solution: Any) -> Check:
    """Measure value and bound of a solution again, from the matrix, the sites and u alone.

    A tree proof is checked as far as its root: `bound` is then what u alone proves.
    """
    found = find_faults(problem, solution.sites)
    if found:
        return Check(np.nan, np.nan, tuple(found))
    value = measure_sites(problem, solution.sites)
    if not same(value, solution.value):
        found.append(f"value: stated {solution.value!r}, the sites are worth {value!r}")
    if solution.status in _DONE and leaves_unserved(problem, solution.sites):
        found.append("sites: rows that must be served are not, or a floor is not reached")
    certificate = solution.certificate
    try:
        bound = bound_by_certificate(problem, certificate)
    except ValueError as refused:
        return Check(value, np.nan, (*found, str(refused)))
    if not same(bound, certificate.bound):
        found.append(f"certificate: stated {certificate.bound!r}, u proves {bound!r}")
    found += _check_bound(problem, solution, value, bound)
    return Check(value, bound, tuple(found))


def _check_bound(problem: Any, solution: Any, value: float, bound: float) -> list[str]:
    """What is wrong with the bound and the words that a solution states."""
    sign = 1.0 if problem.objective == "max_cover" else -1.0
    stated, proof = solution.bound, solution.certificate.proof
    meets = stated == solution.value and solution.status in _DONE
    if len(problem.floors) and solution.status not in _DONE:
        if proof == "u" and solution.status == "infeasible" and not bound < 0:
            return [f"status: u proves {bound!r}, not below zero: floors may well be kept"]
        return ["proven, but no plan is known"] if solution.proven else []
    found = []
    if sign * (stated - value) < 0 and not same(stated, value):
        found.append(f"bound: {stated!r} is passed by the sites themselves, {value!r}")
    if solution.proven != meets:
        found.append(f"proven is {solution.proven}, but bound {stated!r} and value {value!r}")
    slack = PROVEN * abs(value) if meets else EXACT * abs(bound)
    if proof == "u" and not (stated == bound or abs(stated - bound) <= slack):
        found.append(f"bound: stated {stated!r}, u proves {bound!r}")
    if proof == "tree" and sign * (stated - bound) > EXACT * abs(bound):
        found.append(f"bound: stated {stated!r}, u alone proves more, {bound!r}")
    if proof not in {"u", "tree"} and isfinite(stated):
        found.append(f"bound: {stated!r} is stated without a proof")
    return found


def same(stated: float, measured: float) -> bool:
    """Whether two numbers agree but for the last digits."""
    return stated == measured or abs(stated - measured) <= EXACT * abs(measured)


def bound_by_certificate(problem: Any, certificate: Certificate) -> float:
    """What the prices of a certificate prove; see `bound_by_prices`."""
    return bound_by_prices(
        problem, certificate.u, certificate.base, certificate.level, certificate.twin,
        folds=certificate.folds, rate=certificate.rate,
    )  # fmt: skip


def bound_by_prices(
    problem: Any,
    u: Array,
    base: Array = _NONE,
    level: float = inf,
    twin: Array = _NONE,
    *,
    folds: Array = _NONE,
    rate: float = 0.0,
) -> float:
    """What the prices u prove, safe against rounding: no sites are worth more (cost less).

    Raises
    ------
    ValueError
        u, base, folds or rate can prove nothing: wrong length, NaN, negative, base above what a row
        may cost.
    """
    u = np.asarray(u, np.float64)
    if u.shape != (problem.rows,) or not (u >= 0).all() or not np.isfinite(u).all():
        raise ValueError(f"u: expected {problem.rows} numbers of zero or more")
    limits = _read_limits(problem, folds, rate, twin)
    if problem.objective == "p_median":
        return _bound_cost(problem, u, np.asarray(base, np.float64), (twin, limits[1]))
    if problem.objective == "max_cover":
        return _round_down(problem, _bound_weight(problem, u, twin, limits))
    if problem.objective == "set_cover":
        return _round_up(problem, _bound_cover(problem, u, level, None))
    enough = _bound_cover(problem, u, inf, problem.cost < level)
    return level if enough > problem.p else 0.0


def _read_limits(problem: Any, folds: Array, rate: float, twin: Array) -> tuple[Array, float]:
    """Multipliers of floors and rate of money, if they can prove anything."""
    folds = np.asarray(folds, np.float64) if len(folds) else np.zeros(len(problem.floors))
    if folds.shape != problem.floors.shape or not ((folds >= 0) & np.isfinite(folds)).all():
        raise ValueError(f"folds: expected {len(problem.floors)} numbers of zero or more")
    if not (isfinite(rate) and rate >= 0) or (rate > 0 and problem.budget == inf):
        raise ValueError("rate: expected zero or more, and zero without a budget")
    if len(twin) and is_limited(problem):
        raise ValueError("twin: nobody stands for another where money, floors or backups count")
    return folds, rate


def _bound_weight(problem: Any, u: Array, twin: Array, limits: tuple[Array, float]) -> float:
    """Most weight that sites can cover; see the module."""
    row, folds = owning_rows(problem.first), limits[0]
    if not is_limited(problem):
        gain = problem.weight[row]
        return sum(_bound_gain(problem, gain, np.maximum(gain - u[row], 0.0), u, twin))
    weight = problem.weight
    if len(folds):
        weight = weight * np.append(1.0 + folds, 1.0)[problem.area]
    lack = lacking_sites(problem)
    u = np.where(lack <= 0, weight, u)  # a row that has its sites is worth just its weight
    excess = np.maximum(weight[row] - u[row], 0.0) / np.maximum(lack, 1)[row]
    excess[np.isin(problem.candidate, problem.fixed)] = 0.0  # `lack` knows of them already
    asked = folds * least_floors(problem)
    total, slip = _bound_gain(problem, weight[row], excess, u, twin, limits[1])
    # Folds and divisions rounded each number too, by a part of at most 2**-51 of itself.
    return total - fsum(asked) + slip + 8.0 * _ROUNDING * (abs(total) + fsum(asked))


def _bound_gain(
    problem: Any, gain: Array, excess: Array, u: Array, twin: Array, rate: float = 0.0
) -> tuple[float, float]:
    """sum(u) + what sites can gain beyond, and the most that rounding can have hidden.

    `excess` is what each pair earns above the price of its row.
    """
    rho = np.bincount(problem.candidate, weights=excess, minlength=problem.candidates)
    rho[problem.forbidden] = 0.0
    if len(twin):
        rho[_find_dropped(problem, gain, excess, np.asarray(twin))] = 0.0
    always = fsum(rho[problem.fixed])
    rho[problem.fixed] = 0.0
    spare, priced = 0.0, 0.0
    if problem.budget < inf:
        money = most_money(problem) - fsum(problem.site_cost[problem.fixed])
        rho[problem.site_cost > money] = 0.0  # too dear for any plan
        spare, priced = rate * money, rate * fsum(problem.site_cost[rho > 0])
        rho = np.maximum(rho - rate * problem.site_cost, 0.0)
    left = min(problem.p - len(problem.fixed), problem.candidates)
    best = np.partition(rho, len(rho) - left)[len(rho) - left :] if left > 0 else rho[:0]
    total = fsum((fsum(u), always, spare, fsum(best)))
    most = int(np.bincount(problem.candidate, minlength=1).max()) + 4
    return total, _ROUNDING * most * (total + priced) * 1.01


def _find_dropped(problem: Any, gain: Array, excess: Array, twin: Array) -> Array:
    """Candidates that their twins stand for, after a look at each of their pairs.

    On every row where such a site earns more than the price its twin must gain as much: then sites
    with both are worth no more than without it, and sites with it alone no more than with the twin.
    """
    if twin.shape != (problem.candidates,) or not np.array_equal(twin[twin], twin):
        raise ValueError("twin: expected a candidate for each, which stands for itself")
    dropped: Array = np.flatnonzero(twin != np.arange(len(twin)))
    if np.isin(dropped, problem.fixed).any() or np.isin(twin[dropped], problem.forbidden).any():
        raise ValueError("twin: a fixed candidate is dropped, or a forbidden one stands for others")
    pairs = np.flatnonzero((excess > 0) & (twin != np.arange(len(twin)))[problem.candidate])
    row = (np.searchsorted(problem.first, pairs, side="right") - 1).astype(np.int64)
    wanted = row * problem.candidates + twin[problem.candidate[pairs]]
    keys = owning_rows(problem.first).astype(np.int64) * problem.candidates + problem.candidate
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    if not ((keys[place] == wanted) & (gain[place] >= gain[pairs])).all():
        raise ValueError("twin: one gains less than the candidate that it stands for")
    return dropped


def _bound_cost(problem: Any, u: Array, base: Array, limits: tuple[Array, float]) -> float:
    """What p sites must cost: the base less what they can save; `limits` are twins and rate."""
    if base.shape != (problem.rows,) or not (np.isfinite(base) & (base >= 0)).all():
        raise ValueError(f"base: expected {problem.rows} finite costs of zero or more")
    free = ~must_serve(problem) & np.isinf(problem.beyond)
    if (base > problem.beyond).any() or (base[free & (problem.weight > 0)] > 0).any():
        raise ValueError("base: above what a row may cost")
    row = owning_rows(problem.first)
    gain = np.maximum(base[row] - problem.cost, 0.0)
    gain *= problem.weight[row]
    saved, slip = _bound_gain(problem, gain, np.maximum(gain - u[row], 0.0), u, *limits)
    start = problem.weight * base
    total = fsum(start)
    # Each gain and each start was rounded too, by a part of at most 2**-52 of itself.
    bound = total - saved - slip - 4.0 * _ROUNDING * (total + saved)
    return _round_up(problem, max(bound, 0.0))


def _bound_cover(problem: Any, u: Array, level: float, kept: Array | None) -> float:
    """What a cover must cost, fixed sites included; inf where a row has no pair that is kept."""
    row, column = owning_rows(problem.first), problem.candidate
    price = u[row]
    if kept is not None:
        ends = np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))
        bare = ends[problem.first[1:]] == ends[problem.first[:-1]]
        if (bare & must_serve(problem)).any():
            return inf
        row, column, price = row[kept], column[kept], price[kept]
    paid = np.bincount(column, weights=price, minlength=problem.candidates)
    cost = problem.site_cost - paid
    cost[problem.forbidden] = 0.0
    always = fsum(cost[problem.fixed])
    cost[problem.fixed] = 0.0
    over = fsum(np.minimum(cost, 0.0))
    must = must_serve(problem)
    if level == inf:
        asked = fsum(u[must])  # the other rows ask for nothing, so their price proves nothing
    else:
        need = find_need(problem) if problem.share < 1.0 else fsum(problem.weight[must])
        asked = level * need + fsum(np.minimum(u - level * problem.weight, 0.0))
    slip = _ROUNDING * (len(column) + 4) * (abs(asked) + abs(over) + abs(always))
    return asked + over + always - slip


def _round_down(problem: Any, bound: float) -> float:
    return float(floor(bound)) if problem.integral and isfinite(bound) else bound


def _round_up(problem: Any, bound: float) -> float:
    return float(ceil(bound)) if problem.integral and isfinite(bound) else bound
