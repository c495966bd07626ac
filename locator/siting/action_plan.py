"""Which actions to take: build, extend, upgrade, move, close, with a bound on all other choices."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.hours import describe_hours, format_hours
from locator.pieces import locate_on_streets
from locator.siting.actions import BUILD, EXTEND, KEEP, MOVE, UPGRADE, Action
from locator.siting.certificate import Certificate, bound_by_certificate
from locator.siting.exclusion import Choice, choose_apart
from locator.siting.ordering import order_sites
from locator.siting.packing import pack
from locator.siting.plan_document import hash_document, measure_gap, write_plan
from locator.siting.problem import NO_FLOATS, NO_INTS

if TYPE_CHECKING:
    from locator.arrays import Floats, Ints
    from locator.siting.action_problem import ActionProblem
    from locator.siting.candidates import LeftOut
    from locator.siting.problem import Problem
    from locator.siting.solution import Stop

_SAME = 1e-9
NOTHING_LEFT = "nothing is left to gain: no action covers more than there is already"
NO_BOUND = "no bound"


@dataclass(frozen=True, slots=True, eq=False)
class ActionPlan:
    """Actions in the order of doing, with what they are worth.

    Parameters
    ----------
    posed
        The question and what may be done.
    status
        "optimal", "feasible", "infeasible", "unknown", or "nothing_to_gain".
    order : (n,) int32
        Actions chosen, the most gain first.
    gain : (n,)
        What each adds after those before it, in `unit`: mean over the hours.
    value, bound
        What is covered more than with the stations that stay; no choice gains more than `bound`,
        None where there is no bound.
    after : float
        What is covered with the actions, measured again by the exact coverage.
    cases
        Problems that were solved because of actions that exclude each other.
    free : float or None
        With floors: the value without them; `free_bound` is its bound.
    problem
        Hash of the problem, "" where nothing was left.
    prices
        What proves the bound: see `certificate.Certificate`.
    left_out
        Places that were proposed and are no candidates, with the reason.
    """

    posed: ActionProblem
    status: str
    order: Ints
    gain: Floats
    value: float
    bound: float | None
    proven: bool
    certificate: str | None
    after: float
    cases: int
    reason: str
    seconds: float
    seed: int
    free: float | None = None
    free_bound: float | None = None
    problem: str = ""
    prices: dict[str, Any] | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What to do, in order; keeping a station is no doing and stands in `kept`."""
        return tuple(one for one in self._chosen if one.verb != KEEP)

    @property
    def _chosen(self) -> tuple[Action, ...]:
        return tuple(self.posed.actions[i] for i in self.order.tolist())

    @property
    def kept(self) -> tuple[str, ...]:
        """Codes of the stations that may be closed and are not."""
        return tuple(sorted(one.code for one in self._chosen if one.verb == KEEP))

    @property
    def closed(self) -> tuple[str, ...]:
        """Codes of the stations that are closed, and not moved either."""
        stay = {one.group for one in self._chosen if one.verb in (KEEP, MOVE)}
        leaving = [one for one in self.posed.actions if one.verb == KEEP]
        return tuple(sorted(one.code for one in leaving if one.group not in stay))

    @property
    def spent(self) -> float:
        """What all of it costs, keeping included."""
        return fsum(one.cost for one in self._chosen)

    @property
    def gap(self) -> float | None:
        """How far the plan may be from the best possible, as a share; None without a bound."""
        return measure_gap(self.value, self.bound)

    @property
    def unit(self) -> str:
        """What is counted."""
        return self.posed.counted.unit

    @property
    def price_of_floors(self) -> float | None:
        """What the plan would gain more if no district had a floor; None where none has one."""
        return None if self.free is None else self.free - self.value

    @property
    def counts(self) -> dict[str, int]:
        """How many of each: built, extended, upgraded, moved, closed, kept."""
        found = dict.fromkeys((BUILD, EXTEND, UPGRADE, MOVE), 0)
        for one in self.actions:
            found[one.verb] += 1
        return found | {"close": len(self.closed), "keep": len(self.kept)}

    def to_json(self) -> dict[str, Any]:
        """The document of `locator plan --json` where actions or money are asked for."""
        posed, today = self.posed, self.posed.today
        total, share = posed.total, 1.0 / posed.total if posed.total > 0 else 0.0
        document: dict[str, Any] = {
            "objective": "coverage",
            "status": self.status,
            "sites": _list_actions(self),
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "proven": self.proven,
            "certificate": self.certificate or NO_BOUND,
            "before": {"covered_m": today, "share": today * share},
            "after": {"covered_m": self.after, "share": self.after * share},
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "unit": self.unit,
            "total": total,
            "standing": posed.before,
            "reason": self.reason,
            "question": posed.question.to_json(),
            "counts": self.counts,
            "closed": list(self.closed),
            "kept": list(self.kept),
            "budget": posed.question.budget,
            "spent": self.spent,
            "cases": self.cases,
            "hours": [
                {"weight": weight, "moments": list(labels)}
                for weight, labels in zip(
                    posed.classes.weight.tolist(), posed.classes.labels, strict=True
                )
            ],
            "floors": _list_floors(self),
            "price_of_floors": self.price_of_floors,
            "free": {"value": self.free, "bound": self.free_bound},
            "inputs": hash_inputs(posed) | {"problem": self.problem},
            "now": posed.now.isoformat(),
            "left_out": [{"candidate": code, "reason": why} for code, why in self.left_out],
            "choices": [_describe(one) for one in posed.actions],
            "proof": None
            if self.prices is None
            else {
                "columns": self.order.tolist(),
                "prices": {
                    name: pack(one) if name != "rate" else one for name, one in self.prices.items()
                },
            },
        }
        document["hash"] = hash_document(document)
        return document

    def save(self, path: Path) -> None:
        """Write the document to a file; see `plan_document.write_plan`."""
        write_plan(path, self.to_json())


