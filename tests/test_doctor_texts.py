"""`locator doctor` speaks Chinese first and English too, of whatever it finds."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from geodata.tables import read_rows
from locator.checks import OK, WARN, Check, Told, check, tell_found
from locator.city import City, CityConfig
from locator.doctor import examine
from locator.doctor_texts import check_lines
from tests.grids import lonlat, write_streets

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROWS = [
    # name, x, y, kind, sub-kind, status, hours, broken, checked on
    ("看不懂", 150, 100, "驿站", "", "开放", "夏季长一点", "饮水机(坏)", "2099-01-01"),
    ("没时间", 450, 300, "母婴室", "智能24小时", "看情况", "", "", ""),
    ("同一点", 450, 300, "母婴室", "", "开放", "8:00-17:00", "", "2020-01-01"),
    ("没街道", 150, 1_300, "驿站", "", "开放", "8:00-17:00", "", ""),
]  # fmt: skip


def unhealthy(folder: Path) -> City:
    city = City.create(folder / "city", CityConfig(name="方城", crs="EPSG:4549"))
    city.import_streets([write_streets(folder / "streets.geojson")])
    lines = ["名称,经度,纬度,类别,子类,状态,开放时间,设施,最近核验日期"]
    for name, x, y, *rest in ROWS:
        lon, lat = lonlat(x, y)
        lines.append(",".join([name, repr(lon), repr(lat), *rest]))
    (folder / "sheet.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    city.import_stations(read_rows(folder / "sheet.csv"))
    return city


@pytest.mark.parametrize("today", [date(2026, 3, 2), date(2036, 12, 1)])
def test_every_check_of_a_city_in_bad_order_is_told_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, today: date
) -> None:
    monkeypatch.setenv("LOCATOR_TILES", "tianditu")
    monkeypatch.setenv("LOCATOR_FRAME_ANCESTORS", "http://a.cn")
    found = {one.code: one for one in examine(unhealthy(tmp_path), public=True, today=today)}
    expected = {"unroutable", "status_unknown", "hours_unread", "broken", "contradiction",
                "public_hosts", "public_frames", "public_scope", "mandatory"}  # fmt: skip
    assert expected <= {code for code, one in found.items() if one.status != OK}
    for one in found.values():
        assert CHINESE.search(one.title_zh), one.code
        assert bool(one.advice) == bool(CHINESE.search(one.advice_zh)), one.code
        assert str(one.count) in one.title_zh or str(one.count) not in one.title, one.code
        first = check_lines(one)[0]
        assert first[2:] == one.title_zh


def test_city_without_streets_says_so_in_both_languages(tmp_path: Path) -> None:
    city = City.create(tmp_path / "city", CityConfig(name="方城"))
    found = {one.code: one for one in examine(city)}["unroutable"]
    assert found.status == "unknown"
    assert check_lines(found)[:3] == [
        "? 还没有街道",
        "  no streets yet",
        "    → 先用 locator streets import 导入街道。",
    ]


def test_tell_found_puts_the_number_before_both_and_keeps_english_grammar() -> None:
    title, advice = Told("个站没电", "stations have no power"), Told("去修", "mend it")
    one = tell_found("x", [{"code": "A"}], title, advice)
    assert (one.title_zh, one.title) == ("1个站没电", "1 station has no power")
    none = tell_found("x", [], title, advice)
    assert (none.status, none.title_zh, none.title) == (OK, "0个站没电", "0 stations have no power")
    assert (none.advice, none.advice_zh) == ("", "")


def test_check_lines_items_are_told_in_both_where_both_are_known() -> None:
    items = [
        {"field": "hours", "field_zh": "开放时间", "overdue_days": 3},
        {"item": "冰箱", "item_en": "A fridge", "completes": 0},
        {"warning": "only English", "warning_zh": ""},
        {"code": "A", "checked": None},
    ]
    lines = check_lines(check("x", WARN, Told("题", "title"), 7, Told("做", "do"), items))
    assert lines == [
        "! 题",
        "  title",
        "    → 做",
        "      do",
        "    · 开放时间 / hours  逾期天数 days overdue 3",
        "    · 冰箱 / A fridge  补了即达标 completes 0",
        "    · only English",
        "    · A",
        "    … 共7项，更多见 --json / 7 in all (--json)",
    ]


def test_check_lines_of_what_is_well_give_no_advice() -> None:
    well = Check("x", OK, "well", "好", advice="sleep", advice_zh="睡觉")
    assert check_lines(well) == ["✓ 好", "  well"]
