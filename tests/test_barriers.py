"""Barriers: read, kept, in force by day and hour; and streets cut by them, against split towns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from locator.barred import Barred, bar_streets
from locator.barrier_files import import_barriers
from locator.barriers import (
    Barrier,
    in_force,
    load_barriers,
    make_barrier,
    save_barriers,
)
from locator.coverage import measure_coverage
from locator.errors import DataError, InputError
from locator.modes import find_mode, modes
from locator.nearest import find_nearest
from locator.network import StreetNetwork, build_network
from locator.placement import place_snapped
from locator.snapping import SnapGrid, Snapped
from tests.block_city import make_block_city
from tests.grids import lonlat
from tests.oracles import Town, random_town
from tests.towns import cross, make_streets

if TYPE_CHECKING:
    from locator.city import City
    from locator.streets import Streets

ALL = tuple(modes())
MIDDLE = np.array([500_000.0, 3_500_000.0])
Cuts = dict[int, list[float]]


def near(*offset_m: object) -> np.ndarray:
    """Places by their metres from the middle of the town."""
    return np.asarray(offset_m, np.float64) + MIDDLE


def barrier_at(streets: Streets, shape: object, stops: tuple[str, ...] = ALL) -> Barrier:
    """A barrier of a shape in the city's metres."""
    return Barrier("gate", shapely.transform(shape, streets.projection.to_lonlat), modes=stops)


def bar(streets: Streets, *barriers: Barrier) -> Barred:
    return bar_streets(streets, SnapGrid(streets), streets.projection, barriers)


def walk_network(barred: Barred, mode: str = "walk") -> StreetNetwork:
    return build_network(barred.streets, find_mode(mode), shut=barred.shut_for(mode))


def placed(barred: Barred, network: StreetNetwork, town: Town):
    """Stations of the town on the cut streets; those on closed parts stand nowhere."""
    rows = [barred.locate(e, x) for e, x, _ in town.stations]
    street = np.array([row[0] for row in rows], np.int32)
    closed = barred.closed_for(network.mode.code)
    street = np.where(closed[street], -1, street).astype(np.int32)
    offset = np.array([row[1] for row in rows])
    snap = np.array([one[2] for one in town.stations])
    snapped = Snapped(street, offset, snap)
    return place_snapped(network, snapped, np.arange(len(rows), dtype=np.int32))


def split_town(town: Town, cuts: Cuts, closed: dict[int, list[tuple[float, float]]]) -> Town:
    """The town with each cut street in parts of its own, which do not meet at the cuts."""
    nodes = [tuple(node) for node in town.nodes]
    made = Town(np.array(nodes), [], [], [])
    home: dict[int, list[tuple[float, float, int, bool]]] = {}

    def new_node(xy: np.ndarray) -> int:
        nodes.append((float(xy[0]), float(xy[1])))
        return len(nodes) - 1

    for e, ((u, v), line) in enumerate(zip(town.ends, town.lines, strict=True)):
        runs = closed.get(e, [])
        inner = sorted({*cuts.get(e, []), *(x for run in runs for x in run)})
        length = town.length[e]
        places = [0.0, *(x for x in inner if 1e-6 < x < length - 1e-6), length]
        home[e] = []
        for i, (a, b) in enumerate(pairwise(places)):
            is_closed = any(low <= (a + b) / 2 <= high for low, high in runs)
            part = cut_line(line, a, b)
            at_start = i == 0 and not is_closed and not any(x <= 1e-6 for x in cuts.get(e, []))
            is_last = i == len(places) - 2
            shut_end = any(x >= length - 1e-6 for x in cuts.get(e, []))
            at_end = is_last and not is_closed and not shut_end
            start = u if at_start else new_node(part[0])
            end = v if at_end else new_node(part[-1])
            home[e].append((a, b, len(made.ends), is_closed))
            made.ends.append((start, end))
            made.lines.append(part)
            made.travel.append(town.travel[e])
    made.nodes = np.array(nodes)
    made.__post_init__()
    for e, x, snap in town.stations:
        for a, b, part_row, is_closed in home[e]:
            if a <= x <= b and not is_closed:
                made.stations.append((part_row, x - a, snap))
                break
    return made


