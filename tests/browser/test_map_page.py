"""The map page in a real browser: it finds, shows, and never tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.walking import axe_finds, need_axe
from tests.web.server import serving_city
from tests.web.town import PAYLOADS, add_stations

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from locator.view import CityView
    from tests.browser.conftest import Witness

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
READY = "#map_city[data-ground=loaded][data-stations]"
COVERAGE_READY = "#map_city[data-streets=loaded][data-stations]"
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def view(town: Path) -> CityView:
    from locator.city import City

    return City.open(town).current()


@pytest.fixture(scope="module")
def here(view: CityView) -> tuple[float, float]:
    """Where the person of these tests stands: on a street, off any station."""
    from locator.pieces import locate_on_streets

    network = view.network("walk")
    street = int(network.component[view.streets.ends[:, 0]].argmin())
    xy = locate_on_streets(view.streets, [street], [view.streets.length_m[street] / 3])
    lon, lat = view.to_lonlat(xy)[0].tolist()
    return lon + 1e-5, lat + 1e-5


def results(page: Page) -> list[str]:
    page.wait_for_selector("#answer[data-outcome]")
    names = page.locator("#answer > ol.cards").first.locator(".card .name a")
    return names.all_inner_texts()


@SIZES
def test_allowed_location_shows_the_nearest_station_and_its_route(
    open_page: OpenPage, witness: Witness, view: CityView, here: tuple[float, float], phone: bool
) -> None:
    page = open_page(phone=phone, location=here)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="用我的位置").click()
    found = results(page)
    near = view.nearest([here], k=3, at="now")
    assert found == [view.stations.name[i] for i in near.index[0].tolist()]
    # the route is drawn from the person to the station
    drawn = page.locator("path.route").get_attribute("d") or ""
    assert len(re.findall(r"[ML]", drawn)) >= 2
    assert page.locator("path.origin").count() == 1
    assert page.locator(".card.chosen .name a").inner_text() == found[0]
    # the position itself went nowhere: not in an address, a body, a cookie
    lon = str(here[0])[:8]  # four places: some ten metres
    assert [url for _, url, body in witness.requests if lon in url or lon in body] == []
    assert [url for _, url, _ in witness.requests if "/api/v1/nearest" in url] == []
    kept = page.evaluate("() => [document.cookie, Object.keys(localStorage), location.search]")
    assert kept == ["", ["locator.place"], ""]
    assert lon not in page.evaluate("() => JSON.stringify(localStorage)")


def test_other_result_chosen_shows_its_route(
    open_page: OpenPage, here: tuple[float, float]
) -> None:
    page = open_page(location=here)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="用我的位置").click()
    found = results(page)
    ends = "() => document.querySelector('path.route').getAttribute('d').match(/[^L]+$/)[0]"
    before = page.evaluate(ends)
    page.locator("#answer .card details.go > summary").nth(2).click()
    assert page.locator(".card.chosen .name a").inner_text() == found[2]
    assert page.locator("path.route").count() == 1
    page.wait_for_function(f"(before) => ({ends})() !== before", arg=before)


def test_denied_location_leads_to_a_place(open_page: OpenPage, view: CityView) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    page.get_by_role("button", name="用我的位置").click()
    page.get_by_text("没拿到位置。请选街道或输入路名。").wait_for()
    # the keyboard is where the next answer goes
    assert page.evaluate("() => document.activeElement.name") == "place"
    page.keyboard.type(next(iter(view.stations.usable().code)))
    page.keyboard.press("Enter")
    page.wait_for_url("**/?*place=*")
    assert len(results(page)) == 3


def test_slow_location_says_so_after_five_seconds(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    page.evaluate("() => { navigator.geolocation.getCurrentPosition = () => undefined; }")
    page.clock.install(time="2026-01-01T00:00:00")
    page.clock.pause_at("2026-01-01T01:00:00")
    page.get_by_role("button", name="用我的位置").click()
    page.get_by_text("正在取位置").wait_for()
    page.clock.run_for(4900)
    assert page.get_by_text("定位太慢").count() == 0
    page.clock.run_for(200)
    page.get_by_text("定位太慢，先选个地方。").wait_for()


def test_location_outside_the_city_says_what_to_do(open_page: OpenPage, view: CityView) -> None:
    page = open_page(location=(0.0, 0.0))
    page.wait_for_selector(READY)
    page.get_by_role("button", name="用我的位置").click()
    page.locator("#answer").get_by_text(f"你不在{view.name}，先选市内地点。").wait_for()
    page.locator("#answer").get_by_role("button", name="选地方").click()
    assert page.evaluate("() => document.activeElement.name") == "place"
    assert page.locator("#place-form input[name=place]").is_visible()


def test_rough_location_says_how_rough_and_shows_two(
    open_page: OpenPage, here: tuple[float, float]
) -> None:
    page = open_page(location=here, accuracy_m=300)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="用我的位置").click()
    page.get_by_text("位置可能差300米，先看这两个。").wait_for()
    assert len(results(page)) == 2


def test_click_on_the_map_finds_from_there(open_page: OpenPage, here: tuple[float, float]) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    page.evaluate("([lon, lat]) => map_city.setView([lat, lon], 17, {animate: false})", list(here))
    box = page.locator("#map_city").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert len(results(page)) == 3


def test_keyboard_alone_finds_and_skips_the_map(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == "#list"
    page.locator("#place-fold > summary").press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "use-centre":
            break
    page.keyboard.press("Enter")
    results(page)


def test_station_of_the_list_is_shown_on_the_map(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    row = page.locator("#list li[data-code]").first
    row.get_by_role("button", name="在地图上看").click()
    popup = page.locator(".station-popup")
    popup.wait_for()
    assert popup.locator("strong").inner_text() == row.locator(".name a").inner_text()
    assert "示例数据" in popup.inner_text()


def test_limit_chosen_changes_totals_gaps_and_streets(open_page: OpenPage, view: CityView) -> None:
    page = open_page("/coverage")
    page.wait_for_selector(COVERAGE_READY)
    page.locator("#coverage-form select[name=within]").select_option("300")
    page.wait_for_selector("#coverage-answer[data-within='300']")
    page.wait_for_selector(COVERAGE_READY)
    cover = view.coverage(within_m=300)
    assert f"{cover.share:.1%}" in page.locator(".totals caption").inner_text()
    assert page.locator("#gaps button.gap").count() == min(20, len(cover.gap_table))
    assert colours(page) >= {(106, 166, 184), (179, 64, 15)}
    page.get_by_label("在地图上显示覆盖").uncheck()
    assert (179, 64, 15) not in colours(page)


def colours(page: Page) -> set[tuple[int, int, int]]:
    """Solid colours on the street tiles.

    Read from a copy that is made to be read: Chromium warns of pages that read their own canvas
    again and again, and a warning is a fault here.
    """
    found = page.evaluate(
        """() => [...document.querySelectorAll("canvas.leaflet-tile")].flatMap((tile) => {
          const copy = new OffscreenCanvas(tile.width, tile.height);
          const context = copy.getContext("2d", { willReadFrequently: true });
          context.drawImage(tile, 0, 0);
          const data = context.getImageData(0, 0, tile.width, tile.height).data;
          const seen = new Set();
          for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join());
          return [...seen];
        })"""
    )
    return {tuple(int(part) for part in text.split(",")) for text in found}  # type: ignore[misc]


def test_gap_chosen_is_shown_on_the_map(open_page: OpenPage) -> None:
    page = open_page("/coverage")
    page.wait_for_selector(COVERAGE_READY)
    page.locator("#coverage-form select[name=within]").select_option("300")
    page.wait_for_selector("#coverage-answer[data-within='300']")
    site = page.url.split("/coverage")[0]
    gap = page.request.get(f"{site}/api/v1/coverage?within=300").json()["gaps"][-1]
    page.locator("button.gap").last.click()
    page.wait_for_timeout(600)
    bounds = page.evaluate("() => map_city.getBounds().toBBoxString()").split(",")
    west, south, east, north = (float(part) for part in bounds)
    assert west <= gap["lon"] <= east
    assert south <= gap["lat"] <= north
    assert page.locator("button.gap").last.get_attribute("aria-pressed") == "true"


def test_kind_switched_off_leaves_the_map(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    drawn = "() => locator.stations._drawn.reduce((n, spot) => n + spot.stations.length, 0)"
    before = page.evaluate(drawn)
    page.locator("input[data-kind=rest_station]").uncheck()
    assert 0 < page.evaluate(drawn) < before


@SIZES
def test_names_of_markup_never_run(
    open_page: OpenPage, town: Path, tmp_path: Path, here: tuple[float, float], phone: bool
) -> None:
    import shutil

    city = Path(shutil.copytree(town, tmp_path / "city"))
    add_stations(city, PAYLOADS, near=here)
    with serving_city(city) as url:
        page = open_page(at=url, phone=phone, location=here, bypass_csp=True)
        page.wait_for_selector(READY)
        page.get_by_role("button", name="用我的位置").click()
        assert results(page)
        for payload in PAYLOADS:
            page.evaluate(
                """async (name) => {
                  const all = (await (await fetch("/api/v1/stations")).json()).columns;
                  const code = all.code[all.name.indexOf(name)];
                  locator.showStation(locator.stations.find(code));
                }""",
                payload,
            )
            page.locator(".station-popup strong").get_by_text(payload, exact=True).wait_for()
        page.goto(f"{url}/?q=站")
        page.wait_for_selector(READY)
        assert page.evaluate("() => window.hacked === undefined")
        assert page.locator("#map img, #list img, #answer img").count() == 0


def test_names_of_markup_never_run_under_the_policy_either(
    open_page: OpenPage, town: Path, tmp_path: Path, here: tuple[float, float]
) -> None:
    import shutil

    city = Path(shutil.copytree(town, tmp_path / "city"))
    add_stations(city, PAYLOADS, near=here)
    with serving_city(city) as url:
        page = open_page(at=url, location=here)
        page.wait_for_selector(READY)
        page.get_by_role("button", name="用我的位置").click()
        assert results(page)
        assert page.evaluate("() => window.hacked === undefined")
        page.close()  # it may still ask for tiles, and the server stops


def test_phone_shows_the_list_first_and_nothing_too_wide(open_page: OpenPage) -> None:
    for width in (360, 412):
        page = open_page(phone=True)
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_selector(READY)
        tops = [page.locator(f"#{part}").bounding_box() for part in ("find", "list", "map")]
        assert all(tops)
        order = [box["y"] for box in tops if box]
        assert order == sorted(order)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@SIZES
def test_targets_are_large_enough_for_a_thumb(
    open_page: OpenPage, here: tuple[float, float], phone: bool
) -> None:
    page = open_page(phone=phone, location=here)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="用我的位置").click()
    results(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            "button, select, input, summary, nav a, .card a, .switch")]
          .map((part) => part.closest("label.check") || part)
          .filter((part) => part.checkVisibility())
          .map((part) => [part.outerHTML.slice(0, 80), part.getBoundingClientRect().height])
          .filter(([, height]) => height < 44)"""
    )
    assert small == []


