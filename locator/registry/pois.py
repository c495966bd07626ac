"""What a map platform holds, and which of our stations it should hold."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.platforms import find_platform
from geodata.vocabulary import statuses
from locator.errors import InputError
from locator.registry.entries import Rejection

if TYPE_CHECKING:
    from geodata.tables import Rows
    from locator.arrays import Floats
    from locator.registry.entries import Entry

_MAX_LAT_DEG, _MAX_LON_DEG = 90.0, 180.0


@dataclass(frozen=True, slots=True)
class Poi:
    """One entry of a platform's list.

    Parameters
    ----------
    id
        The platform's id, "" where it gives none.
    lon_deg, lat_deg
        Position in the platform's datum.
    row
        Number of the row it was read from.
    """

    id: str
    name: str
    address: str
    lon_deg: float
    lat_deg: float
    row: int = 0

    @property
    def key(self) -> tuple[str | float, ...]:
        """All it says, for an order that does not depend on that of the list."""
        return (self.id, self.name, self.lon_deg, self.lat_deg, self.address)


def read_pois(rows: Rows) -> tuple[list[Poi], list[Rejection]]:
    """Entries of a platform's list, and the rows that are none.

    Parameters
    ----------
    rows
        As `geodata.tables.read_rows` gives them; the column `source_id` holds the id.

    Returns
    -------
    pois, rejections
        Together as many as the rows.
    """
    pois, rejections = [], []
    for row in rows.rows:
        if row.problem is not None:
            problem = row.problem
            rejections.append(Rejection(row.number, problem.column, problem.value, problem.reason))
        elif not (abs(row.lon_deg) <= _MAX_LON_DEG and abs(row.lat_deg) <= _MAX_LAT_DEG):
            value = f"{row.lon_deg}, {row.lat_deg}"
            reason = "these are no degrees; expected a longitude and a latitude"
            rejections.append(Rejection(row.number, rows.columns.first("lon"), value, reason))
        else:
            name, address = row.values.get("name", ""), row.values.get("address", "")
            identity = row.values.get("source_id", "")
            pois.append(Poi(identity, name, address, row.lon_deg, row.lat_deg, row.number))
    return pois, rejections


def lonlat_of(pois: list[Poi]) -> Floats:
    """Positions of entries: (n, 2) degrees in the platform's datum.

    Raises
    ------
    InputError
        A position is no number.
    """
    for poi in pois:
        if not (math.isfinite(poi.lon_deg) and math.isfinite(poi.lat_deg)):
            raise InputError(f"row {poi.row} ({poi.name}) has no position; leave it out")
    return np.array([(poi.lon_deg, poi.lat_deg) for poi in pois], dtype=np.float64).reshape(-1, 2)


def kept_ids(entry: Entry, vendor: str) -> frozenset[str]:
    """Ids that a platform has for the station, as kept in its `poi`; several by ; or comma.

    Parameters
    ----------
    vendor
        Code of the platform; the station may name it in other words.
    """
    kept: Mapping[str, object] = entry.facts.get("poi") or {}
    found: set[str] = set()
    for name, text in kept.items():
        if _is_platform(name, vendor):
            found |= {part.strip() for part in re.split(r"[;；,，、\s]+", str(text))} - {""}
    return frozenset(found)


def is_wanted(entry: Entry) -> bool | None:
    """Whether a public map should show the station; None where that is not known.

    It should where the station is in use, not invented, and open to others than its host's staff:
    a room in a factory is not to be found on a map by a mother.
    """
    in_use = statuses()[entry.status].in_use if entry.status in statuses() else None
    if in_use is False or entry.sample or entry.access_scope == "staff":
        return False
    return None if in_use is None or not entry.access_scope else True


def _is_platform(name: str, vendor: str) -> bool:
    try:
        return find_platform(name).code == vendor
    except InputError:
        return False
