"""Work that misbehaves, for workers of a batch: each by the parameters of its spec.

A module of its own, since workers import it by name.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from locator.batch import Outcome

if TYPE_CHECKING:
    from locator.tasks import TaskSpec


def work(spec: TaskSpec, stop_mark: str) -> Outcome:
    """Wait, die, or fail as told; `lives` counts in a file how often it was begun."""
    params = spec.params
    begun = _count(Path(params["lives"])) if "lives" in params else 1
    if begun <= params.get("die", 0):
        os.kill(os.getpid(), signal.SIGKILL)
    if begun <= params.get("fail", 0):
        return Outcome(None, "OSError: the disk is away", again=True)
    for _ in range(params.get("steps", 0)):
        if Path(stop_mark).exists():
            return Outcome(None, "StoppedError: stopped")
        time.sleep(0.05)
    return Outcome({"share": params.get("share", 0.5)}, seconds=0.01, memory_mb=1.0)


def _count(path: Path) -> int:
    with path.open("a") as stream:
        stream.write("x")
    return path.stat().st_size
