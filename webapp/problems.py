"""What is the matter with a field that was refused: a code for programs, words for people.

A problem says what was expected and never what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Code: what was expected in Chinese and in English, a clause each, with room for one value.
_WORDS: Mapping[str, tuple[str, str]] = {
    "one_of": ("应是其中之一：{}", "expected one of {}"),
    "limit": ("应填大于0的米数（如1000或1km）或分钟数（如15min），最多20037公里",
              "expected metres (1000, 1km) or minutes (15min), above zero, at most 20,037 km"),
    "moment": ("应填 now、年月日和时间（如2026-07-04T15:00）或星期和时间（如周日 03:00）",
               "expected now, a calendar date and a time (2026-07-04T15:00), or a day and a time "
               "(Sun 03:00)"),
    "need": ("应填设施、职业、free_entry、public、staff 或 night",
             "expected facilities, trades, free_entry, public, staff or night"),
    "both": ("经度和纬度要一起填", "lon and lat belong together: give both"),
    "origin": ("应填经纬度，或填地点、区县、路名，二选一",
               "give lon and lat, or a place, district or street"),
    "twice": ("填了不止一次", "given more than once"),
    "json": ("请求内容应是一个 JSON 对象", "expected a JSON object"),
    "unknown": ("这个地址没有这一项", "not a parameter of this address"),
    "page": ("应填本网站的网页地址", "expected the address of a page of this site"),
    "file": ("这里不收文件", "no file is taken here"),
    "position": ("应填地名或站点编号，不要填经纬度",
                 "expected the name of a place or a station's code, not a position"),
    "no_place": ("没有这个地方", "no such place in this city"),
    "no_street": ("没有这条路", "no street of that name in this city"),
    "no_district": ("没有这个区县", "no district of that code"),
    "no_way": ("没有能这样走的路", "no street for this mode"),
    "required": ("必须填写", "must be filled in"),
    "number": ("应是普通的数字", "expected an ordinary number"),
    "integer": ("应是整数", "expected a whole number"),
    "yes_no": ("应填 true 或 false（1 或 0）", "expected true or false (1 or 0)"),
    "text": ("应是文字", "expected text"),
    "list": ("应是列表", "expected a list"),
    "least": ("不能小于{}", "expected at least {}"),
    "most": ("不能大于{}", "expected at most {}"),
    "above": ("要大于{}", "expected more than {}"),
    "below": ("要小于{}", "expected less than {}"),
    "too_long": ("最多{}个字", "expected at most {} characters"),
    "too_short": ("至少{}个字", "expected at least {} characters"),
    "too_many": ("最多{}项", "expected at most {} items"),
    "invalid": ("填的内容不能用", "cannot be used"),
}  # fmt: skip
# Type of a pydantic error: code, and which of its details is told.
_TYPES: Mapping[str, tuple[str, str]] = {
    "extra_forbidden": ("unknown", ""),
    "missing": ("required", ""),
    "finite_number": ("number", ""),
    "float_type": ("number", ""),
    "float_parsing": ("number", ""),
    "int_type": ("integer", ""),
    "int_parsing": ("integer", ""),
    "int_parsing_size": ("integer", ""),
    "int_from_float": ("integer", ""),
    "bool_type": ("yes_no", ""),
    "bool_parsing": ("yes_no", ""),
    "string_type": ("text", ""),
    "string_unicode": ("text", ""),
    "tuple_type": ("list", ""),
    "greater_than_equal": ("least", "ge"),
    "less_than_equal": ("most", "le"),
    "greater_than": ("above", "gt"),
    "less_than": ("below", "lt"),
    "string_too_long": ("too_long", "max_length"),
    "string_too_short": ("too_short", "min_length"),
    "too_long": ("too_many", "max_length"),
}
# What fields are called, as on the forms of our pages.
FIELDS = {
    "accuracy": "定位误差", "at": "时间", "body": "请求内容", "datum": "坐标系", "district": "区县",
    "k": "个数", "kind": "类别", "lang": "语言", "lat": "纬度", "list": "列表", "lon": "经度",
    "mode": "出行方式", "need": "需要的设施", "open": "只看确认开门的", "page": "页码",
    "place": "地点", "q": "名称或地址", "routes": "路线", "situation": "天气和时段", "size": "大小",
    "staff": "内部站点", "stay": "停留分钟数", "street": "路名", "trade": "职业", "what": "反馈",
    "within": "距离范围",
}  # fmt: skip
# What the few choices are called that belong to no list of ours, as on the forms of our pages.
LITERALS = {
    "small": "小", "medium": "中", "large": "大", "on": "地图和列表", "off": "只要地图",
    "open": "开着", "locked": "锁着", "broken": "东西坏了", "wrong_place": "找不到",
    "zh": "中文", "en": "英文",
}  # fmt: skip
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Parameters
    ----------
    code
        For programs; it stays when words change.
    zh, en
        What was expected, in a clause.
    """

    code: str
    zh: str
    en: str


class ProblemError(ValueError):
    """A value cannot be used; raised where pydantic calls a check of ours."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.en)


def make_problem(code: str, value: object = "", value_zh: object = None) -> Problem:
    """The problem of a code, with the value that its words have room for.

    `value_zh` is the value in Chinese where that is another.

    Examples
    --------
    >>> make_problem("most", 90)
    Problem(code='most', zh='不能大于90', en='expected at most 90')
    """
    chinese, english = _WORDS[code]
    return Problem(
        code, chinese.format(value if value_zh is None else value_zh), english.format(value)
    )


def one_of(names: Mapping[str, str]) -> Problem:
    """That a value is none of these codes; each with its Chinese name, "" where it has none.

    >>> one_of({"small": "小", "bd09": ""})
    Problem(code='one_of', zh='应是其中之一：小（small）、bd09', en='expected one of small, bd09')
    """
    chinese = "、".join(f"{name}（{code}）" if name else code for code, name in names.items())
    return make_problem("one_of", ", ".join(names), chinese)


def problem_of(error: Mapping[str, Any]) -> Problem:
    """The problem that an error of pydantic means; "invalid" for one that nobody foresaw.

    Examples
    --------
    >>> problem_of({"type": "less_than_equal", "ctx": {"le": 90}}).code
    'most'
    >>> problem_of({"type": "brand_new"}).code
    'invalid'
    """
    told = error.get("ctx", {})
    own = told.get("error")
    if isinstance(own, ProblemError):
        return own.problem
    if error["type"] == "literal_error":
        return one_of({code: LITERALS.get(code, "") for code in _QUOTED.findall(told["expected"])})
    code, detail = _TYPES.get(error["type"], ("invalid", ""))
    value = told.get(detail, "")
    return make_problem(code, f"{value:g}" if isinstance(value, float) else value)
