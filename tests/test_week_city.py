"""The week, the losses and the trials of a whole city, and their commands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.city import City, CityConfig
from locator.closures import PROMISE_M
from locator.openings import open_range
from locator.sample import make_sample_city
from tests.commands import run
from tests.grids import collection, lonlat

if TYPE_CHECKING:
    from collections.abc import Callable

    from locator.view import CityView

__all__ = ["run"]

ON = date(2026, 3, 2)  # a Monday, and no holiday near


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town") / "town"
    make_sample_city(folder, scale="town")
    return folder


@pytest.fixture(scope="module")
def view(town: Path) -> CityView:
    return City.open(town).current()


def covered_by(view: CityView, open_rows: np.ndarray, within: float | str) -> float:
    """Share covered by some stations, measured by `coverage`'s own way."""
    from locator.coverage import measure_coverage

    network, limit = view.metric(within)
    placement = view.placement(timed=network.timed, among=open_rows)
    return measure_coverage(network, placement, limit, depths=False).share


@pytest.mark.parametrize("within", ["15min", 500])
def test_week_of_a_city_equals_coverage_at_each_instant(
    view: CityView, within: float | str
) -> None:
    week = view.week(within, dates=(ON, 7))
    for minute in (0, 5 * 60 + 59, 8 * 60, 12 * 60 + 30, 3 * 1440 + 1260, 7 * 1440 - 1):
        when = datetime.combine(ON, datetime.min.time()) + timedelta(minutes=minute)
        known, possible = open_range(view, when)
        assert (possible | ~known).all()
        expected = covered_by(view, known, within), covered_by(view, possible, within)
        assert week.at(minute) == pytest.approx(expected, rel=1e-9)


def test_open_range_counts_disputed_hours_as_unknown(view: CityView) -> None:
    when = datetime(2026, 3, 2, 12)
    known, possible = open_range(view, when)
    row = int(np.flatnonzero(known)[0])
    station = view.stations[row]
    stations = view.stations.replaced({row: replace(station, disputed=True)})
    doubted, maybe = open_range(view.with_stations(stations, "disputed"), when)
    assert not doubted[row]
    assert maybe[row]
    assert doubted.sum() == known.sum() - 1
    np.testing.assert_array_equal(maybe, possible)


def test_ordinary_week_of_a_city_is_that_of_its_real_days_without_dated_changes(
    view: CityView,
) -> None:
    usual, real = view.week(500, on=ON), view.week(500, on=ON, dates=(ON, 7))
    for one, two in zip(usual.hours()[24:], real.hours()[24:], strict=True):
        assert one.hour == two.hour
        assert one.mean == pytest.approx(two.mean, rel=1e-9)


def test_trial_of_a_city_equals_the_scenario_with_the_same_change(view: CityView) -> None:
    trial = view.whatif("15min")
    assert trial is view.whatif("15min")
    assert trial.covered == pytest.approx(view.coverage(within_m="15min").covered_m, rel=1e-9)
    street = int(np.argmax(view.streets.length_m * (view.network("walk").travel == 3)))
    place = (street, float(view.streets.length_m[street]) / 3)
    built = view.with_scenario(build=[place]).coverage(within_m="15min")
    assert trial.add(*place).covered == pytest.approx(built.covered_m, rel=1e-9)
    code = trial.codes[0]
    closed = view.with_status({code: "closed"}).coverage(within_m="15min")
    assert trial.close(code).covered == pytest.approx(closed.covered_m, rel=1e-9)


@pytest.mark.parametrize("mode", ["ebike", "slow_walk"])
def test_trial_by_other_modes_equals_the_scenario(view: CityView, mode: str) -> None:
    trial = view.whatif("5min", mode=mode)
    street = int(np.argmax(view.streets.length_m * (view.network("walk").travel == 3)))
    place = (street, float(view.streets.length_m[street]) / 3)
    built = view.with_scenario(build=[place]).coverage(within_m="5min", mode=mode)
    assert trial.add(*place).covered == pytest.approx(built.covered_m, rel=1e-9)
    closed = view.with_status({trial.codes[0]: "closed"}).coverage(within_m="5min", mode=mode)
    assert trial.close(trial.codes[0]).covered == pytest.approx(closed.covered_m, rel=1e-9)


