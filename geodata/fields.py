"""The fields of a station's record: their types, limits and marks, and cells as typed values.

The list itself is data, `geodata/data/fields.toml`. A field that is not known is not there: no
value of any type means "unknown".
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.cells import cell_text, parse_number, parse_yes_no
from geodata.vocabulary import Terms, read_data, word_list

TYPES = ("text", "int", "number", "yes_no", "date", "term", "list", "json")
GROUPS = ("common", "mother_baby", "carnation", "worker_home")
_BETWEEN_ITEMS = re.compile(r"[;；、\n|]+")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s].*)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the record.

    Parameters
    ----------
    name, zh, en
        Its key, and what people call it.
    type
        One of `TYPES`.
    max_length
        Characters a text, or all items of a list together, may have; 0 for no limit.
    terms
        Name of the word list of a term; "" for other types.
    group
        "common", or the kind of station that has it.
    mandatory
        Whether a station needs it before it is published; never a reason to refuse a row.
    private, sealed
        Whether it stays out of public exports, and is encrypted in the store.
    minimum, maximum
        Limits of a number, inclusive.
    recheck
        Days after which it should be checked again; 0 for never.
    """

    name: str
    zh: str
    en: str
    type: str
    max_length: int = 0
    terms: str = ""
    group: str = "common"
    mandatory: bool = False
    private: bool = False
    sealed: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    recheck: int = 0

    @property
    def public(self) -> bool:
        """Whether a public export may hold it."""
        return not self.private

    @property
    def word_list(self) -> Terms:
        """The words a term may be."""
        return word_list(self.terms)


@cache
def fields() -> Mapping[str, Field]:
    """All fields by name, in the order in which sheets show them.

    Examples
    --------
    >>> fields()["area_m2"].maximum, fields()["keeper_phone"].public
    (5000, False)
    """
    listed = [Field(**entry) for entry in read_data("fields.toml")["field"]]
    return MappingProxyType({field.name: field for field in listed})


def parse_value(field: Field, cell: Any) -> Any:
    """Typed value of a cell that is not blank.

    Parameters
    ----------
    cell
        Text, or what a spreadsheet or JSON holds.

    Returns
    -------
    str, int, float, bool, date, tuple of str, or dict, by the field's type; terms give their code.

    Raises
    ------
    ValueError
        What is wrong with the cell, and what was expected.

    Examples
    --------
    >>> (
    ...     parse_value(fields()["area_m2"], "约 25㎡"),
    ...     parse_value(fields()["opened_on"], "2024年3月5日"),
    ... )
    (25.0, datetime.date(2024, 3, 5))
    >>> parse_value(fields()["partners"], "邮政；中国银行")
    ('邮政', '中国银行')
    """
    return _PARSERS[field.type](field, cell)


def format_value(field: Field, value: Any) -> str:
    """Text of a value, which `parse_value` reads back; terms in Chinese."""
    if field.type == "term":
        return field.word_list[value].zh if value in field.word_list else str(value)
    if field.type == "yes_no":
        return "是" if value else "否"
    if field.type == "list":
        items = [str(item) for item in value]
        plain = all(item and item == _item_text(item) for item in items)
        return "；".join(items) if plain else json.dumps(items, ensure_ascii=False)
    if field.type == "json":
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if field.type == "number":
        return repr(float(value)).removesuffix(".0")
    return value.isoformat() if isinstance(value, date) else str(value)


def line_text(text: str) -> str:
    r"""Text on one line, without control characters and halves of characters.

    >>> line_text(" a\n b\x00\u202e ")
    'a b'
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    kept = (c for c in line if c.isprintable() or unicodedata.category(c) == "Co")
    return " ".join("".join(kept).split())


def _parse_text(field: Field, cell: Any) -> str:
    text = line_text(cell_text(cell))
    if field.max_length and len(text) > field.max_length:
        raise ValueError(f"{len(text)} characters; expected at most {field.max_length}")
    return text


def _parse_number(field: Field, cell: Any) -> float:
    number = parse_number(cell)
    if number is None:  # people write units and "about" beside it: 约25㎡, 8人
        found = re.fullmatch(
            r"(?:约|大约|about)?\s*(\d+(?:\.\d+)?)\s*(?:m2|[^\d.,]{0,6})",
            unicodedata.normalize("NFKC", cell_text(cell)),
        )
        number = float(found[1]) if found else None
    if number is None:
        raise ValueError("not a number; expected one such as 25")
    if not field.minimum <= number <= field.maximum:
        raise ValueError(
            f"out of range; expected {field.minimum:g} to {field.maximum:,.0f}".replace(",", "")
        )
    return number


def _parse_int(field: Field, cell: Any) -> int:
    number = _parse_number(field, cell)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def _parse_yes_no(_field: Field, cell: Any) -> bool:
    answer = parse_yes_no(cell)
    if answer is None:
        raise ValueError("neither yes nor no; expected 是 or 否, or leave it blank where unknown")
    return answer


def _parse_date(_field: Field, cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", cell_text(cell))
    found = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    if not found:
        raise ValueError("no date; expected one such as 2026-11-23")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError("there is no such day; expected one such as 2026-11-23") from None


def _parse_term(field: Field, cell: Any) -> str:
    code = field.word_list.find(cell_text(cell))
    if code is None:
        known = "、".join(term.zh for term in field.word_list)
        raise ValueError(f"not in the list; expected one of {known}")
    return code


def _parse_list(field: Field, cell: Any) -> tuple[str, ...]:
    items = cell
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            items = json.loads(cell)
        except ValueError:
            items = cell
    if not isinstance(items, (list, tuple)):
        items = _BETWEEN_ITEMS.split(cell_text(items))
    texts = tuple(text for item in items if (text := line_text(cell_text(item))))
    if field.max_length and sum(map(len, texts)) > field.max_length:
        raise ValueError(f"longer than {field.max_length} characters in all")
    return texts


def _parse_json(field: Field, cell: Any) -> dict[str, Any]:
    try:
        value = cell if isinstance(cell, Mapping) else json.loads(cell_text(cell))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, Mapping) or not value:
        raise ValueError('not understood; expected an object such as {"amap": "B0FF..."}')
    found = {line_text(str(key)): line_text(cell_text(item)) for key, item in value.items()}
    if field.max_length and len(json.dumps(found)) > field.max_length:
        raise ValueError(f"longer than {field.max_length} characters in all")
    return dict(sorted(found.items()))


def _item_text(item: str) -> str:
    """An item as it comes back out of a list written with separators."""
    parts = _BETWEEN_ITEMS.split(item)
    return line_text(parts[0]) if len(parts) == 1 and not item.startswith("[") else ""


_PARSERS = {
    "text": _parse_text,
    "int": _parse_int,
    "number": _parse_number,
    "yes_no": _parse_yes_no,
    "date": _parse_date,
    "term": _parse_term,
    "list": _parse_list,
    "json": _parse_json,
}
