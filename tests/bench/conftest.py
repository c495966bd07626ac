"""Fixtures of the benchmarks: interleaved timing, and which machine the figures come from.

`make bench` installs what we compare with and runs them; `make test` does not.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

Measure = Callable[..., dict[str, float]]


@pytest.fixture
def interleaved() -> Measure:
    """Return a function that times rivals in turn, so that a busy spell hits all of them alike."""
    return time_interleaved


def time_interleaved(
    rivals: Mapping[str, Callable[[], Any]], *, rounds: int = 7
) -> dict[str, float]:
    """Median processor seconds of each rival, taken in turn in one process.

    Processor time, since other programs share the machine; one untimed round warms all caches.

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


@pytest.fixture(autouse=True)
def machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note in each benchmark's record how many cores there are and how busy they were."""
    load = os.getloadavg()[0]
    yield
    if "benchmark" in request.fixturenames:
        benchmark = request.getfixturevalue("benchmark")
        about = {"cores": os.cpu_count(), "load": round(load, 1), "system": platform.platform()}
        benchmark.extra_info.update(about)
