"""Which stations a list shows, in which order, and one page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary import access_modes, access_scopes, kinds

if TYPE_CHECKING:
    from locator.arrays import Longs
    from locator.stations import Station, Stations

PAGE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One station as a list shows it; `way_in` is who may enter and how, "" where unknown."""

    station: Station
    kind_zh: str
    kind_en: str
    district: str
    way_in: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list: rows `start` .. `start + len(rows)` of `total`, pages from 1."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    start: int


def listed(
    stations: Stations,
    *,
    kind: str | None = None,
    district: str | None = None,
    q: str | None = None,
) -> Longs:
    """Row numbers of the stations a person may be sent to, by kind and code.

    Parameters
    ----------
    kind, district
        Codes; None for all.
    q
        Part of a name or an address, whatever its case.
    """
    usable = stations.is_usable
    rank = {code: place for place, code in enumerate(kinds().codes)}
    words = q.strip().casefold() if q else ""
    chosen = [
        row
        for row in range(len(stations))
        if usable[row]
        and kind in (None, stations.kind[row])
        and district in (None, stations.district_code[row])
        and (not words or words in f"{stations.name[row]}\n{stations.address[row]}".casefold())
    ]
    chosen.sort(key=lambda row: (rank[stations.kind[row]], row))
    return np.array(chosen, np.int64)


def list_page(
    stations: Stations, chosen: Longs, *, page: int, districts: dict[str, str]
) -> ListPage:
    """One page of the chosen rows; a page beyond the last shows the last."""
    pages = max(1, -(-len(chosen) // PAGE_LENGTH))
    page = min(page, pages)
    start = (page - 1) * PAGE_LENGTH
    rows = tuple(
        _row(stations[int(index)], districts) for index in chosen[start : start + PAGE_LENGTH]
    )
    return ListPage(rows, len(chosen), page, pages, start)


def _row(station: Station, districts: dict[str, str]) -> Row:
    kind = kinds()[station.kind]
    district = districts.get(station.district_code, "")
    return Row(
        station, kind.short_zh or kind.zh, kind.short_en or kind.en, district, way_in(station)
    )


def way_in(station: Station) -> str:
    """Who may enter and how, in Chinese; "" where nobody said.

    It stands on every card: a room for a firm's own staff must not look like a public one.
    """
    asked = ((access_scopes(), station.access_scope), (access_modes(), station.access_mode))
    return "，".join(words[code].zh for words, code in asked if code in words)
