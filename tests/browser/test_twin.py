"""The list is the map in words: both show the same stations, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
ON_MAP = "() => locator.stations._rows.map((station) => station.code)"


def listed(page: Page) -> list[str]:
    cards = page.locator("#list [data-code]")
    return sorted(card.get_attribute("data-code") or "" for card in cards.all())


@pytest.mark.parametrize(
    "question",
    ["", "?kind=rest_station", "?kind=mother_baby_room&staff=1", "?trade=courier", "?q=01",
     "?situation=night", "?trade=driver&staff=1"],
)  # fmt: skip
def test_map_and_list_show_the_same_stations(open_page: OpenPage, question: str) -> None:
    page = open_page(f"/{question}")
    page.wait_for_selector("#map_city[data-stations]")
    assert sorted(page.evaluate(ON_MAP)) == listed(page)


def test_map_and_list_of_a_frame_show_the_same_stations(open_page: OpenPage) -> None:
    page = open_page("/embed?kind=rest_station")
    page.wait_for_selector("#map_city[data-stations]")
    assert sorted(page.evaluate(ON_MAP)) == listed(page) != []
