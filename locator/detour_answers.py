"""The answer to "where can I stop on my way" as a plain document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locator.detour import find_detours
from locator.modes import find_mode
from locator.nearest_answers import whole_mm
from locator.nearest_question import Question, choose, place_question

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
    return find_detours(
        network, placement, ends, k=question.k, snap_limit_m=view.config.person_snap_m
    )


def detour_document(
    view: CityView, start: LonLat, end: LonLat, question: Question
) -> dict[str, Any]:
    """Outcome, the direct way, and the stations by their detour.

    Where a vehicle is parked, metres are those that its time would make at its speed.
    """
    found = ask_detours(view, start, end, question)
    speed = find_mode(question.mode).speed_mps
    columns = (found.index, found.detour, found.there, found.onward)
    results = []
    for index, detour, there, onward in zip(*(one.tolist() for one in columns), strict=True):
        station = view.stations[index]
        results.append(
            {
                "code": station.code,
                "name": station.name,
                "kind": station.kind,
                "lon": station.lon_deg,
                "lat": station.lat_deg,
                "detour_m": whole_mm(detour),
                "detour_s": round(detour / speed, 3),
                "there_m": whole_mm(there),
                "onward_m": whole_mm(onward),
                "sample": station.sample,
            }
        )
    return {
        "outcome": found.outcome,
        "direct_m": whole_mm(found.direct),
        "results": results,
        "left_out": choose(view, question).left_out,
    }
