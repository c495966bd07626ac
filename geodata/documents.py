"""JSON lists of places: GeoJSON, a list of objects, or an object that holds one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geodata.columns import find_datum
from geodata.errors import InputError
from geodata.headings import Listing, Record
from geodata.positions import Problem, shown

_DEPTH = 4
# CRS names whose coordinates are WGS-84 degrees in lon, lat order already
_DEGREES_CRS = re.compile(r"CRS:?84$|EPSG:+(4326|4490|4979)$", re.IGNORECASE)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: Path, encoding: str) -> Listing:
    """Records of a JSON document, in memory.

    Raises
    ------
    InputError
        It is cut off, nested too deeply, or holds no list of objects.
    """
    source = path.name
    text = path.read_text(encoding)
    try:
        document = json.loads(text)
        if _HALF_CHARACTER.search(text):  # halves of characters can be neither shown nor stored
            whole = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
            document = json.loads(whole)
    except RecursionError as error:
        raise InputError(f"{source} is nested too deeply; expected a list of objects") from error
    except ValueError as error:
        raise InputError(f"{source} is no complete JSON: {error}") from error
    crs = hint = ""
    if isinstance(document, dict):
        crs = _crs_name(document.get("crs"))
        datum = document.get("datum")
        hint = find_datum(datum) if isinstance(datum, str) else ""
        if document.get("type") == "Feature":
            document = [document]
    listed = _find_list(document, _DEPTH)
    if listed is None:
        raise InputError(f"{source} holds no list of places; expected [{{...}}, ...] or GeoJSON")
    records = [_record(number, entry) for number, entry in enumerate(listed, start=1)]
    return Listing(records, all_headings(records), crs, hint)


def all_headings(records: Iterable[Record]) -> list[str]:
    """Headings of all records, in order of appearance."""
    return list(dict.fromkeys(heading for record in records for heading in record.cells))


def degrees_crs(name: str) -> bool:
    """Whether coordinates in a CRS are WGS-84 degrees, longitude first, as they stand."""
    return bool(_DEGREES_CRS.search(name))


def _crs_name(crs: Any) -> str:
    """Name of the CRS that an older GeoJSON gives; "" where it is degrees or no CRS at all."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) and not degrees_crs(name) else ""


def _find_list(document: Any, depth: int) -> list[Any] | None:
    """The longest list of objects in a document; an empty list only where there is no other."""
    if isinstance(document, list):
        objects = sum(isinstance(entry, dict) for entry in document)
        return document if objects or not document else None
    if not isinstance(document, dict) or depth == 0:
        return None
    found = [_find_list(value, depth - 1) for value in document.values()]
    return max((listed for listed in found if listed is not None), key=len, default=None)


def _record(number: int, entry: Any) -> Record:
    """Cells of an object; what stands in its `fields` or `properties` is lifted out."""
    if not isinstance(entry, dict):
        problem = Problem("", shown(entry), "not an object; expected {...} with a position")
        return Record(number, {}, problem)
    cells = dict(entry)
    for inner in ("fields", "properties"):
        if isinstance(cells.get(inner), dict):
            lifted = cells.pop(inner)
            cells = {**cells, **{key: value for key, value in lifted.items() if key != "geometry"}}
    if cells.get("type") == "Feature":
        del cells["type"]
    return Record(number, cells)
