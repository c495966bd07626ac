"""A real city on the phone: Porto Alegre's streets and public water and toilets, as mapped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from locator.city import City
from locator.nearest import find_nearest
from tests.browser.test_phone_nearest import (
    NEAR_M,
    ask_page,
    random_places,
    stands_between_streets,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLACES = 400


@pytest.fixture(scope="module")
def porto_alegre(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city folder with mapped drinking water and toilets as stations."""
    city = tmp_path_factory.mktemp("real") / "poa"

    def run(*arguments: object) -> None:
        command = [sys.executable, "-m", "locator.cli", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    run("init", city, "--name", "Porto Alegre")
    run("streets", "import", shared_data / "osm" / "poa_osm.pbf", "--city", city)
    for tag in ("amenity=drinking_water", "amenity=toilets"):
        run("stations", "import", "--kind", "rest_station", "--osm", tag, "--city", city)
    return city


def test_phone_names_the_stations_of_the_server_in_a_real_city(
    chromium: Browser, porto_alegre: Path
) -> None:
    view = City.open(porto_alegre).current()
    among = view.placement(among=~view.stations.is_staff_only)
    places = random_places(view, PLACES, seed=29)
    questions = [{"lon": lon, "lat": lat, "k": 2, "routes": False} for lon, lat in places.tolist()]
    answers = ask_page(chromium, porto_alegre, questions)
    near = find_nearest(
        view.network("walk"), among, view.to_xy(places), stations_xy_m=view.stations.xy_m, k=2
    )
    told = ties = 0
    for row, answer in enumerate(answers):
        metres = near.distance_m[row]
        assert answer["outcome"] == near.outcome[row]
        if answer["outcome"] != "found":
            continue
        ours = answer["results"][0]["distance_m"]
        if abs(ours - metres[0]) >= NEAR_M:
            ties += 1
            assert stands_between_streets(view, among, places[row], ours)
        elif metres[1] - metres[0] >= NEAR_M:
            told += 1
            assert answer["results"][0]["code"] == view.stations.code[near.index[row][0]]

    assert told > 300
    assert ties < PLACES / 50
