"""Places known by coordinates, and lines of several files put together."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.joining import join_lines, join_places, select_lines, sort_tables
from geodata.lines import StreetLines


def lines(
    vertex: list[int], lonlat: list[tuple[float, float]], name: str = "", attribution: str = ""
) -> StreetLines:
    """One line."""
    return StreetLines(
        lonlat_deg=np.array(lonlat, float),
        vertex=np.array(vertex, np.int64),
        first=np.array([0, len(vertex)]),
        access=np.array([63], np.uint8),
        flags=np.array([1], np.uint8),
        class_code=np.array([0], np.int16),
        classes=("path",),
        name_code=np.array([1], np.int32),
        names=("", name),
        attribution=attribution,
        warnings=(f"of {name}",),
    )


def test_places_within_a_centimetre_are_one_others_are_not() -> None:
    base = 120.1234567
    lon = np.array([base, base + 1e-7, base - 1e-7 + 4e-11, base + 2.3e-7, base])
    lat = np.array([32.0, 32.0, 32.0, 32.0, 32.00000011])
    place = join_places(np.column_stack((lon, lat)))
    assert place[0] == place[1] == place[2]
    assert len(set(place.tolist())) == 3


def test_places_across_any_rounding_border_are_joined(rng: np.random.Generator) -> None:
    # The naive way, rounding to 1e-7, parts many of these.
    points = rng.uniform(-80, 80, (500, 2))
    shifted = points + rng.uniform(-0.9e-7, 0.9e-7, (500, 2))
    place = join_places(np.concatenate((points, shifted)))
    assert np.array_equal(place[:500], place[500:])
    assert len(np.unique(place)) == 500
    assert not np.array_equal(np.rint(points * 1e7), np.rint(shifted * 1e7))


def test_places_equal_brute_force(rng: np.random.Generator) -> None:
    points = 120 + rng.integers(0, 12, (60, 2)) * 0.7e-7
    near = (np.abs(points[:, None] - points[None]) <= 1e-7 + 1e-10).all(axis=2)
    for _ in range(60):  # transitive closure
        near = near @ near
    place = join_places(points)
    assert np.array_equal(place[:, None] == place[None], near)


def test_places_do_not_depend_on_the_order(rng: np.random.Generator) -> None:
    points = np.repeat(rng.uniform(0, 1, (50, 2)), 3, axis=0)
    points[::3] += 5e-8
    order = rng.permutation(len(points))
    assert np.array_equal(join_places(points)[order], join_places(points[order]))


def test_join_of_nothing_and_of_one_is_the_same() -> None:
    assert join_places(np.zeros((0, 2))).tolist() == []
    single = lines([5, 6], [(0, 0), (1, 1)])
    assert join_lines([single], [True]) is single


def test_osm_files_meet_at_ids_and_never_at_coordinates() -> None:
    # Two nodes in one place: a bridge over a street.
    joined = join_lines(
        [lines([1, 2], [(0, 0), (1, 1)], "a"), lines([2, 3], [(1, 1), (0, 0)], "b")], [True, True]
    )
    assert joined.vertex.tolist() == [1, 2, 2, 3]


def test_other_files_meet_at_coordinates_and_take_the_ids_of_nodes() -> None:
    osm = lines([10, -4], [(0, 0), (1, 1)], "a", "© OSM")
    one = lines([0, 1], [(1 + 5e-8, 1), (2, 2)], "b")
    other = lines([0, 1], [(2, 2), (3, 3)], "a", "© OSM")
    joined = join_lines([one, osm, other], [False, True, False])
    a, b, c, d, e, f = joined.vertex.tolist()
    assert (c, d) == (10, -4)
    assert (a, b) == (-4, e)
    assert len({10, -4, b, f}) == 4
    assert [joined.names[code] for code in joined.name_code] == ["b", "a", "a"]
    assert joined.attribution == "© OSM"
    assert joined.warnings == ("of b", "of a", "of a")
    assert joined.first.tolist() == [0, 2, 4, 6]


def test_select_lines_keeps_whole_lines() -> None:
    joined = join_lines(
        [lines([1, 2], [(0, 0), (1, 1)], "b"), lines([2, 3], [(1, 1), (0, 0)], "a")], [True, True]
    )
    rest = select_lines(joined, np.array([False, True]))
    assert rest.vertex.tolist() == [2, 3]
    assert rest.first.tolist() == [0, 2]
    assert rest.names[rest.name_code[0]] == "a"
    tidy = sort_tables(joined)
    assert tidy.names == ("", "a", "b")
    assert tidy.name_code.tolist() == [2, 1]
    assert tidy.classes == ("", "path")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_join_with_itself_changes_no_place(count: int) -> None:
    part = lines([0, 1], [(5, 5), (6, 6)])
    joined = join_lines([part] * count, [False] * count)
    assert len(set(joined.vertex.tolist())) == 2
