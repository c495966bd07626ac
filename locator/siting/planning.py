"""Make a plan: pose the question, solve it, and measure again what its sites are worth."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Ints, frozen
from locator.counting import find_demand
from locator.pieces import locate_on_streets
from locator.siting.build_order import order_plan, used_columns
from locator.siting.candidates import Candidates, default_points
from locator.siting.plan import Plan, Proof
from locator.siting.posing import build_problem
from locator.siting.solving import solve
from locator.siting.today import measure_today, see_today
from locator.siting.unreached import list_unreached

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.siting.city_problem import CityProblem
    from locator.siting.question import PlanQuestion
    from locator.siting.solution import Report, Solution, Stop
    from locator.version import CityVersion

_BUILDING = 0.2  # of the progress
_POSED = 0.25
NOTHING_TO_GAIN = "nothing_to_gain"
_FIELDS = ("proof", "u", "bound", "base", "level", "twin", "folds", "rate")


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look, and where to begin.

    Parameters
    ----------
    time_limit_s, iterations, seed
        As of `solving.solve`.
    start
        Sites to begin with: (street, offset); those that are no candidates are left out.
    """

    time_limit_s: float = 60.0
    iterations: int | None = None
    seed: int = 0
    start: tuple[tuple[int, float], ...] = ()


def make_plan(
    version: CityVersion,
    question: PlanQuestion,
    *,
    candidates: Candidates | None = None,
    effort: Effort | None = None,
    report: Report | None = None,
    should_stop: Stop | None = None,
) -> Plan:
    """The best sites that are found in the time, with a bound that no others can pass.

    Parameters
    ----------
    candidates
        Where sites may stand; None for crossings and points between them, see `default_points`.
    report, should_stop
        Hears value, bound and gap; True ends the search, and what is known by then is the plan.

    Raises
    ------
    InputError, NotFoundError
        As of `posing.build_problem`.
    """
    begun, effort = time.perf_counter(), effort or Effort()
    tell = report or (lambda _share, _text: None)
    tell(0.0, "candidates")
    if candidates is None:
        network = version.network(question.mode, timed=question.timed)
        candidates = default_points(doors_of(version, network), question.limit)
    city = build_problem(
        version, question, candidates, lambda share, text: tell(share * _BUILDING, text)
    )
    tell(_POSED, "problem")
    answer = None
    if city.problem is not None:
        answer = solve(
            city.problem, time_limit_s=effort.time_limit_s, seed=effort.seed,
            iterations=effort.iterations, should_stop=should_stop,
            start=_find_start(city, effort.start).tolist(),
            report=lambda share, text: tell(_POSED + (1.0 - _POSED) * min(share, 0.999), text),
        )  # fmt: skip
    plan = conclude(city, answer, effort.seed, begun)
    tell(1.0, "done")
    return plan


def doors_of(version: CityVersion, network: StreetNetwork) -> StreetNetwork:
    """The network on whose streets stations of a mode stand."""
    return version.network(network.mode.snap or network.mode.code)


def _find_start(city: CityProblem, start: Iterable[tuple[int, float]]) -> Ints:
    """Columns of the sites to begin with, with what is fixed."""
    made = city.candidates
    place = {
        (street, round(offset, 3)): row
        for row, (street, offset) in enumerate(
            zip(made.street.tolist(), made.offset_m.tolist(), strict=True)
        )
    }
    rows = {place.get((street, round(offset, 3)), -1) for street, offset in start} - {-1}
    if not rows:
        return frozen([], np.int32)
    return city.columns_of(frozen(sorted(rows), np.int32))


def conclude(city: CityProblem, answer: Solution | None, seed: int, begun: float) -> Plan:
    """The plan of a solution, measured again on the streets."""
    order, gain = order_plan(city, used_columns(city, answer))
    today, made = city.today, city.candidates
    street, offset = made.street[order], made.offset_m[order]
    sites = list(zip(street.tolist(), offset.tolist(), strict=True))
    after = today.version.with_scenario(build=sites, kind=today.question.kind)
    xy = locate_on_streets(today.network.streets, street, offset)
    before, then = measure_today(today), measure_today(see_today(after, today.question))
    value, bound, proven = _judge(city, answer)
    return Plan(
        question=today.question, status=answer.status if answer else NOTHING_TO_GAIN,
        reason=_tell_reason(city, answer), within_m=today.question.limit, unit=_unit(city),
        street=frozen(street, np.int32), offset_m=frozen(offset),
        lonlat_deg=frozen(today.version.to_lonlat(xy).reshape(-1, 2)),
        labels=tuple(made.label(row) for row in order.tolist()), gain=gain, value=value,
        bound=bound, proven=proven, proof=_prove(city, answer), before=before, after=then,
        exact=_measure_exact(city, then, bound), unreached=list_unreached(city), candidates=made,
        inputs=hash_inputs(city), seconds=time.perf_counter() - begun, seed=seed,
        iterations=answer.iterations if answer else 0, notes=_notes(city),
    )  # fmt: skip


