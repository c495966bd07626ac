"""The commands for areas, demand and coverage by them, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geodata.areas import Area, to_geojson
from locator.city import City
from locator.errors import NotFoundError
from tests.block_city import make_block_city
from tests.grids import collection, lonlat, write_area, write_stations, write_streets

ROW_KEYS = {
    "code", "name", "total_m", "covered_m", "uncovered_m", "unreachable_m", "share", "stations",
}  # fmt: skip
FACTS = ("--unit", "人", "--source", "七普", "--date", "2020-11-01")


def polygon(corners: list[tuple[float, float]]) -> dict[str, Any]:
    ring = [lonlat(*corner) for corner in [*corners, corners[0]]]
    return {"type": "Polygon", "coordinates": [ring]}


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return polygon([(west, south), (east, south), (east, north), (west, north)])


def write_layer(path: Path, shapes: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> Path:
    features = [
        {"type": "Feature", "properties": facts, "geometry": shape} for facts, shape in shapes
    ]
    path.write_text(collection(features), encoding="utf-8")
    return path


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Blocks of 100 m with a station in the west, in a west and an east district."""
    made = make_block_city(tmp_path / "c", [(100.0, 300.0)])
    write_layer(
        tmp_path / "d.geojson",
        [({"adcode": 2, "name": "东区"}, box(250, -50, 560, 650)),
         ({"adcode": 1, "name": "西区"}, box(-50, -50, 250, 650))],
    )  # fmt: skip
    return made


def imported(city: City, run, *args: object) -> dict[str, Any]:
    done = run(*args, "--city", city.workspace.path, "--json")
    assert done.code == 0, done.err
    document: dict[str, Any] = done.json
    return document


def test_areas_are_imported_and_listed(city: City, tmp_path: Path, run) -> None:
    report = imported(city, run, "districts", "import", tmp_path / "d.geojson")
    assert {key: report[key] for key in ("read", "added", "rejected")} == {
        "read": 2, "added": 2, "rejected": [],
    }  # fmt: skip
    assert report["warnings"] == []
    listed = imported(city, run, "districts", "list")
    assert listed == {"layers": [{"layer": "district", "areas": [
        {"code": "1", "name": "西区"}, {"code": "2", "name": "东区"}]}]}  # fmt: skip
    told = run("districts", "list", "--city", city.workspace.path)
    assert "西区" in told.out


def test_replaced_layer_says_which_codes_came_and_went(city: City, tmp_path: Path, run) -> None:
    first = imported(city, run, "districts", "import", tmp_path / "d.geojson")
    assert (first["came"], first["went"]) == ([], [])
    square = shapely.box(*lonlat(0.0, 0.0), *lonlat(300.0, 600.0))
    other = tmp_path / "e.geojson"
    other.write_text(
        to_geojson([Area(square, {"code": "1"}), Area(square, {"code": "9"})]), "utf-8"
    )
    second = imported(city, run, "districts", "import", other)
    assert (second["came"], second["went"]) == (["9"], ["2"])
    assert "gone: 9" in run("districts", "import", tmp_path / "d.geojson", "--city",
                            city.workspace.path).out  # fmt: skip


def test_coverage_by_district_adds_up_with_what_is_outside(city: City, tmp_path: Path, run) -> None:
    imported(city, run, "districts", "import", tmp_path / "d.geojson")
    document = imported(city, run, "coverage", "--within", 150, "--by", "district")
    rows = document["districts"]
    assert [row["code"] for row in rows] == ["1", "2", None]
    assert all(row.keys() >= ROW_KEYS for row in rows)
    for key in ("total_m", "covered_m", "uncovered_m", "unreachable_m"):
        assert sum(row[key] for row in rows) == pytest.approx(document[key], rel=1e-9)
    for depth, metres in document["depth_m"].items():
        assert sum(row["depth_m"][depth] for row in rows) == pytest.approx(metres, rel=1e-9)
    assert rows[0]["total_m"] == pytest.approx(3 * 600 + 7 * 250, abs=0.05)
    assert rows[2]["total_m"] == pytest.approx(600 + 7 * 40, abs=0.05)
    assert [row["stations"] for row in rows] == [1, 0, 0]
    fair = document["fairness"]["length"]
    assert (fair["best"], fair["worst"]) == ("西区", "东区")
    assert fair["worst_share"] == pytest.approx(0.0, abs=1e-9)  # the limit ends on the border
    assert "西区" in fair["sentence"]["zh"]
    told = run("coverage", "--within", 150, "--by", "district", "--city", city.workspace.path)
    assert "outside" in told.out
    assert fair["sentence"]["zh"] in told.out
    table = city.current().coverage(within_m=150).by_district()
    assert table.covered.tolist() == [row["covered_m"] for row in rows]


