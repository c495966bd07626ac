"""Open when you arrive: exact moments, groups in order, and the search over all stations."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.calendar import load_calendar
from locator.arrival import Timeline, Visit
from locator.errors import InputError
from locator.hours import Hours, read_hours
from locator.hours.timetable import CLOSED, HORIZON_DAYS, OPEN, UNKNOWN, Timetable
from locator.moments import find_moment
from locator.nearest import Nearest, find_nearest
from locator.open_nearest import find_visited
from tests.grids import lonlat
from tests.hours import any_hours, decide
from tests.oracles import Town, random_town
from tests.test_city import make_city
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from locator.network import StreetNetwork

MIDDLE = np.array([500_000.0, 3_500_000.0])
MONDAY = datetime(2026, 3, 2)
ZONE = "Asia/Shanghai"


def table(*texts: str) -> Timetable:
    hours = [read_hours(text).hours if text else Hours() for text in texts]
    return Timetable.compile(hours, load_calendar())


def visited(
    network: StreetNetwork, town: Town, point: list[float], hours: Timetable, visit: Visit,
    **options: float,
) -> Nearest:  # fmt: skip
    """The answer for a point given from the middle of the cross."""
    nowhere = np.tile(MIDDLE, (len(town.stations), 1))
    placement = place(network, town.stations)
    limit = float(options.get("within_m", np.inf))

    def find(points: np.ndarray, k: int, within: float) -> Nearest:
        return find_nearest(
            network, placement, points, stations_xy_m=nowhere, k=k, within_m=within,
            snap_limit_m=1e6,
        )  # fmt: skip

    xy = MIDDLE + np.array([point])
    return find_visited(
        find, xy, timetable=hours, visit=visit, k=int(options.get("k", 1)), within_m=limit,
        disputed=np.asarray(options.get("disputed", np.zeros(len(hours), bool))),
    )  # fmt: skip


def test_visit_station_in_dispute_is_never_known_to_be_open() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0), (0, 99.0, 0.0)]
    hours = table("09:00-18:00", "09:00-20:00")
    visit = Visit(MONDAY.replace(hour=10))
    network, doubt = make_network(town), np.array([True, False])
    near = visited(network, town, [0.0, 0.0], hours, visit, k=2, disputed=doubt)
    assert near.index.tolist() == [[1, 0]]
    assert near.arrivals is not None
    assert near.arrivals.state.tolist() == [[OPEN, UNKNOWN]]
    assert np.isnan(near.arrivals.closes_in_s[0, 1])
    visit = Visit(MONDAY.replace(hour=10), open_only=True)
    near = visited(network, town, [0.0, 0.0], hours, visit, k=2, disputed=doubt)
    assert near.index.tolist() == [[1, -1]]


def test_visit_closed_station_in_dispute_is_unknown_as_in_lists() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    visit = Visit(MONDAY.replace(hour=3))
    near = visited(
        make_network(town), town, [0.0, 0.0], table("09:00-18:00"), visit, disputed=[True]
    )
    assert near.arrivals is not None
    assert near.arrivals.state.tolist() == [[UNKNOWN]]


def test_visit_station_open_now_and_closed_on_arrival_is_not_first() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0), (0, 99.0, 0.0)]  # 54 s and 89 s from the middle
    hours = table("09:00-18:00", "09:00-20:00")
    visit = Visit(MONDAY.replace(hour=17, minute=59, second=30))
    near = visited(make_network(town), town, [0.0, 0.0], hours, visit, k=2)
    assert near.index.tolist() == [[1, 0]]
    assert near.arrivals is not None
    assert near.arrivals.state.tolist() == [[OPEN, CLOSED]]

    arrival_s = 17 * 3600 + 59 * 60 + 30 + 60 / 1.11
    assert near.arrivals.opens_in_s[0, 1] == pytest.approx(33 * 3600 - arrival_s, abs=1e-5)


def test_visit_station_closed_now_and_open_on_arrival_is_first() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0), (0, 99.0, 0.0)]
    visit = Visit(MONDAY.replace(hour=8, minute=59, second=30))
    near = visited(make_network(town), town, [0.0, 0.0], table("09:00-18:00", "24/7"), visit)
    assert near.index.tolist() == [[0]]


@pytest.mark.parametrize(("second", "state"), [(0, OPEN), (1, CLOSED)])
def test_arrival_is_exact_to_the_second(second: int, state: int) -> None:
    """A hundred seconds of way: at 17:58:19 one arrives a second before closing."""
    hours = Timeline.lay(table("09:00-18:00"), datetime(2026, 3, 2, 17, 58, 19 + second))
    judged = hours.judge(np.array([0], np.int32), np.array([100.0]))
    assert judged.state.tolist() == [state]
    if state == OPEN:
        assert judged.closes_in_s.tolist() == [1.0]
    else:
        assert judged.opens_in_s.tolist() == [15 * 3600.0]


def test_arrival_past_midnight_belongs_to_the_evening_before() -> None:
    """Named after opening_hours.js#261: ranges past midnight."""
    hours = table("22:00-06:00")
    for clock, state in (("23:00", OPEN), ("05:59", OPEN), ("06:00", CLOSED), ("21:59", CLOSED)):
        when = find_moment(f"Tue {clock}", zone=ZONE, now=MONDAY)
        judged = Timeline.lay(hours, when).judge(np.array([0], np.int32), np.array([0.0]))
        assert judged.state.tolist() == [state], clock