def plan_actions(
    posed: ActionProblem,
    *,
    time_limit_s: float = 60.0,
    seed: int = 0,
    iterations: int | None = None,
    should_stop: Stop | None = None,
) -> ActionPlan:
    """Choose the actions that cover most within what limits them.

    Where districts have floors, the problem is solved without them as well: that is their price.

    Parameters
    ----------
    time_limit_s, seed, iterations, should_stop
        As of `solving.solve`.
    """
    begun = time.perf_counter()
    problem = posed.problem
    if problem is None:
        broken = _lacking(posed)
        return ActionPlan(
            posed, "infeasible" if broken else "nothing_to_gain", NO_INTS, NO_FLOATS, 0.0, 0.0,
            not broken, None, posed.measure(NO_INTS), 0, broken or NOTHING_LEFT,
            time.perf_counter() - begun, seed,
        )  # fmt: skip
    effort: dict[str, Any] = {
        "time_limit_s": time_limit_s, "seed": seed, "iterations": iterations,
        "should_stop": should_stop,
    }  # fmt: skip
    choice = choose_apart(problem, posed.groups, **effort)
    free = None
    if len(problem.floors) and problem.floors.any():
        bare = replace(problem, area=NO_INTS, floors=NO_FLOATS)
        free = choose_apart(bare, posed.groups, **effort)
    return _conclude(posed, problem, choice, free, (begun, seed))


def _conclude(
    posed: ActionProblem, problem: Problem, choice: Choice, free: Choice | None,
    run: tuple[float, int],
) -> ActionPlan:  # fmt: skip
    """The plan of a choice, measured again."""
    root = choice.root
    order = order_sites(problem, choice.sites.tolist())
    status = "optimal" if choice.proven else "feasible"
    if not choice.found:
        status = "infeasible" if root.status == "infeasible" or choice.cases > 1 else root.status
    bound, certificate, prices = _bound(problem, choice)
    return ActionPlan(
        posed, status, order.sites, order.gain, choice.value,
        bound if choice.found else None, choice.proven, certificate,
        posed.measure(order.sites), choice.cases,
        "" if choice.proven else name_areas(root.reason, posed.counted.areas),
        time.perf_counter() - run[0], run[1],
        None if free is None or not free.found else free.value,
        None if free is None or not free.found else free.bound, problem.hash, prices,
    )  # fmt: skip


