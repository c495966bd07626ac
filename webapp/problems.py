"""What is the matter with a field that was refused: a code for programs, words for people.

`webapp.params` and pydantic say it in English, of what was expected and never of what was sent.
Here each of their sentences gets its code, Chinese, and the English that pages show; the sentence
itself stays in the API as it is. A sentence that is not in the table has the code "invalid".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


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


_WHERE = r"\((?P<c>[^()]+)\)"
# Pattern of the sentence, code, Chinese, English ("" for the sentence itself); {a}, {b}, {c} stand
# for the groups of those names.
_TABLE: tuple[tuple[str, str, str, str], ...] = (
    (r"expected one of (?P<a>.+)", "one_of", "应是其中之一：{a}", ""),
    (r"Input should be (?P<a>'.+')", "one_of", "应是其中之一：{a}", "expected {a}"),
    (r"expected metres .+", "limit", "应填大于0的米数（如1000）或分钟数（如15min）", ""),
    (r"expected now, .+", "moment",
     "应填 now、日期和时间（如2026-07-04T15:00）或星期和时间（如周日 03:00）", ""),
    (r"expected facilities, .+", "need", "应填设施、职业、free_entry、public 或 staff", ""),
    (r"lon and lat belong together.*", "both", "经度和纬度要一起填", ""),
    (r"give lon and lat, or .+", "origin", "应填经纬度，或填地点、区县、路名，二选一", ""),
    (r"given more than once", "twice", "填了不止一次", ""),
    (r"not JSON; .+|expected a JSON object", "json", "请求内容应是一个 JSON 对象", ""),
    (r"not a parameter of this address", "unknown", "这个地址没有这一项", ""),
    (r"expected the address of a page of this site", "page", "应填本网站的网页地址", ""),
    (r"没有这个地方 " + _WHERE, "no_place", "没有这个地方", "{c}"),
    (r"没有这条路 " + _WHERE, "no_street", "没有这条路", "{c}"),
    (r"没有这个区县(?: " + _WHERE + ")?|no such district", "no_district", "没有这个区县",
     "no such district"),
    (r"没有能这样走的路 " + _WHERE, "no_way", "没有能这样走的路", "{c}"),
    (r"Field required", "required", "必须填写", "must be filled in"),
    (r"Input should be a finite number", "number", "应是普通的数字", "expected an ordinary number"),
    (r"Input should be a valid number.*", "number", "应是数字", "expected a number"),
    (r"Input should be a valid integer.*", "integer", "应是整数", "expected a whole number"),
    (r"Input should be a valid boolean.*", "yes_no", "应填 true 或 false（1 或 0）",
     "expected true or false (1 or 0)"),
    (r"Input should be a valid string.*", "text", "应是文字", "expected text"),
    (r"Input should be a valid (?:tuple|list).*", "list", "应是列表", "expected a list"),
    (r"Input should be greater than or equal to (?P<a>\S+)", "least", "不能小于{a}",
     "at least {a}"),
    (r"Input should be less than or equal to (?P<a>\S+)", "most", "不能大于{a}", "at most {a}"),
    (r"Input should be greater than (?P<a>\S+)", "above", "要大于{a}", "above {a}"),
    (r"Input should be less than (?P<a>\S+)", "below", "要小于{a}", "below {a}"),
    (r"String should have at most (?P<a>\d+) characters?", "too_long", "最多{a}个字",
     "at most {a} characters"),
    (r"String should have at least (?P<a>\d+) characters?", "too_short", "至少{a}个字",
     "at least {a} characters"),
    (r"(?:Tuple|List|Value) should have at most (?P<a>\d+) items?.*", "too_many", "最多{a}项",
     "at most {a} items"),
)  # fmt: skip
_PATTERNS = tuple(re.compile(row[0], re.DOTALL) for row in _TABLE)
INVALID = "invalid"
# What fields are called, as on the forms of our pages.
FIELDS = {
    "accuracy": "定位误差", "at": "时间", "body": "请求内容", "datum": "坐标系", "district": "区县",
    "k": "个数", "kind": "类别", "lang": "语言", "lat": "纬度", "list": "列表", "lon": "经度",
    "mode": "出行方式", "need": "需要的设施", "open": "只看确认开门的", "page": "页码",
    "place": "地点", "q": "名称或地址", "routes": "路线", "situation": "天气和时段", "size": "大小",
    "staff": "内部站点", "stay": "停留分钟数", "street": "路名", "trade": "职业", "what": "反馈",
    "within": "距离范围",
}  # fmt: skip


@lru_cache(maxsize=512)
def tell_problem(sentence: str) -> Problem:
    """Code and words of a sentence about a field.

    Examples
    --------
    >>> tell_problem("Input should be less than or equal to 90")
    Problem(code='most', zh='不能大于90', en='at most 90')
    >>> tell_problem("something new").code
    'invalid'
    """
    for pattern, (_, code, chinese, english) in zip(_PATTERNS, _TABLE, strict=True):
        found = pattern.fullmatch(sentence)
        if found:
            parts = {name: text or "" for name, text in found.groupdict().items()}
            told = (english or "{sentence}").format(sentence=sentence, **parts)
            return Problem(code, chinese.format(**parts), told)
    return Problem(INVALID, "填的内容不能用", sentence)
