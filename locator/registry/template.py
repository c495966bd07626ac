"""The sheet that a district office fills in, and that `locator stations import` reads as it is.

Its words are data, `geodata/data/template.toml`; lists, limits and marks come from the fields and
word lists of the registry, so that sheet and import cannot part. The lines that explain and the
example begin with 【说明】 and 【示例】, by which the import knows that they are no stations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.columns import field_names
from geodata.fields import Field, fields
from geodata.guarding import escape_text, guard_text, is_formula
from geodata.headings import EXAMPLE, EXPLANATION
from geodata.vocabulary import facilities, kinds, read_data, subtypes
from geodata.writing import written_aside
from locator.errors import InputError
from locator.registry.exchange import DATUM_NAMES, Reveal, format_received_hours
from locator.registry.template_rows import row_cells

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from locator.registry.entries import Entry

SHEETS = ("站点信息", "填表说明", "选项")
HEADING_ROW = 4  # below title, lead and bands
FIRST_ROW = HEADING_ROW + 3  # below explanations and example
_FILLED_ROWS = 1000  # rows with dropdowns
_PLACE_LIMITS_DEG = {"lon": 180.0, "lat": 90.0}
_MANDATORY = {"lon", "lat", "datum"}  # besides the fields that are
_EARLIEST = date(1949, 10, 1)
_FACILITY_WORDS = ("有", "无", "坏")
_FONT = "微软雅黑"
_MUTED, _MUTED_FILL, _EXAMPLE_FILL, _LINE = "595959", "F2F2F2", "E2EFDA", "BFBFBF"
_TITLE_COLOUR = "1F4E78"
_EXAMPLE_KIND = "rest_station"
_LINE_PT, _LEAST_PT = 12.5, 26.0  # of small print, and of a row of it
_LON_DEG, _LAT_DEG = (73, 136), (3, 54)  # China's islands and all; beyond it the sheet asks again
_GROUP_OF = {
    "mother_baby_room": "mother_baby",
    "carnation_station": "carnation",
    "worker_home": "worker_home",
}


@dataclass(frozen=True, slots=True)
class _Column:
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


def write_template(
    path: str | Path,
    *,
    kind: str | None = None,
    entries: Sequence[Entry] = (),
    reveal: Reveal | None = None,
) -> int:
    """Write the sheet as .xlsx, empty or with stations to be completed.

    Parameters
    ----------
    kind
        Only the columns, and the stations, of that kind; of all kinds where not given.
    entries
        Stations to fill in; an import of the sheet as it is changes nothing about them.
    reveal
        Opens sealed texts, given with a field's name; without it private cells stay blank.

    Returns
    -------
    How many stations were filled in.

    Raises
    ------
    InputError
        The kind is unknown, or the name does not end with .xlsx.
    DataError
        The file cannot be written; what stood there before is untouched.
    """
    from openpyxl import Workbook

    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise InputError(f"cannot write {target.name}: expected a name that ends with .xlsx")
    code = None if kind is None else kinds().parse(kind)
    if kind is not None and code is None:
        raise InputError(f"unknown kind {kind!r}; expected one of {', '.join(kinds().codes)}")
    chosen = [entry for entry in entries if code in (None, entry.kind)]
    columns = list(_columns(code))
    if any(format_received_hours(entry) for entry in chosen):
        columns.append(_column("hours_text", _words()["kept"], code))
    book = Workbook()
    book.remove(book.worksheets[0])
    form, guide, choices = (book.create_sheet(name) for name in SHEETS)
    _fill_form(form, columns)
    _fill_guide(guide, columns)
    _fill_choices(book, form, choices, columns, code, FIRST_ROW + len(chosen) + _FILLED_ROWS - 1)
    for row, entry in enumerate(chosen, start=FIRST_ROW):
        _fill_row(form, row, columns, row_cells(entry, [c.name for c in columns], reveal))
    with written_aside(target) as aside:
        book.save(aside)
    return len(chosen)


def _fill_row(sheet: Worksheet, row: int, columns: Sequence[_Column], cells: Sequence[Any]) -> None:
    """One station; its texts are texts, whatever they begin with."""
    for place, (column, value) in enumerate(zip(columns, cells, strict=True), start=1):
        if value is None:
            continue
        cell = sheet.cell(row, place)
        if isinstance(value, str):
            guarded = guard_text(value) if value.startswith("'") else value
            cell.value = escape_text(guarded, xml=True)
            cell.data_type = "s"
            cell.quotePrefix = is_formula(value)
        else:
            cell.value = value
        cell.number_format = _number_format(column)


# -- columns -----------------------------------------------------------------------------------


@cache
def _words() -> dict[str, Any]:
    return read_data("template.toml")


def _columns(kind: str | None) -> Iterator[_Column]:
    """Columns of the sheet in their order."""
    for band in _words()["band"]:
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


def _column(name: str, band: dict[str, Any], kind: str | None) -> _Column:
    hints, examples = _words()["hint"], _words()["example"]
    place = {"band": band["name"], "colour": band["colour"], "name": name}
    shown = kind or _EXAMPLE_KIND
    place["foreign"] = band.get("group") not in (None, _GROUP_OF.get(shown))
    if name in facilities():
        return _Column(
            facilities()[name].zh,
            hint=hints["facility"],
            example=examples.get(name, examples["facility"]),
            choices=_FACILITY_WORDS,
            open_choices=True,
            **place,
        )
    field = fields().get(name)
    mandatory = name in _MANDATORY or bool(field and field.mandatory and name != "code")
    return _Column(
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


def _allowed(column: _Column) -> str:
    """What a cell may hold, in words."""
    field = column.field
    if column.choices:
        more = "，或台数" if column.open_choices else ""
        return "、".join(column.choices) + more
    if column.name in _PLACE_LIMITS_DEG:
        low, high = _LON_DEG if column.name == "lon" else _LAT_DEG
        return f"十进制度，{low} 至 {high}；度分秒也能读"
    if field is None:
        return "日期，如 2026-03-01" if column.name == "verified_on" else "文字"
    if field.type in ("int", "number"):
        limits = f"{field.minimum:.0f} 至 {field.maximum:.0f}"
        return f"{limits} 的整数" if field.type == "int" else limits
    if field.type == "date":
        return "日期，如 2026-03-01"
    return f"文字，最多 {field.max_length} 字" if field.max_length else "文字"


# -- sheets ------------------------------------------------------------------------------------


def _fill_form(sheet: Worksheet, columns: Sequence[_Column]) -> None:
    """Title, bands, headings, explanations and example."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    words = _words()
    sheet.cell(1, 1, words["title"]).font = Font(_FONT, 18, bold=True, color=_TITLE_COLOUR)
    sheet.cell(2, 1, words["lead"] + words["asked"]).font = Font(_FONT, 10, color=_MUTED)
    heights = (26, 16, 16, 26, _height(columns, "hint"), _height(columns, "example"))
    for row, height in enumerate(heights, start=1):
        sheet.row_dimensions[row].height = height
    _fill_bands(sheet, columns)
    wrapped = Alignment(vertical="center", wrap_text=True)
    for place, column in enumerate(columns, start=1):
        first = place == 1
        rows = (
            (
                HEADING_ROW,
                ("★" if column.mandatory else "") + column.heading,
                column.colour,
                "FFFFFF",
            ),
            (HEADING_ROW + 1, EXPLANATION * first + column.hint, _MUTED_FILL, _MUTED),
            (
                HEADING_ROW + 2,
                EXAMPLE * first + column.example * (not column.foreign),
                _EXAMPLE_FILL,
                "375623",
            ),
        )
        for row, text, fill, colour in rows:
            cell = sheet.cell(row, place, text)
            cell.data_type = "s"
            cell.fill = PatternFill("solid", fgColor=fill)
            cell.font = Font(_FONT, 11 if row == HEADING_ROW else 9, bold=row == HEADING_ROW,
                             italic=row != HEADING_ROW, color=colour)  # fmt: skip
            cell.alignment = wrapped
            cell.border = _border()
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _width(column)
    # Explanations and example scroll away: on a small screen they would leave no room to write.
    sheet.freeze_panes = f"B{HEADING_ROW + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 8  # A3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"


