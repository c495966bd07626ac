"""Commands that read the table of reach: every limit at once, rest in a break, ground to draw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.terminal import metres, settings, shared, show, table

if TYPE_CHECKING:
    from locator.view import CityView

_MINUTES = (5.0, 10.0, 15.0)


def _for_whom(command: Any) -> Any:
    """Add --kind and --mode."""
    for option in (
        click.option("--mode", default="walk", show_default=True, help="How people move."),
        click.option("--kind", help="Only that kind of station."),
    ):
        command = option(command)
    return command


@click.command()
@_for_whom
@click.option("--demand", default="", metavar="NAME", help="Count that demand instead of metres.")
@shared
def curve(kind: str | None, mode: str, demand: str) -> None:
    """What lies within every limit, how far people have to go, and the farthest places."""
    from locator.slider import curve_document

    view = settings().open().current()
    document = curve_document(view, kind=kind, mode=mode, demand=demand)
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
    head = ["标准 limit", "", "1 站 station", "2 站", "3 站"]
    lines = [*table(rows, head), document["sentence_zh"], document["sentence_en"]]
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
              show_default=True, metavar="MIN", help="Length of the break.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the streets with the minutes left (.geojson).")  # fmt: skip
@shared
def rest(kind: str | None, mode: str, break_min: float, output: Path | None) -> None:
    """Minutes left to rest in a break, after the way to a station and back."""
    view = settings().open().current()
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
        "written": _write(output, made.to_geojson(view.to_lonlat), view) if output else None,
    }
    lines = [
        f"{break_min:g} 分钟的休息，平均还剩 {totals.mean_min:.1f} 分钟 minutes left on average"
    ]
    lines += [
        f"至少剩 {minutes:g} 分钟的街道 at least {minutes:g} min left on: {share:.1%}"
        for minutes, share in totals.shares
    ]
    show(document, lines + ([f"written: {output}"] if output else []))


@click.command()
@_for_whom
@click.option("--within", required=True, metavar="M", help="1000 (metres) or 15min.")
@click.option("--width", "width_m", type=click.FloatRange(min=1, max=200), default=25.0,
              show_default=True, metavar="M", help="How wide streets are drawn.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="GeoJSON file to write.")  # fmt: skip
@shared
def area(kind: str | None, mode: str, within: str, width_m: float, output: Path) -> None:
    """Draw the ground from which a station is in reach: never over water or missed streets.

    For display only; lengths and shares come from the streets.
    """
    view = settings().open().current()
    made = view.reach_area(within_m=within, kind=kind, mode=mode, width_m=width_m)
    features = {"type": "FeatureCollection", "features": [made.to_geojson(view.to_lonlat)]}
    document: dict[str, Any] = {"within_m": made.limit, "width_m": width_m}
    document["sample"] = view.sample
    document["written"] = _write(output, features, view)
    show(document, [f"written: {output}"])


def _write(path: Path, document: dict[str, Any], view: CityView) -> str:
    """Write GeoJSON with what is owed to the source and whether it is a sample."""
    from locator.errors import InputError
    from locator.workspace import replace_text

    if path.suffix.lower() not in {".geojson", ".json"}:
        raise InputError(f"{path.name}: expected a name that ends in .geojson")
    extra = {"attribution": view.attribution, "sample": view.sample}
    replace_text(path, json.dumps({**document, **extra}, ensure_ascii=False))
    return str(path)


COMMANDS = (curve, rest, area)
