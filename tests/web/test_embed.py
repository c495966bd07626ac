"""The frame, its builder and oEmbed: what they show, whom they let frame it, what they refuse."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.town import PAYLOADS
from webapp import create_app
from webapp.headers import POLICY_HEADER
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.stations import Stations
    from locator.view import CityView

ORIGIN = "https://union.example"


class Tags(HTMLParser):
    """Tags of a page with their attributes; `noscript` holds those inside one."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside = False
        self.noscript: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "noscript":
            self.inside = True
        elif self.inside:
            self.noscript.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "noscript":
            self.inside = False

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def tags_of(text: str) -> Tags:
    found = Tags()
    found.feed(text)
    return found


def listed(client: FlaskClient, path: str, part: str = "list") -> list[str | None]:
    text = client.get(path).get_data(as_text=True)
    page = tags_of(text.split(f'id="{part}"')[1].split("</section>")[0])
    return [item["data-code"] for item in page.named("li") if "data-code" in item]


@pytest.fixture(scope="module")
def framed(town: Path) -> FlaskClient:
    return create_app(Settings(city=town, frame_ancestors=(ORIGIN,))).test_client()


def test_frame_may_be_framed_by_the_named_origins_alone(framed: FlaskClient) -> None:
    policy = framed.get("/embed").headers[POLICY_HEADER]
    assert f"frame-ancestors 'self' {ORIGIN}" in policy
    assert ORIGIN not in framed.get("/").headers[POLICY_HEADER]
    assert "frame-ancestors 'none'" in framed.get("/embed/builder").headers[POLICY_HEADER]
    assert "X-Frame-Options" not in framed.get("/embed").headers


def test_frame_alone_may_be_loaded_by_a_page_that_isolates_itself(framed: FlaskClient) -> None:
    told = {
        path: framed.get(path).headers.get_all("Cross-Origin-Resource-Policy")
        for path in ("/embed", "/embed?lang=en", "/", "/embed/builder", "/oembed?url=x")
    }
    assert told["/embed"] == told["/embed?lang=en"] == ["cross-origin"]
    assert {*map(tuple, told.values())} == {("cross-origin",), ("same-origin",)}


def test_refusal_is_readable_in_a_frame_of_the_named_origins_alone(framed: FlaskClient) -> None:
    answer = framed.get("/embed?colour=red")
    assert answer.status_code == 422
    assert f"frame-ancestors 'self' {ORIGIN}" in answer.headers[POLICY_HEADER]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    page = tags_of(answer.get_data(as_text=True))
    assert page.named("base") == [{"target": "_blank"}]  # the first page may not be framed
    assert page.named("nav") == []
    assert "frame-ancestors 'none'" in framed.get("/?colour=red").headers[POLICY_HEADER]


def test_frame_without_named_origins_may_be_framed_by_our_own_pages(client: FlaskClient) -> None:
    assert client.get("/embed").headers[POLICY_HEADER].endswith("frame-ancestors 'self'")


def test_frame_beside_tiles_of_another_host_may_show_them_too(town: Path) -> None:
    settings = Settings(
        city=town,
        frame_ancestors=(ORIGIN,),
        tiles="tianditu",
        tiles_key="k",
        tiles_approval="GS（2024）0650号",
    )
    policy = create_app(settings).test_client().get("/embed").headers[POLICY_HEADER]
    assert f"frame-ancestors 'self' {ORIGIN}" in policy
    assert "img-src 'self' data: https://t0.tianditu.gov.cn" in policy


def test_frame_lists_the_kind_and_district_that_was_asked(
    client: FlaskClient, usable: Stations
) -> None:
    homes = usable.of_kind("worker_home")
    assert listed(client, "/embed?kind=worker_home") == list(homes.code)[:10]
    district = homes.district_code[0]
    for_all = usable.take(~usable.is_staff_only)
    own = {c for c, d in zip(for_all.code, for_all.district_code, strict=True) if d == district}
    told = listed(client, f"/embed?district={district}")
    assert len(told) == min(len(own), 10)
    assert set(told) <= own


