"""Lists of facilities in words: 饮水×2（好）、微波炉（坏，2026-05-01）、无空调.

An item counts as there unless it says otherwise; what is not listed stays unknown. A broken one is
there, and broken; one that is missing (缺) is not there. The writer's form reads back exactly.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from geodata.cells import parse_number, parse_yes_no
from geodata.vocabulary import facilities

CONDITIONS = {"working": "好", "broken": "坏", "missing": "缺"}
_CONDITION_WORDS = {
    "working": ("好", "完好", "正常", "可用", "能用", "working", "ok"),
    "broken": (
        "坏", "损坏", "已坏", "坏了", "故障", "有故障", "维修", "维修中", "待修", "待维修",
        "不能用", "不可用", "broken", "damaged", "out of order",
    ),
    "missing": ("缺", "缺失", "丢失", "遗失", "missing"),
}  # fmt: skip
_UNSAID = "有无不详"
_PRESENCE = {
    "有": True,
    "具备": True,
    "是": True,
    "√": True,
    "无": False,
    "没有": False,
    "否": False,
}
_WORDS = {
    word: condition for condition, words in _CONDITION_WORDS.items() for word in words
}  # word to condition
_UNITS = "台个套张把只处部间组件盒箱位座条辆支瓶具"
_MAX_COUNT = 100_000
_PART = re.compile(
    r"(?P<date>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)(?:核验|检查|查)?"
    r"|(?P<gap>[\s,，、;；/()（）:：]+)"
    rf"|(?P<count>[×✕xX*]?\s*\d{{1,6}}(?![\d.])\s*[{_UNITS}]?)"
    r"|(?P<word>" + "|".join(sorted({*_WORDS, *_PRESENCE, _UNSAID}, key=len, reverse=True)) + ")"
)  # fmt: skip
_MARKS = re.compile(r"(?P<name>[^()（）]*)[(（](?P<marks>[^()（）]*)[)）]\s*")
_COUNTED = (
    re.compile(rf"(?P<name>.*?)\s*[×✕xX*]\s*(?P<count>\d{{1,6}})\s*[{_UNITS}]?"),
    re.compile(rf"(?P<name>.*?\D)\s*(?P<count>\d{{1,6}})\s*[{_UNITS}]"),
    re.compile(rf"(?P<count>\d{{1,6}})\s*[{_UNITS}]\s*(?P<name>.*)"),
)
_PREFIXES = (("没有", False), ("无", False), ("no ", False), ("有", True))
# a separator inside brackets separates nothing
_ITEM = re.compile(r"(?:[^,，、;；/|\n\r()（）]|[(（][^()（）]*[)）]|[()（）])+")


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is known of a facility beyond its presence.

    Parameters
    ----------
    condition
        A key of `CONDITIONS`, "" where unknown.
    """

    count: int | None = None
    condition: str = ""
    checked_on: date | None = None


_NONE = Equipment()


class Answer(NamedTuple):
    """Whether something is there, None where that is not said, and what else is told of it."""

    there: bool | None
    detail: Equipment


class _Told(NamedTuple):
    """What words say of one facility; `unsaid` where they say that its presence is not known."""

    there: bool | None = None
    detail: Equipment = _NONE
    unsaid: bool = False


class Offers(NamedTuple):
    """Facilities by code: presence, what else is told, and the items not understood."""

    there: dict[str, bool]
    equipment: dict[str, Equipment]
    unread: list[str]


def parse_facilities(value: Any) -> Offers:
    """Facilities that a cell lists.

    Parameters
    ----------
    value
        A list, a mapping of item to answer, or a text with separators.

    Examples
    --------
    >>> offers = parse_facilities("饮水机×2、微波炉(坏)；无空调，秋千")
    >>> offers.there, offers.unread
    ({'WATER': True, 'MICROWAVE': True, 'AC': False}, ['秋千'])
    >>> offers.equipment["WATER"].count, offers.equipment["MICROWAVE"].condition
    (2, 'broken')
    """
    told = _parse_text(value) if isinstance(value, str) else _parse(value)
    return Offers(dict(told.there), dict(told.equipment), list(told.unread))


