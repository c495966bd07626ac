"""The ground of the map in a real browser: drawn by our own host, right in every datum."""

from __future__ import annotations

import base64
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from geodata.datum import from_wgs84, to_wgs84
from geodata.tile_layers import unit_square
from tests.browser.conftest import ROOT, Witness
from tests.web.server import serving_city
from webapp.places import district_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from locator.view import CityView

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
READY = "#map_city[data-ground=loaded][data-stations]"
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
WATER = (200, 219, 227)
PAPER = (246, 246, 243)
INK = (70, 82, 90)
RED = (255, 0, 0)
# Colours of the ground's canvases, each with how often it is there; read from a copy, see
# `colours` in test_map_page.
COLOURS = """() => {
  const seen = new Map();
  for (const tile of document.querySelectorAll(".ground canvas")) {
    const copy = new OffscreenCanvas(tile.width || 1, tile.height || 1);
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(tile, 0, 0);
    const data = context.getImageData(0, 0, copy.width, copy.height).data;
    for (let i = 0; i < data.length; i += 4) {
      const key = data.slice(i, i + 3).join();
      seen.set(key, (seen.get(key) || 0) + 1);
    }
  }
  return [...seen];
}"""
NAMES = """() => [...locator.ground.labelers.labelers.get(map_city.getZoom()).index.tree.all()]
  .map((entry) => entry.indexedLabel.deduplicationKey)"""

# How each street's name is written: [name, turn in degrees, the signs with their places].
WRITTEN = """() => [...locator.ground.labelers.labelers.get(map_city.getZoom()).index.tree.all()]
  .map(({ indexedLabel: label }) => {
    const told = { name: label.deduplicationKey, turn: 0, signs: [] };
    label.draw({
      measureText: () => ({ width: 0 }),
      strokeText: () => undefined,
      rotate: (angle) => (told.turn = (angle * 180) / Math.PI),
      fillText: (text, x, y) => told.signs.push([text, x, y]),
    });
    return told;
  })"""
DISTRICTS = """() => [...document.querySelectorAll(".map-district span")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.textContent, one.getBoundingClientRect().toJSON()])"""


@pytest.fixture(scope="module")
def view(town: Path) -> CityView:
    from locator.city import City

    return City.open(town).current()


@pytest.fixture(scope="module")
def station(view: CityView) -> tuple[float, float]:
    """Where one station is."""
    lon, lat = view.stations.usable().lonlat_deg[0].tolist()
    return lon, lat


def move(page: Page, place: tuple[float, float], zoom: int) -> None:
    """Show a place and wait until its ground is drawn."""
    page.evaluate(
        """([lon, lat, zoom]) => {
          map_city.getContainer().dataset.ground = "loading";
          map_city.setView([lat, lon], zoom, { animate: false });
        }""",
        [*place, zoom],
    )
    page.wait_for_selector(READY)
    page.wait_for_timeout(300)  # names that reach into another tile draw it once more


def colours(page: Page) -> dict[tuple[int, ...], int]:
    return {tuple(int(x) for x in key.split(",")): count for key, count in page.evaluate(COLOURS)}


@SIZES
def test_ground_shows_streets_waters_and_their_names(
    open_page: OpenPage, view: CityView, station: tuple[float, float], phone: bool
) -> None:
    page = open_page(phone=phone)
    page.wait_for_selector(READY)
    move(page, station, 16)
    seen = colours(page)
    assert seen[PAPER] > 1000
    assert seen[255, 255, 255] > 1000  # small streets are white
    assert sum(count for colour, count in seen.items() if colour == INK) > 20  # letters
    names = set(page.evaluate(NAMES))
    assert names
    waters = {"濠河", "长江·黄海"}
    assert names <= set(view.streets.names) | waters | names_of_water(view)
    assert any("\u4e00" <= letter <= "\u9fff" for name in names for letter in name)


