"""The sheet that a district office fills in, and that `locator stations import` reads as it is.

What its columns are is told in `locator.registry.template_columns`; here they are drawn. The lines
that explain and the example begin with 【说明】 and 【示例】, by which the import knows that they
are no stations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.guarding import escape_text, guard_text, is_formula
from geodata.headings import EXAMPLE, EXPLANATION
from geodata.vocabulary import kinds, parse_kind, subtypes
from geodata.writing import written_aside
from locator.errors import InputError
from locator.registry.exchange import Reveal, format_received_hours
from locator.registry.template_columns import Column, list_columns, sheet_words
from locator.registry.template_rows import row_cells

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from locator.registry.entries import Entry

SHEETS = ("站点信息", "填表说明", "选项")
HEADING_ROW = 4  # below title, lead and bands
FIRST_ROW = HEADING_ROW + 3  # below explanations and example
_FILLED_ROWS = 1000  # rows with dropdowns
_EARLIEST = date(1949, 10, 1)
_FONT = "微软雅黑"
_MUTED, _MUTED_FILL, _EXAMPLE_FILL, _LINE = "595959", "F2F2F2", "E2EFDA", "BFBFBF"
_TITLE_COLOUR = "1F4E78"
_EXAMPLE_INK = "375623"
_LINE_PT, _LEAST_PT = 12.5, 26.0  # of small print, and of a row of it


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
    code = parse_kind(kind)
    chosen = [entry for entry in entries if code in (None, entry.kind)]
    columns = list_columns(code, hours_text=any(map(format_received_hours, chosen)))
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


def _fill_row(sheet: Worksheet, row: int, columns: Sequence[Column], cells: Sequence[Any]) -> None:
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


def _fill_form(sheet: Worksheet, columns: Sequence[Column]) -> None:
    """Title, bands, headings, explanations and example."""
    from openpyxl.styles import Font

    words = sheet_words()
    sheet.cell(1, 1, words["title"]).font = Font(_FONT, 18, bold=True, color=_TITLE_COLOUR)
    sheet.cell(2, 1, words["lead"] + words["asked"]).font = Font(_FONT, 10, color=_MUTED)
    heights = (26, 16, 16, 26, _height(columns, "hint"), _height(columns, "example"))
    for row, height in enumerate(heights, start=1):
        sheet.row_dimensions[row].height = height
    _fill_bands(sheet, columns)
    for place, column in enumerate(columns, start=1):
        _fill_column(sheet, place, column)
    _lay_out(sheet)


def _fill_column(sheet: Worksheet, place: int, column: Column) -> None:
    """Heading, explanation and example of one column."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    first = place == 1
    heading = ("★" if column.mandatory else "") + column.heading
    example = EXAMPLE * first + column.example * (not column.foreign)
    texts = (
        (heading, column.colour, "FFFFFF"),
        (EXPLANATION * first + column.hint, _MUTED_FILL, _MUTED),
        (example, _EXAMPLE_FILL, _EXAMPLE_INK),
    )
    for row, (text, fill, colour) in enumerate(texts, start=HEADING_ROW):
        is_heading = row == HEADING_ROW
        cell = sheet.cell(row, place, text)
        cell.data_type = "s"
        cell.fill = PatternFill("solid", fgColor=fill)
        size = 11 if is_heading else 9
        cell.font = Font(_FONT, size, bold=is_heading, italic=not is_heading, color=colour)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        cell.border = _border()
    sheet.column_dimensions[get_column_letter(place)].width = _width(column)


def _lay_out(sheet: Worksheet) -> None:
    """What stays in sight on a screen, and how it is printed."""
    from openpyxl.worksheet.properties import PageSetupProperties

    # Explanations and example scroll away: on a small screen they would leave no room to write.
    sheet.freeze_panes = f"B{HEADING_ROW + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 8  # A3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"


def _fill_bands(sheet: Worksheet, columns: Sequence[Column]) -> None:
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


def _fill_guide(sheet: Worksheet, columns: Sequence[Column]) -> None:
    """What each column means, may hold and looks like."""
    from openpyxl.styles import Alignment, Font, PatternFill

    headings = ("栏目", "必填", "怎么填", "允许的内容", "示例", "是否公开")
    sheet.append(headings)
    for column in columns:
        private = column.field is not None and column.field.private
        required = "发布前必填" if column.mandatory else ""
        sheet.append(
            [column.heading, required, column.hint, column.allowed, column.example,
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
    columns: Sequence[Column],
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


def _rule(column: Column, source: str) -> Any:
    """What may be filled in; None where anything may."""
    from openpyxl.worksheet.datavalidation import DataValidation

    field = column.field
    if column.choices:
        told: dict[str, Any] = {"type": "list", "formula1": source}
    elif column.limits_deg is not None:
        low, high = column.limits_deg
        told = {"type": "decimal", "operator": "between", "formula1": f"{low:.0f}",
                "formula2": f"{high:.0f}", "errorStyle": "warning"}  # fmt: skip
    elif column.holds_days:
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
    rule.errorTitle, rule.error = column.heading, f"请填：{column.allowed}"[:200]
    rule.showInputMessage = True
    rule.promptTitle, rule.prompt = column.heading[:30], (column.hint or column.allowed)[:200]
    return rule


def _number_format(column: Column) -> str:
    """Days as days, numbers as they are, all else as text, so that 0513 keeps its nought."""
    if column.holds_days:
        return "yyyy-mm-dd"
    field = column.field
    plain = column.limits_deg is not None or column.open_choices
    return "General" if plain or (field and field.type in ("int", "number")) else "@"


def _height(columns: Sequence[Column], what: str) -> float:
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


def _width(column: Column) -> float:
    """Width of a column: its heading, and some room for what is written."""
    widest = max([2 * len(word) for word in column.choices[:20]], default=0)
    roomy = column.field is not None and column.field.max_length >= 60 and not column.choices  # noqa: PLR2004
    return min(max(2.2 * len(column.heading) + 4, widest + 4, 28 if roomy else 13), 34)
