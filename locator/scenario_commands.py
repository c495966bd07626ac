"""Commands that ask beyond a city as it is: compare, situation, sensitivity, health, batch."""

from __future__ import annotations

import json
import math
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.map_files import write_map
from locator.planner_texts import place
from locator.question_options import (
    WITHIN,
    by_option,
    demand_option,
    kind_option,
    mode_option,
    public_option,
    within_option,
)
from locator.terminal import Progress, metres, settings, shared, show, table
from locator.word_options import MODE_WORD, SITUATION_WORD

if TYPE_CHECKING:
    from locator.city import City
    from locator.crews import Crew
    from locator.sensitivity import Change
    from locator.tasks import TaskSpec
    from locator.view import CityView

_SHOWN = 10


@click.command()
@within_option
@kind_option
@mode_option
@click.option("--depth", type=click.IntRange(min=1), default=1, show_default=True,
              help="限距内有几个站才算已覆盖。Covered: within the limit of that many.")  # fmt: skip
@click.option("--situation", type=SITUATION_WORD, default="",
              help="只算那时有用的站。Only stations that help in it, as heat_orange.")  # fmt: skip
@click.option("--build", multiple=True, metavar="LON,LAT",
              help="在那里新建一个站。With a new station there.")  # fmt: skip
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), metavar="FILE",
              help="按整个方案新建。With all of a plan.")  # fmt: skip
@click.option("--close", multiple=True, metavar="CODE",
              help="关掉这个站。With that station closed.")  # fmt: skip
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
              help="前一版用那天的站点。Before is the stations of that day.")  # fmt: skip
@click.option("--other", type=click.Path(path_type=Path), metavar="DIR",
              help="后一版用那个文件夹：同一座城市的另一版路网。After is that city folder: other "
              "streets of the same city.")  # fmt: skip
@click.option("--then-mode", type=MODE_WORD, help="后一版换方式。Another mode after.")
@click.option("--then-within", metavar="M", help="后一版换限距。Another limit after.")
@click.option(
    "--then-situation", type=SITUATION_WORD, help="后一版换情况。Another situation after."
)
@by_option
@demand_option("按需求计算。Count that demand instead of metres, by area: NAME, or NAME*0.5.")
@click.option("--by-mode", multiple=True, metavar="MODE", help="也按这种方式。Also by this mode.")
@click.option("--by-hour", is_flag=True, help="也按一周各小时。Also by each hour of the week.")
@public_option
@click.option("--changes", type=click.Path(path_type=Path), metavar="FILE",
              help="把变化的路段写成地图文件。Write changed pieces (.geojson).")  # fmt: skip
@shared
def compare(
    within: str, kind: str | None, mode: str, depth: int, situation: str, build: tuple[str, ...],
    plan_file: Path | None, close: tuple[str, ...], since: datetime | None, other: Path | None,
    then_mode: str | None, then_within: str | None, then_situation: str | None, by: str,
    demand: str, by_mode: tuple[str, ...], by_hour: bool, public: bool, changes: Path | None,
) -> None:  # fmt: skip
    """改动前后的对比。Coverage before and after a change, by street, area, hour and mode."""
    from dataclasses import replace

    from locator.scenario_report import difference_document, difference_geojson
    from locator.scenario_texts import difference_lines, read_out
    from locator.scenarios import Question
    from locator.scenarios import compare as compare_views
    from locator.staff_rooms import choose_part

    city = settings().open()
    before = city.current() if since is None else city.as_of(since.date())
    after = _after(city if other is None else _open(other), build, plan_file, close, kind)
    before, told = choose_part(before, kind, mode, public=public)
    after, _ = choose_part(after, kind, mode, public=public)
    asked = Question(within, kind, mode, depth, situation)
    then = replace(
        asked,
        mode=then_mode or mode,
        within_m=then_within or within,
        situation=situation if then_situation is None else then_situation,
    )
    difference = compare_views(before, after, asked, then)
    document = difference_document(difference, by=by, demand=demand, modes=by_mode, hours=by_hour)
    document |= told | {"sentence": read_out(document)}
    lines = difference_lines(document)
    if changes is not None:
        document["written"] = write_map(changes, difference_geojson(difference), before)
        lines.append(f"已写入 written: {changes}")
    show(document, lines)


def _open(folder: Path) -> City:
    from locator.city import City

    return City.open(folder)


