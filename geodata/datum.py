"""Datums: the frames in which Chinese map vendors publish positions, and the way to WGS-84.

GCJ-02 and BD-09 are an offset of 0.3 to 1.1 km that looks plausible on any map. Not to be confused
with a projection, which turns degrees into metres (`geodata.projection`).

The GCJ-02 and BD-09 formulas are the public approximations (as in the gcoord and eviltransform
packages); they agree with published pairs within 1e-5 degrees. The shift is applied inside the
customary rectangle around China and nowhere else. On the rim of that rectangle the shift
jumps, so no inverse can be exact on both sides: positions outside the rectangle always stay
as they are, positions inside are always shifted back. The land of China lies well inside.

CGCS2000 and WGS-84 differ by centimetres and are the same thing here.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WGS84 = "wgs84"
GCJ02 = "gcj02"
BD09 = "bd09"
CGCS2000 = "cgcs2000"
DATUMS = (WGS84, GCJ02, BD09, CGCS2000)

# west, south, east, north: the rectangle every public implementation uses
CHINA_BOUNDS_DEG = (72.004, 0.8293, 137.8347, 55.8271)

# Krasovsky 1940 as the GCJ-02 formula writes it
_SEMI_MAJOR_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943_23
_GCJ_ORIGIN_DEG = (105.0, 35.0)
_BD_TURN = np.pi * 3000.0 / 180.0
_BD_OFFSET_DEG = (0.0065, 0.006)

_POLE_DEG, _ANTIMERIDIAN_DEG = 90.0, 180.0
_MAX_ROUNDS = 30
_TOLERANCE_DEG = 1e-12  # 0.1 micrometre; both offsets contract by more than 100 a round


def to_wgs84(lonlat_deg: ArrayLike, datum: str) -> Floats:
    """WGS-84 positions of points given in a datum.

    Parameters
    ----------
    lonlat_deg : (n, 2) or (2,) degrees, lon then lat
    datum
        One of `DATUMS`, in any case, with or without hyphen ("GCJ-02").

    Returns
    -------
    (n, 2) or (2,) float64, WGS-84 degrees, a new array

    Raises
    ------
    InputError
        Unknown datum; a coordinate that is not a number; a latitude beyond 90 degrees.

    Notes
    -----
    GCJ-02 and BD-09 by fixed-point iteration to 1e-12 degrees; O(n).

    Examples
    --------
    >>> to_wgs84([120.8642495, 32.0078559], "gcj02").round(4).tolist()
    [120.86, 32.01]
    """
    name, points = parse_datum(datum), check_degrees(lonlat_deg)
    if name in (WGS84, CGCS2000):
        return points
    flat = points.reshape(-1, 2)
    inside = in_china(flat)
    flat[inside] = _solve(flat[inside], name)
    return points


def from_wgs84(lonlat_deg: ArrayLike, datum: str) -> Floats:
    """Points given in WGS-84, as positions in a datum; the exact opposite of `to_wgs84`.

    Parameters
    ----------
    lonlat_deg : (n, 2) or (2,) WGS-84 degrees, lon then lat
    datum
        One of `DATUMS`.

    Returns
    -------
    (n, 2) or (2,) float64 degrees, a new array

    Raises
    ------
    InputError
        As `to_wgs84`.

    Examples
    --------
    >>> from_wgs84([120.86, 32.01], "gcj02").round(5).tolist()
    [120.86425, 32.00786]
    >>> from_wgs84([2.35, 48.86], "bd09").tolist()  # Paris: no shift there
    [2.35, 48.86]
    """
    name, points = parse_datum(datum), check_degrees(lonlat_deg)
    if name in (WGS84, CGCS2000):
        return points
    flat = points.reshape(-1, 2)
    inside = in_china(flat)
    flat[inside] = _shift(flat[inside], name)
    return points


def in_china(lonlat_deg: ArrayLike) -> Mask:
    """Whether points lie in the rectangle where GCJ-02 and BD-09 are shifted.

    Parameters
    ----------
    lonlat_deg : (n, 2) or (2,) degrees

    Returns
    -------
    (n,) bool, or a 0-d array for one point; the rim counts as inside
    """
    points = np.asarray(lonlat_deg, dtype=np.float64)
    west, south, east, north = CHINA_BOUNDS_DEG
    lon, lat = points[..., 0], points[..., 1]
    inside: Mask = np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
    return inside


def parse_datum(text: str) -> str:
    """Read the datum that a text names, as spelt in `DATUMS`.

    Raises
    ------
    InputError
        It names none; the message lists them.

    Examples
    --------
    >>> parse_datum("GCJ-02")
    'gcj02'
    """
    name = re.sub(r"[\s_-]", "", str(text)).lower()
    if name not in DATUMS:
        raise InputError(f"unknown datum {text!r}; expected one of {', '.join(DATUMS)}")
    return name


def check_degrees(lonlat_deg: ArrayLike) -> Floats:
    """The positions as a fresh float array.

    Raises
    ------
    InputError
        They are no numbers, not lon and lat, or beyond what degrees can be.
    """
    try:
        points = np.array(lonlat_deg, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InputError("coordinates are not numbers; expected (n, 2): lon, lat") from error
    if points.shape[-1:] != (2,) or points.ndim not in (1, 2):
        raise InputError(f"got an array of shape {points.shape}; expected (n, 2): lon, lat")
    if not np.isfinite(points).all():
        raise InputError("a coordinate is not a finite number; expected degrees, lon then lat")
    lon, lat = np.abs(points[..., 0]), np.abs(points[..., 1])
    if (lat > _POLE_DEG).any():
        raise InputError(
            "a latitude lies beyond 90 degrees; expected lon then lat: the axes may be swapped"
        )
    if (lon > _ANTIMERIDIAN_DEG).any():
        raise InputError("a longitude lies beyond 180 degrees; expected -180 to 180")
    return points


def _shift(points: Floats, datum: str) -> Floats:
    """Forward offset of either vendor datum, without the rectangle."""
    shifted = _wgs_to_gcj(points)
    return _gcj_to_bd(shifted) if datum == BD09 else shifted


def _solve(target: Floats, datum: str) -> Floats:
    """Invert `_shift` by fixed point; the offset changes by < 1 % of a step."""
    guess = target.copy()
    for _ in range(_MAX_ROUNDS):
        error = _shift(guess, datum) - target
        guess -= error
        if not error.size or np.abs(error).max() < _TOLERANCE_DEG:
            break
    return guess


def _wgs_to_gcj(points: Floats) -> Floats:
    """Apply the public GCJ-02 approximation: two offset polynomials on the Krasovsky ellipsoid."""
    x, y = points[:, 0] - _GCJ_ORIGIN_DEG[0], points[:, 1] - _GCJ_ORIGIN_DEG[1]
    root = np.sqrt(np.abs(x))
    waves = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    lat = np.radians(points[:, 1])
    flat = 1 - _ECCENTRICITY_SQUARED * np.sin(lat) ** 2
    meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (flat * np.sqrt(flat))
    parallel_m = _SEMI_MAJOR_M / np.sqrt(flat) * np.cos(lat)
    return points + np.degrees(np.column_stack((east / parallel_m, north / meridian_m)))


def _gcj_to_bd(points: Floats) -> Floats:
    """Ripple GCJ-02 in polar form and move it by about 900 m, which gives BD-09."""
    lon, lat = points[:, 0], points[:, 1]
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_TURN)
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle))) + _BD_OFFSET_DEG