def test_stay_counts_up_to_the_closing_and_not_beyond() -> None:
    hours = Timeline.lay(table("09:00-18:00", ""), datetime(2026, 3, 2, 17, 30))
    both = np.array([0, 1], np.int32)
    for stay_min, enough in ((0, OPEN), (30, OPEN), (31, CLOSED)):
        judged = hours.judge(both, np.array([0.0, 0.0]), stay_min)
        assert judged.state.tolist() == [OPEN, UNKNOWN]
        assert judged.enough.tolist() == [enough, UNKNOWN]


def test_unknown_hours_stand_between_open_and_closed() -> None:
    town = cross()
    town.stations = [(0, 10.0, 0.0), (0, 20.0, 0.0), (0, 30.0, 0.0)]
    hours = table("09:00-10:00", "", "24/7")
    visit = Visit(MONDAY.replace(hour=12))
    network = make_network(town)
    near = visited(network, town, [0.0, 0.0], hours, visit, k=3)
    assert near.index.tolist() == [[2, 1, 0]]
    only = visited(network, town, [0.0, 0.0], hours, replace(visit, open_only=True), k=3)
    assert only.index.tolist() == [[2, -1, -1]]


def test_open_only_without_an_open_one_tells_how() -> None:
    town = cross()
    town.stations = [(0, 10.0, 0.0), (1, 80.0, 0.0)]
    network = make_network(town)
    visit = Visit(MONDAY.replace(hour=12), open_only=True)
    ask = partial(visited, network, town, [0.0, 0.0])
    assert ask(table("09:00-10:00", ""), visit).outcome == ("unreachable",)
    assert ask(table("09:00-10:00", ""), visit, within_m=50.0).outcome == ("unreachable",)
    assert ask(table("09:00-10:00", "24/7"), visit, within_m=50.0).outcome == ("none_within",)
    assert ask(table("09:00-10:00", "24/7"), visit).outcome == ("found",)


def test_search_goes_on_beyond_many_closed_stations() -> None:
    town = cross()
    town.stations = [(0, 1.0 + i, 0.0) for i in range(90)] + [(1, 99.0, 0.0)]
    hours = table(*["09:00-10:00"] * 90, "24/7")
    visit = Visit(MONDAY.replace(hour=12))
    near = visited(make_network(town), town, [0.0, 0.0], hours, visit, k=2)
    assert near.index.tolist() == [[90, 0]]
    (first, second) = near.routes()
    assert first is not None
    assert first.street.tolist() == [1]
    assert second is not None
    assert second.length_m == pytest.approx(1.0)


def test_routes_of_an_open_station_behind_closed_ones_lead_there() -> None:
    town = cross()
    town.stations = [(1, 5.0, 0.0), (0, 60.0, 0.0)]
    visit = Visit(MONDAY.replace(hour=12))
    near = visited(make_network(town), town, [0.0, 20.0], table("09:00-10:00", "24/7"), visit, k=2)
    assert near.index.tolist() == [[1, 0]]
    assert [route.length_m for route in near.routes() if route] == pytest.approx([80.0, 15.0])


