"""One thing that was looked at in a city, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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


class Told(NamedTuple):
    """The same in Chinese and in English."""

    zh: str
    en: str


NOTHING = Told("", "")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    code
        Its name for programs.
    status
        "ok", "warn", "fail" or "unknown".
    title, title_zh
        What was found, in a sentence of each language.
    count
        How many things.
    advice, advice_zh
        What to do; "" where nothing.
    items
        The first of them.
    """

    code: str
    status: str
    title: str
    title_zh: str
    count: int = 0
    advice: str = ""
    advice_zh: str = ""
    items: tuple[dict[str, Any], ...] = ()


def check(
    code: str, status: str, title: Told, count: int = 0, advice: Told = NOTHING,
    items: Sequence[dict[str, Any]] = (),
) -> Check:  # fmt: skip
    """A check from what is told in Chinese and in English, with the first of its items."""
    return Check(
        code, status, title=title.en, title_zh=title.zh, count=count, advice=advice.en,
        advice_zh=advice.zh, items=tuple(items[:MOST_ITEMS]),
    )  # fmt: skip


def tell_found(
    code: str, items: Sequence[dict[str, Any]], title: Told, advice: Told, *, status: str = WARN
) -> Check:
    """A check that lists what it found, with the number put before; well where it found nothing."""
    count = len(items)
    english = _one(title.en) if count == 1 else title.en
    told = Told(f"{count}{title.zh}", f"{count} {english}")
    return check(code, status, told, count, advice, items) if items else check(code, OK, told)


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
