"""The registry: stations as they are kept, from the rows of a file to the columns of a question.

codes      station codes and their check character
entries    one station as it is stored, and what a row changes about it
reading    rows of a file -> entries
matching   which stored station a row speaks of
imports    what an import will do, worked out before anything is written
store      the SQLite file behind `Registry`
"""

from __future__ import annotations

from locator.registry.codes import check_character, split_code
from locator.registry.entries import Rejection
from locator.registry.imports import ImportReport
from locator.registry.store import FILE_NAME, Registry

__all__ = [
    "FILE_NAME",
    "ImportReport",
    "Registry",
    "Rejection",
    "check_character",
    "split_code",
]
