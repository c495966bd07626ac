"""How loops are declared and compiled: ahead of time at set-up, else by numba at the first call.

Kernels have explicit signatures, for two reasons. A read-only array (ours always are, once they
sit in a value) is another type to numba than a writable one, and would be compiled twice. And a
wrong dtype is then an error at the call instead of a slow new specialisation.

A loop runs without the interpreter's lock, either way it was compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, NamedTuple

import numpy as np

from locator.kernels.library import load_library, set_cache_folder, warn_uncached

_CONTIGUOUS, _WRITEABLE = 0x1, 0x400  # numpy's flags

LIBRARY = load_library()
"""The loops compiled ahead of time; None where numba compiles them."""

CACHED = LIBRARY is None and set_cache_folder()  # before numba is imported
if LIBRARY is None and not CACHED:
    warn_uncached()


class Array(NamedTuple):
    """An array, C-contiguous; "in" arrays may be read-only, "out" arrays are written."""

    dtype: str
    ndim: int
    written: bool = False


Type = str | Array | tuple[Any, ...] | None
"""A number by its dtype, an array, a tuple of types that travels as one; None for nothing."""

F1, F2 = Array("float64", 1), Array("float64", 2)
I1, I2 = Array("int32", 1), Array("int32", 2)
L1, B1 = Array("int64", 1), Array("uint8", 1)
OUT_F1, OUT_F2 = Array("float64", 1, True), Array("float64", 2, True)
OUT_I1, OUT_I2 = Array("int32", 1, True), Array("int32", 2, True)
OUT_L1, OUT_B1 = Array("int64", 1, True), Array("uint8", 1, True)
F, I, L = "float64", "int32", "int64"  # noqa: E741

# Arrays that belong together travel as one tuple; inside a kernel it costs nothing.
STREETS = (I1, F1, B1)  # both ends in turn; metres; 1 forward + 2 backward
ARCS = (L1, I1, F1, I1, B1)  # first, other node, metres, street, 1 if backward
PLACED = (L1, I1, F1, F1)  # stations by street: first, row, offset, snap
SPANS = (L1, F2)  # counted parts of streets: first, [from, to]
LINES = (F2, F1, L1)  # vertices, metres along the street, first
GRID = (L1, I1, I1, F, F, F, L, L)  # cells: see `geometry`
# Node marks, costs and arcs taken; then a bucket queue: heads, and the pool's node, cost, next.
SEARCH = (OUT_I1, OUT_F1, OUT_L1, OUT_I1, OUT_I1, OUT_F1, OUT_I1)
PIECES = (OUT_I1, OUT_F1, OUT_F1, OUT_B1)  # street, from, to, state


class Kernel:
    """One compiled loop: loaded at its first call, not at import."""

    def __init__(
        self, arguments: tuple[Type, ...], returns: Type, function: Callable[..., Any]
    ) -> None:
        self._arguments, self._returns = arguments, returns
        self._function = function
        self._compiled: Callable[..., Any] | None = None
        update_wrapper(self, function)

    @property
    def symbol(self) -> str:
        """Its name in the library: two modules may have loops of one name."""
        return f"{self._function.__module__.rpartition('.')[2]}__{self._function.__name__}"

    def declared(self) -> tuple[str, Any, Callable[..., Any]]:
        """Its symbol, signature in numba's types, and function."""
        arguments = [numba_type(one) for one in self._arguments]
        return self.symbol, numba_type(self._returns)(*arguments), self._function

    def compile(self) -> Callable[..., Any]:
        """Take it from the library, or have numba compile it, or load what it compiled before."""
        if self._compiled is None:
            if LIBRARY is None:
                self._compiled = self._by_numba()
            else:
                self._compiled = self._checked(getattr(LIBRARY, self.symbol))
        return self._compiled

    def _by_numba(self) -> Callable[..., Any]:
        import numba

        _, signature, function = self.declared()
        compiled: Callable[..., Any] = numba.njit(signature, nogil=True, cache=CACHED)(function)
        return compiled

    def _checked(self, found: Callable[..., Any]) -> Callable[..., Any]:
        """The loop of the library behind a look at its arrays, which it does not take itself."""
        wanted, name = _shapes(self._arguments), self._function.__name__

        def call(*given: Any) -> Any:
            if not _fits(given, wanted):
                raise TypeError(f"{name} wants {self._arguments}, got {_describe(given)}")
            return found(*given)

        return call

    def __call__(self, *args: Any) -> Any:
        """Run it; TypeError where an array has another type than declared.

        Numbers are taken as C takes them, so callers hand over what fits.
        """
        return (self._compiled or self.compile())(*args)


KERNELS: list[Kernel] = []


def kernel(*arguments: Type, returns: Type = None) -> Callable[[Callable[..., Any]], Kernel]:
    """Declare a compiled loop with the types of its arguments, in order."""

    def declare(function: Callable[..., Any]) -> Kernel:
        made = Kernel(arguments, returns, function)
        KERNELS.append(made)
        return made

    return declare


def inner(function: Callable[..., Any]) -> Any:
    """Declare a piece of a kernel: compiled into each kernel that calls it.

    Where the loops are compiled already it stays a plain function that nobody calls.
    """
    if LIBRARY is not None:
        return function
    import numba

    return numba.njit(nogil=True, cache=CACHED)(function)


def numba_type(wanted: Type) -> Any:
    """The same type in numba's words."""
    from numba import types

    if wanted is None:
        return types.void
    if isinstance(wanted, Array):
        dtype = getattr(types, wanted.dtype)
        return types.Array(dtype, wanted.ndim, "C", readonly=not wanted.written)
    if isinstance(wanted, tuple):
        return types.Tuple([numba_type(one) for one in wanted])
    return getattr(types, wanted)


# What is looked at is laid out before, and in the order of its price: this runs at every call.


def _shapes(wanted: tuple[Type, ...]) -> list[Any]:
    """For each type what `_fits` compares: None for a number, a list for a tuple."""
    shapes: list[Any] = []
    for one in wanted:
        if isinstance(one, Array):
            flags = _CONTIGUOUS | (_WRITEABLE if one.written else 0)
            shapes.append((np.dtype(one.dtype), one.ndim, flags))
        else:
            shapes.append(_shapes(one) if isinstance(one, tuple) else None)
    return shapes


def _fits(given: Any, wanted: list[Any]) -> bool:
    """Whether values are what a loop was compiled for; it reads memory by that alone."""
    if type(given) is not tuple or len(given) != len(wanted):
        return False
    for one, shape in zip(given, wanted, strict=True):
        if shape is None:
            continue
        if type(shape) is list:
            if not _fits(one, shape):
                return False
            continue
        dtype, ndim, flags = shape
        if (
            type(one) is not np.ndarray
            or (one.dtype is not dtype and one.dtype != dtype)
            or one.ndim != ndim
            or one.flags.num & flags != flags
        ):
            return False
    return True


def _describe(given: Any) -> str:
    """The types that came instead, for a message: never their content."""
    if isinstance(given, tuple):
        return f"({', '.join(map(_describe, given))})"
    if isinstance(given, np.ndarray):
        kind = "" if given.flags.c_contiguous else ", not contiguous"
        kind += "" if given.flags.writeable else ", read-only"
        return f"{given.dtype} of {given.ndim} dimensions{kind}"
    return type(given).__name__
