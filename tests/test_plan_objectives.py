"""Sites, mean, worst and decay against every choice, roles, and what nobody can serve."""

from __future__ import annotations

import numpy as np
import pytest

from locator.reach import build_reach
from locator.siting.decay import DECAYS
from locator.siting.planning import Effort, make_plan
from locator.siting.question import ask
from locator.siting.verification import verify_plan
from locator.spread import measure_spread
from tests.oracles import random_town
from tests.siting_towns import TownVersion, choices, places_of, some_candidates, version_of

SEEDS = range(3)


def spread_with(version: TownVersion, sites: list[tuple[int, float]]) -> tuple[float, float, float]:
    """Exact mean and worst way with sites built, and what can reach no station."""
    built = version.with_scenario(build=sites)
    spread = measure_spread(build_reach(version.made, built.placement(), depth=1).curve())
    assert spread.mean is not None
    assert spread.most is not None
    return spread.mean, spread.most, spread.unreachable


@pytest.mark.parametrize("seed", SEEDS)
def test_fewest_sites_are_as_few_as_any_choice_that_covers_as_much(seed: int) -> None:
    rng = np.random.default_rng(seed)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 7, rng)
    plan = make_plan(version, ask(objective="sites", within=150.0), candidates=candidates)
    made = plan.candidates
    most = version.covered(places_of(made, range(len(made))), 150.0)
    assert plan.after["covered_m"] == pytest.approx(most, abs=1e-2)
    fewest = min(
        size for size in range(len(made) + 1)
        if any(version.covered(places_of(made, rows), 150.0) > most - 1e-2
               for rows in choices(len(made), size))
    )  # fmt: skip
    assert (plan.value, plan.bound, len(plan.sites)) == (fewest, fewest, fewest)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("objective", ["mean", "worst"])
def test_exact_way_of_a_plan_is_within_the_slack_of_the_best_choice(
    seed: int, objective: str
) -> None:
    part = 0 if objective == "mean" else 1
    while True:  # an island without a station would change what the mean is over
        rng = np.random.default_rng(seed)
        version = version_of(random_town(rng))
        candidates = some_candidates(version, 7, rng)
        plan = make_plan(version, ask(objective=objective, new=2), candidates=candidates)
        if not plan.unreached["count"]:
            break
        seed += 100
    made = plan.candidates
    every = [spread_with(version, places_of(made, two)) for two in choices(len(made), 2)]
    # Who leaves streets without any station has a mean over fewer: that is no better.
    best = min(one[part] for one in every if one[2] <= plan.after["unreachable"] + 1e-6)
    exact = spread_with(version, plan.sites)[part]
    assert exact == pytest.approx(plan.exact["value"], rel=1e-9)
    assert plan.exact["bound"] <= best + 1e-6
    assert best <= exact <= best + 2 * plan.exact["slack"] + 1e-6
    assert abs(exact - plan.value) <= plan.exact["slack"] + 1e-6
    assert verify_plan(version, plan.to_json()).problems == ()


@pytest.mark.parametrize("code", DECAYS)
def test_decay_falls_from_one_to_nothing_and_its_area_is_its_integral(code: str) -> None:
    decay = DECAYS[code]
    cost = np.linspace(0.0, 200.0, 20001)
    worth = decay.worth(cost, 200.0)
    assert worth[0] == pytest.approx(1.0)
    assert worth[-1] == 0.0
    assert decay.worth(np.array([201.0, np.inf]), 200.0).tolist() == [0.0, 0.0]
    assert (np.diff(worth) <= 0).all()
    assert -np.diff(worth).min() <= decay.steep * 0.01 / 200.0 * (1 + 1e-6)
    area = float(np.trapezoid(worth, cost))
    assert decay.integral(np.array([200.0]), 200.0)[0] == pytest.approx(area, rel=1e-6)


def test_decayed_coverage_is_proved_and_worth_less_than_the_plain_one() -> None:
    rng = np.random.default_rng(2)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 10, rng)
    plain = make_plan(version, ask(new=2, within=200.0), candidates=candidates)
    graded = make_plan(version, ask(new=2, within=200.0, decay="linear"), candidates=candidates)
    assert graded.proven
    assert 0 < graded.value < plain.value
    assert verify_plan(version, graded.to_json()).problems == ()


def test_kept_and_forbidden_candidates_are_in_and_out_of_the_plan() -> None:
    rng = np.random.default_rng(4)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 10, rng)
    free = make_plan(version, ask(new=2, within=150.0), candidates=candidates)
    keep = next(
        free.candidates.label(row) for row in range(len(free.candidates))
        if free.candidates.label(row) not in free.labels
    )  # fmt: skip
    plan = make_plan(
        version, ask(new=2, within=150.0, keep=[keep], forbid=[free.labels[0]]),
        candidates=candidates,
    )  # fmt: skip
    assert plan.labels[0] == keep
    assert free.labels[0] not in plan.labels
    assert plan.value <= free.value
    assert verify_plan(version, plan.to_json()).problems == ()


def test_plan_where_all_is_covered_says_that_nothing_is_left() -> None:
    version = version_of(random_town(np.random.default_rng(3)))
    candidates = some_candidates(version, 5, np.random.default_rng(3))
    for street in range(len(version.streets)):
        version.stations_at.append((street, 1.0, 0.0))
    plan = make_plan(version, ask(new=2, within=1e6), candidates=candidates)
    assert (plan.status, plan.value, plan.bound, plan.sites) == ("nothing_to_gain", 0.0, 0.0, [])
    assert verify_plan(version, plan.to_json()).problems == ()


def test_stopped_plan_keeps_its_best_and_a_true_bound_and_is_gone_on_with() -> None:
    rng = np.random.default_rng(5)
    version = version_of(random_town(rng))
    candidates = some_candidates(version, 30, rng)
    question = ask(new=4, within=90.0)
    stopped = make_plan(version, question, candidates=candidates, should_stop=lambda: True)
    full = make_plan(version, question, candidates=candidates)
    assert stopped.bound is not None
    assert stopped.value <= full.value <= stopped.bound * (1 + 1e-9)
    resumed = make_plan(
        version, question, candidates=candidates,
        effort=Effort(iterations=0, start=tuple(full.sites)),
    )  # fmt: skip
    assert resumed.value == pytest.approx(full.value, rel=1e-12)
