"""Gates by the hour in the week and the losses, against the city of each instant."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.calendar import load_calendar
from locator.barriers import Barrier, in_force, make_barrier, save_barriers
from locator.coverage import measure_coverage
from locator.gates import cities_through, find_gates
from locator.hours import Hours, Rule
from locator.openings import open_range, ordinary_days, real_days
from tests.block_city import make_block_city, with_places
from tests.commands import run
from tests.grids import lonlat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from locator.city import City
    from locator.view import CityView

__all__ = ["run"]

POINT = shapely.Point(120.86, 32.01)
MONDAY = date(2026, 3, 2)  # no holiday near
PLACES = [(100.0, 150.0), (300.0, 350.0), (500.0, 350.0)]
DAY = Hours((Rule(127, 480, 1230),), known=True)  # 8:00-20:30
NIGHT = Hours((Rule(31, 1320, 1800),), known=True)  # workdays 22:00-6:00
ALWAYS = Hours((Rule(127, 0, 1440),), known=True)


def fence(x_m: float, **told: object) -> Barrier:
    """A fence from south to north across all the blocks."""
    line = [lonlat(x_m, -50.0), lonlat(x_m, 650.0)]
    return make_barrier(shapely.LineString(line), told)


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Blocks with fences: one at night, one on some days only, one for cars, one for good."""
    made = make_block_city(tmp_path / "city", PLACES)
    save_barriers(
        made.workspace,
        [
            fence(230.0, hours="21:15-06:30"),
            fence(410.0, from_date=MONDAY + timedelta(2), to_date=MONDAY + timedelta(3)),
            fence(350.0, hours="12:00-13:00", modes="car"),
            fence(570.0),
        ],
    )
    return made


def with_hours(view: CityView, *hours: Hours) -> CityView:
    return with_places(view, PLACES, opening=list(hours))


@settings(max_examples=40)
@given(st.data())
def test_gates_of_real_days_are_those_in_force_at_any_minute(data: st.DataObject) -> None:
    day = st.none() | st.integers(-1, 5).map(lambda n: MONDAY + timedelta(n))
    hours = st.sampled_from(
        ["", "22:00-06:00", "08:15-17:45", "Mo-Fr 00:00-24:00", "Su 10:00-11:00"]
    )
    barriers = [
        Barrier(str(i), POINT, data.draw(day), data.draw(day), data.draw(hours), ("walk",))
        for i in range(data.draw(st.integers(0, 4)))
    ]
    gates = find_gates(barriers, real_days(MONDAY, 4, load_calendar()))
    assert len(set(gates.sets)) == len(gates.sets)
    for minute in data.draw(st.lists(st.integers(0, 4 * 1440 - 1), min_size=1, max_size=8)):
        at = int(np.searchsorted(gates.minute, minute, side="right")) - 1
        when = datetime.combine(MONDAY, datetime.min.time()) + timedelta(minutes=minute)
        assert list(gates.sets[gates.row[at]]) == in_force(barriers, when)


@pytest.mark.parametrize(("mode", "within"), [("walk", 250), ("ebike", "4min"), ("car", 250)])
def test_week_with_gates_equals_the_coverage_of_every_instant(
    city: City, mode: str, within: float | str
) -> None:
    view = with_hours(city.current(), DAY, NIGHT, Hours())
    week = view.week(within, mode=mode, dates=(MONDAY, 7))
    seen = set()
    for minute in (0, 389, 390, 500, 725, 1274, 1275, 1440, 2 * 1440 + 600, 4 * 1440, 10_079):
        when = datetime.combine(MONDAY, datetime.min.time()) + timedelta(minutes=minute)
        then = with_hours(city.current(at=when.isoformat()), DAY, NIGHT, Hours())
        network, limit = then.metric(within, mode)
        shares = []
        for among in open_range(then, when):
            placement = then.placement(mode=mode, timed=network.timed, among=among)
            shares.append(measure_coverage(network, placement, limit, depths=False).share)
        assert week.at(minute) == pytest.approx(shares, rel=1e-9)
        seen.add(round(week.at(minute)[1], 9))
    assert len(seen) > 3
    assert not np.isnan([hour.mean for hour in week.hours()]).any()


