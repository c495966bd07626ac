"""Options of `locator plan` for money, hours, floors and actions, and the plan they ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from locator.candidate_options import make_candidates
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.siting.action_plan import ActionPlan
    from locator.siting.actions import Action
    from locator.siting.candidates import Candidates
    from locator.siting.solution import Stop
    from locator.view import CityView

F = TypeVar("F", bound=Callable[..., Any])
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_NAMES = (
    "budget", "hours", "extend_hours", "extend_to", "extend_cost", "upgrade_cost", "closable",
    "move_cost", "floors", "backup", "classes",
)  # fmt: skip


def action_options(command: F) -> F:
    """Add the options; `take_actions` reads them off again."""
    for option in reversed((
        click.option("--budget", type=float, metavar="YUAN",
                     help="总预算，元。What all of it may cost together."),
        click.option("--hours", default="", metavar="TIMES",
                     help='按这些时刻的平均覆盖，如 "Mon 15:00, Sun 23:00=2"；week 为整周。'
                     "Mean over these times, with weights; week: over the whole week."),
        click.option("--extend-hours", is_flag=True,
                     help="也可延长现有站的开放时间。Stations may also be kept open longer,"),
        click.option("--extend-to", default="22:00", show_default=True, metavar="HH:MM",
                     help="延到几点；24:00 为全天。until then; 24:00 is all day and night,"),
        click.option("--extend-cost", type=float, default=1.0, show_default=True, metavar="YUAN",
                     help="每站延时的费用。at that cost each."),
        click.option("--upgrade-cost", type=float, metavar="YUAN",
                     help="可把其他类别的站改造成本类别。Stations of other kinds may be "
                     "made over."),
        click.option("--may-close", "closable", multiple=True, metavar="CODE=YUAN",
                     help="可关闭的站和保留它的费用。A station that may be closed; keeping it "
                     "costs."),
        click.option("--move-cost", type=float, metavar="YUAN",
                     help="可关闭的站也可迁到候选点。Those may also be moved to a candidate."),
        click.option("--floor", "floors", multiple=True, metavar="DISTRICT=SHARE",
                     help="某区县的覆盖底线，如 320601=60%。Least share of a district."),
        click.option("--backup", type=click.IntRange(min=1), default=1, show_default=True,
                     help="限距内要有几个站才算覆盖。How many stations have to be in reach."),
        click.option("--weigh", "classes", multiple=True, metavar="CLASS=FACTOR",
                     help="某级道路每米算几米。What a metre of a class of street counts."),
    )):  # fmt: skip
        command = option(command)
    return command


def take_actions(words: dict[str, Any]) -> dict[str, Any]:
    """Take the words of these options out of all words of the command."""
    return {name: words.pop(name) for name in _NAMES}


def asks_actions(told: dict[str, Any]) -> bool:
    """Whether any of the options asks for a plan of actions."""
    plain = ("budget", "upgrade_cost", "move_cost")
    return (
        any(told[name] is not None for name in plain)
        or any(told[name] for name in ("hours", "extend_hours", "closable", "floors", "classes"))
        or told["backup"] > 1
    )


def plan_of_actions(  # noqa: PLR0913  (each is a part of the command)
    view: CityView,
    told: dict[str, Any],
    places: dict[str, Any],
    words: dict[str, Any],
    *,
    new: int | None,
    time_limit: float,
    iterations: int | None,
    seed: int,
    should_stop: Stop,
) -> ActionPlan:
    """The plan that the options ask for.

    Raises
    ------
    InputError
        Options that do not go together, or cannot be read.
    """
    from locator.siting.action_plan import plan_actions
    from locator.siting.action_problem import pose_actions
    from locator.siting.action_question import ActionQuestion

    _refuse_others(words)
    question = ActionQuestion(
        within=words["within"], budget=told["budget"],
        most=new if new is not None or told["budget"] is not None else _USUAL,
        kind=words["kind"], mode=words["mode"], demand=words["demand"], hours=told["hours"],
        depth=told["backup"], classes=_pairs(told["classes"], "--weigh"),
        floors=_pairs(told["floors"], "--floor"), years=places["years"],
    )  # fmt: skip
    candidates = _candidates(view, places, words)
    posed = pose_actions(view, question, _list_actions(view, told | places, candidates, words))
    made = plan_actions(
        posed, time_limit_s=time_limit, iterations=iterations, seed=seed, should_stop=should_stop
    )
    return replace(made, left_out=candidates.left_out)


_USUAL = 5


def _candidates(view: CityView, places: dict[str, Any], words: dict[str, Any]) -> Candidates:
    from locator.siting.candidates import default_points
    from locator.siting.spots import settle_spots

    mode = words["mode"]
    network, limit = view.metric(words["within"], mode)
    made = make_candidates(
        view, places, within=words["within"], kind=words["kind"], mode=mode
    )  # fmt: skip
    doors = view.network(network.mode.snap or mode)
    standing = view.placement(kind=words["kind"], mode=mode, timed=network.timed).snapped
    if made is None:
        made = default_points(doors, limit)
    return settle_spots(made, doors, standing)


def _list_actions(
    view: CityView, told: dict[str, Any], candidates: Candidates, words: dict[str, Any]
) -> list[Action]:
    """All that may be done."""
    from locator.siting.actions import (
        build_actions,
        extend_actions,
        keep_actions,
        move_actions,
        upgrade_actions,
    )

    mode, kind = words["mode"], words["kind"]
    found = build_actions(candidates, cost=told["build_cost"])
    if told["extend_hours"]:
        if not told["hours"]:
            raise InputError('longer hours need hours that count: give --hours "Mon 21:00" or week')
        found += extend_actions(
            view, until_min=_read_clock(told["extend_to"]), cost=told["extend_cost"], kind=kind,
            mode=mode,
        )  # fmt: skip
    if told["upgrade_cost"] is not None:
        if kind is None:
            raise InputError("to make stations over, say which kind is planned with --kind")
        found += upgrade_actions(view, kind=kind, cost=told["upgrade_cost"], mode=mode)
    keep = keep_actions(view, _pairs(told["closable"], "--may-close"), mode=mode)
    if told["move_cost"] is not None:
        if not keep:
            raise InputError("to move stations, say which with --may-close CODE=YUAN")
        found += move_actions(keep, candidates, cost=told["move_cost"])
    return [*found, *keep]


def _refuse_others(words: dict[str, Any]) -> None:
    """Refuse what plans of actions do not know."""
    if words["within"] is None:
        raise InputError("coverage needs a limit: give --within 1000 or 15min")
    if words["objective"] != "coverage":
        raise InputError(
            f"money, hours, floors and actions belong to the objective coverage, not to "
            f"{words['objective']}"
        )
    for name in ("decay", "situation", "at", "keep", "forbid"):
        if words[name]:
            raise InputError(f"--{name} does not go with money, hours, floors and actions")


def _read_clock(text: str) -> int:
    found = _CLOCK.fullmatch(text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else 0
    if not found or not 0 < minutes <= 24 * 60:
        raise InputError(f"--extend-to {text!r}: expected a time from 00:01 to 24:00")
    return minutes


def _pairs(texts: Iterable[str], option: str) -> dict[str, float]:
    """NAME=NUMBER, where a number may end with a per cent sign."""
    found = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        scale = 100.0 if number.endswith("%") else 1.0
        try:
            found[name.strip()] = float(number.removesuffix("%")) / scale
        except ValueError as problem:
            raise InputError(f"{option} {text!r}: expected NAME=NUMBER") from problem
        if not equals or not name.strip():
            raise InputError(f"{option} {text!r}: expected NAME=NUMBER")
    return found
