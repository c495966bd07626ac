"""Districts: codes of today and of before, names, and areas that are no districts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.districts import (
    District,
    current_code,
    districts,
    find_district,
    find_mgmt_area,
    mgmt_areas,
    old_codes,
)
from geodata.vocabulary import read_data

NANTONG = "320600"


def test_districts_with_the_development_zone_sum_to_the_city() -> None:
    city = next(city for city in read_data("districts.toml")["city"] if city["code"] == NANTONG)
    zone = next(area for area in mgmt_areas(NANTONG) if area.name == "etdz")
    assert (
        sum(district.population for district in districts(NANTONG)) + zone.population
        == city["population"]
    )


def test_old_codes_lead_to_codes_in_use_at_once() -> None:
    in_use = {district.code for district in districts()}
    assert set(old_codes().values()) <= in_use
    assert not set(old_codes()) & in_use


def test_codes_and_keys_are_distinct() -> None:
    old = [former.code for district in districts() for former in district.former]
    codes = [district.code for district in districts()] + old
    codes += [area.code for area in mgmt_areas() if area.code]
    assert len(codes) == len(set(codes))
    names = [area.name for area in mgmt_areas()]
    assert len(names) == len(set(names))
    assert {area.district for area in mgmt_areas()} - {""} <= {d.code for d in districts()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("320602", "320613"),
        ("320611", "320613"),
        ("320684", "320614"),
        ("320621", "320685"),
        ("320683", "320612"),
        ("320613", "320613"),
        ("320684.0", "320614"),  # a sheet that kept the code as a number
        ("３２０６８４", "320614"),
        ("110101", "110101"),
        ("", ""),
        ("75056", "75056"),
    ],
)
def test_current_code_of_codes(old: str, new: str) -> None:
    assert current_code(old) == new


@given(st.text(max_size=12))
def test_current_code_twice_is_once(text: str) -> None:
    assert current_code(current_code(text)) == current_code(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("320613", "320613"),
        ("320602", "320613"),
        ("320684110", "320614"),  # a town of the old code
        ("320685104003", "320685"),
        ("320671", "320613"),  # the development zone is no district
        ("海安县", "320685"),
        ("海安", "320685"),
        ("Haimen", "320614"),
        (" 崇川区 ", "320613"),
        ("江苏省南通市港闸区永兴街道", "320613"),
        ("海安市 (原海安县)", "320685"),
        ("开发区", "320613"),
        ("通州湾", None),
        ("通州湾示范区三余镇", None),
        ("海门路8号", None),
        ("崇川区、通州区", None),
        ("南通市", None),
        ("999999", None),
        ("", None),
        ("()", None),
    ],
)
def test_find_district_by_code_name_and_address(text: str, code: str | None) -> None:
    found = find_district(text, NANTONG)
    assert (found and found.code) == code


def test_find_district_of_another_city_finds_none() -> None:
    assert find_district("海门区", "110100") is None
    assert find_district("320684", "110100") is None


@pytest.mark.parametrize("district", districts(), ids=lambda district: district.code)
def test_find_district_every_name_finds_its_own(district: District) -> None:
    assert {find_district(name) for name in district.names} == {district}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("320671", "etdz"),
        ("南通经济技术开发区星湖大道101号", "etdz"),
        ("通州湾示范区", "tongzhou_bay"),
        ("通州区", None),
        ("海门经济开发区", None),
        ("", None),
    ],
)
def test_find_mgmt_area_by_code_and_name(text: str, name: str | None) -> None:
    found = find_mgmt_area(text, NANTONG)
    assert (found and found.name) == name


def test_find_district_knows_every_district_of_a_public_boundary_file(shared_data: Path) -> None:
    text = (shared_data / "boundary" / "320600_full_datav_2021.json").read_text("utf-8")
    found = [
        find_district(str(feature["properties"]["adcode"]), NANTONG)
        for feature in json.loads(text)["features"]
    ]
    named = [
        find_district(feature["properties"]["name"], NANTONG)
        for feature in json.loads(text)["features"]
    ]
    assert found == named
    assert set(found) == set(districts(NANTONG))


def test_find_district_knows_every_town_code(shared_data: Path) -> None:
    lines = (shared_data / "boundary" / "nantong_streets_codes.csv").read_text("utf-8-sig")
    codes = [line["code"] for line in csv.DictReader(lines.splitlines())]
    assert codes
    assert [code for code in codes if find_district(code, NANTONG) is None] == []
