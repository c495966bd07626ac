"""A search on a slow phone, beside work of a known size in the same page.

Chromium with the processor slowed down fourfold, on a real city's streets.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City
from tests.browser.conftest import chromium, driver
from tests.browser.phone_files import phone_page
from tests.browser.test_phone_nearest import random_places
from tests.browser.test_phone_real_city import porto_alegre

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
__all__ = ["chromium", "driver", "porto_alegre"]

SLOWER = 4
# Work of a known size in the same page, so that no figure depends on the machine: a search may
# cost no more than it, with a circle or without. All are the middle of several runs.
TURNS = 20_000_000
TIME_ALL = """([questions, circles, turns]) => {
  const middle = (times) => times.sort((a, b) => a - b)[times.length >> 1];
  const time = (act) => {
    const start = performance.now();
    act();
    return performance.now() - start;
  };
  const spin = () => {
    let x = 1;
    for (let i = 0; i < turns; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
    window.kept = x;
  };
  const ask = (asked) => locator.nearest.findNearest(data, asked, Date.now());
  questions.slice(0, 10).forEach(ask);
  return [
    middle(questions.map((asked) => time(() => ask(asked)))),
    middle(circles.map((asked) => time(() => ask(asked)))),
    middle(Array.from({ length: 7 }, () => time(spin))),
  ];
}"""


def test_search_on_a_slow_phone_costs_less_than_a_known_loop(
    chromium: Browser, porto_alegre: Path, figures: dict[str, Any]
) -> None:
    view = City.open(porto_alegre).current()
    places = random_places(view, 60, seed=31).tolist()
    questions = [{"lon": lon, "lat": lat, "k": 3, "at": "now"} for lon, lat in places]
    page = phone_page(chromium, porto_alegre)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    circles = [asked | {"accuracy": 300} for asked in questions]
    search, circle, loop = page.evaluate(TIME_ALL, [questions, circles, TURNS])
    page.close()
    figures["phone: nearest in Porto Alegre"] = {"of a loop": search / loop, "ms": search}
    figures["phone: a circle of 300 m"] = {"of a loop": circle / loop, "ms": circle}
    assert search < loop
    assert circle < loop
