"""Texts about opening hours cut into what is understood, and the rest, which is kept as it stands.

A word that is not in this vocabulary is never skipped: it comes out as unread, and then nothing of
the text is taken. So a text that hedges (以实际为准, 左右, 约) is not read.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from locator.hours.rules import ALL_WEEK, DAY_MIN, WEEKEND
from locator.hours.times import (
    BARE_HOURS,
    TIME,
    is_late_again,
    read_bare_hour,
    read_time,
    span_between,
)

NOTE_MARK = "\ue000"  # from the private use area: stands for a quoted note, followed by its number


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text and what it means.

    Parameters
    ----------
    kind
        "span", "days", "season", "off", "policy", "code", "type", "note", "add", "except",
        "named" (a season's name), "enum", "break", "stop", "open", "close", "unread"; inside this
        module also "time" and "dash".
    value
        span: (open, close) minutes; days: (kind, mask); season: (MMDD, MMDD) or None for the whole
        year; off: "last" or "all" of the days before it; policy: as in `Hours`; code: bool; type:
        as in `Rule`; note: number of the quoted note; time: (minutes, marks).
    text
        The piece.
    """

    kind: str
    value: Any
    text: str


_WEEK, _DAY = "(?:每?(?:周|星期|礼拜))", "[一二三四五六日天]"
_TO_DAY = rf"(?:\s*[-至到]\s*{_WEEK}?{_DAY})?"
# A day without 周 follows a sign or another day: 周一、三, 周六日, but not the 日 of 日间.
_DAYS = (
    rf"{_WEEK}{_DAY}{_TO_DAY}"
    rf"(?:(?:\s*[、,及和与]\s*{_WEEK}?{_DAY}|\s*{_WEEK}{_DAY}|{_DAY}){_TO_DAY}(?!间))*"
)
_DAY_NUMBERS = rf"{_WEEK}(?P<day1>[1-7])(?:\s*[-至到]\s*{_WEEK}?(?P<day2>[1-7]))?(?![\d:点时])"
_DATES = (
    r"(?P<m1>\d{1,2})月(?P<d1>\d{1,2})[日号]?\s*[-至到]\s*(?P<ny1>次年|翌年)?\s*"
    r"(?:(?P<m2>\d{1,2})月)?(?P<d2>\d{1,2})[日号]"
)
_DATES_SHORT = (
    r"(?P<m3>\d{1,2})月(?P<d3>\d{1,2})\s*[-至到]\s*(?P<m4>\d{1,2})月(?P<d4>\d{1,2})(?![\d:点时])"
)
_MONTHS = r"(?P<m5>\d{1,2})月?份?\s*[-至到]\s*(?P<ny2>次年|翌年)?\s*(?P<m6>\d{1,2})月(?!\d)份?"
_HOLIDAY = "(?:国家)?(?:法定|公众|公共)?(?:节假日|节日|假日)"
_ENTER = "(?:后?(?:进入|进出|开门|入内))?"
_KEYS = "(?:扫码|刷脸|刷卡|人脸识别|密码|二维码|会员码|验证码|门禁码)"

