"""A station's page, its poster and code, and what workers tell of its door."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.test_pages import Elements
from tests.web.town import PAYLOADS, add_stations
from webapp import create_app
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.city import City
    from locator.view import CityView

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def code(view: CityView) -> str:
    """A rest station that is open all the time."""
    stations = view.stations.usable().of_kind("rest_station")
    return next(stations.code[row] for row in range(len(stations)) if "24" in stations.hours[row])


@pytest.fixture
def own_city(own_town: Path) -> City:
    from locator.city import City

    return City.open(own_town)


@pytest.fixture
def own_client(own_town: Path) -> FlaskClient:
    return create_app(Settings(city=own_town, limit_reports="off")).test_client()


def text_of(client: FlaskClient, path: str, **headers: str) -> str:
    return Elements(client.get(path, headers=headers).get_data(as_text=True)).text


def test_station_page_says_the_door_the_way_in_and_the_next_ones(
    client: FlaskClient, view: CityView, code: str
) -> None:
    from locator.closures import nearest_in_use

    text = text_of(client, f"/s/{code}")
    assert view.stations.name[view.stations.code.index(code)] in text
    assert "开着" in text
    assert "示例数据 SAMPLE" in text
    assert "门开了吗？" in text
    found = nearest_in_use(view, code)
    assert found is not None
    assert found[0].name in text


@pytest.mark.parametrize(("lang", "comma"), [("zh", "，"), ("en", ", ")])
def test_kind_and_district_stand_apart_as_the_language_does(
    client: FlaskClient, code: str, lang: str, comma: str
) -> None:
    page = client.get(f"/s/{code}?lang={lang}").get_data(as_text=True)
    line = re.search(r'<p class="meta kind">.*?</svg> ([^<]*)</p>', page)
    assert line
    assert len(line[1].split(comma)) == 2


def test_station_page_of_no_station_is_not_found(client: FlaskClient) -> None:
    assert client.get("/s/NT-000000-OW-0000-0").status_code == 404
    assert client.post("/s/nothing/report", data={"what": "open"}, headers=OURS).status_code == 404


@pytest.mark.parametrize("path", ["?here", "?here=1", "?here=1&from=singlemessage"])
def test_station_page_from_its_own_code_says_you_are_here(
    client: FlaskClient, code: str, path: str
) -> None:
    text = text_of(client, f"/s/{code}{path}")
    assert "你在这里。" in text
    assert "高德地图" not in text


def test_station_page_of_somebody_who_is_not_there_leads_there(
    client: FlaskClient, code: str
) -> None:
    text = text_of(client, f"/s/{code}?here=0")
    assert "你在这里。" not in text
    assert "高德地图" in text


def test_qr_leads_to_the_stations_own_page(client: FlaskClient, code: str) -> None:
    import segno

    answer = client.get(f"/s/{code}/qr.svg?lang=en")
    assert answer.mimetype == "image/svg+xml"
    made = segno.make(f"http://localhost/s/{code}?here=1", error="m")
    assert made.svg_inline(border=4, scale=4).split("<path")[1].split("/>")[0] in (
        answer.get_data(as_text=True)
    )


def test_qr_bears_the_sites_own_address_where_the_city_tells_it(own_town: Path, code: str) -> None:
    import segno

    text = (own_town / "city.toml").read_text(encoding="utf-8")
    told = text.replace('public_url = ""', 'public_url = "https://yizhan.example/"')
    paths = (f"/s/{code}/poster", "/embed/builder")
    unnamed = create_app(Settings(city=own_town)).test_client()
    assert all("public_url" in text_of(unnamed, path) for path in paths)  # before it is printed
    (own_town / "city.toml").write_text(told, encoding="utf-8")
    client = create_app(Settings(city=own_town)).test_client()
    assert not any("public_url" in text_of(client, path) for path in paths)
    answer = client.get(f"/s/{code}/qr.svg", headers={"Host": "10.0.0.7:8000"})
    made = segno.make(f"https://yizhan.example/s/{code}?here=1", error="m")
    path = made.svg_inline(border=4, scale=4).split("<path")[1].split("/>")[0]
    assert path in answer.get_data(as_text=True)


def test_poster_names_the_next_three_and_their_nights(client: FlaskClient, code: str) -> None:
    page = client.get(f"/s/{code}/poster").get_data(as_text=True)
    items = re.findall(r"<li>.*?</li>", page, re.DOTALL)
    assert 1 <= len(items) <= 3
    assert all("通宵" in item for item in items)
    assert f"/s/{code}/qr.svg" in page
    assert "示例数据 SAMPLE" in page


@pytest.fixture
def lonely(tmp_path: Path) -> Any:
    """Makes a client of a street of 6 km with stations at some metres of it."""

    def make(*metres_along: float) -> tuple[FlaskClient, dict[float, str]]:
        from click.testing import CliRunner

        from locator.cli import cli
        from tests.grids import collection, lonlat

        folder = str(tmp_path / "street")
        line = {
            "type": "LineString",
            "coordinates": [lonlat(x, 0.0) for x in (0.0, 3000.0, 6000.0)],
        }
        street = {"type": "Feature", "properties": {"highway": "residential"}, "geometry": line}
        (tmp_path / "streets.geojson").write_text(collection([street]), encoding="utf-8")
        sheet = ["名称,经度,纬度,类别"]
        for x in metres_along:
            lon, lat = lonlat(x, 0.0)
            sheet.append(f"站{x:.0f},{lon!r},{lat!r},驿站")
        (tmp_path / "sheet.csv").write_text("\n".join(sheet), encoding="utf-8")
        for words in (
            ["init", folder, "--name", "长街", "--crs", "EPSG:4549"],
            ["--city", folder, "streets", "import", str(tmp_path / "streets.geojson")],
            ["--city", folder, "stations", "import", str(tmp_path / "sheet.csv")],
        ):
            done = CliRunner().invoke(cli, words)
            assert done.exit_code == 0, done.output
        from locator.city import City

        stations = City.open(folder).current().stations
        codes = {x: stations.code[stations.name.index(f"站{x:.0f}")] for x in metres_along}
        return create_app(Settings(city=Path(folder))).test_client(), codes

    return make


NONE_NEAR = "步行15分钟以内没有别的同类站点，最近的："


def test_poster_names_three_and_how_far_they_are_and_the_page_what_is_near(lonely: Any) -> None:
    client, codes = lonely(0.0, 400.0, 5000.0, 5500.0, 6000.0)
    poster = client.get(f"/s/{codes[0.0]}/poster").get_data(as_text=True)
    assert "这里没开门？下一个：" in poster
    assert re.findall(r"站\d+", poster.partition("next-title")[2]) == ["站400", "站5000", "站5500"]
    assert "沿街走5公里" in poster
    page = client.get(f"/s/{codes[0.0]}").get_data(as_text=True)
    assert "附近其他站点" in page
    assert "站400" in page
    assert "站5000" not in page


def test_poster_with_nothing_near_says_so_and_names_the_nearest(lonely: Any) -> None:
    client, codes = lonely(0.0, 3000.0, 5000.0)
    poster = client.get(f"/s/{codes[0.0]}/poster").get_data(as_text=True)
    assert f"这里没开门？{NONE_NEAR}" in poster
    assert "站3000" in poster
    assert "沿街走3公里" in poster
    assert "沿街走5公里" in poster
    assert "within 15 minutes" in client.get(f"/s/{codes[0.0]}/poster?lang=en").get_data(True)
    page = client.get(f"/s/{codes[0.0]}").get_data(as_text=True)
    assert NONE_NEAR in page
    assert "站3000" in page
    assert "站5000" not in page


def test_map_app_is_led_to_in_its_own_datum(client: FlaskClient, view: CityView, code: str) -> None:
    from geodata.datum import from_wgs84

    here = view.stations[view.stations.code.index(code)]
    lon, lat = from_wgs84([[here.lon_deg, here.lat_deg]], "gcj02")[0]
    answer = client.get(f"/s/{code}/to/amap")
    assert answer.status_code == 302
    assert f"to={lon:.6f},{lat:.6f}," in answer.headers["Location"]
    assert client.get(f"/s/{code}/to/nothing").status_code == 404


def test_links_of_a_station_page_are_those_of_the_module(
    client: FlaskClient, view: CityView, code: str
) -> None:
    from webapp.handover import Spot, map_links

    here = view.stations[view.stations.code.index(code)]
    spot = Spot(here.name, here.address, here.lon_deg, here.lat_deg)
    links = Elements(client.get(f"/s/{code}").get_data(as_text=True)).named("a")
    shown = [link["href"] for link in links if "data-app" in link]
    assert shown == [link.url for link in map_links(spot)]


def test_wechat_is_told_that_it_opens_no_other_app(client: FlaskClient, code: str) -> None:
    agent = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/86.0 MicroMessenger/8.0.30"
    text = text_of(client, f"/s/{code}", **{"User-Agent": agent})
    assert "微信里打不开地图软件，下面打开的是它们的网页。" in text
    assert "其他地图" not in text
    assert "微信地图" not in text  # no such button where WeChat's SDK is not set up
    assert "微信里打不开" not in text_of(client, f"/s/{code}")


def test_names_of_markup_stay_text_on_page_and_poster(own_town: Path) -> None:
    from locator.city import City

    west, south, east, north = City.open(own_town).current().bounds_deg
    add_stations(own_town, PAYLOADS, near=((west + east) / 2, (south + north) / 2))
    client = create_app(Settings(city=own_town)).test_client()
    stations = City.open(own_town).current().stations
    for payload in PAYLOADS:
        code = stations.code[stations.name.index(payload)]
        for path in (f"/s/{code}", f"/s/{code}/poster"):
            page = client.get(path).get_data(as_text=True)
            assert payload in Elements(page).text
            assert "<img src=x" not in page
            assert "<script>" not in page


def test_closed_station_keeps_its_page_and_points_onward(
    own_city: City, own_client: FlaskClient, code: str
) -> None:
    from locator.closures import move_to_status, nearest_in_use
    from locator.registry import Actor

    move_to_status(own_city, code, "closed", by=Actor("test"), reason="moved")
    found = nearest_in_use(own_city.current(), code)
    assert found is not None
    text = text_of(own_client, f"/s/{code}")
    assert f"这里已撤。最近的是{found[0].name}。" in text
    assert "门开了吗？" not in text
    move_to_status(own_city, found[0].code, "paused", by=Actor("test"), reason="repair")
    assert "这里暂停开放。最近的是" in text_of(own_client, f"/s/{found[0].code}")


def report(client: FlaskClient, code: str, what: str, address: str = "192.0.2.1") -> Any:
    return client.post(
        f"/s/{code}/report",
        data={"what": what},
        headers={**OURS, "Accept": "application/json"},
        environ_base={"REMOTE_ADDR": address},
    )


@pytest.mark.parametrize(
    ("what", "words"),
    [("open", "收到，谢谢。"), ("locked", "收到，正在核实。"), ("broken", "收到，会有人来看。"),
     ("wrong_place", "收到，正在核对位置。")],
)  # fmt: skip
def test_report_is_kept_and_thanked_for(
    own_city: City, own_client: FlaskClient, code: str, what: str, words: str
) -> None:
    from locator.registry import reports

    answer = report(own_client, code, what)
    assert answer.status_code == 200
    assert answer.get_json()["text"].startswith(words)
    assert "Set-Cookie" not in answer.headers
    with own_city.registry() as registry:
        assert [row.what for row in reports.reports(registry, code=code)] == [what]


def test_locked_report_names_the_next_open_one(own_town: Path) -> None:
    from locator.city import City

    names = ["00:00-24:00", "24小时"]  # their hours too
    here = City.open(own_town).current().stations.usable().lonlat_deg[0].tolist()
    add_stations(own_town, names, near=(here[0], here[1]))
    client = create_app(Settings(city=own_town)).test_client()
    stations = City.open(own_town).current().stations
    codes = [stations.code[stations.name.index(name)] for name in names]
    told = report(client, codes[0], "locked").get_json()["text"]
    assert told == f"收到，正在核实。下一个开门的：{names[1]}，走1分钟。"


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "198.51.100.7"),
        ("2001:db8:1:2::5", "2001:db8:1:2:aaaa::9", "2001:db8:1:3::5"),  # a phone draws new halves
        ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
    ],
)
def test_two_independent_locked_reports_dispute_the_station(
    own_client: FlaskClient, code: str, one: str, same: str, other: str
) -> None:
    sentence = "有工友说没开门，正在核实。"
    report(own_client, code, "locked", one)
    report(own_client, code, "locked", same)
    assert sentence not in text_of(own_client, f"/s/{code}")
    report(own_client, code, "locked", other)
    page = text_of(own_client, f"/s/{code}")
    assert sentence in page
    assert "没核实" in page


def test_report_without_script_is_answered_by_a_page(own_client: FlaskClient, code: str) -> None:
    answer = own_client.post(f"/s/{code}/report", data={"what": "open"}, headers=OURS)
    assert "收到，谢谢。" in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/localhost"},
        {},
    ],
)
def test_report_of_a_foreign_page_is_refused(
    own_city: City, own_client: FlaskClient, code: str, headers: dict[str, str]
) -> None:
    from locator.registry import reports

    answer = own_client.post(f"/s/{code}/report", data={"what": "locked"}, headers=headers)
    assert answer.status_code == 403
    with own_city.registry() as registry:
        assert reports.reports(registry) == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost"}, {"Referer": "http://localhost/s/x?here=1"}]
)
def test_report_of_an_older_browser_is_taken(
    own_client: FlaskClient, code: str, headers: dict[str, str]
) -> None:
    answer = own_client.post(f"/s/{code}/report", data={"what": "open"}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "data", [{}, {"what": "fire"}, {"what": "open", "who": "me"}, {"what": "x" * 9000}]
)
def test_malformed_report_is_refused(
    own_client: FlaskClient, code: str, data: dict[str, str]
) -> None:
    answer = own_client.post(f"/s/{code}/report", data=data, headers=OURS)
    assert answer.status_code == 422


def test_huge_report_is_refused_before_it_is_read(own_client: FlaskClient, code: str) -> None:
    answer = own_client.post(f"/s/{code}/report", data={"what": "x" * 100_000}, headers=OURS)
    assert answer.status_code == 413


def test_facts_of_a_kind_are_told_and_private_ones_never(
    own_city: City, own_client: FlaskClient
) -> None:
    from dataclasses import replace

    from locator.registry import Actor

    city = own_city
    stations = city.current().stations.usable().of_kind("worker_home")
    facts = {"truck_spaces": 12, "shower_m": 3, "keeper_phone": "13900000000"}
    with city.registry() as registry:
        registry.edit(
            stations.code[0],
            lambda entry: replace(entry, facts={**entry.facts, **facts}),
            by=Actor("test"),
        )
    text = text_of(own_client, f"/s/{stations.code[0]}")
    assert "货车泊位" in text
    assert "男淋浴数" in text
    assert "13900000000" not in text


def hours_of(client: FlaskClient, code: str, lang: str) -> tuple[str, str]:
    """The hours of a station's page, and those of its poster."""
    page = client.get(f"/s/{code}?lang={lang}").get_data(as_text=True)
    poster = client.get(f"/s/{code}/poster?lang={lang}").get_data(as_text=True)
    found = [re.search(r'<p class="(?:meta )?hours">(.*?)</p>', one) for one in (page, poster)]
    assert all(found)
    return tuple(one[1] for one in found if one)  # type: ignore[return-value]


