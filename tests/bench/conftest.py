"""Fixtures of the benchmarks: rivals timed in turn, and the figures printed at the end.

`make bench` installs what we compare with and runs them; `make test` does not. A benchmark asserts
a ratio taken in one process, never seconds: those differ from machine to machine.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

Timer = Callable[..., dict[str, float]]
Figures = dict[str, Mapping[str, Any]]
KEPT = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[KEPT] = {}


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a benchmark puts what it measured, by a name; printed when all have run."""
    return request.config.stash[KEPT]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not config.stash[KEPT]:
        return
    terminalreporter.section("figures")
    terminalreporter.line(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}"
    )
    for name, measured in config.stash[KEPT].items():
        values = (
            f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in measured.items()
        )
        terminalreporter.line(f"{name}: {', '.join(values)}")


@pytest.fixture
def interleaved() -> Timer:
    """A timer that takes rivals in turn, so that a busy spell hits all of them alike."""
    return time_interleaved


def time_interleaved(
    rivals: Mapping[str, Callable[[], Any]], *, rounds: int = 7
) -> dict[str, float]:
    """Median processor seconds of each rival, taken in turn in one process.

    Processor time, since other programs share the machine; an untimed round warms all caches.

    Parameters
    ----------
    rivals
        Name -> call to time.
    rounds
        How often each is timed.

    Returns
    -------
    dict
        Name -> median seconds of this process's processor time.

    Examples
    --------
    >>> taken = time_interleaved({"few": lambda: sum(range(9)), "many": lambda: sum(range(99999))})
    >>> taken["few"] < taken["many"]
    True
    """
    for call in rivals.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, call in rivals.items():
            begun = time.process_time()
            call()
            taken[name].append(time.process_time() - begun)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


@pytest.fixture
def measured(figures: Figures) -> Callable[..., Any]:
    """Solve, check the certificate, and put a line among the figures."""

    def run(name: str, problem: Any, limit_s: float = 60.0) -> Any:
        from locator.siting import solve
        from locator.siting.certificate import check_solution

        begun, wall = time.process_time(), time.perf_counter()
        answer = solve(problem, time_limit_s=limit_s)
        cpu, wall = time.process_time() - begun, time.perf_counter() - wall
        assert check_solution(problem, answer).problems == ()
        figures[name] = {
            "cpu_s": cpu, "wall_s": wall, "value": answer.value, "bound": answer.bound,
            "gap": f"{answer.gap:.4%}", "proof": answer.certificate.proof if answer.proven else "-",
            "rounds": answer.iterations,
        }  # fmt: skip
        return answer

    return run
