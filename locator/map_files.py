"""Maps as GeoJSON files: none leaves the house without its source and, if invented, its label."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locator.errors import InputError
from locator.workspace import replace_text

if TYPE_CHECKING:
    from locator.version import CityVersion

SAMPLE = "示例数据 SAMPLE"
ENDINGS = (".geojson", ".json")


def label_map(document: dict[str, Any], view: CityVersion) -> dict[str, Any]:
    """The same GeoJSON with what is owed to the source of the streets, and whether it is real.

    `attribution` is there where one is owed, `sample` always, `label` where the city is invented.
    """
    owed = {"attribution": view.attribution} if view.attribution else {}
    label = {"label": SAMPLE} if view.sample else {}
    return {**document, **owed, "sample": view.sample, **label}


def write_map(path: Path, document: dict[str, Any], view: CityVersion) -> str:
    """Write a labelled GeoJSON file; returns its path as text.

    Raises
    ------
    InputError
        The name ends otherwise.
    DataError
        It cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(
            f"{path.name}: this is written as GeoJSON; expected a name that ends in .geojson"
        )
    replace_text(path, json.dumps(label_map(document, view), ensure_ascii=False))
    return str(path)
