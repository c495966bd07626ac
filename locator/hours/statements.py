"""Tokens of a text grouped into statements: which days go with which spans.

Days stand before their spans (周一至周五 9:00-17:00，周六 9:00-12:00) or after them (9:00-17:00
周一至周五); what a part of the text begins with tells which. 休息 closes the days before it, 除外
the last days named. Where it follows days and spans (周一至周五 12:00-13:00休息) nothing is taken:
that is a break in hours told elsewhere, which no rule has a form for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from locator.hours.clauses import Clause, UnreadError
from locator.hours.rules import ALL_WEEK, WEEKDAYS, WEEKEND

if TYPE_CHECKING:
    from locator.hours.lexing import Token


@dataclass(slots=True)
class _Run:
    """Days and seasons named one after another without a break."""

    depth: int
    tokens: list[Token] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """A statement while it is being read."""

    runs: list[_Run] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    marks: list[tuple[Token, int, int]] = field(default_factory=list)  # token, depth, spans so far
    listed: bool = False  # 及 or the like stands between its days
    text: str = ""


@dataclass(slots=True)
class _Reader:
    """Goes through the tokens once."""

    notes: Sequence[str]
    clauses: list[Clause] = field(default_factory=list)
    policy: str | None = None
    group: _Group = field(default_factory=_Group)
    days_first: bool | None = None
    added: bool = False
    named: bool = False
    depth: int = 0
    broken: bool = True
    enum: bool = False  # 及 or the like was the last word
    just_closed: bool = False  # 休息 was the last word
    excepted_from: int | None = None  # how many runs stood before 除
    opened: list[tuple[Clause, bool]] = field(default_factory=list)  # and whether days came first

    def read(self, token: Token) -> None:
        """Take one token in."""
        action = getattr(self, f"_on_{token.kind}", None)
        if action is None:
            raise UnreadError(token.text)
        self.group.text += token.text
        action(token)
        if token.kind not in {"enum", "days", "season", "named"}:
            self.broken = True
        if token.kind not in {"enum", "open", "break"}:
            self.enum = False

    def _on_break(self, token: Token) -> None:
        """End a run of days; a comma also ends what a closing word may speak of."""
        self.just_closed &= token.text != ","

    def _on_enum(self, _: Token) -> None:
        """Carry on with a run of days."""
        self.enum = True

    def _on_stop(self, _: Token) -> None:
        self.just_closed = False
        if self.group.runs and not self.group.spans:
            return  # days that stand in a line of their own
        self.finish()
        self.days_first = None

    def _on_open(self, _: Token) -> None:
        self.depth += 1

    def _on_close(self, _: Token) -> None:
        self.depth -= 1
        self.just_closed = False

    def _on_add(self, _: Token) -> None:
        self.finish()
        self.added = True

    def _on_named(self, _: Token) -> None:
        self._begin_selector()
        self.named = True

    def _on_days(self, token: Token) -> None:
        self._begin_selector()
        self.just_closed = False
        self.group.listed |= self.enum and bool(self.group.runs)
        if self.broken or not self.group.runs:
            self.group.runs.append(_Run(self.depth))
        self.group.runs[-1].tokens.append(token)
        self.broken = False

    _on_season = _on_days

    def _begin_selector(self) -> None:
        if self.days_first is None:
            self.days_first = True
        if self.days_first and self.group.spans:
            self.finish()

    def _on_span(self, token: Token) -> None:
        if self.just_closed:  # 周三休息12:00-13:00
            raise UnreadError(self.group.text)
        if self.days_first is None:
            self.days_first = False
        if not self.days_first and self.group.runs:
            self.finish()
        if token.value not in self.group.spans:
            self.group.spans.append(token.value)

    def _on_mark(self, token: Token) -> None:
        self.group.marks.append((token, self.depth, len(self.group.spans)))

    _on_code = _on_type = _on_note = _on_mark

    def _on_policy(self, token: Token) -> None:
        if self.policy not in {None, token.value}:
            raise UnreadError(token.text)
        self.policy = token.value

    def _on_except(self, token: Token) -> None:
        if self.days_first and self.group.spans:
            self.finish()
        if self.excepted_from is not None:
            raise UnreadError(token.text)
        self.excepted_from = len(self.group.runs)

    def _on_off(self, token: Token) -> None:
        """Close some of the days just named, or for good where nothing else is said."""
        runs = self.group.runs
        if self.days_first and self.group.spans:
            raise UnreadError(self.group.text)
        self.just_closed = token.value == "all"
        if self.excepted_from is not None:
            begin = self.excepted_from
        elif self.depth:
            begin = next((k for k, run in enumerate(runs) if run.depth), len(runs))
        elif token.value == "last" or self.group.spans:
            begin = len(runs) - 1
        else:
            begin = 0
        closed = [item for run in runs[max(begin, 0) :] for item in run.tokens]
        self.excepted_from = None
        if not closed and (runs or self.group.spans or token.value == "last"):
            raise UnreadError(self.group.text)
        del runs[max(begin, 0) :]
        selected = self._select(closed)
        self.clauses.append(Clause(closed=True, text=self.group.text, **selected))
        if not runs and not self.group.spans:
            self.group.text = ""

    def finish(self) -> None:
        """Close the statement that is being read."""
        group, self.group = self.group, _Group()
        if self.excepted_from is not None or self.depth < 0:
            raise UnreadError(group.text)
        self.broken = True
        if not (group.runs or group.spans or group.marks or self.named or self.added):
            return
        if not group.spans:
            raise UnreadError(group.text)
        selected = self._select([token for run in group.runs for token in run.tokens])
        bracketed = len({run.depth for run in group.runs}) > 1 and not group.listed
        days = _merge_days(selected.pop("days"), listed=group.listed, bracketed=bracketed)
        if days is None:
            raise UnreadError(group.text)
        clause = Clause(
            spans=tuple(group.spans),
            days=days,
            added=self.added,
            text=group.text,
            **selected,
            **self._marked(group),
        )
        self.added = False
        self.clauses.append(clause)
        self.opened.append((clause, bool(self.days_first)))

    def _select(self, tokens: Sequence[Token]) -> dict[str, Any]:
        """Days and season that tokens name."""
        seasons = [token.value for token in tokens if token.kind == "season"]
        if len(set(seasons)) > 1 or (self.named and not any(seasons)):
            raise UnreadError(self.group.text or "".join(token.text for token in tokens))
        self.named = False
        return {
            "days": tuple(token.value for token in tokens if token.kind == "days"),
            "season": seasons[0] if seasons else None,
            "names_season": bool(seasons),
        }

    def _marked(self, group: _Group) -> dict[str, Any]:
        """Code, type and note; in doubt where they may be meant for one span of several."""
        told: dict[str, Any] = {}
        for token, depth, spans in group.marks:
            name = {"code": "needs_code", "type": "type", "note": "note"}[token.kind]
            value = self.notes[token.value] if token.kind == "note" else token.value
            for_all = spans == 0 or (spans == len(group.spans) and (depth or spans == 1))
            if not for_all or told.setdefault(name, value) != value:
                raise UnreadError(group.text)
        return told


_Days = tuple[tuple[str, int], ...]


def _merge_days(days: _Days, *, listed: bool, bracketed: bool) -> _Days | None:
    """Days of one statement, where one kind may tell more of another; None where in doubt.

    周一至周五（工作日） are the working days among Monday to Friday, not those and others besides.
    """
    kinds = {kind for kind, _ in days}
    if len(kinds) <= 1:
        return days
    mask = 0
    for kind, named in days:
        mask |= named if kind == "any" else 0
    if kinds == {"off_days", "any", "holiday"} and mask == WEEKEND:
        return (("off_days", ALL_WEEK),)  # 非工作日（周末及法定节假日）
    if not listed and kinds == {"any", "workday"} and (not mask & WEEKEND or mask == ALL_WEEK):
        return (("workday", mask),)
    if not listed and kinds == {"any", "weekend"} and mask == WEEKEND:
        return (("weekend", ALL_WEEK),)
    shared = any(mask & _MASKS.get(kind, 0) for kind in kinds)
    return None if shared or bracketed else days


_MASKS = {"workday": WEEKDAYS, "weekend": WEEKEND, "off_days": WEEKEND}


def read_statements(
    tokens: Sequence[Token], notes: Sequence[str]
) -> tuple[list[Clause], str | None]:
    """Statements in the order of the text, and what it says of public holidays.

    Parameters
    ----------
    tokens
        As `locator.hours.lexing.cut_text` gives them.
    notes
        The quoted notes, by number.

    Raises
    ------
    UnreadError
        Something stands alone, is unread, or may belong to several things.
    """
    reader = _Reader(notes)
    for token in tokens:
        reader.read(token)
    reader.finish()
    if reader.depth:
        raise UnreadError("".join(token.text for token in tokens))
    _check_days(reader.opened)
    _check_seasons(reader.clauses)
    _check_breaks(reader.clauses)
    return reader.clauses, reader.policy


def _check_days(opened: Sequence[tuple[Clause, bool]]) -> None:
    """Refuse spans without days where others have some, but for a general one that goes first."""
    if not any(clause.days for clause, _ in opened):
        return
    seen_days = False
    for clause, _ in opened:
        bare = not clause.days
        if bare and (seen_days or not all(first for other, first in opened if other.days)):
            raise UnreadError(clause.text)
        seen_days |= not bare and any(day != ("any", ALL_WEEK) for day in clause.days)


def _check_seasons(clauses: Sequence[Clause]) -> None:
    """Refuse spans without a season after others that have one."""
    seen_season = False
    for clause in clauses:
        if not clause.closed and seen_season and not clause.names_season:
            raise UnreadError(clause.text)
        seen_season |= clause.season is not None and not clause.closed


def _check_breaks(clauses: Sequence[Clause]) -> None:
    """Refuse spans without days inside earlier ones: a break rather (8:00-17:00；12:00-13:00)."""
    told: list[tuple[int, int]] = []
    for clause in clauses:
        plain = (clause.type, clause.needs_code) == ("normal", None)
        for span in clause.spans if plain else ():
            inside = any(a <= span[0] and span[1] <= b and span != (a, b) for a, b in told)
            if inside and not (clause.days or clause.season or clause.added):
                raise UnreadError(clause.text)
            told.append(span)
