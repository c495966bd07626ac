"""Are positions right: what the datum check finds, and the time of all checks for a large file.

The shares are those of the table in `locator.datum_check`; batches are drawn with fixed seeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from geodata.datum import from_wgs84
from geodata.sample_city import make_sample
from geodata.vectors import read_streets
from locator.datum_check import judge_datum
from locator.ground import Ground, make_ground
from locator.modes import find_mode
from locator.network import build_network
from locator.place_checks import Place, check_places
from locator.registry.alike import find_alike
from locator.sights import snap_any
from locator.street_building import build_streets
from tests.streetsides import draw_beside

if TYPE_CHECKING:
    from locator.streets import Streets

Figures = dict[str, Mapping[str, Any]]
Floats = np.ndarray
Draw = Callable[[np.random.Generator, int], Floats]
FILES = {
    "shanghai": "osm/shanghai_small.osm",
    "jinan": "osm/jinan/edges.shp",
    "shenzhen": "osm/transbigdata_G.graphml",
}
WRONG = (("wgs84", "gcj02"), ("gcj02", "bd09"), ("bd09", "wgs84"))
REACH_M = 4000.0
LARGE = 100_000


class City(NamedTuple):
    ground: Ground
    streets: Streets

    def beside(
        self, rng: np.random.Generator, count: int, off_m: tuple[float, float] = (3.0, 25.0)
    ) -> Floats:
        """Stations beside streets within 4 km of one of them."""
        return draw_beside(self.streets, rng, count, off_m=off_m, within_m=REACH_M)

    def set_back(self, rng: np.random.Generator, count: int) -> Floats:
        """Stations behind wide pavements and forecourts."""
        return self.beside(rng, count, (20.0, 70.0))

    def inside_blocks(self, rng: np.random.Generator, count: int) -> Floats:
        """Places 40 to 150 m from any street."""
        centre = self.streets.xy_m[rng.integers(len(self.streets.xy_m))]
        drawn = centre + rng.uniform(-1500, 1500, (20_000, 2))
        snap_m = snap_any(self.ground, drawn, 150.0)
        return drawn[(snap_m >= 40) & (snap_m < 150)][:count]

    def anywhere(self, rng: np.random.Generator, count: int) -> Floats:
        centre = self.streets.xy_m[rng.integers(len(self.streets.xy_m))]
        return np.asarray(centre + rng.uniform(-1500, 1500, (count, 2)))

    def share_found_wrong(
        self, draw: Draw, count: int, batches: int, pair: tuple[str, str]
    ) -> float:
        rng = np.random.default_rng(count)
        declared, true = pair
        found = 0
        for _ in range(batches):
            received = from_wgs84(self.ground.projection.to_lonlat(draw(rng, count)), true)
            found += judge_datum(received, declared, ground=self.ground).is_wrong
        return found / batches


def open_city(name: str, shared_data: Path) -> City:
    if name == "sample":
        made = make_sample("city", seed=0)
        streets, water = build_streets(made.lines, crs="EPSG:4549"), made.water
    else:
        streets, water = build_streets(read_streets([shared_data / FILES[name]]).lines), ()
    network = build_network(streets, find_mode("walk"))
    return City(make_ground(streets.projection, network, water=water), streets)


@pytest.mark.parametrize("name", [*FILES, "sample"])
def test_wrong_datums_are_found_without_false_alarms(
    name: str, shared_data: Path, figures: Figures
) -> None:
    city = open_city(name, shared_data)
    for count, batches in ((5, 40), (10, 40), (20, 20), (50, 10), (200, 4)):
        found = [city.share_found_wrong(city.beside, count, batches, pair) for pair in WRONG]
        right = ("wgs84", "wgs84")
        back = city.share_found_wrong(city.set_back, count, batches, WRONG[0])
        alarm = city.share_found_wrong(city.beside, count, 2 * batches, right)
        blind = [
            city.share_found_wrong(draw, count, 2 * batches, right)
            for draw in (city.inside_blocks, city.anywhere)
        ]
        figures[f"datum check of {count} in {name}"] = {
            "found": float(np.mean(found)),
            "set_back": back,
            "alarm": alarm,
            "blind": float(np.mean(blind)),
        }
        assert alarm == 0
        assert max(blind) <= max(0.02, 2 / (2 * batches))
        if count >= 20:
            assert min(found) >= 0.9


def test_checks_of_a_large_file_take_seconds(shared_data: Path, figures: Figures) -> None:
    city = open_city("sample", shared_data)
    rng = np.random.default_rng(0)
    lonlat = city.ground.projection.to_lonlat(
        np.vstack([city.beside(rng, LARGE // 100) for _ in range(100)])
    )
    names = city.streets.names
    addresses = [f"某区{names[1 + i % (len(names) - 1)]}{i}号" for i in range(LARGE)]
    places = [
        Place(lon, lat, address=address)
        for (lon, lat), address in zip(lonlat.tolist(), addresses, strict=True)
    ]
    judge_datum(lonlat[:10], "gcj02", ground=city.ground)  # compiles
    taken = {}
    for what, call in {
        "datum_s": lambda: judge_datum(lonlat, "gcj02", ground=city.ground, addresses=addresses),
        "places_s": lambda: check_places(places, city.ground),
        "alike_s": lambda: find_alike(addresses, ["rest_station"] * LARGE, lonlat),
    }.items():
        begun = time.process_time()
        call()
        taken[what] = time.process_time() - begun
    figures[f"checks of {LARGE} places"] = taken
    assert sum(taken.values()) < 120
