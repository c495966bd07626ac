"""Cells of sheets and lists: numbers, yes and no, text."""

from __future__ import annotations

import json
import math
import unicodedata
from datetime import date, datetime, time
from typing import Any

_YES = {"有", "是", "√", "✓", "✔", "y", "yes", "true", "t", "oui", "具备", "好", "可", "on"}
_NO = {"无", "没有", "否", "×", "✗", "✘", "n", "no", "false", "f", "non", "缺", "不", "off", "none"}


def parse_number(value: Any) -> float | None:
    """Number in a cell, with a point or a decimal comma; None where there is none.

    Examples
    --------
    >>> [parse_number(cell) for cell in (" 120,86 ", "32.01°", "１２０.5", "?")]
    [120.86, 32.01, 120.5, None]
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip().rstrip("°").replace("\u2212", "-")
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        value = "" if "_" in text else text  # Python's own 1_000
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):  # no number, a list, hundreds of digits
        return None
    return number if math.isfinite(number) else None


def parse_yes_no(value: Any) -> bool | None:
    """Yes, no, or None for a cell that says neither; a count above zero is yes.

    Examples
    --------
    >>> parse_yes_no("有"), parse_yes_no("Non"), parse_yes_no(3), parse_yes_no("待查")
    (True, False, True, None)
    """
    if isinstance(value, bool):
        return value
    word = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    number = parse_number(word)
    return None if number is None or number < 0 else number > 0


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing."""
    if isinstance(cell, str):
        return not cell or cell.isspace()
    return cell is None or (isinstance(cell, (list, dict)) and not cell)


def cell_text(cell: Any) -> str:
    """Cell as text: whole floats without their point, days as 2026-11-23, lists as JSON.

    Examples
    --------
    >>> cell_text(" a "), cell_text(7.0), cell_text(["b"]), cell_text(time(8, 30)), cell_text(None)
    ('a', '7', '["b"]', '08:30', '')
    """
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (list, dict, bool)):
        return json.dumps(cell, ensure_ascii=False)
    if isinstance(cell, (date, time)):
        return _moment_text(cell)
    return str(cell)


def _moment_text(moment: date | time) -> str:
    """A day, a time of day, or both where both are told."""
    if isinstance(moment, datetime):
        if moment.time() == time():
            return moment.date().isoformat()
        return moment.isoformat(" ", "minutes" if not moment.second else "seconds")
    if isinstance(moment, time):
        return moment.isoformat("minutes" if not moment.second else "seconds")
    return moment.isoformat()
