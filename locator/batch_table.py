"""The result table of a batch: a row for each task, written as it ends, and read back on restart.

A row is one line, so a run that dies while it writes leaves at most one torn last line; it is cut
off when the table is opened again. It knows files and no executors; `batch` has those.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from locator.errors import DataError, InputError
from locator.task_kinds import task_kinds
from locator.workspace import replace_text

if TYPE_CHECKING:
    from locator.tasks import TaskSpec

DONE, FAILED = "done", "failed"
_FIXED = (
    "hash", "kind", "city", "params", "status", "attempts", "seconds", "memory_mb", "error",
)  # fmt: skip
_ENDINGS = (".jsonl", ".csv")


@dataclass(frozen=True, slots=True)
class BatchRow:
    """How one task ended.

    Parameters
    ----------
    hash, kind, city, params
        Of its spec; the parameters as JSON.
    status
        "done" or "failed".
    attempts
        How often it was begun for its own sake.
    seconds, memory_mb
        Wall time in the worker, and the most memory its process had held; None where it failed.
    error
        Why it failed, on one line.
    result
        The headline of its answer.
    """

    hash: str
    kind: str
    city: str
    params: str
    status: str
    attempts: int
    seconds: float | None = None
    memory_mb: float | None = None
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The row as one flat JSON object: the headline beside the rest."""
        fixed: dict[str, Any] = {name: getattr(self, name) for name in _FIXED}
        return {**fixed, "params": json.loads(self.params), **self.result}


class BatchTable:
    """A result table that is being written; a context manager. Make it with `open`."""

    def __init__(self, path: Path, stream: IO[str], columns: tuple[str, ...]) -> None:
        self.path, self._stream = path, stream
        self._columns = columns
        self.done: dict[str, BatchRow] = {}

    @classmethod
    def open(cls, path: Path, specs: Iterable[TaskSpec]) -> Self:
        """Open a table for some specs, with the rows of an earlier run; made where it is missing.

        Raises
        ------
        InputError
            The ending is not known, another run writes it now, or it has other columns.
        DataError
            It cannot be read or written, or is damaged.
        """
        if path.suffix not in _ENDINGS:
            raise InputError(f"{path.name}: a result table ends in .jsonl or .csv")
        kinds = task_kinds()
        headlines = [kinds[code].headline for code in {spec.kind for spec in specs} & set(kinds)]
        columns = (*_FIXED, *sorted({name for headline in headlines for name in headline}))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = path.open("a+", encoding="utf-8", newline="")
        except OSError as problem:
            raise DataError(f"cannot write {path}: {problem.strerror}") from problem
        table = cls(path, stream, columns)
        try:
            table._take_over()
        except BaseException:
            stream.close()
            raise
        return table

    @property
    def stop_mark(self) -> Path:
        """A file that tells workers to stop, by being there."""
        return self.path.absolute().with_name(f".{self.path.name}.stop")

    def add(self, row: BatchRow) -> None:
        """Append a row and put it on the disk."""
        if self.path.suffix == ".csv":
            self._write(self._csv_line([row.to_json().get(name) for name in self._columns]))
        else:
            self._write(json.dumps(row.to_json(), ensure_ascii=False) + "\n")

    @staticmethod
    def write_document(path: Path, document: Mapping[str, Any]) -> None:
        """Write a whole answer aside, then put it in place."""
        replace_text(path, json.dumps(document, ensure_ascii=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop_mark.unlink(missing_ok=True)
        self._stream.close()

    # -- the file ------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Lock the table, cut a torn last line off, and read what is done."""
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise InputError(f"another run is writing {self.path}: wait for its end") from problem
        self.stop_mark.unlink(missing_ok=True)
        self._stream.seek(0)
        text = self._stream.read()
        whole = text[: text.rfind("\n") + 1]
        if len(whole) < len(text):
            self._stream.truncate(len(whole.encode()))
        for row in self._read(whole):
            if row["status"] == DONE:
                self.done[row["hash"]] = _row_of(row)
        if self.path.suffix == ".csv" and not whole:
            self._write(self._csv_line(list(self._columns)))

    def _read(self, text: str) -> list[dict[str, Any]]:
        try:
            if self.path.suffix == ".jsonl":
                return [json.loads(line) for line in text.splitlines() if line]
            reader = csv.DictReader(io.StringIO(text, newline=""))
            if text and tuple(reader.fieldnames or ()) != self._columns:
                raise InputError(
                    f"{self.path} has the columns of other tasks: {reader.fieldnames}; "
                    f"expected {list(self._columns)}: choose another file"
                )
            return [{name: _cell(name, value) for name, value in row.items()} for row in reader]
        except (ValueError, KeyError, TypeError) as problem:
            if isinstance(problem, InputError):
                raise
            raise DataError(f"{self.path} is damaged: {problem}; choose another file") from problem

    @staticmethod
    def _csv_line(cells: list[Any]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(
            json.dumps(cell, ensure_ascii=False) if isinstance(cell, (dict, list)) else cell
            for cell in cells
        )
        return buffer.getvalue()

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line)
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as problem:
            raise DataError(f"cannot write {self.path}: {problem.strerror}") from problem


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a .jsonl table, the last one of each hash, in the order they were written."""
    last: dict[str, dict[str, Any]] = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        last.pop(row["hash"], None)
        last[row["hash"]] = row
    return list(last.values())


def row_of(
    spec: TaskSpec, status: str, *, attempts: int, error: str = "", **measured: Any
) -> BatchRow:
    """The row of a spec; `document` among `measured` is cut down to its headline."""
    document = measured.pop("document", None) or {}
    kind = task_kinds().get(spec.kind)
    headline = kind.headline if kind is not None else ()
    result = {name: document[name] for name in headline if name in document}
    return BatchRow(
        spec.hash, spec.kind, spec.city, spec.asked, status, attempts, error=error, result=result,
        **measured,
    )  # fmt: skip


def _row_of(cells: dict[str, Any]) -> BatchRow:
    fixed = {name: cells[name] for name in _FIXED}
    fixed["params"] = json.dumps(fixed["params"], sort_keys=True, ensure_ascii=False)
    result = {name: value for name, value in cells.items() if name not in _FIXED}
    return BatchRow(**fixed, result=result)


def _cell(name: str, text: str | None) -> Any:
    """A value of a CSV cell: numbers and JSON come back as they went in."""
    if name in {"hash", "kind", "city", "status", "error"}:
        return text or ""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
