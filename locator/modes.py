"""Modes of travel: speed, the access bits they may use, what stairs and parking cost them.

Read from data with its sources. One speed a mode: time is counted as metres at that speed, so that
a limit in minutes is a limit in such metres, and both are exact.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

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
        Where the figures come from.
    stairs
        A metre of stairs takes as long as so many metres of level street; 0 for no way over them.
    parking_s
        Seconds to leave the vehicle where the ride ends.
    walk_limit_m
        The last stretch, from there to the station, is walked and at most so long (inclusive); 0
        where the mode leads to the door.
    snap
        The mode on whose streets a station stands; that of the last stretch.
    requires
        Codes of the facilities that a station must be known to have.
    """

    code: str
    zh: str
    en: str
    uses: str
    speed_mps: float
    source: str
    stairs: float = 0.0
    parking_s: float = 0.0
    walk_limit_m: float = 0.0
    snap: str = ""
    requires: tuple[str, ...] = ()

    @property
    def is_parked(self) -> bool:
        """Whether the vehicle is left at a node and the rest is walked; time alone is its cost."""
        return self.walk_limit_m > 0

    @property
    def forward_bit(self) -> int:
        """Its access bit along a street; twice that is the bit against it."""
        return _FORWARD_BIT[self.uses]

    def travel(self, access: Bytes, flags: Bytes | None = None) -> Bytes:
        """Per street 1 (may go forward) + 2 (may go backward), from the access bits.

        With `flags`, wheels are kept off stairs, whatever the access says.
        """
        way = (access >> int(math.log2(self.forward_bit))) & 3
        if flags is not None and not self.stairs:
            way = np.where(flags & lines.STEPS, 0, way)
        return frozen(way, np.uint8)

    def arcs_of(self) -> Mode:
        """The first mode that goes by the same arcs: networks are kept for those alone."""
        same = (
            m for m in modes().values() if (m.uses, not m.stairs) == (self.uses, not self.stairs)
        )
        return next(same)

    def is_time(self, limit: float | str) -> bool:
        """Whether a limit is a time such as "15min": then it is measured in this mode's time."""
        return str(limit).strip().lower().endswith(("min", "分钟"))

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


def laid_modes() -> list[Mode]:
    """The modes whose networks are kept; the others go by the same arcs as one of them."""
    return [mode for mode in modes().values() if mode.arcs_of() == mode]


@cache
def modes() -> dict[str, Mode]:
    """All modes by their code, in the order of the data."""
    text = files("geodata").joinpath("data/modes.toml").read_text(encoding="utf-8")
    return {code: _read_mode(code, row) for code, row in tomllib.loads(text).items()}


def _read_mode(code: str, row: dict[str, Any]) -> Mode:
    more = {"snap": row.get("snap", code), "requires": tuple(row.get("requires", ()))}
    return Mode(code=code, **{**row, **more})


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
