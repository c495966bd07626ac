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
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")

_PAGEOUT = 21  # MADV_PAGEOUT, Linux 5.4
_COMPILER = "libllvmlite"


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
    on (`gc.freeze`). The compiler's library, 70 MB, was read to link the loops and lies idle: its
    clean pages go back to the system, and come again from the file if ever they are wanted.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            libc.malloc_trim(0)
            for start, end in _mapped(_COMPILER):
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _PAGEOUT)


def _mapped(name: str) -> list[tuple[int, int]]:
    """Where the parts of a library that are never written lie in memory."""
    found = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        span, rights, *rest = line.split(maxsplit=5)  # then offset, device, inode, path
        if name in rest[-1] and "w" not in rights:
            start, _, end = span.partition("-")
            found.append((int(start, 16), int(end, 16)))
    return found
