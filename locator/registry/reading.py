"""Rows of a file as registry entries: what the words of a row mean, and which rows cannot be taken.

Nothing is guessed: words that are not understood stay in `extra` and are told in a warning, and
what a row leaves blank says nothing about the station.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from geodata.columns import parse_yes_no
from geodata.datum import parse_datum, to_wgs84
from geodata.districts import current_code, find_district
from geodata.fields import Field, fields, line_text, parse_value
from geodata.tables import Row, Rows
from geodata.vocabulary import (
    Terms,
    access_modes,
    access_scopes,
    kinds,
    means_unknown,
    statuses,
    subtypes,
)
from locator.errors import InputError
from locator.hours import Hours, ReadHours, read_hours
from locator.registry.codes import MAX_LENGTH
from locator.registry.entries import CORE, Entry, Rejection

Check = Callable[[float, float], str | None]

_PRIVATE_PHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")  # mainland mobile numbers
_SHOWN_WORDS = 3
_SHOWN_CHARS = 80
_VERIFIED = "verified_on"
_DAY = Field(_VERIFIED, "", "", "date")
_NO_HOURS = ReadHours(Hours(), "")


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
        seal: Callable[[str, str], str] | None = None,
    ) -> None:
        self.datum = parse_datum(datum)
        self._source = source
        self._kind = None if kind is None else kinds().parse(kind)
        if kind is not None and self._kind is None:
            raise InputError(f"unknown kind {kind!r}; expected one of {', '.join(kinds().codes)}")
        self._check = check
        self._seal = seal
        self._rows = Rows(source, ())
        self._unknown: dict[str, Counter[str]] = {}
        self._bad: dict[str, list[str]] = {}
        self._unread_hours: Counter[str] = Counter()
        self._private_phones = 0
        self.rejected: list[Rejection] = []

    def read(self, rows: Rows) -> list[Entry]:
        """Entries of the rows that can be taken; the others join `rejected`."""
        self._rows = rows
        return list(self._entries(rows.rows))

    def _entries(self, rows: Sequence[Row]) -> Iterator[Entry]:
        datums = [self._datum_of(row) for row in rows]
        for row, (lon_deg, lat_deg) in zip(rows, _wgs84(rows, datums), strict=True):
            result = self._reject(row, lon_deg, lat_deg) or self._read(row, lon_deg, lat_deg)
            if isinstance(result, Rejection):
                self.rejected.append(result)
            else:
                yield result

    def _reject(self, row: Row, lon_deg: float, lat_deg: float) -> Rejection | None:
        """Why a row has no usable position; None where it has."""
        if row.problem is not None:
            problem = row.problem
            fix = getattr(problem, "fix", "")
            return Rejection(row.number, problem.column, problem.value, problem.reason, fix)
        headings = self._rows.columns.headings
        column = next((headings[name][0] for name in ("geometry", "lon") if name in headings), "")
        value = f"{row.lon_deg:.7g}, {row.lat_deg:.7g}"
        if not math.isfinite(lon_deg):
            return Rejection(row.number, column, value, "no position; expected decimal degrees")
        reason = None if self._check is None else self._check(lon_deg, lat_deg)
        return None if reason is None else Rejection(row.number, column, value, reason)

    def _read(self, row: Row, lon_deg: float, lat_deg: float) -> Entry | Rejection:
        """One row, at its WGS-84 position."""
        values, extra = dict(row.values), dict(row.extra)
        kind = self._read_kind(values, extra)
        if kind is None:
            return self._no_kind(row)
        code, source_id = _identities(values)
        if len(code) > MAX_LENGTH:
            reason = f"a code of {len(code)} characters; expected at most {MAX_LENGTH}"
            return Rejection(row.number, self._heading("code"), code[:_SHOWN_CHARS], reason)
        street = values.get("street", "")
        if street and "address" in values:
            extra.setdefault(self._heading("street"), street)
        facts = self._read_facts(values, extra, kind)
        phone = self._read_phone(values, facts)
        hours, opening = self._read_hours(values)
        return Entry(
            kind=kind,
            lon_deg=lon_deg,
            lat_deg=lat_deg,
            lon_raw=row.lon_deg,
            lat_raw=row.lat_deg,
            datum_raw=self._datum_of(row),
            code=code,
            name=line_text(values.get("name", "")),
            address=line_text(values.get("address", street)),
            hours=hours,
            opening=opening,
            facilities=dict(row.facilities),
            equipment=dict(row.equipment),
            access_scope=self._word("access_scope", access_scopes(), values, extra),
            access_mode=self._word("access_mode", access_modes(), values, extra),
            phone=phone,
            status=self._word("status", statuses(), values, extra),
            district_code=self._read_district(values),
            facts=facts,
            verified=self._read_verified(values, extra),
            source=self._source,
            source_id=source_id,
            sample=parse_yes_no(values.get("sample", "")),
            extra=extra,
            row=row.number,
        )

    def warnings(self) -> list[str]:
        """What was met that a person should know of."""
        told = []
        for field, words in self._unknown.items():
            shown = ", ".join(repr(word) for word, _ in words.most_common(_SHOWN_WORDS))
            told.append(
                f"{words.total()} rows have a {field} that is not understood ({shown}); "
                "it is kept as text only"
            )
        for field, cases in self._bad.items():
            told.append(
                f"{len(cases)} rows have a {field} that cannot be used ({cases[0]}); "
                "it is kept as text only"
            )
        if self._unread_hours:
            shown = ", ".join(repr(text) for text, _ in self._unread_hours.most_common(2))
            told.append(
                f"{self._unread_hours.total()} rows have opening hours that are not understood "
                f"({shown}); they are shown as text and count as unknown"
            )
        if self._private_phones:
            told.append(
                f"{self._private_phones} phone numbers look like private mobiles; they are "
                "sealed as the keeper's and not published: give a duty phone"
            )
        return told

    def _heading(self, field: str) -> str:
        """Column of a field in this file."""
        return self._rows.columns.first(field)

    def _read_kind(self, values: dict[str, str], extra: dict[str, Any]) -> str | None:
        """Kind the row tells, else the kind given for the file."""
        text = values.get("kind", "")
        found = kinds().find(text) if text else None
        if text and found is None:
            extra.setdefault(self._heading("kind"), text)
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
            self._unknown.setdefault(field, Counter())[text] += 1
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
                self._bad.setdefault(name, []).append(f"{cell[:_SHOWN_CHARS]!r}: {error}")
                if not field.private:
                    extra.setdefault(self._heading(name), cell)
                continue
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

    def _read_phone(self, values: dict[str, str], facts: dict[str, Any]) -> str:
        """A phone that may be published; a private mobile is sealed as the keeper's."""
        phone = line_text(values.get("phone", ""))
        if not _PRIVATE_PHONE.fullmatch(re.sub(r"[\s-]", "", phone)):
            return phone
        self._private_phones += 1
        if self._seal and "keeper_phone" not in facts:
            facts["keeper_phone"] = self._seal("keeper_phone", phone)
        return ""

    def _read_hours(self, values: dict[str, str]) -> tuple[str, Hours]:
        """Hours as received and as understood, with the dated exceptions beside them."""
        text = line_text(values.get("hours", ""))
        opening = read_hours(text) if text else _NO_HOURS
        if opening.unread:
            self._unread_hours[text] += 1
        dated = line_text(values.get("exceptions", ""))
        if not dated:
            return text, opening.hours
        told = read_hours(dated)
        if told.unread:
            self._unread_hours[dated] += 1
        return text, replace(
            opening.hours,
            exceptions=opening.hours.exceptions + told.hours.exceptions,
            overrides=opening.hours.overrides + told.hours.overrides,
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

    def _datum_of(self, row: Row) -> str:
        """Datum of a row: its own where it tells one that is known, else the file's."""
        text = row.values.get("datum", "")
        if not text:
            return self.datum
        try:
            return parse_datum(text)
        except InputError:
            self._unknown.setdefault("datum", Counter())[text] += 1
            return self.datum


def _wgs84(rows: Sequence[Row], datums: Sequence[str]) -> list[list[float]]:
    """WGS-84 positions of all rows; nan where a row has none."""
    lonlat = np.array([(row.lon_deg, row.lat_deg) for row in rows], dtype=np.float64).reshape(-1, 2)
    problem = np.array([row.problem is not None for row in rows], dtype=np.bool_)
    good = ~problem & (np.abs(lonlat) <= (180.0, 90.0)).all(axis=1)
    told = np.array(datums)
    for datum in set(datums):
        chosen = good & (told == datum)
        lonlat[chosen] = to_wgs84(lonlat[chosen], datum)
    lonlat[~good] = math.nan
    listed: list[list[float]] = lonlat.tolist()
    return listed


def _identities(values: dict[str, str]) -> tuple[str, str]:
    """Code and source id; a 编号 that is a bare number is a row number, no code for life."""
    code, source_id = line_text(values.get("code", "")), line_text(values.get("source_id", ""))
    number = line_text(values.get("number", ""))
    if number and not code and not number.isdecimal():
        code = number
    elif number and not source_id:
        source_id = number
    return code, source_id
