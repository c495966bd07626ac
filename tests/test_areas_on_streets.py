"""Streets split at borders: worked out on paper, against shapely, and the laws of any split."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from locator.areas_on_streets import Split, keep_split, locate_points, split_streets
from tests.oracles import Town, random_town
from tests.towns import cross, make_streets

if TYPE_CHECKING:
    from locator.streets import Streets

MIDDLE = np.array([500_000.0, 3_500_000.0])


def square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A square around the middle of the cross."""
    x, y = MIDDLE
    return shapely.box(x + west, y + south, x + east, y + north)


def sums(split: Split, areas: int) -> list[float]:
    """Metres of each area, outside last."""
    row = np.where(split.area < 0, areas, split.area)
    return np.bincount(row, weights=split.length_m, minlength=areas + 1).tolist()


def line_of(streets: Streets, street: int) -> shapely.LineString:
    return shapely.LineString(streets.xy_m[streets.first[street] : streets.first[street + 1]])


def random_areas(rng: np.random.Generator, count: int) -> list[shapely.Geometry]:
    """Polygons that overlap, touch, have holes and several parts, over a random town."""
    areas: list[shapely.Geometry] = []
    for _ in range(count):
        what = rng.integers(0, 4)
        if what == 0 and areas:  # the rest of a box around an earlier one: a border in common
            shape = shapely.envelope(areas[-1]).buffer(30.0).difference(areas[-1])
        elif what == 1:  # with a hole
            x, y = rng.uniform(0, 300, 2)
            shape = shapely.box(x, y, x + 150, y + 150).difference(
                shapely.Point(x + 70, y + 70).buffer(40)
            )
        elif what == 2:  # on the streets' own coordinates
            x, y = rng.integers(0, 30, 2) * 10.0
            shape = shapely.box(x, y, x + 100, y + 100)
        else:
            shape = shapely.convex_hull(shapely.MultiPoint(rng.uniform(0, 400, (6, 2))))
        if shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_empty:
            areas.append(shape)
    return areas


def slow_lengths(streets: Streets, areas: list[shapely.Geometry]) -> np.ndarray:
    """(s, a + 1) metres of each street in each area that no earlier one holds; outside last."""
    rows = np.zeros((len(streets), len(areas) + 1))
    for street in range(len(streets)):
        # Segment by segment: shapely counts a stretch that a line walks twice only once.
        points = streets.xy_m[streets.first[street] : streets.first[street + 1]]
        for a, b in pairwise(points):
            rest: shapely.Geometry = shapely.LineString([a, b])
            for i, area in enumerate(areas):
                inside = rest.intersection(area)
                rows[street, i] += inside.length
                rest = rest.difference(area)
            rows[street, -1] += rest.length
    return rows


def test_streets_are_cut_where_they_cross_a_border() -> None:
    streets = make_streets(cross())
    split = split_streets(streets, [square(-200, -200, 40, 200), square(40, -200, 70, 200)])
    assert split.first.tolist() == [0, 3, 4, 5, 6]
    assert split.span_m[:3].tolist() == [[0.0, 40.0], [40.0, 70.0], [70.0, 100.0]]
    assert split.area.tolist() == [0, 1, -1, 0, 0, 0]
    assert sums(split, 2) == [340.0, 30.0, 30.0]


def test_overlap_goes_to_the_first_area() -> None:
    streets = make_streets(cross())
    big, small = square(-200, -200, 200, 200), square(-20, -20, 20, 20)
    assert sums(split_streets(streets, [big, small]), 2) == [400.0, 0.0, 0.0]
    assert sums(split_streets(streets, [small, big]), 2) == [80.0, 320.0, 0.0]


def test_street_along_a_shared_border_counts_once_for_the_first_area() -> None:
    streets = make_streets(cross())
    north, south = square(-200, 0, 200, 200), square(-200, -200, 200, 0)
    assert sums(split_streets(streets, [north, south]), 2) == [300.0, 100.0, 0.0]
    assert sums(split_streets(streets, [south, north]), 2) == [300.0, 100.0, 0.0]


def test_street_along_a_slanted_border_counts_once() -> None:
    town = cross()
    ends = MIDDLE + np.array([[-33.3, -77.7], [101.9, 13.1]])
    town.lines[0] = ends
    streets = make_streets(town)
    corner = MIDDLE + np.array([150.0, -300.0])
    below = shapely.Polygon([ends[0], corner, ends[1]])
    above = shapely.Polygon([ends[0], ends[1], MIDDLE + np.array([0.0, 300.0])])
    for areas in ([below, above], [above, below]):
        split = split_streets(streets, areas)
        own = split.first[0], split.first[1]
        assert split.area[own[0] : own[1]].tolist() == [0]


def test_hole_is_outside_and_an_island_in_it_is_not() -> None:
    streets = make_streets(cross())
    ring = square(-90, -90, 90, 90).difference(square(-60, -60, 60, 60))
    island = square(-10, -10, 10, 10)
    assert sums(split_streets(streets, [shapely.MultiPolygon([ring, island])]), 1) == [160.0, 240.0]


