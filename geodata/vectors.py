"""Street lines of GIS files and street graphs, and of any mix of street files.

GeoPackage, Shapefile, GeoJSON, FlatGeobuf and whatever else GDAL reads come through pyogrio's
raw arrays, without pandas. `read_streets` takes OpenStreetMap files too.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from geodata.errors import DataError, InputError
from geodata.extract import StreetExtract
from geodata.formats import GRAPHML, OSM_FORMATS, street_format
from geodata.graphml import read_graphml
from geodata.joining import join_lines
from geodata.line_table import (
    OSM_ID_COLUMNS,
    TAG_KEYS,
    LineTable,
    read_cell,
    street_lines,
)

_SHAPEFILE_COLUMN = 10  # characters that a column name of a Shapefile may have
_LAYER_OF_ANY = ("Unknown", "Geometry", "GeometryCollection")

if TYPE_CHECKING:
    from geodata.lines import StreetLines


def read_streets(paths: Iterable[str | Path], *, datum: str = "wgs84") -> StreetExtract:
    """Streets, places and water of street files of any kind, put together.

    Files may overlap: what is in several of them is there once. OpenStreetMap files meet at
    their nodes, all others where vertices coincide within 1e-7 degrees.

    Parameters
    ----------
    paths
        As for `read_osm` and `read_lines`.
    datum
        Of the files that are not OpenStreetMap's: one of `geodata.datum.DATUMS`.

    Raises
    ------
    InputError
        No file is given, or one of them cannot be used.
    DataError
        A file is damaged.
    """
    sources = [Path(path) for path in paths]
    if not sources:
        raise InputError("no street file given; expected one or more, as city.osm.pbf")
    extracts, identified = [], []
    for source in sources:
        is_osm = street_format(source) in OSM_FORMATS
        identified.append(is_osm)
        if is_osm:
            from geodata.osm import read_osm

            extracts.append(read_osm(source))
        else:
            extracts.append(StreetExtract(read_lines(source, datum=datum)))
    return StreetExtract(
        join_lines([extract.lines for extract in extracts], identified),
        tuple({poi.id: poi for extract in extracts for poi in extract.pois}.values()),
        tuple({water.id: water for extract in extracts for water in extract.water}.values()),
    )


def read_lines(path: str | Path, *, datum: str = "wgs84") -> StreetLines:
    """Street lines of a GIS file or of an OSMnx GraphML.

    Columns named like the OpenStreetMap tags of `geodata.access` and `name`, in any case, are
    read as these tags; without them a line is open both ways to every mode. Rows without a
    line, and lines with coordinates that are no numbers, are left out and counted in
    `warnings`; heights are dropped.

    Parameters
    ----------
    path
        GeoPackage, Shapefile (zipped too), GeoJSON, FlatGeobuf, GraphML, what GDAL reads. Of
        several layers the only one of lines counts, or the only one with a column `highway`.
    datum
        Datum of the coordinates: one of `geodata.datum.DATUMS`.

    Raises
    ------
    InputError
        No such file, no lines in it, more than one layer of streets, coordinates that are no
        positions, or a CRS that is missing or unknown.
    DataError
        It is damaged or cut off.
    """
    source = Path(path)
    kind = street_format(source)
    table = read_graphml(source) if kind == GRAPHML else _read_gdal(source)
    try:
        return street_lines(table, datum=datum)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def _read_gdal(source: Path) -> LineTable:
    """Rows of the layer of streets."""
    import pyogrio

    _check_complete(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's remarks on odd geometries
            layer = _street_layer(source)
            columns = _tag_columns(pyogrio.read_info(source, layer=layer)["fields"])
            meta, shapes, fields = _read_layer(source, layer, list(columns))
    except (RuntimeError, IndexError) as error:  # what pyogrio raises for bad files
        reason = " ".join(str(error).split())
        if "not recognized" in reason:
            raise InputError(
                f"{source} is no file that GDAL reads; expected streets as .osm.pbf, .osm, "
                ".gpkg, .shp, .geojson, .fgb or .graphml"
            ) from error
        raise DataError(f"{source} is damaged or cut off ({reason})") from error
    by_name = dict(zip(meta["fields"], fields, strict=True))
    cells = {
        key: [read_cell(value) for value in by_name[column]]
        for column, key in columns.items()
        if key in TAG_KEYS
    }
    return LineTable(
        shapes=shapely.from_wkb(shapes, on_invalid="ignore"),
        cells=cells,
        crs=meta["crs"] or "",
        from_osm=any(key in OSM_ID_COLUMNS for key in columns.values()),
    )


def _check_complete(source: Path) -> None:
    """Refuse a Shapefile cut short, of which GDAL reads the rest as rows without shape."""
    with source.open("rb") as stream:
        head = stream.read(28)
    if head.startswith(b"\x00\x00\x27\x0a"):
        size = 2 * int.from_bytes(head[24:28], "big")
        if source.stat().st_size < size:
            raise DataError(f"{source} is cut off: {source.stat().st_size} of {size} bytes")


def _street_layer(source: Path) -> str:
    """The layer of lines, or of several the one with a column `highway`."""
    import pyogrio

    layers = [
        name
        for name, kind in pyogrio.list_layers(source)
        if kind is not None and ("Line" in kind or kind.split(" ")[0] in _LAYER_OF_ANY)
    ]
    if len(layers) > 1:
        tagged = [
            name
            for name in layers
            if "highway" in map(str.lower, pyogrio.read_info(source, layer=name)["fields"])
        ]
        layers = tagged if len(tagged) == 1 else layers
    if not layers:
        raise InputError(f"{source} holds no lines; expected streets drawn as lines")
    if len(layers) > 1:
        raise InputError(
            f"{source} holds several layers of lines ({', '.join(layers)}); "
            "save the streets to a file of their own"
        )
    return str(layers[0])


def _tag_columns(names: Iterable[str]) -> dict[str, str]:
    """Columns that are read, and the tag each stands for; the first of several wins."""
    found: dict[str, str] = {}
    for name in names:
        plain = name.lower().replace("_", ":")
        for key in (*TAG_KEYS, *OSM_ID_COLUMNS):
            wanted = key.replace("_", ":")
            # a Shapefile cuts names short: motor_vehi, oneway:bic
            if plain == wanted or (len(plain) == _SHAPEFILE_COLUMN and wanted.startswith(plain)):
                if key not in found.values():
                    found[name] = key
                break
    return found


def _read_layer(source: Path, layer: str, columns: list[str]) -> tuple[Any, Any, Any]:
    """Meta data, WKB and columns of a layer, in the first encoding that makes sense."""
    import pyogrio.raw

    for encoding in _encodings(source):
        try:
            meta, _, shapes, fields = pyogrio.raw.read(
                source, layer=layer, columns=columns, force_2d=True, encoding=encoding
            )
        except UnicodeDecodeError:
            continue
        return meta, shapes, fields
    raise InputError(f"{source} has names in an unknown encoding; save it in UTF-8")


def _encodings(source: Path) -> tuple[str | None, ...]:
    """Encodings to try; None leaves it to GDAL, which trusts what the file says.

    Only the tables of Shapefiles lie or say nothing. Text that is UTF-8 by its bytes is UTF-8;
    then what the file claims, then what Chinese offices use; ISO 8859-1 fits always.
    """
    if source.suffix.lower() not in (".shp", ".zip"):
        return (None,)
    claims = source.with_suffix(".cpg").exists() or source.with_suffix(".CPG").exists()
    return ("UTF-8", None, "GB18030") if claims else ("UTF-8", "GB18030", "ISO-8859-1")