@SIZES
@pytest.mark.parametrize("path", ["/", "/coverage", "/nowhere", "/?colour=red"])
def test_page_passes_axe(
    open_page: OpenPage, witness: Witness, here: tuple[float, float], path: str, phone: bool
) -> None:
    need_axe()
    # the checker itself is put into the page, which the policy would rightly refuse
    page = open_page(path, phone=phone, location=here, bypass_csp=True)
    if path == "/":
        page.wait_for_selector(READY)
        page.get_by_role("button", name="用我的位置").click()
        results(page)
    page.wait_for_load_state("networkidle")  # what is still being measured is dimmed
    assert page.locator("[aria-busy=true]").count() == 0
    assert axe_finds(page) == []
    if path not in {"/", "/coverage"}:  # the browser itself notes an answer of 404 or 422
        witness.faults = [fault for fault in witness.faults if "status of 4" not in fault]


def test_page_without_script_finds_by_street(open_page: OpenPage, view: CityView) -> None:
    page = open_page(java_script_enabled=False)
    street = next(name for name in view.streets.names if name)
    assert page.get_by_role("button", name="用我的位置").count() == 0
    page.locator("#place-fold > summary").click()
    page.locator("input[name=place]").fill(street)
    page.get_by_role("button", name="从这个地方找").click()
    assert page.locator("#answer > ol.cards").first.locator(".card").count() == 3
    assert "place=" in page.url


def test_question_overtaken_by_another_is_dropped(
    open_page: OpenPage, view: CityView, here: tuple[float, float]
) -> None:
    page = open_page(location=here)
    page.wait_for_selector(READY)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/api/v1/nearest", hold)
    page.locator("#place-fold > summary").click()
    district = next(iter(set(view.stations.district_code)))
    page.locator("#place-form select[name=district]").select_option(district)
    page.get_by_role("button", name="从这个地方找").click()
    page.get_by_text("正在找最近的站点").wait_for()
    page.locator("#locate").click()
    before = results(page)
    held[0].fulfill(json={"outcome": "none_within", "results": [], "below": []})
    page.wait_for_timeout(300)
    assert results(page) == before
