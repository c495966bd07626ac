"""An import of streets: lines become streets, networks and a basemap; all in force, or nothing."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.areas import Area, to_geojson, unite
from locator.basemap import draw_basemap
from locator.errors import DataError, InputError
from locator.modes import laid_modes
from locator.network import StreetNetwork, build_network
from locator.street_building import build_streets
from locator.street_store import kept_buffer
from locator.streets import Streets, compare_streets
from locator.workspace import CityConfig, Workspace, replace_text, write_json_lines

if TYPE_CHECKING:
    from geodata.extract import StreetExtract
    from locator.version import Report


def replace_streets(
    workspace: Workspace,
    config: CityConfig,
    extract: StreetExtract,
    *,
    areas: list[Area],
    buffer_m: float | None = None,
    started: float | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Build streets and networks from lines and put them in force, all or nothing.

    Their places and waters are kept beside them for later questions, and so is the basemap.

    Parameters
    ----------
    areas
        The boundary; none: all streets count.
    buffer_m
        Metres of streets to keep beyond it; None as of the last import.
    started
        Reading of the clock from which `seconds` count.

    Returns
    -------
    dict
        The JSON document of `locator streets import`.
    """
    tell = report or (lambda _share, _text: None)
    started = time.perf_counter() if started is None else started
    tell(0.3, "building streets")
    buffer_m = _checked(buffer_m) if buffer_m is not None else buffer_of(workspace, config)
    streets = build_streets(
        extract.lines,
        crs=config.crs or None,
        boundary=unite(areas) if areas else None,
        buffer_m=buffer_m,
    )
    difference, lost = _difference(workspace, streets)
    with workspace.new_streets(streets.hash) as folder:
        networks = _write(folder, streets, extract, buffer_m, tell)
        if areas:
            replace_text(workspace.boundary_path, to_geojson(areas))
    tell(1.0, "done")
    return {
        "nodes": len(streets.node_xy_m),
        "edges": len(streets),
        "length_m": {code: row["length_m"] for code, row in networks.items()},
        "components": {code: row["components"] for code, row in networks.items()},
        "main_share": {code: row["main_share"] for code, row in networks.items()},
        "difference": difference,
        "warnings": [*extract.lines.warnings, *lost],
        "seconds": round(time.perf_counter() - started, 3),
    }


def _write(
    folder: Path, streets: Streets, extract: StreetExtract, buffer_m: float, tell: Report
) -> dict[str, dict[str, Any]]:
    """Write all of an import to its folder; what there is to say of each mode's network."""
    networks = {}
    streets.save(folder / "streets")
    laid = laid_modes()
    for place, mode in enumerate(laid):
        tell(0.6 + 0.3 * place / len(laid), f"network {mode.code}")
        network = build_network(streets, mode)
        network.save(folder / "networks" / mode.code)
        networks[mode.code] = _describe(network)
    replace_text(folder / "import.json", json.dumps({"buffer_m": buffer_m}))
    write_json_lines(folder / "pois.jsonl", (poi._asdict() for poi in extract.pois))
    waters = [
        Area(water.geometry, {"id": water.id, "kind": water.kind, "name": water.name})
        for water in extract.water
    ]
    (folder / "water.geojson").write_text(to_geojson(waters), encoding="utf-8")
    draw_basemap(folder, streets, report=lambda share, text: tell(0.9 + 0.1 * share, text))
    return networks


def buffer_of(workspace: Workspace, config: CityConfig) -> float:
    """Metres of streets kept beyond the boundary: as of the last import, else the city's."""
    try:
        folder = workspace.streets_folder()
    except DataError:  # the streets are being replaced because they are damaged
        folder = None
    kept = None if folder is None else kept_buffer(folder)
    return config.buffer_m if kept is None else kept


def _checked(buffer_m: float) -> float:
    if not 0 <= buffer_m < math.inf:
        raise InputError(f"the buffer is {buffer_m} m, expected 0 or more metres")
    return buffer_m


def _difference(
    workspace: Workspace, streets: Streets
) -> tuple[dict[str, float] | None, list[str]]:
    """What changes against the streets in force; damaged ones are replaced all the same."""
    try:
        before = workspace.streets_folder()
        if before is None:
            return None, []
        return compare_streets(Streets.open(before / "streets"), streets)._asdict(), []
    except DataError as problem:
        return None, [f"the streets before could not be compared: {problem}"]


def _describe(network: StreetNetwork) -> dict[str, Any]:
    return {
        "length_m": round(network.total_m, 3),
        "components": len(network.component_m),
        "main_share": network.main_share,
    }
