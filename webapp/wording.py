"""Answers in words and numbers, the same for the API, the page's script and the plain page."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.advice import limit_en, limit_zh
from locator.answers import coverage_document
from locator.hours import tell_hours
from locator.modes import find_mode
from locator.nearest_answers import Extras, nearest_document
from webapp.cards import metres, metres_in, offered, way_in
from webapp.languages import current_language, said
from webapp.languages import translate as _
from webapp.places import find_origin

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.starts import Start
    from locator.stations import Station
    from locator.view import CityView
    from webapp.params import CoverageQuery, NearestBody

LISTED_GAPS = 20


def nearest_answer(
    view: CityView, asked: NearestBody, start: Start | None = None
) -> dict[str, Any]:
    """The document of `nearest` for one start, with routes, words, and what to do next.

    `start` is as in `find_origin`.

    Raises
    ------
    ParameterError
        The city has no such district or street.
    """
    origin = find_origin(view, asked, start)
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
        tell_stations(view, rows, mode=asked.mode)
    advice = document["advice"] or {}
    return document | {
        "message": said(advice),
        "next_step": said(advice, "next"),
        "from": origin.place,
        "also_meant": [place.to_json() for place in origin.also_meant],
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


def tell_stations(view: CityView, rows: list[dict[str, Any]], *, mode: str) -> None:
    """Add to each row of an answer what a card shows; codes for programs, words for people."""
    if not rows:
        return
    told: dict[str, dict[str, Any]] = view.kept("told", dict)
    language = current_language().code
    way_words, way_metres = _way_words(find_mode(mode).uses), metres_in(language)
    for row in rows:
        code = row["code"]
        if code not in told:
            told[code] = _station_alone(view.stations[bisect_left(view.stations.code, code)])
        row.update(told[code])
        row["way_in"] = way_in(row["access_scope"], row["access_mode"], language)
        minutes = max(1, math.ceil(row["time_s"] / 60))
        row["text"] = way_words % {"way": way_metres(row["distance_m"]), "minutes": minutes}
        row["note"] = said(row["detour"]) if row["detour"] else None


def _station_alone(station: Station) -> dict[str, Any]:
    """What a card shows of a station whoever asks, from wherever, in any language."""
    hours = tell_hours(station.hours, station.opening)
    return {
        "hours": hours.zh,
        "hours_en": hours.en,
        "hours_problem": hours.problem,
        "address": station.address,
        "access_scope": station.access_scope,
        "access_mode": station.access_mode,
        "facilities": offered(station),
        "verified_on": station.verified_on.isoformat() if station.verified_on else None,
    }


def _way_words(uses: str) -> str:
    """How one comes and how long it takes, with room for `way` and `minutes`."""
    if uses == "bike":
        return _("骑车%(way)s，约%(minutes)s分钟")
    if uses == "motor":
        return _("开车%(way)s，约%(minutes)s分钟")
    return _("走%(way)s，约%(minutes)s分钟")


def _share_text(coverage: Coverage, asked: CoverageQuery) -> str:
    limit = limit_en if current_language().code == "en" else limit_zh
    share = f"{coverage.share:.1%}"
    return _(
        "%(mode)s%(limit)s以内有站点的街道占%(share)s",
        mode=said(find_mode(asked.mode)),
        limit=limit(asked.within),
        share=share,
    )


def _tell_gap(view: CityView, coverage: Coverage, gap: int, row: dict[str, Any]) -> dict[str, Any]:
    """A gap as a list shows it, and the box in which the map shows it."""
    xy = coverage.gap_lines(gap)[0]
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    corners = view.to_lonlat(np.array([[west, south], [west, north], [east, south], [east, north]]))
    box = [*corners.min(axis=0), *corners.max(axis=0)]
    length, farthest = metres(row["length_m"]), metres(row["farthest_m"])
    return row | {
        "bounds_deg": np.round(box, 6).tolist(),
        "title": _("、").join(row["streets"]) or _("无名路段"),
        "text": _("长%(length)s，最远处离站点%(far)s", length=length, far=farthest),
    }


def _gaps_text(count: int) -> str:
    if count > LISTED_GAPS:
        return _(
            "连成一片的未覆盖街道（缺口）共%(count)s处，最长的%(shown)s处在前。",
            count=count,
            shown=LISTED_GAPS,
        )
    return _("连成一片的未覆盖街道（缺口）共%(count)s处，长的在前。", count=count)
