"""Statements about days and spans put together into one `Hours`.

A later statement goes before an earlier one on the days that it speaks of (每天 8:00-18:00；周日
9:00-12:00). Where it could as well be meant in addition, nothing is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from locator.errors import InputError
from locator.hours.rules import ALL_WEEK, WEEKEND, WHOLE_YEAR, Hours, Rule

Season = tuple[int, int]
_LEAP_YEAR, _LEAP_YEAR_DAYS = 2000, 366


class UnreadError(ValueError):
    """What of a text was not understood."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement.

    Parameters
    ----------
    spans
        Minutes; none where it says closed.
    days
        (kind, mask) each, kinds as in `Rule` or "off_days" (非工作日); none where the text
        names none.
    season
        None for the whole year.
    names_season
        Whether the text speaks of seasons here, the whole year among them.
    closed
        Says closed instead of spans.
    added
        Holds besides what was said before (另).
    replaces
        Takes the place of what was said before for the same days; else adds to it.
    """

    spans: tuple[Season, ...] = ()
    days: tuple[tuple[str, int], ...] = ()
    season: Season | None = None
    names_season: bool = False
    closed: bool = False
    added: bool = False
    replaces: bool = False
    type: str = "normal"
    needs_code: bool | None = None
    note: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Spans on one kind of days in one season."""

    kind: str
    mask: int
    season: Season | None
    clause: Clause


def join_clauses(clauses: Sequence[Clause], policy: str | None) -> Hours:
    """Hours that the statements make together.

    Parameters
    ----------
    clauses
        In the order of the text.
    policy
        What was said of public holidays, as in `Hours`; None for nothing.

    Raises
    ------
    UnreadError
        They contradict each other, or may be meant in two ways.
    """
    opened = [clause for clause in clauses if not clause.closed]
    never = [clause for clause in clauses if clause.closed and not (clause.days or clause.season)]
    if bool(opened) == bool(never):  # 周一休息 alone does not tell when it is open
        raise UnreadError("; ".join(clause.text for clause in clauses))
    works = any(kind == "workday" for clause in opened for kind, _ in clause.days)
    # what replaces others goes by the order of the text, else closing goes last
    closing = [clause for clause in clauses if clause.closed]
    ordered = clauses if opened and opened[0].replaces else [*opened, *closing]
    pieces: list[_Piece] = []
    for clause in ordered:
        if not clause.closed:
            for kind, mask in _days_of(clause, works=works):
                piece = _Piece(kind, mask, clause.season, clause)
                pieces = [*_make_room(pieces, piece), piece]
        elif clause not in never:
            pieces, closes_holidays = _close(pieces, clause, works=works)
            policy = policy or ("closed" if closes_holidays else None)
    rules = [rule for piece in pieces for rule in _rules_of(piece)]
    return Hours(tuple(rules), holidays=policy or implied_policy(rules), known=True)


def implied_policy(rules: Iterable[Rule]) -> str:
    """What other rules mean on holidays, where nothing but hours for holidays tells it."""
    kinds = {rule.days for rule in rules}
    return "closed" if {"any", "holiday"} <= kinds else "as_posted"


def overlap(one: tuple[str, int, Season | None], other: tuple[str, int, Season | None]) -> bool:
    """Whether two sets of days (kind, mask, season) may share one."""
    kinds = {one[0], other[0]}
    masks = [mask & WEEKEND if kind == "weekend" else mask for kind, mask, _ in (one, other)]
    apart = "any" not in kinds and len(kinds) > 1
    # hours for any day give way on holidays that have hours of their own
    apart = apart or kinds == {"any", "holiday"}
    return (
        not apart
        and bool(masks[0] & masks[1])
        and bool(_season_days(one[2]) & _season_days(other[2]))
    )


