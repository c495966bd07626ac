"""The command line as a user runs it: documents, messages and exit codes, on real cities."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

CITIES = {
    "poa": "osm/poa_osm.pbf",
    "monaco": "osm/monaco_osrm.osm.pbf",
    "shanghai": "osm/shanghai_small.osm",
    "jinan": "osm/jinan/edges.shp",
    "shenzhen": "osm/transbigdata_G.graphml",
}
OSM = {"poa", "monaco", "shanghai", "shenzhen"}  # OSMnx files hold OpenStreetMap data too
NEAREST_KEYS = {
    "code", "name", "kind", "lon", "lat", "distance_m", "time_s", "straight_m", "open",
    "closes_in_s",
}  # fmt: skip
COVERAGE_KEYS = {
    "within_m", "total_m", "covered_m", "uncovered_m", "unreachable_m", "share", "depth_m",
    "districts", "gaps", "worst",
}  # fmt: skip
PLAN_KEYS = {
    "objective", "status", "sites", "value", "bound", "gap", "proven", "certificate", "before",
    "after", "seconds", "seed",
}  # fmt: skip


def python(*args: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="session")
def cities(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every real city, imported once through the command line."""
    root = tmp_path_factory.mktemp("cities")
    for name, file in CITIES.items():
        for args in (["init", root / name, "--name", name],
                     ["streets", "import", shared_data / file, "--city", root / name]):  # fmt: skip
            done = python("-m", "locator.cli", *args)
            assert done.returncode == 0, done.stderr
        add_stations(root, name)
    return root


