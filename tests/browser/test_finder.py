"""The worker's screens: each situation has its sentence and a next step, on a small phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page


pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
AT = "2026-07-04T22:10:30"
ROW: dict[str, Any] = {
    "code": "S1", "name": "站", "kind": "rest_station", "lon": 120.9, "lat": 32.0,
    "distance_m": 400.0, "time_s": 360.0, "straight_m": 300.0, "open": True, "closes_in_s": 7200.0,
    "opens_in_s": None, "opens_at": None, "phone": "", "disputed": False, "sample": True,
    "detour": None, "hours": "", "address": "", "access_scope": "public", "access_mode": "walk_in",
    "facilities": ["WATER", "SEAT"], "verified_on": "2026-06-13",
}  # fmt: skip
SHUT = {"open": False, "closes_in_s": None}
UNKNOWN = {"open": None, "closes_in_s": None}
# What is changed in the row above, and the sentence of the federation's table.
SCREENS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "sentence", "开着，走6分钟；到后还开2小时。"),
    ({"closes_in_s": 600.0}, "sentence", "走到时只剩10分钟。"),
    ({"closes_in_s": None}, "sentence", "开着，走6分钟；一直开。"),
    ({"closes_in_s": 9059.0}, "sentence", "开着，走6分钟；到后还开2小时30分钟。"),
    ({**SHUT, "opens_at": "2026-07-05T06:00"}, "sentence", "关着，走6分钟；明天6:00开。"),
    ({**SHUT, "opens_at": "2026-07-04T23:05"}, "sentence", "关着，走6分钟；23:05开。"),
    ({**SHUT, "opens_at": "2026-07-06T06:00"}, "sentence", "关着，走6分钟；周一6:00开。"),
    ({**SHUT, "opens_at": "2026-07-20T06:00"}, "sentence", "关着，走6分钟；7月20日6:00开。"),
    (SHUT, "sentence", "关着，走6分钟。"),
    ({**UNKNOWN, "phone": "0513-1"}, "sentence", "开放时间没核实，先打电话。"),
    (UNKNOWN, "sentence", "开放时间没核实。没有电话，看下一个。"),
    ({**UNKNOWN, "disputed": True}, "sentence", "有工友说没开门，正在核实。"),
    ({"distance_m": 1900.0, "detour": {"zh": "直线300米，实际走1.9公里。", "en": "300 m"}},
     "warning", "直线300米，实际走1.9公里。"),
    ({}, "way_in", "直接进，不用办会员。"),
    ({"access_mode": "qr"}, "way_in", "要扫码，登记手机号。"),
    ({"access_mode": "key"}, "way_in", "找前台拿钥匙。"),
    ({"access_scope": "staff", "access_mode": "key"}, "way_in",
     "找前台拿钥匙。只对本单位职工开放。"),
    ({"access_scope": "", "access_mode": ""}, "way_in", ""),
    ({}, "checked", "21天前核对过。"),
    ({"verified_on": None}, "checked", "从没核对过。"),
    ({"verified_on": "2025-12-01"}, "checked", "7个月前核对过。"),
    ({"distance_m": 998.0}, "way", "沿街走1公里"),
    ({"distance_m": 305.0}, "way", "沿街走300米"),
    ({"distance_m": 123456.0}, "way", "沿街走123公里"),
    ({"facilities": ["WATER", "SEAT", "MICROWAVE", "FIRSTAID", "TOILET", "SPACE", "FRIDGE", "AC",
                     "WIFI", "LEGAL"]}, "word", "开着"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("uses", ["foot", "bike", "motor"])
def test_cards_of_the_page_say_what_the_servers_say(
    open_page: OpenPage, town: Path, language: str, uses: str
) -> None:
    from webapp import create_app
    from webapp.cards import answer_card
    from webapp.settings import Settings

    page = open_page(f"/?lang={language}")
    page.wait_for_function("() => window.locator && locator.cardWords")
    app = create_app(Settings(city=town))
    for changed, field, words in SCREENS:
        row = {**ROW, **changed}
        said = page.evaluate(
            "([row, at, uses]) => locator.cardWords(row, at, uses)", [row, AT, uses]
        )
        with app.test_request_context(f"/?lang={language}"):
            card = asdict(answer_card(row, at=AT, mode_uses=uses))
        assert said == {name: card[name] for name in said}
        if language == "zh" and uses == "foot":
            assert said[field] == words
