"""Many cities at once, over any executor of `concurrent.futures`: processes here, a cluster there.

The runner lives through what a long run meets: a worker that is killed (its task is tried again, on
a new pool where the old one broke), a task that kills each worker it touches (it is run alone, so
that it takes nobody with it, and given up), an error of one city (kept as a row), a stop, and its
own death: rows are written as they come, and the next run of the same table skips what is done.
"""

from __future__ import annotations

import resource
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locator import tasks
from locator.batch_table import DONE, FAILED, BatchRow, BatchTable, row_of
from locator.errors import InputError, LocatorError
from locator.tasks import TaskSpec

if TYPE_CHECKING:
    from locator.crews import Crew
    from locator.tasks import ShouldStop
    from locator.version import Report

Work = Callable[[TaskSpec, str], "Outcome"]

_POLL_S = 0.2  # how soon a stop is heard while nothing ends
_KIBIBYTES_PER_MEGABYTE = 1024.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker sends back; an error comes as words, since not every exception can travel.

    Parameters
    ----------
    document
        The answer of the task; None where it failed.
    error
        Why it failed, on one line.
    again
        Whether another try may end otherwise.
    seconds
        Wall time of the task in its worker.
    memory_mb
        Most memory that the worker's process has held so far.
    """

    document: dict[str, Any] | None
    error: str = ""
    again: bool = False
    seconds: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a batch came to.

    Parameters
    ----------
    rows
        A row for each distinct spec that has ended, in the order of the specs.
    skipped
        How many of them were done by an earlier run.
    retried
        How often a task was tried again.
    pools
        How many executors were opened.
    stopped
        Whether it was asked to stop before the end.
    """

    rows: tuple[BatchRow, ...]
    skipped: int
    retried: int
    pools: int
    stopped: bool

    @property
    def failed(self) -> tuple[BatchRow, ...]:
        """The rows without an answer."""
        return tuple(row for row in self.rows if row.status == FAILED)


def run_batch(
    specs: Iterable[TaskSpec],
    table: Path,
    crew: Crew,
    *,
    retries: int = 2,
    documents: Path | None = None,
    report: Report | None = None,
    should_stop: ShouldStop | None = None,
    work: Work | None = None,
) -> BatchSummary:
    """Run many tasks and keep one table of what came out.

    Parameters
    ----------
    specs
        Equal ones are run once.
    table
        Result table (.jsonl or .csv), written row by row in the order in which tasks end. Specs
        that it holds as done are skipped; failed ones are tried again.
    crew
        `process_crew(4)`, a `cluster_crew`, or any other executor with a number of tasks for it.
    retries
        How often a task is tried again whose worker died or whose machine failed. What the city or
        the question itself has to say (a LocatorError) is the same each time and not tried again.
    documents
        Folder for the whole answers, one file each, named by the spec's hash.
    report
        Hears of progress after each task.
    should_stop
        Asked several times a second; a stop lets no new task begin, and running ones end at their
        next step, as far as they see the table's folder.
    work
        What a worker does; `work_on`, unless an extension or a test brings its own.

    Raises
    ------
    InputError
        The table is of another kind of run, or a count makes no sense.
    """
    if crew.at_once < 1 or retries < 0:
        raise InputError(
            f"{crew.at_once} tasks at once and {retries} retries, expected 1 and 0 or more"
        )
    by_hash = {spec.hash: spec for spec in specs}
    with BatchTable.open(table, by_hash.values()) as kept:
        ready = {key: row for key, row in kept.done.items() if key in by_hash}
        waiting = [spec for key, spec in by_hash.items() if key not in ready]
        if documents is not None:
            documents.mkdir(parents=True, exist_ok=True)
        runner = _Runner(
            kept, crew, work or work_on, retries, documents, len(by_hash),
            report or (lambda _share, _text: None), deque(waiting), dict(ready),
        )  # fmt: skip
        stopped = runner.drain(should_stop or (lambda: False))
    rows = tuple(runner.rows[key] for key in by_hash if key in runner.rows)
    return BatchSummary(rows, len(ready), runner.retried, runner.pools, stopped)


def work_on(spec: TaskSpec, stop_mark: str) -> Outcome:
    """Run a spec inside a worker; `stop_mark` is a file that tells it to stop by being there."""
    started = time.perf_counter()
    mark = Path(stop_mark)
    document, error, again = None, "", False
    try:
        document = tasks.run(spec, should_stop=mark.exists)
    except Exception as problem:  # noqa: BLE001 - one city's failure is a row, whatever it is
        error, again = _one_line(problem), not isinstance(problem, LocatorError)
    # Linux counts in KiB.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIBIBYTES_PER_MEGABYTE
    return Outcome(document, error, again, time.perf_counter() - started, memory)


def _one_line(problem: BaseException) -> str:
    return " ".join(f"{type(problem).__name__}: {problem}".split())


