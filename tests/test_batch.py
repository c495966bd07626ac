"""Batches: tables that survive, workers that are killed, stops and restarts, two Dask workers."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from locator.batch import run_batch
from locator.batch_table import BatchTable, read_rows, row_of
from locator.city import City
from locator.crews import Crew, cluster_crew, process_crew
from locator.errors import DataError, InputError
from locator.tasks import TaskSpec
from tests.batch_work import work
from tests.block_city import make_block_city


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("batch") / "city"
    make_block_city(path, [(300.0, 300.0), (0.0, 0.0)])
    return path


def threads(at_once: int = 2) -> Crew:
    """Workers in this process: a batch runs on any executor."""
    return Crew(lambda: ThreadPoolExecutor(at_once), at_once)


def specs_of(folder: Path, count: int) -> list[TaskSpec]:
    return [TaskSpec.of("coverage", folder, within_m=100 + i) for i in range(count)]


# -- on one machine --------------------------------------------------------------------------------


def test_rows_come_in_the_order_of_the_specs_with_the_headline(
    folder: Path, tmp_path: Path
) -> None:
    specs = specs_of(folder, 5)
    heard: list[float] = []
    done = run_batch(
        [*specs, specs[0]], tmp_path / "t.jsonl", threads(),
        report=lambda share, _text: heard.append(share), documents=tmp_path / "docs",
    )  # fmt: skip
    assert [row.hash for row in done.rows] == [spec.hash for spec in specs]
    view = City.open(folder).current()
    for row, spec in zip(done.rows, specs, strict=True):
        cover = view.coverage(within_m=spec.params["within_m"])
        assert row.result["covered_m"] == cover.covered_m
        whole = json.loads((tmp_path / "docs" / f"{row.hash}.json").read_text("utf-8"))
        assert whole["covered_m"] == cover.covered_m
        assert whole["gaps"]
        assert row.seconds is not None
        assert row.memory_mb > 50
    assert heard == sorted(heard)
    assert (heard[0], heard[-1], len(heard)) == (0.0, 1.0, 6)
    assert len(read_rows(tmp_path / "t.jsonl")) == 5
    assert not list(tmp_path.glob(".*"))  # no mark is left


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_second_run_skips_what_is_done_and_tries_the_failed_again(
    folder: Path, tmp_path: Path, ending: str
) -> None:
    table = tmp_path / f"t{ending}"
    late = tmp_path / "late"
    specs = [*specs_of(folder, 3), TaskSpec.of("coverage", late, within_m=100)]
    first = run_batch(specs, table, threads())
    assert [row.status for row in first.rows] == ["done", "done", "done", "failed"]
    assert "is not a city folder" in first.failed[0].error
    assert first.retried == 0  # the city's own word is not asked twice
    make_block_city(late, [(0.0, 0.0)])
    second = run_batch(specs, table, threads())
    assert (second.skipped, len(second.failed)) == (3, 0)
    assert second.rows[0] == first.rows[0]
    third = run_batch(specs, table, threads())
    assert (third.skipped, third.pools) == (4, 0)
    assert third.rows == second.rows


def test_csv_table_opens_in_a_spreadsheet(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    run_batch([*specs_of(folder, 2), TaskSpec.of("cover", '南通, "A"\n市')], table, threads())
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(table.read_text("utf-8").splitlines()) == 4 + 1  # one city's name has a line break
    assert [row["status"] for row in rows].count("done") == 2
    assert {row["city"] for row in rows} == {str(folder), '南通, "A"\n市'}
    done = next(row for row in rows if row["status"] == "done")
    assert 0 < float(done["share"]) < 1
    assert json.loads(done["params"])["within_m"] in {100, 101}


def test_torn_last_line_of_a_killed_run_is_cut_off(folder: Path, tmp_path: Path) -> None:
    for ending in (".jsonl", ".csv"):
        table = tmp_path / f"t{ending}"
        specs = specs_of(folder, 2)
        run_batch(specs, table, threads(1))
        whole = table.read_bytes()
        table.write_bytes(whole[:-7])
        again = run_batch(specs, table, threads(1))
        assert (again.skipped, len(again.rows)) == (1, 2)
        assert table.read_bytes().endswith(b"\n")
        assert len(table.read_bytes().splitlines()) == len(whole.splitlines())


def test_table_of_other_tasks_or_of_a_running_batch_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    run_batch(specs_of(folder, 1), table, threads())
    with pytest.raises(InputError, match="columns of other tasks"):
        run_batch([TaskSpec.of("plan", folder, new=1, within_m=100)], table, threads())
    with BatchTable.open(table, specs_of(folder, 1)), pytest.raises(InputError, match="another"):
        run_batch(specs_of(folder, 1), table, threads())
    with pytest.raises(InputError, match="jsonl"):
        run_batch([], tmp_path / "t.xlsx", threads())
    (tmp_path / "bad.jsonl").write_text("{\n", encoding="utf-8")
    with pytest.raises(DataError, match="damaged"):
        run_batch(specs_of(folder, 1), tmp_path / "bad.jsonl", threads())
    with pytest.raises(InputError, match="expected 1"):
        process_crew(0)


def test_nothing_to_do_is_done(tmp_path: Path) -> None:
    done = run_batch([], tmp_path / "t.jsonl", threads())
    assert (done.rows, done.pools, done.stopped) == ((), 0, False)


def test_machine_failures_are_tried_again_and_then_kept(tmp_path: Path) -> None:
    twice = TaskSpec.of("coverage", "a", fail=2, lives=str(tmp_path / "a"))
    ever = TaskSpec.of("coverage", "b", fail=99)
    done = run_batch([twice, ever], tmp_path / "t.jsonl", threads(), work=work)
    assert (done.rows[0].status, done.rows[0].attempts) == ("done", 3)
    assert (done.rows[1].status, done.rows[1].attempts) == ("failed", 3)
    assert done.rows[1].error == "OSError: the disk is away"
    assert done.retried == 4


def test_stop_lets_nothing_more_begin_and_ends_what_runs(tmp_path: Path) -> None:
    specs = [TaskSpec.of("coverage", str(i), steps=0 if i < 2 else 400) for i in range(20)]
    ended: list[str] = []
    begun = time.monotonic()
    done = run_batch(
        specs, tmp_path / "t.jsonl", threads(), work=work,
        report=lambda _share, text: ended.append(text), should_stop=lambda: len(ended) >= 3,
    )  # fmt: skip
    assert done.stopped
    assert 2 <= len(done.rows) < 5
    assert time.monotonic() - begun < 15  # a task that is not stopped takes 20 s
    rest = run_batch(
        [TaskSpec.of("coverage", str(i)) for i in range(2)], tmp_path / "t.jsonl", threads(),
        work=work,
    )  # fmt: skip
    assert not rest.stopped  # the mark is gone


def test_row_of_an_unknown_kind_has_no_headline() -> None:
    row = row_of(TaskSpec.of("nothing", "a"), "failed", attempts=1, error="x")
    assert row.to_json() == {
        "hash": row.hash, "kind": "nothing", "city": "a", "params": {}, "status": "failed",
        "attempts": 1, "seconds": None, "memory_mb": None, "error": "x",
    }  # fmt: skip


# -- killed workers --------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_worker_of_a_pool_costs_nothing_but_time(folder: Path, tmp_path: Path) -> None:
    specs = specs_of(folder, 12)
    killed: list[int] = []

    def report(_share: float, _text: str) -> None:
        children = multiprocessing.active_children()
        if len(killed) < 2 and children:
            pid = children[0].pid
            assert pid is not None
            if pid not in killed:
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

    done = run_batch(specs, tmp_path / "t.jsonl", process_crew(2), report=report)
    assert len(killed) >= 1
    assert done.pools >= 2
    assert [row.status for row in done.rows] == ["done"] * 12
    view = City.open(folder).current()
    assert [row.result["share"] for row in done.rows] == [
        view.coverage(within_m=spec.params["within_m"]).share for spec in specs
    ]


@pytest.mark.slow
def test_task_that_kills_its_workers_takes_nobody_with_it(tmp_path: Path) -> None:
    poison = TaskSpec.of("coverage", "poison", die=99, lives=str(tmp_path / "p"))
    once = TaskSpec.of("coverage", "once", die=1, lives=str(tmp_path / "o"))
    good = [TaskSpec.of("coverage", str(i), steps=2) for i in range(6)]
    specs = [good[0], poison, *good[1:3], once, *good[3:]]
    done = run_batch(specs, tmp_path / "t.jsonl", process_crew(2), retries=1, work=work)
    told = {row.city: row for row in done.rows}
    assert told["poison"].status == "failed"
    assert "BrokenProcessPool" in told["poison"].error
    assert {row.status for name, row in told.items() if name != "poison"} == {"done"}
    # at most once beside another, then alone: the first time and the one retry
    assert 2 <= (tmp_path / "p").stat().st_size <= 3


@pytest.mark.slow
def test_killed_run_is_taken_up_where_it_was(folder: Path, tmp_path: Path) -> None:
    """The whole command dies by SIGKILL; the next run does the rest and no more."""
    table = tmp_path / "t.jsonl"
    tasks = tmp_path / "tasks.jsonl"
    specs = specs_of(folder, 200)
    tasks.write_text("\n".join(json.dumps(spec.to_json()) for spec in specs), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from locator.batch import run_batch\n"
        "from locator.crews import process_crew\n"
        "from locator.tasks import read_specs\n"
        "if __name__ == '__main__':\n"
        "    run_batch(read_specs(Path(sys.argv[1])), Path(sys.argv[2]), process_crew(2))\n"
    )
    script = tmp_path / "batch_run.py"
    script.write_text(code, encoding="utf-8")
    root = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(
        [sys.executable, str(script), str(tasks), str(table)],
        env={**os.environ, "PYTHONPATH": str(root)}, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until and _lines(table) < 5:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = _lines(table)
    assert 5 <= before < 200
    done = run_batch(specs, table, process_crew(2))
    assert before - 1 <= done.skipped <= before + 2
    assert len(done.rows) == 200
    assert {row.status for row in done.rows} == {"done"}
    assert len({row["hash"] for row in read_rows(table)}) == 200
    assert _lines(table) == 200  # none was done twice


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


# -- a cluster -------------------------------------------------------------------------------------


class Cluster:
    """A Dask scheduler and its workers as processes of their own, on this machine."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        root = Path(__file__).resolve().parent.parent
        self.env = {**os.environ, "PYTHONPATH": str(root), "DASK_DISTRIBUTED__LOGGING__distributed":
                    "error", "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}  # fmt: skip
        file = folder / "scheduler.json"
        self.processes = [self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(file),
        )]  # fmt: skip
        try:
            self.address = _read_address(file)
            self.workers = [self.start_worker() for _ in range(workers)]
        except BaseException:
            self.close()
            raise

    def _start(self, *args: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *args], cwd=self.folder, env=self.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One process with one thread and no nurse: killed is gone."""
        worker = self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--host", "127.0.0.1", "--local-directory", str(self.folder),
        )  # fmt: skip
        self.processes.append(worker)
        return worker

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            process.wait()


def _read_address(file: Path) -> str:
    """What the scheduler writes when it is up."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError, ValueError):  # not there yet, or half-written
            return str(json.loads(file.read_text("utf-8"))["address"])
        time.sleep(0.05)
    raise TimeoutError("the Dask scheduler did not start")


