"""What kind of street file a file is, told by its first bytes and not by its name."""

from __future__ import annotations

from pathlib import Path

from geodata.errors import DataError, InputError

OSM_FORMATS = ("pbf", "osm", "osm.gz", "osm.bz2")  # as libosmium names them
GRAPHML = "graphml"
OTHER = "other"  # for GDAL to tell

_HEAD_BYTES = 4096
_EXPECTED = "expected streets as .osm.pbf, .osm, .gpkg, .shp, .geojson, .fgb or .graphml"


def street_format(path: str | Path) -> str:
    """One of `OSM_FORMATS`, `GRAPHML`, or `OTHER`.

    Raises
    ------
    InputError
        There is no such file, or it is empty.
    DataError
        It cannot be read.

    Examples
    --------
    >>> street_format("nowhere.pbf")
    Traceback (most recent call last):
    geodata.errors.InputError: no file nowhere.pbf; expected streets as .osm.pbf, .osm, ...
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"no file {source}; {_EXPECTED}")
    try:
        with source.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError as error:
        raise DataError(f"cannot read {source}: {error.strerror}") from error
    if not head:
        raise InputError(f"{source} is empty; {_EXPECTED}")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    marks = (
        ("pbf", b"OSMHeader" in head[:24]),
        ("osm.gz", head.startswith(b"\x1f\x8b")),
        ("osm.bz2", head.startswith(b"BZh")),
        ("osm", text.startswith(b"<") and b"<osm" in text),
        (GRAPHML, text.startswith(b"<") and b"<graphml" in text),
    )
    return next((kind for kind, found in marks if found), OTHER)
