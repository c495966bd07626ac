"""What was met in the rows of a file that a person should know of, told row by row.

A remark refuses nothing. All of one sort are summed up in one warning that names the first rows;
each is a doubt of its own besides, so that none is lost in the sum.
"""

from __future__ import annotations

from typing import NamedTuple

from geodata.columns import field_names
from geodata.fields import fields
from locator.hours.telling import SEASONS_EXAMPLE, WEEK_EXAMPLE
from locator.registry.entries import Doubt

_SHOWN = 3
_SHOWN_CHARS = 80
_HIDDEN = "…"
_UNREAD, _UNUSABLE, _HOURS, _MOBILE, _SHORT = "word", "value", "hours", "private_phone", "keeper"
_STAFF, _UNDATED = "staff_room", "hours_undated"
_KEPT = {
    "status": "it counts as unknown",
    "kind": "the kind given for the file is taken: take out rows of others",
}
_HOURS_SAID = {
    _HOURS: ("are not understood", WEEK_EXAMPLE),
    _UNDATED: ("name a season, not from which day to which", SEASONS_EXAMPLE),
}


class _Remark(NamedTuple):
    """A row, the cell's text as it may be shown, and why it cannot be used."""

    row: int
    value: str
    why: str = ""

    @property
    def text(self) -> str:
        shown = f"{self.value!r}" if self.value not in ("", _HIDDEN) else self.value
        words = " ".join(part for part in (f"row {self.row}", shown) if part)
        return f"{words}: {self.why}" if self.why else words


class Remarks:
    """Collects remarks about the rows of one file."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[_Remark]] = {}

    def note_word(self, row: int, name: str, text: str) -> None:
        """Note a word that is not in the list of its field."""
        self._note(_UNREAD, name, _Remark(row, text[:_SHOWN_CHARS]))

    def note_value(self, row: int, name: str, text: str, why: str) -> None:
        """Note a value that its field cannot have; a private one is not repeated."""
        private = name in fields() and fields()[name].private
        self._note(_UNUSABLE, name, _Remark(row, _HIDDEN if private else text[:_SHOWN_CHARS], why))

    def note_hours(self, row: int, text: str, *, undated: bool = False) -> None:
        """Note opening hours that are not understood, or whose seasons have no dates."""
        sort = _UNDATED if undated else _HOURS
        self._note(sort, "hours", _Remark(row, text[:_SHOWN_CHARS]))

    def note_mobile(self, row: int, name: str) -> None:
        """Note somebody's mobile in a cell that is published."""
        self._note(_MOBILE, "phone", _Remark(row, "", label(name)))

    def note_short_number(self, row: int, digits: int) -> None:
        """Note a keeper's number that nobody can call."""
        self._note(_SHORT, "keeper_phone", _Remark(row, "", f"{digits} digits"))

    def note_staff_room(self, row: int) -> None:
        """Note a room that is taken to be for its employer's staff because nobody said."""
        self._note(_STAFF, "access_scope", _Remark(row, ""))

    def warnings(self) -> list[str]:
        """One line for each sort of remark and field."""
        return [_sum_up(*key, cases) for key, cases in self._found.items()]

    def doubts(self) -> list[Doubt]:
        """Each remark alone, in the order of the rows."""
        told = [
            Doubt(case.row, sort, case.value, _sum_up(sort, name, [case]))
            for (sort, name), cases in self._found.items()
            for case in cases
        ]
        return sorted(told, key=lambda doubt: doubt.row)

    def _note(self, sort: str, name: str, remark: _Remark) -> None:
        self._found.setdefault((sort, name), []).append(remark)


def label(name: str) -> str:
    """What people call a field, and its name: 面积（平方米） (area_m2)."""
    known = field_names().get(name, name)
    return known if known == name else f"{known} ({name})"


def _sum_up(sort: str, name: str, cases: list[_Remark]) -> str:
    """All remarks of a sort in a line."""
    count = len(cases)
    shown = "; ".join(case.text for case in cases[:_SHOWN])
    if count > _SHOWN:
        shown += f" and {count - _SHOWN} more"
    rows = "1 row has" if count == 1 else f"{count} rows have"
    if sort == _UNREAD:
        kept = _KEPT.get(name, "it is kept as text only")
        return f"{rows} a {label(name)} that is not understood ({shown}); {kept}"
    if sort == _UNUSABLE:
        return f"{rows} a {label(name)} that cannot be used ({shown}); it is kept as text only"
    if sort in _HOURS_SAID:
        what, example = _HOURS_SAID[sort]
        return (
            f"{rows} opening hours that {what} ({shown}); they are shown as text and count as "
            f"unknown: write them as {example}"
        )
    if sort == _MOBILE:
        cells = "1 cell holds a private mobile number" if count == 1 else (
            f"{count} cells hold private mobile numbers"
        )  # fmt: skip
        return (
            f"{cells} ({shown}); sealed and not published, "
            "`locator stations show CODE --private` opens it: give a duty phone"
        )
    if sort == _STAFF:
        return (
            f"{rows} a room at an employer and nothing on who may enter ({shown}); it is taken to "
            f"be for its staff: fill in {label(name)} where others may"
        )
    return (
        f"{rows} a {label(name)} that is no whole phone number ({shown}); it is kept as it is: ask"
    )
