"""Pages: complete without a script, small, escaped, and from our own host alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.town import PAYLOADS, add_stations
from webapp import create_app
from webapp.headers import content_policy
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.stations import Stations
    from locator.view import CityView

PAGES = ("/", "/coverage", "/?kind=worker_home&page=2", "/?q=zzzz", "/nowhere", "/?colour=red")
FIRST_PAGE_BYTES = 60_000


class Elements(HTMLParser):
    """Start tags with their attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(client: FlaskClient, path: str) -> Elements:
    return Elements(client.get(path).get_data(as_text=True))


@pytest.fixture
def usable(usable: Stations) -> Stations:
    """The stations that the list shows: rooms for staff only for whoever asks for them."""
    shown = usable.take(~usable.is_staff_only)
    assert 0 < len(shown) < len(usable)
    return shown


@pytest.fixture
def bare_client(town: Path, tmp_path: Path) -> FlaskClient:
    """A client of an application whose front-end packages are not installed."""
    return create_app(Settings(city=town, vendor=tmp_path / "nothing")).test_client()


def test_first_page_lists_stations_with_kind_district_and_hours(
    client: FlaskClient, usable: Stations
) -> None:
    page = page_of(client, "/")
    listed = [item["data-code"] for item in page.named("li") if "data-code" in item]
    rank = {"rest_station": 0, "mother_baby_room": 1, "carnation_station": 2, "worker_home": 3}
    order = sorted(range(len(usable)), key=lambda row: (rank[usable.kind[row]], usable.code[row]))
    assert listed == [usable.code[row] for row in order][:20]
    assert usable.name[order[0]] in page.text
    assert f"开放时间：{usable.hours[order[0]] or '未知'}" in page.text
    assert "只对本单位职工开放" not in page.text.replace("个站点只对本单位职工开放，未列入", "")
    assert "区" in page.text
    assert f"共{len(usable)}个站点" in page.text


def test_first_page_with_its_style_is_light(client: FlaskClient) -> None:
    page = client.get("/")
    style = re.search(r'href="(/static/css/[^"]+)"', page.get_data(as_text=True))
    assert style
    with client.get(style[1]) as sheet:
        assert len(page.data) + len(sheet.data) <= FIRST_PAGE_BYTES


def test_first_page_of_ten_thousand_stations_is_light(own_town: Path) -> None:
    from geodata.tables import read_rows
    from locator.city import City

    city = City.open(own_town)
    west, south, east, north = city.current().bounds_deg
    lines = ["name,lon,lat,address,hours"]
    for i in range(10_000):
        lon, lat = west + (east - west) * (i % 100) / 100, south + (north - south) * i / 10_000
        address = "南通市崇川区人民中路某某号某某大厦一楼大厅东侧" * 2
        hours = "周一至周五08:30-11:30、13:30-17:00；周末休息" * 2
        lines.append(f"很长很长的名字的户外劳动者爱心服务站第{i}号,{lon},{lat},{address},{hours}")
    sheet = own_town.with_name("many.csv")
    sheet.write_text("\n".join(lines), encoding="utf-8")
    city.import_stations(read_rows(sheet), kind="rest_station", source="test")
    page = create_app(Settings(city=own_town)).test_client().get("/")
    assert "共10" in page.get_data(as_text=True)
    assert len(page.data) <= FIRST_PAGE_BYTES - 15_000


def test_first_page_without_packages_still_lists_and_says_how_to_get_the_map(
    bare_client: FlaskClient,
) -> None:
    page = page_of(bare_client, "/")
    assert not any("leaflet" in (script["src"] or "") for script in page.named("script"))
    assert "地图组件还没有安装" in page.text
    assert "make setup" in page.text
    assert [item for item in page.named("li") if "data-code" in item]
    assert [form["action"] for form in page.named("form")] == ["/", "/#list"]


