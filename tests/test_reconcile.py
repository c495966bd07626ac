"""Our stations against a map platform's list: pairs, verdicts, and rows to hand in."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.datum import from_wgs84, to_wgs84
from geodata.platforms import find_platform, platforms
from geodata.tables import read_rows, rows_from_records
from geodata.vocabulary import statuses
from locator.errors import InputError
from locator.registry.entries import Entry
from locator.registry.likeness import compare_names, core_of
from locator.registry.pairing import NAME_LIMIT_M, PLACE_LIMIT_M, pair_pois
from locator.registry.pois import Poi, is_wanted, kept_ids, read_pois
from locator.registry.reconcile import OUTCOMES, reconcile
from locator.registry.uploads import upload_rows

METRE_DEG = 1 / 111_195  # of latitude
NAME = "世伦桥户外劳动者爱心服务站"


def entry(code: str = "A", north_m: float = 0.0, **known: Any) -> Entry:
    lat = 32.0 + north_m * METRE_DEG
    plain: dict[str, Any] = {"kind": "rest_station", "lon_deg": 120.9, "lat_deg": lat}
    plain |= {"lon_raw": 120.9, "lat_raw": lat, "datum_raw": "wgs84", "code": code}
    plain |= {"name": NAME, "status": "open", "access_scope": "public"}
    return Entry(**(plain | known))


def poi(name: str = NAME, north_m: float = 0.0, *, id: str = "", datum: str = "gcj02") -> Poi:
    lon, lat = from_wgs84([120.9, 32.0 + north_m * METRE_DEG], datum).tolist()
    return Poi(id, name, "", lon, lat)


def outcome(station: Entry, *pois: Poi, **options: Any) -> str:
    return reconcile([station], list(pois), vendor="amap", **options).listings[0].outcome


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("世伦桥户外劳动者爱心服务站", "爱心驿站(世伦桥店)", True),
        ("工会驿站（永旺站）", "工会驿站(永旺梦乐城)", True),
        ("海门农商银行解放路大厅", "海门农商银行解放路爱心驿站", True),
        ("农商行学田支行", "农商行虹桥支行", False),
        ("文峰大世界3F母婴室", "文峰大世界4F母婴室", False),
        ("工会驿站", "爱心服务站", False),  # two names that tell nothing
        ("", NAME, False),
        ("莘园农贸市场", "紫薇公园", False),
    ],
)
def test_compare_names_of_real_names(left: str, right: str, alike: bool) -> None:
    assert (compare_names(left, right) >= 0.6) is alike


@given(st.text(max_size=12), st.text(max_size=12))
def test_compare_names_is_symmetric_and_one_for_the_same(left: str, right: str) -> None:
    assert compare_names(left, right) == compare_names(right, left)
    assert 0 <= compare_names(left, right) <= 1
    assert compare_names(left, left) == float(bool(core_of(left)))


# -- pairs and verdicts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "found", "expected"),
    [
        ({}, None, "missing"),
        ({}, {}, "on_map"),
        ({}, {"name": "爱心驿站(世伦桥店)", "north_m": 60}, "on_map"),
        ({}, {"north_m": 150}, "moved"),
        ({}, {"name": "世伦桥社区驿站", "north_m": 290}, "moved"),
        ({}, {"name": "世伦桥社区驿站", "north_m": 310}, "missing"),  # alike, and too far
        ({}, {"north_m": 1990}, "moved"),  # the same name, once on each side
        ({}, {"north_m": 2010}, "missing"),
        ({}, {"name": "农商行爱心驿站", "north_m": 40}, "renamed"),
        ({}, {"name": "农商行爱心驿站", "north_m": 60}, "missing"),
        ({}, {"name": "农商行", "north_m": 10}, "missing"),  # names no station at all
        ({}, {"name": "世伦桥母婴室"}, "missing"),  # another kind
        ({"name_made": True}, {"name": "农商行爱心驿站", "north_m": 40}, "on_map"),
        ({"name": "工会驿站"}, {"name": "爱心服务站", "north_m": 40}, "on_map"),
        ({"status": "closed"}, {}, "to_remove"),
        ({"status": "closed"}, None, "not_wanted"),
        ({"access_scope": "staff"}, {}, "to_remove"),
        ({"access_scope": ""}, None, "undecided"),
        ({"access_scope": ""}, {}, "on_map"),
        ({"status": ""}, None, "undecided"),
        ({"sample": True}, None, "not_wanted"),
    ],
)
def test_reconcile_outcome(known: Any, found: Any, expected: str) -> None:
    pois = [] if found is None else [poi(**found)]
    assert outcome(entry(**known), *pois) == expected


def test_reconcile_kept_id_goes_before_everything() -> None:
    station = entry(facts={"poi": {"高德": "B1"}})
    result = reconcile([station], [poi(), poi("别处", 9000, id="B1")], vendor="高德地图")
    listing = result.listings[0]
    assert (listing.matched_by, listing.outcome, listing.renamed) == ("id", "moved", True)
    assert [duplicate.name for duplicate in listing.duplicates] == [NAME]
    assert abs(listing.distance_m - 9000) < 1
    assert result.vendor == "amap"


def test_reconcile_kept_id_that_is_gone_is_told() -> None:
    station = entry(facts={"poi": {"amap": "B1;B2", "baidu": "B3"}})
    assert reconcile([station], [poi(id="B3")], vendor="amap").listings[0].stale_id
    assert not reconcile([station], [poi(id="B2")], vendor="amap").listings[0].stale_id
    assert not reconcile([entry()], [], vendor="amap").listings[0].stale_id


def test_reconcile_two_stations_with_one_id_pair_once() -> None:
    twins = [entry(code, 500 * i, facts={"poi": {"amap": "B1"}}) for i, code in enumerate("AB")]
    result = reconcile(twins, [poi(id="B1", north_m=490)], vendor="amap")
    assert [listing.outcome for listing in result.listings] == ["missing", "on_map"]


def test_reconcile_several_entries_of_a_station_are_one_and_duplicates() -> None:
    pois = [poi(north_m=5), poi("爱心驿站(世伦桥店)", 20), poi("户外劳动者驿站", 30),
            poi("别的公园", 10)]  # fmt: skip
    result = reconcile([entry()], pois, vendor="amap")
    assert result.listings[0].poi == pois[0]
    assert set(result.listings[0].duplicates) == {pois[1], pois[2]}
    assert result.unknown == (pois[3],)
    assert result.pois_per_station == 3
    assert reconcile([], [], vendor="amap").pois_per_station is None


def test_reconcile_sure_pair_is_not_broken_for_a_weak_one() -> None:
    # the entry near B bears A's name: A has it, although B is left without
    first, second = entry("A", 0), entry("B", 100, name="虹桥爱心服务站")
    result = reconcile([first, second], [poi(north_m=90)], vendor="amap")
    assert [listing.outcome for listing in result.listings] == ["on_map", "missing"]


def test_reconcile_name_given_twice_far_away_pairs_with_nobody() -> None:
    branches = [entry("A", 0), entry("B", 5000)]
    result = reconcile(branches, [poi(north_m=1500)], vendor="amap")
    assert [listing.outcome for listing in result.listings] == ["missing", "missing"]
    assert len(result.unknown) == 1


@pytest.mark.parametrize("vendor", platforms())
def test_reconcile_positions_are_taken_in_the_platforms_datum(vendor: str) -> None:
    found = poi(datum=platforms()[vendor].datum)
    listing = reconcile([entry()], [found], vendor=vendor).listings[0]
    assert listing.distance_m < 0.01


@pytest.mark.parametrize("true", ["wgs84", "bd09"])
def test_reconcile_wrong_datum_is_hinted_at(true: str) -> None:
    names = ["世伦桥", "埭伍桥", "紫薇公园", "永旺", "学田", "虹桥"]
    stations = [entry(str(i), 3000 * i, name=f"{name}爱心驿站") for i, name in enumerate(names)]
    pois = [poi(f"{name}爱心驿站", 3000 * i, datum=true) for i, name in enumerate(names)]
    assert reconcile(stations, pois, vendor="amap").datum_hint == true
    right = reconcile(stations, pois, vendor="amap", datum=true)
    assert (right.datum_hint, right.counts["on_map"]) == ("", 6)
    few = reconcile(stations[:4], pois[:4], vendor="amap")
    assert few.datum_hint == ""


def test_reconcile_by_district_counts_only_what_is_known_to_be_wanted() -> None:
    stations = [
        entry("A", 0, district_code="320613"),
        entry("B", 5000, district_code="320613", name="埭伍桥驿站"),
        entry("C", 9000, district_code="320613", access_scope="", name="紫薇驿站"),
        entry("D", 12000, district_code="320614", status="closed", name="永旺驿站"),
    ]
    result = reconcile(stations, [poi(), poi("永旺驿站", 12000)], vendor="amap")
    shares = {share.district_code: share for share in result.by_district()}
    first, second = shares["320613"], shares["320614"]
    assert (first.wanted, first.mapped, first.undecided, first.share) == (2, 1, 1, 0.5)
    assert (second.wanted, second.to_remove, second.share) == (0, 1, None)
    assert result.of("missing")[0].code == "B"
    assert sum(result.counts[name] for name in OUTCOMES) == 4


def test_reconcile_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"unknown map platform 'yandex'.*amap"):
        reconcile([], [], vendor="yandex")
    with pytest.raises(InputError, match="'A' is given twice"):
        reconcile([entry(), entry()], [], vendor="amap")
    with pytest.raises(InputError, match="unknown datum"):
        reconcile([], [], vendor="amap", datum="nad27")
    with pytest.raises(InputError, match=r"row 7.*no position"):
        reconcile([entry()], [Poi("", "x", "", math.nan, 32.0, 7)], vendor="amap")


def test_reconcile_thousands_at_one_place_are_refused() -> None:
    stations = [entry(str(i)) for i in range(2300)]
    with pytest.raises(InputError, match="many seem to be the same"):
        reconcile(stations, [poi()] * 2300, vendor="amap")


NAMES = [
    "世伦桥爱心驿站",
    "世伦桥母婴室",
    "爱心驿站(世伦桥店)",
    "工会驿站",
    "虹桥3F驿站",
    "公园",
    "",
]
PLACES = st.sampled_from([0.0, 10.0, 45.0, 60.0, 200.0, 290.0, 400.0, 1500.0])
STATIONS = st.lists(
    st.builds(
        lambda name, north, kind, ids, made: (name, north, kind, ids, made),
        st.sampled_from(NAMES), PLACES, st.sampled_from(["rest_station", "mother_baby_room"]),
        st.sampled_from(["", "B1", "B2", "B1;B2"]), st.booleans(),
    ), max_size=5,
).map(
    lambda told: [
        entry(str(i), north, name=name, kind=kind, name_made=made or not name,
              facts={"poi": {"amap": ids}} if ids else {})
        for i, (name, north, kind, ids, made) in enumerate(told)
    ]
)  # fmt: skip
POIS = st.lists(
    st.builds(
        lambda name, north, id_: poi(name, north, id=id_),
        st.sampled_from(NAMES), PLACES, st.sampled_from(["", "", "B1", "B2"]),
    ), max_size=6,
)  # fmt: skip


@given(STATIONS, POIS)
def test_reconcile_each_station_and_each_entry_ends_in_one_place(
    stations: list[Entry], pois: list[Poi]
) -> None:
    result = reconcile(stations, pois, vendor="amap")
    assert [listing.code for listing in result.listings] == sorted(s.code for s in stations)
    held = Counter(result.unknown)
    for listing in result.listings:
        held.update(listing.duplicates)
        held.update([listing.poi] if listing.poi else [])
        assert not (listing.duplicates and listing.poi is None)
    assert held == Counter(pois)


@given(STATIONS, POIS, st.randoms())
def test_reconcile_answer_does_not_depend_on_the_order_of_the_lists(
    stations: list[Entry], pois: list[Poi], random: Any
) -> None:
    shuffled = random.sample(stations, len(stations)), random.sample(pois, len(pois))
    # repr, since nan is unlike itself
    assert repr(reconcile(*shuffled, vendor="amap")) == repr(
        reconcile(stations, pois, vendor="amap")
    )


def _evidence(station: Entry, found: Poi, stations: list[Entry], pois: list[Poi]) -> Any:
    """The best evidence for a pair, slowly and obviously; None for none."""
    lon, lat = to_wgs84([found.lon_deg, found.lat_deg], "gcj02").tolist()
    away_m = math.hypot(
        (lon - station.lon_deg) * math.cos(math.radians(lat)), lat - station.lat_deg
    ) / METRE_DEG  # fmt: skip
    name = "" if station.name_made else station.name
    alike = compare_names(name, found.name)
    if found.id and found.id in kept_ids(station, "amap"):
        return (0, -alike, away_m)
    words = {"爱心驿站": "rest_station", "工会驿站": "rest_station", "母婴室": "mother_baby_room"}
    kind = next((kind for word, kind in words.items() if word in found.name), None)
    if kind not in (None, station.kind):
        return None
    if alike >= 0.6 and away_m <= NAME_LIMIT_M + 0.01:
        return (1, -alike, away_m)
    core = core_of(found.name)
    ours = ["" if s.name_made else core_of(s.name) for s in stations]
    once = ours.count(core) == [core_of(p.name) for p in pois].count(core) == 1
    if core and core == core_of(name) and once and away_m <= 2000:
        return (2, -alike, away_m)
    return (3, -alike, away_m) if kind and away_m <= PLACE_LIMIT_M + 0.01 else None


@given(STATIONS, POIS)
def test_pair_pois_equals_taking_the_best_pair_until_none_is_left(
    stations: list[Entry], pois: list[Poi]
) -> None:
    pairing = pair_pois(stations, pois, vendor="amap", datum="gcj02")
    free_stations = list(range(len(pairing.stations)))
    free_pois = list(range(len(pairing.pois)))
    expected = {}
    while True:
        pairs = [
            (evidence[0], round(evidence[1], 6), round(evidence[2]), s, p)
            for s in free_stations
            for p in free_pois
            if (evidence := _evidence(pairing.stations[s], pairing.pois[p], stations, pois))
        ]
        if not pairs:
            break
        tier, _, _, s, p = min(pairs)
        expected[s] = (tier, p)
        free_stations.remove(s)
        free_pois.remove(p)
    assert {s: (pair.tier, pair.poi) for s, pair in pairing.match.items()} == expected


def test_reconcile_real_list_against_itself_is_all_on_the_map(shared_data: Path) -> None:
    rows = read_rows(shared_data / "registry" / "zhengzhou_yizhan" / "stations_full.json")
    pois, rejections = read_pois(rows)
    assert (len(pois), rejections) == (82, [])
    places = to_wgs84([(found.lon_deg, found.lat_deg) for found in pois], "gcj02")
    stations = [
        Entry("rest_station", lon, lat, lon, lat, "wgs84", code=f"{i:03}", name=found.name,
              status="open", access_scope="public")
        for i, (found, (lon, lat)) in enumerate(zip(pois, places.tolist(), strict=True))
    ]  # fmt: skip
    result = reconcile(stations, pois, vendor="amap")
    assert result.counts["on_map"] == 82
    assert result.datum_hint == ""
    # a tenth taken off the map, a tenth moved by 200 m: told exactly
    kept = [
        replace(found, lat_deg=found.lat_deg + 200 * METRE_DEG) if i % 10 == 1 else found
        for i, found in enumerate(pois)
        if i % 10 != 0
    ]
    counts = reconcile(stations, kept, vendor="amap").counts
    assert counts["moved"] + counts["on_map"] + counts["missing"] == 82
    assert abs(counts["missing"] - 9) <= 1
    assert abs(counts["moved"] - 8) <= 1


# -- the platform's list in, our rows out ------------------------------------------------------


def test_read_pois_of_platform_exports() -> None:
    records = [
        {"id": "B0FF", "name": "工会驿站", "address": "桃坞路", "location": "120.9,32.0"},
        {"id": "B0GG", "name": "无坐标", "address": "", "location": ""},
        {"id": "B0HH", "name": "坏", "address": "", "location": "1209000,32.0"},
    ]
    rows = rows_from_records(records, source="amap")
    pois, rejections = read_pois(rows)
    assert pois == [Poi("B0FF", "工会驿站", "桃坞路", 120.9, 32.0, 1)]
    assert [rejection.row for rejection in rejections] == [2, 3]


@pytest.mark.parametrize(
    ("kept", "ids"),
    [
        ({"amap": "B1"}, {"B1"}),
        ({"高德地图": "B1；B2, B3 "}, {"B1", "B2", "B3"}),
        ({"baidu": "B1"}, set()),
        ({"elsewhere": "B1"}, set()),
        ({}, set()),
    ],
)
def test_kept_ids_of_a_platform(kept: dict[str, str], ids: set[str]) -> None:
    assert kept_ids(entry(facts={"poi": kept}), "amap") == ids


@pytest.mark.parametrize("vendor", platforms())
def test_upload_rows_say_their_datum_and_are_in_it(vendor: str) -> None:
    upload = upload_rows([entry(phone="0513-1", facts={"keeper_phone": "sealed"})], vendor)
    assert upload.datum == platforms()[vendor].datum
    row = upload.rows[0]
    assert tuple(row) == upload.headings
    lon, lat = (value for heading, value in row.items() if heading.startswith(("经度", "纬度")))
    assert to_wgs84([lon, lat], upload.datum) == pytest.approx([120.9, 32.0], abs=2e-6)
    shown = {"gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000"}[upload.datum]
    assert f"经度({shown})" in upload.headings
    assert "sealed" not in row.values()


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"access_scope": "staff"}, "staff"),
        ({"access_scope": ""}, "nobody knows who may enter"),
        ({"status": "paused"}, "not in use: paused"),
        ({"status": ""}, "status is not known"),
        ({"sample": True}, "sample data"),
        ({"name_made": True}, "no name of its own"),
    ],
)
def test_upload_rows_withhold_what_must_not_be_public(known: Any, reason: str) -> None:
    upload = upload_rows([entry(**known)], "amap")
    assert upload.rows == ()
    assert reason in upload.withheld[0].reason


def test_upload_rows_agree_with_what_is_wanted_and_lose_nobody() -> None:
    stations = [
        entry(f"{i}", status=status, access_scope=scope, sample=sample)
        for i, (status, scope, sample) in enumerate(
            (status, scope, sample)
            for status in (*statuses().codes, "")
            for scope in ("public", "staff", "")
            for sample in (None, True)
        )
    ]
    upload = upload_rows(stations, "amap")
    codes = {row["站点编号"] for row in upload.rows}
    assert codes == {station.code for station in stations if is_wanted(station)}
    assert len(upload.rows) + len(upload.withheld) == len(stations)


def test_upload_rows_come_back_as_on_the_map() -> None:
    stations = [entry(), entry("B", 2000, name="埭伍桥驿站")]
    rows = rows_from_records([dict(row) for row in upload_rows(stations, "baidu").rows], source="")
    result = reconcile(stations, read_pois(rows)[0], vendor="baidu")
    assert result.counts["on_map"] == 2
    assert max(listing.distance_m for listing in result.listings) < 0.5


def test_find_platform_by_every_name() -> None:
    for platform in platforms().values():
        for name in (platform.code, platform.zh, platform.en, *platform.aliases):
            assert find_platform(name) == platform
    datums = [platform.datum for platform in platforms().values()]
    assert np.unique(datums).size == 3


def test_permutations_of_equal_entries_are_one_answer() -> None:
    pois = [poi(id="B1"), poi(id="B2"), poi()]
    answers = {repr(reconcile([entry()], list(p), vendor="amap")) for p in permutations(pois)}
    assert len(answers) == 1
