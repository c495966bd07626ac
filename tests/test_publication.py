"""`locator doctor --public` names each thing that is missing, and each exception, one by one."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City, CityConfig
from locator.publication import EXCEPTIONS, check_public

if TYPE_CHECKING:
    from locator.checks import Check

DAY = date(2026, 3, 2)


def look(
    folder: Path, environ: dict[str, str] | None = None, day: date = DAY, **config: Any
) -> dict[str, Check]:
    folder.mkdir()
    city = City.create(folder / "city", CityConfig(name="试验市", **config))
    return {check.code: check for check in check_public(city, [], day, environ or {})}


def test_city_that_was_just_made_lacks_everything(tmp_path: Path) -> None:
    found = look(tmp_path / "a")
    failing = {code for code, check in found.items() if check.status == "fail"}
    assert failing == {"public_map_approval", "public_icp", "public_https", "public_attribution"}
    assert all(check.advice for check in found.values() if check.status != "ok")


def test_city_that_is_ready_has_no_complaint_but_its_streets(tmp_path: Path) -> None:
    found = look(
        tmp_path / "a",
        map_approval="审图号：GS（2024）0650号",
        icp_number="苏ICP备12345678号-1",
        public_url="https://yizhan.union.cn",
    )
    assert [code for code, check in found.items() if check.status != "ok"] == ["public_attribution"]


@pytest.mark.parametrize(
    ("field", "value", "code", "status"),
    [
        ("map_approval", "有", "public_map_approval", "warn"),
        ("icp_number", "12345", "public_icp", "warn"),
        ("public_url", "http://yizhan.union.cn", "public_https", "fail"),
        ("public_url", "https://192.0.2.7/", "public_domain", "fail"),
        ("public_url", "https://localhost", "public_domain", "fail"),
    ],
)
def test_fact_that_looks_odd_is_told(
    tmp_path: Path, field: str, value: str, code: str, status: str
) -> None:
    assert look(tmp_path / "a", **{field: value})[code].status == status


def test_each_exception_is_named_with_its_setting(tmp_path: Path) -> None:
    assert look(tmp_path / "none")["public_hosts"].status == "ok"
    for name in EXCEPTIONS:
        check = look(tmp_path / name, {name: "secret-value"})["public_hosts"]
        assert (check.status, check.count) == ("warn", 1)
        assert [item["setting"] for item in check.items] == [name]
        assert "secret-value" not in repr(check)
    both = look(tmp_path / "both", dict.fromkeys(EXCEPTIONS, "x"))["public_hosts"]
    assert both.count == len(EXCEPTIONS)


def test_each_key_of_a_city_is_explained_to_administrators() -> None:
    text = (Path(__file__).parents[1] / "docs" / "going-public.md").read_text(encoding="utf-8")
    told = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    assert {key.name for key in fields(CityConfig)} == {*re.findall(r"`(\w+)`", " ".join(told))}


def test_number_of_approved_tiles_is_read_where_the_pages_read_it(tmp_path: Path) -> None:
    number = "GS（2024）0650号"
    source = tmp_path / "tiles.toml"
    source.write_text(f'layers = []\napproval = "{number}"\n', encoding="utf-8")
    told: list[dict[str, str]] = [
        {"LOCATOR_TILES": "tianditu", "LOCATOR_TILES_APPROVAL": number},
        {"LOCATOR_TILES": str(source)},
        {"LOCATOR_TILES": "tianditu"},
        {"LOCATOR_TILES_APPROVAL": number},  # of tiles that are not shown
    ]
    found = [
        look(tmp_path / str(at), each)["public_map_approval"].status for at, each in enumerate(told)
    ]
    assert found == ["ok", "ok", "fail", "fail"]


def test_sites_that_may_frame_are_named_and_plain_ones_doubted(tmp_path: Path) -> None:
    well = look(tmp_path / "a", {"LOCATOR_FRAME_ANCESTORS": "https://a.cn, https://b.cn"})
    assert [item["origin"] for item in well["public_frames"].items] == [
        "https://a.cn",
        "https://b.cn",
    ]
    assert well["public_frames"].status == "ok"
    plain = look(tmp_path / "b", {"LOCATOR_FRAME_ANCESTORS": "https://a.cn http://b.cn"})
    assert plain["public_frames"].status == "warn"
    assert "http://b.cn" in plain["public_frames"].advice


def test_holidays_of_the_coming_year_are_asked_for_in_time(tmp_path: Path) -> None:
    assert look(tmp_path / "a", day=date(2026, 3, 2))["public_holidays"].status == "ok"
    late = look(tmp_path / "b", day=date(2026, 9, 1))["public_holidays"]
    assert (late.status, "2027" in late.title) == ("warn", True)


def test_invented_stations_fail(tmp_path: Path) -> None:
    city = City.create(tmp_path / "city", CityConfig(name="试验市"))
    from geodata.tables import rows_from_records

    with city.registry() as registry:
        cells = {"name": "甲", "lon": 120.86, "lat": 32.01, "code": ""}
        registry.import_rows(rows_from_records([cells], source="x"), datum="wgs84",
                             kind="rest_station")  # fmt: skip
        entries = [replace(entry, sample=True) for entry in registry.entries()]
    found = {check.code: check for check in check_public(city, entries, DAY, {})}
    assert (found["public_sample"].status, found["public_sample"].count) == ("fail", 1)
