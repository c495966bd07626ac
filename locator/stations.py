"""Stations as immutable columns: what every question is asked about.

A `Stations` is a value: it is always sorted by code, its arrays are read-only, and its methods
return new ones. What is not known stays not known: "" in a text, a missing key in `facilities`.
"""

from __future__ import annotations

import hashlib
import json
import operator
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from geodata.vocabulary import kinds, statuses_in_use
from locator.arrays import Bools, Floats, frozen
from locator.certainty import YES, Told, tell
from locator.errors import InputError, NotFoundError
from locator.hours import Hours

if TYPE_CHECKING:
    from geodata.projection import Projection

NO_FACILITIES: Mapping[str, bool] = MappingProxyType({})
UNKNOWN_HOURS = Hours()
# Columns of texts, of other values, and of yes or no; positions are a column of their own.
TEXTS = (
    "code", "name", "kind", "hours", "access_scope", "access_mode", "status", "address", "phone",
    "district_code", "source_id",
)  # fmt: skip
OBJECTS = ("facilities", "broken", "opening", "verified_on")
FLAGS = ("name_made", "sample", "disputed")
_STAFF = "staff"  # the access scope that lets in nobody else


@dataclass(frozen=True, slots=True)
class Station:
    """One station: a row of `Stations`, and the way to make one.

    Parameters
    ----------
    code
        Its identity for life.
    kind
        A code of `geodata.vocabulary.kinds`.
    lon_deg, lat_deg
        WGS-84.
    hours, opening
        Opening hours as received, "" where unknown, and what was understood of them.
    facilities
        Code to yes or no; a code that is missing is unknown. What is there but out of order is no.
    broken
        Codes of what is there but out of order.
    access_scope, access_mode, status
        Codes of `geodata.vocabulary`; "" where unknown.
    phone
        A duty phone that may be published.
    name_made
        Whether the name was made from other fields.
    sample
        Whether the station is invented.
    disputed
        Whether workers found it locked in posted hours and its host has not answered yet.
    verified_on
        When its hours, or the record as a whole, were last checked; None where never.
    """

    code: str
    name: str
    kind: str
    lon_deg: float
    lat_deg: float
    hours: str = ""
    facilities: Mapping[str, bool] = field(default_factory=lambda: NO_FACILITIES, hash=False)
    access_scope: str = ""
    access_mode: str = ""
    status: str = "open"
    address: str = ""
    phone: str = ""
    district_code: str = ""
    source_id: str = ""
    name_made: bool = False
    sample: bool = False
    opening: Hours = UNKNOWN_HOURS
    broken: frozenset[str] = frozenset()
    disputed: bool = False
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stations:
    """Many stations, column by column, sorted by code.

    Make one with `from_records`; the constructor takes columns that are already sorted, as a
    registry snapshot has them. The fields are those of `Station`.

    Parameters
    ----------
    lonlat_deg : (n, 2) float64, WGS-84
    facilities, opening, broken : (n,) values, possibly shared between stations
    name_made, sample, disputed : (n,) bool
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[str, ...]
    lonlat_deg: Floats
    hours: tuple[str, ...]
    facilities: tuple[Mapping[str, bool], ...]
    access_scope: tuple[str, ...]
    access_mode: tuple[str, ...]
    status: tuple[str, ...]
    address: tuple[str, ...]
    phone: tuple[str, ...]
    district_code: tuple[str, ...]
    source_id: tuple[str, ...]
    name_made: Bools
    sample: Bools
    disputed: Bools
    opening: tuple[Hours, ...]
    broken: tuple[frozenset[str], ...]
    verified_on: tuple[date | None, ...]
    _xy_m: Floats | None = field(default=None, repr=False)
    _hash: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        if not all(map(operator.lt, self.code, islice(self.code, 1, None))):
            raise InputError("station codes must be distinct and ascending")
        lonlat = frozen(self.lonlat_deg, np.float64).reshape(-1, 2)
        object.__setattr__(self, "lonlat_deg", lonlat)
        for name in FLAGS:
            object.__setattr__(self, name, frozen(getattr(self, name), np.bool_))
        for column in fields(self):
            values = getattr(self, column.name)
            if column.name[0] != "_" and len(values) != len(self.code):
                raise InputError(
                    f"{len(values)} values of {column.name} for {len(self.code)} stations"
                )

    @classmethod
    def from_records(cls, records: Iterable[Station]) -> Stations:
        """Stations of any order; codes must be distinct.

        Raises
        ------
        InputError
            A code occurs twice, or a kind is unknown.
        """
        rows = sorted(records, key=lambda station: station.code)
        unknown = {row.kind for row in rows} - set(kinds().codes)
        if unknown:
            raise InputError(f"unknown kind {min(unknown)!r}; expected one of {_kind_list()}")
        columns: dict[str, Any] = {
            name: tuple(getattr(row, name) for row in rows) for name in (*TEXTS, *OBJECTS)
        }
        for name in FLAGS:
            columns[name] = np.array([getattr(row, name) for row in rows], dtype=np.bool_)
        return cls(
            **columns,
            lonlat_deg=np.array([(row.lon_deg, row.lat_deg) for row in rows], dtype=np.float64),
        )

    @classmethod
    def empty(cls) -> Stations:
        """No stations."""
        return cls.from_records(())

    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, index: int) -> Station:
        values: dict[str, Any] = {name: getattr(self, name)[index] for name in (*TEXTS, *OBJECTS)}
        values |= {name: bool(getattr(self, name)[index]) for name in FLAGS}
        lon_deg, lat_deg = self.lonlat_deg[index].tolist()
        return Station(**values, lon_deg=lon_deg, lat_deg=lat_deg)

    def __iter__(self) -> Iterator[Station]:
        return (self[index] for index in range(len(self)))

    @property
    def xy_m(self) -> Floats:
        """Positions in the metres of the projection given to `located`, (n, 2).

        Raises
        ------
        InputError
            These stations were not located; call `located(projection)`.
        """
        if self._xy_m is None:
            raise InputError("stations have no metres yet; use stations.located(projection)")
        return self._xy_m

    def located(self, projection: Projection) -> Stations:
        """The same stations with `xy_m` in a projection; kept by `take` and all that selects."""
        xy_m = projection.to_xy(self.lonlat_deg)
        return self._replace(_xy_m=frozen(xy_m, np.float64).reshape(-1, 2))

    @property
    def is_usable(self) -> Bools:
        """Whether a person may be sent there, (n,) bool: open, on trial, or open while put right.

        Planned, paused and closed stations are not usable.
        """
        in_use = statuses_in_use()
        return frozen([status in in_use for status in self.status], np.bool_)

    @property
    def is_staff_only(self) -> Bools:
        """Whether only the staff of its host may enter, (n,) bool: of no use to a passer-by.

        The one definition of it, for what is recommended and for what is counted.
        """
        return frozen([scope == _STAFF for scope in self.access_scope], np.bool_)

    def is_kind(self, kind: str | None) -> Bools:
        """Whether stations are of a kind, (n,) bool; all of them for None.

        Raises
        ------
        NotFoundError
            There is no such kind.
        """
        if kind is not None and kind not in kinds():
            raise NotFoundError(f"no kind {kind!r}; expected one of {_kind_list()}")
        return frozen([kind in (None, own) for own in self.kind], np.bool_)

    def tell_offering(self, *codes: str) -> Told:
        """Whether each station has at least one of some facilities; what is broken is not there.

        Returns
        -------
        (n,) int8
            1 yes, 0 no, -1 unknown (`locator.certainty`).
        """
        told: list[bool | None] = []
        for offered, broken in zip(self.facilities, self.broken, strict=True):
            answers = {False if code in broken else offered.get(code) for code in codes}
            told.append(True if True in answers else None if None in answers else False)
        return tell(told)

    def of_kind(self, kind: str | None) -> Stations:
        """Stations of one kind; all of them for None. Errors as `is_kind`."""
        return self.take(self.is_kind(kind))

    def offering(self, *codes: str) -> Stations:
        """Stations that are known to have at least one of some facilities, in working order."""
        return self.take(self.tell_offering(*codes) == YES)

    def open_at(self, at: datetime) -> Stations:
        """Stations that are known to be open at a local time of their city, holidays included."""
        from geodata.calendar import load_calendar
        from locator.hours.timetable import OPEN, Timetable

        states = Timetable.compile(self.opening, load_calendar()).state_at(at)
        return self.take((states == OPEN) & ~self.disputed)

    def usable(self) -> Stations:
        """Stations that a person may be sent to."""
        return self.take(self.is_usable)

    def take(self, index: ArrayLike) -> Stations:
        """Stations at some row numbers, sorted by code again whatever the order given.

        Parameters
        ----------
        index : (k,) distinct row numbers, or an (n,) bool mask
        """
        rows = np.asarray(index)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else np.sort(rows.astype(np.int64))
        if len(rows) == len(self) and len(self.code) == len(set(rows.tolist())):
            return self
        picked = rows.tolist()
        columns: dict[str, Any] = {
            name: tuple([getattr(self, name)[row] for row in picked]) for name in (*TEXTS, *OBJECTS)
        }
        for name in ("lonlat_deg", *FLAGS):
            columns[name] = getattr(self, name)[rows]
        if self._xy_m is not None:
            columns["_xy_m"] = frozen(self._xy_m[rows])
        return self._replace(**columns)

    def replaced(self, stations: Mapping[int, Station]) -> Stations:
        """These stations with other facts in some rows; their codes stay.

        `xy_m` is dropped where a station moved.

        Raises
        ------
        InputError
            A station brings another code than its row has.
        """
        for row, station in stations.items():
            if station.code != self.code[row]:
                raise InputError(f"row {row} is {self.code[row]!r}, got {station.code!r}")
        columns: dict[str, Any] = {}
        for name in (*TEXTS, *OBJECTS, *FLAGS):
            old = getattr(self, name)
            new = {row: getattr(station, name) for row, station in stations.items()}
            if any(old[row] != value for row, value in new.items()):
                column = list(old)
                for row, value in new.items():
                    column[row] = value
                columns[name] = tuple(column)
        places = {row: (place.lon_deg, place.lat_deg) for row, place in stations.items()}
        if any(tuple(self.lonlat_deg[row].tolist()) != place for row, place in places.items()):
            lonlat = self.lonlat_deg.copy()
            for row, place in places.items():
                lonlat[row] = place
            columns |= {"lonlat_deg": lonlat, "_xy_m": None}
        return self._replace(**columns)

    def added(self, other: Stations) -> Stations:
        """These and other stations together.

        `xy_m` is kept where both have it.

        Raises
        ------
        InputError
            A code is in both.
        """
        twice = set(self.code) & set(other.code)
        if twice:
            raise InputError(f"station {min(twice)!r} is there already; give it another code")
        places = [bisect_left(self.code, code) for code in other.code]
        columns: dict[str, Any] = {
            name: _inserted(getattr(self, name), places, getattr(other, name))
            for name in (*TEXTS, *OBJECTS)
        }
        for name in ("lonlat_deg", *FLAGS):
            columns[name] = np.insert(getattr(self, name), places, getattr(other, name), axis=0)
        columns["_xy_m"] = None
        if self._xy_m is not None and other._xy_m is not None:
            columns["_xy_m"] = frozen(np.insert(self._xy_m, places, other._xy_m, axis=0))
        return self._replace(**columns)

    def without(self, codes: Sequence[str]) -> Stations:
        """All stations but those with some codes.

        Raises
        ------
        NotFoundError
            A code is not among these stations.
        """
        leaving = {codes} if isinstance(codes, str) else set(codes)
        missing = leaving - set(self.code)
        if missing:
            raise NotFoundError(f"no station with code {min(missing)!r}")
        return self.take([row for row, code in enumerate(self.code) if code not in leaving])

    @property
    def hash(self) -> str:
        """16 hex digits that differ when anything differs but `xy_m`."""
        if not self._hash:
            digest = hashlib.sha256()
            offered = [sorted(station.items()) for station in self.facilities]
            texts = [getattr(self, name) for name in TEXTS]
            digest.update(json.dumps([texts, offered], ensure_ascii=False).encode())
            digest.update(repr([sorted(codes) for codes in self.broken]).encode())
            digest.update(repr((self.opening, self.verified_on)).encode())
            for name in ("lonlat_deg", *FLAGS):
                digest.update(getattr(self, name).tobytes())
            object.__setattr__(self, "_hash", digest.hexdigest()[:16])
        return self._hash

    def to_frame(self) -> Any:
        """GeoDataFrame in EPSG:4326, a row per station, indexed by code."""
        import geopandas

        columns: dict[str, Any] = {name: list(getattr(self, name)) for name in TEXTS}
        columns["facilities"] = [dict(offered) for offered in self.facilities]
        columns |= {name: getattr(self, name) for name in FLAGS}
        columns["verified_on"] = list(self.verified_on)
        points = geopandas.points_from_xy(self.lonlat_deg[:, 0], self.lonlat_deg[:, 1])
        frame = geopandas.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")
        return frame.set_index("code")

    def _replace(self, **columns: Any) -> Stations:
        """A copy with other columns."""
        return replace(self, **columns)


def _inserted(
    column: tuple[Any, ...], places: Sequence[int], values: tuple[Any, ...]
) -> tuple[Any, ...]:
    """A column with values put before some places, ascending; copies in few long pieces."""
    parts: list[Any] = []
    start = 0
    for place, value in zip(places, values, strict=True):
        parts += column[start:place]
        parts.append(value)
        start = place
    parts += column[start:]
    return tuple(parts)


def _kind_list() -> str:
    """Known kinds for a message."""
    return ", ".join(kinds().codes)
