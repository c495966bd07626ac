"""Which column of a sheet means what: headings to fields, cells to facts.

Headings are looked up in `geodata/data/columns.toml` and, for facilities, in the facility list; a
mapping given by the user goes before both. What is not recognised stays with the row as extra.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from geodata.errors import InputError, SchemaError
from geodata.vocabulary import facilities, normalise, read_data

# fields a position is read from; each comes from one column, since two columns may disagree
POSITION_FIELDS = ("lon", "lat", "geometry", "point_lat_lon", "point_lon_lat")
_POSITIONS = (("lon", "lat"), ("geometry",), ("point_lat_lon",), ("point_lon_lat",))
_YES = {"有", "是", "√", "✓", "✔", "y", "yes", "true", "t", "oui", "具备", "好", "可", "on"}
_NO = {"无", "没有", "否", "×", "✗", "✘", "n", "no", "false", "f", "non", "缺", "不", "off", "none"}
_BETWEEN_ITEMS = re.compile(r"[,，、;；/|\n\r]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of one file mean.

    Parameters
    ----------
    headings
        Field to its columns, the first non-blank cell of which counts.
    facility
        Column to the facility whose presence it tells.
    mapped
        Fields that the user named, and so are sure.
    """

    headings: Mapping[str, tuple[str, ...]]
    facility: Mapping[str, str]
    mapped: frozenset[str] = frozenset()

    @property
    def has_position(self) -> bool:
        """Whether a row of this file can have a position."""
        return any(all(field in self.headings for field in group) for group in _POSITIONS)

    def first(self, field: str) -> str:
        """Column of a field, for a report; the field's own name where it has none."""
        return self.headings.get(field, (field,))[0]


def guess_columns(headings: Sequence[str], mapping: Mapping[str, Any] | None = None) -> Columns:
    """Fields that a file's headings stand for.

    Parameters
    ----------
    headings
        Distinct headings, as in the file.
    mapping
        Field to heading, and under "facilities" facility code to heading, as `read_mapping` gives;
        goes before the guess.

    Raises
    ------
    SchemaError
        The mapping names fields or columns that do not exist; all of them are told.

    Examples
    --------
    >>> guess_columns(["序号", "站点名称", "经度(GCJ-02)", "纬度", "空调"]).headings
    {'lon': ('经度(GCJ-02)',), 'lat': ('纬度',), 'name': ('站点名称',)}
    """
    by_word: dict[str, str] = {}
    for heading in headings:
        by_word.setdefault(normalise(heading), heading)
    fixed, fixed_facility = _apply_mapping(mapping or {}, headings, by_word)
    taken = {column for columns in fixed.values() for column in columns} | set(fixed_facility)
    found: dict[str, tuple[str, ...]] = {}
    for field, words in field_words().items():
        columns = [by_word[word] for word in words if word in by_word]
        columns = [column for column in dict.fromkeys(columns) if column not in taken]
        if field in fixed:
            found[field] = fixed[field]
        elif columns:
            found[field] = tuple(columns[:1] if field in POSITION_FIELDS else columns)
            taken.update(found[field])
    facility = dict(fixed_facility)
    for heading in headings:
        code = None if heading in taken else facilities().parse(heading)
        if code is not None and code not in facility.values():
            facility[heading] = code
    return Columns(found, facility, frozenset(fixed))


