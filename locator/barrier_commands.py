"""Commands for barriers: gates, fences and closed areas; import, list and clear them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.terminal import settings, shared, show, table

if TYPE_CHECKING:
    from locator.city import City

_SHOWN_REJECTED = 10


@click.group()
@shared
def barriers() -> None:
    """门、围栏和封路。Gates, fences and closed areas, with their days and hours."""


def _describe(city: City) -> list[dict[str, Any]]:
    """The barriers of a city as documents; `meets_street` is null where there are no streets."""
    from locator.barriers import load_barriers

    found = load_barriers(city.workspace)
    held = None
    if found and city.workspace.streets_folder() is not None:
        held = city.unbarred().with_barriers().store.barred
    rows = []
    for place, barrier in enumerate(found):
        told = dict(barrier.to_area().properties)
        told["shape"] = barrier.shape.geom_type
        told["meets_street"] = None if held is None else place not in held.unmet
        rows.append(told)
    return rows


@barriers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", default="wgs84", show_default=True, help="Datum of FILE, as gcj02.")
@shared
def import_barriers(file: Path, datum: str) -> None:
    """加入封路。Add the points, lines and areas of FILE (.geojson .gpkg .shp; gates: .csv .xlsx).

    Columns, none of them needed: name, from_date, to_date, hours (when it is shut), modes, source.
    """
    from locator.barrier_files import import_barriers as add

    report = add(settings().open().workspace, file, datum=datum)
    lines = [f"{report.added} barriers added, of {report.read} in the file"]
    if report.known:
        lines.append(f"{report.known} were there already")
    rejected = report.rejected
    lines += [f"row {row}: {reason}" for row, reason in rejected[:_SHOWN_REJECTED]]
    if len(rejected) > _SHOWN_REJECTED:
        lines.append(f"and {len(rejected) - _SHOWN_REJECTED} more were rejected")
    show(report.to_json(), lines)


@barriers.command("list")
@shared
def list_barriers() -> None:
    """现有的封路。Barriers of the city, and whether the streets in force meet them."""
    rows = _describe(settings().open())
    cells = [
        [
            row["name"] or "—", row["shape"], row["from_date"] or "", row["to_date"] or "",
            row["hours"] or "", " ".join(row["modes"]),
            {True: "yes", False: "no", None: ""}[row["meets_street"]],
        ]
        for row in rows
    ]  # fmt: skip
    head = ["name", "shape", "from", "to", "shut at", "stops", "on a street"]
    show({"barriers": rows}, table(cells, head) if cells else ["no barriers yet"])


@barriers.command("clear")
@shared
def clear_barriers() -> None:
    """去掉所有封路。Remove all barriers of the city."""
    from locator.barriers import load_barriers, save_barriers

    workspace = settings().open().workspace
    removed = len(load_barriers(workspace))
    save_barriers(workspace, [])
    show({"removed": removed}, [f"{removed} barriers removed"])


COMMANDS = (barriers,)
