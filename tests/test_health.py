"""Faults of street data, and what each costs: drawn on paper, and against a town with the joint."""

from __future__ import annotations

import json

import numpy as np
import pytest

from locator.coverage import Coverage, measure_coverage
from locator.health import LOOSE_M, Health, examine_streets, health_document
from locator.islands import find_islands
from locator.sweep import find_leading_streets, sweep_nearest
from tests.oracles import Town, random_town
from tests.towns import cross, make_network, place

MIDDLE = np.array([500_000.0, 3_500_000.0])


def health_of(town: Town, within_m: float = 150.0) -> tuple[Coverage, Health]:
    network = make_network(town)
    placement = place(network, town.stations)
    cover = measure_coverage(network, placement, within_m)
    labels, _ = sweep_nearest(network, placement)
    islands = find_islands(cover, find_leading_streets(network, placement))
    return cover, examine_streets(cover, placement, labels, islands)


def with_street(town: Town, points: list[tuple[float, float]], start: int | None = None) -> Town:
    """One more street; from node `start`, or joined to nothing."""
    line = MIDDLE + np.array(points, np.float64)
    fresh = line[[-1]] if start is not None else line[[0, -1]]
    count = len(town.nodes)
    town.nodes = np.vstack((town.nodes, fresh))
    town.ends.append((start if start is not None else count, len(town.nodes) - 1))
    town.lines.append(line)
    town.travel.append(3)
    town.__post_init__()
    return town


def test_loose_end_costs_the_street_that_a_joint_would_cover() -> None:
    # from the east tip a street runs round and stops 3 m short of the north tip's street
    town = with_street(cross(), [(100, 0), (100, 80), (3, 80)], start=1)
    town.stations = [(1, 80.0, 0.0)]  # on the north street, just across
    cover, health = health_of(town, 150.0)
    ends = health.loose_ends
    assert len(ends) == 1
    assert ends.miss_m.tolist() == pytest.approx([3.0])
    assert ends.xy_m[0].tolist() == [MIDDLE[0] + 3, MIDDLE[1] + 80]
    # now 80 + 100 + 177 m away, then 3 m
    assert ends.shortcut_m[0] == pytest.approx(80 + 100 + 177 - 3)
    # of the 177 m lane 147 m are newly within 150 m; 30 m more of the east street would be
    # covered anyway from the middle
    assert ends.gain_m[0] == pytest.approx(147.0)
    assert cover.covered_m + ends.gain_m[0] <= cover.total_m


def test_joined_streets_bridges_and_stubs_are_no_faults() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    assert len(health_of(town)[1].loose_ends) == 0  # dead ends far from all
    stub = with_street(cross(), [(100, 0), (103, 2)], start=1)
    stub.stations = [(0, 50.0, 0.0)]
    assert len(health_of(stub)[1].loose_ends) == 0  # near the street it hangs on


def test_island_is_listed_with_what_it_would_bring() -> None:
    town = with_street(cross(), [(107, 0), (147, 0)])
    town.stations = [(1, 10.0, 0.0)]
    _, health = health_of(town)
    assert health.islands.length_m.tolist() == [40.0]
    assert health.islands.miss_m.tolist() == [7.0]
    assert len(health.loose_ends) == 0  # 7 m is more than a slip of the hand
    near = with_street(cross(), [(100 + LOOSE_M, 0), (160, 0)])
    near.stations = [(1, 10.0, 0.0)]
    ends = health_of(near, 300.0)[1].loose_ends
    assert ends.shortcut_m.tolist()[0] == np.inf
    assert ends.gain_m.tolist()[0] == pytest.approx(60.0 - LOOSE_M)


def test_doubled_vertices_and_empty_streets_are_counted() -> None:
    town = cross()
    town.lines[0] = np.insert(town.lines[0], 1, town.lines[0][0], axis=0)
    town.stations = [(1, 10.0, 0.0)]
    _, health = health_of(town)
    assert (health.doubled_vertices, health.empty_streets) == (1, 0)


