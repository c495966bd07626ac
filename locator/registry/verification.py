"""Noting that somebody looked, and found a record or some of its fields right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from geodata.fields import fields
from geodata.vocabulary import facilities, word_list
from locator.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from locator.registry.entries import Entry

WHOLE = ""  # stands for the record as a whole


def verified_entry(
    entry: Entry,
    names: Sequence[str] = (),
    *,
    on: date,
    today: date,
    how: str = "",
    who: str = "",
) -> Entry:
    """The entry with the day of a check.

    A check never makes knowledge older: where a later day stands already, it stays.

    Parameters
    ----------
    names
        Fields, or codes of facilities, that were checked; none for the record as a whole.
    on, today
        Day of the check and of today in the city.
    how
        A word of the list of ways to check, "" where not told.
    who
        Who looked; private.

    Raises
    ------
    InputError
        The day lies ahead, or the way to check is not in the list.
    NotFoundError
        There is no such field.
    """
    if on > today:
        raise InputError(f"a check on {on} lies ahead of today, {today}; give the day it was made")
    unknown = [name for name in names if name not in fields() and name not in facilities()]
    if unknown:
        raise NotFoundError(
            f"no field {unknown[0]!r}; expected one such as hours, phone, access_mode"
        )
    days = dict(entry.verified)
    for name in names or (WHOLE,):
        days[name] = max(on, days.get(name, on))
    facts = dict(entry.facts)
    if how:
        code = word_list("verify_hows").find(how)
        if code is None:
            known = "、".join(term.zh for term in word_list("verify_hows"))
            raise InputError(f"unknown way to check {how!r}; expected one of {known}")
        facts["verify_how"] = code
    if who:
        facts["verified_by"] = who[: fields()["verified_by"].max_length]
    return replace(entry, verified=days, facts=facts)
