"""Pages of files that were read once and are not needed for now.

Saved arrays are mapped: a page counts as memory of the process from its first use on. What is read
from end to end once, to check it or to sort it, would stay for good; given back it is read again
when somebody asks.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

_GIVEN_BACK = getattr(mmap, "MADV_DONTNEED", None)  # not on every system


def give_back(arrays: Iterable[NDArray[Any]]) -> None:
    """Let the system take the pages of those arrays that are mapped from files.

    Nothing that is read changes; arrays in memory stay as they are.
    """
    for array in arrays:
        source = _find_map(array)
        if source is not None and _GIVEN_BACK is not None:
            source.madvise(_GIVEN_BACK)


def _find_map(array: NDArray[Any]) -> mmap.mmap | None:
    """The read-only mapping that an array looks into."""
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    # What may be written is never given back: its changes would be lost.
    return base if base is not None and memoryview(base).readonly else None
