"""locator.hours.times: parts of the day, 12-hour clocks, and spans that may mean two things."""

from __future__ import annotations

import pytest

from locator.hours import read_hours


def span_of(text: str) -> tuple[int, int] | None:
    """Hours of a daily span; None where it is not taken."""
    rules = read_hours(text).hours.rules
    return (rules[0].open_min, rules[0].close_min) if rules else None


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("凌晨0点-6:59", (0, 419)),
        ("凌晨12点-6点", (0, 360)),
        ("凌晨7点-8点", None),
        ("早4点-11点半", (240, 690)),
        ("早3点-11点", None),
        ("早12点-14点", None),
        ("上午6点-上午12点", (360, 720)),
        ("上午5点-8点", None),
        ("中午11点-中午1点", (660, 780)),
        ("中午12点-中午2点半", (720, 870)),
        ("中午13点-中午14点", (780, 840)),
        ("中午3点-5点", None),
        ("下午1点-下午7点半", (780, 1170)),
        ("下午12点-19点", (720, 1140)),
        ("下午13:30-下午19:00", (810, 1140)),
        ("下午8点-9点", None),
        ("傍晚4点-傍晚8点", (960, 1200)),
        ("傍晚16点-傍晚20点", (960, 1200)),
        ("傍晚3点-8点", None),
        ("晚5点-晚11点", (1020, 1380)),
        ("晚17点-晚24点", (1020, 1440)),
        ("晚上8点-晚上12点", (1200, 1440)),
        ("晚4点-8点", None),
        ("8点-午夜12点", (480, 1440)),
        ("午夜0点-6点", (0, 360)),
        ("8:00 am-12:30 pm", (480, 750)),
        ("12:15 am-1 am", (15, 60)),
        ("1 pm-11 pm", (780, 1380)),
        ("13 pm-15 pm", None),
        ("零点-两点一刻", (0, 135)),
        ("十点三刻-二十二点", (645, 1320)),
        ("八点-十八点", (480, 1080)),
        # the end before the start: the next day only where nothing else can be meant
        ("7:00-1:00", None),
        ("07:00-02:00", None),  # a day of nineteen hours that begins at seven
        ("07:00-01:59", (420, 1559)),
        ("06:59-04:00", (419, 1680)),
        # so too a small hour after a start before evening
        ("12:00-1:00", None),
        ("12:00-2:00", None),
        ("14:00-5:00", None),
        ("14:00-8:00", None),
        ("16:59-1:00", None),
        ("17:00-1:00", (1020, 1500)),
        ("18:00-2:00", (1080, 1560)),
        ("22:00-6:00", (1320, 1800)),
        ("16:00-0:30", (960, 1470)),  # no clock of twelve hours has a 0
        ("12:00-01:00", (720, 1500)),
        ("13 h - 1 h", (780, 1500)),
        ("14:00-凌晨2点", (840, 1560)),
        ("14:00-次日2:00", (840, 1560)),
        # small hours on both sides are rather the afternoon's
        ("2:00-5:00", None),
        ("1点-4点半", None),
        ("4:59-8:00", None),
        ("5:00-8:00", (300, 480)),
        ("02:00-05:00", (120, 300)),
        ("凌晨2:00-5:00", (120, 300)),
        ("11:00-1:00", None),
        ("次日6:00-8:00", None),
        ("24:00-8:00", None),
        ("8:00-次日8:01", None),
    ],
)
def test_span_is_what_its_words_can_only_mean(text: str, span: tuple[int, int] | None) -> None:
    assert span_of(text) == span


def test_two_seasons_for_one_span_are_refused() -> None:
    assert span_of("5月1日-6月30日、9月1日-9月30日 8:00-18:00") is None
