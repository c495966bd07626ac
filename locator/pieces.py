"""Geometry of pieces of street, made only when somebody wants to see it.

Results keep pieces as (street, from, to); lines are cut here, thousands at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Floats, Ints, Longs
    from locator.streets import Streets


def cut_streets(
    streets: Streets, street: Ints, from_m: Floats, to_m: Floats
) -> tuple[Floats, Longs]:
    """The lines of pieces of street.

    Parameters
    ----------
    street : (n,) int32
    from_m, to_m : (n,) metres along the street; the line runs backward where to < from

    Returns
    -------
    xy_m : (p, 2) metres, the city's CRS
        Vertices of all lines, one after the other, at least two each.
    first : (n + 1,) int64
        Line i is xy_m[first[i]:first[i + 1]].

    Notes
    -----
    The whole street comes back vertex by vertex. O(vertices written).
    """
    from locator.kernels.geometry import count_cuts, cut_pieces

    street = np.ascontiguousarray(street, np.int32)
    from_m = np.ascontiguousarray(from_m, np.float64)
    to_m = np.ascontiguousarray(to_m, np.float64)
    first = np.zeros(len(street) + 1, np.int64)
    lines = (streets.along_m, streets.first, street, from_m, to_m)
    count_cuts(*lines, first[1:])
    np.cumsum(first, out=first)
    xy = np.empty((int(first[-1]), 2))
    cut_pieces(streets.xy_m, *lines, first, xy)
    return xy, first


def locate_on_streets(streets: Streets, street: Ints, offset_m: Floats) -> Floats:
    """Coordinates (n, 2), in the city's CRS, of points `offset_m` along their streets."""
    from locator.kernels.geometry import locate_points

    street = np.ascontiguousarray(street, np.int32)
    offset_m = np.ascontiguousarray(offset_m, np.float64)
    xy = np.empty((len(street), 2))
    locate_points(streets.xy_m, streets.along_m, streets.first, street, offset_m, xy)
    return xy
