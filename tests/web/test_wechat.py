"""WeChat's JS-SDK: off without settings, signed as documented, plain links left alone."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.errors import InputError, SchemaError
from tests.web.wechat import APPID, SECRET, TICKET, Host, wechat_host
from webapp.settings import Settings
from webapp.wechat_tickets import API, TicketSource, sign

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 10) MicroMessenger/8.0.40"}
OURS = {"Sec-Fetch-Site": "same-origin"}
PAGE = "http://localhost/s/"


@pytest.fixture
def host() -> Iterator[Host]:
    with wechat_host() as running:
        yield running


def set_up(town: Path, folder: Path, api: str) -> Flask:
    from webapp import create_app

    sdk = folder / "sdk.js"
    sdk.write_text("window.wx = {};", encoding="utf-8")
    return create_app(
        Settings(city=town, wechat_appid=APPID, wechat_secret=SECRET, wechat_sdk=str(sdk),
                 wechat_api=api)
    )  # fmt: skip


@pytest.fixture
def client_in(town: Path, tmp_path: Path, host: Host) -> FlaskClient:
    return set_up(town, tmp_path, host.url).test_client()


def rotated(value: int, by: int) -> int:
    return (value << by | value >> (32 - by)) & 0xFFFFFFFF


def plain_sha1(message: bytes) -> str:
    """SHA-1 as FIPS 180-4 writes it down, step by step."""
    padded = message + b"\x80" + b"\0" * ((55 - len(message)) % 64)
    padded += (8 * len(message)).to_bytes(8, "big")
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    for start in range(0, len(padded), 64):
        words = [int.from_bytes(padded[i : i + 4], "big") for i in range(start, start + 64, 4)]
        for i in range(16, 80):
            words.append(rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1))
        a, b, c, d, e = state
        for i, word in enumerate(words):
            mixed, constant = (
                ((b & c) | (~b & d), 0x5A827999) if i < 20
                else (b ^ c ^ d, 0x6ED9EBA1) if i < 40
                else ((b & c) | (b & d) | (c & d), 0x8F1BBCDC) if i < 60
                else (b ^ c ^ d, 0xCA62C1D6)
            )  # fmt: skip
            total = (rotated(a, 5) + mixed + e + constant + word) & 0xFFFFFFFF
            a, b, c, d, e = total, a, rotated(b, 30), c, d
        state = [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d, e), strict=True)]
    return "".join(f"{word:08x}" for word in state)


def test_oracle_of_sha1_gives_the_vector_of_the_standard() -> None:
    assert plain_sha1(b"abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"


@pytest.mark.parametrize("url", ["https://yizhan.example/", "https://a.example/?place=人民路#list"])
def test_signature_is_the_documented_one(url: str) -> None:
    text = "jsapi_ticket=a+b/c=&noncestr=0f9e&timestamp=1780000000&url=" + url.removesuffix("#list")
    assert sign("a+b/c=", nonce="0f9e", timestamp=1_780_000_000, url=url) == plain_sha1(
        text.encode()
    )


def test_ticket_is_fetched_once_and_again_when_it_ends(host: Host) -> None:
    now = [0.0]
    source = TicketSource(APPID, SECRET, api=host.url, clock=lambda: now[0])
    assert host.asked == []
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: source.find(), range(32))) == {TICKET}
    assert len(host.asked) == 2
    now[0] = 7200 - 301
    assert (source.find(), len(host.asked)) == (TICKET, 2)
    now[0] = 7200 - 299
    assert (source.find(), len(host.asked)) == (TICKET, 4)


def test_ticket_refused_is_not_asked_for_at_once_and_nothing_secret_is_logged(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    source = TicketSource(APPID, SECRET, api=host.url, clock=lambda: now[0])
    host.refusing = True
    with caplog.at_level(logging.DEBUG):
        assert (source.find(), source.find(), len(host.asked)) == ("", "", 1)
    assert "40164" in caplog.text
    assert SECRET not in caplog.text
    host.refusing, now[0] = False, 61.0
    assert source.find() == TICKET


def test_ticket_of_a_host_that_is_not_there_is_none(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        source = TicketSource(APPID, SECRET, api=f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert source.find() == ""
    assert SECRET not in caplog.text


def test_application_without_settings_offers_and_answers_nothing(
    client: FlaskClient, view: Any
) -> None:
    page = client.get(f"/s/{view.stations.usable().code[0]}", headers=WECHAT)
    assert "/wechat/" not in page.get_data(as_text=True)
    assert client.get("/wechat/sdk.js").status_code == 404
    answer = client.post("/wechat/signature", json={"page": PAGE}, headers=OURS)
    assert answer.status_code == 404


def test_settings_that_are_half_or_lead_nowhere_are_refused(town: Path, tmp_path: Path) -> None:
    from webapp import create_app

    with pytest.raises(InputError, match="LOCATOR_WECHAT_SECRET, LOCATOR_WECHAT_SDK missing"):
        create_app(Settings(city=town, wechat_appid=APPID))
    gone = str(tmp_path / "gone.js")
    with pytest.raises(InputError, match="LOCATOR_WECHAT_SDK"):
        create_app(Settings(city=town, wechat_appid=APPID, wechat_secret=SECRET, wechat_sdk=gone))
    with pytest.raises(SchemaError, match="LOCATOR_WECHAT_API"):
        Settings.from_environ({"LOCATOR_WECHAT_API": "https://a.example/path"})
    assert Settings.from_environ({}).wechat_api == API
    assert SECRET not in repr(Settings(wechat_secret=SECRET))


def test_page_names_the_sdk_in_wechat_alone_and_lets_in_no_other_host(
    client_in: FlaskClient, client: FlaskClient, view: Any
) -> None:
    path = f"/s/{view.stations.usable().code[0]}"
    inside = client_in.get(path, headers=WECHAT)
    assert "/wechat/sdk.js" in inside.get_data(as_text=True)
    assert "/wechat/sdk.js" not in client_in.get(path).get_data(as_text=True)
    policy = "Content-Security-Policy"
    assert inside.headers[policy] == client.get(path).headers[policy]
    with client_in.get("/wechat/sdk.js") as sdk:
        assert (sdk.data, sdk.mimetype) == (b"window.wx = {};", "text/javascript")


def test_signature_of_our_page_can_be_computed_again(client_in: FlaskClient, view: Any) -> None:
    page = f"{PAGE}{view.stations.usable().code[0]}?lang=en"
    answer = client_in.post("/wechat/signature", json={"page": page}, headers=OURS)
    told = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["appId"] == APPID
    text = (
        f"jsapi_ticket={TICKET}&noncestr={told['nonceStr']}&timestamp={told['timestamp']}"
        f"&url={page}"
    )
    assert told["signature"] == plain_sha1(text.encode())
    assert TICKET not in answer.get_data(as_text=True)
    again = client_in.post("/wechat/signature", json={"page": page}, headers=OURS).get_json()
    assert again["nonceStr"] != told["nonceStr"]


@pytest.mark.parametrize(
    "page",
    [
        "https://localhost/",
        "http://localhost.example/",
        "http://localhost@foreign.example/",
        "http://foreign.example/s/NT-1",
        "//localhost/",
        "http://localhost/api/v1/stations",
        "http://localhost/nowhere",
        "http://localhost:99999999/",
        "http://[",
        "",
    ],
)
def test_signature_of_another_address_is_refused(
    client_in: FlaskClient, host: Host, page: str
) -> None:
    answer = client_in.post("/wechat/signature", json={"page": page}, headers=OURS)
    assert answer.status_code == 422
    assert host.asked == []


def test_signature_for_a_foreign_page_is_refused(client_in: FlaskClient) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}):
        answer = client_in.post("/wechat/signature", json={"page": PAGE}, headers=headers)
        assert answer.status_code == 403


def test_signature_without_a_ticket_is_no_answer_and_no_fault(
    client_in: FlaskClient, host: Host
) -> None:
    host.refusing = True
    answer = client_in.post("/wechat/signature", json={"page": "http://localhost/"}, headers=OURS)
    assert answer.status_code == 503


def test_place_for_wechat_is_the_station_in_gcj02(client: FlaskClient, view: Any) -> None:
    from geodata.datum import from_wgs84

    station = view.stations.usable()[0]
    told = client.get(f"/s/{station.code}/wechat.json").get_json()
    lon, lat = from_wgs84([[station.lon_deg, station.lat_deg]], "gcj02")[0]
    assert (told["longitude"], told["latitude"]) == (
        pytest.approx(lon, abs=1e-6),
        pytest.approx(lat, abs=1e-6),
    )
    assert (told["name"], told["infoUrl"]) == (station.name, f"http://localhost/s/{station.code}")