def cut_line(line: np.ndarray, a: float, b: float) -> np.ndarray:
    """The part of a line between two places, by walking along it."""
    along, points = 0.0, []
    for start, end in pairwise(line):
        run = float(np.hypot(*(end - start)))
        points += [
            (place, start + (end - start) * (place - along) / run)
            for place in (a, b)
            if run > 0 and along <= place <= along + run
        ]
        if a < along < b:
            points.append((along, start))
        along += run
    points.sort(key=lambda point: point[0])
    if len(points) < 2:
        return np.array([line[0], line[-1]])
    return np.array([xy for _, xy in points])


def here(town: Town) -> Town:
    """A random town moved to where the projection is at home."""
    moved = Town(
        town.nodes + MIDDLE, town.ends, [line + MIDDLE for line in town.lines], town.travel
    )
    moved.stations = [(e, min(x, moved.length[e]), snap) for e, x, snap in town.stations]
    return moved


def assert_same_coverage(barred: Barred, town: Town, truth: Town, limit: float) -> None:
    network = walk_network(barred)
    cover = measure_coverage(network, placed(barred, network, town), limit)
    told = [cover.covered_m, cover.uncovered_m, cover.unreachable_m]
    wanted = list(truth.totals(limit).values())
    np.testing.assert_allclose(told, wanted, atol=1e-4)


# -- streets ---------------------------------------------------------------------------------


def test_gate_in_mid_street_leaves_both_parts_usable_from_their_ends() -> None:
    town = cross()
    town.stations = [(0, 20.0, 0.0)]
    streets = make_streets(town)
    gate = barrier_at(streets, shapely.Point(near(60.0, 3.0)))
    barred = bar(streets, gate)
    network = walk_network(barred)
    cover = measure_coverage(network, placed(barred, network, town), 1000.0)
    assert cover.covered_m == pytest.approx(360.0, abs=1e-6)
    assert cover.unreachable_m == pytest.approx(40.0, abs=1e-6)
    assert barred.unmet == ()
    assert barred.streets.length_m.sum() == pytest.approx(400.0, abs=1e-6)
    assert barred.locate(0, 70.0)[1] == pytest.approx(10.0, abs=1e-6)


def test_gate_that_stops_wheels_lets_walkers_through() -> None:
    town = cross()
    town.stations = [(0, 20.0, 0.0)]
    streets = replace(make_streets(town), access=np.full(4, 63, np.uint8))
    gate = barrier_at(streets, shapely.Point(near(60.0, 0.0)), ("ebike", "truck"))
    barred = bar(streets, gate)
    lost = {}
    for mode in ("walk", "car", "truck"):
        network = walk_network(barred, mode)
        cover = measure_coverage(network, placed(barred, network, town), 1000.0)
        lost[mode] = round(cover.unreachable_m, 6)
    assert lost == {"walk": 0.0, "car": 0.0, "truck": 40.0}


def test_gate_farther_than_ten_metres_meets_nothing() -> None:
    streets = make_streets(cross())
    close = barrier_at(streets, shapely.Point(near(60.0, 9.99)))
    far = barrier_at(streets, shapely.Point(near(60.0, 10.01)))
    barred = bar(streets, close, far)
    assert barred.unmet == (1,)
    assert len(barred.streets) == 3 + 2 + 1


def test_gate_on_a_crossing_shuts_all_streets_that_meet_there() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    streets = make_streets(town)
    barred = bar(streets, barrier_at(streets, shapely.Point(MIDDLE)))
    network = walk_network(barred)
    cover = measure_coverage(network, placed(barred, network, town), 1000.0)
    assert cover.covered_m == pytest.approx(100.0, abs=1e-6)
    assert cover.unreachable_m == pytest.approx(300.0, abs=1e-6)


