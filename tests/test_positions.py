"""Positions as people write them: minutes and seconds, letters, swapped columns, several datums."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.columns import find_datum, guess_columns
from geodata.degrees import parse_degrees, split_degrees
from geodata.positions import swap_problems
from geodata.tables import Rows, read_rows, rows_from_records

# degrees, minutes, seconds


@pytest.mark.parametrize(
    ("text", "degrees", "axis"),
    [
        ("120°51′36″E", 120.86, "lon"),
        ("120°51'36\"", 120.86, ""),
        ("E120°51′36″", 120.86, "lon"),
        ("N32 00 36", 32.01, "lat"),
        ("120度51分36秒", 120.86, ""),
        ("东经120度51分36秒", 120.86, "lon"),
        ("北纬 32°0.6′", 32.01, "lat"),
        ("120.86E", 120.86, "lon"),
        ("120.86° e", 120.86, "lon"),
        ("１２０°５１′３６″", 120.86, ""),
        ("120º51’36”", 120.86, ""),
        ("120°51''", None, ""),
        ("120°51'36''E", 120.86, "lon"),
        ("120:51:36", 120.86, ""),
        ("120 51 36", 120.86, ""),
        ("120°51.6'", 120.86, ""),
        ("51°26′36″W", -51.443333, "lon"),
        ("-30°1'48\"", -30.03, ""),
        ("30,03S", -30.03, "lat"),
        ("120 51.6", None, ""),
        ("120", None, ""),
        ("120°61′", None, ""),
        ("120°51′61″", None, ""),
        ("120.5°51′", None, ""),
        ("E120°51′36″W", None, ""),
        ("-120°51′E", None, ""),
        ("E", None, ""),
        ("", None, ""),
        ("1200°5′", None, ""),
        ("学田街道12号", None, ""),
    ],
)
def test_parse_degrees_each_form(text: str, degrees: float | None, axis: str) -> None:
    angle = parse_degrees(text)
    if degrees is None:
        assert angle is None
    else:
        assert angle is not None
        assert angle.degrees == pytest.approx(degrees, abs=1e-6)
        assert angle.axis == axis


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 5999), st.sampled_from("EWNS"))
def test_parse_degrees_any_angle_comes_back(d: int, m: int, centis: int, letter: str) -> None:
    s = centis / 100
    value = (d + m / 60 + s / 3600) * (-1 if letter in "WS" else 1)
    for text in (f"{d}°{m}′{s}″{letter}", f"{letter}{d} {m:02} {s}", f"{d}度{m}分{s}秒{letter}"):
        angle = parse_degrees(text)
        assert angle is not None
        assert angle.degrees == pytest.approx(value, abs=1e-9)
        assert angle.axis == ("lon" if letter in "EW" else "lat")


@given(st.text(alphabet="0123456789°′″'\" .,:-NSEW度分秒东经北纬", max_size=20))
def test_parse_degrees_any_text_is_an_angle_or_none(text: str) -> None:
    angle = parse_degrees(text)
    assert angle is None or math.isfinite(angle.degrees)
    assert len(split_degrees(text)) in (0, 2)


def one(cells: dict[str, Any]) -> tuple[Rows, Any]:
    rows = rows_from_records([cells], source="x")
    return rows, rows.rows[0]


@pytest.mark.parametrize(
    "cells",
    [
        {"lon": "120°51′36″E", "lat": "32°00′36″N"},
        {"经度": "120度51分36秒", "纬度": 32.01},
        {"坐标": "120°51′36″E, 32°00′36″N"},
        {"坐标": "32°00′36″N 120°51′36″E"},
        {"坐标": "N32°00′36″，E120°51′36″"},
        {"经纬度": "北纬32°00′36″ 东经120°51′36″"},
        {"经纬度": "120°51′36″ / 32°00′36″"},
        {"geo_point_2d": "32°00′36″, 120°51′36″"},
    ],
)
def test_position_in_minutes_and_seconds_is_read_and_told(cells: dict[str, Any]) -> None:
    rows, row = one(cells)
    assert row.problem is None
    assert (row.lon_deg, row.lat_deg) == pytest.approx((120.86, 32.01), abs=1e-9)
    assert rows.warnings == (
        "1 positions were written in degrees, minutes and seconds or with a compass letter; "
        "they are read as decimal degrees",
    )


def test_position_plain_degrees_are_not_told() -> None:
    assert one({"lon": "120.86°", "lat": 32.01})[0].warnings == ()


def test_position_minutes_and_seconds_are_told_once_a_file() -> None:
    places = [{"lon": f"120°51′{n}″E", "lat": "32°0′36″N"} for n in range(37)]
    (warning,) = rows_from_records(places, source="x").warnings
    assert warning.startswith("37 positions")


@pytest.mark.parametrize("cell", ["120°51′E, 121°51′E", "1, 2, 3", "120°51′36″", "abc"])
def test_position_pair_that_is_none_has_a_problem(cell: str) -> None:
    assert one({"坐标": cell})[1].problem is not None


# swapped


def test_position_letters_under_the_wrong_heading_are_refused() -> None:
    problem = one({"lon": "32°00′36″N", "lat": "120°51′36″E"})[1].problem
    assert problem.column == "lon"
    assert "swapped" in problem.reason
    assert "--mapping" in problem.fix


def test_position_swapped_columns_of_the_far_west_are_refused_row_by_row() -> None:
    # Kashgar, 76 E 39.5 N: swapped it is a latitude that exists
    places = [{"经度": 39.47 + n / 100, "纬度": 75.99} for n in range(3)]
    rows = rows_from_records([*places, {"经度": 87.6, "纬度": 43.8}], source="x").rows
    assert ["swapped" in row.problem.reason if row.problem else "" for row in rows] == [
        True, True, True, "",
    ]  # fmt: skip
    assert (rows[0].lon_deg, rows[0].lat_deg) == (39.47, 75.99)  # and never turned round


def test_swap_problems_fewer_than_half_are_places_of_their_own() -> None:
    svalbard, city = (20.0, 78.2), (120.86, 32.01)
    assert swap_problems([svalbard, city, city], "lon") == {}
    assert set(swap_problems([svalbard, svalbard, city], "lon")) == {0, 1}
    assert swap_problems([], "lon") == {}
    assert swap_problems([(math.nan, math.nan)], "lon") == {}


def test_position_swapped_beyond_the_pole_tells_the_remedy() -> None:
    problem = one({"经度": 32.01, "纬度": 120.86})[1].problem
    assert "swapped" in problem.reason
    assert problem.fix


# datums


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("经度(GCJ-02)", "gcj02"), ("gcj02_lng", "gcj02"), ("火星坐标系", "gcj02"),
        ("高德", "gcj02"),
        ("bd_lon", "bd09"), ("百度经度", "bd09"), ("BD-09", "bd09"), ("WGS84", "wgs84"),
        ("wgs_84 lon", "wgs84"), ("GPS坐标", "wgs84"), ("CGCS2000", "cgcs2000"),
        ("国家2000", "cgcs2000"),
        ("经度", ""), ("WGS84转GCJ02", ""), ("", ""), ("abdomen", ""),
    ],
)  # fmt: skip
def test_find_datum_each_word(text: str, datum: str) -> None:
    assert find_datum(text) == datum


@pytest.mark.parametrize(
    ("headings", "taken", "hint"),
    [
        (["经度(GCJ-02)", "纬度(GCJ-02)"], ("经度(GCJ-02)", "纬度(GCJ-02)"), "gcj02"),
        (["gcj02_lng", "gcj02_lat"], ("gcj02_lng", "gcj02_lat"), "gcj02"),
        (["bd_lon", "bd_lat"], ("bd_lon", "bd_lat"), "bd09"),
        (["百度经度", "百度纬度", "高德经度", "高德纬度"], ("高德经度", "高德纬度"), "gcj02"),
        (["bd_lon", "wgs_lat", "wgs_lon", "bd_lat"], ("wgs_lon", "wgs_lat"), "wgs84"),
        (["gcj_lon", "gcj_lat", "lon", "lat"], ("lon", "lat"), ""),
        (["lon", "lat"], ("lon", "lat"), ""),
    ],
)
def test_guess_columns_position_is_of_one_datum(
    headings: list[str], taken: tuple[str, str], hint: str
) -> None:
    columns = guess_columns(headings)
    assert (columns.headings["lon"][0], columns.headings["lat"][0]) == taken
    assert columns.datum_hint == hint


def test_guess_columns_two_datums_make_no_position() -> None:
    assert not guess_columns(["gcj_lon", "bd_lat"]).has_position


def test_row_datum_is_a_code_where_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "name,lon,lat,坐标系\nA,1,2,高德\nB,1,2,百度坐标\nC,1,2,北京54\nD,1,2,\n", "utf-8"
    )
    told = [row.values.get("datum") for row in read_rows(path).rows]
    assert told == ["gcj02", "bd09", "北京54", None]


@given(
    st.lists(st.sampled_from(["lon", "lat", "gcj_lon", "gcj_lat", "bd_lon", "bd_lat"]), unique=True)
)
def test_guess_columns_any_order_never_mixes_datums(headings: list[str]) -> None:
    found = guess_columns(headings).headings
    if {"lon", "lat"} <= set(found):
        told = {find_datum(found[name][0]) for name in ("lon", "lat")} - {""}
        assert len(told) <= 1
