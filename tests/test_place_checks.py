"""Suspicious positions, in a small city whose answers are drawn by hand.

Six blocks of 100 m, streets named after their place; a lake in the block from (120, 120) to
(180, 180) m, a motorway 150 m south of the last street, two districts that meet at x = 300 m.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.areas import Area
from geodata.vectors import read_streets
from locator.errors import InputError
from locator.ground import Ground, make_ground
from locator.modes import find_mode
from locator.network import build_network
from locator.place_checks import Finding, Place, check_places
from locator.street_building import build_streets
from tests.grids import METRES, collection, lonlat, write_streets

if TYPE_CHECKING:
    import numpy as np

WEST, EAST = "320602", "320612"  # the first was given up for 320613
FAR_M = 6000.0


def box(west: float, south: float, east: float, north: float) -> Any:
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return shapely.Polygon([lonlat(*corner) for corner in corners])


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    path = write_streets(tmp_path_factory.mktemp("ground") / "streets.geojson")
    drawn = json.loads(path.read_text(encoding="utf-8"))["features"]
    line = {"type": "LineString", "coordinates": [lonlat(0, -150), lonlat(600, -150)]}
    drawn.append(
        {"type": "Feature", "properties": {"highway": "motorway"}, "geometry": line},
    )
    path.write_text(collection(drawn), encoding="utf-8")
    streets = build_streets(read_streets([Path(path)]).lines, crs=METRES.crs)
    lake = box(120, 120, 180, 180)
    return make_ground(
        METRES,
        build_network(streets, find_mode("walk")),
        snap_limit_m=100.0,
        water=[lake, shapely.LineString([lonlat(0, 50), lonlat(600, 50)])],
        districts=[
            Area(box(-FAR_M, -FAR_M, 300, FAR_M), {"adcode": 320602, "name": "崇川区"}),
            Area(
                box(300, -FAR_M, FAR_M, FAR_M),
                {"code": EAST, "name": "通州区", "center": lonlat(2000, 33)},
            ),
        ],
    )


def place(x_m: float, y_m: float, **more: Any) -> Place:
    lon, lat = lonlat(x_m, y_m)
    return Place(lon, lat, **more)


def checks(found: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.index, finding.check) for finding in found]


def test_good_places_raise_no_suspicion(ground: Ground) -> None:
    places = [
        place(105, 50, address="崇川区南北1路50号", district_code=WEST),
        place(395, 50, address="通州区南北4路50号", district_code=EAST),
        place(200, 12, address="人民路1号", district_code="320613"),
        place(200, 22, address="", district_code="999999"),
    ]
    assert check_places(places, ground) == []


def test_place_in_water_is_found_but_not_on_its_bank(ground: Ground) -> None:
    found = check_places([place(150, 150), place(124, 150), place(115, 150)], ground)
    assert checks(found) == [(0, "in_water")]
    assert found[0].value == "30 m from the bank"


def test_place_by_a_water_drawn_as_a_line_is_not_in_it(ground: Ground) -> None:
    assert check_places([place(110, 50)], ground) == []


def test_place_on_a_motorway_is_found_and_cannot_be_reached(ground: Ground) -> None:
    found = check_places([place(300, -147), place(310, -20)], ground)
    assert checks(found) == [(0, "motor_only"), (0, "unroutable")]
    assert "3 m from a street for cars only" in found[0].message
    assert "147 m from one that may be walked" in found[0].message


def test_unroutable_is_farther_than_the_limit(ground: Ground) -> None:
    found = check_places([place(300, 699), place(300, 701), place(300, 90_000)], ground)
    assert checks(found) == [(1, "unroutable"), (2, "unroutable")]
    assert [finding.value for finding in found] == ["101 m", "very far"]


def test_place_outside_its_district_by_more_than_the_slack_is_found(ground: Ground) -> None:
    places = [
        place(590, 10, district_code=WEST),  # within 300 m of it
        place(610, 10, district_code=WEST),
        place(610, 10, district_code="320613"),  # the same, by its code of today
        place(610, 10, district_code="320611"),  # became part of it
    ]
    found = check_places(places, ground)
    assert checks(found) == [(1, "district"), (2, "district"), (3, "district")]
    assert found[0].message == (
        "district code 320602 is 崇川区, but the position is 310 m outside it, in 通州区"
    )


@pytest.mark.parametrize(
    ("address", "suspicious"),
    [
        ("南通市崇川区某某大厦", True),
        ("南通市港闸区某某大厦", True),  # a former name of the same district
        ("崇川区与通州区交界", False),
        ("通州区某某大厦", False),
        ("通州区崇川区路3号", False),  # the name of a road
        ("崇川", False),
        ("", False),
    ],
)
def test_address_that_names_another_district(
    ground: Ground, address: str, suspicious: bool
) -> None:
    found = check_places([place(610, 10, address=address)], ground)
    assert checks(found) == ([(0, "address_district")] if suspicious else [])


def test_address_far_from_every_street_it_names_is_found(ground: Ground) -> None:
    far = place(300, 1700, address="通州区东西6路9号")
    near = place(301, 1590, address="通州区东西6路9号")
    crossing = place(300, 1590, address="东西6路与东西0路交叉口")  # the nearer one counts
    found = check_places([far, near, crossing], ground)
    assert checks(found) == [
        (0, "address_street"), (0, "unroutable"), (1, "unroutable"), (2, "unroutable"),
    ]  # fmt: skip
    assert found[0].message == "the address names 东西6路, which is 1.1 km away"


def test_middle_of_a_district_is_where_geocoders_give_up(ground: Ground) -> None:
    found = check_places([place(2001, 33)], ground)
    assert (0, "seat") in checks(found)
    assert "seat" not in {finding.check for finding in check_places([place(2010, 33)], ground)}


def test_same_point_with_different_addresses_is_found(ground: Ground) -> None:
    door = {"x_m": 105.0, "y_m": 50.0}
    same = [place(**door, address=text) for text in ("人民路1号", "人民路 1号3楼", "人民路１号")]
    assert check_places(same, ground) == []
    found = check_places([*same, place(**door, address="青年路9号")], ground)
    assert checks(found) == [(row, "same_point") for row in range(4)]
    assert found[0].value == "4 stations with 2 addresses"


def test_same_point_of_many_stations_is_found_without_addresses() -> None:
    assert check_places([Place(120.86123, 32.01234)] * 4) == []
    found = check_places([Place(120.86123, 32.01234)] * 5)
    assert {finding.value for finding in found} == {"5 stations"}


def test_same_point_of_very_many_addresses_counts_ten() -> None:
    places = [Place(120.86123, 32.01234, address=f"甲{i:05d}号") for i in range(2000)]
    assert check_places(places)[0].value == "2000 stations with 10 or more addresses"


@pytest.mark.parametrize(
    ("lon_deg", "lat_deg", "metres"),
    [(120.861, 32.012, "56 m"), (120.86, 32.0, "556 m"), (121.0, 32.0, "55.6 km")],
)
def test_rounded_position_is_found(lon_deg: float, lat_deg: float, metres: str) -> None:
    found = check_places([Place(lon_deg, lat_deg), Place(120.86123, 32.012)])
    assert checks(found) == [(0, "coarse")]
    assert metres in found[0].message


def test_rounding_is_that_of_the_position_as_received() -> None:
    found = check_places([Place(120.8564321, 32.0098765, given_deg=(120.861, 32.012))])
    assert [(finding.check, finding.value) for finding in found] == [("coarse", "120.861, 32.012")]


def test_position_received_in_metres_is_not_rounded_degrees() -> None:
    assert check_places([Place(120.8564321, 32.0098765, given_deg=(581234.5, 3543210.5))]) == []


def test_positions_of_four_decimals_may_end_in_a_zero_by_chance() -> None:
    four = [Place(120.8612 + i / 10_000, 32.0123) for i in range(30)]
    assert check_places([*four, Place(120.861, 32.012)]) == []
    assert checks(check_places([*four, Place(120.86, 32.01)])) == [(30, "coarse")]


def test_districts_in_parts_and_without_codes_are_known_by_name() -> None:
    parts = [
        Area(box(0, 0, 100, 100), {"code": "320602", "name": "崇川区"}),
        Area(box(100, 0, 200, 100), {"code": "320611", "name": "港闸区"}),
        Area(box(200, 0, 300, 100), {"name": "某某区"}),
        Area(box(300, 0, 400, 100), {}),
    ]
    ground = make_ground(METRES, districts=parts)
    assert set(ground.districts) == {"320613", "某某区"}
    assert ground.districts["320613"].shape.area == pytest.approx(20_000, rel=1e-3)
    assert ground.named_districts("某某区一号") == {"某某区"}
    assert check_places([place(160, 50, district_code="320602")], ground) == []


def test_ground_of_nothing_claims_nothing() -> None:
    ground = make_ground(METRES)
    assert check_places([place(150.123, 150.321, address="崇川区人民路1号")], ground) == []
    assert check_places([], ground) == []


def test_place_that_the_projection_does_not_reach_is_left_to_the_extent_check(
    ground: Ground,
) -> None:
    found = check_places([Place(-59.13579, 12.24681), place(150, 150)], ground)
    assert (1, "in_water") in checks(found)


def test_place_without_a_finite_position_is_refused(ground: Ground) -> None:
    with pytest.raises(InputError, match="finite"):
        check_places([Place(float("nan"), 32.0)], ground)


@given(
    st.lists(
        st.tuples(st.floats(-400, 1000), st.floats(-400, 1000), st.sampled_from([WEST, EAST, ""])),
        max_size=8,
    )
)
def test_ground_checks_are_what_plain_geometry_says(ground: Ground, rows) -> None:
    places = [place(x, y, district_code=code) for x, y, code in rows]
    found = set(checks(check_places(places, ground)))
    lake = shapely.transform(box(120, 120, 180, 180), METRES.to_xy)
    for row, given_place in enumerate(places):
        point = shapely.Point(METRES.to_xy([given_place.lon_deg, given_place.lat_deg]))
        deep = lake.contains(point) and lake.boundary.distance(point) > 5
        assert ((row, "in_water") in found) is bool(deep)
        if given_place.district_code:
            known = {WEST: "320613", EAST: EAST}[given_place.district_code]
            away = ground.districts[known].shape.distance(point)
            if abs(away - 300) > 1e-6:
                assert ((row, "district") in found) is bool(away > 300)


def test_checks_do_not_depend_on_the_order_of_places(
    ground: Ground, rng: np.random.Generator
) -> None:
    places = [
        place(x, y, district_code=WEST, address="通州区东西6路9号")
        for x, y in rng.uniform(-300, 900, (40, 2))
    ]
    order = rng.permutation(len(places)).tolist()
    moved = {
        (order[finding.index], finding.check, finding.message)
        for finding in check_places([places[row] for row in order], ground)
    }
    straight = check_places(places, ground)
    assert moved == {(finding.index, finding.check, finding.message) for finding in straight}