@lru_cache(maxsize=4096)  # thousands of stations offer the same
def _parse_text(text: str) -> Offers:
    return _parse(text)


def _parse(value: Any) -> Offers:
    offers = Offers({}, {}, [])
    for text, name, answer in _items(value):
        code = facilities().parse(name)
        if code is None or answer is None:
            offers.unread.append(text)
            continue
        if answer.there is not None:
            offers.there[code] = answer.there
        if answer.detail != Equipment():
            offers.equipment[code] = answer.detail
        if _has_other_marks(text):
            offers.unread.append(text)
    return offers


def parse_answer(value: Any) -> Answer | None:
    """What a cell says of one facility: 有, 无, 坏, 2台, 有（坏）; None where it is not understood.

    A bare 1 or 0 is a yes or no, a larger number a count.

    Examples
    --------
    >>> parse_answer("坏"), parse_answer("待查")
    (Answer(there=True, detail=Equipment(count=None, condition='broken', checked_on=None)), None)
    >>> parse_answer("2台").detail.count, parse_answer(1).detail.count
    (2, None)
    """
    text = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    if text in _WORDS:
        return _settle(_Told(detail=Equipment(condition=_WORDS[text])))
    plain = parse_yes_no(value)
    if plain is not None:
        number = None if isinstance(value, bool) else parse_number(value)
        if number is None or number in (0, 1):
            return Answer(plain, Equipment())
        whole = number.is_integer() and number <= _MAX_COUNT
        return Answer(True, Equipment(count=int(number))) if whole else None
    told = _parse_parts(text)
    return None if told is None else _settle(told)


def format_answer(there: bool | None, detail: Equipment = _NONE) -> str:
    """A cell of one facility in Chinese, which `parse_answer` reads back; "" for nothing known.

    Examples
    --------
    >>> format_answer(True), format_answer(True, Equipment(2)), format_answer(None)
    ('有', '2台', '')
    >>> format_answer(True, Equipment(None, "broken")), format_answer(False)
    ('坏', '无')
    """
    if there is None and detail == _NONE:
        return ""
    implied = there is not None and there == _settle(_Told(detail=detail)).there
    said = bool(detail.condition) or detail.count is not None
    words = [] if implied and said else [{True: "有", False: "无", None: _UNSAID}[there]]
    words += [] if detail.count is None else [f"{detail.count}台"]
    words += [CONDITIONS[detail.condition]] if detail.condition else []
    words += [detail.checked_on.isoformat()] if detail.checked_on else []
    return "，".join(words)


def format_facilities(there: Mapping[str, bool], equipment: Mapping[str, Equipment]) -> str:
    """List of facilities in Chinese, which `parse_facilities` reads back exactly.

    Examples
    --------
    >>> format_facilities(
    ...     {"WATER": True, "AC": False},
    ...     {"WATER": Equipment(2), "TV": Equipment(None, "broken", date(2026, 5, 1))},
    ... )
    '饮水×2、无空调、电视（有无不详，坏，2026-05-01）'
    """
    codes = dict.fromkeys([*facilities().codes, *there, *equipment])
    known = [code for code in codes if code in there or equipment.get(code, _NONE) != _NONE]
    return "、".join(
        _format_item(code, there.get(code), equipment.get(code, _NONE)) for code in known
    )


def _format_item(code: str, there: bool | None, detail: Equipment) -> str:
    term = facilities().get(code)
    name = term.zh if term and not re.search(r"[,，、;；/|()（）:：×]", term.zh) else code
    marks = [_UNSAID] if there is None else []
    marks += [CONDITIONS[detail.condition]] if detail.condition else []
    marks += [detail.checked_on.isoformat()] if detail.checked_on else []
    implied = detail.condition != "missing" and detail.count != 0
    prefix = "无" if there is False else "" if there is None or implied else "有"
    count = "" if detail.count is None else f"×{detail.count}"
    return f"{prefix}{name}{count}" + (f"（{'，'.join(marks)}）" if marks else "")


