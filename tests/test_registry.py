"""The registry: what an import does to it, and what faults cannot do to it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.datum import from_wgs84
from geodata.pois import poi_rows
from geodata.tables import read_rows, rows_from_records
from locator.errors import DataError, InputError
from locator.registry import Actor, ImportReport, Registry, database, split_code
from locator.registry.codes import make_code
from locator.registry.wording import in_chinese

ROOT = Path(__file__).resolve().parent.parent
BOB = Actor("王工", "年检")


@pytest.fixture
def registry(registry_place: str | Path) -> Iterator[Registry]:
    with Registry.open(registry_place, create=True) as opened:
        yield opened


def place(name: str = "A", lon: Any = 120.86, lat: Any = 32.01, **cells: Any) -> dict[str, Any]:
    return {"name": name, "lon": lon, "lat": lat, **cells}


def bring(
    registry: Registry, *places: dict[str, Any], source: str = "list", **options: Any
) -> ImportReport:
    options = {"datum": "wgs84", "kind": "rest_station", **options}
    report = registry.import_rows(rows_from_records(places, source=source), **options)
    kept = report.added + report.updated + report.unchanged
    assert report.read == len(places) == kept + len(report.rejected)
    return report


def query(registry: Registry, sql: str) -> list[tuple[Any, ...]]:
    """What another program sees or does in the database."""
    with registry.database.write() as connection:
        found = connection.exec_driver_sql(sql)
        return [tuple(row) for row in found] if found.returns_rows else []


def run_sql(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as other, other:
        return other.execute(sql).fetchall()


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.rejected)


# what becomes of a row


def test_room_at_an_employer_is_for_its_staff_unless_somebody_says_otherwise(
    registry: Registry,
) -> None:
    report = bring(
        registry,
        place("A", 120.86, kind="母婴室", subtype="用人单位"),
        place("B", 120.87, kind="母婴室", subtype="用人单位", access_scope="public"),
        place("C", 120.88, kind="母婴室", subtype="公共场所"),
    )
    found = {s.name: s.access_scope for s in registry.snapshot()}
    assert found == {"A": "staff", "B": "public", "C": ""}
    assert [doubt.row for doubt in report.doubts if doubt.check == "staff_room"] == [1]
    told = next(text for text in report.warnings if "at an employer" in text)
    assert "用人单位" in in_chinese(told)


def test_import_new_station_has_code_position_and_defaults(registry: Registry) -> None:
    bring(registry, place("学田驿站", district_code="320613"), code_prefix="NT")
    (station,) = registry.snapshot()
    assert split_code(station.code) == ("NT-320613-OW", 1)
    assert (station.name, station.kind, station.status) == ("学田驿站", "rest_station", "open")
    assert (station.lon_deg, station.lat_deg) == (120.86, 32.01)
    assert (station.name_made, station.sample, station.hours) == (False, False, "")
    assert dict(station.facilities) == {}


def test_import_twice_leaves_all_unchanged(registry: Registry) -> None:
    places = [place("A"), place("B", lat=32.02, hours="8-17"), place("", lat=32.03)]
    assert counts(bring(registry, *places)) == (3, 0, 0, 0)
    before = registry.version, registry.snapshot().hash
    assert counts(bring(registry, *places)) == (0, 0, 3, 0)
    assert (registry.version, registry.snapshot().hash) == before


def test_import_changed_row_updates_and_blank_cells_leave(registry: Registry) -> None:
    bring(registry, place(hours="8-17", phone="0513-1", facilities="饮水机、空调"))
    report = bring(registry, place(hours="9-18", phone="", facilities="无空调、厕所"))
    assert counts(report) == (0, 1, 0, 0)
    (station,) = registry.snapshot()
    assert (station.hours, station.phone) == ("9-18", "0513-1")
    assert dict(station.facilities) == {"WATER": True, "AC": False, "TOILET": True}


def test_import_moved_station_is_updated_and_a_centimetre_is_no_move(registry: Registry) -> None:
    bring(registry, place())
    assert counts(bring(registry, place(lat=32.01000004))) == (0, 0, 1, 0)
    assert registry.snapshot()[0].lat_deg == 32.01
    assert counts(bring(registry, place(lat=32.0102))) == (0, 1, 0, 0)
    assert registry.snapshot()[0].lat_deg == 32.0102


def test_import_given_code_is_kept_and_moves_with_its_station(registry: Registry) -> None:
    bring(registry, place(code="驿-7"))
    assert registry.snapshot().code == ("驿-7",)
    report = bring(registry, place("Renamed", lon=120.9, code="驿-7", kind="司机之家"))
    assert counts(report) == (0, 1, 0, 0)
    assert "renamed" in report.warnings[0]
    (station,) = registry.snapshot()
    assert (station.name, station.lon_deg, station.kind) == ("Renamed", 120.9, "worker_home")


def test_import_number_column_is_a_code_only_where_it_is_no_bare_number(registry: Registry) -> None:
    bring(registry, place(编号="1"), place("B", lat=32.1, 编号="OW-1"))
    by_name = {station.name: station for station in registry.snapshot()}
    assert (by_name["A"].source_id, by_name["B"].code) == ("", "OW-1")
    assert split_code(by_name["A"].code) == ("ST-000000-OW", 1)


def test_import_same_bare_number_from_another_source_is_another_station(registry: Registry) -> None:
    bring(registry, place(id=1), source="district a")
    assert counts(bring(registry, place("B", lat=32.1, id=1), source="district b")) == (1, 0, 0, 0)
    assert counts(bring(registry, place("A2", lat=32.2, id=1), source="district a")) == (0, 1, 0, 0)


def test_import_later_code_does_not_replace_the_code_for_life(registry: Registry) -> None:
    bring(registry, place())
    (code,) = registry.snapshot().code
    report = bring(registry, place(code="NEW-1"))
    assert counts(report) == (0, 0, 1, 0)
    assert report.warnings == (f"1 stations keep the code they have (row 1: {code}, not NEW-1)",)


# names


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        ({"address": "人民路5号"}, "爱心服务站（人民路5号）"),
        ({"street": "人民路"}, "爱心服务站（人民路）"),
        ({"osm_id": "node/7"}, "爱心服务站（node/7）"),
        ({"osm_id": "node/7", "near_street": "人民路"}, "爱心服务站（人民路）"),
        ({"osm_id": "node/7", "amenity": "toilets"}, "公共厕所（node/7）"),
        ({"address": "5 Elm Street", "lon": 2.35, "lat": 48.85}, "爱心服务站（5 Elm Street）"),
        ({}, "爱心服务站（ST-000000-OW-0001-B）"),
        ({"code": "A1"}, "爱心服务站（A1）"),
    ],
)
def test_import_missing_name_is_made_and_marked(
    registry: Registry, cells: dict[str, Any], name: str
) -> None:
    bring(registry, place("") | cells)
    (station,) = registry.snapshot()
    assert (station.name, station.name_made) == (name, True)
    assert counts(bring(registry, place("") | cells)) == (0, 0, 1, 0)


def test_import_real_name_replaces_a_made_one_and_not_back(registry: Registry) -> None:
    bring(registry, place("", address="人民路5号"))
    assert counts(bring(registry, place("学田驿站", address="人民路5号"))) == (0, 1, 0, 0)
    assert counts(bring(registry, place("", address="人民路5号"))) == (0, 0, 1, 0)
    (station,) = registry.snapshot()
    assert (station.name, station.name_made) == ("学田驿站", False)


def test_import_made_name_follows_its_address(registry: Registry) -> None:
    bring(registry, place("", osm_id="node/7"))
    bring(registry, place("", osm_id="node/7", address="人民路5号"))
    assert registry.snapshot().name == ("爱心服务站（人民路5号）",)


# rejections


@pytest.mark.parametrize(
    ("cells", "column", "value", "reason"),
    [
        ({"lon": ""}, "lon", "", "blank"),
        ({"lon": "NaN"}, "lon", "NaN", "not a number"),
        ({"lon": 32.01, "lat": 120.86}, "lon", "32.01, 120.86", "swapped"),
        ({"code": "X" * 25}, "code", "X" * 25, "at most 24"),
        ({"code": "A"}, "code", "A", "the same code as row 1"),
        ({"osm_id": "n/1"}, "osm_id", "n/1", "the same source id as row 1"),
    ],
)
def test_import_bad_row_is_told_with_row_column_value_and_reason(
    registry: Registry, cells: dict[str, Any], column: str, value: str, reason: str
) -> None:
    report = bring(registry, place(code="A", osm_id="n/1"), place("B", lat=32.1) | cells)
    (rejection,) = report.rejected
    assert (rejection.row, rejection.column, rejection.value) == (2, column, value)
    assert reason in rejection.reason
    assert len(registry.snapshot()) == 1
    assert report.to_dict()["rejected"] == [
        {
            "row": 2,
            "column": column,
            "value": value,
            "reason": rejection.reason,
            "fix": rejection.fix,
            "reason_zh": in_chinese(rejection.reason),
            "fix_zh": in_chinese(rejection.fix),
        }
    ]


def test_import_kind_from_row_then_option_then_rejected(registry: Registry) -> None:
    places = [place(kind="母婴室"), place("B", lat=32.1), place("C", lat=32.2, kind="SANISETTE")]
    report = bring(registry, *places, kind=None)
    assert counts(report) == (1, 0, 0, 2)
    assert [(r.row, r.column, r.value) for r in report.rejected] == [
        (2, "kind", ""),
        (3, "kind", "SANISETTE"),
    ]
    assert "--kind" in report.rejected[0].reason
    given = bring(registry, *places, kind="OW")
    assert counts(given) == (2, 0, 1, 0)
    assert [(one.row, one.check, one.value) for one in given.doubts] == [(3, "word", "SANISETTE")]
    assert set(registry.snapshot().kind) == {"mother_baby_room", "rest_station"}


def test_import_equal_rows_of_one_file_keep_the_first(registry: Registry) -> None:
    report = bring(registry, place(), place(hours="8-17"), place("B"), place(address="4F"))
    assert counts(report) == (3, 0, 0, 1)
    assert report.rejected[0].reason == (
        "the same kind, name, address and place as row 1; keep one of the two"
    )
    assert counts(bring(registry, place(), place("B"), place(address="4F"))) == (0, 0, 3, 0)


def test_import_check_refuses_positions_with_its_reason(registry: Registry) -> None:
    def check(lon_deg: float, lat_deg: float) -> str | None:
        return None if lon_deg > 120 and lat_deg < 33 else "the position is outside the city"

    lon, lat = from_wgs84([119.0, 32.0], "gcj02").tolist()
    report = bring(registry, place(), place("B", lon=lon, lat=lat), check=check, datum="gcj02")
    assert counts(report) == (1, 0, 0, 1)
    assert report.rejected[0].reason == "the position is outside the city"
    assert report.rejected[0].value == f"{lon:.7g}, {lat:.7g}"  # as in the file


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"datum": "mars"}, "wgs84, gcj02, bd09, cgcs2000"),
        ({"kind": "bench"}, "rest_station, mother_baby_room"),
        ({"code_prefix": "n-t"}, "code prefix"),
    ],
)
def test_import_bad_option_is_refused_and_changes_nothing(
    registry: Registry, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        bring(registry, place(), **options)
    assert registry.version == 0
    assert len(bring(registry, place()).rejected) == 0


def test_import_no_rows_is_no_change(registry: Registry) -> None:
    assert counts(bring(registry)) == (0, 0, 0, 0)
    assert registry.version == 0
    assert len(registry.snapshot()) == 0
    assert registry.snapshot().lonlat_deg.shape == (0, 2)


# words


def test_import_words_are_read_and_unknown_ones_are_told_and_kept(registry: Registry) -> None:
    report = bring(
        registry,
        place(状态="暂停开放", 开放对象="仅本单位职工", 进入方式="扫码"),
        place("B", lat=32.1, 状态="看情况", 开放对象="街坊", colour="red"),
    )
    first, second = registry.snapshot()
    assert (first.status, first.access_scope, first.access_mode) == ("paused", "staff", "qr")
    assert (second.status, second.access_scope) == ("", "")  # unknown is not open
    assert len(report.warnings) == 2
    assert "'看情况'" in " ".join(report.warnings)
    assert registry.entries()[1].extra["colour"] == "red"


def test_import_private_mobile_is_not_published(registry: Registry) -> None:
    report = bring(registry, place(phone="138 0513 0001"), place("B", lat=32.1, phone="0513-85216"))
    assert registry.snapshot().phone == ("", "0513-85216")
    assert "private" in report.warnings[0]
    sealed, open_phone = registry.entries()
    assert "138" not in repr(sealed)
    assert registry.reveal(sealed.code, by=BOB) == {"private_phone": "138 0513 0001"}
    assert registry.reveal(open_phone.code, by=BOB) == {}


def test_import_remarks_name_their_rows_and_each_is_a_doubt(registry: Registry) -> None:
    report = bring(
        registry,
        place(area_m2="-5", keeper_phone="12345"),
        place("B", lat=32.1, phone="13805130001"),
        place("C", lat=32.2, area_m2="abc", 开放时间="随便", keeper_phone="很长" * 40),
    )
    told = " | ".join(report.warnings)
    assert "row 1 '-5': out of range" in told
    assert "row 3 'abc': not a number" in told
    assert "(row 2: 服务电话 (phone))" in told
    assert "row 1: 5 digits; row 3: 0 digits" in told
    assert "(row 3 '随便')" in told
    assert "很长" not in told
    assert [(one.row, one.check) for one in report.doubts] == [
        (1, "keeper"), (1, "value"), (2, "private_phone"), (3, "hours"), (3, "keeper"),
        (3, "value"), (3, "value"),
    ]  # fmt: skip
    assert all(in_chinese(warning) for warning in report.warnings)
    assert "第3行 'abc'" in " ".join(map(in_chinese, report.warnings))


def test_import_counts_the_datum_of_each_row(registry: Registry) -> None:
    report = bring(
        registry, place(坐标系="GCJ-02"), place("B", lat=32.1), place("C", lat=95.0), datum="wgs84"
    )
    assert report.datums == {"gcj02": 1, "wgs84": 1}
    assert report.to_dict()["datums"] == {"gcj02": 1, "wgs84": 1}


def test_import_private_changes_are_told_by_name_alone(registry: Registry) -> None:
    bring(registry, place(管理员手机="13805130001"))
    (change,) = bring(registry, place(管理员手机="13805130002")).changes
    assert (change.private, change.before, change.after) == (("keeper_phone",), {}, {})


def test_disclosures_tell_who_saw_what_and_why(registry: Registry) -> None:
    bring(registry, place(phone="13805130001"))
    (code,) = registry.snapshot().code
    assert registry.reveal(code, by=BOB) == {"private_phone": "13805130001"}
    registry.reveal_all(by=BOB)
    with pytest.raises(InputError, match="--why TEXT"):
        registry.reveal(code, by=Actor("王工", ""))
    seen = registry.disclosures()
    assert [(one.who, one.why, one.what) for one in seen] == [
        ("王工", "年检", "all 1 stations"), ("王工", "年检", code),
    ]  # fmt: skip
    assert len(registry.disclosures(limit=1)) == 1


def test_began_and_codes_of_batches(registry: Registry) -> None:
    assert registry.began() is None
    bring(registry, place(), place("B", lat=32.1))
    first = registry.batches()[0]
    assert registry.began() == first.at
    assert registry.batch_codes([first.id]) == {first.id: list(registry.snapshot().code)}
    assert registry.batch_codes([first.id], most=1) == {}


def test_import_sample_mark_is_kept(registry: Registry) -> None:
    bring(registry, place(sample=True), place("B", lat=32.1))
    assert registry.snapshot().sample.tolist() == [True, False]


def test_import_odd_characters_are_cleaned(registry: Registry) -> None:
    bring(registry, place("A\x00\u202eB\n C\ud800", note="\ud800", code="\x00K1"))
    (station,) = registry.snapshot()
    assert (station.code, station.name) == ("K1", "AB C")


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_import_datum_is_converted_and_the_raw_position_kept(
    registry: Registry, datum: str
) -> None:
    lon, lat = from_wgs84([120.86, 32.01], datum).tolist()
    report = bring(registry, place(lon=lon, lat=lat), datum=datum.upper())
    assert report.datum == datum
    np.testing.assert_allclose(registry.snapshot().lonlat_deg, [(120.86, 32.01)], atol=1e-9)
    stored = query(registry, "SELECT lon_raw, lat_raw, datum_raw FROM station")
    assert stored == [(lon, lat, datum)]
    assert counts(bring(registry, place(), datum="wgs84")) == (0, 0, 1, 0)


# codes, versions, dry runs


def test_codes_are_never_used_again(registry: Registry) -> None:
    bring(registry, place(), place("B", lat=32.1))
    registry.undo()
    bring(registry, place(), place("C", lat=32.2))
    numbers = [split_code(code) for code in registry.snapshot().code]
    assert numbers == [("ST-000000-OW", 3), ("ST-000000-OW", 4)]


def test_codes_given_in_our_form_count_as_used(registry: Registry) -> None:
    bring(registry, place(code=make_code("ST-000000-OW", 5)), place("B", lat=32.1))
    assert [split_code(code) for code in registry.snapshot().code] == [
        ("ST-000000-OW", 5),
        ("ST-000000-OW", 6),
    ]


def test_codes_count_in_each_district_and_kind(registry: Registry) -> None:
    bring(
        registry,
        place("A", district_code="320613"),
        place("B", lat=32.1, district_code="320612"),
        place("C", lat=32.2, district_code="320613", kind="母婴室"),
        place("D", lat=32.3, district_code="320613"),
    )
    assert [code[:-2] for code in registry.snapshot().code] == [
        "ST-320612-OW-0001",
        "ST-320613-MB-0001",
        "ST-320613-OW-0001",
        "ST-320613-OW-0002",
    ]


def test_dry_run_tells_the_same_and_writes_nothing(registry: Registry) -> None:
    bring(registry, place("A"))
    before = registry.version, registry.snapshot().hash
    places = [place("A", hours="8-17"), place("B", lat=32.1), place("C", lat="x")]
    planned = bring(registry, *places, dry_run=True)
    assert (registry.version, registry.snapshot().hash) == before
    done = bring(registry, *places)
    assert planned.batch is None
    assert planned == replace(done, batch=None)
    assert counts(done) == (1, 1, 0, 1)
    assert registry.version == before[0] + 1


def test_registry_opened_again_holds_the_same(tmp_path: Path) -> None:
    with Registry.open(tmp_path, create=True) as first:
        bring(first, place())
        state = first.version, first.snapshot().hash
    with Registry.open(tmp_path / "registry.sqlite") as again:
        assert (again.version, again.snapshot().hash) == state


cells = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["", "A", "B", "母婴室"]),
        "lon": st.sampled_from([120.86, 120.8601, 120.860001, "120,87", "x", 32.01]),
        "lat": st.sampled_from([32.01, 32.0101, 32.010001, "", 120.86]),
        "kind": st.sampled_from(["", "驿站", "母婴室", "?"]),
        "code": st.sampled_from(["", "", "K1", "K2"]),
        "osm_id": st.sampled_from(["", "", "node/1", "7"]),
        "address": st.sampled_from(["", "3F", "4F"]),
        "状态": st.sampled_from(["", "开放", "撤销", "?"]),
        "设施": st.sampled_from(["", "饮水机", "无空调、秋千"]),
    }
)


@given(
    st.lists(cells, max_size=12),
    st.sampled_from([None, "worker_home"]),
    st.sampled_from(["wgs84", "bd09"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_import_any_rows_add_up_and_a_second_time_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    places: list[dict[str, Any]],
    kind: str | None,
    datum: str,
) -> None:
    with Registry.open(tmp_path_factory.mktemp("city"), create=True) as registry:
        first = bring(registry, *places, kind=kind, datum=datum)
        assert first.added == len(registry.snapshot())
        assert first.updated == first.unchanged == 0
        before = registry.version, registry.snapshot().hash
        second = bring(registry, *places, kind=kind, datum=datum)
        assert counts(second) == (0, 0, first.added, len(first.rejected))
        assert second.rejected == first.rejected
        assert (registry.version, registry.snapshot().hash) == before


# real lists


def test_import_zhengzhou_from_gcj02_lands_half_a_kilometre_away(
    registry: Registry, shared_data: Path
) -> None:
    rows = read_rows(shared_data / "registry" / "zhengzhou_yizhan" / "stations_full.json")
    report = registry.import_rows(rows, datum="gcj02", kind="rest_station")
    assert counts(report) == (82, 0, 0, 0)
    stations = registry.snapshot()
    raw = {(row.lon_deg, row.lat_deg) for row in rows.rows}
    assert len({tuple(point) for point in stations.lonlat_deg.tolist()}) == len(raw)
    shifted = from_wgs84(stations.lonlat_deg, "gcj02") - stations.lonlat_deg
    assert (np.hypot(*shifted.T) > 0.003).all()
    assert all(offered["WATER"] for offered in stations.facilities)
    assert counts(registry.import_rows(rows, datum="gcj02", kind="rest_station")) == (0, 0, 82, 0)


def test_import_paris_two_years_keeps_both_of_each_pair(
    registry: Registry, shared_data: Path
) -> None:
    reports = []
    for year in ("2022_mastersigat", "2022_mastersigat", "2023_jhanslik", "2023_jhanslik"):
        rows = read_rows(shared_data / "registry" / f"paris_sanisettes_{year}.json")
        reports.append(registry.import_rows(rows, datum="wgs84", kind="rest_station"))
    assert [counts(report) for report in reports] == [
        (615, 0, 0, 0),
        (0, 0, 615, 0),
        (7, 1, 607, 0),  # record ids are new each year, so places and addresses decide
        (0, 0, 615, 0),
    ]
    stations = registry.snapshot()
    assert len(stations) == 622
    assert stations.name_made.all()


def test_import_osm_places_match_by_their_id(registry: Registry) -> None:
    tap = ("node/1", 120.86, 32.01, {"amenity": "drinking_water"})
    both = ("node/2", 120.87, 32.01, {"amenity": "drinking_water;toilets", "name": "公厕"})
    for tag, expected in (("drinking_water", (2, 0, 0, 0)), ("toilets", (0, 0, 1, 0))):
        report = registry.import_rows(
            poi_rows([tap, both], f"amenity={tag}"), datum="wgs84", kind="rest_station"
        )
        assert counts(report) == expected
    assert registry.snapshot().source_id == ("node/1", "node/2")


# faults


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"junk, not a database" * 100, "damaged"),
        (b"", "no station registry"),
        (b"SQLite format 3\x00" + b"\xff" * 4096, "damaged"),
    ],
)
def test_open_damaged_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "registry.sqlite").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        Registry.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_open_damaged_page_is_refused(tmp_path: Path) -> None:
    with Registry.open(tmp_path, create=True) as registry:
        bring(registry, *[place(f"A{i}", lat=32 + i / 100) for i in range(200)])
    file = tmp_path / "registry.sqlite"
    content = bytearray(file.read_bytes())
    for size in (len(content), len(content) // 2):
        damaged = tmp_path / f"damaged-{size}"
        content[3 * 4096 : 5 * 4096] = os.urandom(2 * 4096)
        damaged.write_bytes(content[:size])
        with pytest.raises(DataError, match="damaged"):
            Registry.open(damaged)


def test_open_another_database_or_newer_schema_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "registry.sqlite"
    run_sql(file, "CREATE TABLE t (x)")
    with pytest.raises(DataError, match="no station registry"):
        Registry.open(tmp_path, create=True)
    file.unlink()
    Registry.open(tmp_path, create=True).close()
    run_sql(file, "PRAGMA user_version = 99")
    with pytest.raises(DataError, match="newer version"):
        Registry.open(tmp_path)


def test_open_missing_registry_or_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no registry at"):
        Registry.open(tmp_path)
    with pytest.raises(DataError, match="folder"):
        Registry.open(tmp_path / "absent" / "registry.sqlite", create=True)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match="folder"):
        Registry.open(tmp_path / "file" / "registry.sqlite", create=True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_open_unwritable_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="folder"):
        Registry.open(tmp_path, create=True)


def test_import_on_a_full_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = database._connect

    def small(file: Path, mode: str) -> sqlite3.Connection:
        db = connect(file, mode)
        db.execute("PRAGMA max_page_count = 60")  # the same error as a full disk gives
        return db

    with Registry.open(tmp_path, create=True) as registry:
        bring(registry, place())
        before = registry.version, registry.snapshot().hash
        monkeypatch.setattr(database, "_connect", small)
        with pytest.raises(DataError, match="disk is full; nothing was changed"):
            bring(registry, *[place(f"B{i}", lat=31 + i / 1000) for i in range(2000)])
        assert (registry.version, registry.snapshot().hash) == before


def test_import_past_the_file_size_limit_is_told_and_changes_nothing(tmp_path: Path) -> None:
    with Registry.open(tmp_path, create=True) as registry:
        bring(registry, place())
    script = PAUSED_IMPORT.replace(
        "import sys, time", "import resource, signal, sys, time"
    ).replace(
        "places =",
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))\nplaces =",
    )
    command = [sys.executable, "-c", script, str(tmp_path), "20000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "nothing was changed" in done.stderr.splitlines()[-1]
    with Registry.open(tmp_path) as registry:
        assert (len(registry.snapshot()), registry.version) == (1, 1)


def test_import_failing_check_changes_nothing(registry: Registry) -> None:
    def check(lon_deg: float, lat_deg: float) -> str | None:
        raise RuntimeError(f"{lon_deg} {lat_deg}")

    with pytest.raises(RuntimeError):
        bring(registry, place(), check=check)
    assert registry.version == 0
    assert counts(bring(registry, place())) == (1, 0, 0, 0)


PAUSED_IMPORT = textwrap.dedent("""
    import sys, time
    from geodata.tables import rows_from_records
    from locator.registry import Registry

    class Paused(Registry):
        def _write_import(self, *args):
            batch = super()._write_import(*args)
            print("written", flush=True)  # and not committed
            time.sleep(60)
            return batch

    places = [{"name": f"N{i}", "lon": 120 + i / 1e5, "lat": 32.0} for i in range(int(sys.argv[2]))]
    with Paused.open(sys.argv[1]) as registry:
        registry.import_rows(rows_from_records(places, source="x"), datum="wgs84", kind="OW")
