"""Needs: yes, no and unknown, groups, ways in, rooms for staff, and how many were left out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.checklists import trades
from geodata.vocabulary import facilities
from locator.errors import InputError
from locator.needs import Choice, choose_stations, parse_needs
from locator.stations import Station, Stations

CODES = ("WATER", "TOILET", "TOILET_NEAR", "MICROWAVE")


def stations(*rows: Mapping[str, Any]) -> Stations:
    return Stations.from_records(
        Station(
            **{
                "code": f"S{i}", "name": f"站{i}", "kind": "rest_station", "lon_deg": 120.0,
                "lat_deg": 32.0, **row,
            }
        )
        for i, row in enumerate(rows)
    )  # fmt: skip


def choose(there: Stations, *needs: str) -> Choice:
    return choose_stations(there, parse_needs(needs), np.ones(len(there), bool))


def test_need_takes_yes_and_counts_no_and_unknown() -> None:
    there = stations(
        {"facilities": {"WATER": True}}, {"facilities": {"WATER": False}}, {}, {"facilities": {}}
    )
    chosen = choose(there, "WATER")
    assert chosen.mask.tolist() == [True, False, False, False]
    assert chosen.left_out == {"unknown": 2, "no": 1, "staff_only": 0}


def test_need_of_several_takes_any_of_them() -> None:
    there = stations(
        {"facilities": {"TOILET": False, "TOILET_NEAR": True}},
        {"facilities": {"TOILET": False}},
        {"facilities": {"TOILET": False, "TOILET_NEAR": False}},
    )
    chosen = choose(there, "TOILET|TOILET_NEAR")
    assert chosen.mask.tolist() == [True, False, False]
    assert (chosen.unknown, chosen.no) == (1, 1)


def test_broken_equipment_is_not_there() -> None:
    there = stations({"facilities": {"WATER": True}, "broken": frozenset({"WATER"})})
    assert choose(there, "WATER").left_out == {"unknown": 0, "no": 1, "staff_only": 0}


def test_known_no_goes_before_unknown() -> None:
    there = stations({"facilities": {"WATER": False}})
    assert choose(there, "WATER", "TOILET").left_out == {"unknown": 0, "no": 1, "staff_only": 0}


def test_free_entry_refuses_what_asks_for_a_phone_or_a_membership() -> None:
    ways = [("public", "walk_in"), ("public", "qr"), ("members", "walk_in"), ("public", ""),
            ("", "face"), ("public", "key")]  # fmt: skip
    there = stations(*({"access_scope": scope, "access_mode": mode} for scope, mode in ways))
    chosen = choose(there, "free_entry")
    assert chosen.mask.tolist() == [True, False, False, False, False, True]
    assert (chosen.unknown, chosen.no) == (1, 3)


def test_public_leaves_out_unknown_scopes_and_counts_them() -> None:
    scopes = ("public", "workers_first", "members", "staff", "booking", "")
    there = stations(*({"access_scope": scope} for scope in scopes))
    chosen = choose(there, "public")
    assert chosen.mask.tolist() == [True, True, False, False, False, False]
    assert (chosen.unknown, chosen.no, chosen.staff_only) == (1, 2, 1)


def test_mother_is_never_sent_to_a_room_for_staff() -> None:
    room = {"kind": "mother_baby_room"}
    there = stations({**room, "access_scope": "staff"}, {**room, "access_scope": "public"}, room)
    chosen = choose(there)
    assert chosen.mask.tolist() == [False, True, True]
    assert chosen.left_out == {"unknown": 0, "no": 0, "staff_only": 1}
    assert choose(there, "staff").mask.tolist() == [True, True, True]


def test_no_kind_that_is_for_staff_is_recommended() -> None:
    there = stations({"kind": "carnation_station", "access_scope": "staff"}, {})
    assert choose(there).mask.tolist() == [False, True]
    assert choose(there).staff_only == 1


def test_trade_asks_for_what_its_people_must_find_and_for_their_kinds() -> None:
    assert parse_needs(["sanitation"]).groups == trades()["sanitation"].must
    assert parse_needs(["环卫工人"]) == parse_needs(["sanitation"])
    assert parse_needs(["外卖骑手"]) == parse_needs(["courier"])
    there = stations({"kind": "mother_baby_room"}, {})
    chosen = choose(there, "mother")
    assert not chosen.mask.any()
    assert chosen.left_out == {"unknown": 1, "no": 0, "staff_only": 0}


def test_each_trade_can_be_served() -> None:
    everything = dict.fromkeys(facilities().codes, True)
    for trade in trades().values():
        there = stations({"facilities": everything, "kind": (*trade.kinds, "rest_station")[0]})
        assert choose(there, trade.code).mask.all()


def test_unknown_need_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"WATER.*free_entry.*courier"):
        parse_needs(["sauna"])


@given(
    offers=st.lists(
        st.dictionaries(st.sampled_from(CODES), st.booleans(), max_size=4), min_size=1, max_size=6
    ),
    needs=st.lists(st.sampled_from([*CODES, "TOILET|TOILET_NEAR"]), max_size=3),
)
def test_each_station_is_taken_or_counted_once_and_more_needs_never_take_more(
    offers: list[dict[str, bool]], needs: list[str]
) -> None:
    there = stations(*({"facilities": offered} for offered in offers))
    for asked in itertools.permutations(needs):
        chosen = choose(there, *asked)
        assert int(chosen.mask.sum()) + sum(chosen.left_out.values()) == len(there)
        assert chosen.mask.tolist() == choose(there, *needs).mask.tolist()
    fewer = choose(there, *needs[1:])
    assert not (choose(there, *needs).mask & ~fewer.mask).any()
