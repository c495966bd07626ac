"""locator.hours.statements: closing words after spans, days told twice, afternoons in doubt."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.hours import Hours, Rule, format_hours, read_hours

WORKWEEK, WEEKEND, DAILY = 31, 96, 127


def known(*rules: Rule) -> Hours:
    return Hours(rules, known=True)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        # a closing word after days and spans: a break, not hours on the other days
        ("周一至周五12:00-13:00休息", None),
        ("周一至周五中午12点到1点休息", None),
        ("周日8:00-12:00休息", None),
        ("周一8:00-12:00闭馆", None),
        ("周末9:00-17:00不开放", None),
        ("周三14:00-17:00除外", None),
        ("周三14:00-17:00关闭", None),
        ("每天8:00-17:00，周三9:00-12:00除外", None),
        ("除周三9:00-12:00外，每天8:00-17:00", None),
        ("每天8:00-17:00；9:00-12:00 周三除外", None),
        ("9:00-17:00（周三12:00-13:00休息）", None),
        ("周一至周五9:00-17:00（周三12:00-13:00休息）", None),
        ("周一至周五9:00-17:00，12:00-13:00休息", None),
        ("周三休息12:00-13:00", None),
        ("周三休息时间：12:00-13:00", None),
        ("8:00-17:00；周三休息12:00-13:00", None),
        ("9:00-17:00 12:00-13:00 周三休息", None),
        # days that are closed, and spans of the others
        ("周日休息，8:00-18:00", known(Rule(63, 480, 1080))),
        ("周日休息\n8:00-18:00", known(Rule(63, 480, 1080))),
        ("（周日休息）8:00-18:00", known(Rule(63, 480, 1080))),
        ("8:00-18:00 周日休息", known(Rule(63, 480, 1080))),
        ("8:00-18:00（周日休息）", known(Rule(63, 480, 1080))),
        ("周一至周五9:00-17:00，周三休息", known(Rule(27, 540, 1020))),
        (
            "24小时（凭码进入）；8:00-20:00 直接进入",  # inside, but it says something else
            known(
                Rule(DAILY, 0, 1440, needs_code=True), Rule(DAILY, 480, 1200, needs_code=False)
            ),
        ),
        # an afternoon told with twelve hours
        ("9点-12点，2点-5点", None),
        ("9-12点，2-5点", None),
        ("9:00-12:00 2:00-5:00", None),
        ("8:30-11:30；1:30-5:00", None),
        ("周一至周五9:00-12:00，1:30-17:00", None),
        ("9:00-12:00，14:00-5:00", None),
        ("Mon-Fri 9:00-12:00, 2:00-5:00", None),
        ("Mo-Fr 2:00-5:00", None),
        ("9:00-12:00，下午2:00-5:00", known(Rule(DAILY, 540, 720), Rule(DAILY, 840, 1020))),
        ("13:30-17:00，8:30-11:30", known(Rule(DAILY, 510, 690), Rule(DAILY, 810, 1020))),
        ("18:00-22:00，6:00-9:00", known(Rule(DAILY, 360, 540), Rule(DAILY, 1080, 1320))),
        ("周六9:00-12:00；周日6:00-12:00", known(Rule(32, 540, 720), Rule(64, 360, 720))),
        # days told twice are those that both name
        ("周一至周五（工作日）9:00-17:00", known(Rule(WORKWEEK, 540, 1020, days="workday"))),
        ("工作日（周一至周五）9:00-17:00", known(Rule(WORKWEEK, 540, 1020, days="workday"))),
        ("9:00-17:00 周一至周五（工作日）", known(Rule(WORKWEEK, 540, 1020, days="workday"))),
        ("每天（工作日）9:00-17:00", known(Rule(DAILY, 540, 1020, days="workday"))),
        (
            "工作日（周一至周五）9:00-17:00，周六 9:00-12:00",
            known(
                Rule(WORKWEEK, 540, 1020, days="workday"), Rule(32, 540, 720, days="weekend")
            ),
        ),
        ("公休日（周六、周日）9:00-12:00", known(Rule(DAILY, 540, 720, days="weekend"))),
        ("周一至周五及工作日9:00-17:00", None),
        ("周一至周六（工作日）9:00-17:00", None),
        ("周六（工作日）9:00-12:00", None),
        ("周末（节假日）9:00-12:00", None),
        ("公休日（周六）9:00-12:00", None),
        (
            "工作日及周六 9:00-12:00",
            known(
                Rule(DAILY, 540, 720, days="workday"), Rule(32, 540, 720, days="weekend")
            ),
        ),
        (
            "非工作日（周末及法定节假日）9:00-12:00",
            known(*(Rule(DAILY, 540, 720, days=days) for days in ("weekend", "holiday"))),
        ),
    ],
)  # fmt: skip
def test_text_in_doubt_is_read_to_these_rules_or_not_at_all(text: str, hours: Hours | None) -> None:
    read = read_hours(text)
    assert read.hours == (hours or Hours())
    assert bool(read.unread) == (hours is None)
    assert read_hours(format_hours(read.hours)).hours == read.hours


def test_holidays_in_brackets_after_and_are_open_too() -> None:
    read = read_hours("周一至周五（及节假日）9:00-12:00")
    rules = (Rule(WORKWEEK, 540, 720), Rule(DAILY, 540, 720, days="holiday"))
    assert (read.unread, read.hours) == ("", Hours(rules, holidays="closed", known=True))


DAYS = st.sampled_from(["周一", "周一至周五", "周末", "周六、日", "工作日", "法定节假日", "每天"])
CLOSED = st.sampled_from(["休息", "闭馆", "闭站", "不开放", "除外", "关闭", "停业", "不对外开放"])
BEFORE = st.sampled_from(["", "8:00-17:00；", "每天8:00-17:00，", "周一至周日 8:00-17:00\n"])


@given(
    BEFORE,
    DAYS,
    st.lists(st.integers(8, 20), min_size=2, max_size=4, unique=True).map(sorted),
    st.sampled_from(["", " ", "，"]),
    CLOSED,
)
def test_closing_word_after_days_and_spans_never_opens_any(
    before: str, days: str, hours: list[int], sign: str, closed: str
) -> None:
    spans = "、".join(f"{a}:00-{b}:00" for a, b in list(pairwise(hours))[::2])
    assert read_hours(f"{before}{days}{spans}{sign}{closed}").hours == Hours()
