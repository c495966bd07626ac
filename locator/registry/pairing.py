"""Which entry of a map platform's list is which of our stations.

A platform holds a station several times (2.1 entries a station, nationally), so entries are paired
with stations one to one, and the others become duplicates of a station or stay without one.
Evidence comes in four tiers, the surest first:

1. the platform's own id, kept with the station;
2. an alike name within 300 m;
3. the same name within 2 km, where neither side has that name twice;
4. the same kind of station within 50 m, whatever the names.

Beyond the first tier, an entry that names another kind of station never pairs. Of all pairs the
best is taken first: by tier, then likeness of the names, then distance. So a sure pair is never
broken for the sake of a weak one, as an assignment of least total distance would do, and the answer
does not depend on the order of either list. The limits are our estimates: platforms place a shop at
its door or in the middle of its building, and the inverse of their datum is good to a metre or two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.datum import to_wgs84
from geodata.sphere import to_xyz_m
from geodata.vocabulary import kinds
from locator.errors import InputError
from locator.registry.likeness import compare_names, core_of
from locator.registry.pois import Poi, kept_ids, lonlat_of

if TYPE_CHECKING:
    from locator.registry.entries import Entry

ALIKE = 0.6
NAME_LIMIT_M = 300.0
SAME_NAME_LIMIT_M = 2000.0
PLACE_LIMIT_M = 50.0
EVIDENCE = ("id", "name", "same name", "place")
_ID, _NAME, _SAME_NAME, _PLACE = range(4)
_MAX_PAIRS = 5_000_000  # of an entry and a station near it: more is no list of places


class Pair(NamedTuple):
    """A station and an entry, in the order in which pairs are taken.

    `tier` counts through `EVIDENCE`, `unlike` is the likeness of the names, negated; `station` and
    `poi` are places in the lists of a `Pairing`.
    """

    tier: int
    unlike: float
    distance_m: float
    station: int
    poi: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """Stations by code, entries by what they say, and how they belong together.

    Parameters
    ----------
    match
        Place of a station to its pair.
    duplicates
        Place of a station to the places of further entries of it.
    """

    stations: tuple[Entry, ...]
    pois: tuple[Poi, ...]
    match: Mapping[int, Pair]
    duplicates: Mapping[int, tuple[int, ...]]

    @property
    def left_over(self) -> tuple[Poi, ...]:
        """Entries that belong to no station."""
        held = {pair.poi for pair in self.match.values()}
        held |= {poi for group in self.duplicates.values() for poi in group}
        return tuple(poi for index, poi in enumerate(self.pois) if index not in held)


def pair_pois(entries: Iterable[Entry], pois: Iterable[Poi], *, vendor: str, datum: str) -> Pairing:
    """Pair a platform's entries with our stations.

    Parameters
    ----------
    vendor
        Code of the platform.
    datum
        Datum of the entries' positions.

    Raises
    ------
    InputError
        A station code twice, or far too many entries near stations.

    Notes
    -----
    O((n + m) log n) for places spread as in a city.
    """
    stations = tuple(sorted(entries, key=lambda entry: entry.code))
    twice = [code for code, n in Counter(entry.code for entry in stations).items() if n > 1]
    if twice:
        raise InputError(f"the station code {min(twice)!r} is given twice; expected each once")
    listed = tuple(sorted(pois, key=lambda poi: (*poi.key, poi.row)))
    pairs = sorted(_Evidence(stations, listed, vendor, datum).pairs())
    match: dict[int, Pair] = {}
    taken: set[int] = set()
    for pair in pairs:
        if pair.station not in match and pair.poi not in taken:
            match[pair.station] = pair
            taken.add(pair.poi)
    return Pairing(stations, listed, match, _duplicates(listed, pairs, match, taken))


def real_name(entry: Entry) -> str:
    """Name that somebody gave; "" for a made one."""
    return "" if entry.name_made else entry.name


def _duplicates(
    pois: Sequence[Poi], pairs: Sequence[Pair], match: Mapping[int, Pair], taken: set[int]
) -> dict[int, tuple[int, ...]]:
    """Entries left over that are a station's by id, alike name, or a name that says nothing."""
    groups: dict[int, list[int]] = defaultdict(list)
    owned = set(taken)
    for pair in pairs:
        sure = pair.tier in (_ID, _NAME) or not core_of(pois[pair.poi].name)
        if sure and pair.poi not in owned and pair.station in match:
            owned.add(pair.poi)
            groups[pair.station].append(pair.poi)
    return {station: tuple(sorted(group)) for station, group in groups.items()}


