"""Check a plan of actions against the city, and say which input changed since it was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.errors import InputError
from locator.hours import read_hours
from locator.siting.action_plan import hash_inputs
from locator.siting.action_problem import ActionProblem, pose_actions
from locator.siting.action_question import ActionQuestion
from locator.siting.actions import Action
from locator.siting.certificate import Certificate, bound_by_certificate, same
from locator.siting.measures import find_faults, measure_sites
from locator.siting.packing import unpack
from locator.siting.plan_document import hash_document

if TYPE_CHECKING:
    from locator.version import CityVersion

_INPUTS = {
    "streets": "the streets changed",
    "stations": "stations were added, closed, moved, or their hours changed",
    "actions": "what may be done changed: places, hours or costs",
    "hours": "who is open at the hours that count changed",
    "counted": "what counts changed: demand, districts or classes of street",
    "problem": "what each action gains changed",
}


_EXACT = 1e-9  # relative, of what is measured by another way


@dataclass(frozen=True, slots=True)
class ActionCheck:
    """What a check found: value and bound as measured again, and all that does not hold."""

    value: float | None
    bound: float | None
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document of `locator plan verify`."""
        return {
            "ok": not self.problems,
            "value": self.value,
            "bound": self.bound,
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def is_action_plan(document: dict[str, Any]) -> bool:
    """Whether a plan's document is one of actions."""
    return "choices" in document


def verify_actions(version: CityVersion, document: dict[str, Any]) -> ActionCheck:
    """Check value and bound of a plan of actions anew from the city, without its solver.

    Raises
    ------
    InputError
        The document is none of a plan of actions.
    """
    try:
        question = ActionQuestion(**document["question"])
        actions = [_reread(one) for one in document["choices"]]
        now = datetime.fromisoformat(document["now"])
        stated = float(document["value"])
        columns = np.array((document["proof"] or {"columns": []})["columns"], np.int32)
    except (KeyError, TypeError, ValueError) as problem:
        raise InputError(f"the plan of actions is not understood: {problem}") from problem
    problems = []
    if document.get("hash") != hash_document(document):
        problems.append("the file was changed after it was written: its hash is another one")
    posed = pose_actions(version, question, actions, now=now)
    found = hash_inputs(posed) | {"problem": posed.problem.hash if posed.problem else ""}
    problems += [
        f"{name}: {words}"
        for name, words in _INPUTS.items()
        if document.get("inputs", {}).get(name) != found[name]
    ]
    value, bound, notes = _measure(posed, document, columns, problems)
    if not same(stated, value):
        problems.append(f"value: {stated:.12g} is stated, {value:.12g} is measured")
    return ActionCheck(value, bound, tuple(problems), tuple(notes))


def _measure(
    posed: ActionProblem, document: dict[str, Any], columns: Any, problems: list[str]
) -> tuple[float, float | None, list[str]]:
    """Value and bound of the stated choice; what does not hold is added to the problems."""
    problem = posed.problem
    if problem is None:
        return 0.0, 0.0, ["nothing is left to gain, so there is nothing to check"]
    if len(columns) and not (columns.min() >= 0 and columns.max() < problem.candidates):
        problems.append("an action is chosen that is not among the choices")
        return 0.0, None, []
    value = measure_sites(problem, np.sort(columns))
    if document["status"] in {"optimal", "feasible"}:
        problems += find_faults(problem, np.sort(columns))
    groups = [posed.groups[i] for i in columns.tolist()]
    if len(set(groups)) < len(groups):
        problems.append("two actions of one station are chosen: at most one may be")
    after = posed.measure(columns)
    told = float(document["after"]["covered_m"])
    if not same(told, after):
        problems.append(f"after: {told:.12g} is stated, {after:.12g} is covered with the actions")
    if abs(posed.before + value - after) > _EXACT * max(after, 1.0):
        problems.append(f"value: the actions add {after - posed.before:.12g} to the coverage")
    bound, notes = _check_bound(posed, document, problems)
    return value, bound, notes


def _check_bound(
    posed: ActionProblem, document: dict[str, Any], problems: list[str]
) -> tuple[float | None, list[str]]:
    stated, proof = document["bound"], document["proof"]
    if stated is None or proof is None or posed.problem is None:
        return None, ["no bound is stated"]
    prices = proof["prices"]
    if prices["u"]["count"] != posed.problem.rows:
        problems.append("bound: the prices belong to another problem")
        return None, []
    made = Certificate(
        "max_cover", "u", unpack(prices["u"], "u"), 0.0, np.empty(0),
        twin=unpack(prices["twin"], "twin"), folds=unpack(prices["folds"], "folds"),
        rate=float(prices["rate"]),
    )  # fmt: skip
    shown = bound_by_certificate(posed.problem, made)
    if document["certificate"] == "u":
        if float(stated) < shown and not same(float(stated), shown):
            problems.append(f"bound: {stated:.12g} is stated, the prices prove {shown:.12g}")
        return shown, []
    return shown, [f"cases proved more than the prices, which prove {shown:.12g}: not checked"]


def _reread(one: dict[str, Any]) -> Action:
    return Action(
        str(one["verb"]), str(one["code"]), str(one["group"]), int(one["street"]),
        float(one["offset_m"]), read_hours(one["hours"]).hours, float(one["cost"]),
        float(one["snap_m"]), str(one["name"]),
    )  # fmt: skip
