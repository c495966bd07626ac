"""The sheet for district offices: empty it is no station, filled in it imports as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from geodata.equipment import CONDITIONS, Equipment, format_answer, parse_answer
from geodata.fields import fields, parse_value
from geodata.tables import read_rows
from geodata.vocabulary import facilities, kinds, read_data, subtypes
from locator.errors import DataError, InputError
from locator.registry.entries import Entry, merge_entries
from locator.registry.reading import EntryReader
from locator.registry.template import FIRST_ROW, HEADING_ROW, SHEETS, write_template
from tests.test_exchange import FULL

STATION = {
    "name": "学田驿站", "kind": "户外劳动者爱心服务站", "lon": 120.8642495, "lat": "32°00′28.3″",
    "datum": "GCJ-02", "address": "学田路1号", "hours": "周一至周五 8:30-11:00",
    "phone": "051385101234",
    "饮水": "2台", "微波炉": "坏", "空调": "无", "其他设施": "无线网络、电视（坏）",
    "area_m2": 25.5,
    "opened_on": "2024年3月5日", "keeper_name": "张三", "sign_ok": "是", "subtype": "基本型",
}  # fmt: skip


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.xlsx"
    write_template(path)
    return path


def form(path: Path) -> Any:
    return openpyxl.load_workbook(path)[SHEETS[0]]


def headings(path: Path) -> list[str]:
    return [str(cell.value) for cell in form(path)[HEADING_ROW]]


def fill(path: Path, row: int, cells: dict[str, Any]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[SHEETS[0]]
    columns = [str(cell.value).lstrip("★") for cell in sheet[HEADING_ROW]]
    names = {field.name: field.zh for field in fields().values()}
    names |= {"lon": "经度", "lat": "纬度", "datum": "坐标系"}
    for name, value in cells.items():
        sheet.cell(row, columns.index(names.get(name, name)) + 1, value)
    book.save(path)


def test_write_template_empty_sheet_has_no_stations(blank: Path) -> None:
    rows = read_rows(blank)
    assert len(rows) == 0
    assert rows.warnings == ("row 6: marked 【示例】, so an example and not imported",)


def test_write_template_filled_in_sheet_imports(blank: Path) -> None:
    fill(blank, FIRST_ROW, STATION)
    fill(blank, FIRST_ROW + 3, {"lon": 120.9, "lat": 32.1, "kind": "爱心母婴室", "name": "B"})
    rows = read_rows(blank)
    assert [row.number for row in rows.rows] == [FIRST_ROW, FIRST_ROW + 3]
    reader = EntryReader("sheet", datum="wgs84", seal=lambda _, text: f"sealed:{text}")
    first, second = reader.read(rows)
    assert reader.rejected == []
    assert (first.name, first.kind, first.phone) == ("学田驿站", "rest_station", "051385101234")
    assert (first.lon_deg, first.lat_deg) == pytest.approx((120.86, 32.01), abs=1e-5)
    assert first.facilities == {
        "WATER": True, "MICROWAVE": True, "AC": False, "WIFI": True, "TV": True,
    }  # fmt: skip
    assert first.equipment["WATER"].count == 2
    assert {code for code, told in first.equipment.items() if told.condition == "broken"} == {
        "MICROWAVE", "TV",
    }  # fmt: skip
    assert first.facts["area_m2"] == 25.5
    assert first.facts["opened_on"].isoformat() == "2024-03-05"
    assert first.facts["keeper_name"] == "sealed:张三"
    assert first.opening.known
    assert first.extra == second.extra == {}
    assert (second.kind, second.name) == ("mother_baby_room", "B")


def test_write_template_example_that_is_written_over_is_a_station(blank: Path) -> None:
    fill(blank, HEADING_ROW + 2, {"name": "学田驿站"})
    assert [row.values["name"] for row in read_rows(blank).rows] == ["学田驿站"]


def test_write_template_every_column_is_understood(blank: Path) -> None:
    preview = read_rows(blank).preview()
    assert [line["heading"] for line in preview if not line["field"]] == []
    assert len({line["field"] for line in preview}) == len(preview)


@pytest.mark.parametrize("kind", kinds().codes)
def test_write_template_of_one_kind_has_its_columns_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "sheet.xlsx"
    write_template(path, kind=kind)
    groups = {
        fields()[line["field"]].group
        for line in read_rows(path).preview()
        if line["field"] in fields()
    }
    wanted = {"mother_baby_room": "mother_baby", "carnation_station": "carnation",
              "worker_home": "worker_home"}  # fmt: skip
    assert groups == {"common", wanted.get(kind, "common")}
    fill(path, FIRST_ROW, {"lon": 120.9, "lat": 32.1, "kind": kinds()[kind].zh})
    (entry,) = EntryReader("sheet", datum="wgs84").read(read_rows(path))
    assert entry.kind == kind


def test_write_template_marks_what_is_mandatory(blank: Path) -> None:
    marked = {heading.lstrip("★") for heading in headings(blank) if heading.startswith("★")}
    mandatory = {field.zh for field in fields().values() if field.mandatory}
    assert marked == (mandatory - {"站点编号"}) | {"经度", "纬度", "坐标系"}


def test_write_template_dropdowns_hold_the_lists_in_full(blank: Path) -> None:
    book = openpyxl.load_workbook(blank)
    sheet, choices = book[SHEETS[0]], book[SHEETS[2]]
    assert choices.sheet_state == "hidden"
    titles = [str(cell.value).lstrip("★") for cell in sheet[HEADING_ROW]]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    for field in fields().values():
        if field.type != "term" or field.zh not in titles:
            continue
        place = titles.index(field.zh) + 1
        words = [cell.value for (cell,) in choices.iter_rows(min_col=place, max_col=place)]
        assert [word for word in words if word] == [term.zh for term in field.word_list]
        rule = rules[sheet.cell(FIRST_ROW, place).coordinate]
        assert rule.type == "list"
        assert rule.showErrorMessage
        assert all(parse_value(field, word) for word in words if word)
    water = sheet.cell(FIRST_ROW, titles.index("饮水") + 1).coordinate
    assert not rules[water].showErrorMessage  # a count may stand there too
    assert all(len(rule.prompt or "") <= 255 for rule in rules.values())


def test_write_template_guide_explains_every_column(blank: Path) -> None:
    guide = openpyxl.load_workbook(blank)[SHEETS[1]]
    explained = [row[0].value for row in guide.iter_rows(min_row=2)]
    assert explained == [heading.lstrip("★") for heading in headings(blank)]
    private = {row[0].value for row in guide.iter_rows(min_row=2) if row[5].value == "不公开"}
    assert {"管理员姓名", "管理员手机", "核验人"} <= private


def test_write_template_is_laid_out(blank: Path) -> None:
    sheet = form(blank)
    assert sheet.freeze_panes == f"B{HEADING_ROW + 1}"
    frozen_pt = sum(sheet.row_dimensions[row].height for row in range(1, HEADING_ROW + 1))
    assert frozen_pt < 100  # else a small screen shows nothing but headings
    letter = get_column_letter(headings(blank).index("★服务电话") + 1)
    assert sheet.column_dimensions[letter].number_format == "@"
    cells = [cell for line in sheet.iter_rows(max_row=FIRST_ROW) for cell in line]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


def test_template_words_name_known_columns() -> None:
    words = read_data("template.toml")
    named = [name for band in words["band"] for name in band.get("columns", ())]
    assert len(set(named)) == len(named)
    for name in named:
        assert name in words["hint"]
    for name, text in words["example"].items():
        if name in fields() and fields()[name].type not in ("text",):
            parse_value(fields()[name], text)
        assert name in {*fields(), *facilities().codes, "lon", "lat", "datum", "exceptions",
                        "verified_on", "facilities", "facility"}  # fmt: skip
    assert {band["group"] for band in words["band"] if "group" in band} == {
        field.group for field in fields().values()
    } - {"common"}
    assert all(term.zh for term in facilities())


def test_write_template_wrong_name_kind_or_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends with \.xlsx"):
        write_template(tmp_path / "sheet.csv")
    with pytest.raises(InputError, match="unknown kind 'hut'"):
        write_template(tmp_path / "sheet.xlsx", kind="hut")
    with pytest.raises(DataError, match="cannot write"):
        write_template(tmp_path / "absent" / "sheet.xlsx")
    assert list(tmp_path.iterdir()) == []


# -- filled in ----------------------------------------------------------------------------------


def filled(path: Path, *entries: Entry, **options: Any) -> list[Entry]:
    """Entries written into the sheet and read back as an import reads them."""
    assert write_template(path, entries=entries, **options) == len(entries)
    reader = EntryReader("sheet", datum="wgs84", seal=lambda _, text: f"sealed:{text}")
    found = reader.read(read_rows(path))
    assert reader.rejected == []
    return found


def test_write_template_filled_with_stations_reads_back_and_keeps_private_cells(
    tmp_path: Path,
) -> None:
    entry = replace(
        FULL,
        equipment={
            **FULL.equipment,
            "MICROWAVE": Equipment(1, "broken", date(2026, 5, 1)),
            "BOOKS": Equipment(20),
        },
        facilities={**FULL.facilities, "MICROWAVE": True, "BOOKS": True},
    )
    (back,) = filled(tmp_path / "sheet.xlsx", entry)
    merged, changed = merge_entries(entry, replace(back, source="", source_id=""))
    assert not changed
    assert merged.facts["keeper_name"] == "sealed:abc"
    text = str(list(form(tmp_path / "sheet.xlsx").values))
    assert "sealed" not in text
    assert "李四" not in text
    clear = {"sealed:abc": "abc", "sealed:def": "0513-8510def"}
    (back,) = filled(tmp_path / "all.xlsx", entry, reveal=lambda _, text: clear[text])
    assert back.facts["keeper_name"] == "sealed:abc"
    assert back.facts["verified_by"] == "李四"


def test_write_template_filled_formula_is_text_and_made_name_blank(tmp_path: Path) -> None:
    plain = replace(FULL, facts={})
    made = replace(plain, code="X-2", name="母婴室（42）", name_made=True, lat_deg=32.3)
    zero = replace(plain, code="X-3", lat_deg=32.4, facts={"truck_parking": 0, "beds": 0})
    first, second, third = filled(tmp_path / "sheet.xlsx", plain, made, zero)
    assert (first.name, second.name) == ("=HYPERLINK(1)", "")
    assert third.facts["truck_parking"] == 0
    cells = [cell for row in form(tmp_path / "sheet.xlsx").iter_rows(min_row=FIRST_ROW)
             for cell in row]  # fmt: skip
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_write_template_filled_hours_that_differ_from_their_text_come_back(tmp_path: Path) -> None:
    entry = replace(FULL, hours="以前的时间", facts={})
    (back,) = filled(tmp_path / "sheet.xlsx", entry)
    assert (back.hours, back.opening.rules) == ("以前的时间", entry.opening.rules)
    assert "开放时间原文" in headings(tmp_path / "sheet.xlsx")
    write_template(tmp_path / "blank.xlsx")
    assert "开放时间原文" not in headings(tmp_path / "blank.xlsx")


@given(
    st.none() | st.booleans(),
    st.none() | st.integers(0, 500),
    st.sampled_from(["", *CONDITIONS]),
    st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_format_answer_any_reads_back(
    there: bool | None, count: int | None, condition: str, day: date | None
) -> None:
    detail = Equipment(count, condition, day)
    text = format_answer(there, detail)
    if there is None and detail == Equipment():
        assert text == ""
    else:
        assert parse_answer(text) == (there, detail)


def test_write_template_subkinds_follow_the_kind(blank: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(blank)
    sheet, choices = book[SHEETS[0]], book[SHEETS[2]]
    titles = [title.lstrip("★") for title in headings(blank)]
    place = titles.index("子类") + 1
    rule = next(
        rule for rule in sheet.data_validations.dataValidation
        if str(rule.sqref).startswith(sheet.cell(FIRST_ROW, place).coordinate)
    )  # fmt: skip
    letter = get_column_letter(titles.index("类别") + 1)
    assert rule.formula1 == f"INDIRECT(${letter}{FIRST_ROW})"
    for kind in kinds():
        target = book.defined_names[kind.zh].attr_text.partition("!")[2].replace("$", "")
        words = [cell.value for (cell,) in choices[target]]
        assert words == [term.zh for term in subtypes(kind.code)]
    write_template(tmp_path / "one.xlsx", kind="worker_home")
    assert not openpyxl.load_workbook(tmp_path / "one.xlsx").defined_names


@pytest.mark.parametrize("kind", [None, *kinds().codes])
def test_write_template_every_column_is_explained_and_the_example_is_of_one_kind(
    tmp_path: Path, kind: str | None
) -> None:
    path = tmp_path / "sheet.xlsx"
    write_template(path, kind=kind)
    guide = openpyxl.load_workbook(path)[SHEETS[1]]
    rows = list(guide.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows if not row[2]] == []
    assert [row[0] for row in rows if not row[4] and row[0] != "站点编号"] == []
    sheet = form(path)
    example = {
        title.lstrip("★"): sheet.cell(HEADING_ROW + 2, place).value
        for place, title in enumerate(headings(path), start=1)
    }
    assert example["类别"] == kinds()[kind or "rest_station"].zh
    assert subtypes(kind or "rest_station").parse(example["子类"])
    if kind is None:
        assert not example["哺乳位"]
        assert not example["床位数"]
        assert {example["饮水"], example["微波炉"], example["打气筒"]} == {"2台", "坏", "无"}


def test_write_template_hints_are_not_cut(blank: Path) -> None:
    sheet = form(blank)
    for row in (HEADING_ROW + 1, HEADING_ROW + 2):
        lines = sheet.row_dimensions[row].height / 12.5
        for place, cell in enumerate(sheet[row], start=1):
            width = sheet.column_dimensions[get_column_letter(place)].width
            assert 2 * len(cell.value or "") <= lines * width
