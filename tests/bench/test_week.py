"""A week and all losses, in sweeps: what one sweep over the same city takes is the measure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata.vectors import read_streets
from locator.alone import measure_losses, measure_pairs
from locator.counted import count_length
from locator.coverage import measure_coverage
from locator.footing import Footing
from locator.hours import Hours, Rule
from locator.modes import find_mode
from locator.network import StreetNetwork, build_network
from locator.openings import find_openings, holiday_days, ordinary_days
from locator.street_building import build_streets
from locator.sweep import sweep_nearest
from locator.week_measuring import measure_week
from tests.bench.grids import jittered_grid, put_stations

Figures = dict[str, Mapping[str, Any]]


@pytest.fixture(scope="module", params=["Porto Alegre", "100,000"])
def city(request: pytest.FixtureRequest) -> tuple[str, StreetNetwork, int]:
    """Name, network, number of stations."""
    if request.param != "Porto Alegre":
        return request.param, jittered_grid(100_000), 300
    data: Path = request.getfixturevalue("shared_data")
    lines = read_streets([data / "osm" / "poa_osm.pbf"]).lines
    return request.param, build_network(build_streets(lines), find_mode("walk")), 30


def posted(count: int) -> list[Hours]:
    """Hours as stations post them: most by day, some long, a few always or unknown."""
    rng = np.random.default_rng(7)
    rows = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.1:
            rows.append(Hours())
        elif kind < 0.2:
            rows.append(Hours((Rule(127, 0, 1440),), known=True))
        else:
            days = int(rng.choice([31, 127, 127, 63]))
            opens = int(rng.choice([420, 480, 480, 510, 540, 600]))
            closes = int(rng.choice([1020, 1050, 1080, 1080, 1260, 1320]))
            rows.append(Hours((Rule(days, opens, closes),), known=True))
    return rows


@pytest.mark.parametrize("within_m", [500.0, 1000.0, 5000.0])
def test_week_takes_about_one_sweep_for_each_set(
    city, within_m: float, interleaved, figures: Figures
) -> None:
    name, network, count = city
    placement, counted = put_stations(network, count), count_length(network.streets)
    hours, days = posted(count), [ordinary_days(), holiday_days()]
    footing = Footing(network, placement, within_m, counted)
    masks = []
    for openings in (find_openings(hours, one) for one in days):
        masks += [openings.mask(row) for row in range(len(openings))]
    sets = {mask.tobytes() for mask in masks}
    week = measure_week([footing], hours, days)
    assert week.sets == len(sets)
    taken = interleaved(
        {
            "week": lambda: measure_week([footing], hours, days),
            "sweep": lambda: sweep_nearest(network, placement),
            "coverage": lambda: measure_coverage(network, placement, within_m, depths=False),
        },
        rounds=9,
    )
    sweeps = taken["week"] / len(sets) / taken["sweep"]
    figures[f"week, {name}, {within_m:.0f} m"] = {
        **taken, "sets": len(sets), "sweeps a set": sweeps,
        "coverages a set": taken["week"] / len(sets) / taken["coverage"],
    }  # fmt: skip
    # Wanted: 1.1 at every limit. In a small city at 5 km half of the sets are swept anew, and all
    # streets are measured: 1.05 to 1.17 there.
    assert sweeps <= (1.1 if within_m <= 1000 or count > 30 else 1.25)


@pytest.mark.parametrize("within_m", [500.0, 1000.0])
def test_losses_of_all_stations_take_three_sweeps_at_most(
    city, within_m: float, interleaved, figures: Figures
) -> None:
    name, network, count = city
    placement, counted = put_stations(network, count), count_length(network.streets)
    taken = interleaved(
        {
            "losses": lambda: measure_losses(network, placement, within_m, counted),
            "pairs": lambda: measure_pairs(network, placement, within_m, counted),
            "sweep": lambda: sweep_nearest(network, placement),
            "coverage": lambda: measure_coverage(network, placement, within_m, depths=False),
        },
        rounds=15,
    )
    sweeps = taken["losses"] / taken["sweep"]
    figures[f"losses of {count} stations, {name}, {within_m:.0f} m"] = {
        **taken, "sweeps": sweeps, "one by one is slower": count * taken["coverage"]
        / taken["losses"],
    }  # fmt: skip
    assert sweeps <= 3
