"""A station changes its status: what the city loses by it, and where people should go instead.

A closed station stays in the registry. Its page names the nearest one that is still in use, and the
history keeps how much street lost its station when it closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from geodata.vocabulary import statuses, statuses_in_use
from locator.errors import InputError
from locator.registry.lifecycle import change_status

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Actor, Entry
    from locator.stations import Station
    from locator.view import CityView

PROMISE_M = 1000.0  # the radius that the national programme promises in key areas


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What a change of status did.

    Parameters
    ----------
    entry
        The station as it is now.
    lost_m
        Street that had a station of its kind within `PROMISE_M` on foot before and has none now;
        negative where the change brought some. None where the city has no streets yet.
    instead
        The nearest station of the same kind that is in use, and the way there in metres; None where
        there is none, or the station itself is in use.
    """

    entry: Entry
    lost_m: float | None
    instead: tuple[Station, float] | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `locator stations status`."""
        return {
            "code": self.entry.code,
            "status": self.entry.status,
            "lost_m": self.lost_m,
            "instead": describe_instead(self.instead),
        }


def move_to_status(
    city: City, code: str, to: str, *, by: Actor, on: date | None = None, reason: str = ""
) -> StatusChange:
    """Change the status of a station, with its history and its consequences.

    Parameters
    ----------
    on
        Day of the change; today where not given.
    reason
        Why; kept with the change, and beside the station where it closes.

    Raises
    ------
    NotFoundError
        There is no such station.
    InputError
        The status may not follow the present one, a reason is needed, or the day does not fit.
    """
    today = datetime.now(city.zone).date()
    known = statuses().find(to)
    if known is None:
        raise InputError(f"unknown status {to!r}; expected one of {', '.join(statuses().codes)}")
    lost: dict[str, float] = {}
    with city.registry() as registry:
        before = registry.entry(code)
        after = change_status(before, known, on=on or today, today=today, reason=reason)
        lost_m = _loss_of(city, before, after)
        if lost_m is not None:
            lost = {"lost_m": lost_m, "within_m": PROMISE_M}
        entry = registry.edit(
            code,
            lambda stored: change_status(stored, known, on=on or today, today=today, reason=reason),
            by=by,
            action="status",
            expected_version=before.version,
            counts=lost,
        )
    instead = None
    if known not in statuses_in_use() and _has_streets(city):
        instead = nearest_in_use(city.current(), code)
    return StatusChange(entry, lost_m, instead)


def nearest_in_use(view: CityView, code: str) -> tuple[Station, float] | None:
    """The nearest other station in use of the same kind, and the way there; None for none."""
    rows = [row for row, known in enumerate(view.stations.code) if known == code]
    if not rows:
        return None
    station = view.stations[rows[0]]
    near = view.nearest([station.lon_deg, station.lat_deg], k=2, kind=station.kind, connected=True)
    for row, metres in zip(near.index[0].tolist(), near.distance_m[0].tolist(), strict=True):
        if row >= 0 and view.stations.code[row] != code:
            return view.stations[row], metres
    return None


def describe_instead(instead: tuple[Station, float] | None) -> Mapping[str, Any] | None:
    """The station to go to instead, as JSON."""
    if instead is None:
        return None
    station, metres = instead
    return {"code": station.code, "name": station.name, "distance_m": round(metres, 3)}


def _loss_of(city: City, before: Entry, after: Entry) -> float | None:
    """Street that a change takes a station from; None where nothing can be measured."""
    used = statuses_in_use()
    if (before.status in used) == (after.status in used):
        return 0.0
    if not _has_streets(city):
        return None
    view = city.current()
    other = view.with_status({before.code: after.status})
    then, now = (
        version.coverage(within_m=PROMISE_M, kind=before.kind).covered_m
        for version in (view, other)
    )
    return round(then - now, 3)


def _has_streets(city: City) -> bool:
    return city.workspace.streets_folder() is not None
