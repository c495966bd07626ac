"""One thing that was looked at in a city, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.vocabulary import statuses_in_use

if TYPE_CHECKING:
    from locator.registry import Entry

OK, WARN, FAIL, UNKNOWN = "ok", "warn", "fail", "unknown"
MOST_ITEMS = 20
_SINGULAR = (
    ("stations", "station"), ("rooms", "room"), ("pieces", "piece"), ("checks", "check"),
    ("fields", "field"), ("positions", "position"), ("are", "is"), ("were", "was"),
    ("have", "has"), ("do", "does"), ("openings or closures", "opening or closure"),
    ("end", "ends"), ("lack", "lacks"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    code
        Its name for programs.
    status
        "ok", "warn", "fail" or "unknown".
    title
        What was found, in a sentence.
    count
        How many things.
    advice
        What to do; "" where nothing.
    items
        The first of them.
    """

    code: str
    status: str
    title: str
    count: int = 0
    advice: str = ""
    items: tuple[dict[str, Any], ...] = ()


def tell_found(
    code: str, items: Sequence[dict[str, Any]], title: str, advice: str, *, status: str = WARN
) -> Check:
    """A check that lists what it found; well where it found nothing."""
    if not items:
        return Check(code, OK, f"0 {title}")
    count = len(items)
    told = _one(title) if count == 1 else title
    return Check(code, status, f"{count} {told}", count, advice, tuple(items[:MOST_ITEMS]))


def _one(title: str) -> str:
    """A title of which there is one: 1 station in use has no hours."""
    for many, one in _SINGULAR:
        title = re.sub(rf"\b{many}\b", one, title, count=1)
    return title


def count_stations(count: int) -> str:
    """How many stations, as a sentence says it."""
    return f"{count} station" if count == 1 else f"{count} stations"


def row_of(entry: Entry, **more: Any) -> dict[str, Any]:
    """A station among the items of a check."""
    return {"code": entry.code, "name": entry.name, **more}


def in_use(entries: Iterable[Entry]) -> list[Entry]:
    """Those that a person may be sent to."""
    return [entry for entry in entries if entry.status in statuses_in_use()]
