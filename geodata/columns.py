"""Which column of a sheet means what: headings to fields.

Every field of `geodata/data/fields.toml` is known by its name and by what people call it in Chinese
and English; `geodata/data/columns.toml` adds the position and words of real sheets, the facility
list the facilities. A mapping given by the user goes before all. What is not recognised stays with
the row as extra.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from geodata.cells import cell_text, parse_number, parse_yes_no
from geodata.errors import InputError, SchemaError
from geodata.vocabulary import facilities, normalise, read_data

__all__ = [
    "POSITION_FIELDS",
    "VERIFIED",
    "Columns",
    "cell_text",
    "field_names",
    "field_words",
    "find_datum",
    "guess_columns",
    "parse_number",
    "parse_yes_no",
    "read_mapping",
]

# fields a position is read from; each comes from one column, since two columns may disagree
POSITION_FIELDS = ("lon", "lat", "geometry", "point_lat_lon", "point_lon_lat")
VERIFIED = "verified_on"  # of the record; "hours_verified_on" is that of a field
_POSITIONS = (("lon", "lat"), ("geometry",), ("point_lat_lon",), ("point_lon_lat",))
# How headings and cells call a datum; the shorter words come after those they are part of.
_DATUMS = {
    "gcj02": ("gcj02", "gcj", "火星", "高德", "腾讯", "amap"),
    "bd09": ("bd09ll", "bd09", "百度", "baidu", "bd"),
    "cgcs2000": ("cgcs2000", "国家2000", "2000国家", "天地图"),
    "wgs84": ("wgs84", "wgs", "gps", "epsg4326", "世界大地"),
}
# Where a sheet gives a position in several datums, the one that needs no shift is taken.
_RANKS = {"wgs84": 0, "cgcs2000": 1, "": 2, "gcj02": 3, "bd09": 4}
_DATUM_WORDS = re.compile("|".join(word for words in _DATUMS.values() for word in words))
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of one file mean.

    Parameters
    ----------
    headings
        Field to its columns, the first non-blank cell of which counts.
    facility
        Column to the facility that it tells of.
    mapped
        Fields that the user named, and so are sure.
    order
        All headings, as in the file.
    datum_hint
        Datum that the headings of the position speak of, "" for none.
    """

    headings: Mapping[str, tuple[str, ...]]
    facility: Mapping[str, str]
    mapped: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    datum_hint: str = ""

    @property
    def has_position(self) -> bool:
        """Whether a row of this file can have a position."""
        return any(all(field in self.headings for field in group) for group in _POSITIONS)

    def first(self, field: str) -> str:
        """Column of a field, for a report; the field's own name where it has none."""
        return self.headings.get(field, (field,))[0]

    def preview(self, examples: Mapping[str, str] | None = None) -> tuple[dict[str, str], ...]:
        """What each column was taken for, to be looked at before an import.

        Parameters
        ----------
        examples
            A cell for each heading.

        Returns
        -------
        For each column its heading, the field ("" for a column that is kept as extra), what people
        call that, and the example.

        Examples
        --------
        >>> [line["meaning"] for line in guess_columns(["经度", "空调", "备注"]).preview()]
        ['lon 经度', 'AC 空调', 'kept as extra']
        """
        fields = {column: field for field, columns in self.headings.items() for column in columns}
        told = []
        for heading in self.order:
            field = fields.get(heading, "")
            meaning = f"{field} {field_names()[field]}" if field else "kept as extra"
            if heading in self.facility:
                field = f"facilities.{self.facility[heading]}"
                meaning = f"{self.facility[heading]} {facilities()[self.facility[heading]].zh}"
            example = (examples or {}).get(heading, "")
            told.append(
                {"heading": heading, "field": field, "meaning": meaning, "example": example}
            )
        return tuple(told)


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
    >>> columns = guess_columns(["序号", "站点名称", "经度(GCJ-02)", "纬度", "空调"])
    >>> columns.headings, columns.datum_hint
    ({'lon': ('经度(GCJ-02)',), 'lat': ('纬度',), 'name': ('站点名称',)}, 'gcj02')
    """
    by_word: dict[str, list[str]] = {}
    for heading in headings:
        by_word.setdefault(normalise(heading), []).append(heading)
    fixed, fixed_facility = _apply_mapping(mapping or {}, headings, by_word)
    taken = {column for columns in fixed.values() for column in columns} | set(fixed_facility)
    found = _guess_position([heading for heading in headings if heading not in taken])
    found |= {field: fixed[field] for field in POSITION_FIELDS if field in fixed}
    taken.update(column for columns in found.values() for column in columns)
    for field, words in field_words().items():
        columns = [by_word[word][0] for word in words if word in by_word]
        columns = [column for column in dict.fromkeys(columns) if column not in taken]
        if field in fixed:
            found[field] = fixed[field]
        elif columns and field not in POSITION_FIELDS:
            found[field] = tuple(columns)
            taken.update(columns)
    facility = dict(fixed_facility)
    for heading in headings:
        code = None if heading in taken else facilities().parse(heading.removesuffix("数量"))
        if code is not None and code not in facility.values():
            facility[heading] = code
    used = [found[field][0] for field in POSITION_FIELDS if field in found]
    hint = next((datum for datum in map(find_datum, used) if datum), "")
    return Columns(found, facility, frozenset(fixed), tuple(headings), hint)


def find_datum(text: str) -> str:
    """Datum that a heading or a cell speaks of; "" where it speaks of none or of several.

    Examples
    --------
    >>> find_datum("经度(GCJ-02)"), find_datum("百度坐标系"), find_datum("bd_lon"), find_datum("x")
    ('gcj02', 'bd09', 'bd09', '')
    """
    word = _bare(text)
    found = {
        datum
        for datum, words in _DATUMS.items()
        if any(word.startswith(each) if each == "bd" else each in word for each in words)
    }
    return found.pop() if len(found) == 1 else ""


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
    words: dict[str, list[str]] = {
        field: [field, *headings] for field, headings in read_data("columns.toml").items()
    }
    for field in read_data("fields.toml")["field"]:
        told = [field["name"], field["zh"], field["en"]]
        words[field["name"]] = told + words.get(field["name"], [])
    words |= {name: [name, told] for name, told in _verified_names().items()}
    return {field: tuple(dict.fromkeys(map(normalise, told))) for field, told in words.items()}


@cache
def field_names() -> dict[str, str]:
    """Field to what people call it in Chinese."""
    names = {
        field: next((heading for heading in headings if _CHINESE.search(heading)), field)
        for field, headings in read_data("columns.toml").items()
    }
    for field in read_data("fields.toml")["field"]:
        names[field["name"]] = field["zh"]
    return names | _verified_names()


def _verified_names() -> dict[str, str]:
    """What tells when a field or a facility was checked: its name, and its heading in Chinese."""
    told = [(field["name"], field["zh"]) for field in read_data("fields.toml")["field"]]
    fields = {zh for _, zh in told}
    told += [(term.code, term.zh) for term in facilities() if term.zh not in fields]
    names = {f"{name}_{VERIFIED}": f"{zh}核验日期" for name, zh in told}
    return names | {
        f"{term.code}_{VERIFIED}": f"{term.code}_{VERIFIED}"
        for term in facilities()
        if term.zh in fields
    }


def _guess_position(headings: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns of the position, longitude and latitude of one datum."""
    candidates = {
        field: sorted(
            (_RANKS[find_datum(heading)], place, heading)
            for heading in headings
            if (place := _place_among(heading, field_words()[field])) is not None
        )
        for field in POSITION_FIELDS
    }
    pairs = [
        (lon, lat)
        for lon in candidates["lon"]
        for lat in candidates["lat"]
        if lon[0] == lat[0] or _RANKS[""] in (lon[0], lat[0])
    ]
    found: dict[str, tuple[str, ...]] = {
        field: (options[0][2],) for field, options in candidates.items() if options
    }
    if pairs:
        lon, lat = min(pairs, key=lambda pair: (pair[0][0] + pair[1][0], pair[0][1] + pair[1][1]))
        return found | {"lon": (lon[2],), "lat": (lat[2],)}
    if len({"lon", "lat"} & found.keys()) > 1:  # two datums: no longitude goes with any latitude
        del found["lat"]
    return found


def _place_among(heading: str, words: Sequence[str]) -> int | None:
    """Where a heading stands among a field's words, with or without the datum in it."""
    for word in (normalise(heading), _DATUM_WORDS.sub("", normalise(heading))):
        if word in words:
            return words.index(word)
    return None


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    """Text without case, width and signs; what stands in brackets stays."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())


def _apply_mapping(
    mapping: Mapping[str, Any], headings: Sequence[str], by_word: Mapping[str, Sequence[str]]
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
        column = (
            heading
            if heading in headings
            else next(iter(by_word.get(normalise(str(heading)), [])), None)
        )
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
