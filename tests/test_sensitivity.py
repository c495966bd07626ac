"""The range of the headline share: each change worked out on paper or done by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from locator.sensitivity import Change, Sensitivity, is_time, measure_sensitivity
from tests.block_city import make_block_city, with_places

if TYPE_CHECKING:
    from locator.view import CityView


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    return make_block_city(
        tmp_path_factory.mktemp("blocks") / "city", [(300.0, 300.0), (0.0, 0.0)]
    ).current()


def by_kind(found: Sensitivity, what: str) -> list[Change]:
    return [change for change in found.changes if change.what == what]


def test_speed_matters_for_minutes_only(view: CityView) -> None:
    assert by_kind(measure_sensitivity(view, within_m=150), "speed") == []
    slow, fast = by_kind(measure_sensitivity(view, within_m="5min"), "speed")
    assert slow.value == "0.8 m/s"
    assert slow.covered_m == pytest.approx(view.coverage(within_m=240.0).covered_m, abs=1e-6)
    assert fast.covered_m == pytest.approx(view.coverage(within_m=420.0).covered_m, abs=1e-6)


def test_speed_of_walking_is_nothing_to_an_ebike(view: CityView) -> None:
    assert by_kind(measure_sensitivity(view, within_m="1min", mode="ebike"), "speed") == []


def test_snap_limit_lets_far_stations_in_and_out(view: CityView) -> None:
    far = with_places(view, [(300.0, 0.0), (0.0, -70.0), (600.0, 730.0)])
    found = measure_sensitivity(far, within_m=150)
    near, wide = by_kind(found, "snap")  # 100 m is the city's own: no change
    assert (near.value, wide.value) == ("50 m", "150 m")
    # 300, 0 is on the south road: 2 x 150 along it, 150 up, and 4 x 50 from its next corners
    assert near.covered_m < found.base.covered_m < wide.covered_m
    assert near.covered_m == pytest.approx(
        with_places(view, [(300.0, 0.0)]).coverage(within_m=150).covered_m, abs=1e-6
    )


def test_streets_missing_at_random_depend_on_the_seed_alone(view: CityView) -> None:
    found, again = (measure_sensitivity(view, within_m=150) for _ in range(2))
    trials = by_kind(found, "random")
    assert trials == by_kind(again, "random")
    assert len({trial.total_m for trial in trials}) > 1
    for trial in trials:
        assert trial.total_m < found.base.total_m
        assert trial.covered_m <= found.base.covered_m + 1e-9  # no way ever gets shorter


def test_range_and_sentence_name_what_matters_most() -> None:
    def change(what: str, share: float) -> Change:
        return Change(what, "", 100.0, share * 100, share)

    found = Sensitivity(
        "15min", change("base", 0.6),
        (change("speed", 0.4), change("speed", 0.7), change("snap", 0.55)),
    )  # fmt: skip
    assert (found.low.share, found.high.share, found.most) == (0.4, 0.7, "speed")
    assert found.swings == {"speed": pytest.approx(0.3), "snap": pytest.approx(0.05)}
    assert found.sentence_zh == (
        "覆盖率60.0%；改变假设后为40.0%—70.0%，影响最大的是步行速度（30.0个百分点）。"
    )
    assert found.sentence_en.endswith("What matters most: walking speed (30.0 points).")
    document = found.to_json()
    assert (document["low"], document["high"], document["most"]) == (0.4, 0.7, "speed")


def test_nothing_matters_is_said_so() -> None:
    base = Change("base", "", 1.0, 1.0, 1.0)
    found = Sensitivity(100.0, base, (Change("snap", "50 m", 1.0, 1.0, 1.0),))
    assert found.most == ""
    assert found.sentence_zh.endswith("所试假设均无影响。")
    assert found.to_json()["most"] is None


def test_view_itself_is_unchanged(view: CityView) -> None:
    before = (view.config, view.store, view.coverage(within_m=150).covered_m)
    measure_sensitivity(view, within_m=150)
    assert before == (view.config, view.store, view.coverage(within_m=150).covered_m)


@pytest.mark.parametrize("seed", range(5))
def test_low_base_and_high_are_in_order(view: CityView, seed: int) -> None:
    places = np.random.default_rng(seed).uniform(-50, 650, (3, 2)).round().tolist()
    found = measure_sensitivity(with_places(view, places), within_m="3min")
    assert found.low.share <= found.base.share <= found.high.share
    assert all(0 <= change.share <= 1 for change in found.changes)


def test_is_time_tells_minutes_from_metres() -> None:
    assert is_time(" 15 MIN ")
    assert not is_time("1000 m")