def test_coverage_without_a_layer_splits_nothing(city: City, run) -> None:
    assert imported(city, run, "coverage", "--within", 150)["districts"] == []
    missing = run("coverage", "--within", 150, "--by", "district", "--city", city.workspace.path)
    with pytest.raises(NotFoundError, match="districts import"):
        city.current().coverage(within_m=150).by_district()
    assert missing.code == 2
    assert "districts import" in missing.err


def test_order_of_the_areas_in_the_file_changes_nothing(city: City, tmp_path: Path, run) -> None:
    imported(city, run, "districts", "import", tmp_path / "d.geojson")
    one = imported(city, run, "coverage", "--within", 150, "--by", "district")
    data = json.loads((tmp_path / "d.geojson").read_text("utf-8"))
    data["features"].reverse()
    (tmp_path / "r.geojson").write_text(json.dumps(data), encoding="utf-8")
    imported(city, run, "districts", "import", tmp_path / "r.geojson")
    assert imported(city, run, "coverage", "--within", 150, "--by", "district") == one


def test_broken_areas_are_mended_or_rejected_with_their_reason(
    city: City, tmp_path: Path, run
) -> None:
    bow = polygon([(0, 0), (200, 200), (200, 0), (0, 200)])
    flat = polygon([(0, 0), (100, 0), (0, 0)])
    file = write_layer(
        tmp_path / "b.geojson",
        [({"code": "a"}, bow), ({"code": "b"}, flat), ({"code": "c"}, None),
         ({"code": "d"}, {"type": "Point", "coordinates": lonlat(0, 0)}),
         ({"code": "e"}, box(100, 100, 300, 300)), ({"code": "e"}, box(400, 400, 500, 500)),
         ({"code": "f"}, box(90_000, 0, 91_000, 100))],
    )  # fmt: skip
    report = imported(city, run, "districts", "import", file, "--layer", "key_areas")
    assert (report["read"], report["added"]) == (7, 3)
    assert [row["row"] for row in report["rejected"]] == [2, 3, 4]
    reasons = [row["reason"] for row in report["rejected"]]
    assert "enclose nothing" in reasons[0]
    assert reasons[1] == "it has no geometry"
    assert "Point, expected a polygon" in reasons[2]
    assert [row["row"] for row in report["mended"]] == [1]
    assert "self-intersection" in report["mended"][0]["reason"]
    told = " ".join(report["warnings"])
    assert "of one code became one" in told
    assert "overlap" in told
    assert "1 of 3 areas lie outside" in told
    document = imported(city, run, "coverage", "--within", 150, "--by", "key_areas")
    assert [row["code"] for row in document["districts"]] == ["a", "e", "f", None]
    assert [row["share"] for row in document["districts"]][2] is None


def test_file_without_areas_and_bad_names_are_refused(city: City, tmp_path: Path, run) -> None:
    point = {"type": "Point", "coordinates": lonlat(0, 0)}
    file = write_layer(tmp_path / "p.geojson", [({}, point)])
    path = city.workspace.path
    for args, message in (
        ((file,), "holds no area"),
        ((tmp_path / "d.geojson", "--layer", "../x"), "no name of a layer"),
        ((tmp_path / "d.geojson", "--datum", "mars"), "datum"),
        ((tmp_path / "none.geojson",), "not a file"),
    ):
        done = run("districts", "import", *args, "--city", path)
        assert (done.code, message in done.err) == (2, True), done.err
    assert not (path / "districts.geojson").exists()


def test_gcj02_boundary_of_nantong_with_old_codes_comes_home(
    shared_data: Path, tmp_path: Path, run
) -> None:
    file = shared_data / "boundary" / "320600_full_datav_2021.json"
    run("init", tmp_path / "n", "--name", "南通")
    made = run("districts", "import", file, "--datum", "gcj02", "--city", tmp_path / "n", "--json")
    assert made.json["added"] == 7
    assert made.json["warnings"] == []
    listed = run("districts", "list", "--city", tmp_path / "n", "--json").json
    areas = {row["code"]: row["name"] for row in listed["layers"][0]["areas"]}
    assert areas["320613"] == "崇川区"
    assert areas["320614"] == "海门区"
    assert not areas.keys() & {"320602", "320684"}
    doubted = run("districts", "import", file, "--city", tmp_path / "n", "--json").json
    assert "--datum gcj02" in doubted["warnings"][0]


