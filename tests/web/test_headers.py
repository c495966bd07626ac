"""Every route, taken from the application's own map, carries the headers and sets no cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.web.routes import ERRORS, PAGES, get_routes
from webapp.headers import HEADERS, POLICY_HEADER, content_policy, install

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from locator.view import CityView

ADDRESS = re.compile(r"""(?:src|href|action|data-url)\s*=\s*["'](?:https?:)?//[^"']*""")


@pytest.fixture(scope="module")
def walked(app: Flask) -> Iterator[dict[str, TestResponse]]:
    """What each route answers to GET, to HEAD, and to what it does not take."""
    from webapp.state import current_view

    with app.app_context():
        view: CityView = current_view()
    client = app.test_client()
    answers = {}
    for path in dict.fromkeys([*get_routes(app, view).values(), *PAGES, *ERRORS]):
        answers[path] = client.get(path)
        answers[f"HEAD {path}"] = client.head(path)
        answers[f"DELETE {path}"] = client.delete(path)
    yield answers
    for answer in answers.values():
        answer.close()


def test_every_route_carries_the_headers(walked: dict[str, TestResponse]) -> None:
    lacking = {
        (path, name)
        for path, answer in walked.items()
        for name in (*HEADERS, "Cache-Control", POLICY_HEADER)
        if name not in answer.headers
    }
    assert lacking == set()
    for answer in walked.values():
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_route_can_be_framed_by_others_but_the_embedded_finder(
    walked: dict[str, TestResponse],
) -> None:
    framed = {
        path.removeprefix("HEAD ").split("?")[0]
        for path, answer in walked.items()
        if "frame-ancestors 'none'" not in answer.headers[POLICY_HEADER]
    }
    assert framed == {"/embed"}
    assert not any("X-Frame-Options" in answer.headers for answer in walked.values())


def test_no_route_sets_a_cookie(walked: dict[str, TestResponse]) -> None:
    assert [path for path, answer in walked.items() if "Set-Cookie" in answer.headers] == []


def test_every_page_is_of_our_own_host(walked: dict[str, TestResponse]) -> None:
    foreign = {
        (path, found)
        for path, answer in walked.items()
        if answer.mimetype == "text/html"
        for found in ADDRESS.findall(answer.get_data(as_text=True))
        if not found.startswith("href")  # a link is followed by a person
    }
    assert foreign == set()


def test_every_policy_is_the_strict_one(walked: dict[str, TestResponse]) -> None:
    for path, answer in walked.items():
        policy = answer.headers[POLICY_HEADER]
        assert "default-src 'none'" in policy, path
        assert "script-src 'self';" in policy, path
        assert "style-src 'self';" in policy, path
        assert "unsafe" not in policy, path
        assert "http" not in policy, path


def test_every_route_refuses_what_it_does_not_know_by_name(
    app: Flask, client: FlaskClient, view: CityView
) -> None:
    position = "120.8612345"
    ignoring = set()
    for endpoint, path in get_routes(app, view).items():
        if endpoint in {"static", "packaged", "pages.map_script"}:
            continue  # files: what stands behind the ? only tells versions apart
        with client.get(path, query_string={"secret_place": position}) as answer:
            text = answer.get_data(as_text=True)
            assert position not in text, path
            if answer.status_code == 405 or 300 <= answer.status_code < 400:
                continue
            if answer.status_code != 422 or "secret_place" not in text:
                ignoring.add(endpoint)
    assert ignoring == set(), "read the query with from_query or from_shared_query"


def test_content_policy_with_more_sources_keeps_the_rest() -> None:
    plain, wider = content_policy(), content_policy({"img-src": ["https://tiles.example"]})
    assert wider == plain.replace("img-src 'self'", "img-src 'self'").replace(
        "data:", "data: https://tiles.example"
    )


def test_headers_of_one_application_may_name_more_sources() -> None:
    from flask import Flask

    app = Flask("other")
    install(app, {"img-src": ["https://tiles.example"]})
    with app.test_client().get("/") as answer:
        assert answer.headers[POLICY_HEADER] == content_policy(
            {"img-src": ["https://tiles.example"]}
        )
