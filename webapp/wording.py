"""Answers in words and numbers, the same for the API, the page's script and the plain page."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.advice import limit_zh
from locator.answers import coverage_document
from locator.directions import VERBS, metres_zh
from locator.modes import find_mode
from locator.nearest_answers import Extras, nearest_document
from webapp.listing import way_in
from webapp.places import find_origin

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.view import CityView
    from webapp.params import CoverageQuery, NearestBody

LISTED_GAPS = 20


def nearest_answer(view: CityView, asked: NearestBody) -> dict[str, Any]:
    """The document of `nearest` for one start, with routes, words, and what to do next.

    Raises
    ------
    ParameterError
        The city has no such district or street.
    """
    origin = find_origin(view, asked)
    question: dict[str, Any] = {
        "k": asked.k,
        "kind": asked.kind,
        "mode": asked.mode,
        "within_m": asked.within or math.inf,
        "datum": origin.datum,
        "at": asked.at,
        "open_only": asked.open,
        "stay_min": asked.stay,
        "need": asked.need,
    }
    extras = Extras(routes=asked.routes, accuracy_m=asked.accuracy)
    document = nearest_document(view, origin.lonlat, extras=extras, **question)
    connected = document["connected"]
    for rows in (document["results"], document["below"], connected["results"] if connected else []):
        _tell_ways(view, rows, mode=asked.mode)
    advice = document["advice"] or {"zh": "", "next_zh": ""}
    return document | {
        "message": advice["zh"],
        "next_step": advice["next_zh"],
        "from": origin.place,
        "sample": view.sample,
        "attribution": view.attribution,
        "version": view.version,
    }


def coverage_answer(view: CityView, coverage: Coverage, asked: CoverageQuery) -> dict[str, Any]:
    """The document of `coverage` with its longest gaps, in words too."""
    document = coverage_document(view, coverage, kind=asked.kind)
    count = len(document["gaps"])
    return document | {
        "within": asked.within,
        "kind": asked.kind,
        "mode": asked.mode,
        "text": _share_text(coverage, asked),
        "gaps": [
            _tell_gap(view, coverage, gap, row)
            for gap, row in enumerate(document["gaps"][:LISTED_GAPS])
        ],
        "gaps_total": count,
        "gaps_text": _gaps_text(count),
        "sample": view.sample,
        "attribution": view.attribution,
        "version": view.version,
    }


def _tell_ways(view: CityView, rows: list[dict[str, Any]], *, mode: str) -> None:
    """Add to each row of an answer what a card shows."""
    for row in rows:
        station = view.stations[bisect_left(view.stations.code, row["code"])]
        row["hours"], row["address"] = station.hours, station.address
        row["way_in"] = way_in(station)
        row["text"] = _way_text(row["distance_m"], row["time_s"], mode)
        row["note"] = row["detour"]["zh"] if row["detour"] else None


def _way_text(distance_m: float, time_s: float, mode: str) -> str:
    minutes = max(1, math.ceil(time_s / 60))
    return f"{_verb(mode)}{metres_zh(distance_m)}，约{minutes}分钟"


def _verb(mode: str) -> str:
    """What one does on the way: 走, 骑 or 开."""
    return VERBS[find_mode(mode).uses][0]


def _share_text(coverage: Coverage, asked: CoverageQuery) -> str:
    name = find_mode(asked.mode).zh
    limit = limit_zh(asked.within)
    return f"{name}{limit}以内有站点的街道占{coverage.share:.1%}"


def _tell_gap(view: CityView, coverage: Coverage, gap: int, row: dict[str, Any]) -> dict[str, Any]:
    """A gap as a list shows it, and the box in which the map shows it."""
    xy = coverage.gap_lines(gap)[0]
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    corners = view.to_lonlat(np.array([[west, south], [west, north], [east, south], [east, north]]))
    box = [*corners.min(axis=0), *corners.max(axis=0)]
    length, farthest = metres_zh(row["length_m"]), metres_zh(row["farthest_m"])
    return row | {
        "bounds_deg": np.round(box, 6).tolist(),
        "title": "、".join(row["streets"]) or "无名路段",
        "text": f"长{length}，最远处离站点{farthest}",
    }


def _gaps_text(count: int) -> str:
    if count > LISTED_GAPS:
        return f"连成一片又够不着站点的街道共{count}处，最长的{LISTED_GAPS}处在前。"
    return f"连成一片又够不着站点的街道共{count}处，长的在前。"
