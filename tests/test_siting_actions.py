"""Build, extend, upgrade, move or close: against every choice, measured on the streets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError, NotFoundError
from locator.hours import Hours, Rule, read_hours
from locator.siting.action_plan import ActionPlan, plan_actions
from locator.siting.action_problem import ActionProblem, pose_actions
from locator.siting.action_question import ActionQuestion
from locator.siting.actions import (
    Action,
    build_actions,
    extend_actions,
    extend_hours,
    keep_actions,
    move_actions,
    upgrade_actions,
)
from locator.siting.candidates import street_points
from locator.siting.certificate import Certificate, bound_by_certificate
from locator.siting.hour_classes import read_moments, sort_moments, whole_week
from tests.block_city import make_block_city, with_places

if TYPE_CHECKING:
    from locator.view import CityView

MONDAY = datetime(2026, 3, 2, 8, 0)
DAY = Hours((Rule(127, 9 * 60, 17 * 60),), known=True)
ROUNDS = {"iterations": 40, "time_limit_s": 60.0}


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    """Streets of 3 x 3 blocks and no station."""
    return make_block_city(tmp_path_factory.mktemp("actions") / "city", [], blocks=3).current()


def city_with(view: CityView, places: list[tuple[float, float]], **facts: Any) -> CityView:
    return with_places(view, places, **facts)


def pose(view: CityView, actions: list[Action], **words: Any) -> ActionProblem:
    return pose_actions(view, ActionQuestion(**{"within": 150, **words}), actions, now=MONDAY)


def solve(posed: ActionProblem) -> ActionPlan:
    return plan_actions(posed, **ROUNDS)  # type: ignore[arg-type]


def best_of_all(posed: ActionProblem) -> float:
    """The most that any choice within the limits covers, measured on the streets."""
    question, actions = posed.question, posed.actions
    best, base = -1.0, posed.measure(np.empty(0, np.int32))
    most = question.most or len(actions)
    for size in range(most + 1):
        for chosen in combinations(range(len(actions)), size):
            groups = [actions[i].group for i in chosen]
            cost = sum(actions[i].cost for i in chosen)
            if len(set(groups)) < size or cost > (question.budget or np.inf) * (1 + 1e-12):
                continue
            best = max(best, posed.measure(np.array(chosen, np.int32)) - base)
    return best


def check(plan: ActionPlan) -> None:
    """What every plan promises."""
    posed = plan.posed
    base = posed.measure(np.empty(0, np.int32))
    assert posed.before == pytest.approx(base, rel=1e-9)
    assert plan.after == pytest.approx(base + plan.value, rel=1e-9)
    assert plan.gain.sum() == pytest.approx(plan.value, rel=1e-9)
    groups = [posed.actions[i].group for i in plan.order.tolist()]
    assert len(set(groups)) == len(groups)
    if posed.question.budget is not None:
        assert plan.spent <= posed.question.budget * (1 + 1e-12)
    if plan.bound is not None:
        assert plan.bound >= plan.value * (1 - 1e-12)


# -- worked out on paper --------------------------------------------------------------------------


def test_plan_extends_a_lobby_where_that_is_cheaper_than_building(blank: CityView) -> None:
    view = city_with(blank, [(150.0, 150.0)], opening=[DAY])
    candidates = street_points(view.network("walk"), spacing_m=100.0)
    build = build_actions(candidates, cost=50_000.0)
    extend = extend_actions(view, until_min=22 * 60, cost=8_000.0)
    # At 20:00 nobody is open; the lobby in the middle reaches as much as any new station there.
    posed = pose(view, [*build, *extend], budget=50_000.0, most=1, hours="Mon 20:00", within=160)
    plan = solve(posed)
    check(plan)
    assert plan.proven
    cheap = solve(pose(view, [*build, *extend], budget=20_000.0, hours="Mon 20:00", within=160))
    assert [one.label for one in cheap.actions] == ["extend T-0"]
    assert cheap.spent == 8_000.0
    assert cheap.to_json()["counts"]["extend"] == 1
    # By day the lobby is open already, so only building gains.
    by_day = solve(pose(view, [*build, *extend], most=1, hours="Mon 10:00"))
    assert [one.verb for one in by_day.actions] == ["build"]


def test_bank_lobby_counts_only_while_it_is_open(blank: CityView) -> None:
    candidates = replace(
        street_points(blank.network("walk"), spacing_m=500.0).take(np.array([0, 5])),
        code=("bank", "shop"), hours=("每天 09:00-17:00", "每天 全天"),
    )  # fmt: skip
    actions = build_actions(candidates)
    night = solve(pose(blank, actions, most=2, hours="Mon 23:00"))
    assert [one.code for one in night.actions] == ["shop"]
    both = solve(pose(blank, actions, most=2, hours="Mon 23:00, Mon 10:00=3"))
    check(both)
    assert {one.code for one in both.actions} == {"bank", "shop"}
    gains = {one.code: g for one, g in zip(both.actions, both.gain.tolist(), strict=True)}
    alone = solve(pose(blank, actions[:1], most=1, hours="Mon 10:00"))
    assert gains["bank"] <= alone.value * 0.75 + 1e-9


def test_stations_of_another_kind_count_once_they_are_made_over(blank: CityView) -> None:
    view = city_with(blank, [(100.0, 100.0)])
    rooms = upgrade_actions(view, kind="mother_baby_room", cost=5.0)
    plan = solve(pose(view, rooms, budget=5.0, kind="mother_baby_room"))
    assert [one.label for one in plan.actions] == ["upgrade T-0"]
    assert plan.posed.before == 0.0
    # Where every kind counts, the same station covers already.
    assert pose(view, rooms, budget=5.0).before == pytest.approx(plan.value)


def test_station_that_may_be_closed_is_moved_where_that_covers_more(blank: CityView) -> None:
    view = city_with(blank, [(0.0, 0.0)])
    keep = keep_actions(view, {"T-0": 10.0})
    middle = build_actions(street_points(view.network("walk"), spacing_m=500.0))
    candidates = street_points(view.network("walk"), spacing_m=500.0)
    moves = move_actions(keep, candidates, cost=10.0)
    assert len(moves) == len(middle)
    plan = solve(pose(view, [*keep, *moves], budget=100.0))
    check(plan)
    assert [one.verb for one in plan.actions] == ["move"]
    assert (plan.closed, plan.kept) == ((), ())
    poor = solve(pose(view, [*keep, *moves], budget=5.0))
    assert (poor.closed, poor.spent, poor.value) == (("T-0",), 0.0, 0.0)
    assert poor.to_json()["before"]["covered_m"] > 0


def test_keeping_and_moving_one_station_exclude_each_other(blank: CityView) -> None:
    view = city_with(blank, [(0.0, 0.0)])
    keep = keep_actions(view, {"T-0": 1.0})
    far = street_points(view.network("walk"), spacing_m=500.0)
    moves = move_actions(keep, far, cost=1.0)
    posed = pose(view, [*keep, *moves], budget=2.0)
    plan = solve(posed)
    check(plan)
    assert len(plan.order) == 1
    assert plan.value == pytest.approx(best_of_all(posed), rel=1e-9)
    assert plan.proven
    assert (plan.cases, plan.certificate) != (1, "u")


def test_backup_counts_only_what_two_stations_reach(blank: CityView) -> None:
    view = city_with(blank, [(100.0, 100.0)])
    actions = build_actions(street_points(view.network("walk"), spacing_m=500.0))
    posed = pose(view, actions, most=1, depth=2)
    plan = solve(posed)
    check(plan)
    assert posed.before == 0.0
    assert plan.value == pytest.approx(best_of_all(posed), rel=1e-9)
    assert plan.value == pytest.approx(view.coverage(within_m=150).covered_m, rel=1e-9)


def test_class_of_street_that_counts_nothing_is_worth_nothing(blank: CityView) -> None:
    actions = build_actions(street_points(blank.network("walk"), spacing_m=500.0))
    plan = solve(pose(blank, actions, most=1, classes={"residential": 0.0}))
    assert (plan.status, plan.value) == ("nothing_to_gain", 0.0)
    double = solve(pose(blank, actions, most=1, classes={"residential": 2.0}))
    single = solve(pose(blank, actions, most=1))
    assert double.value == pytest.approx(2 * single.value)


# -- oracles --------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 2), st.booleans())
def test_plan_equals_the_best_of_all_choices(
    blank: CityView, seed: int, depth: int, hours: bool
) -> None:
    rng = np.random.default_rng(seed)
    spots = [tuple(rng.integers(0, 301, 2).astype(float).tolist()) for _ in range(2)]
    places = [(round(x, -2), y) for x, y in spots]
    view = city_with(blank, places, opening=[DAY, Hours()] if hours else [DAY, DAY])
    points = street_points(view.network("walk"), spacing_m=70.0)
    chosen = points.take(np.sort(rng.choice(len(points), 3, replace=False)))
    build = build_actions(replace(chosen, cost=rng.integers(1, 5, 3).astype(float)))
    keep = keep_actions(view, {"T-1": 1.0})
    moves = move_actions(keep, chosen.take(np.array([0, 2])), cost=2.0)
    extend = [
        *extend_actions(view, until_min=21 * 60, cost=1.0, codes=["T-0"]),
        *extend_actions(view, until_min=24 * 60, cost=2.0, codes=["T-0"]),
    ]
    posed = pose(
        view, [*build, *keep, *moves, *extend], budget=float(rng.integers(2, 8)), depth=depth,
        hours="Mon 10:00=2, Mon 20:00, Mon 23:30" if hours else "", within=120,
    )  # fmt: skip
    plan = solve(posed)
    check(plan)
    best = best_of_all(posed)
    assert plan.value <= best + 1e-6
    assert plan.bound is None or plan.bound >= best - 1e-6
    if plan.proven:
        assert plan.value == pytest.approx(best, rel=1e-9, abs=1e-6)
    assert plan.proven


def test_bound_of_a_plan_is_checked_without_the_solver(blank: CityView) -> None:
    actions = build_actions(street_points(blank.network("walk"), spacing_m=500.0), cost=3.0)
    plan = solve(pose(blank, actions, budget=7.0))
    assert plan.prices is not None
    assert plan.posed.problem is not None
    certificate = Certificate(
        "max_cover", "u", plan.prices["u"], 0.0, np.empty(0), folds=plan.prices["folds"],
        rate=plan.prices["rate"],
    )  # fmt: skip
    assert bound_by_certificate(plan.posed.problem, certificate) >= plan.value * (1 - 1e-12)


def test_plan_of_the_same_inputs_is_the_same_to_the_byte(blank: CityView) -> None:
    texts = []
    for _ in range(2):
        view = city_with(blank, [(100.0, 100.0)], opening=[DAY])
        actions = build_actions(street_points(view.network("walk"), spacing_m=120.0))
        document = solve(pose(view, actions, most=2, hours="week")).to_json()
        document.pop("seconds")
        texts.append(json.dumps(document, ensure_ascii=False))
    assert texts[0] == texts[1]


# -- hours ----------------------------------------------------------------------------------------


def test_moments_in_which_the_same_are_open_are_one_class() -> None:
    moments = read_moments("Mon 10:00, Tue 11:00=2, Mon 23:00", zone="Asia/Shanghai", now=MONDAY)
    classes = sort_moments(moments, [DAY, Hours()])
    assert classes.weight.tolist() == [0.75, 0.25]
    assert classes.open.tolist() == [[True, False], [False, False]]


def test_whole_week_weighs_each_class_by_its_minutes() -> None:
    moments = whole_week([DAY], datetime(2026, 3, 2))
    classes = sort_moments(moments, [DAY])
    share = {bool(row[0]): weight for row, weight in zip(classes.open, classes.weight, strict=True)}
    assert share == {True: pytest.approx(8 / 24), False: pytest.approx(16 / 24)}


@pytest.mark.parametrize("text", ["Mon 10:00=x", "Mon 10:00=0", "Mon 10:00=-1", "noon", ","])
def test_hours_that_are_not_understood_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_moments(text, zone="Asia/Shanghai", now=MONDAY)


def test_extended_hours_last_longer_on_the_same_days() -> None:
    split = read_hours("周一至周五 8:30-11:00，13:30-17:00").hours
    longer = extend_hours(split, 22 * 60)
    assert longer is not None
    assert [(r.open_min, r.close_min) for r in longer.rules] == [(510, 660), (810, 1320)]
    assert extend_hours(split, 16 * 60) is None
    assert extend_hours(Hours(), 22 * 60) is None
    always = extend_hours(split, 24 * 60)
    assert always is not None
    assert [(r.weekdays, r.open_min, r.close_min) for r in always.rules] == [(127, 0, 1440)]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({}, "nothing limits the plan"),
        ({"budget": -1.0}, "budget"),
        ({"budget": float("nan")}, "budget"),
        ({"most": 0}, "one action"),
        ({"most": 1, "depth": 0}, "depth"),
        ({"most": 1, "mode": "ebike"}, "choose walk or car"),
        ({"most": 1, "within": 0}, "limit"),
        ({"most": 1, "classes": {"residential": -1.0}}, "street class"),
        ({"most": 1, "floors": {"a": 1.5}}, "floor"),
    ],
)
def test_question_that_makes_no_sense_is_refused(words: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        ActionQuestion(**{"within": 100, **words})


def test_actions_that_cannot_be_are_refused(blank: CityView) -> None:
    for cost in (-1.0, float("nan")):
        with pytest.raises(InputError, match="cost"):
            Action("build", "a", "a", 0, 1.0, DAY, cost)
    with pytest.raises(InputError, match="nothing to choose from"):
        pose(blank, [], most=1)
    with pytest.raises(NotFoundError, match="no station"):
        keep_actions(blank, {"X": 1.0})
    with pytest.raises(InputError, match="until"):
        extend_actions(blank, until_min=0, cost=1.0)
    actions = build_actions(street_points(blank.network("walk"), spacing_m=500.0))
    with pytest.raises(NotFoundError, match="street of class"):
        pose(blank, actions, most=1, classes={"sky": 1.0})


def test_budget_below_every_cost_does_nothing(blank: CityView) -> None:
    actions = build_actions(street_points(blank.network("walk"), spacing_m=500.0), cost=10.0)
    plan = solve(pose(blank, actions, budget=5.0))
    assert (plan.actions, plan.value, plan.proven) == ((), 0.0, True)


def test_bound_is_never_more_than_all_that_there_is_to_gain(blank: CityView) -> None:
    actions = build_actions(street_points(blank.network("walk"), spacing_m=50.0), cost=3.0)
    posed = pose(blank, actions, budget=100.0)
    plan = plan_actions(posed, iterations=0, time_limit_s=0.0)
    assert plan.bound is not None
    assert posed.problem is not None
    assert plan.value <= plan.bound <= posed.problem.weight.sum() * (1 + 1e-9)
