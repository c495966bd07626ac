"""Our stations against the list of a map platform: on the map, missing, moved, under another name.

Which entry is which station is settled by `locator.registry.pairing`; here it is judged. A station
that should not be on a public map, and is, is a finding too, and one of which nobody knows whether
it should be is neither missing nor right.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.datum import BD09, GCJ02, WGS84, parse_datum, to_wgs84
from geodata.platforms import find_platform
from locator.registry.likeness import compare_names, core_of
from locator.registry.pairing import ALIKE, EVIDENCE, Pairing, pair_pois, real_name
from locator.registry.pois import Poi, is_wanted, kept_ids, lonlat_of

if TYPE_CHECKING:
    from locator.registry.entries import Entry

OUTCOMES = ("on_map", "moved", "renamed", "missing", "to_remove", "not_wanted", "undecided")
MOVED_M = 100.0  # our estimate: farther than from a building's middle to its door
_HINT_EVIDENCE = ("id", "same name")  # pairs that do not depend on a distance of few metres
_HINT_PAIRS = 5
_METRES_PER_DEG = 111_195.0  # of latitude, on the mean sphere
_HINT_FACTOR = 3.0  # so many times nearer must the stations be in a better datum


@dataclass(frozen=True, slots=True)
class Listing:
    """How one station stands on the map.

    Parameters
    ----------
    wanted
        Whether a public map should show it (`locator.registry.pois.is_wanted`).
    poi, duplicates
        The platform's entry for it, and further ones.
    matched_by
        One of `locator.registry.pairing.EVIDENCE`; "" without an entry.
    distance_m
        From our position to the platform's; nan without an entry.
    moved, renamed
        Whether they are farther apart than the limit, or go by unlike names; a name that was made
        from other fields is not compared.
    stale_id
        Whether ids are kept with the station and none is in the list any more.
    spelt_otherwise
        Whether the names are not the same, though alike enough for one place's.
    """

    code: str
    district_code: str
    wanted: bool | None
    poi: Poi | None = None
    matched_by: str = ""
    distance_m: float = math.nan
    moved: bool = False
    renamed: bool = False
    stale_id: bool = False
    duplicates: tuple[Poi, ...] = ()
    spelt_otherwise: bool = False

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`.

        Moved goes before renamed. "to_remove" is on the map and should not be, "not_wanted" is not
        and should not be; "undecided" is not on it, and nobody knows whether it should be.
        """
        if self.poi is None:
            return (
                "undecided" if self.wanted is None else "missing" if self.wanted else "not_wanted"
            )
        if self.wanted is False:
            return "to_remove"
        return "moved" if self.moved else "renamed" if self.renamed else "on_map"


