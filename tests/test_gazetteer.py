"""Typed places: signs, pinyin, initials, slips, districts, crossings, and what is ambiguous."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.city_places import find_place
from locator.errors import InputError
from locator.gazetteer import (
    CROSSING,
    DISTRICT,
    POI,
    STATION,
    STREET,
    Gazetteer,
    Place,
    is_clear,
    plain,
)
from locator.starts import find_start
from locator.stations import Station, Stations
from tests.grids import collection, lonlat
from tests.test_city import make_city

if TYPE_CHECKING:
    from pathlib import Path

    from locator.view import CityView

PLACES = (
    Place(STREET, "人民中路", 120.86, 32.01, district="崇川区", size_m=4000.0),
    Place(STREET, "人民中路", 120.57, 32.38, district="如皋市", size_m=2000.0),
    Place(STREET, "青年西路", 120.84, 32.00, district="崇川区", size_m=3000.0),
    Place(STREET, "濠南路", 120.85, 32.01, district="崇川区", size_m=1500.0),
    Place(STREET, "Rua São Luís", -51.21, -30.03, size_m=900.0),
    Place(STATION, "濠河工会驿站", 120.86, 32.02, "NT-320613-OW-0001-A", "崇川区"),
    Place(DISTRICT, "崇川区", 120.86, 32.0, "320613", "崇川区"),
    Place(DISTRICT, "如皋市", 120.57, 32.38, "320682", "如皋市"),
    Place(POI, "南通站", 120.89, 32.04, district="崇川区"),
)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(PLACES)


@pytest.mark.parametrize(
    ("text", "name", "how"),
    [
        ("青年西路", "青年西路", "name"),
        (" 青年 西路 ", "青年西路", "name"),
        ("青年", "青年西路", "part"),
        ("青年路", "青年西路", "part"),
        ("qingnianxilu", "青年西路", "pinyin"),
        ("Qingnian Xilu", "青年西路", "pinyin"),
        ("qnxl", "青年西路", "initials"),
        ("清年西路", "青年西路", "sound"),
        ("青年希路", "青年西路", "sound"),
        ("青年西璐街", "青年西路", "sound"),
        ("qingnianxlu", "青年西路", "sound"),
        ("濠河驿站", "濠河工会驿站", "slip"),
        ("rua sao luis", "Rua São Luís", "name"),
        ("rua sao luiz", "Rua São Luís", "slip"),
        ("nt-320613-ow-0001-a", "濠河工会驿站", "code"),
        ("如皋", "如皋市", "name"),
    ],
)
def test_place_is_found(gazetteer: Gazetteer, text: str, name: str, how: str) -> None:
    first = gazetteer.find(text)[0]
    assert (first.place.name, first.how) == (name, how)


def test_same_name_in_two_districts_is_ambiguous_until_one_is_named(gazetteer: Gazetteer) -> None:
    both = gazetteer.find("人民中路")
    assert [match.place.district for match in both[:2]] == ["崇川区", "如皋市"]  # the longer first
    assert not is_clear(both)
    for text in ("如皋人民中路", "如皋市 人民中路", "人民中路 如皋"):
        found = gazetteer.find(text)
        assert [match.place.district for match in found[:1]] == ["如皋市"]
        assert is_clear(found)


def test_nothing_like_it_is_found_for_other_words(gazetteer: Gazetteer) -> None:
    for text in ("", "   ", "？", "xyzzy", "上海外滩观光隧道"):
        assert gazetteer.find(text) == []
    assert not is_clear([])


def test_order_of_places_is_irrelevant() -> None:
    turned = Gazetteer(reversed(PLACES))
    for text in ("人民", "rmzl", "青年路", "南通"):
        assert turned.find(text) == Gazetteer(PLACES).find(text)


@given(place=st.sampled_from(PLACES), at=st.integers(0, 10), sign=st.sampled_from("路中大x"))
def test_one_slip_in_a_long_name_still_finds_it(place: Place, at: int, sign: str) -> None:
    signs = list(place.name)
    signs[at % len(signs)] = sign
    found = [match.place.name for match in Gazetteer(PLACES).find("".join(signs))]
    assert place.name in found or len(plain(place.name)) < 4


@given(text=st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    found = Gazetteer(PLACES).find(text)
    assert all(0.0 < match.score <= 100.0 for match in found)
    assert [match.score for match in found] == sorted(
        (match.score for match in found), reverse=True
    )


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    """Seven streets each way, a hundred metres apart, two districts, one station."""
    folder = tmp_path_factory.mktemp("gazetteer")
    city = make_city(folder, [(300.0, 300.0)])
    corners = {"东区": (300, -50, 700, 700), "西区": (-50, -50, 300, 700)}
    features = []
    for code, (name, (west, south, east, north)) in enumerate(corners.items(), start=320601):
        box = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        ring = [lonlat(*corner) for corner in box]
        shape = {"type": "Polygon", "coordinates": [ring]}
        properties = {"code": str(code), "name": name}
        features.append({"type": "Feature", "properties": properties, "geometry": shape})
    city.workspace.districts_path.write_text(collection(features), encoding="utf-8")
    return city.current()


def test_places_of_a_city_are_its_streets_stations_and_districts(view: CityView) -> None:
    first = find_place(view, "南北0路")[0].place
    assert (first.kind, first.district) == (STREET, "西区")
    assert first.size_m == pytest.approx(600.0, abs=1e-3)
    assert [first.lon_deg, first.lat_deg] == pytest.approx(lonlat(0.0, 350.0), abs=1e-3)
    near = view.nearest([(first.lon_deg, first.lat_deg)])
    assert near.snap_m[0] == pytest.approx(0.0, abs=1e-3)  # on the street itself
    assert find_place(view, "站1")[0].place.kind == STATION
    assert find_place(view, "东区")[0].place.kind == DISTRICT


def test_crossing_of_two_streets_is_a_place(view: CityView) -> None:
    for text in (
        "南北2路与东西3路",
        "南北2路和东西3路路口",
        "南北2路、东西3路交叉口".replace("、", "&"),
    ):
        (match,) = find_place(view, text)
        place = match.place
        assert [place.lon_deg, place.lat_deg] == pytest.approx(lonlat(200.0, 300.0), abs=1e-7)


def test_streets_that_never_meet_are_not_taken_for_what_is_like_them(view: CityView) -> None:
    lon, lat = lonlat(300.0, 300.0)
    near = Station("S9", "南北2路与南北9路", "rest_station", lon, lat)
    named = view.with_stations(Stations.from_records([near]), "named")
    assert find_place(named, "南北2路与南北3路") == []
    assert find_place(named, "南北2路与没有路") == []
    (match,) = find_place(named, "南北2路与南北9路")
    assert match.place.kind == STATION
    assert find_place(named, "东西2路与南北2路")[0].place.kind == CROSSING


def test_start_is_degrees_code_or_name(view: CityView) -> None:
    assert find_start(view, "120.86,32.01").lonlat_deg == (120.86, 32.01)
    assert find_start(view, "120.86，32.01", datum="gcj02").datum == "gcj02"
    code = view.stations.code[0]
    found = find_start(view, code.lower())
    assert found.lonlat_deg == pytest.approx(tuple(view.stations.lonlat_deg[0].tolist()))
    assert find_start(view, "南北2路").outcome == ""
    vague = find_start(view, "南北")
    assert (vague.lonlat_deg, vague.outcome) == (None, "ambiguous")
    assert len(vague.to_json()["places"]) == 7
    assert find_start(view, "外滩").outcome == "unknown_place"
    assert json.dumps(vague.to_json(), ensure_ascii=False)


@pytest.mark.parametrize("text", ["", "  ", "181,0", "0,-90.5"])
def test_start_that_is_none_is_refused(view: CityView, text: str) -> None:
    with pytest.raises(InputError):
        find_start(view, text)


def test_street_names_in_far_parts_are_places_of_their_own(tmp_path: Path) -> None:
    from locator.city import City, CityConfig

    features = []
    for x in (0.0, 200.0, 9000.0):
        line = {"type": "LineString", "coordinates": [lonlat(x, 0), lonlat(x + 150, 0)]}
        properties = {"name": "人民路", "highway": "residential"}
        features.append({"type": "Feature", "properties": properties, "geometry": line})
    streets = tmp_path / "streets.geojson"
    streets.write_text(collection(features), encoding="utf-8")
    city = City.create(tmp_path / "city", CityConfig(name="小城", crs="EPSG:4549"))
    city.import_streets([streets])
    found = find_place(city.current(), "人民路")
    assert [round(match.place.size_m) for match in found] == [300, 150]
    assert not is_clear(found)