def _bound(problem: Problem, choice: Choice) -> tuple[float | None, str | None, dict[str, Any]]:
    """The bound, what proves it, and its prices; never more than all that there is to gain.

    The weights themselves are prices that prove as much: each row is paid in full.
    """
    root = choice.root.certificate
    prices = {name: getattr(root, name) for name in ("u", "folds", "twin", "rate")}
    plain = Certificate(
        problem.objective, "u", problem.weight, 0.0, NO_FLOATS,
        folds=np.zeros(len(problem.floors)),
    )  # fmt: skip
    everything = bound_by_certificate(problem, plain)
    known = choice.proven or choice.certificate is not None
    if choice.proven or (known and choice.bound <= everything):
        return choice.bound, choice.certificate, prices
    return everything, "u", {name: getattr(plain, name) for name in prices}


def name_areas(reason: str, areas: tuple[str, ...]) -> str:
    """A solver's words with the districts' names in place of their numbers."""
    for number in reversed(range(len(areas))):
        reason = reason.replace(f"area {number}:", f"district {areas[number]}:")
        reason = reason.replace(f"area {number} ", f"district {areas[number]} ")
    return reason


def hash_inputs(posed: ActionProblem) -> dict[str, str]:
    """Hashes of all that the answer depends on, by name; to tell what changed."""
    actions = repr([
        (one.label, one.group, one.street, round(one.offset_m, 6), repr(one.hours), one.cost)
        for one in posed.actions
    ])  # fmt: skip
    hours = repr([
        (weight, is_open.tolist())
        for weight, is_open in zip(posed.classes.weight.tolist(), posed.classes.open, strict=True)
    ])  # fmt: skip
    found = {"actions": actions, "hours": hours, "counted": repr((
        posed.counted.weight.tobytes(), posed.counted.span_m.tobytes()
    ))}  # fmt: skip
    return {
        "streets": posed.version.streets.hash,
        "stations": posed.version.stations.hash,
    } | {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in found.items()}


def _list_actions(plan: ActionPlan) -> list[dict[str, Any]]:
    version, listed, total = plan.posed.version, [], 0.0
    gains = dict(zip(plan.order.tolist(), plan.gain.tolist(), strict=True))
    for number, gain in gains.items():
        one = plan.posed.actions[number]
        total += gain
        xy = locate_on_streets(
            version.streets, np.array([one.street], np.int32), np.array([one.offset_m])
        )
        lon, lat = version.to_lonlat(xy).reshape(-1, 2)[0].tolist()
        listed.append({
            "action": one.verb, "candidate": one.code, "name": one.name, "lon": lon, "lat": lat,
            "street": one.street, "offset_m": one.offset_m, "cost": one.cost,
            "hours": describe_hours(one.hours), "gain": gain, "cumulative": total,
            "gain_per_cost": gain / one.cost if one.cost > 0 else None, "group": one.group,
        })  # fmt: skip
    return listed


def _list_floors(plan: ActionPlan) -> list[dict[str, Any]]:
    """Each floor with what is covered before and after."""
    from locator.siting.measures import cover_areas

    posed = plan.posed
    after = posed.area_before.copy()
    if posed.problem is not None and len(posed.problem.area):
        after = after + cover_areas(posed.problem, plan.order)
    listed = []
    for name, share in posed.question.floors.items():
        i = posed.counted.areas.index(name)
        total = float(posed.area_total[i])
        listed.append({
            "district": name, "floor": share, "total": total,
            "before": float(posed.area_before[i]) / total if total else 0.0,
            "after": float(after[i]) / total if total else 0.0,
        })  # fmt: skip
    return listed


def _describe(one: Action) -> dict[str, Any]:
    """An action as a check reads it back."""
    return {
        "verb": one.verb, "code": one.code, "group": one.group, "street": one.street,
        "offset_m": one.offset_m, "snap_m": one.snap_m, "hours": format_hours(one.hours),
        "cost": one.cost, "name": one.name,
    }  # fmt: skip


def _lacking(posed: ActionProblem) -> str:
    """Which floor is not kept where no action can change anything; "" where all are."""
    for name, share in posed.question.floors.items():
        i = posed.counted.areas.index(name)
        if posed.area_before[i] < share * posed.area_total[i] * (1 - _SAME):
            return f"floor of district {name}: no action covers anything more there"
    return ""
