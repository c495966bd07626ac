"""Stations written to files and read back: import(export(x)) = x, and nothing private gets out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geodata.columns import guess_columns
from geodata.equipment import CONDITIONS, Equipment
from geodata.fields import Field, fields, line_text, parse_value
from geodata.tables import read_rows
from geodata.vocabulary import facilities, kinds, means_unknown, statuses
from locator.errors import DataError, InputError
from locator.hours import DayException, Hours, Override, read_hours
from locator.registry.codes import make_code
from locator.registry.entries import CORE, Entry
from locator.registry.exchange import export_entries
from locator.registry.reading import EntryReader

SUFFIXES = ("csv", "xlsx", "geojson", "gpkg")
FULL = Entry(
    "mother_baby_room",
    120.86000000000001,
    31.999999999999996,
    120.8642495,
    32.0078559,
    "gcj02",
    code="NT-320613-MB-0001-Q",
    name="=HYPERLINK(1)",
    address="学田街道1号，2楼",
    hours="周一至周五 8:30-11:00，13:30-17:00",
    opening=replace(
        read_hours("周一至周五 8:30-11:00，13:30-17:00").hours,
        exceptions=(DayException(date(2026, 10, 1), date(2026, 10, 3), ((540, 720),), "国庆"),),
        overrides=(Override(datetime(2026, 7, 1), datetime(2026, 7, 9), False, "维修"),),
    ),
    facilities={"WATER": True, "AC": False, "TV": True},
    equipment={"WATER": Equipment(2, "working"), "TV": Equipment(None, "broken", date(2026, 5, 1))},
    access_scope="public",
    access_mode="key",
    phone="+86 513 8510 1234",
    status="open",
    district_code="320613",
    facts={
        "subtype": "public_place",
        "area_m2": 25.5,
        "capacity": 8,
        "opened_on": date(2024, 3, 5),
        "sign_ok": False,
        "partners": ("邮政；中行", "a|b"),
        "poi": {"amap": "B0FF"},
        "nursing_seats": 2,
        "keeper_name": "sealed:abc",
        "keeper_phone": "sealed:def",
        "coord_source": "amap_pick",
        "verified_by": "李四",
        "entrance_note": "-2楼电梯旁",
    },
    verified={"": date(2026, 1, 2), "hours": date(2026, 3, 4), "WATER": date(2026, 5, 6)},
    source="区总工会",
    source_id="42",
    sample=False,
    extra={"内部备注": "secret"},
)
PRIVATE = ("keeper", "sealed", "李四", "secret", "120.8642495", "原始", "张三", "13812345678")


def reveal(_: str, sealed: str) -> str:
    return {"sealed:abc": "张三", "sealed:def": "13812345678"}[sealed]


def seal(_: str, text: str) -> str:
    return {"张三": "sealed:abc", "13812345678": "sealed:def"}[text]


def read_back(path: Path, *, source: str = "区总工会", **options: Any) -> list[Entry]:
    reader = EntryReader(source, datum="wgs84", **options)
    entries = reader.read(read_rows(path))
    assert reader.rejected == []
    assert reader.warnings() == []
    return entries


def stripped(entry: Entry, *, private: bool = False) -> Entry:
    """What may leave, as an import into an empty registry has it."""
    facts = {n: value for n, value in entry.facts.items() if private or fields()[n].public}
    return replace(
        entry,
        facts=facts,
        lon_raw=entry.lon_raw if private else entry.lon_deg,
        lat_raw=entry.lat_raw if private else entry.lat_deg,
        datum_raw=entry.datum_raw if private else "wgs84",
        name="" if entry.name_made else entry.name,
        name_made=False,
        extra={},
        id=0,
        version=0,
        row=0,
    )


def same(read: Iterable[Entry], entries: Iterable[Entry], *, private: bool = False) -> None:
    back = [replace(entry, row=0, extra={}) for entry in read]
    assert back == [stripped(entry, private=private) for entry in entries]


# examples


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_entries_private_cells_that_were_sealed_move_along(
    tmp_path: Path, suffix: str
) -> None:
    clear = {"sealed:1": "13805130001", "sealed:2": "李四 13905130002"}
    entry = replace(
        FULL, facts={}, extra={"private_phone": "sealed:1", "联系人": "sealed:2", "备注": "x"}
    )
    path = tmp_path / f"list.{suffix}"
    export_entries([entry], path, private=True, reveal=lambda _, text: clear[text])
    (back,) = read_back(path, seal=lambda _, text: {v: k for k, v in clear.items()}[text])
    assert back.extra == {"private_phone": "sealed:1", "联系人": "sealed:2"}
    export_entries([entry], path)
    assert "13805130001" not in json.dumps(
        [dict(row.values) | dict(row.extra) for row in read_rows(path).rows], default=str
    )
    with pytest.raises(InputError, match="sealed"):
        export_entries([entry], path, private=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_entries_full_station_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"list.{suffix}"
    bare = Entry("rest_station", 120.9, 32.1, 120.9, 32.1, "wgs84", code="X-1", source="区总工会",
                 status="closed", sample=True, name="A")  # fmt: skip
    report = export_entries([FULL, bare], path)
    same(read_back(path), [FULL, bare])
    assert report.stations == 2
    assert any("1 stations are invented sample data" in told for told in report.warnings)
    assert all(entry.extra == {} for entry in read_back(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_entries_public_file_holds_nothing_private(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"list.{suffix}"
    report = export_entries([FULL], path)
    assert not {field.zh for field in fields().values() if field.private} & set(report.columns)
    cells = [json.dumps(dict(r.values), ensure_ascii=False) for r in read_rows(path).rows]
    shown = "".join(cells) + "".join(report.columns)
    if suffix != "xlsx":  # which is packed
        shown += path.read_bytes().decode("utf-8", "replace")
    assert [word for word in PRIVATE if word in shown] == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_entries_private_file_says_so_and_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"list.{suffix}"
    report = export_entries([FULL], path, private=True, reveal=reveal)
    assert any("keepers" in told for told in report.warnings)
    same(read_back(path, seal=seal), [FULL], private=True)
    assert {"管理员姓名", "管理员手机", "原始经度"} <= set(report.columns)
    if suffix == "csv":
        assert path.read_text("utf-8-sig").startswith("内部资料")


def test_export_entries_sealed_fields_without_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keeper_name is sealed"):
        export_entries([FULL], tmp_path / "list.csv", private=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_export_entries_other_datum_says_so_and_comes_back(
    tmp_path: Path, suffix: str, datum: str
) -> None:
    path = tmp_path / f"list.{suffix}"
    report = export_entries([FULL], path, datum=datum)
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
    assert f"经度({name})" in report.columns
    assert any(name in told for told in report.warnings)
    rows = read_rows(path)
    assert rows.datum_hint == datum
    assert rows.rows[0].values["datum"] == datum
    (back,) = read_back(path)  # although it is read as WGS-84 by default
    assert (back.lon_deg, back.lat_deg) == pytest.approx((FULL.lon_deg, FULL.lat_deg), abs=1e-9)
    if suffix in ("csv", "geojson"):
        text = path.read_text("utf-8-sig")
        assert "not WGS-84" in text[:300]
        assert name in text[:300]


def test_export_entries_wgs84_file_says_its_datum_in_each_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    export_entries([FULL], path)
    assert "坐标系" in path.read_text("utf-8-sig").split("\r\n")[0]
    assert read_rows(path).rows[0].values["datum"] == "wgs84"


def test_export_entries_made_name_is_shown_and_is_no_name_when_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    made = replace(FULL, name="母婴室（1号）", name_made=True)
    export_entries([made], path)
    assert "母婴室（1号）" in path.read_text("utf-8-sig")
    assert read_back(path)[0].name == ""


def test_export_entries_optional_columns_without_cells_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    bare = Entry("rest_station", 1.0, 2.0, 1.0, 2.0, "wgs84", code="X-1")
    columns = export_entries([bare], path).columns
    assert {"站点编号", "名称", "经度", "纬度", "开放时间", "状态"} <= set(columns)
    assert "哺乳位" not in columns
    assert len(columns) < 20


def test_export_entries_no_stations_is_a_heading(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"list.{suffix}"
        assert export_entries([], path).stations == 0
        assert len(read_rows(path)) == 0


def test_export_entries_hours_that_were_edited_keep_both_forms(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    edited = replace(FULL, hours="营业时间同银行", opening=read_hours("9:00-17:00").hours)
    export_entries([edited], path)
    (row,) = read_rows(path).rows
    assert row.values["hours_text"] == "营业时间同银行"
    assert read_hours(row.values["hours"]).hours == edited.opening


def test_export_entries_all_headings_are_understood(tmp_path: Path) -> None:
    verified = {name: date(2026, 1, 1) for name in (*fields(), *facilities().codes)}
    columns = export_entries(
        [replace(FULL, verified=verified)], tmp_path / "list.csv", private=True, reveal=reveal
    ).columns
    guessed = guess_columns(columns)
    assert [line["heading"] for line in guessed.preview() if not line["field"]] == []
    assert len({line["field"] for line in guessed.preview()}) == len(columns)


def test_export_entries_phone_is_text_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    columns = export_entries([FULL], path).columns
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cell = sheet.cell(2, columns.index("服务电话") + 1)
    assert (cell.value, cell.data_type) == ("+86 513 8510 1234", "s")
    assert sheet.cell(2, columns.index("面积（平方米）") + 1).value == 25.5
    assert sheet.cell(2, columns.index("启用日期") + 1).is_date


def test_export_entries_bad_datum_or_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown datum"):
        export_entries([FULL], tmp_path / "list.csv", datum="mars")
    with pytest.raises(InputError, match="ends with"):
        export_entries([FULL], tmp_path / "list.doc")
    with pytest.raises(DataError, match="cannot write"):
        export_entries([FULL], tmp_path / "absent" / "list.csv")


# laws


def a_line(text: str) -> str:
    """A text as the registry keeps it; what says that nobody knows is not kept."""
    line = line_text(line_text(text))
    return "" if means_unknown(line) else line


def values_of(field: Field) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each type
    """Any value that a field may have in the store."""
    texts = st.text(min_size=1, max_size=min(field.max_length or 20, 20)).map(a_line)
    if field.type == "term":
        return st.sampled_from(field.word_list.codes)
    if field.type == "int":
        return st.integers(int(field.minimum), int(min(field.maximum, 10**7)))
    if field.type == "number":
        return st.floats(field.minimum, field.maximum)
    if field.type == "yes_no":
        return st.booleans()
    if field.type == "date":
        return st.dates(date(1950, 1, 1), date(2100, 1, 1))
    if field.type == "list":
        return st.lists(texts.filter(bool), min_size=1, max_size=3).map(tuple)
    if field.type == "json":
        return st.dictionaries(texts.filter(bool), texts.filter(bool), min_size=1, max_size=3).map(
            lambda value: dict(sorted(value.items()))
        )
    return texts.filter(bool)


def is_storable(field: Field, value: Any) -> bool:
    """Whether a value is one that the registry would have read itself."""
    try:
        return field.type in ("term", "yes_no") or bool(parse_value(field, value) == value)
    except ValueError:
        return False


EQUIPMENT = st.builds(
    Equipment,
    st.none() | st.integers(0, 500),
    st.sampled_from(["", *CONDITIONS]),
    st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
).filter(lambda equipment: equipment != Equipment())
PUBLIC = [f for f in fields().values() if f.public and f.name not in CORE]
FACTS = st.fixed_dictionaries(
    {}, optional={f.name: values_of(f).filter(lambda v, f=f: is_storable(f, v)) for f in PUBLIC}
)
CODES = st.sampled_from(facilities().codes)


def as_kept(entry: Entry) -> Entry:
    """An entry as the registry keeps it: a room at an employer says who may enter."""
    if entry.facts.get("subtype") == "employer" and not entry.access_scope:
        return replace(entry, access_scope="staff")
    return entry


NAMES = st.text(max_size=20).map(a_line)
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from(kinds().codes),
    lon_deg=st.floats(73.5, 135),
    lat_deg=st.floats(18, 53),
    lon_raw=st.just(0.0),
    lat_raw=st.just(0.0),
    datum_raw=st.just("gcj02"),
    code=st.integers(1, 9999).map(lambda n: make_code("NT-320613-OW", n)),
    name=NAMES,
    address=NAMES,
    facilities=st.dictionaries(CODES, st.booleans(), max_size=4),
    equipment=st.dictionaries(CODES, EQUIPMENT, max_size=3),
    access_scope=st.sampled_from(["", "public", "staff"]),
    access_mode=st.sampled_from(["", "walk_in", "qr"]),
    status=st.sampled_from(statuses().codes),
    district_code=st.sampled_from(["", "320613"]),
    facts=FACTS,
    verified=st.dictionaries(
        st.sampled_from(["", "hours", "phone", "WATER", "WHEELCHAIR"]),
        st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    ),
    source=st.just("区总工会"),
    source_id=st.sampled_from(["", "node/17", "42"]),
    sample=st.booleans(),
).map(as_kept)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(entries=st.lists(ENTRIES, min_size=1, max_size=3))
@example(entries=[replace(FULL, facts={}, phone="")])
def test_export_entries_any_stations_come_back(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, entries: list[Entry]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"law.{suffix}"
    export_entries(entries, path)
    same(read_back(path), entries)


def test_export_entries_hours_of_each_state_come_back(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    texts = ["", "全天", "同银行", "不开放", "22:00-06:00", "8:30-17:00，法定节假日除外"]
    entries = [
        replace(FULL, code=f"X-{n}", hours=text, opening=read_hours(text).hours)
        for n, text in enumerate(texts)
    ]
    entries.append(replace(FULL, code="X-9", hours="", opening=Hours(holidays="closed")))
    export_entries(entries, path)
    reader = EntryReader("区总工会", datum="wgs84")
    back = reader.read(read_rows(path))
    assert [entry.opening for entry in back] == [entry.opening for entry in entries]
    assert [entry.hours for entry in back][:-1] == texts
