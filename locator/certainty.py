"""Yes, no and unknown, in columns: unknown is never taken for either."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Told = NDArray[np.int8]
YES, NO, UNKNOWN = 1, 0, -1


def tell(answers: Iterable[bool | None]) -> Told:
    """Answers as a column; None is unknown."""
    return np.array([UNKNOWN if one is None else int(one) for one in answers], np.int8)


def tell_both(one: Told, other: Told) -> Told:
    """Yes where both say yes, no where one says no, else unknown.

    >>> tell_both(tell([True, True, None, False]), tell([True, None, None, None])).tolist()
    [1, -1, -1, 0]
    """
    sure = np.where((one == YES) & (other == YES), YES, UNKNOWN)
    return np.where((one == NO) | (other == NO), NO, sure).astype(np.int8)
