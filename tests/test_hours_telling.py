"""Opening hours as cards tell them: in English what was understood, else the text and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from locator.hours import (
    SEASONS_EXAMPLE,
    WEEK_EXAMPLE,
    DayException,
    Hours,
    ToldHours,
    read_hours,
    tell_hours,
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("周一至周五 8:30-17:00", ("周一至周五 8:30-17:00", "Mon–Fri 8:30–17:00", "")),
        ("24小时（需扫码）", ("24小时（需扫码）", "24 h (code needed)", "")),
        ("", ("", "", "")),
        ("9点左右", ("9点左右", "", "unread")),
        ("夏季8:00-18:00，冬季8:30-17:30", ("夏季8:00-18:00，冬季8:30-17:30", "", "undated")),
        ("夏令时8:00-18:00；冬令时8:30-17:30",
         ("夏令时8:00-18:00；冬令时8:30-17:30", "", "undated")),
        ("周一至周五 夏季8:00-18:00，冬季8:30-17:30",
         ("周一至周五 夏季8:00-18:00，冬季8:30-17:30", "", "undated")),
        # the one season that is dated does not date the other
        ("夏季（5月1日-9月30日）8:00-18:00，冬季8:30-17:30",
         ("夏季（5月1日-9月30日）8:00-18:00，冬季8:30-17:30", "", "undated")),
        # more than the dates is in doubt
        ("夏季8:00-18:00左右", ("夏季8:00-18:00左右", "", "unread")),
    ],
)  # fmt: skip
def test_tell_hours_of_a_text(text: str, told: tuple[str, str, str]) -> None:
    hours = read_hours(text).hours
    assert hours.known == bool(told[1])
    assert tell_hours(text, hours) == ToldHours(*told)


@pytest.mark.parametrize("text", [WEEK_EXAMPLE, SEASONS_EXAMPLE])
def test_examples_of_what_to_write_are_understood(text: str) -> None:
    read = read_hours(text)
    assert (read.hours.known, read.unread, read.undated) == (True, "", False)
    assert tell_hours(text, read.hours).problem == ""


def test_tell_hours_known_without_a_text_says_them_in_both_languages() -> None:
    told = tell_hours("", read_hours("周一至周五 8:30-17:00").hours)
    assert told == ToldHours("周一至周五 8:30–17:00", "Mon–Fri 8:30–17:00", "")


def test_tell_hours_leaves_dated_changes_to_the_door() -> None:
    weekly = read_hours("8:00-18:00").hours
    day = DayException(date(2026, 10, 1), date(2026, 10, 1), ((540, 720),))
    changed = replace(weekly, exceptions=(day,))
    assert tell_hours("8:00-18:00", changed) == tell_hours("8:00-18:00", weekly)
    # a change on a day makes nothing known of the week
    only = Hours(exceptions=(day,))
    assert tell_hours("看门口", only) == ToldHours("看门口", "", "unread")
