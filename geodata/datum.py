"""Datums and metric projections: the one place where coordinates change their frame.

Two kinds of change live here and must not be confused. A *datum* here is a frame a Chinese
map vendor publishes positions in (GCJ-02, BD-09): an offset of 0.3 to 1.1 km that looks
plausible on any map. A *projection* turns WGS-84 degrees into metres for one city.

The GCJ-02 and BD-09 formulas are the public approximations (as in the gcoord and eviltransform
packages); they agree with published pairs within 1e-5 degrees. The shift is applied inside the
customary rectangle around China and nowhere else. On the rim of that rectangle the shift
jumps, so no inverse can be exact on both sides: positions outside the rectangle always stay
as they are, positions inside are always shifted back. The land of China lies well inside.

CGCS2000 and WGS-84 differ by centimetres and are the same thing here.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError, ProjError

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

# EPSG:4534 is the CGCS2000 3-degree zone of central meridian 75 E, EPSG:4554 that of 135 E
_FIRST_ZONE_EPSG, _FIRST_MERIDIAN_DEG, _LAST_MERIDIAN_DEG = 4534, 75, 135
_MAX_SCALE_ERROR = 0.01  # a metric CRS that is 1 % off at the city is not one for that city


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
    name, points = parse_datum(datum), _checked(lonlat_deg)
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
    name, points = parse_datum(datum), _checked(lonlat_deg)
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


@dataclass(frozen=True, slots=True)
class Projection:
    """A metric, planar CRS of one city.

    Safe to share between threads: each thread keeps its own PROJ transformer.

    Parameters
    ----------
    crs
        "EPSG:4549", or a PROJ string. Use `Projection.from_crs` for text from outside.
    """

    crs: str

    @classmethod
    def from_crs(cls, text: str, *, near_deg: tuple[float, float] | None = None) -> Projection:
        """Check a CRS given by a user or a file.

        Parameters
        ----------
        text
            EPSG code ("EPSG:4549" or "4549"), PROJ string or WKT.
        near_deg
            WGS-84 lon, lat of the city: the CRS must be true to scale there within 1 %.

        Raises
        ------
        InputError
            It is unknown, geographic, not in metres, not east and north, or off scale.
        """
        crs = _parse_crs(text)
        if not crs.is_projected:
            raise InputError(f"CRS {text!r} is not projected; expected one in metres, as EPSG:4549")
        units = {axis.unit_name for axis in crs.axis_info}
        directions = sorted(axis.direction for axis in crs.axis_info)
        if units != {"metre"} or directions != ["east", "north"]:
            raise InputError(
                f"CRS {text!r} has axes {'/'.join(directions)} in {'/'.join(sorted(units))}; "
                "expected east and north in metres, as EPSG:4549"
            )
        projection = cls(crs.to_string())
        if near_deg is not None:
            projection._check_scale(*near_deg)
        return projection

    def to_xy(self, lonlat_deg: ArrayLike) -> Floats:
        """Metres, x east and y north, of WGS-84 positions.

        Parameters
        ----------
        lonlat_deg : (n, 2) or (2,) WGS-84 degrees

        Returns
        -------
        the same shape, float64 metres; inf where the projection does not reach

        Raises
        ------
        InputError
            As `to_wgs84`.
        """
        return _transform(_transformer("EPSG:4326", self.crs), _checked(lonlat_deg))

    def to_lonlat(self, xy_m: ArrayLike) -> Floats:
        """WGS-84 degrees of points in metres; the opposite of `to_xy`."""
        points = np.array(xy_m, dtype=np.float64)
        return _transform(_transformer(self.crs, "EPSG:4326"), points)

    def _check_scale(self, lon_deg: float, lat_deg: float) -> None:
        """Refuse a CRS that stretches lengths at the city, as Web Mercator does."""
        step_m = 100.0
        origin = self.to_xy([lon_deg, lat_deg])
        square = origin + np.array([[0.0, 0.0], [step_m, 0.0], [0.0, step_m]])
        if not np.isfinite(square).all():
            raise InputError(f"CRS {self.crs!r} does not reach {lon_deg:.4f}, {lat_deg:.4f}")
        (lon, east, north), (lat, lat_east, lat_north) = self.to_lonlat(square).T
        geod = pyproj.Geod(ellps="WGS84")
        ground_m = geod.inv([lon, lon], [lat, lat], [east, north], [lat_east, lat_north])[2]
        off = max(abs(step_m / length_m - 1) for length_m in ground_m)
        if off > _MAX_SCALE_ERROR:
            raise InputError(
                f"CRS {self.crs!r} is {off:.0%} off scale at {lon_deg:.4f}, {lat_deg:.4f}; "
                "expected one made for that place, or leave it out to have one picked"
            )


def pick_projection(lon_deg: float, lat_deg: float) -> Projection:
    """Choose the metric CRS of a city.

    In China the CGCS2000 3-degree Gauss-Krüger zone of the nearest meridian (EPSG:4534 to
    4554), elsewhere a transverse Mercator with scale 1 at the point, rounded to 1e-4 degrees.

    Raises
    ------
    InputError
        As `to_wgs84`.

    Examples
    --------
    >>> pick_projection(120.86, 32.01).crs
    'EPSG:4549'
    >>> pick_projection(-51.22, -30.03).crs.split()[1:3]
    ['+lat_0=-30.0300', '+lon_0=-51.2200']
    """
    point = _checked([lon_deg, lat_deg])
    if in_china(point):
        meridian = 3 * round(float(point[0]) / 3)
        meridian = min(max(meridian, _FIRST_MERIDIAN_DEG), _LAST_MERIDIAN_DEG)
        return Projection(f"EPSG:{_FIRST_ZONE_EPSG + (meridian - _FIRST_MERIDIAN_DEG) // 3}")
    return Projection(
        f"+proj=tmerc +lat_0={point[1]:.4f} +lon_0={point[0]:.4f} +k=1 +x_0=0 +y_0=0 "
        "+datum=WGS84 +units=m +no_defs +type=crs"
    )


def reproject(points: ArrayLike, source_crs: str) -> Floats:
    """WGS-84 positions of points that a file gives in its own CRS.

    Parameters
    ----------
    points : (n, 2) in the units of the CRS, x east (or lon) first whatever its axis order
    source_crs
        EPSG code, PROJ string or WKT.

    Returns
    -------
    (n, 2) float64, WGS-84 degrees, a new array

    Raises
    ------
    InputError
        The CRS is unknown, or points do not lie in it.
    """
    array = np.array(points, dtype=np.float64)
    crs = _parse_crs(source_crs)
    if crs.equals(pyproj.CRS("EPSG:4326"), ignore_axis_order=True):
        return _checked(array)
    lonlat = _transform(_transformer(crs.to_string(), "EPSG:4326"), array)
    if not np.isfinite(lonlat).all():
        raise InputError(f"coordinates do not fit the CRS {crs.name!r}; check the file's CRS")
    return lonlat


def _checked(lonlat_deg: ArrayLike) -> Floats:
    """Return a fresh float array, or raise where it holds no positions."""
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


def _parse_crs(text: str) -> Any:
    """Read a CRS text; a bare number is an EPSG code."""
    given = str(text).strip()
    try:
        return pyproj.CRS(f"EPSG:{given}" if given.isdigit() else given)
    except (CRSError, ProjError) as error:
        raise InputError(f"unknown CRS {given[:60]!r}; expected one as EPSG:4549") from error


class _Transformers(threading.local):
    """The transformers of one thread: PROJ lets only one thread at a time use one."""

    def __init__(self) -> None:
        self.cache: dict[tuple[str, str], pyproj.Transformer] = {}


_transformers = _Transformers()


def _transformer(source: str, target: str) -> pyproj.Transformer:
    """Fetch this thread's transformer between two CRS; x east first on both sides."""
    cache = _transformers.cache
    key = (source, target)
    if key not in cache:
        cache[key] = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return cache[key]


def _transform(transformer: pyproj.Transformer, points: Floats) -> Floats:
    """Apply a transformer to (n, 2) or (2,) points."""
    flat = points.reshape(-1, 2)
    x, y = transformer.transform(flat[:, 0], flat[:, 1])
    return np.column_stack((x, y)).reshape(points.shape)
