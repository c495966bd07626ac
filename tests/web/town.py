"""The sample town of the web and browser tests, built by the product's own command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

# What a name may hold to become code somewhere: in a template literal, as markup, as the end of
# a script, in an attribute. None of it may ever run.
PAYLOADS = (
    "${window.hacked=1}站",
    '<img src=x onerror="window.hacked=1">站',
    "</script><script>window.hacked=1</script>站",
    "`+(window.hacked=1)+`站",
    '"onmouseover="window.hacked=1" 站',
    "{{ 7 * 7 }}站",
    "{% raw %}站",
)


def build_town(folder: Path) -> Path:
    """Build the sample town at `folder`."""
    from locator.cli import cli

    done = CliRunner().invoke(cli, ["sample", str(folder), "--scale", "town"])
    assert done.exit_code == 0, done.output
    return folder


def add_stations(
    folder: Path, names: Sequence[str], *, near: tuple[float, float], kind: str = "rest_station"
) -> None:
    """Import stations with these names through the real import, side by side near a point."""
    from geodata.tables import read_rows
    from locator.city import City

    lon, lat = near
    rows = [
        {"name": name, "lon": lon + 1e-4 * place, "lat": lat, "hours": name, "address": name}
        for place, name in enumerate(names)
    ]
    sheet = folder.with_name(f"{folder.name}-stations.json")
    sheet.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    report = City.open(folder).import_stations(read_rows(sheet), kind=kind, source="test")
    assert report.added == len(names), report
