"""Stations as rows of the sheet for district offices, so that an import of it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geodata.datum import WGS84
from geodata.equipment import Equipment, format_answer, format_facilities
from geodata.fields import fields
from geodata.vocabulary import facilities
from locator.registry.exchange import (
    DATUM_NAMES,
    Reveal,
    format_exceptions,
    format_field,
    format_received_hours,
)

if TYPE_CHECKING:
    from locator.registry.entries import Entry


def row_cells(entry: Entry, names: Sequence[str], reveal: Reveal | None = None) -> list[Any]:
    """Cells of a station under the columns of those names; None where nothing is known.

    Parameters
    ----------
    names
        Fields, facility codes, and the other columns of the sheet.
    reveal
        Opens sealed texts; without it private cells stay blank, which an import takes for "as it
        was".

    Examples
    --------
    >>> from locator.registry.entries import Entry
    >>> entry = Entry("rest_station", 1.5, 2.5, 1.5, 2.5, "wgs84", facilities={"TV": True})
    >>> row_cells(entry, ["kind", "lon", "datum", "TV", "AC"])
    ['户外劳动者爱心服务站', 1.5, 'WGS-84', '有', None]
    """
    own = {name for name in names if name in facilities()}
    cells = [_cell(entry, name, own, reveal) for name in names]
    return [None if cell == "" else cell for cell in cells]


def _cell(entry: Entry, name: str, own: set[str], reveal: Reveal | None) -> Any:
    if name in own:
        detail = entry.equipment.get(name, Equipment())
        return format_answer(entry.facilities.get(name), detail)
    if name in fields():
        field = fields()[name]
        if (field.private and reveal is None) or (name == "name" and entry.name_made):
            return None
        return format_field(field, entry, reveal)
    return _other_cell(entry, name, own)


def _other_cell(entry: Entry, name: str, own: set[str]) -> Any:
    """A cell of a column that is no field."""
    if name == "facilities":
        there = {code: yes for code, yes in entry.facilities.items() if code not in own}
        told = {code: more for code, more in entry.equipment.items() if code not in own}
        return format_facilities(there, told)
    plain = {
        "lon": entry.lon_deg,
        "lat": entry.lat_deg,
        "datum": DATUM_NAMES[WGS84],
        "exceptions": format_exceptions(entry.opening),
        "hours_text": format_received_hours(entry),
        "verified_on": entry.verified.get(""),
    }
    return plain[name]
