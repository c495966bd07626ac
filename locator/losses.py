"""Which closing hurts most: of a station, of two, of a host, at any hour of the week.

What lies within the limit of one station only is lost when it closes (`locator.alone`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from locator.alone import measure_losses, measure_pairs, open_only
from locator.arrays import Bools, Floats, Ints, frozen
from locator.errors import InputError
from locator.gates import Gates, cities_through
from locator.hours.timetable import CLOSED, OPEN, UNKNOWN, States
from locator.openings import Openings, find_openings, ordinary_days, usual_hours

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.version import CityVersion

Report = Callable[[float, str], None]
Stand = tuple["StreetNetwork", "Placement", float, "Counted"]
"""Network, stations on it, the limit in its cost, and what counts."""
LISTED_PAIRS = 20
NOTHING_LOST_M = 1e-3  # less than a millimetre is nothing
_WEEK_HOURS = 168


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stations that stand in for each other.

    Parameters
    ----------
    codes
        Of the two.
    lost
        What both closing lose together.
    beyond
        How much of that neither loses alone.
    """

    codes: tuple[str, str]
    lost: float
    beyond: float


@dataclass(frozen=True, slots=True, eq=False)
class Hourly:
    """Losses through an ordinary week; where nobody knows its hours a station counts as closed.

    Parameters
    ----------
    lost : (m, areas + 1)
        Unit-hours a week: what each station alone covers, times how long it does.
    idle : (m,) int8
        1 where the station never covers anything alone: then it may move and nothing is lost at
        any hour, as long as the others stay. 0 where it does; -1 where its own hours are not fully
        known.
    sure : (m,) bool
        Whether its own hours are fully known; where not, `lost` is the least that it may be.
    """

    lost: Floats
    idle: States
    sure: Bools


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Losses:
    """What the closing of each station loses.

    Parameters
    ----------
    within_m
        The limit, in the network's cost.
    codes
        The stations, ascending.
    lost : (m, areas + 1)
        If every station were open; the last column lies in no area.
    areas, unit
        Codes of the areas, and what is counted.
    hourly
        Through the week, where asked for.
    pairs
        The pairs that lose most beyond what each loses alone, worst first.
    hosts
        What the closing of all stations of one host loses, worst first: host, its stations, lost.
    """

    within_m: float
    codes: tuple[str, ...]
    lost: Floats
    areas: tuple[str, ...]
    unit: str
    hourly: Hourly | None
    pairs: tuple[Pair, ...]
    hosts: tuple[tuple[str, tuple[str, ...], float], ...]

    @override
    def __repr__(self) -> str:
        return f"<Losses: {len(self.codes)} stations, {self.alone.sum():,.0f} {self.unit} at risk>"

    @property
    def alone(self) -> Floats:
        """(m,) what each station's closing loses everywhere."""
        return np.asarray(self.lost.sum(axis=1))

    def order(self) -> Ints:
        """Rows worst first; equal ones (to the thousandth) by code."""
        return np.lexsort((np.arange(len(self.codes)), -np.round(self.alone, 3))).astype(np.int32)

    def of(self, code: str) -> float:
        """What one station's closing loses."""
        try:
            return float(self.alone[self.codes.index(code)])
        except ValueError:
            raise InputError(f"station {code!r} is not among those in this question") from None

    def to_document(self) -> dict[str, Any]:
        """The JSON of `locator losses`."""
        alone = self.alone
        rows = []
        for i in self.order().tolist():
            row: dict[str, Any] = {"code": self.codes[i], "lost_m": round(float(alone[i]), 3)}
            if self.hourly is not None:
                row["lost_hours"] = round(float(self.hourly.lost[i].sum()), 3)
                row["hours_known"] = bool(self.hourly.sure[i])
                row["may_move"] = {1: True, 0: False}.get(int(self.hourly.idle[i]))
            if self.areas:
                row["districts"] = {
                    code: round(float(self.lost[i, area]), 3)
                    for area, code in enumerate(self.areas)
                    if self.lost[i, area] > NOTHING_LOST_M
                }
            rows.append(row)
        return {
            "within_m": self.within_m,
            "unit": self.unit,
            "stations": rows,
            "pairs": [
                {"codes": list(pair.codes), "lost_m": round(pair.lost, 3),
                 "beyond_m": round(pair.beyond, 3)}
                for pair in self.pairs
            ],
            "hosts": [
                {"host": host, "stations": list(codes), "lost_m": round(lost, 3)}
                for host, codes, lost in self.hosts
            ],
        }  # fmt: skip


