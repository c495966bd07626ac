"""An XLSX workbook of one table, written as a stream.

openpyxl takes 0.015 ms a cell and cuts numbers to 16 digits, so that a position does not come back
exactly; these few parts of the format are written directly, eight times as fast, with 17 digits.
Texts are texts by type, never formulas; one that looks like a formula is marked as quoted, so that
it stays text when somebody edits the cell. Equal tables give equal bytes.
"""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from geodata.cells import cell_text
from geodata.errors import InputError
from geodata.guarding import escape_text, guard_text, is_formula

_MAX_ROWS, _MAX_TEXT = 1_048_576, 32_767  # of any spreadsheet program
_MAX_EXACT = 10**15  # whole numbers from here on lose digits in a spreadsheet
_DAY_ONE = date(1899, 12, 30)
_NARROWEST, _WIDEST, _SAMPLE_ROWS = 8, 48, 200
_BUFFERED_ROWS = 500
_PLAIN, _TEXT, _QUOTED, _DAY, _HEADING, _NOTE = range(6)  # places in cellXfs below
_STAMP = (1980, 1, 1, 0, 0, 0)

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
</Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>
</Relationships>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/>
</Relationships>""",
    "xl/styles.xml": f"""<styleSheet {_MAIN}>
<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>
<fonts count="3"><font><sz val="11"/><name val="微软雅黑"/></font>
<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="微软雅黑"/></font>
<font><b/><sz val="12"/><color rgb="FF9C0006"/><name val="微软雅黑"/></font></fonts>
<fills count="4"><fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FF1F4E78"/></patternFill></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFFFEB9C"/></patternFill></fill></fills>
<borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="6"><xf/>
<xf numFmtId="49" applyNumberFormat="1"/>
<xf numFmtId="49" applyNumberFormat="1" quotePrefix="1"/>
<xf numFmtId="164" applyNumberFormat="1"/>
<xf fontId="1" fillId="2" applyFont="1" applyFill="1" applyAlignment="1"
><alignment vertical="center"/></xf>
<xf fontId="2" fillId="3" applyFont="1" applyFill="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>""",
}


def write_workbook(
    path: Path,
    headings: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    title: str,
    notes: Sequence[str] = (),
) -> None:
    """Write one sheet: notes, a frozen heading with filters, and the rows.

    Parameters
    ----------
    rows
        Cells of text, numbers, days, or None for blank.
    title
        Name of the sheet.

    Raises
    ------
    InputError
        More rows, or more text in a cell, than a sheet can hold.
    OSError
        It cannot be written.
    """
    if len(rows) + len(notes) >= _MAX_ROWS:
        raise InputError(
            f"{len(rows):,} rows; a sheet holds {_MAX_ROWS - 1:,}: write CSV or GeoPackage"
        )
    book = (
        f'<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>'
        f'<sheet name={quoteattr(title)} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**_PARTS, "xl/workbook.xml": book}.items():
            archive.writestr(_member(name), _HEAD + text)
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as stream:
            parts = _sheet(headings, rows, notes)
            while text := "".join(islice(parts, _BUFFERED_ROWS)):
                stream.write(text.encode())


def _member(name: str) -> zipfile.ZipInfo:
    """A part of the archive, the same whenever it is written."""
    member = zipfile.ZipInfo(name, _STAMP)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _sheet(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], notes: Sequence[str]
) -> Iterator[str]:
    """The XML of the sheet, row by row."""
    top = len(notes) + 1
    yield (
        f'{_HEAD}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">'
        f'<pane xSplit="1" ySplit="{top}" topLeftCell="B{top + 1}" activePane="bottomRight" '
        'state="frozen"/></sheetView></sheetViews><cols>'
    )
    for place, width in enumerate(_widths(headings, rows), start=1):
        yield f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
    yield "</cols><sheetData>"
    for note in notes:
        yield f"<row>{_text(note, _NOTE)}</row>"
    titles = "".join(_text(heading, _HEADING) for heading in headings)
    yield f'<row ht="22" customHeight="1">{titles}</row>'
    for row in rows:
        yield f"<row>{''.join(map(_cell, row))}</row>"
    last = _letters(len(headings) - 1)
    yield f'</sheetData><autoFilter ref="A{top}:{last}{top + len(rows)}"/></worksheet>'


def _cell(value: Any) -> str:
    """One cell; a blank one keeps its place."""
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        return _text(value, _QUOTED if is_formula(value) else _TEXT)
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, date) and not isinstance(value, datetime) and value.year > _DAY_ONE.year:
        return f'<c s="{_DAY}"><v>{(value - _DAY_ONE).days}</v></c>'
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _MAX_EXACT):
        return f"<c><v>{value!r}</v></c>"
    return _text(cell_text(value), _TEXT)


def _text(text: str, style: int) -> str:
    """A cell of text; an apostrophe that reading would take for a guard is guarded itself."""
    if len(text) > _MAX_TEXT:
        raise InputError(
            f"a cell has {len(text):,} characters; a sheet holds {_MAX_TEXT:,}: write CSV"
        )
    guarded = guard_text(text) if text.startswith("'") else text
    plain = escape(escape_text(guarded, xml=True))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'


def _widths(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterable[int]:
    """Widths of columns in characters, by the first rows; a Chinese character takes two."""
    for column, heading in enumerate(headings):
        cells = (cell_text(row[column]) for row in rows[:_SAMPLE_ROWS])
        widest = max((_width(text) for text in cells), default=0)
        yield min(max(widest + 2, _width(heading) + 4, _NARROWEST), _WIDEST)


def _width(text: str) -> int:
    line = text[:_WIDEST]
    return len(line) + sum(unicodedata.east_asian_width(sign) in "FW" for sign in line)


def _letters(column: int) -> str:
    """Name of a column: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
