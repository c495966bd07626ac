"""Shares, ranges, amounts and names as the planner's commands print them, Chinese first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locator.terminal import metres, warn

NOTHING = "—"
OUTSIDE = "区域外 outside"
_FEWEST, _MOST_DIGITS = 1, 4
_DAYS = {
    "mon": "周一 Mon", "tue": "周二 Tue", "wed": "周三 Wed", "thu": "周四 Thu", "fri": "周五 Fri",
    "sat": "周六 Sat", "sun": "周日 Sun", "holiday": "节假日 holiday",
}  # fmt: skip


def percent(share: float | None) -> str:
    """A share in per cent; a dash where there is nothing to have a share of."""
    return NOTHING if share is None else f"{share:.1%}"


def percents(shares: Sequence[float]) -> list[str]:
    """Shares in per cent, with so many digits that those that differ look different, up to four.

    >>> percents([0.208, 0.2074]), percents([0.208, 0.2079]), percents([0.5, 0.5])
    (['20.8%', '20.7%'], ['20.80%', '20.79%'], ['50.0%', '50.0%'])
    """
    apart = len({round(share, _MOST_DIGITS + 2) for share in shares})
    for digits in range(_FEWEST, _MOST_DIGITS + 1):
        told = [f"{share:.{digits}%}" for share in shares]
        if len(set(told)) >= apart:
            break
    return told


def share_range(low: float | None, high: float | None) -> str:
    """Both ends of a range, or one figure where they are alike."""
    ends = [percent(low), percent(high)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def number_range(low: int, high: int) -> str:
    """Both ends of a count, or one number."""
    return str(low) if low == high else f"{low}–{high}"


def amount(value: float, unit: str) -> str:
    """Metres, or as many of what a demand counts."""
    return metres(value) if unit == "m" else f"{value:,.0f} {unit}"


def change(value: float, unit: str = "m") -> str:
    """An amount with its sign.

    >>> change(12.4), change(-12_400.0), change(0.2)
    ('+12 m', '−12.4 km', '0 m')
    """
    text = amount(abs(value), unit)
    if text.split(" ")[0].strip("0.") == "":
        return text
    return ("+" if value > 0 else "−") + text


def day_name(day: str) -> str:
    """A day of the week in both languages; a date as it is."""
    return _DAYS.get(day, day)


def place(lon: float, lat: float) -> str:
    """A position as it can be typed again: longitude, latitude."""
    return f"{lon:.6f}, {lat:.6f}"


def counted_line(facts: Mapping[str, Any] | None) -> list[str]:
    """What is counted in place of metres, with its factor, source and date."""
    if not facts:
        return []
    factor = "" if facts["factor"] == 1 else f" × {facts['factor']:g}"
    name, unit = facts["name"] + factor, facts["unit"]
    return [
        f"按「{name}」计算，单位：{unit}（{facts['source']}，{facts['date']}） "
        f"counted: {name}, in {unit}"
    ]


def staff_lines(document: Mapping[str, Any]) -> list[str]:
    """How many stations are for staff alone, and the share without them, or that they are left out.

    Both ends where the answer is a range: its other end stands under "high".
    """
    if document.get("public"):
        out = document["staff_left_out"]
        return [
            f"已去掉仅限本单位职工的{out}个站 left out: {out} stations for the staff of their host"
        ]
    high = document.get("high", document)
    if not high.get("staff_only"):
        return []
    number = number_range(document["staff_only"], high["staff_only"])
    share = share_range(document["share_public"], high["share_public"])
    return [
        f"其中{number}个站仅限本单位职工；不算它们，覆盖率是{share} "
        f"{number} of these stations are staff only; without them {share} (--public)"
    ]


def warn_in_both(warnings: Iterable[str]) -> None:
    """Print warnings to stderr, in Chinese where there is Chinese for them."""
    from locator.station_texts import two_languages

    warn(map(two_languages, warnings))