def ask_losses(  # noqa: PLR0913  (each is a word of the question)
    view: CityVersion,
    within: float | str,
    *,
    kind: str | None = None,
    mode: str = "walk",
    by: str = "",
    demand: str = "",
    hosts: Mapping[str, str] | None = None,
    hourly: bool = False,
    on: date | None = None,
    report: Report | None = None,
) -> Losses:
    """The losses of a city.

    Parameters
    ----------
    hosts
        Host by code of the station; those of no known host are left out of the ranking of hosts.
    hourly
        Also through an ordinary week: a sweep for each distinct set of open stations and gates.
    on
        As in `locator.week_measuring.ask_week`.
    """
    from locator.moments import local_now

    network, placement, limit, counted = _stand(view, within, kind, mode, by, demand)
    codes = tuple(view.stations.code[row] for row in placement.rows.tolist())
    lost = measure_losses(network, placement, limit, counted)
    through = None
    if hourly:
        day, days = on or local_now(view.config.time_zone).date(), ordinary_days()
        rows = placement.rows
        hours = usual_hours([view.stations.opening[row] for row in rows.tolist()], day)
        openings = find_openings(hours, days, doubted=view.stations.disputed[rows])
        cities, (gates,) = cities_through(view, [days], mode, on=day)
        stands = [_stand(city, within, kind, mode, by, demand) for city in cities]
        through = measure_hourly(stands, openings, gates, report)
    return Losses(
        limit, codes, lost, counted.areas, counted.unit, through,
        find_pairs(network, placement, limit, counted, codes, lost),
        rank_hosts(network, placement, limit, counted, codes, hosts or {}),
    )  # fmt: skip


def _stand(
    view: CityVersion, within: float | str, kind: str | None, mode: str, by: str, demand: str
) -> Stand:
    network, limit = view.metric(within, mode)
    placement = view.placement(kind=kind, mode=mode, timed=network.timed)
    return network, placement, limit, view.counted(by=by, demand=demand)


def find_pairs(
    network: StreetNetwork,
    placement: Placement,
    limit: float,
    counted: Counted,
    codes: Sequence[str],
    lost: Floats,
    *,
    most: int = LISTED_PAIRS,
) -> tuple[Pair, ...]:
    """The pairs that lose most beyond what each of them loses alone; equal ones by code.

    Parameters
    ----------
    lost : (m, areas + 1)
        What `measure_losses` says of the same question.
    """
    one, two, beyond = measure_pairs(network, placement, limit, counted)
    alone = lost.sum(axis=1)
    order = np.lexsort((two, one, -np.round(beyond, 3)))[:most]
    return tuple(
        Pair((codes[i], codes[j]), float(alone[i] + alone[j] + more), more)
        for i, j, more in zip(
            one[order].tolist(), two[order].tolist(), beyond[order].tolist(), strict=True
        )
        if more > NOTHING_LOST_M
    )


def rank_hosts(
    network: StreetNetwork,
    placement: Placement,
    limit: float,
    counted: Counted,
    codes: Sequence[str],
    hosts: Mapping[str, str],
) -> tuple[tuple[str, tuple[str, ...], float], ...]:
    """What the closing of all stations of each host loses: host, codes, lost; worst first."""
    names = sorted({hosts[code] for code in codes if hosts.get(code)})
    if not names:
        return ()
    number = {name: i for i, name in enumerate(names)}
    group, free = np.empty(len(codes), np.int32), len(names)
    for row, code in enumerate(codes):
        known = number.get(hosts.get(code, ""))
        group[row] = free if known is None else known
        free += known is None  # without a host a station closes alone
    lost = measure_losses(network, placement, limit, counted, group=group).sum(axis=1)
    rows = [
        (name, tuple(code for code in codes if hosts.get(code) == name), float(lost[i]))
        for name, i in number.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-round(row[2], 3), row[0])))


def measure_hourly(
    stands: Sequence[Stand],
    openings: Openings,
    gates: Gates | None = None,
    report: Report | None = None,
) -> Hourly:
    """What each station alone covers through the days of `openings`, per week of 168 hours.

    Parameters
    ----------
    stands
        Network, placement, limit and what counts, under each set of barriers.
    gates
        When which of them holds; the first one always, unless given.
    """
    tell = report or (lambda _share, _text: None)
    shut = np.zeros(len(openings.minutes), np.int32)
    if gates is not None:
        openings, shut = gates.split(openings)
    _, placement, _, counted = stands[0]
    lost = np.zeros((len(placement), len(counted.areas) + 1))
    ever = np.zeros(len(placement), bool)
    held, of = np.unique(np.stack((shut, openings.series[0])), axis=1, return_inverse=True)
    minutes = np.bincount(of.reshape(-1), weights=openings.minutes)
    for done, (number, row) in enumerate(held.T.tolist()):
        network, placed, limit, worth = stands[number]
        alone = measure_losses(network, open_only(placed, openings.mask(row)), limit, worth)
        lost += alone * (minutes[done] / 60.0)
        ever |= alone.sum(axis=1) > NOTHING_LOST_M
        tell((done + 1) / len(minutes), f"{done + 1} of {len(minutes)} sets of stations")
    lost *= _WEEK_HOURS / (minutes.sum() / 60.0)
    idle = np.where(ever, CLOSED, OPEN).astype(np.int8)
    sure = ~openings.doubtful
    idle[~sure & ~ever] = UNKNOWN
    return Hourly(frozen(lost), frozen(idle), frozen(sure))
