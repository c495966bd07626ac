"""Noting that somebody looked, and found a record or some of its fields right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from geodata.columns import field_names, field_words
from geodata.fields import fields
from geodata.vocabulary import facilities, normalise, word_list
from locator.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from locator.registry.entries import Entry

WHOLE = ""  # stands for the record as a whole


def find_name(text: str) -> str:
    """Name of a field, or code of a facility, that a word means.

    Raises
    ------
    NotFoundError
        It means none; all fields are told.

    Examples
    --------
    >>> find_name("开放时间"), find_name("空调"), find_name("hours")
    ('hours', 'AC', 'hours')
    """
    if text in fields() or text in facilities():
        return text
    word = normalise(text)
    for name, words in field_words().items():
        if word in words and name in fields():
            return name
    code = facilities().parse(text)
    if code is None:
        known = ", ".join(f"{name} {field.zh}" for name, field in fields().items())
        raise NotFoundError(f"no field {text!r}; expected a facility or one of {known}")
    return code


def label(name: str) -> str:
    """What people call a field or facility.

    >>> label("access_mode"), label("AC")
    ('进入方式', '空调')
    """
    term = facilities().get(name)
    return term.zh if term else field_names().get(name, name)


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
        Fields or facilities that were checked, by name or any heading a sheet may have; none
        for the record as a whole.
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
    days = dict(entry.verified)
    for name in [find_name(name) for name in names] or [WHOLE]:
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
