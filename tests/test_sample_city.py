"""The sample must look and behave like a city, and nothing in it may pass for a real station."""

from __future__ import annotations

from collections import Counter
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geodata.errors import InputError
from geodata.lines import BIKE, BRIDGE, ELEVATED, FOOT, MOTOR, STEPS, TUNNEL
from geodata.projection import Projection
from geodata.sample_city import SampleCity, make_sample
from geodata.sample_city.bend import UNIT_M, draw_bend
from geodata.sample_city.plan import Plan, read_plan
from geodata.sample_city.stations import share_out
from geodata.vocabulary import (
    access_modes,
    access_scopes,
    facilities,
    kinds,
    read_data,
    statuses,
)

PROJECTION = Projection("EPSG:4549")
BRIDGES = {"city": 28, "town": 4}
COUNTS = {
    "city": {
        "rest_station": 314,
        "mother_baby_room": 283,
        "carnation_station": 108,
        "worker_home": 40,
    },
    "town": {"rest_station": 12, "mother_baby_room": 7, "carnation_station": 4, "worker_home": 3},
}
CITY = pytest.param("city", marks=pytest.mark.slow)


class Sample:
    """A sample in metres, as the tests look at it."""

    def __init__(self, scale: str, *, seed: int = 0) -> None:
        self.scale = scale
        self.made: SampleCity = make_sample(scale, seed=seed)
        self.plan: Plan = read_plan(scale)
        lines = self.lines = self.made.lines
        self.xy_m = PROJECTION.to_xy(lines.lonlat_deg)
        owner = np.repeat(np.arange(len(lines)), np.diff(lines.first))
        self.shapes = shapely.linestrings(self.xy_m, indices=owner)
        self.stations_m = PROJECTION.to_xy([(row["lon"], row["lat"]) for row in self.made.stations])
        self.water = [to_metres(shape) for shape in self.made.water]
        self.highway = np.array(lines.classes, dtype=object)[lines.class_code]
        self.on_foot = (lines.access & FOOT) == FOOT

    def flagged(self, flag: int) -> NDArray[np.bool_]:
        """Which lines have a flag."""
        flagged: NDArray[np.bool_] = (self.lines.flags & flag) > 0
        return flagged

    @cached_property
    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First and last vertex of each line."""
        return self.lines.vertex[self.lines.first[:-1]], self.lines.vertex[self.lines.first[1:] - 1]

    @cached_property
    def pieces(self) -> NDArray[np.int32]:
        """Number of the walking piece that each vertex is in."""
        links = self.segments()
        found: NDArray[np.int32] = connected_components(links, directed=False)[1]
        return found

    @cached_property
    def main(self) -> int:
        """Number of the largest piece."""
        return int(np.bincount(self.pieces).argmax())

    def segments(self) -> coo_array:
        """Lengths between neighbouring vertices that one may walk."""
        owner = np.repeat(np.arange(len(self.lines)), np.diff(self.lines.first))
        inside = (owner[1:] == owner[:-1]) & self.on_foot[owner[1:]]
        u, v = self.lines.vertex[:-1][inside], self.lines.vertex[1:][inside]
        length_m = np.hypot(*np.diff(self.xy_m, axis=0)[inside].T)
        count = int(self.lines.vertex.max()) + 1
        return coo_array((length_m, (u, v)), shape=(count, count))


def to_metres(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, PROJECTION.to_xy)


@cache
def look_at(scale: str) -> Sample:
    """One sample for all tests: the city takes some seconds."""
    return Sample(scale)


@pytest.fixture(params=["town", CITY])
def sample(request: pytest.FixtureRequest) -> Sample:
    return look_at(request.param)


@pytest.fixture
def town() -> SampleCity:
    return look_at("town").made


@pytest.fixture
def city() -> Sample:
    return look_at("city")


# ---- Size and streets


def test_streets_built_have_the_wanted_number_of_nodes(sample: Sample) -> None:
    from locator.street_building import build_streets

    streets = build_streets(sample.lines, crs="EPSG:4549")
    low, high = {"city": (90_000, 110_000), "town": (420, 580)}[sample.scale]
    assert low <= len(streets.node_xy_m) <= high
    degree = np.bincount(streets.ends.ravel(), minlength=len(streets.node_xy_m))
    assert low <= (degree != 2).sum() <= high
    assert streets.length_m.sum() == pytest.approx(shapely.length(sample.shapes).sum(), rel=1e-6)


def test_streets_are_of_all_sorts(sample: Sample) -> None:
    found = set(sample.highway)
    assert found >= {"trunk", "trunk_link", "primary", "secondary", "tertiary", "residential"}
    assert found >= {"footway", "service", "cycleway", "steps"}
    curved = np.diff(sample.lines.first) > 2
    assert 0.2 < curved.mean() < 0.9
    degree = np.bincount(np.concatenate(sample.ends))
    assert (degree == 1).sum() > 0.05 * (degree > 0).sum()  # dead ends


def test_divided_roads_have_one_way_carriageways_and_cycle_lanes(sample: Sample) -> None:
    access = sample.lines.access
    one_way = ((access & MOTOR) != 0) & ((access & MOTOR) != MOTOR)
    assert set(sample.highway[one_way]) >= {"primary", "trunk_link", "residential"}
    assert (access[one_way] & FOOT == FOOT)[sample.highway[one_way] == "primary"].all()
    lanes = access[sample.highway == "cycleway"]
    assert np.isin(lanes & BIKE, (4, 8)).all()
    assert {4, 8} <= set((lanes & BIKE).tolist())  # one on each side
    assert (lanes & MOTOR == 0).all()
    assert (lanes & FOOT == FOOT).all()


def test_elevated_road_is_for_motors_and_meets_no_street(sample: Sample) -> None:
    high = sample.flagged(ELEVATED)
    assert (sample.lines.access[high] & (FOOT | BIKE) == 0).all()
    assert sample.flagged(BRIDGE)[high].all()
    deck = high & (sample.highway == "trunk")
    point = np.repeat(np.arange(len(sample.lines)), np.diff(sample.lines.first))
    up = np.unique(sample.lines.vertex[deck[point]])
    below = np.unique(sample.lines.vertex[sample.on_foot[point]])
    assert len(np.intersect1d(up, below)) == 0
    crossed = shapely.STRtree(sample.shapes[sample.on_foot]).query(
        sample.shapes[deck], predicate="crosses"
    )
    assert len(crossed[0]) >= 3  # and yet it passes over them
    ramps = np.unique(np.concatenate(sample.ends)[np.tile(sample.highway == "trunk_link", 2)])
    assert len(np.intersect1d(ramps, below)) >= 4


@pytest.mark.slow
def test_tunnel_runs_under_the_park_without_meeting_its_paths(city: Sample) -> None:
    below = city.flagged(TUNNEL)
    assert below.any()
    assert (city.lines.access[below] & (FOOT | BIKE) == 0).all()
    assert {city.made.lines.names[name] for name in city.lines.name_code[below]} == {"啬园路"}
    u, v = city.ends
    inner = np.intersect1d(u[below], v[below])
    assert len(inner) > 0
    assert not np.isin(inner, np.concatenate((u[~below], v[~below]))).any()


def test_footbridges_are_steps(sample: Sample) -> None:
    stairs = sample.highway == "steps"
    assert sample.flagged(STEPS)[stairs].all()
    assert (sample.lines.access[stairs] & (BIKE | MOTOR) == 0).all()


@pytest.mark.slow
def test_city_has_the_real_road_names(city: Sample) -> None:
    wanted = (
        "人民中路、青年中路、工农路、虹桥路、濠西路、北大街、崇川路、桃坞路、西寺路、光明支路、长泰路、"
        "永和路、城北大道、通宁大道、通京大道、通沪大道、长江北路、长江中路、世纪大道、啬园路、江纬路、"
        "江海大道、江海大道高架、北京中路、解放路、河海路"
    )
    used = {city.lines.names[code] for code in np.unique(city.lines.name_code)}
    assert set(wanted.split("、")) <= used
    middle = shapely.centroid(shapely.multilinestrings(list(named(city, "工农路"))))
    lon, lat = PROJECTION.to_lonlat([(middle.x, middle.y)])[0]
    assert lon == pytest.approx(120.8752, abs=0.006)
    assert lat == pytest.approx(31.995, abs=0.02)


def named(sample: Sample, name: str) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = sample.shapes[
        sample.lines.name_code == sample.lines.names.index(name)
    ]
    return shapes


# ---- Water


def test_water_is_crossed_on_bridges_only(sample: Sample) -> None:
    grounded = sample.shapes[~sample.flagged(BRIDGE) & ~sample.flagged(TUNNEL)]
    tree = shapely.STRtree(grounded)
    for water in sample.water:
        assert len(tree.query(water, predicate="intersects")) == 0
    bridges = shapely.STRtree(sample.shapes[sample.flagged(BRIDGE)])
    assert len(bridges.query(sample.water[0], predicate="intersects")) == 0  # sea and Yangtze


def test_moat_is_bridged_at_as_many_places_as_told(sample: Sample) -> None:
    moat = sample.water[1]
    bridges = sample.shapes[sample.flagged(BRIDGE) & sample.on_foot]
    over = bridges[shapely.intersects(bridges, moat)]
    places = shapely.get_parts(shapely.union_all(shapely.buffer(over, 2.0)))
    assert len(places) == BRIDGES[sample.scale]


@pytest.mark.slow
def test_moat_has_the_size_of_the_real_one(city: Sample) -> None:
    moat = city.water[1]
    assert 0.6e6 < moat.area < 0.8e6
    outline = shapely.get_exterior_ring(shapely.get_parts(moat)[0])
    assert 8_000 < outline.length < 12_000
    assert len(shapely.get_parts(moat)[0].interiors) == 2  # two rings


def test_walking_across_the_moat_is_far(sample: Sample) -> None:
    """Somewhere people on opposite banks see each other and have far to walk."""
    moat = sample.water[1]
    vertex, place = np.unique(sample.lines.vertex, return_index=True)
    xy_m = sample.xy_m[place]
    near = np.flatnonzero(
        shapely.dwithin(shapely.points(xy_m), moat, 16.0) & (sample.pieces[vertex] == sample.main)
    )
    graph = sample.segments().tocsr()
    ratios = []
    for start in near[:: max(len(near) // 12, 1)]:
        walk_m = dijkstra(graph, directed=False, indices=vertex[start], limit=5000)[vertex[near]]
        straight_m = np.hypot(*(xy_m[near] - xy_m[start]).T)
        across = (straight_m > 20) & (straight_m < 160) & np.isfinite(walk_m)
        ratios += (walk_m[across] / straight_m[across]).tolist()
        assert (walk_m >= straight_m - 1e-6).all()
    assert max(ratios) > 4


def test_mainland_is_one_piece_and_islands_are_off(sample: Sample) -> None:
    foot = np.flatnonzero(sample.on_foot)
    length_m = shapely.length(sample.shapes[foot])
    piece = sample.pieces[sample.ends[0][foot]]
    middle = shapely.get_coordinates(shapely.centroid(sample.shapes[foot]))
    islands = [
        shapely.Polygon(PROJECTION.to_xy(np.array(ring))) for ring in sample.plan.islands.values()
    ]
    off = np.zeros(len(foot), dtype=np.bool_)
    for island in islands:
        here = shapely.contains_xy(shapely.buffer(island, 50.0), middle)
        assert here.sum() > 5
        assert (piece[here] != sample.main).all()
        assert len(np.unique(piece[here])) == 1
        off |= here
    least = {"city": 0.995, "town": 0.97}[sample.scale]
    assert length_m[(piece == sample.main) & ~off].sum() > least * length_m[~off].sum()
    assert len(np.unique(piece)) - 1 - len(islands) <= 3


def test_vehicles_reach_nearly_everything_they_may_use(sample: Sample) -> None:
    """One-ways and bridges must leave no large part that can be entered and not left."""
    u, v = sample.ends
    for forward, backward in ((4, 8), (16, 32)):
        onward = (sample.lines.access & forward) > 0
        against = (sample.lines.access & backward) > 0
        tail, head = (
            np.concatenate((u[onward], v[against])),
            np.concatenate((v[onward], u[against])),
        )
        count = int(sample.lines.vertex.max()) + 1
        links = coo_array((np.ones(len(tail)), (tail, head)), shape=(count, count))
        labels = connected_components(links, connection="strong")[1]
        used = np.unique(np.concatenate((tail, head)))
        least = {"city": 0.97, "town": 0.88}[sample.scale]  # divided roads end at the border
        assert np.bincount(labels[used]).max() > least * len(used)


# ---- Areas


def test_districts_fill_the_boundary_without_overlap(sample: Sample) -> None:
    made = sample.made
    shapes = [district.shape for district in made.districts]
    assert all(shapely.is_valid(shape) for shape in (*shapes, *made.water, made.boundary))
    assert sum(shape.area for shape in shapes) == pytest.approx(made.boundary.area, rel=1e-9)
    for place, shape in enumerate(shapes):
        for other in shapes[place + 1 :]:
            assert shapely.intersection(shape, other).area < 1e-12
    assert shapely.contains_xy(shapely.buffer(made.boundary, 1e-6), made.lines.lonlat_deg).all()


@pytest.mark.slow
def test_city_has_the_seven_districts_with_their_seats_and_residents(city: Sample) -> None:
    districts = {district.adcode: district for district in city.made.districts}
    assert set(districts) == {"320613", "320612", "320614", "320623", "320681", "320682", "320685"}
    assert sum(district.population for district in districts.values()) == 7_726_635
    assert "332,273" in districts["320613"].note
    places, seats = city.plan.places, read_data("sample_nantong.toml")["seats"]
    node_m = city.xy_m[city.lines.first[:-1]]
    for code, rows in seats.items():
        seat = next(place for place in places if place.seat and place.district == code)
        shift_deg = abs(seat.lon_deg - rows[0][1]) + abs(seat.lat_deg - rows[0][2])
        assert 0.004 < shift_deg < 0.009  # GCJ-02 was taken off
        assert shapely.contains_xy(districts[code].shape, seat.lon_deg, seat.lat_deg)
        at_m = PROJECTION.to_xy([seat.lon_deg, seat.lat_deg])
        assert (np.hypot(*(node_m - at_m).T) < 1000).sum() > 150  # a town is there
    west, south, east, north = city.made.boundary.bounds
    assert west >= 120.2 - 1e-6
    assert south >= 31 + 41 / 60 - 1e-3
    assert east <= 121 + 55 / 60 + 1e-3
    assert north <= 32 + 43 / 60 + 1e-3


# ---- Stations


def test_stations_are_as_many_as_reported(sample: Sample) -> None:
    assert dict(Counter(row["kind"] for row in sample.made.stations)) == COUNTS[sample.scale]


def test_stations_say_that_they_are_invented(sample: Sample) -> None:
    assert sample.made.attribution == ""
    assert "示例" in sample.made.note
    assert "SAMPLE" in sample.made.note
    for row in sample.made.stations:
        assert row["sample"] is True
        assert row["name"].startswith("示例·")
        assert row["address"].startswith("示例数据：")
        assert "code" not in row
        assert "phone" not in row
    names = [row["name"] for row in sample.made.stations]
    assert len(set(names)) == len(names)


def test_stations_stand_beside_streets_on_dry_land(sample: Sample) -> None:
    points = shapely.points(sample.stations_m)
    walkable = sample.shapes[sample.on_foot]
    _, away_m = shapely.STRtree(walkable).query_nearest(
        points, return_distance=True, all_matches=False
    )
    assert away_m.max() <= 30.0 + 0.1
    assert len(np.unique(sample.stations_m.round(1), axis=0)) == len(points)
    for water in sample.water:
        assert not shapely.intersects(water, points).any()


def test_stations_lie_in_the_district_they_name(sample: Sample) -> None:
    shapes = {district.adcode: district.shape for district in sample.made.districts}
    for row in sample.made.stations:
        assert shapely.contains_xy(shapes[row["district_code"]], row["lon"], row["lat"])
        district = next(d for d in sample.made.districts if d.adcode == row["district_code"])
        assert district.name in row["address"]


def test_one_station_stands_where_no_bridge_leads(sample: Sample) -> None:
    walkable = np.flatnonzero(sample.on_foot)
    nearest = shapely.STRtree(sample.shapes[walkable]).nearest(shapely.points(sample.stations_m))
    piece = sample.pieces[sample.ends[0][walkable[nearest]]]
    off = np.flatnonzero(piece != sample.main)
    assert [sample.made.stations[row]["kind"] for row in off] == ["rest_station"]


def test_stations_use_known_words(sample: Sample) -> None:
    for row in sample.made.stations:
        assert row["kind"] in kinds()
        assert row["status"] in statuses()
        assert row["access_scope"] in access_scopes()
        assert row["access_mode"] == "" or row["access_mode"] in access_modes()
        assert set(row["facilities"]) <= set(facilities().codes)


def test_town_has_every_kind_and_status(town: SampleCity) -> None:
    assert {row["kind"] for row in town.stations} == set(kinds().codes)
    assert {row["status"] for row in town.stations} == set(statuses().codes)
    assert any(row["hours"] == "" for row in town.stations)


@pytest.mark.slow
def test_shares_are_as_published(city: Sample) -> None:
    rest = [row for row in city.made.stations if row["kind"] == "rest_station"]
    always = [row for row in rest if "24小时" in row["hours"]]
    longer = [
        row
        for row in rest
        if row["hours"] in {"6:00-22:00", "8:00-22:00", "7:00-21:00", "6:30-23:00"}
    ]
    assert len(always) == round(0.065 * 314)
    assert len(longer) == round(0.109 * 314)
    assert 0.15 < sum(row["hours"] == "" for row in rest) / 314 < 0.3
    has = Counter(code for row in rest for code, there in row["facilities"].items() if there)
    for code, share in (
        ("FIRSTAID", 0.59),
        ("LEGAL", 0.11),
        ("HAIRCUT", 0.03),
        ("SMART_DOOR", 0.06),
    ):
        assert has[code] == pytest.approx(share * 314, abs=1)
    standard = [term.code for term in facilities() if term.standard]
    complete = [row for row in rest if all(row["facilities"].get(code) for code in standard)]
    assert len(complete) > 0.5 * 314
    assert any("WIFI" not in row["facilities"] for row in rest)  # unknown stays unknown
    rooms = [row for row in city.made.stations if row["kind"] == "mother_baby_room"]
    assert 0.4 < sum(row["access_scope"] == "staff" for row in rooms) / len(rooms) < 0.6
    people = {district.adcode: district.population for district in city.made.districts}
    assert Counter(row["district_code"] for row in rest) == Counter(share_out(314, people))


@pytest.mark.slow
def test_stations_are_denser_in_towns(city: Sample) -> None:
    seats = PROJECTION.to_xy([(p.lon_deg, p.lat_deg) for p in city.plan.places if p.seat])
    away_m = np.hypot(*(city.stations_m[:, None] - seats[None]).transpose(2, 0, 1)).min(axis=1)
    assert 0.3 < (away_m < 6000).mean() < 0.8  # on 8 % of the land


def test_stations_import_without_a_fault(sample: Sample, tmp_path: Path) -> None:
    from locator.registry import Registry

    registry = Registry.open(tmp_path / "registry.sqlite", create=True)
    try:
        first = registry.import_rows(sample.made.rows, datum="wgs84", code_prefix="NT")
        again = registry.import_rows(sample.made.rows, datum="wgs84", code_prefix="NT")
        stations = registry.snapshot()
    finally:
        registry.close()
    total = sum(COUNTS[sample.scale].values())
    assert (first.added, first.rejected) == (total, ())
    assert again.unchanged == total
    assert stations.sample.all()
    assert not stations.name_made.any()
    assert all(
        code.startswith(f"NT-{district}-")
        for code, district in zip(stations.code, stations.district_code, strict=True)
    )


# ---- Seeds


def arrays_of(made: SampleCity) -> list[bytes]:
    lines = made.lines
    columns = ("lonlat_deg", "vertex", "first", "access", "flags", "class_code", "name_code")
    return [getattr(lines, name).tobytes() for name in columns] + [
        repr((lines.classes, lines.names, made.stations)).encode(),
        shapely.to_wkb(made.boundary),
        *(shapely.to_wkb(shape) for shape in made.water),
    ]


@pytest.mark.parametrize("scale", ["town", CITY])
def test_same_seed_gives_the_same_bytes(scale: str) -> None:
    assert arrays_of(make_sample(scale, seed=0)) == arrays_of(look_at(scale).made)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_other_seed_gives_another_sound_town(town: SampleCity, seed: int) -> None:
    other = make_sample("town", seed=seed)
    assert other.lines.lonlat_deg.tobytes() != town.lines.lonlat_deg.tobytes()
    assert [row["name"] for row in other.stations] != [row["name"] for row in town.stations]
    assert len(other.stations) == len(town.stations)
    assert 400 < len(other.lines) < 1200


@pytest.mark.parametrize(
    ("scale", "seed", "message"), [("village", 0, "city, town"), ("town", -1, "-1")]
)
def test_impossible_sample_is_refused(scale: str, seed: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_sample(scale, seed=seed)


# ---- Laws


@given(
    st.integers(0, 1000),
    st.lists(st.floats(0.01, 100), min_size=1, max_size=12),
)
def test_shares_add_up_and_are_within_one(total: int, weights: list[float]) -> None:
    named = {str(place): weight for place, weight in enumerate(weights)}
    found = share_out(total, named)
    assert sum(found.values()) == total
    for key, weight in named.items():
        assert abs(found[key] - total * weight / sum(weights)) <= 1 + 1e-6


def test_bend_is_undone_and_keeps_points_apart(rng: np.random.Generator) -> None:
    centres = rng.uniform(0, 80_000, (30, 2))
    bend = draw_bend(np.zeros(2), centres, rng.uniform(500, 5000, 30), np.zeros(30), rng)
    grid = rng.uniform(0, 8000, (4000, 2))
    xy_m = bend.to_xy(grid)
    np.testing.assert_allclose(bend.to_grid(xy_m), grid, atol=1e-3)
    step = np.eye(2) / UNIT_M  # one metre on the grid
    east, north = bend.to_xy(grid + step[0]) - xy_m, bend.to_xy(grid + step[1]) - xy_m
    turn = east[:, 0] * north[:, 1] - east[:, 1] * north[:, 0]
    assert turn.min() > 0.2  # never folds over
