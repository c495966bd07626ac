"""Matching rows to stations: the order of the evidence, and the grid against brute force."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.registry.codes import make_code
from locator.registry.entries import Entry
from locator.registry.matching import (
    NAME_LIMIT_M,
    PLACE_LIMIT_M,
    _near_pairs,
    find_duplicates,
    match_entries,
)

METRE_DEG = 1 / 111_195  # of latitude, on the sphere of the matching


def entry(north_m: float = 0.0, *, row: int = 0, **fields: Any) -> Entry:
    lat = 32.0 + north_m * METRE_DEG
    plain: dict[str, Any] = {"kind": "rest_station", "lon_deg": 120.0, "lat_deg": lat}
    plain |= {"lon_raw": 120.0, "lat_raw": lat, "datum_raw": "wgs84", "row": row}
    return Entry(**(plain | fields))


GENERATED = make_code("ST-000000-OW", 1)


@pytest.mark.parametrize(
    ("row", "stored", "matches"),
    [
        ({"code": "A"}, {"code": "A", "kind": "worker_home", "north_m": 9000}, True),
        ({"code": "A"}, {"code": "B"}, False),  # both brought their code
        ({"code": "A"}, {"code": GENERATED}, True),
        ({"source_id": "node/1"}, {"source_id": "node/1", "north_m": 9000}, True),
        ({"source_id": "7"}, {"source_id": "7", "north_m": 9000}, True),
        ({"source_id": "7"}, {"source_id": "7", "source": "other", "north_m": 9000}, False),
        ({"name": "X"}, {"name": "X", "north_m": 49}, True),
        ({"name": "X"}, {"name": "X", "north_m": 51}, False),
        ({"name": "X"}, {"name": "X", "name_made": True, "north_m": 20}, False),
        ({"name": "X"}, {"name": "X", "kind": "mother_baby_room"}, False),
        ({"name": ""}, {"name": "X", "north_m": 20}, False),
        ({"name": "X"}, {"name": "Y", "north_m": 0.9}, True),
        ({"name": "X"}, {"name": "Y", "north_m": 1.1}, False),
        ({}, {"kind": "mother_baby_room"}, False),
    ],
)  # fmt: skip
def test_match_entries_each_evidence(
    row: dict[str, Any], stored: dict[str, Any], matches: bool
) -> None:
    station = entry(**({"code": GENERATED} | stored))
    match, repeats = match_entries([entry(**row)], [station])
    assert match == ({0: 0} if matches else {})
    assert repeats == {}


def test_match_entries_stronger_evidence_wins() -> None:
    stored = [
        entry(code="A", north_m=500),
        entry(code=GENERATED, source_id="n/1", north_m=400),
        entry(code="C", name="X", north_m=30),
        entry(code="D", name="Y"),
    ]
    every = entry(code="A", source_id="n/1", name="X")
    for match in range(4):
        assert match_entries([every], stored[match:])[0] == ({0: 0} if match < 2 else {})
    no_code = entry(source_id="n/1", name="X")
    assert match_entries([no_code], stored)[0] == {0: 1}
    assert match_entries([entry(name="X")], stored)[0] == {0: 2}
    assert match_entries([entry(name="Z")], stored)[0] == {0: 3}


@given(st.permutations(range(4)), st.permutations(range(4)))
def test_match_entries_two_in_one_building_stay_two(rows: list[int], stations: list[int]) -> None:
    building = [
        entry(name="母婴室", address="3F"),
        entry(name="母婴室", address="4F"),
        entry(name="母婴室", address="3F", north_m=20),
        entry(name="", address="5F", north_m=20),
    ]
    stored = [replace(building[i], code=make_code("ST-000000-OW", i)) for i in stations]
    match, _ = match_entries([building[i] for i in rows], stored)
    assert {rows[row]: stations[station] for row, station in match.items()} == {
        i: i for i in range(4)
    }


def test_match_entries_two_rows_of_one_station_are_told() -> None:
    stored = [entry(code="A", source_id="n/1")]
    match, repeats = match_entries([entry(code="A"), entry(source_id="n/1")], stored)
    assert match == {0: 0}
    assert repeats == {1: (0, "station")}


def test_find_duplicates_each_kind_of_repeat() -> None:
    rows = [
        entry(code="A"), entry(code="A", north_m=900),
        entry(source_id="n/1"), entry(source_id="n/1", north_m=900), entry(source_id="n/2"),
        entry(name="X"), entry(name="X", north_m=0.9), entry(name="X", north_m=1.5),
        entry(name="X", address="4F"), entry(name="Y"), entry(name="X", kind="worker_home"),
        entry(name="X"),
    ]  # fmt: skip
    same = "kind, name, address and place"
    assert find_duplicates(rows) == {
        1: (0, "code"), 3: (2, "source id"), 6: (5, same), 11: (5, same),
    }  # fmt: skip


def test_find_duplicates_many_equal_rows_name_the_first() -> None:
    found = find_duplicates([entry(name="X") for _ in range(3000)])
    assert len(found) == 2999
    assert {earlier for earlier, _ in found.values()} == {0}


@pytest.mark.parametrize("limit_m", [PLACE_LIMIT_M, NAME_LIMIT_M])
@pytest.mark.parametrize(
    "centre",
    [(120.0, 32.0), (180.0, 10.0), (-180.0, 0.0), (30.0, 90.0), (0.0, -89.9999), (0.0, 0.0)],
)
def test_near_pairs_equal_brute_force_anywhere(
    limit_m: float, centre: tuple[float, float], rng: np.random.Generator
) -> None:
    spread = 3 * limit_m * METRE_DEG
    wide = spread / max(math.cos(math.radians(centre[1])), 1e-3)
    points = rng.uniform((-wide, -spread), (wide, spread), (80, 2)) + centre
    points[:, 0] = (points[:, 0] + 180) % 360 - 180
    points[:, 1] = np.clip(points[:, 1], -90, 90)
    entries = [entry(lon_deg=lon, lat_deg=lat) for lon, lat in points.tolist()]
    labels = [index % 2 for index in range(len(entries))]
    found = {(i, j) for i, j, _ in _near_pairs(labels, entries, labels, entries, limit_m)}
    lon, lat = np.radians(points).T
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    distance_m = 2 * 6_371_009 * np.arcsin(np.sqrt(half))  # haversine
    near = (distance_m <= limit_m) & (np.array(labels)[:, None] == labels)
    assert found == {(i, j) for i, j in np.argwhere(near).tolist()}
    assert len(found) > len(entries)
