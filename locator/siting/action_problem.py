"""Actions made into one problem of coverage: its columns are actions, its rows pieces and hours.

Streets are cut at the ends of what every station and every action reaches, so that no piece is
partly covered (see `cover_rows`). Each class of hours has its own copy of the pieces, in which
only who is open then covers. What the stations that stay cover already is left out, or, where
several have to be in reach, needs that many fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.coverage import measure_coverage
from locator.errors import InputError, NotFoundError
from locator.moments import local_now
from locator.placement import Placement, place_snapped
from locator.placing import select_stations, snap_stations
from locator.siting.actions import KEEP, Action
from locator.siting.cover_rows import CoverRows, cut_rows
from locator.siting.hour_classes import WEEK, HourClasses, read_moments, sort_moments, whole_week
from locator.siting.problem import Problem
from locator.siting.reaching import Searcher
from locator.siting.stretches import find_all, measure_share
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork
    from locator.siting.action_question import ActionQuestion
    from locator.version import CityVersion

MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ActionProblem:
    """A question of actions, ready to be solved.

    Parameters
    ----------
    network, limit
        Of the mode, at the cost in which the limit is given.
    standing
        Rows of the stations that stay as they are.
    places
        Where the stations that stay, and then the actions, stand.
    classes
        Who of these is open when.
    rows
        The pieces of street.
    problem
        None where nothing is left to gain.
    total, before : float
        What counts, and what of it is covered with the stations that stay; mean over the hours.
    area_total, area_before : (areas,)
        The same by district.
    today : float
        What is covered today, with the stations that may be closed.
    now
        Local time that days of the week were counted from.
    """

    version: CityVersion
    question: ActionQuestion
    actions: tuple[Action, ...]
    network: StreetNetwork
    limit: float
    counted: Counted
    standing: Ints
    places: Snapped
    classes: HourClasses
    rows: CoverRows
    problem: Problem | None
    total: float
    before: float
    area_total: Floats
    area_before: Floats
    today: float
    now: datetime

    @property
    def groups(self) -> tuple[str, ...]:
        """Group of each action."""
        return tuple(action.group for action in self.actions)

    def measure(self, chosen: Ints) -> float:
        """What is covered with some actions, measured by the exact coverage of each class.

        The independent way: it knows neither pieces nor rows.
        """
        stay = np.arange(len(self.standing))
        covered = 0.0
        for number, weight in enumerate(self.classes.weight.tolist()):
            served = np.union1d(stay, len(self.standing) + np.asarray(chosen, np.int64))
            there = served[self.classes.open[number][served]].astype(np.int64)
            covered += weight * self._cover(there)
        return covered

    def _cover(self, there: Any) -> float:
        placed = _place(self.network, self.places, there)
        cover = measure_coverage(
            self.network, placed, self.limit, depth=self.question.depth, depths=False
        )
        return measure_share(cover, self.counted)[0]


def pose_actions(
    version: CityVersion,
    question: ActionQuestion,
    actions: Sequence[Action],
    *,
    now: datetime | None = None,
) -> ActionProblem:
    """Make the problem of a question.

    Parameters
    ----------
    actions
        What may be done; a station with a "keep" among them is closed unless it is kept.
    now
        Local time that days of the week are counted from; the clock's where left out.

    Raises
    ------
    InputError
        No action, hours or floors that are not understood, or too many rows.
    NotFoundError
        A district, demand or kind is not known.
    """
    if not actions:
        raise InputError("there is nothing to choose from: no candidate and no station qualifies")
    ordered = tuple(sorted(actions, key=lambda one: (one.group, one.verb, one.code, one.cost)))
    network, limit = version.metric(question.within, question.mode)
    counted, now = _count(version, question), now or local_now(version.config.time_zone)
    standing, places, classes = _gather(version, question, ordered, now)
    stretches = find_all(network, counted)
    wanted = np.zeros(len(network.streets), bool)
    wanted[stretches.street] = True
    placed = _place(network, places, np.arange(len(places)))
    far = np.full(len(network.streets.node_xy_m), np.inf)
    rows = cut_rows(stretches, Searcher(network, placed, far, limit).reaches(wanted), len(places))
    have = _count_open(rows, classes, len(standing))
    areas = len(counted.areas)
    done = have >= question.depth
    weight = rows.weight * classes.weight[:, None]
    area_total = np.bincount(
        stretches.area[stretches.area >= 0], weights=stretches.worth[stretches.area >= 0],
        minlength=areas,
    )[:areas]  # fmt: skip
    area_before = np.zeros(areas)
    inside = rows.area >= 0
    np.add.at(area_before, rows.area[inside], np.where(done, weight, 0.0).sum(axis=0)[inside])
    return ActionProblem(
        version, question, ordered, network, limit, counted, standing, places, classes, rows,
        _make(question, ordered, counted, (rows, classes, have, weight),
              (area_total, area_before)),
        float(stretches.worth.sum()), float(np.where(done, weight, 0.0).sum()),
        frozen(area_total), frozen(area_before), _measure_today(rows, classes, ordered, question,
                                                                len(standing), weight), now,
    )  # fmt: skip


def _count(version: CityVersion, question: ActionQuestion) -> Counted:
    """What counts, by district where there are floors, weighted by class of street."""
    by = "district" if question.floors else ""
    counted = version.counted(by=by, demand=question.demand)
    if not question.classes:
        return counted
    streets = version.streets
    absent = set(question.classes) - set(streets.classes)
    if absent:
        raise NotFoundError(
            f"no street of class {min(absent)!r}: choose {', '.join(sorted(set(streets.classes)))}"
        )
    factor = np.array([question.classes.get(name, 1.0) for name in streets.classes])
    return replace(
        counted, weight=frozen(counted.weight * factor[streets.class_code[counted.street]])
    )


def _gather(
    version: CityVersion, question: ActionQuestion, actions: Sequence[Action], now: datetime
) -> tuple[Ints, Snapped, HourClasses]:
    """The stations that stay, where all stand, and the classes of hours."""
    stations = version.stations
    leaving = {one.code for one in actions if one.verb == KEEP}
    chosen = np.array(select_stations(stations, question.kind, question.mode))
    chosen &= np.array([code not in leaving for code in stations.code], bool)
    snapped = snap_stations(version, question.mode)
    standing = np.flatnonzero(chosen & (snapped.street >= 0)).astype(np.int32)
    places = Snapped(
        frozen([*snapped.street[standing], *(one.street for one in actions)], np.int32),
        frozen([*snapped.offset_m[standing], *(one.offset_m for one in actions)], np.float64),
        frozen([*snapped.snap_m[standing], *(one.snap_m for one in actions)], np.float64),
    )
    hours = [stations[row].opening for row in standing.tolist()] + [one.hours for one in actions]
    if question.hours.strip() == WEEK:
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        moments = whole_week(hours, day - timedelta(days=day.weekday()))
    elif question.hours:
        moments = read_moments(question.hours, zone=version.config.time_zone, now=now)
    else:
        moments = []
    return frozen(standing), places, sort_moments(moments, hours)


def _place(network: StreetNetwork, places: Snapped, rows: Any) -> Placement:
    some = Snapped(
        frozen(places.street[rows], np.int32), frozen(places.offset_m[rows]),
        frozen(places.snap_m[rows]),
    )  # fmt: skip
    return place_snapped(network, some, np.arange(len(rows), dtype=np.int32))


def _count_open(rows: CoverRows, classes: HourClasses, standing: int) -> Any:
    """(classes, rows) how many stations that stay reach each piece and are open."""
    there = rows.covers[:, :standing].astype(np.int32)
    if not standing:
        return np.zeros((len(classes), rows.covers.shape[0]), np.int32)
    return np.stack([there @ is_open[:standing].astype(np.int32) for is_open in classes.open])


def _measure_today(
    rows: CoverRows, classes: HourClasses, actions: Sequence[Action], question: ActionQuestion,
    standing: int, weight: Any,
) -> float:  # fmt: skip
    """What is covered with all that stands, the stations that may be closed among it."""
    kept = [standing + i for i, one in enumerate(actions) if one.verb == KEEP]
    there = np.concatenate((np.arange(standing), np.array(kept, np.int64)))
    covers = rows.covers[:, there].astype(np.int32)
    total = 0.0
    for number, is_open in enumerate(classes.open):
        count = covers @ is_open[there].astype(np.int32)
        total += float(weight[number][count >= question.depth].sum())
    return total


def _make(
    question: ActionQuestion,
    actions: Sequence[Action],
    counted: Counted,
    parts: tuple[CoverRows, HourClasses, Any, Any],
    areas: tuple[Any, Any],
) -> Problem | None:
    """The rows of all classes, one under the other, with what limits the choice."""
    from scipy.sparse import vstack

    rows, classes, have, weight = parts
    first = len(classes.open[0]) - len(actions)
    blocks, weights, needs, area = [], [], [], []
    for number, is_open in enumerate(classes.open):
        cover = rows.covers[:, first:].tocsc()
        mine = is_open[first:]
        cover = cover.multiply(mine[None, :]).tocsr()
        cover.eliminate_zeros()
        left = np.flatnonzero((have[number] < question.depth) & (np.diff(cover.indptr) > 0))
        blocks.append(cover[left])
        weights.append(weight[number][left])
        needs.append(question.depth - have[number][left])
        area.append(rows.area[left])
    total = sum(len(one) for one in weights)
    if total > MOST_ROWS:
        raise InputError(
            f"{len(classes)} classes of hours make {total:,} rows, at most {MOST_ROWS:,} fit: "
            "name fewer hours, or give a shorter limit"
        )
    if not total:
        return None
    floors, of_row = _read_floors(question, counted, areas, np.concatenate(area))
    return Problem.max_cover(
        vstack(blocks).astype(bool), np.concatenate(weights),
        None if question.most is None else min(question.most, len(actions)),
        site_costs=[one.cost for one in actions],
        budget=np.inf if question.budget is None else question.budget,
        need=np.concatenate(needs), areas=of_row if len(floors) else None, floors=floors,
    )  # fmt: skip


def _read_floors(
    question: ActionQuestion, counted: Counted, areas: tuple[Floats, Floats], area: Ints
) -> tuple[list[float], Ints]:
    """What each district still lacks to its floor, and the floor of each row."""
    if not question.floors:
        return [], area
    number = {code: i for i, code in enumerate(counted.areas)}
    for name in question.floors:
        if name not in number:
            raise NotFoundError(f"no district {name!r}: choose {', '.join(counted.areas)}")
    floors = np.zeros(len(counted.areas))
    for name, share in question.floors.items():
        i = number[name]
        floors[i] = max(share * areas[0][i] - areas[1][i], 0.0)
    return floors.tolist(), area
