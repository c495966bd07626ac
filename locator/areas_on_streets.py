"""Streets split exactly where they cross the borders of areas.

Each part of a street goes to the area that holds it. Where areas overlap, and on a shared border,
it goes to the first of them, so every metre belongs to one area or to none, and the parts of all
areas and of `outside` are the streets themselves: nothing is lost and nothing counted twice.

Most streets come near no border: their box tells, and one point of them tells the area. Only the
others are cut, at places computed in double precision from the two lines that meet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from locator.arrays import Bools, Floats, Ints, Longs, frozen, open_arrays, save_arrays
from locator.counted import OUTSIDE
from locator.errors import DataError
from locator.overlay import NOWHERE, overlay_pieces
from locator.spans import whole_spans

if TYPE_CHECKING:
    from locator.streets import Streets

FORMAT_VERSION = 1
RIM_M = 1e-6  # that near to an area is inside it; shorter bits take the area beside them
_PARALLEL = 1e-12  # sine below which two lines do not cross
_KIND = "split"
_HASH_DIGITS = 16


class Split(NamedTuple):
    """Parts of streets with the area of each; ascending and apart on each street.

    Parameters
    ----------
    first : (s + 1,) int64
        Street i has the parts first[i] .. first[i + 1].
    span_m : (z, 2)
        Metres along the street: from, to.
    area : (z,) int32
        Row of the areas; -1 outside all of them.
    """

    first: Longs
    span_m: Floats
    area: Ints

    @property
    def street(self) -> Ints:
        """(z,) street of each part."""
        return np.repeat(np.arange(len(self.first) - 1, dtype=np.int32), np.diff(self.first))

    @property
    def length_m(self) -> Floats:
        """(z,) metres of each part."""
        return np.asarray(self.span_m[:, 1] - self.span_m[:, 0])


def split_streets(streets: Streets, shapes: Sequence[Any], *, whole: bool = False) -> Split:
    """Split streets at the borders of areas.

    Parameters
    ----------
    shapes
        Valid shapely Polygons or MultiPolygons in the city's CRS, metres; they may overlap, touch
        and have holes. The first of several that hold a place takes it.
    whole
        All of each street; otherwise only what lies in the city.

    Returns
    -------
    Split
        Its parts add up to the streets (or to what of them lies in the city).

    Notes
    -----
    O(streets log streets + vertices of the borders), and the cuts.
    """
    spans = whole_spans(streets.length_m) if whole else (streets.span_first, streets.span_m)
    base = Split(spans[0], spans[1], np.full(len(spans[1]), OUTSIDE, np.int32))
    areas = np.asarray(shapes, dtype=object)
    if not len(areas) or not len(streets):
        return base
    borders = _border_segments(areas)
    tree = shapely.STRtree(shapely.linestrings(borders))
    near = _near_borders(streets, tree)
    far = np.flatnonzero(~near)
    held = np.full(len(streets), OUTSIDE, np.int32)
    held[far] = locate_points(streets.xy_m[streets.first[far]], areas)
    owner = base.street
    uncut = ~near[owner]
    street, bounds_m, area = _cut_near(streets, near, base, (borders, tree), areas)
    street = np.concatenate((owner[uncut], street))
    order = np.argsort(street, kind="stable")
    first = np.zeros(len(streets) + 1, np.int64)
    np.cumsum(np.bincount(street, minlength=len(streets)), out=first[1:])
    return Split(
        frozen(first),
        frozen(np.concatenate((base.span_m[uncut], bounds_m))[order]),
        frozen(np.concatenate((held[owner[uncut]], area))[order], np.int32),
    )


def locate_points(
    xy_m: Floats, shapes: Sequence[Any] | NDArray[np.object_], *, rim_m: float = 0.0
) -> Ints:
    """The first area that holds each point, its rim included; -1 where none does.

    Parameters
    ----------
    xy_m : (q, 2) metres
    shapes
        As in `split_streets`.
    rim_m
        So far beyond an area is inside too.
    """
    count = len(shapes)
    found = np.full(len(xy_m), count, np.int32)
    if count and len(xy_m):
        tree = shapely.STRtree(shapely.points(xy_m))
        areas = np.asarray(shapes, dtype=object)
        if rim_m > 0:
            row, point = tree.query(areas, predicate="dwithin", distance=rim_m)
        else:
            row, point = tree.query(areas, predicate="intersects")
        np.minimum.at(found, point, row.astype(np.int32))
    found[found == count] = OUTSIDE
    return found


def keep_split(folder: Path, streets: Streets, key: str, make: Callable[[], Split]) -> Split:
    """A split that was saved for the same streets and areas, or made and saved.

    Parameters
    ----------
    folder
        Where splits are kept, beside the streets; a folder that cannot be written keeps none.
    key
        Tells areas apart: their hash.
    """
    text = f"{FORMAT_VERSION} {streets.hash} {key}"
    place = folder / hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
    with suppress(DataError, KeyError):
        arrays, _ = open_arrays(place, kind=_KIND, version=FORMAT_VERSION)
        kept = Split(arrays["first"], arrays["span_m"], arrays["area"])
        if len(kept.first) == len(streets) + 1 and kept.first[-1] == len(kept.area):
            return kept
    made = make()
    aside = folder / f".{place.name}-{os.getpid()}"
    with suppress(OSError):
        shutil.rmtree(aside, ignore_errors=True)
        save_arrays(aside, made._asdict(), {"kind": _KIND, "version": FORMAT_VERSION})
        shutil.rmtree(place, ignore_errors=True)
        os.replace(aside, place)  # noqa: PTH105
    shutil.rmtree(aside, ignore_errors=True)
    return made


def _border_segments(areas: Any) -> Floats:
    """(b, 2, 2) start and end of every segment of every ring."""
    rings = shapely.get_rings(shapely.get_parts(areas))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    return np.stack((xy[:-1][inside], xy[1:][inside]), axis=1)


def _boxes(points: Floats, first: Longs) -> Any:
    """The box of each run of points, a little larger."""
    low = np.minimum.reduceat(points, first) - RIM_M
    high = np.maximum.reduceat(points, first) + RIM_M
    return shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])


def _near_borders(streets: Streets, tree: shapely.STRtree) -> Bools:
    """Which streets may meet a border: their boxes do."""
    near = np.zeros(len(streets), bool)
    near[tree.query(_boxes(streets.xy_m, streets.first[:-1]))[0]] = True
    return near


def _cut_near(
    streets: Streets, near: Bools, base: Split, borders: tuple[Floats, shapely.STRtree], areas: Any
) -> tuple[Ints, Floats, Ints]:
    """Street, bounds and area of the parts of the streets that may meet a border."""
    from locator.pieces import locate_on_streets

    owner = base.street
    rows = np.flatnonzero(near[owner])
    spans = (owner[rows], base.span_m[rows, 0], base.span_m[rows, 1])
    cuts = _cut_places(streets, near, borders)
    bits = overlay_pieces(spans, _pieces_between(streets, near, *cuts))
    inside = bits.one != NOWHERE
    street, low, high = bits.street[inside], bits.from_m[inside], bits.to_m[inside]
    span = bits.one[inside]
    middle = locate_on_streets(streets, street, 0.5 * (low + high))
    area = _locate_near(middle, borders[1], areas)
    area = _settle_slivers(area, span, high - low)
    fresh = np.ones(len(span), bool)
    fresh[1:] = (span[1:] != span[:-1]) | (area[1:] != area[:-1])
    last = np.roll(fresh, -1)  # the next part begins anew, or there is none
    return street[fresh], np.column_stack((low[fresh], high[last])), area[fresh]


def _locate_near(xy_m: Floats, tree: shapely.STRtree, areas: Any) -> Ints:
    """The first area that holds each point; a point on a border is in the areas on both sides."""
    found = locate_points(xy_m, areas)
    on = np.unique(tree.query(shapely.points(xy_m), predicate="dwithin", distance=RIM_M)[0])
    found[on] = locate_points(xy_m[on], areas, rim_m=RIM_M)
    return found


def _settle_slivers(area: Ints, span: Longs, length_m: Floats) -> Ints:
    """Give bits shorter than the rim the area of the bit before them, or after them, in their span.

    They stem from one crossing that was computed from the borders of two areas.
    """
    rows = np.arange(len(area))
    real = length_m >= RIM_M
    before = np.maximum.accumulate(np.where(real, rows, -1)) if len(rows) else rows
    after = np.minimum.accumulate(np.where(real, rows, len(rows))[::-1])[::-1]
    settled = area.copy()
    for other in (np.minimum(after, len(rows) - 1), np.maximum(before, 0)):
        fits = ~real & real[other] & (span[other] == span)
        settled[fits] = area[other[fits]]
    return settled


def _pieces_between(
    streets: Streets, near: Bools, street: Ints, place: Floats
) -> tuple[Ints, Floats, Floats]:
    """The pieces between the cuts of each street, from end to end; none has length zero."""
    rows = np.flatnonzero(near).astype(np.int32)
    street = np.concatenate((rows, street, rows))
    place = np.concatenate((np.zeros(len(rows)), place, streets.length_m[rows]))
    order = np.lexsort((place, street))
    street, place = street[order], place[order]
    real = (street[1:] == street[:-1]) & (place[1:] > place[:-1])
    return street[:-1][real], place[:-1][real], place[1:][real]


def _cut_places(
    streets: Streets, near: Bools, borders: tuple[Floats, shapely.STRtree]
) -> tuple[Ints, Floats]:
    """Street and place of each meeting of a street with a border, unordered."""
    segments, tree = borders
    vertex = np.repeat(near, np.diff(streets.first))
    vertex[streets.first[1:] - 1] = False
    tail = np.flatnonzero(vertex)
    ends = np.stack((streets.xy_m[tail], streets.xy_m[tail + 1]), axis=1)
    box = _boxes(ends.reshape(-1, 2), np.arange(0, 2 * len(tail), 2))
    row, border = tree.query(box)
    pair, share = _meet(ends[row], segments[border])
    tail = tail[row[pair]]
    street = np.searchsorted(streets.first, tail, side="right").astype(np.int32) - 1
    run = streets.along_m[tail + 1] - streets.along_m[tail]
    return street, streets.along_m[tail] + np.clip(share, 0.0, 1.0) * run


def _meet(one: Floats, other: Floats) -> tuple[Longs, Floats]:
    """Where the first of two segments meets the second.

    Parameters
    ----------
    one, other : (n, 2, 2)
        Start and end of each.

    Returns
    -------
    row, share : (m,)
        Pair, and the share of the first segment at which they cross, or at which an end of the
        second lies on it: so segments on one line are cut where the other begins and ends.
    """
    start, along = one[:, 0], one[:, 1] - one[:, 0]
    border, away = other[:, 1] - other[:, 0], other[:, 0] - one[:, 0]
    run, wide = np.hypot(*along.T), np.hypot(*border.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = _cross(along, border)
        share, reach = _cross(away, border) / cross, _cross(away, along) / cross
        crosses = np.abs(cross) > _PARALLEL * run * wide
        crosses &= _within(share, run) & _within(reach, wide)
        found = [(np.flatnonzero(crosses), share[crosses])]
        for end in range(2):
            to_end = other[:, end] - start
            at = (to_end * along).sum(axis=1) / run**2
            touches = (np.abs(_cross(along, to_end)) <= RIM_M * run) & _within(at, run)
            found.append((np.flatnonzero(touches), at[touches]))
    rows, shares = zip(*found, strict=True)
    return np.concatenate(rows), np.concatenate(shares)


def _within(share: Floats, length_m: Floats) -> Bools:
    """Whether a share of a segment lies on it, its ends and the rim included."""
    slack = RIM_M / length_m
    return np.asarray((share >= -slack) & (share <= 1.0 + slack))


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
