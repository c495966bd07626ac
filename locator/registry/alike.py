"""Stations that may be one and the same: near each other, of one kind, with alike names.

Names are compared by their cores (`locator.registry.likeness`: without the words that mean a kind
of station), by the pairs of neighbouring characters they share (Dice's coefficient, 1945), each
pair weighted by how rare it is in the list (inverse document frequency, Spärck Jones 1972,
doi:10.1108/eb026526). So 中国邮政人民路 and 中国邮政青年路, two branches of a chain that the list
holds a hundred times, are not alike; 世伦桥 and 世伦桥社区 are.

This finds what a person should look at. What an import takes for the same station without asking
is decided in `locator.registry.matching`, by far narrower rules.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geodata.sphere import to_xyz_m
from locator.arrays import LIMIT_TOLERANCE_M
from locator.errors import InputError
from locator.registry.likeness import core_of

if TYPE_CHECKING:
    from locator.arrays import Bools, Floats, Longs

WITHIN_M = 200.0  # a vendor's point for one shop is its door, its middle or its street
LEAST_LIKENESS = 0.6
NAMELESS_WITHIN_M = 20.0  # names that say nothing tell two stations of a building apart no more
NEIGHBOURS = 64  # looked at around a station: more of one kind within 200 m is no city
_CONTAINED = 0.75  # 世伦桥 in 世伦桥社区
_MIN_CORE = 2
_RARE, _LONG_LIST = 10.0, 20  # one name in ten at most, where there are enough names to tell
_CHUNK = 8192
_WORDS = 4  # of 64 bits, in which the pairs of a name are marked


class AlikePair(NamedTuple):
    """Two rows that may be one station, the earlier row first.

    `likeness` of the names goes from 0 to 1; it is 1 too where neither name says anything.
    """

    first: int
    second: int
    distance_m: float
    likeness: float


def find_alike(
    names: Sequence[str],
    kinds: Sequence[str],
    lonlat_deg: ArrayLike,
    *,
    within_m: float = WITHIN_M,
    least: float = LEAST_LIKENESS,
    fresh: Bools | None = None,
) -> list[AlikePair]:
    """Pairs of rows that may be one station.

    Parameters
    ----------
    names
        As given; "" for a made one.
    kinds
        Codes; two known ones that differ are two stations. "" is unknown.
    lonlat_deg : (n, 2) WGS-84
    within_m
        Inclusive.
    least
        Names less alike than this are two stations.
    fresh : (n,) bool
        Rows of a new file among those of the registry: only pairs with one of them are found.

    Returns
    -------
    list of AlikePair
        By first, then second row. Of rows with equal names at one point each is paired with the
        one before it, not with all.

    Raises
    ------
    InputError
        Lists of different lengths, or a position that is no number.

    Notes
    -----
    O(n log n): each row is compared with at most 64 neighbours.

    Examples
    --------
    >>> names = ["世伦桥户外劳动者爱心服务站", "爱心驿站(世伦桥店)", "学田社区爱心驿站"]
    >>> near = [[120.86, 32.01], [120.8605, 32.01], [120.8605, 32.0101]]
    >>> [pair[:2] for pair in find_alike(names, ["rest_station"] * 3, near)]
    [(0, 1)]
    """
    positions = np.asarray(lonlat_deg, dtype=np.float64).reshape(-1, 2)
    if not len(names) == len(kinds) == len(positions) or not np.isfinite(positions).all():
        raise InputError(
            f"got {len(names)} names, {len(kinds)} kinds and {len(positions)} positions; "
            "expected as many of each, and positions in degrees"
        )
    new = np.ones(len(names), bool) if fresh is None else np.asarray(fresh, bool)
    cores = [core_of(name) for name in names]
    measure = _Likeness(cores)
    found, rows = _take_repeats(cores, kinds, positions, new)
    code = _number_kinds(kinds)
    for first, second, away_m in _neighbours(rows, positions, new, within_m):
        may = (code[first] == code[second]) | (code[first] < 0) | (code[second] < 0)
        may &= measure.may_be_alike(first, second)
        for i, j, distance_m in zip(
            first[may].tolist(), second[may].tolist(), away_m[may].tolist(), strict=True
        ):
            alike = measure.between(i, j, distance_m)
            if alike >= least:
                found.append(AlikePair(i, j, round(distance_m, 2), round(alike, 3)))
    return sorted(found)


class _Likeness:
    """Weighs the pairs of characters of all cores once, then compares any two rows."""

    def __init__(self, cores: Sequence[str]) -> None:
        self._cores = cores
        pairs = {core: _pairs(core) for core in set(cores)}
        # A name that is there twice is one word of the list's language, not two.
        holders = Counter(pair for counts in pairs.values() for pair in counts)
        # Two holders are as rare as one: they may be the station that is there twice. The 2 above
        # keeps the weight of a pair that every name holds above 0.
        self._weight = {p: math.log((len(pairs) + 2) / max(n, 2)) for p, n in holders.items()}
        self._pairs = pairs
        self._total = {core: self._sum(counts) for core, counts in pairs.items()}

        signs = {core: _sign(counts) for core, counts in pairs.items()}
        self._signs = np.array([signs[core] for core in cores], np.uint64).reshape(-1, _WORDS)
        self._nameless = np.array([not core for core in cores], bool)

    def may_be_alike(self, first: Longs, second: Longs) -> Bools:
        """Rows whose names may share a pair of characters, or that have a name without a core."""
        shared = (self._signs[first] & self._signs[second]).any(axis=1)
        return np.asarray(shared | self._nameless[first] | self._nameless[second])

    def between(self, first: int, second: int, distance_m: float) -> float:
        """Likeness of two rows' names, 0 to 1."""
        left, right = self._cores[first], self._cores[second]
        if not left or not right:
            return float(distance_m <= NAMELESS_WITHIN_M + LIMIT_TOLERANCE_M)
        if left == right:
            return 1.0
        if _tell_apart(left, right):
            return 0.0
        common = self._sum(self._pairs[left] & self._pairs[right])
        alike = 2.0 * common / (self._total[left] + self._total[right])
        shorter, longer = sorted((left, right), key=len)
        if len(shorter) >= _MIN_CORE and shorter in longer and self._tells(shorter):
            alike = max(alike, _CONTAINED)
        return alike

    def _sum(self, counts: Counter[str]) -> float:
        return sum(self._weight[pair] * n for pair, n in counts.items())

    def _tells(self, core: str) -> bool:
        """Whether a core's pairs are rare: 中国邮政 alone may be the name of a chain."""
        rare = math.log(_RARE) if len(self._pairs) >= _LONG_LIST else 0.0
        return self._total[core] >= rare * self._pairs[core].total()


