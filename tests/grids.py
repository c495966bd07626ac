"""A small city of square blocks near Nantong, as files a user would have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geodata.projection import Projection

METRES = Projection("EPSG:4549")
WEST_M, SOUTH_M = 580_000.0, 3_543_000.0
BLOCK_M = 100.0


def lonlat(x_m: float, y_m: float) -> list[float]:
    """Degrees of a point given in metres from the south-west corner."""
    lon, lat = METRES.to_lonlat([WEST_M + x_m, SOUTH_M + y_m]).tolist()
    return [lon, lat]


def collection(features: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def write_streets(path: Path, *, blocks: int = 6) -> Path:
    """Streets of blocks x blocks squares of 100 m, each line one whole street."""
    run = blocks * BLOCK_M
    features = []
    for i in range(blocks + 1):
        for name, ends in (
            (f"东西{i}路", [[j * BLOCK_M, i * BLOCK_M] for j in range(blocks + 1)]),
            (f"南北{i}路", [[i * BLOCK_M, j * BLOCK_M] for j in range(blocks + 1)]),
        ):
            line = {"type": "LineString", "coordinates": [lonlat(*end) for end in ends]}
            properties = {"name": name, "highway": "residential"}
            features.append({"type": "Feature", "properties": properties, "geometry": line})
    assert run > 0
    path.write_text(collection(features), encoding="utf-8")
    return path


def write_area(path: Path, box_m: tuple[float, float, float, float]) -> Path:
    """A rectangle in metres: west, south, east, north."""
    west, south, east, north = box_m
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = [lonlat(*corner) for corner in corners]
    shape = {"type": "Polygon", "coordinates": [ring]}
    path.write_text(
        collection([{"type": "Feature", "properties": {}, "geometry": shape}]), encoding="utf-8"
    )
    return path


def write_stations(path: Path, places_m: list[tuple[float, float]], *, kind: str = "") -> Path:
    """A sheet with Chinese headings, in GB18030."""
    rows = ["名称,经度,纬度,类别"]
    for i, place in enumerate(places_m, start=1):
        lon, lat = lonlat(*place)
        rows.append(f"站{i},{lon!r},{lat!r},{kind or 'rest_station'}")
    path.write_text("\n".join(rows) + "\n", encoding="gb18030")
    return path
