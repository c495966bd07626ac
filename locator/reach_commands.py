"""Commands that read the table of reach: every limit at once, rest in a break, ground to draw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.map_files import write_map
from locator.planner_texts import counted_line, staff_lines
from locator.question_options import (
    demand_option,
    kind_option,
    mode_option,
    public_option,
    within_option,
)
from locator.terminal import metres, settings, shared, show, table

if TYPE_CHECKING:
    from locator.view import CityView

_MINUTES = (5.0, 10.0, 15.0)


def _for_whom(command: Any) -> Any:
    """Add --kind, --mode and --public."""
    for option in (public_option, mode_option, kind_option):
        command = option(command)
    return command


def _chosen(kind: str | None, mode: str, *, public: bool) -> tuple[CityView, dict[str, Any]]:
    """The city, all of it or what is open to the public, and what was left out."""
    from locator.staff_rooms import choose_part

    return choose_part(settings().open().current(), kind, mode, public=public)


@click.command()
@_for_whom
@demand_option("按需求计算，代替街道长度。Count that demand instead of metres: NAME, or NAME*0.5.")
@shared
def curve(kind: str | None, mode: str, public: bool, demand: str) -> None:
    """各种限距各覆盖多少，人要走多远。What lies within every limit, and how far people go."""
    from locator.area_answers import describe_demand
    from locator.slider import curve_document

    view, told = _chosen(kind, mode, public=public)
    document = curve_document(view, kind=kind, mode=mode, demand=demand) | told
    if demand:
        document["demand"] = describe_demand(view, demand)
    spread = view.spread(kind=kind, mode=mode, demand=demand)
    document["sentence_zh"] = spread.sentence(lang="zh")
    document["sentence_en"] = spread.sentence(lang="en")
    document["presets"] = [
        {**row, "shares": _shares(view, row, kind, mode, demand)} for row in document["presets"]
    ]
    rows = [
        [row["zh"], metres(row["limit_m"]), *(f"{share:.1%}" for share in row["shares"])]
        for row in document["presets"]
    ]
    head = ["标准 limit", "", "1 站 station", "2 站 stations", "3 站 stations"]
    lines = [
        *counted_line(document.get("demand")), *table(rows, head), *staff_lines(document),
        document["sentence_zh"], document["sentence_en"],
    ]  # fmt: skip
    lines += [row["text_zh"] for row in document["targets"]]
    show(document, lines)


def _shares(
    view: CityView, preset: dict[str, Any], kind: str | None, mode: str, demand: str
) -> list[float]:
    """Share within a preset of at least one, two and three stations."""
    asked: dict[str, Any] = {"kind": kind, "mode": mode, "demand": demand}
    curves = [view.curve(**asked, depth=depth, timed=preset["timed"]) for depth in (1, 2, 3)]
    return [float(one.share([preset["limit_m"]])[0]) for one in curves]


@click.command()
@_for_whom
@click.option("--break", "break_min", type=click.FloatRange(min=0, min_open=True), default=20.0,
              show_default=True, metavar="MIN",
              help="休息多少分钟。Length of the break.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="把各街道还剩几分钟写成地图文件。Write the streets with the minutes left "
              "(.geojson).")  # fmt: skip
@shared
def rest(kind: str | None, mode: str, public: bool, break_min: float, output: Path | None) -> None:
    """休息时间去掉来回路上还剩几分钟。Minutes left of a break, after the way there and back."""
    view, told = _chosen(kind, mode, public=public)
    made = view.rest(break_min=break_min, kind=kind, mode=mode)
    at_least = tuple(minutes for minutes in _MINUTES if minutes <= break_min)
    totals = made.totals(at_least)
    document = {
        "break_min": break_min,
        "mode": mode,
        "mean_min": totals.mean_min,
        "at_least": [{"minutes": m, "share": share} for m, share in totals.shares],
        "total_m": totals.total,
        "sample": view.sample,
        "written": write_map(output, made.to_geojson(view.to_lonlat), view) if output else None,
        **told,
    }
    lines = [
        f"{break_min:g} 分钟的休息，平均还剩 {totals.mean_min:.1f} 分钟 minutes left on average"
    ]
    lines += [
        f"至少剩 {minutes:g} 分钟的街道 at least {minutes:g} min left on: {share:.1%}"
        for minutes, share in totals.shares
    ]
    lines += staff_lines(document)
    show(document, lines + ([f"已写入 written: {output}"] if output else []))


@click.command()
@_for_whom
@within_option
@click.option("--width", "width_m", type=click.FloatRange(min=1, max=200), default=25.0,
              show_default=True, metavar="M",
              help="街道画多宽。How wide streets are drawn.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="写成哪个文件。GeoJSON file to write.")  # fmt: skip
@shared
def area(
    kind: str | None, mode: str, public: bool, within: str, width_m: float, output: Path
) -> None:
    """画出已覆盖的地面。Draw the ground from which a station is in reach.

    不画到水面和未覆盖的街道上；只供看图，长度和比例不由它算。Never over water or missed streets.

    For display only; lengths and shares come from the streets.
    """
    view, told = _chosen(kind, mode, public=public)
    made = view.reach_area(within_m=within, kind=kind, mode=mode, width_m=width_m)
    features = {"type": "FeatureCollection", "features": [made.to_geojson(view.to_lonlat)]}
    document: dict[str, Any] = {"within_m": made.limit, "width_m": width_m} | told
    document["sample"] = view.sample
    document["written"] = write_map(output, features, view)
    show(document, [*staff_lines(document), f"已写入 written: {output}"])


COMMANDS = (curve, rest, area)
