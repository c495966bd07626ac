"""Which stored station a row speaks of.

In this order: the same code; the same source id; a row equal in kind, name, address and place; the
same real name and kind within 50 m; the same kind within 1 m. A station is matched by one row of a
file at most, the nearest first, so that two stations of one building stay two when the file is
imported again. Three refinements of that order, each against merging what is not one:

- A source id that is a bare number is an identity inside its own source only.
- Name and place never join a row that brings a code with a station whose code was brought too.
- Two rows of one file that are the same station (same code, same source id, or the same kind, name
  and address within 1 m) are not an update of each other: the second is rejected and names the
  first, since which of them is right is for the sender to say, not for the order of the rows.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from geodata.sphere import to_xyz_m
from locator.registry.codes import split_code

if TYPE_CHECKING:
    from locator.registry.entries import Entry

NAME_LIMIT_M = 50.0
PLACE_LIMIT_M = 1.0
_ROUND_DIGITS = 8  # 1 mm


def find_duplicates(entries: Sequence[Entry]) -> dict[int, tuple[int, str]]:
    """Rows of one file that repeat an earlier row.

    Returns
    -------
    dict
        Index of the later entry to index of the earlier and what they share. O(n) unless many
        equal rows lie within a metre of each other.
    """
    found: dict[int, tuple[int, str]] = {}
    for what in ("code", "source_id"):
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            identity = getattr(entry, what)
            if identity and index not in found:
                earlier = first.setdefault(identity, index)
                if earlier != index:
                    found[index] = (earlier, what.replace("_", " "))
    return found | _find_twins(entries)


def _find_twins(entries: Sequence[Entry]) -> dict[int, tuple[int, str]]:
    """Duplicates among the entries that have neither code nor source id."""
    found: dict[int, int] = {}
    first: dict[Hashable, int] = {}
    for index, entry in enumerate(entries):
        if not (entry.code or entry.source_id):
            found[index] = first.setdefault(_likeness(entry), index)
    rows = list(first.values())  # one for each exact place; the rest is up to a metre apart
    alone = [entries[row] for row in rows]
    labels = [(entry.kind, entry.name, entry.address) for entry in alone]
    pairs = _near_pairs(labels, alone, labels, alone, PLACE_LIMIT_M)
    for left, right in sorted((i, j) for i, j, _ in pairs if i < j):
        if found[rows[left]] == rows[left]:
            found[rows[right]] = min(found[rows[right]], rows[left])
    same = "kind, name, address and place"
    return {row: (earlier, same) for row, earlier in found.items() if row != earlier}


def match_entries(
    entries: Sequence[Entry], stored: Sequence[Entry]
) -> tuple[dict[int, int], dict[int, tuple[int, str]]]:
    """Stored stations that rows of one file speak of.

    Parameters
    ----------
    entries
        Rows without duplicates among them.

    Returns
    -------
    match : index of the row to index of the stored station; rows without one are new
    repeats : index of a row to index of the earlier row that is the same stored station, and what
        told so (a code and a source id of two rows may mean the same station)
    """
    matching = _Matching(entries, stored)
    matching.by_identity()
    matching.by_likeness()
    matching.by_name()
    matching.by_place()
    return matching.match, matching.repeats


class _Matching:
    """The state of one matching: who is still free."""

    def __init__(self, entries: Sequence[Entry], stored: Sequence[Entry]) -> None:
        self.entries = entries
        self.stored = stored
        self.match: dict[int, int] = {}
        self.repeats: dict[int, tuple[int, str]] = {}
        self._taken: dict[int, int] = {}  # stored station to row

    def by_identity(self) -> None:
        """Codes, then source ids."""
        codes = {station.code: index for index, station in enumerate(self.stored)}
        ids = {
            _source_key(station): i for i, station in enumerate(self.stored) if station.source_id
        }
        for index, entry in enumerate(self.entries):
            if entry.code and entry.code in codes:
                self._claim(index, codes[entry.code])
        for index, entry in enumerate(self.entries):
            found = ids.get(_source_key(entry)) if entry.source_id else None
            if found is None or index in self.match:
                continue
            if found in self._taken:
                self.repeats[index] = (self._taken[found], "station")
            else:
                self._claim(index, found)

    def by_likeness(self) -> None:
        """Rows that tell the same kind, name, address and place as a station."""
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for station in reversed(self._free_stations()):
            waiting[_likeness(self.stored[station])].append(station)
        for row in self._free_rows():
            candidates = waiting.get(_likeness(self.entries[row]))
            if candidates and self._may_join(row, candidates[-1]):
                self._claim(row, candidates.pop())

    def by_name(self) -> None:
        """The same real name and kind within 50 m."""
        rows = [row for row in self._free_rows() if self.entries[row].name]
        stations = [i for i in self._free_stations() if not self.stored[i].name_made]
        self._join(rows, stations, ("kind", "name"), NAME_LIMIT_M)

    def by_place(self) -> None:
        """The same kind within 1 m."""
        # a closed station keeps its record: whatever came to its place is another one
        open_ones = [i for i in self._free_stations() if self.stored[i].status != "closed"]
        self._join(self._free_rows(), open_ones, ("kind",), PLACE_LIMIT_M)

    def _join(
        self, rows: list[int], stations: list[int], alike: tuple[str, ...], limit_m: float
    ) -> None:
        """Pair free rows and stations that are alike and near, nearest first."""
        left = [self.entries[row] for row in rows]
        right = [self.stored[station] for station in stations]
        labels = [
            [tuple(getattr(e, name) for name in alike) for e in side] for side in (left, right)
        ]
        pairs = []
        for i, j, distance_m in _near_pairs(labels[0], left, labels[1], right, limit_m):
            unlike = (
                (left[i].name or "") != _real_name(right[j]),
                left[i].address != right[j].address,
            )
            pairs.append((round(distance_m, 1), *unlike, rows[i], stations[j]))
        for *_, row, station in sorted(pairs):
            free = row not in self.match and station not in self._taken
            if free and self._may_join(row, station):
                self._claim(row, station)

    def _may_join(self, row: int, station: int) -> bool:
        """Whether weak evidence may join them: not where both sides brought a code."""
        return not self.entries[row].code or split_code(self.stored[station].code) is not None

    def _claim(self, row: int, station: int) -> None:
        self.match[row] = station
        self._taken[station] = row

    def _free_rows(self) -> list[int]:
        return [
            row
            for row in range(len(self.entries))
            if row not in self.match and row not in self.repeats
        ]

    def _free_stations(self) -> list[int]:
        return [station for station in range(len(self.stored)) if station not in self._taken]


def _source_key(entry: Entry) -> tuple[str, str]:
    """Identity of a source id: bare numbers count inside their source only."""
    return (entry.source if entry.source_id.isdecimal() else "", entry.source_id)


def _real_name(entry: Entry) -> str:
    """Name that somebody gave."""
    return "" if entry.name_made else entry.name


def _likeness(entry: Entry) -> Hashable:
    """What two tellings of one station share."""
    place = (round(entry.lon_deg, _ROUND_DIGITS), round(entry.lat_deg, _ROUND_DIGITS))
    return (entry.kind, _real_name(entry), entry.address, place)


def _near_pairs(
    left_labels: Sequence[Hashable],
    left: Sequence[Entry],
    right_labels: Sequence[Hashable],
    right: Sequence[Entry],
    limit_m: float,
) -> Iterator[tuple[int, int, float]]:
    """Pairs with equal labels within a distance; anywhere on earth, by cubes of twice the limit."""
    if not left or not right:
        return
    left_xyz, right_xyz = (
        to_xyz_m([(entry.lon_deg, entry.lat_deg) for entry in side]) for side in (left, right)
    )
    left_points, right_points = left_xyz.tolist(), right_xyz.tolist()
    cubes: dict[Hashable, list[int]] = defaultdict(list)
    home = np.floor(right_xyz / (2 * limit_m)).astype(np.int64).tolist()
    for index, (label, cube) in enumerate(zip(right_labels, home, strict=True)):
        cubes[label, *cube].append(index)
    # a ball of one limit around a point touches at most two cubes on each axis
    low = np.floor(left_xyz / (2 * limit_m) - 0.5).astype(np.int64).tolist()
    for index, (label, (x, y, z)) in enumerate(zip(left_labels, low, strict=True)):
        for dx, dy, dz in product((0, 1), repeat=3):
            for other in cubes.get((label, x + dx, y + dy, z + dz), ()):
                distance_m = math.dist(left_points[index], right_points[other])
                if distance_m <= limit_m:
                    yield index, other, distance_m
