"""The curve over HTTP, and the panel that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.view import CityView

CURVE = "/api/v1/curve"


def test_curve_agrees_with_the_coverage(client: FlaskClient, view: CityView) -> None:
    answer = client.get(f"{CURVE}?kind=rest_station").get_json()
    covered = client.get("/api/v1/coverage?within=700&kind=rest_station").get_json()["covered_m"]
    curve = answer["curves"]["length"][0]
    assert np.interp(700.0, curve["limit"], curve["value"]) == pytest.approx(covered, abs=0.02)
    assert (answer["version"], answer["sample"]) == (view.version, view.sample)
    assert all(row["source"] and row["date"] for row in answer["presets"])


def test_curve_asked_again_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get(CURVE).headers["ETag"]
    again = client.get(CURVE, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("query", ["mode=boat", "kind=castle", "within=300", "kind=a&kind=b"])
def test_wrong_parameter_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"{CURVE}?{query}").status_code == 422


def test_page_names_the_curve_of_its_question(client: FlaskClient) -> None:
    page = client.get("/coverage?within=500&kind=rest_station&mode=ebike").get_data(as_text=True)
    assert f'data-url="{CURVE}?mode=ebike&amp;kind=rest_station"' in page
    assert 'data-limit="500.0"' in page
    assert '<label for="reach-limit">' in page
    assert 'id="reach" class="panel" aria-labelledby="reach-title" hidden' in page


def test_every_name_and_text_comes_in_both_languages(client: FlaskClient) -> None:
    answer = client.get(CURVE).get_json()
    assert answer["mode_zh"]
    assert answer["mode_en"].isascii()
    for row in answer["targets"]:
        assert row["text_zh"] != row["text_en"]
        assert all(ord(sign) < 0x3000 or sign in "中华全国总工会" for sign in row["text_en"])
