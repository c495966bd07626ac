"""What a solver hands back: the best sites, and how far they can be from the best possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from locator.arrays import Floats, Ints
    from locator.siting.certificate import Certificate

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
# Called with the share of the time used (0..1) and a line with value, bound and gap.
Report = Callable[[float, str], None]
Stop = Callable[[], bool]
TIME_OVER = "the time or the rounds allowed were over before a proof was found"


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The best sites that were found, with a bound that no choice of sites can pass.

    Parameters
    ----------
    sites : int32, ascending
        Columns, fixed ones included.
    value
        What they are worth: total weighted cost (`p_median`), worst cost (`p_center`), covered
        weight (`max_cover`), number or cost of sites (`set_cover`); over the rows that are served.
    bound
        No sites do better: a most for `max_cover`, a least for the others.
    proven
        Whether bound and value meet (floats: within 1e-9 of the value).
    status
        "optimal" (proven), "feasible", or "infeasible": some row stays unserved that must not, or
        it is proved that no sites keep all floors. "unknown": none were found that keep them, and
        it is not proved that there are none.
    reason
        Why a solution is not optimal or leaves rows out, in words; else empty.
    certificate
        What somebody else needs to check value and bound without the solver.
    unreachable : int32
        Rows of some weight that no candidate can serve; they are left out of value and bound.
    unserved : int32
        Rows that some candidate could serve but `sites` do not, where they ought to.
    assignment : (rows,) int32
        The site of each row, -1 for none; equal costs go to the lower column.
    spare : int32
        Sites that add nothing: p was more than can be used.
    seconds
        Wall clock; not part of what is deterministic.
    iterations
        Rounds of work done: the same number with the same seed gives the same solution.
    """

    sites: Ints
    value: float
    bound: float
    proven: bool
    seconds: float
    status: Status
    certificate: Certificate
    unreachable: Ints
    unserved: Ints
    assignment: Ints
    spare: Ints
    reason: str = ""
    iterations: int = 0

    @property
    def gap(self) -> float:
        """How far the value may be from the best possible, as a share of the value."""
        away = abs(self.bound - self.value)
        return 0.0 if away == 0.0 else away / abs(self.value) if self.value else float("inf")

    @property
    def u(self) -> Floats:
        """The dual values of the certificate."""
        return self.certificate.u
