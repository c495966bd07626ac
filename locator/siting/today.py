"""The city as it is under a question: its stations, what they serve, and what counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Bools, Floats, frozen
from locator.coverage import Coverage, measure_coverage
from locator.moments import find_moment
from locator.openings import open_range
from locator.reach import Reach, build_reach
from locator.siting.stretches import measure_share
from locator.situations import situation_mask
from locator.spread import measure_spread

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.siting.question import PlanQuestion
    from locator.version import CityVersion


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """What a plan starts from.

    Parameters
    ----------
    network
        Of the question's mode, at its cost.
    placement
        The stations that count.
    counted
        What counts, where.
    """

    version: CityVersion
    question: PlanQuestion
    network: StreetNetwork
    placement: Placement
    counted: Counted

    def cover(self) -> Coverage:
        """What is covered within the question's limit."""
        limit = self.question.limit
        assert limit is not None  # noqa: S101  (a question of coverage has one)
        return measure_coverage(self.network, self.placement, limit, depths=False)

    def reach(self) -> Reach:
        """How far every place is from its nearest station."""
        return build_reach(self.network, self.placement, depth=1)

    def near(self, reach: Reach) -> Floats:
        """(n,) what each node costs."""
        return frozen(np.ascontiguousarray(reach.label_cost[:, 0]))


def see_today(version: CityVersion, question: PlanQuestion) -> Today:
    """The city under a question.

    Raises
    ------
    NotFoundError
        The mode, demand or situation is not known.
    """
    network = version.network(question.mode, timed=question.timed)
    placement = version.placement(
        kind=question.kind, mode=question.mode, timed=network.timed,
        among=_among(version, question),
    )  # fmt: skip
    return Today(version, question, network, placement, version.counted(demand=question.demand))


def _among(version: CityVersion, question: PlanQuestion) -> Bools | None:
    """Which stations are there in the question's situation or at its time; None for all.

    Planned ones always are: who builds for a situation builds what helps in it.
    """
    if question.situation:
        fitness = situation_mask(version.stations, version.timetable, question.situation)
        mask = fitness.end(high=False)
    elif question.at:
        mask, _ = open_range(version, find_moment(question.at, zone=version.config.time_zone))
    else:
        return None
    planned = np.array([code in version.sites for code in version.stations.code], bool)
    return np.asarray(mask | planned)


def measure_today(today: Today) -> dict[str, Any]:
    """What the stations serve, in the words of the question: measured by the exact tables.

    Returns
    -------
    dict
        covered_m and share where there is a limit (with a demand also how much of it is covered);
        mean and worst way and what cannot reach a station, where these are asked for.
    """
    question, found = today.question, dict[str, Any]()
    if question.limit is not None:
        cover = today.cover()
        found["covered_m"], found["share"] = cover.covered_m, cover.share
        if question.demand:
            covered, total = measure_share(cover, today.counted)
            found["covered"] = covered
            found["share"] = covered / total if total > 0 else 0.0
    if question.objective in {"mean", "worst"}:
        curve = today.reach().curve(today.counted)
        spread = measure_spread(curve)
        found["mean_m"], found["worst_m"] = spread.mean, spread.most
        found["unreachable"] = spread.unreachable
    return found
