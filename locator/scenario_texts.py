"""What a change does, as people read it: a sentence, then by street, area, mode and hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locator.planner_texts import (
    NOTHING,
    OUTSIDE,
    amount,
    change,
    counted_line,
    day_name,
    percents,
    staff_lines,
)
from locator.terminal import metres, table

_SHOWN = 10
Document = Mapping[str, Any]


def read_out(document: Document) -> dict[str, str]:
    """The sentence of a difference, in Chinese and English; a range where a situation is asked."""
    ends = _ends(document)
    before, after = _shares(ends)
    gained, lost = (_span([end[key] for end in ends]) for key in ("gained_m", "lost_m"))
    return {
        "zh": f"覆盖率由{before}变为{after}：新增覆盖{gained}，失去覆盖{lost}。",
        "en": f"Coverage goes from {before} to {after}: {gained} gained, {lost} lost.",
    }


def difference_lines(document: Document) -> list[str]:
    """The lines of `locator compare`; the figures are those of its document."""
    told = read_out(document)
    return [
        told["zh"], told["en"], *_certainty(document), *_staff(document), *_network(document),
        *_streets(document), *_areas(document), *_modes(document), *_hours(document),
    ]  # fmt: skip


def _ends(document: Document) -> list[Document]:
    """The document, and the other end of the range where there is one."""
    return [document, document["high"]] if "high" in document else [document]


def _shares(ends: Sequence[Document], key: str = "share") -> tuple[str, str]:
    """Before and after in per cent, with enough digits to tell them apart."""
    told = percents([end[side][key] for side in ("before", "after") for end in ends])
    half = len(ends)
    return _joined(told[:half]), _joined(told[half:])


def _joined(told: Sequence[str]) -> str:
    return "–".join(dict.fromkeys(told))


def _span(values: Sequence[float], unit: str = "m") -> str:
    """Least and most of the ends of a range."""
    return _joined([amount(value, unit) for value in sorted(values)])


def _certainty(document: Document) -> list[str]:
    if "high" not in document:
        return []
    return [
        "先只算确知可用的站，再加上情况不清楚的站 low: stations known to help; high: and those of "
        "which it is not known"
    ]


def _staff(document: Document) -> list[str]:
    """What the shares are without stations for staff alone."""
    if document.get("public"):
        return staff_lines(document)
    ends = _ends(document)
    if not any(end[side]["staff_only"] for end in ends for side in ("before", "after")):
        return []
    before, after = _shares(ends, "share_public")
    return [
        f"不算仅限本单位职工的站，由{before}变为{after} "
        f"without stations for staff only: {before} to {after} (--public)"
    ]


def _network(document: Document) -> list[str]:
    """How much of the change is the streets' doing."""
    part = document["network"]
    if not part:
        return []
    stations, streets = (part[key]["covered_m"] for key in ("by_stations", "by_streets"))
    return [
        f"其中因站点 of it by the stations {change(stations)}，"
        f"因街道不同 by the other streets {change(streets)}",
        f"只在前一版 only before {metres(document['gone_m'])}，"
        f"只在后一版 only after {metres(document['fresh_m'])}",
    ]


def _streets(document: Document) -> list[str]:
    rows = [
        [row["street"] or NOTHING, metres(row["gained_m"]), metres(row["lost_m"])]
        for row in document["streets"][:_SHOWN]
    ]
    return table(rows, ["街道 street", "新增 gained", "失去 lost"]) if rows else []


def _areas(document: Document) -> list[str]:
    """Before, after, gained and lost in each area, both ends where there is a range."""
    if "districts" not in document:
        return []
    unit, names = document["unit"], document.get("names", {})
    ends = [{row["area"]: row for row in end["districts"]} for end in _ends(document)]
    rows = []
    for row in document["districts"]:
        code = row["area"]
        both = [end.get(code, row) for end in ends]
        shares = percents([_share(one, side) for side in ("before", "after") for one in both])
        rows.append([
            _area_name(code, names, split="names" in document), amount(row["total"], unit),
            _joined(shares[: len(both)]), _joined(shares[len(both) :]),
            *(_span([one[key] for one in both], unit) for key in ("gained", "lost")),
        ])  # fmt: skip
    head = ["区域 area", "全部 total", "前 before", "后 after", "新增 gained", "失去 lost"]
    return [*counted_line(document.get("demand")), *table(rows, head)]


def _area_name(code: str | None, names: Mapping[str, str], *, split: bool) -> str:
    if code is None:
        return OUTSIDE if split else "全市 city"
    return names.get(code, code)


def _share(row: Document, side: str) -> float:
    total = row["total"] if side == "before" else row["total_after"]
    return row[side] / total if total > 0 else 0.0


def _modes(document: Document) -> list[str]:
    ends = [{row["mode"]: row for row in end["modes"]} for end in _ends(document)
            if "modes" in end]  # fmt: skip
    rows = []
    for row in document.get("modes", ()):
        both = [end[row["mode"]] for end in ends]
        told = percents([one[side] for side in ("before", "after") for one in both])
        rows.append([
            row["mode"], _joined(told[: len(both)]), _joined(told[len(both) :]),
            *(_span([one[key] for one in both]) for key in ("gained_m", "lost_m")),
        ])  # fmt: skip
    head = ["方式 mode", "前 before", "后 after", "新增 gained", "失去 lost"]
    return table(rows, head) if rows else []


def _hours(document: Document) -> list[str]:
    """A row a day: means, least shares, and the hour that changes most."""
    days: dict[str, list[Document]] = {}
    for row in document.get("hours", ()):
        days.setdefault(row["day"], []).append(row)
    rows = []
    for day, own in days.items():
        means = [sum(row[side]["mean"] for row in own) / len(own) for side in ("before", "after")]
        least = [min(row[side]["min"] for row in own) for side in ("before", "after")]
        most = max(own, key=lambda row: abs(row["after"]["mean"] - row["before"]["mean"]))
        moved = percents([most["before"]["mean"], most["after"]["mean"]])
        rows.append([
            day_name(day), " → ".join(percents(means)), " → ".join(percents(least)),
            f"{most['hour']:02d}:00 {' → '.join(moved)}",
        ])  # fmt: skip
    if not rows:
        return []
    head = ["", "全天平均 mean of the day", "最低 least", "变化最大 most changed hour"]
    return ["各时段，不清楚的时间算关着 by hour, unknown hours as closed:", *table(rows, head)]
