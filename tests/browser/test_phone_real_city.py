"""A real city on the phone: Porto Alegre's streets and public water and toilets, as mapped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_phone_nearest import names_told

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
    told, ties = names_told(chromium, porto_alegre, PLACES, seed=29)
    assert told > 300
    assert ties < PLACES / 50
