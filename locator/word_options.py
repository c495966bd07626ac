"""Options whose value is a word of a vocabulary: its code, or its name in Chinese or English.

What people say (驿站, 步行, 高温橙色) becomes the code before a question is asked; a word that is
none is handed on as it came, and the question says which codes there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from typing_extensions import override

_WARNING = "预警"  # people leave it out: 高温橙色


class Word(click.ParamType[str]):
    """A word that a vocabulary knows.

    Parameters
    ----------
    name
        What help calls the value.
    find
        Code of a word, or None.
    """

    def __init__(self, name: str, find: Callable[[str], str | None]) -> None:
        self.name = name
        self._find = find

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:  # fmt: skip
        text = str(value).strip()
        return self._find(text) or text


def _find_kind(text: str) -> str | None:
    from geodata.vocabulary import kinds

    return kinds().parse(text)


def _find_mode(text: str) -> str | None:
    from locator.modes import modes

    return _by_names(text, ((mode.code, mode.zh, mode.en) for mode in modes().values()))


def _find_situation(text: str) -> str | None:
    from locator.situations import situations

    return _by_names(text, ((one.code, one.zh, one.en) for one in situations().values()))


def _by_names(text: str, rows: Iterable[tuple[str, str, str]]) -> str | None:
    said = text.casefold().removesuffix(_WARNING)
    for code, zh, en in rows:
        if said in {code, zh.removesuffix(_WARNING), en.casefold()}:
            return code
    return None


KIND_WORD = Word("kind", _find_kind)
MODE_WORD = Word("mode", _find_mode)
SITUATION_WORD = Word("situation", _find_situation)