@dataclass(frozen=True, slots=True)
class DistrictShare:
    """How many stations of a district that should be on the map are.

    Parameters
    ----------
    wanted, mapped
        Stations that should be, and those of them that are, be it in a wrong place.
    undecided
        Stations of which nobody knows whether they should be; in neither number.
    to_remove
        Stations that are on the map and should not be.
    """

    district_code: str
    wanted: int
    mapped: int
    undecided: int
    to_remove: int

    @property
    def share(self) -> float | None:
        """Mapped of wanted; None where none is wanted."""
        return self.mapped / self.wanted if self.wanted else None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A registry compared with a platform's list.

    Parameters
    ----------
    listings
        One for each station, by code.
    unknown
        Entries that belong to none of our stations.
    datum_hint
        Datum that fits the list far better than the one it was taken for; "" for none.
    """

    vendor: str
    datum: str
    listings: tuple[Listing, ...]
    unknown: tuple[Poi, ...]
    datum_hint: str = ""

    def of(self, outcome: str) -> tuple[Listing, ...]:
        """The stations of an outcome."""
        return tuple(listing for listing in self.listings if listing.outcome == outcome)

    @property
    def counts(self) -> Mapping[str, int]:
        """Stations by outcome, duplicate entries, and entries unknown to us; zeros are told."""
        found = Counter(listing.outcome for listing in self.listings)
        return {
            **{outcome: found[outcome] for outcome in OUTCOMES},
            "duplicates": sum(len(listing.duplicates) for listing in self.listings),
            "unknown": len(self.unknown),
        }

    @property
    def pois_per_station(self) -> float | None:
        """Entries for each station that is on the map; None where none is."""
        held = [1 + len(listing.duplicates) for listing in self.listings if listing.poi]
        return sum(held) / len(held) if held else None

    def by_district(self) -> list[DistrictShare]:
        """Shares by district code; "" holds the stations of unknown district."""
        groups: dict[str, list[Listing]] = defaultdict(list)
        for listing in self.listings:
            groups[listing.district_code].append(listing)
        return [
            DistrictShare(
                code,
                wanted=sum(listing.wanted is True for listing in group),
                mapped=sum(listing.wanted is True and bool(listing.poi) for listing in group),
                undecided=sum(listing.wanted is None for listing in group),
                to_remove=sum(listing.outcome == "to_remove" for listing in group),
            )
            for code, group in sorted(groups.items())
        ]


def reconcile(
    entries: Iterable[Entry],
    pois: Iterable[Poi],
    *,
    vendor: str,
    datum: str = "",
    moved_m: float = MOVED_M,
) -> Reconciliation:
    """Compare our stations with a platform's list.

    Parameters
    ----------
    entries
        All stations, closed ones too: one that is closed and still on the map is a finding.
    pois
        The platform's entries, positions in its datum; `locator.registry.pois.read_pois` reads
        them from a file.
    vendor
        Code or name of the platform.
    datum
        Datum of the positions; "" for that of the platform.
    moved_m
        Distance beyond which a station counts as moved.

    Returns
    -------
    Reconciliation
        Each station once; each entry once, as the entry of a station, a duplicate, or unknown.

    Raises
    ------
    InputError
        Unknown platform or datum, a station code twice, or far too many entries near stations.
    """
    platform = find_platform(vendor)
    frame = parse_datum(datum or platform.datum)
    pairing = pair_pois(entries, pois, vendor=platform.code, datum=frame)
    listed = {poi.id for poi in pairing.pois}
    listings = []
    for place, entry in enumerate(pairing.stations):
        ids = kept_ids(entry, platform.code)
        plain = Listing(
            entry.code,
            entry.district_code,
            is_wanted(entry),
            stale_id=bool(ids) and ids.isdisjoint(listed),
        )
        listings.append(_with_poi(plain, place, pairing, moved_m))
    return Reconciliation(
        platform.code, frame, tuple(listings), pairing.left_over, _better_datum(pairing, frame)
    )


def _with_poi(plain: Listing, place: int, pairing: Pairing, moved_m: float) -> Listing:
    """A station's listing with the entry it was paired with."""
    pair = pairing.match.get(place)
    if pair is None:
        return plain
    poi = pairing.pois[pair.poi]
    return replace(
        plain,
        poi=poi,
        matched_by=EVIDENCE[pair.tier],
        distance_m=pair.distance_m,
        moved=pair.distance_m > moved_m,
        renamed=_is_renamed(real_name(pairing.stations[place]), poi.name),
        duplicates=tuple(pairing.pois[index] for index in pairing.duplicates.get(place, ())),
        spelt_otherwise=_is_spelt_otherwise(real_name(pairing.stations[place]), poi.name),
    )


def _is_renamed(ours: str, theirs: str) -> bool:
    """Whether people would not take the names for one place's; two of no meaning are the same."""
    if not ours:
        return False
    if not core_of(ours) and not core_of(theirs):
        return False
    return compare_names(ours, theirs) < ALIKE


def _is_spelt_otherwise(ours: str, theirs: str) -> bool:
    """Whether names differ by more than case, width, spaces and signs."""
    plain = [re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())
             for name in (ours, theirs)]  # fmt: skip
    return bool(plain[0]) and plain[0] != plain[1]


def _better_datum(pairing: Pairing, datum: str) -> str:
    """Datum in which sure pairs lie far nearer to each other; "" where the given one is right."""
    pairs = [pair for pair in pairing.match.values() if EVIDENCE[pair.tier] in _HINT_EVIDENCE]
    if len(pairs) < _HINT_PAIRS:
        return ""
    stations = [pairing.stations[pair.station] for pair in pairs]
    ours = np.array([(entry.lon_deg, entry.lat_deg) for entry in stations], dtype=np.float64)
    theirs = lonlat_of([pairing.pois[pair.poi] for pair in pairs])
    narrowing = np.cos(np.radians(ours[:, 1]))
    median_deg = {}
    for frame in dict.fromkeys((datum, WGS84, GCJ02, BD09)):
        shift = to_wgs84(theirs, frame) - ours
        median_deg[frame] = float(np.median(np.hypot(shift[:, 0] * narrowing, shift[:, 1])))
    best = min(median_deg, key=lambda frame: median_deg[frame])
    apart = median_deg[datum] * _METRES_PER_DEG > MOVED_M
    return best if apart and median_deg[best] * _HINT_FACTOR < median_deg[datum] else ""
