"""Kinds of values that parameters have: codes of our lists, limits, moments, needs, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from geodata.checklists import trades
from geodata.datum import DATUMS
from geodata.vocabulary import kinds
from locator.errors import InputError
from locator.modes import find_mode, modes
from locator.moments import find_moment
from locator.needs import parse_needs
from locator.situations import situations
from locator.starts import is_position
from webapp.problems import ProblemError, make_problem, one_of


@dataclass(frozen=True, slots=True)
class OneOf:
    """A code of a list, with Chinese names, that is read when needed; its schema has all codes."""

    names: Callable[[], Mapping[str, str]]

    def check(self, code: str) -> str:
        """The code itself; ValueError where it is none of the list."""
        known = self.names()
        if code not in known:
            raise ProblemError(one_of(known))
        return code

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        return handler(schema) | {"enum": list(self.names())}


def _one_of(names: Callable[[], Mapping[str, str]]) -> tuple[AfterValidator, OneOf]:
    known = OneOf(names)
    return AfterValidator(known.check), known


def _chinese(words: Mapping[str, Any]) -> dict[str, str]:
    return {code: word.zh for code, word in words.items()}


def _limit(text: str) -> str:
    try:
        find_mode("walk").metres(text)
    except InputError:
        raise ProblemError(make_problem("limit")) from None
    return text


def _moment(text: str) -> str:
    try:
        find_moment(text, zone="UTC")
    except InputError:
        raise ProblemError(make_problem("moment")) from None
    return text


def _no_position(text: str) -> str:
    if is_position(text):
        raise ProblemError(make_problem("position"))
    return text


def _split_needs(value: Any) -> Any:
    """A list of a JSON body, or the words of a form's field."""
    if isinstance(value, str):
        return tuple(value.replace("；", ";").replace(";", " ").split())
    return tuple(value) if isinstance(value, list) else value


def _known_needs(words: tuple[str, ...]) -> tuple[str, ...]:
    try:
        parse_needs(words)
    except InputError:
        raise ProblemError(make_problem("need")) from None
    return words


Kind = Annotated[str, *_one_of(lambda: {kind.code: kind.zh for kind in kinds()})]
ModeCode = Annotated[str, *_one_of(lambda: _chinese(modes()))]
TradeCode = Annotated[str, *_one_of(lambda: _chinese(trades()))]
SituationCode = Annotated[str, *_one_of(lambda: _chinese(situations()))]
Datum = Annotated[str, *_one_of(lambda: dict.fromkeys(DATUMS, ""))]
Limit = Annotated[str, Field(max_length=20), AfterValidator(_limit)]
Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
Needs = Annotated[
    tuple[Annotated[str, Field(max_length=80)], ...],
    Field(max_length=20),
    BeforeValidator(_split_needs),
    AfterValidator(_known_needs),
]
Word = Annotated[str, Field(min_length=1, max_length=60)]
PlaceName = Annotated[Word, AfterValidator(_no_position)]
