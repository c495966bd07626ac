"""What an import will do, worked out before anything is written.

`plan_import` is a pure function of what is stored and what the rows tell, so a dry run is the plan
without the writing, and the store behind it can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geodata.fields import fields
from locator.registry.codes import code_series, make_code, split_code
from locator.registry.documents import compare, hidden_names, showable
from locator.registry.entries import Doubt, Entry, Rejection, merge_entries, with_made_name
from locator.registry.matching import find_duplicates, match_entries
from locator.registry.personal import holds_mobile
from locator.registry.wording import in_chinese

if TYPE_CHECKING:
    from geodata.tables import Rows
    from locator.registry.reading import EntryReader

_SHOWN = 3
_NEW = ("row", "code", "name")
_PRIVATE = ("private_phone", "private_notes")  # columns that are no fields

Inspect = Callable[[Sequence[Entry], Sequence[bool], Sequence[Entry]], list[Doubt]]


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a row changes about a station: values before and after, by field.

    Of private fields only the names are told, in `private`.
    """

    row: int
    code: str
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each row: read = added + updated + unchanged + rejected, always.

    Parameters
    ----------
    datum
        Datum the positions of rows that tell none were taken for.
    datums
        Datum to the number of rows that were taken for it; a row's own word goes first.
    changes
        What differs for each updated station.
    added_rows
        Row, code and name of each new station.
    moved
        How many of the updated ones have another position.
    absent
        Codes of stations in the registry, closed ones apart, that no row speaks of; they stay.
    doubts
        What a person should look at, row by row; the warnings sum it up.
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
    moved: int = 0
    absent: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    columns: tuple[Mapping[str, str], ...] = ()
    batch: int | None = None
    datums: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `locator stations import`."""
        return {
            "read": self.read,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [
                {
                    **asdict(rejection),
                    "reason_zh": in_chinese(rejection.reason),
                    "fix_zh": in_chinese(rejection.fix),
                }
                for rejection in self.rejected
            ],
            "warnings": list(self.warnings),
            "warnings_zh": [in_chinese(warning) for warning in self.warnings],
            "datum": self.datum,
            "changes": [asdict(change) for change in self.changes],
            "new": [dict(zip(_NEW, row, strict=True)) for row in self.added_rows],
            "moved": self.moved,
            "absent": list(self.absent),
            "doubts": [
                {**asdict(doubt), "message_zh": in_chinese(doubt.message)} for doubt in self.doubts
            ],
            "columns": [dict(column) for column in self.columns],
            "batch": self.batch,
            "datums": dict(self.datums),
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
    confirmed
        Ids of stored stations that a row speaks of and leaves as they are.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    counters: dict[str, int]
    confirmed: tuple[int, ...]
    report: ImportReport


def plan_import(
    rows: Rows,
    reader: EntryReader,
    *,
    stored: Sequence[Entry],
    counters: dict[str, int],
    code_prefix: str,
    inspect: Inspect | None = None,
) -> ImportPlan:
    """Decide about every row of a file.

    Parameters
    ----------
    stored
        All stations of the registry.
    counters
        Last number used in each series of codes.
    inspect
        Called with the entries that were read, which of them are new, and those stored: doubts.

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
    doubts = _doubts(inspect, single, match, repeats, stored)
    remarks = reader.remarks.doubts()
    codes = _CodeGiver(code_prefix, [*stored, *new], counters)
    added = [_completed(entry, codes, reader.unclear_status) for entry in new]
    report = ImportReport(
        read=len(rows),
        added=len(added),
        updated=len(changes),
        unchanged=len(match) - len(changes),
        rejected=tuple(sorted(rejected, key=lambda rejection: rejection.row)),
        warnings=(*rows.warnings, *reader.warnings(), *warnings, *_summaries(doubts)),
        datum=reader.datum,
        changes=tuple(changes),
        columns=tuple(_veiled(column) for column in rows.preview()),
        moved=sum("lon_deg" in change.after or "lat_deg" in change.after for change in changes),
        absent=_absent(stored, match),
        doubts=tuple(sorted([*doubts, *remarks], key=lambda doubt: (doubt.row, doubt.check))),
        datums=dict(reader.datums),
        added_rows=tuple((entry.row, entry.code, entry.name) for entry in added),
    )
    overwritten = {entry.id for entry in changed}
    confirmed = tuple(
        stored[place].id for place in match.values() if stored[place].id not in overwritten
    )
    return ImportPlan(tuple(added), tuple(changed), codes.counters, confirmed, report)


