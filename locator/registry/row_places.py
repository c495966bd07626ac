"""Where the rows of a file say that stations are: in WGS-84, as received, or why nowhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.cells import parse_number
from geodata.datum import parse_datum, to_wgs84
from locator.errors import InputError
from locator.registry.entries import Rejection

if TYPE_CHECKING:
    from geodata.tables import Row, Rows

Check = Callable[[float, float], str | None]
"""Told longitude and latitude (WGS-84): why a station cannot be there, or None."""


class RowPlaces:
    """The positions of a file's rows.

    Parameters
    ----------
    datum
        Datum of rows that tell none themselves.
    check
        Why a station cannot be at a position, or None.

    Raises
    ------
    InputError
        The datum is unknown.
    """

    def __init__(self, datum: str, check: Check | None = None) -> None:
        self.datum = parse_datum(datum)
        self._check = check

    def read(self, rows: Rows) -> Iterator[tuple[Row, tuple[float, float] | Rejection]]:
        """Each row with its WGS-84 position, or with the reason why it has none that is usable."""
        places = _to_wgs84(rows.rows, [self.datum_of(row) for row in rows.rows])
        for row, (lon_deg, lat_deg) in zip(rows.rows, places, strict=True):
            yield row, self._reject(rows, row, lon_deg, lat_deg) or (lon_deg, lat_deg)

    def datum_of(self, row: Row) -> str:
        """Datum of a row: its own where it tells one that is known, else the file's."""
        text = row.values.get("datum", "")
        return parse_datum(text) if text and _is_datum(text) else self.datum

    def as_received(self, row: Row) -> dict[str, Any]:
        """The position as it was received: by us, or by whom the file comes from."""
        told = [parse_number(row.values.get(name, "")) for name in ("lon_raw", "lat_raw")]
        datum = row.values.get("datum_raw", "")
        if None not in told and datum:
            with suppress(InputError):
                return {
                    "lon_raw": told[0],
                    "lat_raw": told[1],
                    "datum_raw": parse_datum(datum),
                }
        return {
            "lon_raw": row.lon_deg,
            "lat_raw": row.lat_deg,
            "datum_raw": self.datum_of(row),
        }

    def _reject(self, rows: Rows, row: Row, lon_deg: float, lat_deg: float) -> Rejection | None:
        if row.problem is not None:
            problem = row.problem
            fix = getattr(problem, "fix", "")
            return Rejection(row.number, problem.column, problem.value, problem.reason, fix)
        datum = row.values.get("datum", "")
        if datum and not _is_datum(datum):
            why = f"unknown datum {datum!r}; expected wgs84, gcj02, bd09 or cgcs2000"
            fix = "name the datum that the position is in, or leave the cell blank"
            return Rejection(row.number, rows.columns.first("datum"), datum, why, fix)
        headings = rows.columns.headings
        column = next((headings[name][0] for name in ("geometry", "lon") if name in headings), "")
        value = f"{row.lon_deg:.7g}, {row.lat_deg:.7g}"
        if not math.isfinite(lon_deg):
            return Rejection(row.number, column, value, "no position; expected decimal degrees")
        reason = None if self._check is None else self._check(lon_deg, lat_deg)
        return None if reason is None else Rejection(row.number, column, value, reason)


def _is_datum(text: str) -> bool:
    try:
        parse_datum(text)
    except InputError:
        return False
    return True


def _to_wgs84(rows: Sequence[Row], datums: Sequence[str]) -> list[list[float]]:
    """WGS-84 positions of all rows; nan where a row has none."""
    lonlat = np.array([(row.lon_deg, row.lat_deg) for row in rows], dtype=np.float64).reshape(-1, 2)
    problem = np.array([row.problem is not None for row in rows], dtype=np.bool_)
    good = ~problem & (np.abs(lonlat) <= (180.0, 90.0)).all(axis=1)
    told = np.array(datums)
    for datum in set(datums):
        chosen = good & (told == datum)
        lonlat[chosen] = to_wgs84(lonlat[chosen], datum)
    lonlat[~good] = math.nan
    listed: list[list[float]] = lonlat.tolist()
    return listed
