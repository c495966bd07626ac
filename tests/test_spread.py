"""Spread: mean, quantiles and Gini from the curve, without a sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.limits import presets, targets
from locator.modes import find_mode
from locator.reach import build_reach
from locator.spread import Spread, measure_spread, spread_by_area
from tests.oracles import Town, random_town
from tests.test_reach import reach_of, split
from tests.towns import cross, make_network, place

towns = st.integers(0, 100_000)


def spread_of(town: Town, limits: tuple[float, ...] = ()) -> Spread:
    return measure_spread(reach_of(town).curve(), limits)


def test_one_station_at_the_crossing_gives_even_distances() -> None:
    """Distances are even from 0 to 100 m: all figures are known on paper."""
    town = cross()
    town.stations = [(0, 0.0, 0.0)]
    spread = spread_of(town, (25.0, 1000.0))
    assert (spread.mean, spread.median, spread.most) == pytest.approx((50.0, 50.0, 100.0))
    assert spread.p90 == pytest.approx(90.0)
    assert spread.gini == pytest.approx(1.0 / 3.0)
    assert spread.within == ((25.0, 0.25), (1000.0, 1.0))
    assert spread.unreachable == 0.0


def test_equal_distances_to_a_far_station_have_little_inequality() -> None:
    town = cross()
    town.stations = [(0, 0.0, 9_900.0)]
    spread = spread_of(town)
    assert spread.mean == pytest.approx(9950.0)
    assert spread.gini == pytest.approx(100.0 / 6.0 / 9950.0)


def test_unreachable_is_told_apart_and_never_a_number() -> None:
    """Named after pandana's network.py, which gives the limit as the distance."""
    town = cross()
    town.travel = [1, 3, 3, 3]  # one-way outward: past the station there is no way back
    town.stations = [(0, 60.0, 0.0)]
    spread = spread_of(town, (1000.0,))
    assert spread.unreachable == pytest.approx(40.0)
    assert spread.most == pytest.approx(160.0)
    assert spread.within == ((1000.0, 0.9),)
    assert "10.0%走不到任何站点" in spread.sentence()


def test_no_station_gives_no_figures_and_says_so() -> None:
    spread = spread_of(cross(), (500.0,))
    assert (spread.mean, spread.median, spread.p90, spread.most, spread.gini) == (None,) * 5
    assert spread.within == ((500.0, 0.0),)
    assert spread.sentence() == "处处都走不到站点，所以没有距离可说。"
    assert "no distance" in spread.sentence(lang="en")


def test_sentence_reads_out_in_both_languages() -> None:
    spread = Spread(400.0, 418.0, 1130.0, 3240.0, 0.3, (), 1e6, 0.0)
    assert spread.sentence() == (
        "按街道长度算，一半的地方到最近的站点不超过420米，九成不超过1.1公里，最远的一处3.2公里。"
    )
    assert spread.sentence(lang="en") == (
        "By length of street, half of all places are within 420 m of a station, nine in ten "
        "within 1.1 km; the farthest is 3.2 km away."
    )
    people = Spread(4.0, 5.0, 6.0, 7.0, 0.3, (), 1e6, 0.0, "常住人口")
    assert people.sentence().startswith("按常住人口算")


def test_areas_have_a_spread_each_and_the_rest_is_named_none() -> None:
    town = random_town(np.random.default_rng(5))
    network = make_network(town)
    counted = split(town)
    reach = build_reach(network, place(network, town.stations))
    found = spread_by_area(reach, counted, (300.0,))
    assert list(found) == ["a", "b", "c", None]
    assert found[None].total == 0.0
    whole = measure_spread(reach.curve(counted), (300.0,))
    assert sum(s.total for s in found.values()) == pytest.approx(whole.total, rel=1e-9)
    parts = sum(s.within[0][1] * s.total for s in found.values())
    assert parts == pytest.approx(whole.within[0][1] * whole.total, rel=1e-9)
    assert max(s.most or 0.0 for s in found.values()) == pytest.approx(whole.most)


@pytest.mark.slow
@given(seed=towns)
def test_spread_equals_dense_sampling_in_the_limit(seed: int) -> None:
    town = random_town(np.random.default_rng(seed))
    if not town.stations:
        return
    reach = reach_of(town)
    spread = measure_spread(reach.curve())
    distances, weights = [], []
    for street, run in enumerate(town.length):
        if town.travel[street] and run:
            count = max(int(run / 2.0), 1)
            known = reach.distance_at(
                np.full(count, street), (np.arange(count) + 0.5) * run / count
            )
            distances.append(known)
            weights.append(np.full(count, run / count))
    d, w = np.concatenate(distances), np.concatenate(weights)
    w, d = w[np.isfinite(d)], d[np.isfinite(d)]
    if not len(d):
        assert spread.mean is None
        return
    assert spread.mean == pytest.approx(np.average(d, weights=w), abs=2.0)
    assert d.max() <= spread.most <= d.max() + 4.0
    order = np.argsort(d)
    d, w = d[order], w[order]
    within = np.cumsum(w) / w.sum()
    assert abs(np.interp(spread.median, d, within) - 0.5) <= 0.05
    apart = np.abs(d[:, None] - d[None, :])
    gini = (w[:, None] * w[None, :] * apart).sum() / (2.0 * w.sum() ** 2 * np.average(d, weights=w))
    assert spread.gini == pytest.approx(gini, abs=0.01)


@given(seed=towns)
def test_figures_keep_their_order(seed: int) -> None:
    spread = spread_of(random_town(np.random.default_rng(seed)))
    if spread.mean is None:
        return
    assert 0.0 <= spread.median <= spread.p90 <= spread.most
    assert spread.mean <= spread.most + 1e-9
    assert 0.0 <= spread.gini < 1.0


def test_presets_have_a_source_and_a_date_and_can_be_measured() -> None:
    assert [p.zh for p in presets()] == ["300米", "500米", "1公里", "5分钟", "10分钟", "15分钟"]
    walk = find_mode("walk")
    assert [walk.metres(p.limit) for p in presets()] == [300, 500, 1000, 333.0, 666.0, 999.0]
    assert all(p.source and p.date for p in presets())


def test_double15_is_a_dated_target_on_key_areas_and_the_new_one_is_not_compared() -> None:
    double, new = targets()
    assert (double.zh, double.depth, double.area) == ("双15", 2, "key_areas")
    assert (str(double.announced), str(double.due)) == ("2023-07-10", "2023-12-31")
    assert double.limits == ("1000", "15min")
    assert double.label_zh == "交叉覆盖（本单位测算口径）"
    assert new.limits == ()
    assert new.missing_zh == "“新双15”未取得正式文件，本期不作对照"
