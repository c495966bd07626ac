"""Plans of whole cities by the command line: certified, checked again, stopped and gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locator.city import City
from locator.sample import make_sample_city
from locator.siting.planning import Effort
from tests.commands import Run

Command = Callable[..., Run]
OBJECTIVES = ["coverage", "sites", "mean", "worst"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "town"
    make_sample_city(path, scale="town")
    return path


@pytest.fixture(scope="module")
def porto_alegre(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Porto Alegre with its toilets as stations and the residents of its hexagons."""
    path = tmp_path_factory.mktemp("plans") / "poa"
    for words in (
        ["init", path, "--name", "Porto Alegre"],
        ["streets", "import", shared_data / "osm" / "poa_osm.pbf", "--city", path],
        ["stations", "import", "--kind", "rest_station", "--osm", "amenity=toilets",
         "--city", path],
        ["demand", "import", shared_data / "demand" / "poa_hexgrid.csv", "--name", "residents",
         "--unit", "people", "--source", "IBGE", "--date", "2010", "--city", path],
    ):  # fmt: skip
        command = [sys.executable, "-m", "locator.cli", *map(str, words)]
        subprocess.run(command, check=True, capture_output=True)
    return path


def check_plan(run: Command, city: Path, file: Path, document: dict[str, Any]) -> None:
    """The bound lies on its side, the command accepts the plan, and refuses it changed."""
    most = document["objective"] == "coverage"
    value, bound = document["value"], document["bound"]
    assert (value <= bound if most else bound <= value) or document["proven"]
    assert document["sites"]
    found = run("plan", "verify", file, "--city", city, "--json")
    assert (found.code, found.json["ok"], found.json["problems"]) == (0, True, [])
    for key in ("value", "bound"):
        file.write_text(json.dumps(document | {key: document[key] + 1.0}), encoding="utf-8")
        refused = run("plan", "verify", file, "--city", city, "--json")
        assert (refused.code, refused.json["ok"]) == (0, False)
        assert refused.json["problems"]


@pytest.mark.slow
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_porto_alegre_is_planned_for_its_residents(
    porto_alegre: Path, tmp_path: Path, run: Command, objective: str
) -> None:
    file = tmp_path / "plan.json"
    words = ["--within", 1000, "--demand", "residents", "--time-limit", 6, "-o", file]
    if objective != "sites":
        words += ["--new", 4]
    made = run("plan", "--objective", objective, *words, "--city", porto_alegre, "--json")
    assert made.code == 0
    assert made.json == json.loads(file.read_text("utf-8"))
    check_plan(run, porto_alegre, file, made.json)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["coverage", "sites"])
def test_porto_alegre_with_the_plan_built_has_the_share_it_promised(
    porto_alegre: Path, objective: str
) -> None:
    view = City.open(porto_alegre).current()
    new = 3 if objective == "coverage" else None
    plan = view.plan(objective=objective, new=new, within_m=1000, effort=Effort(4.0))
    again = view.with_scenario(build=plan.sites).coverage(within_m=1000)
    assert abs(again.share - plan.share_after) < 1e-9


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_town_is_planned_and_checked_by_command(
    town: Path, tmp_path: Path, run: Command, objective: str
) -> None:
    file = tmp_path / "plan.json"
    words = ["--within", 500, "--new", 2, "--time-limit", 5, "-o", file]
    made = run("plan", "--objective", objective, *words, "--city", town, "--json")
    assert made.code == 0
    check_plan(run, town, file, made.json)


@pytest.mark.parametrize("mode", ["slow_walk", "car", "truck"])
def test_town_with_the_plan_of_a_mode_built_has_the_share_it_promised(
    town: Path, mode: str
) -> None:
    view = City.open(town).current()
    plan = view.plan(new=2, within_m="3min", mode=mode)
    again = view.with_scenario(build=plan.sites).coverage(within_m="3min", mode=mode)
    assert plan.value > 0
    assert abs(again.share - plan.share_after) < 1e-9


def test_plan_of_a_city_that_changed_says_what_did(
    town: Path, tmp_path: Path, run: Command
) -> None:
    file, other = tmp_path / "plan.json", tmp_path / "other"
    run("plan", "--new", 1, "--within", 500, "-o", file, "--city", town)
    make_sample_city(other, scale="town", seed=5)
    found = run("plan", "verify", file, "--city", other, "--json")
    assert (found.code, found.json["ok"]) == (0, False)
    assert any("streets" in problem for problem in found.json["problems"])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sites": []}', '{"objective": "coverage"}'])
def test_what_is_no_plan_is_refused_in_words(
    town: Path, tmp_path: Path, run: Command, text: str
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text, encoding="utf-8")
    found = run("plan", "verify", file, "--city", town)
    assert (found.code, found.out) == (2, "")
    assert "plan" in found.err
    assert "error" in found.err


def test_interrupted_plan_is_written_and_gone_on_with(
    town: Path, tmp_path: Path, run: Command
) -> None:
    file = tmp_path / "plan.json"
    command = [sys.executable, "-m", "locator.cli", "plan", "--objective", "sites", "--within",
               "300", "--time-limit", "300", "-o", file, "--city", town, "--json"]  # fmt: skip
    for seconds in (5.0, 15.0, 45.0):  # sooner it has not begun, and stops with nothing to keep
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            time.sleep(seconds)
            running.send_signal(signal.SIGINT)
            out, _ = running.communicate(timeout=120)
        if running.returncode == 0:
            break
    assert running.returncode == 0
    document = json.loads(out)
    assert document["bound"] <= document["value"] == len(document["sites"])
    assert json.loads(file.read_text("utf-8")) == document
    more = run("plan", "--objective", "sites", "--within", 300, "--time-limit", 2, "--resume", file,
               "--city", town, "--json")  # fmt: skip
    assert more.json["value"] <= document["value"]
