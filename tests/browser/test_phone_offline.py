"""The phone's own files in a real page: kept, renewed, used without a network, told to nobody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City
from tests.browser.conftest import ROOT
from tests.web.server import serving_city
from tests.web.town import add_stations
from webapp.listing import listed

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Witness

pytestmark = pytest.mark.browser

SCRIPTS = ("network", "hours", "words", "circle", "water", "nearest", "store", "sketch")
# Waits in the page: a promise that a wait is given counts as true at once.
KEPT = """async (path) => {
  const cache = await caches.open("pages-1");
  const isKept = () => cache.match(path || location.pathname);
  while (!(await isKept())) await new Promise((go) => setTimeout(go, 50));
}"""
READY = (
    "() => locator.phone.ready().catch((error) => ({ reason: error.reason, text: error.message }))"
)
ASK = "(asked) => locator.phone.nearest(asked)"
BARE = "/coverage"  # a page that does not load the phone's files by itself
OpenPage = Callable[..., "Page"]


def load(page: Page) -> None:
    """The phone's scripts, as they are served, where the page has not got them itself."""
    for name in SCRIPTS:
        there = "(name) => Boolean(window.locator && locator[name])"
        if not page.evaluate(there, "phone" if name == "store" else name):
            page.add_script_tag(url=f"/static/js/{name}.js")


def wait_for_worker(page: Page) -> None:
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")


def somewhere(city: Path) -> dict[str, float]:
    view = City.open(city).current()
    lon, lat = view.stations.lonlat_deg[0].tolist()
    return {"lon": lon + 0.002, "lat": lat + 0.0013}


@pytest.mark.parametrize("phone", [False, True])
def test_all_works_without_a_network_after_one_visit(
    open_page: OpenPage, town: Path, witness: Witness, phone: bool
) -> None:
    page = open_page("/", phone=phone)
    load(page)
    told = page.evaluate(READY)
    assert told["offline"] is False, told
    online = page.evaluate(ASK, somewhere(town) | {"at": "2026-12-01T10:00"})
    wait_for_worker(page)
    page.reload()  # through the worker, so that it has all that a page loads
    load(page)
    page.evaluate(READY)
    page.context.set_offline(True)
    page.reload()
    assert page.locator("h1").count() >= 1
    load(page)
    told = page.evaluate(READY)
    page.wait_for_function("() => locator.phone.savedText() !== ''")
    assert page.evaluate("() => locator.phone.savedText()") == "没网。这是刚才的资料。"
    offline = page.evaluate(ASK, somewhere(town) | {"at": "2026-12-01T10:00"})
    assert offline == online
    assert offline["results"][0]["route"]["coordinates"]
    witness.faults.clear()  # the browser tells of each request without a network


OFFLINE_READY = "#map_city[data-sketch=drawn][data-stations]"
STREET_GREY = """() => [...document.querySelectorAll("#map_city .sketch canvas")].map((tile) => {
  const copy = new OffscreenCanvas(tile.width, tile.height);
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(tile, 0, 0);
  const seen = pen.getImageData(0, 0, tile.width, tile.height).data;
  let dark = 0;
  for (let i = 0; i < seen.length; i += 4) if (seen[i] < 200 && seen[i] === seen[i + 1]) dark++;
  return dark;
}).reduce((sum, dark) => sum + dark, 0)"""


@pytest.fixture
def offline_finder(open_page: OpenPage, witness: Witness) -> Iterator[Callable[..., Page]]:
    """The finder, visited once, and opened again without a network."""

    def open_it(**options: Any) -> Page:
        page = open_page("/", **options)
        page.wait_for_selector("#map_city[data-ground=loaded][data-stations]")
        page.evaluate(READY)
        wait_for_worker(page)
        page.reload()  # through the worker, so that it has all that a page loads
        page.evaluate(READY)
        page.context.set_offline(True)
        page.reload()
        page.wait_for_selector(OFFLINE_READY)
        return page

    yield open_it
    witness.faults.clear()  # the browser tells of each request without a network


