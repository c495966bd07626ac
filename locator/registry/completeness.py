"""What a record lacks before it may be published, and what should be looked at again, and when.

Nothing here refuses a station: mandatory fields are rules for publication, and a missing one is
work to be done. A field is due when its last check (its own, else that of the record as a whole) is
older than the field's interval (`recheck` of `geodata/data/fields.toml`), and twice as soon where
the station is at risk. A field of which nothing is known cannot be checked: it is missing, not due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from geodata.fields import Field, fields
from geodata.vocabulary import kinds, statuses, subtypes

if TYPE_CHECKING:
    from locator.registry.entries import Entry

# Most urgent first: a person may stand before a locked door, then knowledge grows old, then gaps.
REASONS = (
    "disputed",  # workers found it locked in posted hours, the host has not answered
    "hours_unknown",  # in use, and nobody knows when
    "opening_passed",  # planned, and its announced day is over
    "override_ends",  # hours for a while that end within a week
    "broken",  # equipment that is out of order
    "due",  # the last check is too old
    "date_ahead",  # the last check lies in the future: a slip of the pen
    "never_checked",
    "missing",  # a mandatory field is blank
    "contradiction",  # a sub-kind of another kind
)
_RANK = {reason: rank for rank, reason in enumerate(REASONS)}
_AT_RISK = ("trial", "rectifying")  # new or warned: checked twice as often, our estimate
_RISK_FACTOR = 2
_ENDS_SOON = timedelta(days=7)
_OUT_OF_USE = ("planned", "paused")  # only their status can grow old


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to ask or look at.

    Parameters
    ----------
    field
        Field name, or facility code where equipment is broken.
    reason
        One of `REASONS`.
    checked_on
        Day of the last check, None where there was none.
    due_on
        Day on which it should have been done, None where no day is set.
    """

    code: str
    name: str
    district_code: str
    field: str
    reason: str
    checked_on: date | None = None
    due_on: date | None = None

    def overdue_days(self, today: date) -> int:
        """Days since it was due; 0 where it is due later or on no day."""
        return max((today - self.due_on).days, 0) if self.due_on else 0


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete the records of a registry are.

    Parameters
    ----------
    complete
        Stations that lack no mandatory field.
    missing
        Mandatory field to the number of stations that lack it, most first.
    """

    stations: int
    complete: int
    missing: Mapping[str, int]


def missing_fields(entry: Entry) -> tuple[str, ...]:
    """Mandatory fields that are not known, in the order of the sheet.

    A name that was made from other fields is no name of a plaque, so it is missing.
    """
    return tuple(
        field.name
        for field in _mandatory()
        if _belongs(field, entry)
        and (not is_known(entry, field.name) or (field.name == "name" and entry.name_made))
    )


def is_known(entry: Entry, name: str) -> bool:
    """Whether a field has a value."""
    value = entry.value(name)
    if name == "hours" and entry.opening.known:
        return True
    return value is not None and value not in ("", (), {})


def measure_completeness(entries: Iterable[Entry]) -> Completeness:
    """Count what the stations that are not closed lack.

    Returns
    -------
    Completeness
        Over stations of every other status; O(stations x mandatory fields).
    """
    lacking = [missing_fields(entry) for entry in entries if entry.status != "closed"]
    counts = Counter(name for names in lacking for name in names)
    order = {name: place for place, name in enumerate(fields())}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], order[item[0]]))
    return Completeness(len(lacking), sum(not names for names in lacking), dict(ranked))


def work_list(entries: Iterable[Entry], today: date, *, disputed: Iterable[str] = ()) -> list[Task]:
    """All that should be asked or looked at, the most urgent first.

    Parameters
    ----------
    entries
        Stations; closed ones make no work.
    today
        Day in the city's time zone.
    disputed
        Codes of stations known to be disputed besides those whose `disputed_on` says so.

    Returns
    -------
    list of Task
        By reason in the order of `REASONS`, then the longest overdue, then code and field.

    Notes
    -----
    One field of one station makes one task at most, of its most urgent reason. O(n log n).
    """
    doubted = frozenset(disputed)
    tasks = [
        task
        for entry in entries
        if entry.status != "closed"
        for task in _tasks(entry, today, disputed=entry.code in doubted or _is_disputed(entry))
    ]
    return sorted(
        tasks,
        key=lambda task: (
            _RANK[task.reason],
            -task.overdue_days(today),
            task.due_on or date.max,
            task.code,
            task.field,
        ),
    )


def last_check(entry: Entry, name: str) -> date | None:
    """Day a field was last checked: its own, else that of the record as a whole."""
    own, whole = entry.verified.get(name), entry.verified.get("")
    return own if own is not None else whole


def due_day(entry: Entry, name: str, *, at_risk: bool = False) -> date | None:
    """Day on which a field is to be checked again; None for never checked or never due."""
    checked_on, days = last_check(entry, name), fields()[name].recheck
    if checked_on is None or not days:
        return None
    soon = at_risk or entry.status in _AT_RISK
    return checked_on + timedelta(days=days // _RISK_FACTOR if soon else days)


def _tasks(entry: Entry, today: date, *, disputed: bool) -> Iterator[Task]:
    """Tasks of one station, one for each field."""
    told: set[str] = set()
    for name, reason, due_on in _findings(entry, today, disputed=disputed):
        if name in told:
            continue
        told.add(name)
        checked_on = last_check(entry, name)
        if name in entry.equipment:
            checked_on = entry.equipment[name].checked_on
        yield Task(entry.code, entry.name, entry.district_code, name, reason, checked_on, due_on)


_Finding = tuple[str, str, date | None]


def _findings(entry: Entry, today: date, *, disputed: bool) -> Iterator[_Finding]:
    """Field, reason and day of all there is to do, the most urgent first."""
    if disputed:
        yield "hours", "disputed", entry.facts.get("disputed_on")
    if _may_be_in_use(entry) and not entry.opening.known:
        yield "hours", "hours_unknown", None
    yield from _passing(entry, today)
    for code, known in sorted(entry.equipment.items()):
        if known.condition == "broken":
            yield code, "broken", known.checked_on
    yield from sorted(_old(entry, today, disputed=disputed), key=lambda found: _RANK[found[1]])
    for name in missing_fields(entry):
        yield name, "missing", None
    subtype = entry.facts.get("subtype")
    if subtype is not None and entry.kind in kinds() and subtype not in subtypes(entry.kind):
        yield "subtype", "contradiction", None


def _passing(entry: Entry, today: date) -> Iterator[_Finding]:
    """Announced days that are over, and hours for a while that are about to end."""
    announced = entry.facts.get("opened_on")
    if entry.status == "planned" and announced is not None and announced <= today:
        yield "status", "opening_passed", announced
    ends = [
        override.end.date()
        for override in entry.opening.overrides
        if today <= override.end.date() <= today + _ENDS_SOON
    ]
    if ends:
        yield "hours", "override_ends", min(ends)


def _old(entry: Entry, today: date, *, disputed: bool) -> Iterator[_Finding]:
    """Fields whose last check is too old, in the future, or was never made."""
    for field in _rechecked():
        if not (_belongs(field, entry) and is_known(entry, field.name)):
            continue
        if entry.status in _OUT_OF_USE and field.name != "status":
            continue
        checked_on = last_check(entry, field.name)
        due_on = due_day(entry, field.name, at_risk=disputed)
        if checked_on is None:
            yield field.name, "never_checked", None
        elif checked_on > today:
            yield field.name, "date_ahead", None
        elif due_on is not None and due_on <= today:
            yield field.name, "due", due_on


def _is_disputed(entry: Entry) -> bool:
    return entry.facts.get("disputed_on") is not None


def _may_be_in_use(entry: Entry) -> bool:
    """Whether people may be sent there, or may be for all that is known."""
    return entry.status not in statuses() or statuses()[entry.status].in_use


def _belongs(field: Field, entry: Entry) -> bool:
    """Whether stations of the entry's kind have the field."""
    return field.group == "common" or _GROUP_OF.get(entry.kind) == field.group


_GROUP_OF = {
    "mother_baby_room": "mother_baby",
    "carnation_station": "carnation",
    "worker_home": "worker_home",
}


@cache
def _mandatory() -> tuple[Field, ...]:
    return tuple(field for field in fields().values() if field.mandatory)


@cache
def _rechecked() -> tuple[Field, ...]:
    return tuple(field for field in fields().values() if field.recheck)
