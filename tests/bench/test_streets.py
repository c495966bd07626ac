"""Streets from a real file: against OSMnx on the same data, and in memory.

Figures of prototypes stand in the bounds' comments; the bounds are what the product promises.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import osmium
import pytest

from geodata.vectors import read_streets
from locator.city import City, CityConfig
from locator.street_building import build_streets
from locator.streets import Streets

Figures = dict[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def pbf(shared_data: Path) -> Path:
    return shared_data / "osm" / "poa_osm.pbf"


@pytest.fixture(scope="module")
def xml(pbf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same file as XML, which is what OSMnx reads; converting it is not timed."""
    target = tmp_path_factory.mktemp("xml") / "poa.osm"
    with osmium.SimpleWriter(str(target)) as writer:
        for entity in osmium.FileProcessor(str(pbf)):
            writer.add(entity)
    return target


@pytest.mark.filterwarnings("ignore")
def test_import_is_20_times_faster_than_osmnx(
    pbf: Path, xml: Path, tmp_path: Path, interleaved, figures: Figures
) -> None:
    import osmnx

    numbers = count()

    def into_a_new_city() -> None:  # an import into an old one also compares, which OSMnx does not
        city = City.create(tmp_path / str(next(numbers)), CityConfig(name="poa"))
        city.import_streets([pbf])

    taken = interleaved(
        {"ours": into_a_new_city, "osmnx": lambda: osmnx.graph_from_xml(xml)}, rounds=3
    )
    ratio = taken["osmnx"] / taken["ours"]
    figures["import of poa_osm.pbf"] = {**taken, "ratio": ratio}
    assert ratio >= 20  # 30 measured


def test_import_stays_within_150_mb(pbf: Path, tmp_path: Path, figures: Figures) -> None:
    City.create(tmp_path / "city", CityConfig(name="poa"))
    code = (
        "import sys; from locator.cli import main\n"
        "try: main()\n"
        "finally: print(open('/proc/self/status').read(), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "streets", "import", str(pbf)]
    done = subprocess.run(
        [*command, "--city", str(tmp_path / "city")], capture_output=True, text=True, check=True
    )
    # VmHWM starts anew with the program; ru_maxrss would count the process that forked it.
    (peak_kb,) = re.findall(r"VmHWM:\s+(\d+) kB", done.stderr)
    peak_mb = int(peak_kb) / 1024
    figures["peak memory of that import"] = {"MB": peak_mb}
    assert peak_mb <= 150  # 94


def test_streets_reopen_mapped(benchmark, pbf: Path, tmp_path: Path, figures: Figures) -> None:
    build_streets(read_streets([pbf]).lines).save(tmp_path / "streets")
    streets = benchmark(Streets.open, tmp_path / "streets")
    assert len(streets) > 20_000
    seconds = benchmark.stats.stats.median
    figures["reopening its streets"] = {"ms": seconds * 1e3}
    assert seconds <= 0.020
