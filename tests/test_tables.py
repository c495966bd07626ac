"""Sheets and lists into rows: encodings, separators, headings, positions, and files gone wrong."""

from __future__ import annotations

import itertools
import json
import math
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.cells import parse_number, parse_yes_no
from geodata.columns import guess_columns, read_mapping
from geodata.equipment import (
    CONDITIONS,
    Equipment,
    format_facilities,
    parse_answer,
    parse_facilities,
)
from geodata.errors import InputError, SchemaError
from geodata.fields import fields
from geodata.tables import MAX_BYTES, Rows, read_rows, rows_from_records
from geodata.vocabulary import facilities

CHINESE = "站点名称,类别,经度,纬度,开放时间\n学田驿站,工会驿站,120.86,32.01,8:00-22:00\n"


@pytest.fixture
def sheet(tmp_path: Path) -> Any:
    """Write a file and read it back as rows."""

    def read(content: str | bytes, name: str = "list.csv", **options: Any) -> Rows:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_rows(path, **options)

    return read


def positions(rows: Rows) -> list[tuple[float, float]]:
    return [(row.lon_deg, row.lat_deg) for row in rows.rows]


def read_or_refused(path: Path) -> int:
    """Read a file that may be damaged: how many rows it has, each with a place or a problem.

    0 where all of it is refused; anything but a refusal is a fault.
    """
    try:
        rows = read_rows(path).rows
    except InputError:
        return 0
    for row in rows:
        assert row.problem or (math.isfinite(row.lon_deg) and math.isfinite(row.lat_deg))
        "".join(row.values.values()).encode()  # no halves of characters
    return len(rows)


# encodings and separators


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_read_rows_each_encoding_gives_the_same_row(sheet: Any, encoding: str) -> None:
    (row,) = sheet(CHINESE.encode(encoding)).rows
    assert (row.number, row.lon_deg, row.lat_deg) == (2, 120.86, 32.01)
    assert row.values == {"name": "学田驿站", "kind": "工会驿站", "hours": "8:00-22:00"}
    assert row.problem is None


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_read_rows_each_separator_gives_the_same_row(
    sheet: Any, separator: str, line_end: str
) -> None:
    text = f"name{separator}lon{separator}lat{line_end}A{separator}1.5{separator}2.5{line_end}"
    assert positions(sheet(text)) == [(1.5, 2.5)]


def test_read_rows_decimal_comma_is_a_number(sheet: Any) -> None:
    assert positions(sheet("name;lon;lat\nA;120,86;32,01\n")) == [(120.86, 32.01)]


def test_read_rows_quoted_separator_and_line_break_stay_in_the_cell(sheet: Any) -> None:
    (row,) = sheet('name,address,lon,lat\n"A, ""B""","one\ntwo",1,2\n').rows
    assert row.values == {"name": 'A, "B"', "address": "one\ntwo"}


def test_read_rows_title_above_headings_is_skipped_and_numbers_stay(sheet: Any) -> None:
    text = "南通市工会驿站一览表,,\n,,\n名称,经度,纬度\nA,1,2\n,,\nB,3,4\n"
    rows = sheet(text)
    assert [(row.number, row.values["name"]) for row in rows.rows] == [(4, "A"), (6, "B")]


def test_read_rows_headings_alone_are_no_rows(sheet: Any) -> None:
    assert len(sheet("name,lon,lat\n")) == 0
    assert len(sheet("[]", "list.json")) == 0


def test_read_rows_repeated_and_blank_headings_lose_nothing(sheet: Any) -> None:
    (row,) = sheet("name,lon,lat,note,note,\nA,1,2,x,y,z\n").rows
    assert row.extra == {"note": "x", "note'": "y", "column 6": "z"}


# headings


@pytest.mark.parametrize(
    ("lon", "lat"),
    [("lon", "lat"), ("LNG", "Lat"), ("longitude", "latitude"), ("经度", "纬度"), ("x", "y"),
     ("经度(GCJ-02)", "纬度(GCJ-02)"), ("经 度", "纬 度"), ("Long", "LAT"), ("东经", "北纬")],
)  # fmt: skip
def test_guess_columns_each_heading_of_a_position_is_known(sheet: Any, lon: str, lat: str) -> None:
    assert positions(sheet(f"{lat},{lon}\n32.01,120.86\n")) == [(120.86, 32.01)]


