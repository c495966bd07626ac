"""How a batch grows: what the runner costs beside the work, and two workers against one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from locator.batch import Outcome, run_batch
from locator.crews import Crew, process_crew
from locator.tasks import TaskSpec

Figures = dict[str, Mapping[str, Any]]


def answer_at_once(_spec: TaskSpec, _stop_mark: str) -> Outcome:
    return Outcome({"share": 0.5})


def test_runner_and_table_cost_little_beside_a_city(tmp_path: Path, figures: Figures) -> None:
    """2,800 counties: what the runner itself takes, every row put on the disk."""
    specs = [TaskSpec.of("coverage", str(i), within_m=1000) for i in range(2800)]
    crew = Crew(lambda: ThreadPoolExecutor(4), 4)
    begun = time.perf_counter()
    done = run_batch(specs, tmp_path / "t.jsonl", crew, work=answer_at_once)
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    again = run_batch(specs, tmp_path / "t.jsonl", crew, work=answer_at_once)
    restart = time.perf_counter() - begun
    figures["batch of 2,800 tasks that cost nothing"] = {
        "run": seconds, "restart": restart, "per task": seconds / len(specs)
    }  # fmt: skip
    assert len(done.rows) == again.skipped == len(specs)
    assert seconds / len(specs) < 0.02  # a county takes seconds
    assert restart < 5


def test_two_processes_against_one_on_sample_towns(tmp_path: Path, figures: Figures) -> None:
    makes = [TaskSpec.of("sample", tmp_path / f"town{i}", seed=i) for i in range(8)]
    done = run_batch(makes, tmp_path / "make.jsonl", process_crew(2))
    assert not done.failed
    taken = {}
    for workers in (1, 2):
        specs = [
            TaskSpec.of("sensitivity", tmp_path / f"town{i}", within_m=f"{limit}min")
            for i in range(8)
            for limit in (5, 10, 15)
        ]
        begun = time.perf_counter()
        run_batch(specs, tmp_path / f"t{workers}.jsonl", process_crew(workers))
        taken[f"{workers} workers"] = time.perf_counter() - begun
    figures["24 sensitivities of sample towns"] = taken
    assert taken["2 workers"] < 1.2 * taken["1 workers"]  # start-up is shared by few tasks here
