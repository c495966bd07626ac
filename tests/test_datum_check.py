"""Whether a batch is in the datum it was declared in, on sample and real streets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geodata.areas import Area
from geodata.datum import from_wgs84
from geodata.sample_city import make_sample
from geodata.vectors import read_streets
from locator.datum_check import DatumVerdict, judge_datum
from locator.errors import InputError
from locator.ground import Ground, make_ground
from locator.modes import find_mode
from locator.network import build_network
from locator.sights import find_sights, snap_any
from locator.street_building import build_streets
from tests.streetsides import draw_beside

if TYPE_CHECKING:
    from locator.streets import Streets

Floats = np.ndarray
SHANGHAI = "osm/shanghai_small.osm"


@dataclass
class Town:
    """A ground, and ways to put stations on it."""

    ground: Ground

    @property
    def streets(self) -> Streets:
        assert self.ground.network is not None
        return self.ground.network.streets

    def beside_streets(
        self, rng: np.random.Generator, count: int, *, off_m: tuple[float, float] = (3.0, 25.0)
    ) -> Floats:
        """Stations in WGS-84, beside streets chosen by length."""
        places = draw_beside(self.streets, rng, count, off_m=off_m)
        return self.ground.projection.to_lonlat(places)

    def away_from_streets(self, rng: np.random.Generator, count: int) -> Floats:
        """Stations inside blocks, 40 m or more from any street."""
        low, high = self.ground.bounds_m
        drawn = rng.uniform(low, high, (400 * count, 2))
        snap_m = snap_any(self.ground, drawn, 150.0)
        inside = drawn[(snap_m >= 40) & (snap_m < 150)]
        return self.ground.projection.to_lonlat(inside[:count])

    def judge(self, lonlat: Floats, declared: str, true: str, **more) -> DatumVerdict:
        return judge_datum(from_wgs84(lonlat, true), declared, ground=self.ground, **more)


@pytest.fixture(scope="module")
def town() -> Town:
    """The sample town with its water and districts."""
    made = make_sample("town", seed=0)
    streets = build_streets(made.lines, crs="EPSG:4549")
    network = build_network(streets, find_mode("walk"))
    districts = [Area(d.shape, {"code": d.adcode, "name": d.name}) for d in made.districts]
    return Town(make_ground(streets.projection, network, water=made.water, districts=districts))


@pytest.fixture(scope="module")
def shanghai(shared_data: Path) -> Town:
    streets = build_streets(read_streets([shared_data / SHANGHAI]).lines)
    return Town(make_ground(streets.projection, build_network(streets, find_mode("walk"))))


PAIRS = [("wgs84", "gcj02"), ("wgs84", "bd09"), ("gcj02", "wgs84"), ("gcj02", "bd09"),
         ("bd09", "gcj02"), ("bd09", "wgs84")]  # fmt: skip


@pytest.mark.parametrize(("declared", "true"), PAIRS)
def test_wrong_datum_of_thirty_stations_is_found(
    town: Town, rng: np.random.Generator, declared: str, true: str
) -> None:
    verdict = town.judge(town.beside_streets(rng, 30), declared, true)
    assert verdict.is_wrong
    assert (verdict.declared, verdict.best) == (declared, true)
    assert f"--datum {true}" in verdict.message
    assert verdict.evidence[true].median_snap_m < verdict.evidence[declared].median_snap_m


@pytest.mark.parametrize("datum", ["wgs84", "GCJ-02", "bd09"])
def test_right_datum_of_thirty_stations_is_confirmed(
    town: Town, rng: np.random.Generator, datum: str
) -> None:
    verdict = town.judge(town.beside_streets(rng, 30), datum, datum)
    assert verdict.clear
    assert not verdict.is_wrong
    assert verdict.message.startswith(f"{verdict.places} places fit the city as {verdict.best}")


def test_cgcs2000_is_wgs84_here(town: Town, rng: np.random.Generator) -> None:
    verdict = town.judge(town.beside_streets(rng, 30), "CGCS2000", "wgs84")
    assert verdict.clear
    assert not verdict.is_wrong


@pytest.mark.slow
@pytest.mark.parametrize("count", [5, 10, 20])
def test_right_batches_raise_no_alarm_and_wrong_ones_most_often(shanghai: Town, count: int) -> None:
    rng = np.random.default_rng(count)
    alarms = hits = 0
    for _ in range(25):
        places = shanghai.beside_streets(rng, count)
        alarms += shanghai.judge(places, "wgs84", "wgs84").is_wrong
        hits += shanghai.judge(places, "wgs84", "gcj02").is_wrong
    assert alarms == 0
    assert hits >= {5: 4, 10: 21, 20: 25}[count]


@pytest.mark.slow
def test_right_batches_away_from_streets_raise_hardly_an_alarm(shanghai: Town) -> None:
    rng = np.random.default_rng(1)
    alarms = sum(
        shanghai.judge(shanghai.away_from_streets(rng, count), "wgs84", "wgs84").is_wrong
        for count in (5, 10, 20)
        for _ in range(25)
    )
    assert alarms <= 1


def test_stations_along_one_straight_road_say_nothing_along_it(rng: np.random.Generator) -> None:
    """GCJ-02 moves along this road: the batch fits it in either datum."""
    start = np.array([120.86, 32.01])
    move = from_wgs84(start, "gcj02") - start
    line = start + np.linspace(-8, 8, 200)[:, np.newaxis] * move
    town = Town(_ground_of_lines([line]))
    places = start + rng.uniform(-2, 2, (30, 1)) * move
    verdict = town.judge(places, "wgs84", "wgs84")
    assert not verdict.is_wrong
    verdict = town.judge(places, "wgs84", "gcj02")
    assert not verdict.is_wrong


def _ground_of_lines(lines: list[Floats]) -> Ground:
    made = make_sample("town", seed=0).lines
    sizes = [len(line) for line in lines]
    count, points = len(lines), sum(sizes)
    drawn = replace(
        made,
        lonlat_deg=np.vstack(lines),
        vertex=np.arange(points),
        first=np.concatenate(([0], np.cumsum(sizes))),
        access=np.full(count, 3, np.uint8),
        flags=np.zeros(count, np.uint8),
        class_code=np.zeros(count, np.int16),
        name_code=np.zeros(count, np.int32),
    )
    streets = build_streets(drawn, crs="EPSG:4549")
    return make_ground(streets.projection, build_network(streets, find_mode("walk")))


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        (np.empty((0, 2)), "0 distinct places"),
        (np.full((500, 2), [120.86, 32.01]), "are too few"),
        (np.random.default_rng(0).uniform([2.2, 48.8], [2.4, 48.9], (50, 2)), "0 distinct places"),
        (np.random.default_rng(0).uniform([116, 39], [117, 40], (50, 2)), "0 distinct places"),
    ],
)
def test_too_little_to_judge_is_unclear(town: Town, places: Floats, reason: str) -> None:
    verdict = judge_datum(places, "gcj02", ground=town.ground)
    assert (verdict.clear, verdict.best, verdict.is_wrong) == (False, "gcj02", False)
    assert reason in verdict.message


def test_city_without_streets_is_unclear(town: Town, rng: np.random.Generator) -> None:
    bare = make_ground(town.ground.projection)
    verdict = judge_datum(town.beside_streets(rng, 30), "gcj02", ground=bare)
    assert not verdict.clear
    assert "no streets" in verdict.message


def test_stations_at_one_place_count_once(town: Town, rng: np.random.Generator) -> None:
    places = np.repeat(town.beside_streets(rng, 4), 50, axis=0)
    assert not town.judge(places, "wgs84", "gcj02").clear


def test_verdict_does_not_depend_on_the_order_of_stations(
    town: Town, rng: np.random.Generator
) -> None:
    places = town.beside_streets(rng, 40)
    assert town.judge(places, "wgs84", "gcj02").best == "gcj02"
    mixed = town.judge(rng.permutation(places), "wgs84", "gcj02")
    assert (mixed.best, mixed.clear) == ("gcj02", True)


def test_same_batch_gives_the_same_verdict(town: Town, rng: np.random.Generator) -> None:
    places = town.beside_streets(rng, 25)
    assert town.judge(places, "bd09", "gcj02") == town.judge(places, "bd09", "gcj02")


def test_addresses_tell_the_datum_where_distances_do_not(
    town: Town, rng: np.random.Generator
) -> None:
    """Stations set back from their streets, which the streets alone leave open."""
    places = town.beside_streets(rng, 12, off_m=(30.0, 60.0))
    streets, names = town.streets, town.ground.street_names
    assert names is not None
    named = [code for code in range(len(streets.names)) if names.find(streets.names[code])]
    shapes = [names.shape([code]) for code in named]
    nearest = shapely.STRtree(shapes).nearest(shapely.points(town.ground.projection.to_xy(places)))
    addresses = [f"某区{streets.names[named[k]]}8号" for k in nearest.tolist()]
    alone = town.judge(places, "wgs84", "gcj02")
    told = town.judge(places, "wgs84", "gcj02", addresses=addresses)
    assert not alone.is_wrong
    assert told.is_wrong
    fits = told.evidence
    assert (fits["gcj02"].median_named_m or 0) < (fits["wgs84"].median_named_m or 0)
    assert alone.evidence["wgs84"].median_named_m is None


def test_water_and_districts_are_shares_of_what_they_tell(
    town: Town, rng: np.random.Generator
) -> None:
    places = town.beside_streets(rng, 60)
    xy = town.ground.projection.to_xy(places)
    codes = [
        next((c for c, d in town.ground.districts.items() if d.shape.contains(point)), "")
        for point in shapely.points(xy)
    ]
    verdict = town.judge(places, "wgs84", "gcj02", district_codes=codes)
    fit = verdict.evidence["gcj02"]
    assert verdict.is_wrong
    assert fit.share_in_water is not None
    assert fit.share_in_water < 0.1
    if fit.share_in_district is not None:
        assert fit.share_in_district > 0.9


def test_sights_measure_what_plain_geometry_says(town: Town, rng: np.random.Generator) -> None:
    places = town.ground.projection.to_xy(town.beside_streets(rng, 15))
    codes = [next(iter(town.ground.districts))] * len(places)
    addresses = [town.streets.names[1 + i] + "1号" for i in range(len(places))]
    sights = {
        sight.name: sight
        for sight in find_sights(places, town.ground, addresses, codes, reach_m=1e9)
    }
    moved = places + rng.uniform(-500, 500, (4, 1, 2))
    lines = shapely.multilinestrings(
        [
            shapely.linestrings(town.streets.xy_m[start:end])
            for start, end in pairwise(town.streets.first.tolist())
        ]
    )
    away = shapely.distance(lines, shapely.points(moved))
    measured = sights["streets"].measure(moved)
    np.testing.assert_allclose(measured, np.minimum(away, 200.0), atol=1e-6)
    lake = shapely.union_all(town.ground.water)
    wet = shapely.contains_xy(lake, moved[..., 0], moved[..., 1])
    np.testing.assert_array_equal(sights["water"].measure(moved), wet)
    own = town.ground.districts[codes[0]].shape
    outside = ~shapely.contains_xy(own, moved[..., 0], moved[..., 1])
    np.testing.assert_array_equal(sights["district"].measure(moved), outside)
    for sight in sights.values():
        assert sight.expected.sum() == pytest.approx(1.0)
        classes = sight.classify(sight.measure(moved[:, sight.rows]))
        assert classes.max() < len(sight.expected)


def test_distances_between_datums_at_nantong_are_the_known_ones() -> None:
    start = np.array([120.86, 32.01])
    ground = _ground_of_lines([np.array([start, start + 0.01])])
    for datum, metres in (("gcj02", 467), ("bd09", 1102)):
        shown = from_wgs84(start, datum)
        moved = ground.projection.to_xy(shown) - ground.projection.to_xy(start)
        assert np.hypot(*moved) == pytest.approx(metres, abs=2)


def test_rows_that_are_no_positions_in_china_are_left_out(
    town: Town, rng: np.random.Generator
) -> None:
    places = from_wgs84(town.beside_streets(rng, 30), "gcj02")
    broken = np.array([[32.01, 120.86], [np.nan, 32.0], [np.inf, 0.0], [2.35, 48.86]])
    alone = judge_datum(places, "wgs84", ground=town.ground)
    mixed = judge_datum(np.vstack((places, broken)), "wgs84", ground=town.ground)
    assert (alone.best, alone.places) == (mixed.best, mixed.places)


def test_texts_of_another_number_than_positions_are_refused(town: Town) -> None:
    with pytest.raises(InputError, match="2 texts for 1 positions"):
        judge_datum([[120.86, 32.01]], "wgs84", ground=town.ground, addresses=["a", "b"])
    with pytest.raises(InputError, match="unknown datum"):
        judge_datum([[120.86, 32.01]], "mars", ground=town.ground)
