"""Segments once, chained into streets: against the slow way, and by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.joining import sort_tables
from locator.segments import Chains, Segments, chain_segments, merge_segments, rank_vertices
from tests.drawings import (
    ALL,
    ONE_WAY,
    Drawn,
    Kind,
    draw,
    place_of,
    random_drawing,
    slow_segments,
    slow_streets,
)

if TYPE_CHECKING:
    from geodata.lines import StreetLines


def build(lines: StreetLines) -> tuple[Segments, Chains, np.ndarray]:
    """Segments and chains of lines whose vertex ids are already their ranks."""
    count = int(lines.vertex.max()) + 1
    xy = np.array([place_of(number) for number in range(count)]) * 1e5
    segments = merge_segments(lines, lines.vertex, xy)
    return segments, chain_segments(segments, count), xy


def usable(drawn: list[Drawn]) -> StreetLines:
    return sort_tables(draw([line for line in drawn if line.access]))


def vertices(chains: Chains) -> list[list[int]]:
    return [part.tolist() for part in np.split(chains.vertex, chains.first[1:-1])]


@pytest.mark.parametrize("seed", range(50))
def test_random_lines_equal_the_slow_way(seed: int) -> None:
    drawn = random_drawing(np.random.default_rng(seed))
    lines = usable(drawn)
    segments, chains, xy = build(lines)
    slow = slow_segments(drawn)
    keys = list(zip(segments.low.tolist(), segments.high.tolist(), strict=True))
    assert keys == sorted(slow)
    for i, key in enumerate(keys):
        name = lines.names[segments.name_code[i]]
        highway = lines.classes[segments.class_code[i]]
        assert slow[key] == Kind(int(segments.access[i]), int(segments.flags[i]), name, highway)
    streets = [
        frozenset((min(a, b), max(a, b)) for a, b in pairwise(run)) for run in vertices(chains)
    ]
    assert len(streets) == len(set(streets))
    assert set(streets) == slow_streets(slow)
    # no length made or lost
    total = sum(np.hypot(*(xy[b] - xy[a])) for a, b in slow)
    assert chains.along_m[chains.first[1:] - 1].sum() == pytest.approx(total, rel=1e-12)
    steps = np.hypot(*np.diff(xy[chains.vertex], axis=0).T)
    inner = np.ones(len(steps), bool)
    inner[chains.first[1:-1] - 1] = False
    assert np.allclose(np.diff(chains.along_m)[inner], steps[inner], atol=1e-9)


def test_twins_out_and_back_and_repeats_are_one_street() -> None:
    once = usable([Drawn([1, 2, 3])])
    for drawn in (
        [Drawn([3, 2, 1])],
        [Drawn([1, 2, 3]), Drawn([3, 2, 1])],
        [Drawn([1, 2, 3, 2, 1])],
        [Drawn([1, 1, 2, 2, 2, 3, 3])],
        [Drawn([1, 2]), Drawn([2, 3])],
        [Drawn([1, 2], ONE_WAY), Drawn([3, 2, 1], ONE_WAY), Drawn([2, 3], ONE_WAY)],
    ):
        segments, chains, _ = build(usable(drawn))
        assert vertices(chains) == [[1, 2, 3]]
        assert segments.access.tolist() == [ALL, ALL]
        assert chains.along_m.tolist() == build(once)[1].along_m.tolist()


def test_one_ways_head_to_tail_join_and_head_to_head_do_not() -> None:
    join = usable([Drawn([1, 2], ONE_WAY), Drawn([2, 3], ONE_WAY)])
    clash = usable([Drawn([1, 2], ONE_WAY), Drawn([3, 2], ONE_WAY)])
    assert vertices(build(join)[1]) == [[1, 2, 3]]
    assert vertices(build(clash)[1]) == [[1, 2], [2, 3]]


@pytest.mark.parametrize("change", [{"name": "x"}, {"highway": "x"}, {"flags": 2}, {"access": 3}])
def test_any_change_ends_a_street(change: dict[str, object]) -> None:
    other = Drawn([2, 3], **change)  # type: ignore[arg-type]
    assert vertices(build(usable([Drawn([1, 2]), other]))[1]) == [[1, 2], [2, 3]]


def test_ring_ends_at_its_lowest_vertex_and_runs_to_the_lower_neighbour() -> None:
    for ring in ([12, 13, 23, 22, 12], [23, 13, 12, 22, 23]):
        _, chains, _ = build(usable([Drawn(ring)]))
        assert vertices(chains) == [[12, 13, 23, 22, 12]]


def test_loop_from_a_crossing_and_parallel_streets_stay_apart() -> None:
    loop = build(usable([Drawn([1, 2, 12, 11, 1]), Drawn([1, 0])]))[1]
    assert vertices(loop) == [[0, 1], [1, 2, 12, 11, 1]]
    both = build(
        usable([Drawn([1, 2, 3, 13]), Drawn([1, 11, 12, 13]), Drawn([0, 1]), Drawn([13, 14])])
    )
    assert vertices(both[1]) == [[0, 1], [1, 2, 3, 13], [1, 11, 12, 13], [13, 14]]


def test_only_points_are_no_segments() -> None:
    segments, chains, _ = build(usable([Drawn([5, 5]), Drawn([7, 7, 7])]))
    assert len(segments.low) == 0
    assert chains.first.tolist() == [0]
    assert len(chains.vertex) == 0


def test_long_chain_of_vertices_is_one_street() -> None:
    count = 20_000
    lines = usable([Drawn(list(range(count)))])
    xy = np.column_stack((np.arange(count, dtype=float), np.zeros(count)))
    chains = chain_segments(merge_segments(lines, lines.vertex, xy), count)
    assert chains.first.tolist() == [0, count]
    assert chains.along_m[-1] == count - 1


def test_ranks_follow_places_and_not_rows(rng: np.random.Generator) -> None:
    xy = rng.uniform(0, 10_000, (400, 2))
    order = rng.permutation(400)
    ranks = rank_vertices(xy)
    assert sorted(ranks.tolist()) == list(range(400))
    assert np.array_equal(rank_vertices(xy[order]), ranks[order])
    # neighbours on the curve are neighbours in the plane
    path = xy[np.argsort(ranks)]
    assert np.median(np.hypot(*np.diff(path, axis=0).T)) < 1_000


def test_ranks_of_a_single_place_and_of_equal_places() -> None:
    assert rank_vertices(np.zeros((1, 2))).tolist() == [0]
    assert rank_vertices(np.ones((3, 2))).tolist() == [0, 1, 2]