@pytest.mark.parametrize("phone", [False, True])
def test_finder_without_a_network_shows_answer_route_and_streets(
    offline_finder: Callable[..., Page], town: Path, phone: bool
) -> None:
    here = somewhere(town)
    page = offline_finder(phone=phone, location=(here["lon"], here["lat"]))
    page.locator("#locate").click()
    page.wait_for_selector("#answer[data-outcome=found]")
    words = page.locator("#answer .message").all_inner_texts()
    assert re.fullmatch(r"没网。这是.+的资料。", words[0])
    first = page.locator("#answer .card").first
    assert first.locator(".door").count() == 1
    assert re.search(r"沿街走.+", first.locator(".way").inner_text())
    assert "开放时间" in first.locator(".hours").inner_text()
    assert page.locator("path.route").count() == 1
    page.wait_for_function(f"() => ({STREET_GREY})() > 500")
    assert page.locator("#list li[data-code]").count() > 0
    page.context.set_offline(False)
    page.wait_for_function("() => !document.querySelector('#map_city[data-sketch]')")
    assert page.locator("#map_city .sketch").count() == 0


def test_place_typed_without_a_network_is_answered_by_the_phone(
    offline_finder: Callable[..., Page], town: Path
) -> None:
    view = City.open(town).current()
    page = offline_finder(phone=True)
    street = next(name for name in view.streets.names if name)
    district = page.locator("#place-form select[name=district] option").nth(1).text_content()
    station = view.stations.usable().name[0]

    def ask(text: str) -> None:
        page.evaluate("() => { delete document.getElementById('answer').dataset.outcome; }")
        page.locator("#place-fold").evaluate("(fold) => (fold.open = true)")
        page.locator("input[name=place]").fill(text)
        page.locator("#place-form button[type=submit]").click()

    for text in (street, district, station):
        ask(text)
        page.wait_for_selector("#answer[data-outcome]")
        assert page.locator("#answer h2").inner_text() == f"从{text}出发"
        assert page.locator("#answer .card").count() >= 3
    ask("qqqq")
    page.get_by_text("没有“qqqq”这个地方。").wait_for()
    ask(f"{street}与{view.streets.names[-1]}")
    page.get_by_text("要联网才认得准").wait_for()
    assert page.locator("#place-fold").get_attribute("open") is not None
    # an address that was kept or sent is answered from what is saved
    site = page.url.split("/?")[0].rstrip("/")
    page.goto(f"{site}/?place={street}&kind=rest_station")
    page.wait_for_selector("#answer[data-outcome=found]")
    assert page.locator("#answer h2").inner_text() == f"从{street}出发"
    assert page.locator("#place-form select[name=kind]").input_value() == "rest_station"


LISTED = "() => [...document.querySelectorAll('#list li[data-code]')].map((li) => li.dataset.code)"


def open_without_a_network(page: Page, path: str) -> None:
    """Another address of the site, told by a kept page."""
    page.goto(page.evaluate("() => location.origin") + path)
    page.evaluate(READY)
    page.wait_for_function("() => locator.phone.isOffline()")


def test_station_whose_page_was_not_kept_is_told_from_the_phone(
    offline_finder: Callable[..., Page], town: Path
) -> None:
    stations = City.open(town).current().stations.usable()
    page = offline_finder(phone=True)
    # how old it is, at once
    assert re.search(r"没网。这是.+的资料。", page.locator("#kept-note").inner_text())
    open_without_a_network(page, f"/s/{stations.code[3]}")
    page.get_by_text("这个站点的页面没存过。下面是手机里存的资料。").wait_for()
    [card] = page.locator("#list li[data-code]").all()
    assert stations.name[3] in card.locator("h3").inner_text()
    assert card.locator(".say").inner_text() != ""
    assert card.locator(".way").count() == 0
    open_without_a_network(page, "/s/NT-9999-9999")
    page.get_by_text("手机里没有这个站点。联网后再试。").wait_for()


def test_station_that_was_visited_by_the_code_on_its_door_is_kept(
    open_page: OpenPage, town: Path, witness: Witness
) -> None:
    code = City.open(town).current().stations.usable().code[3]
    page = open_page("/", phone=True)
    wait_for_worker(page)
    page.reload()
    site = page.evaluate("() => location.origin")
    page.goto(f"{site}/s/{code}?here=1")
    assert page.get_by_text("你在这里。").count() == 1
    page.evaluate(KEPT)
    page.context.set_offline(True)
    page.goto(f"{site}/s/{code}?here=1")
    page.get_by_text("这是存下的页面，门开没开要联网看。").first.wait_for()
    assert page.get_by_text("你在这里。").count() == 0  # by then one may be anywhere
    witness.faults.clear()


