"""Checklists and trades as data, stations judged by them, and the item that lifts most."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.checklists import Checklist, Item, checklists, find_checklist, trades
from geodata.equipment import Equipment
from geodata.fields import fields
from geodata.vocabulary import facilities, kinds, read_data, statuses, word_list
from locator.errors import InputError
from locator.registry.checklists import cheapest_lift, fits, has_facility, score
from locator.registry.entries import Entry

EIGHT = checklists()["eight_one"]
STANDARD = {term.code: True for term in facilities() if term.standard}


def entry(**known: Any) -> Entry:
    plain: dict[str, Any] = {"kind": "rest_station", "lon_deg": 120.9, "lat_deg": 32.0}
    plain |= {"lon_raw": 120.9, "lat_raw": 32.0, "datum_raw": "wgs84"}
    return Entry(**(plain | {"code": "A", "status": "open"} | known))


# -- the data ----------------------------------------------------------------------------------


@pytest.mark.parametrize("checklist", checklists().values(), ids=lambda c: c.code)
def test_checklist_speaks_of_what_exists(checklist: Checklist) -> None:
    assert set(checklist.kinds) <= set(kinds().codes)
    assert set(checklist.subtypes) <= set(word_list("subtypes").codes)
    assert checklist.source
    assert checklist.zh
    assert checklist.en
    assert len({item.code for item in checklist.items}) == len(checklist.items)
    for item in checklist.items:
        ways = [bool(item.all), bool(item.any), bool(item.field), item.manual]
        assert ways.count(True) == 1, item.code
        assert set(item.facilities) <= set(facilities().codes)
        assert not item.field or item.field in fields()
        assert item.at_least is None or item.field
        assert 1 <= item.effort <= 5
        assert item.zh
        assert item.en


def test_eight_one_asks_for_the_standard_facilities_and_nothing_else() -> None:
    asked = [code for item in EIGHT.items for code in item.all]
    assert sorted(asked) == sorted(STANDARD)
    assert len(EIGHT.items) == 8


@pytest.mark.parametrize(("code", "count"), [("six_have", 6), ("eight_have", 8), ("five_have", 5)])
def test_checklists_have_as_many_items_as_they_say(code: str, count: int) -> None:
    assert len(find_checklist(code).items) == count


def test_find_checklist_of_no_code_names_those_there_are() -> None:
    with pytest.raises(InputError, match="eight_one"):
        find_checklist("nine_one")


@pytest.mark.parametrize("trade", trades().values(), ids=lambda t: t.code)
def test_trade_needs_what_exists(trade: Any) -> None:
    asked = [code for group in (*trade.must, *trade.nice) for code in group]
    assert set(asked) <= set(facilities().codes)
    assert all(trade.must)
    assert trade.mode in read_data("modes.toml")
    assert trade.source
    assert set(trade.kinds) <= set(kinds().codes)
    assert trade.reason_zh
    assert trade.reason_en


# -- one station -------------------------------------------------------------------------------


def test_score_all_there_complies_but_is_unchecked() -> None:
    result = score(entry(facilities=STANDARD), EIGHT)
    assert result.compliant is True
    assert (result.share, result.share_high) == (1.0, 1.0)
    assert len(result.unchecked) == 8
    works = {code: Equipment(condition="working") for code in STANDARD}
    assert score(entry(facilities=STANDARD, equipment=works), EIGHT).unchecked == ()


def test_score_nothing_known_is_unknown_and_not_compliant() -> None:
    result = score(entry(), EIGHT)
    assert result.compliant is None
    assert result.unknown == tuple(item.code for item in EIGHT.items)
    assert (result.share, result.share_high) == (0.0, 1.0)


def test_score_charging_without_pump_lacks_one_item() -> None:
    result = score(entry(facilities=STANDARD | {"PUMP": False}), EIGHT)
    assert (result.missing, result.compliant, result.share) == (("charge_pump",), False, 7 / 8)
    there = {code: yes for code, yes in STANDARD.items() if code != "PUMP"}
    assert score(entry(facilities=there), EIGHT).unknown == ("charge_pump",)


@pytest.mark.parametrize(
    ("there", "known", "expected"),
    [
        (True, None, True),
        (False, None, False),
        (None, None, None),
        (True, Equipment(condition="working"), True),
        (True, Equipment(condition="broken"), False),
        (True, Equipment(condition="missing"), False),
        (None, Equipment(condition="broken"), False),
        (True, Equipment(count=0), False),
        (None, Equipment(count=2), True),
        (None, Equipment(condition="working"), True),
        (None, Equipment(), None),
        (False, Equipment(condition="working"), False),
        (True, Equipment(), True),
    ],
)
def test_has_facility_broken_is_not_there(
    there: bool | None, known: Equipment | None, expected: bool | None
) -> None:
    told = {} if there is None else {"WATER": there}
    equipment = {} if known is None else {"WATER": known}
    assert has_facility(entry(facilities=told, equipment=equipment), "WATER") is expected


def test_score_fields_and_answers() -> None:
    six = find_checklist("six_have")
    known = {"sign_ok": True, "poi": {"amap": "B0"}, "keeper_name": "sealed"}
    there = dict.fromkeys(("SPACE", "SEAT", "WATER", "MICROWAVE", "FIRSTAID"), True)
    station = entry(facts=known, facilities=there)
    assert score(station, six).unknown == ("rules",)
    assert score(station, six, {"rules": True}).compliant is True
    assert score(station, six, {"rules": True, "sign": False}).missing == ("sign",)
    bare = score(entry(facts={"sign_ok": False}), six)
    assert bare.missing == ("sign",)
    assert "on_map" in bare.unknown  # not told is not the same as not on the map
    assert "sign" in score(entry(), six).unknown


def test_score_field_with_a_least_value() -> None:
    five = find_checklist("five_have")
    for count, expected in ((2, True), (1, False), (None, None)):
        facts = {} if count is None else {"partition_n": count}
        room = entry(kind="mother_baby_room", facts=facts)
        assert score(room, five).items["partition"] is expected


def test_score_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="not for A, a worker_home"):
        score(entry(kind="worker_home"), EIGHT)
    with pytest.raises(InputError, match="'ruels' is no item"):
        score(entry(), EIGHT, {"ruels": True})


def test_fits_asks_for_the_sub_kind() -> None:
    drivers = find_checklist("drivers_home")
    assert fits(entry(kind="worker_home", facts={"subtype": "truck_drivers"}), drivers)
    assert not fits(entry(kind="worker_home", facts={"subtype": "riders"}), drivers)
    assert not fits(entry(kind="worker_home"), drivers)


@pytest.mark.parametrize("states", list(product((True, False, None), repeat=2)))
def test_item_of_two_facilities_follows_three_valued_logic(
    states: tuple[bool | None, bool | None],
) -> None:
    told = {c: s for c, s in zip(("TV", "SOFA"), states, strict=True) if s is not None}
    both = Item("both", "两", "both", 1, all=("TV", "SOFA"))
    either = Item("either", "一", "either", 1, any=("TV", "SOFA"))
    result = score(entry(facilities=told), replace(EIGHT, items=(both, either)))
    # an unknown part may be either: settled only where both ways agree
    worlds = list(product(*[(True, False) if s is None else (s,) for s in states]))
    for code, verdicts in (
        ("both", {all(w) for w in worlds}),
        ("either", {any(w) for w in worlds}),
    ):
        expected = verdicts.pop() if len(verdicts) == 1 else None
        assert result.items[code] is expected


# -- many stations -----------------------------------------------------------------------------

FACTS = st.dictionaries(st.sampled_from(sorted(STANDARD)), st.booleans())
STATIONS = st.lists(st.one_of(FACTS, FACTS.map(lambda f: {**STANDARD, **f})), max_size=8)


@given(STATIONS)
def test_cheapest_lift_equals_supplying_each_item_and_judging_again(told: list[Any]) -> None:
    stations = [entry(facilities=facts) for facts in told]
    lifts = cheapest_lift(stations, EIGHT)
    before = sum(score(station, EIGHT).compliant is True for station in stations)
    assert lifts.compliant == before
    assert lifts.compliant + lifts.failing + lifts.undecided == lifts.stations == len(stations)
    for lift in lifts.items:
        lacking = [s for s in stations if score(s, EIGHT).items[lift.item.code] is False]
        supplied = [
            replace(s, facilities={**s.facilities, **dict.fromkeys(lift.item.all, True)})
            for s in lacking
        ]
        assert lift.missing == len(lacking)
        assert lift.completes == sum(score(s, EIGHT).compliant is True for s in supplied)
        assert lift.completes_at_best == sum(
            score(s, EIGHT).compliant is not False for s in supplied
        )
    per_effort = [lift.completes_per_effort for lift in lifts.items]
    assert per_effort == sorted(per_effort, reverse=True)


def test_cheapest_lift_prefers_the_cheap_item_and_tells_which_part() -> None:
    without_pump = entry(facilities=STANDARD | {"PUMP": False})
    without_ac = entry(facilities=STANDARD | {"AC": False})
    lifts = cheapest_lift([without_ac, without_ac, without_pump], EIGHT)
    best, second = lifts.items[:2]
    assert (best.item.code, best.completes) == ("charge_pump", 1)  # 1 / 1 beats 2 / 4
    assert dict(best.parts) == {"CHARGE": 0, "PUMP": 1}
    assert (second.item.code, second.completes) == ("ac", 2)


def test_cheapest_lift_unknown_is_a_question_not_a_purchase() -> None:
    there = {code: yes for code, yes in STANDARD.items() if code != "FIRSTAID"}
    lifts = cheapest_lift([entry(facilities=there)], EIGHT)
    lift = next(lift for lift in lifts.items if lift.item.code == "firstaid")
    assert (lift.missing, lift.unknown, lift.completes) == (0, 1, 0)
    assert lift.completes_if_there == 1
    assert lifts.undecided == 1


def test_cheapest_lift_leaves_out_other_kinds_and_stations_not_in_use() -> None:
    stations = [entry(status=status) for status in (*statuses().codes, "")]
    lifts = cheapest_lift([*stations, entry(kind="worker_home")], EIGHT)
    assert lifts.stations == 3
    assert cheapest_lift([], EIGHT).stations == 0


def test_cheapest_lift_uses_what_inspections_found() -> None:
    six = find_checklist("six_have")
    lifts = cheapest_lift([entry()], six, {"A": {"rules": False}})
    assert next(lift for lift in lifts.items if lift.item.code == "rules").missing == 1