def said_of_stations(client: FlaskClient, path: str) -> list[str]:
    text = client.get(path).get_data(as_text=True).split('id="list"')[1].split("</section>")[0]
    return re.findall(r'data-door="(\w+)"|<p class="hint">(\d+个[^<]+)|共(\d+)个站点', text)


@pytest.mark.parametrize("hour", ["04:00", "10:00"])
def test_frame_lists_doors_of_the_hour_and_what_is_left_out_as_the_finder(
    client: FlaskClient, hour: str
) -> None:
    found, full = (said_of_stations(client, f"{path}?at={hour}") for path in ("/embed", "/"))
    assert any(left_out for _, left_out, _ in found)
    assert found == full[: len(found)]


def test_frame_of_a_place_shows_the_nearest(client: FlaskClient, view: CityView) -> None:
    street = next(name for name in view.streets.names if name)
    assert listed(client, f"/embed?place={street}", "answer")
    code = view.stations.usable().of_kind("rest_station").code[0]
    assert code in listed(client, f"/embed?place={code}&kind=rest_station", "answer")


def test_frame_of_no_such_place_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/embed?place=没有这个地方路")
    assert page.status_code == 200
    assert "没有这个地方" in page.get_data(as_text=True)


@pytest.mark.parametrize("list_", ["on", "off"])
def test_frame_without_a_script_has_its_list(client: FlaskClient, list_: str) -> None:
    page = tags_of(client.get(f"/embed?list={list_}").get_data(as_text=True))
    assert ("li" in page.noscript) == (list_ == "off")
    form = page.named("form")[0]
    assert (form["action"], form["method"]) == ("/embed", "get")


