"""Rivers and lakes as a phone keeps them: why a way is long, and the ground of its street picture.

JSON: `areas`, each a list of rings, the outer one first, and `lines`; a ring or line is
[x, y, dx, dy, ...] in decimetres of the city's CRS.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely

TOLERANCE_M = 3.0
MOST_POINTS = 30_000  # about 60 KB on the wire; the largest waters come first
_DM = 10.0


def pack_water(water: Any) -> bytes:
    """The file of a shape in the city's CRS (metres); the largest parts where it is too long."""
    parts = shapely.get_parts(shapely.simplify(shapely.get_parts(water), TOLERANCE_M))
    size = np.where(shapely.get_dimensions(parts) == 2, shapely.area(parts), 0.0)  # noqa: PLR2004
    size = size + shapely.length(parts)
    order = np.lexsort((shapely.to_wkb(parts), -size)) if len(parts) else np.empty(0, np.int64)
    points = np.cumsum(shapely.get_num_coordinates(parts[order]))
    areas, lines = [], []
    for part in parts[order[points <= MOST_POINTS]].tolist():
        if part.geom_type == "Polygon":
            areas.append([_steps(ring) for ring in (part.exterior, *part.interiors)])
        elif part.geom_type == "LineString":
            lines.append(_steps(part))
    return json.dumps({"areas": areas, "lines": lines}, separators=(",", ":")).encode()


def _steps(line: Any) -> list[int]:
    """Vertices of a line in whole decimetres, each less the one before."""
    dm = np.rint(shapely.get_coordinates(line) * _DM).astype(np.int64)
    steps: list[int] = np.diff(dm, axis=0, prepend=0).ravel().tolist()
    return steps