def test_list_and_map_without_a_network_are_what_the_address_asks_for(
    offline_finder: Callable[..., Page], town: Path
) -> None:
    view = City.open(town).current()
    stations = view.stations
    page = offline_finder(phone=True)
    wanted = {
        "": listed(stations, staff=False),
        "staff=1": listed(stations, staff=True),
        "kind=mother_baby_room": listed(stations, kind="mother_baby_room", staff=False),
        f"q={stations.name[2][:2]}": listed(stations, q=stations.name[2][:2], staff=False),
    }
    assert len({len(rows) for rows in wanted.values()}) > 2
    for query, rows in wanted.items():
        open_without_a_network(page, f"/?{query}" if query else "/")
        page.wait_for_selector(OFFLINE_READY)
        assert page.locator("#map_city").get_attribute("data-stations") == str(len(rows)), query
        told = page.evaluate(LISTED)
        assert told == [stations.code[row] for row in rows[:20]], query
        assert str(len(rows)) in page.locator("#list-fold > summary").inner_text()
    assert page.locator("#place-form select[name=kind]").input_value() == ""
    open_without_a_network(page, "/?trade=courier&lang=en")
    told = page.locator("#kept-note").inner_text()
    assert "按工种、情形筛选列表要联网。" in told
    assert "English needs the network" in told


def test_ground_that_cannot_be_read_without_a_network_is_no_fault_of_the_page(
    offline_finder: Callable[..., Page], witness: Witness
) -> None:
    page = offline_finder()
    # what was read of its file may be in the browser's own cache
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.reload()
    page.wait_for_selector(OFFLINE_READY)
    page.wait_for_function("""() => performance.getEntriesByType("resource").some(
      (one) => one.name.endsWith(".pmtiles") && one.responseStatus === 0)""")
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    told = [one for one in witness.faults if "Failed to load resource" not in one]
    assert told == []