def test_frame_keeps_its_state_in_the_form_and_in_the_full_map(client: FlaskClient) -> None:
    text = client.get("/embed?kind=worker_home&list=off&lang=en").get_data(as_text=True)
    page = tags_of(text)
    hidden = {a["name"]: a["value"] for a in page.named("input") if a.get("type") == "hidden"}
    assert hidden == {"list": "off", "lang": "en"}
    chosen = [a["value"] for a in page.named("option") if "selected" in a]
    assert "worker_home" in chosen
    full = next(a for a in page.named("a") if a.get("id") == "full")
    assert page.named("base") == [{"target": "_blank"}]
    assert full["rel"] == "noopener"
    asked = parse_qs(urlsplit(str(full["href"])).query)
    assert asked == {"kind": ["worker_home"], "lang": ["en"]}
    assert client.get(full["href"]).status_code == 200
    assert page.named("html")[0]["lang"] == "en"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("size=huge", "size"),
        ("list=maybe", "list"),
        ("kind=castle", "kind"),
        ("district=999999", "district"),
        ("lang=de", "lang"),
        ("colour=red", "colour"),
        ("page=2", "page"),
        ("place=120.8612345,32.0112345", "place"),
        ("place=" + "长" * 61, "place"),
        ("size=small&size=large", "size"),
    ],
)
@pytest.mark.parametrize("path", ["/embed", "/embed/builder"])
def test_frame_refuses_what_it_does_not_know_by_name(
    client: FlaskClient, path: str, query: str, field: str
) -> None:
    answer = client.get(f"{path}?{query}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f"<code>{field}</code>" in text
    assert "120.86" not in text


@pytest.mark.parametrize("text", PAYLOADS)
@pytest.mark.parametrize("path", ["/embed", "/embed/builder"])
def test_frame_shows_markup_in_a_place_as_text(client: FlaskClient, path: str, text: str) -> None:
    page = client.get(path, query_string={"place": text})
    found = tags_of(page.get_data(as_text=True))
    assert page.status_code == 200
    assert not any(a.get("onerror") or a.get("onmouseover") for _, a in found.tags)
    scripts = [str(a.get("src")) for a in found.named("script")]
    assert scripts
    assert all(source.startswith("/") for source in scripts)


def test_builder_shows_and_tells_the_same_frame(framed: FlaskClient) -> None:
    text = framed.get("/embed/builder?kind=worker_home&size=small").get_data(as_text=True)
    page = tags_of(text)
    preview = page.named("iframe")[0]
    assert preview["src"] == "/embed?kind=worker_home&size=small"
    assert preview["height"] == "420"
    assert ORIGIN in text
    code = text.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
    import html

    frame = tags_of(html.unescape(code)).named("iframe")[0]
    assert frame["src"] == "http://localhost/embed?kind=worker_home&size=small"
    assert frame["allow"] == "geolocation"
    assert frame["loading"] == "lazy"
    assert frame["title"]
    assert framed.get(str(preview["src"])).status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_builder_is_found_at_the_foot_of_the_planners_page_alone(
    client: FlaskClient, lang: str
) -> None:
    foot = client.get(f"/coverage?lang={lang}").get_data(as_text=True).split("<footer")[1]
    assert f'href="/embed/builder?lang={lang}"' in foot
    assert client.get(f"/embed/builder?lang={lang}").status_code == 200
    assert "/embed/builder" not in client.get(f"/?lang={lang}").get_data(as_text=True)


def test_builder_without_named_origins_says_where_to_name_them(client: FlaskClient) -> None:
    assert "LOCATOR_FRAME_ANCESTORS" in client.get("/embed/builder").get_data(as_text=True)


def oembed(client: FlaskClient, **asked: Any) -> Any:
    return client.get("/oembed", query_string=asked)


def test_oembed_of_a_frame_is_its_code(client: FlaskClient) -> None:
    answer = oembed(client, url="http://localhost/embed?kind=worker_home&size=large", format="json")
    found = answer.get_json()
    assert (found["version"], found["type"]) == ("1.0", "rich")
    assert (found["width"], found["height"]) == (600, 720)
    frame = tags_of(found["html"]).named("iframe")[0]
    assert frame["src"] == "http://localhost/embed?kind=worker_home&size=large"


def test_oembed_keeps_the_size_its_reader_allows(client: FlaskClient) -> None:
    found = oembed(client, url="http://localhost/embed", maxwidth=320, maxheight=300).get_json()
    assert (found["width"], found["height"]) == (320, 300)
    assert 'width="320"' in found["html"]


def test_oembed_of_the_full_map_is_a_frame_of_the_same(client: FlaskClient) -> None:
    found = oembed(client, url="http://localhost/?kind=worker_home&page=2").get_json()
    assert "/embed?kind=worker_home&#34;" in found["html"] or 'kind=worker_home"' in found["html"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"url": "https://elsewhere.example/embed"}, 404),
        ({"url": "http://localhost/coverage"}, 404),
        ({"url": "javascript:alert(1)"}, 404),
        ({"url": "//localhost/embed"}, 404),
        ({"url": "http://[::1/embed"}, 404),
        ({"url": "http://localhost/embed?kind=castle"}, 422),
        ({"url": "http://localhost/embed", "format": "xml"}, 501),
        ({"url": "http://localhost/embed", "maxwidth": 0}, 422),
        ({"url": "http://localhost/embed", "colour": "red"}, 422),
        ({}, 422),
    ],
)
def test_oembed_refuses_other_addresses(
    client: FlaskClient, asked: dict[str, Any], status: int
) -> None:
    answer = oembed(client, **asked)
    assert answer.status_code == status
    assert b"elsewhere" not in answer.data


def test_page_names_its_oembed(client: FlaskClient) -> None:
    page = tags_of(client.get("/embed?kind=worker_home").get_data(as_text=True))
    link = next(a for a in page.named("link") if a.get("type") == "application/json+oembed")
    found = client.get(str(link["href"])).get_json()
    assert "kind=worker_home" in found["html"]


def test_script_of_the_frame_is_kept_for_good_by_its_hash(client: FlaskClient) -> None:
    page = tags_of(client.get("/embed").get_data(as_text=True))
    source = next(a["src"] for a in page.named("script") if "/map/" in str(a["src"]))
    answer = client.get(str(source))
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(f"/map/{'0' * 64}.js").status_code == 404
