"""locator.hours.reading and writing: texts to hours and back, and what must not be taken."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from geodata.calendar import load_calendar
from locator.hours import (
    DayException,
    Hours,
    Override,
    Rule,
    Timetable,
    describe_hours,
    format_hours,
    read_hours,
)
from tests.hours import any_hours

CALENDAR = load_calendar()
WORKWEEK, WEEKEND, DAILY = 31, 96, 127


def known(*rules: Rule, holidays: str = "as_posted") -> Hours:
    return Hours(rules, holidays=holidays, known=True)


def every_day(*spans: tuple[int, int], days: int = DAILY, **rest: Any) -> Hours:
    return known(*(Rule(days, *span, **rest) for span in spans))


@pytest.mark.parametrize(
    "text",
    [
        "8:30-11:00,13:30-17:00 周一至周五",
        "周一至周五 8:30-11:00,13:30-17:00",
        "周一到周五：08:30—11:00、13:30—17:00",
        "８：３０～１１：００，１３：３０～１７：００（星期一至星期五）",
        "每周一至周五 上午8:30-11:00 下午1:30-5:00",
        "周一、二、三、四、五 上午8点半至11点，下午1点30分到5点",
        "周一 - 周五<br>8:30 – 11:00；周一 - 周五 13:30 – 17:00",
        "周1至周5 8:30-11:00 13:30-17:00",
        "开放时间：周一至周五8:30-11:00，13:30-17:00。",
        "Mo-Fr 08:30-11:00,13:30-17:00",
        "Mon-Fri 08:30-11:00, 13:30-17:00",
        "周一至周五八点半到十一点,十三点半到十七点",
        "08:30:00-11:00:00,13:30:00-17:00:00 周一至周五",
        "周一至周五 8:30am-11am, 1:30pm-5pm",
    ],
)
def test_workweek_with_lunch_break_is_read_in_many_forms(text: str) -> None:
    read = read_hours(text)
    assert read.unread == ""
    assert read.hours == every_day((510, 660), (810, 1020), days=WORKWEEK)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("08:00-20:00", [(480, 1200)]),
        ("每天 8:00-20:00", [(480, 1200)]),
        ("每日8时至20时", [(480, 1200)]),
        ("早8:00-晚8:00", [(480, 1200)]),
        ("8-20点", [(480, 1200)]),
        ("全年无休 8:00-20:00", [(480, 1200)]),
        ("周一至周日 8:00-20:00", [(480, 1200)]),
        ("22:00-6:00", [(1320, 1800)]),
        ("22:00-次日6:00", [(1320, 1800)]),
        ("晚10点至次日早6点", [(1320, 1800)]),
        ("晚上10点-12点", [(1320, 1440)]),
        ("下午1点到5点", [(780, 1020)]),
        ("中午11:30-下午2点", [(690, 840)]),
        ("8:00-24:00", [(480, 1440)]),
        ("8:00-0:00", [(480, 1440)]),
        ("8:00-次日8:00", [(480, 1920)]),
        ("全天", [(0, 1440)]),
        ("全天候", [(0, 1440)]),
        ("24小时", [(0, 1440)]),
        ("24小时开放", [(0, 1440)]),
        ("全天24小时开放", [(0, 1440)]),
        ("7×24小时", [(0, 1440)]),
        ("00:00-24:00", [(0, 1440)]),
        ("24/7", [(0, 1440)]),
        ("24 h / 24", [(0, 1440)]),
        ("24h/24", [(0, 1440)]),
        ("6 h - 22 h", [(360, 1320)]),
        ("6 h - 1 h", [(360, 1500)]),
        ("19 h - 7 h", [(1140, 1860)]),
        ("10h à 22h", [(600, 1320)]),
        ("6 h - 24 h", [(360, 1440)]),
        ("de 8h30 à 18h tous les jours", [(510, 1080)]),
        ("05:00-01:00", [(300, 1500)]),
    ],
)
def test_daily_span_is_read(text: str, spans: list[tuple[int, int]]) -> None:
    read = read_hours(text)
    assert (read.unread, read.hours) == ("", every_day(*spans))


SUMMER, WINTER = (501, 930), (1001, 430)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("工作日8:30-17:30", known(Rule(127, 510, 1050, days="workday"))),
        (
            "周一至周五 9:00-17:00；周六 9:00—12:00",
            known(Rule(WORKWEEK, 540, 1020), Rule(32, 540, 720)),
        ),
        (
            "9:00-17:00 周一至周五，9:00-12:00 周六",
            known(Rule(WORKWEEK, 540, 1020), Rule(32, 540, 720)),
        ),
        ("8:00-17:30 周末休息", known(Rule(WORKWEEK, 480, 1050))),
        ("每天8:00-18:00；星期日休息", known(Rule(63, 480, 1080))),
        ("周日休息；每天8:00-18:00", known(Rule(63, 480, 1080))),
        ("除周一外每天 9:00-17:00", known(Rule(126, 540, 1020))),
        (
            "每天8:00-18:00；周日9:00-12:00",
            known(Rule(63, 480, 1080), Rule(64, 540, 720)),
        ),
        ("周一、三、五 9-17点", known(Rule(21, 540, 1020))),
        ("周六日 9:00-17:00", known(Rule(96, 540, 1020))),
        ("周五至周一 9:00-17:00", known(Rule(0b1110001, 540, 1020))),
        ("8:30-17:30（法定节假日除外）", known(Rule(127, 510, 1050), holidays="closed")),
        ("周一至周五（法定节假日除外）9:00-17:00", known(Rule(31, 540, 1020), holidays="closed")),
        ("9:00-17:00，法定节假日另行通知", known(Rule(127, 540, 1020), holidays="unknown")),
        ("周一至周日 9:00-17:00，节假日照常开放", known(Rule(127, 540, 1020))),
        (
            "周一至周五9:00-17:00，周六日及法定节假日休息",
            known(Rule(31, 540, 1020), holidays="closed"),
        ),
        (
            "周一至周五 9:00-17:00；法定节假日 10:00-16:00",
            known(Rule(31, 540, 1020), Rule(127, 600, 960, days="holiday"), holidays="closed"),
        ),
        (
            "周末及节假日 10:00-16:00",
            known(Rule(96, 600, 960), Rule(127, 600, 960, days="holiday"), holidays="closed"),
        ),
        (
            "工作日9:00-17:00，周末及节假日 10:00-16:00",
            known(
                *(Rule(127, 600, 960, days=days) for days in ("weekend", "holiday")),
                Rule(127, 540, 1020, days="workday"),
            ),
        ),
        (
            "工作日9:00-17:00，非工作日10:00-16:00",
            known(
                *(Rule(127, 600, 960, days=days) for days in ("weekend", "holiday")),
                Rule(127, 540, 1020, days="workday"),
            ),
        ),
        (
            "工作日 9:00-17:00，周六 9:00-12:00",
            known(Rule(127, 540, 1020, days="workday"), Rule(32, 540, 720, days="weekend")),
        ),
        (
            "夏季(5月1日-9月30日)8:00-18:30，冬季（10月1日至次年4月30日）8:00-17:30",
            known(Rule(127, 480, 1110, SUMMER), Rule(127, 480, 1050, WINTER)),
        ),
        (
            "5月-9月 8:00-18:30；10月-次年4月 8:00-17:30",
            known(Rule(127, 480, 1110, SUMMER), Rule(127, 480, 1050, WINTER)),
        ),
        (
            "每天8:00-17:30；5月1日至9月30日 8:00-18:30",
            known(Rule(127, 480, 1110, SUMMER), Rule(127, 480, 1050, WINTER)),
        ),
        (
            "每天8:00-17:30；5月1日至9月30日不开放",
            known(Rule(127, 480, 1050, WINTER)),
        ),
        ("24小时（凭码进入）", every_day((0, 1440), needs_code=True)),
        ("24小时（需扫码/刷脸）", every_day((0, 1440), needs_code=True)),
        ("全天24小时，扫码进入", every_day((0, 1440), needs_code=True)),
        ("24小时，无需扫码", every_day((0, 1440), needs_code=False)),
        ("18:00-22:00（延时）", every_day((1080, 1320), type="extended")),
        ("不开放", known()),
        ("Mo-Fr 08:30-17:00; PH off", known(Rule(31, 510, 1020), holidays="closed")),
        (
            "Mo-Su 08:00-18:00; Sa 09:00-12:00",
            known(Rule(95, 480, 1080), Rule(32, 540, 720)),
        ),
        (
            "Mo-Fr 08:00-12:00, Sa 09:00-11:00",
            known(Rule(31, 480, 720), Rule(32, 540, 660)),
        ),
        (
            "Oct-Apr: 08:00-17:30; May 1-Sep 30: 08:00-18:30",
            known(Rule(127, 480, 1110, SUMMER), Rule(127, 480, 1050, WINTER)),
        ),
        ("Fr,Sa 22:00-26:00", known(Rule(48, 1320, 1560))),
        ("Mo,We-Fr 09:00-17:00; Th off", known(Rule(21, 540, 1020))),
    ],
)
def test_text_is_read_to_these_rules(text: str, hours: Hours) -> None:
    read = read_hours(text)
    assert (read.unread, read.hours) == ("", hours)


@pytest.mark.parametrize("text", ["", "  ", "不详", "开放时间不详", "待定", "unknown", "-", "暂无"])
def test_text_that_tells_nothing_is_unknown_and_all_read(text: str) -> None:
    assert read_hours(text).hours == Hours()
    assert read_hours(text).unread == ""


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("营业时间同银行", "同银行"),
        ("9:00-17:00，以实际为准", "以实际为准"),
        ("9:00-17:00左右", "左右"),
        ("约9:00-17:00", "约"),
        ("工作日开放", "工作日"),
        ("周一闭馆", "周一闭馆"),
        ("法定节假日除外", "法定节假日除外"),
        ("Voir fiche équipement", "voir fiche équipement"),
        ("夏季8:00-18:30，冬季8:00-17:30", "夏季"),  # nobody said when they begin
        ("9:00-5:00", "9:00-5:00"),  # the afternoon, or the next day?
        ("8点-5点", "8点-5点"),
        ("09:00-05:00", "09:00-05:00"),
        ("上午9点-5点", "上午9点-5点"),
        ("8:00-8:00", "8:00-8:00"),
        ("00:00-00:00", "00:00-00:00"),
        ("25:00-26:00", "25"),
        ("8:00-24:30", "24"),
        ("8:60-9:00", "8"),
        ("凌晨9点-11点", "凌晨"),
        ("8:00-17:00,12:00-13:00休息", "休息"),
        ("8:30-11:30；13:30-17:00，周一至周五", "8:30-11:30"),
        ("周一至周五 8:00-11:00；13:00-17:00", "13:00-17:00"),
        ("周一至周五 9:00-17:00 周六", "周六"),
        ("每天 8:00-18:00；工作日 8:00-20:00", "工作日"),  # cannot be told apart on holidays
        ("周六 9:00-12:00；每天8:00-18:00", "每天"),  # besides, or instead?
        ("8:00-20:00，20:00-次日8:00凭码进入", "凭码"),  # both, or the night only?
        ("凭码进入", "凭码"),
        ("国庆节期间休息；每天9:00-17:00", "国庆"),
        ("每天9:00-17:00；暂停开放", "暂停"),
        ("2月30日至3月5日 9:00-17:00", "2月30"),
        ("3月1日至次年5月1日 9:00-17:00", "3月1"),
        ("周一至周五 9:00-17:00，需预约", "需预约"),
        ("Mo-Fr 09:00-17:00; week 1-10 off", "week"),
        ("Mo-Fr sunrise-sunset", "sunrise"),
        ("Mo-Fr 08:00+", "08:00+"),
        ('Mo-Fr 08:00-17:00 "by appointment"', "appointment"),
        ("Mo-Fr 9:00-5:00", "9:00-5:00"),
        ("Mo-Fr", ""),
        ("PH off", "ph off"),
        ("PH,SH 08:00-17:00", "sh"),
        ("May 1-Sep 08:00-17:00", "may"),
        ("(8:00-17:00", "("),
        ("8:00-17:00)", "8:00"),
        ("每天", "每天"),
        ("另", "另"),
        ("8:00-", "8:00"),
        ("除周一 9:00-17:00", "除"),
        ("节假日照常，9:00-17:00，节假日除外，节假日不详", "节假日不详"),
        ("例外 2026-02-30 关闭", "2026-02-30"),
        ("例外 2026-02-03", "例外"),
        ("临时 2026-02-03 08:00 至 2026-02-03 07:00 关闭", "临时"),
    ],
)
def test_text_half_understood_is_not_taken(text: str, unread: str) -> None:
    read = read_hours(text)
    assert read.hours == Hours()
    assert read.unread
    assert unread in read.unread


def test_text_of_junk_is_refused_unread() -> None:
    read = read_hours("8" * 100_001)
    assert read.hours == Hours()
    assert "100001" in read.unread


def test_text_with_many_blanks_is_read_soon() -> None:
    assert read_hours("8:00" + " " * 90_000 + "-" + " " * 9_000 + "9:00").hours.known


def test_dated_changes_are_read_from_canonical_text() -> None:
    text = (
        "每天 08:00-18:00；例外 2026-02-15至2026-02-23 关闭（原因「春节」）；"
        "例外 2026-07-01 08:00-12:00、14:00-次日02:00（高温加开）；"
        "临时 2026-07-05 08:30 至 2026-07-06 09:00 不详（原因「检修；待「定」」」）"
    )
    hours = Hours(
        (Rule(127, 480, 1080),),
        (
            DayException(date(2026, 2, 15), date(2026, 2, 23), (), "春节"),
            DayException(date(2026, 7, 1), date(2026, 7, 1), ((480, 720), (840, 1560)), "", "heat"),
        ),
        (Override(datetime(2026, 7, 5, 8, 30), datetime(2026, 7, 6, 9), None, "检修；待「定」"),),
        known=True,
    )
    assert read_hours(text).hours == hours


@settings(max_examples=120)
@given(any_hours())
def test_formatted_hours_read_back_the_same(hours: Hours) -> None:
    text = format_hours(hours)
    read = read_hours(text)
    assert (read.unread, read.hours) == ("", hours)
    assert (text == "") == (hours == Hours())


@given(any_hours(), st.sampled_from(["zh", "en"]))
def test_description_is_one_line_and_counts_dated_changes(hours: Hours, lang: str) -> None:
    text = describe_hours(hours, lang=lang)
    assert text
    assert "\n" not in text
    dated = len(hours.exceptions) + len(hours.overrides)
    assert str(dated) in text or not dated


def test_description_in_both_languages() -> None:
    hours = known(
        Rule(31, 510, 660), Rule(31, 810, 1020), Rule(96, 1320, 1800, (601, 831)),
        Rule(127, 0, 1440, days="holiday", needs_code=True), holidays="unknown",
    )  # fmt: skip
    assert describe_hours(hours) == (
        "周一至周五 8:30–11:00、13:30–17:00；6月1日至8月31日 周六、周日 22:00–次日6:00；"
        "法定节假日 24小时（凭码进入）；法定节假日未核实"
    )
    assert describe_hours(hours, lang="en") == (
        "Mon–Fri 8:30–11:00, 13:30–17:00; 1 Jun–31 Aug Sat, Sun 22:00–next day 6:00; "
        "public holidays 24 h (code needed); public holidays not known"
    )
    assert describe_hours(Hours(), lang="en") == "hours not known"
    assert describe_hours(Hours(known=True), lang="en") == "not open"


SIGNS = (
    "周一二三五六日末至到-—~:：点半分时0123456789，,；;、（）()上下午晚早次日每天"
    "工作法定节假除外休息全小凭码进入夏季月年例临开放h à/24MoFrPSu"
)
TEXTS = st.text(st.sampled_from(SIGNS), max_size=25)


@settings(max_examples=500)
@given(TEXTS | st.text(max_size=30))
def test_any_text_is_read_whole_or_not_at_all(text: str) -> None:
    read = read_hours(text)
    assert not (read.unread and read.hours != Hours())
    # what is taken survives the way through the canonical text
    assert read_hours(format_hours(read.hours)).hours == read.hours


@pytest.mark.parametrize(
    "hedge", ["以实际为准", "左右", "如有变动另行通知", "（暂定）", "视情况", "?"]
)
@given(hours=any_hours())
@settings(max_examples=20)
def test_word_not_understood_at_the_end_spoils_all(hedge: str, hours: Hours) -> None:
    assume(hours != Hours())
    assert read_hours(f"{format_hours(hours)}，{hedge}").hours == Hours()


def test_zhengzhou_hours_are_all_read_but_one(shared_data: Path) -> None:
    path = shared_data / "registry" / "zhengzhou_yizhan" / "stations_full.json"
    texts = Counter(row["open_hours"] for row in json.loads(path.read_text("utf-8")))
    unread = {text: count for text, count in texts.items() if read_hours(text).unread}
    assert unread == {"工作日开放": 2}
    assert sum(texts.values()) == 82


def test_paris_hours_are_read_but_for_the_one_that_tells_none(shared_data: Path) -> None:
    path = shared_data / "registry" / "paris_sanisettes_2023_jhanslik.json"
    rows = json.loads(path.read_text("utf-8"))
    texts = Counter(row["fields"].get("horaire", "") for row in rows)
    unread = {text: count for text, count in texts.items() if read_hours(text).unread}
    assert unread == {"Voir fiche équipement": 168}
    assert read_hours("").hours == Hours()
    assert sum(read_hours(text).hours.known * count for text, count in texts.items()) == 436


DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@st.composite
def osm_strings(draw: st.DrawFn) -> str:
    """Strings of the part that is read, without spans past midnight: see the test."""

    def days() -> str:
        items = []
        for _ in range(draw(st.integers(1, 2))):
            first, last = draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))
            items.append(draw(st.sampled_from([first, f"{first}-{last}"])))
        return ",".join(items)

    def spans() -> str:
        minutes = sorted(draw(st.sets(st.integers(0, 95), min_size=2, max_size=2))) + sorted(
            draw(st.sets(st.integers(0, 95), min_size=2, max_size=2))
        )
        clock = [f"{m * 15 // 60:02}:{m * 15 % 60:02}" for m in minutes]
        both = [f"{clock[0]}-{clock[1]}", f"{clock[2]}-{clock[3]}"]
        return ",".join(both[: draw(st.integers(1, 2))])

    rules: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        first, last = draw(st.sampled_from(MONTHS)), draw(st.sampled_from(MONTHS))
        season = draw(st.sampled_from(["", "", f"{first}-{last} "]))
        closing = bool(rules) and draw(st.integers(0, 4)) == 0
        rules.append(season + days() + " " + ("off" if closing else spans()))
    return "; ".join(rules)


@settings(max_examples=20)
@given(osm_strings())
def test_osm_string_gives_the_states_of_an_independent_reader(text: str) -> None:
    """opening-hours-py judges; its spans of the day before are its own affair, so none here."""
    judge = OpeningHours(text)
    hours = read_hours(text).hours
    assume(hours.known)
    table = Timetable.compile([hours], CALENDAR)
    start = datetime(2026, 1, 1, 0, 7)
    for step in range(0, 365, 5):
        when = start + timedelta(days=step, minutes=step * 97 % 1440)
        assert bool(judge.is_open(when)) == (table.state_at(when)[0] == 1), (text, when)
