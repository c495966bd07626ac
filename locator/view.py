"""Where questions are asked: `CityView`, one immutable version of a city with its answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from locator.version import CityVersion, Report

if TYPE_CHECKING:
    from locator.arrays import Bools
    from locator.coverage import Coverage
    from locator.curve import Curve
    from locator.islands import Islands
    from locator.losses import Losses
    from locator.nearest import Nearest
    from locator.reach import Reach
    from locator.reach_area import ReachArea
    from locator.rest import Rest
    from locator.siting.candidates import Candidates
    from locator.siting.plan import Plan
    from locator.siting.planning import Effort
    from locator.siting.solution import Stop
    from locator.situations import Fitness
    from locator.spread import Spread
    from locator.week import Week
    from locator.whatif import WhatIf


class CityView(CityVersion):
    """A version of a city that answers; safe to share between threads, and results are kept.

    Parameters are those of `CityVersion`.
    """

    def nearest(  # noqa: PLR0913  (each is a word of the question)
        self,
        points: ArrayLike,
        *,
        k: int = 1,
        kind: str | None = None,
        mode: str = "walk",
        within_m: float | str = np.inf,
        datum: str = "wgs84",
        connected: bool = False,
        at: str | datetime | None = None,
        stay_min: float = 0.0,
        open_only: bool = False,
        need: Iterable[str] = (),
    ) -> Nearest:
        """The k stations with the shortest way along streets from each point.

        With `at`, `stay_min` or `open_only` the order is by travel time: open on arrival and long
        enough, then of unknown hours, then closed.

        Parameters
        ----------
        points : (q, 2) or (2,) longitude, latitude in `datum`
        within_m
            Metres, or a time such as "15min" at the mode's speed; inclusive.
        connected
            Start from the nearest street that leads to a station, not from the nearest street.
        at
            Time of leaving: now, an ISO time, "Sun 03:00", or a local time of the city.
        stay_min, open_only
            Minutes that a station must stay open; leave out those not known to be open so long.
        need
            What it must offer, see `locator.needs.parse_needs`.

        Returns
        -------
        Nearest
            `index` counts in `stations`; `arrivals` tells of the doors where hours were asked for.
        """
        from locator.nearest_question import ask_nearest, parse_question

        question = parse_question(
            self.config.time_zone, at=at, stay_min=stay_min, open_only=open_only, need=need,
            k=k, kind=kind, mode=mode, within_m=within_m, datum=datum, connected=connected,
        )  # fmt: skip
        return ask_nearest(self, points, question)

    def islands(self, cover: Coverage, *, kind: str | None = None) -> Islands:
        """The pieces of street that a coverage of this view found unreachable."""
        from locator.islands import find_islands

        return find_islands(cover, self._connected_streets(kind, cover.network.mode.code))

    def _connected_streets(self, kind: str | None, mode: str) -> Bools:
        """Streets from some part of which a selected station can be reached."""
        cover = self.kept(("reachable", kind, mode), lambda: self._reachable(kind, mode))
        return np.asarray(cover)

    def _reachable(self, kind: str | None, mode: str) -> Bools:
        from locator.sweep import find_leading_streets

        return find_leading_streets(self.network(mode), self.placement(kind=kind, mode=mode))

    def coverage(
        self,
        *,
        within_m: float | str,
        kind: str | None = None,
        mode: str = "walk",
        depth: int = 1,
        situation: str = "",
        possible: bool = False,
    ) -> Coverage:
        """Which streets are within the limit of at least `depth` stations; exact lengths.

        With a `situation`, only stations that help in it for certain count (`in_situation`);
        `possible` takes in those of which it is not known, for the other end of the range.
        """
        from locator.coverage import measure_coverage

        network, limit = self.metric(within_m, mode)
        among = self.in_situation(situation).end(high=possible) if situation else None
        placement = self.placement(kind=kind, mode=mode, timed=network.timed, among=among)

        def measure() -> Coverage:
            known = None if situation else self._known(("reach", kind, mode, network.timed))
            if known is not None and depth <= len(known.levels):
                known_already: Coverage = known.at(limit, depth)
                return known_already
            return measure_coverage(network, placement, limit, depth=depth)

        key = ("coverage", limit, kind, mode, depth, network.timed, situation, possible)
        kept: Coverage = self.kept(key, measure)
        # Not kept with it: a result that holds its city would keep the city alive.
        return replace(kept, districts=partial(self.counted, by="district"))

    def in_situation(self, code: str, *, at: datetime | None = None) -> Fitness:
        """Which stations help in heat, storm or at night: for certain, and possibly."""
        from locator.situations import situation_mask

        return situation_mask(self.stations, self.timetable, code, at=at)

    def reach(self, *, kind: str | None = None, mode: str = "walk", timed: bool = False) -> Reach:
        """How far every place on every street is from its three nearest stations.

        `timed` is as in `metric`, for limits in minutes. One sweep; then every limit is read off.
        """
        from locator.reach import build_reach

        network = self.network(mode, timed=timed)
        kept: Reach = self.kept(
            ("reach", kind, mode, network.timed),
            lambda: build_reach(network, self.placement(kind=kind, mode=mode, timed=network.timed)),
        )
        return kept

    def curve(
        self,
        *,
        kind: str | None = None,
        mode: str = "walk",
        depth: int = 1,
        timed: bool = False,
        demand: str = "",
    ) -> Curve:
        """What is within each limit of at least `depth` stations: exact at every limit."""
        reach = self.reach(kind=kind, mode=mode, timed=timed)
        kept: Curve = self.kept(
            ("curve", kind, mode, depth, reach.network.timed, demand),
            lambda: reach.curve(self.counted(demand=demand), depth),
        )
        return kept

    def spread(
        self,
        *,
        kind: str | None = None,
        mode: str = "walk",
        demand: str = "",
        limits: Iterable[float] = (),
    ) -> Spread:
        """Mean, median, nine tenths, farthest and Gini of the way to the nearest station."""
        from locator.spread import measure_spread

        return measure_spread(self.curve(kind=kind, mode=mode, demand=demand), limits)

    def rest(self, *, break_min: float = 20.0, kind: str | None = None, mode: str = "walk") -> Rest:
        """What is left of a break on each street, after the way to a station and back."""
        from locator.rest import measure_rest

        network = self.network(mode, timed=True)
        placement = self.placement(kind=kind, mode=mode, timed=network.timed)
        kept: Rest = self.kept(
            ("rest", break_min, kind, mode),
            lambda: measure_rest(network, placement, break_min),
        )
        return kept

    def reach_area(
        self,
        *,
        within_m: float | str,
        kind: str | None = None,
        mode: str = "walk",
        depth: int = 1,
        width_m: float = 25.0,
    ) -> ReachArea:
        """The ground around what is reached, for display: not over water, not over missed streets.

        Lengths and shares are never taken from it.
        """
        from locator.reach_area import draw_area

        network, limit = self.metric(within_m, mode)
        reach = self.reach(kind=kind, mode=mode, timed=network.timed)
        kept: ReachArea = self.kept(
            ("reach area", limit, kind, mode, depth, width_m, network.timed),
            lambda: draw_area(reach, limit, depth=depth, width_m=width_m, water=self.water),
        )
        return kept

    @cached_property
    def water(self) -> Any:
        """Lakes and rivers as one shape in the city's CRS; empty where none is known."""
        from locator.reach_area import read_water

        return read_water(self.store.water_path, self.store.projection.to_xy)

    def week(
        self,
        within_m: float | str,
        *,
        kind: str | None = None,
        mode: str = "walk",
        demand: str = "",
        report: Report | None = None,
        **more: Any,
    ) -> Week:
        """The covered share of every hour; see `locator.week_measuring.ask_week` for `more`."""
        from locator.moments import local_now
        from locator.week_measuring import ask_week

        more.setdefault("on", local_now(self.config.time_zone).date())
        asked: dict[str, Any] = {"kind": kind, "mode": mode, "demand": demand, **more}
        kept: Week = self.kept(
            ("week", within_m, repr(asked)),
            lambda: ask_week(self, within_m, report=report, **asked),
        )
        return kept

    def losses(
        self,
        within_m: float | str,
        *,
        kind: str | None = None,
        mode: str = "walk",
        demand: str = "",
        report: Report | None = None,
        **more: Any,
    ) -> Losses:
        """What the closing of each station loses; see `locator.losses.ask_losses` for `more`."""
        from locator.losses import ask_losses

        asked: dict[str, Any] = {"kind": kind, "mode": mode, "demand": demand, **more}
        return ask_losses(self, within_m, report=report, **asked)

    def whatif(
        self,
        within_m: float | str,
        *,
        kind: str | None = None,
        mode: str = "walk",
        by: str = "",
        demand: str = "",
    ) -> WhatIf:
        """The city ready to be tried with a station more or less; this view is unchanged."""
        from locator.whatif import start_whatif

        network, limit = self.metric(within_m, mode)
        placement = self.placement(kind=kind, mode=mode, timed=network.timed)
        kept: WhatIf = self.kept(
            ("whatif", limit, kind, mode, network.timed, by, demand),
            lambda: start_whatif(
                network,
                placement,
                limit,
                self.counted(by=by, demand=demand),
                [self.stations.code[row] for row in placement.rows.tolist()],
            ),
        )
        return kept

    def plan(  # noqa: PLR0913  (each is a word of the question)
        self,
        *,
        new: int | None = None,
        within_m: float | str | None = None,
        objective: str = "coverage",
        kind: str | None = None,
        mode: str = "walk",
        candidates: Candidates | None = None,
        effort: Effort | None = None,
        report: Report | None = None,
        should_stop: Stop | None = None,
        **more: Any,
    ) -> Plan:
        """Where new stations should stand, in build order, with a bound that no plan can pass.

        Parameters
        ----------
        new, within_m, objective
            How many, within which limit, for what: "coverage", "sites" (fewest for all or a
            share), "mean" or "worst" way.
        candidates
            Where sites may stand; None for crossings and points on streets.
        effort
            Time, rounds, seed and sites to begin with.
        **more
            Other words of `siting.question.PlanQuestion`: demand, share, decay, keep, forbid, at.
        """
        from locator.siting.planning import make_plan
        from locator.siting.question import ask

        question = ask(objective=objective, new=new, within=within_m, kind=kind, mode=mode, **more)
        return make_plan(
            self, question, candidates=candidates, effort=effort, report=report,
            should_stop=should_stop,
        )  # fmt: skip
