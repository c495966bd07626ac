"""What counts when streets are added up: which parts of them, in which area, and how much.

A street may leave the city, or cross from one district to another, and a metre of it may stand for
more or fewer people. All of this is said once, by parts of streets (spans), and every sum over
streets is a sum over spans: a total, a district's share, people instead of metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, Longs, frozen

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.streets import Streets

OUTSIDE = -1
"""Area of a span that lies in none."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The parts of all streets that count; ascending and apart on each street.

    Parameters
    ----------
    first : (s + 1,) int64
        Street i has the spans first[i] .. first[i + 1].
    span_m : (z, 2)
        Metres along the street: from, to.
    area : (z,) int32
        Row of `areas`; -1 outside all of them.
    weight : (z,)
        What each metre of the span is worth: 1 where metres are counted.
    areas
        Codes of the areas, ascending; () where nothing is split.
    unit
        What a sum is measured in: "m", or the demand's unit.
    at_m : (z,) or None
        Exact place of a point for which a millimetre of street stands, nan for other spans; None
        where there are no points.
    """

    first: Longs
    span_m: Floats
    area: Ints
    weight: Floats
    areas: tuple[str, ...] = ()
    unit: str = "m"
    at_m: Floats | None = None

    def __len__(self) -> int:
        return len(self.area)

    def group(self, network: StreetNetwork) -> tuple[Longs, Floats]:
        """First and [from, to] of the spans in the network's cost, as kernels take them."""
        if network.stretch is None:
            return self.first, self.span_m
        return self.first, frozen(self.span_m * network.stretch[self.street][:, None])

    def worth(self, network: StreetNetwork) -> Floats:
        """(z,) what each unit of the network's cost along a span is worth."""
        if network.stretch is None:
            return self.weight
        return frozen(self.weight / network.stretch[self.street])

    @property
    def street(self) -> Ints:
        """(z,) street of each span."""
        return np.repeat(np.arange(len(self.first) - 1, dtype=np.int32), np.diff(self.first))


def count_length(streets: Streets) -> Counted:
    """Every metre in the city counts once, and nothing is split."""
    spans = len(streets.span_m)
    return Counted(
        streets.span_first,
        streets.span_m,
        frozen(np.full(spans, OUTSIDE, np.int32)),
        frozen(np.ones(spans)),
    )
