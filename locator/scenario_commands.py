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

from locator.terminal import Progress, metres, settings, shared, show, table

if TYPE_CHECKING:
    from locator.city import City
    from locator.crews import Crew
    from locator.tasks import TaskSpec
    from locator.view import CityView

_SHOWN = 10


@click.command()
@click.option("--within", required=True, metavar="M", help="1000 (metres) or 15min.")
@click.option("--kind", help="Only that kind of station.")
@click.option("--mode", default="walk", show_default=True, help="How people move.")
@click.option("--depth", type=click.IntRange(min=1), default=1, show_default=True,
              help="Covered means in reach of that many stations.")  # fmt: skip
@click.option("--situation", default="", help="Only stations that help in it, as heat_orange.")
@click.option("--build", multiple=True, metavar="LON,LAT", help="With a new station there.")
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="With all of a plan.")
@click.option("--close", multiple=True, metavar="CODE", help="With that station closed.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
              help="Before is the stations of that day.")  # fmt: skip
@click.option("--other", type=click.Path(path_type=Path), metavar="DIR",
              help="After is that city folder: other streets.")  # fmt: skip
@click.option("--then-mode", help="Another mode after.")
@click.option("--then-within", metavar="M", help="Another limit after.")
@click.option("--then-situation", help="Another situation after.")
@click.option("--by", default="", metavar="LAYER", help="Split by district, or by another layer.")
@click.option("--demand", default="", metavar="NAME", help="Count that demand instead of metres.")
@click.option("--by-mode", multiple=True, metavar="MODE", help="Also by this mode.")
@click.option("--by-hour", is_flag=True, help="Also by each hour of the week.")
@click.option("--changes", type=click.Path(path_type=Path), help="Write changed pieces (.geojson).")
@shared
def compare(
    within: str, kind: str | None, mode: str, depth: int, situation: str, build: tuple[str, ...],
    plan_file: Path | None, close: tuple[str, ...], since: datetime | None, other: Path | None,
    then_mode: str | None, then_within: str | None, then_situation: str | None, by: str,
    demand: str, by_mode: tuple[str, ...], by_hour: bool, changes: Path | None,
) -> None:  # fmt: skip
    """What a change does: coverage before and after, by street, area, hour and mode."""
    from dataclasses import replace

    from locator.scenario_report import difference_document, difference_geojson, read_out
    from locator.scenarios import Question
    from locator.scenarios import compare as compare_views
    from locator.workspace import replace_text

    city = settings().open()
    before = city.current() if since is None else city.as_of(since.date())
    after = _after(city if other is None else _open(other), build, plan_file, close, kind)
    asked = Question(within, kind, mode, depth, situation)
    then = replace(
        asked,
        mode=then_mode or mode,
        within_m=then_within or within,
        situation=situation if then_situation is None else then_situation,
    )
    difference = compare_views(before, after, asked, then)
    document = difference_document(difference, by=by, demand=demand, modes=by_mode, hours=by_hour)
    if changes is not None:
        replace_text(changes, json.dumps(difference_geojson(difference), ensure_ascii=False))
    told = read_out(document)
    document["sentence"] = told
    lines = [told["zh"], told["en"]]
    rows = [
        [row["street"] or "—", metres(row["gained_m"]), metres(row["lost_m"])]
        for row in document["streets"][:_SHOWN]
    ]
    if rows:
        lines += table(rows, ["street", "gained", "lost"])
    if document["network"]:
        part = document["network"]
        lines.append(
            f"of it by the stations {metres(part['by_stations']['covered_m'])}, "
            f"by the other streets {metres(part['by_streets']['covered_m'])}"
        )
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
@click.option("--within", metavar="M", help="1000 (metres) or 15min.")
@click.option("--kind", help="Only that kind of station.")
@click.option("--mode", default="walk", show_default=True, help="How people move.")
@click.option("--at", metavar="WHEN", help="Open then too: now, 2026-07-04T15:00, Sun 03:00.")
@shared
def situation(
    code: str | None, within: str | None, kind: str | None, mode: str, at: str | None
) -> None:
    """Coverage in heat, storm or at night, as a range; without CODE, the situations there are."""
    from locator.moments import find_moment
    from locator.situation_coverage import measure_situation
    from locator.situations import situations

    if code is None:
        rows = [[one.code, one.zh, one.en, one.warning] for one in situations().values()]
        listed = [{"code": row[0], "zh": row[1], "en": row[2], "warning": row[3]} for row in rows]
        show({"situations": listed}, table(rows, ["code", "", "", "warning"]))
        return
    if within is None:
        raise click.UsageError("--within is missing: give 1000 (metres) or 15min")
    view = settings().open().current()
    when = None if at is None else find_moment(at, zone=view.config.time_zone)
    measured = measure_situation(view, code, within_m=within, kind=kind, mode=mode, at=when)
    show(measured.to_json(), [measured.sentence_zh, measured.sentence_en])


@click.command()
@click.option("--within", required=True, metavar="M", help="1000 (metres) or 15min.")
@click.option("--kind", help="Only that kind of station.")
@click.option("--mode", default="walk", show_default=True, help="How people move.")
@shared
def sensitivity(within: str, kind: str | None, mode: str) -> None:
    """How far the covered share moves with speed, snap limit and missing paths."""
    from locator.sensitivity import measure_sensitivity

    view = settings().open().current()
    measured = measure_sensitivity(view, within_m=within, kind=kind, mode=mode, report=Progress())
    rows = [
        [change.what, change.value, metres(change.total_m), f"{change.share:.1%}"]
        for change in (measured.base, *measured.changes)
    ]
    lines = [*table(rows, ["changed", "to", "streets", "covered"])]
    show(measured.to_json(), [*lines, measured.sentence_zh, measured.sentence_en])


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
    """Ask many cities, in processes or on a cluster, and keep one table of the answers."""
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
@click.option("--within", default="1000", show_default=True, metavar="M", help="In metres.")
@click.option("--kind", help="Only that kind of station.")
@shared
def health(within: str, kind: str | None) -> None:
    """Faults of the street data on foot, and how much street each keeps from a station."""
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
        f"{len(islands)} islands, {metres(sum(row['length_m'] for row in islands))} together",
        f"{len(ends)} ends stop less than {LOOSE_M:g} m short of another street",
    ]
    rows = [
        [f"{row['lon']:.6f}", f"{row['lat']:.6f}", f"{row['miss_m']:.1f} m",
         metres(math.inf if row["gain_m"] is None else row["gain_m"])]
        for row in ends[:_SHOWN]
    ]  # fmt: skip
    if rows:
        lines += table(rows, ["lon", "lat", "short by", "joined, covers"])
    lines.append(
        f"{document['doubled_vertices']} doubled vertices, {document['empty_streets']} streets "
        "without length"
    )
    show(document, lines)


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
