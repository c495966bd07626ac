"""Whether a registry changed since it was last read, told without opening it.

A web page asks for the version in force with every request. Opening the file, checking it and
reading its version takes milliseconds; SQLite itself counts, for each connection, whether another
one has committed, and that takes microseconds.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from locator.registry.database import is_frozen, registry_file

Mark = tuple[int, int, int, int]


class Watch:
    """One registry, watched.

    Parameters
    ----------
    place
        As for `Registry.open`. Only a file that can be written can be watched; of any other place
        nothing is told.
    """

    def __init__(self, place: str | Path) -> None:
        self._file = registry_file(place)
        self._lock = threading.Lock()
        self._known: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None
        self._close: Callable[[], object] = _nothing
        self._opened = 0

    def mark(self) -> Mark | None:
        """Equal to an earlier one only where nothing was committed in between.

        None where that cannot be told: then the registry itself has to be asked.
        """
        if self._file is None:
            return None
        try:
            status = self._file.stat()
            with self._lock:
                connection = self._connected((status.st_dev, status.st_ino))
                counted = connection.execute("PRAGMA data_version").fetchone()[0]
                # A connection counts from its own beginning: another one's number says nothing.
                return status.st_dev, status.st_ino, self._opened, int(counted)
        except (OSError, sqlite3.Error):
            return None

    def let_go(self) -> None:
        """Close the connection, as before a fork; the next question opens another."""
        with self._lock:
            self._close()
            self._known, self._connection, self._close = None, None, _nothing

    def _connected(self, file: tuple[int, int]) -> sqlite3.Connection:
        """The connection that counts; another one where the file was replaced.

        Raises
        ------
        OSError
            The file is one that nobody writes.
        """
        if self._connection is not None and file == self._known:
            return self._connection
        if self._file is None or is_frozen(self._file):
            raise PermissionError
        connection = sqlite3.connect(
            f"{self._file.absolute().as_uri()}?mode=rw", uri=True, check_same_thread=False
        )
        self._close()
        self._close = weakref.finalize(self, connection.close)
        self._known, self._connection = file, connection
        self._opened += 1
        return connection


def _nothing() -> None:
    """Nothing is open yet."""
