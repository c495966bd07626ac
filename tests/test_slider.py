"""The slider's document: small, and as near to the exact curve as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from locator.curve import draw_curve
from locator.slider import curve_document, shorten_curve
from tests.web.town import build_town

if TYPE_CHECKING:
    from pathlib import Path

    from locator.view import CityView


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    from locator.city import City

    folder: Path = build_town(tmp_path_factory.mktemp("town") / "city")
    return City.open(folder).current()


def test_few_knots_are_all_sent() -> None:
    curve = draw_curve(
        np.array([0.0, 10.0]), np.array([100.0, 60.0]), np.ones(2), total=200.0, unreachable=50.0
    )
    short = shorten_curve(curve, 3000)
    assert short["limit"] == [0.0, 10.0, 60.0, 100.0, 3000.0]
    assert short["value"] == [0.0, 10.0, 110.0, 150.0, 150.0]
    assert short["error"] <= 0.005


def test_many_knots_are_resampled_to_a_stated_error() -> None:
    rng = np.random.default_rng(0)
    low = rng.gamma(2.0, 300.0, 20_000)
    high = low + rng.uniform(1.0, 80.0, 20_000)
    curve = draw_curve(low, high, np.ones(20_000), total=1e6, unreachable=0.0)
    short = shorten_curve(curve, 3000)
    assert len(short["limit"]) <= 2000
    assert 0.005 < short["error"] < 1e-4 * curve.total
    at = np.linspace(0.0, 3000.0, 9_001)
    read = np.interp(at, short["limit"], short["value"])
    assert np.abs(read - curve.at(at)).max() <= short["error"] + 1e-6
    # Every stop of the slider is read exactly, to the rounding.
    stops = np.arange(50.0, 3001.0, 10.0)
    read = np.interp(stops, short["limit"], short["value"])
    assert np.abs(read - curve.at(stops)).max() <= 0.0051


def test_document_says_what_the_coverage_says(view: CityView) -> None:
    document = curve_document(view, kind="rest_station")
    assert document["slider"] == {"min": 50, "max": 3000, "step": 10}
    curves = document["curves"]["length"]
    assert [curve["depth"] for curve in curves] == [1, 2, 3]
    for limit in (50.0, 300.0, 1000.0):
        cover = view.coverage(within_m=limit, kind="rest_station")
        read = [np.interp(limit, curve["limit"], curve["value"]) for curve in curves]
        one, two, three = (cover.depth_m[key] for key in ("1", "2", "3+"))
        assert read == pytest.approx([one + two + three, two + three, three], abs=0.02)
        assert document["total"] == pytest.approx(cover.total_m)
        assert document["unreachable"] == pytest.approx(cover.unreachable_m)


def test_targets_say_of_whom_they_speak(view: CityView) -> None:
    double, new = curve_document(view)["targets"]
    assert double["limit_m"] == 1000.0
    assert "重点区域" in double["text_zh"]
    assert "不是重点区域的户外劳动者" in double["text_zh"]
    assert new["limit_m"] is None
    assert new["text_zh"] == "“新双15”未取得正式文件，本期不作对照。"


def test_slider_of_fast_modes_reaches_their_presets(view: CityView) -> None:
    document = curve_document(view, mode="ebike")
    top = document["slider"]["max"]
    assert top >= max(row["limit_m"] for row in document["presets"])
    assert document["curves"]["length"][0]["limit"][-1] == top


def test_view_answers_spread_rest_and_area(view: CityView) -> None:
    spread = view.spread(kind="rest_station", limits=(1000.0,))
    share = view.coverage(within_m=1000, kind="rest_station").share
    assert spread.within[0][1] == pytest.approx(share, abs=1e-9)
    totals = view.rest(kind="rest_station").totals()
    assert 0.0 < totals.mean_min < 20.0
    small = view.reach_area(within_m=300, kind="rest_station").shape
    large = view.reach_area(within_m="10min", kind="rest_station").shape
    assert 0.0 < small.area < large.area
    assert small.difference(large).area <= 1e-6 * small.area
    # What is kept is used: the coverage of another limit comes from the same table.
    known = view.reach(kind="rest_station")
    assert known is view.reach(kind="rest_station")
    cover = view.coverage(within_m=444, kind="rest_station")
    assert cover.covered_m == pytest.approx(float(known.curve().at(444.0)), rel=1e-9)
