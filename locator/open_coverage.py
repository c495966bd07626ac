"""Coverage at a moment, as a range: by stations known to be open then, and by all that may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from locator.coverage import Coverage, measure_coverage
from locator.islands import find_islands
from locator.openings import open_range
from locator.sweep import find_leading_streets

if TYPE_CHECKING:
    from locator.islands import Islands
    from locator.placement import Placement
    from locator.view import CityView


@dataclass(frozen=True, slots=True, eq=False)
class OpenCoverage:
    """Coverage at a moment.

    Parameters
    ----------
    at
        Local time of the city.
    low, high
        By the stations known to be open, and with those of which it is not known.
    placement, possible
        The stations known to be open; and with those of which it is not known.
    open, unknown, closed
        How many usable stations of the kind are.
    """

    at: datetime
    low: Coverage
    high: Coverage
    placement: Placement
    possible: Placement
    open: int
    unknown: int
    closed: int

    def islands(self) -> Islands:
        """The pieces of street that lead to no open station."""
        leading = find_leading_streets(self.low.network, self.placement)
        return find_islands(self.low, leading)

    def to_json(self) -> dict[str, Any]:
        """What the answer of a moment says beside the coverage of `low`."""
        high = self.high
        return {
            "at": self.at.isoformat(),
            "high": {
                "covered_m": high.covered_m, "uncovered_m": high.uncovered_m,
                "unreachable_m": high.unreachable_m, "share": high.share,
            },
            "stations": {"open": self.open, "unknown": self.unknown, "closed": self.closed},
        }  # fmt: skip


def measure_open_coverage(
    view: CityView,
    at: str | datetime,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    depth: int = 1,
) -> OpenCoverage:
    """Which streets have a station within the limit that is open at a moment.

    Parameters
    ----------
    at
        As `locator.moments.find_moment` takes it.

    Raises
    ------
    InputError
        The moment is not understood.
    """
    from locator.moments import find_moment

    when = find_moment(at, zone=view.config.time_zone)
    network, limit = view.metric(within_m, mode)
    chosen = [
        view.placement(kind=kind, mode=mode, timed=network.timed, among=mask)
        for mask in open_range(view, when)
    ]
    low, high = (measure_coverage(network, one, limit, depth=depth) for one in chosen)
    every = len(view.placement(kind=kind, mode=mode, timed=network.timed))
    known, possible = (len(one) for one in chosen)
    return OpenCoverage(
        when, low, high, chosen[0], chosen[1], known, possible - known, every - possible
    )
