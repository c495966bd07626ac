"""What `locator doctor` tells people: each check in Chinese, then in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locator.checks import OK

if TYPE_CHECKING:
    from locator.checks import Check

_MARKS = {"fail": "✗", "warn": "!", "unknown": "?", "ok": "✓"}
_SHOWN_ITEMS = 5
_NUMBERS = {
    "stations": "站 stations",
    "stations_lacking": "缺 lacking",
    "stations_unknown": "不明 unknown",
    "completes": "补了即达标 completes",
    "completes_at_best": "最多 at best",
    "overdue_days": "逾期天数 days overdue",
}


def check_lines(check: Check) -> list[str]:
    """A check on lines: what was found, what to do, and the first of the things found."""
    lines = [f"{_MARKS[check.status]} {check.title_zh}", f"  {check.title}"]
    if check.advice and check.status != OK:
        lines += [f"    → {check.advice_zh}", f"      {check.advice}"]
    lines += [f"    · {_item_line(item)}" for item in check.items[:_SHOWN_ITEMS]]
    if check.count > _SHOWN_ITEMS and check.items:
        lines.append(f"    … 共{check.count}项，更多见 --json / {check.count} in all (--json)")
    return lines


def _item_line(item: dict[str, Any]) -> str:
    """An item on one line: words in both languages where there are both, numbers with a word."""
    told = []
    for name, value in item.items():
        if value in (None, "") or name.endswith(("_zh", "_en")):
            continue
        if not isinstance(value, str):
            told.append(f"{_NUMBERS[name]} {value}")
            continue
        pair = item.get(f"{name}_zh") or value, item.get(f"{name}_en") or value
        told.append(" / ".join(dict.fromkeys(pair)))
    return "  ".join(told)