def _pairs(core: str) -> Counter[str]:
    return Counter(core[i : i + 2] for i in range(max(len(core) - 1, 1)))


def _sign(counts: Counter[str]) -> list[int]:
    """A bit for each pair of characters, out of 256: without a common bit, no common pair."""
    words = [0] * _WORDS
    for pair in counts:
        # Not hash(): it differs from run to run, and so would the time taken.
        bit = sum(ord(character) * weight for character, weight in zip(pair, (1, 37), strict=False))
        words[bit // 64 % _WORDS] |= 1 << (bit % 64)
    return words


def _tell_apart(left: str, right: str) -> bool:
    """Whether numbers differ: 3F and 4F of one mall are two rooms."""
    numbers = [re.findall(r"\d+", core) for core in (left, right)]
    return bool(numbers[0] and numbers[1] and numbers[0] != numbers[1])


def _number_kinds(kinds: Sequence[str]) -> Longs:
    """A number for each kind, -1 for an unknown one."""
    known = {kind: number for number, kind in enumerate(sorted(set(kinds) - {""}))}
    return np.array([known.get(kind, -1) for kind in kinds], np.int64)


def _take_repeats(
    cores: Sequence[str], kinds: Sequence[str], positions: Floats, new: Bools
) -> tuple[list[AlikePair], Longs]:
    """Pairs of rows with one core, kind and point, and the rows that are left without repeats.

    Taken out first, since a thousand rows at one point have half a million pairs. Each is paired
    with the one before it; the first new row stays, else the first.
    """
    groups: dict[tuple[str, str, float, float], list[int]] = defaultdict(list)
    points = np.round(positions, 6).tolist()  # 0.1 m
    for row, (core, kind, (lon_deg, lat_deg)) in enumerate(zip(cores, kinds, points, strict=True)):
        groups[core, kind, lon_deg, lat_deg].append(row)
    found, kept = [], []
    for rows in groups.values():
        kept.append(next((row for row in rows if new[row]), rows[0]))
        found += [AlikePair(i, j, 0.0, 1.0) for i, j in pairwise(rows) if new[i] or new[j]]
    return found, np.sort(np.array(kept, np.int64))


def _neighbours(
    rows: Longs, positions: Floats, new: Bools, within_m: float
) -> Iterator[tuple[Longs, Longs, Floats]]:
    """Pairs of rows near each other with a new one among them, each once, in blocks."""
    from scipy.spatial import cKDTree

    if len(rows) < 2:  # noqa: PLR2004 -- a pair
        return
    xyz_m, new = to_xyz_m(positions[rows]), new[rows]
    tree = cKDTree(xyz_m)
    asking = np.flatnonzero(new)
    count = min(NEIGHBOURS + 1, len(rows))
    limit_m = within_m + LIMIT_TOLERANCE_M
    for start in range(0, len(asking), _CHUNK):
        block = asking[start : start + _CHUNK]
        away_m, near = tree.query(xyz_m[block], k=count, distance_upper_bound=limit_m)
        asker, near, away_m = np.repeat(block, count), near.ravel(), away_m.ravel()
        use = np.isfinite(away_m)
        asker, near, away_m = asker[use], near[use], away_m[use]
        # Of two new rows both ask: the later one's question counts.
        once = (near < asker) | ((near > asker) & ~new[near])
        asked, met = rows[asker[once]], rows[near[once]]
        yield np.minimum(asked, met), np.maximum(asked, met), away_m[once]