def test_only_what_lies_in_the_city_is_split() -> None:
    streets = make_streets(
        cross(), [[(0.0, 30.0), (50.0, 90.0)], [], [(0.0, 100.0)], [(0.0, 100.0)]]
    )
    split = split_streets(streets, [square(-200, -200, 60, 200)])
    assert split.span_m[:3].tolist() == [[0.0, 30.0], [50.0, 60.0], [60.0, 90.0]]
    assert split.first.tolist() == [0, 3, 3, 4, 5]
    whole = split_streets(streets, [square(-200, -200, 60, 200)], whole=True)
    assert sums(whole, 1) == [360.0, 40.0]


def test_no_area_leaves_everything_outside() -> None:
    streets = make_streets(cross())
    split = split_streets(streets, [])
    assert split.area.tolist() == [-1] * 4
    assert sums(split, 0) == [400.0]


def test_border_that_only_touches_a_tip_cuts_nothing() -> None:
    streets = make_streets(cross())
    split = split_streets(streets, [square(100, -50, 200, 50)])
    assert sums(split, 1) == [0.0, 400.0]
    assert split.first.tolist() == [0, 1, 2, 3, 4]


def test_points_are_in_the_first_area_that_holds_them() -> None:
    areas = [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 2, 2)]
    points = np.array([[0.5, 0.5], [1.0, 1.0], [1.5, 1.5], [2.5, 0.0]])
    assert locate_points(points, areas).tolist() == [0, 0, 1, -1]
    assert locate_points(points, areas, rim_m=0.5).tolist() == [0, 0, 1, 1]
    assert locate_points(points, []).tolist() == [-1] * 4


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_split_of_any_areas_equals_shapely(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    streets = make_streets(random_town(rng))
    areas = random_areas(rng, count)
    split = split_streets(streets, areas)
    row = np.where(split.area < 0, len(areas), split.area)
    mine = np.zeros((len(streets), len(areas) + 1))
    np.add.at(mine, (split.street, row), split.length_m)
    expected = slow_lengths(streets, areas)
    # A metre on a border may lie on either side of it by rounding; both ways are exact elsewhere.
    np.testing.assert_allclose(mine.sum(axis=1), streets.length_m, rtol=1e-12)
    np.testing.assert_allclose(mine, expected, atol=2e-5)


@given(st.integers(0, 10_000))
def test_parts_add_up_to_the_streets_and_follow_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = make_streets(random_town(rng))
    split = split_streets(streets, random_areas(rng, 4))
    assert split.length_m.sum() == pytest.approx(streets.length_m.sum(), rel=1e-9)
    for street in range(len(streets)):
        own = split.span_m[split.first[street] : split.first[street + 1]]
        assert (own[1:, 0] == own[:-1, 1]).all()
        if streets.length_m[street] > 0:
            assert (own[0, 0], own[-1, 1]) == (0.0, streets.length_m[street])
    assert (split.length_m > 0).all() or (streets.length_m == 0).any()


@given(st.integers(0, 10_000))
def test_area_apart_from_the_others_changes_none_of_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = make_streets(random_town(rng))
    areas = random_areas(rng, 3)
    extra = shapely.box(*rng.uniform(0, 300, 2), *rng.uniform(300, 400, 2))
    for area in areas:
        extra = extra.difference(area)
    before = sums(split_streets(streets, areas), len(areas))
    after = sums(split_streets(streets, [*areas, extra]), len(areas) + 1)
    # What another area touches is told by the rim, so a crossing may move by a micrometre.
    assert after[: len(areas)] == pytest.approx(before[: len(areas)], abs=1e-4)
    assert sum(after) == pytest.approx(sum(before), rel=1e-12)


def test_split_is_kept_and_read_back_for_the_same_areas_only(tmp_path: Path) -> None:
    streets = make_streets(cross())
    made = []

    def make() -> Split:
        made.append(1)
        return split_streets(streets, [square(-200, -200, 40, 200)])

    first = keep_split(tmp_path, streets, "a", make)
    again = keep_split(tmp_path, streets, "a", make)
    assert len(made) == 1
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    keep_split(tmp_path, streets, "b", make)
    assert len(made) == 2


def test_damaged_kept_split_is_made_again(tmp_path: Path) -> None:
    streets = make_streets(cross())

    def make() -> Split:
        return split_streets(streets, [square(-200, -200, 40, 200)])

    keep_split(tmp_path, streets, "a", make)
    (folder,) = tmp_path.iterdir()
    (folder / "area.npy").write_bytes(b"broken")
    assert sums(keep_split(tmp_path, streets, "a", make), 1) == [340.0, 60.0]
    assert sums(keep_split(tmp_path, streets, "a", make), 1) == [340.0, 60.0]


def test_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    streets = make_streets(cross())
    blocked = tmp_path / "file"
    blocked.write_text("")
    split = keep_split(blocked, streets, "a", lambda: split_streets(streets, []))
    assert sums(split, 0) == [400.0]


def test_town_without_streets_splits_into_nothing() -> None:
    town = Town(np.zeros((2, 2)), [(0, 1)], [np.array([[0.0, 0.0], [0.0, 0.0]])], [3])
    streets = make_streets(town)
    assert split_streets(streets, [shapely.box(-1, -1, 1, 1)]).length_m.sum() == 0.0