def add_stations(root: Path, name: str) -> None:
    """Stations: OpenStreetMap's own where the file has places, else a sheet made here."""
    city = root / name
    if name in {"poa", "monaco"}:
        for tag in ("amenity=drinking_water", "amenity=toilets"):
            python("-m", "locator.cli", "stations", "import", "--kind", "rest_station",
                   "--osm", tag, "--city", city)  # fmt: skip
        return
    from locator.city import City

    view = City.open(city).current()
    nodes = view.streets.node_xy_m[:: max(len(view.streets.node_xy_m) // 12, 1)]
    rows = [
        f"测试站{i},{lon!r},{lat!r}" for i, (lon, lat) in enumerate(view.to_lonlat(nodes).tolist())
    ]
    sheet = root / f"{name}.csv"
    sheet.write_text("名称,经度,纬度\n" + "\n".join(rows) + "\n", encoding="gb18030")
    done = python("-m", "locator.cli", "--json", "stations", "import", sheet, "--kind",
                  "rest_station", "--city", city)  # fmt: skip
    assert json.loads(done.stdout)["added"] == len(rows), done.stderr


# -- the real cities -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", CITIES)
def test_streets_import_answers_with_its_keys(
    name: str, shared_data: Path, tmp_path: Path, run
) -> None:
    assert run("init", tmp_path / "c", "--name", name, "--json").json == {
        "city": str(tmp_path / "c")
    }
    made = run("streets", "import", shared_data / CITIES[name], "--city", tmp_path / "c", "--json")
    document = made.json
    assert {
        "nodes",
        "edges",
        "length_m",
        "components",
        "main_share",
        "difference",
        "seconds",
    } <= set(document)
    assert set(document["length_m"]) == {"walk", "ebike", "car"}
    assert document["difference"] is None
    assert document["nodes"] > 500
    assert document["main_share"]["walk"] > 0.9
    again = run("streets", "import", shared_data / CITIES[name], "--city", tmp_path / "c", "--json")
    difference = again.json["difference"]
    assert difference["added_m"] == difference["removed_m"] == 0.0
    assert difference["kept_m"] >= max(document["length_m"].values()) - 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("name", CITIES)
def test_three_questions_answer_with_their_keys(
    name: str, cities: Path, run, tmp_path: Path
) -> None:
    from locator.city import City

    city = cities / name
    view = City.open(city).current()
    lon, lat = view.to_lonlat(view.streets.node_xy_m[len(view.streets.node_xy_m) // 2]).ravel()
    near = run("nearest", lon, lat, "--k", 3, "--city", city, "--json")
    assert near.code == 0, near.err
    assert {"outcome", "snap_m", "results"} <= set(near.json)
    assert all(set(row) >= NEAREST_KEYS for row in near.json["results"])
    assert near.json["outcome"] in {"found", "unreachable"}

    gaps = tmp_path / "gaps.geojson"
    cover = run("coverage", "--within", 500, "--gaps", gaps, "--city", city, "--json").json
    assert set(cover) >= COVERAGE_KEYS
    parts = cover["covered_m"] + cover["uncovered_m"] + cover["unreachable_m"]
    assert parts == pytest.approx(cover["total_m"], rel=1e-9)
    assert cover["covered_m"] > 0
    written = json.loads(gaps.read_text("utf-8"))
    assert len(written["features"]) == len(cover["gaps"])
    owed = "© OpenStreetMap contributors" if name in OSM else None
    assert written.get("attribution") == owed

    out = tmp_path / "plan.json"
    plan = run("plan", "--objective", "coverage", "--new", 5, "--within", 1000, "-o", out,
               "--city", city, "--json").json  # fmt: skip
    assert set(plan) >= PLAN_KEYS
    assert plan["bound"] >= plan["value"] > 0
    assert plan["certificate"] in {"u", "tree"}
    assert plan["proven"] == (plan["bound"] == plan["value"])
    assert plan["before"]["covered_m"] + plan["value"] == pytest.approx(plan["after"]["covered_m"])
    assert plan["sites"][-1]["cumulative"] == pytest.approx(plan["value"], abs=1e-2)
    assert json.loads(out.read_text("utf-8")) == plan
    checked = run("--json", "plan", "verify", out, "--city", city).json
    assert (checked["ok"], checked["problems"]) == (True, [])
    assert checked["value"] == pytest.approx(plan["value"], rel=1e-9)


@pytest.mark.slow
def test_osm_tag_on_streets_without_places_reads_nothing(cities: Path, run) -> None:
    for name in ("shanghai", "jinan", "shenzhen"):
        done = run("stations", "import", "--kind", "rest_station", "--osm", "amenity=toilets",
                   "--city", cities / name, "--json")  # fmt: skip
        assert done.code == 0
        assert done.json["read"] == 0


@pytest.mark.slow
def test_porto_alegre_places_are_all_read(cities: Path, run) -> None:
    for tag, count in (("amenity=drinking_water", 9), ("amenity=toilets", 11)):
        done = run("stations", "import", "--kind", "rest_station", "--osm", tag, "--city",
                   cities / "poa", "--json").json  # fmt: skip
        assert [done[key] for key in ("read", "added", "updated", "unchanged")] == [
            count,
            0,
            0,
            count,
        ]


@pytest.mark.slow
def test_negative_longitudes_are_numbers_before_and_after_options(cities: Path, run) -> None:
    a = run("--city", cities / "poa", "--json", "nearest", "-51.22", "-30.04")
    b = run("nearest", "--k", 3, "-51.22", "-30.04", "--json", "--city", cities / "poa")
    assert a.json == b.json
    assert a.json["outcome"] == "found"


@pytest.mark.slow
def test_city_from_the_environment_and_option_wins(cities: Path, run, monkeypatch) -> None:
    monkeypatch.setenv("LOCATOR_CITY", str(cities / "poa"))
    assert run("nearest", "-51.22", "-30.04", "--json").json["outcome"] == "found"
    other = run("--city", cities / "monaco", "nearest", "-51.22", "-30.04", "--json")
    assert other.json["outcome"] == "outside"
    assert other.json["snap_m"] is None


@pytest.mark.slow
def test_zhengzhou_stations_import_from_gcj02(shared_data: Path, tmp_path: Path, run) -> None:
    run("init", tmp_path / "zz", "--name", "郑州", "--code-prefix", "ZZ")
    file = shared_data / "registry/zhengzhou_yizhan/stations_full.json"
    done = run("stations", "import", file, "--datum", "gcj02", "--kind", "rest_station", "--city",
               tmp_path / "zz", "--json")  # fmt: skip
    assert done.json["added"] == done.json["read"] == 82
    assert done.json["datum"] == "gcj02"


# -- tables for people, help, and what is imported -------------------------------------------


@pytest.mark.slow
def test_tables_for_people_are_printed(cities: Path, run) -> None:
    near = run("nearest", "-51.22", "-30.04", "--city", cities / "poa")
    assert "way" in near.out
    cover = run("coverage", "--within", "10min", "--city", cities / "poa")
    assert "within 10min (666 m at 1.11 m/s) of a station" in cover.out
    assert "gaps, the 10 longest" in cover.out


def test_help_lists_the_commands_and_loads_nothing_heavy() -> None:
    heavy = {"geopandas", "pandas", "folium", "flask", "numba", "scipy", "sqlalchemy", "numpy"}
    done = python("-X", "importtime", "-m", "locator.cli", "--help")
    assert done.returncode == 0
    for command in (
        "coverage",
        "init",
        "nearest",
        "plan",
        "sample",
        "serve",
        "stations",
        "streets",
    ):
        assert f"\n  {command} " in done.stdout
    assert imported(done.stderr) & heavy == set()


@pytest.mark.slow
def test_nearest_loads_neither_geopandas_nor_folium(cities: Path) -> None:
    done = python("-X", "importtime", "-m", "locator.cli", "--city", cities / "poa", "nearest",
                  "-51.22", "-30.04")  # fmt: skip
    assert done.returncode == 0
    assert imported(done.stderr) & {"geopandas", "pandas", "folium", "flask"} == set()


@pytest.mark.slow
def test_import_of_pbf_loads_neither_numba_nor_geopandas(
    shared_data: Path, tmp_path: Path, run
) -> None:
    run("init", tmp_path / "c", "--name", "c")
    done = python("-X", "importtime", "-m", "locator.cli", "--city", tmp_path / "c", "streets",
                  "import", shared_data / CITIES["poa"])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert imported(done.stderr) & {"numba", "geopandas", "pandas"} == set()


def imported(importtime: str) -> set[str]:
    names = (line.rpartition("|")[2].strip() for line in importtime.splitlines() if "|" in line)
    return {name.partition(".")[0] for name in names}


# -- bad input -------------------------------------------------------------------------------


def test_usage_errors_exit_2_and_say_what_is_expected(tmp_path: Path, run) -> None:
    for args, words in [
        (["nearest", "1"], "LAT"),
        (["nearest", "east", "1"], "expects a number"),
        (["nearest", "--wrong", "1", "2"], "--wrong"),
        (["nearest", "nan", "1"], "finite"),
        (["nearest", "1", "2", "--k", "0"], "k"),
        (["coverage"], "--within"),
        (["plan", "--objective", "beauty", "--within", "500"], "coverage"),
        (["plan", "--new", "0", "--within", "500", "--city", tmp_path], "city folder"),
        (["plan", "--new", "2", "verify", "x.json"], "--new belongs to plan"),
        (["plan", "verify"], "FILE"),
        (["nosuch"], "nosuch"),
        (["stations", "import", "--city", tmp_path], "city folder"),
        (["coverage", "--within", "500", "--city", tmp_path / "none"], "locator init"),
    ]:
        done = run(*args)
        assert done.code == 2, args
        assert words in done.err, done.err
        assert "Traceback" not in done.err
        last = done.err.splitlines()[-1]
        assert last.startswith("错误")  # whatever command it is, Chinese first
        assert last.index("error: ") > 0


def test_errors_that_are_met_first_are_in_chinese(tmp_path: Path, run) -> None:
    for args, words in [
        (["nearest", "--wrong", "1", "2"], "错误：没有 --wrong 这个选项。 / error: "),
        (["init"], "错误：缺少 'DIR'。 / error: "),
        (["doctor", "--city", tmp_path], f"错误：{tmp_path} 不是城市文件夹"),
    ]:
        assert words in run(*args).err


def test_city_without_streets_says_what_to_do(tmp_path: Path, run) -> None:
    run("init", tmp_path / "c", "--name", "c")
    done = run("coverage", "--within", "500", "--city", tmp_path / "c")
    assert (done.code, done.out) == (2, "")
    assert "locator streets import" in done.err


def test_init_refuses_a_folder_in_use(tmp_path: Path, run) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert run("init", tmp_path, "--name", "c").code == 2
    assert run("init", tmp_path / "c", "--name", "c").code == 0
    assert "already" in run("init", tmp_path / "c", "--name", "c").err
    assert "name" in run("init", tmp_path / "d", "--name", " ").err
    assert "EPSG" in run("init", tmp_path / "e", "--name", "c", "--crs", "EPSG:4326").err
    assert not (tmp_path / "e").exists()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "missing"])
def test_bad_street_file_changes_nothing(
    damage: str, shared_data: Path, tmp_path: Path, run
) -> None:
    city = tmp_path / "c"
    run("init", city, "--name", "c")
    run("streets", "import", shared_data / CITIES["shanghai"], "--city", city)
    before = run("coverage", "--within", "500", "--city", city, "--json").out
    bad = tmp_path / "bad.osm.pbf"
    content = (shared_data / CITIES["poa"]).read_bytes()
    bad.write_bytes(
        {"truncated": content[:300_000], "empty": b"", "text": b"hello\n"}.get(damage, b"")
    )
    if damage == "missing":
        bad.unlink()
    done = run("streets", "import", bad, "--city", city)
    assert done.code == 2
    assert done.err.startswith("错误")
    assert done.err.count("\n") == 1
    assert run("coverage", "--within", "500", "--city", city, "--json").out == before


@pytest.mark.slow
def test_swapped_and_outside_points_are_outside(cities: Path, run) -> None:
    for point in (("-30.04", "-51.22"), ("0", "0")):
        done = run("nearest", *point, "--city", cities / "poa", "--json")
        assert (done.code, done.json["outcome"]) == (0, "outside")
    done = run("nearest", "-51.22", "-91", "--city", cities / "poa", "--json")
    assert done.code == 2


@pytest.mark.slow
def test_unknown_datum_kind_mode_and_limit_are_told(cities: Path, run) -> None:
    for option, value, expected in [
        ("--datum", "wgs72", "gcj02"), ("--kind", "cafe", "worker_home"),
        ("--mode", "boat", "ebike"), ("--within", "far", "15min"),
    ]:  # fmt: skip
        done = run("nearest", "-51.22", "-30.04", option, value, "--city", cities / "poa")
        assert done.code == 2
        assert expected in done.err


@pytest.mark.slow
def test_station_far_from_streets_is_kept_told_and_never_used(
    shared_data: Path, tmp_path: Path, run
) -> None:
    from locator.city import City

    city = tmp_path / "c"
    run("init", city, "--name", "c")
    run("streets", "import", shared_data / CITIES["shanghai"], "--city", city)
    view = City.open(city).current()
    west, south = view.to_lonlat(view.streets.node_xy_m).min(axis=0) - 0.004  # some 400 m off
    sheet = tmp_path / "far.csv"
    sheet.write_text(f"lon,lat\n{west},{south}\n", encoding="utf-8")
    done = run("stations", "import", sheet, "--kind", "worker_home", "--city", city, "--json")
    assert done.json["added"] == 1
    assert any("nobody is sent there" in text for text in done.json["warnings"])
    lon, lat = view.to_lonlat(view.streets.node_xy_m[:1])[0]
    near = run("nearest", lon, lat, "--city", city, "--json").json
    assert (near["outcome"], near["results"]) == ("unreachable", [])
    cover = run("coverage", "--within", "5km", "--city", city, "--json").json
    assert cover["covered_m"] == 0.0
    assert any("stand on no street" in text for text in cover["warnings"])


def test_unwritable_folder_is_told(run) -> None:
    done = run("init", "/proc/city", "--name", "c")  # not even root may make a folder there
    assert done.code == 2
    assert done.err.startswith("错误 error: cannot make the folder /proc/city")


def test_folder_that_cannot_be_made_is_told(tmp_path: Path, run) -> None:
    (tmp_path / "file").write_text("")
    done = run("init", tmp_path / "file" / "c", "--name", "c")
    assert done.code == 2
    assert done.err.startswith("错误")


@pytest.mark.slow
def test_kill_in_the_middle_of_an_import_leaves_the_old_streets(
    shared_data: Path, tmp_path: Path, run
) -> None:
    """Killed at twenty moments: the city always answers, from the old streets or the new."""
    city = tmp_path / "c"
    run("init", city, "--name", "c")
    run("streets", "import", shared_data / CITIES["shanghai"], "--city", city)
    old = run("coverage", "--within", "500", "--city", city, "--json").json["total_m"]
    command = [sys.executable, "-m", "locator.cli", "streets", "import",
               shared_data / CITIES["monaco"], "--city", city]  # fmt: skip
    totals = set()
    for wait_s in np.linspace(0.2, 1.2, 20):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = run("coverage", "--within", "500", "--city", city, "--json")
        assert done.code == 0, done.err
        totals.add(done.json["total_m"])
    assert old in totals
    run("streets", "import", shared_data / CITIES["monaco"], "--city", city)
    assert len(list(city.glob("*streets-*"))) <= 2  # no remains of the killed ones


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb"])
def test_gaps_in_gis_formats_read_back(ending: str, cities: Path, tmp_path: Path, run) -> None:
    import pyogrio

    file = tmp_path / f"gaps.{ending}"
    done = run("coverage", "--within", 500, "--gaps", file, "--city", cities / "monaco", "--json")
    assert done.code == 0, done.err
    info = pyogrio.read_info(file)
    assert info["features"] == len(done.json["gaps"])
    assert "4326" in info["crs"]


def test_gaps_of_an_unknown_ending_are_refused(tmp_path: Path) -> None:
    from locator.answers import write_gaps
    from locator.errors import InputError

    with pytest.raises(InputError, match=r"\.geojson"):
        write_gaps(None, None, tmp_path / "gaps.txt")  # type: ignore[arg-type]


def _all_commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command.help or ""
        if isinstance(command, click.Group):
            for inner, text in _all_commands(command, context):
                yield f"{name} {inner}", text


def test_help_of_every_command_begins_in_chinese_and_goes_on_in_english() -> None:
    from locator.cli import cli

    told = dict(_all_commands(cli, click.Context(cli)))
    assert len(told) > 40
    for name, text in told.items():
        first = text.splitlines()[0]
        assert re.match(r"[\u4e00-\u9fff]", first), f"{name}: {first}"
        assert re.search(r"[a-z]{3}", first), f"{name}: {first}"