def test_guess_columns_chinese_sheet_is_understood() -> None:
    headings = "序号 站点编号 名称 类别 详细地址 经度 纬度 开放时间 服务电话 设施 状态 区县代码"
    columns = guess_columns([*headings.split(), "开放对象", "进入方式", "微波炉", "负责人手机"])
    assert {field: found[0] for field, found in columns.headings.items()} == {
        "code": "站点编号", "name": "名称", "kind": "类别", "address": "详细地址", "lon": "经度",
        "lat": "纬度", "hours": "开放时间", "phone": "服务电话", "facilities": "设施",
        "status": "状态", "district_code": "区县代码", "access_scope": "开放对象",
        "access_mode": "进入方式", "keeper_phone": "负责人手机",
    }  # fmt: skip
    assert columns.facility == {"微波炉": "MICROWAVE"}


def test_guess_columns_second_heading_fills_blank_cells_of_the_first(sheet: Any) -> None:
    rows = sheet("name,name:en,lon,lat\nA,B,1,2\n,C,3,4\n")
    assert [row.values["name"] for row in rows.rows] == ["A", "C"]
    assert rows.rows[0].extra == {"name:en": "B"}


def test_guess_columns_mapping_goes_before_the_guess(sheet: Any) -> None:
    text = "name,Bezeichnung,lon,lat,E,N,Wasser\nwrong,right,0,0,1.5,2.5,ja\n"
    mapping = {"name": "Bezeichnung", "lon": "E", "lat": "N", "facilities": {"WATER": "Wasser"}}
    rows = sheet(text, mapping=mapping)
    assert positions(rows) == [(1.5, 2.5)]
    assert rows.rows[0].values["name"] == "right"
    assert rows.rows[0].extra["name"] == "wrong"
    assert rows.rows[0].extra["Wasser"] == "ja"  # not understood, not lost


