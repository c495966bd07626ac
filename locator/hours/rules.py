"""What is known of the hours of one station: weekly rules, dated exceptions, passing overrides.

Times are whole minutes of local time, spans are half-open, and nothing here asks a calendar or a
clock: `locator.hours.timetable` does. All four types can be compared, hashed, and written as JSON.

    Hours()                     nothing is known: neither open nor closed
    Hours(known=True)           known to have no regular hours: closed
    Hours((Rule(127, 480, 1080),), known=True)      every day 8:00-18:00
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar, cast

from locator.errors import InputError

DAY_MIN = 1440
ALL_WEEK = 0b1111111
WEEKDAYS = 0b0011111
WEEKEND = 0b1100000

RULE_DAYS = ("any", "workday", "weekend", "holiday")
TYPES = ("normal", "extended", "all_day", "holiday", "heat")
HOLIDAY_POLICIES = ("as_posted", "closed", "unknown")

WHOLE_YEAR = (101, 1231)
_LEAP_YEAR = 2000  # a season may begin or end on 29 February
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Rule:
    """One span that comes back on certain days.

    Parameters
    ----------
    weekdays
        Days that the span begins on: bit 0 is Monday, bit 6 Sunday, 127 every day.
    open_min, close_min
        Minutes since the midnight that the day begins with, 0 <= open < 1440 and
        open < close <= open + 1440; 22:00-06:00 is 1320, 1800 and belongs to the day of 22:00.
    season
        First and last day of the year as MMDD, both included; (1101, 331) goes over New Year,
        (101, 1231) turns into None.
    days
        "any" takes the weekdays as they stand; "workday" only working days (make-up days among
        them, public holidays not), "weekend" only days off that are no public holiday, "holiday"
        only public holidays. The weekday must fit as well.
    type
        "normal", "extended", "all_day" (0 to 1440, which "normal" turns into), "holiday", "heat".
    needs_code
        Whether the door wants a code, a scan or a face in this span; None where unknown.
    note
        What the posted text says about it, blanks at its ends removed.

    Raises
    ------
    InputError
        A value is out of its range.
    """

    weekdays: int
    open_min: int
    close_min: int
    season: tuple[int, int] | None = None
    days: str = "any"
    type: str = "normal"
    needs_code: bool | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.weekdays <= ALL_WEEK:
            raise InputError(f"weekdays is {self.weekdays!r}, expected a bit mask from 1 to 127")
        _check_span(self.open_min, self.close_min)
        if self.season is not None:
            _check_season(self.season)
        if self.season == WHOLE_YEAR:
            object.__setattr__(self, "season", None)
        _check_word("days", self.days, RULE_DAYS)
        _check_word("type", self.type, TYPES)
        if self.type == "normal" and (self.open_min, self.close_min) == (0, DAY_MIN):
            object.__setattr__(self, "type", "all_day")
        if self.type == "all_day" and (self.open_min, self.close_min) != (0, DAY_MIN):
            raise InputError(
                f"a rule of type all_day has minutes {self.open_min}-{self.close_min}, "
                "expected 0-1440: give it another type"
            )
        object.__setattr__(self, "note", self.note.strip())


@dataclass(frozen=True, slots=True)
class DayException:
    """Other hours on certain dates; they replace the spans that rules begin on those dates.

    Where exceptions overlap, the one of fewer days holds, then the one that begins later; two for
    the very same dates add up.

    Parameters
    ----------
    first, last
        The dates, both included.
    spans
        Minutes as in `Rule`; none is closed all day.
    reason
        Why, in words.
    type
        As in `Rule`.

    Raises
    ------
    InputError
        The last date is before the first, or a span is out of its range.
    """

    first: date
    last: date
    spans: tuple[tuple[int, int], ...]
    reason: str = ""
    type: str = "normal"

    def __post_init__(self) -> None:
        if isinstance(self.first, datetime) or isinstance(self.last, datetime):
            raise InputError("an exception holds on dates: give dates, not times")
        if self.last < self.first:
            raise InputError(f"the exception ends on {self.last}, before it begins on {self.first}")
        for open_min, close_min in self.spans:
            _check_span(open_min, close_min)
        _check_word("type", self.type, TYPES)
        object.__setattr__(self, "spans", tuple(sorted({(a, b) for a, b in self.spans})))
        object.__setattr__(self, "reason", self.reason.strip())


@dataclass(frozen=True, slots=True)
class Override:
    """What holds from one minute to another, whatever rules and exceptions say (R5).

    It ends by itself. Where overrides overlap, the one that begins later holds, then the one that
    ends sooner; for the very same time closed goes before unknown, and unknown before open.

    Parameters
    ----------
    start, end
        Local time of the city without a zone, whole minutes, half-open.
    open
        Open, closed, or None for unknown.
    reason
        Why, in words: heat, repair.
    type
        As in `Rule`.

    Raises
    ------
    InputError
        A time has a zone or seconds, or the end is not after the start.
    """

    start: datetime
    end: datetime
    open: bool | None
    reason: str = ""
    type: str = "normal"

    def __post_init__(self) -> None:
        for when in (self.start, self.end):
            if when.tzinfo is not None or when.second or when.microsecond:
                raise InputError(
                    f"an override has the time {when.isoformat()}, expected local time without a "
                    "zone, in whole minutes"
                )
        if self.end <= self.start:
            raise InputError(
                f"the override ends at {self.end}, not after its start {self.start}: swap them"
            )
        _check_word("type", self.type, TYPES)
        object.__setattr__(self, "reason", self.reason.strip())


@dataclass(frozen=True, slots=True)
class Hours:
    """All that is known of one station's hours, in canonical order, so that equal is `==`.

    Parameters
    ----------
    rules
        Spans that come back; several add up.
    exceptions, overrides
        Dated changes.
    holidays
        What rules for "any" day mean on public holidays: they hold ("as_posted"), they do not
        ("closed"), or nobody knows ("unknown").
    known
        False where nothing is known of the weekly hours; exceptions and overrides may still be.

    Raises
    ------
    InputError
        There are rules, and yet the hours are said to be unknown.
    """

    rules: tuple[Rule, ...] = ()
    exceptions: tuple[DayException, ...] = ()
    overrides: tuple[Override, ...] = ()
    holidays: str = "as_posted"
    known: bool = False

    def __post_init__(self) -> None:
        _check_word("holidays", self.holidays, HOLIDAY_POLICIES)
        if self.rules and not self.known:
            raise InputError(
                f"{len(self.rules)} rules are given for hours that are not known: "
                "say known=True or leave the rules out"
            )
        object.__setattr__(self, "rules", _ordered(self.rules))
        object.__setattr__(self, "exceptions", _ordered(self.exceptions))
        object.__setattr__(self, "overrides", _ordered(self.overrides))

    def to_document(self) -> dict[str, Any]:
        """Return plain values for JSON; what stands at its default is left out.

        >>> Hours((Rule(127, 480, 1080),), known=True).to_document()
        {'known': True, 'rules': [{'weekdays': 127, 'open_min': 480, 'close_min': 1080}]}
        """
        document: dict[str, Any] = {"known": self.known}
        if self.holidays != "as_posted":
            document["holidays"] = self.holidays
        for name in _PARTS:
            if parts := getattr(self, name):
                document[name] = [_to_plain(part) for part in parts]
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Hours:
        """Return what `to_document` wrote.

        Raises
        ------
        InputError
            The document is not one, or a value in it is out of its range.
        """
        try:
            parts: dict[str, Any] = {
                name: tuple(_from_plain(kind, part) for part in document.get(name, ()))
                for name, kind in _PARTS.items()
            }
            rest = {name: value for name, value in document.items() if name not in _PARTS}
            return cls(**parts, **rest)
        except InputError:
            raise
        except (AttributeError, TypeError, ValueError) as problem:
            raise InputError(
                f"this is no document of opening hours ({problem}): {document!r}"
            ) from problem


_PARTS: dict[str, type] = {"rules": Rule, "exceptions": DayException, "overrides": Override}
_DEFAULTS = {"season": None, "days": "any", "type": "normal", "needs_code": None}
_DEFAULTS |= {"note": "", "reason": ""}


def _to_plain(part: Any) -> dict[str, Any]:
    values = {column.name: getattr(part, column.name) for column in fields(part)}
    return {
        name: _plain_value(value)
        for name, value in values.items()
        if name not in _DEFAULTS or value != _DEFAULTS[name]
    }


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return value


def _from_plain(kind: type[_Part], plain: Mapping[str, Any]) -> _Part:
    values = dict(plain)
    for name in ("first", "last"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    for name in ("start", "end"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if values.get("season") is not None:
        first, last = values["season"]
        values["season"] = (first, last)
    if "spans" in values:
        values["spans"] = tuple((a, b) for a, b in values["spans"])
    return kind(**values)


def _ordered(parts: Iterable[_Part]) -> tuple[_Part, ...]:
    """Sort by all fields, None last, and drop repeats."""

    def key(part: _Part) -> list[tuple[bool, Any]]:
        values = [getattr(part, column.name) for column in fields(cast("Any", part))]
        return [(value is None, 0 if value is None else value) for value in values]

    return tuple(sorted(set(parts), key=key))


def _check_span(open_min: int, close_min: int) -> None:
    if not (0 <= open_min < DAY_MIN and open_min < close_min <= open_min + DAY_MIN):
        raise InputError(
            f"a span has minutes {open_min}-{close_min}, expected an opening from 0 to 1439 and "
            "a closing after it by at most 1440"
        )


def _check_season(season: tuple[int, int]) -> None:
    for mmdd in season:
        try:
            date(_LEAP_YEAR, *divmod(mmdd, 100))
        except ValueError as problem:
            raise InputError(
                f"a season has the day {mmdd!r}, expected MMDD such as 1101"
            ) from problem


def _check_word(name: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise InputError(f"{name} is {value!r}, expected one of {', '.join(words)}")
