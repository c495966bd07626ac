"""`locator doctor`: what is wrong, unknown or due in a city, most urgent first.

Each check says how many things it found, shows some, and what to do. `fail` is something that sends
people wrong or must not be published, `warn` is work to be done, `ok` found nothing, and `unknown`
could not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from geodata.calendar import load_calendar
from geodata.checklists import checklists
from locator.checks import (
    FAIL,
    MOST_ITEMS,
    OK,
    UNKNOWN,
    WARN,
    Check,
    count_stations,
    in_use,
    row_of,
    tell_found,
)
from locator.errors import InputError
from locator.publication import check_public
from locator.registry.checklists import cheapest_lift
from locator.registry.completeness import Task, measure_completeness, work_list
from locator.registry.verification import label

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Entry

_RANK = {FAIL: 0, WARN: 1, UNKNOWN: 2, OK: 3}
_SOON = timedelta(days=60)


def examine(city: City, *, public: bool = False, today: date | None = None) -> list[Check]:
    """Look at everything; `public` also at what is needed before the pages go public.

    Returns
    -------
    list of Check
        Fails first, then warnings, then what could not be looked at, then what is well.
    """
    day = today or datetime.now(city.zone).date()
    with city.registry() as registry:
        entries = registry.entries()
    found = [
        *_check_streets(city),
        *_check_positions(city, entries),
        *_check_status(entries),
        *_check_hours(entries),
        *_check_work(entries, day),
        *_check_publication(entries),
        *_check_lists(entries),
        *_check_calendar(day),
    ]
    if public:
        found += check_public(city, entries, day)
    return sorted(found, key=lambda check: _RANK[check.status])


def to_document(checks: Iterable[Check]) -> dict[str, Any]:
    """The JSON document of `locator doctor`."""
    return {"checks": [asdict(check) for check in checks]}


# -- positions ---------------------------------------------------------------------------------


def _check_streets(city: City) -> Iterator[Check]:
    try:
        view = city.current()
    except InputError as problem:
        yield Check("unroutable", UNKNOWN, "no streets yet", advice=str(problem))
        return
    limit = city.config.station_snap_m
    lost = [
        {"code": view.stations.code[row], "name": view.stations.name[row]}
        for row in view.placement().unroutable.tolist()
    ]
    yield tell_found(
        "unroutable",
        lost,
        f"stations in use are more than {limit:.0f} m from any street one may walk",
        "look at their positions: nobody is sent there",
        status=FAIL,
    )


# -- hours and work ----------------------------------------------------------------------------


def _check_positions(city: City, entries: Sequence[Entry]) -> Iterator[Check]:
    from locator.screening import screen_entries

    used = [entry for entry in entries if entry.status != "closed"]
    view = city.current() if city.workspace.streets_folder() is not None else None
    by_check: dict[str, list[dict[str, Any]]] = {}
    for entry, doubt in screen_entries(view, used):
        if doubt.check != "unroutable":  # a check of its own
            row = row_of(entry, message=doubt.message, fix=doubt.fix)
            by_check.setdefault(doubt.check, []).append(row)
    if not by_check:
        yield Check("positions", OK, "0 suspicious positions")
    for check, rows in sorted(by_check.items()):
        yield tell_found(
            f"position_{check}", rows, f"suspicious positions ({check})", rows[0]["fix"]
        )


def _check_status(entries: Sequence[Entry]) -> Iterator[Check]:
    unclear = [row_of(entry) for entry in entries if not entry.status]
    yield tell_found(
        "status_unknown",
        unclear,
        "stations do not say whether they are in use: nobody is sent there",
        "ask, then `locator stations status CODE open`",
    )


def _check_hours(entries: Sequence[Entry]) -> Iterator[Check]:
    used = in_use(entries)
    blank = [row_of(entry) for entry in used if not entry.hours and not entry.opening.known]
    unread = [
        row_of(entry, hours=entry.hours)
        for entry in used
        if entry.hours and not entry.opening.known
    ]
    yield tell_found(
        "hours_unknown",
        blank,
        "stations in use have no opening hours: neither open nor closed",
        "ask them: unknown hours are never shown as open",
    )
    yield tell_found(
        "hours_unread",
        unread,
        "stations in use have hours that are not understood",
        "write them as 周一至周五 8:30-17:00；周六 9:00-12:00",
    )


def _check_work(entries: Sequence[Entry], today: date) -> Iterator[Check]:
    tasks = [task for task in work_list(entries, today) if task.reason not in _ELSEWHERE]
    by_reason: dict[str, list[Task]] = {}
    for task in tasks:
        by_reason.setdefault(task.reason, []).append(task)
    for reason, (title, advice, status) in _WORK.items():
        listed = [
            {
                "code": task.code,
                "name": task.name,
                "field": task.field,
                "field_zh": label(task.field),
                "checked": f"checked {task.checked_on}" if task.checked_on else None,
                "overdue_days": task.overdue_days(today) or None,
            }
            for task in by_reason.get(reason, ())
            if reason != "due" or task.overdue_days(today) > 0
        ]
        yield tell_found(reason, listed, title, advice, status=status)


_ELSEWHERE = ("hours_unknown", "missing")
_WORK = {
    "disputed": ("stations were found locked in posted hours", "phone the host", FAIL),
    "opening_passed": ("stations should be open by now", "ask, then set the status", WARN),
    "override_ends": (
        "openings or closures for a while end within a week",
        "see that the posted hours hold again then, or `locator stations override` anew",
        WARN,
    ),
    "broken": ("pieces of equipment are out of order", "have them repaired", WARN),
    "due": ("checks are overdue", "see `locator stations due`", WARN),
    "date_ahead": ("checks are dated in the future", "correct the day", WARN),
    "never_checked": ("fields were never checked", "see `locator stations due`", WARN),
    "contradiction": ("stations have a sub-kind of another kind", "correct one of them", WARN),
}


def _check_publication(entries: Sequence[Entry]) -> Iterator[Check]:
    found = measure_completeness(entries)
    missing = [
        {"field": name, "field_zh": label(name), "stations": count}
        for name, count in found.missing.items()
    ]
    lacking = found.stations - found.complete
    title = f"{lacking} of {count_stations(found.stations)} lack fields needed for publication"
    if not lacking:
        yield Check("mandatory", OK, title)
        return
    advice = (
        "fill them in: `locator stations template FILE.xlsx --filled` (one kind: --kind, one "
        "district: --district), complete the sheet, `locator stations import FILE.xlsx`"
    )
    yield Check("mandatory", WARN, title, lacking, advice, tuple(missing[:MOST_ITEMS]))


# -- checklists, calendar ----------------------------------------------------------------------


def _check_lists(entries: Sequence[Entry]) -> Iterator[Check]:
    for code, checklist in checklists().items():
        lifts = cheapest_lift(entries, checklist)
        if not lifts.stations:
            continue
        best = [
            {
                "item": lift.item.zh,
                "stations_lacking": lift.missing,
                "stations_unknown": lift.unknown,
                "completes": lift.completes,
                "completes_at_best": lift.completes_at_best,
            }
            for lift in lifts.items
            if lift.missing or lift.unknown
        ]
        title = (
            f"{checklist.zh}: {lifts.compliant} of {count_stations(lifts.stations)} comply, "
            f"{lifts.failing} do not, {lifts.undecided} not known well enough"
        )
        open_cases = lifts.failing + lifts.undecided
        advice = f"the cheapest item that lifts most: {best[0]['item']}" if best else ""
        status = WARN if open_cases else OK
        yield Check(
            f"checklist_{code}", status, title, open_cases, advice, tuple(best[:MOST_ITEMS])
        )


def _check_calendar(today: date) -> Iterator[Check]:
    years = {today.year, (today + _SOON).year}
    warnings = load_calendar().warnings(sorted(years), today=today)
    if not warnings:
        yield Check("calendar", OK, "public holidays are loaded")
        return
    title, _, _ = warnings[0].partition("; add ")
    items = tuple({"warning": text} for text in warnings[1:])
    yield Check("calendar", WARN, title, len(warnings), _CALENDAR_ADVICE, items)


_CALENDAR_ADVICE = (
    "when the State Council's notice is out, put its days into geodata/data/holidays/<year>.toml "
    "beside those of other years"
)