def test_hours_are_in_english_where_understood_and_quoted_where_not(
    own_client: FlaskClient, own_city: City, own_town: Path
) -> None:
    lon, lat = own_city.current().stations.lonlat_deg[0].tolist()
    undated = "夏季8:00-18:00，冬季8:30-17:30"
    add_stations(own_town, ["周一至周五 8:30-17:00", undated, "看情况开"], near=(lon, lat))
    stations = own_city.current().stations
    codes = [stations.code[stations.name.index(name)] for name in
             ("周一至周五 8:30-17:00", undated, "看情况开")]  # fmt: skip
    said = {lang: [hours_of(own_client, code, lang) for code in codes] for lang in ("zh", "en")}
    assert [page for page, _ in said["zh"]] == [
        "开放时间：周一至周五 8:30-17:00",
        f"开放时间：写着“{undated}”，哪天开始不清楚",
        "开放时间：写着“看情况开”，没核实",
    ]
    assert [page for page, _ in said["en"]] == [
        "Hours: Mon–Fri 8:30–17:00",
        f"Hours: posted as “{undated}”; when the seasons begin is not clear",
        "Hours: posted as “看情况开”; not verified",
    ]
    for lang, label in (("zh", "开放时间："), ("en", "Hours: ")):
        assert [poster for _, poster in said[lang]] == [
            page.removeprefix(label) for page, _ in said[lang]
        ]
    asked = {"lon": lon, "lat": lat, "k": 20}
    rows = own_client.post("/api/v1/nearest", json=asked).get_json()["results"]
    told = {r["code"]: (r["hours"], r["hours_en"], r["hours_problem"]) for r in rows}
    assert told[codes[0]] == ("周一至周五 8:30-17:00", "Mon–Fri 8:30–17:00", "")
    assert told[codes[1]] == (undated, "", "undated")
    listed = own_client.get("/api/v1/stations").get_json()["columns"]
    place = listed["code"].index(codes[2])
    assert [listed[name][place] for name in ("hours", "hours_en", "hours_problem")] == [
        "看情况开", "", "unread",
    ]  # fmt: skip
