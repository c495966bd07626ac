"""Rows of a file as registry entries: what the words of a row mean, and which rows cannot be taken.

Nothing is guessed: words that are not understood stay in `extra` and are told in a warning, and
what a row leaves blank says nothing about the station.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from geodata.cells import parse_yes_no
from geodata.districts import current_code, find_district
from geodata.fields import Field, fields, line_text, parse_value
from geodata.tables import Row, Rows
from geodata.vocabulary import (
    Terms,
    access_modes,
    access_scopes,
    kinds,
    means_unknown,
    parse_kind,
    statuses,
    subtypes,
)
from locator.errors import InputError
from locator.hours import Hours, ReadHours, read_hours
from locator.registry.codes import MAX_LENGTH, complete_code
from locator.registry.documents import clean
from locator.registry.entries import CORE, Entry, Rejection
from locator.registry.personal import PersonalCells, Seal
from locator.registry.remarks import Remarks
from locator.registry.row_places import Check, RowPlaces

_STAFF, _EMPLOYER = "staff", "employer"
_DIGITS_TO_CALL = 7  # of a number in the same town; a mobile has 11
_SHOWN_CHARS = 80
_VERIFIED = "verified_on"
_DAY = Field(_VERIFIED, "", "", "date")
_NO_HOURS = ReadHours(Hours(), "")
# The sheets of a city say the same things over and over.
_read_hours = lru_cache(maxsize=4096)(read_hours)
_says_unknown = lru_cache(maxsize=65536)(means_unknown)


class EntryReader:
    """Reads the rows of one file into entries; collects rejections and warnings on the way.

    Parameters
    ----------
    source
        Name of the source.
    datum
        Datum of the rows' positions.
    kind
        Kind of the rows that do not tell a known one themselves.
    check
        Called with longitude and latitude (WGS-84): why a station cannot be there, or None.
    seal
        Seals a private text, given with its field's name; without it private cells are not taken.

    Raises
    ------
    InputError
        The datum or the kind is unknown.
    """

    def __init__(
        self,
        source: str,
        *,
        datum: str,
        kind: str | None = None,
        check: Check | None = None,
        seal: Seal | None = None,
    ) -> None:
        self._places = RowPlaces(datum, check)
        self.datum = self._places.datum
        self._source = line_text(source)
        self._kind = parse_kind(kind)
        self._seal = seal
        self._rows = Rows(source, ())
        self._row = 0
        self.remarks = Remarks()
        self._persons = PersonalCells(seal, self.remarks, self._heading)
        self.datums: Counter[str] = Counter()
        self.unclear_status: set[int] = set()
        self.rejected: list[Rejection] = []

    def read(self, rows: Rows) -> list[Entry]:
        """Entries of the rows that can be taken; the others join `rejected`."""
        self._rows = rows
        return list(self._entries())

    def _entries(self) -> Iterator[Entry]:
        for row, place in self._places.read(self._rows):
            result = place if isinstance(place, Rejection) else self._read(row, *place)
            if isinstance(result, Rejection):
                self.rejected.append(result)
            else:
                self.datums[self._places.datum_of(row)] += 1
                yield result

    def _read(self, row: Row, lon_deg: float, lat_deg: float) -> Entry | Rejection:
        """One row, at its WGS-84 position."""
        self._row = row.number
        values = {n: text for n, text in row.values.items() if not _says_unknown(text)}
        extra = dict(row.extra)
        self._persons.hide_mobiles(row.number, values, extra)
        self._persons.take_sealed(values, extra)
        kind = self._read_kind(values, extra)
        if kind is None:
            return self._no_kind(row)
        try:
            code, source_id = self._identities(values, extra)
        except InputError as error:
            told = values.get("code") or values.get("number", "")
            return Rejection(row.number, self._heading("code"), told[:_SHOWN_CHARS], str(error))
        if len(code) > MAX_LENGTH:
            reason = f"a code of {len(code)} characters; expected at most {MAX_LENGTH}"
            return Rejection(row.number, self._heading("code"), code[:_SHOWN_CHARS], reason)
        street = values.get("street", "")
        if street and "address" in values:
            extra.setdefault(self._heading("street"), street)
        facts = self._read_facts(values, extra, kind)
        hours, opening = self._read_hours(values)
        return Entry(
            kind=kind,
            lon_deg=lon_deg,
            lat_deg=lat_deg,
            **self._places.as_received(row),
            code=code,
            name="" if _is_yes(values, "name_made") else line_text(values.get("name", "")),
            address=line_text(values.get("address", street)),
            hours=hours,
            opening=opening,
            facilities=dict(row.facilities),
            equipment=dict(row.equipment),
            access_scope=self._read_scope(values, facts, extra),
            access_mode=self._word("access_mode", access_modes(), values, extra),
            phone=line_text(values.get("phone", "")),
            status=self._read_status(row, values, extra),
            district_code=self._read_district(values),
            facts=facts,
            verified=self._read_verified(values, extra),
            source=line_text(values.get("source", "")) or self._source,
            source_id=source_id,
            sample=parse_yes_no(values.get("sample", "")),
            extra=clean(self._persons.seal(extra)),
            row=row.number,
        )

    def warnings(self) -> list[str]:
        """What was met that a person should know of, each sort in a line."""
        return self.remarks.warnings()

    def _heading(self, field: str) -> str:
        """Column of a field in this file."""
        return self._rows.columns.first(field)

    def _read_kind(self, values: dict[str, str], extra: dict[str, Any]) -> str | None:
        """Kind the row tells, else the kind given for the file."""
        text = values.get("kind", "")
        found = kinds().find(text) if text else None
        if text and found is None:
            extra.setdefault(self._heading("kind"), text)
            if self._kind and not means_unknown(text):
                self.remarks.note_word(self._row, "kind", text)
        return found or self._kind

    def _no_kind(self, row: Row) -> Rejection:
        """Refuse a row that tells no kind, in a file for which none was given."""
        text = row.values.get("kind", "")
        known = ", ".join(kinds().codes)
        reason = f"unknown kind; expected one of {known}" if text else f"no kind; expected {known}"
        reason += ", in a kind column or by --kind"
        return Rejection(row.number, self._heading("kind"), text[:_SHOWN_CHARS], reason)

    def _word(self, field: str, terms: Terms, values: dict[str, str], extra: dict[str, Any]) -> str:
        """Code of a word of a closed list; "" for a word that is not in it."""
        text = values.get(field, "")
        if not text or means_unknown(text):
            return ""
        code = terms.find(text)
        if code is None:
            self.remarks.note_word(self._row, field, text)
            extra.setdefault(self._heading(field), text)
        return code or ""

    def _read_facts(
        self, values: dict[str, str], extra: dict[str, Any], kind: str
    ) -> dict[str, Any]:
        """Typed values of the record's other fields; what is not understood stays as text."""
        facts: dict[str, Any] = {}
        for name, field in fields().items():
            cell = values.get(name, "")
            if not cell or name in CORE or means_unknown(cell):
                continue
            try:
                # a sub-kind's words mean another thing with another kind of station
                own = subtypes(kind).find(cell) if name == "subtype" else None
                value = own or parse_value(field, cell)
            except ValueError as error:
                self.remarks.note_value(self._row, name, cell, str(error))
                if not (field.private and field.type == "text"):
                    extra.setdefault(self._heading(name), cell)
                    continue
                value = line_text(cell)  # a long name is no reason to lose it
            if name == "keeper_phone" and sum(map(str.isdigit, value)) < _DIGITS_TO_CALL:
                self.remarks.note_short_number(self._row, sum(map(str.isdigit, value)))
            if field.sealed and value:
                value = self._seal(name, value) if self._seal else ""
            if value not in ("", ()):
                facts[name] = value
        return facts

    def _read_district(self, values: dict[str, str]) -> str:
        """Present code of a district, told by its code of any time or by its name."""
        text = line_text(values.get("district_code", ""))
        if not text or means_unknown(text):
            return ""
        district = find_district(text)
        return current_code(text) if district is None else district.code

    def _read_scope(
        self, values: dict[str, str], facts: dict[str, Any], extra: dict[str, Any]
    ) -> str:  # fmt: skip
        """Who may enter; a room at an employer of which nothing is said is for its staff.

        A mother is never sent to a factory's gate because a cell was left blank; and what was
        taken for granted is told.
        """
        scope = self._word("access_scope", access_scopes(), values, extra)
        if scope or facts.get("subtype") != _EMPLOYER:
            return scope
        self.remarks.note_staff_room(self._row)
        return _STAFF

    def _read_status(self, row: Row, values: dict[str, str], extra: dict[str, Any]) -> str:
        """Status; a word that is there and not understood makes it unknown, not open."""
        status = self._word("status", statuses(), values, extra)
        if not status and row.values.get("status"):
            self.unclear_status.add(row.number)
        return status

    def _identities(self, values: dict[str, str], extra: dict[str, Any]) -> tuple[str, str]:
        """Code and source id.

        A 编号 that is a bare number is the number of a row, which shifts when a row is inserted: no
        identity at all.
        """
        code, source_id = line_text(values.get("code", "")), line_text(values.get("source_id", ""))
        number = line_text(values.get("number", ""))
        if number and not code and not number.isdecimal():
            code = number
        elif number:
            extra.setdefault(self._heading("number"), number)
        return complete_code(code), source_id

    def _read_hours(self, values: dict[str, str]) -> tuple[str, Hours]:
        """Hours as received and as understood, with the dated exceptions beside them."""
        text = line_text(values.get("hours", ""))
        if means_unknown(text):
            text = ""
        opening = _read_hours(text) if text else _NO_HOURS
        if opening.unread:
            told = text if opening.undated else opening.unread
            self.remarks.note_hours(self._row, told, undated=opening.undated)
        text = line_text(values.get("hours_text", "")) or text
        dated = line_text(values.get("exceptions", ""))
        if not dated:
            return text, opening.hours
        changes = _read_hours(dated)
        if changes.unread:
            self.remarks.note_hours(self._row, dated)
        return text, replace(
            opening.hours,
            exceptions=opening.hours.exceptions + changes.hours.exceptions,
            overrides=opening.hours.overrides + changes.hours.overrides,
        )

    def _read_verified(self, values: dict[str, str], extra: dict[str, Any]) -> dict[str, date]:
        """Days on which fields were checked: "verified_on" for all, "hours_verified_on" for one."""
        days: dict[str, date] = {}
        for name, cell in values.items():
            if name != _VERIFIED and not name.endswith(f"_{_VERIFIED}"):
                continue
            try:
                field = name.removesuffix(_VERIFIED).removesuffix("_")
                days[field] = parse_value(_DAY, cell)
            except ValueError:
                extra.setdefault(self._heading(name), cell)
        return days


def _is_yes(values: dict[str, str], name: str) -> bool:
    return parse_yes_no(values.get(name, "")) is True
