"""The registry: stations as they are kept, from the rows of a file to the columns of a question.

codes       station codes and their check character
entries     one station as it is stored, and what a row changes about it
sealing     private fields, encrypted
personal    what says who somebody is, taken out of a file's cells
private_fields  sealed on their way in, opened for whom may see them
row_places  where the rows of a file say that stations are
reading     rows of a file -> entries
matching    which stored station a row speaks of
models      the tables; migrations brings older ones up to date
database    SQLite or PostgreSQL, opened and checked
documents   entries in JSON-able form, as the history keeps and compares them
records     entries in and out of the tables
history     who changed what; the registry of a past day
undo        taking an import back, worked out before anything is written
imports     what an import will do, worked out before anything is written
snapshots   the stations as columns, read whole or brought up to date
batches     writing, all or nothing, with a version
store       `Registry`, in front of all of it
"""

from __future__ import annotations

from geodata.equipment import Equipment
from locator.registry.batches import NOBODY, Actor
from locator.registry.codes import check_character, code_series, split_code
from locator.registry.database import FILE_NAME
from locator.registry.entries import Doubt, Entry, Rejection
from locator.registry.history import Batch, Change
from locator.registry.imports import ImportReport
from locator.registry.store import Registry
from locator.registry.undo import UndoReport

__all__ = [
    "FILE_NAME",
    "NOBODY",
    "Actor",
    "Batch",
    "Change",
    "Doubt",
    "Entry",
    "Equipment",
    "ImportReport",
    "Registry",
    "Rejection",
    "UndoReport",
    "check_character",
    "code_series",
    "split_code",
]
