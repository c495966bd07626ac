"""Outlets of partner networks (banks, post, petrol) as candidates, from their lists.

A list is read as a station list is: the same columns, datums and hours. Beside these it may tell
money: what building costs, what a year of running costs, and what the host pays itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.cells import cell_text, is_blank, parse_number
from geodata.datum import parse_datum
from geodata.tables import Row, Rows, read_rows
from geodata.vocabulary import normalise, read_data
from locator.errors import InputError
from locator.hours import format_hours, read_hours
from locator.screening import settle_datum
from locator.siting.candidate_places import Proposal, place_proposals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locator.siting.candidates import Candidates
    from locator.view import CityView

_WAN = 10_000.0  # 万
_MONEY = ("cost", "running", "offer")


@dataclass(frozen=True, slots=True, eq=False)
class PartnerList:
    """What a partner list gave.

    Parameters
    ----------
    candidates
        Those that can be chosen, and the rest with its reasons.
    read
        Rows of the list.
    datum
        Datum that its positions were taken for.
    warnings
        What a person should look at.
    """

    candidates: Candidates
    read: int
    datum: str
    warnings: tuple[str, ...]


def read_partners(
    view: CityView,
    file: Path | str,
    *,
    datum: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    mode: str = "walk",
    years: float = 1.0,
) -> PartnerList:
    """Read a list of places that could host a station.

    Parameters
    ----------
    file
        CSV, XLSX, JSON, GeoJSON or GeoPackage, as `geodata.tables.read_rows` takes it.
    datum
        As of `City.import_stations`.
    mapping
        Field to column, for headings that are not understood; `cost`, `running` and `offer` too.
    years
        For how many years running costs count: cost = build + years x running - offer, and 0
        where a host offers more than that.

    Raises
    ------
    InputError
        The file cannot be read, or the years are negative or no number.
    """
    if not 0 <= years < float("inf"):
        raise InputError(f"years: expected zero or more, got {years!r}")
    own = {key: column for key, column in (mapping or {}).items() if key in _MONEY}
    rest = {key: column for key, column in (mapping or {}).items() if key not in _MONEY}
    rows = read_rows(file, mapping=rest or None)
    taken, warnings = settle_datum(view, rows, datum)
    proposals = [_propose(row, rows, taken, own, years) for row in rows.rows]
    notes = [note for one in proposals for note in one.notes]
    return PartnerList(
        place_proposals(view, proposals, mode=mode), len(rows), parse_datum(taken),
        (*rows.warnings, *warnings, *notes),
    )  # fmt: skip


def _propose(row: Row, rows: Rows, datum: str, own: Mapping[str, Any], years: float) -> Proposal:
    values = row.values
    code = values.get("code") or values.get("source_id") or values.get("number") or ""
    code = code or f"{Path(rows.source).stem}-{row.number}"
    notes: list[str] = []
    reason = f"row {row.number}: {row.problem.reason}" if row.problem is not None else ""
    cost, bad = _find_cost(row, own, years, notes)
    hours = _read_hours(values.get("hours", ""), code, notes)
    return Proposal(
        code=code,
        lon_deg=row.lon_deg,
        lat_deg=row.lat_deg,
        name=values.get("name", ""),
        source=values.get("host_type") or values.get("source") or rows.source,
        hours=hours,
        cost=cost,
        datum=values.get("datum", datum),
        reason=reason or bad,
        notes=tuple(notes),
    )


def _read_hours(text: str, code: str, notes: list[str]) -> str:
    """Hours as the registry writes them; a note where a text was not understood."""
    if not text:
        return ""
    hours = read_hours(text).hours
    if not hours.known:
        notes.append(f"{code}: hours {text!r} are not understood, so they are unknown")
        return ""
    return format_hours(hours)


def _find_cost(
    row: Row, own: Mapping[str, Any], years: float, notes: list[str]
) -> tuple[float | None, str]:
    """Cost of one row, and why it cannot be used."""
    found: dict[str, float] = {}
    for heading, cell in row.extra.items():
        what = next((key for key, column in own.items() if column == heading), "")
        what = what or _money_words().get(normalise(heading), "")
        if not what or is_blank(cell):
            continue
        amount = _read_money(heading, cell)
        if amount is None or amount < 0:
            return None, (
                f"row {row.number}: {heading} is {cell_text(cell)!r}, expected zero or more yuan"
            )
        found[what] = amount
    if not found:
        return None, ""
    cost = found.get("cost", 0.0) + years * found.get("running", 0.0) - found.get("offer", 0.0)
    if cost < 0:
        notes.append(f"row {row.number}: the host offers more than it costs; it counts as free")
    return max(cost, 0.0), ""


def _read_money(heading: str, cell: Any) -> float | None:
    """Yuan in a cell: 20000, "2万", "20,000元"; a heading may speak of 万元."""
    text = cell_text(cell).replace("¥", "").replace(" ", "").removesuffix("元")
    scale = _WAN if text.endswith("万") or ("万" in heading and "万" not in text) else 1.0
    text = text.removesuffix("万")
    if "," in text and all(len(part) == len("000") for part in text.split(",")[1:]):
        text = text.replace(",", "")  # thousands, not decimals
    amount = parse_number(text)
    return None if amount is None else amount * scale


@cache
def _money_words() -> dict[str, str]:
    words = read_data("hosts.toml")["columns"]
    return {normalise(word): what for what in _MONEY for word in words[what]}
