"""What a server holds in memory: work done apart leaves nothing behind but its results."""

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
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_ARENA_MAX = -8  # M_ARENA_MAX of the GNU C library
_STOPS = {signal.SIGINT, signal.SIGTERM}


class Run(Protocol):
    """How a piece of work is done: `here`, or as `apart` hands it over."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """Do the work; its result."""


def here(work: Callable[[], T]) -> T:
    """Do it in this process."""
    return work()


def apart(do: Callable[[Run], object]) -> None:
    """Do something whose pieces of work are done in a fork, so that their results alone stay.

    What they import (Folium brings pandas), read and lay out ends with the fork; the system has
    that memory back, which an allocator of Python never quite returns. Where there is no fork, or
    other threads run that it would tear apart, all is done here; and so it is where the fork fails,
    so that what went wrong is raised here.

    Parameters
    ----------
    do
        Runs each piece of work by what it is given, always in the same order: once in the fork,
        and once more here, where each is answered by what the fork made of it. Results can be
        pickled; what else the work changes is lost.
    """
    results = _results_of_fork(do)

    def run(work: Callable[[], T]) -> T:
        if not results:
            return work()
        result: T = results.pop(0)
        return result

    do(run)


def _results_of_fork(do: Callable[[Run], object]) -> list[Any]:
    """What each piece of work made in a fork; [] where there was none, or it failed."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return []
    try:
        reads, writes = os.pipe()
    except OSError:
        return []
    # A signal in between would let the fork run what the caller does when it is told to stop.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        child = os.fork()
    except OSError:  # too many processes
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(reads)
        os.close(writes)
        return []
    if not child:
        _work_and_end(do, reads, writes)
    told = b""
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(writes)
        with os.fdopen(reads, "rb") as stream:
            told = stream.read()
    finally:  # this process may be told to stop while it waits
        if not told:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with suppress(ChildProcessError):  # the system buries what nobody asks for, if told so
            os.waitpid(child, 0)
    return _unpack(told)


def _unpack(told: bytes) -> list[Any]:
    """The results, where all of them came."""
    try:
        results: list[Any] = pickle.loads(told)  # noqa: S301  (of our own fork)
    except (EOFError, pickle.UnpicklingError):
        return []
    return results


def _work_and_end(do: Callable[[Run], object], reads: int, writes: int) -> None:
    """In the fork: nothing of the caller may run after this, not even its `finally`."""
    try:
        os.close(reads)
        for number in _STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        results: list[Any] = []

        def run(work: Callable[[], T]) -> T:
            result = work()
            results.append(result)
            return result

        do(run)
        with os.fdopen(writes, "wb") as stream:
            stream.write(pickle.dumps(results, protocol=pickle.HIGHEST_PROTOCOL))
    except BaseException:  # noqa: BLE001, S110  (the parent does it again, and raises what is to raise)
        pass
    finally:
        os._exit(0)


def settle() -> None:
    """Give back what the start alone needed, before workers share the rest.

    Counting what is alive would write into the pages that forks share, so it is left out from here
    on (`gc.freeze`). One pool of memory is enough for all threads: Python lets one of them run at a
    time, and the loops that run without it take little.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a C library of another make
            libc = ctypes.CDLL(None)
            libc.mallopt(_ARENA_MAX, 1)
            libc.malloc_trim(0)
