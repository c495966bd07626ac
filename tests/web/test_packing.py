from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PACKED = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize(
    "path", ["/", "/static/css/site.css", "/api/v1/stations", "/api/v1/coverage/tiles/0/0/0"]
)
def test_answer_packed_is_the_same_and_smaller(client: FlaskClient, path: str) -> None:
    with client.get(path) as plain, client.get(path, headers=PACKED) as packed:
        if len(plain.data) < 1000:
            assert packed.data == plain.data
        else:
            assert packed.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(packed.data) == plain.data
            assert len(packed.data) < 0.7 * len(plain.data)
            assert packed.content_length == len(packed.data)
        assert "Accept-Encoding" in plain.headers["Vary"]


def test_packed_answer_asked_again_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get("/api/v1/stations", headers=PACKED).headers["ETag"]
    again = client.get("/api/v1/stations", headers={**PACKED, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_picture_is_left_alone(client: FlaskClient) -> None:
    path = "/static/vendor/leaflet/dist/images/layers.png"
    with client.get(path, headers=PACKED) as answer:
        assert "Content-Encoding" not in answer.headers
