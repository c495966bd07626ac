"""The frame in pages of another origin, in a real browser: who may show it, what it does there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.walking import looking
from tests.web.server import serving_city

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page, Playwright

    from locator.view import CityView
    from tests.browser.conftest import Witness

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOST_PAGE = """<!doctype html><html lang="zh"><title>工会的网页</title>
<h1>工会的网页</h1><p>上面的话。</p>{code}<p style="height:1500px">下面的话。</p>
<script>
window.heights = [];
window.addEventListener("message", (event) => {{
  window.heights.push({{ origin: event.origin, data: event.data }});
  if (event.origin !== "{site}" || event.data.type !== "station-locator:height") return;
  document.querySelector("iframe").style.height = event.data.height + "px";
}});
</script></html>"""
READY = ".folium-map[data-stations]"


class Host(BaseHTTPRequestHandler):
    """A page of another site; what it holds is set by the test."""

    pages: dict[str, str]

    def __init__(self, *given: Any, pages: dict[str, str]) -> None:
        self.pages = pages
        super().__init__(*given)

    def do_GET(self) -> None:
        body = self.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[str, dict[str, str]]]:
    """Another origin: its address by number, ours by the name localhost; and its pages."""
    pages: dict[str, str] = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, pages=pages)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", pages
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def framed_site(town: Path, host: tuple[str, Any]) -> Iterator[str]:
    """The application that lets that origin frame it."""
    with serving_city(town, {"LOCATOR_FRAME_ANCESTORS": host[0]}) as url:
        yield url


@pytest.fixture(scope="module")
def here(town: Path) -> tuple[float, float]:
    """A crossing in the middle of the town."""
    from locator.city import City

    view: CityView = City.open(town).current()
    west, south, east, north = view.bounds_deg
    return (west + east) / 2, (south + north) / 2


OpenFrame = Callable[..., tuple["Page", "Frame"]]


@pytest.fixture
def open_frame(
    chromium: Browser,
    driver: Playwright,
    witness: Witness,
    host: tuple[str, dict[str, str]],
    framed_site: str,
) -> Iterator[OpenFrame]:
    """Open a page of the other origin that holds the code of oEmbed, and give its frame."""
    opened: list[Any] = []
    origin, pages = host

    def open_it(
        query: str = "",
        *,
        permit: bool = True,
        phone: bool = False,
        site: str = framed_site,
        **options: Any,
    ) -> tuple[Page, Frame]:
        if "geolocation" in options:
            options["permissions"] = ["geolocation"]
        context = looking(chromium, driver, witness, phone=phone, **options)
        opened.append(context)
        page = context.__enter__().new_page()
        page.set_default_timeout(30_000)
        address = f"{site}/embed{query}"
        told = page.request.get(f"{site}/oembed", params={"url": address})
        code = told.json()["html"] if told.ok else f'<iframe src="{address}"></iframe>'
        assert 'allow="geolocation"' in code
        if not permit:
            code = code.replace('allow="geolocation"', "")
        pages["/page"] = HOST_PAGE.format(code=code, site=site)
        page.goto(f"{origin}/page")
        frame = page.locator("iframe").element_handle().content_frame()
        assert frame is not None
        return page, frame

    yield open_it
    for context in opened:
        context.__exit__(None, None, None)
    # the page around is not ours, and its icon is missing; all else must be our own host's
    witness.requests = [row for row in witness.requests if not row[1].startswith(origin)]
    witness.faults = [fault for fault in witness.faults if "404" not in fault]


def test_frame_in_a_page_of_another_origin_finds_from_a_position(
    open_frame: OpenFrame, here: tuple[float, float], witness: Witness
) -> None:
    place = {"longitude": here[0], "latitude": here[1], "accuracy": 20}
    page, frame = open_frame(phone=True, geolocation=place)
    assert page.locator("iframe").get_attribute("title")
    frame.wait_for_selector(READY)
    frame.locator("#locate").click()
    frame.wait_for_selector("#answer .card")
    assert frame.locator("#answer .card").count() >= 1
    # an exact position stands in no address, and in no request
    exact = str(here[0])[:9]
    assert [row for row in witness.requests if exact in row[1] or exact in row[2]] == []
    assert exact not in frame.url
    assert frame.evaluate("() => document.cookie") == ""


def test_address_of_the_frame_keeps_its_size_and_list(
    open_frame: OpenFrame, here: tuple[float, float]
) -> None:
    place = {"longitude": here[0], "latitude": here[1], "accuracy": 20}
    _, frame = open_frame("?size=small&list=off", phone=True, geolocation=place)
    frame.wait_for_selector(READY)
    frame.locator("#locate").click()
    frame.wait_for_selector("#answer .card")
    assert "size=small" in frame.url
    assert "list=off" in frame.url


def test_frame_without_permission_says_so_and_leads_to_a_place(
    open_frame: OpenFrame, here: tuple[float, float]
) -> None:
    place = {"longitude": here[0], "latitude": here[1], "accuracy": 20}
    _, frame = open_frame(permit=False, geolocation=place)
    frame.get_by_text("这个网页不允许用位置").wait_for()
    assert not frame.locator("#locate").is_visible()
    field = frame.locator("#place-form input[name=place]")
    field.fill("人民路")
    field.press("Enter")
    frame.wait_for_url("**/embed?*place=*")
    frame.wait_for_selector("#answer:not([hidden])")


def test_frame_refused_by_the_person_leads_to_a_place(open_frame: OpenFrame) -> None:
    _, frame = open_frame()
    frame.wait_for_selector(READY)
    frame.locator("#locate").click()
    frame.get_by_text("没拿到位置").wait_for()
    assert frame.locator("#place-form input[name=place]").is_visible()


def test_frame_tells_its_height_to_the_page_around_alone(
    open_frame: OpenFrame, framed_site: str
) -> None:
    page, frame = open_frame("?size=small")
    frame.wait_for_selector(READY)
    page.wait_for_function("() => window.heights.length > 0")
    told = page.evaluate("() => window.heights")
    assert {row["origin"] for row in told} == {framed_site}
    assert all(set(row["data"]) == {"type", "height"} for row in told)
    wanted = frame.evaluate("() => document.documentElement.scrollHeight")
    page.wait_for_function(
        "(height) => Math.abs(document.querySelector('iframe').offsetHeight - height) < 40",
        arg=wanted,
    )


@pytest.mark.parametrize("size", ["small", "large"])
def test_height_that_is_told_does_not_follow_the_frames_own(
    open_frame: OpenFrame, size: str
) -> None:
    page, frame = open_frame(f"?size={size}", phone=True)
    frame.wait_for_selector(READY)
    page.wait_for_function(
        "() => Math.abs(document.querySelector('iframe').offsetHeight - "
        "window.heights.at(-1)?.data.height) < 2"
    )
    high = "() => Math.ceil(document.documentElement.getBoundingClientRect().height)"
    wanted = frame.evaluate(high)
    page.evaluate("() => { document.querySelector('iframe').style.height = '9000px'; }")
    frame.wait_for_function("() => window.innerHeight === 9000")
    assert frame.evaluate(high) == wanted
    heights = (
        "() => ['.map-frame', '.folium-map'].map((p) => document.querySelector(p).offsetHeight)"
    )
    around, drawn = frame.evaluate(heights)
    assert around == drawn > 200


def test_frame_of_an_origin_that_is_not_named_stays_empty(
    open_frame: OpenFrame, site: str, witness: Witness
) -> None:
    page, _ = open_frame(site=site)
    page.wait_for_timeout(1000)
    frames = [frame for frame in page.frames if frame.parent_frame is not None]
    assert all("embed" not in frame.url or not frame.locator("h1").count() for frame in frames)
    refused = [fault for fault in witness.faults if "frame-ancestors" in fault]
    assert refused
    witness.faults = [fault for fault in witness.faults if fault not in refused]
    witness.faults = [
        f for f in witness.faults if "chrome-error" not in f and "ERR_BLOCKED" not in f
    ]


@pytest.mark.parametrize("path", ["/", "/coverage", "/embed/builder"])
def test_other_pages_are_never_framed(
    open_frame: OpenFrame, host: tuple[str, dict[str, str]], framed_site: str, witness: Witness,
    path: str,
) -> None:  # fmt: skip
    page, _ = open_frame()
    host[1]["/other"] = (
        f'<!doctype html><title>x</title><iframe src="{framed_site}{path}"></iframe>'
    )
    page.goto(f"{host[0]}/other")
    page.wait_for_timeout(800)
    frames = [frame for frame in page.frames if frame.parent_frame is not None]
    assert not any(frame.locator("main").count() for frame in frames)
    assert any("frame-ancestors" in fault for fault in witness.faults)
    witness.faults.clear()


def test_links_of_the_frame_open_beside_the_page(open_frame: OpenFrame) -> None:
    page, frame = open_frame("?kind=rest_station")
    frame.wait_for_selector(READY)
    with page.context.expect_page() as opened:
        frame.locator("#full").click()
    full = opened.value
    full.wait_for_load_state()
    assert urlsplit(full.url).query == "kind=rest_station"
    assert full.locator("#place-form select[name=kind]").input_value() == "rest_station"
    with page.context.expect_page() as opened:
        frame.locator("#list li[data-code] a").first.click()
    opened.value.wait_for_load_state()
    assert "/s/" in opened.value.url
    assert "/embed" in frame.url


def centre(frame: Frame) -> list[float]:
    found: list[float] = frame.evaluate(
        "() => { const c = map_city.getCenter(); return [c.lng, c.lat]; }"
    )
    return found


def test_one_finger_leaves_the_map_and_two_move_it(open_frame: OpenFrame) -> None:
    page, frame = open_frame(phone=True)
    frame.wait_for_selector(READY)
    frame.locator("#map").scroll_into_view_if_needed()
    box = frame.locator(".folium-map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def swipe(fingers: int) -> None:
        def points(shift: float) -> list[dict[str, float]]:
            return [{"x": x - 40 + 80 * i, "y": y + shift, "id": i} for i in range(fingers)]

        send = partial(touch.send, "Input.dispatchTouchEvent")
        send({"type": "touchStart", "touchPoints": points(0)})
        for shift in range(10, 90, 10):
            send({"type": "touchMove", "touchPoints": points(-shift)})
        send({"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(600)

    before = centre(frame)
    swipe(1)
    # half a pixel is what Leaflet rounds away after the frame was given its height
    assert centre(frame) == pytest.approx(before, abs=1e-4)
    assert "两个手指" in frame.locator("#gesture").inner_text()
    page.evaluate("() => window.scrollTo(0, 0)")
    frame.locator("#map").scroll_into_view_if_needed()
    swipe(2)
    frame.wait_for_function(  # a busy machine moves it late
        "([lng, lat]) => map_city.getCenter().lng !== lng || map_city.getCenter().lat !== lat",
        arg=before,
    )


def test_wheel_scrolls_the_page_and_zooms_with_ctrl_alone(open_frame: OpenFrame) -> None:
    page, frame = open_frame()
    frame.wait_for_selector(READY)
    zoom = "() => map_city.getZoom()"
    frame.locator(".folium-map").scroll_into_view_if_needed()
    frame.locator(".folium-map").hover()
    before = frame.evaluate(zoom)
    page.mouse.wheel(0, -100)
    page.wait_for_timeout(400)
    assert frame.evaluate(zoom) == before
    assert "Ctrl" in frame.locator("#gesture").inner_text()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    frame.wait_for_function("(before) => map_city.getZoom() > before", arg=before)


def test_mouse_drags_the_map(open_frame: OpenFrame) -> None:
    page, frame = open_frame()
    frame.wait_for_selector(READY)
    frame.locator(".folium-map").scroll_into_view_if_needed()
    box = frame.locator(".folium-map").bounding_box()
    assert box
    before = centre(frame)
    page.mouse.move(box["x"] + 200, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=6)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert centre(frame) != before


def test_escape_leaves_the_map(open_frame: OpenFrame) -> None:
    page, frame = open_frame()
    frame.wait_for_selector(READY)
    frame.locator(".folium-map").focus()
    page.keyboard.press("Escape")
    assert frame.evaluate("() => document.activeElement.id") == "after-map"


def test_frame_without_a_script_finds_and_lists(open_frame: OpenFrame) -> None:
    _, frame = open_frame("?list=off", java_script_enabled=False)
    frame.wait_for_selector("#list li[data-code]", state="attached")
    frame.locator("#place-fold summary").click()
    frame.locator("#place-form input[name=place]").fill("人民路")
    frame.locator("#place-form button[type=submit]").click()
    frame.wait_for_selector("#answer h2")
    assert "/embed?" in frame.url
    assert "list=off" in frame.url


def test_builder_follows_the_choices_and_copies(
    chromium: Browser, driver: Playwright, witness: Witness, site: str
) -> None:
    rights = ["clipboard-read", "clipboard-write"]
    with looking(chromium, driver, witness, permissions=rights) as context:
        page = context.new_page()
        page.goto(f"{site}/embed/builder")
        page.locator("select[name=kind]").focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_function("() => document.getElementById('preview').src.includes('kind=')")
        page.locator("select[name=size]").select_option("large")
        page.wait_for_function("() => document.getElementById('code').value.includes('size=large')")
        code = page.locator("#code").input_value()
        source = page.locator("#preview").get_attribute("src")
        assert f'src="{site}' in code.replace("127.0.0.1", "localhost")
        assert str(source) in code.replace("&amp;", "&")
        assert page.locator("#preview").get_attribute("height") == "720"
        page.get_by_role("button", name="复制代码").click()
        page.get_by_text("复制好了").wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()") == code
        preview = page.locator("#preview").element_handle().content_frame()
        assert preview is not None
        preview.wait_for_selector(READY)


def test_builder_without_a_script_gives_the_code(
    chromium: Browser, driver: Playwright, witness: Witness, site: str
) -> None:
    with looking(chromium, driver, witness, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/embed/builder")
        page.locator("select[name=size]").select_option("small")
        page.get_by_role("button", name="更新").click()
        assert "size=small" in page.locator("#code").input_value()
        assert page.locator("#preview").get_attribute("height") == "420"