def test_document_has_no_infinity_where_json_would() -> None:
    town = with_street(cross(), [(100 + LOOSE_M, 0), (160, 0)])
    town.stations = [(1, 10.0, 0.0)]
    document = health_document(health_of(town)[1], lambda xy: np.asarray(xy) - MIDDLE)
    assert document["islands"][0]["length_m"] == pytest.approx(55.0)
    for row in document["loose_ends"]:  # seen from both ends of the joint
        assert row["gain_m"] == pytest.approx(150.0 - 110.0 - LOOSE_M)
        assert row["shortcut_m"] is None  # no way at all now
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize("seed", range(25))
def test_gain_is_that_of_a_town_with_the_joint_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    town.stations = town.stations[:3] or [(0, 0.0, 0.0)]
    usable = [e for e, way in enumerate(town.travel) if way == 3 and town.length[e] > 30]
    if not usable:
        return
    target = int(rng.choice(usable))
    network = make_network(town)
    streets = network.streets
    # a dead end that stops 2 m beside the middle of a segment of a two-way street
    rows = slice(int(streets.first[target]), int(streets.first[target + 1]))
    line = streets.xy_m[rows]
    spans = np.hypot(*np.diff(line, axis=0).T)
    i = int(np.argmax(spans))
    along = (line[i + 1] - line[i]) / spans[i]
    foot = (line[i] + line[i + 1]) / 2
    tip = foot + np.array([-along[1], along[0]]) * 2.0
    start = int(rng.integers(0, len(town.nodes)))
    town.nodes = np.vstack((town.nodes, tip))
    town.ends.append((start, len(town.nodes) - 1))
    town.lines.append(np.array([town.nodes[start], tip]))
    town.travel.append(3)
    town.__post_init__()
    cover, health = health_of(town, 180.0)
    ends = health.loose_ends
    mine = np.flatnonzero((ends.node == len(town.nodes) - 1) & (ends.street == target))
    if not len(mine):
        return  # another street is nearer, or the joint saves nothing
    row = int(mine[0])
    joined = random_like(town, target, float(ends.offset_m[row]), float(ends.miss_m[row]))
    network = make_network(joined)
    after = measure_coverage(network, place(network, joined.stations), 180.0, depths=False)
    # the joint itself is street too: take it off
    joint = len(joined.ends) - 1
    pieces = (after.piece_street == joint) & (after.piece_state == 0)
    own = float((after.piece_to_m - after.piece_from_m)[pieces].sum())
    assert cover.covered_m + ends.gain_m[row] == pytest.approx(after.covered_m - own, abs=1e-6)


def random_like(town: Town, street: int, offset: float, miss: float) -> Town:
    """The town with a street cut at `offset` and joined to the last node by `miss` metres."""
    u, v = town.ends[street]
    line = town.lines[street]
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    i = int(np.searchsorted(along, offset)) - 1
    share = (offset - along[i]) / (along[i + 1] - along[i])
    foot = line[i] + share * (line[i + 1] - line[i])
    last = len(town.nodes) - 1
    nodes = np.vstack((town.nodes, foot))
    ends, lines, travel = list(town.ends), list(town.lines), list(town.travel)
    ends[street], lines[street] = (u, last + 1), np.vstack((line[: i + 1], foot))
    ends.append((last + 1, v))
    lines.append(np.vstack((foot, line[i + 1 :])))
    travel.append(town.travel[street])
    ends.append((last, last + 1))
    lines.append(np.array([nodes[last], foot]))
    travel.append(3)
    stations = [
        (len(ends) - 2, place - offset, snap) if where == street and place > offset
        else (where, place, snap)
        for where, place, snap in town.stations
    ]  # fmt: skip
    made = Town(nodes, ends, lines, travel, stations)
    assert made.length[-1] == pytest.approx(miss, abs=1e-6)
    return made
