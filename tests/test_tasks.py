"""Tasks as values: their hash, their checks, how they run and stop."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from locator.answers import coverage_document
from locator.city import City
from locator.errors import InputError, NotFoundError
from locator.task_kinds import task_kinds
from locator.tasks import StoppedError, TaskSpec, read_specs, run
from tests.block_city import make_block_city
from tests.grids import write_streets


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tasks") / "city"
    make_block_city(path, [(300.0, 300.0), (0.0, 0.0)])
    return path


def test_equal_questions_are_equal_specs_whatever_their_order() -> None:
    one = TaskSpec.of("coverage", "a", within_m=500, mode="walk")
    two = TaskSpec.of("coverage", Path("a"), mode="walk", within_m=500, kind=None)
    assert one == two
    assert hash(one) == hash(two)
    assert one.hash == two.hash
    assert TaskSpec.of("coverage", "a", kind="worker_home").params == {"kind": "worker_home"}
    others = [
        TaskSpec.of("coverage", "a", within_m=501, mode="walk"),
        TaskSpec.of("coverage", "b", within_m=500, mode="walk"),
        TaskSpec.of("plan", "a", within_m=500, mode="walk"),
    ]
    assert len({spec.hash for spec in (one, *others)}) == 4


def test_spec_travels_as_json_and_pickle_with_its_hash() -> None:
    spec = TaskSpec.of("plan", "南通", new=3, within_m="15min")
    assert TaskSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert pickle.loads(pickle.dumps(spec)).hash == spec.hash  # noqa: S301 - our own
    made = f"TaskSpec{(spec.kind, spec.city, spec.asked)}"
    code = f"from locator.tasks import TaskSpec; print({made}.hash)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == spec.hash  # another process, another hash seed


@pytest.mark.parametrize("bad", [float("nan"), {1, 2}, object()])
def test_parameters_that_are_no_json_are_refused(bad: object) -> None:
    with pytest.raises(InputError, match="JSON"):
        TaskSpec.of("coverage", "a", within_m=bad)


@pytest.mark.parametrize("bad", [{}, {"kind": "coverage"}, {"kind": 1, "city": "a"},
                                 {"kind": "plan", "city": "a", "params": [1]}])  # fmt: skip
def test_documents_that_are_no_spec_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        TaskSpec.from_json(bad)


def test_run_gives_the_document_of_the_command(folder: Path) -> None:
    heard: list[tuple[float, str]] = []
    spec = TaskSpec.of("coverage", folder, within_m=150)
    document = run(spec, lambda share, text: heard.append((share, text)))
    view = City.open(folder).current()
    assert document == coverage_document(view, view.coverage(within_m=150))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    json.dumps(document, allow_nan=False)


def test_plan_and_sensitivity_and_situation_run(folder: Path) -> None:
    plan = run(TaskSpec.of("plan", folder, new=2, within_m=150))
    assert len(plan["sites"]) == 2
    assert run(TaskSpec.of("sensitivity", folder, within_m="2min"))["changes"]
    night = run(TaskSpec.of("situation", folder, situation="night", within_m=150))
    assert night["low"]["covered_m"] == 0.0 < night["high"]["covered_m"]  # hours are unknown


def test_headlines_are_keys_of_the_answers(folder: Path, tmp_path: Path) -> None:
    streets = write_streets(tmp_path / "s.geojson", blocks=3)
    make_block_city(tmp_path / "other", [])
    asked = {
        "coverage": {"within_m": 150}, "plan": {"new": 1, "within_m": 150},
        "sensitivity": {"within_m": 150}, "situation": {"situation": "night", "within_m": 150},
        "streets": {"files": [str(streets)]},
        "week": {"within_m": 150}, "losses": {"within_m": 150},
    }  # fmt: skip
    for code, kind in task_kinds().items():
        if code == "sample":
            continue  # takes seconds; tested with the batches
        city = tmp_path / "other" if code == "streets" else folder
        document = run(TaskSpec.of(code, city, **asked[code]))
        assert set(kind.headline) <= set(document), code


def test_stop_ends_a_task_at_its_next_step(folder: Path) -> None:
    steps: list[str] = []

    def report(_share: float, text: str) -> None:
        steps.append(text)

    with pytest.raises(StoppedError, match="as asked"):
        run(TaskSpec.of("week", folder, within_m=150), report, lambda: len(steps) >= 1)
    assert len(steps) == 1


def test_stop_of_a_plan_keeps_the_best_sites_and_their_bound(folder: Path) -> None:
    steps: list[str] = []

    def report(_share: float, text: str) -> None:
        steps.append(text)

    spec = TaskSpec.of("plan", folder, new=3, within_m=150)
    document = run(spec, report, lambda: len(steps) >= 2)
    whole = run(spec)
    assert document["value"] <= whole["value"] <= document["bound"] * (1 + 1e-12)
    assert len(document["sites"]) == 3


def test_unknown_kinds_and_parameters_are_refused_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="coverage, plan"):
        run(TaskSpec.of("cover", folder))
    with pytest.raises(InputError, match=r"unknown within, no within_m; it takes .*mode"):
        run(TaskSpec.of("coverage", folder, within=5))
    with pytest.raises(InputError, match="city folder"):
        run(TaskSpec.of("coverage", folder / "nowhere", within_m=5))


def test_files_of_specs_are_read_and_bad_lines_named(tmp_path: Path) -> None:
    file = tmp_path / "tasks.jsonl"
    spec = TaskSpec.of("coverage", "a", within_m=500)
    file.write_text(json.dumps(spec.to_json()) + "\n\n", encoding="utf-8")
    assert read_specs(file) == [spec]
    for bad in ("{", "[1]", '{"kind": "coverage"}'):
        file.write_text(f"{json.dumps(spec.to_json())}\n{bad}\n", encoding="utf-8")
        with pytest.raises(InputError):
            read_specs(file)
    with pytest.raises(InputError, match="cannot read"):
        read_specs(tmp_path / "none.jsonl")
