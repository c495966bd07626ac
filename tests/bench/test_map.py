"""The map page beside a stock Folium page of the same stations, in one browser; and its drawing.

The stock page gets what favours it: markers with a tooltip alone (no popups, which need jQuery), no
tiles, and Leaflet from this machine instead of the network. Ours draws its ground besides.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.chromium import find_chromium
from tests.browser.conftest import ARGUMENTS, ROOT
from tests.conftest import do_without
from tests.web.server import serving_city
from tests.web.town import build_town

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

KINDS = ("rest_station", "mother_baby_room", "carnation_station", "worker_home")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_city(build_town(tmp_path_factory.mktemp("town") / "city")) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        do_without("no Chromium on this machine: run `python tests/browser/chromium.py`")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(path), args=list(ARGUMENTS))
        yield browser
        browser.close()


def columns(count: int) -> dict[str, list[Any]]:
    rng = np.random.default_rng(1)
    texts = ("address", "access_scope", "access_mode", "way_in", "district")
    return {
        "code": [f"NT-{i:05d}" for i in range(count)],
        "name": [f"第{i}驿站" for i in range(count)],
        "kind": [KINDS[i % 4] for i in range(count)],
        "hours": ["08:00-18:00"] * count,
        **{name: [""] * count for name in texts},
        "lon": rng.normal(121.0, 0.25, count).round(6).tolist(),
        "lat": rng.normal(32.1, 0.2, count).round(6).tolist(),
        "sample": [True] * count,
    }


def stock_page(rows: dict[str, list[Any]]) -> tuple[str, float]:
    """Folium's own page of these stations, and the processor seconds that it took."""
    import folium

    started = time.process_time()
    chart = folium.Map([32.1, 121.0], zoom_start=9, tiles=None)
    for name, lon, lat in zip(rows["name"], rows["lon"], rows["lat"], strict=True):
        folium.Marker([lat, lon], tooltip=name).add_to(chart)
    return str(chart.get_root().render()), time.process_time() - started


def spent(
    browser: Browser, url: str, routes: dict[str, str], ready: str, *, slow: int, runs: int = 1
) -> tuple[float, float]:
    """Seconds of work of the main thread, and until the page was ready: the least of some runs."""
    each = [spent_once(browser, url, routes, ready, slow=slow) for _ in range(runs)]
    return min(work for work, _ in each), min(wall for _, wall in each)


def spent_once(
    browser: Browser, url: str, routes: dict[str, str], ready: str, *, slow: int
) -> tuple[float, float]:
    width, height = (1280, 860) if slow == 1 else (412, 915)  # slow processors are those of phones
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    for pattern, body in routes.items():
        page.route(re.compile(pattern), partial(_answer, body))
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.goto(url, wait_until="commit")
    told = page.wait_for_function(f"() => ({ready}) && performance.now()", timeout=300_000)
    page.wait_for_timeout(500)
    metrics = session.send("Performance.getMetrics")["metrics"]
    wall = float(told.json_value()) / 1e3
    context.close()
    return float(next(row["value"] for row in metrics if row["name"] == "TaskDuration")), wall


def _answer(body: str, route: Route) -> None:
    kind = {"{": "application/json", "<": "text/html"}.get(body.lstrip()[:1], "text/javascript")
    route.fulfill(body=body, content_type=kind)


@pytest.mark.parametrize(("count", "slow"), [(1_000, 1), (1_000, 4), (10_000, 1)])
def test_map_beside_stock_folium(
    chromium: Browser, site: str, figures: dict[str, Any], count: int, slow: int
) -> None:
    rows = columns(count)
    html, seconds = stock_page(rows)
    leaflet = (ROOT / "node_modules/leaflet/dist/leaflet.js").read_text("utf-8")
    stock, stock_ready = spent(
        chromium,
        f"{site}/stock",
        # what is named last is asked first
        {r"^https://": "", r"^https://.*/leaflet\.js": leaflet, r"/stock$": html},
        f"document.querySelectorAll('.leaflet-marker-icon').length === {count}",
        slow=slow,
    )
    body = {"version": "x", "sample": True, "attribution": "", "count": count, "columns": rows}
    ours, ready = spent(
        chromium,
        site,
        {r"/api/v1/stations": json.dumps(body, ensure_ascii=False)},
        f"(document.getElementById('map_city') || {{ dataset: {{}} }}).dataset.stations "
        f"=== '{count}'",
        slow=slow,
        runs=5,
    )
    own_bytes = map_bytes(site)
    figures[f"map of {count} stations, processor slowed {slow}x"] = {
        "stock page kB": len(html.encode()) / 1e3,
        "our map part kB": own_bytes / 1e3,
        "stock render s": seconds,
        "stock browser s": stock,
        "our browser s": ours,
        "stock ready s": stock_ready,
        "our ready s": ready,
    }
    assert own_bytes < 10_000
    assert len(html.encode()) > 50 * own_bytes
    if count == 10_000:
        assert ours < 0.5 * stock


def map_bytes(site: str) -> int:
    """Bytes of our map's element and script, as the page gets them."""
    import urllib.request

    def read(path: str) -> str:
        with urllib.request.urlopen(site + path) as answer:  # noqa: S310  (our own)
            return str(answer.read().decode())

    script = re.findall(r"/map/[0-9a-f]+\.js", page := read("/"))[0]
    frame = page[page.index('<div class="map-frame">') :]
    return len(frame[: frame.index("</div>")].encode()) + len(read(script).encode())


def test_drawing_a_city(tmp_path: Path, figures: dict[str, Any]) -> None:
    from geodata.sample_city import make_sample
    from geodata.tile_layers import Drawing
    from geodata.tiles import write_tiles

    lines = make_sample("city", seed=0).lines
    drawing = Drawing(
        lines.lonlat_deg, lines.first, lines.class_code, lines.classes, lines.name_code, lines.names
    )
    started = time.process_time()
    size = write_tiles(tmp_path / "x.pmtiles", drawing)
    figures["basemap of the sample city"] = {
        "lines": len(lines),
        "processor s": time.process_time() - started,
        "MB": size / 1e6,
    }
    assert size < 2e6
