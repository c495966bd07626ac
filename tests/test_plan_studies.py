"""Orders, alternatives, pages of sites, checks of action plans, and the options for them."""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City
from locator.errors import InputError, NotFoundError
from locator.explanation_texts import explanation_document, explanation_page, summary
from locator.siting.action_check import verify_actions
from locator.siting.action_plan import ActionPlan, plan_actions
from locator.siting.action_problem import pose_actions
from locator.siting.action_question import ActionQuestion
from locator.siting.actions import build_actions
from locator.siting.candidates import street_points
from locator.siting.explanation import explain_plan
from locator.siting.plan_document import hash_document
from locator.siting.plan_studies import study_alternatives, study_order
from locator.siting.planning import Effort
from locator.whereabouts import Whereabouts
from tests.block_city import make_block_city
from tests.commands import run  # noqa: F401  (a fixture)
from tests.grids import collection, lonlat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from locator.view import CityView

MONDAY = datetime(2026, 3, 2, 8, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four by four blocks, a station in the middle, a western and an eastern district."""
    path = tmp_path_factory.mktemp("studies") / "city"
    make_block_city(path, [(200.0, 200.0)], blocks=4)
    features = []
    for code, west, east in (("320681", -50.0, 150.0), ("320682", 150.0, 450.0)):
        corners = [(west, -50.0), (east, -50.0), (east, 450.0), (west, 450.0), (west, -50.0)]
        shape = {"type": "Polygon", "coordinates": [[lonlat(*corner) for corner in corners]]}
        names = {"code": code, "name": f"区{code[-1]}"}
        features.append({"type": "Feature", "properties": names, "geometry": shape})
    file = path.parent / "districts.geojson"
    file.write_text(collection(features), "utf-8")
    (path / "districts.geojson").write_text(file.read_text("utf-8"), "utf-8")
    return path


@pytest.fixture(scope="module")
def view(folder: Path) -> CityView:
    return City.open(folder).current()


def actions_of(view: CityView, **words: Any) -> ActionPlan:
    actions = build_actions(street_points(view.network("walk"), spacing_m=500.0), cost=10.0)
    question = ActionQuestion(**{"within": 150, "most": 2, **words})
    return plan_actions(pose_actions(view, question, actions, now=MONDAY), iterations=40)


# -- order and alternatives -----------------------------------------------------------------------


def test_order_is_never_better_than_the_best_of_each_size(view: CityView) -> None:
    made = view.plan(new=3, within_m=120, effort=Effort(iterations=40))
    order = study_order(view, made, iterations=40)
    assert order["sites"][0] in made.labels
    assert sorted(order["sites"]) == sorted(made.labels)
    assert sum(order["gain"]) == pytest.approx(made.value)
    for value, best, price, most in zip(
        order["value"], order["best"], order["price"], order["price_at_most"], strict=True
    ):
        assert best["bound"] >= best["value"] >= value - 1e-6
        assert price == pytest.approx(best["value"] - value, abs=1e-6)
        assert most >= price - 1e-9


def test_alternatives_differ_in_as_many_sites_as_asked(view: CityView) -> None:
    made = view.plan(new=2, within_m=120, effort=Effort(iterations=40))
    found = study_alternatives(view, made, most=2, differ=2, within=0.5, iterations=40)
    assert found["plans"]
    for one in found["plans"]:
        assert len(set(one["sites"]) - set(made.labels)) >= 2
        assert one["value"] <= made.value * (1 + 1e-9)


def test_order_of_a_plan_without_a_number_is_refused(view: CityView) -> None:
    made = view.plan(objective="sites", within_m=300, effort=Effort(iterations=40))
    with pytest.raises(InputError, match="order"):
        study_order(view, made)


# -- floors ---------------------------------------------------------------------------------------


def test_floor_of_a_district_is_kept_and_has_its_price(view: CityView) -> None:
    free = actions_of(view, most=1, within=100)
    share = 0.2
    held = actions_of(view, most=1, within=100, floors={"320681": share})
    document = held.to_json()
    (floor,) = document["floors"]
    assert floor["before"] < share <= floor["after"] + 1e-9
    assert held.price_of_floors == pytest.approx(free.value - held.value)
    assert document["price_of_floors"] >= 0


def test_floor_that_no_plan_keeps_names_the_district(view: CityView) -> None:
    plan = actions_of(view, most=1, within=50, floors={"320681": 1.0})
    assert plan.status == "infeasible"
    assert "district 320681" in plan.reason
    with pytest.raises(NotFoundError, match="no district"):
        actions_of(view, floors={"999": 0.5})


# -- checks ---------------------------------------------------------------------------------------


def test_check_of_an_action_plan_accepts_it_and_rejects_a_changed_one(view: CityView) -> None:
    document = json.loads(json.dumps(actions_of(view, hours="Mon 10:00").to_json()))
    found = verify_actions(view, document)
    assert found.problems == ()
    assert found.value == pytest.approx(document["value"])

    def changed(change: Callable[[dict[str, Any]], None]) -> tuple[str, ...]:
        other = copy.deepcopy(document)
        change(other)
        other["hash"] = hash_document(other)
        return verify_actions(view, other).problems

    assert any("value" in text for text in changed(lambda d: d.update(value=d["value"] + 1)))
    assert any("after" in text for text in changed(
        lambda d: d["after"].update(covered_m=d["after"]["covered_m"] + 1)
    ))  # fmt: skip
    assert any("bound" in text for text in changed(
        lambda d: d.update(bound=d["value"] - 1, certificate="u")
    ))  # fmt: skip
    assert changed(lambda d: d["choices"][0].update(cost=99.0))
    spoiled = copy.deepcopy(document)
    spoiled["spent"] = 0.0
    assert any("hash" in text for text in verify_actions(view, spoiled).problems)


def test_check_after_data_changed_says_what_changed(view: CityView) -> None:
    document = actions_of(view).to_json()
    other = view.with_scenario(build=[(0, 10.0)])
    problems = verify_actions(other, document).problems
    assert any(text.startswith("stations:") for text in problems)
    assert not any(text.startswith("streets:") for text in problems)


def test_check_of_something_else_is_refused(view: CityView) -> None:
    with pytest.raises(InputError, match="not understood"):
        verify_actions(view, {"choices": [], "sites": []})


# -- pages ----------------------------------------------------------------------------------------


def test_page_of_a_site_tells_what_is_lost_without_it(view: CityView) -> None:
    made = view.plan(new=2, within_m=120, effort=Effort(iterations=40))
    told = explain_plan(view, made.to_json())
    assert told.after == pytest.approx(made.share_after)
    for number, site in enumerate(told.sites):
        rest = [place for i, place in enumerate(made.sites) if i != number]
        fewer = view.with_scenario(build=rest).coverage(within_m=120).covered_m
        assert site.gained == pytest.approx(made.after["covered_m"] - fewer, abs=1e-5)
        assert site.length_m == pytest.approx(site.gained, abs=1e-2)
        assert sum(amount for _, amount in site.districts) == pytest.approx(site.gained, abs=1e-5)
        assert site.substitute is not None
        assert site.substitute["lost"] == pytest.approx(
            site.gained - site.substitute["gained"], abs=1e-6
        )


def test_page_to_print_loads_nothing_and_escapes_names(view: CityView) -> None:
    made = view.plan(new=1, within_m=120, effort=Effort(iterations=40))
    document = made.to_json()
    document["sites"][0]["name"] = "<b>银行</b>"
    told = explain_plan(view, document)
    page = explanation_page(told)
    assert "&lt;b&gt;银行" in page
    assert not re.search(r"(src|href)=|url\(|https?:", page)
    assert "如果谈不成" in page
    assert summary(told) in page
    assert "lines" not in explanation_document(told)["sites"][0]


def test_page_of_a_plan_without_a_limit_is_refused(view: CityView) -> None:
    made = view.plan(objective="mean", new=1, effort=Effort(iterations=40))
    with pytest.raises(InputError, match="no limit"):
        explain_plan(view, made.to_json())


def test_page_of_a_plan_with_hours_says_that_it_takes_all_as_open(view: CityView) -> None:
    document = actions_of(view, most=1, hours="Mon 10:00").to_json()
    document["sites"].append(document["sites"][0] | {"action": "extend"})
    told = summary(explain_plan(view, document))
    assert "按各站都开门计" in told
    assert "另有1项" in told


def test_page_of_a_plan_with_backup_is_refused(view: CityView) -> None:
    with pytest.raises(InputError, match="several stations"):
        explain_plan(view, actions_of(view, most=2, depth=2).to_json())


# -- the command line -----------------------------------------------------------------------------


def test_plan_command_with_a_budget_prints_a_plan_that_verifies(
    folder: Path,
    tmp_path: Path,
    run: Any,  # noqa: F811
) -> None:
    file, words = tmp_path / "plan.json", ["--city", folder, "--json"]
    done = run(
        *words, "plan", "--within", "150", "--budget", "25", "--build-cost", "10", "--floor",
        "320681=10%", "--iterations", "40", "--spacing", "200", "-o", file,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads(file.read_text("utf-8")) == done.json
    assert done.json["spent"] == 20.0
    assert done.json["counts"]["build"] == 2
    checked = run(*words, "plan", "verify", file)
    assert checked.json["ok"], checked.json
    page = tmp_path / "page.html"
    told = run(*words, "plan", "explain", file, "-o", page)
    assert told.code == 0, told.err
    assert len(told.json["sites"]) == 2
    assert all(site["where"] in page.read_text("utf-8") for site in told.json["sites"])
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_plan_command_tells_people_streets_and_programs_codes(
    folder: Path,
    run: Any,  # noqa: F811
) -> None:
    words = ["plan", "--within", "120", "--new", "2", "--order", "--alternatives", "1",
             "--iterations", "40"]  # fmt: skip
    codes = [site["candidate"] for site in run("--city", folder, "--json", *words).json["sites"]]
    assert all(re.fullmatch(r"\d+:\d+\.\d{3}", code) for code in codes)
    told = run("--city", folder, *words).out
    view = City.open(folder).current()
    for code in codes:
        assert Whereabouts(view.streets)(code) in told
        assert code not in told
    assert "候选点编号见 --json" in told


def test_plan_command_with_order_and_alternatives_still_verifies(
    folder: Path,
    tmp_path: Path,
    run: Any,  # noqa: F811
) -> None:
    file, words = tmp_path / "plan.json", ["--city", folder, "--json"]
    done = run(
        *words, "plan", "--within", "120", "--new", "2", "--order", "--alternatives", "1",
        "--differ", "1", "--iterations", "40", "-o", file,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert len(done.json["order"]["sites"]) == 2
    assert "alternatives" in done.json
    assert run(*words, "plan", "verify", file).json["ok"]
    lines = run("--city", folder, "plan", "--within", "120", "--new", "2", "--order",
                "--iterations", "40").out  # fmt: skip
    assert "建设顺序" in lines


def test_plan_command_with_a_list_of_partners_lists_what_is_left_out(
    folder: Path,
    tmp_path: Path,
    run: Any,  # noqa: F811
) -> None:
    rows = [f"{code},{lonlat(*spot)[0]:.8f},{lonlat(*spot)[1]:.8f},{cost}" for code, spot, cost in (
        ("B1", (0.0, 50.0), 3), ("B2", (9000.0, 0.0), 3), ("B3", (400.0, 50.0), -3),
    )]  # fmt: skip
    file = tmp_path / "banks.csv"
    file.write_text("code,lon,lat,cost\n" + "\n".join(rows) + "\n", "utf-8")
    done = run("--city", folder, "--json", "plan", "--within", "150", "--budget", "9",
               "--candidates", file, "--iterations", "40")  # fmt: skip
    assert done.code == 0, done.err
    assert [site["candidate"] for site in done.json["sites"]] == ["B1"]
    assert done.json["spent"] == 3.0
    assert {one["candidate"] for one in done.json["left_out"]} == {"B2", "B3"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--budget", "-1"], "budget"),
        (["--budget", "nan"], "budget"),
        (["--budget", "5", "--order"], "do not go with"),
        (["--budget", "5", "--objective", "mean"], "coverage"),
        (["--extend-hours"], "--hours"),
        (["--extend-hours", "--hours", "Mon 20:00", "--extend-to", "25:00"], "--extend-to"),
        (["--floor", "320681"], "NAME=NUMBER"),
        (["--floor", "320681=2"], "share of 0 to 1"),
        (["--upgrade-cost", "5"], "--kind"),
        (["--move-cost", "5"], "--may-close"),
        (["--from", "clouds"], "--from"),
        (["--from", "stations"], "--kind"),
    ],
)
def test_plan_command_with_options_that_make_no_sense_is_wrong_usage(
    folder: Path,
    run: Any,  # noqa: F811
    words: list[str],
    told: str,
) -> None:
    done = run("--city", folder, "plan", "--within", "150", *words)
    assert done.code == 2
    assert told in done.err
