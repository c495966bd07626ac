"""Modes of travel and limits as people write them."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.checklists import trades
from geodata.lines import BIKE, BRIDGE, FOOT, FOOT_FORWARD, MOTOR, MOTOR_BACKWARD, STEPS
from geodata.vocabulary import facilities
from locator.errors import InputError, NotFoundError
from locator.modes import find_mode, laid_modes, modes


def test_modes_have_a_source_and_a_speed() -> None:
    assert list(modes()) == ["walk", "slow_walk", "ebike", "car", "truck"]
    assert all(mode.source and 0.5 < mode.speed_mps < 40 for mode in modes().values())
    assert find_mode("walk").speed_mps == 1.11
    assert find_mode("ebike").speed_mps == pytest.approx(15 / 3.6, abs=0.01)


def test_unknown_mode_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="walk, slow_walk, ebike, car, truck"):
        find_mode("boat")


def test_travel_reads_the_bits_of_the_mode() -> None:
    access = np.array([FOOT, FOOT_FORWARD, BIKE, MOTOR_BACKWARD, 0], np.uint8)
    assert find_mode("walk").travel(access).tolist() == [3, 1, 0, 0, 0]
    assert find_mode("ebike").travel(access).tolist() == [0, 0, 3, 0, 0]
    assert find_mode("car").travel(access).tolist() == [0, 0, 0, 2, 0]


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        (1000, 1000.0), (" 1000 ", 1000.0), ("800 m", 800.0), ("1.5km", 1500.0), ("15min", 999.0),
        ("10 分钟", 666.0), ("500米", 500.0), ("1公里", 1000.0), (0.5, 0.5), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_limit_in_metres_or_minutes(text: str | float, metres: float) -> None:
    assert find_mode("walk").metres(text) == pytest.approx(metres)


@pytest.mark.parametrize(
    "text", ["", "far", "-5", "0", "nan", "inf", "1e999", "10 miles", "5min m", "1e308km"]
)
def test_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="15min"):
        find_mode("walk").metres(text)


def test_wheels_are_kept_off_stairs_whatever_the_access_says() -> None:
    access = np.array([FOOT | BIKE | MOTOR] * 2, np.uint8)
    flags = np.array([STEPS, BRIDGE], np.uint8)
    for code, way in {
        "walk": [3, 3],
        "slow_walk": [3, 3],
        "ebike": [0, 3],
        "truck": [0, 3],
    }.items():
        assert find_mode(code).travel(access, flags).tolist() == way


def test_modes_that_go_by_the_same_arcs_share_a_network() -> None:
    assert [mode.code for mode in laid_modes()] == ["walk", "ebike", "car"]
    assert find_mode("slow_walk").arcs_of().code == "walk"
    assert find_mode("truck").arcs_of().code == "car"


def test_stations_are_snapped_on_streets_of_a_known_mode_and_need_known_facilities() -> None:
    for mode in modes().values():
        assert mode.snap in modes()
        assert set(mode.requires) <= set(facilities().codes)
        assert mode.stairs == 0 or mode.stairs > 1
        assert mode.is_parked == (mode.snap != mode.code)


@pytest.mark.parametrize(
    ("limit", "timed"), [("15min", True), ("15 分钟", True), ("1km", False), (1000.0, False)]
)
def test_limit_is_a_time_or_a_length(limit: str | float, timed: bool) -> None:
    assert find_mode("walk").is_time(limit) == timed


def test_trades_come_by_modes_that_there_are() -> None:
    assert {trade.mode for trade in trades().values()} <= set(modes())
    assert trades()["driver"].mode == "truck"
