"""Reports at a station's door that are huge, malformed, foreign, or one of a flood."""

from __future__ import annotations

import logging
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from locator.city import City
from locator.registry import reports
from tests.web.hostile import MARK, OURS, TRACE, refused
from tests.web.server import serving
from webapp import create_app
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

FORM = "application/x-www-form-urlencoded"
PART = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'


@pytest.fixture
def city(own_town: Path) -> City:
    return City.open(own_town)


@pytest.fixture
def code(city: City) -> str:
    return str(city.current().stations.usable().code[0])


@pytest.fixture
def client(own_town: Path) -> FlaskClient:
    return create_app(Settings(city=own_town, limit_reports="off")).test_client()


def kept(city: City) -> list[str]:
    with city.registry() as registry:
        return [row.what for row in reports.reports(registry)]


def multipart(*parts: tuple[str, str, str]) -> bytes:
    """A form of parts: name, what follows it, content."""
    return ("".join(f"--x\r\n{PART.format(*part)}" for part in parts) + "--x--\r\n").encode()


MULTIPART = "multipart/form-data; boundary=x"
FILE = '; filename="a.txt"'


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        (b"", FORM, "what"),
        (b"what=", FORM, "what"),
        (b"what=fire", FORM, "what"),
        (b"what=OPEN", FORM, "what"),
        (b"what=open%00", FORM, "what"),
        (b"what=open%0a", FORM, "what"),
        (b"what=%E2%80%AEopen", FORM, "what"),
        (b"what=\xff\xfe", FORM, "what"),
        (b"what=%3Czq7%3E120.8612345", FORM, "what"),
        (b"what=open&what=locked", FORM, "what"),
        (b"what=open&what=open", FORM, "what"),
        (b"what=open&lon=120.8612345", FORM, "lon"),
        (b"what=open&who=me", FORM, "who"),
        (b"what=open&%3Czq7%3E=1", FORM, "(a name that is no parameter)"),
        (b"what=" + b"x" * 15_000, FORM, "what"),
        (b"a=1&" * 3000, FORM, "a"),
        (b"&" * 9000, FORM, "what"),
        (b'{"what": "open"}', "application/json", "what"),
        (b"what=open", "text/plain", "what"),
        (b"what=open", "", "what"),
        (b"zz", MULTIPART, "what"),
        (b"zz", "multipart/form-data", "what"),
        (multipart(("what", "", "fire")), MULTIPART, "what"),
        (multipart(("what", "", "open"), ("what", "", "open")), MULTIPART, "what"),
        (multipart(("what", FILE, "open")), MULTIPART, "file"),
        (multipart(("what", "", "open"), ("photo", FILE, "zz")), MULTIPART, "file"),
        (multipart(*[(f"p{number}", "", "1") for number in range(150)]), MULTIPART, "p0"),
    ],
)
def test_malformed_report_is_refused_by_field_and_not_kept(
    city: City, client: FlaskClient, code: str, body: bytes, kind: str, field: str
) -> None:
    answer = client.post(f"/s/{code}/report", data=body, content_type=kind, headers=OURS)
    assert field in refused(answer)
    assert len(answer.data) < 5000
    assert not TRACE.search(answer.get_data(as_text=True))
    assert kept(city) == []


@pytest.mark.parametrize("kind", [FORM, MULTIPART, "application/json"])
def test_report_beyond_the_longest_body_is_refused(
    city: City, own_town: Path, code: str, kind: str
) -> None:
    client = create_app(Settings(city=own_town, max_body_bytes=1024)).test_client()
    body = b"what=open&" + b"x" * 1100
    if kind == MULTIPART:
        body = multipart(("what", "", "open"), ("photo", FILE, "z" * 1100))
    answer = client.post(f"/s/{code}/report", data=body, content_type=kind, headers=OURS)
    assert answer.status_code == 413
    assert kept(city) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://["},
        {"Origin": "http://[::1"},
        {"Referer": "http://[zq7"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost@evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": ""},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Sec-Fetch-Site": ""},
        {"Referer": "data:text/html,x"},
        {"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_report_from_no_page_of_ours_is_refused(
    city: City, client: FlaskClient, code: str, headers: dict[str, str]
) -> None:
    answer = client.post(f"/s/{code}/report", data={"what": "locked"}, headers=headers)
    assert answer.status_code == 403
    assert "zq7" not in answer.get_data(as_text=True)
    assert kept(city) == []


@pytest.mark.parametrize(
    "code", ["NT-000000-OW-0000-0", "x", "%00", "..%2f..", "%3Czq7%3E", "' OR 1=1 --", "a" * 3000]
)
def test_report_of_no_station_is_not_found(city: City, client: FlaskClient, code: str) -> None:
    answer = client.post(f"/s/{code}/report", data={"what": "open"}, headers=OURS)
    assert answer.status_code == 404
    assert "zq7" not in answer.get_data(as_text=True)
    assert kept(city) == []


