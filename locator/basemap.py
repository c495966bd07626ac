"""The basemap of a city: its own streets and waters as one file, beside the streets it belongs to.

Drawn when streets are imported; what an older program imported is drawn when first asked for.
"""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from geodata.extract import Water
from locator.errors import DataError

if TYPE_CHECKING:
    from locator.street_store import StreetStore
    from locator.streets import Streets
    from locator.version import Report

# Another way of drawing gets another number, so that files drawn before are drawn anew.
_VERSION = 2
BASEMAP = f"basemap-{_VERSION}.pmtiles"

_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError, shapely.errors.GEOSException,
)  # fmt: skip


def draw_basemap(folder: Path, streets: Streets, *, report: Report | None = None) -> Path:
    """Draw the basemap of the streets of one import; the file is whole, or not there.

    Parameters
    ----------
    folder
        Of the import; its waters are read from there.
    report
        Hears of progress; the work ends where it raises.

    Raises
    ------
    DataError
        The file cannot be written, or the waters are damaged.
    """
    from geodata.tile_layers import Drawing
    from geodata.tiles import write_tiles

    drawing = Drawing(
        streets.projection.to_lonlat(streets.xy_m),
        streets.first,
        streets.class_code,
        streets.classes,
        streets.name_code,
        streets.names,
        _waters(folder / "water.geojson"),
        streets.attribution,
    )
    path = folder / BASEMAP
    write_tiles(path, drawing, report=report)
    return path


def find_basemap(store: StreetStore) -> Path:
    """The basemap of the streets in force, drawn now where it is missing, by one process only.

    Raises
    ------
    DataError
        As `draw_basemap`.
    """
    path = store.folder / BASEMAP
    if path.is_file():
        return path
    try:
        lock = (store.folder / ".basemap.lock").open("w")
    except OSError as problem:
        raise DataError(f"cannot write in {store.folder}: {problem.strerror}") from problem
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Streets without barriers: the folder's own.
        return path if path.is_file() else draw_basemap(store.folder, _own_streets(store))


def _own_streets(store: StreetStore) -> Streets:
    from locator.streets import Streets

    return store.streets if store.saved else Streets.open(store.folder / "streets")


def _waters(path: Path) -> tuple[Water, ...]:
    """Waters as the import wrote them; () where it had none."""
    if not path.is_file():
        return ()
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
        shapes = shapely.from_geojson([json.dumps(row["geometry"]) for row in found])
        told = [row["properties"] for row in found]
        return tuple(
            Water(
                str(row.get("id", "")), str(row.get("kind", "")), str(row.get("name") or ""), shape
            )
            for row, shape in zip(told, shapes, strict=True)
        )
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        shapely.GEOSException,
    ) as problem:
        raise DataError(f"{path} is damaged: import the streets again") from problem
