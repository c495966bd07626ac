"""The nearest API of a real `locator serve` under 32 connections: 10,000 stations, 100,000 nodes.

The figures to reach are 800 answers a second, 120 ms for 99 of 100 and 200 MB; they are printed
with the load of the machine. What is asserted is a ratio of one run: an answer against the least
that the same server can say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from geodata.tables import rows_from_records
from locator.city import City
from tests.web.server import COMMAND, serving

Figures = dict[str, Mapping[str, Any]]
STATIONS, ASKED, CONNECTIONS = 10_000, 4000, 32
OFF = {f"LOCATOR_LIMIT_{name}": "1000000/minute" for name in ("REQUESTS", "QUESTIONS")}


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample city with stations at random crossings beside its own."""
    folder = tmp_path_factory.mktemp("big") / "city"
    subprocess.run([*COMMAND, "sample", str(folder), "--scale", "city"], check=True)
    city = City.open(folder)
    view = city.current()
    main = np.flatnonzero(view.network("walk").component == 0)
    chosen = np.random.default_rng(1).choice(main, STATIONS - len(view.stations), replace=False)
    places = view.to_lonlat(view.streets.node_xy_m[chosen]).tolist()
    hours = "周一至周五 8:30-17:00；周六 9:00-12:00"
    rows = [
        {"name": f"测试站{number}", "lon": lon, "lat": lat, "hours": hours}
        for number, (lon, lat) in enumerate(places)
    ]
    city.import_stations(rows_from_records(rows, source="bench"), kind="rest_station")
    return folder


@pytest.fixture(scope="module")
def server(big: Path) -> Iterator[tuple[int, str]]:
    with serving("serve", "--city", str(big), "--port", "0", environ=OFF) as (process, url):
        yield process.pid, url


def bodies(big: Path, **more: Any) -> list[tuple[str, str]]:
    view = City.open(big).current()
    rng = np.random.default_rng(3)
    rows = rng.choice(len(view.streets.node_xy_m), ASKED)
    places = view.to_lonlat(view.streets.node_xy_m[rows] + rng.uniform(-20, 20, (ASKED, 2)))
    return [
        ("/api/v1/nearest", json.dumps({"lon": lon, "lat": lat, "k": 5, **more}))
        for lon, lat in places.round(4).tolist()
    ]


def load(server: tuple[int, str], asked: list[tuple[str, str]], file: Path) -> dict[str, float]:
    """What the client measures, and the processor seconds that the server took."""
    pid, url = server
    file.write_text(json.dumps(asked), encoding="utf-8")
    parts = urlsplit(url)
    command = [sys.executable, "-m", "tests.bench.loading", str(parts.hostname), str(parts.port)]
    before = cpu_s(pid)
    done = subprocess.run(
        [*command, str(CONNECTIONS), str(file)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"server_cpu_ms": 1e3 * (cpu_s(pid) - before) / found["requests"]}


def family(pid: int) -> list[int]:
    """The server and its workers."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *(int(child) for child in path.read_text(encoding="ascii").split())]


def cpu_s(pid: int) -> float:
    total = 0
    for one in family(pid):
        text = Path(f"/proc/{one}/stat").read_text(encoding="ascii")
        fields = text.rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> dict[str, float]:
    """What the server and its workers take together, each shared page counted once."""
    found = {"Pss": 0.0, "Pss_Anon": 0.0}
    for one in family(pid):
        text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        for name in found:
            found[name] += int(text.split(f"{name}:")[1].split()[0]) / 1024
    return {f"{name}_MB": value for name, value in found.items()}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nearest_costs_few_times_the_least_answer(
    big: Path, server: tuple[int, str], figures: Figures, tmp_path: Path
) -> None:
    least = load(server, [("/api/v1/health", "")] * ASKED, tmp_path / "least.json")
    short = load(server, bodies(big, routes=False), tmp_path / "short.json")
    whole = load(server, bodies(big)[: ASKED // 4], tmp_path / "whole.json")
    figures["nearest, 5 of 10,000 stations, no ways"] = short | megabytes(server[0])
    figures["the same with the ways in words"] = whole
    figures["the least answer (health)"] = least
    assert [least["refused"], short["refused"], whole["refused"]] == [0, 0, 0]
    assert short["server_cpu_ms"] < 10 * least["server_cpu_ms"]  # 5
