"""Instances of siting: the published ones, and cities made from a seed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, shortest_path

ORLIB = [f"pmed{k}" for k in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16, 20, 22, 25, 30, 31, 37)]


def read_orlib(path: Path) -> tuple[np.ndarray, int]:
    """Distances between all vertices of an OR-Library p-median file, and p."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    size, _, p = map(int, lines[0])
    length = np.zeros((size, size))
    for a, b, metres in lines[1:]:  # where an edge is given twice, the last one wins
        u, v = int(a) - 1, int(b) - 1
        length[u, v] = length[v, u] = float(metres)
    return shortest_path(length), p


def read_optima(path: Path) -> dict[str, dict[str, float]]:
    """Known optima by instance and question."""
    with path.open() as lines:
        return {
            row.pop("instance"): {k: float(v) for k, v in row.items()}
            for row in csv.DictReader(lines)
        }


def read_sjc(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Distances between all points, and the demand of each."""
    numbers = [float(word) for word in (folder / f"{name}.txt").read_text().split()]
    xy = np.array(numbers[1:]).reshape(int(numbers[0]), 2)
    weight = np.array([float(w) for w in (folder / f"demand-{name}.dat").read_text().split()])
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), weight


def read_san_francisco(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Network distances from 205 tracts to 16 stores, and the people of each tract."""
    name = "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    with (folder / name).open() as lines:
        pairs = list(csv.DictReader(lines))
    tracts = {d: i for i, d in enumerate(dict.fromkeys(row["DestinationName"] for row in pairs))}
    stores = {s: j for j, s in enumerate(dict.fromkeys(row["name"] for row in pairs))}
    metres, people = np.full((len(tracts), len(stores)), np.inf), np.zeros(len(tracts))
    for row in pairs:
        i = tracts[row["DestinationName"]]
        metres[i, stores[row["name"]]] = float(row["distance"])
        people[i] = float(row["demand"])
    return metres, people


class City(NamedTuple):
    """Crossings with weights; some are candidates and some have stations already.

    `metres(sources, limit)` gives the distances from sources to crossings as (row, source, metres).
    """

    graph: Any
    weight: np.ndarray
    candidates: np.ndarray
    existing: np.ndarray

    def pairs(self, sources: np.ndarray, limit: float) -> tuple[np.ndarray, ...]:
        """(crossing, number of the source, metres) within a limit."""
        found = []
        for start in range(0, len(sources), 200):
            part = sources[start : start + 200]
            table = dijkstra(self.graph, indices=part, limit=limit)
            source, row = np.nonzero(np.isfinite(table))
            found.append((row, source + start, table[source, row]))
        return tuple(np.concatenate(columns) for columns in zip(*found, strict=True))

    def covers(self, limit: float) -> csr_array:
        """Which crossings each candidate, then each existing station, covers."""
        sources = np.concatenate((self.candidates, self.existing))
        row, source, metres = self.pairs(sources, limit)
        shape = (len(self.weight), len(sources))
        return csr_array((np.ones(len(metres), bool), (row, source)), shape=shape)

    def costs(self) -> csr_array:
        """Metres to candidates nearer than the nearest existing station, and to that station."""
        near, _, owner = dijkstra(
            self.graph, indices=self.existing, min_only=True, return_predecessors=True
        )
        number = np.full(len(self.weight), -1)
        number[self.existing] = np.arange(len(self.existing))
        row, source, metres = self.pairs(self.candidates, float(near[np.isfinite(near)].max()))
        kept = metres < near[row]
        served = np.flatnonzero(np.isfinite(near))
        row = np.concatenate((row[kept], served))
        source = np.concatenate((source[kept], len(self.candidates) + number[owner[served]]))
        metres = np.concatenate((metres[kept], near[served]))
        return csr_array(
            (metres, (row, source)),
            shape=(len(self.weight), len(self.candidates) + len(self.existing)),
        )


def make_city(crossings: int, candidates: int, existing: int, *, seed: int = 1) -> City:
    """Lay a jittered 100 m grid with 12 % of its streets missing.

    Weights are whole numbers, a few of them zero; some crossings are cut off from the rest.
    """
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(crossings)))
    at = np.arange(crossings)
    xy = np.stack((at % side, at // side), axis=1) * 100.0 + rng.uniform(-30, 30, (crossings, 2))
    right = at[(at % side < side - 1) & (at + 1 < crossings)]
    up = at[at + side < crossings]
    ends = np.concatenate((np.stack((right, right + 1)), np.stack((up, up + side))), axis=1)
    ends = ends[:, rng.random(ends.shape[1]) >= 0.12]
    metres = np.hypot(*(xy[ends[0]] - xy[ends[1]]).T)
    graph = csr_array((metres, (ends[0], ends[1])), shape=(crossings, crossings))
    weight = np.floor(rng.lognormal(2.5, 1.0, crossings))
    chosen = rng.permutation(crossings)[: candidates + existing]
    return City(
        (graph + graph.T).tocsr(),
        weight,
        np.sort(chosen[:candidates]),
        np.sort(chosen[candidates:]),
    )
