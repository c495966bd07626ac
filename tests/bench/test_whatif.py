"""A station more or less against measuring the city anew, in turn in one process."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata.vectors import read_streets
from locator.counted import count_length
from locator.coverage import measure_coverage
from locator.footing import Footing
from locator.modes import find_mode
from locator.network import StreetNetwork, build_network
from locator.street_building import build_streets
from locator.whatif import start_whatif
from tests.bench.grids import jittered_grid, put_stations

Figures = dict[str, Mapping[str, Any]]
TRIES = 20


@pytest.fixture(scope="module", params=["Porto Alegre", "1,000,000"])
def city(request: pytest.FixtureRequest) -> tuple[str, StreetNetwork, int]:
    """Name, network, number of stations."""
    if request.param != "Porto Alegre":
        return request.param, jittered_grid(1_000_000), 300
    data: Path = request.getfixturevalue("shared_data")
    lines = read_streets([data / "osm" / "poa_osm.pbf"]).lines
    return request.param, build_network(build_streets(lines), find_mode("walk")), 30


def changes(
    network: StreetNetwork, within_m: float, count: int
) -> tuple[Callable[[], None], Callable[[], None]]:
    """A few stations added each for itself, and a few closed."""
    codes = [str(i) for i in range(count)]
    placement = put_stations(network, count)
    trial = start_whatif(network, placement, within_m, count_length(network.streets), codes)
    rng = np.random.default_rng(4)
    main = network.component[network.streets.ends[:, 0]] == 0
    streets = rng.choice(np.flatnonzero(main & (network.travel != 0)), TRIES).tolist()
    closed = [str(code) for code in rng.choice(count, TRIES)]

    def add() -> None:
        for street in streets:
            trial.add(street, float(network.streets.length_m[street]) / 2)

    def close() -> None:
        for code in closed:
            trial.close(code)

    return add, close


@pytest.mark.parametrize("within_m", [500.0, 1000.0])
def test_one_station_more_or_less_against_measuring_anew(
    city, within_m: float, interleaved, figures: Figures
) -> None:
    name, network, count = city
    placement = put_stations(network, count)
    counted = count_length(network.streets)
    add, close = changes(network, within_m, count)
    footing = Footing(network, placement, within_m, counted)
    taken = interleaved(
        {
            "adding": add,
            "closing": close,
            "coverage anew": lambda: measure_coverage(network, placement, within_m, depths=False),
            "numbers anew": footing._sweep,
        },
        rounds=9,
    )
    each = {key: taken[key] / TRIES for key in ("adding", "closing")}
    ratios = {f"{key} is faster": taken["coverage anew"] / each[key] for key in each}
    lean = {f"{key}, numbers alone": taken["numbers anew"] / each[key] for key in each}
    figures[f"what if, {name}, {within_m:.0f} m"] = {**taken, **each, **ratios, **lean}
    assert min(ratios.values()) >= (8 if name == "Porto Alegre" else 100)


def test_footing_of_a_million_nodes_is_small(figures: Figures) -> None:
    network = jittered_grid(1_000_000)
    placement, counted = put_stations(network, 300), count_length(network.streets)
    tracemalloc.start()
    trial = start_whatif(network, placement, 1000.0, counted, [str(i) for i in range(300)])
    trial.add(1000, 10.0)
    held, peak = (value / 2**20 for value in tracemalloc.get_traced_memory())
    tracemalloc.stop()
    figures["what if, memory of 1,000,000 nodes"] = {"held MB": held, "peak MB": peak}
    assert peak <= 350
