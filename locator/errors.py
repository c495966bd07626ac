"""The error tree of the product.

    LocatorError
    ├── InputError       (+ ValueError)   the caller can put it right
    │   ├── CrsError                      missing, mixed or geographic where metres are needed
    │   ├── SchemaError                   carries .problems: all of them
    │   └── OutsideRegionError            a point off the city
    ├── NotFoundError    (+ LookupError)  no such station, city, mode or kind
    ├── ConflictError                     somebody else changed it meanwhile
    ├── InfeasibleError                   no plan can meet the request
    ├── StoppedError                      a task that was asked to stop did
    └── DataError        (+ OSError)      damaged file or workspace

An empty answer is not an error: no station within the limit is index -1 and distance inf.
The library never hears of HTTP; `webapp.errors` maps these classes to statuses.
"""

from __future__ import annotations

from geodata.errors import DataError, InputError, LocatorError, SchemaError

__all__ = [
    "ConflictError",
    "CrsError",
    "DataError",
    "InfeasibleError",
    "InputError",
    "LocatorError",
    "NotFoundError",
    "OutsideRegionError",
    "SchemaError",
    "StoppedError",
]


class CrsError(InputError):
    """A coordinate reference system is missing, mixed, or not in metres."""


class OutsideRegionError(InputError):
    """A point lies off the city that was asked."""


class NotFoundError(LocatorError, LookupError):
    """There is no such station, city, mode or kind."""


class ConflictError(LocatorError):
    """Somebody else changed the same thing meanwhile; nothing was saved, nothing is lost."""


class InfeasibleError(LocatorError):
    """No plan can meet the request."""


class StoppedError(LocatorError):
    """Somebody asked a running task to stop, and it did, at a place where nothing is half-done."""
