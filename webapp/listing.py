"""Which stations a list shows, in which order, and one page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.checklists import trades
from geodata.vocabulary import kinds
from locator.needs import NIGHT, Needs, choose_stations, parse_needs
from locator.situations import find_situation

if TYPE_CHECKING:
    from locator.arrays import Bools, Longs
    from locator.stations import Stations
    from locator.view import CityView
    from webapp.params import StationsQuery

PAGE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list: rows `start` .. `start + len(rows)` of `total`, pages from 1.

    `rows` are row numbers of the stations that were listed.
    """

    rows: tuple[int, ...]
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
    staff: bool = True,
    among: Bools | None = None,
) -> Longs:
    """Row numbers of the stations a person may be sent to, by kind and code.

    Parameters
    ----------
    kind, district
        Codes; None for all.
    q
        Part of a name or an address, whatever its case.
    staff
        Whether rooms that let in their host's own staff alone are listed too.
    among : (n,) bool
        Which stations may be listed at all; None for all.
    """
    usable = stations.is_usable if staff else stations.is_usable & ~stations.is_staff_only
    if among is not None:
        usable = usable & among
    rank = {code: place for place, code in enumerate(kinds().codes)}
    chosen = np.flatnonzero(usable & _asked_for(stations, kind, district, q)).tolist()
    chosen.sort(key=lambda row: (rank[stations.kind[row]], row))
    return np.array(chosen, np.int64)


def _asked_for(stations: Stations, kind: str | None, district: str | None, q: str | None) -> Bools:
    """Which stations are of that kind and district and bear those words; None for all."""
    words = q.strip().casefold() if q else ""
    return np.array(
        [
            kind in (None, stations.kind[row])
            and district in (None, stations.district_code[row])
            and (not words or words in f"{stations.name[row]}\n{stations.address[row]}".casefold())
            for row in range(len(stations))
        ],
        bool,
    )


def choose_listed(view: CityView, asked: StationsQuery) -> tuple[Longs, dict[str, int]]:
    """Rows of the stations that are asked for, as `listed`, and how many are left out, by reason.

    The list and the map both ask here, so that they show the same stations.
    """
    stations = view.stations
    trade = trades().get(asked.trade or "")
    words = [asked.trade] if trade and asked.trade else []
    words += find_situation(asked.situation).words if asked.situation else []
    needs = parse_needs(words) if words else Needs()
    chosen_of = stations.is_usable & _asked_for(stations, asked.kind, asked.district, asked.q)
    asks = Needs(needs.groups, needs.kinds, staff=asked.staff, night=needs.night)
    night = view.in_situation(NIGHT).told() if asks.night else None
    choice = choose_stations(stations, asks, chosen_of, night=night)
    rows = listed(
        stations, kind=asked.kind, district=asked.district, q=asked.q, staff=asked.staff,
        among=choice.mask if needs.any else None,
    )  # fmt: skip
    return rows, choice.left_out


def list_page(chosen: Longs, *, page: int) -> ListPage:
    """One page of the chosen rows; a page beyond the last shows the last."""
    pages = max(1, -(-len(chosen) // PAGE_LENGTH))
    page = min(page, pages)
    start = (page - 1) * PAGE_LENGTH
    rows = tuple(chosen[start : start + PAGE_LENGTH].tolist())
    return ListPage(rows, len(chosen), page, pages, start)
