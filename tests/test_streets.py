"""Streets built, saved, opened and compared."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.errors import DataError, InputError
from geodata.lines import BACKWARD, BIKE, BRIDGE, FOOT, FORWARD, MOTOR, STEPS
from geodata.vectors import read_streets
from locator.street_building import build_streets
from locator.streets import Streets, compare_streets
from tests.drawings import (
    ALL,
    METRE_DEG,
    ONE_WAY,
    Drawn,
    draw,
    place_of,
    random_drawing,
    slow_segments,
    slow_streets,
)

CRS = "EPSG:4549"
ARRAYS = [
    "node_xy_m", "ends", "length_m", "access", "flags", "class_code", "name_code", "xy_m",
    "first", "along_m", "span_first", "span_m",
]  # fmt: skip
REAL = {
    "poa": "poa_osm.pbf",
    "monaco": "monaco_osrm.osm.pbf",
    "shanghai": "shanghai_small.osm",
    "jinan": "jinan/edges.shp",
    "shenzhen": "transbigdata_G.graphml",
}


def streets_of(drawn: list[Drawn], **settings: object) -> Streets:
    return build_streets(draw(drawn), crs=CRS, **settings)  # type: ignore[arg-type]


def assert_well_formed(streets: Streets) -> None:
    """What every `Streets` promises."""
    first = streets.first
    assert len(streets) == len(streets.ends) == len(streets.span_first) - 1 == len(first) - 1
    assert np.array_equal(streets.node_xy_m[streets.ends[:, 0]], streets.xy_m[first[:-1]])
    assert np.array_equal(streets.node_xy_m[streets.ends[:, 1]], streets.xy_m[first[1:] - 1])
    assert (streets.ends[:, 0] <= streets.ends[:, 1]).all()
    assert np.array_equal(np.unique(streets.ends), np.arange(len(streets.node_xy_m)))
    assert (streets.along_m[first[:-1]] == 0).all()
    assert np.array_equal(streets.along_m[first[1:] - 1], streets.length_m)
    steps = np.diff(streets.along_m)
    steps[first[1:-1] - 1] = 0
    assert (steps >= 0).all()
    order = np.lexsort((streets.ends[:, 1], streets.ends[:, 0]))
    assert np.array_equal(order, np.arange(len(streets)))
    assert streets.names[0] == ""
    assert list(streets.names) == sorted(set(streets.names))
    for name in ARRAYS:
        array = getattr(streets, name)
        assert not array.flags.writeable
        assert array.flags.c_contiguous


# -- building -----------------------------------------------------------------------------------


def test_cross_of_two_streets_by_hand() -> None:
    streets = streets_of(
        [
            Drawn([10, 11, 12], name="East", highway="primary"),
            Drawn([1, 11, 21], ONE_WAY, name="North", flags=BRIDGE),
        ]
    )
    assert_well_formed(streets)
    assert (len(streets), len(streets.node_xy_m)) == (4, 5)
    assert streets.names == ("", "East", "North")
    assert streets.classes == ("", "primary")
    metres = {"East": 188.9, "North": 221.8}  # 100 units of 1e-5 degrees, at 32 N
    for i in range(4):
        name = streets.names[streets.name_code[i]]
        assert streets.length_m[i] == pytest.approx(metres[name] / 2, rel=2e-3)
        assert streets.flags[i] == (BRIDGE if name == "North" else 0)
    east = streets.access[streets.name_code == 1]
    assert east.tolist() == [ALL, ALL]
    north = np.flatnonzero(streets.name_code == 2)
    south_to_north = streets.xy_m[streets.first[1:] - 1, 1] > streets.xy_m[streets.first[:-1], 1]
    for i in north:
        direction = FORWARD if south_to_north[i] else BACKWARD
        assert streets.access[i] == FOOT | ((BIKE | MOTOR) & direction)


@pytest.mark.parametrize("seed", range(20))
def test_random_streets_equal_the_slow_way_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = random_drawing(rng)
    streets = streets_of(drawn)
    assert_well_formed(streets)
    slow = slow_segments(drawn)
    assert len(streets) == len(slow_streets(slow))
    place = streets.projection.to_xy(
        np.array([[place_of(a), place_of(b)] for a, b in slow]).reshape(-1, 2)
    )
    total = np.hypot(*(place[0::2] - place[1::2]).T).sum()
    assert streets.length_m.sum() == pytest.approx(total, rel=1e-12)
    for _ in range(3):
        shuffled = [drawn[i] for i in rng.permutation(len(drawn))]
        turned = [line.turned() if rng.random() < 0.5 else line for line in shuffled]
        again = streets_of(turned)
        assert again.hash == streets.hash
        for name in ARRAYS:
            assert np.array_equal(getattr(again, name), getattr(streets, name))


def test_islands_stay() -> None:
    streets = streets_of([Drawn([1, 2]), Drawn([88, 89]), Drawn([300, 301, 311, 300])])
    assert len(streets) == 3
    assert (streets.ends[:, 0] == streets.ends[:, 1]).sum() == 1


def test_streets_in_one_place_but_of_other_nodes_do_not_meet() -> None:
    bridge = draw(
        [Drawn([0, 1, 2]), Drawn([3, 4, 5])],
        {4: place_of(1), 3: (120.001, 31.9), 5: (120.001, 32.1)},
    )
    assert len(build_streets(bridge, crs=CRS).node_xy_m) == 4


def test_segment_without_length_keeps_the_connection() -> None:
    streets = build_streets(
        draw([Drawn([0, 1], name="a"), Drawn([1, 2], name="b")], {1: place_of(0)}), crs=CRS
    )
    assert_well_formed(streets)
    assert sorted(streets.length_m > 0) == [False, True]
    assert streets.span_m.tolist() == [[0, length] for length in streets.length_m.tolist()]


def test_neighbours_are_stored_together(rng: np.random.Generator) -> None:
    side = 40
    rows = [Drawn([100 * y + x, 100 * y + x + 1]) for y in range(side) for x in range(side)]
    columns = [Drawn([100 * y + x, 100 * (y + 1) + x]) for y in range(side) for x in range(side)]
    places = {
        100 * y + x: (120 + x * METRE_DEG, 32 + y * METRE_DEG) for y in range(99) for x in range(99)
    }
    drawn = [*rows, *columns]
    streets = build_streets(draw([drawn[i] for i in rng.permutation(len(drawn))], places), crs=CRS)
    apart = np.abs(np.diff(streets.ends, axis=1))
    assert np.median(apart) < len(streets.node_xy_m) / 20


def test_crs_is_picked_for_the_city_or_checked() -> None:
    lines = draw([Drawn([1, 2])])
    assert build_streets(lines).crs == "EPSG:4549"
    monaco = draw([Drawn([1, 2])], {1: (7.42, 43.73), 2: (7.43, 43.74)})
    assert "+lon_0=7.4250" in build_streets(monaco).crs
    for crs, reason in [("EPSG:4326", "metres"), ("EPSG:3857", "off scale"), ("nonsense", "CRS")]:
        with pytest.raises(InputError, match=reason):
            build_streets(lines, crs=crs)


def test_no_usable_street_is_refused() -> None:
    for drawn, reason in [
        ([], "none of the 0 lines"),
        ([Drawn([1, 2], 0)], "none of the 1 lines"),
        ([Drawn([1, 1])], "single points"),
    ]:
        with pytest.raises(InputError, match=reason):
            streets_of(drawn)


@pytest.mark.parametrize("place", [(np.nan, 32.0), (32.0, 120.0), (np.inf, 0.0), (200.0, 0.0)])
def test_coordinates_that_are_no_positions_are_refused(place: tuple[float, float]) -> None:
    with pytest.raises(InputError):
        build_streets(draw([Drawn([1, 2])], {1: place}), crs=CRS)


# -- boundary -----------------------------------------------------------------------------------


def test_boundary_gives_spans_and_drops_what_is_far() -> None:
    places = {
        1: (120.0, 32.0),
        2: (120.02, 32.0),
        3: (120.04, 32.0),
        4: (120.06, 32.0),
        5: (121, 33),
        6: (121.1, 33),
    }
    drawn = [
        Drawn([1, 2], name="in"),
        Drawn([2, 3], name="near"),
        Drawn([3, 4], name="far"),
        Drawn([5, 6], name="away"),
    ]
    city = shapely.box(119.9, 31.9, 120.01, 32.1)
    streets = build_streets(draw(drawn, places), crs=CRS, boundary=city, buffer_m=1500)
    assert_well_formed(streets)
    assert streets.names == ("", "in", "near")
    by_name = {streets.names[code]: i for i, code in enumerate(streets.name_code)}
    inside, near = by_name["in"], by_name["near"]
    assert np.diff(streets.span_first)[[inside, near]].tolist() == [1, 0]
    ((low, high),) = streets.span_m
    assert high - low == pytest.approx(streets.length_m[inside] / 2, rel=1e-4)
    assert min(low, streets.length_m[inside] - high) == pytest.approx(0, abs=1e-9)


def test_far_or_empty_boundary_is_refused() -> None:
    lines = draw([Drawn([1, 2])])
    for city, reason in [
        (shapely.box(10, 10, 11, 11), "within 3000 m"),
        (shapely.box(120.05, 32, 120.06, 32.1), "3000 m of the boundary"),
        (shapely.Polygon(), "boundary"),
        (shapely.LineString([(0, 0), (1, 1)]), "boundary"),
    ]:
        with pytest.raises(InputError, match=reason):
            build_streets(lines, boundary=city)


def test_boundary_around_everything_changes_nothing_but_the_crs_choice() -> None:
    drawn = random_drawing(np.random.default_rng(5))
    free = streets_of(drawn)
    bounded = streets_of(drawn, boundary=shapely.box(119, 31, 121, 33))
    assert bounded.hash == free.hash


# -- saving -------------------------------------------------------------------------------------


@pytest.fixture
def town() -> Streets:
    return streets_of(random_drawing(np.random.default_rng(3)))


def test_saved_streets_open_equal_and_read_only(town: Streets, tmp_path: Path) -> None:
    town.save(tmp_path / "streets")
    opened = Streets.open(tmp_path / "streets")
    assert_well_formed(opened)
    for name in [*ARRAYS, "classes", "names", "crs", "attribution", "hash"]:
        assert np.array_equal(getattr(opened, name), getattr(town, name))
        assert type(getattr(opened, name)) is type(getattr(town, name))
    assert isinstance(opened.xy_m.base, np.memmap)


def test_streets_without_any_span_are_saved(tmp_path: Path) -> None:
    streets = streets_of([Drawn([1, 2])], boundary=shapely.box(120.01, 32, 120.02, 32.1))
    assert streets.span_m.shape == (0, 2)
    streets.save(tmp_path / "streets")
    assert Streets.open(tmp_path / "streets").span_m.shape == (0, 2)


@pytest.mark.parametrize("name", ARRAYS)
def test_damaged_array_is_a_data_error(town: Streets, tmp_path: Path, name: str) -> None:
    town.save(tmp_path)
    path = tmp_path / f"{name}.npy"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1], b"", b"nothing"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="import the streets again"):
            Streets.open(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match="import the streets again"):
        Streets.open(tmp_path)


@pytest.mark.parametrize("name", ["ends", "first", "span_first", "class_code", "name_code"])
def test_index_that_leads_nowhere_is_a_data_error(town: Streets, tmp_path: Path, name: str) -> None:
    for wrong in (-1, 30_000):
        town.save(tmp_path)
        array = getattr(town, name).copy()
        array.flat[len(array) // 2] = wrong
        np.save(tmp_path / f"{name}.npy", array)
        with pytest.raises(DataError, match="damaged"):
            Streets.open(tmp_path)


def test_missing_half_written_or_other_version_is_a_data_error(
    town: Streets, tmp_path: Path
) -> None:
    with pytest.raises(DataError):
        Streets.open(tmp_path / "nowhere")
    town.save(tmp_path)
    meta = tmp_path / "meta.json"
    content = json.loads(meta.read_text())
    for change in ({"version": 99}, {"kind": "network"}, {"names": None}, {"arrays": {}}):
        meta.write_text(json.dumps({**content, **change}))
        with pytest.raises(DataError):
            Streets.open(tmp_path)
    meta.unlink()
    with pytest.raises(DataError):
        Streets.open(tmp_path)


def test_hash_changes_with_anything_that_matters() -> None:
    base = [Drawn([1, 2], name="a", highway="path")]
    others = [
        [Drawn([1, 3], name="a", highway="path")],
        [Drawn([1, 2], FOOT, name="a", highway="path")],
        [Drawn([1, 2], name="b", highway="path")],
        [Drawn([1, 2], name="a", highway="steps")],
        [Drawn([1, 2], name="a", highway="path", flags=STEPS)],
    ]
    hashes = [streets_of(drawn).hash for drawn in (base, *others)]
    hashes.append(build_streets(draw(base), crs="EPSG:4548").hash)
    assert len(set(hashes)) == len(hashes)
    assert all(len(code) == 16 for code in hashes)


# -- comparing ----------------------------------------------------------------------------------


def test_difference_is_what_came_went_and_stayed() -> None:
    old = streets_of([Drawn([1, 2, 3]), Drawn([5, 6])])
    new = streets_of([Drawn([3, 2], name="renamed"), Drawn([2, 1], FOOT), Drawn([6, 7])])
    step = old.length_m[np.argmin(old.length_m)]
    found = compare_streets(old, new)
    assert found == pytest.approx((step, step, 2 * step), rel=1e-3)
    assert found.added_m + found.kept_m == pytest.approx(new.length_m.sum())
    assert found.removed_m + found.kept_m == pytest.approx(old.length_m.sum())


def test_difference_to_itself_is_none_in_any_crs(town: Streets) -> None:
    other = build_streets(draw(random_drawing(np.random.default_rng(3))), crs="EPSG:4548")
    for old in (town, other):
        found = compare_streets(old, town)
        assert (found.added_m, found.removed_m) == (0, 0)
        assert found.kept_m == pytest.approx(town.length_m.sum())


# -- as a table ---------------------------------------------------------------------------------


def test_frame_holds_each_street_in_words() -> None:
    frame = streets_of(
        [Drawn([1, 2], ONE_WAY, "人民路", "primary", BRIDGE), Drawn([8, 9], FOOT)]
    ).to_frame()
    row = frame[frame["name"] == "人民路"].iloc[0]
    assert (row["foot"], row["highway"], row["bridge"], row["steps"]) == (
        "both",
        "primary",
        True,
        False,
    )
    assert row["bike"] == row["motor"]
    assert row["bike"] in ("forward", "backward")
    assert row["in_city_m"] == row["length_m"]
    path = frame[frame["name"] == ""].iloc[0]
    assert (path["foot"], path["bike"], path["motor"]) == ("both", "no", "no")
    assert frame.crs.to_epsg() == 4326
    assert shapely.get_coordinates(path.geometry) == pytest.approx(
        np.array([place_of(8), place_of(9)]), abs=1e-9
    )


# -- real cities --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path) -> dict[str, Streets]:
    """Every real city, once."""
    return {
        city: build_streets(read_streets([shared_data / "osm" / name]).lines)
        for city, name in REAL.items()
    }


def length_km(streets: Streets, bits: int) -> float:
    return float(streets.length_m[(streets.access & bits) != 0].sum() / 1000)


@pytest.mark.parametrize("city", REAL)
def test_real_city_is_well_formed_and_keeps_its_length(
    real: dict[str, Streets], shared_data: Path, city: str
) -> None:
    streets = real[city]
    assert_well_formed(streets)
    lines = read_streets([shared_data / "osm" / REAL[city]]).lines
    xy = streets.projection.to_xy(lines.lonlat_deg)
    _, index, inverse = np.unique(lines.vertex, return_index=True, return_inverse=True)
    xy = xy[index][inverse]
    total: dict[tuple[int, int], float] = {}
    for i in range(len(lines)):
        run = slice(lines.first[i], lines.first[i + 1])
        steps = np.hypot(*np.diff(xy[run], axis=0).T)
        ids = lines.vertex[run].tolist()
        for (a, b), step in zip(pairwise(ids), steps.tolist(), strict=True):
            if a != b:
                total[min(a, b), max(a, b)] = step
    assert streets.length_m.sum() == pytest.approx(sum(total.values()), rel=1e-10)


def test_real_cities_have_the_size_that_others_measured(real: dict[str, Streets]) -> None:
    # Porto Alegre: another filter found 1,805 km on foot in the largest piece
    assert 1_700 < length_km(real["poa"], FOOT) < 1_950
    assert 15_000 < len(real["poa"].node_xy_m) < 22_000
    # Jinan: 5,127 km of directed edges
    jinan = real["jinan"]
    directed_km = sum(length_km(jinan, MOTOR & way) for way in (FORWARD, BACKWARD))
    assert directed_km == pytest.approx(5_127, rel=0.02)
    assert length_km(jinan, MOTOR) < 0.75 * directed_km
    # Huangpu: main roads closed to walkers are few
    assert 0.7 < length_km(real["shanghai"], FOOT) / length_km(real["shanghai"], MOTOR) < 1
    assert 180 < length_km(real["shenzhen"], FOOT) < 260
    assert (real["monaco"].flags & STEPS != 0).sum() > 200


@pytest.mark.parametrize("city", ["poa", "jinan"])
def test_real_city_in_another_order_is_the_same(
    real: dict[str, Streets], shared_data: Path, city: str, rng: np.random.Generator
) -> None:
    lines = read_streets([shared_data / "osm" / REAL[city]]).lines
    order = rng.permutation(len(lines))
    sizes = np.diff(lines.first)[order]
    first = np.concatenate(([0], np.cumsum(sizes)))
    rows = np.repeat(lines.first[order] - first[:-1], sizes) + np.arange(first[-1])
    shuffled = replace(
        lines, lonlat_deg=lines.lonlat_deg[rows], vertex=lines.vertex[rows], first=first,
        access=lines.access[order], flags=lines.flags[order],
        class_code=lines.class_code[order], name_code=lines.name_code[order],
    )  # fmt: skip
    assert build_streets(shuffled).hash == real[city].hash


def test_real_city_within_a_boundary_has_exact_spans(
    shared_data: Path, rng: np.random.Generator
) -> None:
    lines = read_streets([shared_data / "osm" / REAL["poa"]]).lines
    middle = np.median(lines.lonlat_deg, axis=0)
    city = shapely.convex_hull(shapely.multipoints(middle + rng.uniform(-0.03, 0.03, (9, 2))))
    streets = build_streets(lines, boundary=city, buffer_m=500)
    assert_well_formed(streets)
    area = shapely.transform(city, streets.projection.to_xy)
    tail = np.ones(len(streets.xy_m), bool)
    tail[streets.first[1:] - 1] = False
    rows = np.flatnonzero(tail)
    steps = shapely.linestrings(np.stack((streets.xy_m[rows], streets.xy_m[rows + 1]), axis=1))
    expected = shapely.length(shapely.intersection(steps, area)).sum()
    assert np.diff(streets.span_m, axis=1).sum() == pytest.approx(expected, rel=1e-12)
    owner = np.repeat(np.arange(len(streets)), np.diff(streets.first))
    assert (shapely.distance(shapely.linestrings(streets.xy_m, indices=owner), area) <= 500).all()


def test_saved_real_city_opens_equal(real: dict[str, Streets], tmp_path: Path) -> None:
    real["poa"].save(tmp_path)
    opened = Streets.open(tmp_path)
    assert opened.hash == real["poa"].hash
    assert opened.attribution == "© OpenStreetMap contributors"
    assert np.array_equal(opened.xy_m, real["poa"].xy_m)
