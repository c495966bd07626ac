"""Slow, obvious answers to compare the fast ones with: numpy and loops, nothing clever.

A `Town` is a handful of streets given by hand or at random. Distances are Bellman-Ford over the
arcs; a street's covered part is found by cutting it at every place where any station's distance
could pass the limit and asking the middle of each bit. Nothing here knows the kernels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

TOLERANCE = 1e-6
FORWARD, BACKWARD = 1, 2


@dataclass
class Town:
    """Streets with end nodes, lines and travel bits; stations as (street, offset, snap)."""

    nodes: np.ndarray  # (n, 2)
    ends: list[tuple[int, int]]
    lines: list[np.ndarray]  # (m, 2) each
    travel: list[int]  # 1 forward + 2 backward
    stations: list[tuple[int, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.length = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in self.lines]

    # -- distances -------------------------------------------------------------------------

    def node_of(self, street: int, offset: float) -> int | None:
        if offset <= TOLERANCE:
            return self.ends[street][0]
        if offset >= self.length[street] - TOLERANCE:
            return self.ends[street][1]
        return None

    def station_to_nodes(self, station: int) -> np.ndarray:
        """Distance from every node to one station: relax every arc until nothing changes."""
        street, offset, snap = self.stations[station]
        best = np.full(len(self.nodes), np.inf)
        node = self.node_of(street, offset)
        if node is not None:
            best[node] = snap
        else:
            u, v = self.ends[street]
            if self.travel[street] & FORWARD:
                best[u] = min(best[u], offset + snap)
            if self.travel[street] & BACKWARD:
                best[v] = min(best[v], self.length[street] - offset + snap)
        changed = True
        while changed:
            changed = False
            for e, (u, v) in enumerate(self.ends):
                for tail, head, bit in ((u, v, FORWARD), (v, u, BACKWARD)):
                    if self.travel[e] & bit and best[head] + self.length[e] < best[tail]:
                        best[tail] = best[head] + self.length[e]
                        changed = True
        return best

    def all_distances(self) -> np.ndarray:
        """(stations, nodes)."""
        rows = [self.station_to_nodes(i) for i in range(len(self.stations))]
        return np.array(rows).reshape(len(self.stations), len(self.nodes))

    def from_point(self, street: int, x: float, station: int, table: np.ndarray) -> float:
        """Distance from a point on a street to one station."""
        u, v = self.ends[street]
        run, travel = self.length[street], self.travel[street]
        best = np.inf
        if travel & BACKWARD or x <= TOLERANCE:
            best = min(best, table[station, u] + x)
        if travel & FORWARD or x >= run - TOLERANCE:
            best = min(best, table[station, v] + run - x)
        where, offset, snap = self.stations[station]
        places = [offset] if where == street else []
        node = self.node_of(where, offset)
        if node is not None:  # on a crossing it stands on every street that meets there
            places = [0.0] * (u == node) + [run] * (v == node)
        for y in places:
            ahead = travel & FORWARD and y >= x - TOLERANCE
            behind = travel & BACKWARD and y <= x + TOLERANCE
            if ahead or behind:
                best = min(best, abs(y - x) + snap)
        return float(best)

    def point_distances(self, street: int, x: float, table: np.ndarray) -> np.ndarray:
        return np.array([self.from_point(street, x, i, table) for i in range(len(self.stations))])

    # -- coverage --------------------------------------------------------------------------

    def cuts(self, street: int, limit: float, table: np.ndarray) -> list[float]:
        """Every place on a street where something may change."""
        u, v = self.ends[street]
        run = self.length[street]
        places = {0.0, run}
        for i, (where, offset, snap) in enumerate(self.stations):
            places |= {limit - table[i, u], run - (limit - table[i, v])}
            if where == street:
                places |= {offset, offset - (limit - snap), offset + (limit - snap)}
            node = self.node_of(where, offset)
            if node is not None:
                places |= {limit - snap, run - (limit - snap)}
        return sorted(p for p in places if np.isfinite(p) and 0.0 <= p <= run)

    def bits(self, limit: float, depth: int = 1, table: np.ndarray | None = None):
        """Yield (street, from, to, state, how many stations are within the limit)."""
        table = self.all_distances() if table is None else table
        for e in range(len(self.ends)):
            if not self.travel[e]:
                continue
            for a, b in pairwise(self.cuts(e, limit, table)):
                if b - a <= 0:
                    continue
                d = self.point_distances(e, (a + b) / 2, table)
                within = int((d <= limit + TOLERANCE).sum())
                if within >= depth:
                    state = "covered"
                elif np.isfinite(d).any():
                    state = "uncovered"
                else:
                    state = "unreachable"
                yield e, a, b, state, within

    def totals(self, limit: float, depth: int = 1) -> dict[str, float]:
        result = {"covered": 0.0, "uncovered": 0.0, "unreachable": 0.0}
        for _, a, b, state, _ in self.bits(limit, depth):
            result[state] += b - a
        return result

    def depth_metres(self, limit: float) -> dict[int, float]:
        """Metres by the exact number of stations in reach (0 left out)."""
        result: dict[int, float] = {}
        for _, a, b, _, within in self.bits(limit):
            if within:
                result[within] = result.get(within, 0.0) + b - a
        return result

    def gaps(self, limit: float) -> list[float]:
        """Lengths of the connected uncovered pieces, longest first."""
        table = self.all_distances()
        nearest = table.min(axis=0) if len(table) else np.full(len(self.nodes), np.inf)
        bits = [b for b in self.bits(limit, table=table) if b[3] == "uncovered"]
        group = list(range(len(bits)))

        def join(i: int, j: int) -> None:
            old, new = group[i], group[j]
            for k, g in enumerate(group):
                if g == old:
                    group[k] = new

        for i, (e, a, b, _, _) in enumerate(bits):
            for j in range(i):
                f, c, d = bits[j][:3]
                # The bits of one street touch inside it, where the touching point is uncovered.
                if e == f and (a == d or b == c):
                    at = a if a == d else b
                    here = self.point_distances(e, at, table)
                    if not (here <= limit + TOLERANCE).any():
                        join(i, j)
                mine = {self.ends[e][0]} if a == 0 else set()
                mine |= {self.ends[e][1]} if b == self.length[e] else set()
                other = {self.ends[f][0]} if c == 0 else set()
                other |= {self.ends[f][1]} if d == self.length[f] else set()
                if any(nearest[v] > limit + TOLERANCE for v in mine & other):
                    join(i, j)
        lengths: dict[int, float] = {}
        for g, (_, a, b, *_) in zip(group, bits, strict=True):
            lengths[g] = lengths.get(g, 0.0) + b - a
        return sorted(lengths.values(), reverse=True)

    # -- geometry --------------------------------------------------------------------------

    def snap(self, x: float, y: float) -> tuple[float, int, float]:
        """(distance, street, offset) of the nearest usable street, trying every segment."""
        best = (np.inf, -1, np.nan)
        for e, line in enumerate(self.lines):
            if not self.travel[e]:
                continue
            along = 0.0
            for (x0, y0), (x1, y1) in pairwise(line):
                dx, dy = x1 - x0, y1 - y0
                run = float(np.hypot(dx, dy))
                t = 0.0 if run == 0 else ((x - x0) * dx + (y - y0) * dy) / run**2
                t = min(max(t, 0.0), 1.0)
                d = float(np.hypot(x - x0 - t * dx, y - y0 - t * dy))
                if d < best[0] - 1e-12:
                    best = (d, e, along + t * run)
                along += run
        return best

    def nearest(self, x: float, y: float, k: int) -> list[tuple[float, int]]:
        """The k nearest stations of a point off the streets: (metres, station)."""
        snap, street, offset = self.snap(x, y)
        d = self.point_distances(street, offset, self.all_distances()) + snap
        order = sorted((round(m, 3), i, m) for i, m in enumerate(d.tolist()) if np.isfinite(m))
        return [(m, i) for _, i, m in order[:k]]


def random_town(rng: np.random.Generator) -> Town:
    """A small town with one-ways, islands, parallel streets, loops, empty and closed streets."""
    count = int(rng.integers(4, 14))
    nodes = rng.integers(0, 40, (count, 2)) * 10.0
    island = nodes[: max(2, count // 4)] + np.array([0.0, 2000.0])
    nodes = np.vstack((nodes, island))
    ends, lines, travel = [], [], []

    def add(u: int, v: int, way: int, bends: int = 0) -> None:
        between = rng.uniform(0, 400, (bends, 2)) + (0 if nodes[u, 1] < 1000 else [0, 2000])
        line = np.vstack((nodes[u], between, nodes[v]))
        if bends and rng.random() < 0.3:
            line = np.insert(line, 1, line[1], axis=0)  # a vertex written twice
        ends.append((u, v))
        lines.append(line)
        travel.append(way)

    for _ in range(int(rng.integers(count, 3 * count))):
        u, v = (int(i) for i in rng.integers(0, count, 2))
        way = int(rng.choice([FORWARD | BACKWARD] * 5 + [FORWARD, BACKWARD, 0]))
        if u == v:
            add(u, u, way, bends=3)  # a loop
        else:
            add(u, v, way, bends=int(rng.integers(0, 3)))
            if rng.random() < 0.15:
                add(u, v, way)  # a parallel street
    nodes = np.vstack((nodes, nodes[0]))  # a street without length
    add(0, len(nodes) - 1, FORWARD | BACKWARD)
    if len(island) > 1:
        add(count, count + 1, FORWARD | BACKWARD)
    town = Town(nodes, ends, lines, travel)
    usable = [e for e, way in enumerate(travel) if way]
    for _ in range(int(rng.integers(0, 7))):
        e = int(rng.choice(usable))
        place = rng.choice(["between", "start", "end", "same"])
        offset = float(rng.uniform(0, town.length[e]))
        if place == "start":
            offset = 0.0
        elif place == "end":
            offset = town.length[e]
        elif place == "same" and town.stations:
            e, offset, _ = town.stations[-1]
        town.stations.append((e, offset, float(rng.choice([0.0, rng.uniform(0, 40)]))))
    return town