# The first that fits is taken, so what is longer or begins like something else stands first.
_GRAMMAR: tuple[tuple[str, str], ...] = (
    ("note", rf"(?:备注|原因)?\s*{NOTE_MARK}(?P<note>\d+){NOTE_MARK}"),
    ("policy:as_posted", f"{_HOLIDAY}(?:照常|正常)(?:开放|营业)?|{_HOLIDAY}(?:不休息?|无休)"),
    ("policy:unknown", f"{_HOLIDAY}(?:开放)?(?:时间)?(?:不详|未知|待定|另行通知)"),
    ("policy:closed", f"平时时间不含{_HOLIDAY}"),
    ("type:holiday", "节假日时段"),
    ("type:extended", "延时(?:开放|服务)?"),
    ("type:heat", "高温加开"),
    ("type:all_day", "全日"),
    ("days:part", rf"(?P<whole>工作日|公休日|法定节假日)中的(?:{_DAYS})"),
    ("days:holiday", _HOLIDAY),
    ("days:off_days", "非工作日"),
    ("days:workday", "工作日"),
    ("days:weekend", "公休日"),
    ("days:saturday", "每?(?:周末|双休日)"),
    ("days:every", "(?:全年|全周)无休|每天|每日|天天|tous les jours|7\\s*j\\s*/\\s*7|daily"),
    ("season:year", "全年"),
    ("season:dates", _DATES),
    ("season:short", _DATES_SHORT),
    ("season:months", _MONTHS),
    ("named", "(?:夏|冬|春秋|春|秋)(?:季|天|令时)"),
    ("days:names", _DAYS),
    ("days:numbers", _DAY_NUMBERS),
    (
        "span",
        r"全天候?|(?:7\s*[x*×天]\s*)?(?<![-至到\d])24\s*小时|二十四小时|24\s*h\s*/\s*24|24/7"
        r"|(?<![-至到à])(?<!à )24\s*h(?!\s*[-à\d])",
    ),
    ("off:last", "除外|(?:以|之)外|外"),
    ("off:all", "不(?:对外)?开放|不营业|休息|闭馆|闭站|休馆|停业|关闭|关门"),
    ("except", "除"),
    ("code:free", f"(?:无需|不需|不用|免)\\s*(?:凭码|{_KEYS}){_ENTER}|自由进出|直接进入"),
    ("code:needed", f"(?:凭码|(?:凭|需要?|须要?|输入)?\\s*{_KEYS}){_ENTER}"),
    ("add", "另外|另|此外"),
    ("time", TIME),
    ("bare", BARE_HOURS),
    ("dash", "[-至到]|à"),
    ("enum", "[、/]|及|和|与|或|以及"),
    ("skip", "对外|开放|营业|服务|时间|的|为|均|从|自|de(?![a-z])"),
    ("break", r"[,:]|[^\S\n]+"),
    ("stop", r"[;。\n|]|\.$"),
    ("open", r"[(\[【]"),
    ("close", r"[)\]】]"),
)


def _compile() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    rows = []
    for name, pattern in _GRAMMAR:
        kind, _, value = name.partition(":")
        rows.append((kind, value, re.compile(pattern)))
    return tuple(rows)


_PATTERNS = _compile()
_DASHES = re.compile(r"\s*[-‐‑‒–—―−~〜∼－]+\s*")
_BREAKS = re.compile(r"<\s*/?\s*(?:br|p|div|li)\b[^<>]*>|\r\n?|_x000d_", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n]+")
_QUOTED = re.compile("「((?:[^」]|」」)*)」")


def normalise_text(text: str) -> tuple[str, list[str]]:
    r"""Text in half-width small letters, with one kind of dash, and the quoted notes taken out.

    Examples
    --------
    >>> normalise_text("８：３０～１１：００<br>周末休息")
    ('8:30-11:00\n周末休息', [])
    """
    pieces = _QUOTED.split(text)
    notes = [note.replace("」」", "」") for note in pieces[1::2]]
    # a mark that was there before would pass for a note
    outside = [piece.replace(NOTE_MARK, "\ufffd") for piece in pieces[::2]]
    plain = outside[0]
    for number, piece in enumerate(outside[1:]):
        plain += f"{NOTE_MARK}{number}{NOTE_MARK}{piece}"
    plain = _BREAKS.sub("\n", html.unescape(plain))
    plain = _BLANKS.sub(" ", unicodedata.normalize("NFKC", plain).casefold())
    return _DASHES.sub("-", plain).strip(), notes


def cut_text(text: str) -> list[Token]:
    """Tokens of a normalised text; together they are the whole text but for words of no weight.

    Examples
    --------
    >>> [(token.kind, token.value) for token in cut_text("周一至周五 8点半-17:00左右")]
    [('days', ('any', 31)), ('span', (510, 1020)), ('unread', '左右')]
    """
    return list(_join_spans(list(_scan(text))))


def _scan(text: str) -> Iterator[Token]:
    """Every piece of the text; a word of no weight between unread ones belongs to them."""
    at, unread, skipped = 0, "", ""
    while at < len(text):
        token, end = _match(text, at)
        if token is None:
            unread, skipped, at = unread + skipped + text[at], "", at + 1
            continue
        if token.kind == "skip" and unread:
            skipped += token.text
        elif token.kind != "skip":
            if unread:
                yield Token("unread", unread, unread)
            unread = skipped = ""
            yield token
        at = end
    if unread:
        yield Token("unread", unread, unread)


def _match(text: str, at: int) -> tuple[Token | None, int]:
    if text[at].isdecimal() and text[at - 1 : at].isdecimal():
        return None, at  # no number begins inside another: 25:00 is not 5:00
    for kind, value, pattern in _PATTERNS:
        match = pattern.match(text, at)
        if match is None or not match[0]:
            continue
        reader = _READERS.get(kind)
        meaning = reader(value, match) if reader else value or None
        if meaning is _NOT:
            continue
        return Token("time" if kind == "bare" else kind, meaning, match[0]), match.end()
    return None, at


