"""The station files for phones: what they say of hours is what the timetable says."""

from __future__ import annotations

import gzip
import itertools
import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely

from geodata.calendar import load_calendar
from geodata.vocabulary import facilities
from locator.city import City
from locator.hours.rules import DayException, Hours, Override, Rule
from locator.hours.timetable import Timetable
from locator.phone import pack_streets
from locator.phone_stations import (
    LEAST_DAYS,
    PhoneStations,
    Window,
    count_parts,
    pack_stations,
    part_of,
    tell_days,
)
from locator.phone_water import MOST_POINTS, pack_water
from tests.web.town import build_town

NIGHT = Rule(127, 1320, 1800)
DAY = Rule(31, 540, 1020)


def many_hours() -> list[Hours]:
    """Hours of all sorts: nights, seasons, holidays, dated changes, unknown."""
    spring = date(2026, 2, 16)
    return [
        Hours(),
        Hours((DAY,), known=True),
        Hours((DAY, NIGHT), known=True, holidays="closed"),
        Hours((Rule(127, 0, 1440),), known=True),
        Hours((Rule(127, 480, 720, season=(1101, 301)),), known=True, holidays="unknown"),
        Hours(
            (DAY,),
            known=True,
            exceptions=(DayException(spring, spring + timedelta(2), ((600, 700),)),),
            overrides=(
                Override(datetime(2026, 3, 3, 10, 7), datetime(2026, 3, 4, 2, 30), None),
                Override(datetime(2026, 3, 5, 1, 0), datetime(2026, 3, 5, 23, 0), True),
            ),
        ),
    ]


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return City.open(build_town(tmp_path_factory.mktemp("phone") / "town")).current()


def pack(view: Any, window: Window) -> list[dict[str, Any]]:
    streets = pack_streets(view.network("walk"), version="s")
    source = PhoneStations(
        view.stations, view.timetable, view.placement(), view.streets, streets.street,
        lambda _row: "",
    )  # fmt: skip
    return [json.loads(body) for body in pack_stations(source, window, streets="s")]


@pytest.mark.parametrize("today", [date(2026, 2, 20), date(2026, 12, 1), date(2027, 1, 31)])
def test_window_of_whole_months_holds_enough_days(today: date) -> None:
    window = Window.around(today)
    end = window.first + timedelta(days=window.count)
    assert window.first.day == end.day == 1
    assert window.first < today
    assert (end - today).days >= LEAST_DAYS


def test_window_moves_twice_a_month_at_most() -> None:
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
    windows = [Window.around(day) for day in days]
    assert sum(a != b for a, b in itertools.pairwise(windows)) <= 24


def test_days_say_what_the_timetable_says_at_every_minute() -> None:
    table = Timetable.compile(many_hours(), load_calendar())
    window = Window(date(2026, 2, 1), 59)
    first = window.first.toordinal()
    rng = np.random.default_rng(1)
    for row, told in enumerate(tell_days(table, window)):
        differing = dict(told.exceptions)
        for minute in [*rng.integers(0, 59 * 1440, 400).tolist(), 0, 59 * 1440 - 1]:
            day, of_day = divmod(minute, 1440)
            steps = differing.get(first + day, told.week[(window.first.weekday() + day) % 7])
            at = [k for k in range(0, len(steps), 2) if steps[k] <= of_day][-1]
            when = datetime.combine(window.first, datetime.min.time()) + timedelta(minutes=minute)
            assert steps[at + 1] == table.state_at(when)[table.row.tolist().index(row)]


def test_unchanged_week_is_told_without_days_of_its_own() -> None:
    table = Timetable.compile([Hours((DAY,), known=True)], load_calendar())
    (told,) = tell_days(table, Window(date(2026, 3, 1), 31))
    assert told.exceptions == ()
    assert told.week[0] == (0, 0, 540, 1, 1020, 0)
    assert told.week[6] == (0, 0)


def test_parts_hold_each_usable_station_once(view: Any) -> None:
    parts = pack(view, Window(date(2026, 2, 1), 59))
    codes = sorted(code for part in parts for code in part["code"])
    assert codes == [view.stations.code[row] for row in view.placement().rows.tolist()]
    columns = [value for value in parts[0].values() if isinstance(value, list)]
    assert columns
    for part in parts:
        count = len(part["code"])
        assert all(len(part[name]) == count for name in ("name", "street", "opening", "facilities"))
        for i, code in enumerate(part["code"]):
            station = view.stations[view.stations.code.index(code)]
            for told, facility in zip(part["facilities"][i], facilities().codes, strict=True):
                known = station.facilities.get(facility)
                broken = facility in station.broken
                assert told == ("0" if broken else {True: "1", False: "0", None: "?"}[known])
            assert part["phone"][i] == station.phone


def test_an_edit_changes_one_part_alone() -> None:
    codes = [f"NT-{i:05}" for i in range(900)]
    parts = count_parts(len(codes))
    assert parts == count_parts(len(codes) + 1)
    held = [part_of(code, parts) for code in codes]
    assert set(held) == set(range(parts))
    assert [part_of(code, parts) for code in codes[::-1]] == held[::-1]


def test_first_list_is_small(view: Any) -> None:
    parts = pack(view, Window(date(2026, 2, 1), 59))
    stations = sum(len(part["code"]) for part in parts)
    wire = sum(len(gzip.compress(json.dumps(part, ensure_ascii=False).encode())) for part in parts)
    assert wire < 160 * stations + 2000 * len(parts)


def test_waters_come_back_to_a_decimetre() -> None:
    square = shapely.box(5e5, 3.5e6, 5e5 + 800.04, 3.5e6 + 300)
    pond = square.difference(shapely.box(5e5 + 100, 3.5e6 + 100, 5e5 + 200, 3.5e6 + 200))
    line = shapely.LineString([(5e5, 3.4e6), (5e5 + 50.27, 3.4e6 + 9)])
    told = json.loads(pack_water(shapely.GeometryCollection([pond, line])))
    rings = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / 10 for ring in told["areas"][0]]
    assert shapely.Polygon(rings[0], rings[1:]).area == pytest.approx(pond.area, rel=1e-3)
    assert np.cumsum(np.reshape(told["lines"][0], (-1, 2)), axis=0)[1].tolist() == [
        5000503,
        34000090,
    ]


def test_too_much_water_keeps_the_largest() -> None:
    angle = np.linspace(0, 2 * np.pi, MOST_POINTS - 10)
    wild = (
        np.stack((np.cos(angle), np.sin(angle)), 1)
        * (5e5 + 100 * (np.arange(len(angle)) % 2))[:, None]
    )
    small = [shapely.box(i * 50, 0, i * 50 + 20, 20) for i in range(40)]
    told = json.loads(pack_water(shapely.GeometryCollection([shapely.Polygon(wild), *small])))
    assert 1 <= len(told["areas"]) < 41


def test_no_water_is_a_file_too() -> None:
    assert json.loads(pack_water(shapely.GeometryCollection())) == {"areas": [], "lines": []}


def test_equal_stations_give_equal_bytes(view: Any) -> None:
    window = Window(date(2026, 2, 1), 59)
    assert pack(view, window) == pack(view, window)
