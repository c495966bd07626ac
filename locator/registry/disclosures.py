"""Who saw private fields in clear, when, of what, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from locator.errors import InputError
from locator.registry import models

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.batches import Actor


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One time that private fields were shown.

    Parameters
    ----------
    at
        UTC, without zone.
    what
        A station's code, or how many stations.
    """

    at: datetime
    who: str
    why: str
    what: str


def require_reason(by: Actor) -> None:
    """Refuse to show private fields to nobody, or for nothing.

    Raises
    ------
    InputError
        Who asks, or why, is not told.
    """
    if not (by.who.strip() and by.why.strip()):
        raise InputError(
            "private fields are shown to somebody for a reason, and that is kept: "
            "add --why TEXT and --by NAME"
        )


def note_disclosure(connection: Connection, by: Actor, what: str, *, at: datetime) -> None:
    """Keep that private fields were shown."""
    row = {"at": at, "who": by.who, "why": by.why, "what": what}
    connection.execute(sa.insert(models.disclosure), row)


def read_disclosures(connection: Connection, *, limit: int | None = None) -> list[Disclosure]:
    """The newest disclosures, newest first; all of them without a limit."""
    table = models.disclosure
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    return [Disclosure(row.at, row.who, row.why, row.what) for row in connection.execute(query)]
