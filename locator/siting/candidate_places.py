"""Places with a position put on the streets as candidates, whoever lists them.

What cannot be a candidate (no position, off the streets, outside the city, a code given twice) is
not dropped but listed with its reason, so that what was read is what can be chosen plus that list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geodata.datum import to_wgs84
from locator.arrays import frozen
from locator.modes import find_mode
from locator.siting.candidates import NO_COSTS, Candidates, LeftOut, in_city

if TYPE_CHECKING:
    from locator.version_like import VersionLike

BEYOND = "no street of this mode within {:g} m"
OUTSIDE_CITY = "outside the city"
TWICE = "its code is given twice; the first one counts"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One place that somebody proposes.

    Parameters
    ----------
    code
        How people name it; each once.
    lon_deg, lat_deg, datum
        Where it is.
    hours
        As the registry writes them; "" where nothing is known.
    cost
        Yuan, or any unit that all share; None where nothing is said.
    reason
        Why it cannot be a candidate already; "" where nothing speaks against it.
    """

    code: str
    lon_deg: float
    lat_deg: float
    name: str = ""
    source: str = ""
    hours: str = ""
    cost: float | None = None
    datum: str = "wgs84"
    reason: str = ""
    notes: tuple[str, ...] = field(default=())


def place_proposals(
    version: VersionLike, proposals: Sequence[Proposal], *, mode: str = "walk"
) -> Candidates:
    """Candidates of the places that lie on the streets on which doors are.

    Costs are taken where any place tells one; places that tell none are then left out, since what
    costs nothing would always be bought first.

    Parameters
    ----------
    mode
        How people come; a candidate stands on the streets of that mode's last stretch.

    Returns
    -------
    Candidates
        Ascending by street and offset, equal places by code.
    """
    left = [LeftOut(one.code, one.reason) for one in proposals if one.reason]
    usable = [one for one in proposals if not one.reason]
    first: dict[str, Proposal] = {}
    for one in usable:
        if one.code in first:
            left.append(LeftOut(one.code, TWICE))
        first.setdefault(one.code, one)
    usable = list(first.values())
    if any(one.cost is not None for one in usable):
        left += [LeftOut(one.code, "no cost is told") for one in usable if one.cost is None]
        usable = [one for one in usable if one.cost is not None]
    network = version.network(find_mode(mode).snap)
    limit = version.config.station_snap_m
    snapped = network.snap(_locate(version, usable), limit)
    inside = in_city(network, np.where(snapped.found, snapped.street, 0), snapped.offset_m)
    for row, one in enumerate(usable):
        if not snapped.found[row]:
            left.append(LeftOut(one.code, BEYOND.format(limit)))
        elif not inside[row]:
            left.append(LeftOut(one.code, OUTSIDE_CITY))
    rows = np.flatnonzero(snapped.found & inside)
    rank = np.argsort(np.argsort([one.code for one in usable], kind="stable"), kind="stable")
    rows = rows[np.lexsort((rank[rows], snapped.offset_m[rows], snapped.street[rows]))]
    kept = [usable[row] for row in rows.tolist()]
    costs = [one.cost for one in kept if one.cost is not None]
    return Candidates(
        frozen(snapped.street[rows], np.int32), frozen(snapped.offset_m[rows], np.float64),
        tuple(one.code for one in kept), tuple(one.name for one in kept),
        tuple(one.source for one in kept), tuple(one.hours for one in kept),
        frozen(costs, np.float64) if costs else NO_COSTS, tuple(left),
    )  # fmt: skip


def _locate(version: VersionLike, usable: Sequence[Proposal]) -> np.ndarray:
    """(n, 2) metres in the city's CRS; each row in its own datum."""
    xy = np.empty((len(usable), 2))
    for datum in {one.datum for one in usable}:
        rows = [row for row, one in enumerate(usable) if one.datum == datum]
        points = np.array([(usable[row].lon_deg, usable[row].lat_deg) for row in rows])
        xy[rows] = version.store.projection.to_xy(to_wgs84(points, datum))
    return xy