def test_gate_off_the_streets_of_those_it_stops_takes_the_next_one_of_theirs() -> None:
    streets = make_streets(cross())  # foot only
    gate = barrier_at(streets, shapely.Point(near(60.0, 0.0)), ("car",))
    assert bar(streets, gate).unmet == (0,)


def test_closed_part_still_counts_and_leads_nowhere() -> None:
    town = cross()
    town.stations = [(1, 50.0, 0.0), (0, 50.0, 0.0)]
    streets = make_streets(town)
    area = barrier_at(streets, shapely.box(*near(30.0, -5.0), *near(70.0, 5.0)))
    barred = bar(streets, area)
    network = walk_network(barred)
    placement = placed(barred, network, town)
    assert placement.unroutable.tolist() == [1]
    cover = measure_coverage(network, placement, 1000.0)
    assert cover.total_m == pytest.approx(400.0, abs=1e-6)
    assert cover.unreachable_m == pytest.approx(70.0, abs=1e-5)  # the area, and what lies behind it
    inside = find_nearest(network, placement, [near(50.0, 1.0)], stations_xy_m=np.zeros((2, 2)))
    assert inside.outcome == ("unreachable",)


def test_area_around_a_crossing_closes_it() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    streets = make_streets(town)
    area = barrier_at(streets, shapely.Point(MIDDLE).buffer(20.0, quad_segs=1))
    barred = bar(streets, area)
    network = walk_network(barred)
    cover = measure_coverage(network, placed(barred, network, town), 1000.0)
    assert cover.covered_m == pytest.approx(80.0, abs=1e-5)
    assert cover.total_m == pytest.approx(400.0, abs=1e-6)


def test_line_shuts_what_it_crosses_and_what_it_only_touches() -> None:
    streets = make_streets(cross())
    across = barrier_at(streets, shapely.LineString(near([50.0, -9.0], [50.0, 9.0])))
    assert len(bar(streets, across).streets) == 3 + 2 + 1
    # It ends a hair beyond the street: what is a touch in metres is one of many digits in degrees.
    touching = barrier_at(streets, shapely.LineString(near([50.0, -9.0], [50.0, 1e-6])))
    assert len(bar(streets, touching).streets) == 3 + 2 + 1
    short = barrier_at(streets, shapely.LineString(near([50.0, -9.0], [50.0, -1.0])))
    assert bar(streets, short).unmet == (0,)


def test_barriers_that_meet_nothing_leave_the_streets_as_they_were() -> None:
    streets = make_streets(cross())
    barred = bar(streets)
    for name in ("ends", "length_m", "xy_m", "along_m", "first", "span_m", "node_xy_m"):
        np.testing.assert_array_equal(getattr(barred.streets, name), getattr(streets, name))


@pytest.mark.parametrize("seed", range(40))
def test_gates_equal_a_town_that_is_split_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = here(random_town(rng))
    streets = make_streets(town)
    usable = [e for e, way in enumerate(town.travel) if way and town.length[e] > 1.0]
    cuts: Cuts = {}
    gates = []
    for e in rng.choice(usable, size=min(4, len(usable)), replace=False).tolist():
        x = float(rng.uniform(0.1, 0.9)) * town.length[e]
        from locator.pieces import locate_on_streets

        xy = locate_on_streets(streets, np.array([e], np.int32), np.array([x]))[0]
        # Streets may cross without meeting, or lie on one another: the lower one is snapped on.
        at = SnapGrid(streets).snap(xy[None], np.array(town.travel) != 0, 10.0)
        cuts.setdefault(int(at.street[0]), []).append(float(at.offset_m[0]))
        gates.append(barrier_at(streets, shapely.Point(xy), ("walk", "ebike")))
    barred = bar(streets, *gates)
    for limit in (150.0, 600.0):
        assert_same_coverage(barred, town, split_town(town, cuts, {}), limit)