@pytest.mark.parametrize("status", ["closed", "planned", "paused"])
@pytest.mark.parametrize("what", reports.WHATS)
def test_report_of_a_station_not_in_use_is_not_kept_and_leads_on(
    city: City, client: FlaskClient, status: str, what: str
) -> None:
    stations = city.current().stations
    code = stations.code[stations.status.index(status)]
    answer = client.post(
        f"/s/{code}/report", data={"what": what}, headers=OURS | {"Accept": "application/json"}
    )
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["state"] == reports.REFUSED
    assert "最近的是" in told["text"]
    assert kept(city) == []
    page = client.post(f"/s/{code}/report", data={"what": what}, headers=OURS)
    assert told["text"] in page.get_data(as_text=True)


def test_report_of_a_station_closed_meanwhile_is_not_kept(
    city: City, client: FlaskClient, code: str
) -> None:
    from locator.closures import move_to_status
    from locator.registry import Actor

    sent: dict[str, Any] = {"data": {"what": "locked"}, "headers": OURS}
    assert client.post(f"/s/{code}/report", **sent).status_code == 200
    assert kept(city) == ["locked"]
    move_to_status(city, code, "closed", by=Actor("test"), reason="moved")
    assert "这里已撤" in client.post(f"/s/{code}/report", **sent).get_data(as_text=True)
    assert kept(city) == ["locked"]


def test_flood_of_reports_is_stopped_told_when_to_come_again_and_not_kept(
    city: City, own_town: Path
) -> None:
    client = create_app(Settings(city=own_town, limit_reports="3/hour")).test_client()
    codes = city.current().stations.usable().code
    sent: dict[str, Any] = {"data": {"what": "locked"}, "headers": OURS}
    told = [client.post(f"/s/{code}/report", **sent) for code in codes[:6]]
    assert [answer.status_code for answer in told] == [200] * 3 + [429] * 3
    assert all(1 <= int(answer.headers["Retry-After"]) <= 3601 for answer in told[3:])
    assert len(kept(city)) == 3
    # refused and malformed ones count too, questions and pages do not
    assert client.post(f"/s/{codes[0]}/report").status_code == 429
    assert client.get(f"/s/{codes[0]}").status_code == 200
    assert client.post("/api/v1/nearest", json={"lon": 0, "lat": 0}).status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.post(f"/s/{codes[0]}/report", **sent, environ_base=other).status_code == 200


def test_questions_without_a_limit_have_not_that_of_reports(own_town: Path) -> None:
    client = create_app(
        Settings(city=own_town, limit_questions="off", limit_reports="1/hour")
    ).test_client()
    for path in ("/api/v1/nearest", "/api/v1/nearest", "/api/v1/nearest"):
        assert client.post(path, json={"lon": 0, "lat": 0}).status_code == 200
    for _ in range(3):
        assert client.post("/nearest", data={"lon": "0", "lat": "0"}).status_code == 200


# Everything of a browser that could tell its owner again.
SENDER = {
    "User-Agent": "Sender-Agent/7.31",
    "Accept-Language": "zh-x-sender",
    "Cookie": "sender=4711",
    "Referer": "http://localhost/s/x?sender",
    "X-Forwarded-For": "198.51.100.77",
    "Forwarded": "for=198.51.100.77",
}
LEFT = ("203.0.113.77", "198.51.100.77", "7.31", "x-sender", "4711", "?sender", MARK)


def test_nothing_of_the_sender_is_kept(
    city: City, own_town: Path, client: FlaskClient, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for what in (*reports.WHATS, "fire", MARK):
            client.post(
                f"/s/{code}/report",
                data={"what": what},
                headers=OURS | SENDER,
                environ_base={"REMOTE_ADDR": "203.0.113.77"},
            )
    assert len(kept(city)) == len(reports.WHATS)
    assert [word for word in LEFT if word in caplog.text] == []
    for path in own_town.rglob("*"):
        if path.is_file():
            written = path.read_bytes()
            assert [word for word in LEFT if word.encode() in written] == [], path


@pytest.mark.slow
def test_real_server_takes_reports_in_any_piece_and_stops_a_flood(own_town: Path) -> None:
    limits = {"LOCATOR_LIMIT_REPORTS": "8/hour", "LOCATOR_MAX_BODY_BYTES": "2048"}
    code = City.open(own_town).current().stations.usable().code[0]
    path = f"/s/{code}/report"
    form = {"Content-Type": FORM, **OURS}
    with serving("serve", "--city", str(own_town), "--port", "0", environ=limits) as (_, url):

        def send(body: Any, headers: dict[str, str] = form) -> tuple[int, str]:
            connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
            try:
                connection.request(
                    "POST", path, body, headers, encode_chunked=not isinstance(body, bytes)
                )
                answer = connection.getresponse()
                answer.read()
                return answer.status, answer.headers.get("Retry-After", "")
            finally:
                connection.close()

        chunked = form | {"Transfer-Encoding": "chunked"}
        assert send(urlencode({"what": "open"}).encode()) == (200, "")
        assert send(iter([b"wh", b"at=", b"open"]), chunked) == (200, "")
        assert send(iter([b"what=fire"]), chunked) == (422, "")
        assert send(b"what=" + b"x" * 4000) == (413, "")
        assert send(iter([b"what=" + b"x" * 1000] * 5), chunked) == (413, "")
        assert send(b"what=open", {"Content-Type": FORM}) == (403, "")
        for _ in range(2):
            assert send(b"what=open")[0] == 200
        status, wait = send(b"what=open")
        assert status == 429
        assert 1 <= int(wait) <= 3601
    assert len(kept(City.open(own_town))) == 4
