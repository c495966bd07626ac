"""CSV in the encodings and with the separators that offices use, read without holding the text."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from geodata.errors import InputError
from geodata.guarding import unescape_text, unguard_text
from geodata.headings import (
    HEADER_LINES,
    ExampleFilter,
    Listing,
    Record,
    distinct_headings,
    find_heading,
    no_positions,
)
from geodata.positions import Problem

_DELIMITERS = (",", ";", "\t")
HEAD_BYTES = 1 << 16  # so many of a file are looked at before the rest is read
_CHUNK_BYTES = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def guess_encoding(source: str, head: bytes) -> str:
    """Encoding in which the first bytes of a file are text.

    Raises
    ------
    InputError
        They are none in UTF-8, GB18030, or UTF-16 with its mark.
    """
    return _first_fit(source, head, lambda: iter((head,)), whole=len(head) < HEAD_BYTES)


def find_encoding(path: Path, head: bytes) -> str:
    """Encoding in which a whole file is text.

    Raises
    ------
    InputError
        There is none.
    """
    return _first_fit(path.name, head, lambda: _chunks(path), whole=True)


def read_delimited(path: Path, head: bytes, mapping: Mapping[str, Any] | None = None) -> Listing:
    """Records of a CSV.

    Parameters
    ----------
    head
        The first bytes of the file. The heading must be among them: a file without one is refused
        before the rest is read.

    Raises
    ------
    InputError
        It is no text, there are no rows, no heading with positions, or quotes that do not end.
    """
    _find_layout(path.name, head, guess_encoding(path.name, head), mapping)
    encoding = find_encoding(path, head)
    layout = _find_layout(path.name, head, encoding, mapping)
    examples = ExampleFilter()
    with path.open(encoding=encoding, newline="") as stream:
        lines = _parse(stream, layout.delimiter, strict=True, source=path.name)
        records = [
            _record(number, line, layout.headings)
            for number, line in lines
            if number > layout.number
            and any(map(str.strip, line))
            and examples.is_place(number, line)
        ]
    return Listing(records, layout.headings, warnings=examples.warnings())


class _Layout(NamedTuple):
    """How a CSV is laid out: its separator, the line of its heading, and that."""

    delimiter: str
    number: int
    headings: list[str]


def _find_layout(
    source: str, head: bytes, encoding: str, mapping: Mapping[str, Any] | None
) -> _Layout:
    """The layout that the first bytes of a CSV show."""
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    delimiter = _find_delimiter(text)
    lines = _parse(io.StringIO(text, newline=""), delimiter, strict=False, source=source)
    filled = ((number, line) for number, line in lines if any(cell.strip() for cell in line))
    first = list(islice(filled, HEADER_LINES))
    if not first:
        raise InputError(f"{source} holds no rows; expected a heading and a row for each place")
    place = find_heading([line for _, line in first], mapping)
    if place is None:
        raise no_positions(source, distinct_headings(first[0][1]))
    return _Layout(delimiter, first[place][0], distinct_headings(first[place][1]))


def _first_fit(
    source: str, head: bytes, chunks: Callable[[], Iterator[bytes]], *, whole: bool
) -> str:
    """The first encoding in which bytes are text; only UTF-16 needs its mark."""
    marked = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        if _is_text(chunks(), encoding, whole=whole):
            return encoding
    raise InputError(
        f"{source} is not text in UTF-8, GB18030 or UTF-16; save the list as XLSX or CSV (UTF-8)"
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _is_text(chunks: Iterator[bytes], encoding: str, *, whole: bool) -> bool:
    """Whether bytes are text without control characters; `whole` if nothing may be cut off."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            if _CONTROL.search(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _find_delimiter(text: str) -> str:
    """The separator that shows positions, or else most cells, in the first lines."""

    def fit(delimiter: str) -> tuple[bool, int]:
        lines: list[Sequence[str]] = []
        with contextlib.suppress(InputError):
            parsed = _parse(io.StringIO(text, newline=""), delimiter, strict=False)
            lines += [line for _, line in islice(parsed, HEADER_LINES)]
        return find_heading(lines) is not None, sum(map(len, lines))

    return max(_DELIMITERS, key=fit)


def _parse(
    stream: Iterator[str], delimiter: str, *, strict: bool, source: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """Lines with their numbers, from 1; strict: an unclosed quote does not swallow the rest."""
    reader = csv.reader(stream, delimiter=delimiter, strict=strict)
    try:
        for number, line in enumerate(reader, start=1):
            yield number, [unguard_text(unescape_text(cell)) for cell in line]
    except csv.Error as error:
        raise InputError(
            f"{source} is no readable CSV at line {reader.line_num}: {error}"
        ) from error


def _record(number: int, line: Sequence[str], headings: Sequence[str]) -> Record:
    """Cells by heading; a line that is too long has shifted cells and is refused."""
    cells: dict[str, Any] = dict(zip(headings, line, strict=False))
    surplus = [cell for cell in line[len(headings) :] if cell.strip()]
    if not surplus:
        return Record(number, cells)
    reason = (
        f"{len(line)} cells under {len(headings)} headings; quote text that holds the separator"
    )
    return Record(number, cells, Problem("", surplus[0], reason))
