"""The answer to "where is the nearest station" as a plain document, for commands and for the web.

Keys are those of the command-line contract; the others tell why, when and how, and stay too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.datum import to_wgs84
from locator.advice import Circumstances, advise
from locator.directions import VERBS, describe_route, detour_note
from locator.hours.timetable import CLOSED, OPEN, UNKNOWN
from locator.nearest import FOUND, OUTSIDE, UNREACHABLE, Nearest
from locator.nearest_question import Question, ask_nearest, choose, parse_question
from locator.pieces import locate_on_streets

if TYPE_CHECKING:
    from locator.arrays import Floats
    from locator.arrival import Arrivals, Visit
    from locator.view import CityView

_ANSWERS = {OPEN: True, CLOSED: False, UNKNOWN: None}


@dataclass(frozen=True, slots=True)
class Extras:
    """What an answer holds besides the stations.

    Parameters
    ----------
    routes
        The line of each way, its street names and its steps in words.
    accuracy_m
        Which stations may be the nearest when the position is only known to within so much.
    """

    routes: bool = False
    accuracy_m: float | None = None


def nearest_document(
    view: CityView,
    point: tuple[float, float],
    *,
    k: int = 3,
    extras: Extras | None = None,
    **asked: Any,
) -> dict[str, Any]:
    """The answer for one point, with what else may help where there is none.

    Parameters
    ----------
    point
        Longitude and latitude in the datum that is asked.
    asked
        As for `CityView.nearest`.

    Returns
    -------
    dict
        `results` in order; `below` the stations that are nearer, but not known to be open long
        enough; `left_out` how many were left out for the needs; `advice` what to do next where
        nothing was found. Where the nearest street leads to no station, `connected` tells the
        nearest street that does, and what can be reached from there.
    """
    extras = extras or Extras()
    question = parse_question(view.config.time_zone, label=True, k=k, ways=extras.routes, **asked)
    near = ask_nearest(view, point, question)
    connected = None
    if near.outcome[0] == UNREACHABLE and len(near.placement):
        connected = _connected(view, point, question, extras)
    below = _below(view, point, question, near)
    document = {
        "outcome": near.outcome[0],
        "snap_m": whole_mm(near.snap_m[0]),
        "results": _with_routes(view, near, nearest_rows(view, near, question=question), extras),
        "below": below,
        "connected": connected,
        "stations": len(near.placement),
        "left_out": choose(view, question).left_out,
        "at": question.visit.when.isoformat(timespec="seconds") if question.visit else None,
        "advice": _advice(view, point, question, near, connected=connected, below=below),
    }
    if extras.accuracy_m is not None:
        from locator.circle_answers import circle_document

        document["circle"] = circle_document(view, point, question, near, extras.accuracy_m)
    return document


def nearest_rows(
    view: CityView, near: Nearest, query: int = 0, *, question: Question | None = None
) -> list[dict[str, Any]]:
    """One row per station found, in order.

    `question` tells when one leaves, for the clock times of openings.
    """
    rows = []
    stations = view.stations
    found = near.index[query][near.index[query] >= 0]
    # Lists, since an array hands out its numbers one by one at many times the price.
    lonlat, snap_m = stations.lonlat_deg[found].tolist(), near.stations_snap_m(query).tolist()
    distance_m, time_s, straight_m = (
        numbers[query, : len(found)].tolist()
        for numbers in (near.distance_m, near.time_s, near.straight_m)
    )
    for column, index in enumerate(found.tolist()):
        lon, lat = lonlat[column]
        rows.append(
            {
                "code": stations.code[index],
                "name": stations.name[index],
                "kind": stations.kind[index],
                "lon": lon,
                "lat": lat,
                "distance_m": whole_mm(distance_m[column]),
                "time_s": round(time_s[column], 3),
                "straight_m": whole_mm(straight_m[column]),
                "snap_m": whole_mm(snap_m[column]),
                **_doors(near, query, column, question),
                "phone": stations.phone[index],
                "disputed": bool(stations.disputed[index]),
                "sample": bool(stations.sample[index]),
                "detour": _detour(view, near, query, column),
            }
        )
    return rows


def whole_mm(metres: float) -> float | None:
    """Metres to the millimetre; None where there is no way."""
    return round(float(metres), 3) if math.isfinite(metres) else None


def _doors(near: Nearest, query: int, column: int, question: Question | None) -> dict[str, Any]:
    """What is found at one station's door; all None where hours were not asked."""
    visit = None if question is None else question.visit
    return door_facts(near.arrivals, (query, column), float(near.time_s[query, column]), visit)


def door_facts(
    doors: Arrivals | None, at: tuple[int, ...], time_s: float, visit: Visit | None
) -> dict[str, Any]:
    """What is found at the door that is reached in some time; all None where hours were not asked.

    `visit` tells when one leaves, for the clock time of the next opening.
    """
    if doors is None:
        return {"open": None, "closes_in_s": None, "opens_in_s": None, "opens_at": None,
                "long_enough": None}  # fmt: skip
    opens_in_s = _whole_s(doors.opens_in_s[at])
    opens_at = None
    if opens_in_s is not None and visit is not None:
        gone = timedelta(seconds=time_s + opens_in_s)
        opens_at = _minute(visit.when + gone).isoformat(timespec="minutes")
    return {
        "open": _ANSWERS[int(doors.state[at])],
        "closes_in_s": _whole_s(doors.closes_in_s[at]),
        "opens_in_s": opens_in_s,
        "opens_at": opens_at,
        "long_enough": _ANSWERS[int(doors.enough[at])],
    }


