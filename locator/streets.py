"""Streets: each street of the city once, whoever may use it, with its exact shape.

Everything that is asked later, by any mode, is asked of these arrays. `locator.street_building`
makes them of the lines of `geodata`; they are saved as plain arrays and mapped back into memory
without being read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.lines import (
    BACKWARD,
    BIKE,
    BRIDGE,
    ELEVATED,
    FOOT,
    FORWARD,
    MOTOR,
    STEPS,
    TUNNEL,
)
from geodata.projection import Projection
from locator.arrays import Bytes, Floats, Ints, Longs, open_arrays, save_arrays
from locator.errors import DataError
from locator.mapped import give_back

FORMAT_VERSION = 1
_MATCH_M = 0.01  # two drawings of one vertex, in `compare_streets`: 1e-7 degrees
_USES = {"foot": FOOT, "bike": BIKE, "motor": MOTOR}
_FEATURES = {"bridge": BRIDGE, "tunnel": TUNNEL, "steps": STEPS, "elevated": ELEVATED}
# Each array of `Streets` and the numbers it holds.
ARRAYS: dict[str, type] = {
    "node_xy_m": np.float64,
    "ends": np.int32,
    "length_m": np.float64,
    "access": np.uint8,
    "flags": np.uint8,
    "class_code": np.int16,
    "name_code": np.int32,
    "xy_m": np.float64,
    "first": np.int64,
    "along_m": np.float64,
    "span_first": np.int64,
    "span_m": np.float64,
}
_TABLES = ("classes", "names")
_TEXTS = ("crs", "attribution", "hash")


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """The streets of a city; immutable, independent of any mode.

    Nodes follow a space-filling curve and streets their lower node, so that what lies together
    is stored together, and the same lines in another order give the same arrays.

    Parameters
    ----------
    node_xy_m : (n, 2) float64 metres, `crs`
        Crossings, ends, and places where name, class, flags or access change.
    ends : (s, 2) int32
        First and last node of each street, ends[:, 0] <= ends[:, 1]; equal for a loop.
    length_m : (s,) float64 metres
        Planar; equals the last `along_m` of the street.
    access, flags : (s,) uint8
        Bits of `geodata.lines`; forward is from the first node to the last.
    class_code : (s,) int16
        Index into `classes`; "" is an unknown class.
    name_code : (s,) int32
        Index into `names`; names[0] is "".
    xy_m : (p, 2) float64 metres
        Vertices of all streets, one street after the other.
    first : (s + 1,) int64
        Street i has the vertices first[i] .. first[i + 1].
    along_m : (p,) float64 metres
        Distance of each vertex from the start of its street.
    span_first : (s + 1,) int64
        Street i has the spans span_first[i] .. span_first[i + 1].
    span_m : (z, 2) float64 metres along the street
        The parts that lie in the city: from, to; ascending and apart.
    crs
        Text of the metric CRS.
    attribution
        Text owed to the source, "" where none is.
    hash
        16 hex digits, of everything above but `attribution`.
    """

    node_xy_m: Floats
    ends: Ints
    length_m: Floats
    access: Bytes
    flags: Bytes
    class_code: NDArray[np.int16]
    classes: tuple[str, ...]
    name_code: Ints
    names: tuple[str, ...]
    xy_m: Floats
    first: Longs
    along_m: Floats
    span_first: Longs
    span_m: Floats
    crs: str
    attribution: str = ""
    hash: str = ""

    def __len__(self) -> int:
        return len(self.length_m)

    @property
    def projection(self) -> Projection:
        """Between the metres of these streets and WGS-84."""
        return Projection(self.crs)

    def to_frame(self) -> Any:
        """Streets as a GeoDataFrame in WGS-84, a row each; imports geopandas.

        `foot`, `bike` and `motor` are "both", "forward", "backward" or "no".
        """
        import geopandas

        owner = np.repeat(np.arange(len(self)), np.diff(self.first))
        shapes = shapely.linestrings(self.projection.to_lonlat(self.xy_m), indices=owner)
        span_owner = np.repeat(np.arange(len(self)), np.diff(self.span_first))
        in_city_m = np.bincount(
            span_owner, np.diff(self.span_m, axis=1).ravel(), minlength=len(self)
        )
        columns: dict[str, Any] = {
            "name": np.array(self.names, object)[self.name_code],
            "highway": np.array(self.classes, object)[self.class_code],
            "length_m": self.length_m,
            "in_city_m": in_city_m,
        }
        words = np.array(["no", "forward", "backward", "both"], object)
        for use, bits in _USES.items():
            ahead = (self.access & (bits & FORWARD)) != 0
            back = (self.access & (bits & BACKWARD)) != 0
            columns[use] = words[ahead + 2 * back]
        for feature, bit in _FEATURES.items():
            columns[feature] = (self.flags & bit) != 0
        return geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")

    def save(self, folder: Path) -> None:
        """Write the arrays into a new folder; `open` refuses it until the last file is there."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        texts = {name: getattr(self, name) for name in (*_TEXTS, *_TABLES)}
        save_arrays(folder, arrays, {"kind": "streets", "version": FORMAT_VERSION, **texts})

    @staticmethod
    def open(folder: Path) -> Streets:
        """Map saved streets into memory; their metres are read only when they are used.

        Raises
        ------
        DataError
            They are missing, damaged, half-written or of another version.
        """
        arrays, meta = open_arrays(folder, kind="streets", version=FORMAT_VERSION)
        try:
            parts: dict[str, Any] = {name: arrays[name] for name in ARRAYS}
            parts |= {name: meta[name] for name in _TEXTS}
            parts |= {name: tuple(meta[name]) for name in _TABLES}
            streets = Streets(**parts)
            sound = _is_sound(streets)
        except (KeyError, TypeError, IndexError, ValueError):
            sound = False
        if not sound:
            raise DataError(f"{folder} holds damaged streets: import the streets again")
        give_back(arrays.values())
        return streets


