"""Waters come as shapes alone, the largest first, and never too many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.town import PAYLOADS
from webapp import water
from webapp.water import water_geojson

if TYPE_CHECKING:
    from locator.view import CityView


class Folder:
    """As much of a view as waters are read from."""

    def __init__(self, folder: Path) -> None:
        self.store = self
        self.water_path = folder / "water.geojson"


def waters(folder: Path, *features: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"kind": kind, "name": name}, "geometry": geometry}
            for (kind, geometry), name in zip(features, PAYLOADS, strict=False)
        ],
    }
    (folder / "water.geojson").write_text(json.dumps(document), encoding="utf-8")
    answer: dict[str, Any] = json.loads(water_geojson(Folder(folder)))  # type: ignore[arg-type]
    return answer


def square(lon: float, size: float) -> dict[str, Any]:
    ring = [[lon, 32], [lon + size, 32], [lon + size, 32 + size], [lon, 32 + size], [lon, 32]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


RIVER = {"type": "LineString", "coordinates": [[120.0, 32.0], [120.1, 32.1]]}


def test_areas_and_rivers_come_and_coasts_and_names_stay(tmp_path: Path) -> None:
    answer = waters(tmp_path, ("area", square(120, 0.01)), ("river", RIVER), ("coastline", RIVER))
    assert [feature["geometry"]["type"] for feature in answer["features"]] == [
        "MultiPolygon",
        "MultiLineString",
    ]
    assert answer["features"][1]["geometry"]["coordinates"] == [RIVER["coordinates"]]
    assert all(feature["properties"] == {} for feature in answer["features"])


def test_too_many_waters_leave_the_small_ones_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(water, "MOST_POINTS", 12)
    answer = waters(tmp_path, *(("area", square(120 + i, 0.01 * (i + 1))) for i in range(4)))
    rings = [polygon[0] for polygon in answer["features"][0]["geometry"]["coordinates"]]
    assert sorted(int(min(lon for lon, _ in ring)) for ring in rings) == [122, 123]


@pytest.mark.parametrize("empty", [True, False])
def test_city_without_water_has_none(tmp_path: Path, empty: bool) -> None:
    if not empty:
        assert waters(tmp_path)["features"] == []
    assert json.loads(water_geojson(Folder(tmp_path)))["features"] == []  # type: ignore[arg-type]


def test_waters_of_the_town_lie_in_it(view: CityView) -> None:
    west, south, east, north = view.bounds_deg
    for feature in json.loads(water_geojson(view))["features"]:
        text = json.dumps(feature["geometry"]["coordinates"]).replace("[", "").replace("]", "")
        numbers = [float(part) for part in text.split(",")]
        assert min(numbers[0::2]) > west - 0.5
        assert max(numbers[0::2]) < east + 0.5
        assert min(numbers[1::2]) > south - 0.5
        assert max(numbers[1::2]) < north + 0.5