def read_mapping(path: str | Path) -> dict[str, Any]:
    """A user's column mapping: TOML or JSON, field = "column".

    Raises
    ------
    InputError
        It cannot be read, or is neither.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
        mapping = json.loads(text) if text.lstrip()[:1] == "{" else tomllib.loads(text)
    except OSError as error:
        raise InputError(f"cannot read the mapping {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(
            f'{path} is no mapping ({error}); expected TOML or JSON with lines as name = "名称"'
        ) from error
    if not isinstance(mapping, dict):
        raise InputError(f'{path} is no mapping; expected lines as name = "名称"')
    return mapping


@cache
def field_words() -> dict[str, tuple[str, ...]]:
    """Field to its headings, normalised, most telling first."""
    return {
        field: tuple(normalise(heading) for heading in headings)
        for field, headings in read_data("columns.toml").items()
    }


def parse_number(value: Any) -> float | None:
    """Number in a cell, with a point or a decimal comma; None where there is none.

    Examples
    --------
    >>> (
    ...     parse_number(" 120,86 "),
    ...     parse_number("32.01°"),
    ...     parse_number("１２０.5"),
    ...     parse_number("?"),
    ... )
    (120.86, 32.01, 120.5, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        number = float(value)
    else:
        text = unicodedata.normalize("NFKC", str(value)).strip().rstrip("°").replace("\u2212", "-")
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            return None
    return number if math.isfinite(number) else None


def parse_yes_no(value: Any) -> bool | None:
    """Yes, no, or None for a cell that says neither; a count above zero is yes.

    Examples
    --------
    >>> parse_yes_no("有"), parse_yes_no("Non"), parse_yes_no(3), parse_yes_no("待查")
    (True, False, True, None)
    """
    if isinstance(value, bool):
        return value
    word = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    number = parse_number(word)
    return None if number is None or number < 0 else number > 0


def parse_facilities(value: Any) -> tuple[dict[str, bool], list[str]]:
    """Facilities that a cell lists, and the items that were not understood.

    Parameters
    ----------
    value
        A list, a mapping of item to yes or no, or a text with separators. An item counts as there
        unless it says 无 or no; what is not listed stays unknown.

    Examples
    --------
    >>> parse_facilities("饮水机、微波炉；无空调，秋千")
    ({'WATER': True, 'MICROWAVE': True, 'AC': False}, ['秋千'])
    """
    found: dict[str, bool] = {}
    unknown: list[str] = []
    for item, there in _items(value):
        code = None if there is None else facilities().parse(item)
        if code is None or there is None:
            unknown.append(item)
        else:
            found[code] = there
    return found, unknown


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing."""
    return (
        cell is None or (isinstance(cell, (str, list, dict)) and not cell) or cell_text(cell) == ""
    )


def cell_text(cell: Any) -> str:
    """Cell as text: whole floats without their point, lists and objects as JSON.

    Examples
    --------
    >>> cell_text(" a "), cell_text(7.0), cell_text(["b"]), cell_text(None)
    ('a', '7', '["b"]', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (list, dict, bool)):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell)


def _items(value: Any) -> Iterator[tuple[str, bool | None]]:
    """Pairs of an item's text and whether it is there; None where that is not said."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            value = value.strip("[]{} ")
    if isinstance(value, Mapping):
        for item, answer in value.items():
            yield str(item), parse_yes_no(answer)
        return
    listed = value if isinstance(value, list) else _BETWEEN_ITEMS.split(str(value))
    for entry in listed:
        text = str(entry).strip().strip("\"'。.")
        words = text.split()
        if facilities().parse(text) is None and all(facilities().parse(word) for word in words):
            yield from ((word, True) for word in words)  # separated by spaces alone
        elif text:
            yield _item(text)


def _item(text: str) -> tuple[str, bool | None]:
    """One item as 空调, 无空调, no toilet, or 空调：有."""
    name, colon, answer = text.replace("：", ":").partition(":")
    if colon:
        return name.strip(), parse_yes_no(answer)
    if facilities().parse(text) is None:
        for word, there in (("没有", False), ("无", False), ("no ", False), ("有", True)):
            if text.casefold().startswith(word):
                return text[len(word) :].strip(), there
    return text, True


def _apply_mapping(
    mapping: Mapping[str, Any], headings: Sequence[str], by_word: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Check a user's mapping against the file; all problems at once."""
    fields: dict[str, tuple[str, ...]] = {}
    facility: dict[str, str] = {}
    problems: list[str] = []
    entries = [
        (field, column) for field, column in mapping.items() if not isinstance(column, Mapping)
    ]
    nested = mapping.get("facilities")
    codes = list(nested.items()) if isinstance(nested, Mapping) else []
    for name, heading in entries + codes:
        column = heading if heading in headings else by_word.get(normalise(str(heading)))
        if column is None:
            problems.append(f"the mapping's column {heading!r} is not in the file")
        elif (name, heading) in entries and name in field_words():
            fields[name] = (column,)
        elif (name, heading) in codes and name in facilities():
            facility[column] = name
        else:
            known = ", ".join(field_words())
            problems.append(f"the mapping's field {name!r} is unknown; expected one of {known}")
    if problems:
        raise SchemaError(problems)
    return fields, facility
