"""Towns where people ride and walk: several kinds of access on the same streets, and their truth.

The truth of a ride is worked out in the open: all nodes, all stations, and the least of riding,
parking and walking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.lines import BIKE_BACKWARD, BIKE_FORWARD, FOOT, STEPS
from locator.arrays import frozen
from locator.modes import find_mode
from locator.network import StreetNetwork, build_network
from locator.parking import find_stands
from locator.placement import Placement, place_snapped, place_stands
from locator.snapping import Snapped
from locator.timing import time_network
from tests.oracles import Town, random_town
from tests.towns import make_streets

if TYPE_CHECKING:
    from locator.streets import Streets

RIDE = find_mode("ebike")
WALK = find_mode("walk")


@dataclass
class RidingTown:
    """Two towns on the same streets: where one rides, and where one walks to the stations."""

    ride: Town
    walk: Town
    stairs: list[bool]

    def streets(self) -> Streets:
        """The streets of both, with their access bits and flags."""
        streets = make_streets(self.walk)
        self.ride.length = self.walk.length
        ahead, back = BIKE_FORWARD, BIKE_BACKWARD
        access = [
            (FOOT if on_foot else 0) | (ahead if way & 1 else 0) | (back if way & 2 else 0)
            for on_foot, way in zip(self.walk.travel, self.ride.travel, strict=True)
        ]
        flags = [STEPS if one else 0 for one in self.stairs]
        return replace(
            streets,
            access=frozen(np.array(access, np.uint8)),
            flags=frozen(np.array(flags, np.uint8)),
        )

    def network(self, mode: str, *, timed: bool = False) -> StreetNetwork:
        """The network of a mode."""
        network = build_network(self.streets(), find_mode(mode))
        return time_network(network) if timed else network

    def doors(self) -> Snapped:
        """The stations where they stand."""
        columns = np.array(self.walk.stations, np.float64).reshape(-1, 3)
        return Snapped(
            frozen(columns[:, 0], np.int32), frozen(columns[:, 1]), frozen(columns[:, 2])
        )

    def placed(self, limit_m: float = RIDE.walk_limit_m) -> tuple[StreetNetwork, Placement]:
        """The ridden network and the stations at their stands."""
        walk, quick = self.network("walk"), self.network("walk", timed=True)
        ride = self.network("ebike")
        ride = replace(ride, mode=replace(ride.mode, walk_limit_m=limit_m))
        rows = np.arange(len(self.walk.stations), dtype=np.int32)
        doors = self.doors()
        placed = place_snapped(walk, doors, rows), place_snapped(quick, doors, rows)
        return ride, place_stands(ride, doors, rows, find_stands(ride, walk, quick, placed))

    # -- the truth -------------------------------------------------------------------------

    def walked(self) -> tuple[np.ndarray, np.ndarray]:
        """(stations, nodes) metres on foot, and the least time of the ways of that length."""
        slow = Town(self.walk.nodes, self.walk.ends, self.walk.lines, self.walk.travel)
        # A millionth of the extra time breaks ties between ways of equal length.
        tiny = 1e-6
        metres = self.walk.all_distances()
        slow.length = [
            run * (1.0 + tiny * (WALK.stairs - 1.0) * stairs)
            for run, stairs in zip(self.walk.length, self.stairs, strict=True)
        ]
        slow.stations = [
            (e, offset * slow.length[e] / self.walk.length[e] if self.walk.length[e] else 0.0, snap)
            for e, offset, snap in self.walk.stations
        ]
        there = np.isfinite(metres)
        extra = (slow.all_distances()[there] - metres[there]) / tiny
        time = metres.copy()
        time[there] += np.maximum(extra, 0.0)
        return metres, time

    def stand_costs(self, limit_m: float = RIDE.walk_limit_m) -> np.ndarray:
        """(stations, nodes) parking and walking, in metres of the ride; inf beyond the limit."""
        metres, time = self.walked()
        cost = RIDE.speed_mps * (RIDE.parking_s + time / WALK.speed_mps)
        usable = np.zeros(len(self.ride.nodes), bool)
        for (u, v), way in zip(self.ride.ends, self.ride.travel, strict=True):
            usable[[u, v]] |= bool(way)
        return np.where((metres <= limit_m + 1e-6) & usable, cost, np.inf)

    def ridden(self, limit_m: float = RIDE.walk_limit_m) -> np.ndarray:
        """(stations, nodes) the least of ride + parking + walk, over all nodes of the end."""
        best = self.stand_costs(limit_m)
        changed = True
        while changed:
            changed = False
            for e, (u, v) in enumerate(self.ride.ends):
                for tail, head, bit in ((u, v, 1), (v, u, 2)):
                    through = best[:, head] + self.ride.length[e]
                    if self.ride.travel[e] & bit and (through < best[:, tail] - 1e-12).any():
                        best[:, tail] = np.minimum(best[:, tail], through)
                        changed = True
        return best

    def from_point(self, street: int, x: float, table: np.ndarray) -> np.ndarray:
        """(stations,) cost from a place on a street: to its ends, and on from there."""
        u, v = self.ride.ends[street]
        run, way = self.ride.length[street], self.ride.travel[street]
        best = np.full(len(table), np.inf)
        if way & 2 or x <= 1e-6:
            best = np.minimum(best, table[:, u] + x)
        if way & 1 or x >= run - 1e-6:
            best = np.minimum(best, table[:, v] + run - x)
        return best


def random_riding_town(rng: np.random.Generator) -> RidingTown:
    """Streets to walk (all ways), to ride (with one-ways), both, stairs; stations on foot."""
    base = random_town(rng)
    count = len(base.ends)
    stairs = (rng.random(count) < 0.2).tolist()
    on_foot = rng.random(count) < 0.85
    walk = Town(base.nodes, base.ends, base.lines, [3 if foot else 0 for foot in on_foot])
    ride_travel = [
        0 if steps or rng.random() < 0.2 else way
        for steps, way in zip(stairs, base.travel, strict=True)
    ]
    ride = Town(base.nodes, base.ends, base.lines, ride_travel)
    walk.stations = [one for one in base.stations if walk.travel[one[0]]]
    return RidingTown(ride, walk, stairs)
