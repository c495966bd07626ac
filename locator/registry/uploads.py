"""Stations as rows that a map platform takes in, in its own datum and saying so.

What may not be shown to the public is withheld, with the reason: a platform copies what it is given
to the whole country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.datum import from_wgs84
from geodata.districts import districts
from geodata.platforms import find_platform
from geodata.vocabulary import access_scopes, kinds, statuses
from locator.registry.pois import kept_ids

if TYPE_CHECKING:
    from locator.registry.entries import Entry

_DIGITS = 6  # of a degree: a decimetre
_SHOWN_DATUM = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000"}


@dataclass(frozen=True, slots=True)
class Withheld:
    """A station that is not handed on, and why."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Rows for a platform.

    Parameters
    ----------
    datum
        Datum of the positions; the headings of the two columns name it too.
    headings
        In the order of the sheet.
    rows
        Heading to text, or to degrees.
    withheld
        Stations left out.
    """

    vendor: str
    datum: str
    headings: tuple[str, ...]
    rows: tuple[dict[str, str | float], ...]
    withheld: tuple[Withheld, ...]


def upload_rows(entries: Iterable[Entry], vendor: str) -> Upload:
    """Rows of the stations that a platform should show, and those withheld.

    Parameters
    ----------
    vendor
        Code or name of the platform.

    Returns
    -------
    Upload
        By station code; rows and withheld ones together are all stations. The duty phone is handed
        on, a keeper's name or number never is.

    Raises
    ------
    InputError
        There is no such platform.
    """
    platform = find_platform(vendor)
    stations = sorted(entries, key=lambda entry: entry.code)
    reasons = {entry.code: _why_not(entry) for entry in stations}
    shown = [entry for entry in stations if not reasons[entry.code]]
    degrees = np.array([(entry.lon_deg, entry.lat_deg) for entry in shown], dtype=np.float64)
    places = from_wgs84(degrees.reshape(-1, 2), platform.datum).round(_DIGITS).tolist()
    datum = _SHOWN_DATUM[platform.datum]
    place_headings = (f"经度({datum})", f"纬度({datum})")
    rows = tuple(
        {
            **{heading: read(entry) for heading, read in _COLUMNS.items()},
            **dict(zip(place_headings, place, strict=True)),
            "平台POI": "；".join(sorted(kept_ids(entry, platform.code))),
        }
        for entry, place in zip(shown, places, strict=True)
    )
    return Upload(
        platform.code,
        platform.datum,
        (*_COLUMNS, *place_headings, "平台POI"),
        rows,
        tuple(Withheld(code, reason) for code, reason in reasons.items() if reason),
    )


def _why_not(entry: Entry) -> str:
    """Why a station is not handed on; "" where it is."""
    if entry.status not in statuses():
        return "its status is not known: ask before it is shown"
    if not statuses()[entry.status].in_use:
        return f"it is not in use: {statuses()[entry.status].en.lower()}"
    if entry.sample:
        return "it is sample data"
    if entry.access_scope not in access_scopes():
        return "nobody knows who may enter: ask before it is shown"
    if entry.access_scope == "staff":
        return "it is for its host's own staff"
    return "" if entry.name and not entry.name_made else "it has no name of its own"


def _district_name(entry: Entry) -> str:
    names = {district.code: district.zh for district in districts()}
    return names.get(entry.district_code, entry.district_code)


_COLUMNS: dict[str, Callable[[Entry], str]] = {
    "站点编号": lambda entry: entry.code,
    "名称": lambda entry: entry.name,
    "类别": lambda entry: kinds()[entry.kind].zh,
    "区县": _district_name,
    "详细地址": lambda entry: entry.address,
    "入口说明": lambda entry: str(entry.facts.get("entrance_note", "")),
    "开放时间": lambda entry: entry.hours,
    "服务电话": lambda entry: entry.phone,
}
