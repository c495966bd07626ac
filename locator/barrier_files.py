"""Files of barriers: shapes with properties, or a table of gates, added to those of the city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from geodata.areas import read_features
from geodata.datum import parse_datum, to_wgs84
from locator.barriers import Barrier, identify, load_barriers, make_barrier, save_barriers
from locator.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from locator.workspace import Workspace

_TABLES = {".csv", ".txt", ".tsv", ".xlsx"}


@dataclass(frozen=True, slots=True)
class BarrierReport:
    """What became of the rows of a file.

    Parameters
    ----------
    known
        How many were there already.
    rejected
        (number in the file, reason).
    """

    read: int
    added: int
    known: int
    rejected: tuple[tuple[int, str], ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON document of `locator barriers import`."""
        rejected = [{"row": row, "reason": reason} for row, reason in self.rejected]
        return {
            "read": self.read, "added": self.added, "known": self.known, "rejected": rejected,
        }  # fmt: skip


def import_barriers(workspace: Workspace, path: Path, *, datum: str = "wgs84") -> BarrierReport:
    """Add the barriers of a file to those of the city.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage or another file of shapes; or CSV or XLSX with positions, for gates.
        Properties or columns: name, from_date, to_date, hours (when it is shut), modes, source;
        all may be missing: then it is shut always, and for everybody.
    datum
        Of the coordinates.

    Raises
    ------
    InputError
        The file cannot be read, or its datum is unknown.
    DataError
        The folder cannot be written, or the barriers kept there are damaged.
    """
    kept = load_barriers(workspace)
    there = {identify(barrier) for barrier in kept}
    added: list[Barrier] = []
    rejected: list[tuple[int, str]] = []
    known = 0
    rows = _read_rows(path, parse_datum(datum))
    for number, shape, told in rows:
        try:
            barrier = make_barrier(shape, told)
        except InputError as problem:
            rejected.append((number, str(problem)))
            continue
        if identify(barrier) in there:
            known += 1
            continue
        there.add(identify(barrier))
        added.append(barrier)
    if added:
        save_barriers(workspace, [*kept, *added])
    return BarrierReport(len(rows), len(added), known, tuple(rejected))


def _read_rows(path: Path, datum: str) -> list[tuple[int, Any, Mapping[str, Any]]]:
    """Number, shape in WGS-84 and properties of each row or feature."""
    if path.suffix.lower() not in _TABLES:
        features = enumerate(read_features(path), start=1)
        return [(number, _moved(shape, datum), told) for number, (shape, told) in features]
    from geodata.tables import read_rows

    rows = read_rows(path)
    made: list[tuple[int, Any, Mapping[str, Any]]] = []
    for row in rows.rows:
        own = row.values.get("datum") or rows.datum_hint or datum
        shape = None if row.problem else _moved(shapely.Point(row.lon_deg, row.lat_deg), own)
        made.append((row.number, shape, {**row.extra, **row.values}))
    return made


def _moved(shape: Any, datum: str) -> Any:
    """A shape in WGS-84; None where it is none, or its coordinates are no degrees."""
    if shape is None or shape.is_empty:
        return None
    try:
        return shapely.transform(shapely.force_2d(shape), lambda xy: to_wgs84(xy, datum))
    except InputError:
        return None
