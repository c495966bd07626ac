"""The command `coverage`: which streets are within a limit, by area, by demand, at a moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.planner_texts import (
    NOTHING,
    OUTSIDE,
    counted_line,
    place,
    share_range,
    staff_lines,
    warn_in_both,
)
from locator.question_options import (
    by_option,
    demand_option,
    kind_option,
    mode_option,
    public_option,
    within_option,
)
from locator.terminal import metres, settings, shared, show, table

if TYPE_CHECKING:
    from locator.coverage import Coverage

_SHOWN_GAPS = 10
_MOST_OF_ALL = 0.5


@click.command()
@within_option
@kind_option
@mode_option
@click.option("--depth", type=click.IntRange(min=1), default=1, show_default=True,
              help="限距内有几个站才算已覆盖。Covered: within the limit of that many.")  # fmt: skip
@click.option("--at", metavar="WHEN",
              help="那时开着的站。Open then: now, 2026-07-04T15:00, 周日 03:00.")  # fmt: skip
@by_option
@demand_option("同时按需求计算。Also count that demand: NAME, or NAME*0.5.")
@public_option
@click.option("--as-of", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
              help="按过去某天的站点。With the stations of a past day.")  # fmt: skip
@click.option("--gaps", "gaps_file", type=click.Path(path_type=Path), metavar="FILE",
              help="把缺口写成地图文件。Write the gaps with their lines "
              "(.geojson, .gpkg, .shp, .fgb).")  # fmt: skip
@shared
def coverage(
    within: str, kind: str | None, mode: str, depth: int, at: str | None, by: str, demand: str,
    public: bool, day: datetime | None, gaps_file: Path | None,
) -> None:  # fmt: skip
    """哪些街道在限距内有站，缺口在哪。Which streets are near a station, and where the gaps are."""
    from locator.answers import coverage_document, write_gaps
    from locator.open_coverage import measure_open_coverage
    from locator.registered import count_registered, coverage_clause
    from locator.staff_rooms import choose_part

    city = settings().open()
    view = city.current(at=at) if day is None else city.as_of(day.date(), at=at)
    listed = count_registered(view.stations, kind)
    view, told = choose_part(view, kind, mode, public=public)
    found = None
    if at is None:
        cover = view.coverage(within_m=within, kind=kind, mode=mode, depth=depth)
    else:
        found = measure_open_coverage(view, at, within_m=within, kind=kind, mode=mode, depth=depth)
        cover = found.low
    document = coverage_document(view, cover, kind=kind, by=by, demand=demand, found=found) | told
    document["registered"] = listed
    if gaps_file is not None:
        write_gaps(view, cover, gaps_file)
        document["written"] = str(gaps_file)
    warn_in_both(document["warnings"])
    asked = metres(cover.within_m)
    if "min" in within:
        asked = f"{within} ({asked} at {cover.network.mode.speed_mps} m/s)"
    lines = [
        *_totals(document, cover, asked), *_moment(document),
        *coverage_clause(listed, public=public), *staff_lines(document),
        *_areas(document), *_demand(document), *_gaps(document), *_islands(document),
    ]  # fmt: skip
    lines += [f"已写入 written: {gaps_file}"] if gaps_file is not None else []
    show(document, lines)


def _totals(document: dict[str, Any], cover: Coverage, asked: str) -> list[str]:
    zh, en = ("有站", "a station") if cover.depth == 1 else (
        f"至少有{cover.depth}个站", f"at least {cover.depth} stations"
    )  # fmt: skip
    depths = ", ".join(f"{key}: {metres(value)}" for key, value in document["depth_m"].items())
    lines = [
        f"{asked}以内{zh}的街道占{cover.share:.1%} "
        f"within {asked} of {en}: {cover.share:.1%} of {metres(cover.total_m)} covered",
        f"已覆盖 covered {metres(cover.covered_m)}, 未覆盖 uncovered {metres(cover.uncovered_m)}, "
        f"走不到 unreachable {metres(cover.unreachable_m)}",
        f"限距内有几个站 by stations in reach: {depths}",
    ]
    if document["border_m"] > 0:
        lines.append(
            f"边界附近{metres(document['border_m'])}，可能有路网以外的站，说不准 "
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
        f"{document['at']}：开着{count['open']}个站，不清楚{count['unknown']}个，"
        f"关着{count['closed']}个；不清楚的都开着时是{high:.1%}",
        f"at {document['at']}: {count['open']} stations open, {count['unknown']} of unknown hours, "
        f"{count['closed']} closed; up to {high:.1%} if the unknown ones are open",
    ]


def _areas(document: dict[str, Any]) -> list[str]:
    """A table of the areas with their farthest places, and the sentence on how even they are."""
    if not document["districts"]:
        return []
    with_demand = "demand" in document
    rows = []
    for row in document["districts"]:
        own = [row["name"] or OUTSIDE, metres(row["total_m"]), metres(row["covered_m"]),
               _share(row)]  # fmt: skip
        if with_demand:
            own += [f"{row['demand']['total']:,.0f}", _share(row["demand"])]
        worst = row["worst"]
        far = [NOTHING, ""] if worst is None else [
            metres(worst["distance_m"]), place(worst["lon"], worst["lat"])
        ]  # fmt: skip
        rows.append([*own, str(row["stations"]), *far])
    head = ["区域 area", "街道 streets", "覆盖 covered", "比例 share"]
    head += [document["demand"]["unit"], "其比例 share of it"] if with_demand else []
    lines = table(rows, [*head, "站点 stations", "最远 farthest", "在哪 where"])
    for part in document["fairness"].values():
        ends = [part, part["high"]] if "high" in part else [part]
        if len(ends) > 1:
            lines.append("先算不清楚的关着，再算开着 unknown hours as closed, then as open:")
        lines += [end["sentence"][lang] for end in ends for lang in ("zh", "en")]
    return lines


def _share(row: dict[str, Any]) -> str:
    """The share of an area; both ends of the range where hours are asked for."""
    return share_range(row["share"], row["high"]["share"] if "high" in row else row["share"])


def _demand(document: dict[str, Any]) -> list[str]:
    """Demand beside length, and what of it found no street."""
    if "demand" not in document:
        return []
    facts = document["demand"]
    lines = [
        *counted_line(facts),
        f"{facts['name']}: {facts['total']:,.0f} {facts['unit']}，覆盖 covered {_share(facts)}；"
        f"按街道长度 by length of street {_share(document)}",
    ]
    apart = [
        f"{facts[key]:,.0f} {words}"
        for key, words in (
            ("unplaced", "附近没有街道 near no street"),
            ("beyond", "在市外街道上 on streets beyond the city"),
            ("off", "在这种方式不能走的街道上 on streets that this mode may not use"),
        )
        if facts[key] > 0
    ]
    return [*lines, f"没有算进去 left out: {', '.join(apart)}"] if apart else lines


def _gaps(document: dict[str, Any]) -> list[str]:
    """The longest gaps, each with its farthest place."""
    gaps = document["gaps"]
    if not gaps:
        return []
    shown = gaps[:_SHOWN_GAPS]
    rows = [
        [str(i), metres(gap["length_m"]), metres(gap["farthest_m"]),
         place(gap["lon"], gap["lat"]), gap["district_name"] or NOTHING,
         "、".join(gap["streets"]) or NOTHING]
        for i, gap in enumerate(shown, start=1)
    ]  # fmt: skip
    head = ["", "长度 length", "最远 farthest", "最远处 where", "区县 district", "街道 streets"]
    lines = [f"缺口{len(gaps)}处，最长的{len(shown)}处 {len(gaps)} gaps, the {len(shown)} longest:"]
    lines += table(rows, head)
    if gaps[0]["share"] > _MOST_OF_ALL and not document["districts"]:
        lines.append(
            f"第1处占未覆盖街道的{gaps[0]['share']:.1%}；各区县最远处用 --by district 看 gap 1 is "
            f"{gaps[0]['share']:.1%} of what is uncovered: --by district tells the farthest place "
            "of each district"
        )
    return lines


def _islands(document: dict[str, Any]) -> list[str]:
    """Pieces that are cut off though a street that leads on is near."""
    misses = [row for row in document["islands"] if row["miss_m"] is not None]
    if not misses:
        return []
    total = metres(sum(row["length_m"] for row in misses))
    return [
        f"有{len(misses)}片街道（共{total}）断开了，但 20 m 内就有通路：请核对地图 "
        f"{len(misses)} pieces, {total} together, are cut off though a street that leads on is "
        "within 20 m: check the map there (islands in --json)"
    ]
