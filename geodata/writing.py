"""Tables of places written as CSV, XLSX, GeoJSON and GeoPackage, which `read_rows` reads back.

Numbers are written with all their digits. CSV is UTF-8 with its mark and CRLF, as spreadsheet
programs want it; texts that they would run as formulas are guarded (see `geodata.guarding`). A file
is written aside and put in place: nobody reads half of it, and a failure leaves the old one.
"""

from __future__ import annotations

import csv
import json
import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.cells import cell_text
from geodata.errors import DataError, InputError
from geodata.guarding import escape_text, guard_text
from geodata.workbook_writing import write_workbook

_WGS84 = "wgs84"
_MAX_EXACT = 10**15  # larger whole numbers come back from a column with blanks as other ones
_SIDE_FILES = ("", "-journal", "-wal", "-shm")  # of SQLite, in which a GeoPackage is


@dataclass(frozen=True, slots=True)
class Table:
    """What is to be written.

    Parameters
    ----------
    headings
        Distinct, in order.
    rows
        A cell for each heading: text, number, day, truth, or None for blank.
    position
        Headings of longitude and latitude in degrees; the geometry in GeoJSON and GeoPackage.
    title
        Name of the sheet or layer.
    datum
        Datum of the positions. Where it is not WGS-84 the file says so: by this name in a GeoJSON
        member and the name of the layer, and by the notes.
    notes
        What whoever opens the file must see: rows above the heading, a member, a description.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    position: tuple[str, str]
    title: str = "stations"
    datum: str = _WGS84
    notes: Sequence[str] = ()


def write_table(path: str | Path, table: Table) -> None:
    r"""Write a table in the format that the file's name ends with.

    Raises
    ------
    InputError
        The name ends with none of .csv, .xlsx, .geojson, .json, .gpkg; headings repeat or do not
        have the position; a sheet cannot hold so much.
    DataError
        The file cannot be written; what stood there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> table = Table(["name", "lon", "lat"], [["=1+1", 120.86, 32.01]], ("lon", "lat"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/list.csv", table)
    ...     Path(f"{folder}/list.csv").read_bytes()
    b"\xef\xbb\xbfname,lon,lat\r\n'=1+1,120.86,32.01\r\n"
    """
    target = Path(path)
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise InputError(
            f"cannot write {target.name}: expected a name that ends with {', '.join(_WRITERS)}"
        )
    folded = [heading.casefold() for heading in table.headings]
    if len(set(folded)) < len(folded) or not set(table.position) <= set(table.headings):
        raise InputError(
            f"cannot write {target.name}: headings repeat, or lack {table.position}: "
            f"{', '.join(table.headings)}"
        )
    with written_aside(target) as aside:
        write(aside, table)


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A place beside a file; what is written there takes the file's place in the end.

    Raises
    ------
    DataError
        It cannot be written; what stood there before is untouched.
    """
    aside = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield aside
        with aside.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(aside, target)  # noqa: PTH105
    except OSError as problem:
        raise DataError(f"cannot write {target}: {problem.strerror or problem}") from problem
    finally:
        for suffix in _SIDE_FILES:
            with suppress(OSError):
                aside.with_name(aside.name + suffix).unlink()


def _write_csv(path: Path, table: Table) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerows([_csv_cell(note)] for note in table.notes)
        writer.writerow(map(_csv_cell, table.headings))
        writer.writerows(map(_csv_cell, row) for row in table.rows)


def _csv_cell(cell: Any) -> str:
    if isinstance(cell, str):
        return guard_text(escape_text(cell))
    return repr(cell) if isinstance(cell, float) else cell_text(cell)


def _write_xlsx(path: Path, table: Table) -> None:
    title = _layer_name(table)
    write_workbook(path, table.headings, table.rows, title=title, notes=table.notes)


def _write_geojson(path: Path, table: Table) -> None:
    """One feature a line; what is not WGS-84 says so before the first."""
    head: dict[str, Any] = {"type": "FeatureCollection", "name": _layer_name(table)}
    if table.datum != _WGS84:
        head["datum"] = table.datum
    if table.notes:
        head["notes"] = list(table.notes)
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:
        stream.write(f'{_json(head)[:-1]}, "features": [')
        for number, (row, lon_deg, lat_deg) in enumerate(_placed_rows(table)):
            feature = {
                "type": "Feature",
                "geometry": None
                if math.isnan(lon_deg)
                else {"type": "Point", "coordinates": [lon_deg, lat_deg]},
                "properties": {
                    name: cell.isoformat() if isinstance(cell, date) else cell
                    for name, cell in row.items()
                    if cell is not None and cell != ""
                },
            }
            stream.write((",\n" if number else "\n") + _json(feature))
        stream.write("\n]}\n")


def _write_gpkg(path: Path, table: Table) -> None:
    """A layer of points; without a CRS where the datum has none."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

    rows = list(_placed_rows(table))
    names = [name for name in table.headings if name not in table.position]
    points = shapely.points(
        [[lon_deg, lat_deg] for _, lon_deg, lat_deg in rows] or np.empty((0, 2))
    )
    points[[math.isnan(lon_deg) for _, lon_deg, _ in rows]] = None
    columns = [_column([row[name] for row, _, _ in rows]) for name in names]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there is no CRS, which is meant so
            pyogrio.raw.write(
                path,
                shapely.to_wkb(points),
                [values for values, _ in columns],
                names,
                field_mask=[mask for _, mask in columns],
                layer=_layer_name(table),
                driver="GPKG",
                geometry_type="Point",
                crs="EPSG:4326" if table.datum == _WGS84 else None,
                layer_options={"DESCRIPTION": " ".join(table.notes) or table.title},
            )
    except (DataSourceError, DataLayerError, FieldError, GeometryError, RuntimeError) as problem:
        reason = str(problem).split("\n", maxsplit=1)[0]
        raise DataError(f"cannot write {path.name}: {reason}") from problem


_WRITERS: Mapping[str, Callable[[Path, Table], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".geojson": _write_geojson,
    ".json": _write_geojson,
    ".gpkg": _write_gpkg,
}


def _layer_name(table: Table) -> str:
    return table.title if table.datum == _WGS84 else f"{table.title}_{table.datum}"


def _placed_rows(table: Table) -> Iterator[tuple[dict[str, Any], float, float]]:
    """Cells of each row by heading, and its position; nan where it has none."""
    for row in table.rows:
        cells = dict(zip(table.headings, row, strict=True))
        lon_deg, lat_deg = (cells.pop(name) for name in table.position)
        if lon_deg is None or lat_deg is None:
            lon_deg = lat_deg = math.nan
        yield cells, lon_deg, lat_deg


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _column(cells: Sequence[Any]) -> tuple[Any, Any]:
    """A column as one type, and which cells are blank."""
    blank = np.array([cell is None or cell == "" for cell in cells], dtype=np.bool_)
    kinds = {type(cell) for cell, none in zip(cells, blank, strict=True) if not none}
    for kinds_of_type, dtype, filler in (
        ({bool}, np.bool_, False),
        ({int}, np.int64, 0),
        ({int, float}, np.float64, 0.0),
        ({date}, "datetime64[D]", date(1970, 1, 1)),
    ):
        if kinds and kinds <= kinds_of_type:
            filled = [filler if none else cell for cell, none in zip(cells, blank, strict=True)]
            if int not in kinds or all(
                -_MAX_EXACT < cell < _MAX_EXACT for cell in filled if isinstance(cell, int)
            ):
                return np.array(filled, dtype=dtype), blank
    texts = [
        None if none else escape_text(cell_text(cell) if not isinstance(cell, str) else cell)
        for cell, none in zip(cells, blank, strict=True)
    ]
    return np.array(texts, dtype=object), blank