@dataclass(slots=True)
class _Runner:
    """The state of one batch: what waits, what runs, what is done."""

    table: BatchTable
    crew: Crew
    work: Work
    retries: int
    documents: Path | None
    total: int
    report: Report
    waiting: deque[TaskSpec]
    rows: dict[str, BatchRow]
    suspects: deque[TaskSpec] = field(default_factory=deque)
    attempts: dict[str, int] = field(default_factory=dict)
    running: dict[Future[Outcome], TaskSpec] = field(default_factory=dict)
    executor: Executor | None = None
    suspected: bool = False  # whether what runs now runs alone
    retried: int = 0
    pools: int = 0

    def drain(self, should_stop: ShouldStop) -> bool:
        """Run until nothing waits; True where it was stopped before."""
        self.report(len(self.rows) / max(self.total, 1), f"{len(self.rows)}/{self.total}")
        try:
            while self.waiting or self.suspects or self.running:
                if should_stop():
                    return self._stop()
                self._fill()
                ended, _ = wait(self.running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
                self._settle(ended)
        except BaseException:
            self._stop()
            raise
        finally:
            self._close()
        return False

    def _fill(self) -> None:
        """Hand tasks over: as many as fit, or one suspect alone."""
        while self.waiting or self.suspects:
            alone = bool(self.suspects)
            most = 1 if alone or self.suspected else self.crew.at_once
            if len(self.running) >= most:
                return
            self.suspected = alone
            spec = (self.suspects if alone else self.waiting).popleft()
            if self.executor is None:
                self.executor = self.crew.open()
                self.pools += 1
            try:
                future = self.executor.submit(self.work, spec, str(self.table.stop_mark))
            except BrokenProcessPool:
                (self.suspects if alone else self.waiting).appendleft(spec)
                if self.running:  # those will tell
                    return
                self._close()  # it broke while idle: nobody's fault
                continue
            self.running[future] = spec

    def _settle(self, ended: set[Future[Outcome]]) -> None:
        """Keep what has ended; take in hand what fell with its worker."""
        broken = []
        for future in ended:
            spec = self.running.pop(future)
            problem = CancelledError("lost") if future.cancelled() else future.exception()
            if problem is None:
                self._keep(spec, future.result())
            elif isinstance(problem, BrokenProcessPool):
                broken.append((spec, problem))
            else:
                self._fail(spec, _one_line(problem), self.waiting)
        if broken:
            self._mend(broken)

    def _mend(self, broken: list[tuple[TaskSpec, BrokenProcessPool]]) -> None:
        """A pool broke: all that ran in it is lost, and one of them may have done it."""
        lost = [spec for spec, _ in broken] + list(self.running.values())
        self.running.clear()
        self._close()
        if len(lost) == 1:
            self._fail(lost[0], _one_line(broken[0][1]), self.suspects)
            return
        self.retried += len(lost)
        self.suspects.extend(lost)

    def _fail(self, spec: TaskSpec, error: str, queue: deque[TaskSpec]) -> None:
        """Try a task again, or keep its error as its row."""
        tried = self.attempts[spec.hash] = self.attempts.get(spec.hash, 0) + 1
        if tried <= self.retries:
            self.retried += 1
            queue.append(spec)
            return
        self._add(row_of(spec, FAILED, attempts=tried, error=error))

    def _keep(self, spec: TaskSpec, outcome: Outcome) -> None:
        """Write what a worker sent back."""
        if outcome.document is None and outcome.again:
            self._fail(spec, outcome.error, self.waiting)
            return
        tried = self.attempts[spec.hash] = self.attempts.get(spec.hash, 0) + 1
        if outcome.document is None:
            self._add(row_of(spec, FAILED, attempts=tried, error=outcome.error))
            return
        if self.documents is not None:
            self.table.write_document(self.documents / f"{spec.hash}.json", outcome.document)
        measured: dict[str, Any] = {"document": outcome.document}
        measured["seconds"] = round(outcome.seconds, 3)
        measured["memory_mb"] = round(outcome.memory_mb, 1)
        self._add(row_of(spec, DONE, attempts=tried, **measured))

    def _add(self, row: BatchRow) -> None:
        self.table.add(row)
        self.rows[row.hash] = row
        self.report(len(self.rows) / self.total, f"{len(self.rows)}/{self.total} {row.city}")

    def _stop(self) -> bool:
        """Let no more begin; running ones see the mark and end at their next step."""
        self.table.stop_mark.touch()
        for future in self.running:
            future.cancel()
        ended, _ = wait(self.running)
        for future in ended:
            spec = self.running.pop(future)
            if not future.cancelled() and future.exception() is None:
                outcome = future.result()
                if outcome.document is not None:
                    self._keep(spec, outcome)
        return True

    def _close(self) -> None:
        if self.executor is not None:
            self.executor.shutdown(wait=True)
            self.executor = None
