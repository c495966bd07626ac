"""One question for the nearest stations, put together: who is looked for, when, and how far.

The view asks it. Where hours do not matter the order is by length of the way; with `at`, `stay_min`
or `open_only` it is by travel time among what is open on arrival (see `locator.open_nearest`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrival import Visit
from locator.modes import find_mode
from locator.moments import NOW, find_moment
from locator.nearest import Nearest, find_nearest
from locator.needs import NIGHT, NO_NEEDS, Choice, Needs, choose_stations, parse_needs
from locator.open_nearest import find_visited
from locator.situations import situation_mask
from locator.sweep import find_leading_streets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from locator.arrays import Floats
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.version import CityVersion


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the nearest stations; all but the points.

    Parameters
    ----------
    k, kind, mode, within_m, datum, connected
        As in `CityView.nearest`.
    needs
        What a station must offer.
    visit
        When one leaves and how long a station must be open; None where hours do not matter.
    timed
        Whether the order is by time where there is no limit to say so.
    ways
        Whether the ways of a single point are followed at once, for whoever wants them.
    """

    k: int = 1
    kind: str | None = None
    mode: str = "walk"
    within_m: float | str = np.inf
    datum: str = "wgs84"
    connected: bool = False
    needs: Needs = NO_NEEDS
    visit: Visit | None = None
    timed: bool = False
    ways: bool = True


def make_visit(
    at: str | datetime | None, *, stay_min: float, open_only: bool, zone: str, label: bool = False
) -> Visit | None:
    """The visit that some options mean; None where they say nothing of hours.

    Parameters
    ----------
    at
        As for `locator.moments.find_moment`; now where hours matter and it is left out.
    label
        Label answers with what is open even where nothing is said of hours.

    Raises
    ------
    InputError
        The time is not understood, or the stay is too long or negative.
    """
    ranked = at is not None or open_only or stay_min != 0
    if not ranked and not label:
        return None
    when = find_moment(NOW if at is None else at, zone=zone)
    return Visit(when, stay_min, ranked=ranked, open_only=open_only)


def choose(view: CityVersion, question: Question) -> Choice:
    """Which stations of the kind serve the needs, and how many are left out; kept by the view.

    What the mode requires (a truck: room to park it) is a need like any other.
    """
    needs = question.needs
    if required := tuple((code,) for code in find_mode(question.mode).requires):
        needs = replace(needs, groups=(*needs.groups, *required))

    def choose_now() -> Choice:
        usable = view.stations.is_usable & view.stations.is_kind(question.kind)
        night = situation_mask(view.stations, view.timetable, NIGHT).told() if needs.night else None
        return choose_stations(view.stations, needs, usable, night=night)

    kept: Choice = view.kept(("choice", question.kind, needs), choose_now)
    return kept


def ask_nearest(view: CityVersion, points: ArrayLike, question: Question) -> Nearest:
    """The answer for some points in degrees.

    Raises
    ------
    InputError
        A limit, k or datum that cannot be, or a point without finite coordinates.
    NotFoundError
        No such kind or mode.
    """
    network, placement, limit = place_question(view, question)
    allowed = None
    if question.connected:
        key = ("leading", question.kind, question.mode, question.needs)
        allowed = view.kept(key, lambda: find_leading_streets(network, placement))

    def find(points_xy_m: Floats, k: int, within: float) -> Nearest:
        return find_nearest(
            network,
            placement,
            points_xy_m,
            stations_xy_m=view.stations.xy_m,
            k=k,
            within_m=within,
            snap_limit_m=view.config.person_snap_m,
            allowed=allowed,
            keep_ways=question.ways and len(points_xy_m) == 1 and not ranked,
        )

    ranked = question.visit is not None and question.visit.ranked
    xy = view.to_xy(points, datum=question.datum)
    if question.visit is None:
        return find(xy, question.k, limit)
    timed = network.timed or network is view.network(question.mode, timed=True)
    return find_visited(
        find, xy, timetable=view.timetable, disputed=view.stations.disputed,
        visit=question.visit, k=question.k, within_m=limit, by_time=timed,
    )  # fmt: skip


def place_question(view: CityVersion, question: Question) -> tuple[StreetNetwork, Placement, float]:
    """The network a question is measured on, its stations there, and its limit in cost.

    Without a limit, a question that ranks by time is measured in time, any other in metres.
    """
    if question.within_m == np.inf:
        network, limit = view.network(question.mode, timed=question.timed), np.inf
    else:
        network, limit = view.metric(question.within_m, question.mode)
    mode, kind, needs, timed = question.mode, question.kind, question.needs, network.timed
    chosen = choose(view, question)
    if not needs.any and not chosen.staff_only:
        return network, view.placement(kind=kind, mode=mode, timed=timed), limit
    placement: Placement = view.kept(
        ("placement", kind, mode, timed, needs),
        lambda: view.placement(kind=kind, mode=mode, timed=timed, among=chosen.mask),
    )
    return network, placement, limit


def parse_question(
    zone: str,
    *,
    at: str | datetime | None = None,
    stay_min: float = 0.0,
    open_only: bool = False,
    need: Iterable[str] = (),
    label: bool = False,
    **asked: Any,
) -> Question:
    """A question from options as people give them.

    Parameters
    ----------
    zone
        The city's time zone.
    at, stay_min, open_only, label
        As for `make_visit`.
    need
        As for `parse_needs`.
    asked
        Other fields of `Question`.

    Raises
    ------
    InputError
        A time, a stay or a need that cannot be.
    """
    visit = make_visit(at, stay_min=stay_min, open_only=open_only, zone=zone, label=label)
    timed = visit is not None and visit.ranked
    return Question(needs=parse_needs(need), visit=visit, timed=timed, **asked)
