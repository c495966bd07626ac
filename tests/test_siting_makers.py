"""Candidates from lists of partners, public rooms, other stations and points on streets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pytest

from geodata.datum import from_wgs84
from geodata.osm import Poi
from locator.city import City
from locator.errors import InputError, NotFoundError
from locator.siting.candidate_partners import read_partners
from locator.siting.candidate_rooms import other_stations, public_rooms, rooms
from locator.siting.candidate_sets import join_candidates, plan_points
from locator.siting.candidates import Candidates
from locator.workspace import write_json_lines
from tests.block_city import make_block_city, with_places
from tests.grids import lonlat

if TYPE_CHECKING:
    from locator.view import CityView

HEAD = "编号,名称,经度,纬度,场所类型,开放时间,建设成本（万元）,年运行成本,出资\n"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return make_block_city(tmp_path_factory.mktemp("makers") / "city", [(300.0, 300.0)])


@pytest.fixture(scope="module")
def view(city: City) -> CityView:
    return city.current()


def line(code: str, place_m: tuple[float, float], rest: str, name: str = "网点") -> str:
    lon, lat = lonlat(*place_m)
    return f"{code},{name},{lon:.8f},{lat:.8f},{rest}\n"


def write(folder: Path, *lines: str) -> Path:
    file = folder / "银行.csv"
    file.write_text(HEAD + "".join(lines), encoding="utf-8")
    return file


def test_partners_of_a_list_are_candidates_with_hours_and_costs(
    view: CityView, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        line("B1", (150.0, 0.0), "银行,9:00-17:00,2,3000,5000"),
        line("B2", (0.0, 250.0), "银行,24小时,0.5,1000,"),
    )
    found = read_partners(view, file, years=2.0)
    made = found.candidates
    assert sorted(made.code) == ["B1", "B2"]
    cost = dict(zip(made.code, made.cost.tolist(), strict=True))
    assert cost == {"B1": 2e4 + 6000 - 5000, "B2": 5000 + 2000}
    hours = dict(zip(made.code, made.hours, strict=True))
    assert hours["B1"] == "每天 09:00-17:00"
    assert set(made.source) == {"银行"}
    assert (found.read, found.datum, made.left_out) == (2, "wgs84", ())
    made.check(view.streets)


def test_partners_that_cannot_be_candidates_are_listed_with_reasons(
    view: CityView, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        line("far", (5000.0, 0.0), "银行,,1,,"),
        line("one", (100.0, 0.0), "银行,,1,,"),
        line("one", (200.0, 0.0), "银行,,1,,"),
        line("minus", (100.0, 100.0), "银行,,-1,,"),
        line("nan", (100.0, 100.0), "银行,,nan,,"),
        line("free", (100.0, 100.0), "银行,,,,"),
        "lost,网点,,,银行,,1,,\n",
    )
    found = read_partners(view, file)
    assert found.candidates.code == ("one",)
    left = dict(found.candidates.left_out)
    assert set(left) == {"far", "one", "minus", "nan", "free", "lost"}
    assert "no street" in left["far"]
    assert "twice" in left["one"]
    assert "expected zero or more" in left["minus"]
    assert "expected zero or more" in left["nan"]
    assert left["free"] == "no cost is told"
    assert left["lost"].startswith("row 8")
    assert found.read == 7 == len(found.candidates) + len(found.candidates.left_out)


def test_partners_in_another_datum_stand_where_they_are(view: CityView, tmp_path: Path) -> None:
    lon, lat = from_wgs84([lonlat(150.0, 0.0)], "gcj02")[0].tolist()
    file = tmp_path / "list.csv"
    file.write_text(f"name,lon,lat\nA,{lon:.9f},{lat:.9f}\n", "utf-8")
    made = read_partners(view, file, datum="gcj02").candidates
    xy = view.to_xy([lonlat(150.0, 0.0)])[0]
    from locator.pieces import locate_on_streets

    there = locate_on_streets(view.streets, made.street, made.offset_m)[0]
    assert np.hypot(*(there - xy)) < 0.01
    assert made.code == ("list-2",)
    assert len(made.cost) == 0


def test_partners_of_a_workbook_are_read_like_the_sheet(view: CityView, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "lon", "lat", "build cost (yuan)"])
    sheet.append(["A", *lonlat(100.0, 200.0), "1.5万"])
    book.save(tmp_path / "list.xlsx")
    made = read_partners(view, tmp_path / "list.xlsx").candidates
    assert made.cost.tolist() == [15000.0]


def test_partners_with_negative_years_are_refused(view: CityView, tmp_path: Path) -> None:
    file = write(tmp_path, line("B1", (150.0, 0.0), "银行,,2,,"))
    for years in (-1.0, float("nan")):
        with pytest.raises(InputError, match="years"):
            read_partners(view, file, years=years)


def with_pois(city: City, tags: list[dict[str, str]]) -> CityView:
    folder = city.workspace.streets_folder()
    assert folder is not None
    pois = [
        Poi(f"node/{i}", *lonlat(100.0 * i, 0.0), own) for i, own in enumerate(tags, start=1)
    ]  # fmt: skip
    write_json_lines(folder / "pois.jsonl", (poi._asdict() for poi in pois))
    return City.open(city.workspace.path).current()


def test_rooms_of_the_street_import_are_candidates_with_their_hours(tmp_path: Path) -> None:
    city = make_block_city(tmp_path / "city", [])
    tags: list[dict[str, Any]] = [
        {"amenity": "bank", "name": "行", "opening_hours": "Mo-Fr 09:00-17:00"},
        {"amenity": "library"},
        {"amenity": "library", "access": "private"},
        {"shop": "bakery"},
    ]
    view = with_pois(city, tags)
    made = public_rooms(view)
    assert made.code == ("node/1", "node/2")
    assert made.source == ("银行网点", "图书馆")
    assert made.hours == ("周一至周五 09:00-17:00", "")
    assert [lost.reason for lost in made.left_out] == ["only for staff"]
    assert public_rooms(view, sorts=["bank"]).code == ("node/1",)
    assert public_rooms(view, tags=["shop=bakery"]).code == ("node/4",)


def test_rooms_of_an_unknown_sort_or_of_streets_without_places_are_refused(view: CityView) -> None:
    with pytest.raises(NotFoundError, match="castle"):
        public_rooms(view, sorts=["castle"])
    with pytest.raises(InputError, match="no places came with the streets"):
        public_rooms(view)


def test_sorts_of_rooms_have_tags_that_can_be_read() -> None:
    from geodata.pois import parse_tag

    assert all(parse_tag(tag) for room in rooms() for tag in room.tags)


def test_stations_of_another_kind_are_candidates_of_this_one(view: CityView) -> None:
    made = other_stations(view, "mother_baby_room")
    assert len(made) == 1
    assert made.source == ("rest_station",)
    assert len(other_stations(view, "rest_station")) == 0
    with pytest.raises(InputError, match="--kind"):
        other_stations(view, None)


def test_points_hold_the_best_of_every_street_once(view: CityView) -> None:
    # off a crossing, so that the best place of some streets is none of every 50 m
    cover = with_places(view, [(330.0, 300.0)]).coverage(within_m=250)
    points, best = plan_points(cover, view.counted(), spacing_m=50.0)
    places = list(zip(points.street.tolist(), points.offset_m.tolist(), strict=True))
    assert len(set(places)) == len(places) == len(points)
    assert len(best)
    assert set(zip(best.street.tolist(), best.offset_m.tolist(), strict=True)) <= set(places)
    assert places == sorted(places)
    points.check(view.streets)


def test_joined_sets_keep_each_code_once_and_leave_out_what_has_no_cost() -> None:
    one = Candidates(np.array([1], np.int32), np.array([5.0]), ("a",), cost=np.array([3.0]))
    two = Candidates(np.array([0, 2], np.int32), np.array([1.0, 2.0]), ("b", "a"))
    joined = join_candidates([one, two])
    assert joined.code == ("a",)
    assert sorted(joined.left_out) == [
        ("a", "another list has that code"),
        ("b", "no cost is told"),
    ]
    priced = join_candidates([one, two], cost=7.0)
    assert (priced.code, priced.cost.tolist()) == (("b", "a"), [7.0, 3.0])
    assert len(join_candidates([])) == 0
