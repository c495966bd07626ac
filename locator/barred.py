"""Streets with barriers: the same streets, cut where somebody may not pass.

A cut makes two places of one. The parts on both sides stay, each with its own end, and between the
ends lies a link without length, which those may use whom the barrier does not stop. So every
search and sweep works unchanged, a street is still usable up to the gate from either side, and no
metre of street is lost.

What is shut along its length (inside an area) is cut off at both its ends: it still counts, and
nothing leads from it to a station.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, Bytes, Floats, Ints, Longs, frozen
from locator.cuts import Cut, Events, cut_street, find_events, mode_bit
from locator.pieces import cut_streets, locate_on_streets

if TYPE_CHECKING:
    from geodata.projection import Projection
    from locator.barriers import Barrier
    from locator.snapping import SnapGrid
    from locator.streets import Streets

_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Barred:
    """Streets that were cut at barriers.

    Parameters
    ----------
    streets
        First those that no barrier meets, in their order; then the parts of the others; then the
        links between cut ends.
    origin : (s,) int32
        The street, as it was, that each is a part of.
    start_m : (s,)
        Where on it this part begins.
    shut : (s,) uint8
        Bits of the modes that may not use a link, in the order of `locator.modes.modes`.
    closed : (s,) uint8
        Bits of the modes for which a part is shut along its length.
    unmet
        Which barriers, by their order, meet no street of a mode they stop.
    """

    streets: Streets
    origin: Ints
    start_m: Floats
    shut: Bytes
    closed: Bytes
    unmet: tuple[int, ...]

    def shut_for(self, mode: str) -> Bools:
        """(s,) links that a mode may not use."""
        return np.asarray(self.shut & mode_bit(mode) != 0)

    def closed_for(self, mode: str) -> Bools:
        """(s,) parts on which a mode can get nowhere."""
        return np.asarray(self.closed & mode_bit(mode) != 0)

    def locate(self, street: int, offset_m: float) -> tuple[int, float]:
        """The part on which a place of the streets as they were lies, and where on it."""
        parts = np.flatnonzero(self.origin == street)
        length = self.streets.length_m[parts]
        gap = np.maximum(self.start_m[parts] - offset_m, offset_m - self.start_m[parts] - length)
        best = int(np.lexsort((parts, gap))[0])  # links come last
        along = float(np.clip(offset_m - self.start_m[parts[best]], 0.0, length[best]))
        return int(parts[best]), along

    def restore(self, street: int, offset_m: float) -> tuple[int, float]:
        """The street as it was, and where on it a place of a part or link lies."""
        return int(self.origin[street]), float(self.start_m[street]) + offset_m


def bar_streets(
    streets: Streets, grid: SnapGrid, projection: Projection, barriers: Sequence[Barrier]
) -> Barred:
    """Cut the streets at barriers, for those whom each of them stops.

    Parameters
    ----------
    grid
        Of these streets.
    projection
        Of the city.

    Notes
    -----
    O(segments) for each line or area, and then linear in streets.
    """
    events, unmet = find_events(streets, grid, projection, barriers)
    return _assemble(streets, events, unmet)


@dataclass(slots=True)
class _Cuts:
    """The parts of cut streets and the links between them, as they are counted up.

    Parameters
    ----------
    nodes
        How many there are; new ones stand at `place`.
    part
        Street, from, to, both nodes, and for whom it is closed.
    link
        Street, place, both nodes, and for whom it is shut.
    """

    nodes: int
    place: list[tuple[int, float]] = field(default_factory=list)
    part: list[tuple[int, float, float, int, int, int]] = field(default_factory=list)
    link: list[tuple[int, float, int, int, int]] = field(default_factory=list)

    def add(self, street: int, ends: tuple[int, int], cut: Cut) -> None:
        """Cut one street: at each place but an open end, one node becomes two."""
        last = len(cut.places) - 1
        start = ends[0]
        for i, place in enumerate(cut.places):
            if i in {0, last} and not cut.shut[i]:
                before = after = ends[i > 0]
            else:
                before = ends[0] if i == 0 else self._new(street, place)
                after = ends[1] if i == last else self._new(street, place)
                self.link.append((street, place, before, after, cut.shut[i]))
            if i > 0:
                part = (street, cut.places[i - 1], place, start, before, cut.closed[i - 1])
                self.part.append(part)
            start = after

    def _new(self, street: int, place: float) -> int:
        self.place.append((street, place))
        self.nodes += 1
        return self.nodes - 1


def _assemble(streets: Streets, events: Events, unmet: tuple[int, ...]) -> Barred:
    """The streets with all cuts made."""
    touched, cuts = events.streets, _Cuts(len(streets.node_xy_m))
    for street in touched:
        first, last = streets.ends[street].tolist()
        cuts.add(street, (first, last), cut_street(float(streets.length_m[street]), events, street))
    kept = np.ones(len(streets), bool)
    kept[touched] = False
    part, link = _columns(cuts.part, 6), _columns(cuts.link, 5)
    made = np.concatenate((part[:, 0], link[:, 0])).astype(np.int32)
    origin = np.concatenate((np.flatnonzero(kept), made)).astype(np.int32)
    none = np.zeros(int(kept.sum()))
    closed = np.concatenate((none, part[:, 5], np.zeros(len(link))))
    shut = np.concatenate((none, np.zeros(len(part)), link[:, 4]))
    start = np.concatenate((none, part[:, 1], link[:, 1]))
    derived = _derive(streets, kept, origin, cuts)
    digest = hashlib.sha256(streets.hash.encode())
    for array in (origin, start, shut, closed):
        digest.update(array.tobytes())
    derived = replace(derived, hash=digest.hexdigest()[:_HASH_DIGITS])
    return Barred(
        derived, frozen(origin), frozen(start), frozen(shut, np.uint8), frozen(closed, np.uint8),
        unmet,
    )  # fmt: skip


def _columns(rows: Sequence[tuple[float, ...]], width: int) -> Floats:
    return np.array(rows, np.float64).reshape(-1, width)


def _derive(streets: Streets, kept: Bools, origin: Ints, cuts: _Cuts) -> Streets:
    """Streets that no barrier meets, parts of the others, links; each like the one it is of."""
    part, link, new = _columns(cuts.part, 6), _columns(cuts.link, 5), _columns(cuts.place, 2)
    made = origin[int(kept.sum()) :]
    low, high = (np.concatenate((part[:, i], link[:, 1])) for i in (1, 2))
    xy, first = cut_streets(streets, made, low, high)
    along = _measure(xy, first)
    whole = np.repeat(kept, np.diff(streets.first))
    spans = np.repeat(kept, np.diff(streets.span_first))
    part_spans = [_clip(streets, int(row[0]), row[1], row[2]) for row in part]
    counts = np.array([len(one) for one in part_spans] + [0] * len(link), np.int64)
    return replace(
        streets,
        node_xy_m=frozen(np.vstack((
            streets.node_xy_m,
            locate_on_streets(streets, new[:, 0].astype(np.int32), new[:, 1].copy()),
        ))),
        ends=frozen(np.vstack((streets.ends[kept], part[:, 3:5], link[:, 2:4])), np.int32),
        length_m=frozen(np.concatenate((streets.length_m[kept], along[first[1:] - 1]))),
        access=frozen(streets.access[origin]),
        flags=frozen(streets.flags[origin]),
        class_code=frozen(streets.class_code[origin]),
        name_code=frozen(streets.name_code[origin]),
        xy_m=frozen(np.vstack((streets.xy_m[whole], xy))),
        first=frozen(_starts(np.concatenate((np.diff(streets.first)[kept], np.diff(first))))),
        along_m=frozen(np.concatenate((streets.along_m[whole], along))),
        span_first=frozen(_starts(np.concatenate((np.diff(streets.span_first)[kept], counts)))),
        span_m=frozen(np.vstack((streets.span_m[spans], *part_spans))),
    )  # fmt: skip


def _measure(xy_m: Floats, first: Longs) -> Floats:
    """Metres of each vertex from the start of its line."""
    steps = np.zeros(len(xy_m))
    steps[1:] = np.hypot(*np.diff(xy_m, axis=0).T)
    steps[first[:-1]] = 0.0
    along = np.cumsum(steps)
    return np.asarray(along - np.repeat(along[first[:-1]], np.diff(first)))


def _starts(sizes: Longs) -> Longs:
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)


def _clip(streets: Streets, street: int, low: float, high: float) -> Floats:
    """The spans of a part, along the part; (n, 2)."""
    spans = streets.span_m[streets.span_first[street] : streets.span_first[street + 1]]
    clipped = np.clip(spans, low, high) - low
    return clipped[clipped[:, 1] > clipped[:, 0]]
