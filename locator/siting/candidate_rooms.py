"""Rooms that exist already as candidates: public places of the street import, and other stations.

Which tags are taken for rooms that may host a station is data (`geodata/data/hosts.toml`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.pois import poi_rows
from geodata.vocabulary import read_data
from locator.errors import InputError, NotFoundError
from locator.hours import format_hours, read_hours
from locator.placing import snap_stations
from locator.siting.candidate_places import Proposal, place_proposals
from locator.siting.candidates import Candidates, LeftOut

if TYPE_CHECKING:
    from geodata.tables import Row
    from locator.version import CityVersion


class Room(NamedTuple):
    """A sort of room that may host a station: its OpenStreetMap tags as TAG=VALUE."""

    code: str
    zh: str
    en: str
    tags: tuple[str, ...]


@cache
def rooms() -> tuple[Room, ...]:
    """All sorts of rooms that are known."""
    return tuple(
        Room(one["code"], one["zh"], one["en"], tuple(one["tags"]))
        for one in read_data("hosts.toml")["room"]
    )


def public_rooms(
    version: CityVersion, *, sorts: Iterable[str] = (), tags: Iterable[str] = (), mode: str = "walk"
) -> Candidates:
    """Rooms among the places that came with the streets.

    Parameters
    ----------
    sorts
        Codes of `rooms()`; all of them where neither sorts nor tags are given.
    tags
        Further OpenStreetMap tags, as "amenity=cafe".

    Raises
    ------
    NotFoundError
        A sort is not known.
    InputError
        A tag is not TAG=VALUE, or no place came with the streets.
    """
    known = {room.code: room for room in rooms()}
    wanted, more = list(sorts), list(tags)
    for sort in wanted:
        if sort not in known:
            raise NotFoundError(f"no sort of room {sort!r}: choose {', '.join(known)}")
    if not wanted and not more:
        wanted = list(known)
    pois = version.store.pois
    if not pois:
        raise InputError(
            "no places came with the streets: import an OpenStreetMap file, or give a list of "
            "partners with --candidates"
        )
    labels = [(tag, known[sort].zh) for sort in wanted for tag in known[sort].tags]
    labels += [(tag, tag) for tag in more]
    found: dict[str, Proposal] = {}
    for tag, label in labels:
        for row in poi_rows(pois, tag).rows:
            one = _propose(row, label)
            found.setdefault(one.code, one)
    return place_proposals(version, list(found.values()), mode=mode)


def _propose(row: Row, label: str) -> Proposal:
    values = row.values
    hours = read_hours(values.get("hours", "")).hours
    return Proposal(
        code=values["source_id"],
        lon_deg=row.lon_deg,
        lat_deg=row.lat_deg,
        name=values.get("name", ""),
        source=label,
        hours=format_hours(hours) if hours.known else "",
        reason="only for staff" if values.get("access_scope") == "staff" else "",
    )


def other_stations(version: CityVersion, kind: str | None, *, mode: str = "walk") -> Candidates:
    """Usable stations of other kinds: rooms that could be made one of this kind as well.

    Raises
    ------
    InputError
        No kind is given, so that every station counts already.
    """
    if kind is None:
        raise InputError("stations of other kinds: say which kind is planned with --kind")
    stations = version.stations
    snapped = snap_stations(version, mode)
    rows = np.flatnonzero(stations.is_usable & ~np.asarray(stations.is_kind(kind)))
    there = rows[snapped.street[rows] >= 0]
    lost = [LeftOut(stations.code[r], "off the streets") for r in rows if snapped.street[r] < 0]
    order = there[np.lexsort((there, snapped.offset_m[there], snapped.street[there]))]
    listed = [stations[row] for row in order.tolist()]
    return Candidates(
        snapped.street[order], snapped.offset_m[order],
        tuple(one.code for one in listed), tuple(one.name for one in listed),
        tuple(one.kind for one in listed),
        tuple(format_hours(one.opening) if one.opening.known else "" for one in listed),
        left_out=tuple(lost),
    )  # fmt: skip
