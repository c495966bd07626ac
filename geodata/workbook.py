"""The XML of an XLSX workbook as rows of values.

Days, times, shares and results of formulas come as the spreadsheet shows them. What a workbook may
unpack to is checked by `geodata.sheets`; a document type declaration, the root of every XML bomb,
is refused here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from geodata.errors import InputError
from geodata.guarding import unescape_text, unguard_text

if TYPE_CHECKING:
    import zipfile

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384  # of any spreadsheet program
_CHUNK_BYTES = 1 << 16
_DAY_ONE, _DAY_ONE_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - no zone
_LAST_SERIAL = 2_958_466  # the first day of the year 10000
_DAY_S = 86_400
# built-in formats by number, from the Office Open XML standard (18.8.30); East Asian ones too
_DATE_IDS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_TIME_IDS = {*range(18, 22), *range(32, 36), *range(45, 48), 55, 56}
_PERCENT_IDS = {9, 10}
_FORMAT_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_INTEGER = re.compile(r"-?\d{1,300}")

Cells = dict[int, Any]


@dataclass(slots=True)
class SheetNotes:
    """What is known of a sheet when it is read to its end.

    Parameters
    ----------
    merges
        Column, first and last row of cells that are merged downwards.
    errors, uncomputed
        Numbers of cells with a spreadsheet's error, and of formulas without a result.
    """

    merges: list[tuple[int, int, int]] = field(default_factory=list)
    errors: int = 0
    uncomputed: int = 0


class Workbook:
    """Parts of a workbook: its sheets, shared texts and number formats."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = set(archive.namelist())
        self._sheets: list[tuple[bool, str]] = []
        self._day_one = _DAY_ONE
        self._texts = self._read_texts()
        self._formats = self._read_formats()

    def sheets(self) -> list[str]:
        """Members of the archive with sheets, hidden ones last."""
        targets: dict[str, str] = {}

        def on_relation(name: str, told: dict[str, str]) -> None:
            if name == "Relationship":
                target = told.get("Target", "")
                targets[told.get("Id", "")] = posixpath.normpath(
                    target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                )

        def on_sheet(name: str, told: dict[str, str]) -> None:
            if name == "sheet":
                hidden = told.get("state", "visible") != "visible"
                self._sheets.append((hidden, targets.get(told.get("id", ""), "")))
            elif name == "workbookPr" and told.get("date1904", "0") in ("1", "true"):
                self._day_one = _DAY_ONE_1904

        self._walk("xl/_rels/workbook.xml.rels", on_relation)
        self._walk("xl/workbook.xml", on_sheet)
        listed = sorted(self._sheets, key=lambda sheet: sheet[0])
        return [member for _, member in listed if member in self._members]

    def rows(self, member: str, notes: SheetNotes) -> Iterator[tuple[int, Cells]]:
        """Rows of a sheet with their numbers; cells by column, from 0."""
        reader = _RowReader(self._texts, self._cast, notes)
        parser = _new_parser()
        parser.StartElementHandler = reader.on_start
        parser.EndElementHandler = reader.on_end
        parser.CharacterDataHandler = reader.on_text
        with self._archive.open(member) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)
                yield from reader.take()
            parser.Parse(b"", True)
        yield from reader.take()

    def _walk(
        self,
        member: str,
        on_start: Callable[[str, dict[str, str]], None],
        on_text: Callable[[str], None] | None = None,
        on_end: Callable[[str], None] | None = None,
    ) -> None:
        """Parse a part of the workbook; names come without their prefixes."""
        if member not in self._members:
            return
        parser = _new_parser()
        parser.StartElementHandler = lambda name, told: on_start(
            _local(name), {_local(key): value for key, value in told.items()}
        )
        if on_text is not None:
            parser.CharacterDataHandler = on_text
        if on_end is not None:
            parser.EndElementHandler = lambda name: on_end(_local(name))
        with self._archive.open(member) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)

    def _read_texts(self) -> list[str]:
        """The shared texts; how a word is pronounced (rPh) is no part of it."""
        texts: list[str] = []
        parts: list[str] = []
        inside: list[str] = []

        def on_start(name: str, _: dict[str, str]) -> None:
            if name == "si":
                parts.clear()
            inside.append(name)

        def on_text(text: str) -> None:
            if inside and inside[-1] == "t" and "rPh" not in inside:
                parts.append(text)

        def on_end(name: str) -> None:
            inside.pop()
            if name == "si":
                texts.append(unguard_text(unescape_text("".join(parts))))

        self._walk("xl/sharedStrings.xml", on_start, on_text, on_end)
        return texts

    def _read_formats(self) -> list[str]:
        """What each style shows: "date", "time", "percent", or "" for a plain number."""
        codes: dict[int, str] = {}
        formats: list[str] = []
        inside: list[str] = []

        def on_start(name: str, told: dict[str, str]) -> None:
            if name == "numFmt":
                codes[int(told.get("numFmtId", "0"))] = told.get("formatCode", "")
            elif name == "xf" and inside and inside[-1] == "cellXfs":
                number = int(told.get("numFmtId", "0"))
                formats.append(_format_kind(number, codes.get(number)))
            inside.append(name)

        self._walk("xl/styles.xml", on_start, on_end=lambda _: (inside.pop(), None)[1])
        return formats

    def _cast(self, text: str, style: int) -> Any:
        """A number as its format shows it: a day, a time, a share, or the number."""
        if not text:
            return None
        try:
            number: int | float = int(text) if _INTEGER.fullmatch(text) else float(text)
        except ValueError:
            return text
        kind = self._formats[style] if 0 <= style < len(self._formats) else ""
        if kind == "percent":
            return f"{number * 100:.10g}%"
        if not kind or not 0 <= number < _LAST_SERIAL:
            return number
        seconds = round(number * _DAY_S)
        if kind == "time" or number < 1:
            minutes = seconds // 60
            return f"{minutes // 60:02}:{minutes % 60:02}"
        moment = self._day_one + timedelta(seconds=seconds)
        return moment if seconds % _DAY_S else moment.date()