@settings(max_examples=35)
@given(
    seed=st.integers(0, 10_000),
    hours=st.lists(any_hours(), min_size=7, max_size=7),
    minute=st.integers(0, 3 * 1440),
    stay_min=st.sampled_from([0, 0, 10, 45]),
    k=st.integers(1, 4),
)
def test_visit_equals_brute_force_over_all_stations(
    seed: int, hours: list[Hours], minute: int, stay_min: int, k: int
) -> None:
    """The first answer is never one closed on arrival while an open one is nearer in time."""
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    x, y = rng.uniform(0, 400, 2)
    count = len(town.stations)
    calendar = load_calendar()
    when = datetime(2026, 4, 30) + timedelta(minutes=minute, seconds=int(rng.integers(0, 60)))
    network = make_network(town)
    timetable = Timetable.compile(hours[:count], calendar)
    near = visited(
        network, town, [x - MIDDLE[0], y - MIDDLE[1]], timetable, Visit(when, stay_min), k=k
    )
    expected = []
    for metres, station in town.nearest(x, y, count):
        arrival = when + timedelta(seconds=metres / 1.11)
        states = [decide(hours[station], calendar, moment) for moment in moments(arrival, stay_min)]
        group = 2 if CLOSED in states else 1 if UNKNOWN in states else 0
        expected.append((group, round(metres, 3), station))
    assert near.index[0].tolist() == pad([row for _, _, row in sorted(expected)][:k], k)
    if expected:
        nearest_open = min((one for one in expected if one[0] == 0), default=None)
        first = next(one for one in expected if one[2] == near.index[0, 0])
        assert nearest_open is None or first[0] == 0


def moments(arrival: datetime, stay_min: int) -> list[datetime]:
    """The arrival, and each minute that begins before the stay is over."""
    end = arrival + timedelta(minutes=stay_min)
    whole = arrival.replace(second=0, microsecond=0) + timedelta(minutes=1)
    found = [arrival]
    for step in itertools.count():
        moment = whole + timedelta(minutes=step)
        if moment >= end:
            return found
        found.append(moment)
    return found


def pad(rows: list[int], k: int) -> list[int]:
    return rows + [-1] * (k - len(rows))


@given(hours=any_hours(), minute=st.integers(0, 9 * 1440), travel=st.integers(0, 200_000))
def test_timeline_equals_the_rules_at_every_moment(hours: Hours, minute: int, travel: int) -> None:
    calendar = load_calendar()
    when = datetime(2026, 4, 28, 0, 0, 17) + timedelta(minutes=minute)
    timeline = Timeline.lay(Timetable.compile([hours], calendar), when, reach_s=200_000.0)
    judged = timeline.judge(np.array([0], np.int32), np.array([float(travel)]))
    arrival = when + timedelta(seconds=travel)
    assert judged.state[0] == decide(hours, calendar, arrival)
    for wait_s, state in ((judged.closes_in_s[0], OPEN), (judged.opens_in_s[0], None)):
        if np.isfinite(wait_s):
            change = arrival + timedelta(seconds=float(wait_s))
            assert change - arrival <= timedelta(days=HORIZON_DAYS)
            after = decide(hours, calendar, change)
            assert (after != OPEN) if state == OPEN else (after == OPEN)
            before = decide(hours, calendar, change - timedelta(seconds=1))
            assert (before == OPEN) if state == OPEN else (before != OPEN)


def test_more_stations_open_never_make_the_first_answer_later() -> None:
    """Named after OTP#1373: late hours grow instead of shrink."""
    town = cross()
    town.stations = [(0, 90.0, 0.0), (1, 50.0, 0.0), (2, 70.0, 0.0)]
    network = make_network(town)
    visit = Visit(MONDAY.replace(hour=23), open_only=True)
    times = []
    for open_ones in itertools.accumulate(((0,), (2,), (1,)), lambda a, b: (*a, *b)):
        hours = table(*("24/7" if i in open_ones else "09:00-10:00" for i in range(3)))
        times.append(visited(network, town, [0.0, 0.0], hours, visit).time_s[0, 0])
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("stay_min", [-1.0, 1441.0, float("nan")])
def test_impossible_stay_is_refused(stay_min: float) -> None:
    with pytest.raises(InputError, match="stay"):
        Visit(MONDAY, stay_min)


