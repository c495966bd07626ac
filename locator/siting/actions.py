"""What may be done for a city beside building: keep longer open, make over, move, close.

An action is a place that serves in certain hours at a certain cost. So one problem weighs them all:
its columns are actions, and a plan is a set of them. Whoever may close or move a station makes
keeping it an action too, that costs what it costs to run; the plan that leaves it out closes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from locator.errors import InputError, NotFoundError
from locator.hours import Hours, Rule, read_hours
from locator.modes import find_mode
from locator.placing import snap_stations

if TYPE_CHECKING:
    from locator.siting.candidates import Candidates
    from locator.snapping import Snapped
    from locator.version import CityVersion

BUILD, EXTEND, UPGRADE, MOVE, KEEP = "build", "extend", "upgrade", "move", "keep"
_DAY_MIN, _ALL_WEEK = 1440, 127
ALWAYS = Hours((Rule(_ALL_WEEK, 0, _DAY_MIN),), known=True)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may be done.

    Parameters
    ----------
    verb
        "build", "extend", "upgrade", "move" or "keep".
    code
        Of the candidate or station that it is done to; a move has that of the new place.
    group
        At most one action of a group is done: that of one station, or of one candidate.
    street, offset_m, snap_m
        Where it serves, as a station stands.
    hours
        When it serves once it is done.
    cost
        Yuan, or any unit that all share.
    name
        What people call the place.
    """

    verb: str
    code: str
    group: str
    street: int
    offset_m: float
    hours: Hours
    cost: float = 1.0
    snap_m: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cost) and self.cost >= 0):
            raise InputError(
                f"{self.verb} {self.code}: the cost is {self.cost}, expected zero or more"
            )

    @property
    def label(self) -> str:
        """Verb and code: what tells it from all others."""
        return f"{self.verb} {self.code}"


def build_actions(candidates: Candidates, *, cost: float | None = None) -> list[Action]:
    """Build a station at each candidate; one whose hours are not known is taken to be always open.

    Parameters
    ----------
    cost
        Of those whose candidate tells none; 1 where that is left out too.
    """
    found = []
    for row in range(len(candidates)):
        told = read_hours(candidates.hours[row]).hours if candidates.hours else Hours()
        usual = 1.0 if cost is None else cost
        own = float(candidates.cost[row]) if len(candidates.cost) else usual
        label = candidates.label(row)
        found.append(Action(
            BUILD, label, f"place {label}", int(candidates.street[row]),
            float(candidates.offset_m[row]), told if told.known else ALWAYS, own,
            name=candidates.name[row] if candidates.name else "",
        ))  # fmt: skip
    return found


def extend_actions(
    version: CityVersion, *, until_min: int, cost: float, kind: str | None = None,
    codes: Iterable[str] = (), mode: str = "walk",
) -> list[Action]:  # fmt: skip
    """Keep stations open longer on the days on which they are open.

    Parameters
    ----------
    until_min
        Minutes since midnight: 22:00 is 1320, and 1440 is all day and night.
    codes
        Only these stations; all of the kind otherwise.

    Returns
    -------
    list of Action
        None for stations whose hours are unknown or that are open so long already.
    """
    if not 0 < until_min <= _DAY_MIN:
        raise InputError(f"until: expected a time from 00:01 to 24:00, got {until_min} minutes")
    rows = _usable_rows(version, kind, codes)
    found = []
    for row, place in _placed(version, rows, mode):
        station = version.stations[row]
        longer = extend_hours(station.opening, until_min)
        if longer is not None:
            found.append(Action(
                EXTEND, station.code, f"station {station.code}", *place[:2], longer, cost,
                place[2], station.name,
            ))  # fmt: skip
    return found


def extend_hours(hours: Hours, until_min: int) -> Hours | None:
    """Hours that last until a time of day; None where they are unknown or last so long already."""
    if not hours.known or not hours.rules:
        return None
    if until_min == _DAY_MIN:
        rules: tuple[Rule, ...] = ALWAYS.rules
    else:
        rules = tuple(
            replace(rule, close_min=until_min, type="extended")
            if rule.close_min < until_min and _is_last(rule, hours.rules)
            else rule
            for rule in hours.rules
        )
    return None if rules == hours.rules else replace(hours, rules=rules)


def _is_last(rule: Rule, rules: tuple[Rule, ...]) -> bool:
    """Whether no other rule begins later on one of the same days."""
    return not any(
        other.weekdays & rule.weekdays and other.open_min > rule.open_min for other in rules
    )


def upgrade_actions(
    version: CityVersion, *, kind: str, cost: float, codes: Iterable[str] = (), mode: str = "walk"
) -> list[Action]:
    """Make stations of other kinds serve as this kind too, in their own hours where known."""
    stations = version.stations
    others = np.flatnonzero(stations.is_usable & ~np.asarray(stations.is_kind(kind)))
    wanted = set(codes)
    rows = [r for r in others.tolist() if not wanted or stations.code[r] in wanted]
    found = []
    for row, place in _placed(version, rows, mode):
        station = stations[row]
        hours = station.opening if station.opening.known else ALWAYS
        found.append(Action(
            UPGRADE, station.code, f"station {station.code}", *place[:2], hours, cost, place[2],
            station.name,
        ))  # fmt: skip
    return found


def keep_actions(
    version: CityVersion, running: Mapping[str, float], *, mode: str = "walk"
) -> list[Action]:
    """Keep stations that may be closed, at what each costs; unknown hours never serve."""
    rows = _usable_rows(version, None, running) if running else []
    return [
        Action(
            KEEP, version.stations.code[row], f"station {version.stations.code[row]}", *place[:2],
            version.stations[row].opening, running[version.stations.code[row]], place[2],
            version.stations[row].name,
        )
        for row, place in _placed(version, rows, mode)
    ]  # fmt: skip


def move_actions(keep: Iterable[Action], candidates: Candidates, *, cost: float) -> list[Action]:
    """Move stations that may be closed to each candidate, with their hours.

    Parameters
    ----------
    cost
        Of moving one and running it there.
    """
    return [
        Action(
            MOVE, candidates.label(row), one.group, int(candidates.street[row]),
            float(candidates.offset_m[row]), one.hours, cost, name=one.name,
        )
        for one in keep
        for row in range(len(candidates))
    ]  # fmt: skip


def _usable_rows(version: CityVersion, kind: str | None, codes: Iterable[str]) -> list[int]:
    stations, wanted = version.stations, set(codes)
    usable = np.asarray(stations.is_usable)
    if kind is not None:
        usable = usable & np.asarray(stations.is_kind(kind))
    missing = wanted - set(stations.code)
    if missing:
        raise NotFoundError(f"no station with code {min(missing)!r}")
    return [
        row
        for row in np.flatnonzero(usable).tolist()
        if not wanted or stations.code[row] in wanted
    ]  # fmt: skip


def _placed(
    version: CityVersion, rows: Iterable[int], mode: str
) -> list[tuple[int, tuple[int, float, float]]]:
    """The rows that stand on the streets, and where: street, offset and snap."""
    snapped: Snapped = snap_stations(version, find_mode(mode).snap or mode)
    return [
        (row, (int(snapped.street[row]), float(snapped.offset_m[row]), float(snapped.snap_m[row])))
        for row in rows
        if snapped.street[row] >= 0
    ]
