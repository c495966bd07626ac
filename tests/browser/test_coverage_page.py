"""The planner's slider in a real browser: instant, by keyboard and finger, on a narrow phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from locator.view import CityView
    from tests.browser.conftest import Witness

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def view(town: Path) -> CityView:
    from locator.city import City

    return City.open(town).current()


def told(page: Page) -> list[str]:
    return page.locator("#reach-answer > *").all_inner_texts()


def test_slider_reads_any_limit_without_asking_again(
    open_page: OpenPage, witness: Witness, view: CityView
) -> None:
    page = open_page("/coverage?within=500&kind=rest_station")
    slider = page.get_by_role("slider", name=re.compile("多远以内"))
    slider.wait_for()
    page.wait_for_load_state("networkidle")  # the map loads on its own beside it
    asked = len(witness.requests)
    assert told(page)[0] == "500米"
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert told(page)[0] == "530米"
    assert slider.get_attribute("aria-valuetext") == "530米"
    cover = view.coverage(within_m=530, kind="rest_station")
    assert told(page)[1].endswith(f"{100 * cover.share:.1f}%")
    risk = cover.depth_m["1"] / cover.total_m
    assert told(page)[3].endswith(f"{100 * risk:.1f}%")
    page.keyboard.press("Home")
    assert told(page)[0] == "50米"
    assert len(witness.requests) == asked


def test_presets_and_the_named_target_say_their_source(open_page: OpenPage) -> None:
    page = open_page("/coverage")
    page.get_by_role("button", name="15分钟").click()
    assert told(page)[0] == "15分钟"
    assert "GB 50180-2018" in page.locator("#reach-note").inner_text()
    page.get_by_role("button", name="双15", exact=True).click()
    assert told(page)[0] == "1000米"
    assert "交叉覆盖（本单位测算口径）" in told(page)[2]
    note = page.locator("#reach-note").inner_text()
    assert "2023年07月10日" in note
    assert "重点区域" in note
    assert page.get_by_role("button", name="新双15").count() == 0
    assert page.locator("#reach-presets [aria-pressed=true]").count() == 1


def test_panel_fits_a_phone_of_360_pixels(open_page: OpenPage) -> None:
    page = open_page("/coverage", viewport={"width": 360, "height": 740})
    page.get_by_role("slider").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for box in page.locator("#reach-presets button, #reach-limit").all():
        assert box.bounding_box()["height"] >= 44


def test_page_without_a_script_shows_no_empty_slider(open_page: OpenPage) -> None:
    page = open_page("/coverage", java_script_enabled=False)
    assert page.locator("#reach").is_hidden()
    assert page.locator("table.totals").is_visible()


def test_slider_speaks_english_on_an_english_page(open_page: OpenPage) -> None:
    page = open_page("/coverage?within=500&kind=rest_station&lang=en")
    page.locator("#reach-answer > *").first.wait_for()
    page.get_by_role("button", name="15 min", exact=True).click()
    words = [*told(page), page.locator("#reach-presets").inner_text()]
    assert words[0] == "15 min"
    assert "a station within 15 min" in words[1]
    assert not any("\u4e00" <= sign <= "\u9fff" for text in words for sign in text)
