"""How old a piece of knowledge is, in words: "hours checked 3 weeks ago"."""

from __future__ import annotations

from datetime import date

from geodata.fields import fields
from locator.errors import InputError

LANGUAGES = ("zh", "en")
_WEEK, _MONTH, _YEAR = 7, 30.44, 365.25  # days; months and years of the mean calendar
_UNITS = (
    # below so many days, in units of so many days
    (14, 1, "天", "day"),
    (61, _WEEK, "周", "week"),
    (731, _MONTH, "个月", "month"),
    (float("inf"), _YEAR, "年", "year"),
)


def age_text(name: str, checked_on: date | None, today: date, language: str = "en") -> str:
    """Age of a field's last check in a few words; whole units, rounded down.

    Parameters
    ----------
    name
        Field name; "" for the record as a whole.
    checked_on
        Day of the check, None for never.

    Raises
    ------
    InputError
        The language is none of `LANGUAGES`.

    Examples
    --------
    >>> age_text("hours", date(2026, 11, 2), date(2026, 11, 23))
    'Opening hours checked 3 weeks ago'
    >>> age_text("hours", None, date(2026, 11, 23), "zh")
    '开放时间从未核验'
    """
    if language not in LANGUAGES:
        raise InputError(f"unknown language {language!r}; expected zh or en")
    zh, en = (fields()[name].zh, fields()[name].en) if name else ("资料", "Record")
    if language == "zh":
        return zh + _age_zh(checked_on, today)
    return f"{en} {_age_en(checked_on, today)}"


def _age_zh(checked_on: date | None, today: date) -> str:
    if checked_on is None:
        return "从未核验"
    days = (today - checked_on).days
    if days < 0:
        return "核验日期有误"
    if days == 0:
        return "今天核验"
    count, unit = _in_units(days)
    return f"{count}{_UNITS[unit][2]}前核验"


def _age_en(checked_on: date | None, today: date) -> str:
    if checked_on is None:
        return "never checked"
    days = (today - checked_on).days
    if days < 0:
        return "checked on a day that lies ahead"
    if days == 0:
        return "checked today"
    count, unit = _in_units(days)
    return f"checked {count} {_UNITS[unit][3]}{'s' if count > 1 else ''} ago"


def _in_units(days: int) -> tuple[int, int]:
    """Number of whole units, and which unit."""
    place = next(place for place, unit in enumerate(_UNITS) if days < unit[0])
    return int(days / _UNITS[place][1]), place
