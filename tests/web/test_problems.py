"""Refused fields: code and words in both languages, and never what was sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.datastructures import MultiDict

from webapp.params import (
    CoverageQuery,
    FinderQuery,
    NearestBody,
    PageBody,
    ParameterError,
    ReportForm,
    from_json,
    from_shared_query,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from webapp.problems import Problem

CHINESE = re.compile(r"[\u4e00-\u9fff]")
HERE = {"lon": 120.8612345, "lat": 32.0112345}
POSITION = "120.8612345"
# What is sent beside a position, and the code of what is the matter with it.
BODIES: list[tuple[dict[str, Any], str]] = [
    ({"kind": "pub"}, "one_of"),
    ({"mode": "boat"}, "one_of"),
    ({"datum": "mars"}, "one_of"),
    ({"within": "far"}, "limit"),
    ({"within": "1" * 21}, "too_long"),
    ({"at": "sometime"}, "moment"),
    ({"need": ["nothing"]}, "need"),
    ({"need": ["WATER"] * 21}, "too_many"),
    ({"need": 5}, "list"),
    ({"lat": None}, "both"),
    ({"street": "人民路"}, "origin"),
    ({"street": ""}, "too_short"),
    ({"street": "长" * 61}, "too_long"),
    ({"street": 5}, "text"),
    ({"latitude": POSITION}, "unknown"),
    ({POSITION: 1}, "unknown"),
    ({"lon": POSITION}, "number"),
    ({"lon": float("nan")}, "number"),
    ({"lon": 181}, "most"),
    ({"lat": -91}, "least"),
    ({"k": 2.5}, "integer"),
    ({"k": 0}, "least"),
    ({"accuracy": 0}, "above"),
    ({"open": "maybe"}, "yes_no"),
]  # fmt: skip


def problems_of(read: Any, *asked: Any) -> list[Problem]:
    with pytest.raises(ParameterError) as caught:
        read(*asked)
    return [problem for _, problem in caught.value.fields]


@pytest.mark.parametrize(("change", "code"), BODIES)
def test_field_of_a_body_has_code_and_words(change: dict[str, Any], code: str) -> None:
    body = json.dumps({**HERE, **change}).encode()
    for told in problems_of(from_json, NearestBody, body):
        assert told.code == code
        assert CHINESE.search(told.zh)
        assert not CHINESE.search(told.en)
        assert POSITION not in told.zh + told.en


@pytest.mark.parametrize(
    ("model", "query", "code"),
    [
        (CoverageQuery, [("within", "0")], "limit"),
        (CoverageQuery, [("within", "5"), ("within", "6")], "twice"),
        (FinderQuery, [("page", "0")], "least"),
        (FinderQuery, [("page", "one")], "integer"),
        (FinderQuery, [("open", "maybe")], "yes_no"),
        (FinderQuery, [("trade", "king")], "one_of"),
        (FinderQuery, [("situation", "snow")], "one_of"),
        (FinderQuery, [("lang", "fr")], "one_of"),
        (FinderQuery, [("place", f"{POSITION},32.0112345")], "position"),
        (FinderQuery, [("place", "120.86°E 32.01°N")], "position"),
        (FinderQuery, [("place", "500,500")], "position"),
        (ReportForm, [("what", "fine")], "one_of"),
        (ReportForm, [], "required"),
    ],
)  # fmt: skip
def test_field_of_a_form_has_code_and_words(
    model: Any, query: list[tuple[str, str]], code: str
) -> None:
    for told in problems_of(from_shared_query, model, MultiDict(query)):
        assert (told.code, bool(CHINESE.search(told.zh))) == (code, True)
        assert not CHINESE.search(told.en)


@pytest.mark.parametrize(
    ("query", "words"),
    [("kind=pub", "户外劳动者爱心服务站（rest_station）、"),
     ("size=huge", "小（small）、中（medium）"),
     ("mode=boat", "步行（walk）"), ("lang=fr", "中文（zh）、英文（en）")],
)  # fmt: skip
def test_choices_are_told_by_their_chinese_names(
    client: FlaskClient, query: str, words: str
) -> None:
    assert words in client.get(f"/embed?{query}").get_data(as_text=True)


@pytest.mark.parametrize("body", [b"no", b"[]", b"{"])
def test_body_that_is_no_object_has_code_and_words(body: bytes) -> None:
    assert [one.code for one in problems_of(from_json, PageBody, body)] == ["json"]


def test_api_tells_code_and_both_languages_beside_what_it_told(client: FlaskClient) -> None:
    answer = client.post("/api/v1/nearest", json={**HERE, "within": "far"})
    told = answer.get_json()["error"]
    assert answer.status_code == told["status"] == 422
    expected = "expected metres (1000, 1km) or minutes (15min), above zero, at most 20,037 km"
    chinese = "应填大于0的米数（如1000或1km）或分钟数（如15min），最多20037公里"
    assert told["fields"] == [
        {"field": "within", "problem": expected, "code": "limit", "zh": chinese, "en": expected}
    ]
    assert told["message"] == f"within: {expected}"
    assert told["message_zh"] == f"距离范围（within）：{chinese}"
    assert POSITION not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("place", "code"),
    [({"place": "没有这么个地方"}, "no_place"), ({"street": "没有这么条路"}, "no_street"),
     ({"district": "999999"}, "no_district")],
)  # fmt: skip
def test_api_tells_what_the_city_has_not(
    client: FlaskClient, place: dict[str, str], code: str
) -> None:
    error = client.post("/api/v1/nearest", json=place).get_json()["error"]
    [field] = error["fields"]
    assert field["code"] == code
    assert CHINESE.search(field["zh"])
    assert not CHINESE.search(field["en"])


def test_api_errors_of_http_are_in_chinese_too(client: FlaskClient) -> None:
    error = client.get("/api/v1/nothing", headers={"Accept-Language": "en"}).get_json()["error"]
    assert (error["message"], error["fields"]) == ("not found", [])
    assert error["message_zh"].startswith("没有这个页面。")


def test_refusal_is_as_the_document_shows_it_and_legible(client: FlaskClient) -> None:
    told = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    [shown] = re.findall(r'```json\n(\{"error".*?)```', told, re.DOTALL)
    answer = client.post("/api/v1/nearest", json={**HERE, "k": 0})
    assert answer.get_json() == json.loads(shown)
    assert "个数（k）：不能小于1" in answer.get_data(as_text=True)  # no escapes


def test_api_tells_how_to_send_what_was_sent_the_wrong_way(client: FlaskClient) -> None:
    typed = client.post("/api/v1/nearest", data="{}").get_json()["error"]
    asked = client.get("/api/v1/nearest").get_json()["error"]
    assert (typed["status"], asked["status"]) == (415, 405)
    assert "Content-Type: application/json" in typed["message"]
    assert "Content-Type: application/json" in typed["message_zh"]
    assert "POST" in asked["message"]
    assert asked["message_zh"].startswith("这个地址不收这种方法，请用 ")


def test_list_of_a_district_that_is_none_is_refused_as_nearest_does(client: FlaskClient) -> None:
    for district in ("999999", "崇川区"):
        answer = client.get("/api/v1/stations", query_string={"district": district})
        assert answer.status_code == 422
        assert [one["code"] for one in answer.get_json()["error"]["fields"]] == ["no_district"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/coverage?within=far",
         "距离范围（<code>within</code>）：应填大于0的米数（如1000或1km）或分钟数（如15min），最多20037公里"),
        ("/coverage?within=far&lang=en",
         "<code>within</code>: expected metres (1000, 1km) or minutes (15min), above zero, "
         "at most 20,037 km"),
        (f"/?{POSITION}=1", "<code>(a name that is no parameter)</code>：这个地址没有这一项"),
        (f"/?{POSITION}=1&lang=en",
         "<code>(a name that is no parameter)</code>: not a parameter of this address"),
        ("/embed?district=999999", "区县（<code>district</code>）：没有这个区县"),
        ("/embed?district=999999&lang=en", "<code>district</code>: no district of that code"),
    ],
)  # fmt: skip
def test_page_tells_the_problem_in_its_language(
    client: FlaskClient, address: str, said: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert f"<li>{said}</li>" in text
    assert POSITION not in text.replace(f"{POSITION}=1", "")
