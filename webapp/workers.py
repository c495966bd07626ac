"""Several processes that answer on one socket, since Python runs one thread at a time.

The city is read and warmed once; each worker is a fork of that process and shares its memory until
it writes. The process that forked answers nothing: it starts a worker anew that died, and when it
ends, however that happens, its workers end too.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from locator.errors import DataError

PATIENCE_S = 10.0
_SOON_S = 2.0  # a worker that ends within this time of its start may only do so again
_MOST_SOON = 5  # of them in a row
_STOPS = {signal.SIGINT, signal.SIGTERM}


def run_workers(count: int, work: Callable[[], None]) -> None:
    """Do some work in so many processes at once, until this one is told to stop.

    The caller holds no thread and no open database: a fork would share it.

    Parameters
    ----------
    work
        Returns, or raises SystemExit, when its process is told to stop.

    Raises
    ------
    DataError
        Workers end as soon as they are started.
    """
    watched, held = os.pipe()
    begun: dict[int, float] = {}
    soon = 0
    try:
        while True:
            while len(begun) < count:
                time.sleep(min(soon, 1) * 0.5)  # lest what kills them be fed as fast as it kills
                begun[_start(work, watched, held)] = time.monotonic()
            ended, _ = os.wait()
            lasted_s = time.monotonic() - begun.pop(ended, 0.0)
            soon = soon + 1 if lasted_s < _SOON_S else 0
            if soon == _MOST_SOON:
                raise DataError(
                    f"{soon} workers of the server in a row ended as soon as they began: what they "
                    "wrote above tells why, or the system killed them, as for want of memory"
                )
    finally:
        _stop(list(begun))
        os.close(held)
        os.close(watched)


def _start(work: Callable[[], None], watched: int, held: int) -> int:
    """Fork one worker; its process number."""
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal in between would let the worker run what the caller does when it is told to stop.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        return child
    # From here on in the worker: nothing of the caller may run, not even its `finally`.
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        os.close(held)
        threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
        work()
        status = 0
    except SystemExit:
        status = 0
    except BaseException:  # noqa: BLE001  (told by its class alone: its text may hold a position)
        kind = sys.exc_info()[0]
        sys.stderr.write(f"a worker ended with {kind and kind.__name__}\n")
    finally:
        sys.stderr.flush()
        os._exit(status)


def _end_with_parent(watched: int) -> NoReturn:
    """Wait for the end of the pipe that the parent alone holds open, and end at once."""
    os.read(watched, 1)
    os._exit(0)


def _stop(workers: list[int]) -> None:
    """Ask each worker to stop, wait for them, and end those that do not."""
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    for worker in workers:
        with suppress(ChildProcessError):
            while not os.waitpid(worker, os.WNOHANG)[0]:
                if time.monotonic() > deadline:
                    os.kill(worker, signal.SIGKILL)
                time.sleep(0.02)
