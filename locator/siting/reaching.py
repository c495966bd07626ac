"""What each candidate would serve, asked of the network: the side of siting that knows streets.

A candidate is put on the network exactly as a station is, so what it would cover is what a coverage
measures once it is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.parking import find_stands
from locator.placement import Placement, place_snapped, place_stands
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.siting.candidates import Candidates
    from locator.siting.solution import Report
    from locator.version_like import VersionLike

MOST_PAIRS = 60_000_000
"""More pairs of a piece of street and a candidate than that do not fit into a gigabyte."""
_CHUNK = 256  # candidates a call, so that progress is told and the room is right
_FIRST_ROOM = 2**18


@dataclass(frozen=True, slots=True, eq=False)
class Reaches:
    """Parts of streets within the limit of each candidate, by candidate; apart on each street.

    Parameters
    ----------
    candidate, street : (r,) int32
    low_m, high_m : (r,)
        Real metres along the street.
    """

    candidate: Ints
    street: Ints
    low_m: Floats
    high_m: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Savings:
    """Pieces of street that a candidate would serve at less than they cost today, by candidate.

    Parameters
    ----------
    candidate, piece : (r,) int32
    cost : (r,)
        From the middle of the piece, in the network's cost.
    """

    candidate: Ints
    piece: Ints
    cost: Floats


def place_candidates(
    version: VersionLike, network: StreetNetwork, candidates: Candidates
) -> Placement:
    """The candidates as stations on the network of a mode; of one that is parked, at their stands.

    Parameters
    ----------
    network
        Of the version, at the cost that is asked for.
    """
    places = Snapped(
        candidates.street, candidates.offset_m, frozen(np.zeros(len(candidates), np.float64))
    )
    rows = np.arange(len(candidates), dtype=np.int32)
    if not network.mode.is_parked:
        return place_snapped(network, places, rows)
    doors = network.mode.snap
    walk, quick = version.network(doors), version.network(doors, timed=True)
    on_foot = place_snapped(walk, places, rows)
    in_time = on_foot if quick is walk else place_snapped(quick, places, rows)
    return place_stands(
        network, places, rows, find_stands(network, walk, quick, (on_foot, in_time))
    )


class Searcher:
    """Searches from candidates, chunk by chunk.

    Parameters
    ----------
    network, placement
        The candidates on it, as `place_candidates` gives them.
    near : (n,)
        What each node costs today, inf where no station can be reached.
    limit
        In the network's cost, inclusive; inf for none.
    report
        Hears how far it is.
    """

    def __init__(
        self,
        network: StreetNetwork,
        placement: Placement,
        near: Floats,
        limit: float,
        report: Report | None = None,
    ) -> None:
        self.network, self.near, self.limit, self.report = network, near, limit, report
        self.count = len(placement)
        self._places = (*_by_seed(placement), *_by_stand(placement))
        nodes, streets = len(network.streets.node_xy_m), len(network.streets)
        entries = len(network.into) + len(placement.seed_node) + 2
        self._space = (
            np.zeros(nodes, np.int32), np.empty(nodes), np.empty(entries),
            np.empty(entries, np.int32), np.zeros(streets, np.int32), np.empty(streets, np.int32),
        )  # fmt: skip
        self._stamp = 0

    def reaches(self, wanted: Bools) -> Reaches:
        """The parts of some streets within the limit; those that a station serves may lack."""
        from locator.kernels.siting_reach import list_reaches

        marks = np.ascontiguousarray(wanted, np.uint8)

        def call(begin: int, end: int, room: tuple[np.ndarray, ...]) -> int:
            found: int = list_reaches(
                self.network.into.group, self.network.group, self._places, marks, self.near,
                self.limit, begin, end, self._stamp, self._space, room,
            )  # fmt: skip
            return found

        columns = self._collect(call, (np.int32, np.int32, np.float64, np.float64))
        candidate, street, low, high = columns
        to_metres = self.network.to_metres
        return Reaches(candidate, street, to_metres(street, low), to_metres(street, high))

    def savings(self, first: Longs, place: Floats, today: Floats) -> Savings:
        """What pieces of street would cost, where that is less than today.

        Parameters
        ----------
        first : (s + 1,) int64
            The pieces of street i are first[i] .. first[i + 1].
        place, today : (q,)
            The place that stands for each piece, and what it costs; in the network's cost.
        """
        from locator.kernels.siting_reach import list_costs

        def call(begin: int, end: int, room: tuple[np.ndarray, ...]) -> int:
            found: int = list_costs(
                self.network.into.group, self.network.group, self._places, (first, place, today),
                self.near, self.limit, begin, end, self._stamp, self._space, room,
            )  # fmt: skip
            return found

        return Savings(*self._collect(call, (np.int32, np.int32, np.float64)))

    def _collect(
        self, call: Callable[[int, int, tuple[np.ndarray, ...]], int], kinds: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Call for chunk after chunk, with more room where it was too little."""
        size, total = _FIRST_ROOM, 0
        room = tuple(np.empty(size, kind) for kind in kinds)
        parts: list[tuple[np.ndarray, ...]] = [tuple(column[:0].copy() for column in room)]
        for begin in range(0, self.count, _CHUNK):
            end = min(begin + _CHUNK, self.count)
            while True:
                found = call(begin, end, room)
                self._stamp += end - begin
                if found <= size:
                    break
                size = found + found // 4
                room = tuple(np.empty(size, kind) for kind in kinds)
            total += found
            if total > MOST_PAIRS:
                raise InputError(
                    f"the {self.count} candidates reach more than {MOST_PAIRS:,} pieces of street: "
                    "take fewer candidates or a shorter limit"
                )
            parts.append(tuple(column[:found].copy() for column in room))
            if self.report is not None:
                self.report(end / self.count, f"{end:,} of {self.count:,} candidates")
        return tuple(frozen(np.concatenate(column)) for column in zip(*parts, strict=True))


def _by_seed(placement: Placement) -> tuple[Longs, Ints, Floats]:
    order = np.argsort(placement.seed_row, kind="stable")
    first = np.searchsorted(placement.seed_row[order], np.arange(len(placement) + 1))
    return (
        frozen(first, np.int64), frozen(placement.seed_node[order], np.int32),
        frozen(placement.seed_m[order], np.float64),
    )  # fmt: skip


def _by_stand(placement: Placement) -> tuple[Longs, Ints, Floats, Floats]:
    order = np.argsort(placement.row, kind="stable")
    street = np.repeat(
        np.arange(len(placement.first) - 1, dtype=np.int32), np.diff(placement.first)
    )
    first = np.searchsorted(placement.row[order], np.arange(len(placement) + 1))
    return (
        frozen(first, np.int64), frozen(street[order], np.int32),
        frozen(placement.offset_m[order], np.float64), frozen(placement.snap_m[order], np.float64),
    )  # fmt: skip
