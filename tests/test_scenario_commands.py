"""The commands compare, situation, sensitivity, health and batch, as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.block_city import make_block_city
from tests.grids import lonlat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("commands") / "city"
    make_block_city(path, [(0.0, 0.0), (600.0, 600.0)])
    return path


def test_compare_tells_build_and_close(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    lon, lat = lonlat(300.0, 300.0)
    changes = tmp_path / "changes.geojson"
    done = run(
        "compare", "--city", folder, "--within", "150", "--build", f"{lon},{lat}",
        "--by-mode", "ebike", "--changes", changes, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    document = done.json
    assert document["gained_m"] == pytest.approx(1000.0, abs=0.05)
    assert document["modes"][0]["mode"] == "ebike"
    assert json.loads(changes.read_text("utf-8"))["features"]
    told = run("compare", "--city", folder, "--within", "150", "--close", "NOBODY")
    assert (told.code, "NOBODY" in told.err) == (2, True)
    wrong = run("compare", "--city", folder, "--within", "150", "--build", "here")
    assert (wrong.code, "LON,LAT" in wrong.err) == (2, True)


def test_compare_with_a_plan_and_other_questions(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    plan = tmp_path / "plan.json"
    assert run("plan", "--city", folder, "--within", "150", "--new", "2", "-o", plan).code == 0
    done = run("compare", "--city", folder, "--within", "150", "--plan", plan, "--json")
    assert done.json["gained_m"] == pytest.approx(
        json.loads(plan.read_text("utf-8"))["value"], abs=0.05
    )
    wider = run("compare", "--city", folder, "--within", "150", "--then-within", "250", "--json")
    assert wider.json["lost_m"] == 0.0 < wider.json["gained_m"]


def test_compare_with_another_city_folder_shows_streets_apart(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    make_block_city(tmp_path / "after", [(0.0, 0.0), (600.0, 600.0)], blocks=8)
    done = run("compare", "--city", folder, "--within", "150", "--other", tmp_path / "after")
    assert done.code == 0, done.err
    assert "by the other streets +600 m" in done.out


def test_situation_lists_and_measures(folder: Path, run: Callable[..., Any]) -> None:
    listed = run("situation", "--json")
    assert {row["code"] for row in listed.json["situations"]} >= {"heat_orange", "night"}
    done = run("situation", "heat_orange", "--city", folder, "--within", "150", "--json")
    assert done.json["low"]["share"] == 0.0 < done.json["high"]["share"]
    at = run(
        "situation", "night", "--city", folder, "--within", "150", "--at", "Sun 03:00", "--json"
    )
    assert at.json["at"].endswith("T03:00:00")
    assert run("situation", "night", "--city", folder).code == 2
    assert run("situation", "snow", "--city", folder, "--within", "150").code == 2


def test_sensitivity_and_health_print_for_people(folder: Path, run: Callable[..., Any]) -> None:
    told = run("sensitivity", "--city", folder, "--within", "2min")
    assert "影响最大的是" in told.out
    healthy = run("health", "--city", folder, "--json")
    assert healthy.json == {
        "islands": [], "loose_ends": [], "doubled_vertices": 0, "empty_streets": 0,
    }  # fmt: skip
    assert run("health", "--city", folder, "--within", "15min", "--json").code == 0


@pytest.mark.slow
def test_batch_writes_a_table_and_takes_it_up_again(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    table = tmp_path / "t.csv"
    asked = ["batch", folder, tmp_path / "none", "--param", "within_m=150", "-o", table, "--json"]
    first = run(*asked)
    assert first.code == 1, first.err  # one of two failed
    assert (first.json["tasks"], first.json["skipped"]) == (2, 0)
    assert "is not a city folder" in first.json["failed"][0]["error"]
    assert run(*asked).json["skipped"] == 1
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(
        json.dumps({"kind": "coverage", "city": str(folder), "params": {"within_m": "2min"}})
    )
    done = run("batch", "--tasks", tasks, "-o", tmp_path / "u.jsonl", "--workers", "1")
    assert (done.code, "1 tasks, 0 of them done before" in done.out) == (0, True)


def test_batch_refuses_what_makes_no_sense(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    assert run("batch", "-o", tmp_path / "t.csv").code == 2
    wrong = run("batch", folder, "--param", "within", "-o", tmp_path / "t.csv")
    assert (wrong.code, "NAME=VALUE" in wrong.err) == (2, True)