def test_gate_at_night_covers_less_then_and_the_same_by_day(city: City) -> None:
    view = with_hours(city.current(), ALWAYS, ALWAYS, ALWAYS)
    hours = {(hour.day, hour.hour): hour for hour in view.week(250, on=MONDAY).hours()}
    noon, night, change = hours["mon", 12], hours["mon", 23], hours["mon", 21]
    assert night.mean < noon.mean - 0.001
    assert change.min == pytest.approx(night.mean, rel=1e-9)
    assert change.mean == pytest.approx((noon.mean + 3 * night.mean) / 4, rel=1e-9)
    holiday = view.week(250, on=MONDAY).holiday_hours()
    assert holiday[23].mean == pytest.approx(night.mean, rel=1e-9)
    on_works = view.week(250, on=MONDAY + timedelta(2))
    assert on_works.hours()[12].mean < noon.mean - 0.001


def test_hours_lost_with_gates_equal_closing_each_station_at_every_hour(city: City) -> None:
    view = with_hours(city.current(), DAY, NIGHT, ALWAYS)
    hourly = view.losses(250, hourly=True, on=MONDAY).hourly
    assert hourly is not None
    lost = np.zeros(3)
    quarters = range(0, 7 * 1440, 15)  # all changes lie on a quarter of an hour
    measured: dict[object, list[float]] = {}
    free = with_hours(city.unbarred(), DAY, NIGHT, ALWAYS)
    fences = free.workspace and _fences(city)
    for minute in quarters:
        when = datetime.combine(MONDAY, datetime.min.time()) + timedelta(minutes=minute)
        gate = when.hour * 60 + when.minute
        held = [fences[0]] * (gate >= 21 * 60 + 15 or gate < 6 * 60 + 30) + [fences[3]]
        known, _ = open_range(view, when)
        key = (len(held), known.tobytes())
        if key not in measured:
            then = free.holding(held)
            measured[key] = [_covered(then, known)] + [
                _covered(then, known & (np.arange(3) != row)) for row in range(3)
            ]
        all_of_them, *without = measured[key]
        lost += (all_of_them - np.array(without)) / 4
    np.testing.assert_allclose(hourly.lost.sum(axis=1), lost, rtol=1e-9)
    assert (lost > 1).all()
    calm = with_hours(city.unbarred(), DAY, NIGHT, ALWAYS).losses(250, hourly=True, on=MONDAY)
    assert calm.hourly is not None
    assert np.abs(calm.hourly.lost.sum(axis=1) - lost).max() > 1


def _fences(city: City) -> list[Barrier]:
    from locator.barriers import load_barriers

    return load_barriers(city.workspace)


def _covered(view: CityView, among: np.ndarray) -> float:
    placement = view.placement(among=among)
    return measure_coverage(view.network("walk"), placement, 250.0, depths=False).covered_m


def test_gates_that_do_not_stop_the_mode_make_no_further_city(city: City) -> None:
    view = city.current()
    walking, _ = cities_through(view, [ordinary_days()], "walk", on=MONDAY)
    car, _ = cities_through(view, [ordinary_days()], "car", on=MONDAY)
    assert walking[0] is car[0] is view
    assert (len(walking), len(car)) == (2, 3)
    alone, gates = cities_through(city.current(at="2026-03-02T23:00"), [ordinary_days()], "walk")
    assert len(alone) == 1  # the city of an instant has no hours
    assert gates[0].row.tolist() == [0]


def test_planned_site_stays_where_it_is_under_other_barriers(city: City) -> None:
    view = city.current()
    street = int(np.flatnonzero(view.store.barred.start_m > 0)[0])
    planned = view.with_scenario(build=[(street, 7.5)])
    ((code, site),) = planned.sites.items()
    free = planned.holding([])
    assert free.streets is city.unbarred().streets
    where = [
        one.to_xy([[one.stations[one.stations.code.index(code)].lon_deg,
                    one.stations[one.stations.code.index(code)].lat_deg]])
        for one in (planned, free)
    ]  # fmt: skip
    np.testing.assert_allclose(*where)
    assert planned.holding(planned.store.held) is planned
    back = free.holding(planned.store.held)
    assert back.sites[code] == pytest.approx(site)


def test_week_command_follows_the_gates(city: City, run: Callable[..., object]) -> None:
    asked = ("week", "--within", "250", "--city", city.workspace.path, "--json")
    with_gates = json.loads(run(*asked).out)
    save_barriers(city.workspace, _fences(city)[1:])
    without = json.loads(run(*asked).out)
    at = {hour["hour"]: hour for hour in with_gates["hours"] if hour["day"] == "mon"}
    then = {hour["hour"]: hour for hour in without["hours"] if hour["day"] == "mon"}
    assert at[12]["high"] == pytest.approx(then[12]["high"], rel=1e-9)
    assert at[23]["high"] < then[23]["high"] - 0.001  # hours of the stations are not known