class StreetDifference(NamedTuple):
    """What changed between two imports, in metres of street."""

    added_m: float
    removed_m: float
    kept_m: float


def compare_streets(old: Streets, new: Streets) -> StreetDifference:
    """Length of street that came, went and stayed between two imports.

    Segments are matched by the places of their two ends, to the centimetre, whatever street
    they belong to: a new name or a new crossing changes nothing.
    """
    old_xy_m = old.xy_m
    if old.crs != new.crs:
        old_xy_m = new.projection.to_xy(old.projection.to_lonlat(old_xy_m))
    old_keys, old_m = _segment_keys(old_xy_m, old)
    new_keys, new_m = _segment_keys(new.xy_m, new)
    _, inverse = np.unique(np.concatenate((old_keys, new_keys)), axis=0, return_inverse=True)
    old_ids, new_ids = inverse[: len(old_keys)], inverse[len(old_keys) :]
    kept = np.isin(new_ids, old_ids)
    return StreetDifference(
        added_m=float(new_m[~kept].sum()),
        removed_m=float(old_m[~np.isin(old_ids, new_ids)].sum()),
        kept_m=float(new_m[kept].sum()),
    )


def _segment_keys(xy_m: Floats, streets: Streets) -> tuple[Longs, Floats]:
    """Place of both ends of each segment, in a direction of its own, and its length."""
    cells = np.rint(xy_m / _MATCH_M).astype(np.int64)
    tail = np.ones(len(xy_m), bool)
    tail[streets.first[1:] - 1] = False
    rows = np.flatnonzero(tail)
    start, end = cells[rows], cells[rows + 1]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[swap], end[swap] = end[swap], start[swap]
    return np.hstack((start, end)), streets.along_m[rows + 1] - streets.along_m[rows]


def _is_sound(streets: Streets) -> bool:
    """Whether every index leads somewhere: compiled loops would follow it out of memory."""
    count = len(streets)

    def covers(first: Longs, total: int, least: int) -> bool:
        fits = len(first) == count + 1 and first[0] == 0 and first[-1] == total
        return bool(fits and (np.diff(first) >= least).all())

    def below(codes: NDArray[Any], total: int) -> bool:
        return bool(len(codes) == count and (codes >= 0).all() and (codes < total).all())

    return (
        count > 0
        and len(streets.access) == len(streets.flags) == count
        and len(streets.along_m) == len(streets.xy_m)
        and covers(streets.first, len(streets.xy_m), 2)
        and covers(streets.span_first, len(streets.span_m), 0)
        and below(streets.ends, len(streets.node_xy_m))
        and below(streets.class_code, len(streets.classes))
        and below(streets.name_code, len(streets.names))
    )
