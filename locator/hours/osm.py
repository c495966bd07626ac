"""Opening hours in the form of OpenStreetMap's key opening_hours, the part that is in common use.

Read: 24/7; months and dates; weekdays with ranges and lists; PH; several spans, also past
midnight (22:00-06:00, 22:00-26:00); off and closed; rules after ";" take the place of earlier ones
on their days, as the specification of the key says. Not read, so left unknown: school holidays,
weeks, years, the n-th weekday of a month, sunrise, open ends, comments, fallback rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from locator.hours.clauses import Clause, Season, UnreadError, join_clauses
from locator.hours.lexing import is_mmdd, last_of_month, mask_between
from locator.hours.rules import ALL_WEEK, DAY_MIN, Hours
from locator.hours.times import Time, is_late_again, span_between

_WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_LONG_WEEKDAYS = (
    *("mon(?:day)?", "tue(?:s|sday)?", "wed(?:nesday)?", "thu(?:r|rs|rsday)?"),
    *("fri(?:day)?", "sat(?:urday)?", "sun(?:day)?"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = f"(?:{'|'.join(_MONTHS)})"
_MONTH_DAY = r"(\d\d?)(?!\d|:\d)"
_SEASON = re.compile(
    rf"({_MONTH})(?:\s+{_MONTH_DAY})?"
    rf"(?:\s*-\s*(?:({_MONTH})(?:\s+{_MONTH_DAY})?|{_MONTH_DAY}))?\s*:?\s*"
)
_DAY = f"(?:{'|'.join(_WEEKDAYS)})(?![a-z])"
_DAY_LIST = re.compile(rf"((?:{_DAY}(?:-{_DAY})?|ph)(?:\s*,\s*(?:{_DAY}(?:-{_DAY})?|ph))*)\s*:?\s*")
_SPAN = re.compile(r"(\d\d?):([0-5]\d)-(\d\d?):([0-5]\d)")
_SPEAKS = re.compile(rf"\b(?:{'|'.join((*_WEEKDAYS, *_LONG_WEEKDAYS, *_MONTHS))}|ph)\b|^24/7$")
# After ";" a rule takes the place of others, after "," it adds to them.
_BETWEEN_RULES = re.compile(rf";|(?<=\d|f)\s*,\s*(?={_DAY}|ph|{_MONTH})")


def speaks_osm(text: str) -> bool:
    """Whether a text in small letters has a word of OpenStreetMap's form, right or wrong.

    >>> speaks_osm("mo-fr 9-5"), speaks_osm("08:00-20:00")
    (True, False)
    """
    return _SPEAKS.search(text) is not None


def read_osm(text: str) -> Hours:
    """Hours that a string of OpenStreetMap tells.

    Parameters
    ----------
    text
        In small letters.

    Raises
    ------
    UnreadError
        It is no such string, or of the part that is not read.

    Examples
    --------
    >>> read_osm("mo-fr 08:30-17:30; ph off").holidays
    'closed'
    """
    for weekday, long in zip(_WEEKDAYS, _LONG_WEEKDAYS, strict=True):
        text = re.sub(rf"\b{long}\b", weekday, text)
    rules, at, adds = [], 0, False
    for sign in [*_BETWEEN_RULES.finditer(text), None]:
        rule = text[at : sign.start() if sign else None].strip()
        if rule:
            rules.append(_read_rule(rule, adds=adds))
        if sign:
            at, adds = sign.end(), sign[0] != ";"
    if not rules:
        raise UnreadError(text)
    return join_clauses(rules, None)


def _read_rule(rule: str, *, adds: bool) -> Clause:
    season, rest = _read_season(rule)
    days, rest = _read_days(rest)
    if rest in {"off", "closed"}:
        if not days and not season:
            raise UnreadError(rule)
        return Clause(days=days, season=season, closed=True, replaces=True, text=rule)
    spans = ((0, DAY_MIN),) if rest == "24/7" else tuple(_read_spans(rest))
    return Clause(
        spans=spans, days=days, season=season, names_season=bool(season), added=adds,
        replaces=not adds, text=rule,
    )  # fmt: skip


def _read_season(rule: str) -> tuple[Season | None, str]:
    found = _SEASON.match(rule)
    if found is None:
        return None, rule
    month, day, last_month, last_day, same_month_day = found.groups()
    begin = _MONTHS.index(month) + 1
    end = _MONTHS.index(last_month) + 1 if last_month else begin
    if bool(day) != bool(last_day or same_month_day) and (last_month or same_month_day):
        raise UnreadError(rule)
    first = begin * 100 + int(day or 1)
    last = end * 100 + int(last_day or same_month_day or day or last_of_month(end) % 100)
    if not (is_mmdd(first) and is_mmdd(last)):
        raise UnreadError(rule)
    return (first, last), rule[found.end() :]


def _read_days(rule: str) -> tuple[tuple[tuple[str, int], ...], str]:
    found = _DAY_LIST.match(rule)
    if found is None:
        return (), rule
    mask, holiday = 0, False
    for item in re.split(r"\s*,\s*", found[1]):
        if item == "ph":
            holiday = True
            continue
        ends = [_WEEKDAYS.index(name) for name in item.split("-")]
        mask |= mask_between(ends[0], ends[-1])
    days = [("any", mask)] * bool(mask) + [("holiday", ALL_WEEK)] * holiday
    return tuple(days), rule[found.end() :]


def _read_spans(text: str) -> Iterator[tuple[int, int]]:
    previous = (0, 0)
    for item in re.split(r"\s*,\s*", text):
        found = _SPAN.fullmatch(item)
        if found is None:
            raise UnreadError(text)
        open_min, close_min = _minutes(found.groups()[:2]), _minutes(found.groups()[2:])
        if close_min < open_min:
            close_min += DAY_MIN
            # 9:00-5:00 may be told on a 12-hour clock, 09:00-05:00 may not
            if len(found[1]) == 1 or len(found[3]) == 1:
                raise UnreadError(text)
        if open_min >= DAY_MIN or close_min == open_min or close_min > open_min + DAY_MIN:
            raise UnreadError(text)
        # hours of one digit are not the key's, but a clock of twelve hours: 9:00-12:00,2:00-5:00
        start, end = (
            Time(minutes, False, "", vague=len(hour) == 1)
            for minutes, hour in ((open_min, found[1]), (close_min, found[3]))
        )
        in_day = close_min <= DAY_MIN
        if is_late_again(previous, start, end) or (in_day and span_between(start, end) is None):
            raise UnreadError(text)
        previous = open_min, close_min
        yield open_min, close_min


def _minutes(clock: Sequence[str]) -> int:
    return int(clock[0]) * 60 + int(clock[1])
