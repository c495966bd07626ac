"""The command `coverage`: which streets are within a limit, by area, by demand, at a moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.terminal import metres, settings, shared, show, table, warn

if TYPE_CHECKING:
    from locator.coverage import Coverage

_SHOWN_GAPS = 10
_NOTHING = "—"


@click.command()
@click.option("--within", required=True, metavar="M", help="1000 (metres) or 15min.")
@click.option("--kind", help="Only that kind of station.")
@click.option("--mode", default="walk", show_default=True, help="How people move.")
@click.option("--depth", type=click.IntRange(min=1), default=1, show_default=True,
              help="Covered means in reach of that many stations.")  # fmt: skip
@click.option("--at", metavar="WHEN", help="Open then: now, 2026-07-04T15:00, Sun 03:00.")
@click.option("--by", default="", metavar="LAYER", help="Split by district, or by another layer.")
@click.option("--demand", default="", metavar="NAME", help="Also count that demand; NAME*0.5 too.")
@click.option("--as-of", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
              help="With the stations of a past day.")  # fmt: skip
@click.option("--gaps", "gaps_file", type=click.Path(path_type=Path),
              help="Write the gaps with their lines (.geojson, .gpkg, .shp, .fgb).")  # fmt: skip
@shared
def coverage(
    within: str, kind: str | None, mode: str, depth: int, at: str | None, by: str, demand: str,
    day: datetime | None, gaps_file: Path | None,
) -> None:  # fmt: skip
    """Which streets are within a limit of a station, and where the gaps are."""
    from locator.answers import coverage_document, write_gaps
    from locator.open_coverage import measure_open_coverage

    city = settings().open()
    view = city.current(at=at) if day is None else city.as_of(day.date(), at=at)
    found = None
    if at is None:
        cover = view.coverage(within_m=within, kind=kind, mode=mode, depth=depth)
    else:
        found = measure_open_coverage(view, at, within_m=within, kind=kind, mode=mode, depth=depth)
        cover = found.low
    document = coverage_document(view, cover, kind=kind, by=by, demand=demand, found=found)
    if gaps_file is not None:
        write_gaps(view, cover, gaps_file)
    warn(document["warnings"])
    asked = metres(cover.within_m)
    if "min" in within:
        asked = f"{within} ({asked} at {cover.network.mode.speed_mps} m/s)"
    lines = [
        *_totals(document, cover, asked), *_moment(document), *_areas(document),
        *_demand(document), *_gaps(document),
    ]  # fmt: skip
    show(document, lines)


def _totals(document: dict[str, Any], cover: Coverage, asked: str) -> list[str]:
    stations = "a station" if cover.depth == 1 else f"at least {cover.depth} stations"
    depths = ", ".join(f"{key}: {metres(value)}" for key, value in document["depth_m"].items())
    lines = [
        f"within {asked} of {stations}: {cover.share:.1%} of {metres(cover.total_m)} covered",
        f"covered {metres(cover.covered_m)}, uncovered {metres(cover.uncovered_m)}, "
        f"unreachable {metres(cover.unreachable_m)}",
        f"by stations in reach: {depths}",
    ]
    if document["border_m"] > 0:
        lines.append(
            f"{metres(document['border_m'])} near the boundary may be served from beyond the "
            "streets kept"
        )
    return lines


def _moment(document: dict[str, Any]) -> list[str]:
    """How sure the answer for a moment is."""
    if "at" not in document:
        return []
    count, high = document["stations"], document["high"]["share"]
    return [
        f"at {document['at']}: {count['open']} stations open, {count['unknown']} of unknown hours, "
        f"{count['closed']} closed; up to {high:.1%} if the unknown ones are open"
    ]


def _areas(document: dict[str, Any]) -> list[str]:
    """A table of the areas, and the sentence on how even they are."""
    if not document["districts"]:
        return []
    with_demand = "demand" in document
    rows = []
    for row in document["districts"]:
        own = [row["name"] or "outside", metres(row["total_m"]), metres(row["covered_m"]),
               _percent(row["share"])]  # fmt: skip
        if with_demand:
            own += [f"{row['demand']['total']:,.0f}", _percent(row["demand"]["share"])]
        rows.append([*own, str(row["stations"])])
    head = ["area", "streets", "covered", "share"]
    head += [document["demand"]["unit"], "share of it"] if with_demand else []
    lines = table(rows, [*head, "stations"])
    for part in document["fairness"].values():
        lines += [part["sentence"]["zh"], part["sentence"]["en"]]
    return lines


def _demand(document: dict[str, Any]) -> list[str]:
    """Demand beside length, and what of it found no street."""
    if "demand" not in document:
        return []
    facts = document["demand"]
    lines = [
        f"{facts['name']}: {_percent(facts['share'])} of {facts['total']:,.0f} {facts['unit']} "
        f"covered, {_percent(document['share'])} of the streets by length "
        f"({facts['source']}, {facts['date']})"
    ]
    apart = [
        f"{facts[key]:,.0f} {words}"
        for key, words in (
            ("unplaced", "near no street"),
            ("beyond", "on streets beyond the city"),
            ("off", "on streets that this mode may not use"),
        )
        if facts[key] > 0
    ]
    return [*lines, f"left out: {', '.join(apart)}"] if apart else lines


def _percent(share: float | None) -> str:
    return _NOTHING if share is None else f"{share:.1%}"


def _gaps(document: dict[str, Any]) -> list[str]:
    lines = []
    rows = [
        [str(i), metres(gap["length_m"]), metres(gap["farthest_m"]), "、".join(gap["streets"])]
        for i, gap in enumerate(document["gaps"][:_SHOWN_GAPS], start=1)
    ]
    if rows:
        lines += [f"{len(document['gaps'])} gaps, the longest:"]
        lines += table(rows, ["", "length", "farthest", "streets"])
    misses = [row for row in document["islands"] if row["miss_m"] is not None]
    if misses:
        total = metres(sum(row["length_m"] for row in misses))
        lines.append(
            f"{len(misses)} pieces, {total} together, are cut off though a street that leads on is "
            "within 20 m: check the map there (islands in --json)"
        )
    return lines
