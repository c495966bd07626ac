"""Places where a station could stand, whoever proposes them.

The makers (points on streets, lists of partners, public rooms) lie in modules of their own; all of
them hand over this one value. A plan asks nothing else of a candidate than what is here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bools, Floats, Ints, frozen
from locator.errors import InputError, NotFoundError
from locator.pieces import locate_on_streets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from locator.network import StreetNetwork
    from locator.streets import Streets

MOST_POINTS = 10_000
"""So many are offered where nobody names any: a plan of a city stays below a gigabyte."""
ENOUGH_POINTS = 2_000
"""So many are enough where they are a third of the limit apart: a plan is proved the sooner."""
_NEAR = 1.0 / 3.0  # of the limit
_USUAL_LIMIT_M = 1000.0
_LEAST_SPACING_M = 25.0
_GROWTH = 1.25  # of the cells, from try to try
NO_COSTS: Floats = frozen([], np.float64)


class LeftOut(NamedTuple):
    """A place that was proposed and is no candidate: its code (or row), and why."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Places on streets; ascending by street and offset where a maker does not say otherwise.

    Parameters
    ----------
    street : (c,) int32
    offset_m : (c,)
        Real metres along the street.
    code : (c,) or ()
        How a person names it, each once; () where nobody does.
    name, source, hours : (c,) or ()
        What it is called, who proposes it, and its opening rule as the registry writes them.
    cost : (c,) or empty
        What building it costs: finite, zero or more; empty where all cost the same.
    left_out
        Places that were proposed and are no candidates, with the reason: off the network, outside
        the city, at a station, the same spot as another.
    """

    street: Ints
    offset_m: Floats
    code: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    cost: Floats = field(default_factory=lambda: NO_COSTS)
    left_out: tuple[LeftOut, ...] = ()

    def __len__(self) -> int:
        return len(self.street)

    def label(self, row: int) -> str:
        """Its code, or its place where nobody gave it one: the same in every set of candidates."""
        if self.code:
            return self.code[row]
        return f"{self.street[row]}:{self.offset_m[row]:.3f}"

    @property
    def costs(self) -> Floats:
        """(c,) what each costs; ones where all cost the same."""
        return self.cost if len(self.cost) else frozen(np.ones(len(self)))

    @property
    def hash(self) -> str:
        """Hash of all that can change a plan."""
        digest = hashlib.sha256()
        for array in (self.street, self.offset_m + 0.0, self.costs + 0.0):
            digest.update(np.ascontiguousarray(array).tobytes())
        for column in (self.code, self.hours):
            digest.update(repr(column).encode())
        return digest.hexdigest()[:16]

    def take(self, rows: NDArray[Any], left_out: Iterable[LeftOut] = ()) -> Candidates:
        """Some of them, in the order given; `left_out` is added to the list of those that are not.

        Parameters
        ----------
        rows : (n,) int
        """

        def some(column: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(column[row] for row in rows.tolist()) if column else ()

        return replace(
            self, street=frozen(self.street[rows], np.int32), offset_m=frozen(self.offset_m[rows]),
            code=some(self.code), name=some(self.name), source=some(self.source),
            hours=some(self.hours), cost=frozen(self.cost[rows]) if len(self.cost) else NO_COSTS,
            left_out=(*self.left_out, *left_out),
        )  # fmt: skip

    def rows_of(self, codes: Iterable[str], *, role: str = "candidate") -> Ints:
        """Rows of some codes, ascending.

        Raises
        ------
        NotFoundError
            There is no candidate of that code.
        """
        labels = {self.label(row): row for row in range(len(self))}
        rows = set()
        for code in codes:
            if code not in labels:
                gone = [f" ({reason})" for lost, reason in self.left_out if lost == code]
                raise NotFoundError(
                    f"{role} {code!r} is not among the {len(self)} candidates"
                    f"{''.join(gone[:1])}: give the code of a candidate"
                )
            rows.add(labels[code])
        return frozen(sorted(rows), np.int32)

    def check(self, streets: Streets) -> None:
        """Refuse what no maker may hand over.

        Raises
        ------
        InputError
            Columns of other lengths, places that are not on the streets, a code given twice, a
            cost that is negative or no number.
        """
        size = len(self.street)
        for what in ("offset_m", "code", "name", "source", "hours", "cost"):
            column = getattr(self, what)
            if len(column) not in ({size} if what == "offset_m" else {size, 0}):
                raise InputError(f"candidates: expected {size} of {what}, got {len(column)}")
        on = (self.street >= 0) & (self.street < len(streets))
        length = streets.length_m[np.where(on, self.street, 0)] if len(streets) else self.offset_m
        on &= (self.offset_m >= 0) & (self.offset_m <= length)
        if not on.all():
            row = int(np.flatnonzero(~on)[0])
            raise InputError(f"candidate {self.label(row)} is not on the streets of this city")
        bad = ~((self.cost >= 0) & np.isfinite(self.cost))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"candidate {self.label(row)} costs {self.cost[row]}: expected zero or more"
            )
        if self.code and len(set(self.code)) < size:
            twice = next(code for code in self.code if self.code.count(code) > 1)
            raise InputError(f"candidate {twice!r} is given twice: give each a code of its own")


def street_points(network: StreetNetwork, *, spacing_m: float) -> Candidates:
    """Every crossing and end of street in the city, and points between them.

    Streets longer than `spacing_m` are divided evenly, so that no two neighbours on a street are
    farther apart. A crossing is listed once, on its lowest street. Points outside the city's
    spans are left out: a new station is built in the city.
    """
    streets = network.streets
    usable = np.flatnonzero(network.travel != 0)
    length = streets.length_m[usable]
    parts = np.maximum(np.ceil(length / spacing_m).astype(np.int64), 1)
    inner = np.repeat(usable, parts - 1)
    step = _count_up(parts - 1)
    offset = step.astype(np.float64) * np.repeat(length / parts, parts - 1)
    node = streets.ends[usable].reshape(-1)
    _, lowest = np.unique(node, return_index=True)
    end_street = usable[lowest // 2]
    end_offset = np.where(lowest % 2 == 0, 0.0, streets.length_m[end_street])
    street = np.concatenate((inner, end_street)).astype(np.int32)
    offset = np.concatenate((offset, end_offset)).astype(np.float64)
    inside = in_city(network, street, offset)
    street, offset = street[inside], offset[inside]
    order = np.lexsort((offset, street))
    return Candidates(frozen(street[order], np.int32), frozen(offset[order]))


def default_points(
    network: StreetNetwork, limit: float | None, *, enough: int = ENOUGH_POINTS
) -> Candidates:
    """Candidates where nobody names any: street points, thinned where a city has too many of them.

    Parameters
    ----------
    network
        On whose streets stations stand.
    limit
        Points are a tenth of it apart, but no nearer than `_LEAST_SPACING_M`; None as of 1,000 m.

    Notes
    -----
    Of more than `enough` the one nearest to the middle of each cell of a grid is kept. Cells
    grow until that many are left or they are a third of the limit wide, and then on while there are
    more than `MOST_POINTS`. Deterministic.
    """
    limit = limit or _USUAL_LIMIT_M
    spacing = max(limit / 10.0, _LEAST_SPACING_M)
    points = street_points(network, spacing_m=spacing)
    xy = locate_on_streets(network.streets, points.street, points.offset_m).reshape(-1, 2)
    rows, cell_m = np.arange(len(points)), spacing
    while len(rows) > MOST_POINTS or (len(rows) > enough and cell_m < limit * _NEAR):
        cell_m *= _GROWTH
        cell = np.floor(xy / cell_m)
        away = np.hypot(*(xy - (cell + 0.5) * cell_m).T)
        order = np.lexsort((np.arange(len(points)), away, cell[:, 1], cell[:, 0]))
        heads = np.unique(cell[order], axis=0, return_index=True)[1]
        rows = np.sort(order[heads])
    return points.take(rows)


def _count_up(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """1, 2 .. n for each n, one run after the other."""
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(1, int(counts.sum()) + 1) - before


def in_city(network: StreetNetwork, street: Ints, offset_m: Floats) -> Bools:
    """Which places lie in a counted span of their street."""
    first, span = network.streets.span_first, network.streets.span_m
    inside = np.zeros(len(street), bool)
    per_street = np.diff(first)[street]
    for i in range(int(per_street.max()) if len(street) else 0):
        has = per_street > i
        row = first[street[has]] + i
        inside[has] |= (span[row, 0] <= offset_m[has]) & (offset_m[has] <= span[row, 1])
    return inside