def _fill_bands(sheet: Worksheet, columns: Sequence[_Column]) -> None:
    """The row of bands, each over its columns."""
    from openpyxl.styles import Alignment, Font, PatternFill

    row = HEADING_ROW - 1
    start = 1
    for place, column in enumerate(columns, start=1):
        cell = sheet.cell(row, place)
        cell.fill = PatternFill("solid", fgColor=column.colour)
        if place < len(columns) and columns[place].band == column.band:
            continue
        title = sheet.cell(row, start, column.band)
        title.font = Font(_FONT, 11, bold=True, color="FFFFFF")
        title.alignment = Alignment(horizontal="left", vertical="center")
        if place > start:
            sheet.merge_cells(start_row=row, start_column=start, end_row=row, end_column=place)
        start = place + 1


def _fill_guide(sheet: Worksheet, columns: Sequence[_Column]) -> None:
    """What each column means, may hold and looks like."""
    from openpyxl.styles import Alignment, Font, PatternFill

    headings = ("栏目", "必填", "怎么填", "允许的内容", "示例", "是否公开")
    sheet.append(headings)
    for column in columns:
        private = column.field is not None and column.field.private
        required = "发布前必填" if column.mandatory else ""
        sheet.append(
            [column.heading, required, column.hint, _allowed(column), column.example,
             "不公开" if private else "公开"]
        )  # fmt: skip
    for line in sheet.iter_rows():
        for cell in line:
            cell.font = Font(_FONT, 10)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.border = _border()
            if cell.value is not None:
                cell.data_type = "s"
    for cell in sheet[1]:
        cell.fill = PatternFill("solid", fgColor=_TITLE_COLOUR)
        cell.font = Font(_FONT, 11, bold=True, color="FFFFFF")
    for letter, width in zip("ABCDEF", (20, 12, 46, 52, 34, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "B2"


def _fill_choices(
    book: Workbook,
    form: Worksheet,
    choices: Worksheet,
    columns: Sequence[_Column],
    kind: str | None,
    last: int,
) -> None:
    """The words of the dropdowns, hidden, and the rules for what is filled in."""
    from openpyxl.utils import get_column_letter

    choices.sheet_state = "hidden"
    letters = {column.name: get_column_letter(n) for n, column in enumerate(columns, start=1)}
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        for row, word in enumerate(column.choices, start=1):
            choices.cell(row, place, word)
        source = f"'{SHEETS[2]}'!${letter}$1:${letter}${len(column.choices)}"
        if column.name == "subtype" and kind is None:
            source = _name_subtypes(book, letters["kind"], letter)
        rule = _rule(column, source)
        if rule is not None:
            rule.add(f"{letter}{FIRST_ROW}:{letter}{last}")
            form.add_data_validation(rule)
        form.column_dimensions[letter].number_format = _number_format(column)
    book.active = 0


def _name_subtypes(book: Workbook, kind_letter: str, letter: str) -> str:
    """Name the sub-kinds of each kind in the list; the formula that gives those of a row's."""
    from openpyxl.workbook.defined_name import DefinedName

    listed = [term.kind for term in subtypes()]
    for term in kinds():
        rows = [row for row, kind in enumerate(listed, start=1) if kind == term.code]
        place = f"'{SHEETS[2]}'!${letter}${rows[0]}:${letter}${rows[-1]}"
        book.defined_names[term.zh] = DefinedName(term.zh, attr_text=place)
    return f"INDIRECT(${kind_letter}{FIRST_ROW})"


def _rule(column: _Column, source: str) -> Any:
    """What may be filled in; None where anything may."""
    from openpyxl.worksheet.datavalidation import DataValidation

    field = column.field
    if column.choices:
        told: dict[str, Any] = {"type": "list", "formula1": source}
    elif column.name in _PLACE_LIMITS_DEG:
        low, high = _LON_DEG if column.name == "lon" else _LAT_DEG
        told = {"type": "decimal", "operator": "between", "formula1": str(low),
                "formula2": str(high), "errorStyle": "warning"}  # fmt: skip
    elif column.name == "verified_on" or (field and field.type == "date"):
        earliest = f"DATE({_EARLIEST.year},{_EARLIEST.month},{_EARLIEST.day})"
        told = {"type": "date", "operator": "greaterThanOrEqual", "formula1": earliest}
    elif field and field.type in ("int", "number") and math.isfinite(field.maximum):
        kind = "whole" if field.type == "int" else "decimal"
        told = {"type": kind, "operator": "between", "formula1": f"{field.minimum:.0f}",
                "formula2": f"{field.maximum:.0f}"}  # fmt: skip
    elif field and field.max_length:
        limit = str(field.max_length)
        told = {"type": "textLength", "operator": "lessThanOrEqual", "formula1": limit}
    else:
        return None
    rule = DataValidation(allow_blank=True, **told)
    rule.showErrorMessage = not column.open_choices
    rule.errorTitle, rule.error = column.heading, f"请填：{_allowed(column)}"[:200]
    rule.showInputMessage = True
    rule.promptTitle, rule.prompt = column.heading[:30], (column.hint or _allowed(column))[:200]
    return rule


def _number_format(column: _Column) -> str:
    """Days as days, numbers as they are, all else as text, so that 0513 keeps its nought."""
    field = column.field
    if column.name == "verified_on" or (field and field.type == "date"):
        return "yyyy-mm-dd"
    plain = column.name in _PLACE_LIMITS_DEG or column.open_choices
    return "General" if plain or (field and field.type in ("int", "number")) else "@"


def _height(columns: Sequence[_Column], what: str) -> float:
    """Height of a row in which the longest text of a column is not cut."""
    lines = [
        math.ceil((2 * len(getattr(column, what)) + 10 * (place == 0)) / (_width(column) - 1))
        for place, column in enumerate(columns)
    ]
    return max(_LEAST_PT, _LINE_PT * max(lines) + 4)


def _border() -> Any:
    from openpyxl.styles import Border, Side

    side = Side("thin", color=_LINE)
    return Border(left=side, right=side, top=side, bottom=side)


def _width(column: _Column) -> float:
    """Width of a column: its heading, and some room for what is written."""
    widest = max([2 * len(word) for word in column.choices[:20]], default=0)
    roomy = column.field is not None and column.field.max_length >= 60 and not column.choices  # noqa: PLR2004
    return min(max(2.2 * len(column.heading) + 4, widest + 4, 28 if roomy else 13), 34)
