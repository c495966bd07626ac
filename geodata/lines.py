"""Street lines as every reader returns them: shapes and access, no topology built yet.

Readers (`geodata.osm`, `geodata.vectors`, `geodata.sample_city`) differ in how they know that
two lines meet: an OSM node id, or coordinates that coincide. Both are reduced here to one
integer per vertex, so that `locator.streets` needs a single way to build the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Access bits: what may move along the line, "forward" being the order of its vertices.
FOOT_FORWARD, FOOT_BACKWARD = 1, 2
BIKE_FORWARD, BIKE_BACKWARD = 4, 8
MOTOR_FORWARD, MOTOR_BACKWARD = 16, 32
FOOT = FOOT_FORWARD | FOOT_BACKWARD
BIKE = BIKE_FORWARD | BIKE_BACKWARD
MOTOR = MOTOR_FORWARD | MOTOR_BACKWARD
FORWARD = FOOT_FORWARD | BIKE_FORWARD | MOTOR_FORWARD
BACKWARD = FOOT_BACKWARD | BIKE_BACKWARD | MOTOR_BACKWARD

# What a line is, for display and for later speeds; never decides access by itself.
BRIDGE, TUNNEL, STEPS, ELEVATED = 1, 2, 4, 8


@dataclass(frozen=True, slots=True, eq=False)
class StreetLines:
    """Lines read from one or several files, in WGS-84.

    Parameters
    ----------
    lonlat_deg : (p, 2) float64, WGS-84
        Vertices of all lines, one line after the other.
    vertex : (p,) int64
        Identity of each vertex: equal numbers are one place of the street graph.
    first : (n + 1,) int64
        Line i holds the vertices first[i] .. first[i + 1]; at least two each.
    access : (n,) uint8
        Access bits of this module.
    flags : (n,) uint8
        BRIDGE, TUNNEL, STEPS, ELEVATED.
    class_code : (n,) int16
        Index into `classes` (highway classes; "" where unknown).
    name_code : (n,) int32
        Index into `names`; names[0] is "".
    attribution
        Text that must be shown with the data, "" where none is owed.
    """

    lonlat_deg: NDArray[np.float64]
    vertex: NDArray[np.int64]
    first: NDArray[np.int64]
    access: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    class_code: NDArray[np.int16]
    classes: tuple[str, ...]
    name_code: NDArray[np.int32]
    names: tuple[str, ...]
    attribution: str = ""
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.first) - 1


def reverse_access(access: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Access bits of the same line drawn in the other direction."""
    forward = access & np.uint8(FORWARD)
    backward = access & np.uint8(BACKWARD)
    return ((forward << 1) | (backward >> 1)).astype(np.uint8)
