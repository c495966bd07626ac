"""What an import will do, worked out before anything is written.

`plan_import` is a pure function of what is stored and what the rows tell, so a dry run is the plan
without the writing, and the store behind it can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from locator.registry.codes import code_series, make_code, split_code
from locator.registry.entries import Entry, Rejection, merge_entries, with_made_name
from locator.registry.matching import find_duplicates, match_entries
from locator.registry.records import compare

if TYPE_CHECKING:
    from geodata.tables import Rows
    from locator.registry.reading import EntryReader

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a row changes about a station: values before and after, by field."""

    row: int
    code: str
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each row: read = added + updated + unchanged + rejected, always.

    Parameters
    ----------
    datum
        Datum the positions were taken for.
    changes
        What differs for each updated station.
    added_rows
        Row and code of each new station.
    columns
        What each column of the file was taken for.
    batch
        Number of the import, by which it can be taken back; None where nothing was written.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    datum: str
    changes: tuple[RowChange, ...] = ()
    added_rows: tuple[tuple[int, str, str], ...] = ()
    columns: tuple[Mapping[str, str], ...] = ()
    batch: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `locator stations import`."""
        return {
            "read": self.read,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [asdict(rejection) for rejection in self.rejected],
            "warnings": list(self.warnings),
            "datum": self.datum,
            "changes": [asdict(change) for change in self.changes],
            "columns": [dict(column) for column in self.columns],
            "batch": self.batch,
        }


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Entries to write, the numbers their codes used up, and the report.

    Parameters
    ----------
    changed
        Stored entries to overwrite; also those of which only the origin is new.
    counters
        Last number used in each series that was counted on.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    counters: dict[str, int]
    report: ImportReport


def plan_import(
    rows: Rows,
    reader: EntryReader,
    *,
    stored: Sequence[Entry],
    counters: dict[str, int],
    code_prefix: str,
    inspect: Callable[[Sequence[Entry], Sequence[Entry]], list[str]] | None = None,
) -> ImportPlan:
    """Decide about every row of a file.

    Parameters
    ----------
    stored
        All stations of the registry.
    counters
        Last number used in each series of codes.
    inspect
        Called with the entries that were read and those stored: warnings about them.

    Raises
    ------
    InputError
        The code prefix is not usable.
    """
    code_series(code_prefix, "", "rest_station")  # refuse a bad prefix even where nothing is new
    entries = reader.read(rows)
    rejected = list(reader.rejected)
    duplicates = find_duplicates(entries)
    single = [entry for index, entry in enumerate(entries) if index not in duplicates]
    rejected += _repeats(entries, duplicates, rows)
    match, repeats = match_entries(single, stored)
    rejected += _repeats(single, repeats, rows)
    changed, changes, warnings = _merge(single, match, stored)
    new = [e for i, e in enumerate(single) if i not in match and i not in repeats]
    inspected = inspect(single, stored) if inspect else []
    codes = _CodeGiver(code_prefix, [*stored, *new], counters)
    added = [_completed(entry, codes) for entry in new]
    report = ImportReport(
        read=len(rows),
        added=len(added),
        updated=len(changes),
        unchanged=len(match) - len(changes),
        rejected=tuple(sorted(rejected, key=lambda rejection: rejection.row)),
        warnings=(*rows.warnings, *reader.warnings(), *warnings, *inspected),
        datum=reader.datum,
        changes=tuple(changes),
        added_rows=tuple((entry.row, entry.code, entry.name) for entry in added),
    )
    return ImportPlan(tuple(added), tuple(changed), codes.counters, report)


class _CodeGiver:
    """Gives out codes that were never used."""

    def __init__(self, prefix: str, known: Sequence[Entry], counters: dict[str, int]) -> None:
        self._prefix = prefix
        self.counters = dict(counters)
        for entry in known:  # codes brought by a file count as used
            series, number = split_code(entry.code) or ("", 0)
            if series and number > self.counters.get(series, 0):
                self.counters[series] = number

    def next_code(self, entry: Entry) -> str:
        """The next code of the entry's district and kind."""
        series = code_series(self._prefix, entry.district_code, entry.kind)
        self.counters[series] = self.counters.get(series, 0) + 1
        return make_code(series, self.counters[series])


def _completed(entry: Entry, codes: _CodeGiver) -> Entry:
    """A new entry with code, name, status and sample mark."""
    entry = replace(
        entry,
        code=entry.code or codes.next_code(entry),
        status=entry.status or "open",
        sample=bool(entry.sample),
    )
    return with_made_name(entry)


def _merge(
    entries: Sequence[Entry], match: dict[int, int], stored: Sequence[Entry]
) -> tuple[list[Entry], list[RowChange], list[str]]:
    """Stored entries to overwrite, what changes about them, and warnings."""
    changed, changes = [], []
    kept_codes, renamed = [], []
    for index, station in match.items():
        row, old = entries[index], stored[station]
        merged, differs = merge_entries(old, row)
        if differs:
            was, now = compare(old, merged)
            changes.append(RowChange(row.row, old.code, merged.name, was, now))
        if merged != old:
            changed.append(merged)
        if row.code and row.code != old.code:
            kept_codes.append(f"row {row.row}: {old.code}, not {row.code}")
        if not old.name_made and merged.name != old.name:
            renamed.append(f"row {row.row}: {old.name!r} is now {merged.name!r}")
    warnings = _listed("stations keep the code they have", kept_codes)
    return changed, changes, warnings + _listed("stations were renamed", renamed)


def _listed(what: str, cases: Sequence[str]) -> list[str]:
    """One warning for all cases of a kind."""
    if not cases:
        return []
    more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
    return [f"{len(cases)} {what} ({'; '.join(cases[:_SHOWN])}{more})"]


def _repeats(
    entries: Sequence[Entry], found: dict[int, tuple[int, str]], rows: Rows
) -> list[Rejection]:
    """Rejections of rows that repeat an earlier row."""
    rejected = []
    for index, (earlier, what) in found.items():
        entry = entries[index]
        field = what.replace(" ", "_")
        column = rows.columns.first(field) if what in ("code", "source id") else ""
        value = {"code": entry.code, "source id": entry.source_id}.get(what, entry.name)
        reason = f"the same {what} as row {entries[earlier].row}; keep one of the two"
        rejected.append(Rejection(entry.row, column, value, reason))
    return rejected
