"""What is to be decided: which `p` candidates serve the demand best, as matrices and nothing else.

Rows are demand, columns are candidates, and a pair that is not listed cannot be served. One class
holds the four questions, because their solvers share rows, weights and roles of sites:

    p_median    least total weighted cost           p_center    least worst cost
    max_cover   most covered weight                 set_cover   fewest (cheapest) sites that cover

A problem is checked when it is made; whatever passes can be solved, or is infeasible for a reason
that the solution tells in words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.siting.conditions import read_budget, read_floors, read_need
from locator.siting.matrices import (
    read_beyond,
    read_costs,
    read_covers,
    read_p,
    read_roles,
    read_weights,
)
from locator.siting.measures import measure_rows, must_serve

NO_INTS: Ints = frozen([], np.int32)
NO_FLOATS: Floats = frozen([], np.float64)
Objective = Literal["p_median", "p_center", "max_cover", "set_cover"]


class Columns(NamedTuple):
    """The pairs by candidate: rows of column j are `row[first[j]:first[j + 1]]`, ascending."""

    first: Longs
    row: Ints
    cost: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One question of siting; made by the class methods, which check what they are given.

    Parameters
    ----------
    objective
        Which of the four questions.
    rows, candidates
        Shape of the matrix: demand by candidates.
    first : (rows + 1,) int64
        Pairs of row i are `first[i]:first[i + 1]`.
    candidate : (pairs,) int32
        Column of each pair, ascending within a row, each at most once.
    cost : (pairs,) float64
        Finite, not negative; of covers it is 0.
    weight : (rows,) float64
        Of the demand: finite, not negative. A row of weight zero asks for nothing.
    p
        How many sites, fixed ones included; 0 for `set_cover`, which asks for their number.
    fixed, forbidden : int32, ascending
        Candidates that are always, and never, among the sites.
    beyond : (rows,) float64
        `p_median`: cost per unit of weight where no site serves a row; inf: it must be served.
    share
        `set_cover`: which part of the weight has to be covered.
    site_cost : (candidates,) float64
        What each site costs; ones where the number counts.
    budget
        `p_median`, `max_cover`: what all sites together may cost, fixed ones included.
    need : (rows,) int32, or empty: one
        `max_cover`: how many sites a row needs to be covered.
    area : (rows,) int32, or empty
        `max_cover`: number of the floor that a row counts for, -1 for none.
    floors : (areas,) float64
        `max_cover`: least covered weight of each area.
    """

    objective: Objective
    rows: int
    candidates: int
    first: Longs
    candidate: Ints
    cost: Floats
    weight: Floats
    p: int
    fixed: Ints
    forbidden: Ints
    beyond: Floats
    share: float
    site_cost: Floats
    budget: float = np.inf
    need: Ints = field(default_factory=lambda: NO_INTS)
    area: Ints = field(default_factory=lambda: NO_INTS)
    floors: Floats = field(default_factory=lambda: NO_FLOATS)

    @classmethod
    def p_median(
        cls,
        costs: Any,
        p: int | None,
        weights: ArrayLike | None = None,
        fixed: Iterable[int] = (),
        *,
        forbidden: Iterable[int] = (),
        beyond: ArrayLike = np.inf,
        site_costs: ArrayLike | None = None,
        budget: float = np.inf,
    ) -> Problem:
        """Least total of weight times cost to the cheapest site.

        Parameters
        ----------
        costs : (rows, candidates), dense or scipy sparse
            Not negative. Dense: inf is unreachable. Sparse: what is not stored is unreachable,
            and a stored zero costs nothing.
        p
            Number of sites, `fixed` included; None with a budget: as many as it pays for.
        weights : (rows,), default ones
        fixed, forbidden
            Columns that are always, and never, sites.
        site_costs : (candidates,), default ones
        budget
            What all sites together may cost, fixed ones included; `p` is then the most sites there
            may be. Every row needs a finite `beyond` or a fixed site, since what money does not
            reach would have no cost.
        beyond : number or (rows,)
            Cost of a row that no site serves, and the most that any row costs; as by default
            (inf) every row that some candidate can serve must be served.

        Raises
        ------
        InputError
            NaN or negative costs, a pair given twice, shapes that do not match, p below 1 or above
            the candidates, more fixed than p, columns that do not exist, a budget below what fixed
            sites cost.
        """
        shape, pairs = read_costs(costs)
        cap = read_beyond(beyond, shape[0])
        roles = read_roles(shape[1], fixed, forbidden)
        weight = read_weights(weights, shape[0], "weights", "row")
        cost, budget = read_budget(site_costs, budget, shape[1], roles[0])
        made = cls._make(
            "p_median", shape, pairs, weight, read_p(p, shape[1], *roles, budget), roles,
            beyond=cap, site_cost=cost, budget=budget,
        )  # fmt: skip
        if budget < np.inf and made.needs_sites().any():
            raise InputError(
                "budget: expected a finite `beyond` or a fixed site for every row, since a budget "
                f"may leave it unserved; row {np.flatnonzero(made.needs_sites())[0]} has neither"
            )
        return made

    @classmethod
    def p_center(
        cls, costs: Any, p: int, fixed: Iterable[int] = (), *, forbidden: Iterable[int] = ()
    ) -> Problem:
        """Least worst cost to the cheapest site; arguments and errors as of `p_median`."""
        shape, pairs = read_costs(costs)
        roles = read_roles(shape[1], fixed, forbidden)
        weight = np.ones(shape[0])
        return cls._make("p_center", shape, pairs, weight, read_p(p, shape[1], *roles), roles)

    @classmethod
    def max_cover(  # noqa: PLR0913
        cls,
        covers: Any,
        weights: ArrayLike | None,
        p: int | None,
        fixed: Iterable[int] = (),
        *,
        forbidden: Iterable[int] = (),
        site_costs: ArrayLike | None = None,
        budget: float = np.inf,
        need: ArrayLike = 1,
        areas: ArrayLike | None = None,
        floors: ArrayLike = (),
    ) -> Problem:
        """Most weight of rows that at least one site covers (or as many as they need).

        Parameters
        ----------
        covers : (rows, candidates), boolean, dense or scipy sparse
            Whether a candidate covers a row; numbers must be 0 or 1.
        weights : (rows,), None for ones
        p, fixed, forbidden, site_costs, budget
            As of `p_median`.
        need : number or (rows,)
            How many sites a row needs to be covered, one or more: 2 for a backup.
        areas : (rows,)
            Number of the area that each row is in, -1 for none; needed with
        floors : (areas,)
            least covered weight of each area; 0 asks for nothing.

        Raises
        ------
        InputError
            As of `p_median`, or covers that are no yes and no, a need below 1, an area without a
            floor.
        """
        shape, pairs = read_covers(covers)
        roles = read_roles(shape[1], fixed, forbidden)
        weight = read_weights(weights, shape[0], "weights", "row")
        cost, budget = read_budget(site_costs, budget, shape[1], roles[0])
        return cls._make(
            "max_cover", shape, pairs, weight, read_p(p, shape[1], *roles, budget), roles,
            site_cost=cost, budget=budget, need=read_need(need, shape[0]),
            floored=read_floors(areas, floors, shape[0]),
        )  # fmt: skip

    @classmethod
    def set_cover(
        cls,
        covers: Any,
        weights: ArrayLike | None = None,
        share: float = 1.0,
        fixed: Iterable[int] = (),
        *,
        forbidden: Iterable[int] = (),
        site_costs: ArrayLike | None = None,
    ) -> Problem:
        """Fewest sites, or the cheapest, that cover `share` of the weight of the rows.

        Parameters
        ----------
        covers : (rows, candidates), boolean, dense or scipy sparse
        weights : (rows,), default ones
            Of the demand; a row of weight zero need not be covered.
        share
            In (0, 1].
        fixed, forbidden
            Columns that are always, and never, sites; fixed ones count in number and cost.
        site_costs : (candidates,), default ones

        Raises
        ------
        InputError
            As of `max_cover`, or a share outside (0, 1].
        """
        shape, pairs = read_covers(covers)
        roles = read_roles(shape[1], fixed, forbidden)
        weight = read_weights(weights, shape[0], "weights", "row")
        cost = read_weights(site_costs, shape[1], "site_costs", "candidate")
        if not 0.0 < share <= 1.0:
            raise InputError(f"share: expected above 0 and at most 1, got {share!r}")
        return cls._make(
            "set_cover", shape, pairs, weight, 0, roles, share=float(share), site_cost=cost
        )

    @classmethod
    def _make(  # noqa: PLR0913
        cls,
        objective: Objective,
        shape: tuple[int, int],
        pairs: tuple[Longs, Ints, Floats],
        weight: Floats,
        p: int,
        roles: tuple[Ints, Ints],
        *,
        beyond: Floats | None = None,
        share: float = 1.0,
        site_cost: Floats | None = None,
        budget: float = np.inf,
        need: Ints = NO_INTS,
        floored: tuple[Ints, Floats] = (NO_INTS, NO_FLOATS),
    ) -> Problem:
        rows, candidates = shape
        first, candidate, cost = pairs
        return cls(
            objective, rows, candidates,
            frozen(first, np.int64), frozen(candidate, np.int32), frozen(cost, np.float64),
            frozen(weight, np.float64), p, *roles,
            frozen(np.full(rows, np.inf) if beyond is None else beyond, np.float64), share,
            frozen(np.ones(candidates) if site_cost is None else site_cost, np.float64),
            budget, need, *floored,
        )  # fmt: skip

    def columns(self) -> Columns:
        """The same pairs by candidate; costs O(pairs) at each call."""
        from scipy.sparse import csr_array

        # Position of each pair rides along, since scipy would drop nothing but may not sort costs.
        place = np.arange(1, len(self.candidate) + 1, dtype=np.int64)
        shape = (self.rows, self.candidates)
        turned = csr_array((place, self.candidate, self.first), shape=shape).tocsc()
        return Columns(
            frozen(turned.indptr, np.int64),
            frozen(turned.indices, np.int32),
            frozen(self.cost[turned.data - 1]),
        )

    def unreachable(self) -> Ints:
        """Rows of some weight that no candidate but forbidden ones can serve, ascending."""
        return frozen(np.flatnonzero(~must_serve(self) & (self.weight > 0)), np.int32)

    def needs_sites(self) -> Bools:
        """Rows that must be served, and are neither by fixed sites nor by what lies beyond."""
        near = np.minimum(measure_rows(self, self.fixed), self.beyond)
        rows: Bools = must_serve(self) & np.isinf(near)
        return rows

    @property
    def integral(self) -> bool:
        """Whether every plan's value is a whole number (below 2**53), so bounds can be rounded."""
        if self.objective == "set_cover":
            return _is_whole(self.site_cost)
        if self.objective == "max_cover":
            return _is_whole(self.weight)
        cap = self.beyond[np.isfinite(self.beyond)]
        most = max(float(self.cost.max(initial=0.0)), float(cap.max(initial=0.0)))
        small = float(self.weight.sum()) * most < 2.0**40  # above, rounding is no small part of 1
        return small and _is_whole(self.weight) and _is_whole(self.cost) and _is_whole(cap)

    @property
    def hash(self) -> str:
        """Hash of everything that decides the answer: equal problems have equal hashes."""
        head = (self.objective, self.rows, self.candidates, self.p, self.share, self.budget)
        digest = hashlib.sha256(repr(head).encode())
        for array in (
            self.first, self.candidate, self.cost, self.weight, self.fixed, self.forbidden,
            self.beyond, self.site_cost, self.need, self.area, self.floors,
        ):  # fmt: skip
            digest.update(len(array).to_bytes(8, "little"))
            whole: Any = array + 0.0 if array.dtype.kind == "f" else array  # -0.0 is 0.0
            digest.update(whole)
        return digest.hexdigest()


def _is_whole(values: Floats) -> bool:
    return bool((values == np.floor(values)).all()) and float(values.sum()) < 2.0**53