def _whole_s(seconds: float) -> float | None:
    return round(float(seconds), 3) if math.isfinite(seconds) else None


def _minute(moment: datetime) -> datetime:
    """The nearest whole minute: doors open on one, sums of seconds miss it by a hair."""
    return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _detour(view: CityView, near: Nearest, query: int, column: int) -> dict[str, Any] | None:
    """Words where the way is far longer than it looks, and whether water lies between."""
    straight_m = float(near.straight_m[query, column])
    distance_m = float(near.distance_m[query, column])
    words = detour_note(straight_m, distance_m, near.network.mode)
    if words is None:
        return None
    station = near.stations_xy_m[near.index[query, column]]
    return {
        "ratio": round(distance_m / straight_m, 2) if straight_m > 0 else None,
        "zh": words[0],
        "en": words[1],
        "water": _water_between(view, near.points_xy_m[query], station),
    }


def _water_between(view: CityView, start: Floats, end: Floats) -> bool | None:
    """Whether the straight line crosses known water; None where no water is known."""
    import shapely

    if view.water.is_empty:
        return None
    return bool(shapely.LineString([start, end]).intersects(view.water))


def _connected(
    view: CityView, point: tuple[float, float], question: Question, extras: Extras
) -> dict[str, Any] | None:
    """The nearest street that leads to a station, and what can be reached from there."""
    other = ask_nearest(view, point, replace(question, connected=True))
    if other.outcome[0] == OUTSIDE:
        return None
    street, offset = other.snapped.street[:1], other.snapped.offset_m[:1]
    lonlat = view.to_lonlat(locate_on_streets(view.streets, street, offset))
    return {
        "lon": float(lonlat[0, 0]),
        "lat": float(lonlat[0, 1]),
        "street": view.streets.names[int(view.streets.name_code[street[0]])],
        "snap_m": whole_mm(other.snap_m[0]),
        "outcome": other.outcome[0],
        "results": _with_routes(view, other, nearest_rows(view, other, question=question), extras),
    }


def _below(
    view: CityView, point: tuple[float, float], question: Question, near: Nearest
) -> list[dict[str, Any]]:
    """Stations among the k nearest by time that are no answer, for they may be shut on arrival."""
    if question.visit is None or not question.visit.ranked or near.outcome[0] == OUTSIDE:
        return []
    label = replace(question.visit, ranked=False, open_only=False)
    other = ask_nearest(view, point, replace(question, visit=label, timed=True))
    taken = set(near.index[0].tolist())
    rows = nearest_rows(view, other, question=question)
    return [
        row for row, index in zip(rows, other.index[0].tolist(), strict=False) if index not in taken
    ]


def _advice(
    view: CityView,
    point: tuple[float, float],
    question: Question,
    near: Nearest,
    *,
    connected: dict[str, Any] | None,
    below: list[dict[str, Any]],
) -> dict[str, str] | None:
    """What to do next, where there is no answer."""
    if near.outcome[0] == FOUND:
        return None
    chosen = choose(view, question)
    west, south, east, north = view.bounds_deg
    lon, lat = to_wgs84(np.array([point], np.float64).reshape(-1, 2), question.datum)[0].tolist()
    opens = [row["opens_at"] for row in below if row["opens_at"]]
    way_on = None
    if connected is not None and connected["results"]:
        way_on = (connected["street"], connected["snap_m"])
    known = Circumstances(
        city=view.name,
        verb_zh=VERBS[near.network.mode.uses][0],
        limit=str(question.within_m),
        stations=int((view.stations.is_usable & view.stations.is_kind(question.kind)).sum()),
        fitting=int(chosen.mask.sum()),
        unknown=chosen.unknown,
        shut=bool(below),
        opens_at=_clock(min(opens), question) if opens else "",
        inside=west <= lon <= east and south <= lat <= north,
        snap_limit_m=view.config.person_snap_m,
        way_on=way_on,
    )
    advice = advise(near.outcome[0], known)
    return advice.to_json() if advice is not None else None


def _clock(moment: str, question: Question) -> str:
    """A moment as a clock time, with its day where that is not the day of leaving."""
    when = datetime.fromisoformat(moment)
    left = question.visit.when if question.visit is not None else when
    clock = f"{when.hour}:{when.minute:02d}"
    return clock if when.date() == left.date() else f"{when.month}/{when.day} {clock}"


def _with_routes(
    view: CityView, near: Nearest, rows: list[dict[str, Any]], extras: Extras
) -> list[dict[str, Any]]:
    """Rows with their ways, where these are wanted."""
    if extras.routes:
        for row, route in zip(rows, near.routes(0), strict=False):
            row["route"] = None if route is None else route_document(view, near, route, row["name"])
    return rows


def route_document(view: CityView, near: Nearest, route: Any, station: str) -> dict[str, Any]:
    """One way: its line in WGS-84, the streets' names, and steps in words."""
    steps = describe_route(route, view.streets, station, near.network.mode)
    places = np.round(view.to_lonlat(np.array([step.xy_m for step in steps])), 6)
    return {
        "coordinates": np.round(view.to_lonlat(route.xy_m), 6).tolist(),
        "streets": list(route.names),
        "steps": [
            {
                "zh": step.zh, "en": step.en, "turn": step.turn, "street": step.street,
                "length_m": whole_mm(step.length_m), "lon": lon, "lat": lat,
            }
            for step, (lon, lat) in zip(steps, places.tolist(), strict=True)
        ],
    }  # fmt: skip