@pytest.mark.parametrize("ending", ["gpkg", "shp"])
def test_areas_from_gis_files(ending: str, city: City, tmp_path: Path, run) -> None:
    import geopandas

    shape = shapely.from_geojson(json.dumps(box(-50, -50, 250, 650)))
    frame = geopandas.GeoDataFrame({"CODE": ["7"], "NAME": ["一区"]}, geometry=[shape], crs=4326)
    frame.to_crs("EPSG:4549").to_file(tmp_path / f"a.{ending}")
    imported(city, run, "districts", "import", tmp_path / f"a.{ending}")
    row = imported(city, run, "coverage", "--within", 150, "--by", "districts")["districts"][0]
    assert (row["code"], row["name"]) == ("7", "一区")
    assert row["total_m"] == pytest.approx(3 * 600 + 7 * 250, abs=0.1)


# -- demand ----------------------------------------------------------------------------------


def test_demand_by_district_is_told_beside_length(city: City, tmp_path: Path, run) -> None:
    imported(city, run, "districts", "import", tmp_path / "d.geojson")
    (tmp_path / "r.csv").write_text("代码,人数\n1,900\n东区,100\n3,5\n", encoding="utf-8")
    report = imported(
        city, run, "demand", "import", tmp_path / "r.csv", "--name", "residents", *FACTS
    )
    assert (report["read"], report["added"], report["total"]) == (3, 2, 1000.0)
    assert report["rejected"][0]["row"] == 4
    assert (report["placed"], report["unplaced"]) == (pytest.approx(1000.0), 0.0)
    document = imported(
        city, run, "coverage", "--within", 150, "--by", "district", "--demand", "residents"
    )
    facts = document["demand"]
    assert (facts["unit"], facts["source"], facts["date"]) == ("人", "七普", "2020-11-01")
    rows = document["districts"]
    # People are spread evenly in a district, so its two shares are the same; the city's are not.
    assert rows[0]["demand"]["share"] == pytest.approx(rows[0]["share"])
    assert rows[0]["demand"]["total"] == pytest.approx(900.0)
    assert facts["share"] == pytest.approx(0.9 * rows[0]["share"])
    for key in ("total", "covered", "uncovered", "unreachable"):
        assert sum(row["demand"][key] for row in rows) == pytest.approx(facts[key], rel=1e-9)
    half = imported(city, run, "coverage", "--within", 150, "--demand", "residents*0.5")
    assert half["demand"]["covered"] == pytest.approx(0.5 * facts["covered"])
    told = run("coverage", "--within", 150, "--by", "district", "--demand", "residents",
               "--city", city.workspace.path)  # fmt: skip
    assert "七普，2020-11-01" in told.out
    assert imported(city, run, "demand", "list")["layers"][0]["name"] == "residents"
    assert "residents" in run("demand", "list", "--city", city.workspace.path).out


def test_demand_that_does_not_say_who_and_when_is_refused(city: City, tmp_path: Path, run) -> None:
    (tmp_path / "r.csv").write_text("lon,lat\n120.8,32\n", encoding="utf-8")
    done = run("demand", "import", tmp_path / "r.csv", "--name", "a", "--city", city.workspace.path)
    assert done.code == 2
    for option in ("--unit", "--source", "--date"):
        assert option in done.err
    assert not city.workspace.demand_folder.exists()


def test_two_demands_are_never_added_up(city: City, run) -> None:
    done = run("coverage", "--within", 150, "--demand", "a+b", "--city", city.workspace.path)
    assert done.code == 2
    assert "not added up" in done.err


def test_points_far_from_streets_are_left_out_and_said(city: City, tmp_path: Path, run) -> None:
    rows = [(*lonlat(100, 310), 5), (*lonlat(9_000, 0), 3), (*lonlat(590, 590), 2)]
    text = "lon,lat,count\n" + "".join(f"{x!r},{y!r},{n}\n" for x, y, n in rows)
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    report = imported(city, run, "demand", "import", tmp_path / "p.csv", "--name", "餐馆", *FACTS)
    assert (report["form"], report["unplaced"], report["unplaced_rows"]) == ("points", 3.0, 1)
    document = imported(city, run, "coverage", "--within", 150, "--demand", "餐馆")
    assert document["demand"]["covered"] == pytest.approx(5.0)
    assert document["demand"]["total"] == pytest.approx(7.0)
    told = run("coverage", "--within", 150, "--demand", "餐馆", "--city", city.workspace.path)
    assert "没有算进去 left out: 3 附近没有街道 near no street" in told.out


