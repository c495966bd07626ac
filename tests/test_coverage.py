"""Coverage: worked out on paper, and the laws that any coverage obeys."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from locator.coverage import Coverage, measure_coverage
from locator.errors import InputError
from tests.oracles import BACKWARD, FORWARD, Town, random_town
from tests.towns import cross, make_network, place


def measure(town: Town, within_m: float, **options: int) -> Coverage:
    network = make_network(town)
    return measure_coverage(network, place(network, town.stations), within_m, **options)


def totals(cover: Coverage) -> list[float]:
    return [cover.covered_m, cover.uncovered_m, cover.unreachable_m]


def test_station_at_the_crossing_covers_each_street_up_to_the_limit() -> None:
    town = cross()
    town.stations = [(0, 0.0, 0.0)]
    cover = measure(town, 50.0)
    assert totals(cover) == [200.0, 200.0, 0.0]
    assert cover.total_m == 400.0
    assert cover.share == 0.5
    assert cover.piece_street.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert cover.piece_from_m.tolist() == [0, 50] * 4
    assert cover.piece_to_m.tolist() == [50, 100] * 4


def test_snap_of_a_station_is_spent_first() -> None:
    town = cross()
    town.stations = [(0, 0.0, 30.0)]
    assert measure(town, 50.0).covered_m == pytest.approx(80.0)
    assert measure(town, 30.0).covered_m == 0.0
    assert measure(town, 20.0).covered_m == 0.0


def test_limit_is_inclusive_at_the_far_end() -> None:
    """Named after accessmod#393, #394: d = r counts."""
    town = cross()
    town.stations = [(0, 100.0, 0.0)]
    cover = measure(town, 200.0)  # the other tips are exactly 200 m away
    assert totals(cover) == [400.0, 0.0, 0.0]
    assert len(cover.gap_table) == 0


def test_station_in_mid_street_reaches_both_ways() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    cover = measure(town, 70.0)
    # 40 m outward, 60 m inward, then 10 m into each of the three other streets.
    assert cover.covered_m == pytest.approx(130.0)


def test_one_way_street_is_covered_from_behind_only() -> None:
    town = cross()
    town.travel = [FORWARD, 3, 3, 3]
    town.stations = [(0, 60.0, 0.0)]
    cover = measure(town, 70.0)
    # Up to the station from 60 m before it, then 10 m into the three others; past it all is lost.
    assert totals(cover) == pytest.approx([90.0, 270.0, 40.0])
    assert [p for p, s in zip(cover.piece_from_m, cover.piece_state, strict=True) if s == 2] == [60]


def test_one_way_towards_the_crossing_gives_no_way_back() -> None:
    town = cross()
    town.travel = [BACKWARD, 3, 3, 3]
    town.stations = [(0, 60.0, 0.0)]
    # Only the 40 m beyond the station lead to it.
    assert totals(measure(town, 1000.0)) == pytest.approx([40.0, 0.0, 360.0])


def test_no_stations_leaves_all_unreachable() -> None:
    cover = measure(cross(), 500.0)
    assert totals(cover) == [0.0, 0.0, 400.0]
    assert cover.share == 0.0
    assert cover.depth_m == {"1": 0.0, "2": 0.0, "3+": 0.0}
    assert len(cover.gap_table) == 0
    assert len(cover.gaps()) == 0


def test_depth_counts_distinct_stations() -> None:
    town = cross()
    town.stations = [(0, 0.0, 0.0), (0, 100.0, 0.0), (1, 0.0, 0.0)]
    cover = measure(town, 60.0)
    # Two at the crossing: 60 m of each street; one at the eastern tip: from 40 m on.
    assert cover.depth_m == pytest.approx({"1": 40.0, "2": 220.0, "3+": 20.0})
    assert measure(town, 60.0, depth=2).covered_m == pytest.approx(240.0)
    assert measure(town, 60.0, depth=3).covered_m == pytest.approx(20.0)
    assert measure(town, 60.0, depth=4).covered_m == 0.0


def test_gaps_are_joined_at_bare_crossings_and_cut_at_covered_ones() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0)]
    bare = measure(town, 50.0).gap_table  # the crossing is 100 m away: one gap of all four
    assert bare.length_m.tolist() == [350.0]
    assert bare.farthest_m.tolist() == [200.0]
    cut = measure(town, 120.0).gap_table  # the crossing is covered: three gaps of 80 m
    assert cut.length_m.tolist() == pytest.approx([80.0] * 3)
    assert cut.farthest_m.tolist() == pytest.approx([200.0] * 3)
    assert cut.farthest_offset_m.tolist() == [100.0] * 3


def test_gap_between_two_stations_peaks_where_they_are_equally_far() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0), (2, 100.0, 0.0)]
    cover = measure(town, 60.0)
    gaps = cover.gap_table
    assert gaps.length_m.tolist() == pytest.approx([280.0])
    assert gaps.farthest_m.tolist() == [200.0]  # the tips north and south
    points = cover.gap_points() - [500_000.0, 3_500_000.0]
    assert points.tolist() == [[0.0, 100.0]]  # equal ones: the lower street


