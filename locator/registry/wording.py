"""What an import tells, in Chinese: the clerk who fills in the sheet reads no English.

The table is data, `geodata/data/messages.toml`: each message as the program gives it, with {0}, {1}
for what changes, beside its Chinese. A message that is not in the table has none.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise

from geodata.vocabulary import read_data

_PLACE = re.compile(r"\{(\d)\}")
_ROWS = r"(\d+(?:, \d+)*(?: and \d+ more)?)"
_ROW = re.compile(r"\brow (\d+)")


@lru_cache(maxsize=4096)
def in_chinese(text: str) -> str:
    """Chinese for a reason, a remedy or a warning; "" where there is none.

    Several of them with "; " between are put together.

    Examples
    --------
    >>> in_chinese("the same code as row 7; keep one of the two")
    '编号与第7行相同；两行只留一行'
    >>> in_chinese("something else")
    ''
    """
    for pattern, chinese in _messages():
        found = pattern.fullmatch(text)
        if found:
            told = [_inner(part) for part in found.groups()]
            return _PLACE.sub(lambda place, told=told: told[int(place[1])], chinese)  # type: ignore[misc]
    start = text.find("; ")
    while start >= 0:
        parts = in_chinese(text[:start]), in_chinese(text[start + 2 :])
        if all(parts):
            return "；".join(parts)
        start = text.find("; ", start + 1)
    return ""


def _inner(text: str) -> str:
    """What stands inside a message: a message itself, else with the phrases that are known."""
    whole = in_chinese(text)
    if whole:
        return whole
    for english, chinese in _phrases():
        text = text.replace(english, chinese)
    return _ROW.sub(r"第\1行", text)


@cache
def _messages() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of messages and their Chinese; messages in which nothing changes go first."""
    table = sorted(read_data("messages.toml")["message"], key=lambda each: "{" in each["en"])
    return tuple((_pattern(each["en"]), each["zh"]) for each in table)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _PLACE.split(english)  # text, number, text, number, ..., text
    whole = re.escape(parts[0])
    for before, after in pairwise(parts[::2]):
        whole += (_ROWS if before.endswith("row ") else "(.+?)") + re.escape(after)
    return re.compile(whole, re.DOTALL)


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    table = read_data("messages.toml")["phrase"]
    return tuple((each["en"], each["zh"]) for each in table)
