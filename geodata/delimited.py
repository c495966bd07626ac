"""CSV in the encodings and with the separators that offices use, read without holding the text."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

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
_CHUNK_BYTES = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def find_encoding(path: Path, head: bytes) -> str:
    """Encoding in which a whole file is text: UTF-8, GB18030, or UTF-16 with its mark.

    Parameters
    ----------
    head
        The first bytes of the file: what is no text there is refused before the rest is read.

    Raises
    ------
    InputError
        It is none of them, or holds nothing but blanks.
    """
    marked = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        if _is_text(iter((head,)), encoding, whole=False) and _is_text(
            _chunks(path), encoding, whole=True
        ):
            return encoding
    raise InputError(
        f"{path.name} is not text in UTF-8, GB18030 or UTF-16; save the list as XLSX or CSV (UTF-8)"
    )


def read_delimited(
    path: Path, head: bytes, encoding: str, mapping: Mapping[str, Any] | None = None
) -> Listing:
    """Records of a CSV.

    Parameters
    ----------
    head
        The first bytes of the file. The heading must be among them: a file without one is refused
        before the rest is read.

    Raises
    ------
    InputError
        There are no rows, no heading with positions, or quotes that do not end.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    text = decoder.decode(head)
    delimiter = _find_delimiter(text)
    first = [
        (number, line)
        for number, line in _parse(io.StringIO(text, newline=""), delimiter, strict=False)
        if any(cell.strip() for cell in line)
    ]
    first = list(islice(first, HEADER_LINES))
    if not first:
        raise InputError(f"{path.name} holds no rows; expected a heading and a row for each place")
    place = find_heading([line for _, line in first], mapping)
    if place is None:
        raise no_positions(path.name, distinct_headings(first[0][1]))
    heading_number, line = first[place]
    headings = distinct_headings(line)
    examples = ExampleFilter()
    with path.open(encoding=encoding, newline="") as stream:
        lines = _parse(stream, delimiter, strict=True, source=path.name)
        records = [
            _record(number, line, headings)
            for number, line in lines
            if number > heading_number
            and any(map(str.strip, line))
            and examples.is_place(number, line)
        ]
    return Listing(records, headings, warnings=examples.warnings())


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
