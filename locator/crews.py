"""Who does the work of a batch: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from locator.errors import InputError

_CONNECT_S = 10.0
_AHEAD = 2  # tasks that wait at the cluster, so that no worker waits for us


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the work.

    Parameters
    ----------
    open
        Gives a fresh executor; asked again where one broke.
    at_once
        How many tasks are handed over at a time: the number of workers, or a little more.
    """

    open: Callable[[], Executor]
    at_once: int


def process_crew(workers: int) -> Crew:
    """That many fresh processes on this machine.

    They are spawned, not forked: a fork would copy locks that threads of numba and GDAL hold.

    Raises
    ------
    InputError
        Fewer than one.
    """
    if workers < 1:
        raise InputError(f"{workers} workers were asked for, expected 1 or more")
    fresh = multiprocessing.get_context("spawn")
    return Crew(lambda: ProcessPoolExecutor(workers, mp_context=fresh), workers)


@contextmanager
def cluster_crew(address: str) -> Iterator[Crew]:
    """The workers of the Dask scheduler at an address such as tcp://127.0.0.1:8786.

    All of them must have this package, and see the city folders and the result table's folder
    under the same paths.

    Raises
    ------
    InputError
        The optional package `distributed` is missing, no scheduler answers, or it has no worker.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise InputError(
            "a cluster needs the package distributed: pip install 'station-locator[cluster]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise InputError(f"no Dask scheduler answers at {address}: {problem}") from problem
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_S)
        except TimeoutError:
            raise InputError(
                f"the Dask scheduler at {address} has no workers: start some"
            ) from None
        slots = sum(client.nthreads().values())
        # A pure task would be answered from the cluster's memory, though its city changed.
        yield Crew(lambda: client.get_executor(pure=False), slots + _AHEAD)
