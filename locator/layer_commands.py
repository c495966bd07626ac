"""Commands for layers of areas and of demand: import them, list them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.terminal import settings, shared, show, table, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locator.city import City

_SHOWN_REJECTED = 10


@click.group()
@shared
def districts() -> None:
    """区县等区域。Districts and other layers of areas."""


@click.group()
@shared
def demand() -> None:
    """需求：谁在哪。Layers of demand: who is where, by whose word, as of when."""


@districts.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", default="wgs84", show_default=True, help="Datum of FILE, as gcj02.")
@click.option("--layer", default="district", show_default=True,
              help="Another layer, such as key_areas.")  # fmt: skip
@shared
def import_districts(file: Path, datum: str, layer: str) -> None:
    """导入区域。Replace a layer of areas by those of FILE (.geojson .gpkg .shp .fgb)."""
    from geodata.datum import parse_datum
    from locator.area_layers import import_areas

    city = settings().open()
    report = import_areas(
        city.workspace, file, layer=layer, datum=parse_datum(datum), extent_deg=_extent(city)
    )
    warn([*(f"area {row}: {note}" for row, note in report.mended), *report.warnings])
    lines = [
        f"图层{report.layer}有{report.added}个区域 / {report.added} areas in layer {report.layer}, "
        f"of {report.read} in the file"
    ]
    for zh, en, codes in (("新来", "new", report.came), ("没有了", "gone", report.went)):
        if codes:
            lines.append(f"{zh} {en}: {', '.join(codes)}")
    show(report.to_json(), lines + _rejected(report.rejected))


@districts.command("list")
@shared
def list_districts() -> None:
    """现有的区域。Layers of areas of the city."""
    from locator.area_layers import area_names, layer_names

    workspace = settings().open().workspace
    found = {name: area_names(workspace, name) for name in layer_names(workspace)}
    layers = [
        {"layer": name, "areas": [{"code": code, "name": title} for code, title in names.items()]}
        for name, names in found.items()
    ]
    rows = [[name, code, title] for name, names in found.items() for code, title in names.items()]
    lines = table(rows, ["layer", "code", "name"]) if rows else ["no layers of areas yet"]
    show({"layers": layers}, lines)


@demand.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name of the layer; one of that name is replaced.")
@click.option("--unit", default="", help="What is counted, as people.")
@click.option("--source", default="", help="Who says so.")
@click.option("--date", "day", default="", help="As of when: 2020-11-01, 2020-11 or 2020.")
@click.option("--value", default="", metavar="COLUMN", help="Column of the amounts.")
@click.option("--cell", "cell_m", type=click.FloatRange(min=0), default=0.0, metavar="M",
              help="Positions are middles of squares of that side.")  # fmt: skip
@click.option("--layer", default="district", show_default=True, help="Areas that codes belong to.")
@click.option("--datum", default="", help="Datum of positions, as gcj02.")
@shared
def import_demand(
    file: Path, name: str, unit: str, source: str, day: str, value: str, cell_m: float,
    layer: str, datum: str,
) -> None:  # fmt: skip
    """导入需求。Add a layer of demand from FILE (.csv .xlsx): by area, cell, position or class.

    A layer must say what it counts, by whose word and as of when: --name --unit --source --date.
    """
    from geodata.datum import parse_datum
    from locator.area_layers import area_names
    from locator.demand import check_facts, save_demand
    from locator.demand_tables import read_demand

    check_facts(name=name, unit=unit, source=source, day=day)
    city = settings().open()
    made, report = read_demand(
        file,
        facts={"name": name, "unit": unit, "source": source, "date": day.strip()},
        value=value,
        datum=parse_datum(datum) if datum else "",
        cell_m=cell_m,
        layer=layer,
        areas=lambda: area_names(city.workspace, layer),
    )
    save_demand(city.workspace, made)
    placed = _placed(city, name)
    warn(report.warnings)
    document = {
        "read": report.read, "added": len(made),
        "rejected": [{"row": row, "reason": reason} for row, reason in report.rejected],
        "name": name, "unit": unit, "source": source, "date": made.date, "form": made.form,
        "column": report.column, "total": made.total,
        "warnings": report.warnings, **placed,
    }  # fmt: skip
    lines = [f"{len(made)} rows of {report.read} in layer {name} ({made.form})"]
    if report.column:
        lines.append(f"amounts from column {report.column}")
    if placed and placed["unplaced"]:
        lines.append(f"{placed['unplaced']:,.0f} {unit} in {placed['unplaced_rows']} rows found no "
                     "street")  # fmt: skip
    show(document, lines + _rejected(report.rejected))


@demand.command("list")
@shared
def list_demand() -> None:
    """现有的需求。Layers of demand of the city; they are never added up."""
    from locator.demand import demand_names, open_demand

    workspace = settings().open().workspace
    found = [open_demand(workspace, name) for name in demand_names(workspace)]
    layers: list[dict[str, Any]] = [
        {"name": one.name, "unit": one.unit, "source": one.source, "date": one.date,
         "form": one.form, "rows": len(one), "total": one.total}
        for one in found
    ]  # fmt: skip
    rows = [[one.name, one.unit, one.form, one.source, one.date] for one in found]
    lines = table(rows, ["name", "unit", "form", "source", "date"])
    show({"layers": layers}, lines if rows else ["no layers of demand yet"])


COMMANDS = (districts, demand)


def _extent(city: City) -> tuple[float, float, float, float] | None:
    """The city's bounds in degrees; None before its streets."""
    if city.workspace.streets_folder() is None:
        return None
    return city.current().bounds_deg


def _placed(city: City, name: str) -> dict[str, Any]:
    """What of a layer found a street; nothing is said before the streets are there."""
    from locator.counting import find_demand

    if city.workspace.streets_folder() is None:
        return {}
    put = find_demand(city.current(), name)
    return {
        "placed": put.placed, "unplaced": put.unplaced, "unplaced_rows": len(put.unplaced_rows)
    }  # fmt: skip


def _rejected(rows: Sequence[tuple[int, str]]) -> list[str]:
    """Rejected rows for people, the first few."""
    if not rows:
        return []
    lines = [f"{len(rows)} rejected:"]
    lines += [f"  row {row}: {reason}" for row, reason in rows[:_SHOWN_REJECTED]]
    return lines + (["  …"] if len(rows) > _SHOWN_REJECTED else [])
