"""Long questions as values: one body for the command line, the jobs of the web floor, a cluster.

A `TaskSpec` says what is asked of which city; it is JSON, it may be sent to another process, and
its hash is the same everywhere. `run` opens the city, asks, and gives the document that the
command of the same name prints. It touches nothing but the city folder, so the same spec may run
here, in a process of a pool, or on another machine that sees the same folders.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locator.errors import InputError, StoppedError
from locator.task_kinds import find_task_kind

if TYPE_CHECKING:
    from locator.version import Report

ShouldStop = Callable[[], bool]

_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What is asked of which city; make one with `TaskSpec.of`.

    Parameters
    ----------
    kind
        A code of `task_kinds.task_kinds`.
    city
        The city's folder, as whoever runs the task sees it.
    asked
        The parameters as JSON with sorted keys, so that equal questions are equal texts.
    """

    kind: str
    city: str
    asked: str = "{}"

    @classmethod
    def of(cls, kind: str, city: object, /, **params: Any) -> TaskSpec:
        """A spec from its parameters; those that are None are left to their defaults.

        Raises
        ------
        InputError
            A parameter is not JSON.

        Examples
        --------
        >>> TaskSpec.of("coverage", "haian", within_m=1000, kind=None).asked
        '{"within_m": 1000}'
        """
        given = {name: value for name, value in params.items() if value is not None}
        try:
            asked = json.dumps(given, sort_keys=True, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as problem:
            raise InputError(
                f"parameters of a task are JSON values, got {given!r}: {problem}"
            ) from problem
        return cls(kind, str(city), asked)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TaskSpec:
        """A spec from what `to_json` gave.

        Raises
        ------
        InputError
            It is not of that form.
        """
        kind, city, params = (document.get(key) for key in ("kind", "city", "params"))
        if not isinstance(kind, str) or not isinstance(city, str):
            raise InputError(f"a task needs a kind and a city, got {dict(document)!r}")
        if not isinstance(params or {}, Mapping):
            raise InputError(f"the params of a task are an object, got {params!r}")
        return cls.of(kind, city, **dict(params or {}))

    def to_json(self) -> dict[str, Any]:
        """The spec as a JSON document."""
        return {"kind": self.kind, "city": self.city, "params": self.params}

    @property
    def params(self) -> dict[str, Any]:
        """The parameters, by name."""
        params: dict[str, Any] = json.loads(self.asked)
        return params

    @property
    def hash(self) -> str:
        """16 hex digits of kind, city and parameters; the same on every machine.

        >>> TaskSpec.of("week", "haian", within_m=500).hash
        'ad5c09c7c62d4c4e'
        """
        text = json.dumps([self.kind, self.city, self.asked], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def run(
    spec: TaskSpec, report: Report | None = None, should_stop: ShouldStop | None = None
) -> dict[str, Any]:
    """Ask what a spec says; the document is that of the command of the same name.

    Parameters
    ----------
    report
        Hears of progress.
    should_stop
        Asked at each step of progress; where it says yes the task ends. A plan ends with the best
        sites found so far and their bound, which are its answer.

    Raises
    ------
    StoppedError
        `should_stop` said yes.
    NotFoundError
        There is no such kind of task.
    InputError, DataError
        What the city or the question has to say; each question's own.
    """
    kind = find_task_kind(spec.kind)
    kind.check(spec.params)
    tell = _stoppable(report, should_stop)
    tell(0.0, kind.en)
    document: dict[str, Any] = _finite(kind.ask(spec.city, tell, **spec.params))
    if report is not None:
        report(1.0, "done")  # nobody is asked any more: what is done is not thrown away
    return document


def _finite(value: Any) -> Any:
    """JSON has no inf and nan: what is not there is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value


def _stoppable(report: Report | None, should_stop: ShouldStop | None) -> Report:
    """A report that also asks whether to go on."""

    def tell(share: float, text: str) -> None:
        if should_stop is not None and should_stop():
            raise StoppedError(f"stopped at {share:.0%} ({text}), as asked")
        if report is not None:
            report(share, text)

    return tell


def read_specs(path: Path) -> list[TaskSpec]:
    """Specs from a file with a JSON object a line, as `TaskSpec.to_json` gives them.

    Raises
    ------
    InputError
        The file cannot be read, or a line is no task; the message names it.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"cannot read tasks from {path}: {problem}") from problem
    specs = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except ValueError as problem:
            raise InputError(f"{path.name}, line {number} is no JSON: {problem}") from problem
        if not isinstance(document, dict):
            raise InputError(f"{path.name}, line {number}: expected an object, got {document!r}")
        specs.append(TaskSpec.from_json(document))
    return specs
