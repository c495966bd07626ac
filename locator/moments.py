"""Moments as people give them: now, an ISO time, or a day of the week with a time.

A moment is a local time of the city without a zone, as the timetable wants it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from locator.errors import InputError

NOW = "now"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZH_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_WEEKLY = re.compile(
    r"(?:(?P<en>mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:周|星期|礼拜)(?P<zh>[一二三四五六日天]))?"
    r"\s*(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
)
# As static/js/hours.js: a date of the calendar, no day of a numbered week, none without hyphens.
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?[0-5]\d)?", re.ASCII
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_EXPECTED = (
    "expected now, a calendar date and a time (2026-03-02T08:30), "
    "or a day and a time (Sun 03:00, 周日 03:00)"
)


def local_now(zone: str) -> datetime:
    """The time that clocks in a city show, without a zone.

    Raises
    ------
    InputError
        There is no such zone.
    """
    return datetime.now(_find_zone(zone)).replace(tzinfo=None)


def find_moment(text: str | datetime, *, zone: str, now: datetime | None = None) -> datetime:
    """The local time that is meant.

    Parameters
    ----------
    text
        `now`, an ISO time of a calendar date, or a weekday with a time (its next one, this minute
        included). An ISO time with a zone is brought to the city's; a `datetime` is taken like an
        ISO time.
    zone
        Name of the city's time zone, as Asia/Shanghai.
    now
        Local time that `now` and weekdays are counted from; the clock's where left out.

    Raises
    ------
    InputError
        It is none of these.

    Examples
    --------
    >>> monday = datetime(2026, 3, 2, 8, 30)
    >>> [
    ...     find_moment(text, zone="Asia/Shanghai", now=monday).isoformat()
    ...     for text in ("Sun 03:00", "周一 08:30", "周一 8:29", "2026-03-02T01:00Z")
    ... ]  # doctest: +NORMALIZE_WHITESPACE
    ['2026-03-08T03:00:00', '2026-03-02T08:30:00', '2026-03-09T08:29:00', '2026-03-02T09:00:00']
    """
    if isinstance(text, datetime):
        return _localised(text, zone)
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    weekly = _WEEKLY.fullmatch(plain)
    if plain == NOW or weekly:
        start = local_now(zone) if now is None else now
        return _next_weekly(weekly, start) if weekly else start
    try:
        if not _ISO.fullmatch(plain):
            raise ValueError
        found = datetime.fromisoformat(plain.upper())
    except ValueError:
        raise InputError(f"time {text!r} is not understood: {_EXPECTED}") from None
    found = _localised(found, zone)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:  # hours ask for the days around
        raise InputError(f"time {text!r} lies beyond the calendar: {_EXPECTED}")
    return found


def _next_weekly(found: re.Match[str], start: datetime) -> datetime:
    """The next moment at which a weekday and a time, or a time of day alone, are reached."""
    hour, minute = int(found["hour"]), int(found["minute"])
    wanted = start.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if found["en"] or found["zh"]:
        day = _DAYS.index(found["en"]) if found["en"] else _ZH_DAYS[found["zh"]]
        wanted += timedelta(days=(day - wanted.weekday()) % 7)
        step = 7
    else:
        step = 1
    this_minute = start.replace(second=0, microsecond=0)
    return wanted if wanted >= this_minute else wanted + timedelta(days=step)


def _localised(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(_find_zone(zone)).replace(tzinfo=None)
    except OverflowError:  # a few hours beyond the first or the last day that there is
        raise InputError(f"time {moment} lies beyond the calendar: {_EXPECTED}") from None


def _find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise InputError(f"unknown time zone {name!r}; expected one as Asia/Shanghai") from problem
