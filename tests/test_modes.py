"""Modes of travel and limits as people write them."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.lines import BIKE, FOOT, FOOT_FORWARD, MOTOR_BACKWARD
from locator.errors import InputError, NotFoundError
from locator.modes import find_mode, modes


def test_modes_have_a_source_and_a_speed() -> None:
    assert list(modes()) == ["walk", "ebike", "car"]
    assert all(mode.source and 0.5 < mode.speed_mps < 40 for mode in modes().values())
    assert find_mode("walk").speed_mps == 1.11
    assert find_mode("ebike").speed_mps == pytest.approx(15 / 3.6, abs=0.01)


def test_unknown_mode_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="walk, ebike, car"):
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