def _judge(city: CityProblem, answer: Solution | None) -> tuple[float, float | None, bool]:
    """Value, bound and whether they meet, in the unit of the plan."""
    if answer is None:
        return city.start, city.start, True
    value, bound = city.value(answer.value), city.bound(answer)
    if answer.certificate.proof == "none" and not answer.proven:
        return value, None, False
    # The bound of a proven answer is its value, unless ways were cut short before they met.
    return value, bound, answer.proven and bound == value


def _tell_reason(city: CityProblem, answer: Solution | None) -> str:
    parts = [city.reason]
    if answer is not None:
        parts.append(_say_first(answer))
        if len(answer.spare):
            count = len(answer.spare)
            parts.append(
                f"{count}个站不会增加什么，已略去 {count} sites would add nothing and are left out"
            )
    return "; ".join(part for part in parts if part)


def _say_first(answer: Solution) -> str:
    """A solver's reason with the Chinese words first."""
    if not answer.reason:
        return ""
    words = {"infeasible": "做不到全部要求", "optimal": "有些路段没有可选的候选点"}
    return f"{words.get(answer.status, '还没有证明最优')} {answer.reason}"


def _notes(city: CityProblem) -> tuple[str, ...]:
    """What a reader has to know beside the numbers."""
    notes, question = [], city.question
    if question.objective == "sites" and question.new is not None:
        notes.append(
            f"本目标求最少站数，--new {question.new} 不起作用 fewest sites are asked for: "
            f"--new {question.new} is ignored"
        )
    if np.isfinite(city.far) and question.limit is None:
        notes.append(
            f"超过 {city.far:,.0f} m 的路程按 {city.far:,.0f} m 计 ways beyond {city.far:,.0f} m "
            f"count as {city.far:,.0f} m: the city is too large to look at all of them"
        )
    if city.slack > 0:
        notes.append(
            f"路段按中点计算，实际值相差不超过 {_tell_slack(city)} pieces of street are "
            f"taken at their middle: exact figures lie within {_tell_slack(city)}"
        )
    return tuple(notes)


def _tell_slack(city: CityProblem) -> str:
    """How far pieces may be off, rounded up, with its unit."""
    return f"{np.ceil(city.slack * 10.0) / 10.0:,.1f} {_unit(city)}"


def _unit(city: CityProblem) -> str:
    """What the value is counted in."""
    if city.question.objective == "sites":
        return "sites"
    if city.question.objective in {"mean", "worst"}:
        return "m"
    return city.today.counted.unit


def _prove(city: CityProblem, answer: Solution | None) -> Proof | None:
    if answer is None or city.problem is None:
        return None
    certificate = answer.certificate
    prices = {name: getattr(certificate, name) for name in _FIELDS}
    kind = None if certificate.proof == "none" else certificate.proof
    level = float(prices["level"])
    prices["level"] = level if np.isfinite(level) else "inf"
    return Proof(
        kind, used_columns(city, answer), answer.value, answer.bound, answer.status, prices,
        city.problem.hash,
    )  # fmt: skip


def _measure_exact(city: CityProblem, after: dict[str, Any], bound: float | None) -> dict[str, Any]:
    """Mean and worst as they are on the streets, and what bounds them."""
    if city.question.objective == "mean":
        least = None if bound is None else max(bound - city.slack, 0.0)
        return {"value": after["mean_m"], "bound": least, "slack": city.slack}
    if city.question.objective == "worst":
        return {"value": after["worst_m"], "bound": bound, "slack": city.slack}
    return {"slack": city.slack} if city.slack else {}


def hash_inputs(city: CityProblem) -> dict[str, str]:
    """Hashes of all that the answer depends on, by name."""
    version, question = city.today.version, city.question
    found = {
        "streets": version.streets.hash,
        "stations": version.stations.hash,
        "candidates": city.candidates.hash,
    }
    if question.demand:
        found["demand"] = find_demand(version, question.demand).demand.hash
    if version.store.barred is not None:
        found["barriers"] = version.version
    return found
