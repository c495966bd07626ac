"""The life of a station, from planned to closed, and which status may follow which.

The changes that are allowed, and those that need a reason, are data (`transition` in
`geodata/data/terms.toml`). Closed is final: the only way back is a correction, for a closing that
was a mistake.

A change of status is a fact and has a day on or before today. What is announced for a later day is
kept elsewhere and comes true by no clock: an opening as a planned station with its `opened_on`, a
closing for some days as an override of the hours. `completeness.work_list` reminds of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from geodata.fields import fields, line_text
from geodata.vocabulary import read_data, statuses
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.registry.entries import Entry

_ANNOUNCED = "planned"  # the status in which an opening day is a promise


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of status that is allowed.

    Parameters
    ----------
    before, after
        Codes of statuses; "" before is a station whose status nobody knows.
    needs_reason
        Whether the change must say why.
    is_correction
        Whether it takes a closing back.
    """

    before: str
    after: str
    needs_reason: bool = False
    is_correction: bool = False


@cache
def transitions() -> tuple[Transition, ...]:
    """All changes between known statuses that are allowed."""
    return tuple(
        Transition(
            listed["from"],
            listed["to"],
            needs_reason=listed.get("reason", False),
            is_correction=listed.get("correction", False),
        )
        for listed in read_data("terms.toml")["transition"]
    )


def allowed_changes(status: str) -> tuple[Transition, ...]:
    """Changes that may follow a status; from an unknown one, "", to each status.

    Examples
    --------
    >>> [(change.after, change.is_correction) for change in allowed_changes("closed")]
    [('open', True), ('paused', True)]
    """
    if status:
        return tuple(change for change in transitions() if change.before == status)
    wants_reason = {change.after for change in transitions() if change.needs_reason}
    easy = {change.after for change in transitions() if not change.needs_reason}
    return tuple(
        Transition("", code, needs_reason=code in wants_reason - easy) for code in statuses().codes
    )


def change_status(entry: Entry, to: str, *, on: date, today: date, reason: str = "") -> Entry:
    """The station in another status.

    The day a planned station comes into use becomes `opened_on`, its closing `closed_on` and
    `closed_reason`; taking a closing back removes the latter two. The status counts as checked on
    that day. The reasons of other changes belong to the history: hand them to the store as "why".

    Parameters
    ----------
    to
        Code of a status.
    on
        Day of the change.
    today
        Day in the city's time zone.
    reason
        Why, in words.

    Raises
    ------
    InputError
        There is no such status, it may not follow the present one, a reason is needed or too long,
        or the day lies ahead, or before the station's opening.

    Notes
    -----
    An opening day that was announced is replaced by the real one. For a station that was not
    planned, an opening day nobody told stays unknown.
    """
    words = line_text(reason)
    change = _allowed(entry, to)
    _check_reason(change, words)
    _check_day(entry, change, on, today)
    facts = dict(entry.facts)
    opened = facts.get("opened_on")
    if change.is_correction:
        facts.pop("closed_on", None)
        facts.pop("closed_reason", None)
    elif entry.status == _ANNOUNCED and statuses()[to].in_use:
        facts["opened_on"] = on
    if to == "closed":
        facts |= {"closed_on": on, "closed_reason": words}
        if opened is not None and opened > on:
            del facts["opened_on"]  # announced, and never came true
    return replace(entry, status=to, facts=facts, verified=_checked(entry.verified, on))


def _checked(verified: Mapping[str, date], on: date) -> dict[str, Any]:
    """The days of checks with one more of the status."""
    known = verified.get("status")
    return {**verified, "status": on if known is None else max(known, on)}


def _allowed(entry: Entry, to: str) -> Transition:
    """The change to a status."""
    known = ", ".join(statuses().codes)
    if to not in statuses():
        raise InputError(f"unknown status {to!r}; expected one of {known}")
    if to == entry.status:
        raise InputError(f"{entry.code} is {to} already; choose another status")
    possible = allowed_changes(entry.status)
    for change in possible:
        if change.after == to:
            return change
    after = ", ".join(change.after for change in possible) or "none"
    raise InputError(f"{entry.code} is {entry.status} and cannot become {to}; expected {after}")


def _check_reason(change: Transition, words: str) -> None:
    if change.needs_reason and not words:
        what = "taking back a closing" if change.is_correction else f"the status {change.after}"
        raise InputError(f"{what} needs a reason: say why")
    longest = fields()["closed_reason"].max_length
    if len(words) > longest:
        raise InputError(f"the reason has {len(words)} characters; expected at most {longest}")


def _check_day(entry: Entry, change: Transition, on: date, today: date) -> None:
    """Refuse days that cannot be the day of the change."""
    if isinstance(on, datetime):
        raise InputError(f"a change of status has a day, not a time: got {on.isoformat()}")
    if on > today:
        raise InputError(
            f"{on} lies ahead of today, {today}: change the status on the day; announce an opening "
            "as a planned station with its opened_on, a pause as an override of the hours"
        )
    first = entry.facts.get("closed_on" if change.is_correction else "opened_on")
    if first is not None and entry.status != _ANNOUNCED and on < first:
        what = "closed" if change.is_correction else "opened"
        raise InputError(f"{on} is before {entry.code} {what} on {first}: check the two days")
