"""Opening hours as a card tells them: the text as posted, in English what was understood of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from locator.hours.reading import read_hours
from locator.hours.writing import describe_hours

if TYPE_CHECKING:
    from locator.hours.rules import Hours

# How hours are to be written, for whoever wrote them otherwise; a test reads both.
WEEK_EXAMPLE = "周一至周五 8:30-17:00；周六 9:00-12:00"
SEASONS_EXAMPLE = "夏季 5月1日-9月30日 8:00-18:00；冬季 10月1日-次年4月30日 8:30-17:30"
UNDATED, UNREAD = "undated", "unread"


@dataclass(frozen=True, slots=True)
class ToldHours:
    """What may be said of a station's hours.

    Parameters
    ----------
    zh
        The text as posted, else what is known in Chinese; "" for nothing.
    en
        What is known in English; "" where that is nothing.
    problem
        Why a text is not known: "undated" (a season without its dates), "unread"; "" for neither.
    """

    zh: str
    en: str
    problem: str


@lru_cache(maxsize=4096)  # thousands of stations share their hours
def tell_hours(text: str, hours: Hours) -> ToldHours:
    """Weekly hours in words; dated changes show in the state of the door.

    Parameters
    ----------
    text
        As received.
    hours
        What was understood of it.

    Examples
    --------
    >>> tell_hours("周一至周五 8:30-17:00", read_hours("周一至周五 8:30-17:00").hours)
    ToldHours(zh='周一至周五 8:30-17:00', en='Mon–Fri 8:30–17:00', problem='')
    >>> tell_hours("夏季 8:00-18:00", read_hours("夏季 8:00-18:00").hours).problem
    'undated'
    """
    if not hours.known:
        return ToldHours(text, "", problem_of(text))
    weekly = replace(hours, exceptions=(), overrides=())
    return ToldHours(text or describe_hours(weekly), describe_hours(weekly, lang="en"), "")


def problem_of(text: str) -> str:
    """Why nothing is known from a text: "undated" or "unread"; "" for a blank one."""
    if not text:
        return ""
    return UNDATED if read_hours(text).undated else UNREAD
