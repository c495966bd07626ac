"""Commands of `locator stations` that look after the list: what is due, doubted, or on no map."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from locator.station_commands import actor_of, by_option, stations
from locator.station_texts import more_rows
from locator.terminal import settings, shared, show, table, warn

__all__ = ["stations"]

_SHOWN = 20
_DUE = ["事由 why", "编号 code", "名称 name", "栏目 field", "逾期 overdue"]
_TASKS = ["", "做什么 what", "编号 code", "名称 name", "事由 why", "期限 due", "结果 outcome"]
_MINUTE = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])


@stations.command("due")
@click.option("--district", default="", help="Only stations of that district (code or name).")
@click.option("--limit", type=click.IntRange(min=1), default=_SHOWN, show_default=True,
              help="How many are shown; --json and -o have all.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help="Write all of them to a sheet (.xlsx .csv).")  # fmt: skip
@shared
def due(district: str, limit: int, output: Path | None) -> None:
    """该问该看的事，急的在前。What should be asked or looked at, the most urgent first."""
    from geodata.writing import write_table
    from locator.care_texts import REASONS_ZH, task_table
    from locator.intake import choose_district
    from locator.registry.completeness import work_list
    from locator.registry.verification import label

    city = settings().open()
    today = datetime.now(city.zone).date()
    with city.registry() as registry:
        entries = choose_district(city, registry.entries(), district)
    tasks = work_list(entries, today)
    rows = [
        [REASONS_ZH[t.reason], t.code, t.name, label(t.field),
         f"{t.overdue_days(today)} d" if t.overdue_days(today) else ""]
        for t in tasks[:limit]
    ]  # fmt: skip
    lines = [f"要问要看的事{len(tasks)}件 things to ask or look at"]
    lines += table(rows, _DUE) if rows else []
    document: dict[str, Any] = {"tasks": [_task_document(task, today) for task in tasks]}
    if output is not None:
        document["written"] = str(output)
        write_table(output, task_table(tasks, today, entries))
        lines.append(f"全部已写到 all of them written to {output}")
    show(document, lines + more_rows(tasks, limit))


def _task_document(task: Any, today: Any) -> dict[str, Any]:
    document = asdict(task)
    for name in ("checked_on", "due_on"):
        document[name] = document[name].isoformat() if document[name] else None
    from locator.registry.verification import label

    return {
        **document, "overdue_days": task.overdue_days(today), "field_zh": label(task.field),
    }  # fmt: skip


@stations.command("score")
@click.argument("checklist", required=False, default="eight_one")
@shared
def score_stations(checklist: str) -> None:
    """各站达标情况。How the stations stand on a CHECKLIST, and the cheapest item that lifts most.

    Checklists: eight_one 八个一 (taken where none is named), six_have 六有, eight_have 八有,
    room_fittings 母婴室必备设施, five_have 母婴室五有, drivers_home 司机之家基本功能.
    """
    from geodata.checklists import find_checklist
    from locator.care_texts import score_lines
    from locator.registry.checklists import cheapest_lift, fits, score

    listed = find_checklist(checklist)
    city = settings().open()
    with city.registry() as registry:
        entries = registry.entries()
    lifts = cheapest_lift(entries, listed)
    scores = [score(entry, listed) for entry in entries if fits(entry, listed)]
    lines = [
        f"{listed.zh}：{lifts.stations}个站里{lifts.compliant}个达标，{lifts.failing}个不达标，"
        f"{lifts.undecided}个情况不明",
        f"{listed.en}: {lifts.compliant} of {lifts.stations} stations comply, {lifts.failing} do "
        f"not, {lifts.undecided} not known well enough",
    ]
    document = {
        "checklist": listed.code,
        "stations": lifts.stations,
        "compliant": lifts.compliant,
        "failing": lifts.failing,
        "undecided": lifts.undecided,
        "items": [{**asdict(lift), "item": lift.item.code, "parts": dict(lift.parts)}
                  for lift in map(_plain_lift, lifts.items)],
        "scores": [
            {"code": s.code, "share": s.share, "share_high": s.share_high,
             "missing": list(s.missing), "unknown": list(s.unknown), "compliant": s.compliant}
            for s in scores
        ],
    }  # fmt: skip
    show(document, lines + score_lines(lifts, scores))


def _plain_lift(lift: Any) -> Any:
    """A lift whose parts are a plain dict, which can be copied."""
    return replace(lift, parts=dict(lift.parts))


@stations.command("reconcile")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vendor", required=True, help="amap, baidu, tencent or tianditu.")
@click.option("--datum", default="", help="Datum of the list; the vendor's where left out.")
@shared
def reconcile_stations(file: Path, vendor: str, datum: str) -> None:
    """与地图平台的清单比对。Compare with a map vendor's list: missing, moved, renamed."""
    from geodata.tables import read_rows
    from locator.care_texts import reconciliation_lines
    from locator.registry.pois import read_pois
    from locator.registry.reconcile import reconcile

    pois, rejected = read_pois(read_rows(file))
    city = settings().open()
    with city.registry() as registry:
        entries = registry.entries()
    names = {entry.code: entry.name for entry in entries}
    found = reconcile(entries, pois, vendor=vendor, datum=datum)
    if found.datum_hint:
        warn([f"the list fits far better as {found.datum_hint}: run again with --datum"])
    lines = reconciliation_lines(found, names)
    if rejected:
        lines.append(f"清单里{len(rejected)}行没有坐标，没有比 rows of the list have no position")
    document = {
        "vendor": found.vendor, "datum": found.datum, "counts": dict(found.counts),
        "districts": [{**asdict(d), "share": d.share} for d in found.by_district()],
        "stations": [{**asdict(one), "outcome": one.outcome} for one in found.listings],
        "unknown": [asdict(poi) for poi in found.unknown],
        "rejected": [asdict(row) for row in rejected],
    }  # fmt: skip
    show(document, lines)


