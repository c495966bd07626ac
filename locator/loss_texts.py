"""What closings lose, as people read it: the worst stations, those that may go, pairs and hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locator.planner_texts import NOTHING, OUTSIDE, amount, counted_line, staff_lines
from locator.terminal import table

_SHOWN = 20
_SHOWN_PAIRS = 5
_SHOWN_AREAS = 3
_STAFF = "仅职工 staff only"


def loss_lines(document: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The lines of `locator losses`; the figures are those of its document.

    Parameters
    ----------
    names
        Name of each station by code.
    """
    return [
        *counted_line(document.get("demand")), *_worst(document, names), *_free(document, names),
        *_pairs(document), *_hosts(document), *_areas(document, names), *staff_lines(document),
    ]  # fmt: skip


def _worst(document: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The stations that lose most if they close alone."""
    unit, areas = document["unit"], document.get("names")
    costly = [row for row in document["stations"] if row["lost_m"] > 0]
    if not costly:
        return []
    hourly = "lost_hours" in costly[0]
    head = ["", "编号 code", "站点 station", "失去 lost"]
    head += _hourly_head(unit) if hourly else []
    head += ["失去在哪 where"] if areas else []
    rows = []
    for i, row in enumerate(costly[:_SHOWN], start=1):
        own = [str(i), row["code"], _name(row, names), amount(row["lost_m"], unit)]
        own += _hourly_cells(row, unit) if hourly else []
        own += [_shares_of(row, areas, unit)] if areas else []
        rows.append(own)
    shown = min(len(costly), _SHOWN)
    return [
        f"单独关掉会失去覆盖的站有{len(costly)}个，最多的{shown}个 {len(costly)} stations lose "
        f"something if they close alone, the {shown} that lose most:",
        *table(rows, head),
        *_more(len(costly), _SHOWN),
    ]


def _name(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    name = names[row["code"]]
    return f"{name}（{_STAFF}）" if row.get("staff_only") else name


def _hourly_head(unit: str) -> list[str]:
    many = "km" if unit == "m" else unit
    return [f"一周 {many}·h a week", "能否调整 may move"]


def _hourly_cells(row: Mapping[str, Any], unit: str) -> list[str]:
    """What a station loses through the week; at least that where its hours are not known."""
    marks = {True: "可调整 yes", False: "", None: "? 时间不清楚 hours unknown"}
    at_least = "" if row["hours_known"] else "≥ "
    many = row["lost_hours"] / (1000 if unit == "m" else 1)
    return [f"{at_least}{many:,.0f}", marks[row["may_move"]]]


def _shares_of(row: Mapping[str, Any], areas: Mapping[str, str], unit: str) -> str:
    """The areas that lose most of it; what lies in none stays as the rest."""
    parts = sorted(row["districts"].items(), key=lambda part: (-part[1], part[0]))
    told = [f"{areas.get(code, code)} {amount(lost, unit)}" for code, lost in parts[:_SHOWN_AREAS]]
    return "、".join(told) or OUTSIDE


def _free(document: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The stations whose closing costs nothing, one at a time."""
    free = [row for row in document["stations"] if row["lost_m"] == 0.0]
    if not free:
        return ["关掉任何一个站都会失去覆盖 every station loses something if it closes"]
    hourly, unit = "lost_hours" in free[0], document["unit"]
    rows = [
        [row["code"], _name(row, names), *(_hourly_cells(row, unit) if hourly else [])]
        for row in free[:_SHOWN]
    ]
    head = ["编号 code", "站点 station", *(_hourly_head(unit) if hourly else [])]
    return [
        f"别的站都开着时，关掉或搬走这{len(free)}个站中的任何一个，都不失去覆盖 "
        f"closing or moving any one of these {len(free)} costs nothing while all others are open:",
        *table(rows, head),
        *_more(len(free), _SHOWN),
        *([] if hourly else ["各站一周里每小时如何，用 --hours 看 --hours tells through the week"]),
    ]


def _pairs(document: Mapping[str, Any]) -> list[str]:
    unit = document["unit"]
    rows = [
        [" + ".join(pair["codes"]), amount(pair["lost_m"], unit), amount(pair["beyond_m"], unit)]
        for pair in document["pairs"][:_SHOWN_PAIRS]
    ]
    if not rows:
        return []
    head = ["两站 pair", "失去 lost", "比各自多 beyond each alone"]
    return ["两站同时关闭 both closing:", *table(rows, head)]


def _hosts(document: Mapping[str, Any]) -> list[str]:
    unit = document["unit"]
    rows = [
        [host["host"], str(len(host["stations"])), amount(host["lost_m"], unit)]
        for host in document["hosts"][:_SHOWN]
    ]
    if not rows:
        return []
    return [
        "同一单位全部退出 all stations of one host closing:",
        *table(rows, ["单位 host", "站点 stations", "失去 lost"]),
        *_more(len(document["hosts"]), _SHOWN),
    ]


def _areas(document: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """For each area what hangs on one station alone, and on which most of all."""
    unit = document["unit"]
    rows = []
    for code, area in document.get("names", {}).items():
        lost = [(row["districts"].get(code, 0.0), row) for row in document["stations"]]
        most, row = max(lost, key=lambda each: each[0], default=(0.0, None))
        held = sum(value for value, _ in lost)
        told = [NOTHING, ""] if row is None or not most else [
            f"{row['code']} {_name(row, names)}", amount(most, unit)
        ]  # fmt: skip
        rows.append([area, amount(held, unit), *told])
    if not rows:
        return []
    head = ["区域 area", "只靠一个站 on one station alone", "最要紧的站 most of it on", "失去 lost"]
    return ["各区域 by area:", *table(rows, head)]


def _more(count: int, shown: int) -> list[str]:
    return [f"… 共{count}个，--json 全部列出 {count} in all, --json lists them"] * (count > shown)
