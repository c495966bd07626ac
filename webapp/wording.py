"""Answers in words and numbers, the same for the API, the page's script and the plain page."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.datum import to_wgs84
from locator.answers import coverage_document, nearest_document
from locator.modes import find_mode
from webapp.listing import way_in
from webapp.places import Origin, find_origin

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.nearest import Nearest
    from locator.view import CityView
    from webapp.params import CoverageQuery, NearestBody

LISTED_GAPS = 20
KILOMETRE_M = 1000
# A way along streets is usually 1.1 to 1.4 times the straight line (DB31/T 560-2011): twice as
# long, and far enough to matter, means that a river or a fast road lies between.
DETOUR_RATIO = 2.0
DETOUR_EXTRA_M = 300.0
_UNITS = {"": "米", "m": "米", "km": "公里", "min": "分钟"}
_VERBS = {"walk": "走", "ebike": "骑", "car": "开"}


def metres_text(metres: float) -> str:
    """A distance as people say it.

    >>> metres_text(304.2), metres_text(998), metres_text(1940), metres_text(123_456)
    ('300米', '1公里', '1.9公里', '123公里')
    """
    tens = round(metres / 10) * 10
    if tens < KILOMETRE_M:
        return f"{max(tens, 10)}米"
    digits = 0 if metres >= 100 * KILOMETRE_M else 1
    return f"{metres / KILOMETRE_M:.{digits}f}".removesuffix(".0") + "公里"


def limit_text(within: str) -> str:
    """A limit as it was asked, in Chinese.

    >>> limit_text("15min"), limit_text("1000"), limit_text("1.5 km")
    ('15分钟', '1000米', '1.5公里')
    """
    found = re.fullmatch(r"\s*([\d.e+-]+)\s*(\D*?)\s*", within)
    return found[1] + _UNITS.get(found[2], found[2]) if found else within


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
    }
    document = nearest_document(view, origin.lonlat, **question)
    near = view.nearest(origin.lonlat, **question)
    _tell_ways(view, near, document["results"], mode=asked.mode)
    connected = document["connected"]
    if connected is not None:
        near = view.nearest(origin.lonlat, **question, connected=True)
        _tell_ways(view, near, connected["results"], mode=asked.mode)
    message, next_step = _why(view, document, asked)
    if document["outcome"] == "outside" and _within_bounds(view, origin):
        message = f"这里{view.config.person_snap_m:.0f}米以内没有能{_VERBS[asked.mode]}的路。"
    return document | {
        "message": message,
        "next_step": next_step,
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


def _why(view: CityView, document: dict[str, Any], asked: NearestBody) -> tuple[str, str]:
    """What is the matter, and what to do next; two empty texts where stations were found."""
    verb, outcome, connected = _VERBS[asked.mode], document["outcome"], document["connected"]
    if outcome == "none_within":
        limit = limit_text(asked.within or "")
        return f"{limit}以内{verb}不到站点。", "放宽距离，或换一类站点再找。"
    if outcome == "outside":
        return f"你不在{view.name}，先选市内地点。", "在地图上点一条街，或选区县、输入路名。"
    if outcome == "unreachable":
        if not view.placement(kind=asked.kind, mode=asked.mode).rows.size:
            return "没有这一类站点。", "换一类站点再找。"
        blocked = f"从旁边的路{verb}不到任何站点。"
        if connected is None or not connected["results"]:
            return blocked, "点另一条街，或换一种走法再找。"
        away = metres_text(connected["snap_m"])
        street = connected["street"] or "一条无名的路"
        return blocked, f"最近走得通的路是{street}，直线{away}。从那里算："
    return "", ""


def _within_bounds(view: CityView, origin: Origin) -> bool:
    west, south, east, north = view.bounds_deg
    lon, lat = to_wgs84(np.array([origin.lonlat]), origin.datum)[0].tolist()
    return bool(west <= lon <= east and south <= lat <= north)


def _tell_ways(view: CityView, near: Nearest, rows: list[dict[str, Any]], *, mode: str) -> None:
    """Add to each row of an answer what a card shows and what the map draws."""
    for row, index, route in zip(rows, near.index[0].tolist(), near.routes(0), strict=False):
        station = view.stations[index]
        row["hours"], row["address"] = station.hours, station.address
        row["way_in"] = way_in(station)
        row["text"] = _way_text(row["distance_m"], row["time_s"], mode)
        row["note"] = _detour_text(row["straight_m"], row["distance_m"], mode)
        line = [] if route is None else np.round(view.to_lonlat(route.xy_m), 6).tolist()
        names = [] if route is None else list(route.names)
        row["route"] = {"coordinates": line, "streets": names}


def _way_text(distance_m: float, time_s: float, mode: str) -> str:
    minutes = max(1, math.ceil(time_s / 60))
    return f"{_VERBS[mode]}{metres_text(distance_m)}，约{minutes}分钟"


def _detour_text(straight_m: float, distance_m: float, mode: str) -> str | None:
    """Words where the way is far longer than it looks: across a river, a railway, a fast road."""
    if distance_m < DETOUR_RATIO * straight_m or distance_m < straight_m + DETOUR_EXTRA_M:
        return None
    return f"直线{metres_text(straight_m)}，实际{_VERBS[mode]}{metres_text(distance_m)}。"


def _share_text(coverage: Coverage, asked: CoverageQuery) -> str:
    name = find_mode(asked.mode).zh
    limit = limit_text(asked.within)
    return f"{name}{limit}以内有站点的街道占{coverage.share:.1%}"


def _tell_gap(view: CityView, coverage: Coverage, gap: int, row: dict[str, Any]) -> dict[str, Any]:
    """A gap as a list shows it, and the box in which the map shows it."""
    xy = coverage.gap_lines(gap)[0]
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    corners = view.to_lonlat(np.array([[west, south], [west, north], [east, south], [east, north]]))
    box = [*corners.min(axis=0), *corners.max(axis=0)]
    length, farthest = metres_text(row["length_m"]), metres_text(row["farthest_m"])
    return row | {
        "bounds_deg": np.round(box, 6).tolist(),
        "title": "、".join(row["streets"]) or "无名路段",
        "text": f"长{length}，最远处离站点{farthest}",
    }


def _gaps_text(count: int) -> str:
    if count > LISTED_GAPS:
        return f"连成一片又够不着站点的街道共{count}处，最长的{LISTED_GAPS}处在前。"
    return f"连成一片又够不着站点的街道共{count}处，长的在前。"
