"""What if one station more or less: the coverage of a trial, measured only where it changes.

trial = view.whatif("15min")
trial.covered, trial.share                      as the city is
trial.add(street, offset_m).gained              one station more
trial.add(street, offset_m).close("S-0001")     and one less; `trial` itself is unchanged
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Bytes, Floats, Ints, frozen
from locator.errors import InputError, NotFoundError
from locator.footing import (
    MOST_SEEDS,
    MOST_SITES,
    Extra,
    Footing,
    Seeds,
    Touched,
    Trial,
    nothing_touched,
)
from locator.parking import find_stands
from locator.placement import Placement, place_snapped
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork

Part = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WhatIf:
    """A city with some stations added or closed; immutable, and each change makes a new one.

    So there is nothing to undo: go on from the one before. A change touches the neighbourhood of
    the station alone, and is equal to measuring anew to 1e-9 of what is covered.

    Parameters
    ----------
    footing
        The city as it is; shared by all trials.
    codes
        Codes of the stations by row, then of those added: "+1", "+2" in order.
    open_rows : (m + added,) uint8
        Which of them are open.
    by_area : (areas + 1,)
        How much more is covered than in the city as it is; the last entry lies in no area.
    """

    footing: Footing
    codes: tuple[str, ...]
    open_rows: Bytes
    seeds: Seeds
    extra: Extra
    touched: Touched
    by_area: Floats

    @override
    def __repr__(self) -> str:
        return f"<WhatIf: {self.share:.1%} covered, {self.gained:+,.0f} {self.unit}>"

    @property
    def unit(self) -> str:
        """What is counted: "m", or the demand's unit."""
        return self.footing.counted.unit

    @property
    def gained(self) -> float:
        """How much more is covered than in the city as it is; negative where it is less."""
        return float(self.by_area.sum())

    @property
    def covered(self) -> float:
        """What is within the limit of an open station."""
        return float(self.footing.sums.sum()) + self.gained

    @property
    def covered_by_area(self) -> Floats:
        """(areas + 1,) the same by area; the last entry lies in none."""
        return frozen(self.footing.sums + self.by_area)

    @property
    def total(self) -> float:
        """All that counts, whether covered or not."""
        return float(self.footing.total.sum())

    @property
    def share(self) -> float:
        """Covered share of all that counts; 0 where nothing does."""
        return self.covered / self.total if self.total > 0 else 0.0

    def add(self, street: int, offset_m: float) -> WhatIf:
        """A station more, at a place on a street; its code is "+" and a number.

        Parameters
        ----------
        street, offset_m
            Where, in real metres along the street.

        Raises
        ------
        InputError
            That is no place on a street of this mode, or there are too many stations already.
        """
        row = len(self.codes)
        added = row - len(self.footing.placement)
        node, cost, place = _find_seeds(self.footing, street, offset_m)
        seeds = _join(self.seeds, (node, cost, np.full(len(node), row, np.int32)))
        if added >= MOST_SITES or len(seeds[0]) - len(self.footing.seeds[0]) > MOST_SEEDS:
            raise InputError(f"{added} stations were added already: measure the city anew")
        extra = self.extra
        if place is not None:
            here = (np.array([street], np.int32), np.array([place]), np.array([row], np.int32))
            extra = _join(self.extra, here)
        codes = (*self.codes, f"+{added + 1}")
        open_rows = np.append(self.open_rows, np.uint8(1))
        changed = replace(self, codes=codes, open_rows=open_rows, seeds=seeds, extra=extra)
        return changed._measured(row, street if place is not None else -1)

    def close(self, code: str) -> WhatIf:
        """A station less.

        Raises
        ------
        NotFoundError
            There is no such station in this question.
        InputError
            It is closed already.
        """
        return self._turned(code, 0)

    def reopen(self, code: str) -> WhatIf:
        """A station that `close` closed, open again. Errors as `close`."""
        return self._turned(code, 1)

    def pieces(self) -> tuple[Ints, Floats, Floats, Bytes]:
        """What differs from the city as it is: street, from and to in real metres, 1 if gained.

        Pieces of the same street ascend; 0 is lost. O(streets that changed).
        """
        footing = self.footing
        first = footing.counted.first
        at = np.searchsorted(first, self.touched.span, side="right") - 1
        streets = np.unique(at).astype(np.int32)
        now = footing.draw(streets, self.open_rows, self.extra, self.touched)
        base = footing.open_rows
        before = footing.draw(streets, base, footing.no_extra, nothing_touched())
        rows = _differences(_by_street(*before), _by_street(*now))
        street = np.array([row[0] for row in rows], np.int32)
        low, high = (np.array([row[i] for row in rows], np.float64) for i in (1, 2))
        gained = np.array([row[3] for row in rows], np.uint8)
        to_metres = footing.network.to_metres
        return (
            frozen(street),
            frozen(to_metres(street, low)),
            frozen(to_metres(street, high)),
            frozen(gained),
        )

    def _turned(self, code: str, state: int) -> WhatIf:
        try:
            row = self.codes.index(code)
        except ValueError:
            raise NotFoundError(
                f"station {code!r} is not among the {len(self.codes)} of this question: it has "
                "another kind, is not in use, or does not exist"
            ) from None
        if self.open_rows[row] == state:
            raise InputError(f"station {code} is {'open' if state else 'closed'} already")
        open_rows = self.open_rows.copy()
        open_rows[row] = state
        home = int(self.footing.home[row]) if row < len(self.footing.home) else -1
        mine = np.flatnonzero(self.extra[2] == row)
        if len(mine):
            home = int(self.extra[0][mine[0]])
        return replace(self, open_rows=open_rows)._measured(row, home)

    def _measured(self, row: int, home: int) -> WhatIf:
        """The same with the numbers that follow from the change of one station."""
        trial = Trial(row, home, self.open_rows, self.seeds, self.extra, self.touched)
        touched, by_area = self.footing.attempt(trial)
        return replace(self, touched=touched, by_area=by_area)


