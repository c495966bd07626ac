"""The commands of `locator stations`: sheets in and out, and the life of a station."""

from __future__ import annotations

import getpass
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator import history_commands
from locator.station_texts import (
    SHOWN,
    import_lines,
    more_rows,
    two_languages,
)
from locator.terminal import Progress, settings, shared, show, table, warn
from locator.word_options import KIND_WORD

if TYPE_CHECKING:
    from locator.registry import Actor

_NOW = {"open": "开放 open", "closed": "关闭 closed", "unknown": "未知 unknown"}
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
@shared
def stations() -> None:
    """全市的站点。The stations of the city."""


for _command in history_commands.COMMANDS:
    stations.add_command(_command)


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
_private = click.option(
    "--private", is_flag=True, help="With keepers' names and phones; needs --why, and is noted."
)


# -- sheets ------------------------------------------------------------------------------------


@stations.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--datum", help="wgs84 (taken where nothing is told), gcj02, bd09, cgcs2000, or auto."
)
@click.option("--kind", type=KIND_WORD, help="Kind of stations without a kind of their own.")
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
    """从文件导入站点。Add or update stations from FILE, or from OpenStreetMap with --osm."""
    from locator.intake import read_station_rows

    city = settings().open()
    progress = Progress()
    progress(0.0, "reading")
    rows = read_station_rows(city, file, mapping=mapping, osm=osm)
    report = city.import_stations(
        rows, datum=datum, kind=kind, dry_run=dry_run, by=actor_of(by, why), report=progress
    )
    warn(map(two_languages, report.warnings))
    if report.read and report.read == len(report.rejected):
        warn([two_languages(f"none of the {report.read} rows could be taken")])
    show(report.to_dict(), import_lines(report, dry_run=dry_run))


@stations.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", type=KIND_WORD, help="Only that kind of station.")
@click.option("--datum", default="wgs84", show_default=True, help="gcj02 or bd09 for map vendors.")
@click.option("--as-of", "day", type=_DAY, metavar="DAY", help="As they were on a past day.")
@click.option("--in-use", is_flag=True, help="Only stations that people may be sent to.")
@_private
@by_option
@_why
@shared
def export_stations(
    file: Path, kind: str | None, datum: str, day: datetime | None, in_use: bool, private: bool,
    by: str | None, why: str | None,
) -> None:  # fmt: skip
    """把站点写成文件。Write the stations to FILE (.csv .xlsx .geojson .gpkg), none private."""
    from locator.intake import export_stations as export

    city = settings().open()
    written = export(
        city, file, kind=kind, datum=datum, day=day.date() if day else None,
        private=actor_of(by, why) if private else None, in_use=in_use,
    )  # fmt: skip
    warn(written["warnings"])
    show(written, [f"已写出{written['stations']}个站 stations written to {file}"])


@stations.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--kind", type=KIND_WORD, help="Only that kind of station and its columns: far fewer."
)
@click.option("--filled", is_flag=True, help="With the stations as they are, to be completed.")
@click.option("--district", default="", help="With --filled: only stations of that district.")
@_private
@by_option
@_why
@shared
def template(
    file: Path, kind: str | None, filled: bool, district: str, private: bool, by: str | None,
    why: str | None,
) -> None:  # fmt: skip
    """给区县的登记表。Write the sheet that a district office fills in to FILE (.xlsx)."""
    from locator.intake import write_filled_template
    from locator.registry.template import write_template

    if not filled:
        if district or private:
            raise click.UsageError("--district and --private go with --filled")
        write_template(file, kind=kind)
        show({"written": str(file)}, [f"空表已写好，可以填了 is ready to be filled in: {file}"])
        return
    written = write_filled_template(
        settings().open(), file, kind=kind, district=district,
        private=actor_of(by, why) if private else None,
    )  # fmt: skip
    warn(written["warnings"])
    show(
        written,
        [
            f"已写出{written['stations']}个站，补填后导入 stations written, complete the sheet, "
            f"then: locator stations import {file}"
        ],
    )


@stations.command("undo")
@click.argument("number", required=False, type=int)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@by_option
@_why
@shared
def undo(number: int | None, dry_run: bool, by: str | None, why: str | None) -> None:
    """撤回一次导入。Take the newest import back, or the one with that NUMBER."""
    city = settings().open()
    with city.registry() as registry:
        report = registry.undo(number, by=actor_of(by, why), dry_run=dry_run)
    lines = [
        f"第{report.batch}次导入：取出{report.removed}个站，{report.restored}个恢复原样",
        f"import {report.batch}: {report.removed} stations taken out again, "
        f"{report.restored} as they were before",
    ]
    if report.kept:
        lines.append(
            f"导入后又改过，予以保留 changed since, so kept: {'、'.join(report.kept[:SHOWN])}"
        )
        lines += more_rows(report.kept)
    if dry_run:
        lines.append("只是试算，什么都没有改 nothing was changed (--dry-run)")
    show(report.to_dict(), lines)


