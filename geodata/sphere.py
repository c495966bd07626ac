"""Positions on a sphere, where a chord of metres is as long as its arc."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_009.0  # mean radius of the IUGG


def to_xyz_m(lonlat_deg: ArrayLike) -> NDArray[np.float64]:
    """Positions as points of space, to be compared anywhere on earth.

    Parameters
    ----------
    lonlat_deg : (n, 2)

    Returns
    -------
    (n, 3) metres from the middle of the earth

    Notes
    -----
    A chord of 2 km is shorter than its arc by less than a hundredth of a millimetre.

    Examples
    --------
    >>> to_xyz_m([[0, 0], [90, 0]]).round().tolist()
    [[6371009.0, 0.0, 0.0], [0.0, 6371009.0, 0.0]]
    """
    lon, lat = np.radians(np.asarray(lonlat_deg, dtype=np.float64).reshape(-1, 2)).T
    unit = np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    return unit * EARTH_RADIUS_M
