"""The reach table against asking anew: one row per station in SciPy, one coverage per limit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geodata.vectors import read_streets
from locator.coverage import measure_coverage
from locator.modes import find_mode
from locator.network import StreetNetwork, build_network
from locator.reach import build_reach
from locator.reach_area import draw_area
from locator.rest import measure_rest
from locator.street_building import build_streets
from locator.sweep import sweep_k_nearest
from tests.bench.grids import jittered_grid, put_stations

if TYPE_CHECKING:
    from locator.placement import Placement

Figures = dict[str, Mapping[str, Any]]
LIMITS = np.linspace(50.0, 3000.0, 100)


@pytest.fixture(scope="module")
def poa(shared_data: Path) -> StreetNetwork:
    lines = read_streets([shared_data / "osm" / "poa_osm.pbf"]).lines
    return build_network(build_streets(lines), find_mode("walk"))


@pytest.fixture(scope="module")
def blocks() -> StreetNetwork:
    """A grid of 100,000 crossings."""
    return jittered_grid(100_000)


def scipy_rows(network: StreetNetwork, placement: Placement) -> np.ndarray:
    """The three nearest of each node from one row a station; all stand on nodes at no cost."""
    into = network.into
    size = len(into.first) - 1
    matrix = csr_array((into.length_m, into.node, into.first), shape=(size, size))
    rows = dijkstra(matrix, indices=placement.seed_node)
    return np.sort(rows, axis=0)[:3].T


def compare(network, stations: int, interleaved, rounds: int) -> dict[str, float]:
    placement = put_stations(network, stations)
    np.testing.assert_allclose(
        sweep_k_nearest(network, placement, 3)[0], scipy_rows(network, placement), atol=1e-6
    )
    taken = interleaved(
        {
            "ours": lambda: sweep_k_nearest(network, placement, 3),
            "scipy": lambda: scipy_rows(network, placement),
        },
        rounds=rounds,
    )
    return {**taken, "ratio": taken["scipy"] / taken["ours"]}


def test_three_nearest_of_a_hundred_thousand_nodes(blocks, interleaved, figures: Figures) -> None:
    measured = compare(blocks, 300, interleaved, 2)
    figures["three nearest of every node, 100,000 nodes, 300 stations"] = measured
    assert measured["ratio"] >= 40


def test_hundred_limits_off_the_table(poa, interleaved, figures: Figures) -> None:
    placement = put_stations(poa, 30)

    def table() -> np.ndarray:
        return build_reach(poa, placement).curve().at(LIMITS)

    def anew() -> list[float]:
        return [measure_coverage(poa, placement, limit).covered_m for limit in LIMITS.tolist()]

    np.testing.assert_allclose(table(), anew(), rtol=1e-9, atol=1e-3)
    taken = interleaved({"table and curve": table, "100 coverages": anew}, rounds=3)
    ratio = taken["100 coverages"] / taken["table and curve"]
    reach = build_reach(poa, placement)
    curve = reach.curve()
    parts = interleaved(
        {
            "100 limits read": lambda: curve.at(LIMITS),
            "one coverage from the table": lambda: reach.at(1000.0),
            "one coverage": lambda: measure_coverage(poa, placement, 1000.0),
        },
        rounds=9,
    )
    figures["reach table of Porto Alegre"] = {**taken, **parts, "ratio": ratio, "knots": len(curve)}
    assert ratio >= 10


def test_area_and_rest_of_porto_alegre(poa, interleaved, figures: Figures) -> None:
    placement = put_stations(poa, 30)
    reach = build_reach(poa, placement)
    figures["display and break budget, Porto Alegre"] = interleaved(
        {
            "area within 500 m": lambda: draw_area(reach, 500.0),
            "rest of 20 min": lambda: measure_rest(poa, placement, 20.0).totals(),
        },
        rounds=3,
    )
    areas = [draw_area(reach, limit).shape.area for limit in (300.0, 500.0)]
    assert 0.0 < areas[0] < areas[1]
    assert measure_rest(poa, placement, 20.0).totals().total == pytest.approx(poa.total_m)
    areas = [draw_area(reach, limit).shape.area for limit in (300.0, 500.0)]
    assert 0.0 < areas[0] < areas[1]
    assert measure_rest(poa, placement, 20.0).totals().total == pytest.approx(poa.total_m)
