"""Ways in words: turns, names, lengths that add up, and the door."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.directions import Step, describe_route, detour_note, name_turn
from locator.modes import find_mode
from locator.nearest import Nearest, Route, find_nearest
from locator.network import StreetNetwork, build_network
from tests.oracles import Town, random_town
from tests.towns import BOTH, make_streets, place

MIDDLE = np.array([500_000.0, 3_500_000.0])
WALK = find_mode("walk")


def named_network(town: Town, names: list[str]) -> StreetNetwork:
    """The town's network with a name for each street, "" for none."""
    streets = make_streets(town)
    listed = ("", *sorted(set(names) - {""}))
    codes = np.array([listed.index(name) for name in names], np.int32)
    return build_network(replace(streets, name_code=codes, names=listed), WALK)


def chain(points: list[tuple[float, float]]) -> Town:
    """Streets from each point to the next, in metres from the middle."""
    nodes = MIDDLE + np.array(points)
    ends = [(i, i + 1) for i in range(len(points) - 1)]
    lines = [np.vstack((nodes[u], nodes[v])) for u, v in ends]
    return Town(nodes, ends, lines, [BOTH] * len(ends))


def steps_of(
    points: list[tuple[float, float]], names: list[str], *,
    start: tuple[float, float] | None = None, door: tuple[float, float] | None = None,
) -> list[Step]:  # fmt: skip
    """The steps from one end of a chain of streets to the other."""
    town = chain(points)
    network = named_network(town, names)
    last = len(names) - 1
    town.stations = [(last, town.length[last], 0.0)]
    near = find_nearest(
        network, place(network, town.stations), MIDDLE + np.array([start or points[0]]),
        stations_xy_m=MIDDLE + np.array([door or points[-1]]),
    )  # fmt: skip
    (route,) = near.routes()
    assert route is not None
    return describe_route(route, network.streets, "驿站", WALK)


def test_steps_tell_street_direction_length_and_turn() -> None:
    steps = steps_of([(0, 0), (320, 0), (320, 200)], ["人民路", "青年路"])
    assert [step.zh for step in steps] == [
        "沿人民路向东走320米", "左转进入青年路，走200米", "到驿站",
    ]  # fmt: skip
    assert [step.en for step in steps] == [
        "Walk east along 人民路 for 320 m", "Turn left into 青年路, 200 m", "驿站",
    ]  # fmt: skip
    assert [step.turn for step in steps] == ["start", "left", "arrive"]


def test_street_that_bends_gently_is_one_step() -> None:
    steps = steps_of([(0, 0), (100, 0), (200, 20), (300, 60)], ["人民路"] * 3)
    assert len(steps) == 2
    assert steps[0].length_m == pytest.approx(100 + np.hypot(100, 20) + np.hypot(100, 40))


def test_street_that_turns_sharply_is_told_though_its_name_goes_on() -> None:
    steps = steps_of([(0, 0), (100, 0), (100, -100)], ["人民路"] * 2)
    assert steps[1].zh == "右转，继续沿人民路走100米"
    assert steps[1].en == "Turn right to stay on 人民路, 100 m"


def test_nameless_bits_are_merged_and_lengths_add_up() -> None:
    steps = steps_of(
        [(0, 0), (100, 0), (120, 0), (220, 0), (235, 0), (235, 300)],
        ["人民路", "", "人民路", "", "青年路"],
    )
    assert [step.zh for step in steps] == [
        "沿人民路向东走220米", "左转进入青年路，走320米", "到驿站",
    ]  # fmt: skip
    assert sum(step.length_m for step in steps) == pytest.approx(535.0)


def test_nameless_way_is_told_by_turns_and_lengths() -> None:
    steps = steps_of([(0, 0), (0, 100), (80, 100)], ["", ""])
    assert [step.zh for step in steps] == ["向北走100米", "右转，走80米", "到驿站"]


@pytest.mark.parametrize(
    ("door", "zh", "en"),
    [
        ((300, 12), "到驿站，在左侧，离路10米", "驿站, on your left, 10 m from the street"),
        ((300, -4), "到驿站，在右侧", "驿站, on your right"),
        ((330, 0), "到驿站，就在路边，离路30米", "驿站, right there, 30 m from the street"),
    ],
)
def test_last_step_leads_to_the_door(door: tuple[float, float], zh: str, en: str) -> None:
    steps = steps_of([(0, 0), (300, 0)], ["人民路"], door=door)
    assert (steps[-1].zh, steps[-1].en, steps[-1].turn) == (zh, en, "arrive")


def test_first_step_leads_to_the_street() -> None:
    steps = steps_of([(0, 0), (300, 0)], ["人民路"], start=(100, 40))
    assert steps[0].zh == "先到人民路上（40米），沿人民路向东走200米"
    assert steps[0].length_m == pytest.approx(240.0)


def test_station_right_here_has_one_step() -> None:
    steps = steps_of([(0, 0), (300, 0)], ["人民路"], start=(300, 0))
    assert [step.turn for step in steps] == ["arrive"]


def test_vehicle_is_parked_before_the_last_stretch() -> None:
    town = chain([(0, 0), (300, 0), (300, 20), (400, 20)])
    network = named_network(town, ["人民路", "", "青年路"])
    legs = np.array([0, 1, 2], np.int32), np.zeros(3), np.array([300.0, 20.0, 50.0])
    line = MIDDLE + np.array([(0, 0), (0, 0), (300, 0), (300, 20), (350, 20), (350, 20)], float)
    route = Route(*legs, 370.0, line, ("人民路", "青年路"), walked=2)
    steps = describe_route(route, network.streets, "驿站", find_mode("ebike"))
    assert [step.zh for step in steps] == [
        "沿人民路向东骑300米", "停好车，沿青年路向东步行70米", "到驿站",
    ]  # fmt: skip
    assert [step.turn for step in steps] == ["start", "park", "arrive"]


def test_turning_back_is_told() -> None:
    assert name_turn(180) == name_turn(-170) == "back"


@given(seed=st.integers(0, 10_000))
def test_lengths_of_steps_add_up_to_the_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    names = [str(name) for name in rng.choice(["", "", "人民路", "青年路"], len(town.ends))]
    network = named_network(town, names)
    point = rng.uniform(0, 400, (1, 2))
    stations = rng.uniform(0, 400, (len(town.stations), 2))
    near: Nearest = find_nearest(
        network, place(network, town.stations), point, stations_xy_m=stations, k=4,
        snap_limit_m=1e6,
    )  # fmt: skip
    for route in near.routes():
        if route is not None:
            steps = describe_route(route, network.streets, "驿站", WALK)
            line = float(np.hypot(*np.diff(route.xy_m, axis=0).T).sum())
            assert sum(step.length_m for step in steps) == pytest.approx(line, abs=1e-6)
            assert steps[-1].turn == "arrive"
            assert sum(step.turn == "start" for step in steps) <= 1


def test_detour_is_told_above_ratio_and_extra_metres_together() -> None:
    assert detour_note(300.0, 1900.0, WALK) == (
        "直线300米，实际走1.9公里。", "300 m as the crow flies, 1.9 km on foot.",
    )  # fmt: skip
    assert detour_note(100.0, 390.0, WALK) is None  # far longer, but not far
    assert detour_note(1000.0, 1900.0, WALK) is None  # far, but not far longer
    assert detour_note(300.0, 599.9, WALK) is None
    assert detour_note(300.0, 600.0, WALK) is not None
    assert detour_note(0.0, np.inf, WALK) is None
    ride = detour_note(300.0, 1900.0, find_mode("ebike"))
    assert ride is not None
    assert "骑1.9公里" in ride[0]