def _days_of(clause: Clause, *, works: bool) -> Iterator[tuple[str, int]]:
    """Kinds that rules know; 周末 and 周六 beside 工作日 leave out make-up days."""
    for kind, mask in clause.days or (("any", ALL_WEEK),):
        if kind == "off_days":
            yield from (("weekend", ALL_WEEK), ("holiday", ALL_WEEK))
        elif kind == "any" and not mask & ~WEEKEND and works and not clause.added:
            yield "weekend", ALL_WEEK if mask == WEEKEND else mask
        else:
            yield kind, mask


def _make_room(pieces: Iterable[_Piece], new: _Piece) -> Iterator[_Piece]:
    """Pieces that stay beside a new one."""
    for old in pieces:
        days = [(piece.kind, piece.mask, piece.season) for piece in (old, new)]
        adds = new.clause.added or old.clause is new.clause
        adds |= days[0] == days[1] and not new.clause.replaces
        if adds or not overlap(*days):
            yield old
        elif old.kind == new.kind and (new.clause.replaces or _is_within(new, old)):
            yield from _without(old, new.mask, new.season)
        else:
            raise UnreadError(new.clause.text)


def _close(pieces: Iterable[_Piece], clause: Clause, *, works: bool) -> tuple[list[_Piece], bool]:
    """Pieces without the days that a clause closes, and whether it closes holidays."""
    left, closes_holidays = list(pieces), False
    for kind, mask in _days_of(clause, works=works):
        closes_holidays |= kind == "holiday"
        if kind == "holiday" and (clause.season or mask != ALL_WEEK):
            raise UnreadError(clause.text)
        if any(old.kind == kind for old in left if kind != "any"):
            raise UnreadError(clause.text)  # open and closed on the same days
        if kind in {"weekend", "workday"} and any(old.kind == "any" for old in left):
            raise UnreadError(clause.text)
        if kind == "any":
            left = [part for old in left for part in _without(old, mask, clause.season)]
    return left, closes_holidays


def _without(old: _Piece, mask: int, season: Season | None) -> Iterator[_Piece]:
    if old.mask & ~mask:
        yield replace(old, mask=old.mask & ~mask)
    if old.mask & mask:
        left = _season_days(old.season) - _season_days(season)
        for rest in _seasons_between(left):
            yield replace(old, mask=old.mask & mask, season=rest)


def _is_within(new: _Piece, old: _Piece) -> bool:
    return not new.mask & ~old.mask and _season_days(new.season) <= _season_days(old.season)


def _season_days(season: Season | None) -> frozenset[int]:
    """Days of a leap year, counted from 0."""
    first, last = (_day_number(mmdd) for mmdd in season or WHOLE_YEAR)
    if first <= last:
        return frozenset(range(first, last + 1))
    return frozenset((*range(first, _LEAP_YEAR_DAYS), *range(last + 1)))


def _seasons_between(days: frozenset[int]) -> Iterator[Season | None]:
    """Seasons that make up these days of a leap year."""
    if len(days) == _LEAP_YEAR_DAYS:
        yield None
        return
    for first in sorted(day for day in days if (day - 1) % _LEAP_YEAR_DAYS not in days):
        last = first
        while (last + 1) % _LEAP_YEAR_DAYS in days:
            last = (last + 1) % _LEAP_YEAR_DAYS
        yield _mmdd(first), _mmdd(last)


def _day_number(mmdd: int) -> int:
    return (date(_LEAP_YEAR, *divmod(mmdd, 100)) - date(_LEAP_YEAR, 1, 1)).days


def _mmdd(number: int) -> int:
    day = date(_LEAP_YEAR, 1, 1) + timedelta(number)
    return day.month * 100 + day.day


def _rules_of(piece: _Piece) -> Iterator[Rule]:
    clause = piece.clause
    for open_min, close_min in clause.spans:
        try:
            yield Rule(
                piece.mask, open_min, close_min, piece.season, piece.kind,
                clause.type, clause.needs_code, clause.note,
            )  # fmt: skip
        except InputError as problem:
            raise UnreadError(clause.text) from problem