def _items(value: Any) -> Iterator[tuple[str, str, Answer | None]]:
    """Text, name and answer of each item."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip("[]{} ")
    if isinstance(value, Mapping):
        for item, answer in value.items():
            yield str(item), str(item), parse_answer(answer)
        return
    for entry in value if isinstance(value, list) else _ITEM.findall(str(value)):
        text = str(entry).strip().strip("\"'。.")
        words = text.split()
        if facilities().parse(text) is None and all(facilities().parse(word) for word in words):
            yield from ((word, word, Answer(True, _NONE)) for word in words)
        elif text:
            yield text, *_read_item(text)


def _read_item(text: str) -> tuple[str, Answer | None]:
    """Name and answer of one item as 空调, 无空调, 空调：有, 2台空调, 空调×2（坏）."""
    found = _MARKS.fullmatch(text)
    outside, inside = (found["name"], found["marks"].strip()) if found else (text, "")
    name, colon, said = outside.replace("：", ":").partition(":")
    if colon:
        return name.strip(), parse_answer(f"{said.strip()} {inside}".strip())
    marks = (_parse_parts(inside) if inside else None) or _Told()
    there, name = _read_prefix(outside.strip())
    count, name = _read_count(name)
    return name, _settle(
        marks._replace(
            there=marks.there if there is None else there,
            detail=marks.detail if count is None else replace(marks.detail, count=count),
        )
    )


def _read_prefix(name: str) -> tuple[bool | None, str]:
    """Whether a name is preceded by 有 or 无; both may begin the name of a facility too."""
    if facilities().parse(_read_count(name)[1]) is not None:
        return None, name
    for word, there in _PREFIXES:
        rest = name[len(word) :].strip()
        if name.casefold().startswith(word) and facilities().parse(_read_count(rest)[1]):
            return there, rest
    return None, name


def _read_count(name: str) -> tuple[int | None, str]:
    """A count before or behind a name, where what is left is a facility."""
    if facilities().parse(name) is None:
        for pattern in _COUNTED:
            found = pattern.fullmatch(name)
            if found and facilities().parse(found["name"]):
                return int(found["count"]), found["name"].strip()
    return None, name


def _parse_parts(text: str) -> _Told | None:
    """What several words, counts and days say; None unless all of it is understood."""
    parts: dict[str, list[str]] = {"date": [], "count": [], "word": []}
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        if found is None or found.lastgroup is None:
            return None
        if found.lastgroup != "gap":
            parts[found.lastgroup].append(found[found.lastgroup])
        position = found.end()
    conditions = {_WORDS[word] for word in parts["word"] if word in _WORDS}
    presence = {_PRESENCE[word] for word in parts["word"] if word in _PRESENCE}
    sizes = [len(conditions), len(presence), len(parts["date"]), len(parts["count"])]
    if max(sizes) > 1 or not any(map(len, parts.values())):
        return None
    try:
        days = [date(*map(int, re.findall(r"\d+", day))) for day in parts["date"]]
    except ValueError:
        return None
    count = int(re.sub(r"\D", "", parts["count"][0])) if parts["count"] else None
    detail = Equipment(count, next(iter(conditions), ""), next(iter(days), None))
    return _Told(next(iter(presence), None), detail, _UNSAID in parts["word"])


def _settle(told: _Told) -> Answer:
    """An answer; where presence is not said it follows from the rest."""
    if told.unsaid:
        return Answer(None, told.detail)
    if told.there is not None:
        return Answer(told.there, told.detail)
    return Answer(told.detail.condition != "missing" and told.detail.count != 0, told.detail)


def _has_other_marks(text: str) -> bool:
    """Whether something stands in brackets that was not understood."""
    found = _MARKS.fullmatch(text)
    return bool(found and found["marks"].strip() and _parse_parts(found["marks"].strip()) is None)