def test_first_page_with_damaged_packages_is_without_a_map(town: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    page = create_app(Settings(city=town, vendor=tmp_path)).test_client().get("/")
    assert "地图组件还没有安装" in page.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_page_names_no_other_host_and_nothing_inline(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    loaded = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in {"src", "href", "action", "srcset", "data"} and value
    ]
    assert loaded
    assert [value for value in loaded if not re.match(r"/(?!/)|#", value)] == []
    assert all("src" in script for script in page.named("script"))
    assert page.named("style") == []
    assert [a for _, a in page.tags if any(n == "style" or n.startswith("on") for n in a)] == []


@pytest.mark.parametrize("path", PAGES)
def test_page_of_sample_city_says_so(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    assert "示例数据 SAMPLE" in page.text
    assert len(page.named("nav")) >= 1
    assert [a["lang"] for a in page.named("a") if a.get("class") == "switch"] == ["en"]


def test_page_of_an_error_comes_where_the_city_cannot_be_read(
    own_town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app(Settings(city=own_town)).test_client()

    def fail() -> None:
        raise KeyError

    monkeypatch.setattr("webapp.errors.current_view", fail)
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/coverage", "/embed", "/embed/builder", "/nowhere"])
def test_number_of_the_filing_is_at_the_foot_where_the_city_tells_it(
    own_town: Path, path: str
) -> None:
    text = (own_town / "city.toml").read_text(encoding="utf-8")
    told = text.replace('icp_number = ""', 'icp_number = "苏ICP备12345678号-1"')
    (own_town / "city.toml").write_text(told, encoding="utf-8")
    foot = create_app(Settings(city=own_town)).test_client().get(path).get_data(as_text=True)
    assert ">苏ICP备12345678号-1</a>" in foot.split("<footer")[1]


def test_every_station_of_sample_city_says_so(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    items = re.findall(r'<li class="card" data-code=.*?</li>', page, re.DOTALL)
    assert items
    assert all("示例数据 SAMPLE" in item for item in items)


@pytest.mark.parametrize("path", PAGES)
def test_page_has_language_title_and_landmarks(client: FlaskClient, path: str) -> None:
    page = page_of(client, path)
    names = [name for name, _ in page.tags]
    assert page.named("html") == [{"lang": "zh-CN"}]
    assert [names.count(tag) for tag in ("title", "main", "h1", "header")] == [1, 1, 1, 1]
    assert any(a.get("class") == "skip" for a in page.named("a"))


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/health", "/api/v1/zzz", "/static/css/site.css"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == content_policy()
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "Cache-Control" in headers


def test_content_policy_allows_nothing_inline_and_no_other_host() -> None:
    assert "default-src 'none'" in content_policy()
    assert "unsafe" not in content_policy()
    assert "nonce" not in content_policy()
    assert "http" not in content_policy()


def test_list_by_kind_shows_that_kind_alone(client: FlaskClient, usable: Stations) -> None:
    page = page_of(client, "/?kind=worker_home")
    listed = [item["data-code"] for item in page.named("li") if "data-code" in item]
    assert listed == list(usable.of_kind("worker_home").code)[:20]


def test_list_by_district_shows_that_district_alone(client: FlaskClient, usable: Stations) -> None:
    codes = sorted(set(usable.district_code))
    found = [len(listed_codes(client, f"/?district={code}")) for code in codes]
    assert found == [min(20, usable.district_code.count(code)) for code in codes]


def listed_codes(client: FlaskClient, path: str) -> list[str]:
    text = client.get(path).get_data(as_text=True).partition('<section class="panel" id="list"')[2]
    return [i["data-code"] or "" for i in Elements(text).named("li") if "data-code" in i]


def test_list_pages_hold_every_usable_station_once(client: FlaskClient, usable: Stations) -> None:
    found: list[str] = []
    for number in range(1, -(-len(usable) // 20) + 1):
        found += listed_codes(client, f"/?page={number}")
    assert sorted(found) == list(usable.code)


def test_rooms_for_staff_are_listed_for_whoever_asks(client: FlaskClient, view: CityView) -> None:
    kind, stations = "mother_baby_room", view.stations.usable().of_kind("mother_baby_room")
    assert sorted(listed_codes(client, f"/?kind={kind}&staff=1")) == list(stations.code)
    public = stations.take(~stations.is_staff_only)
    assert sorted(listed_codes(client, f"/?kind={kind}")) == list(public.code)
    left_out = len(stations) - len(public)
    said = {"zh": f"{left_out}个站点只对本单位职工开放，未列入",
            "en": f"{left_out} for a firm's own staff left out"}  # fmt: skip
    for language, words in said.items():
        assert words in page_of(client, f"/?kind={kind}&lang={language}").text


def test_list_of_a_district_counts_what_it_leaves_out_there_alone(
    client: FlaskClient, view: CityView
) -> None:
    stations = view.stations.usable()
    private = [c for c, s in zip(stations.district_code, stations.is_staff_only, strict=True) if s]
    assert len(set(private)) > 1
    for district in set(stations.district_code):
        words = re.findall(r"(\d+)个站点只对本单位", page_of(client, f"/?district={district}").text)
        # the answer from that district tells of the whole city's
        assert words[1:] == ([str(private.count(district))] if district in private else [])


def test_one_script_draws_the_map_whichever_stations_are_listed(client: FlaskClient) -> None:
    maps = [
        re.findall(r"/map/[0-9a-f]+[.]js", client.get(path).get_data(as_text=True))
        for path in ("/", "/?staff=1", "/?q=01")
    ]
    assert len(maps[0]) == 1
    assert maps[0] == maps[1] == maps[2]


def test_list_page_beyond_the_last_shows_the_last(client: FlaskClient) -> None:
    assert [item for item in page_of(client, "/?page=9999").named("li") if "data-code" in item]


def test_list_search_without_a_hit_says_what_to_do(client: FlaskClient) -> None:
    assert "没有符合的站点" in page_of(client, "/?q=zzzz").text


@pytest.mark.parametrize(
    ("path", "field"),
    [("/?colour=red", "colour"), ("/?page=0", "page"), ("/coverage?within=far", "within")],
)
def test_page_with_bad_parameter_names_the_field(
    client: FlaskClient, path: str, field: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert f"<code>{field}</code>" in answer.get_data(as_text=True)


def test_page_shared_in_a_chat_opens(client: FlaskClient) -> None:
    assert client.get("/?from=singlemessage&isappinstalled=0").status_code == 200


def test_names_of_markup_are_text(own_town: Path) -> None:
    from locator.city import City

    west, south, east, north = City.open(own_town).current().bounds_deg
    add_stations(own_town, PAYLOADS, near=((west + east) / 2, (south + north) / 2))
    client = create_app(Settings(city=own_town)).test_client()
    page = client.get("/?q=站&kind=rest_station&page=1").get_data(as_text=True)
    text = ""
    for number in range(1, 9):
        page = client.get(f"/?page={number}").get_data(as_text=True)
        text += Elements(page).text
        assert "<img" not in page
        assert "window.hacked" not in re.sub(r">[^<]*<", "><", page)
    for payload in PAYLOADS:
        assert payload in text


def test_query_is_shown_escaped(client: FlaskClient) -> None:
    page = client.get("/", query_string={"q": '"><img src=x onerror=alert(1)>'})
    assert "<img" not in page.get_data(as_text=True)


SHUT = {"name": "近站", "time_s": 300.0, "open": False, "opens_at": "2026-07-05T06:30"}


@pytest.mark.parametrize(
    ("far_is_open", "opens_at", "words"),
    [
        (True, "2026-07-05T06:30", "15分钟以内没有确认开门的。最早开的是近站，明天6:30。"),
        (True, None, "15分钟以内没有确认开门的。"),
        (False, "2026-07-05T06:30", "附近没有确认开门的。最早开的是远站，明天6:00。"),
        (None, None, "附近没有确认开门的。最早开的是远站，明天6:00。"),
    ],
)
def test_where_no_door_near_by_is_open_the_one_that_opens_first_is_named(
    client: FlaskClient, far_is_open: bool | None, opens_at: str | None, words: str
) -> None:
    from webapp.finding import none_open_message

    far = {"name": "远站", "time_s": 2520.0, "open": far_is_open, "opens_at": "2026-07-05T06:00"}
    below = [{**SHUT, "opens_at": opens_at}]
    document = {"connected": None, "results": [far], "below": below, "at": "2026-07-04T22:10"}
    with client.application.test_request_context("/"):
        assert none_open_message(document) == words


def test_coverage_page_shows_the_totals_of_the_library(client: FlaskClient, view: CityView) -> None:
    page = page_of(client, "/coverage?within=300")
    cover = view.coverage(within_m=300)
    assert f"{cover.share:.1%}" in page.text
    for metres in (cover.covered_m, cover.uncovered_m, cover.unreachable_m, cover.total_m):
        assert f"{metres / 1000:,.1f} 公里" in page.text


def position_of_first(usable: Stations) -> dict[str, str]:
    lon, lat = usable.lonlat_deg[0].tolist()
    return {"lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}


def test_nearest_page_by_position_answers_without_repeating_it(
    client: FlaskClient, usable: Stations
) -> None:
    sent = position_of_first(usable)
    answer = client.post("/nearest", data={**sent, "kind": "", "street": "", "mode": "walk"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert usable.name[0] in text
    assert "示例数据 SAMPLE" in text
    assert sent["lon"] not in text
    assert sent["lat"] not in text


def test_nearest_page_by_street_answers(client: FlaskClient, view: CityView) -> None:
    street = next(name for name in view.streets.names if name)
    answer = client.post("/nearest", data={"street": street, "mode": "walk"})
    assert answer.status_code == 200
    assert "约" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "data",
    [
        {"lon": "120.8612345"},
        {"lon": "120.8612345", "lat": "north 32.0112345"},
        {"lon": "120.8612345", "lat": "32.0112345", "street": "人民路"},
        {"lon": "1200.8612345", "lat": "32.0112345"},
        {"lon": "nan", "lat": "32.0112345"},
        {"street": "没有的路没有的路"},
        {},
    ],
)
def test_nearest_page_of_bad_start_is_refused_and_repeats_nothing(
    client: FlaskClient, data: dict[str, Any]
) -> None:
    answer = client.post("/nearest", data=data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "0.8612345" not in text
    assert "2.0112345" not in text


def test_nearest_page_outside_the_city_says_what_to_do(client: FlaskClient) -> None:
    answer = client.post("/nearest", data={"lon": "0", "lat": "0"})
    assert answer.status_code == 200
    assert "先选市内地点" in answer.get_data(as_text=True)


def test_nearest_address_opened_leads_to_the_form(client: FlaskClient) -> None:
    answer = client.get("/nearest")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/#find")


def test_map_script_is_named_by_its_content_and_kept(client: FlaskClient) -> None:
    scripts = [script["src"] or "" for script in page_of(client, "/").named("script")]
    answer = client.get(scripts[-1])
    assert re.fullmatch(r"/map/[0-9a-f]{64}\.js", scripts[-1])
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/map/" + "0" * 64 + ".js").status_code == 404


def test_files_of_the_page_are_there_and_kept(client: FlaskClient) -> None:
    page = page_of(client, "/")
    files = [script["src"] or "" for script in page.named("script")]
    files += [link["href"] or "" for link in page.named("link")]
    for address in files:
        answer = client.get(address)
        assert answer.status_code == 200, address
        if not address.endswith(".webmanifest"):  # it has one address for good
            assert "immutable" in answer.headers["Cache-Control"], address
        answer.close()


def test_file_by_another_mark_is_not_kept(client: FlaskClient) -> None:
    with client.get("/static/css/site.css?v=0000000000000000") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"


def test_street_data_is_credited_where_it_is_shown(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from locator.view import CityView

    owed = "© OpenStreetMap contributors"
    monkeypatch.setattr(CityView, "attribution", property(lambda _: owed))
    client = create_app(Settings(city=town)).test_client()
    for path in ("/", "/coverage"):
        assert owed in client.get(path).get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/embed"])
@pytest.mark.parametrize(("text", "unfolded"), [("没有的地方", True), ("路", False)])
def test_text_that_is_no_place_yet_stands_as_it_was_typed(
    client: FlaskClient, path: str, text: str, unfolded: bool
) -> None:
    page = client.get(path, query_string={"place": text}).get_data(as_text=True)
    answer = page.split('id="answer"')[1].split("</section>")[0]
    assert f"<h2>“{text}”</h2>" in answer
    # to type it anew, with the reason beside the form
    assert ('<details id="place-fold" open>' in page) == unfolded
    status = page.split('id="status"')[1].split("</div>")[0]
    assert (f"“{text}”：没有这个地方。换个写法，或只选区县。" in status) == unfolded
