"""A week of coverage as people read it: a row a day, an hour a column, and the worst hour named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locator.planner_texts import (
    counted_line,
    day_name,
    number_range,
    percent,
    share_range,
    staff_lines,
)
from locator.terminal import table

_HOURS = 24


def week_lines(document: Mapping[str, Any]) -> list[str]:
    """The lines of `locator week`; the figures are those of its document."""
    lines = counted_line(document.get("demand"))
    if _nothing_known(document):
        return [*lines, *_unknown_lines(document), *staff_lines(document), *_areas(document)]
    return [
        *lines, *_grid(document), *_worst_lines(document), *staff_lines(document),
        *_areas(document),
    ]  # fmt: skip


def _nothing_known(document: Mapping[str, Any]) -> bool:
    """Whether no station is known to be open in any minute, and some may be."""
    hours = [*document["hours"], *document["holiday"]]
    return not any(hour["mean"] > 0 or hour["open_stations"] for hour in hours) and any(
        hour["unknown_stations"] for hour in hours
    )


def _unknown_lines(document: Mapping[str, Any]) -> list[str]:
    """The whole range in place of a table of zeros."""
    most = max(hour["high"] for hour in document["hours"])
    count = document["unknown_stations"]
    return [
        f"没有一个站的开放时间是已知的（{count}个站都不清楚）：每小时的覆盖率在0—{most:.1%}之间，说不出更准的数",
        f"no station has known hours ({count} of unknown state): in every hour the share is "
        f"anywhere from 0 to {most:.1%}",
    ]


def _grid(document: Mapping[str, Any]) -> list[str]:
    """The mean of every hour, unknown hours as closed."""
    days: dict[str, list[str]] = {}
    for hour in [*document["hours"], *document["holiday"]]:
        days.setdefault(hour["day"], []).append(f"{100 * hour['mean']:.0f}")
    rows = [[day_name(day), *own] for day, own in days.items()]
    head = ["", *(f"{hour:02d}" for hour in range(_HOURS))]
    return [
        "每小时覆盖率（%），不清楚的时间算关着 % covered in each hour, unknown hours as closed",
        *table(rows, head),
    ]


def _worst_lines(document: Mapping[str, Any]) -> list[str]:
    """The worst hour, the range behind it, what is on paper, and what anybody may enter."""
    worst = document["worst"]
    best = max([*document["hours"], *document["holiday"]], key=lambda hour: hour["enterable_high"])
    count = document["unknown_stations"]
    return [
        f"最差时段 worst hour: {_when(worst)}, {worst['min']:.1%}；全小时平均 over the hour "
        f"{share_range(worst['low'], worst['high'])}（{worst['unknown_stations']}个站不清楚 "
        "stations of unknown state）",
        f"账面 on paper (every station open): {document['paper']:.1%}；"
        f"{count}个站的时间不全清楚 {count} stations have hours that are not fully known",
        f"可直接进入，最好的时段 open to anybody, at best ({_when(best)}): "
        f"{share_range(best['enterable'], best['enterable_high'])}",
    ]


def _areas(document: Mapping[str, Any]) -> list[str]:
    """The worst hour of each area."""
    names = document.get("names", {})
    rows = [
        [names.get(row["code"], row["code"]), percent(row["paper"]), _when(row["worst"]),
         percent(row["worst"]["min"]), share_range(row["worst"]["low"], row["worst"]["high"]),
         number_range(row["worst"]["open_stations"],
                      row["worst"]["open_stations"] + row["worst"]["unknown_stations"])]
        for row in document["districts"]
    ]  # fmt: skip
    if not rows:
        return []
    head = ["区域 area", "账面 on paper", "最差时段 worst hour", "最低 least",
            "全小时 over the hour", "全市开着的站 open in the city"]  # fmt: skip
    return table(rows, head)


def _when(hour: Mapping[str, Any]) -> str:
    return f"{day_name(hour['day'])} {hour['hour']:02d}:00"