_NOT = object()  # the words fit, but not what they say


def _read_days(value: str, match: re.Match[str]) -> Any:
    if value == "names":
        return "any", _mask_of_names(match[0])
    if value == "part":
        whole = match["whole"]
        return _WHOLE_KINDS[whole], _mask_of_names(match[0].removeprefix(whole))
    if value == "numbers":
        first = int(match["day1"]) - 1
        return "any", mask_between(first, int(match["day2"] or match["day1"]) - 1)
    return {
        "holiday": ("holiday", ALL_WEEK),
        "off_days": ("off_days", ALL_WEEK),
        "workday": ("workday", ALL_WEEK),
        "weekend": ("weekend", ALL_WEEK),
        "saturday": ("any", WEEKEND),
        "every": ("any", ALL_WEEK),
    }[value]


_WHOLE_KINDS = {"工作日": "workday", "公休日": "weekend", "法定节假日": "holiday"}


def mask_between(first: int, last: int) -> int:
    """Mask of the weekdays from one to another, over Sunday where the last comes before.

    >>> mask_between(0, 4), mask_between(5, 0)
    (31, 97)
    """
    return sum(1 << (first + k) % 7 for k in range((last - first) % 7 + 1))


def _mask_of_names(text: str) -> int:
    mask = 0
    for item in re.finditer(rf"({_DAY})(?:\s*[-至到]\s*{_WEEK}?({_DAY}))?", text):
        first, last = (_weekday_of(name) for name in (item[1], item[2] or item[1]))
        mask |= mask_between(first, last)
    return mask


def _weekday_of(name: str) -> int:
    return "一二三四五六日".index("日" if name == "天" else name)


def _read_season(value: str, match: re.Match[str]) -> Any:
    if value == "year":
        return None
    if value == "months":
        first, last = int(match["m5"]) * 100 + 1, last_of_month(int(match["m6"]))
        next_year = match["ny2"]
    elif value == "short":
        first = int(match["m3"]) * 100 + int(match["d3"])
        last, next_year = int(match["m4"]) * 100 + int(match["d4"]), None
    else:
        first = int(match["m1"]) * 100 + int(match["d1"])
        last = int(match["m2"] or match["m1"]) * 100 + int(match["d2"])
        next_year = match["ny1"]
    if not (is_mmdd(first) and is_mmdd(last)) or (next_year and first <= last):
        return _NOT
    return first, last


def is_mmdd(mmdd: int) -> bool:
    """Whether a number is a day of the (leap) year: 229 is, 230 is not."""
    month, day = divmod(mmdd, 100)
    return 1 <= month <= 12 and 1 <= day <= last_of_month(month) % 100  # noqa: PLR2004


def last_of_month(month: int) -> int:
    """MMDD of the last day of a month in a leap year."""
    short = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    return month * 100 + short.get(month, 31)


_NO_SPAN = (0, 0)  # nothing comes before its end


def _join_spans(tokens: list[Token]) -> Iterator[Token]:
    """Replace time, dash, time by a span; what cannot be one comes out unread."""
    at, previous = 0, _NO_SPAN
    while at < len(tokens):
        token = tokens[at]
        if token.kind not in {"time", "dash"}:
            if token.kind in {"days", "season", "named"}:
                previous = _NO_SPAN  # other days begin their spans anew
            yield token
            at += 1
            continue
        spaced = [k for k in range(at, len(tokens)) if tokens[k].kind != "break"][:3]
        if [tokens[k].kind for k in spaced] == ["time", "dash", "time"]:
            text = "".join(part.text for part in tokens[at : spaced[2] + 1])
            start, end = tokens[spaced[0]].value, tokens[spaced[2]].value
            span = span_between(start, end)
            if span is None or is_late_again(previous, start, end):
                yield Token("unread", text, text)
            else:
                yield Token("span", span, text)
                previous = span
            at = spaced[2] + 1
        else:
            yield Token("unread", token.text, token.text)
            at += 1


_READERS: dict[str, Callable[[str, re.Match[str]], Any]] = {
    "time": lambda _, match: read_time(match) or _NOT,
    "bare": lambda _, match: read_bare_hour(match) or _NOT,
    "days": _read_days,
    "season": _read_season,
    "span": lambda _, __: (0, DAY_MIN),
    "note": lambda _, match: int(match["note"]),
    "code": lambda value, _: value == "needed",
}