def test_guess_columns_wrong_mapping_tells_all_problems(sheet: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        sheet(CHINESE, mapping={"name": "nix", "colour": "类别"})
    assert len(caught.value.problems) == 2
    assert "'nix'" in str(caught.value)
    assert "'colour'" in str(caught.value)


def test_read_rows_mapping_file_is_toml_or_json(tmp_path: Path) -> None:
    toml, as_json = tmp_path / "m.toml", tmp_path / "m.json"
    toml.write_text('name = "题"\n[facilities]\nWATER = "水"\n', encoding="utf-8")
    as_json.write_text('{"name": "题", "facilities": {"WATER": "水"}}', encoding="utf-8")
    assert read_mapping(toml) == read_mapping(as_json)
    for bad in ("name", "[1, 2]", '{"name": '):
        toml.write_text(bad, encoding="utf-8")
        with pytest.raises(InputError, match="no mapping"):
            read_mapping(toml)
    with pytest.raises(InputError, match="cannot read"):
        read_mapping(tmp_path / "absent.toml")


def test_read_rows_no_position_columns_lists_what_was_got(sheet: Any) -> None:
    with pytest.raises(InputError, match=r"got name, street; expected lon and lat"):
        sheet("name,street\nA,B\n")


# positions


@pytest.mark.parametrize(
    "cell",
    ["POINT (120.86 32.01)", "SRID=4326;POINT(120.86 32.01)", "POINT Z (120.86 32.01 5)",
     "MULTIPOINT ((120.86 32.01))", "LINESTRING (120.84 32.01, 120.86 32.01, 120.88 32.01)",
     '{"type": "Point", "coordinates": [120.86, 32.01]}',
     "0101000000d7a3703d0a375e40e17a14ae47014040"],
)  # fmt: skip
def test_position_each_geometry_text_gives_its_point(sheet: Any, cell: str) -> None:
    quoted = cell.replace('"', '""')
    ((lon, lat),) = positions(sheet(f'name,WKT\nA,"{quoted}"\n'))
    assert (lon, lat) == pytest.approx((120.86, 32.01))


def test_position_polygon_gives_a_point_inside_it() -> None:
    horseshoe = [[0, 0], [9, 0], [9, 9], [8, 9], [8, 1], [1, 1], [1, 9], [0, 9], [0, 0]]
    geometry = {"type": "Polygon", "coordinates": [horseshoe]}
    (row,) = rows_from_records([{"geometry": geometry}], source="x").rows
    assert not (1 < row.lon_deg < 8 and row.lat_deg > 1)


@pytest.mark.parametrize(
    ("heading", "cell", "expected"),
    [
        ("geo_point_2d", [48.85, 2.35], (2.35, 48.85)),
        ("geo_point_2d", "48.85, 2.35", (2.35, 48.85)),
        ("geo_point_2d", {"lon": 2.35, "lat": 48.85}, (2.35, 48.85)),
        ("location", "120.86,32.01", (120.86, 32.01)),
        ("location", {"lat": 32.01, "lng": 120.86}, (120.86, 32.01)),
        ("坐标", "（120.86，32.01）", (120.86, 32.01)),
        ("point_lon_lat", [0, 0], (0, 0)),
        ("point_lon_lat", [0, 0, 0], None),
    ],
)
def test_position_pair_in_one_cell_is_read(
    heading: str, cell: Any, expected: tuple[float, float] | None
) -> None:
    (row,) = rows_from_records([{heading: cell}], source="x").rows
    if expected is None:
        assert row.problem is not None
    else:
        assert (row.lon_deg, row.lat_deg) == expected


@pytest.mark.parametrize(
    ("lon", "lat", "column", "reason"),
    [
        ("", "32.01", "lon", "blank"),
        ("120.86", "", "lat", "blank"),
        ("", "", "lon", "no position"),
        ("nan", "32.01", "lon", "not a number"),
        ("inf", "32.01", "lon", "not a number"),
        ("abc", "32.01", "lon", "not a number"),
        ("120.86", "12.1.2", "lat", "not a number"),
        ("32.01", "120.86", "lon", "swapped"),
        ("581256.6", "3543284.6", "lon", "beyond 180"),
    ],
)
def test_position_bad_cells_keep_the_row_with_column_value_and_reason(
    sheet: Any, lon: str, lat: str, column: str, reason: str
) -> None:
    good, bad = sheet(f"name,lon,lat\nA,1,2\nB,{lon},{lat}\n").rows
    assert good.problem is None
    assert bad.number == 3
    assert bad.values == {"name": "B"}
    assert bad.problem is not None
    assert bad.problem.column == column
    assert reason in bad.problem.reason
    if reason == "not a number":
        assert bad.problem.value in (lon, lat)


def test_read_rows_too_many_cells_refuse_the_row(sheet: Any) -> None:
    good, bad = sheet("name,lon,lat\nA,1,2,,\nB, 5,1,2\n").rows
    assert good.problem is None
    assert bad.problem is not None
    assert "4 cells under 3 headings" in bad.problem.reason


@pytest.mark.parametrize(
    "geometry",
    [None, {}, {"type": "Point", "coordinates": []}, {"type": "Point", "coordinates": ["a", 1]},
     {"type": "Nonsense"}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
     {"type": "GeometryCollection", "geometries": []}, {"coordinates": [1, 2]},
     {"type": "Point", "coordinates": [float("nan"), 1]},
     {"type": "LineString", "coordinates": [[float("nan"), 1], [2, 3]]}],
)  # fmt: skip
def test_read_rows_geojson_bad_geometry_keeps_the_row(sheet: Any, geometry: Any) -> None:
    good = {"type": "Feature", "properties": {"name": "A"},
            "geometry": {"type": "Point", "coordinates": [1, 2]}}  # fmt: skip
    bad = {"type": "Feature", "properties": {"name": "B"}, "geometry": geometry}
    document = {"type": "FeatureCollection", "features": [good, bad]}
    rows = sheet(json.dumps(document), "list.geojson").rows
    assert [row.values["name"] for row in rows] == ["A", "B"]
    assert [row.problem is None for row in rows] == [True, False]
    assert math.isnan(rows[1].lon_deg)


# JSON


@pytest.mark.parametrize(
    "wrap",
    [
        lambda places: places,
        lambda places: {"data": places},
        lambda places: {"status": 1, "result": {"empty": [], "pois": places}},
        lambda places: [{"id": 1, "fields": place} for place in places],
        lambda places: {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"name": place["name"]},
                    "geometry": {"type": "Point", "coordinates": [place["lng"], place["lat"]]},
                }
                for place in places
            ],
        },
    ],
    ids=["list", "in an object", "deep in an object", "with fields", "GeoJSON"],
)
def test_read_rows_each_json_shape_gives_the_same_rows(sheet: Any, wrap: Any) -> None:
    places = [{"name": "A", "lng": 1.5, "lat": 2.5}, {"name": "B", "lng": 3.5, "lat": 4.5}]
    rows = sheet(json.dumps(wrap(places)), "list.json")
    assert positions(rows) == [(1.5, 2.5), (3.5, 4.5)]
    assert [(row.number, row.values["name"]) for row in rows.rows] == [(1, "A"), (2, "B")]


