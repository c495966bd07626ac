"""The worker's screens: each situation has its sentence and a next step, on a small phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from locator.view import CityView
    from tests.browser.conftest import Witness

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
SMALL = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WECHAT = (
    "Mozilla/5.0 (Linux; Android 12; V2055A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/86.0.4240.99 Mobile Safari/537.36 MicroMessenger/8.0.30"
)
AT = "2026-07-04T22:10:30"
ROW: dict[str, Any] = {
    "code": "S1", "name": "站", "kind": "rest_station", "lon": 120.9, "lat": 32.0,
    "distance_m": 400.0, "time_s": 360.0, "straight_m": 300.0, "open": True, "closes_in_s": 7200.0,
    "opens_in_s": None, "opens_at": None, "phone": "", "disputed": False, "sample": True,
    "detour": None, "hours": "", "hours_en": "", "hours_problem": "", "address": "",
    "access_scope": "public", "access_mode": "walk_in", "facilities": ["WATER", "SEAT"],
    "verified_on": "2026-06-13",
}  # fmt: skip
LONGEST: dict[str, Any] = {
    **ROW, "name": "示例·青年中路户外劳动者驿站 01", "closes_in_s": 9059.0, "time_s": 1740.0,
    "distance_m": 1900.0, "access_scope": "workers_first",
    "detour": {"zh": "直线580米，实际走1.9公里。",
               "en": "580 m as the crow flies, 1.9 km on foot."},
}  # fmt: skip
SHUT = {"open": False, "closes_in_s": None}
UNKNOWN = {"open": None, "closes_in_s": None}
# What is changed in the row above, and the sentence of the federation's table.
SCREENS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "sentence", "开着，走6分钟；到后还开2小时。"),
    ({"closes_in_s": 600.0}, "sentence", "走到时只剩10分钟。"),
    ({"closes_in_s": None}, "sentence", "开着，走6分钟；24小时开放。"),
    ({"closes_in_s": 9059.0}, "sentence", "开着，走6分钟；到后还开2小时30分钟。"),
    ({**SHUT, "opens_at": "2026-07-05T06:00"}, "sentence", "关着，走6分钟；明天6:00开。"),
    ({**SHUT, "opens_at": "2026-07-04T23:05"}, "sentence", "关着，走6分钟；23:05开。"),
    ({**SHUT, "opens_at": "2026-07-06T06:00"}, "sentence", "关着，走6分钟；周一6:00开。"),
    ({**SHUT, "opens_at": "2026-07-20T06:00"}, "sentence", "关着，走6分钟；7月20日6:00开。"),
    (SHUT, "sentence", "关着，走6分钟。"),
    ({**UNKNOWN, "phone": "0513-1"}, "sentence", "开放时间没核实，先打电话。"),
    (UNKNOWN, "sentence", "开放时间没核实。没有电话，看下一个。"),
    ({**UNKNOWN, "disputed": True}, "sentence", "有工友说没开门，正在核实。"),
    ({"distance_m": 1900.0, "detour": {"zh": "直线300米，实际走1.9公里。", "en": "300 m"}},
     "warning", "直线300米，实际走1.9公里。"),
    ({}, "way_in", "直接进，不用办会员。"),
    ({"access_mode": "qr"}, "way_in", "要扫码，登记手机号。"),
    ({"access_mode": "key"}, "way_in", "找前台拿钥匙。"),
    ({"access_scope": "staff", "access_mode": "key"}, "way_in",
     "找前台拿钥匙。只对本单位职工开放。"),
    ({"access_scope": "", "access_mode": ""}, "way_in", ""),
    ({}, "checked", "21天前核对过。"),
    ({"verified_on": None}, "checked", "从没核对过。"),
    ({"verified_on": "2025-12-01"}, "checked", "7个月前核对过。"),
    ({"distance_m": 998.0}, "way", "沿街走1公里"),
    ({"distance_m": 305.0}, "way", "沿街走300米"),
    ({"distance_m": 123456.0}, "way", "沿街走123公里"),
    ({"hours": "周一至周五 8:30-17:00", "hours_en": "Mon–Fri 8:30–17:00"}, "hours",
     "周一至周五 8:30-17:00"),
    ({"hours": "夏季8:00-18:00", "hours_problem": "undated"}, "hours",
     "写着“夏季8:00-18:00”，哪天开始不清楚"),
    ({"hours": "9点左右", "hours_problem": "unread"}, "hours", "写着“9点左右”，没核实"),
    ({"facilities": ["WATER", "SEAT", "MICROWAVE", "FIRSTAID", "TOILET", "SPACE", "FRIDGE", "AC",
                     "WIFI", "LEGAL"]}, "word", "开着"),
]  # fmt: skip


@pytest.fixture(scope="module")
def view(town: Path) -> CityView:
    from locator.city import City

    return City.open(town).current()


@pytest.fixture(scope="module")
def here(view: CityView) -> tuple[float, float]:
    lon, lat = view.stations.usable().lonlat_deg[0].tolist()
    return lon, lat


@pytest.fixture
def small(open_page: OpenPage) -> OpenPage:
    """Pages on a phone of 360 pixels, held in one hand."""

    def open_it(path: str = "/", **options: Any) -> Page:
        return open_page(path, **{**SMALL, **options})

    return open_it


def find(page: Page) -> None:
    page.locator("#locate").click()
    page.wait_for_selector("#answer[data-outcome]")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("uses", ["foot", "bike", "motor"])
def test_cards_of_the_page_say_what_the_servers_say(
    open_page: OpenPage, town: Path, language: str, uses: str
) -> None:
    from webapp import create_app
    from webapp.cards import answer_card
    from webapp.settings import Settings

    page = open_page(f"/?lang={language}")
    page.wait_for_function("() => window.locator && locator.cardWords")
    app = create_app(Settings(city=town))
    for changed, field, words in SCREENS:
        row = {**ROW, **changed}
        said = page.evaluate(
            "([row, at, uses]) => locator.cardWords(row, at, uses)", [row, AT, uses]
        )
        with app.test_request_context(f"/?lang={language}"):
            card = asdict(answer_card(row, at=AT, mode_uses=uses))
        assert said == {name: card[name] for name in said}
        if language == "zh" and uses == "foot":
            assert said[field] == words


def test_three_taps_lead_to_the_way_and_the_door(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    page.get_by_text("位置只在手机里算，不上传。").wait_for()
    find(page)
    first = page.locator("#answer .card").first
    first.get_by_text("去这里").click()
    assert first.locator("ol.steps li").count() >= 1
    assert first.get_by_role("link", name="高德地图").is_visible()
    told = first.inner_text()
    assert told.count("进门：") == 1  # once: the way says it
    parts = first.locator("details.go > *").evaluate_all(
        """(all) => all.map((one) => one.getBoundingClientRect())
          .map(({ top, bottom }) => [top, bottom])"""
    )
    gaps = [after[0] - before[1] for before, after in pairwise(parts)]
    assert min(gaps) >= 8
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_position_stays_out_of_address_and_requests(
    small: OpenPage, witness: Witness, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    page.locator("#place-fold > summary").click()
    page.locator("#place-form select[name=kind]").select_option("rest_station")
    page.wait_for_url("**/?kind=rest_station")
    marks = [f"{value:.4f}"[:8] for value in here]
    told = [(url, body) for _, url, body in witness.requests]
    assert [one for one in told if any(mark in part for mark in marks for part in one)] == []


def test_way_that_only_the_server_knows_is_asked_from_a_rounded_place(
    small: OpenPage, witness: Witness, here: tuple[float, float]
) -> None:
    page = small(location=here)
    page.locator("#place-fold > summary").click()
    bike = page.locator("#place-form select[name=mode] option[data-uses=bike]").first
    page.locator("#place-form select[name=mode]").select_option(bike.get_attribute("value"))
    page.locator("#locate").click()
    page.wait_for_selector("#answer[data-outcome=found]")
    assert page.get_by_text("只把大概位置（100米以内）告诉了本站，不保存。").count() == 1
    [(method, body)] = [
        (method, body) for method, url, body in witness.requests if url.endswith("/api/v1/nearest")
    ]
    sent = json.loads(body)
    rounded = [round(value, 3) for value in here]
    assert rounded != list(here)
    assert (method, [sent["lon"], sent["lat"]]) == ("POST", rounded)
    marks = [f"{value:.5f}" for value in here]
    assert not any(mark in url for mark in marks for _, url, _ in witness.requests)


TOLD_NOW = """async ([lon, lat]) => {
  const found = await locator.phone.nearest({ lon, lat, mode: "walk", at: "now", k: 3 });
  const rows = found.results.concat(found.below || []);
  const wanted = rows.map((row) => row.code + locator.doorOf(row));
  const told = [...document.querySelectorAll("#answer .card")].slice(0, wanted.length).map(
    (card) => card.dataset.code + card.querySelector(".door").dataset.door);
  return JSON.stringify(wanted) === JSON.stringify(told) ? wanted : null;
}"""


def test_answer_that_lies_open_tells_the_doors_of_the_hour_it_is_read(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    page.clock.install()
    page.reload()
    page.evaluate("() => locator.phone.ready()")
    find(page)
    page.locator("#answer .card details.go > summary").first.click()
    code = page.locator("#answer .card").first.get_attribute("data-code")
    told = set()
    for _ in range(7):
        told.add(str(page.wait_for_function(TOLD_NOW, arg=list(here)).json_value()))
        assert page.locator(f"#answer .card[data-code={code}] details.go[open]").count() == 1
        page.clock.fast_forward("03:00:00")
    assert len(told) > 1


def test_page_of_a_station_that_lies_open_says_that_it_does_not_know_the_door(
    open_page: OpenPage, view: CityView
) -> None:
    page = open_page("/")
    page.clock.install()
    page.goto(f"{page.url}s/{view.stations.usable().code[0]}")
    doors = "() => [...document.querySelectorAll('main p.door')].map((one) => one.dataset.door)"
    page.clock.fast_forward("00:04:00")
    assert set(page.evaluate(doors)) != {"unknown"}
    page.clock.fast_forward("00:02:00")
    assert set(page.evaluate(doors)) == {"unknown"}
    assert page.locator("main .say").first.inner_text().endswith("请刷新再看。")


SLOW = """Object.defineProperty(navigator, "geolocation", { value: {
  getCurrentPosition: (found) => (window.arrive = (longitude, latitude) =>
    found({ coords: { longitude, latitude, accuracy: 10 } })) } })"""


def test_position_that_comes_late_does_not_replace_the_place_that_was_chosen(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small()
    page.context.add_init_script(SLOW)
    page.reload()
    page.evaluate("() => locator.phone.ready()")
    page.locator("#locate").click()
    page.evaluate("() => locator.finder.find({ place: '人民中路' })")
    page.get_by_role("heading", name="从人民中路出发").wait_for()
    page.evaluate("(here) => arrive(...here)", list(here))
    page.wait_for_timeout(300)
    assert page.get_by_role("heading", name="从人民中路出发").count() == 1
    kept = page.evaluate("() => localStorage.getItem('locator.place')")
    assert kept == '{"place":"人民中路"}'  # and not the position


def test_choice_changed_where_nothing_was_found_asks_again(small: OpenPage) -> None:
    page = small("/?place=不存在的地方")
    assert page.locator("#answer").get_attribute("data-outcome") == "unknown_place"
    page.locator("#place-form input[name=place]").evaluate("(one) => (one.value = '人民中路')")
    page.locator("#place-form input[name=open]").evaluate("(one) => one.click()")
    page.wait_for_selector("#answer[data-outcome=found]")
    assert "open=1" in page.url


def test_last_place_stands_in_the_address_and_the_heading_names_it(small: OpenPage) -> None:
    page = small("/?place=人民中路")
    told = page.locator("#answer h2").inner_text()
    page.wait_for_function("() => document.querySelector('.number-pin')")  # asked again
    assert page.locator("#answer h2").inner_text() == told != "最近的站点"
    page.evaluate(
        "() => localStorage.setItem('locator.place', JSON.stringify({place: '人民中路'}))"
    )
    page.goto(page.url.split("?")[0] + "?place=不存在的地方")
    page.locator("#place-fold").evaluate("(fold) => (fold.open = true)")
    page.get_by_role("button", name="上次的地方：人民中路").click()
    page.get_by_role("heading", name="从人民中路出发").wait_for()
    assert page.evaluate("() => new URLSearchParams(location.search).get('place')") == "人民中路"


def test_map_app_that_wechat_blocks_is_told(small: OpenPage, here: tuple[float, float]) -> None:
    page = small(location=here, user_agent=WECHAT)
    find(page)
    first = page.locator("#answer .card").first
    first.get_by_text("去这里").click()
    assert first.get_by_text("微信里打不开地图软件，下面打开的是它们的网页。").is_visible()
    assert first.locator("[data-app=geo]").count() == 0


def test_arrived_at_a_locked_door_tells_and_is_led_on(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    first = page.locator("#answer .card").first
    first.get_by_text("去这里").click()
    first.get_by_role("button", name="东西坏了").click()
    first.get_by_text("收到，会有人来看。").wait_for()
    assert "/report" not in page.url


def test_locked_door_is_told_with_a_link_to_the_next_open_one(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small("/?at=10:00", location=here)
    page.route("**/report*", lambda route: route.fulfill(json={"text": "收到"}))
    find(page)
    first, second = page.locator("#answer .card").first, page.locator("#answer .card").nth(1)
    first.locator("summary").click()
    first.get_by_role("button", name="锁着").click()
    first.locator(".report-said a").click()
    assert second.locator("details.go").get_attribute("open") is not None
    said = first.locator(".report-said").inner_text()
    assert f"下一个开门的：{second.locator('.name a').inner_text()}，走" in said
    assert page.locator("#answer").is_visible()


def test_back_closes_the_way_and_keeps_the_answer(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    before = page.url
    page.locator("#answer .card summary").first.click()
    page.wait_for_function("() => history.state && history.state.going")
    page.evaluate("() => history.back()")
    page.wait_for_function("() => !document.querySelector('#answer details.go[open]')")
    assert page.url == before
    assert page.locator("#answer .card").count() >= 3
    # closed by hand there is nothing left to go back from
    page.locator("#answer .card summary").first.click()
    page.wait_for_function("() => history.state && history.state.going")
    page.locator("#answer .card summary").first.click()
    page.wait_for_function("() => !history.state.going")


GONE_AND_BACK = "() => performance.getEntriesByType('navigation')[0].type === 'back_forward'"


def leave_and_come_back(page: Page) -> None:
    """To a station's page and Back to a page that the browser loads afresh."""
    page.evaluate("() => (window.left = true)")
    page.locator("#answer .card .name a").first.click()
    page.wait_for_url("**/s/*")
    page.go_back()
    page.wait_for_function(GONE_AND_BACK)
    assert page.evaluate("() => window.left === undefined"), "the page was only asleep"


