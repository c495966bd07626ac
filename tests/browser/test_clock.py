"""Wrong clocks, old pages, files of another age: what the phone does not know it does not say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City
from locator.moments import local_now
from tests.browser.test_phone_offline import (
    ASK,
    BARE,
    KEPT,
    READY,
    load,
    somewhere,
    wait_for_worker,
)
from webapp.cards import door_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Witness

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS
# The phone's clock is off by what its storage says: it may change from page to page.
SHIFT = """() => {
  const now = Date.now;
  const off = () => Number(localStorage.getItem("test-off-ms") || 0);
  Date.now = () => now() + off();
}"""
SET = "(ms) => localStorage.setItem('test-off-ms', String(ms))"
LISTED = """() => [...document.querySelectorAll("#list li[data-code]")].map((item) => [
  item.dataset.code, item.querySelector(".door").dataset.door,
  item.querySelector(".door").innerText.trim(), item.querySelector(".say").innerText])"""
DOORS = {"开着": "open", "快关了": "closing", "关着": "closed", "没核实": "unknown"}


def doors_at(city: Path, when: datetime) -> dict[str, str]:
    """What the server would say of every door at a time."""
    view = City.open(city).current()
    state, left = view.timetable.state_at(when), view.timetable.until_change_s(when)
    known = {1: True, 0: False}
    return {
        code: door_of(
            None if view.stations.disputed[row] else known.get(int(state[row])),
            None if left[row] == float("inf") else float(left[row]),
        )
        for row, code in enumerate(view.stations.code)
    }


def hours_until_doors_differ(city: Path) -> int:
    """A number of hours from now at which many doors are not as they are."""
    now = local_now("Asia/Shanghai")
    today = doors_at(city, now)

    def differing(hours: int) -> int:
        then = doors_at(city, now + timedelta(hours=hours))
        return sum(then[code] != door for code, door in today.items())

    best = max(range(2, 23), key=differing)
    assert differing(best) >= 3
    return best


@pytest.fixture
def visited(open_page: OpenPage, witness: Witness) -> Any:
    """The finder, visited once; the value opens it again without a network at another time."""
    page = open_page("/", phone=True)
    page.context.add_init_script(f"({SHIFT})()")
    page.reload()
    page.evaluate(READY)
    wait_for_worker(page)
    page.reload()
    page.evaluate(READY)

    def again(off_ms: int) -> Page:
        page.evaluate(SET, off_ms)
        page.context.set_offline(True)
        page.reload()
        page.evaluate(READY)
        page.wait_for_function("() => locator.phone.isOffline()")
        return page

    yield again
    witness.faults.clear()  # the browser tells of each request without a network


def test_list_of_a_kept_page_says_the_doors_of_the_time_it_is_read(
    visited: Callable[[int], Page], town: Path
) -> None:
    hours = hours_until_doors_differ(town)
    page = visited(hours * HOUR_MS)
    told = page.evaluate(LISTED)
    wanted = doors_at(town, local_now("Asia/Shanghai") + timedelta(hours=hours))
    assert len(told) > 5
    assert {code: door for code, door, *_ in told} == {code: wanted[code] for code, *_ in told}
    assert all(DOORS[word] == door for _, door, word, _ in told)
    assert all(("开着" in say) == (door == "open") for _, door, _, say in told)


def test_kept_page_of_a_station_says_that_it_does_not_know_the_door(
    open_page: OpenPage, town: Path, witness: Witness
) -> None:
    stations = City.open(town).current().stations.usable()
    code = next(
        code for code, hours in zip(stations.code, stations.hours, strict=True) if "24" in hours
    )
    page = open_page("/", phone=True)
    wait_for_worker(page)
    page.goto(page.url.split("/?")[0].rstrip("/") + f"/s/{code}")
    assert page.locator("p.door").first.get_attribute("data-door") == "open"
    page.reload()
    page.evaluate(KEPT)
    page.context.set_offline(True)
    page.reload()
    for line in page.locator("main p.door").all():
        assert line.get_attribute("data-door") == "unknown"
        assert line.inner_text().strip() == "没核实"
    assert page.locator("main .say").first.inner_text() == "这是存下的页面，门开没开要联网看。"
    page.context.set_offline(False)
    page.reload()
    assert page.locator("p.door").first.get_attribute("data-door") == "open"
    witness.faults.clear()


def test_list_of_a_page_online_is_as_the_server_wrote_it(open_page: OpenPage) -> None:
    page = open_page("/")
    written = page.evaluate(
        """async () => {
          const text = await (await fetch("/")).text();
          const page = new DOMParser().parseFromString(text, "text/html");
          return [...page.querySelectorAll("#list li[data-code]")].map((item) => [
            item.dataset.code, item.querySelector(".door").dataset.door,
            item.querySelector(".door").textContent.trim(),
            item.querySelector(".say").textContent.trim()]);
        }"""
    )
    page.evaluate(READY)
    told = page.evaluate(LISTED)
    # minutes go by between the two: words of how long may differ by one
    strip = str.maketrans("", "", "0123456789小时分钟")
    assert [[*row[:3], row[3].translate(strip)] for row in told] == [
        [*row[:3], row[3].translate(strip)] for row in written
    ]


def test_map_tells_the_doors_of_the_hour_that_the_list_tells(open_page: OpenPage) -> None:
    page = open_page("/?at=03:00")
    page.evaluate(READY)
    page.wait_for_selector(".folium-map[data-doors]")
    wanted = "([code, door]) => locator.stations._doors.get(code) === door"
    told = [[code, door] for code, door, *_ in page.evaluate(LISTED)]
    assert len({door for _, door in told}) > 1
    assert [row for row in told if not page.evaluate(wanted, row)] == []
    page.locator("#place-fold").evaluate("(fold) => (fold.open = true)")
    page.locator("#place-form select[name=at]").select_option("10:00")
    page.wait_for_function(
        "(old) => locator.stations._doors.get(old[0]) !== old[1]",
        arg=next(row for row in told if row[1] == "closed"),
    )
    again = [[code, door] for code, door, *_ in page.evaluate(LISTED)]
    assert again != told
    assert [row for row in again if not page.evaluate(wanted, row)] == []


def test_door_in_dispute_is_unknown_on_the_phone_when_it_is_closed_too(open_page: OpenPage) -> None:
    page = open_page("/")
    door = page.evaluate("() => locator.hours.judge({ minute: [0], state: [0] }, 1, 0, true)")
    assert door["state"] == -1


@pytest.mark.parametrize("years", [1, -1])
def test_clock_a_year_off_without_a_network_is_said_and_no_door_is_known(
    visited: Callable[[int], Page], town: Path, years: int
) -> None:
    page = visited(years * YEAR_MS)
    told = page.evaluate("() => locator.phone.clockText()")
    if years > 0:
        year = local_now("Asia/Shanghai").year + 1
        assert told.startswith(f"开没开按手机的时间算：{year}年")
        assert page.evaluate(READY)["stale"] is True
    else:
        assert told == "手机时间不对，请先校准。"
    found = page.evaluate(ASK, somewhere(town) | {"k": 20})
    assert found["results"]
    assert {row["open"] for row in found["results"] + found["below"]} == {None}
    assert {row["opens_at"] for row in found["results"] + found["below"]} == {None}
    assert {door for _, door, *_ in page.evaluate(LISTED)} == {"unknown"}


def test_clock_that_is_behind_what_is_kept_knows_no_door_but_for_a_date_that_is_asked(
    visited: Callable[[int], Page], town: Path
) -> None:
    page = visited(-3 * HOUR_MS)  # within the days that the file tells of
    assert page.evaluate("() => locator.phone.clockText()") == "手机时间不对，请先校准。"
    asked = somewhere(town) | {"k": 20}
    assert {row["open"] for row in page.evaluate(ASK, asked)["results"]} == {None}
    day = (local_now("Asia/Shanghai") + timedelta(days=1)).strftime("%Y-%m-%d")
    dated = page.evaluate(ASK, asked | {"at": f"{day}T10:00"})
    assert True in {row["open"] for row in dated["results"]}


def test_answer_without_a_network_says_by_which_clock(
    town: Path, visited: Callable[[int], Page]
) -> None:
    page = visited(0)
    here = somewhere(town)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": here["lon"], "latitude": here["lat"]})
    page.locator("#locate").click()
    page.wait_for_selector("#answer[data-outcome=found]")
    words = page.locator("#answer .message").all_inner_texts()
    now = local_now("Asia/Shanghai")
    assert any(
        text.startswith(f"开没开按手机的时间算：{now.year}年{now.month}月") for text in words
    ), words


def test_clock_a_year_off_with_a_network_goes_by_the_server(
    open_page: OpenPage, town: Path
) -> None:
    page = open_page(BARE)
    page.evaluate(f"() => {{ const now = Date.now; Date.now = () => now() + {YEAR_MS}; }}")
    load(page)
    page.evaluate(READY)
    assert page.evaluate("() => locator.phone.clockText()") == (
        "手机时间快了365天，这里按服务器的时间算。"
    )
    found = page.evaluate(ASK, somewhere(town) | {"k": 20})
    assert found["at"][:4] == str(local_now("Asia/Shanghai").year)
    assert {True, False} & {row["open"] for row in found["results"]}


def test_clock_that_is_set_right_while_the_page_lies_open_is_noticed(
    open_page: OpenPage, town: Path, witness: Witness
) -> None:
    page = open_page(BARE, service_workers="block")
    page.evaluate(
        f"() => {{ window.off = -{HOUR_MS}; window.right = Date.now;"
        " Date.now = () => right() + off; }"
    )
    load(page)
    page.evaluate(READY)
    ahead = "() => locator.phone.now() - right()"
    assert abs(page.evaluate(ahead)) < 5000
    page.evaluate("() => (window.off = 0)")
    found = page.evaluate(ASK, somewhere(town))
    told = datetime.fromisoformat(found["at"]).replace(tzinfo=None)
    assert abs(told - local_now("Asia/Shanghai").replace(tzinfo=None)) < timedelta(minutes=2)
    assert abs(page.evaluate(ahead)) < 5000
    assert page.evaluate("() => locator.phone.clockText()") == ""  # it was heard of anew
    page.route("**/phone/**", lambda route: route.abort("internetdisconnected"))
    page.evaluate(f"() => (window.off = {HOUR_MS})")
    page.evaluate(ASK, somewhere(town))
    assert page.evaluate("() => locator.phone.clockText()").startswith("开没开按手机的时间算")
    witness.faults.clear()


# -- files of another age --------------------------------------------------------------------

CHANGE = """(change) => new Promise((resolve, reject) => {
  const bytes = (text) => new TextEncoder().encode(text).buffer;
  const opening = indexedDB.open("station-locator", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const going = opening.result.transaction(["files", "state"], "readwrite");
    const [files, states] = [going.objectStore("files"), going.objectStore("state")];
    const asked = states.get("city");
    asked.onsuccess = () => {
      const { index } = asked.result;
      const part = index.parts[0].mark;
      if (change === "format") index.format = 0;
      if (change === "part") {  // whole, but for the streets of before
        const old = files.get(part);
        old.onsuccess = () => {
          const told = JSON.parse(new TextDecoder().decode(old.result));
          files.put(bytes(JSON.stringify({ ...told, streets: "0123456789abcdef" })), part);
        };
      }
      if (change === "half") files.put(bytes('{"for'), part);
      if (change === "missing") files.delete(part);
      if (change === "streets") files.put(new ArrayBuffer(8), index.streets.mark);
      states.put(asked.result, "city");
    };
    going.oncomplete = () => { opening.result.close(); resolve(true); };
  };
})"""


@pytest.mark.parametrize("change", ["format", "part", "half", "missing", "streets"])
def test_kept_files_older_than_the_page_or_damaged_are_not_used_and_fetched_anew(
    open_page: OpenPage, town: Path, witness: Witness, change: str
) -> None:
    page = open_page(BARE, service_workers="block")  # with one, not all goes by `page.route`
    load(page)
    first = page.evaluate(READY)
    page.evaluate(CHANGE, change)
    # without the server's files there is nothing to answer from
    page.reload()
    page.route("**/phone/**", lambda route: route.abort("internetdisconnected"))
    load(page)
    assert page.evaluate(READY) == {
        "reason": "no_network", "text": "没网，也没存过资料。联网后再试。",
    }  # fmt: skip
    # with them all is as it was
    page.unroute("**/phone/**")
    assert page.evaluate(READY)["version"] == first["version"]
    assert page.evaluate(ASK, somewhere(town))["outcome"] == "found"
    witness.faults.clear()


def test_index_older_than_the_page_is_refused_and_what_is_there_goes_on(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page(BARE, service_workers="block")
    load(page)
    version = page.evaluate(READY)["version"]
    page.route("**/phone/index.json", lambda route: route.fulfill(json={"format": 0}))
    page.evaluate("() => locator.phone.addEventListener('old_page', () => (window.old = true))")
    page.evaluate("() => locator.phone.refresh()")
    assert page.evaluate("() => window.old")
    assert page.evaluate(READY)["version"] == version
    witness.faults.clear()


def test_file_that_is_gone_since_the_index_was_read_is_looked_for_in_a_new_index(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page(BARE, service_workers="block")
    page.route("**/phone/stations/*", lambda route: route.fulfill(status=404), times=1)
    witness.requests.clear()
    load(page)
    assert page.evaluate(READY).get("version")
    asked = [url for _, url, _ in witness.requests if url.endswith("/phone/index.json")]
    assert len(asked) == 2
    witness.faults.clear()