@pytest.mark.parametrize("zoom", [15, 17])
def test_names_of_streets_stand_upright(
    open_page: OpenPage, station: tuple[float, float], zoom: int
) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    move(page, station, zoom)
    written = [one for one in page.evaluate(WRITTEN) if len(one["name"]) > 1]
    flat = [one for one in written if len(one["signs"]) == 1]
    stacked = [one for one in written if len(one["signs"]) > 1]
    assert flat
    assert stacked  # steep streets
    for one in written:  # letters may run along a steep street, signs stand below each other
        chinese = any("\u4e00" <= sign <= "\u9fff" for sign in one["name"])
        assert abs(one["turn"]) <= (45.001 if chinese else 90.001), one
    for one in stacked:
        assert "".join(sign for sign, _, _ in one["signs"]) == one["name"]
        heights = [y for _, _, y in one["signs"]]
        assert heights == sorted(set(heights))  # the first sign on top
        assert {x for _, x, _ in one["signs"]} == {0}


@SIZES
def test_districts_are_named_from_afar_and_not_from_near(
    open_page: OpenPage, view: CityView, station: tuple[float, float], phone: bool
) -> None:
    page = open_page(phone=phone)
    page.wait_for_selector(READY)
    known = set(district_names(view).values())
    shown = set()
    for zoom in (8, 10, 12, 13):
        move(page, station, zoom)
        page.wait_for_selector(".map-district span", state="visible")
        found = page.evaluate(DISTRICTS)
        shown |= {name for name, _ in found}
        for (_, one), (_, other) in combinations(found, 2):
            beside = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
        assert found
    assert shown == known
    move(page, station, 14)
    page.wait_for_selector(".map-district span", state="hidden")
    assert page.evaluate(DISTRICTS) == []


# Names of districts that lie on a mark of stations, and how many were looked at.
ON_MARKS = """() => {
  const frame = map_city.getContainer().getBoundingClientRect();
  const spots = locator.stations._drawn.map(({ point, radius }) => {
    const { x, y } = map_city.layerPointToContainerPoint(point);
    return { x: x + frame.left, y: y + frame.top, radius };
  });
  const all = [...document.querySelectorAll(".map-district span")];
  const names = all.filter((one) => one.checkVisibility());
  const hidden = names.filter((one) => {
    const box = one.getBoundingClientRect();
    return spots.some(({ x, y, radius }) => Math.hypot(
      Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)) < radius);
  });
  return { names: names.length, hidden: hidden.map((one) => one.textContent) };
}"""


@pytest.mark.slow
@SIZES
def test_districts_of_a_whole_city_are_named_beside_its_stations(
    open_page: OpenPage, tmp_path: Path, phone: bool
) -> None:
    from locator.sample import make_sample_city

    make_sample_city(tmp_path / "city", scale="city")
    with serving_city(tmp_path / "city") as site:
        page = open_page(phone=phone, at=site)
        page.wait_for_selector(READY)
        moved = 0
        for zoom in (9, 10, 11, 12):
            page.evaluate("(zoom) => map_city.setZoom(zoom, { animate: false })", zoom)
            for kind in ("rest_station", "mother_baby_room"):
                told = page.evaluate(ON_MARKS)
                assert told["hidden"] == [], (zoom, kind)
                assert told["names"] >= 5, zoom
                page.locator(f"input[data-kind={kind}]").click()  # fewer marks, or more
            moved += page.evaluate(
                """() => [...document.querySelectorAll(".map-district span")]
                  .filter(({ style }) => parseFloat(style.left) || parseFloat(style.top)).length"""
            )
        assert moved > 0
        page.close()


def names_of_water(view: CityView) -> set[str]:
    import json

    found = json.loads(view.store.water_path.read_text(encoding="utf-8"))["features"]
    return {row["properties"]["name"] for row in found}


