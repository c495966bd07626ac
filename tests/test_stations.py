"""Stations: a value type that stays sorted, read-only, and honest about what is unknown."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.projection import pick_projection
from locator.errors import InputError, NotFoundError
from locator.hours import Hours, Rule
from locator.stations import Station, Stations


def make(code: str, **changes: Any) -> Station:
    plain = Station(
        code=code, name=f"Station {code}", kind="rest_station", lon_deg=120.86, lat_deg=32.01
    )
    return dataclasses.replace(plain, **changes)


@pytest.fixture
def four() -> Stations:
    return Stations.from_records(
        [
            make("C", kind="worker_home", status="closed", lon_deg=120.9),
            make("A", facilities={"WATER": True, "TOILET": False}, hours="24/7"),
            make("D", kind="mother_baby_room", status="planned", sample=True),
            make("B", status="trial", lat_deg=32.1, name_made=True),
        ]
    )


codes = st.lists(st.text("ABC0123-", min_size=1, max_size=6), unique=True, max_size=12)


def test_from_records_any_order_is_sorted_by_code(four: Stations) -> None:
    assert four.code == ("A", "B", "C", "D")
    assert four.kind == ("rest_station", "rest_station", "worker_home", "mother_baby_room")
    np.testing.assert_array_equal(four.lonlat_deg[:, 0], [120.86, 120.86, 120.9, 120.86])
    np.testing.assert_array_equal(four.sample, [False, False, False, True])


@given(codes)
def test_stations_rows_given_back_are_the_rows_put_in(given_codes: list[str]) -> None:
    rows = [make(code, lon_deg=float(i), hours=f"h{i}") for i, code in enumerate(given_codes)]
    stations = Stations.from_records(rows)
    assert list(stations) == sorted(rows, key=lambda row: row.code)
    assert len(stations) == len(rows)


@given(codes, st.randoms(use_true_random=False))
def test_stations_row_order_does_not_matter(given_codes: list[str], random: Any) -> None:
    rows = [make(code) for code in given_codes]
    shuffled = random.sample(rows, len(rows))
    assert Stations.from_records(rows).hash == Stations.from_records(shuffled).hash


@given(codes)
def test_stations_without_and_added_undo_each_other(given_codes: list[str]) -> None:
    stations = Stations.from_records([make(code) for code in given_codes])
    leaving = list(stations.code)[::2]
    rest = stations.without(leaving)
    assert set(rest.code) == set(stations.code) - set(leaving)
    assert rest.added(Stations.from_records([make(code) for code in leaving])).hash == stations.hash


def test_of_kind_selects_and_none_means_all(four: Stations) -> None:
    assert four.of_kind("rest_station").code == ("A", "B")
    assert four.of_kind("carnation_station").code == ()
    assert four.of_kind(None) is four


def test_of_kind_unknown_lists_the_kinds(four: Stations) -> None:
    with pytest.raises(NotFoundError, match=r"'bench'.*rest_station, mother_baby_room"):
        four.of_kind("bench")


def test_usable_leaves_out_planned_paused_and_closed(four: Stations) -> None:
    more = four.added(
        Stations.from_records([make("E", status="paused"), make("F", status="rectifying")])
    )
    assert more.usable().code == ("A", "B", "F")


def test_take_rows_or_mask_gives_sorted_stations(four: Stations) -> None:
    assert four.take([3, 0]).code == ("A", "D")
    assert four.take(np.array([False, True, True, False])).code == ("B", "C")
    assert four.take([]).code == ()
    assert four.take([3, 1, 2, 0]).hash == four.hash
    with pytest.raises(InputError, match="distinct"):
        four.take([1, 1])


def test_facilities_missing_stays_unknown(four: Stations) -> None:
    assert dict(four.facilities[0]) == {"WATER": True, "TOILET": False}
    assert "FRIDGE" not in four.facilities[0]
    assert dict(four.facilities[1]) == {}


def test_located_keeps_metres_through_selection(four: Stations) -> None:
    projection = pick_projection(120.86, 32.01)
    located = four.located(projection)
    np.testing.assert_allclose(located.xy_m, projection.to_xy(four.lonlat_deg))
    np.testing.assert_array_equal(located.take([1, 3]).xy_m, located.xy_m[[1, 3]])
    assert located.hash == four.hash
    both = located.added(Stations.from_records([make("AA", lat_deg=31.9)]).located(projection))
    np.testing.assert_allclose(both.xy_m, projection.to_xy(both.lonlat_deg))


def test_xy_not_located_says_what_to_do(four: Stations) -> None:
    with pytest.raises(InputError, match="located"):
        _ = four.xy_m
    assert Stations.empty().located(pick_projection(0, 0)).xy_m.shape == (0, 2)


def test_added_code_twice_is_refused(four: Stations) -> None:
    with pytest.raises(InputError, match="'B'"):
        four.added(Stations.from_records([make("B")]))
    with pytest.raises(InputError, match="distinct"):
        Stations.from_records([make("A"), make("A")])


def test_without_unknown_code_is_refused(four: Stations) -> None:
    with pytest.raises(NotFoundError, match="'Z'"):
        four.without(["A", "Z"])


def test_from_records_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="'bench'"):
        Stations.from_records([make("A", kind="bench")])


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x"}, {"lon_deg": 120.861}, {"hours": "8-9"}, {"facilities": {"WATER": False}},
        {"status": "paused"}, {"sample": True}, {"address": "somewhere"}, {"access_scope": "staff"},
    ],
)  # fmt: skip
def test_hash_differs_for_each_change(change: dict[str, Any]) -> None:
    plain = Stations.from_records([make("A"), make("B")])
    assert plain.hash != Stations.from_records([make("A", **change), make("B")]).hash
    assert plain.hash == Stations.from_records([make("B"), make("A")]).hash


def test_stations_arrays_are_read_only(four: Stations) -> None:
    with pytest.raises(ValueError, match="read-only"):
        four.lonlat_deg[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        four.code = ()  # type: ignore[misc]


def test_to_frame_has_points_and_codes(four: Stations) -> None:
    frame = four.to_frame()
    assert list(frame.index) == ["A", "B", "C", "D"]
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.x.tolist() == four.lonlat_deg[:, 0].tolist()
    assert len(Stations.empty().to_frame()) == 0


def test_offering_and_open_at_take_what_is_known_alone(four: Stations) -> None:
    assert four.offering("WATER").code == ("A",)
    assert four.offering("TOILET").code == ()
    day = Hours((Rule(127, 480, 1080),), known=True)  # 8:00-18:00
    some = four.replaced({0: make("A", opening=day), 1: make("B", opening=day, disputed=True)})
    assert some.open_at(datetime(2026, 3, 2, 8)).code == ("A",)
    assert some.open_at(datetime(2026, 3, 2, 18)).code == ()


def test_masks_agree_with_selections(four: Stations) -> None:
    assert four.is_usable.tolist() == [True, True, False, False]
    assert four.is_kind("worker_home").tolist() == [False, False, True, False]
    assert four.is_kind(None).tolist() == [True] * 4
    assert Stations.empty().is_usable.shape == (0,)