def test_losses_of_a_city_are_what_closing_each_station_loses(view: CityView) -> None:
    made = view.losses(PROMISE_M, kind="rest_station")
    whole = view.coverage(within_m=PROMISE_M, kind="rest_station").covered_m
    for code in made.codes[:5]:
        without = view.with_status({code: "closed"})
        left = without.coverage(within_m=PROMISE_M, kind="rest_station").covered_m
        assert made.of(code) == pytest.approx(whole - left, abs=1e-4)


def test_losses_by_other_modes_are_what_closing_loses(view: CityView) -> None:
    made = view.losses("5min", mode="ebike")
    whole = view.coverage(within_m="5min", mode="ebike").covered_m
    for code in made.codes[:3]:
        left = view.with_status({code: "closed"}).coverage(within_m="5min", mode="ebike").covered_m
        assert made.of(code) == pytest.approx(whole - left, abs=1e-4)


def test_week_command_prints_hours_and_worst(run: Callable[..., Any], town: Path) -> None:
    done = run("--city", town, "week", "--within", "15min", "--json")
    assert done.code == 0
    document = done.json
    assert len(document["hours"]) == 168
    assert len(document["holiday"]) == 24
    least = min(hour["min"] for hour in document["hours"])
    assert document["worst"]["min"] == least
    assert 0 < document["paper"] < 1
    assert document["unknown_stations"] > 0
    shown = run("--city", town, "week", "--within", "15min")
    assert "最差时段" in shown.out
    assert "周一 Mon" in shown.out
    json.dumps(document)  # plain values only


def test_week_command_with_dates_names_the_days(run: Callable[..., Any], town: Path) -> None:
    done = run("--city", town, "week", "--within", "500", "--from", "2026-10-01", "--days", "2",
               "--need", "WATER", "--json")  # fmt: skip
    assert {hour["day"] for hour in done.json["hours"]} == {"2026-10-01", "2026-10-02"}
    assert done.json["holiday"] == []
    wrong = run("--city", town, "week", "--within", "500", "--need", "FOO")
    assert (wrong.code, "'FOO' is not known" in wrong.err) == (2, True)


def test_losses_command_lists_worst_first(run: Callable[..., Any], town: Path) -> None:
    done = run("--city", town, "losses", "--within", "1000", "--hours", "--json")
    assert done.code == 0
    rows = done.json["stations"]
    keys = [(-row["lost_m"], row["code"]) for row in rows]
    assert keys == sorted(keys)
    assert {"code", "lost_m", "lost_hours", "may_move", "hours_known"} <= set(rows[0])
    beyond = [pair["beyond_m"] for pair in done.json["pairs"]]
    assert beyond == sorted(beyond, reverse=True)
    shown = run("--city", town, "losses", "--within", "1000")
    assert "both closing" in shown.out


@pytest.mark.parametrize("command", ["week", "losses"])
def test_commands_refuse_a_kind_that_is_not_known(
    run: Callable[..., Any], town: Path, command: str
) -> None:
    done = run("--city", town, command, "--within", "500", "--kind", "tea_house")
    assert done.code == 2
    assert "no kind 'tea_house'" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["week", "losses"])
def test_commands_in_a_city_without_stations_say_so(
    run: Callable[..., Any], tmp_path: Path, command: str
) -> None:
    bare = City.create(tmp_path / "bare", CityConfig(name="空城", crs="EPSG:4549"))
    line = {"type": "LineString", "coordinates": [lonlat(0, 0), lonlat(900, 0)]}
    street = {"type": "Feature", "properties": {"highway": "residential"}, "geometry": line}
    file = tmp_path / "streets.geojson"
    file.write_text(collection([street]), encoding="utf-8")
    bare.import_streets([file])
    done = run("--city", tmp_path / "bare", command, "--within", "500", "--json")
    assert done.code == 0
    assert "no stations" in done.err
    assert done.json["warnings"]
    told = {"week": {hour["high"] for hour in done.json.get("hours", [])},
            "losses": done.json.get("stations")}  # fmt: skip
    assert told[command] == {"week": {0.0}, "losses": []}[command]


@pytest.mark.parametrize("command", ["week", "losses", "coverage"])
def test_stations_without_data_for_trucks_are_said_to_lack_it(
    run: Callable[..., Any], town: Path, command: str
) -> None:
    done = run("--city", town, command, "--within", "1000", "--kind", "mother_baby_room",
               "--mode", "truck", "--json")  # fmt: skip
    told = " ".join(done.json["warnings"])
    assert "known to have 货车停车 Truck parking are counted by truck" in told
    assert "货车停车" in done.err.split(" / ")[0]  # in Chinese first
    assert "import" not in told
