"""How the loops are compiled: numba, cached on disk, without the interpreter's lock.

No user waits for a compiler: set-up runs `python -m locator.kernels` once and the machine code is
kept in `NUMBA_CACHE_DIR`. Where that is unset it is set here, before numba is imported, to the
first folder that can be written; where there is none the loops run uncached, with one warning.

Kernels have explicit signatures, for two reasons. A read-only array (ours always are, once they
sit in a value) is another type to numba than a writable one, and would be compiled twice. And a
wrong dtype is then an error at the call instead of a slow new specialisation.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import Any


def _is_writable(folder: Path) -> bool:
    """Tell whether a file can really be made there (permission bits lie on some mounts)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return False  # somebody else's folder could hold somebody else's machine code
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _candidates() -> list[Path]:
    home_cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return [
        Path(home_cache) / "station-locator" / "numba",
        Path(tempfile.gettempdir()) / f"station-locator-numba-{user}",
    ]


def mark_sources(folder: Path) -> str:
    """Name the state of the modules that kernels are compiled from.

    numba looks for changes in a kernel's own file only: after a change of `heap.py` it would go on
    running the old one inside `whatif.py`. So each state of the sources has a cache of its own.
    """
    sources = [*sorted(folder.glob("*.py")), folder.parent / "arrays.py"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def set_cache_folder() -> bool:
    """Point numba at a writable cache folder for these sources; tell whether there is one.

    An existing `NUMBA_CACHE_DIR` is respected as it is, but checked; a process started by this one
    inherits the folder.
    """
    given, mark = os.environ.get("NUMBA_CACHE_DIR"), mark_sources(Path(__file__).parent)
    for folder in [Path(given)] if given else [parent / mark for parent in _candidates()]:
        if _is_writable(folder):
            os.environ["NUMBA_CACHE_DIR"] = str(folder)
            return True
    warnings.warn(
        "no folder for compiled code can be written: the first question of every run will take "
        "about half a minute longer; set NUMBA_CACHE_DIR to a writable folder",
        RuntimeWarning,
        stacklevel=2,
    )
    return False


CACHED = set_cache_folder()

import numba  # noqa: E402  (the cache folder has to be chosen first)
from numba import types  # noqa: E402

# Argument types: "in" arrays may be read-only, "out" arrays are written.
F1, F2 = (types.Array(types.float64, d, "C", readonly=True) for d in (1, 2))
I1, I2 = (types.Array(types.int32, d, "C", readonly=True) for d in (1, 2))
L1 = types.Array(types.int64, 1, "C", readonly=True)
B1 = types.Array(types.uint8, 1, "C", readonly=True)
OUT_F1, OUT_F2 = (types.Array(types.float64, d, "C") for d in (1, 2))
OUT_I1, OUT_I2 = (types.Array(types.int32, d, "C") for d in (1, 2))
OUT_L1 = types.Array(types.int64, 1, "C")
OUT_B1 = types.Array(types.uint8, 1, "C")
F, I, L = types.float64, types.int32, types.int64  # noqa: E741

# Arrays that belong together travel as one tuple; inside a kernel it costs nothing.
STREETS = types.Tuple((I1, F1, B1))  # both ends in turn; metres; 1 forward + 2 backward
ARCS = types.Tuple((L1, I1, F1, I1, B1))  # first, other node, metres, street, 1 if backward
PLACED = types.Tuple((L1, I1, F1, F1))  # stations by street: first, row, offset, snap
SPANS = types.Tuple((L1, F2))  # counted parts of streets: first, [from, to]
LINES = types.Tuple((F2, F1, L1))  # vertices, metres along the street, first
GRID = types.Tuple((L1, I1, I1, F, F, F, L, L))  # cells: see `geometry`
# Node marks, costs and arcs taken; then a bucket queue: heads, and the pool's node, cost, next.
SEARCH = types.Tuple((OUT_I1, OUT_F1, OUT_L1, OUT_I1, OUT_I1, OUT_F1, OUT_I1))
PIECES = types.Tuple((OUT_I1, OUT_F1, OUT_F1, OUT_B1))  # street, from, to, state


class Kernel:
    """One compiled loop: loaded from the cache at its first call, not at import.

    Loading costs 0.1 s a piece, and a command needs three or four of them.
    """

    def __init__(self, signature: Any, function: Callable[..., Any]) -> None:
        self._signature = signature
        self._function = function
        self._compiled: Callable[..., Any] | None = None
        update_wrapper(self, function)

    def compile(self) -> Callable[..., Any]:
        """Compile, or load from the cache; called once at set-up for every kernel."""
        if self._compiled is None:
            make = numba.njit(self._signature, nogil=True, cache=CACHED)
            self._compiled = make(self._function)
        return self._compiled

    def __call__(self, *args: Any) -> Any:
        """Run it; TypeError where an argument has another type than declared."""
        return (self._compiled or self.compile())(*args)


KERNELS: list[Kernel] = []


def kernel(*arguments: Any, returns: Any = types.void) -> Callable[[Callable[..., Any]], Kernel]:
    """Declare a compiled loop with the types of its arguments, in order."""

    def declare(function: Callable[..., Any]) -> Kernel:
        made = Kernel(returns(*arguments), function)
        KERNELS.append(made)
        return made

    return declare


def inner(function: Callable[..., Any]) -> Any:
    """Declare a piece of a kernel: compiled into each kernel that calls it."""
    return numba.njit(nogil=True, cache=CACHED)(function)