class _RowReader:
    """Collects the cells of a sheet while expat walks through it."""

    def __init__(
        self, texts: list[str], cast: Callable[[str, int], Any], notes: SheetNotes
    ) -> None:
        self._texts = texts
        self._cast = cast
        self._notes = notes
        self._done: list[tuple[int, Cells]] = []
        self._number = 0
        self._cells: Cells = {}
        self._column = -1
        self._told: dict[str, str] = {}
        self._parts: list[str] = []
        self._listening = False
        self._silent = 0  # depth inside a pronunciation
        self._formula = False

    def take(self) -> list[tuple[int, Cells]]:
        """The rows that are complete."""
        done, self._done = self._done, []
        return done

    def on_start(self, name: str, told: dict[str, str]) -> None:
        """An element begins; the commonest first, since there are millions."""
        if name == "c":
            self._begin_cell(told)
        elif name == "v" or name == "t":  # noqa: PLR1714 - twice as fast as looking in a tuple
            self._listening = not self._silent
        elif ":" in name:
            self.on_start(_local(name), told)
        else:
            self._on_start_other(name, told)

    def _on_start_other(self, name: str, told: dict[str, str]) -> None:
        if name == "row":
            self._number = int(told.get("r", self._number + 1))
            if not 0 < self._number <= MAX_ROW:
                raise InputError(f"the sheet has a row {self._number}; expected up to {MAX_ROW}")
            self._cells, self._column = {}, -1
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._silent += 1
        elif name == "mergeCell":
            self._add_merge(told.get("ref", ""))

    def on_text(self, text: str) -> None:
        """Text inside an element."""
        if self._listening:
            self._parts.append(text)

    def on_end(self, name: str) -> None:
        """An element ends."""
        if name == "c":
            self._end_cell()
        elif name == "v" or name == "t":  # noqa: PLR1714
            self._listening = False
        elif ":" in name:
            self.on_end(_local(name))
        elif name == "row":
            self._done.append((self._number, self._cells))
        elif name == "rPh":
            self._silent -= 1

    def _begin_cell(self, told: dict[str, str]) -> None:
        self._told = told
        self._parts = []
        self._formula = False
        reference = told.get("r")
        if reference is None:
            self._column += 1
        else:
            self._column = _column_of(reference.rstrip("0123456789"))

    def _end_cell(self) -> None:
        text, kind = "".join(self._parts), self._told.get("t", "n")
        value: Any = None
        if kind == "n":
            value = self._cast(text.strip(), int(self._told.get("s", "0")))
            self._notes.uncomputed += self._formula and not text
        elif kind == "s":
            value = self._texts[int(text)] if text else None
        elif kind == "e":
            self._notes.errors += 1
        elif kind == "b":
            value = text.strip() == "1"
        elif kind == "d":
            value = _iso_moment(text)
        else:
            value = unguard_text(unescape_text(text))
        if value is not None and value != "":
            self._cells[self._column] = value

    def _add_merge(self, reference: str) -> None:
        """Note a range of more than one row; only its first column has a value."""
        corners = [_REFERENCE.fullmatch(corner) for corner in reference.split(":")]
        if len(corners) == 2 and corners[0] and corners[1]:  # noqa: PLR2004 - two corners
            first, last = int(corners[0][2]), min(int(corners[1][2]), MAX_ROW)
            if first < last:
                self._notes.merges.append((_column_of(corners[0][1]), first, last))


def _new_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise InputError("the workbook declares a document type, which none does; save it anew")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


@lru_cache(maxsize=MAX_COLUMN)
def _column_of(letters: str) -> int:
    """Index of a column, from 0: A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    if not 0 < index <= MAX_COLUMN:
        raise InputError(f"the sheet has a column {letters[:9]!r}; expected A to XFD")
    return index - 1


def _format_kind(number: int, code: str | None) -> str:
    """What a number format shows."""
    if code is None:
        if number in _DATE_IDS:
            return "time" if number in _TIME_IDS else "date"
        return "percent" if number in _PERCENT_IDS else ""
    plain = _FORMAT_QUOTED.sub("", code.split(";")[0]).casefold()
    if "general" in plain:
        return ""
    if re.search("[yd年]", plain):
        return "date"
    if re.search("[hs]|m{3,}", plain):
        return "time" if re.search("[hs]", plain) else "date"
    return "percent" if "%" in plain else ""


def _iso_moment(text: str) -> date | str:
    """A moment that a cell tells in ISO form."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return text