def test_answer_by_location_comes_back_with_its_page(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    page.locator("#place-fold > summary").click()
    page.locator("#place-form select[name=kind]").select_option("rest_station")
    page.wait_for_url("**/?kind=rest_station")
    told = page.locator("#answer .card").first.get_attribute("data-code")
    leave_and_come_back(page)
    page.wait_for_selector("#answer[data-outcome=found] .number")
    assert page.locator("#answer .card").first.get_attribute("data-code") == told
    assert page.evaluate("() => history.state") == {"located": True}
    kept = page.evaluate("() => JSON.stringify([sessionStorage, location.href])")
    assert not any(f"{value:.4f}" in kept for value in here)


def test_answer_by_location_waits_for_the_button_where_asking_would_ask_somebody(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    page.context.clear_permissions()
    page.context.add_init_script(
        "navigator.geolocation.getCurrentPosition = () => (window.asked = true)"
    )
    leave_and_come_back(page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => window.asked") is None
    assert page.locator("#locate").is_visible()
    assert page.locator("#status").inner_text() == ""


@pytest.mark.parametrize("field", ["place", "district"])
def test_answer_from_a_place_comes_back_with_its_page(
    small: OpenPage, here: tuple[float, float], view: CityView, field: str
) -> None:
    page = small(location=here)
    find(page)  # the last answer counts, not this one
    place = (
        {"place": "人民中路"} if field == "place" else {"district": view.stations.district_code[0]}
    )
    page.evaluate("(place) => locator.finder.find(place)", place)
    assert f"{field}=" in page.url
    told = page.locator("#answer .card").first.get_attribute("data-code")
    leave_and_come_back(page)
    page.wait_for_function("() => document.querySelector('.number-pin')")
    assert page.locator("#answer .card").first.get_attribute("data-code") == told
    assert page.evaluate("() => history.state.located") is False


def test_way_leads_to_the_map_that_lies_below(small: OpenPage, here: tuple[float, float]) -> None:
    page = small(location=here)
    page.wait_for_selector(".folium-map[data-stations]")
    find(page)
    page.locator("#answer .card summary").first.click()
    page.get_by_role("link", name="在地图上看这条路").click()
    page.wait_for_function(
        "() => { const { top } = document.getElementById('map').getBoundingClientRect();"
        " return top < innerHeight / 2; }"
    )
    assert page.evaluate("() => document.activeElement.matches('.leaflet-container')")
    assert page.locator("#answer details.go[open]").count() == 1


def test_answer_is_told_aloud_and_its_buttons_have_names_of_their_own(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    first = page.locator("#answer .card").first
    told = page.locator("#status").text_content() or ""
    assert first.locator(".say").inner_text() in told
    assert first.locator(".name a").inner_text() in told
    page.wait_for_selector("#list button.quiet", state="attached")
    labels = page.locator(".card summary, .card button.quiet").evaluate_all(
        """all => all.map((one) => [one.getAttribute("aria-label"), one.textContent,
          one.closest(".card").querySelector(".name a").textContent])"""
    )
    assert len(labels) > 4
    assert [row for row in labels if row[0] != f"{row[1]}：{row[2]}"] == []


def test_without_network_the_saved_city_answers(
    small: OpenPage, witness: Witness, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_timeout(1500)
    page.context.set_offline(True)
    page.reload()
    find(page)
    assert page.locator("#answer .card").count() >= 3
    assert page.locator("#answer .note").first.inner_text() == "没网。这是今天的资料。"
    witness.faults.clear()  # what the map asks for in vain


def test_without_network_and_nothing_saved_says_so(
    small: OpenPage, witness: Witness, here: tuple[float, float]
) -> None:
    page = small(location=here, service_workers="block")
    page.evaluate("async () => { await locator.phone.ready(); await locator.phone.forget(); }")
    page.route(re.compile("/phone/|/api/"), lambda route: route.abort())
    page.reload()
    page.locator("#locate").click()
    page.get_by_text("没网，也没存过资料。联网后再试。").wait_for()
    assert page.locator("#place-fold").get_attribute("open") is not None
    witness.faults.clear()


def test_page_without_https_says_that_a_position_needs_it(small: OpenPage) -> None:
    page = small()
    page.evaluate("() => Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.locator("#locate").click()
    page.get_by_text("没有https，浏览器不给位置。请选街道或输入路名。").wait_for()
    assert page.locator("#place-fold").get_attribute("open") is not None


def test_page_names_the_first_to_open_near_by_as_the_server_does(
    open_page: OpenPage, town: Path, view: CityView
) -> None:
    from urllib.parse import quote

    from webapp import create_app
    from webapp.settings import Settings

    client = create_app(Settings(city=town)).test_client()
    words = r"(15分钟以内没有确认开门的。最早开的是[^<]*)</p>"
    for name in filter(None, view.streets.names):
        path = f"/?place={quote(name)}&at=02:00&kind=rest_station"
        told = re.search(words, client.get(path).get_data(as_text=True))
        if told:
            break
    assert told
    page = open_page("/?at=02:00&kind=rest_station")
    page.evaluate("(place) => locator.finder.find({ place })", name)
    page.wait_for_selector("#answer[data-outcome=found]")
    assert page.locator("#answer .message").first.text_content() == told[1]
    assert page.locator("#answer .group").text_content() == "更近，但到时关门或没核实"


def test_last_place_is_offered_and_kept_on_the_phone_alone(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small(location=here)
    find(page)
    page.reload()
    page.locator("#place-fold > summary").click()
    page.get_by_role("button", name="上次的地方").click()
    page.wait_for_selector("#answer[data-outcome]")
    kept = page.evaluate("() => JSON.parse(localStorage.getItem('locator.place'))")
    assert kept == {"lon": round(here[0], 3), "lat": round(here[1], 3)}


def test_typed_degrees_are_asked_and_stay_in_no_address_and_not_on_the_phone(
    small: OpenPage, here: tuple[float, float]
) -> None:
    page = small()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + str(request.post_data or "")))
    page.locator("#place-fold > summary").click()
    lon, lat = (f"{degrees:.7f}" for degrees in here)
    page.locator("#place-form input[name=place]").fill(f"{lon}，{lat}")
    page.locator("#place-form select[name=kind]").select_option("rest_station")  # not sent yet
    page.wait_for_url("**/?kind=rest_station")
    page.locator("#place-form select[name=kind]").select_option("")
    page.wait_for_url(lambda url: url.endswith("/"))
    page.locator("#place-form button[type=submit]").click()
    page.wait_for_selector("#answer[data-outcome=found]")
    assert not page.evaluate("() => location.search || localStorage.getItem('locator.place')")
    assert not [one for one in asked if lon in one or lat in one]


def test_mother_and_baby_rooms_for_staff_are_left_out_of_answers(
    small: OpenPage, view: CityView
) -> None:
    room = view.stations.usable().of_kind("mother_baby_room")
    staff = room.take(room.is_staff_only)
    lon, lat = staff.lonlat_deg[0].tolist()
    page = small("/?kind=mother_baby_room", location=(lon, lat))
    find(page)
    codes = page.locator("#answer .card").evaluate_all("all => all.map((one) => one.dataset.code)")
    assert codes
    assert not set(codes) & set(staff.code)


MEASURE = """() => {
  const seen = (part) => part.checkVisibility({ visibilityProperty: true }) &&
    part.getBoundingClientRect().width > 1;
  const texts = [...document.querySelectorAll("body *")].filter((part) => seen(part) &&
    !part.closest("svg, .hidden, .skip, option") &&
    [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const small = texts.filter((part) => parseFloat(getComputedStyle(part).fontSize) < 18);
  const tight = texts.filter((part) => {
    const style = getComputedStyle(part);
    return parseFloat(style.lineHeight) / parseFloat(style.fontSize) < 1.29 &&
      !part.closest(".leaflet-bar, .number-pin, .number");
  });
  const targets = [...document.querySelectorAll(
    "button, select, input:not([type=hidden]), summary, main a, nav a, .switch, label.check")]
    .filter((part) => seen(part) && !part.closest("label.check > *") && part.tabIndex >= 0)
    .map((part) => part.closest("label.check") || part)
    .filter((part) => !part.closest(".leaflet-control-attribution"));
  const low = targets.filter((part) => part.getBoundingClientRect().height < 59.5);
  const name = (part) => part.outerHTML.slice(0, 90);
  return { small: small.map(name), tight: tight.map(name), low: low.map(name) };
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_elder_view_keeps_the_standard_and_is_remembered(
    small: OpenPage, here: tuple[float, float], language: str
) -> None:
    page = small(f"/?lang={language}", location=here)
    page.locator("#elder").click()
    page.reload()
    assert page.locator("#elder").get_attribute("aria-pressed") == "true"
    find(page)
    page.locator("#answer .card details.go > summary").first.click()
    page.locator("#place-fold > summary").click()
    page.wait_for_timeout(500)
    assert page.evaluate(MEASURE) == {"small": [], "tight": [], "low": []}
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert page.evaluate("() => document.cookie") == ""


def test_poster_prints_on_one_sheet(open_page: OpenPage, view: CityView) -> None:
    page = open_page(f"/s/{view.stations.usable().of_kind('rest_station').code[0]}/poster")
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("path", ["/", "/?lang=en"])
@pytest.mark.parametrize("elder", [False, True], ids=["plain", "large type"])
def test_first_card_and_its_button_are_on_one_screen(
    small: OpenPage, here: tuple[float, float], path: str, elder: bool
) -> None:
    page = small(path, location=here, viewport={"width": 360, "height": 640})
    if elder:
        page.locator("#elder").click()
    page.evaluate("() => locator.phone.ready()")
    find(page)
    # the longest that a card says before its button, at a station behind a river
    page.evaluate(
        """([row, at]) => {
          const list = document.querySelector("#answer ol.cards");
          list.replaceChildren(locator.card(row, 1, at, "foot"));
          document.getElementById("answer").scrollIntoView();
        }""",
        [LONGEST, AT],
    )
    button = page.locator("#answer .card details.go > summary").first
    page.wait_for_function(
        "(button) => button.getBoundingClientRect().bottom <= innerHeight",
        arg=button.element_handle(),
    )
    top = page.locator("#answer .card .name").first.bounding_box()
    assert top
    assert top["y"] >= 0
    below = page.locator("#answer .card .way-in").first.bounding_box()
    shown = button.bounding_box()
    assert below
    assert shown
    assert below["y"] > shown["y"]
