"""What a server holds in memory: work done apart leaves nothing behind but its result."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

T = TypeVar("T")

_ARENA_MAX = -8  # M_ARENA_MAX of the GNU C library


class Run(Protocol):
    """How work is done: `here`, or `apart`."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """Do the work; its result."""


def here(work: Callable[[], T]) -> T:
    """Do it in this process."""
    return work()


def apart(work: Callable[[], T]) -> T:
    """Do it in a fork, and bring back the result alone.

    What it imported (Folium brings pandas), read and laid out ends with the fork; the system has
    that memory back, which an allocator of Python never quite returns. Where there is no fork, or
    other threads run that it would tear apart, it is done here; and so it is once more where the
    fork failed, so that what went wrong is raised here.

    Parameters
    ----------
    work
        Its result can be pickled. What else it changes is lost.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return work()
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        _work_and_end(work, reads, writes)
    os.close(writes)
    try:
        with os.fdopen(reads, "rb") as stream:
            told = stream.read()
        _, status = os.waitpid(child, 0)
        child = 0
    finally:
        if child:  # this process is told to stop while it waits
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    if status:
        return work()
    result: T = pickle.loads(told)  # noqa: S301  (of our own fork)
    return result


def _work_and_end(work: Callable[[], T], reads: int, writes: int) -> None:
    """In the fork: nothing of the caller may run after this, not even its `finally`."""
    status = 1
    try:
        os.close(reads)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        with os.fdopen(writes, "wb") as stream:
            pickle.dump(work(), stream, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    except BaseException:  # noqa: BLE001  (the parent does it again, and raises what is to raise)
        status = 1
    finally:
        os._exit(status)


def settle() -> None:
    """Give back what the start alone needed, before workers share the rest.

    Counting what is alive would write into the pages that forks share, so it is left out from here
    on (`gc.freeze`). One pool of memory is enough for threads of which one runs at a time.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a C library of another make
            libc = ctypes.CDLL(None)
            libc.mallopt(_ARENA_MAX, 1)
            libc.malloc_trim(0)
