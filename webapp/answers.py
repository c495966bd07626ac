"""Answers in words and numbers, the same for the API, the page's script and the plain page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.modes import find_mode

if TYPE_CHECKING:
    from locator.city import CityView
    from locator.coverage import Coverage
    from locator.nearest import Nearest, Route
    from webapp.params import CoverageQuery, NearestBody

LISTED_GAPS = 20
KILOMETRE_M = 1000
# A way along streets is usually 1.1 to 1.4 times the straight line (DB31/T 560-2011): twice as
# long, and far enough to matter, means that a river or a fast road lies between.
DETOUR_RATIO = 2.0
DETOUR_EXTRA_M = 300.0
_VERBS = {"walk": "走", "ebike": "骑", "car": "开"}


def metres_text(metres: float) -> str:
    """A distance as people say it.

    >>> metres_text(304.2), metres_text(1940), metres_text(998)
    ('300米', '1.9公里', '1公里')
    """
    tens = round(metres / 10) * 10
    if tens < KILOMETRE_M:
        return f"{max(tens, 10)}米"
    return f"{metres / KILOMETRE_M:.1f}".removesuffix(".0") + "公里"


def limit_text(within: str) -> str:
    """A limit as it was asked, in Chinese.

    >>> limit_text("15min"), limit_text("1000")
    ('15分钟', '1000米')
    """
    if within.endswith("min"):
        return within.removesuffix("min").strip() + "分钟"
    return within.strip().rstrip("米m").strip() + "米" if within[-1:] in "0123456789" else within


def nearest_answer(view: CityView, near: Nearest, asked: NearestBody) -> dict[str, Any]:
    """One point's nearest stations with their routes, or why there are none and what to do."""
    outcome = near.outcome[0]
    message, next_step = _why(view, outcome, asked)
    routes = near.routes(0)
    results = [
        _result(view, near, rank) | _way(near, rank, mode=asked.mode) | _route(view, route)
        for rank, route in enumerate(routes)
        if route is not None
    ]
    snap_m = float(near.snap_m[0])
    return {
        "outcome": outcome,
        "snap_m": _rounded(snap_m) if math.isfinite(snap_m) else None,
        "message": message,
        "next_step": next_step,
        "results": results,
        "sample": view.sample,
        "attribution": view.attribution,
        "version": view.version,
    }


def coverage_answer(view: CityView, coverage: Coverage, asked: CoverageQuery) -> dict[str, Any]:
    """Totals and the worst gaps of one coverage."""
    return {
        "within": asked.within,
        "within_m": coverage.within_m,
        "kind": asked.kind,
        "mode": asked.mode,
        "total_m": coverage.total_m,
        "covered_m": coverage.covered_m,
        "uncovered_m": coverage.uncovered_m,
        "unreachable_m": coverage.unreachable_m,
        "share": coverage.share,
        "depth_m": coverage.depth_m,
        "text": _share_text(coverage, asked),
        "gaps": _gaps(view, coverage),
        "gaps_total": len(coverage.gap_table),
        "gaps_text": _gaps_text(len(coverage.gap_table)),
        "sample": view.sample,
        "attribution": view.attribution,
        "version": view.version,
    }


def _why(view: CityView, outcome: str, asked: NearestBody) -> tuple[str, str]:
    """What is the matter, and what to do next; two empty texts where stations were found."""
    verb = _VERBS[asked.mode]
    if outcome == "none_within":
        limit = limit_text(asked.within or "")
        return f"{limit}以内{verb}不到站点。", "放宽距离，或换一类站点再找。"
    if outcome == "outside":
        return f"你不在{view.name}，先选市内地点。", "在地图上点一条街，或选街道、输入路名。"
    if outcome == "unreachable":
        if asked.kind is not None and asked.kind not in view.stations.kind:
            return "没有这一类站点。", "换一类站点再找。"
        return f"从这里{verb}不到任何站点，路不通。", "点旁边的另一条街，或换一种走法再找。"
    return "", ""


def _result(view: CityView, near: Nearest, rank: int) -> dict[str, Any]:
    """The station: the keys of the `nearest` command, and what a card shows."""
    station = view.stations[int(near.index[0, rank])]
    return {
        "code": station.code,
        "name": station.name,
        "kind": station.kind,
        "lon": station.lon_deg,
        "lat": station.lat_deg,
        "open": None,
        "closes_in_s": None,
        "hours": station.hours,
        "address": station.address,
        "sample": station.sample,
    }


def _way(near: Nearest, rank: int, *, mode: str) -> dict[str, Any]:
    """How far it is, in numbers and in words."""
    distance_m, straight_m = float(near.distance_m[0, rank]), float(near.straight_m[0, rank])
    time_s = float(near.time_s[0, rank])
    return {
        "distance_m": _rounded(distance_m),
        "time_s": _rounded(time_s),
        "straight_m": _rounded(straight_m),
        "text": _way_text(distance_m, time_s, mode),
        "note": _detour_text(straight_m, distance_m, mode),
    }


def _route(view: CityView, route: Route) -> dict[str, Any]:
    coordinates = np.round(view.to_lonlat(route.xy_m), 6).tolist()
    return {"route": {"coordinates": coordinates, "streets": list(route.names)}}


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


def _gaps(view: CityView, coverage: Coverage) -> list[dict[str, Any]]:
    table = coverage.gap_table
    count = min(LISTED_GAPS, len(table))
    to_lonlat = view.to_lonlat
    points = to_lonlat(coverage.gap_points()[:count])
    gaps = []
    for gap in range(count):
        names = coverage.gap_names(gap)
        lines = to_lonlat(coverage.gap_lines(gap)[0])
        length_m, farthest_m = float(table.length_m[gap]), float(table.farthest_m[gap])
        gaps.append(
            {
                "length_m": _rounded(length_m),
                "farthest_m": _rounded(farthest_m),
                "lon": round(float(points[gap, 0]), 6),
                "lat": round(float(points[gap, 1]), 6),
                "streets": list(names),
                "bounds_deg": np.round([*lines.min(axis=0), *lines.max(axis=0)], 6).tolist(),
                "title": "、".join(names) or "无名路段",
                "text": f"长{metres_text(length_m)}，最远处离站点{metres_text(farthest_m)}",
            }
        )
    return gaps


def _gaps_text(count: int) -> str:
    if count > LISTED_GAPS:
        return f"连成一片又够不着站点的街道共{count}处，最长的{LISTED_GAPS}处在前。"
    return f"连成一片又够不着站点的街道共{count}处，长的在前。"


def _rounded(value: float) -> float:
    """Millimetres and milliseconds are enough for the world."""
    return round(value, 3)