def test_no_stations_and_no_points_have_empty_answers() -> None:
    town = cross()
    near = visited(make_network(town), town, [0.0, 0.0], table(), Visit(MONDAY), k=2)
    assert near.outcome == ("unreachable",)
    assert near.arrivals is not None
    assert near.arrivals.state.shape == (1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", MONDAY.replace(hour=8, minute=30)),
        ("Sun 03:00", datetime(2026, 3, 8, 3)),
        ("sunday 3:00", datetime(2026, 3, 8, 3)),
        ("周日 03:00", datetime(2026, 3, 8, 3)),
        ("星期天03：00", datetime(2026, 3, 8, 3)),
        ("周一 08:30", datetime(2026, 3, 2, 8, 30)),
        ("周一 08:29", datetime(2026, 3, 9, 8, 29)),
        ("23:15", datetime(2026, 3, 2, 23, 15)),
        ("2026-03-02 23:15", datetime(2026, 3, 2, 23, 15)),
        ("2026-03-02T15:15:00Z", datetime(2026, 3, 2, 23, 15)),
        ("2026-03-02T15:15:00+00:00", datetime(2026, 3, 2, 23, 15)),
        ("2026-03-02t23:15:07,25+0800", datetime(2026, 3, 2, 23, 15, 7, 250_000)),
    ],
)
def test_moment_is_understood(text: str, expected: datetime) -> None:
    assert find_moment(text, zone=ZONE, now=MONDAY.replace(hour=8, minute=30)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "Sun", "Sun 25:00", "2026-03-02", "2026-13-01T00:00", "2026-W10-1T03:00",
     "20260302T03:00", "2026-03-02x03:00", "2026-03-02T03:00+08", "٢٠٢٦-03-02T03:00"],
)  # fmt: skip
def test_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected now"):
        find_moment(text, zone=ZONE, now=MONDAY)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "0001-01-01T00:00+23:59",  # in the city's own zone there is no such year
        "9999-12-31T23:59-23:59",
    ],
)
def test_moment_beyond_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="beyond the calendar"):
        find_moment(text, zone=ZONE, now=MONDAY)


def test_view_asks_by_opening(tmp_path: Path) -> None:
    """As DESIGN.md shows it: at="now" works, and labels nothing that nobody asked."""
    view = make_city(tmp_path, [(300.0, 300.0), (100.0, 0.0)]).current()
    here = [lonlat(0.0, 0.0)]
    plain = view.nearest(here, k=2)
    assert plain.arrivals is None
    near = view.nearest(here, k=2, kind="rest_station", mode="walk", at="now")
    assert near.arrivals is not None
    assert near.arrivals.state.tolist() == [[UNKNOWN, UNKNOWN]]  # no hours were given
    assert near.index.tolist() == plain.index.tolist()
    assert view.nearest(here, open_only=True).outcome == ("unreachable",)
    with pytest.raises(InputError, match="expected now"):
        view.nearest(here, at="whenever")


def test_many_points_by_opening_equal_single_ones(tmp_path: Path) -> None:
    view = make_city(tmp_path, [(300.0, 300.0), (100.0, 0.0), (600.0, 500.0)]).current()
    points = [lonlat(x, y) for x in (0.0, 250.0, 5000.0) for y in (0.0, 333.0)]
    options: dict[str, Any] = {"k": 2, "at": "Sun 03:00", "within_m": 500}
    many = view.nearest(points, **options)
    for q, point in enumerate(points):
        one = view.nearest(point, **options)
        assert one.outcome[0] == many.outcome[q]
        assert one.index[0].tolist() == many.index[q].tolist()
        assert one.time_s[0].tolist() == many.time_s[q].tolist()
        assert one.snap_m[0] == many.snap_m[q]