def test_page_is_kept_in_each_language_in_which_it_was_visited(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page("/", phone=True)
    wait_for_worker(page)
    page.reload()
    english = page.evaluate("() => location.origin") + "/?lang=en"
    page.goto(english)
    page.evaluate(READY)
    page.evaluate(KEPT, "/?lang=en")
    page.context.set_offline(True)
    page.goto(english)
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_text("No network").first.wait_for()
    page.goto(english.split("?")[0])
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    witness.faults.clear()


def test_page_whose_files_did_not_all_come_does_not_replace_the_one_before(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page(BARE, service_workers="block", bypass_csp=True)
    page.add_script_tag(content=(ROOT / "webapp/static/js/sw.js").read_text("utf-8"))
    keep = """async (files) => {
      const text = files.map((file) => `<script src="${file}"></script>`).join("");
      await keepPage("/", new Response(text)).catch(() => {});
      return (await (await caches.open(KEPT)).match("/")).text();
    }"""
    there = "/static/js/locator.js"
    before = page.evaluate(keep, [there])
    assert there in before
    assert page.evaluate(keep, [there, "/static/js/broken-off.js"]) == before
    witness.faults.clear()


def test_way_by_bicycle_without_a_network_says_what_does_work(
    offline_finder: Callable[..., Page], town: Path
) -> None:
    here = somewhere(town)
    page = offline_finder(phone=True, location=(here["lon"], here["lat"]))
    page.locator("#place-fold > summary").click()
    bike = page.locator("#place-form select[name=mode] option[data-uses=bike]").first
    page.locator("#place-form select[name=mode]").select_option(bike.get_attribute("value"))
    page.locator("#locate").click()
    page.get_by_text("这样找要联网。出行方式选步行，没网也能找。").wait_for()


def test_saved_data_say_how_old_they_are(open_page: OpenPage, witness: Witness) -> None:
    page = open_page("/")
    load(page)
    page.evaluate(READY)
    page.context.set_offline(True)
    page.wait_for_function("() => locator.phone.savedText() !== ''")
    later = """(days) => {
      const now = Date.now;
      Date.now = () => now() + days * 86400000 + 60000;
      return locator.phone.savedText();
    }"""
    assert page.evaluate(later, 3) == "没网。这是3天前的资料。"
    assert page.evaluate(READY)["stale"] is False
    page.evaluate(later, 30)
    assert page.evaluate(READY)["stale"] is True
    witness.faults.clear()


def test_nothing_saved_is_said(open_page: OpenPage, witness: Witness) -> None:
    page = open_page(BARE)
    for name in SCRIPTS:
        if name != "store":
            page.add_script_tag(url=f"/static/js/{name}.js")
    page.route("**/phone/**", lambda route: route.abort("internetdisconnected"))
    load(page)
    told = page.evaluate(READY)
    assert told == {"reason": "no_network", "text": "没网，也没存过资料。联网后再试。"}
    page.unroute("**/phone/**")
    assert page.evaluate(READY)["version"]  # the next call asks again
    witness.faults.clear()


def test_server_that_refuses_is_no_missing_network(open_page: OpenPage, witness: Witness) -> None:
    page = open_page(BARE, service_workers="block")
    load(page)
    page.evaluate(READY)
    asked = "() => locator.phone.refresh().then(() => locator.phone.isOffline())"
    answers: list[int] = []
    page.route(
        "**/phone/index.json",
        lambda route: (
            route.fulfill(status=answers[-1])
            if answers[-1]
            else route.abort("internetdisconnected")
        ),
    )
    for status in (0, 429, 0, 503):
        answers.append(status)
        # whatever the server says, it is there
        assert page.evaluate(asked) is (status == 0), status
    witness.faults.clear()


def test_position_never_leaves_the_phone(open_page: OpenPage, town: Path, witness: Witness) -> None:
    page = open_page("/", phone=True)
    load(page)
    page.evaluate(READY)
    place = somewhere(town)
    for asked in (place, place | {"accuracy": 300.0}, place | {"open": True, "k": 5}):
        assert page.evaluate(ASK, asked)["outcome"] in {"found", "unreachable", "none_within"}
    written = [f"{place['lon']:.3f}"[:7], f"{place['lat']:.3f}"[:6]]
    for method, url, body in witness.requests:
        assert method == "GET", url
        assert not any(part in url or part in body for part in written), url
    kept = page.evaluate("""async () => {
      const names = await indexedDB.databases();
      return [document.cookie, JSON.stringify(Object.entries(localStorage)), names.length];
    }""")
    assert kept[0] == ""
    assert not any(part in kept[1] for part in written)


def test_an_edit_is_taken_over_by_a_few_kilobytes(
    open_page: OpenPage, town: Path, tmp_path: Path, witness: Witness
) -> None:
    city = Path(shutil.copytree(town, tmp_path / "city"))
    lon, lat = somewhere(city)["lon"], somewhere(city)["lat"]
    with serving_city(city) as site:
        page = open_page("/", at=site)
        load(page)
        first = page.evaluate(READY)
        add_stations(city, ["新的站"], near=(lon, lat))
        page.evaluate("() => (window.updates = [])")
        page.evaluate("() => locator.phone.addEventListener('updated', () => updates.push(1))")
        witness.requests.clear()
        page.evaluate("() => locator.phone.refresh()")
        assert page.evaluate("() => updates.length") == 1
        second = page.evaluate(READY)
        assert second["version"] != first["version"]
        names = page.evaluate("() => locator.phone.stations().map((station) => station.name)")
        assert "新的站" in names
        fetched = [url for _, url, _ in witness.requests if "/phone/" in url]
        assert len(fetched) == 2  # the index and one part; streets and waters stay
        assert not any("/streets/" in url for url in fetched)
        page.reload()
        load(page)
        assert page.evaluate(READY)["version"] == second["version"]
        page.context.close()  # before its server goes


# One file of those that are kept goes, as when a browser makes room; how many stay.
LOSE_ONE = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("station-locator", 1);
  opening.onerror = failed;
  opening.onsuccess = () => {
    const going = opening.result.transaction("files", "readwrite");
    const files = going.objectStore("files");
    const asked = files.getAllKeys();
    asked.onsuccess = () => files.delete(asked.result[LOST]);
    going.oncomplete = () => { opening.result.close(); done(asked.result.length - 1); };
  };
})"""
COUNT = LOSE_ONE.replace("files.delete(asked.result[LOST])", "null").replace(" - 1);", ");")


@pytest.mark.parametrize("lost", [0, -1], ids=["the first", "the last"])
def test_kept_city_that_lost_a_file_is_fetched_anew_without_a_word(
    open_page: OpenPage, town: Path, lost: int
) -> None:
    page = open_page(BARE)
    load(page)
    page.evaluate(READY)
    page.wait_for_function(f"async () => (await ({COUNT})()) > 3")
    kept = page.evaluate(COUNT)
    place = "0" if lost == 0 else "asked.result.length - 1"
    assert page.evaluate(LOSE_ONE.replace("LOST", place)) == kept - 1
    page.reload()
    load(page)
    page.evaluate(
        "() => { window.told = [];"
        " locator.phone.addEventListener('storage', ({ detail }) => told.push(detail.text)); }"
    )
    assert page.evaluate(READY)["offline"] is False
    assert page.evaluate(ASK, somewhere(town))["results"]
    page.wait_for_function(f"async () => (await ({COUNT})()) === {kept}")
    assert page.evaluate("() => told") == []  # nothing was wrong with what was kept


def test_files_of_another_version_or_damaged_are_refused(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page(BARE)
    page.route(
        "**/phone/stations/*",
        lambda route: route.fulfill(body=b'{"format":1}', content_type="application/octet-stream"),
    )
    load(page)
    assert page.evaluate(READY)["reason"] == "damaged"
    page.unroute("**/phone/stations/*")
    newer = {"format": 99}
    page.route("**/phone/index.json", lambda route: route.fulfill(json=newer))
    assert page.evaluate(READY) == {"reason": "old_page", "text": "页面旧了。请刷新再试。"}
    page.unroute("**/phone/index.json")
    assert page.evaluate(READY)["version"]
    page.route("**/phone/index.json", lambda route: route.fulfill(json=newer))
    page.evaluate("() => locator.phone.addEventListener('old_page', () => (window.old = true))")
    page.evaluate("() => locator.phone.refresh()")
    assert page.evaluate("() => window.old")
    assert page.evaluate(READY)["version"]  # what was there goes on
    witness.faults.clear()


def test_wrong_clock_is_noticed_and_set_right(open_page: OpenPage) -> None:
    page = open_page(BARE)
    page.evaluate("() => { const now = Date.now; Date.now = () => now() - 3 * 3600000; }")
    for name in SCRIPTS[:-2]:
        page.add_script_tag(url=f"/static/js/{name}.js")
    page.evaluate("() => (window.told = [])")
    page.add_script_tag(url="/static/js/store.js")
    page.evaluate("() => locator.phone.addEventListener('clock', (e) => told.push(e.detail.text))")
    page.evaluate(READY)
    assert page.evaluate("() => told") == ["手机时间慢了3小时，这里按服务器的时间算。"]
    off = page.evaluate("() => locator.phone.now() - (Date.now() + 3 * 3600000)")
    assert abs(off) < 5000


@pytest.mark.parametrize("refused", ["missing", "throws", "full"])
def test_without_room_to_keep_it_still_answers_and_says_so(
    open_page: OpenPage, town: Path, refused: str
) -> None:
    page = open_page(BARE)
    page.evaluate(
        """(how) => {
          if (how === "full") {
            const full = () => { throw new DOMException("full", "QuotaExceededError"); };
            IDBObjectStore.prototype.put = full;
            return;
          }
          const open = () => { throw new DOMException("no", "SecurityError"); };
          const value = how === "missing" ? undefined : { open };
          Object.defineProperty(window, "indexedDB", { value });
          Object.defineProperty(navigator, "serviceWorker", { value: undefined });
        }""",
        refused,
    )
    page.evaluate("() => (window.told = [])")
    for name in SCRIPTS[:-1]:
        page.add_script_tag(url=f"/static/js/{name}.js")
    page.evaluate(
        "() => locator.phone.addEventListener('storage', (e) => told.push(e.detail.text))"
    )
    assert page.evaluate(READY)["version"]
    assert "这台手机存不了资料，没网时用不了。" in page.evaluate("() => told")
    if refused != "full":
        assert "这个浏览器存不了页面，没网时别关掉这一页。" in page.evaluate("() => told")
    answer: dict[str, Any] = page.evaluate(ASK, somewhere(town))
    assert answer["outcome"] == "found"
