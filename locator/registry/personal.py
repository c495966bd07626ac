"""What says who somebody is, in the cells of a file: never published, and kept sealed.

Sheets of offices have a keeper's name or mobile in columns of their own, and beside what is for
everybody to read.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from geodata.cells import cell_text
from geodata.fields import line_text
from locator.registry.sealing import SEALED

if TYPE_CHECKING:
    from locator.registry.remarks import Remarks

Seal = Callable[[str, str], str]
"""Seals a text for a field."""
# A mainland mobile number wherever it stands, with blanks, points or hyphens between its digits.
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86)?[\s()\-]*1[3-9]\d(?:[\s.\-]?\d){8}(?!\d)")
_PERSONS = ("管理员", "负责人", "联系人", "站长", "经办人", "手机", "keeper", "contact person")
_DIGITS_OF_A_PHONE = 5
# Cells that are published and in which people write whom to call.
_PUBLISHED = ("phone", "name", "address", "hours", "entrance_note", "floor_pos", "price_note")


def holds_mobile(text: str) -> bool:
    """Whether a text has somebody's mobile number in it."""
    return _MOBILE.search(unicodedata.normalize("NFKC", text)) is not None


class PersonalCells:
    """Takes what is personal out of the rows of one file.

    Parameters
    ----------
    seal
        Without it what would be sealed is not taken; cells that were not understood stay.
    remarks
        Hears of each mobile in a cell that is published.
    heading
        Column of a field in the file.
    """

    def __init__(self, seal: Seal | None, remarks: Remarks, heading: Callable[[str], str]) -> None:
        self._seal, self._remarks, self._heading = seal, remarks, heading

    def hide_mobiles(self, row: int, values: dict[str, str], extra: dict[str, Any]) -> None:
        """Take private mobiles out of cells that are published; the cell is kept sealed."""
        for name in _PUBLISHED:
            text = unicodedata.normalize("NFKC", values.get(name, ""))
            if not _MOBILE.search(text):
                continue
            self._remarks.note_mobile(row, name)
            if self._seal:
                heading = "private_phone" if name == "phone" else self._heading(name)
                extra[heading] = self._seal("extra", line_text(values[name]))
            rest = _MOBILE.sub("", text)
            if name == "phone" and sum(map(str.isdigit, rest)) < _DIGITS_OF_A_PHONE:
                rest = ""
            values[name] = re.sub(r"[(（]\s*[)）]", "", rest).strip(" /,，、;；")

    def take_sealed(self, values: dict[str, str], extra: dict[str, Any]) -> None:
        """Cells of a private export that were sealed, sealed again under their old headings."""
        notes = {"private_phone": values.get("private_phone", "")}
        told = values.get("private_notes", "")
        if told:
            with suppress(ValueError, RecursionError):
                found = json.loads(told)
                notes |= found if isinstance(found, dict) else {}
            if len(notes) == 1:  # not as we wrote it
                notes[self._heading("private_notes")] = told
        for heading, text in notes.items():
            if text and self._seal:
                extra[heading] = self._seal("extra", line_text(cell_text(text)))

    def seal(self, extra: dict[str, Any]) -> dict[str, Any]:
        """Cells that were not understood, those with somebody's name or number sealed."""
        kept = {}
        for heading, cell in extra.items():
            text = cell_text(cell)
            personal = any(word in heading.casefold() for word in _PERSONS)
            if (personal or holds_mobile(text)) and self._seal:
                sealed = text.startswith(SEALED)
                kept[heading] = text if sealed else self._seal("extra", line_text(text))
            else:
                kept[heading] = cell
        return kept
