"""Opening hours written as text: one form that reads back to the same hours, and one for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from locator.hours.clauses import implied_policy
from locator.hours.reading import read_hours
from locator.hours.rules import ALL_WEEK, DAY_MIN, Hours, Rule

if TYPE_CHECKING:
    from locator.hours.rules import DayException, Override

_DAY_NAMES = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_KINDS = {
    "zh": {"workday": "工作日", "weekend": "公休日", "holiday": "法定节假日"},
    "en": {"workday": "working days", "weekend": "days off", "holiday": "public holidays"},
}
_TYPES = {"extended": "延时", "holiday": "节假日时段", "heat": "高温加开"}
_CODES = {True: "凭码进入", False: "无需凭码"}
_POLICIES = {"as_posted": "法定节假日照常", "closed": "法定节假日除外", "unknown": "法定节假日不详"}
_STATES = {True: "开放", False: "关闭", None: "不详"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MIN_RANGE = 3  # days from which on a range is shorter than a list

_Key = tuple[str, int, tuple[int, int] | None, str, bool | None, str]


@lru_cache(maxsize=4096)  # thousands of stations share their hours
def format_hours(hours: Hours) -> str:
    """Text that people can read and `read_hours` reads back to the very same hours.

    Raises
    ------
    AssertionError
        It does not: a defect of this package.

    Examples
    --------
    >>> format_hours(Hours((Rule(31, 510, 660), Rule(31, 810, 1020)), known=True))
    '周一至周五 08:30-11:00、13:30-17:00'
    >>> format_hours(Hours((Rule(127, 0, 1440, needs_code=True),), known=True))
    '每天 全天（凭码进入）'
    >>> format_hours(Hours())
    ''
    """
    # 另 (besides) is written only where a statement would else take the place of others
    for added_from in (len(hours.rules), 1, 0):
        text = "；".join(_format_parts(hours, added_from))
        if read_hours(text).hours == hours:
            return text
    raise AssertionError(f"hours do not read back from {text!r}: {hours}")


def _format_parts(hours: Hours, added_from: int) -> Iterator[str]:
    groups: dict[_Key, list[tuple[int, int]]] = {}
    for rule in hours.rules:
        groups.setdefault(_key_of(rule), []).append((rule.open_min, rule.close_min))
    seasonal = any(rule.season for rule in hours.rules)
    for place, (key, spans) in enumerate(groups.items()):
        also = "另" if place >= added_from else ""
        yield also + _format_group(key, spans, seasonal=seasonal)
    dated = [*map(_format_exception, hours.exceptions), *map(_format_override, hours.overrides)]
    policy = _format_policy(hours)
    if not hours.rules:
        if hours.known:
            yield "不开放"
        elif policy or dated:
            yield "时间不详"
    if policy:
        yield policy
    yield from dated


def _format_policy(hours: Hours) -> str:
    """What holidays mean, unless the rules imply it; hours for holidays forbid 除外."""
    if hours.holidays == implied_policy(hours.rules):
        return ""
    if hours.holidays == "closed" and any(rule.days == "holiday" for rule in hours.rules):
        return "平时时间不含法定节假日"
    return _POLICIES[hours.holidays]


def _key_of(rule: Rule) -> _Key:
    """What rules share that are written together."""
    kind = "normal" if rule.type == "all_day" else rule.type
    return rule.days, rule.weekdays, rule.season, kind, rule.needs_code, rule.note


def _format_group(key: _Key, spans: Iterable[tuple[int, int]], *, seasonal: bool) -> str:
    days, weekdays, season, kind, needs_code, note = key
    words = [_format_season(season)] if season else ["全年"] * seasonal
    words.append(name_days(days, weekdays, "zh"))
    words.append("、".join(_format_span(*span) for span in spans))
    marks = [_TYPES.get(kind, ""), "" if needs_code is None else _CODES[needs_code]]
    return " ".join(words) + _format_marks([*marks, _format_note("备注", note)])


def _format_marks(marks: Iterable[str]) -> str:
    told = [mark for mark in marks if mark]
    return f"（{'，'.join(told)}）" if told else ""


def _format_note(label: str, note: str) -> str:
    return f"{label}「{note.replace('」', '」」')}」" if note else ""


def _format_season(season: tuple[int, int]) -> str:
    (first_month, first_day), (last_month, last_day) = (divmod(mmdd, 100) for mmdd in season)
    later = "次年" if season[0] > season[1] else ""
    return f"{first_month}月{first_day}日至{later}{last_month}月{last_day}日"


def _format_span(open_min: int, close_min: int) -> str:
    if (open_min, close_min) == (0, DAY_MIN):
        return "全天"
    return f"{_clock(open_min)}-{_close_clock(close_min)}"


def _close_clock(close_min: int) -> str:
    return _clock(close_min) if close_min <= DAY_MIN else f"次日{_clock(close_min - DAY_MIN)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _format_exception(exception: DayException) -> str:
    days = exception.first.isoformat()
    if exception.last != exception.first:
        days += f"至{exception.last.isoformat()}"
    spans = "、".join(_format_span(*span) for span in exception.spans) or "关闭"
    return f"例外 {days} {spans}" + _dated_marks(exception.type, exception.reason)


def _format_override(override: Override) -> str:
    start, end = (
        when.isoformat(sep=" ", timespec="minutes") for when in (override.start, override.end)
    )
    state = _STATES[override.open]
    return f"临时 {start} 至 {end} {state}" + _dated_marks(override.type, override.reason)


def _dated_marks(kind: str, reason: str) -> str:
    types = _TYPES | {"all_day": "全日"}
    return _format_marks([types.get(kind, ""), _format_note("原因", reason)])


def name_days(days: str, weekdays: int, lang: str) -> str:
    """Days of a rule in words.

    Examples
    --------
    >>> name_days("any", 0b0010111, "zh"), name_days("workday", 127, "en")
    ('周一至周三、周五', 'working days')
    """
    if days != "any":
        kind = _KINDS[lang][days]
        if weekdays == ALL_WEEK:
            return kind
        names = _name_weekdays(weekdays, lang)
        return f"{kind}中的{names}" if lang == "zh" else f"{names} ({kind})"
    if weekdays == ALL_WEEK:
        return "每天" if lang == "zh" else "daily"
    return _name_weekdays(weekdays, lang)


def _name_weekdays(weekdays: int, lang: str) -> str:
    runs: list[list[int]] = []
    for day in (day for day in range(7) if weekdays >> day & 1):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = [("周" if lang == "zh" else "") + name for name in _DAY_NAMES[lang]]
    comma, dash = ("、", "至") if lang == "zh" else (", ", "–")
    words = []
    for run in runs:
        if len(run) < _MIN_RANGE:
            words += [names[day] for day in run]
        else:
            words.append(f"{names[run[0]]}{dash}{names[run[-1]]}")
    return comma.join(words)


def describe_hours(hours: Hours, *, lang: str = "zh") -> str:
    """Weekly hours in one short line for people; dated changes are only counted.

    Parameters
    ----------
    lang
        "zh" or "en".

    Examples
    --------
    >>> describe_hours(Hours((Rule(31, 510, 660), Rule(31, 810, 1020)), known=True), lang="en")
    'Mon–Fri 8:30–11:00, 13:30–17:00'
    >>> describe_hours(Hours())
    '开放时间未核实'
    """
    words = _WORDS[lang]
    groups: dict[_Key, list[tuple[int, int]]] = {}
    for rule in hours.rules:
        groups.setdefault(_key_of(rule), []).append((rule.open_min, rule.close_min))
    parts = [_describe_group(key, spans, lang) for key, spans in groups.items()]
    if not parts:
        parts.append(words["never"] if hours.known else words["unknown"])
    if hours.holidays not in {"as_posted", implied_policy(hours.rules)}:
        parts.append(words[f"holidays_{hours.holidays}"])
    dated = len(hours.exceptions) + len(hours.overrides)
    if dated:
        parts.append(words["dated"].format(dated))
    return words["stop"].join(parts)


_WORDS = {
    "zh": {
        "unknown": "开放时间未核实", "never": "不开放", "all_day": "24小时", "next": "次日",
        "code": "（凭码进入）", "holidays_closed": "法定节假日不开放",
        "holidays_unknown": "法定节假日未核实", "dated": "另有{}项临时安排", "stop": "；",
        "comma": "、",
    },
    "en": {
        "unknown": "hours not known", "never": "not open", "all_day": "24 h", "next": "next day ",
        "code": " (code needed)", "holidays_closed": "closed on public holidays",
        "holidays_unknown": "public holidays not known", "dated": "dated changes: {}",
        "stop": "; ", "comma": ", ",
    },
}  # fmt: skip


def _describe_group(key: _Key, spans: Iterable[tuple[int, int]], lang: str) -> str:
    days, weekdays, season, _, needs_code, _ = key
    words = _WORDS[lang]
    times = [_describe_span(open_min, close_min, words) for open_min, close_min in spans]
    named = [] if (days, weekdays) == ("any", ALL_WEEK) else [name_days(days, weekdays, lang)]
    if season:
        named.insert(0, _describe_season(season, lang))
    return " ".join([*named, words["comma"].join(times)]) + (words["code"] if needs_code else "")


def _describe_span(open_min: int, close_min: int, words: dict[str, str]) -> str:
    if (open_min, close_min) == (0, DAY_MIN):
        return words["all_day"]
    later = words["next"] if close_min > DAY_MIN else ""
    close_min -= DAY_MIN if later else 0
    ends = [f"{minutes // 60}:{minutes % 60:02}" for minutes in (open_min, close_min)]
    return f"{ends[0]}–{later}{ends[1]}"


def _describe_season(season: tuple[int, int], lang: str) -> str:
    if lang == "zh":
        return _format_season(season)
    days = (divmod(mmdd, 100) for mmdd in season)
    return "–".join(f"{day} {_MONTHS[month - 1]}" for month, day in days)
