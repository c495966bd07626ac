"""Opening hours read from text: Chinese forms, plain numbers, French ones, OpenStreetMap's.

All or nothing. Where a word is not understood, or the whole may be meant in two ways, the hours
stay unknown and `unread` says what stood in the way; the text itself is kept by the caller.
What hedges is not certain and is not taken either: "9:00-17:00，以实际为准" is unknown.

Choices where a text leaves some:

- no weekday named is every day; weekdays named stand as they are, also on holidays, unless the
  text says what holds on holidays (法定节假日除外) or gives hours for them;
- 工作日 are working days with make-up days; 周末 is Saturday and Sunday, and beside 工作日 the
  days off, so that a make-up Sunday has one kind of hours;
- hours that say nothing of a day say closed.

OpenStreetMap's strings have a reader of their own (`locator.hours.osm`). The package
opening-hours-py was weighed for it: it tells the state at an instant, not the rules behind it,
and knows neither make-up days nor door codes. So it serves the tests, as an independent judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from locator.hours.clauses import UnreadError, join_clauses
from locator.hours.lexing import cut_text, normalise_text
from locator.hours.osm import read_osm, speaks_osm
from locator.hours.rules import ALL_WEEK, DayException, Hours, Override
from locator.hours.statements import read_statements

_SAYS_UNKNOWN = re.compile(
    r"(?:(?:开放|营业)?时间)?(?:不详|未知|待定|待核实|暂无|不明)|unknown|-+|/|n/?a|none"
)
_EXCEPTION = re.compile(r"例外\s*:?\s*(\d{4}-\d\d-\d\d)(?:\s*[至到]\s*(\d{4}-\d\d-\d\d))?\s*(.*)")
_OVERRIDE = re.compile(
    r"临时\s*:?\s*(\d{4}-\d\d-\d\d \d\d:\d\d)\s*[至到]\s*(\d{4}-\d\d-\d\d \d\d:\d\d)\s*"
    r"(开放|关闭|不详)\s*(.*)"
)
_LONGEST = 100_000  # no text about hours; reading it would take seconds
_OVERRIDE_STATES = {"开放": True, "关闭": False, "不详": None}


@dataclass(frozen=True, slots=True)
class ReadHours:
    """What a text says.

    Parameters
    ----------
    hours
        `Hours()` where anything was not understood.
    unread
        What was not; "" if all was, or if the text is blank or says that the hours are not known.
    undated
        All words were, but a season is named without the days on which it begins and ends.
    """

    hours: Hours
    unread: str = ""
    undated: bool = False


def read_hours(text: str) -> ReadHours:
    """Opening hours that a text tells.

    Examples
    --------
    >>> read_hours("8:30-11:00,13:30-17:00 周一至周五").hours.rules[0]
    ... # doctest: +NORMALIZE_WHITESPACE
    Rule(weekdays=31, open_min=510, close_min=660, season=None, days='any', type='normal',
         needs_code=None, note='')
    >>> read_hours("营业时间同银行")
    ... # doctest: +NORMALIZE_WHITESPACE
    ReadHours(hours=Hours(rules=(), exceptions=(), overrides=(), holidays='as_posted',
                          known=False), unread='同银行', undated=False)
    >>> read_hours("夏季 8:00-18:00，冬季 8:30-17:30").undated
    True
    """
    if len(text) > _LONGEST:
        return ReadHours(Hours(), f"{text[:50]}… ({len(text)} characters)")
    plain, notes = normalise_text(text)
    if not plain or _SAYS_UNKNOWN.fullmatch(plain):
        return ReadHours(Hours())
    try:
        if plain.isascii() and speaks_osm(plain):
            return ReadHours(read_osm(plain))
        return ReadHours(_read_plain(plain, notes))
    except UnreadError as problem:
        unread = str(problem).strip() or text.strip()
        return ReadHours(Hours(), unread, _lacks_dates(plain))


def _lacks_dates(plain: str) -> bool:
    """Whether nothing but the dates of a season stood in the way: no custom tells them."""
    kinds = [token.kind for token in cut_text(plain)]
    return "unread" not in kinds and kinds.count("named") > kinds.count("season")


def _read_plain(plain: str, notes: Sequence[str]) -> Hours:
    exceptions, overrides, rest = [], [], []
    for part in re.split("[;。\n|]", plain):
        if found := _EXCEPTION.fullmatch(part.strip()):
            exceptions.append(_read_exception(found, notes))
        elif found := _OVERRIDE.fullmatch(part.strip()):
            overrides.append(_read_override(found, notes))
        elif part.strip():
            rest.append(part.strip())
    if not rest or _SAYS_UNKNOWN.fullmatch(rest[0]):
        hours = _read_unknown_with_policy(rest[1:])
    else:
        hours = _read_rules(";".join(rest), notes)
    return replace(hours, exceptions=tuple(exceptions), overrides=tuple(overrides))


def _read_unknown_with_policy(parts: Sequence[str]) -> Hours:
    """Hours of which only the meaning of holidays is told."""
    if not parts:
        return Hours()
    statements, policy = read_statements(cut_text(";".join(parts)), ())
    if any(not one.closed or one.days != (("holiday", ALL_WEEK),) for one in statements):
        raise UnreadError(";".join(parts))
    return Hours(holidays=policy or ("closed" if statements else "as_posted"))


def _read_rules(text: str, notes: Sequence[str]) -> Hours:
    tokens = cut_text(text)
    unread = [token.text.strip() for token in tokens if token.kind == "unread"]
    if unread:
        raise UnreadError(" ".join(unread))
    clauses, policy = read_statements(tokens, notes)
    if not clauses:
        raise UnreadError(text)
    return join_clauses(clauses, policy)


def _read_exception(found: re.Match[str], notes: Sequence[str]) -> DayException:
    first, last, rest = found.groups()
    spans, marks = _read_tail(rest, notes)
    try:
        return DayException(
            date.fromisoformat(first), date.fromisoformat(last or first), spans, **marks
        )
    except ValueError as problem:
        raise UnreadError(found[0]) from problem


def _read_override(found: re.Match[str], notes: Sequence[str]) -> Override:
    start, end, state, rest = found.groups()
    _, marks = _read_tail(f"关闭{rest}", notes)
    try:
        times = [datetime.strptime(text, "%Y-%m-%d %H:%M") for text in (start, end)]  # noqa: DTZ007
        return Override(times[0], times[1], _OVERRIDE_STATES[state], **marks)
    except ValueError as problem:
        raise UnreadError(found[0]) from problem


def _read_tail(
    text: str, notes: Sequence[str]
) -> tuple[tuple[tuple[int, int], ...], dict[str, str]]:
    """Spans, or that it is closed, with type and reason."""
    spans, marks, closed = [], {}, False
    for token in cut_text(text):
        if token.kind == "span":
            spans.append(token.value)
        elif token.kind == "type":
            marks["type"] = token.value
        elif token.kind == "note":
            marks["reason"] = notes[token.value]
        elif token.kind == "off":
            closed = True
        elif token.kind not in {"break", "enum", "open", "close"}:
            raise UnreadError(token.text)
    if closed == bool(spans):
        raise UnreadError(text)
    return tuple(spans), marks