def test_gap_lines_and_frame_have_the_length_they_say() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0)]
    cover = measure(town, 120.0)
    frame = cover.gaps()
    np.testing.assert_allclose(frame.geometry.length, frame.length_m)
    assert (frame.geom_type == "MultiLineString").all()
    worst = cover.worst_points()
    assert worst.distance_m.tolist() == cover.gap_table.farthest_m.tolist()
    assert shapely.get_coordinates(worst.geometry).tolist() == cover.gap_points().tolist()
    assert len(cover.worst_points(most=0)) == 0
    with pytest.raises(InputError, match="no districts"):
        cover.by_district()
    xy, first = cover.gap_lines(0)
    assert first.tolist() == [0, 2]
    assert np.hypot(*np.diff(xy, axis=0).T).sum() == pytest.approx(80.0)


def test_only_spans_in_the_city_count() -> None:
    town = cross()
    town.stations = [(2, 100.0, 0.0)]
    spans = [[(0.0, 30.0), (50.0, 100.0)], [(0.0, 100.0)], [], [(90.0, 100.0)]]
    network = make_network(town, spans)
    cover = measure_coverage(network, place(network, town.stations), 140.0)
    # The station stands outside and serves; of the east street 0-30 counts and is covered.
    assert cover.total_m == pytest.approx(80 + 100 + 0 + 10)
    assert cover.covered_m == pytest.approx(30 + 40)
    assert cover.gap_table.length_m.tolist() == pytest.approx([60.0, 50.0, 10.0])


def test_stations_that_stand_on_no_street_are_told() -> None:
    town = cross()
    town.stations = [(0, 0.0, 0.0), (-1, np.nan, np.inf)]
    cover = measure(town, 50.0)
    assert cover.unroutable.tolist() == [1]
    assert cover.covered_m == 200.0


@pytest.mark.parametrize(("within_m", "depth"), [(0.0, 1), (-5.0, 1), (np.nan, 1), (50.0, 0)])
def test_bad_question_is_refused(within_m: float, depth: int) -> None:
    with pytest.raises(InputError):
        measure(cross(), within_m, depth=depth)


def test_dense_sampling_converges_to_the_exact_length() -> None:
    town = random_town(np.random.default_rng(5))
    town.stations = town.stations or [(0, 0.0, 0.0)]
    table = town.all_distances()
    exact = measure(town, 170.0).covered_m
    sampled = 0.0
    for e, run in enumerate(town.length):
        if town.travel[e] and run:
            count = max(int(run / 0.05), 1)
            places = (np.arange(count) + 0.5) * run / count
            within = [town.point_distances(e, x, table).min() <= 170.0 for x in places]
            sampled += run * np.mean(within)
    streets = len(town.length)
    assert sampled == pytest.approx(exact, abs=0.05 * 4 * streets)


towns = st.integers(0, 100_000)
limits = st.floats(0.1, 2000.0)


@given(seed=towns, limit=limits)
def test_parts_add_up_to_all_streets(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    cover = measure(town, limit)
    usable = sum(run for run, way in zip(town.length, town.travel, strict=True) if way)
    assert sum(totals(cover)) == pytest.approx(usable, rel=1e-9)
    assert sum(cover.depth_m.values()) == pytest.approx(cover.covered_m, abs=1e-6)
    starts, ends = cover.piece_from_m, cover.piece_to_m
    assert (ends > starts).all()


@given(seed=towns, limit=limits, more=st.floats(0.0, 500.0))
def test_larger_limit_never_covers_less(seed: int, limit: float, more: float) -> None:
    """Named after ORS#468."""
    town = random_town(np.random.default_rng(seed))
    small, large = measure(town, limit), measure(town, limit + more)
    assert large.covered_m >= small.covered_m - 1e-9
    assert large.unreachable_m == pytest.approx(small.unreachable_m, abs=1e-9)


@given(seed=towns, limit=limits)
def test_one_station_fewer_never_covers_more(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    everything = measure(town, limit).covered_m
    for i in range(len(town.stations)):
        fewer = random_town(np.random.default_rng(seed))
        fewer.stations = fewer.stations[:i] + fewer.stations[i + 1 :]
        assert measure(fewer, limit).covered_m <= everything + 1e-9


@given(seed=towns, limit=limits)
def test_depths_add_up_to_the_reaches_of_single_stations(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    if len(town.stations) > 3:
        town.stations = town.stations[:3]
    singles = 0.0
    for station in town.stations:
        alone = random_town(np.random.default_rng(seed))
        alone.stations = [station]
        singles += measure(alone, limit).covered_m
    depth = measure(town, limit).depth_m
    assert depth["1"] + 2 * depth["2"] + 3 * depth["3+"] == pytest.approx(singles, abs=1e-5)


@given(seed=towns, limit=limits)
def test_same_limit_gives_the_same_bytes(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    first, again = measure(town, limit), measure(town, limit)
    assert first.piece_to_m.tobytes() == again.piece_to_m.tobytes()
    assert first.gap_table.piece.tobytes() == again.gap_table.piece.tobytes()
