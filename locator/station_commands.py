"""The commands of `locator stations`: sheets in and out, the life of a station, its past."""

from __future__ import annotations

import getpass
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.terminal import Progress, settings, shared, show, table, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locator.city import City
    from locator.registry import Actor, Batch, Change, ImportReport

_SHOWN = 20
_SHOWN_CHARS = 40
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
@shared
def stations() -> None:
    """The stations of the city."""


def actor_of(by: str | None, why: str | None) -> Actor:
    """Who gives this command, and why."""
    from locator.registry import Actor

    who = by or os.environ.get("LOCATOR_USER", "")
    if not who:
        try:
            who = getpass.getuser()
        except (KeyError, OSError):  # a user without a name, as in some containers
            who = str(os.getuid())
    return Actor(who, why or "")


by_option = click.option("--by", metavar="NAME", help="Who does this.  [env: LOCATOR_USER]")
_why = click.option("--why", metavar="TEXT", help="Why; kept in the history.")


# -- sheets ------------------------------------------------------------------------------------


@stations.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--datum", help="wgs84 (taken where nothing is told), gcj02, bd09, cgcs2000, or auto."
)
@click.option("--kind", help="Kind of stations without a kind of their own.")
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML or JSON: field = column.")
@click.option("--osm", metavar="TAG=VALUE", help="Points of interest with that tag.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@by_option
@_why
@shared
def import_stations(
    file: Path | None, datum: str | None, kind: str | None, mapping: Path | None, osm: str | None,
    dry_run: bool, by: str | None, why: str | None,
) -> None:  # fmt: skip
    """Add or update stations from FILE, or from OpenStreetMap with --osm."""
    from locator.intake import read_station_rows

    city = settings().open()
    progress = Progress()
    progress(0.0, "reading")
    rows = read_station_rows(city, file, mapping=mapping, osm=osm)
    report = city.import_stations(
        rows, datum=datum, kind=kind, dry_run=dry_run, by=actor_of(by, why), report=progress
    )
    warn(report.warnings)
    show(report.to_dict(), _import_lines(report, dry_run=dry_run))


def _import_lines(report: ImportReport, *, dry_run: bool) -> list[str]:
    """What an import did, for people."""
    lines = [
        f"read {report.read}: added {report.added}, updated {report.updated}, "
        f"unchanged {report.unchanged}, rejected {len(report.rejected)} ({report.datum})"
    ]
    if dry_run:
        lines.append("nothing was changed (--dry-run); the columns were taken for:")
        cells = [[c["heading"], c["meaning"], c["example"]] for c in report.columns]
        lines += table(cells, ["column", "taken as", "example"])
    if dry_run and report.added_rows:
        lines.append(f"{report.added} new:")
        cells = [[str(row), code, _cut(name)] for row, code, name in report.added_rows[:_SHOWN]]
        lines += table(cells, ["row", "code", "name"]) + more_rows(report.added_rows)
    if report.absent:
        lines.append(
            f"{len(report.absent)} stations of the registry are not in this file; they stay"
        )
    if report.changes:
        moved = f", {report.moved} of them moved" if report.moved else ""
        lines.append(f"{len(report.changes)} updated{moved}:")
        cells = [
            [str(c.row), c.code, _cut(c.name), _difference(c.before, c.after)]
            for c in report.changes[:_SHOWN]
        ]
        lines += table(cells, ["row", "code", "name", "change"]) + more_rows(report.changes)
    if report.rejected:
        lines.append(f"{len(report.rejected)} rejected:")
        cells = [
            [str(r.row), r.column, r.value, f"{r.reason}; {r.fix}" if r.fix else r.reason]
            for r in report.rejected[:_SHOWN]
        ]
        lines += table(cells, ["row", "column", "value", "reason"]) + more_rows(report.rejected)
    if report.batch is not None:
        lines.append(f"to take it back: locator stations undo {report.batch}")
    return lines


@stations.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", help="Only that kind of station.")
@click.option("--datum", default="wgs84", show_default=True, help="gcj02 or bd09 for map vendors.")
@click.option("--as-of", "day", type=_DAY, metavar="DAY", help="As they were on a past day.")
@click.option("--private", is_flag=True, help="With the keepers' names and phones; needs --why.")
@by_option
@_why
@shared
def export_stations(
    file: Path, kind: str | None, datum: str, day: datetime | None, private: bool,
    by: str | None, why: str | None,
) -> None:  # fmt: skip
    """Write the stations to FILE (.csv .xlsx .geojson .gpkg); private fields stay here."""
    from locator.intake import export_stations as export

    city = settings().open()
    written = export(
        city, file, kind=kind, datum=datum, day=day.date() if day else None,
        private=actor_of(by, why) if private else None,
    )  # fmt: skip
    warn(written["warnings"])
    show(written, [f"{written['stations']} stations written to {file}"])


@stations.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", help="Only the columns of that kind of station.")
@shared
def template(file: Path, kind: str | None) -> None:
    """Write the sheet that a district office fills in to FILE (.xlsx)."""
    from locator.registry.template import write_template

    write_template(file, kind=kind)
    show({"written": str(file)}, [f"{file} is ready to be filled in"])


@stations.command("undo")
@click.argument("number", required=False, type=int)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@by_option
@_why
@shared
def undo(number: int | None, dry_run: bool, by: str | None, why: str | None) -> None:
    """Take the newest import back, or the one with that NUMBER."""
    city = settings().open()
    with city.registry() as registry:
        report = registry.undo(number, by=actor_of(by, why), dry_run=dry_run)
    lines = [
        f"import {report.batch}: {report.removed} stations taken out again, "
        f"{report.restored} as they were before"
    ]
    if report.kept:
        lines.append(f"changed since, so kept: {'、'.join(report.kept[:_SHOWN])}")
        lines += more_rows(report.kept)
    if dry_run:
        lines.append("nothing was changed (--dry-run)")
    show(report.to_dict(), lines)


# -- one station -------------------------------------------------------------------------------


@stations.command("show")
@click.argument("code")
@shared
def show_station(code: str) -> None:
    """All that is known of the station with that CODE."""
    from locator.dossier import station_document

    city = settings().open()
    with city.registry() as registry:
        entry = registry.entry(code)
    document = station_document(city, entry)
    rows = [
        [row["zh"], row["text"], row["checked_on"] or ""]
        for row in document["fields"]
        if row["text"]
    ]
    lines = table(rows, ["", "", "checked"])
    if document["instead"]:
        near = document["instead"]
        lines.append(f"go instead to {near['name']} ({near['code']}), {near['distance_m']:,.0f} m")
    show(document, lines)


@stations.command("status")
@click.argument("code")
@click.argument("to", metavar="STATUS")
@click.option("--on", type=_DAY, metavar="DAY", help="Day of the change; today where left out.")
@click.option("--reason", default="", help="Why; closing, pausing and rectifying need one.")
@by_option
@shared
def status(code: str, to: str, on: datetime | None, reason: str, by: str | None) -> None:
    """Move a station to STATUS: planned, trial, open, paused, rectifying or closed."""
    from locator.closures import PROMISE_M, move_to_status

    day = on.date() if on else None
    done = move_to_status(
        settings().open(), code, to, on=day, reason=reason, by=actor_of(by, reason)
    )
    lines = [f"{done.entry.code} {done.entry.name} is {done.entry.status}"]
    if done.lost_m:
        verb = "lost its only station" if done.lost_m > 0 else "has a station again"
        lines.append(f"{abs(done.lost_m):,.0f} m of street {verb} within {PROMISE_M:,.0f} m")
    if done.instead:
        station, metres = done.instead
        lines.append(f"go instead to {station.name} ({station.code}), {metres:,.0f} m")
    show(done.to_dict(), lines)


@stations.command("check")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--field", "names", multiple=True, help="Only that field; the whole record else.")
@click.option("--on", type=_DAY, metavar="DAY", help="Day of the check; today where left out.")
@click.option("--how", default="", help="On the spot, by phone, by picture.")
@by_option
@shared
def check(
    codes: tuple[str, ...], names: tuple[str, ...], on: datetime | None, how: str, by: str | None
) -> None:
    """Note that stations were checked and found right."""
    from locator.registry.verification import verified_entry

    city = settings().open()
    actor = actor_of(by, "checked")
    today = datetime.now(city.zone).date()
    day = on.date() if on else today

    def checked(entry: Any) -> Any:
        return verified_entry(entry, names, on=day, today=today, how=how, who=actor.who)

    with city.registry() as registry:
        count = registry.edit_many(dict.fromkeys(codes, checked), by=actor, action="check")
    show({"checked": count, "on": day.isoformat()}, [f"{count} stations checked on {day}"])


@stations.command("history")
@click.argument("code", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@shared
def history(code: str | None, limit: int) -> None:
    """Who changed what, when and why: of one station, or of the whole registry."""
    city = settings().open()
    with city.registry() as registry:
        if code is None:
            batches = registry.batches(limit=limit)
            changes: list[Change] = []
        else:
            changes = [_shown_change(change) for change in registry.changes(code)[-limit:]]
            batches = []
    if code is None:
        rows = [
            [str(b.id), _local(city, b.at), b.action, b.who, b.why or b.source, _counts(b)]
            for b in batches
        ]
        head = ["number", "when", "what", "who", "why or from", "counts"]
        show({"batches": [_batch_document(b) for b in batches]}, table(rows, head))
        return
    rows = [
        [_local(city, c.batch.at), c.batch.action, c.batch.who, c.batch.why or c.batch.source,
         "new" if c.before is None else "taken out" if c.after is None
         else _difference(c.before, c.after)]
        for c in changes
    ]  # fmt: skip
    document = {
        "changes": [
            {**_batch_document(c.batch), "before": c.before, "after": c.after} for c in changes
        ]
    }
    show(document, table(rows, ["when", "what", "who", "why or from", "change"]))


@stations.command("promises")
@click.option("--since", type=_DAY, required=True, metavar="DAY", help="First day that counts.")
@shared
def promises(since: datetime) -> None:
    """INTERNAL: which hosts were found locked in posted hours; never to be published."""
    from locator.registry.promises import promises as rank

    city = settings().open()
    today = datetime.now(city.zone).date()
    with city.registry() as registry:
        ranked = rank(registry, since.date(), today)
    rows = [
        [p.host or "—", str(p.stations), f"{p.station_months:.1f}", str(p.confirmed),
         str(p.unanswered), str(p.excused), str(p.mistaken)]
        for p in ranked
    ]  # fmt: skip
    head = ["host", "stations", "months", "confirmed", "unanswered", "excused", "mistaken"]
    document = {"internal": True, "hosts": [asdict(host) for host in ranked]}
    show(document, ["INTERNAL, not for publication", *table(rows, head)])


# -- texts -------------------------------------------------------------------------------------


def _local(city: City, at: datetime) -> str:
    from datetime import UTC

    return at.replace(tzinfo=UTC).astimezone(city.zone).strftime("%Y-%m-%d %H:%M")


def _batch_document(batch: Batch) -> dict[str, Any]:
    document = asdict(batch)
    return {**document, "at": batch.at.isoformat() + "Z"}


def _shown_change(change: Change) -> Change:
    """A change without its private values."""
    from dataclasses import replace

    from locator.registry.records import showable

    return replace(change, before=showable(change.before), after=showable(change.after))


def _counts(batch: Batch) -> str:
    told = ", ".join(
        f"{name} {n}" for name, n in batch.counts.items() if isinstance(n, (int, float))
    )
    return f"{told} (undone)" if batch.undone_by else told


def _difference(before: Any, after: Any) -> str:
    """Field: before → after, cut to a line."""
    parts = []
    for name in sorted({*(before or {}), *(after or {})}):
        old, new = (before or {}).get(name), (after or {}).get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = sorted({key for key in (*old, *new) if old.get(key) != new.get(key)})
            parts += [f"{key}: {_cell(old.get(key))} → {_cell(new.get(key))}" for key in inner]
        else:
            parts.append(f"{name}: {_cell(old)} → {_cell(new)}")
    return _cut("; ".join(parts), 2 * _SHOWN_CHARS)


def _cell(value: Any) -> str:
    return "—" if value in (None, "") else str(value)


def _cut(text: str, length: int = _SHOWN_CHARS) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def more_rows(rows: Sequence[Any]) -> list[str]:
    """A line for what is not shown."""
    more = len(rows) - _SHOWN
    return [f"… and {more} more (all of them with --json)"] if more > 0 else []
