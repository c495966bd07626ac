"""Street lines drawn by hand or at random, and the slow way to make streets of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geodata.lines import BIKE, FOOT, MOTOR, StreetLines, reverse_access

ALL = FOOT | BIKE | MOTOR
ONE_WAY = 0b010111  # both ways on foot, forward for bikes and motors
METRE_DEG = 1e-5  # about a metre

Place = tuple[float, float]
Segment = tuple[int, int]


@dataclass
class Drawn:
    """One line: the vertices it passes, and what it is."""

    vertices: Sequence[int]
    access: int = ALL
    name: str = ""
    highway: str = ""
    flags: int = 0

    def turned(self) -> Drawn:
        """The same line drawn the other way round."""
        access = int(reverse_access(np.array([self.access], np.uint8))[0])
        return Drawn(self.vertices[::-1], access, self.name, self.highway, self.flags)


def draw(drawn: Sequence[Drawn], places: Mapping[int, Place] | None = None) -> StreetLines:
    """Street lines; a vertex without a place stands on a grid of its number, 10 wide."""
    names = list(dict.fromkeys(["", *(line.name for line in drawn)]))
    classes = list(dict.fromkeys(line.highway for line in drawn))
    vertex = [number for line in drawn for number in line.vertices]
    sizes = [len(line.vertices) for line in drawn]
    return StreetLines(
        lonlat_deg=np.array([place_of(number, places) for number in vertex]).reshape(-1, 2),
        vertex=np.array(vertex, np.int64),
        first=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        access=np.array([line.access for line in drawn], np.uint8),
        flags=np.array([line.flags for line in drawn], np.uint8),
        class_code=np.array([classes.index(line.highway) for line in drawn], np.int16),
        classes=tuple(classes),
        name_code=np.array([names.index(line.name) for line in drawn], np.int32),
        names=tuple(names),
    )


def place_of(number: int, places: Mapping[int, Place] | None = None) -> Place:
    """Where a vertex is, in degrees."""
    if places and number in places:
        return places[number]
    return 120 + (number % 10) * 100 * METRE_DEG, 32 + (number // 10) * 100 * METRE_DEG


def random_drawing(rng: np.random.Generator) -> list[Drawn]:
    """Walks over a small grid: out and back, crossing, with twins, rings, islands and repeats."""
    drawn = []
    for _ in range(rng.integers(1, 12)):
        at = int(rng.integers(0, 50))
        walk = [at]
        for _ in range(rng.integers(1, 9)):
            at = int(np.clip(at + rng.choice([-10, -1, 0, 1, 10]), 0, 99))
            walk.append(at)
        if rng.random() < 0.2:
            walk += walk[-2::-1]
        line = Drawn(
            walk,
            int(rng.choice([ALL, ALL, ONE_WAY, FOOT, 0])),
            str(rng.choice(["", "", "East", "West"])),
            str(rng.choice(["", "path"])),
            int(rng.choice([0, 0, 0, 1])),
        )
        drawn.append(line)
        if rng.random() < 0.3:
            drawn.append(Drawn(walk[::-1], line.access, line.name, line.highway, line.flags))
    side = int(rng.integers(2, 5))  # a block, as one ring on its own
    corner = 200
    ring = [corner, corner + side, corner + 11 * side, corner + 10 * side, corner]
    drawn.append(Drawn(ring, int(rng.choice([ALL, ONE_WAY])), "Ring"))
    return drawn


@dataclass(frozen=True)
class Kind:
    """What a segment is, drawn from its lower vertex to the higher."""

    access: int
    flags: int
    name: str
    highway: str


def slow_segments(drawn: Sequence[Drawn]) -> dict[Segment, Kind]:
    """Each distinct segment (a, b), a < b, with all that its lines say."""
    found: dict[Segment, list[Drawn]] = {}
    for line in drawn:
        if line.access == 0:
            continue
        for a, b in pairwise(line.vertices):
            if a != b:
                found.setdefault((min(a, b), max(a, b)), []).append(
                    line if a < b else line.turned()
                )
    return {key: _together(lines) for key, lines in found.items()}


def _together(lines: Sequence[Drawn]) -> Kind:
    access, flags = 0, 0
    for line in lines:
        access |= line.access
        flags |= line.flags
    known = sorted(line.name for line in lines if line.name)
    classes = sorted(line.highway for line in lines if line.highway)
    return Kind(access, flags, (known or [""])[0], (classes or [""])[0])


def slow_streets(segments: Mapping[Segment, Kind]) -> set[frozenset[Segment]]:
    """Streets as sets of segments: grown from each through vertices where nothing changes."""
    around: dict[int, list[Segment]] = {}
    for segment in segments:
        for vertex in segment:
            around.setdefault(vertex, []).append(segment)

    def leaving(segment: Segment, vertex: int) -> Kind:
        kind = segments[segment]
        if vertex == segment[0]:
            return kind
        access = int(reverse_access(np.array([kind.access], np.uint8))[0])
        return Kind(access, kind.flags, kind.name, kind.highway)

    def joined(vertex: int) -> bool:
        if len(around[vertex]) != 2:
            return False
        one, other = (leaving(segment, vertex) for segment in around[vertex])
        turned = int(reverse_access(np.array([other.access], np.uint8))[0])
        same = (one.flags, one.name, one.highway) == (other.flags, other.name, other.highway)
        return same and one.access == turned

    streets, seen = set(), set()
    for segment in segments:
        if segment in seen:
            continue
        street, front = {segment}, [segment]
        while front:
            for vertex in front.pop():
                if joined(vertex):
                    fresh = [other for other in around[vertex] if other not in street]
                    street.update(fresh)
                    front.extend(fresh)
        seen |= street
        streets.add(frozenset(street))
    return streets