def test_read_rows_single_feature_is_one_row(sheet: Any) -> None:
    feature = {
        "type": "Feature",
        "properties": None,
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    assert positions(sheet(json.dumps(feature))) == [(1, 2)]


def test_read_rows_geojson_metric_crs_becomes_degrees(sheet: Any) -> None:
    geometry: dict[str, Any] = {"type": "Point", "coordinates": [581256.62793563, 3543284.56589251]}
    document: dict[str, Any] = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}},
        "features": [{"type": "Feature", "properties": {}, "geometry": geometry}],
    }
    ((lon, lat),) = positions(sheet(json.dumps(document)))
    assert (lon, lat) == pytest.approx((120.86, 32.01), abs=1e-8)
    document["crs"]["properties"]["name"] = "urn:ogc:def:crs:OGC:1.3:CRS84"
    geometry["coordinates"] = [120.86, 32.01]
    assert positions(sheet(json.dumps(document))) == [(120.86, 32.01)]


def test_read_rows_json_entries_that_are_no_objects_are_rows_with_a_problem(sheet: Any) -> None:
    rows = sheet('[{"lon": 1, "lat": 2}, 7, null]', "list.json").rows
    assert [row.problem is None for row in rows] == [True, False, False]


# files gone wrong


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \r\n ", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"SQLite format 3\x00rest", "GeoPackage"),
        (b"%PDF-1.7", "a PDF"),
        (bytes(range(256)) * 8, "is not text"),
        (b"name,lon,lat\n\x00\x00\x00", "is not text"),
        ("名称,经度".encode("utf-16")[:-1], "is not text"),
        (b"name,lon,lat\ncaf\xe9 ,1,2\n", "is not text"),
        (b'[{"lon": 1, "lat"', "no complete JSON"),
        (b'{"type": "FeatureCollection", "features": [', "no complete JSON"),
        (b"[" * 50_000, "nested too deeply"),
        (b"[" * 100_000, "no list of places"),
        (b'{"a": 1}', "no list of places"),
        (b"[1, 2]", "no list of places"),
        (b'name,lon,lat\nA,1,2\n"B,3,4\nC,5,6\n', "no readable CSV at line"),
        (b"just one line of text", "no column with positions"),
    ],
)
def test_read_rows_broken_file_is_one_line_of_error(
    sheet: Any, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        sheet(content)
    assert "\n" not in str(caught.value)


def test_read_rows_missing_file_or_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*absent\.csv: No such file"):
        read_rows(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="cannot read"):
        read_rows(tmp_path)


@given(st.binary(max_size=400))
@example(b";")
@example(b",,,\n")
@example(b"B,3,x")
def test_read_rows_any_bytes_give_rows_or_input_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.csv"
    for heading in (b"", b"name,lon,lat\nA,1,2\n"):
        path.write_bytes(heading + content)
        read_or_refused(path)


JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=6)
    | st.integers(-(10**400), 10**400),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["lon", "lat", "type", "crs", "properties", "geometry", "coordinates",
                         "features", "name", "location", "facilities", "datum", "geo_point_2d"]),
        inner, max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSONS)
