"""XLSX as offices fill it in: titles, merged cells, days, shares, formulas; and damaged ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from geodata.errors import InputError
from geodata.tables import Rows, read_rows
from geodata.workbook import MAX_ROW
from geodata.writing import Table, write_table
from tests.test_tables import read_or_refused

Fill = Callable[[Worksheet], Any]


@pytest.fixture
def book(tmp_path: Path) -> Callable[[Fill], Rows]:
    """Fill a workbook in with openpyxl, which knows nothing of our reader, and read it."""

    def read(fill: Fill, **options: Any) -> Rows:
        workbook = openpyxl.Workbook()
        assert workbook.active is not None
        fill(workbook.active)
        path = tmp_path / "list.xlsx"
        workbook.save(path)
        workbook.close()
        return read_rows(path, **options)

    return read


def lines(*rows: list[Any]) -> Fill:
    return lambda sheet: [sheet.append(row) for row in rows]


HEADING = ["名称", "经度", "纬度", "备注"]


def patched(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a workbook with one part changed."""
    target = path.with_name("patched.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, change(content) if name == member else content)
    return target


@pytest.fixture
def simple(tmp_path: Path) -> Path:
    path = tmp_path / "simple.xlsx"
    write_table(path, Table(HEADING, [["A", 120.86, 32.01, "x"]], ("经度", "纬度")))
    return path


# what people fill in


def test_read_workbook_titles_blank_rows_and_numbers(book: Any) -> None:
    rows = book(lines(["一览表"], [], HEADING, ["A", 1, 2, "x"], [None] * 4, ["B", 3.5, "4.5"]))
    assert [(row.number, row.values["name"]) for row in rows.rows] == [(4, "A"), (6, "B")]
    assert [(row.lon_deg, row.lat_deg) for row in rows.rows] == [(1, 2), (3.5, 4.5)]


def test_read_workbook_cells_come_as_they_are_shown(book: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        heading = [
            "名称",
            "经度",
            "纬度",
            "启用日期",
            "开放时间",
            "电话",
            "share",
            "moment",
            "yes",
            "long",
        ]
        sheet.append(heading)
        row = ["A", "120.86", 32.01, date(2024, 3, 5), time(8, 30), 13812345678, 0.255]
        sheet.append([*row, datetime(2024, 3, 5, 8, 30), True, 320612.0])
        sheet["G2"].number_format = "0.0%"
        sheet["D2"].number_format = 'yyyy"年"m"月"d"日"'

    (row,) = book(fill).rows
    assert row.values == {
        "name": "A", "opened_on": "2024-03-05", "hours": "08:30", "phone": "13812345678",
    }  # fmt: skip
    assert row.extra["share"] == "25.5%"
    assert row.extra["moment"] == datetime(2024, 3, 5, 8, 30)
    assert row.extra["yes"] is True
    assert row.extra["long"] == 320612


@pytest.mark.parametrize(
    ("number_format", "serial", "shown"),
    [
        ("yyyy-mm-dd", 45356, date(2024, 3, 5)), ("m/d/yy h:mm", 45356.5, datetime(2024, 3, 5, 12)),
        ("[h]:mm", 1.0, "24:00"), ("h:mm AM/PM", 0.75, "18:00"), ("0.00", 45356, 45356),
        ('0.0"day"', 45356, 45356), ("[Red]0.0", 45356, 45356), ("General", 45356, 45356),
        ('"h"0', 5, 5), ("0%", 0.5, "50%"), ("mmm", 45356, date(2024, 3, 5)), ("@", 7, 7),
        ("yyyy", -5, -5), ("yyyy", 1e9, 1e9),
    ],
)  # fmt: skip
def test_read_workbook_each_number_format(
    book: Any, number_format: str, serial: float, shown: Any
) -> None:
    def fill(sheet: Worksheet) -> None:
        lines(HEADING, ["A", 1, 2, serial])(sheet)
        sheet["D2"].number_format = number_format

    assert book(fill).rows[0].extra["备注"] == shown


def test_read_workbook_days_since_1904_are_the_same_days(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.epoch = datetime(1904, 1, 1)
    lines(["名称", "经度", "纬度", "启用日期"], ["A", 1, 2, date(2024, 3, 5)])(workbook.active)
    workbook.save(tmp_path / "list.xlsx")
    assert read_rows(tmp_path / "list.xlsx").rows[0].values["opened_on"] == "2024-03-05"


def test_read_workbook_value_merged_downwards_is_of_each_row(book: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        head = ["名称", "经度", "纬度", "街道", "社区"]
        lines(head, ["A", 1, 2, "学田", "一"], ["B", 3, 4], ["C", 5, 6], [None] * 5)(sheet)
        sheet.merge_cells("D2:D5")
        sheet.merge_cells("E2:E3")

    rows = book(fill).rows
    assert [row.values.get("town") for row in rows] == ["学田"] * 3
    assert [row.values.get("community") for row in rows] == ["一", "一", None]


def test_read_workbook_heading_of_two_lines_is_read(book: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        lines(["名称", "坐标", None, "地址"], [None, "经度", "纬度", None], ["A", 1, 2, "B"])(sheet)
        for cells in ("A1:A2", "B1:C1", "D1:D2"):
            sheet.merge_cells(cells)

    (row,) = book(fill).rows
    assert row.values == {"name": "A", "address": "B"}
    assert (row.number, row.lon_deg) == (3, 1)


def test_read_workbook_cells_beside_the_headings_are_kept(book: Any) -> None:
    (row,) = book(lines(HEADING, ["A", 1, 2, "x", None, "aside"])).rows
    assert row.extra == {"备注": "x", "column 6": "aside"}


def test_read_workbook_hidden_rows_and_columns_are_read(book: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        lines(HEADING, ["A", 1, 2, "x"], ["B", 3, 4, "y"])(sheet)
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["D"].hidden = True

    assert [row.extra["备注"] for row in book(fill).rows] == ["x", "y"]


def test_read_workbook_first_visible_sheet_with_positions_counts(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    lines(["只有说明"], ["没有坐标"])(workbook.active)
    for name, state in (("old", "hidden"), ("new", "visible")):
        sheet = workbook.create_sheet(name)
        lines(HEADING, [name, 1, 2])(sheet)
        sheet.sheet_state = state
    workbook.save(tmp_path / "list.xlsx")
    assert [r.values["name"] for r in read_rows(tmp_path / "list.xlsx").rows] == ["new"]


def test_read_workbook_stored_results_of_formulas_are_read(simple: Path) -> None:
    cached = patched(
        simple, "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<c><v>120.86</v>", b"<c><f>A1+1</f><v>120.5</v>"),
    )  # fmt: skip
    assert read_rows(cached).rows[0].lon_deg == 120.5


def test_read_workbook_formulas_never_computed_are_told(book: Any) -> None:
    rows = book(lines(HEADING, ["A", "=1+1", 2, "x"]))
    assert rows.rows[0].problem.reason.startswith("blank")
    assert rows.warnings[0].startswith("1 cells hold formulas without a result")


def test_read_workbook_errors_of_the_spreadsheet_are_blank_and_told(book: Any) -> None:
    rows = book(lines(HEADING, ["A", 1, 2, "#REF!"]))
    assert rows.rows[0].extra == {}
    assert rows.warnings[0].startswith("1 cells hold a spreadsheet's error")


def test_read_workbook_shared_rich_and_pronounced_texts_are_read(simple: Path) -> None:
    shared = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>\xe5\xad'
        b"\xa6</t></r><r><t>\xe7\x94\xb0_x000D_</t></r><rPh><t>xue</t></rPh></si></sst>"
    )
    path = patched(
        simple, "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(
            b'<c s="1" t="inlineStr"><is><t xml:space="preserve">A</t></is></c>',
            b'<c t="s"><v>0</v></c>',
        ),
    )  # fmt: skip
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", shared)
    assert read_rows(path).rows[0].values["name"] == "学田"


def test_read_workbook_prefixed_names_are_read(simple: Path) -> None:
    def prefix(xml: bytes) -> bytes:
        for name in (b"row", b"c", b"v", b"is", b"t", b"sheetData"):
            for old in (b"<%b>", b"<%b ", b"</%b>", b"<%b/>"):
                xml = xml.replace(old % name, (old % name).replace(name, b"x:" + name, 1))
        return xml.replace(b"<worksheet ", b'<worksheet xmlns:x="urn:x" ')

    assert read_rows(patched(simple, "xl/worksheets/sheet1.xml", prefix)).rows[0].lon_deg == 120.86


def test_read_workbook_mapping_names_its_columns(book: Any) -> None:
    rows = book(lines(["t"], ["甲", "乙", "丙"], ["A", 1, 2]), mapping={"lon": "乙", "lat": "丙"})
    assert (rows.rows[0].lon_deg, rows.rows[0].extra) == (1, {"甲": "A"})


# hostile and damaged


def test_read_workbook_what_is_none_is_named(tmp_path: Path) -> None:
    kinds = {
        "word/document.xml": "a Word document", "xl/workbook.bin": "binary Excel",
        "content.xml": "OpenDocument", "x.txt": "a zip archive",
    }  # fmt: skip
    for member, message in kinds.items():
        path = tmp_path / "list.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "x")
        with pytest.raises(InputError, match=message):
            read_rows(path)
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(InputError, match=r"old Excel workbook \(\.xls\), or one with a password"):
        read_rows(tmp_path / "old.xls")


def test_read_workbook_no_positions_lists_the_headings(book: Any) -> None:
    with pytest.raises(InputError, match="got 名称, 地址; expected lon and lat"):
        book(lines(["名称", "地址"], ["A", "B"]))
    with pytest.raises(InputError, match="holds no rows"):
        book(lines())


def test_read_workbook_zip_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        with archive.open("xl/worksheets/sheet1.xml", "w") as stream:
            for _ in range(600):
                stream.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(InputError, match="unpacks to 629 MB"):
        read_rows(path)


def test_read_workbook_entity_bomb_is_refused(simple: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    with pytest.raises(InputError, match="document type"):
        read_rows(patched(simple, "xl/worksheets/sheet1.xml", lambda _: bomb))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"<row><c", b'<row r="99999999999"><c', "has a row 99999999999"),
        (b"<c><v>120", b'<c r="XFE2"><v>120', "has a column 'XFE'"),
        (b'<c s="1" t="inlineStr">', b'<c t="s" s="x">', "damaged"),
        (b"</sheetData>", b"", "damaged"),
    ],
)
def test_read_workbook_impossible_cells_are_refused(
    simple: Path, old: bytes, new: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_rows(patched(simple, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(old, new)))


def test_read_workbook_far_cells_cost_nothing(simple: Path) -> None:
    far = b'<row r="%d"><c r="XFD%d"><v>1</v></c></row></sheetData>' % (MAX_ROW, MAX_ROW)
    path = patched(
        simple, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", far)
    )
    rows = read_rows(path)
    assert [row.number for row in rows.rows] == [2, MAX_ROW]
    assert rows.rows[1].extra == {"column 16384": 1}


def test_read_workbook_overlapping_merges_are_refused(simple: Path) -> None:
    merges = b"</sheetData><mergeCells>%b</mergeCells>" % (b'<mergeCell ref="A1:A1048576"/>' * 9)
    path = patched(
        simple, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", merges)
    )
    with pytest.raises(InputError, match="overlap"):
        read_rows(path)


@settings(max_examples=200)
@given(data=st.data())
def test_read_workbook_any_damage_gives_rows_or_input_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = folder / "whole.xlsx"
    if not whole.exists():
        write_table(whole, Table(HEADING, [["A", 120.86, 32.01, "x"]] * 3, ("经度", "纬度")))
    content = bytearray(whole.read_bytes())
    if data.draw(st.booleans()):  # damage inside of a part
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
        name = data.draw(st.sampled_from(sorted(parts)))
        damage(parts[name], data)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for member, part in parts.items():
                archive.writestr(member, bytes(part))
        content = bytearray(buffer.getvalue())
    else:
        damage(content, data)
    path = folder / "damaged.xlsx"
    path.write_bytes(content)
    read_or_refused(path)


def damage(content: bytearray, data: st.DataObject) -> None:
    """Cut bytes out, or put others in."""
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, max(len(content) - 1, 0)))
        length = data.draw(st.integers(0, 20))
        content[start : start + length] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"-1", b"99999999999", b"<", b"&x;", b'"'])
        )