""")


@pytest.fixture
def paused_import(registry_place: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A process that stands still in the middle of an import."""
    with Registry.open(registry_place, create=True) as registry:
        bring(registry, place())
    process = subprocess.Popen(
        [sys.executable, "-c", PAUSED_IMPORT, str(registry_place), "20000"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_import_killed_in_the_middle_leaves_the_old_registry(
    registry_place: str | Path, paused_import: subprocess.Popen[str]
) -> None:
    if isinstance(registry_place, Path):
        log = registry_place / "registry.sqlite-wal"
        assert log.stat().st_size > 1_000_000  # it had been writing
    paused_import.kill()
    paused_import.wait()
    with Registry.open(registry_place) as registry:
        assert (len(registry.snapshot()), registry.version) == (1, 1)
        assert counts(bring(registry, place("B", lat=32.1))) == (1, 0, 0, 0)


def test_import_in_progress_is_not_seen_and_a_second_writer_is_told(
    registry_place: str | Path,
    paused_import: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "_WAIT_S", 0.05)
    assert paused_import.poll() is None
    with Registry.open(registry_place) as registry:
        assert (len(registry.snapshot()), registry.version) == (1, 1)
        assert counts(bring(registry, place("B", lat=32.1), dry_run=True)) == (1, 0, 0, 0)
        with pytest.raises(DataError, match="another process"):
            bring(registry, place("B", lat=32.1))


def test_import_two_processes_at_once_lose_nothing(registry_place: str | Path) -> None:
    Registry.open(registry_place, create=True).close()
    script = PAUSED_IMPORT.replace("time.sleep(60)", "time.sleep(0.2)")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script.replace("32.0", lat), str(registry_place), "3000"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        for lat in ("31.5", "32.5")
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    with Registry.open(registry_place) as registry:
        stations = registry.snapshot()
        assert registry.version == 2
        assert len(set(stations.code)) == 6000
        assert {split_code(code) for code in stations.code} == {
            ("ST-000000-OW", number) for number in range(1, 6001)
        }


def test_open_created_by_many_threads_at_once_is_one_registry(
    registry_place: str | Path,
) -> None:
    reports: list[ImportReport] = []

    def work() -> None:
        with Registry.open(registry_place, create=True) as registry:
            reports.append(bring(registry, place()))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(report) for report in reports) == [(0, 0, 1, 0)] * 7 + [(1, 0, 0, 0)]