# -- a moment, and the edge of the city --------------------------------------------------------


def test_coverage_at_a_moment_is_a_range(city: City, run) -> None:
    """Named after OTP#1373: fewer open stations never cover more."""
    whole = imported(city, run, "coverage", "--within", 150)
    at = imported(city, run, "coverage", "--within", 150, "--at", "2026-03-02T10:00")
    assert at["at"] == "2026-03-02T10:00:00"
    assert at["stations"] == {"open": 0, "unknown": 1, "closed": 0}
    assert at["covered_m"] == 0.0
    assert at["unreachable_m"] == pytest.approx(whole["total_m"])
    assert at["high"]["covered_m"] == whole["covered_m"]
    assert "known to be open" in at["warnings"][0]
    told = run("coverage", "--within", 150, "--at", "Sun 03:00", "--city", city.workspace.path)
    assert "1 of unknown hours" in told.out
    assert run("coverage", "--within", 150, "--at", "soon", "--city", city.workspace.path).code == 2


def edge_city(folder: Path, run, buffer_m: float) -> Path:
    """The west half of the blocks is the city, the station stands in the east."""
    streets = write_streets(folder / "s.geojson", blocks=40)
    area = write_area(folder / "b.geojson", (-10.0, -10.0, 2_010.0, 4_010.0))
    sheet = write_stations(folder / "p.csv", [(2_250.0, 2_000.0), (300.0, 300.0)])
    path = folder / str(buffer_m)
    for args in (
        ("init", path, "--name", "边城", "--boundary", area, "--crs", "EPSG:4549"),
        ("streets", "import", streets, "--buffer", buffer_m, "--city", path),
        ("stations", "import", sheet, "--city", path),
    ):
        done = run(*args)
        assert done.code == 0, done.err
    return path


@pytest.mark.slow
def test_larger_buffer_changes_no_district(tmp_path: Path, run) -> None:
    shapes: list[Any] = [({"code": "n"}, box(-500, 1_930, 1_500, 4_500)),
              ({"code": "s"}, box(-500, -500, 3_000, 1_930))]  # fmt: skip
    layer = write_layer(tmp_path / "d.geojson", shapes)
    rows = "".join(f"{x!r},{y!r},1\n" for x, y in (lonlat(2_005, i * 400) for i in range(10)))
    (tmp_path / "g.csv").write_text("lon,lat,count\n" + rows, encoding="utf-8")
    documents = []
    for buffer_m in (600.0, 1_600.0):
        path = edge_city(tmp_path, run, buffer_m)
        run("districts", "import", layer, "--city", path)
        run("demand", "import", tmp_path / "g.csv", "--name", "g", "--cell", 400, *FACTS,
            "--city", path)  # fmt: skip
        asked = ("coverage", "--within", 600, "--by", "district", "--demand", "g", "--city", path)
        documents.append(run(*asked, "--json").json)
    narrow, wide = documents
    assert narrow["covered_m"] > 0
    assert narrow["border_m"] == wide["border_m"] == 0.0
    for one, other in zip(narrow["districts"], wide["districts"], strict=True):
        for key in ("total_m", "covered_m", "uncovered_m", "unreachable_m"):
            assert one[key] == pytest.approx(other[key], rel=1e-9, abs=1e-6)
        assert one["demand"]["covered"] == pytest.approx(other["demand"]["covered"], rel=1e-9)
    assert 0 < narrow["demand"]["beyond"] == pytest.approx(wide["demand"]["beyond"])


@pytest.mark.slow
def test_strip_that_may_be_served_from_beyond_is_told(tmp_path: Path, run) -> None:
    path = edge_city(tmp_path, run, 300.0)
    document = run("coverage", "--within", 500, "--city", path, "--json").json
    assert "buffer" in document["warnings"][0]
    # 200 m inside the boundary: three rings of streets, less what the station covers there.
    assert 0 < document["border_m"] < 200 * (2 * 41 + 42) + 3 * (2 * 2_010 + 4_010)
    told = run("coverage", "--within", 500, "--city", path)
    assert "may be served from beyond" in told.out
    assert run("coverage", "--within", 300, "--city", path, "--json").json["border_m"] == 0.0


# -- real cities -------------------------------------------------------------------------------


