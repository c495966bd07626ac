"""Times of day as people write them, and the spans between two of them.

A time is taken only where it can mean one thing: 9:00-5:00 may be a night or a working day told on
a 12-hour clock, and comes out as no span.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locator.hours.rules import DAY_MIN

if TYPE_CHECKING:
    import re

_NOON_MIN = 720
_PERIOD = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜间|午夜|早|晚"
_NUMERAL = "二十[一二三四]?|十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_HOUR = rf"(?P<hour>\d{{1,2}}|{_NUMERAL})"
TIME = (
    rf"(?P<next>次日|翌日|第二天|隔天)?\s*(?P<period>{_PERIOD})?\s*:?\s*(?:"
    rf"(?P<clock>\d{{1,2}}):(?P<minute>[0-5]\d)(?::00)?(?!\d)|"
    rf"{_HOUR}\s*(?:[点时]\s*(?:(?P<part>半|一刻|三刻)|(?P<past>[0-5]?\d)\s*分|[整钟])?"
    r"|(?P<h>h)\s*(?P<h_minute>[0-5]\d)?(?![a-z0-9])|(?=\s*[ap]m(?![a-z]))))"
    r"(?:\s*(?P<half>am|pm)(?![a-z]))?"
)
BARE_HOURS = (
    rf"(?P<bare_period>{_PERIOD})?\s*(?P<bare>\d{{1,2}})"
    rf"(?=\s*[-至到]\s*(?:{_PERIOD})?\s*\d{{1,2}}\s*(?:点|时)(?!\d|半|一刻|三刻))"
)


@dataclass(frozen=True, slots=True)
class Time:
    """Minutes of the day (24:00 is 1440), and how they were told.

    `next_day` and `period` were said with it. `vague` where an hour before noon stands alone in a
    way that may as well mean the evening: 5:00 and 5点, but not 05:00 nor 5 h.
    """

    minutes: int
    next_day: bool
    period: str
    vague: bool


def read_time(match: re.Match[str]) -> Time | None:
    """Time that `TIME` found; None where there is no such time.

    >>> import re
    >>> read_time(re.match(TIME, "下午1点半"))
    Time(minutes=810, next_day=False, period='下午', vague=False)
    """
    parts = match.groupdict()
    period = parts["period"] or parts["half"] or ""
    written = parts["clock"] or parts["hour"]
    minute = int(parts["minute"] or parts["past"] or parts["h_minute"] or 0)
    minute += {"半": 30, "一刻": 15, "三刻": 45}.get(parts["part"], 0)
    french = parts["h"] is not None
    return _timed(written, minute, period, next_day=bool(parts["next"]), french=french)


def read_bare_hour(match: re.Match[str]) -> Time | None:
    """Time that `BARE_HOURS` found; None where there is no such time."""
    return _timed(match["bare"], 0, match["bare_period"] or "")


def _timed(
    written: str, minute: int, period: str, *, next_day: bool = False, french: bool = False
) -> Time | None:
    hour = int(written) if written.isdecimal() else _numeral(written)
    if period:
        fitting = [add for low, high, add in _PERIOD_HOURS[period] if low <= hour <= high]
        if not fitting:
            return None
        hour += fitting[0]
    minutes = hour * 60 + minute
    if minutes > DAY_MIN:
        return None
    vague = minutes < _NOON_MIN and not (period or french or written.startswith("0"))
    return Time(minutes, next_day, period, vague)


# Which hours may be told with a part of the day, and what they then lack to the 24-hour clock.
_MORNING, _EVENING = ((4, 11, 0),), ((5, 11, 12), (12, 12, 12), (17, 24, 0))
_PERIOD_HOURS: dict[str, tuple[tuple[int, int, int], ...]] = {
    **dict.fromkeys(("清晨", "早上", "早晨", "早"), _MORNING),
    **dict.fromkeys(("晚上", "晚间", "晚", "夜间"), _EVENING),
    "凌晨": ((0, 6, 0), (12, 12, -12)),
    "上午": ((6, 12, 0),),
    "中午": ((11, 14, 0), (1, 2, 12)),
    "下午": ((1, 7, 12), (12, 19, 0)),
    "傍晚": ((4, 8, 12), (16, 20, 0)),
    "午夜": ((0, 0, 0), (12, 12, 12), (24, 24, 0)),
    "am": ((1, 11, 0), (12, 12, -12)),
    "pm": ((1, 11, 12), (12, 12, 0)),
}
_LATE = {"中午", "下午", "傍晚", "晚上", "晚间", "晚", "夜间", "pm"}
# An end before its start may be the next day's, or told on a 12-hour clock: 9:00-5:00. Where both
# are before noon, so long a day that begins this late is not believed.
_LATE_START_MIN, _LONG_DAY_MIN = 420, 1140
# From here on a span is an evening's, and a small hour at its end the next day's: 18:00-2:00, but
# 14:00-5:00 is rather an afternoon. Nor do doors open at 2:00-5:00, though some do at 5:00-9:00.
_EVENING_MIN, _DAWN_MIN, _HOUR_MIN = 1020, 300, 60
_ONE_DIGIT_MIN = 600  # 10:00 is never written 010:00, so only what lies before may be vague


def _numeral(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    digits = {"": 0, "零": 0, "两": 2, **{c: k for k, c in enumerate("一二三四五六七八九", 1)}}
    return (digits[tens] or 1) * 10 + digits[ones] if ten else digits[text]


def span_between(start: Time, end: Time) -> tuple[int, int] | None:
    """Minutes of a span as in `Rule`; None where it is in doubt.

    >>> night, morning = Time(1320, False, "", False), Time(360, False, "", True)
    >>> span_between(night, morning)
    (1320, 1800)
    """
    first, last = start.minutes, end.minutes
    if start.next_day or first == DAY_MIN:
        return None
    if end.next_day:
        return (first, last + DAY_MIN) if last <= first else None
    if last <= first and not end.period and start.period in _LATE:
        last += _NOON_MIN  # 下午1点到5点
    if last == 0 < first:
        last = DAY_MIN
    if last > first:
        fits = last <= DAY_MIN and not _is_small(start, end)
        return (first, last) if fits else None
    both_told = bool(end.period) or not start.period
    return (first, last + DAY_MIN) if both_told and not _is_doubtful(start, end) else None


def is_late_again(previous: tuple[int, int], start: Time, end: Time) -> bool:
    """Whether a span said after another may go on in the afternoon: 9:00-12:00, 1:30-17:00.

    It does where its hours lie before the other's end, and twelve hours later would follow it.
    What stands before an afternoon told with 24 hours is a morning (13:30-17:00, 8:30-11:30).

    >>> is_late_again((540, 720), Time(90, False, "", True), Time(1020, False, "", False))
    True
    """
    first, last = start.minutes, end.minutes
    if not start.vague or not _HOUR_MIN <= first < min(_ONE_DIGIT_MIN, previous[1]):
        return False
    follows = first + _NOON_MIN >= previous[1] and (end.vague or last > first + _NOON_MIN)
    return follows and (previous[0] < _NOON_MIN or first < _LATE_START_MIN)


def _is_small(start: Time, end: Time) -> bool:
    """Whether both ends are small hours that may as well be the afternoon's: 2:00-5:00."""
    return start.vague and end.vague and _HOUR_MIN <= start.minutes < _DAWN_MIN


def _is_doubtful(start: Time, end: Time) -> bool:
    """Whether an end before its start may mean the afternoon."""
    first, last = start.minutes, end.minutes
    if first == last:
        return True
    if end.vague and last >= _HOUR_MIN and first < _EVENING_MIN:
        return True
    if end.period or max(first, last) >= _NOON_MIN:
        return False
    long_day = first >= _LATE_START_MIN and last + DAY_MIN - first >= _LONG_DAY_MIN
    return start.vague or end.vague or long_day
