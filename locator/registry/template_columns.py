"""The columns of the sheet for district offices: their words, what they may hold, an example.

The words are data, `geodata/data/template.toml`; lists and limits come from the fields and word
lists of the registry, so that sheet and import cannot part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from geodata.columns import field_names
from geodata.fields import Field, fields
from geodata.vocabulary import facilities, kinds, read_data, subtypes
from locator.registry.exchange import DATUM_NAMES

_MANDATORY = {"lon", "lat", "datum"}  # besides the fields that are
_FACILITY_WORDS = ("有", "无", "坏")
_EXAMPLE_KIND = "rest_station"
# China's islands and all; beyond it the sheet asks again
_LIMITS_DEG = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}
_GROUP_OF = {
    "mother_baby_room": "mother_baby",
    "carnation_station": "carnation",
    "worker_home": "worker_home",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet.

    Parameters
    ----------
    field
        The field it holds; None for positions, facilities and the like.
    choices
        The words of its dropdown.
    open_choices
        Whether something else may be written too.
    foreign
        Whether it is for other kinds of station than the example's.
    """

    heading: str
    colour: str
    band: str
    hint: str
    example: str = ""
    mandatory: bool = False
    field: Field | None = None
    name: str = ""
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    foreign: bool = False

    @property
    def limits_deg(self) -> tuple[float, float] | None:
        """Least and greatest degree of a position's column; None of any other."""
        return _LIMITS_DEG.get(self.name)

    @property
    def holds_days(self) -> bool:
        """Whether its cells are dates."""
        return self.name == "verified_on" or (self.field is not None and self.field.type == "date")

    @property
    def allowed(self) -> str:
        """What a cell may hold, in words."""
        field = self.field
        if self.choices:
            more = "，或台数" if self.open_choices else ""
            return "、".join(self.choices) + more
        if self.limits_deg is not None:
            low, high = self.limits_deg
            return f"十进制度，{low:.0f} 至 {high:.0f}；度分秒也能读"
        if self.holds_days:
            return "日期，如 2026-03-01"
        if field is not None and field.type in ("int", "number"):
            limits = f"{field.minimum:.0f} 至 {field.maximum:.0f}"
            return f"{limits} 的整数" if field.type == "int" else limits
        return f"文字，最多 {field.max_length} 字" if field and field.max_length else "文字"


@cache
def sheet_words() -> dict[str, Any]:
    """The words of the sheet, as `geodata/data/template.toml` has them."""
    return read_data("template.toml")


def list_columns(kind: str | None, *, hours_text: bool = False) -> list[Column]:
    """Columns of the sheet in their order.

    Parameters
    ----------
    kind
        Only those of that kind of station; of all kinds where not given.
    hours_text
        Whether one for hours as they were received stands at the end.
    """
    columns = list(_columns(kind))
    if hours_text:
        columns.append(_column("hours_text", sheet_words()["kept"], kind))
    return columns


def _columns(kind: str | None) -> Iterator[Column]:
    """Columns of each band that the sheet has."""
    for band in sheet_words()["band"]:
        group = band.get("group")
        if group is not None and kind is not None and _GROUP_OF.get(kind) != group:
            continue
        for name in _names(band, kind):
            yield _column(name, band, kind)


def _names(band: dict[str, Any], kind: str | None) -> Iterator[str]:
    """Names of a band's columns; those of facilities are their codes."""
    group = band.get("group")
    if "facilities" in band.get("columns", ()) and kind != "mother_baby_room":
        yield from (term.code for term in facilities() if term.standard or term.base)
    yield from band.get("columns", ())
    if group is not None:
        yield from (field.name for field in fields().values() if field.group == group)
        yield from (term.code for term in facilities() if term.group == group)


def _column(name: str, band: dict[str, Any], kind: str | None) -> Column:
    hints, examples = sheet_words()["hint"], sheet_words()["example"]
    place = {"band": band["name"], "colour": band["colour"], "name": name}
    shown = kind or _EXAMPLE_KIND
    place["foreign"] = band.get("group") not in (None, _GROUP_OF.get(shown))
    if name in facilities():
        return Column(
            facilities()[name].zh,
            hint=hints["facility"],
            example=examples.get(name, examples["facility"]),
            choices=_FACILITY_WORDS,
            open_choices=True,
            **place,
        )
    field = fields().get(name)
    mandatory = name in _MANDATORY or bool(field and field.mandatory and name != "code")
    return Column(
        field.zh if field else "其他设施" if name == "facilities" else field_names()[name],
        hint=hints.get(name, ""),
        example=_kind_example(name, shown) or examples.get(name, ""),
        mandatory=mandatory,
        field=field,
        choices=_choices(name, field, kind),
        **place,
    )


def _kind_example(name: str, kind: str) -> str:
    """Example of what depends on the kind of station, so that the row speaks of one kind."""
    term = kinds()[kind]
    told = {
        "name": f"示例街道{term.zh}",
        "short_name": f"示例{term.short_zh}",
        "kind": term.zh,
        "subtype": next(iter(subtypes(kind))).zh,
    }
    return told.get(name, "")


def _choices(name: str, field: Field | None, kind: str | None) -> tuple[str, ...]:
    """Words of a closed list."""
    if name == "datum":
        return tuple(DATUM_NAMES.values())
    if name == "kind" and kind is not None:
        return (kinds()[kind].zh,)
    if name == "subtype":
        return tuple(term.zh for term in subtypes(kind or ""))
    if field is not None and field.type == "term":
        return tuple(term.zh for term in field.word_list)
    return ("是", "否") if field is not None and field.type == "yes_no" else ()
