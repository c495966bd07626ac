"""The answer to "where can I stop on my way" as a plain document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.detour import find_detours
from locator.modes import find_mode
from locator.nearest import OUTSIDE
from locator.nearest_answers import door_facts, whole_mm
from locator.nearest_question import Question, choose, place_question
from locator.open_nearest import Doors

if TYPE_CHECKING:
    from locator.detour import Detours
    from locator.view import CityView

LonLat = tuple[float, float]


def ask_detours(view: CityView, start: LonLat, end: LonLat, question: Question) -> Detours:
    """The stations with the least detour between two positions in the question's datum.

    Raises
    ------
    InputError
        As `locator.detour.find_detours`.
    """
    network, placement, _ = place_question(view, question)
    ends = view.to_xy(np.array([start, end], np.float64), datum=question.datum)
    doors = None
    if question.visit is not None:
        doors = Doors(view.timetable, view.stations.disputed, question.visit, by_time=True)
    return find_detours(
        network, placement, ends, k=question.k, snap_limit_m=view.config.person_snap_m, doors=doors
    )


def detour_document(
    view: CityView, start: LonLat, end: LonLat, question: Question
) -> dict[str, Any]:
    """Outcome, the direct way, and the stations by their detour; for a visit open ones first.

    Where a vehicle is parked or hours are asked for, metres are those that the time would make at
    the mode's speed. `below` holds stations with less of a detour that are not known to be open
    long enough when one comes by.
    """
    found = ask_detours(view, start, end, question)
    below: list[dict[str, Any]] = []
    if question.visit is not None and question.visit.ranked and found.outcome != OUTSIDE:
        label = replace(question, visit=replace(question.visit, ranked=False, open_only=False))
        taken = set(found.index.tolist())
        least = _rows(view, ask_detours(view, start, end, label), question)
        below = [row for index, row in least if index not in taken]
    return {
        "outcome": found.outcome,
        "direct_m": whole_mm(found.direct),
        "results": [row for _, row in _rows(view, found, question)],
        "below": below,
        "left_out": choose(view, question).left_out,
    }


def _rows(view: CityView, found: Detours, question: Question) -> list[tuple[int, dict[str, Any]]]:
    """One row per station, in order, with its index."""
    speed = find_mode(question.mode).speed_mps
    columns = (found.index, found.detour, found.there, found.onward)
    rows = []
    legs = zip(*(one.tolist() for one in columns), strict=True)
    for place, (index, detour, there, onward) in enumerate(legs):
        station = view.stations[index]
        row = {
            "code": station.code,
            "name": station.name,
            "kind": station.kind,
            "lon": station.lon_deg,
            "lat": station.lat_deg,
            "detour_m": whole_mm(detour),
            "detour_s": round(detour / speed, 3),
            "there_m": whole_mm(there),
            "onward_m": whole_mm(onward),
            **door_facts(found.arrivals, (place,), there / speed, question.visit),
            "sample": station.sample,
        }
        rows.append((index, row))
    return rows