def _after(
    city: City, build: tuple[str, ...], plan_file: Path | None, close: tuple[str, ...],
    kind: str | None,
) -> CityView:  # fmt: skip
    """The city with what is to be built and closed."""
    from locator.scenarios import build_at, close_stations, read_sites

    view = city.current()
    places = [_place(text) for text in build]
    if plan_file is not None:
        places += read_sites(plan_file)
    if places:
        view = build_at(view, places, kind=kind)
    return close_stations(view, close) if close else view


def _place(text: str) -> tuple[float, float]:
    """LON,LAT as numbers."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise click.UsageError(f"--build {text!r}: expected LON,LAT such as 120.86,32.01") from None
    return lon, lat


@click.command()
@click.argument("code", metavar="[CODE]", required=False)
@click.option("--within", metavar="M", help=WITHIN)
@kind_option
@mode_option
@click.option("--at", metavar="WHEN",
              help="那时还要开着。Open then too: now, 2026-07-04T15:00, 周日 03:00.")  # fmt: skip
@shared
def situation(
    code: str | None, within: str | None, kind: str | None, mode: str, at: str | None
) -> None:
    """高温、暴雨、夜间的覆盖率。Coverage in heat, storm or at night; without CODE, a list."""
    from locator.moments import find_moment
    from locator.situation_coverage import measure_situation
    from locator.situations import situations

    if code is None:
        rows = [[one.code, one.zh, one.en, one.warning] for one in situations().values()]
        listed = [{"code": row[0], "zh": row[1], "en": row[2], "warning": row[3]} for row in rows]
        show(
            {"situations": listed}, table(rows, ["代码 code", "情况", "situation", "预警 warning"])
        )
        return
    if within is None:
        raise click.UsageError("缺 --within / --within is missing: give 1000 (metres) or 15min")
    view = settings().open().current()
    when = None if at is None else find_moment(at, zone=view.config.time_zone)
    measured = measure_situation(view, code, within_m=within, kind=kind, mode=mode, at=when)
    show(measured.to_json(), [measured.sentence_zh, measured.sentence_en])


@click.command()
@within_option
@kind_option
@mode_option
@shared
def sensitivity(within: str, kind: str | None, mode: str) -> None:
    """这个数有多可靠。How far the covered share moves with speed, snap limit and missing paths."""
    from locator.sensitivity import measure_sensitivity

    view = settings().open().current()
    measured = measure_sensitivity(view, within_m=within, kind=kind, mode=mode, report=Progress())
    rows = [
        [trial_name(change), metres(change.total_m), f"{change.share:.1%}",
         "" if change is measured.base else f"{100 * (change.share - measured.base.share):+.1f}"]
        for change in (measured.base, *measured.changes)
    ]  # fmt: skip
    head = ["假设 assumed", "街道 streets", "覆盖 covered", "变化（百分点） points"]
    lines = ["每次只改一个假设，重算一遍 one assumption changed at a time:", *table(rows, head)]
    show(measured.to_json(), [*lines, measured.sentence_zh, measured.sentence_en])


def trial_name(change: Change) -> str:
    """What was assumed, in words a planner knows."""
    from locator.sensitivity import MISSING_CLASSES

    if change.what == "classes":
        paths = change.value == ", ".join(MISSING_CLASSES[0])
        return (
            "图上缺步道、台阶 footpaths and steps missing"
            if paths
            else "图上缺内部道路、土路 service roads and tracks missing"
        )
    share, _, seed = change.value.partition(", seed ")
    words = {
        "base": "现有假设 as it is",
        "speed": f"步行速度 {change.value} walking speed",
        "snap": f"站点离路最多 {change.value} a station at most so far from a street",
        "random": f"图上随机缺{share}的街道，试{seed} {share} of streets missing, try {seed}",
    }
    return words.get(change.what, f"{change.what} {change.value}")


@click.command()
@click.argument("cities", nargs=-1, metavar="[CITY]...", type=click.Path(path_type=Path))
@click.option("--task", default="coverage", show_default=True, help="What is asked of each city.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="As within_m=1000.")
@click.option("--tasks", "file", type=click.Path(path_type=Path),
              help="Tasks instead, a JSON object a line: kind, city, params.")  # fmt: skip
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path),
              help="Result table, .jsonl or .csv; a second run skips what it holds.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True,
              help="Processes on this machine.")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster instead: tcp://HOST:8786.")
@click.option("--retries", type=click.IntRange(min=0), default=2, show_default=True,
              help="How often a task is tried again whose worker died.")  # fmt: skip
@click.option("--documents", type=click.Path(path_type=Path), help="Folder for whole answers.")
@shared
def batch(
    cities: tuple[Path, ...], task: str, params: tuple[str, ...], file: Path | None, output: Path,
    workers: int, scheduler: str | None, retries: int, documents: Path | None,
) -> None:  # fmt: skip
    """一次问很多城市。Ask many cities, in processes or on a cluster, into one table."""
    from locator.batch import run_batch
    from locator.crews import cluster_crew, process_crew
    from locator.tasks import TaskSpec, read_specs

    if (file is None) == (not cities):
        raise click.UsageError("give city folders or --tasks FILE, and not both")
    given = dict(_parameter(text) for text in params)
    specs: list[TaskSpec] = (
        read_specs(file)
        if file is not None
        else [TaskSpec.of(task, city.absolute(), **given) for city in cities]
    )
    crew: AbstractContextManager[Crew] = (
        cluster_crew(scheduler) if scheduler else nullcontext(process_crew(workers))
    )
    with crew as hands:
        done = run_batch(
            specs, output, hands, retries=retries, documents=documents, report=Progress()
        )
    document: dict[str, Any] = {
        "tasks": len(done.rows), "skipped": done.skipped, "retried": done.retried,
        "failed": [row.to_json() for row in done.failed], "table": str(output),
    }  # fmt: skip
    lines = [
        f"{len(done.rows)} tasks, {done.skipped} of them done before, {done.retried} tried again; "
        f"the table is {output}"
    ]
    lines += [f"failed: {row.kind} {row.city}: {row.error}" for row in done.failed]
    show(document, lines)
    if done.failed:
        sys.exit(1)


@click.command()
@click.option("--within", default="1000", show_default=True, metavar="M", help=WITHIN)
@kind_option
@click.option("--all", "every", is_flag=True, help="全部列出。List all of them.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="全部写成地图文件。Write all of them as a map (.geojson).")  # fmt: skip
@shared
def health(within: str, kind: str | None, every: bool, output: Path | None) -> None:
    """路网数据的毛病。Faults of the street data on foot, and what each costs in coverage."""
    from locator.health import LOOSE_M, examine_streets, health_document
    from locator.sweep import sweep_nearest

    view = settings().open().unbarred()  # faults of the data, not of the day
    cover = view.coverage(within_m=view.network().mode.metres(within), kind=kind)
    placement = view.placement(kind=kind)
    labels, _ = sweep_nearest(cover.network, placement)
    found = examine_streets(cover, placement, labels, view.islands(cover, kind=kind))
    document = health_document(found, view.to_lonlat)
    islands, ends = document["islands"], document["loose_ends"]
    lines = [
        f"断开的路网{len(islands)}片 {len(islands)} islands, "
        f"{metres(sum(row['length_m'] for row in islands))} together",
        f"差不到{LOOSE_M:g} m 就能接上的断头{len(ends)}处 {len(ends)} ends stop less than "
        f"{LOOSE_M:g} m short of another street",
        *_end_lines(ends, len(ends) if every else _SHOWN),
        f"重复的点 doubled vertices: {document['doubled_vertices']}，"
        f"没有长度的街道 streets without length: {document['empty_streets']}",
    ]
    if output is not None:
        document["written"] = write_map(output, _fault_map(document), view)
        lines.append(f"已写入 written: {output}")
    show(document, lines)


def _end_lines(ends: list[dict[str, Any]], most: int) -> list[str]:
    """Loose ends, those that cost most first, and how many are not shown."""
    rows = [
        [place(row["lon"], row["lat"]), f"{row['miss_m']:.1f} m",
         metres(math.inf if row["gain_m"] is None else row["gain_m"])]
        for row in ends[:most]
    ]  # fmt: skip
    if not rows:
        return []
    head = ["在哪 where", "差 short by", "接上后多覆盖 joined, covers"]
    if len(ends) <= most:
        return table(rows, head)
    return [
        *table(rows, head),
        f"以上{most}处，共{len(ends)}处；--all 全部列出，-o FILE 写成地图 "
        f"{most} of {len(ends)}; --all lists all, -o FILE writes all",
    ]


def _fault_map(document: dict[str, Any]) -> dict[str, Any]:
    """Islands and loose ends as points."""
    features = [
        {
            "type": "Feature",
            "properties": {"fault": fault, **row},
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        }
        for fault, rows in (("island", document["islands"]), ("end", document["loose_ends"]))
        for row in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def _parameter(text: str) -> tuple[str, Any]:
    """NAME=VALUE, where the value is JSON or else a plain text."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.UsageError(f"--param {text!r}: expected NAME=VALUE such as within_m=1000")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


COMMANDS = (compare, situation, sensitivity, health, batch)