@pytest.mark.parametrize("seed", range(40))
def test_boxes_equal_a_town_whose_parts_inside_are_cut_off(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    town = here(random_town(rng))
    streets = make_streets(town)
    low = MIDDLE + rng.uniform(0, 250, 2) + 0.137
    high = low + rng.uniform(40, 160, 2)
    closed = {}
    for e, line in enumerate(town.lines):
        if town.travel[e]:
            runs = list(join_runs(clip_to_box(line, low, high)))
            if runs:
                closed[e] = runs
    barred = bar(streets, barrier_at(streets, shapely.box(*low, *high)))
    assert_same_coverage(barred, town, split_town(town, {}, closed), 400.0)


@pytest.mark.parametrize("seed", range(20))
def test_fences_equal_a_town_that_is_split_along_them(seed: int) -> None:
    rng = np.random.default_rng(2000 + seed)
    town = here(random_town(rng))
    streets = make_streets(town)
    east = MIDDLE[0] + float(rng.uniform(50, 350)) + 0.0137
    cuts: Cuts = {}
    for e, line in enumerate(town.lines):
        along = 0.0
        for start, end in pairwise(line):
            run = float(np.hypot(*(end - start)))
            if town.travel[e] and (start[0] - east) * (end[0] - east) < 0:
                cuts.setdefault(e, []).append(along + run * (east - start[0]) / (end[0] - start[0]))
            along += run
    north = MIDDLE[1]
    fence = shapely.LineString([[east, north - 50], [east, north + 2500]])
    barred = bar(streets, barrier_at(streets, fence))
    assert_same_coverage(barred, town, split_town(town, cuts, {}), 500.0)


def clip_to_box(
    line: np.ndarray, low: np.ndarray, high: np.ndarray
) -> Iterable[tuple[float, float]]:
    """Where a line runs inside a box, segment by segment (Liang and Barsky 1984)."""
    along = 0.0
    for start, end in pairwise(line):
        step = end - start
        run = float(np.hypot(*step))
        enter, leave = 0.0, 1.0
        for axis in range(2):
            for edge, sign in ((low[axis], 1.0), (high[axis], -1.0)):
                toward, room = sign * step[axis], sign * (edge - start[axis])
                if toward == 0.0:
                    if room > 0:
                        leave = -1.0
                elif toward > 0:
                    enter = max(enter, room / toward)
                else:
                    leave = min(leave, room / toward)
        if leave > enter:
            yield along + enter * run, along + leave * run
        along += run


def join_runs(runs: Iterable[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    """Runs that touch, as one; those of no length left out."""
    joined: list[list[float]] = []
    for low, high in runs:
        if joined and low <= joined[-1][1] + 1e-6:
            joined[-1][1] = high
        else:
            joined.append([low, high])
    return [(low, high) for low, high in joined if high - low > 1e-6]


# -- days and hours --------------------------------------------------------------------------


def test_barrier_holds_on_its_days_and_at_its_hours() -> None:
    point = shapely.Point(120.86, 32.01)
    works = make_barrier(point, {"from": "2026-03-02", "to": "2026年3月5日"})
    gate = make_barrier(point, {"hours": "22:00-06:00"})
    always = make_barrier(point, {})

    def holding(text: str) -> list[bool]:
        found = in_force([works, gate, always], datetime.fromisoformat(text))
        return [one in found for one in (works, gate, always)]

    assert holding("2026-03-01T23:59") == [False, True, True]
    assert holding("2026-03-02T00:00") == [True, True, True]
    assert holding("2026-03-05T23:59") == [True, True, True]
    assert holding("2026-03-06T06:00") == [False, False, True]
    assert holding("2026-03-06T22:00") == [False, True, True]
    assert in_force([works, gate, always], None) == [works, gate, always]


def test_modes_of_a_barrier_are_read_in_both_languages() -> None:
    point = shapely.Point(120.86, 32.01)
    assert make_barrier(point, {}).modes == ALL
    assert make_barrier(point, {"禁行": "货车、汽车"}).modes == ("car", "truck")
    assert make_barrier(point, {"Modes": ["ebike"]}).modes == ("ebike",)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"from": "soon"}, "is no day"), ({"from": "2026-02-30"}, "is no day"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "before it begins"),
        ({"hours": "whenever"}, "not understood"), ({"modes": "boat"}, "walk, slow_walk"),
    ],
)  # fmt: skip
def test_barrier_that_cannot_be_understood_is_told(told: dict[str, str], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        make_barrier(shapely.Point(120.86, 32.01), told)


# -- in the city folder ----------------------------------------------------------------------


def feature(kind: str, coordinates: object, **told: object) -> dict[str, object]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": told, "geometry": geometry}


def write_features(path: Path, *features: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Blocks of 100 m with a station in the west and one in the east."""
    return make_block_city(tmp_path / "city", [(100.0, 150.0), (500.0, 350.0)])


def test_import_keeps_what_it_understands_and_tells_the_rest(city: City) -> None:
    lon, lat = lonlat(300.0, 300.0)
    file = write_features(
        city.workspace.path.parent / "gates.geojson",
        feature("Point", [lon, lat], name="东门", hours="22:00-06:00", source="街道办"),
        feature("LineString", [[lon, lat], [lon + 0.01, lat]], modes=["truck"]),
        feature("Point", [lon, lat], hours="whenever"),
        feature("Point", [500.0, 95.0]),
        {"type": "Feature", "properties": {}, "geometry": None},
    )
    report = import_barriers(city.workspace, file)
    document = report.to_json()
    assert (document["read"], document["added"], document["known"]) == (5, 2, 0)
    assert [row["row"] for row in document["rejected"]] == [3, 4, 5]
    again = import_barriers(city.workspace, file)
    assert (again.added, again.known) == (0, 2)
    kept = load_barriers(city.workspace)
    assert [(one.name, one.hours, one.source) for one in kept] == [
        ("东门", "22:00-06:00", "街道办"), ("", "", ""),
    ]  # fmt: skip
    assert kept[1].modes == ("truck",)
    save_barriers(city.workspace, [replace(kept[0], from_date=date(2026, 3, 2))])
    assert load_barriers(city.workspace)[0].from_date == date(2026, 3, 2)
    city.workspace.barriers_path.write_text("{")
    with pytest.raises(DataError, match="damaged"):
        load_barriers(city.workspace)


def test_datum_of_a_file_is_undone(city: City) -> None:
    from geodata.datum import from_wgs84

    shifted = from_wgs84(np.array([[120.86, 32.01]]), "gcj02")[0].tolist()
    file = write_features(city.workspace.path.parent / "gcj.geojson", feature("Point", shifted))
    import_barriers(city.workspace, file, datum="gcj02")
    kept = load_barriers(city.workspace)[0].shape
    assert [kept.x, kept.y] == pytest.approx([120.86, 32.01], abs=1e-7)


def test_gates_of_a_table_are_points(city: City) -> None:
    file = city.workspace.path.parent / "gates.csv"
    file.write_text("name,lon,lat,modes,from_date\n西门,120.86,32.01,car,2026-03-02\n,x,y,,\n")
    report = import_barriers(city.workspace, file)
    assert (report.read, report.added, len(report.rejected)) == (2, 1, 1)
    kept = load_barriers(city.workspace)[0]
    assert (kept.name, kept.modes, kept.from_date) == ("西门", ("car",), date(2026, 3, 2))


def test_view_with_barriers_is_another_city_of_the_same_length(city: City) -> None:
    view = city.current()
    before = view.coverage(within_m=500)
    fence = [lonlat(250.0, -50.0), lonlat(250.0, 650.0)]
    file = write_features(
        city.workspace.path.parent / "fence.geojson",
        feature("LineString", fence, hours="22:00-06:00"),
    )
    assert view.with_barriers() is view
    import_barriers(city.workspace, file)
    assert view.with_barriers() is view  # a version does not change
    view = city.unbarred()
    assert view.with_barriers(at="2026-03-02T12:00") is view
    night = view.with_barriers(at="2026-03-02T23:00")
    assert night is view.with_barriers(at="2026-03-03T00:30")
    assert night.version != view.version
    assert night.streets.hash != view.streets.hash
    after = night.coverage(within_m=500)
    assert after.total_m == pytest.approx(before.total_m, rel=1e-9)
    assert after.covered_m < before.covered_m
    assert after.unreachable_m == 0.0  # there is a station on either side
    for mode in ALL:
        assert np.isfinite(night.coverage(within_m="5min", mode=mode).share)
    with pytest.raises(InputError, match="hold in this view already"):
        night.with_barriers()
    planned = view.with_scenario(build=[(0, 1.0)]).with_barriers()
    code = next(iter(planned.sites))
    street, offset = planned.sites[code]
    assert 0 <= offset <= planned.streets.length_m[street]


def test_what_is_shut_all_day_is_shut_for_every_question(city: City) -> None:
    box = [[lonlat(x, y) for x, y in ((250, -50), (350, -50), (350, 650), (250, 650), (250, -50))]]
    folder = city.workspace.path.parent
    area = write_features(folder / "area.geojson", feature("Polygon", box))
    night = [lonlat(450.0, -50.0), lonlat(450.0, 650.0)]
    gate = feature("LineString", night, hours="22:00-06:00")
    past = feature("LineString", [lonlat(150.0, -50.0), lonlat(150.0, 650.0)], to_date="2020-01-01")
    open_view = city.current()
    import_barriers(city.workspace, write_features(folder / "gates.geojson", gate, past))
    assert city.current().streets is city.unbarred().streets
    dark = city.current(at="2026-03-02T23:00")
    assert dark is not city.unbarred()
    import_barriers(city.workspace, area)
    view = city.current()
    assert view is city.current()
    assert view.version != open_view.version
    asked = [
        lambda v: v.coverage(within_m=400).covered_m,
        lambda v: v.week(400).to_document()["paper"],
        lambda v: v.losses(400).of(v.stations.code[0]),
        lambda v: v.curve().unreachable,
        lambda v: v.rest(break_min=20).totals().mean_min,
    ]
    for question in asked:
        assert question(view) != pytest.approx(question(open_view), rel=1e-6)
    assert view.coverage(within_m=400).total_m == pytest.approx(
        open_view.coverage(within_m=400).total_m, rel=1e-9
    )


def test_commands_add_list_and_clear_barriers(city: City) -> None:
    from locator.barrier_commands import barriers

    file = write_features(
        city.workspace.path.parent / "gate.geojson", feature("Point", [0.0, 0.0], name="远门")
    )
    run = CliRunner()
    asked = ["--city", str(city.workspace.path), "--json"]
    made = run.invoke(barriers, ["import", str(file), *asked], catch_exceptions=False)
    assert json.loads(made.output) == {"read": 1, "added": 1, "known": 0, "rejected": []}
    listed = json.loads(run.invoke(barriers, ["list", *asked], catch_exceptions=False).output)
    assert listed["barriers"][0]["name"] == "远门"
    assert listed["barriers"][0]["meets_street"] is False
    assert "远门" in run.invoke(barriers, ["list", *asked[:2]], catch_exceptions=False).output
    cleared = run.invoke(barriers, ["clear", *asked], catch_exceptions=False)
    assert json.loads(cleared.output) == {"removed": 1}
