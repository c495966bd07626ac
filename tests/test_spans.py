"""Which parts of streets lie in the city, against shapely."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from locator.errors import InputError
from locator.spans import boxes_near, checked_area, city_spans, near_boundary, whole_spans

SQUARE = shapely.box(0, 0, 10, 10)


def lines(*runs: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, distances along, firsts."""
    xy = [np.array(run, float) for run in runs]
    along = [np.concatenate(([0], np.cumsum(np.hypot(*np.diff(run, axis=0).T)))) for run in xy]
    sizes = [len(run) for run in runs]
    return np.concatenate(xy), np.concatenate(along), np.concatenate(([0], np.cumsum(sizes)))


def spans(*runs: list[tuple[float, float]], area: object = SQUARE) -> list[list[list[float]]]:
    first, span_m = city_spans(*lines(*runs), boundary=area)
    return [span_m[a:b].tolist() for a, b in pairwise(first.tolist())]


def test_streets_inside_outside_and_across() -> None:
    assert spans(
        [(1, 1), (5, 1), (9, 1)],
        [(20, 1), (30, 1)],
        [(-5, 5), (5, 5), (15, 5)],
        [(5, 5), (15, 5), (15, 6), (5, 6)],
    ) == [[[0, 8]], [], [[5, 15]], [[0, 5], [16, 21]]]


def test_rim_counts_as_inside_and_a_touch_does_not() -> None:
    assert spans([(0, 0), (10, 0)]) == [[[0, 10]]]
    assert spans([(-5, 0), (15, 0)]) == [[[5, 15]]]
    assert spans([(-5, 5), (5, -5)]) == [[]]
    assert spans([(10, 5), (20, 5)]) == [[]]


def test_parts_that_meet_at_a_vertex_or_inner_border_are_one() -> None:
    two = shapely.MultiPolygon([shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)])
    assert spans([(1, 5), (9, 5)], area=shapely.make_valid(two)) == [[[0, 8]]]
    assert spans([(-1, 5), (2, 5), (4, 5), (9, 5), (12, 5)]) == [[[1, 11]]]


def test_hole_is_outside() -> None:
    ring = SQUARE - shapely.box(4, 4, 6, 6)
    assert spans([(0, 5), (10, 5)], area=ring) == [[[0, 4], [6, 10]]]


def test_street_without_length_has_a_span_where_it_is_inside() -> None:
    assert spans([(5, 5), (5, 5)], [(50, 5), (50, 5)]) == [[[0, 0]], []]


@pytest.mark.parametrize("seed", range(25))
def test_random_spans_equal_the_intersection(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (12, 2))
    area = shapely.convex_hull(shapely.multipoints(points)) - shapely.box(40, 40, 55, 60)
    runs = [list(map(tuple, rng.uniform(-20, 120, (rng.integers(2, 9), 2)))) for _ in range(40)]
    xy, along, first = lines(*runs)
    span_first, span_m = city_spans(xy, along, first, boundary=area)
    for i, run in enumerate(runs):
        parts = span_m[span_first[i] : span_first[i + 1]]
        # a street that crosses itself has its length twice there, unlike its intersection
        steps = shapely.linestrings(np.stack((np.array(run)[:-1], np.array(run)[1:]), axis=1))
        expected = shapely.length(shapely.intersection(steps, area)).sum()
        assert np.diff(parts, axis=1).sum() == pytest.approx(expected, abs=1e-9)
        assert (parts[:, 0] >= 0).all()
        assert (parts[:, 1] <= along[first[i + 1] - 1]).all()
        assert (np.diff(parts.ravel()) > 0).all()
        middles = [_point_along(run, along[first[i] : first[i + 1]], m) for m in parts.mean(axis=1)]
        assert shapely.covers(area, shapely.points(np.reshape(middles, (-1, 2)))).all()
    inside = np.repeat(np.arange(len(runs)), np.diff(span_first))
    assert np.array_equal(inside, np.sort(inside))


def _point_along(
    run: list[tuple[float, float]], along: np.ndarray, offset: float
) -> tuple[float, float]:
    x, y = np.array(run).T
    return float(np.interp(offset, along, x)), float(np.interp(offset, along, y))


def test_near_is_within_the_distance_inclusive() -> None:
    xy, _, first = lines(
        [(5, 5), (6, 6)],
        [(13, 5), (20, 5)],
        [(13.1, 5), (20, 5)],
        [(13, 13), (20, 20)],
        [(-9, 5), (30, 6)],
    )
    assert near_boundary(xy, first, SQUARE, 3).tolist() == [True, True, False, False, True]


def test_box_sieve_never_loses_what_is_near(rng: np.random.Generator) -> None:
    area = shapely.box(120, 32, 120.1, 32.1)
    points = rng.uniform([119.9, 31.9], [120.2, 32.2], (300, 2))
    lonlat = np.repeat(points, 2, axis=0)
    near = boxes_near(lonlat, np.arange(0, 601, 2), area, 3000)
    metres = np.column_stack((points[:, 0] * np.cos(np.radians(32)), points[:, 1])) * 111_195
    flat = shapely.box(120 * np.cos(np.radians(32)), 32, 120.1 * np.cos(np.radians(32)), 32.1)
    square = shapely.transform(flat, lambda xy: xy * 111_195)
    true = shapely.distance(square, shapely.points(metres)) <= 3000
    assert (near | ~true).all()
    assert not near.all()


def test_whole_spans_are_the_streets() -> None:
    first, span_m = whole_spans(np.array([3.0, 0.0]))
    assert first.tolist() == [0, 1, 2]
    assert span_m.tolist() == [[0, 3], [0, 0]]


def test_area_is_mended_or_refused() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert checked_area(bow).is_valid
    for shape in (shapely.LineString([(0, 0), (1, 1)]), shapely.Polygon(), shapely.Point(0, 0)):
        with pytest.raises(InputError, match="boundary"):
            checked_area(shape)