@example({"crs": 3, "features": [{"lon": 1, "lat": 2}]})
@example({"crs": "EPSG:4326", "features": [{"lon": 10**400, "lat": 2}]})
@example({"crs": {"properties": 3}, "features": [{"location": [10**400, 1]}]})
@example({"crs": {"properties": {"name": 7}}, "features": [{"name": 10**400, "lon": 1, "lat": 2}]})
@example([{"geometry": {"type": "Point", "coordinates": [10**400, 2]}}])
@example([{"lon": 1, "lat": 2, "name": "\ud800"}])
@example([{"lon": 1, "lat": 2, "facilities": {"WATER": 10**400}}])
def test_read_rows_any_json_gives_rows_or_input_error(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.json"
    path.write_text(json.dumps(document), "utf-8")
    read_or_refused(path)


@given(st.binary(max_size=12), st.integers(0, 200), st.integers(0, 12))
def test_read_rows_any_damaged_list_gives_rows_or_input_error(
    tmp_path_factory: pytest.TempPathFactory, put: bytes, start: int, length: int
) -> None:
    geojson = (
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": '
        b'"A"}, "geometry": {"type": "Point", "coordinates": [120.86, 32.01]}}]}'
    )
    path = tmp_path_factory.getbasetemp() / "damaged"
    for content in (CHINESE.encode(), CHINESE.encode("gb18030"), geojson):
        path.write_bytes(content[:start] + put + content[start + length :])
        read_or_refused(path)


@pytest.mark.parametrize(
    ("start", "filler", "message"),
    [
        (b"", b"\x00", "is not text"),
        (b"MZ\x90", b"\x07junk", "is not text"),
        (b"", b"lorem ipsum ", "no column with positions"),
        (b"", b"lorem, ipsum\n", "no column with positions"),
        (b"[", b"1,", "no list of places"),
        (b"\x89PNG\r\n", b"x", "a picture"),
        (b"\xff\xd8\xff", b"x", "a picture"),
        (b"\x1f\x8b", b"x", "an archive"),
        (b"<html>", b"<td>1</td>", "a web page or XML"),
    ],
)
def test_read_rows_fifty_megabytes_of_junk_are_refused_by_their_first_bytes(
    tmp_path: Path, start: bytes, filler: bytes, message: str
) -> None:
    path = tmp_path / "junk.csv"
    size = 50 << 20
    with path.open("wb") as stream:
        stream.write(start)
        stream.write(filler * ((1 << 20) // len(filler)))
        stream.truncate(size)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=message):
            read_rows(path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_read_rows_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.write(b"name,lon,lat\nA,1,2\n")
        stream.truncate(MAX_BYTES + 1)  # which takes no room on the disk
    with pytest.raises(InputError, match="537 MB; expected at most 537 MB"):
        read_rows(path)


def test_read_rows_heading_far_from_the_top_is_no_heading(sheet: Any) -> None:
    assert len(sheet("title\n" * 9 + "name,lon,lat\nA,1,2\n")) == 1
    with pytest.raises(InputError, match="no column with positions"):
        sheet("title\n" * 10 + "name,lon,lat\nA,1,2\n")


def test_read_rows_long_list_is_read_to_its_end(sheet: Any) -> None:
    text = "name,lon,lat\n" + "".join(f"学田{n},{n % 180},1.5\n" for n in range(20_000))
    for encoding in ("utf-8", "gb18030", "utf-16"):
        rows = sheet(text.encode(encoding)).rows
        assert (len(rows), rows[-1].values["name"], rows[-1].number) == (
            20_000,
            "学田19999",
            20_001,
        )


# GeoPackage


def layer(path: Path, name: str, points: list[Any], **options: Any) -> None:
    shapes = shapely.to_wkb(np.array([shapely.from_wkt(text) for text in points]))
    names = np.array([f"N{i}" for i in range(len(points))], dtype=object)
    pyogrio.raw.write(
        path, shapes, [names, np.array([1.5] * len(points))], ["名称", "面积"],
        layer=name, driver="GPKG", **{"geometry_type": "Unknown", "crs": "EPSG:4326", **options},
    )  # fmt: skip


def test_read_rows_geopackage_gives_points_and_cells(tmp_path: Path) -> None:
    path = tmp_path / "list.gpkg"
    layer(path, "a", ["POINT (120.86 32.01)", "LINESTRING (1 2, 3 4, 5 2)", "POINT EMPTY"])
    first, second, third = read_rows(path).rows
    assert (first.number, first.lon_deg, first.lat_deg) == (1, 120.86, 32.01)
    assert first.values == {"name": "N0", "area_m2": "1.5"}
    assert (second.lon_deg, second.lat_deg) == (3, 4)
    assert third.problem is not None


def test_read_rows_geopackage_in_metres_becomes_degrees(tmp_path: Path) -> None:
    path = tmp_path / "list.gpkg"
    layer(path, "a", ["POINT (581256.62793563 3543284.56589251)"], crs="EPSG:4549")
    ((lon, lat),) = positions(read_rows(path))
    assert (lon, lat) == pytest.approx((120.86, 32.01), abs=1e-8)


def test_read_rows_geopackage_of_several_layers_takes_the_points(tmp_path: Path) -> None:
    path = tmp_path / "list.gpkg"
    layer(path, "streets", ["LINESTRING (1 2, 3 4)"], geometry_type="LineString")
    layer(path, "stations", ["POINT (1 2)"], geometry_type="Point", append=True)
    assert positions(read_rows(path)) == [(1, 2)]
    layer(path, "others", ["POINT (1 2)"], geometry_type="Point", append=True)
    with pytest.raises(InputError, match=r"several layers \(.*stations.*others"):
        read_rows(path)


@settings(max_examples=40)
@given(st.integers(0, 90_000), st.binary(max_size=40), st.booleans())
def test_read_rows_damaged_geopackage_gives_rows_or_input_error(
    tmp_path_factory: pytest.TempPathFactory, start: int, put: bytes, cut: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole, path = folder / "whole.gpkg", folder / "damaged.gpkg"
    if not whole.exists():
        layer(whole, "a", ["POINT (120.86 32.01)"] * 5)
    content = whole.read_bytes()
    path.write_bytes(content[:start] + put + (b"" if cut else content[start + len(put) :]))
    read_or_refused(path)


# preview


def test_rows_preview_tells_every_column(sheet: Any) -> None:
    rows = sheet("序号,站点名称,经度,纬度,空调,开放时间\n,,1,2,有,8:00-22:00\n7,A,3,4,,\n")
    assert [(line["heading"], line["field"], line["example"]) for line in rows.preview()] == [
        ("序号", "", "7"), ("站点名称", "name", "A"), ("经度", "lon", "1"), ("纬度", "lat", "2"),
        ("空调", "facilities.AC", "有"), ("开放时间", "hours", "8:00-22:00"),
    ]  # fmt: skip
    assert rows.preview()[0]["meaning"] == "kept as extra"
    assert rows.preview()[1]["meaning"] == "name 名称"


def test_guess_columns_every_field_is_known_by_name_chinese_and_english() -> None:
    for field in fields().values():
        for heading in (field.name, field.zh, field.en, field.en.upper()):
            found = guess_columns([heading]).headings
            assert list(found) == [field.name], heading


# cells


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.5", 1.5), ("1,5", 1.5), (" -3 ", -3), ("\u22123", -3), ("1e2", 100), ("1,234.5", None),
     ("1.2.3", None), ("", None), (None, None), (True, None), (float("nan"), None), (7, 7)],
)  # fmt: skip
def test_parse_number_each_form(text: Any, number: float | None) -> None:
    assert parse_number(text) == number


@given(st.floats(-180, 180))
def test_parse_number_any_written_number_comes_back(number: float) -> None:
    assert parse_number(repr(number)) == number
    assert parse_number(f"{number:.7f}".replace(".", ",")) == round(number, 7)


def test_parse_yes_no_unknown_stays_unknown() -> None:
    assert [parse_yes_no(word) for word in ("有", "√", "OUI", 2, True)] == [True] * 5
    assert [parse_yes_no(word) for word in ("无", "×", "Non", 0, False)] == [False] * 5
    assert [parse_yes_no(word) for word in ("待查", "?", "", "-1")] == [None] * 4


@pytest.mark.parametrize(
    ("cell", "found", "unknown"),
    [
        (["drink", "ac", "seat", "charging", "wifi", "first_aid"],
         {"WATER", "AC", "SEAT", "CHARGE", "WIFI", "FIRSTAID"}, []),
        ("饮水机、微波炉，桌椅；冰箱", {"WATER", "MICROWAVE", "SEAT", "FRIDGE"}, []),
        ("空调 饮水机 充电", {"AC", "WATER", "CHARGE"}, []),
        ("Drinking water, First aid", {"WATER", "FIRSTAID"}, []),
        ('["WATER", "swing"]', {"WATER"}, ["swing"]),
        ("[water", {"WATER"}, []),
        ({"WIFI": True, "TV": "待查"}, {"WIFI"}, ["TV"]),
        ("空调：有、沙发：?", {"AC"}, ["沙发：?"]),
    ],
)  # fmt: skip
def test_parse_facilities_each_form(cell: Any, found: set[str], unknown: list[str]) -> None:
    assert parse_facilities(cell) == (dict.fromkeys(found, True), {}, unknown)


def test_parse_facilities_said_to_be_missing_is_no() -> None:
    assert parse_facilities("无空调、没有厕所、饮水机:无、no wifi")[0] == {
        "AC": False, "TOILET": False, "WATER": False, "WIFI": False,
    }  # fmt: skip


def test_read_rows_facility_columns_join_the_list(sheet: Any) -> None:
    (row,) = sheet("name,lon,lat,设施,空调,冰箱,电视\nA,1,2,饮水机,有,无,待查\n").rows
    assert row.facilities == {"WATER": True, "AC": True, "FRIDGE": False}
    assert row.extra == {"电视": "待查"}


def test_parse_facilities_counts_and_conditions_are_equipment() -> None:
    offers = parse_facilities("饮水机×2、微波炉（坏，2026年5月1日）；2台空调，电视:缺、冰箱(好)")
    assert offers.there == {
        "WATER": True, "MICROWAVE": True, "AC": True, "TV": False, "FRIDGE": True,
    }  # fmt: skip
    assert offers.equipment == {
        "WATER": Equipment(2),
        "MICROWAVE": Equipment(None, "broken", date(2026, 5, 1)),
        "AC": Equipment(2),
        "TV": Equipment(None, "missing"),
        "FRIDGE": Equipment(None, "working"),
    }
    assert offers.unread == []


@pytest.mark.parametrize(
    ("cell", "there", "detail"),
    [
        ("有", True, Equipment()), ("坏", True, Equipment(None, "broken")),
        ("缺", False, Equipment(None, "missing")), ("2台", True, Equipment(2)),
        (3, True, Equipment(3)), ("1", True, Equipment()), (0, False, Equipment()),
        ("有（坏）", True, Equipment(None, "broken")), ("坏 2026-05-01", True,
        Equipment(None, "broken", date(2026, 5, 1))), ("×", False, Equipment()),
    ],
)  # fmt: skip
def test_parse_answer_each_form(cell: Any, there: bool, detail: Equipment) -> None:
    assert parse_answer(cell) == (there, detail)


@pytest.mark.parametrize(
    "cell", ["待查", "?", "有/无", "1台好1台坏", 2.5, "-1", "坏 2026-13-01", ""]
)
def test_parse_answer_not_understood_is_none(cell: Any) -> None:
    assert parse_answer(cell) is None


def test_format_facilities_every_state_of_every_facility_comes_back() -> None:
    details = list(itertools.product((None, 0, 1, 40), ("", *CONDITIONS), (None, date(2026, 5, 1))))
    for term in facilities():
        for there, parts in itertools.product((True, False, None), details):
            presence = {} if there is None else {term.code: there}
            equipment = {} if parts == (None, "", None) else {term.code: Equipment(*parts)}
            text = format_facilities(presence, equipment)
            assert parse_facilities(text) == (presence, equipment, []), text


def test_read_rows_broken_facility_is_there_and_broken(sheet: Any) -> None:
    (row,) = sheet("lon,lat,设施,空调,冰箱数量\n1,2,微波炉(坏)、Wi-Fi（收费）,坏,2\n").rows
    assert row.facilities == {"MICROWAVE": True, "WIFI": True, "AC": True, "FRIDGE": True}
    assert {code: told.condition for code, told in row.equipment.items()} == {
        "MICROWAVE": "broken", "AC": "broken", "FRIDGE": "",
    }  # fmt: skip
    assert row.extra == {"设施": "微波炉(坏)、Wi-Fi（收费）"}  # 收费 is not understood, so not lost


# real files


def test_read_rows_zhengzhou_list_is_understood(shared_data: Path) -> None:
    rows = read_rows(shared_data / "registry" / "zhengzhou_yizhan" / "stations_full.json")
    assert len(rows) == 82
    first = rows.rows[0]
    assert (first.lon_deg, first.lat_deg) == (113.564525, 34.819187)
    assert first.values["hours"] == "08:00-20:00"
    assert first.values["status"] == "open"
    assert set(first.facilities) == {"WATER", "AC", "SEAT", "CHARGE", "WIFI", "FIRSTAID"}
    assert all(row.problem is None for row in rows.rows)


@pytest.mark.parametrize("year", ["2022_mastersigat", "2023_jhanslik"])
def test_read_rows_paris_list_is_understood(shared_data: Path, year: str) -> None:
    rows = read_rows(shared_data / "registry" / f"paris_sanisettes_{year}.json")
    assert len(rows) == 615
    assert len(set(positions(rows))) == 606
    assert all(2.2 < lon < 2.5 and 48.8 < lat < 48.95 for lon, lat in positions(rows))
    assert len({row.values["source_id"] for row in rows.rows}) == 615
    assert sum(row.facilities.get("WHEELCHAIR") is True for row in rows.rows) in (507, 508)
    assert sum("WHEELCHAIR" not in row.facilities for row in rows.rows) == 1