@pytest.fixture
def cluster(tmp_path: Path) -> Any:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    home = tmp_path / "cluster"
    home.mkdir()
    made = Cluster(home, workers=2)
    yield made
    made.close()


@pytest.mark.slow
def test_twenty_cities_on_two_dask_workers_one_of_them_killed(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Sample towns of 20 seeds are made and asked on the cluster; a worker dies in the middle."""
    towns = [tmp_path / f"town{seed}" for seed in range(20)]
    killed: list[int] = []

    def report(_share: float, _text: str) -> None:
        if len(read_rows(tmp_path / "ask.jsonl")) == 6 and not killed:
            worker = cluster.workers[0]
            killed.append(worker.pid)
            worker.kill()
            cluster.start_worker()

    with cluster_crew(cluster.address) as crew:
        made = run_batch(
            [TaskSpec.of("sample", town, seed=seed) for seed, town in enumerate(towns)],
            tmp_path / "make.jsonl", crew,
        )  # fmt: skip
        assert [row.status for row in made.rows] == ["done"] * 20, made.failed
        (tmp_path / "ask.jsonl").touch()
        specs = [
            TaskSpec.of("coverage", town, within_m=limit) for town in towns for limit in (500, 1000)
        ]
        done = run_batch(specs, tmp_path / "ask.jsonl", crew, report=report)
    assert killed
    assert len(done.rows) == 40
    assert {row.status for row in done.rows} == {"done"}, done.failed
    assert (
        len({round(row.result["total_m"], 3) for row in done.rows}) == 20
    )  # twenty cities, not one
    for row in (done.rows[0], done.rows[-1]):
        view = City.open(row.city).current()
        limit = json.loads(row.params)["within_m"]
        assert row.result["covered_m"] == view.coverage(within_m=limit).covered_m


@pytest.mark.slow
def test_task_that_kills_dask_workers_is_given_up_with_a_reason(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The cluster gives a task up after some workers died of it; so do we, and say so."""
    poison = TaskSpec.of("coverage", "poison", die=99)
    good = [TaskSpec.of("coverage", str(i), steps=1) for i in range(5)]
    for _ in range(8):
        cluster.start_worker()
    with cluster_crew(cluster.address) as crew:
        done = run_batch([poison, *good], tmp_path / "t.jsonl", crew, retries=0, work=work)
    told = {row.city: row for row in done.rows}
    assert told["poison"].status == "failed"
    assert "KilledWorker" in told["poison"].error
    assert {row.status for name, row in told.items() if name != "poison"} == {"done"}


def test_no_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr("locator.crews._CONNECT_S", 0.3)
    with (
        pytest.raises(InputError, match="no Dask scheduler answers"),
        cluster_crew("tcp://127.0.0.1:9"),
    ):
        pass
