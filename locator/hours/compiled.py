"""Distinct opening hours as flat arrays, and the spans that they give on some days.

What several dated changes mean on one day is settled here, once: pieces that do not overlap.
Minutes and days are absolute (proleptic ordinal of the day, times 1440 plus minute of the day).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bools, Bytes, Ints, Longs, frozen
from locator.hours.rules import (
    DAY_MIN,
    HOLIDAY_POLICIES,
    RULE_DAYS,
    WHOLE_YEAR,
    DayException,
    Hours,
    Override,
)

if TYPE_CHECKING:
    from geodata.calendar import Calendar

# Layers of a span from the lowest to the topmost; where none lies, the station is closed.
UNKNOWN_DAY, OPEN_SPAN, SET_UNKNOWN, SET_CLOSED, SET_OPEN = range(5)
_LAYER_OF_OVERRIDE = {None: SET_UNKNOWN, False: SET_CLOSED, True: SET_OPEN}
_PROMISE = (SET_OPEN, SET_UNKNOWN, SET_CLOSED)

# In this order the greatest decides: one span that lets everybody in is enough.
CODE_NEEDED, CODE_UNKNOWN, CODE_FREE = -1, 0, 1
_CODES = {True: CODE_NEEDED, None: CODE_UNKNOWN, False: CODE_FREE}

_ANY, _AS_POSTED, _POLICY_UNKNOWN = (
    RULE_DAYS.index("any"),
    HOLIDAY_POLICIES.index("as_posted"),
    HOLIDAY_POLICIES.index("unknown"),
)
_NO_EXCEPTION = -1


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """Arrays of d distinct hours: r rules, e settled exceptions with s spans, o overrides.

    Parameters
    ----------
    known, policy
        (d,) whether the weekly hours are known; place in `HOLIDAY_POLICIES`.
    rule_row, rule_weekdays, rule_open, rule_close, rule_first, rule_last, rule_days, rule_code
        (r,) distinct hours, mask, minutes, season as MMDD, place in `RULE_DAYS`, code needed.
    exception_row, exception_first, exception_end
        (e,) distinct hours and days [first, end); none overlap.
    span_exception, span_open, span_close
        (s,) which exception, and its minutes.
    override_row, override_start, override_end, override_layer
        (o,) distinct hours, minutes [start, end), layer; none overlap.
    """

    known: Bools
    policy: Bytes
    rule_row: Ints
    rule_weekdays: Ints
    rule_open: Ints
    rule_close: Ints
    rule_first: Ints
    rule_last: Ints
    rule_days: Ints
    rule_code: NDArray[np.int8]
    exception_row: Ints
    exception_first: Longs
    exception_end: Longs
    span_exception: Ints
    span_open: Ints
    span_close: Ints
    override_row: Ints
    override_start: Longs
    override_end: Longs
    override_layer: Ints

    @property
    def asks_calendar(self) -> bool:
        """Whether any hours differ on working days or holidays."""
        return bool((self.rule_days != _ANY).any() or (self.policy != _AS_POSTED).any())

    def exceptions_on(self, day: int) -> Ints:
        """(d,) which exception holds on a day, -1 for none."""
        holds = np.flatnonzero((self.exception_first <= day) & (day < self.exception_end))
        chosen = np.full(len(self.known), _NO_EXCEPTION, dtype=np.int32)
        chosen[self.exception_row[holds]] = holds
        return chosen

    def rules_on(self, day: int, calendar: Calendar) -> Bools:
        """(r,) which rules have a span that begins on a day."""
        when = date.fromordinal(day)
        kind = calendar.kind_of(when)
        mmdd = when.month * 100 + when.day
        after, before = self.rule_first <= mmdd, mmdd <= self.rule_last
        wraps = self.rule_first > self.rule_last
        begins = (self.rule_weekdays >> when.weekday() & 1 > 0) & np.where(
            wraps, after | before, after & before
        )
        fits = self.rule_days == RULE_DAYS.index(kind)
        if kind == "holiday":
            closed = self.policy == HOLIDAY_POLICIES.index("closed")
            fits |= (self.rule_days == _ANY) & ~closed[self.rule_row]
        else:
            fits |= self.rule_days == _ANY
        replaced = self.exceptions_on(day) != _NO_EXCEPTION
        return np.asarray(begins & fits & ~replaced[self.rule_row], dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Spans of distinct hours: their row, absolute minutes [start, end), and layer."""

    row: Ints
    start: Longs
    end: Longs
    layer: Ints


def compile_hours(hours: Sequence[Hours]) -> Compiled:
    """Arrays of distinct hours, which keep their order."""
    rules: list[list[int]] = []
    exceptions: list[tuple[int, int, int]] = []
    spans: list[tuple[int, int, int]] = []
    overrides: list[tuple[int, int, int, int]] = []
    for row, known in enumerate(hours):
        for rule in known.rules:
            first, last = rule.season or WHOLE_YEAR
            rules.append(
                [
                    *(row, rule.weekdays, rule.open_min, rule.close_min, first, last),
                    *(RULE_DAYS.index(rule.days), _CODES[rule.needs_code]),
                ]
            )
        for begin, end, day_spans in _settle_exceptions(known.exceptions):
            spans += [(len(exceptions), *span) for span in day_spans]
            exceptions.append((row, begin, end))
        overrides += [(row, *piece) for piece in _settle_overrides(known.overrides)]
    known_flags = frozen([one.known for one in hours], np.bool_)
    policy = frozen([HOLIDAY_POLICIES.index(one.holidays) for one in hours], np.uint8)
    int32, int64 = np.int32, np.int64
    return Compiled(
        known_flags,
        policy,
        *_columns(rules, [int32] * 7 + [np.int8]),
        *_columns(exceptions, [int32, int64, int64]),
        *_columns(spans, [int32] * 3),
        *_columns(overrides, [int32, int64, int64, int32]),
    )