def start_whatif(
    network: StreetNetwork,
    placement: Placement,
    limit: float,
    counted: Counted,
    codes: Sequence[str],
) -> WhatIf:
    """The city as it is, ready to be tried with other stations.

    Parameters
    ----------
    limit
        In the network's cost.
    counted
        What is added up.
    codes
        Codes of the stations by row of the placement.

    Returns
    -------
    WhatIf
        One sweep up to the limit, and time linear in streets.
    """
    footing = Footing(network, placement, limit, counted)
    areas = len(footing.total)
    return WhatIf(
        footing, tuple(codes), footing.open_rows, footing.seeds, footing.no_extra,
        nothing_touched(), np.zeros(areas),
    )  # fmt: skip


def _find_seeds(
    footing: Footing, street: int, offset_m: float
) -> tuple[Ints, Floats, float | None]:
    """Nodes next to a place, at what cost, and the place in cost where it is between two nodes."""
    network = footing.network
    if not network.mode.is_parked:
        return _next_to(network, street, offset_m)
    walk, quick = footing.on_foot()
    doors = [_one_station(walk, _next_to(network, street, offset_m)) for network in (walk, quick)]
    stands = find_stands(network, walk, quick, (doors[0], doors[1]))
    return stands.node, stands.cost, None


def _one_station(network: StreetNetwork, seeds: tuple[Ints, Floats, float | None]) -> Placement:
    """A placement of one station that knows its seeds only."""
    node, cost, _ = seeds
    nowhere = Snapped(np.array([-1], np.int32), np.array([np.nan]), np.array([np.inf]))
    empty = place_snapped(network, nowhere, np.zeros(1, np.int32))
    return replace(empty, seed_node=node, seed_m=cost, seed_row=np.zeros(len(node), np.int32))


def _next_to(
    network: StreetNetwork, street: int, offset_m: float
) -> tuple[Ints, Floats, float | None]:
    """As `_find_seeds`, for a mode that goes to the door."""
    streets = network.streets
    if not 0 <= street < len(streets) or not 0.0 <= offset_m <= streets.length_m[street]:
        raise InputError(
            f"({street}, {offset_m}) is not on the streets: give (street, metres along it) of "
            "this city"
        )
    ends, length, travel = network.group
    way, run = int(travel[street]), float(length[street])
    if not way:
        raise InputError(f"street {street} is not for {network.mode.code}: choose another one")
    start, end = ends[2 * street : 2 * street + 2].tolist()
    if offset_m <= LIMIT_TOLERANCE_M or offset_m >= streets.length_m[street] - LIMIT_TOLERANCE_M:
        node = start if offset_m <= LIMIT_TOLERANCE_M else end
        return np.array([node], np.int32), np.zeros(1), None
    place = float(network.to_cost(np.array([street]), np.array([offset_m]))[0])
    found = [(start, place)] * (way & 1) + [(end, run - place)] * (way >> 1)
    node = np.array([node for node, _ in found], np.int32)
    return node, np.array([cost for _, cost in found], np.float64), place


def _join(one: Seeds, two: Seeds) -> Seeds:
    return (
        np.concatenate((one[0], two[0])),
        np.concatenate((one[1], two[1])),
        np.concatenate((one[2], two[2])),
    )


def _by_street(street: Ints, low: Floats, high: Floats) -> dict[int, list[Part]]:
    rows = zip(street.tolist(), low.tolist(), high.tolist(), strict=True)
    return {s: [(a, b) for _, a, b in own] for s, own in groupby(rows, key=lambda row: row[0])}


def _differences(
    before: dict[int, list[Part]], now: dict[int, list[Part]]
) -> list[tuple[int, float, float, int]]:
    """What is in one of two lists of parts only: street, from, to, 1 where it is in the second."""
    rows = []
    for street in sorted({*before, *now}):
        old, new = before.get(street, []), now.get(street, [])
        own = [(street, a, b, 1) for a, b in _without(new, old)]
        own += [(street, a, b, 0) for a, b in _without(old, new)]
        rows += sorted(own)
    return rows


def _without(parts: list[Part], others: list[Part]) -> list[Part]:
    """Parts less what others hold of them; slivers within the tolerance are left out."""
    left = []
    for low, high in parts:
        at = low
        for a, b in others:
            if b > at and a < high:
                left.append((at, min(a, high)))
                at = max(at, b)
        left.append((at, high))
    return [(a, b) for a, b in left if b - a > 2 * LIMIT_TOLERANCE_M]
