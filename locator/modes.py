"""Modes of travel: speed and the access bits they may use, read from data with its sources.

One speed a mode: a limit in minutes is then a limit in metres, and both are exact.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from geodata import lines
from locator.arrays import Bytes, frozen
from locator.errors import InputError, NotFoundError

_FORWARD_BIT = {
    "foot": lines.FOOT_FORWARD,
    "bike": lines.BIKE_FORWARD,
    "motor": lines.MOTOR_FORWARD,
}


_HALFWAY_ROUND_M = 20_037_508.0  # half the equator of WGS-84: nothing is farther apart


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of travelling.

    Parameters
    ----------
    code, zh, en
        Identity, and its names for people.
    uses
        "foot", "bike" or "motor": whose access bits count.
    speed_mps
        Metres a second along streets.
    source
        Where the speed comes from.
    """

    code: str
    zh: str
    en: str
    uses: str
    speed_mps: float
    source: str

    def travel(self, access: Bytes) -> Bytes:
        """Per street 1 (may go forward) + 2 (may go backward), from the access bits."""
        return frozen((access >> int(math.log2(_FORWARD_BIT[self.uses]))) & 3, np.uint8)

    def metres(self, limit: float | str) -> float:
        """A limit in metres from a number of metres or a text such as "15min", "1km", "800 m".

        >>> find_mode("walk").metres("15min")
        999.0

        Raises
        ------
        InputError
            Not a length or a time, or not above zero.
        """
        text = str(limit).strip().lower()
        found = re.fullmatch(r"([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(m|km|min|分钟|米|公里)?", text)
        if not found or not math.isfinite(float(found[1])) or float(found[1]) <= 0:
            raise InputError(
                f"limit {str(limit)!r} is not a length or a time above zero: "
                "give metres (1000) or minutes (15min)"
            )
        unit = {"分钟": "min", "米": "m", "公里": "km", None: "m"}.get(found[2], found[2])
        metres = float(found[1]) * {"m": 1.0, "km": 1000.0, "min": 60.0 * self.speed_mps}[unit]
        if metres > _HALFWAY_ROUND_M:
            raise InputError(
                f"limit {str(limit)!r} is farther than anything on earth: "
                "give metres (1000) or minutes (15min)"
            )
        return round(metres, 6) if unit == "min" else metres


@cache
def modes() -> dict[str, Mode]:
    """All modes by their code, in the order of the data."""
    text = files("geodata").joinpath("data/modes.toml").read_text(encoding="utf-8")
    return {code: Mode(code=code, **row) for code, row in tomllib.loads(text).items()}


def find_mode(code: str) -> Mode:
    """The mode of that code.

    Raises
    ------
    NotFoundError
        There is none; the message lists the codes.
    """
    try:
        return modes()[code]
    except KeyError:
        known = ", ".join(modes())
        raise NotFoundError(f"mode {code!r} is not known: choose one of {known}") from None
