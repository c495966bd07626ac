"""What was made last, kept for whoever asks again: the least lately used makes room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class LastKept:
    """The last values by their keys; safe to share between threads.

    Parameters
    ----------
    most
        How many are kept.

    Examples
    --------
    >>> kept = LastKept(2)
    >>> [kept.get(n, lambda n=n: n * n) for n in (1, 2, 1, 3)]
    [1, 4, 1, 9]
    >>> [kept.known(n) for n in (1, 2, 3)]
    [1, None, 9]
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[object, Any] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, key: object) -> Any:
        """The value that is kept; None where none is. It counts as no use."""
        with self._lock:
            return self._values.get(key)

    def keep(self, key: object, value: Any) -> None:
        """Put a value in the place of the one before it, as used just now."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def get(self, key: object, make: Callable[[], Any]) -> Any:
        """The value that is kept, or made and kept: by both of two threads that ask at once."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        self.keep(key, value)
        return value

    def clear(self) -> None:
        """Keep nothing any longer."""
        with self._lock:
            self._values.clear()