def test_ground_has_water_where_water_is(open_page: OpenPage, view: CityView) -> None:
    import json

    import shapely

    found = json.loads(view.store.water_path.read_text(encoding="utf-8"))["features"]
    largest = max((shapely.from_geojson(json.dumps(row["geometry"])) for row in found), key=area)
    inside = shapely.point_on_surface(largest)
    page = open_page()
    page.wait_for_selector(READY)
    move(page, (inside.x, inside.y), 17)
    assert colours(page)[WATER] > 1000


def area(shape: Any) -> float:
    return float(shape.area)


def test_ground_comes_by_ranges_and_is_light(open_page: OpenPage, witness: Witness) -> None:
    parts: list[tuple[int, int]] = []

    def note(response: Any) -> None:
        if response.url.endswith(".pmtiles"):
            parts.append((response.status, int(response.headers["content-length"])))

    page = open_page("/coverage")
    page.context.on("response", note)
    page.goto(page.url.removesuffix("coverage"))
    page.wait_for_selector(READY)
    assert {status for status, _ in parts} == {206}
    assert sum(size for _, size in parts) < 200_000
    assert any(".pmtiles" in url for _, url, _ in witness.requests)


def test_map_says_whose_it_is_and_that_it_is_a_sample(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    credit = page.locator("#map_city .leaflet-control-attribution")
    assert credit.count() == 1
    assert "示例数据 SAMPLE" in credit.inner_text()
    assert "Leaflet" not in credit.inner_text()
    assert page.locator("#map_city svg.leaflet-attribution-flag").count() == 0


def test_doors_have_marks_and_a_legend_in_words(
    open_page: OpenPage, view: CityView, station: tuple[float, float]
) -> None:
    page = open_page("/?staff=1")  # the first station may be one for staff
    page.wait_for_selector(READY + "[data-doors]")
    move(page, station, 17)
    rows = page.locator(".map-legend li")
    assert [row.strip() for row in rows.all_inner_texts()] == ["开着", "快关了", "关着", "没核实"]
    shapes = page.evaluate(
        """() => [...document.querySelectorAll(".map-legend path")]
          .map((path) => path.getAttribute("d"))"""
    )
    assert len(set(shapes)) == 4  # told apart without colour
    told = page.evaluate("() => [...locator.stations._doors]")
    assert len(told) == len(view.stations.usable())
    assert {door for _, door in told} <= {"open", "closing", "closed", "unknown"}
    # Its mark is on the canvas, beside the station's own.
    code = view.stations.usable().code[0]
    door = dict(told)[code]
    colour = page.evaluate("(door) => locator.stations._doorMarks.get(door).colour", door)
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    assert page.evaluate(
        """([r, g, b]) => {
          const canvas = document.querySelector(".stations-canvas");
          const copy = new OffscreenCanvas(canvas.width, canvas.height);
          const context = copy.getContext("2d", { willReadFrequently: true });
          context.drawImage(canvas, 0, 0);
          const data = context.getImageData(0, 0, copy.width, copy.height).data;
          for (let i = 0; i < data.length; i += 4)
            if (data[i] === r && data[i + 1] === g && data[i + 2] === b) return true;
          return false;
        }""",
        wanted,
    )


def test_keyboard_asks_from_the_middle_of_the_map_and_leaves_it(
    open_page: OpenPage, station: tuple[float, float]
) -> None:
    page = open_page()
    page.wait_for_selector(READY)
    move(page, station, 16)
    box = page.locator("#map_city")
    assert "回车" in (box.get_attribute("aria-label") or "")
    assert not page.locator(".map-centre").is_visible()
    page.evaluate("() => map_city.on('click', (event) => { window.clicked = event.latlng; })")
    page.locator("#map_city").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.locator(".map-centre").is_visible()
    middle = page.evaluate("() => [map_city.getCenter().lng, map_city.getCenter().lat]")
    assert middle[0] > station[0]
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.clicked")
    assert page.evaluate("() => [window.clicked.lng, window.clicked.lat]") == middle
    page.evaluate("() => map_city.closePopup()")
    box.focus()
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.id") != "map_city"


def test_location_button_on_the_map_is_the_page_s_own(
    open_page: OpenPage, station: tuple[float, float]
) -> None:
    page = open_page(location=station)
    page.wait_for_selector(READY)
    page.evaluate(
        """() => document.getElementById("locate")
          .addEventListener("click", () => { window.asked = true; })"""
    )
    button = page.locator("#map_city .map-locate")
    assert button.get_attribute("aria-label") == "定位到我的位置"
    size = button.bounding_box()
    assert size
    assert min(size["width"], size["height"]) >= 44
    button.click()
    assert page.evaluate("() => window.asked")


def test_page_without_its_ground_works(open_page: OpenPage, witness: Witness) -> None:
    page = open_page("/coverage")
    page.route("**/*.pmtiles", lambda route: route.abort())
    page.goto(page.url.removesuffix("coverage"))
    page.wait_for_selector("#map_city[data-stations]")
    assert int(page.locator("#map_city").get_attribute("data-stations") or 0) > 0
    page.wait_for_timeout(500)
    witness.faults.clear()  # the drawer says so for each tile


def test_converted_positions_are_those_of_the_library(
    chromium: Browser, rng: np.random.Generator
) -> None:
    page = chromium.new_page()
    for name in ("node_modules/leaflet/dist/leaflet.js", "webapp/static/js/locator.js"):
        page.add_script_tag(path=str(ROOT / name))
    page.add_script_tag(path=str(ROOT / "webapp/static/js/datum.js"))
    china = np.column_stack([rng.uniform(73, 137, 2000), rng.uniform(2, 55, 2000)])
    world = np.column_stack([rng.uniform(-179, 179, 500), rng.uniform(-84, 84, 500)])
    rim = np.array([[72.004, 30.0], [137.8347, 30.0], [100.0, 0.8293], [100.0, 55.8271]])
    points = np.concatenate([china, world, rim])
    there, back = page.evaluate(
        """(points) => [
          points.map(([lon, lat]) => locator.toGcj02(lon, lat)),
          points.map(([lon, lat]) => locator.fromGcj02(lon, lat)),
        ]""",
        points.tolist(),
    )
    page.close()
    np.testing.assert_allclose(np.array(there), from_wgs84(points, "gcj02"), atol=1e-9, rtol=0)
    np.testing.assert_allclose(np.array(back), to_wgs84(points, "gcj02"), atol=1e-9, rtol=0)


# -- tiles of others ---------------------------------------------------------------------------


def png(pixels: np.ndarray) -> bytes:
    """A picture of (height, width, 3) bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(np.uint8))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture
def tile_server(station: tuple[float, float]) -> Iterator[str]:
    """A provider of tiles in GCJ-02 that marks where one station is with a red square."""
    marked = unit_square(from_wgs84([station], "gcj02"))[0]

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class names it
            zoom, column, row = (int(part) for part in self.path.strip("/").split("/"))
            picture = np.full((256, 256, 3), 230, np.uint8)
            x, y = (marked * (256 << zoom) - np.array([column, row]) * 256).round().astype(int)
            picture[max(y - 10, 0) : max(y + 10, 0), max(x - 10, 0) : max(x + 10, 0)] = RED
            body = png(picture)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def shifted_site(town: Path, tmp_path: Path, tile_server: str) -> Iterator[str]:
    """The town on tiles in GCJ-02."""
    source = tmp_path / "tiles.toml"
    address = f"{tile_server}/{{z}}/{{x}}/{{y}}"
    source.write_text(f'layers = ["{address}"]\nattribution = "图商"\ndatum = "gcj02"\n', "utf-8")
    approval = '<img src=x onerror="window.hacked=1">GS(2024)0650'
    settings = {"LOCATOR_TILES": str(source), "LOCATOR_TILES_APPROVAL": approval}
    with serving_city(town, settings) as url:
        yield url


FIND_RED = """async (data) => {
  const image = new Image();
  image.src = data;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const xs = [];
  const ys = [];
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i] > 240 && pixels[i + 1] < 20 && pixels[i + 2] < 20) {
      xs.push((i / 4) % image.width);
      ys.push(Math.floor(i / 4 / image.width));
    }
  }
  const middle = (of) => (Math.min(...of) + Math.max(...of) + 1) / 2;
  return xs.length ? [middle(xs), middle(ys)] : null;
}"""


def leave(page: Page, witness: Witness) -> None:
    """End what the page still asks, and forget that it asked others: this test allowed it."""
    page.goto("about:blank")
    witness.requests.clear()


def test_tiles_in_gcj02_lie_under_what_is_drawn_and_clicks_come_back(
    chromium: Browser,
    open_page: OpenPage,
    witness: Witness,
    shifted_site: str,
    tile_server: str,
    station: tuple[float, float],
) -> None:
    page = open_page(at=shifted_site)
    page.wait_for_selector(READY)
    move(page, station, 16)
    page.evaluate("() => { map_city.getPane('markerPane').style.visibility = 'hidden'; }")
    picture = base64.b64encode(page.locator("#map_city").screenshot()).decode()
    other = chromium.new_page()
    red = other.evaluate(FIND_RED, f"data:image/png;base64,{picture}")
    other.close()
    # The provider's mark of the station is where the page draws the station.
    drawn = page.evaluate(
        """([lon, lat]) => {
          const point = map_city.latLngToContainerPoint([lat, lon]);
          return [point.x, point.y];
        }""",
        list(station),
    )
    np.testing.assert_allclose(red, drawn, atol=1.5)
    # A click on that mark is a click on the station's place in WGS-84.
    page.evaluate("() => map_city.on('click', (event) => { window.clicked = event.latlng; })")
    box = page.locator("#map_city").bounding_box()
    assert box
    page.mouse.click(box["x"] + red[0], box["y"] + red[1])
    page.wait_for_function("() => window.clicked")
    clicked = page.evaluate("() => [window.clicked.lng, window.clicked.lat]")
    np.testing.assert_allclose(clicked, station, atol=3e-5)  # 1.5 pixels
    # Only the pictures came from elsewhere, as the policy admits; what is text stayed text.
    foreign = witness.foreign()
    assert foreign
    assert all(url.startswith(f"{tile_server}/") for url in foreign)
    policy = page.request.get(shifted_site).headers["content-security-policy"]
    assert f"img-src 'self' data: {tile_server};" in policy
    credit = page.locator("#map_city .leaflet-control-attribution").inner_text()
    assert "审图号：<img src=x" in credit
    assert "图商" in credit
    assert page.evaluate("() => window.hacked === undefined")
    leave(page, witness)


def test_street_tiles_are_laid_on_shifted_tiles(
    open_page: OpenPage, witness: Witness, shifted_site: str, station: tuple[float, float]
) -> None:
    page = open_page("/coverage", at=shifted_site)
    page.wait_for_selector(READY)
    for zoom in (11, 14, 17):
        move(page, station, zoom)
        off = page.evaluate(
            """([lon, lat, zoom]) => {
              locator.showStreets({ within: "1000" });
              const layer = locator.streets;
              const own = L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), zoom);
              const coords = own.divideBy(256).floor();
              coords.z = zoom;
              const inside = own.subtract(coords.scaleBy(L.point(256, 256)));
              const drawn = layer._getTilePos(coords).add(inside);
              const wanted = map_city.latLngToLayerPoint([lat, lon]);
              const shown = Object.values(layer._tiles).some(
                (tile) => tile.coords.x === coords.x && tile.coords.y === coords.y,
              );
              return [drawn.distanceTo(wanted), shown];
            }""",
            [*station, zoom],
        )
        assert off[0] < 1.5, zoom
        assert off[1], zoom
    leave(page, witness)