class _Evidence:
    """Both lists, and all pairs that something speaks for."""

    def __init__(
        self, stations: Sequence[Entry], pois: Sequence[Poi], vendor: str, datum: str
    ) -> None:
        self._stations = stations
        self._pois = pois
        self._vendor = vendor
        lonlat = [(entry.lon_deg, entry.lat_deg) for entry in stations]
        self._station_xyz_m = to_xyz_m(lonlat)
        self._poi_xyz_m = to_xyz_m(to_wgs84(lonlat_of(list(pois)), datum))
        self._names = [real_name(entry) for entry in stations]
        self._poi_kinds = [kinds().find(poi.name) for poi in pois]

    def pairs(self) -> list[Pair]:
        """Pairs of all tiers; a station and an entry may come in several."""
        if not self._stations or not self._pois:
            return []
        return [*self._of_ids(), *self._of_names_and_places(), *self._of_same_names()]

    def _of_ids(self) -> Iterator[Pair]:
        holders: dict[str, list[int]] = defaultdict(list)
        for station, entry in enumerate(self._stations):
            for kept in kept_ids(entry, self._vendor):
                holders[kept].append(station)
        for index, poi in enumerate(self._pois):
            for station in holders.get(poi.id, ()):
                yield self._pair(_ID, station, index)

    def _of_names_and_places(self) -> Iterator[Pair]:
        for station, poi in self._near():
            if not self._may_pair(station, poi):
                continue
            pair = self._pair(_NAME, station, poi)
            if -pair.unlike >= ALIKE and pair.distance_m <= NAME_LIMIT_M:
                yield pair
            elif pair.distance_m <= PLACE_LIMIT_M and self._poi_kinds[poi] is not None:
                yield pair._replace(tier=_PLACE)

    def _of_same_names(self) -> Iterator[Pair]:
        ours = _told_once(self._names)
        theirs = _told_once([poi.name for poi in self._pois])
        for core in sorted(ours.keys() & theirs.keys()):
            if self._may_pair(ours[core], theirs[core]):
                pair = self._pair(_SAME_NAME, ours[core], theirs[core])
                if pair.distance_m <= SAME_NAME_LIMIT_M:
                    yield pair

    def _near(self) -> Iterator[tuple[int, int]]:
        """Stations and entries within the limit of alike names."""
        from scipy.spatial import cKDTree

        stations, pois = cKDTree(self._station_xyz_m), cKDTree(self._poi_xyz_m)
        count = int(stations.count_neighbors(pois, NAME_LIMIT_M))
        if count > _MAX_PAIRS:
            raise InputError(
                f"{count} pairs of a station and an entry lie within {NAME_LIMIT_M:.0f} m, too "
                "many for a list of places: check the positions, many seem to be the same"
            )
        for station, near in enumerate(stations.query_ball_tree(pois, NAME_LIMIT_M)):
            for poi in near:
                yield station, poi

    def _may_pair(self, station: int, poi: int) -> bool:
        """Whether the entry names no other kind of station."""
        return self._poi_kinds[poi] in (None, self._stations[station].kind)

    def _pair(self, tier: int, station: int, poi: int) -> Pair:
        distance_m = float(np.linalg.norm(self._station_xyz_m[station] - self._poi_xyz_m[poi]))
        alike = compare_names(self._names[station], self._pois[poi].name)
        return Pair(tier, -round(alike, 6), round(distance_m, 3), station, poi)


def _told_once(names: Sequence[str]) -> dict[str, int]:
    """Cores of names to their place, where no other name has the same core."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[core_of(name)].append(place)
    return {core: where[0] for core, where in places.items() if core and len(where) == 1}