@pytest.mark.slow
def test_porto_alegre_with_its_hexagon_demand(shared_data: Path, tmp_path: Path, run) -> None:
    path = tmp_path / "poa"
    run("init", path, "--name", "Porto Alegre")
    run("streets", "import", shared_data / "osm" / "poa_osm.pbf", "--city", path)
    run("stations", "import", "--kind", "rest_station", "--osm", "amenity=toilets", "--city", path)
    made = run("demand", "import", shared_data / "demand" / "poa_hexgrid.csv", "--name",
               "residents", "--unit", "people", "--source", "IBGE", "--date", "2010",
               "--city", path, "--json")  # fmt: skip
    report = made.json
    assert (report["read"], report["added"], report["rejected"]) == (1227, 1227, [])
    assert (report["form"], report["column"], report["total"]) == ("hexagons", "population", 812935)
    assert report["placed"] + report["unplaced"] == pytest.approx(812935, rel=1e-9)
    assert report["unplaced"] < 0.01 * 812935
    points = run("demand", "import", shared_data / "demand" / "poa_points_of_interest.csv",
                 "--name", "places", "--unit", "places", "--source", "r5r", "--date", "2021",
                 "--city", path, "--json")  # fmt: skip
    assert (points.json["form"], points.json["total"]) == ("points", 15.0)
    west, south, east, north = City.open(path).current().bounds_deg
    middle = (west + east) / 2
    halves = [Area(shapely.box(*bounds), {"code": code, "name": code}) for code, bounds in (
        ("W", (west, south, middle, north)), ("E", (middle, south, east, north)))]  # fmt: skip
    (tmp_path / "halves.geojson").write_text(to_geojson(halves), encoding="utf-8")
    run("districts", "import", tmp_path / "halves.geojson", "--city", path)
    asked = ("coverage", "--within", "15min", "--by", "district", "--city", path, "--json")
    document = run(*asked, "--demand", "residents").json
    rows, facts = document["districts"], document["demand"]
    for key in ("total_m", "covered_m", "uncovered_m", "unreachable_m"):
        assert sum(row[key] for row in rows) == pytest.approx(document[key], rel=1e-9)
    for key in ("total", "covered", "uncovered", "unreachable"):
        assert sum(row["demand"][key] for row in rows) == pytest.approx(facts[key], rel=1e-9)
    assert facts["total"] == pytest.approx(report["placed"], rel=1e-9)
    assert facts["share"] != pytest.approx(document["share"], abs=0.01)
    places = run(*asked, "--demand", "places").json["demand"]
    assert places["covered"] == pytest.approx(round(places["covered"]), abs=1e-6)


@pytest.mark.slow
def test_jinan_shapefile_split_by_made_up_areas(shared_data: Path, tmp_path: Path, run) -> None:
    path = tmp_path / "jinan"
    run("init", path, "--name", "济南")
    run("streets", "import", shared_data / "osm" / "jinan" / "edges.shp", "--city", path)
    view = City.open(path).current()
    west, south, east, north = view.bounds_deg
    rng = np.random.default_rng(3)
    spots = shapely.MultiPoint(
        np.column_stack((rng.uniform(west, east, 12), rng.uniform(south, north, 12)))
    )
    cells = shapely.get_parts(
        shapely.voronoi_polygons(spots, extend_to=shapely.box(west, south, east, north))
    )
    wards = [Area(cell, {"code": f"{i:02d}", "name": f"{i}片"}) for i, cell in enumerate(cells)][
        :-1
    ]
    (tmp_path / "wards.geojson").write_text(to_geojson(wards), encoding="utf-8")
    run("districts", "import", tmp_path / "wards.geojson", "--layer", "wards", "--city", path)
    rows = "".join(f"站{i},{lon!r},{lat!r}\n" for i, (lon, lat) in enumerate(
        view.to_lonlat(view.streets.node_xy_m[::500]).tolist()))  # fmt: skip
    (tmp_path / "s.csv").write_text("名称,经度,纬度\n" + rows, encoding="utf-8")
    run("stations", "import", tmp_path / "s.csv", "--kind", "rest_station", "--city", path)
    document = run("coverage", "--within", 1000, "--by", "wards", "--mode", "car",
                   "--city", path, "--json").json  # fmt: skip
    assert len(document["districts"]) == 12
    for key in ("total_m", "covered_m", "uncovered_m", "unreachable_m"):
        total = sum(row[key] for row in document["districts"])
        assert total == pytest.approx(document[key], rel=1e-9)
    assert document["districts"][-1]["total_m"] > 0
    assert sum(row["stations"] for row in document["districts"]) == rows.count("\n")
