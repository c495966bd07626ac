"""What an import will do, worked out before anything is written.

`plan_import` is a pure function of what is stored and what the rows tell, so a dry run is the plan
without the writing, and the store behind it can be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from locator.registry.codes import code_series, make_code, split_code
from locator.registry.entries import Entry, Rejection, merge_entries, with_made_name
from locator.registry.matching import find_duplicates, match_entries

if TYPE_CHECKING:
    from geodata.tables import Rows
    from locator.registry.reading import EntryReader

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each row: read = added + updated + unchanged + rejected, always.

    Parameters
    ----------
    datum
        Datum the positions were taken for.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    datum: str

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
) -> ImportPlan:
    """Decide about every row of a file.

    Parameters
    ----------
    stored
        All stations of the registry.
    counters
        Last number used in each series of codes.

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
    changed, updated, warnings = _merge(single, match, stored)
    new = [e for i, e in enumerate(single) if i not in match and i not in repeats]
    codes = _CodeGiver(code_prefix, [*stored, *new], counters)
    added = [_completed(entry, codes) for entry in new]
    report = ImportReport(
        read=len(rows),
        added=len(added),
        updated=updated,
        unchanged=len(match) - updated,
        rejected=tuple(sorted(rejected, key=lambda rejection: rejection.row)),
        warnings=(*rows.warnings, *reader.warnings(), *warnings),
        datum=reader.datum,
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
) -> tuple[list[Entry], int, list[str]]:
    """Stored entries to overwrite, how many of them are updates, and warnings."""
    changed, updated = [], 0
    kept_codes, renamed = [], []
    for index, station in match.items():
        row, old = entries[index], stored[station]
        merged, differs = merge_entries(old, row)
        updated += differs
        if merged != old:
            changed.append(merged)
        if row.code and row.code != old.code:
            kept_codes.append(f"row {row.row}: {old.code}, not {row.code}")
        if not old.name_made and merged.name != old.name:
            renamed.append(f"row {row.row}: {old.name!r} is now {merged.name!r}")
    warnings = _listed("stations keep the code they have", kept_codes)
    return changed, updated, warnings + _listed("stations were renamed", renamed)


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