# -- one station -------------------------------------------------------------------------------


@stations.command("show")
@click.argument("code")
@_private
@by_option
@_why
@shared
def show_station(code: str, private: bool, by: str | None, why: str | None) -> None:
    """一个站的全部资料，不公开。All that is known of that station; not for publication."""
    from locator.dossier import private_label, station_document
    from locator.registry.verification import label

    city = settings().open()
    with city.registry() as registry:
        entry = registry.entry(code)
        opened = registry.reveal(code, by=actor_of(by, why)) if private else {}
    document = station_document(city, entry)
    rows = [
        [row["zh"] + ("*" if row["internal"] else ""), row["text"], row["checked_on"] or ""]
        for row in document["fields"]
        if row["text"]
    ]
    rows.append(["现在", _NOW[document["open_now"]], ""])
    lines = [*table(rows, ["", "", "核对 checked"]), "* 不公开 never published"]
    if document["missing"]:
        lines.append(f"待补 missing for publication: {'、'.join(map(label, document['missing']))}")
    if private:
        document["private"] = opened
        lines += [f"{private_label(name)}: {text}" for name, text in opened.items()]
        lines.append(
            "谁看过、为什么看，都已记下 who saw it and why is kept (locator stations disclosures)"
        )
    if document["instead"]:
        near = document["instead"]
        lines.append(
            f"请改去 go instead to {near['name']} ({near['code']}), {near['distance_m']:,.0f} m"
        )
    show(document, lines)


@stations.command("status")
@click.argument("code")
@click.argument("to", metavar="STATUS")
@click.option("--on", type=_DAY, metavar="DAY", help="Day of the change; today where left out.")
@click.option("--reason", default="", help="Why; closing, pausing and rectifying need one.")
@by_option
@shared
def status(code: str, to: str, on: datetime | None, reason: str, by: str | None) -> None:
    """改一个站的状态。Move a station to STATUS.

    planned 筹建, trial 试运行, open 开放, paused 暂停, rectifying 整改 or closed 撤销.
    """
    from geodata.vocabulary import statuses
    from locator.closures import PROMISE_M, move_to_status

    day = on.date() if on else None
    done = move_to_status(
        settings().open(), code, to, on=day, reason=reason, by=actor_of(by, reason)
    )
    state = f"{statuses()[done.entry.status].zh} {done.entry.status}"
    lines = [f"{done.entry.code} {done.entry.name}：现在是 is now {state}"]
    if done.lost_m:
        zh, verb = ("失去了", "lost its only station") if done.lost_m > 0 else (
            "恢复了", "has a station again"
        )  # fmt: skip
        long, near = f"{abs(done.lost_m):,.0f} m", f"{PROMISE_M:,.0f} m"
        lines.append(f"{long}街道{zh}{near}以内的站 {long} of street {verb} within {near}")
    if done.instead:
        station, metres = done.instead
        lines.append(f"请改去 go instead to {station.name} ({station.code}), {metres:,.0f} m")
    show(done.to_dict(), lines)


@stations.command("check")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option(
    "--field",
    "names",
    multiple=True,
    metavar="FIELD",
    help="Only that field or facility (开放时间, hours, 空调); the whole record else.",
)
@click.option("--on", type=_DAY, metavar="DAY", help="Day of the check; today where left out.")
@click.option("--how", default="", help="On the spot, by phone, by picture (现场, 电话, 照片).")
@by_option
@shared
def check(
    codes: tuple[str, ...], names: tuple[str, ...], on: datetime | None, how: str, by: str | None
) -> None:
    """记下核对过、没有错。Note that stations were checked and found right."""
    from locator.registry.verification import verified_entry

    city = settings().open()
    actor = actor_of(by, f"checked: {how}" if how else "checked")
    today = datetime.now(city.zone).date()
    day = on.date() if on else today

    def checked(entry: Any) -> Any:
        return verified_entry(entry, names, on=day, today=today, how=how, who=actor.who)

    with city.registry() as registry:
        count = registry.edit_many(dict.fromkeys(codes, checked), by=actor, action="check")
    show(
        {"checked": count, "on": day.isoformat()},
        [f"已记下{count}个站的核对，日期 {count} stations checked on {day}"],
    )