def _veiled(column: Mapping[str, str]) -> Mapping[str, str]:
    """A column's meaning, without the example of one that holds private cells."""
    name = column["field"]
    private = name in _PRIVATE or (name in fields() and fields()[name].private)
    private = private or holds_mobile(column["example"])
    return {**column, "example": "…"} if private else column


def _absent(stored: Sequence[Entry], match: Mapping[int, int]) -> tuple[str, ...]:
    """Codes of stations that no row speaks of."""
    spoken_of = set(match.values())
    return tuple(
        entry.code
        for place, entry in enumerate(stored)
        if place not in spoken_of and entry.status != "closed"
    )


def _doubts(
    inspect: Inspect | None,
    entries: Sequence[Entry],
    match: Mapping[int, int],
    repeats: Mapping[int, Any],
    stored: Sequence[Entry],
) -> list[Doubt]:
    """What the inspection says of the rows that are taken, by row."""
    if inspect is None:
        return []
    taken = [index for index in range(len(entries)) if index not in repeats]
    is_new = [index not in match for index in taken]
    found = inspect([entries[index] for index in taken], is_new, stored)
    return sorted(found, key=lambda doubt: (doubt.row, doubt.check))


def _summaries(doubts: Sequence[Doubt]) -> list[str]:
    """One warning for each kind of doubt, with its first case."""
    kinds: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.check, []).append(doubt)
    told = []
    for cases in kinds.values():
        first = cases[0]
        rows = ", ".join(str(case.row) for case in cases[:_SHOWN])
        more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
        fix = f"; {first.fix}" if first.fix else ""
        told.append(f"row {rows}{more}: {first.message}{fix}")
    return told


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


def _completed(entry: Entry, codes: _CodeGiver, unclear: Collection[int]) -> Entry:
    """A new entry with code, name, status and sample mark.

    A list of stations means those in use, unless it speaks of their status in words that are not
    understood: then that is unknown.
    """
    entry = replace(
        entry,
        code=entry.code or codes.next_code(entry),
        status=entry.status or ("" if entry.row in unclear else "open"),
        sample=bool(entry.sample),
    )
    return with_made_name(entry)


def _merge(
    entries: Sequence[Entry], match: dict[int, int], stored: Sequence[Entry]
) -> tuple[list[Entry], list[RowChange], list[str]]:
    """Stored entries to overwrite, what changes about them, and warnings."""
    changed, changes = [], []
    kept_codes, renamed, still_closed = [], [], []
    for index, station in match.items():
        row, old = entries[index], stored[station]
        if old.status == "closed" and row.status not in ("", "closed"):
            still_closed.append(f"row {row.row}: {old.code}")
            row = replace(row, status="")
        if row.code and row.code != old.code:
            row = replace(row, extra={**row.extra, "code": row.code})
        merged, differs = merge_entries(old, row)
        if differs:
            difference = compare(old, merged)
            was, now = map(showable, difference)
            hidden = hidden_names(difference[1])
            changes.append(RowChange(row.row, old.code, merged.name, was or {}, now or {}, hidden))
        if merged != old:
            changed.append(merged)
        if row.code and row.code != old.code:
            kept_codes.append(f"row {row.row}: {old.code}, not {row.code}")
        if not old.name_made and merged.name != old.name:
            renamed.append(f"row {row.row}: {old.name!r} is now {merged.name!r}")
    warnings = _listed("stations keep the code they have", kept_codes)
    closed = "closed stations stay closed; use `locator stations status` to open one again"
    warnings += _listed(closed, still_closed)
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
