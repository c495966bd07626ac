"""The stations of a version of a city, put on the network of a mode.

Apart from `locator.placement`, which knows arrays alone: here is who may be sent to, on whose
streets doors are, and what is planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, frozen
from locator.certainty import NO, YES
from locator.modes import find_mode
from locator.parking import find_stands
from locator.placement import Placement, Stands, place_snapped, place_stands
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.stations import Stations
    from locator.version_like import VersionLike


def select_stations(stations: Stations, kind: str | None, mode: str) -> Bools:
    """Stations that a person of a mode may be sent to, of one kind or of all.

    What the mode requires (a truck: room to park it) must be known to be there.
    """
    usable = np.asarray(stations.is_usable)
    if kind is not None:
        usable = usable & np.asarray(stations.is_kind(kind))
    return usable & _has_required(stations, mode)[0]


def count_lacking(stations: Stations, kind: str | None, mode: str) -> dict[str, int]:
    """How many usable stations are left out for what the mode requires.

    Returns
    -------
    dict
        `no`: it is known not to be there; `unknown`: nothing is known of it.
    """
    usable = select_stations(stations, kind, "walk")
    has, lacks = _has_required(stations, mode)
    return {"no": int((usable & lacks).sum()), "unknown": int((usable & ~has & ~lacks).sum())}


def _has_required(stations: Stations, mode: str) -> tuple[Bools, Bools]:
    """Whether each station has all that a mode requires, and whether it surely lacks some."""
    has, lacks = np.ones(len(stations), bool), np.zeros(len(stations), bool)
    for code in find_mode(mode).requires:
        told = stations.tell_offering(code)
        has &= told == YES
        lacks |= told == NO
    return has, lacks


def place_chosen(version: VersionLike, chosen: Bools, mode: str, timed: bool) -> Placement:
    """Some stations on the network of a mode.

    Parameters
    ----------
    chosen : (stations,) bool
    timed
        On its network of time.
    """
    network, doors = version.network(mode, timed=timed), find_mode(mode).snap
    every = snap_stations(version, doors)
    rows = np.flatnonzero(chosen).astype(np.int32)
    taken = Snapped(every.street[rows], every.offset_m[rows], every.snap_m[rows])
    if not network.mode.is_parked:
        return place_snapped(network, taken, rows)
    stands: Stands = version.kept(
        ("stands", mode), lambda: _find_all_stands(version, network, doors, every)
    )
    return place_stands(network, taken, rows, stands.take(rows))


def snap_stations(version: VersionLike, mode: str) -> Snapped:
    """All stations on the streets of one mode, kept; nowhere where a barrier shuts their street."""
    network = version.network(mode)
    snapped: Snapped = version.kept(("snapped", mode), lambda: _snap(version, network))
    return snapped


def _snap(version: VersionLike, network: StreetNetwork) -> Snapped:
    """Planned sites stand exactly where they were planned, on streets of the mode."""
    stations, sites = version.stations, version.sites
    found = network.snap(stations.xy_m, version.config.station_snap_m)
    street, offset, snap = found.street.copy(), found.offset_m.copy(), found.snap_m.copy()
    for row, code in enumerate(stations.code if sites else ()):
        if code in sites and network.travel[sites[code][0]]:
            street[row], offset[row] = sites[code]
            snap[row] = 0.0
    closed = version.store.closed(network.mode.code)
    if closed is not None:
        street[(street >= 0) & closed[street]] = -1
    return Snapped(frozen(street), frozen(offset), frozen(snap))


def _find_all_stands(
    version: VersionLike, ride: StreetNetwork, doors: str, every: Snapped
) -> Stands:
    """The stands of all stations, whatever is asked: rows are those of the registry."""
    walk, quick = version.network(doors), version.network(doors, timed=True)
    rows = np.arange(len(every), dtype=np.int32)
    on_foot = place_snapped(walk, every, rows)
    in_time = on_foot if quick is walk else place_snapped(quick, every, rows)
    return find_stands(ride, walk, quick, (on_foot, in_time))
