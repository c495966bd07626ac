"""Metric projections: WGS-84 degrees into metres for one city, and back.

The one place that imports pyproj.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import ArrayLike
from pyproj.exceptions import CRSError, ProjError

from geodata.datum import Floats, check_degrees, in_china
from geodata.errors import InputError

# EPSG:4534 is the CGCS2000 3-degree zone of central meridian 75 E, EPSG:4554 that of 135 E
_FIRST_ZONE_EPSG, _FIRST_MERIDIAN_DEG, _LAST_MERIDIAN_DEG = 4534, 75, 135
_MAX_SCALE_ERROR = 0.01  # a metric CRS that is 1 % off at the city is not one for that city


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
            As `datum.check_degrees`.
        """
        return _transform(_transformer("EPSG:4326", self.crs), check_degrees(lonlat_deg))

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
        As `datum.check_degrees`.

    Examples
    --------
    >>> pick_projection(120.86, 32.01).crs
    'EPSG:4549'
    >>> pick_projection(-51.22, -30.03).crs.split()[1:3]
    ['+lat_0=-30.0300', '+lon_0=-51.2200']
    """
    point = check_degrees([lon_deg, lat_deg])
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
        return check_degrees(array)
    lonlat = _transform(_transformer(crs.to_string(), "EPSG:4326"), array)
    if not np.isfinite(lonlat).all():
        raise InputError(f"coordinates do not fit the CRS {crs.name!r}; check the file's CRS")
    return lonlat


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
