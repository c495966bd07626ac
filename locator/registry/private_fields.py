"""Private fields of entries: opened for whom may see them, sealed on their way in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.fields import fields
from locator.errors import DataError
from locator.registry import models
from locator.registry.sealing import SEALED, Sealer

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.entries import Entry
    from locator.registry.personal import Seal


def open_fields(entry: Entry, sealer: Sealer) -> dict[str, str]:
    """Private fields of an entry in clear, by name; sealed cells of `extra` by their heading."""
    found = {
        name: sealer.reveal(name, entry.facts[name])
        for name, field in fields().items()
        if field.sealed and name in entry.facts
    }
    for heading, cell in entry.extra.items():
        if isinstance(cell, str) and cell.startswith(SEALED):
            found[heading] = sealer.reveal("extra", cell)
    return found


def with_open_facts(entry: Entry, sealer: Sealer) -> Entry:
    """An entry with its private fields in clear; cells of `extra` stay sealed."""
    clear = open_fields(entry, sealer)
    return replace(entry, facts={name: clear.get(name, fact) for name, fact in entry.facts.items()})


def seal_for_import(connection: Connection, sealer: Sealer, *, dry_run: bool) -> Seal:
    """How private cells are sealed; a lost key is not replaced while it is still needed."""
    if sealer.has_key:
        return sealer.seal
    if dry_run:
        return lambda _field, text: f"{SEALED}{'new' if text else ''}"
    table = models.station
    sealed = sa.or_(*(table.c[f.name].is_not(None) for f in fields().values() if f.sealed))
    if connection.execute(sa.select(table.c.id).where(sealed).limit(1)).scalar() is None:
        return sealer.seal

    def refuse(_field: str, _text: str) -> str:
        raise DataError(
            f"the key of the private fields is lost ({sealer.key_file}): put it back from a backup "
            "before private cells are imported"
        )

    return refuse
