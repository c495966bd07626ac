"""WeChat's map in a real browser with its user agent, and a stand-in for its SDK of our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from geodata.datum import from_wgs84
from locator.city import City
from tests.web.server import serving_city
from tests.web.wechat import APPID, SECRET, Host, wechat_host

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Witness

OpenPage = Callable[..., "Page"]
SMALL = {"width": 360, "height": 740}
WECHAT = "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/107 MicroMessenger/8.0.40"
# It notes what it is called with, and is ready when the signature has the documented form.
SDK = """
(function () {
  const heard = { ready: [], error: [] };
  window.calls = [];
  window.wx = {
    config: function (told) {
      window.calls.push(["config", told]);
      const well = /^[0-9a-f]{40}$/.test(told.signature) && typeof told.timestamp === "number";
      setTimeout(() => heard[well ? "ready" : "error"].forEach((one) => one()), 0);
    },
    ready: (one) => heard.ready.push(one),
    error: (one) => heard.error.push(one),
    openLocation: (place) => (document.documentElement.dataset.opened = JSON.stringify(place)),
  };
})();
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with wechat_host() as running:
        yield running


@pytest.fixture(scope="module")
def wechat_site(town: Path, host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sdk = tmp_path_factory.mktemp("sdk") / "sdk.js"
    sdk.write_text(SDK, encoding="utf-8")
    environ = {
        "LOCATOR_WECHAT_APPID": APPID,
        "LOCATOR_WECHAT_SECRET": SECRET,
        "LOCATOR_WECHAT_SDK": str(sdk),
        "LOCATOR_WECHAT_API": host.url,
    }
    with serving_city(town, environ) as url:
        yield url


def opened(page: Page) -> dict[str, Any]:
    page.wait_for_selector("html[data-opened]", state="attached")
    return dict(json.loads(page.locator("html").get_attribute("data-opened") or ""))


def test_wechat_opens_its_map_from_a_stations_page(
    open_page: OpenPage, wechat_site: str, town: Path
) -> None:
    station = City.open(town).current().stations.usable()[0]
    page = open_page(f"/s/{station.code}", at=wechat_site, viewport=SMALL, user_agent=WECHAT)
    page.get_by_role("button", name="微信地图").click()
    place = opened(page)
    lon, lat = from_wgs84([[station.lon_deg, station.lat_deg]], "gcj02")[0]
    assert place["longitude"] == pytest.approx(lon, abs=1e-6)
    assert place["latitude"] == pytest.approx(lat, abs=1e-6)
    assert place["name"] == station.name
    assert page.evaluate("window.calls[0][1].jsApiList") == ["openLocation"]


def test_wechat_opens_its_map_from_a_card_that_the_phone_made(
    open_page: OpenPage, wechat_site: str, town: Path
) -> None:
    station = City.open(town).current().stations.usable()[0]
    here = (station.lon_deg, station.lat_deg)
    page = open_page("/", at=wechat_site, viewport=SMALL, user_agent=WECHAT, location=here)
    page.locator("#locate").click()
    first = page.locator("#answer .card").first
    first.get_by_text("去这里").click()
    first.get_by_role("button", name="微信地图").click()
    name = first.locator("h3 a").inner_text()
    assert opened(page)["name"] == name


def test_other_browsers_get_plain_links_and_no_sdk(
    open_page: OpenPage, witness: Witness, wechat_site: str, town: Path
) -> None:
    code = City.open(town).current().stations.usable().code[0]
    page = open_page(f"/s/{code}", at=wechat_site, phone=True)
    assert page.locator("[data-app=amap]").is_visible()
    assert page.get_by_role("button", name="微信地图").count() == 0
    assert [url for _, url, _ in witness.requests if "/wechat/" in url] == []


def test_wechat_without_a_ticket_keeps_the_plain_links(
    open_page: OpenPage, witness: Witness, wechat_site: str, town: Path
) -> None:
    code = City.open(town).current().stations.usable().code[0]
    page = open_page(f"/s/{code}", at=wechat_site, viewport=SMALL, user_agent=WECHAT)
    page.route("**/wechat/signature", lambda route: route.fulfill(status=503, body=""))
    with page.expect_response("**/wechat/signature"):
        page.reload()
    assert page.locator("[data-app=amap]").is_visible()
    assert not page.locator("button[data-wechat]").is_visible()
    assert [fault for fault in witness.faults if "503" not in fault] == []
    witness.faults.clear()
