"""Every page of the application, taken from its own map of routes, in both languages.

A new page is walked by itself: it must pass axe, be of our own host, be usable by keyboard, and
show hostile texts of the registry as text.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.walking import axe_finds, in_language, looking, need_axe, pages_of
from tests.web.server import serving_city
from tests.web.town import PAYLOADS, add_stations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

    from tests.browser.conftest import Witness

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = [
    pytest.param({"lang": "zh", "phone": True}, id="zh-phone"),
    pytest.param({"lang": "zh", "phone": True, "elder": True}, id="zh-phone-elder"),
    pytest.param({"lang": "zh", "elder": True}, id="zh-desktop-elder"),
    pytest.param({"lang": "en"}, id="en-desktop"),
    pytest.param({"lang": "en", "phone": True, "elder": True}, id="en-phone-elder"),
]
NOTED = "status of 4"  # the browser itself notes an answer of 404 or 422


@pytest.fixture(scope="module")
def pages(town: Path) -> list[str]:
    found = pages_of(town)
    assert {"/", "/coverage", "/nowhere"} <= set(found)
    return found


def settle(page: Page) -> None:
    """Wait until a page has nothing more to load; its map, where it has one, is drawn."""
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_passes_axe(
    chromium: Browser,
    driver: Playwright,
    witness: Witness,
    site: str,
    pages: list[str],
    look: dict[str, Any],
) -> None:
    need_axe()
    broken = {}
    with looking(chromium, driver, witness, bypass_csp=True, **look) as context:
        page = context.new_page()
        for path in pages:
            page.goto(site + in_language(path, look["lang"]))
            settle(page)
            if found := axe_finds(page):
                broken[path] = found
    witness.faults = [fault for fault in witness.faults if NOTED not in fault]
    assert broken == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_speaks_its_language_and_asks_our_host_alone(
    chromium: Browser, driver: Playwright, witness: Witness, site: str, pages: list[str], lang: str
) -> None:
    with looking(chromium, driver, witness, lang=lang) as context:
        page = context.new_page()
        tags = {}
        for path in pages:
            if "lang=" in path:
                continue
            page.goto(site + in_language(path, lang))
            settle(page)
            tags[path] = page.locator("html").get_attribute("lang")
            assert page.evaluate("() => document.cookie") == "", path
        assert {path: tag for path, tag in tags.items() if (tag or "")[:2] != lang} == {}
        assert context.cookies() == []
    assert len(witness.requests) > len(pages)
    witness.faults = [fault for fault in witness.faults if NOTED not in fault]


# An element a person can act on, that can be seen, and that the Tab key would not reach.
UNREACHED = """
() => {
  const acts =
    "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [role=button]";
  return [...document.querySelectorAll(acts)]
    .filter((part) => part.checkVisibility({ visibilityProperty: true }) && !part.disabled)
    .filter((part) => !part.closest("[inert]") && part.getClientRects().length)
    .filter((part) => part.tabIndex < 0)
    .map((part) => part.outerHTML.slice(0, 120));
}
"""
STEP = """
() => {
  const part = document.activeElement;
  if (!part || part === document.body) return null;
  part.dataset.walked = part.dataset.walked || String(Math.random());
  const style = getComputedStyle(part);
  const box = part.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return {
    id: part.dataset.walked,
    html: part.outerHTML.slice(0, 120),
    seen: ring || style.boxShadow !== "none" || part.tagName === "IFRAME", // its page shows it
    shown: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    map: Boolean(part.closest(".folium-map")),
  };
}
"""
MOST_STEPS = 400


def walk(page: Page) -> list[dict[str, Any]]:
    """Each stop of the Tab key, until the page is through or begins anew."""
    stops: list[dict[str, Any]] = []
    seen: set[str] = set()
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STEP)
        if stop is None or stop["id"] in seen:
            return stops
        seen.add(stop["id"])
        stops.append(stop)
    raise AssertionError(f"more than {MOST_STEPS} stops: {stops[-1]['html']}")


def test_every_page_can_be_walked_by_keyboard(
    chromium: Browser, driver: Playwright, witness: Witness, site: str, pages: list[str]
) -> None:
    wrong: dict[str, Any] = {}
    with looking(chromium, driver, witness) as context:
        page = context.new_page()
        for path in pages:
            page.goto(site + path)
            settle(page)
            stops = walk(page)
            faults = [("unreached", html) for html in page.evaluate(UNREACHED)]
            faults += [("no focus ring", stop["html"]) for stop in stops if not stop["seen"]]
            faults += [("out of sight", stop["html"]) for stop in stops if not stop["shown"]]
            if not stops or "skip" not in stops[0]["html"]:
                faults.append(("first stop skips nothing", stops[0]["html"] if stops else ""))
            if faults:
                wrong[path] = faults
    witness.faults = [fault for fault in witness.faults if NOTED not in fault]
    assert wrong == {}


def test_every_page_with_a_map_lets_the_keyboard_past_it(
    chromium: Browser, driver: Playwright, witness: Witness, site: str, pages: list[str]
) -> None:
    maps = []
    with looking(chromium, driver, witness) as context:
        page = context.new_page()
        for path in pages:
            page.goto(site + path)
            settle(page)
            if not page.locator(".folium-map").count():
                continue
            maps.append(path)
            if not page.evaluate(AFTER_THE_MAP):
                continue  # the map is the last stop
            skips = page.locator("a.skip").evaluate_all("(all) => all.map((a) => a.hash.slice(1))")
            past = [name for name in skips if page.evaluate(PAST_THE_MAP, name)]
            assert past, f"{path} has no link that skips its map: {skips}"
            page.locator(f"a.skip[href='#{past[-1]}']").focus()
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            stop = page.evaluate(STEP)
            assert stop is None or not stop["map"], path
    witness.faults = [fault for fault in witness.faults if NOTED not in fault]
    assert "/" in maps


AFTER_THE_MAP = """
() => {
  const map = document.querySelector(".folium-map");
  const box = map.closest("section") || map;
  return [...document.querySelectorAll("a[href], button, input, select, summary")].some(
    (part) =>
      !box.contains(part) &&
      part.checkVisibility({ visibilityProperty: true }) &&
      box.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
}
"""
PAST_THE_MAP = """
(name) => {
  const aim = document.getElementById(name);
  const map = document.querySelector(".folium-map");
  return Boolean(aim && map.compareDocumentPosition(aim) & Node.DOCUMENT_POSITION_FOLLOWING);
}
"""


def test_every_page_shows_hostile_texts_of_the_registry_as_text(
    chromium: Browser, driver: Playwright, witness: Witness, town: Path, tmp_path: Path
) -> None:
    city = Path(shutil.copytree(town, tmp_path / "city"))
    from locator.city import City

    view = City.open(city).current()
    west, south, east, north = view.bounds_deg
    here = ((west + east) / 2, (south + north) / 2)
    for kind in ("rest_station", "mother_baby_room"):
        add_stations(city, PAYLOADS, near=here, kind=kind)
    shown = 0
    with (
        serving_city(city) as url,
        looking(chromium, driver, witness, phone=True) as context,
    ):
        page = context.new_page()
        codes = page.request.get(f"{url}/api/v1/stations").json()["columns"]
        hostile = [c for c, n in zip(codes["code"], codes["name"], strict=True) if n in PAYLOADS]
        assert len(hostile) == 2 * len(PAYLOADS)
        paths = [*pages_of(city), "/?q=站", *_pages_of_stations(page, url, hostile)]
        for path in dict.fromkeys(paths):
            page.goto(url + path)
            settle(page)
            assert page.evaluate("() => window.hacked === undefined"), path
            assert page.locator("img[src=x]").count() == 0, path
            shown += page.get_by_text("window.hacked").count()
    witness.faults = [fault for fault in witness.faults if NOTED not in fault]
    assert shown >= len(PAYLOADS)


def _pages_of_stations(page: Page, url: str, codes: list[str]) -> list[str]:
    """A page of its own for each of those stations, where the application has such pages."""
    there = page.request.get(f"{url}/s/{codes[0]}").ok
    return [f"/s/{code}" for code in codes] if there else []


# What stands beyond the right edge of the page, and panels that hold more than fits.
TOO_WIDE = """(width) => {
  const name = (part) => part.outerHTML.slice(0, 120);
  const full = [...document.querySelectorAll(".panel")].filter(
    (one) => one.scrollWidth > one.clientWidth);
  const page = document.documentElement.scrollWidth;
  if (page <= width) return full.map(name);
  const wide = [...document.querySelectorAll("body *")].filter(
    (part) => part.getBoundingClientRect().right > width + 0.5 && part.checkVisibility());
  return [page, ...wide.slice(-3).map(name)];
}"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_fits_a_narrow_phone_in_large_type(
    chromium: Browser, driver: Playwright, witness: Witness, site: str, pages: list[str], lang: str
) -> None:
    small = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}
    wide = {}
    with looking(chromium, driver, witness, lang=lang, elder=True, **small) as context:
        page = context.new_page()
        for path in pages:
            page.goto(site + in_language(path, lang))
            settle(page)
            page.evaluate(
                "() => { for (const one of document.querySelectorAll('details')) one.open = true; }"
            )
            if found := page.evaluate(TOO_WIDE, 320):
                wide[path] = found
    witness.faults = [fault for fault in witness.faults if NOTED not in fault]
    assert wide == {}
