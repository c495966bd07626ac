"""Plans of cities: the matrix is the streets, the plan is the best, and the proof holds."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError, NotFoundError
from locator.siting.planning import Effort, make_plan
from locator.siting.posing import build_problem
from locator.siting.question import ask
from locator.siting.verification import verify_plan
from tests.block_city import make_block_city
from tests.oracles import random_town
from tests.siting_towns import choices, places_of, some_candidates, version_of

if TYPE_CHECKING:
    from locator.view import CityView

STATIONS = [(300.0, 300.0), (10.0, 20.0)]


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    """Six by six blocks of 100 m with two stations."""
    return make_block_city(tmp_path_factory.mktemp("plan") / "city", STATIONS).current()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("limit", [60.0, 250.0])
def test_rows_of_any_sites_add_up_to_the_length_that_coverage_measures(
    seed: int, limit: float
) -> None:
    rng = np.random.default_rng(seed)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 14, rng)
    city = build_problem(version, ask(new=1, within=limit), candidates)
    assert city.problem is not None, "a town whose stations leave nothing to gain"
    before = version.covered([], limit)
    covers = city.rows.covers
    for _ in range(6):
        rows = rng.choice(len(city.candidates), min(3, len(city.candidates)), replace=False)
        reached = np.asarray(covers[:, rows].sum(axis=1)).reshape(-1) > 0
        gained = version.covered(places_of(city.candidates, rows), limit) - before
        assert city.rows.weight[reached].sum() == pytest.approx(gained, abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_coverage_plan_is_the_best_of_all_choices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 9, rng)
    plan = make_plan(version, ask(new=2, within=150.0), candidates=candidates)
    made = plan.candidates
    best = max(version.covered(places_of(made, two), 150.0) for two in choices(len(made), 2))
    assert plan.after["covered_m"] == pytest.approx(best, abs=1e-5)
    assert plan.bound == plan.value
    assert plan.before["covered_m"] + plan.value == pytest.approx(plan.after["covered_m"], abs=1e-5)


@pytest.mark.parametrize("objective", ["coverage", "sites", "mean", "worst"])
def test_plan_of_each_objective_is_proved_and_checked(view: CityView, objective: str) -> None:
    new = None if objective == "sites" else 2
    plan = view.plan(objective=objective, new=new, within_m=150)
    assert plan.proven
    assert plan.certificate in {"u", "tree"}
    found = plan.verify(view)
    assert found.problems == ()
    assert found.ok
    assert found.value == pytest.approx(plan.value, rel=1e-9)
    again = view.with_scenario(build=plan.sites).coverage(within_m=150)
    assert abs(again.share - plan.share_after) < 1e-9


def mutate(document: dict[str, Any], path: list[Any], change: Any) -> dict[str, Any]:
    """The document with one entry changed."""
    other = copy.deepcopy(document)
    place = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = change(place[path[-1]])
    return other


@pytest.mark.parametrize("objective", ["coverage", "sites", "mean", "worst"])
@pytest.mark.parametrize(
    ("path", "change"),
    [
        (["value"], lambda x: x + 1),
        (["bound"], lambda x: x + 1),
        (["bound"], lambda x: x - 1),
        (["proof", "bound"], lambda x: x + 1),
        (["proof", "value"], lambda x: x - 1),
        (["sites", 0, "offset_m"], lambda x: x + 1),
        (["sites", 0, "street"], lambda x: x + 1),
        (["sites", 0, "lon"], lambda x: x + 1e-5),
        (["sites", 0, "gain"], lambda x: x + 1),
        (["sites", -1, "cumulative"], lambda x: x - 1),
        (["sites"], lambda x: x[1:]),
        (["after", "covered_m"], lambda x: x + 1),
        (["before", "share"], lambda x: x + 0.01),
        (["proof", "columns"], lambda x: [x[0] + 1, *x[1:]]),
        (["inputs", "stations"], lambda x: x[::-1]),
        (["inputs", "candidates"], lambda x: x[::-1]),
        (["gap"], lambda _: 0.5),
        (["proven"], lambda x: not x),
        (["seed"], lambda x: x + 1),
    ],
)
def test_plan_altered_by_one_unit_is_refused(
    view: CityView, objective: str, path: list[Any], change: Any
) -> None:
    new = None if objective == "sites" else 2
    document = view.kept(
        ("test plan", objective),
        lambda: view.plan(objective=objective, new=new, within_m=150).to_json(),
    )
    assert verify_plan(view, document).ok
    assert not verify_plan(view, mutate(document, path, change)).ok


def test_plan_of_the_same_seed_and_rounds_has_the_same_bytes(view: CityView) -> None:
    effort = Effort(iterations=3, seed=7)
    one, two = (view.plan(new=3, within_m=120, effort=effort).to_json() for _ in range(2))
    for document in (one, two):
        assert document.pop("seconds") >= 0
    assert json.dumps(one) == json.dumps(two)


def test_saved_plan_is_the_document(view: CityView, tmp_path: Path) -> None:
    plan = view.plan(new=2, within_m=150)
    plan.save(tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text("utf-8")) == plan.to_json()


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"new": 0, "within_m": 100}, InputError, "0 new stations"),
        ({"within_m": 100}, InputError, "None new stations"),
        ({"new": 2}, InputError, "needs a limit"),
        ({"new": 10**6, "within_m": 100}, InputError, "ask for at most"),
        ({"new": 1, "within_m": 100, "objective": "beauty"}, NotFoundError, "choose coverage"),
        ({"new": 1, "within_m": 100, "mode": "boat"}, NotFoundError, "boat"),
        ({"new": 1, "within_m": 100, "keep": ["0:0.000"], "forbid": ["0:0.000"]}, InputError,
         "both kept and forbidden"),
        ({"new": 1, "within_m": 100, "keep": ["nobody"]}, NotFoundError, "kept site 'nobody'"),
        ({"new": 1, "within_m": 100, "keep": ["a", "b"]}, InputError, "2 sites are kept and 1"),
        ({"objective": "sites", "new": 0, "within_m": 100}, InputError, "expected 1 or more"),
        ({"objective": "sites", "share": 1.5, "within_m": 100}, InputError, "share is 1.5"),
        ({"objective": "mean", "new": 1, "decay": "linear"}, InputError, "decay"),
        ({"new": 1, "within_m": 100, "decay": "cubic"}, InputError, "choose linear"),
        ({"new": 1, "within_m": 100, "share": 0.5}, InputError, "share is asked"),
        ({"new": 1, "within_m": 100, "demand": "nobody"}, NotFoundError, "nobody"),
    ],
)  # fmt: skip
def test_plan_refuses_what_it_cannot_do(
    view: CityView, words: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        view.plan(**words)


def test_number_of_new_is_ignored_where_fewest_are_asked_for_and_a_note_tells(
    view: CityView,
) -> None:
    free = view.plan(objective="sites", within_m=150)
    told = view.plan(objective="sites", within_m=150, new=1)
    assert told.sites == free.sites
    assert len(told.sites) > 1
    assert any(note.startswith("本目标求最少站数，--new 1 不起作用") for note in told.notes)
    assert told.verify(view).problems == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.floats(20.0, 400.0), new=st.integers(1, 4))
def test_promise_of_any_plan_is_measured_again(seed: int, limit: float, new: int) -> None:
    rng = np.random.default_rng(seed)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 12, rng)
    question = ask(new=min(new, len(candidates) - 3), within=limit)
    plan = make_plan(version, question, candidates=candidates, effort=Effort(iterations=20))
    measured = version.covered(plan.sites, limit)
    assert plan.before["covered_m"] + plan.value == pytest.approx(measured, abs=1e-5)
    assert plan.bound is not None
    assert plan.bound >= plan.value
    assert verify_plan(version, plan.to_json()).problems == ()
