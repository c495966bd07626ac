"""A flood from one address is stopped, by words and a time to wait; the others go on."""

from __future__ import annotations

import json
import logging
import os
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.city import City
from tests.web.server import serving
from webapp import create_app, throttle
from webapp.settings import Settings
from webapp.throttle import QUESTIONS

if TYPE_CHECKING:
    from flask.testing import FlaskClient

HEALTH = "/api/v1/health"


def limited(town: Path, **limits: Any) -> FlaskClient:
    return create_app(Settings(city=town, **limits)).test_client()


def statuses(client: FlaskClient, path: str, count: int, address: str = "192.0.2.7") -> list[int]:
    asked = {"REMOTE_ADDR": address}
    return [client.get(path, environ_overrides=asked).status_code for _ in range(count)]


def test_flood_of_one_address_is_stopped_and_others_go_on(town: Path) -> None:
    client = limited(town, limit_requests="3/minute")
    assert statuses(client, HEALTH, 5) == [200, 200, 200, 429, 429]
    assert statuses(client, "/", 1) == [429]
    assert statuses(client, HEALTH, 1, "192.0.2.8") == [200]


def test_flood_of_unknown_addresses_counts_too(town: Path) -> None:
    client = limited(town, limit_requests="3/minute")
    assert statuses(client, "/nowhere", 4) == [404, 404, 404, 429]


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/static/css/site.css?x=1", "localhost", 422),
        ("/", "a b", 400),
        ("/?x=1", "localhost", 422),
    ],
)
def test_flood_of_what_is_refused_counts_too(town: Path, path: str, host: str, status: int) -> None:
    client = limited(town, limit_requests="3/minute")
    told = [client.get(path, headers={"Host": host}).status_code for _ in range(4)]
    assert told == [status, status, status, 429]


def test_flood_from_one_network_of_ipv6_is_one(town: Path) -> None:
    client = limited(town, limit_requests="2/minute")
    found = [statuses(client, HEALTH, 1, f"2001:db8::{number}")[0] for number in (1, 2, 3)]
    assert found == [200, 200, 429]
    assert statuses(client, HEALTH, 1, "2001:db8:0:1::1") == [200]


def test_questions_have_a_limit_of_their_own(town: Path) -> None:
    client = limited(town, limit_questions="2/minute")
    paths = [f"/api/v1/coverage?within={metres}" for metres in (300, 400, 500)]
    assert [client.get(path).status_code for path in paths] == [200, 200, 429]
    assert client.get("/embed?place=人民路").status_code == 429
    assert client.get("/?place=人民路").status_code == 429
    assert client.get(HEALTH).status_code == 200


def test_questions_are_addresses_of_the_application(town: Path) -> None:
    assert set(create_app(Settings(city=town)).view_functions) >= QUESTIONS


def test_too_many_requests_are_told_in_words_and_when_to_come_again(town: Path) -> None:
    client = limited(town, limit_requests="1/minute")
    client.get("/")
    answer = client.get("/")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 61  # told in whole seconds, upwards
    assert "点得太快了" in answer.get_data(as_text=True)
    body = client.get(HEALTH).get_json()
    assert body["error"]["status"] == 429


def flooded(client: FlaskClient, path: str, language: str = "zh") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 429
    return answer.get_data(as_text=True)


def test_page_of_a_flood_has_the_frame_of_every_page_and_looks_at_no_city(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = limited(town, limit_requests="1/minute")
    client.get("/")
    # nothing but what was read before the flood may be used
    monkeypatch.setattr(City, "unbarred", lambda _city: pytest.fail("the city was read"))
    for _ in range(2):  # written, and kept
        chinese, english = flooded(client, "/"), flooded(client, "/", "en")
        for page, words, menu in (
            (chinese, "点得太快了", "覆盖与缺口"),
            (english, "Too fast", "Coverage and gaps"),
        ):
            assert words in page
            assert menu in page
            assert "示例数据 SAMPLE" in page
            assert 'class="switch"' in page
        assert 'href="/coverage"' in chinese
        assert 'href="/coverage?lang=en"' in flooded(client, "/?lang=en")
        assert 'aria-current="page">找驿站' in chinese
        assert 'aria-current="page">覆盖' in flooded(client, "/coverage")
        frame = flooded(client, "/embed")
        assert "示例数据 SAMPLE" in frame
        assert "<nav" not in frame


def test_page_of_a_flood_is_plain_where_no_city_was_read_and_new_where_another_was(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = limited(town, limit_requests="1/minute")
    client.get("/")
    assert "示例数据 SAMPLE" in flooded(client, "/")
    monkeypatch.setattr(City, "last", None)
    page = flooded(client, "/")
    assert "点得太快了" in page
    assert "SAMPLE" not in page
    assert "<nav" not in page


def test_limits_set_off_never_stop(town: Path) -> None:
    client = limited(town, limit_requests="off", limit_questions="off", limit_reports="off")
    assert set(statuses(client, HEALTH, 50)) == {200}


def test_address_of_a_flood_is_never_logged(town: Path, caplog: pytest.LogCaptureFixture) -> None:
    client = limited(town, limit_requests="1/minute")
    with caplog.at_level(logging.DEBUG):
        statuses(client, HEALTH, 4, "192.0.2.77")
    assert "192.0.2.77" not in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize(("proxies", "last"), [("0", 429), ("1", 200)])
def test_forwarded_address_counts_only_with_proxies_of_our_own(
    town: Path, proxies: str, last: int
) -> None:
    more = {"LOCATOR_LIMIT_REQUESTS": "2/minute", "LOCATOR_TRUSTED_PROXIES": proxies}
    with serving("serve", "--city", str(town), "--port", "0", environ=more) as (_, url):
        told = []
        for number in range(3):
            connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            connection.request("GET", HEALTH, headers=headers)
            answer = connection.getresponse()
            json.loads(answer.read())
            told.append(answer.status)
            connection.close()
    assert told == [200, 200, last]


# -- counting --------------------------------------------------------------------------------


@given(
    asked=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), max_size=60),
    slots=st.integers(9, 12),
)
def test_counts_equal_those_of_a_dictionary(asked: list[tuple[int, int]], slots: int) -> None:
    """Spans go by while they ask; few slots, so that askers share a neighbourhood."""
    now = 0.0
    kept: dict[int, int] = {}
    window = -1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttle, "_SLOTS", slots)
        counter = throttle.Counter("3/second", clock=lambda: now)
        for who, pause in asked:
            now += pause / 4
            if int(now) != window:
                window, kept = int(now), {}
            kept[who] = kept.get(who, 0) + 1
            assert counter.wait_s(who) == (1 if kept[who] > 3 else 0)


def test_flood_from_more_addresses_than_there_is_room_for_is_counted_anew() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttle, "_SLOTS", 8)
        counter = throttle.Counter("1/day", clock=lambda: 0.0)
        assert [counter.wait_s(who) > 0 for who in range(1, 9)] == [False] * 8
        assert counter.wait_s(1) > 0
        assert counter.wait_s(9) == 0  # no room: all of them begin again
        assert counter.wait_s(1) == 0


def test_forks_count_together() -> None:
    counter = throttle.Counter("3/day", clock=lambda: 0.0)
    child = os.fork()
    if not child:
        counter.wait_s(5)
        counter.wait_s(5)
        os._exit(0)
    os.waitpid(child, 0)
    assert [counter.wait_s(5) > 0 for _ in range(2)] == [False, True]
    assert counter.wait_s(6) == 0
