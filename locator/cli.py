"""The command line: parse, call the library, print JSON or a table.

Results go to stdout; progress and warnings to stderr. Exit 0 is done (an empty answer too, with
its outcome), 1 failed, 2 wrong usage or bad input. Nothing heavy is imported before a command
runs, so that help is instant.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from locator import (
    barrier_commands,
    explanation_commands,
    layer_commands,
    reach_commands,
    scenario_commands,
    week_commands,
)
from locator.care_commands import stations
from locator.coverage_commands import coverage
from locator.nearest_commands import nearest
from locator.plan_commands import plan
from locator.terminal import (
    Commands,
    Progress,
    metres,
    settings,
    shared,
    show,
    show_error,
    show_usage_error,
    table,
    warn,
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="station-locator")
@shared
def cli() -> None:
    """户外劳动者驿站。Stations for outdoor workers: the nearest, the gaps, where new ones go."""


@cli.group()
@shared
def streets() -> None:
    """全市的街道。The streets of the city."""


cli.add_command(stations)
cli.add_command(nearest)
cli.add_command(coverage)
cli.add_command(plan)
plan.add_command(explanation_commands.explain)
for _command in (
    *scenario_commands.COMMANDS,
    *barrier_commands.COMMANDS,
    *layer_commands.COMMANDS,
    *reach_commands.COMMANDS,
    *week_commands.COMMANDS,
):
    cli.add_command(_command)


# -- city --------------------------------------------------------------------------------------


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the city.")
@click.option("--boundary", type=click.Path(path_type=Path), help="File with the city's area.")
@click.option("--datum", default="wgs84", show_default=True, help="Datum of the boundary file.")
@click.option("--crs", default="", help="Metric CRS, as EPSG:4549; picked where left out.")
@click.option("--code-prefix", default="ST", show_default=True, help="First part of new codes.")
@click.option("--database-url", default="", help="postgresql://user@host/name, for the registry.")
@shared
def init(
    folder: Path, name: str, boundary: Path | None, datum: str, crs: str, code_prefix: str,
    database_url: str,
) -> None:  # fmt: skip
    """新建城市文件夹。Make a new city folder."""
    from geodata.areas import read_areas
    from geodata.datum import parse_datum
    from locator.city import City
    from locator.workspace import CityConfig

    areas = read_areas(boundary, datum=parse_datum(datum)) if boundary else None
    config = CityConfig(name=name, crs=crs, code_prefix=code_prefix, database_url=database_url)
    City.create(folder, config, boundary=areas)
    show({"city": str(folder)}, [f"{folder} is ready: now import its streets"])


@cli.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, help="Another seed, another city.")
@click.option(
    "--scale", type=click.Choice(["city", "town"]), default="city", show_default=True,
    help="About 100,000 street nodes, or about 500.",
)  # fmt: skip
@shared
def sample(folder: Path | None, seed: int, scale: str) -> None:
    """生成示例南通。Make the sample Nantong: an invented city to try things in (示例数据)."""
    from locator.sample import make_sample_city

    target = folder or settings().path
    made = make_sample_city(target, scale=scale, seed=seed, report=Progress())
    show(
        made,
        [
            f"{made['city']}: 示例数据 SAMPLE, nothing in it is real",
            f"{made['streets']:,} streets, {made['stations']:,} stations, "
            f"{made['districts']} districts in {made['seconds']:.1f} s",
        ],
    )


@streets.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--boundary", type=click.Path(path_type=Path), help="File with the city's area.")
@click.option("--buffer", "buffer_m", type=click.FloatRange(min=0), help="Metres kept beyond it.")
@shared
def import_streets(files: tuple[Path, ...], boundary: Path | None, buffer_m: float | None) -> None:
    """导入街道，替换原有的。Replace the streets by those of FILES.

    OpenStreetMap (.osm.pbf .osm), GIS lines (.gpkg .shp .geojson .fgb) or OSMnx (.graphml).
    """
    city = settings().open()
    made = city.import_streets(files, boundary=boundary, buffer_m=buffer_m, report=Progress())
    warn(made["warnings"])
    rows = [
        [mode, metres(made["length_m"][mode]), f"{count:,}", f"{made['main_share'][mode]:.1%}"]
        for mode, count in made["components"].items()
    ]
    lines = [f"{made['nodes']:,} nodes, {made['edges']:,} streets in {made['seconds']:.1f} s"]
    lines += table(rows, ["mode", "length", "pieces", "in the largest"])
    if made["difference"]:
        change = ", ".join(f"{key} {value:,.0f}" for key, value in made["difference"].items())
        lines.append(f"change: {change}")
    show(made, lines)


@cli.command()
@click.option("--public", is_flag=True, help="Also what is needed before going public.")
@shared
def doctor(public: bool) -> None:
    """全面体检，急的在前。What is wrong, unknown or due in the city, most urgent first.

    With --public it ends with 1 while anything of it stands in the way (✗), and reads the server's
    settings from LOCATOR_* of this shell: run it with those of the service.
    """
    from locator.checks import FAIL
    from locator.doctor import examine, to_document
    from locator.doctor_texts import check_lines

    checks = examine(settings().open(), public=public)
    show(to_document(checks), [line for check in checks for line in check_lines(check)])
    if public and any(check.status == FAIL for check in checks):
        sys.exit(1)


def main() -> None:
    """Run the command line; one line a failure, never a traceback."""
    from locator.errors import LocatorError

    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as problem:
        show_usage_error(problem)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("停了，没有存一半的东西 stopped; nothing was half-saved", err=True)
        sys.exit(1)
    except LocatorError as problem:
        show_error(str(problem))
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
    except (OSError, OverflowError, MemoryError, RecursionError, UnicodeError) as problem:
        kind = type(problem).__name__
        show_error(f"{kind} {problem}: check the input and the disk", "请检查输入和磁盘")
        sys.exit(2)


if __name__ == "__main__":
    main()