def lay_out(parts: Compiled, calendar: Calendar, first_day: int, days: int) -> Spans:
    """Spans that hold at some minute of these days, those begun on the day before among them."""
    begin, end = first_day * DAY_MIN, (first_day + days) * DAY_MIN
    pieces = [
        spans
        for day in range(first_day - 1, first_day + days)
        for spans in _lay_out_day(parts, calendar, day)
    ]
    near = np.flatnonzero((parts.override_start < end) & (parts.override_end > begin))
    pieces.append(
        Spans(
            parts.override_row[near],
            parts.override_start[near],
            parts.override_end[near],
            parts.override_layer[near],
        )
    )
    columns = [
        np.concatenate([getattr(piece, column.name) for piece in pieces])
        for column in fields(Spans)
    ]
    kept = columns[2] > begin
    return Spans(*(column[kept] for column in columns))


def _lay_out_day(parts: Compiled, calendar: Calendar, day: int) -> Iterable[Spans]:
    """Spans that begin on one day, and those of the day itself where its hours are not known."""
    exception = parts.exceptions_on(day)
    replaced = exception != _NO_EXCEPTION
    begun = np.flatnonzero(parts.rules_on(day, calendar))
    layer = np.full(len(begun), OPEN_SPAN)
    unknown = ~parts.known & ~replaced
    if calendar.kind_of(date.fromordinal(day)) == "holiday":
        doubted = (parts.policy == _POLICY_UNKNOWN) & ~replaced
        unknown |= doubted
        # a posted span that runs past midnight leaves its doubt there as well
        of_any_day = parts.rule_days[begun] == _ANY
        layer[of_any_day & doubted[parts.rule_row[begun]]] = UNKNOWN_DAY
    yield _spans(day, parts.rule_row[begun], parts.rule_open[begun], parts.rule_close[begun], layer)
    row = np.flatnonzero(unknown)
    yield _spans(day, row, np.zeros_like(row), np.full_like(row, DAY_MIN), UNKNOWN_DAY)
    excepted = parts.exception_row[parts.span_exception]
    held = np.flatnonzero(exception[excepted] == parts.span_exception)
    yield _spans(day, excepted[held], parts.span_open[held], parts.span_close[held], OPEN_SPAN)


def _spans(day: int, row: Any, open_min: Any, close_min: Any, layer: Any) -> Spans:
    """Spans in minutes of one day as spans in absolute minutes."""
    begin = np.int64(day * DAY_MIN)
    layers = np.broadcast_to(np.asarray(layer, dtype=np.int32), len(row))
    return Spans(np.asarray(row, dtype=np.int32), begin + open_min, begin + close_min, layers)


def _settle_exceptions(
    exceptions: Sequence[DayException],
) -> list[tuple[int, int, tuple[tuple[int, int], ...]]]:
    """Days [first, end) and spans, apart; see `DayException` for which one holds."""
    together: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for one in exceptions:
        days = (one.first.toordinal(), one.last.toordinal() + 1)
        together.setdefault(days, set()).update(one.spans)
    ranked = sorted(together, key=lambda days: (days[0] - days[1], days[0]))
    return _paint([(*days, tuple(sorted(together[days]))) for days in ranked])


def _settle_overrides(overrides: Sequence[Override]) -> list[tuple[int, int, int]]:
    """Minutes [start, end) and layer, apart; see `Override` for which one holds."""
    pieces = [
        (minute_of(one.start), minute_of(one.end), _LAYER_OF_OVERRIDE[one.open])
        for one in overrides
    ]
    return _paint(sorted(pieces, key=lambda piece: (piece[0], -piece[1], _PROMISE.index(piece[2]))))


def _paint(pieces: Iterable[tuple[int, int, Any]]) -> list[tuple[int, int, Any]]:
    """Lay half-open pieces one over the other, the last on top; return what is seen of each."""
    seen: list[tuple[int, int, Any]] = []
    for start, end, value in pieces:
        below = seen
        seen = [(start, end, value)]
        for other_start, other_end, other in below:
            left, right = (other_start, min(other_end, start)), (max(other_start, end), other_end)
            seen += [(*bounds, other) for bounds in (left, right) if bounds[0] < bounds[1]]
    return sorted(seen, key=lambda piece: piece[0])


def minute_of(when: datetime) -> int:
    """Absolute minute of a local time, seconds dropped."""
    return when.toordinal() * DAY_MIN + when.hour * 60 + when.minute


def _columns(rows: Sequence[Sequence[int]], types: Sequence[Any]) -> list[NDArray[Any]]:
    table = np.array(rows, dtype=np.int64).reshape(-1, len(types))
    return [frozen(table[:, place], kind) for place, kind in enumerate(types)]
