"""Errors that a caller of this project can catch; `locator.errors` extends and re-exports them.

    LocatorError
    ├── InputError  (+ ValueError)   the caller can put it right
    │   └── SchemaError              carries every problem found, not only the first
    └── DataError   (+ OSError)      a file is damaged or cannot be read or written

A message says what was got, what was expected and what to do, in one line.
"""

from __future__ import annotations

from collections.abc import Sequence


class LocatorError(Exception):
    """Root of every error raised on purpose by this project."""


class InputError(LocatorError, ValueError):
    """The caller gave something that cannot be used; the message says how to right it."""


class SchemaError(InputError):
    """Several things are wrong with one input.

    Parameters
    ----------
    problems
        One sentence each; the message joins them.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("; ".join(self.problems))


class DataError(LocatorError, OSError):
    """A file or workspace is damaged, of the wrong type, or cannot be read or written."""
