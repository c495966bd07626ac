"""Where a point of a street lies, as one says it: 人民中路，距跃龙路口57米.

A candidate that nobody named is called by its street's number and metres along it (14603:57.055),
which a program reads again. Staff are told the street, and the nearest crossing with another one.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.directions import metres_en

if TYPE_CHECKING:
    from locator.arrays import Ints, Longs
    from locator.streets import Streets

_LABEL = re.compile(r"(\d{1,9}):(\d{1,9}(?:\.\d{1,3})?)")
_AT_CROSSING_M = 10.0  # a point so near a crossing is at it
_FAR_M = 2_000.0  # a crossing farther away helps nobody to find a place
_KILOMETRE_M = 1_000
_NAMELESS_ZH, _NAMELESS_EN = "无名路", "a nameless street"


class Corner(NamedTuple):
    """The nearest crossing with a street of another name."""

    name: str
    away_m: float


class Whereabouts:
    """Names places on streets.

    Parameters
    ----------
    streets
        On which the places stand.
    """

    def __init__(self, streets: Streets) -> None:
        self.streets = streets

    def __call__(self, label: str, lang: str = "zh") -> str:
        """A candidate's label in words; as it is where it is no place on these streets.

        Parameters
        ----------
        lang
            "zh" or "en".
        """
        found = _LABEL.fullmatch(label)
        if not found:
            return label
        street, offset_m = int(found[1]), float(found[2])
        if street >= len(self.streets) or offset_m > self.streets.length_m[street] + 1.0:
            return label
        return self.tell(street, offset_m, lang)

    def tell(self, street: int, offset_m: float, lang: str = "zh") -> str:
        """The street, and how far it is to the nearest crossing along it."""
        own, corner = self._name(street), self.corner(street, offset_m)
        if lang == "en":
            own = own or _NAMELESS_EN
            if corner is None:
                return own
            if corner.away_m < _AT_CROSSING_M:
                return f"{own} at {corner.name}"
            return f"{own}, {_whole_en(corner.away_m)} from {corner.name}"
        own = own or _NAMELESS_ZH
        if corner is None:
            return own
        if corner.away_m < _AT_CROSSING_M:
            return f"{own}与{corner.name}路口"
        mouth = "口" if corner.name.endswith("路") else "路口"
        return f"{own}，距{corner.name}{mouth}{_whole_zh(corner.away_m)}"

    def corner(self, street: int, offset_m: float) -> Corner | None:
        """The nearest crossing with a street of another name, going along this one; None for none.

        A street goes on over the next piece of its name; a nameless one ends at a fork.
        """
        length = float(self.streets.length_m[street])
        first, last = self.streets.ends[street].tolist()
        ways = [(offset_m, first), (length - offset_m, last)]
        found = [one for way in ways if (one := self._follow(street, *way))]
        return min(found, key=lambda one: (round(one.away_m, 3), one.name), default=None)

    def _follow(self, street: int, away_m: float, node: int) -> Corner | None:
        own = int(self.streets.name_code[street])
        seen = {street}
        while away_m <= _FAR_M:
            there = self._at(node)
            codes = set(self.streets.name_code[there].tolist()) - {own, 0}
            if codes:
                return Corner(min(self.streets.names[code] for code in codes), max(away_m, 0.0))
            onward = [row for row in there.tolist() if row not in seen]
            onward = [row for row in onward if int(self.streets.name_code[row]) == own]
            if not onward or (own == 0 and len(onward) > 1):
                return None
            piece = min(onward, key=lambda row: (float(self.streets.length_m[row]), row))
            seen.add(piece)
            away_m += float(self.streets.length_m[piece])
            one, other = self.streets.ends[piece].tolist()
            node = other if one == node else one
        return None

    def _name(self, street: int) -> str:
        return str(self.streets.names[self.streets.name_code[street]])

    def _at(self, node: int) -> Ints:
        """Streets that begin or end at a node."""
        order, first = self._touching
        return order[first[node] : first[node + 1]]

    @cached_property
    def _touching(self) -> tuple[Ints, Longs]:
        ends = self.streets.ends.ravel()
        order = np.argsort(ends, kind="stable")
        first = np.searchsorted(ends[order], np.arange(len(self.streets.node_xy_m) + 1))
        return (order // 2).astype(np.int32), first.astype(np.int64)


def _whole_zh(metres: float) -> str:
    if metres < _KILOMETRE_M:
        return f"{metres:.0f}米"
    return f"{metres / _KILOMETRE_M:.1f}公里"


def _whole_en(metres: float) -> str:
    return f"{metres:.0f} m" if metres < _KILOMETRE_M else metres_en(metres)
