"""Commands of the table of reach, as people give them, on blocks with three stations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.grids import lonlat, write_streets


@pytest.fixture
def run(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LOCATOR_CITY", str(tmp_path / "city"))
    run("init", tmp_path / "city", "--name", "方城", "--crs", "EPSG:4549")
    run("streets", "import", write_streets(tmp_path / "streets.geojson"))
    rows = ["名称,经度,纬度"]
    for name, x, y in (("一站", 150, 100), ("二站", 450, 300), ("三站", 300, 500)):
        rows.append(",".join([name, *map(repr, lonlat(x, y))]))
    (tmp_path / "sheet.csv").write_text("\n".join(rows), "utf-8")
    done = run("stations", "import", tmp_path / "sheet.csv", "--kind", "rest_station", "--json")
    assert done.json["added"] == 3, done.err
    return run


def test_curve_tells_presets_and_a_sentence(run) -> None:
    document = run("curve", "--json").json
    cover = run("coverage", "--within", "300", "--json").json
    (row,) = [row for row in document["presets"] if row["limit_m"] == 300]
    assert row["shares"][0] == pytest.approx(cover["share"], abs=1e-12)
    assert row["shares"] == sorted(row["shares"], reverse=True)
    told = run("curve").out
    assert document["sentence_zh"] in told
    assert "双15" in told


def test_rest_writes_minutes_left(run, tmp_path: Path) -> None:
    out = tmp_path / "rest.geojson"
    document = run("rest", "--break", "20", "-o", out, "--json").json
    assert 0 < document["mean_min"] < 20
    shares = [row["share"] for row in document["at_least"]]
    assert shares == sorted(shares, reverse=True)
    written = json.loads(out.read_text("utf-8"))
    assert all(f["properties"]["minutes_from"] >= 0 for f in written["features"])
    assert run("rest", "--break", "0").code == 2


def test_area_is_written_and_other_endings_refused(run, tmp_path: Path) -> None:
    out = tmp_path / "area.geojson"
    assert run("area", "--within", "200", "-o", out).code == 0
    (feature,) = json.loads(out.read_text("utf-8"))["features"]
    assert feature["properties"]["width_m"] == 25
    refused = run("area", "--within", "200", "-o", tmp_path / "area.kml")
    assert refused.code == 2
    assert ".geojson" in refused.err