@stations.command("override")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--from", "start", type=_MINUTE, required=True, help="2026-07-01 08:30, local time.")
@click.option("--until", "end", type=_MINUTE, required=True, help="It ends by itself then.")
@click.option("--open/--closed", "is_open", required=True, help="What holds for that time.")
@click.option("--reason", required=True, help="heat, repair, ...; shown to people.")
@by_option
@shared
def override(
    codes: tuple[str, ...], start: datetime, end: datetime, is_open: bool, reason: str,
    by: str | None,
) -> None:  # fmt: skip
    """临时开放或关闭几天。Open or close stations for a while, whatever their posted hours say."""
    from locator.hours import Override

    passing = Override(start, end, is_open, reason)
    city = settings().open()
    is_over = end <= datetime.now(city.zone).replace(tzinfo=None)

    def changed(entry: Any) -> Any:
        overrides = (*entry.opening.overrides, passing)
        return replace(entry, opening=replace(entry.opening, overrides=overrides))

    with city.registry() as registry:
        actor = actor_of(by, reason)
        count = registry.edit_many(dict.fromkeys(codes, changed), by=actor, action="override")
    state = "open" if is_open else "closed"
    document = {
        "changed": count,
        "open": is_open,
        "from": start.isoformat(),
        "until": end.isoformat(),
        "is_over": is_over,
    }
    if is_over:
        over = f"{end:%Y-%m-%d %H:%M} is over already: it changes nothing"
        warn([f"这段时间已经过去，不再起作用 / {over}"])
    what = "1 station" if count == 1 else f"{count} stations"
    since, until = f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}"
    show(
        document,
        [
            f"{count}个站临时{'开放' if is_open else '关闭'}：{since} 至 {until}",
            f"{what} {state} from {since} until {until}",
        ],
    )


@stations.command("tasks")
@click.option("--all", "everything", is_flag=True, help="Also those that are done.")
@shared
def list_tasks(everything: bool) -> None:
    """工友反馈要办的事。What workers' reports ask the union to do; not for the public."""
    from locator.registry.tasks import tasks

    city = settings().open()
    with city.registry() as registry:
        found = tasks(registry, open_only=not everything)
    rows = [
        [str(t.id), t.what, t.code, t.name, t.reason, f"{t.due}" if t.due else "", t.outcome]
        for t in found
    ]
    lines = table(rows, _TASKS) if rows else []
    document = {"tasks": [_dated(asdict(task)) for task in found]}
    show(document, lines or ["没有待办 nothing to do"])


def _dated(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in document.items()
    }


@stations.command("answer")
@click.argument("code")
@click.argument("outcome", type=click.Choice(["open", "closed", "hours_wrong"]))
@click.option("--note", default="", help="What the host said.")
@by_option
@shared
def answer(code: str, outcome: str, note: str, by: str | None) -> None:
    """记下驻点单位的答复。Note what the host of CODE said; its dispute ends."""
    from locator.registry import reports

    city = settings().open()
    now = datetime.now(city.zone).replace(tzinfo=None)
    with city.registry() as registry:
        settled = reports.answer(
            registry, code, by=actor_of(by, note), outcome=outcome, note=note, at=now
        )
    show({"code": code, "answered": settled}, [f"{code}：{settled}条反馈已答复 reports answered"])
