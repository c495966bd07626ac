"""Tables written and read back: every text, every number, no formula, no half of a file."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.cells import parse_yes_no
from geodata.errors import DataError, InputError
from geodata.guarding import (
    escape_text,
    guard_text,
    is_formula,
    unescape_text,
    unguard_text,
)
from geodata.tables import Rows, read_rows
from geodata.writing import Table, write_table

SUFFIXES = ("csv", "xlsx", "geojson", "gpkg")
HEADINGS = ["name", "lon", "lat", "note"]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="'=+-@\t\r\n ＝＋－＠_x0041,;\"\x00\x01", max_size=12),
    st.from_regex(r"\A'{0,3}[=+\-@][0-9A-Z(]{0,4}\Z"),
    st.from_regex(r"\A_?_x[0-9A-F]{4}_?[\x01\r]?\Z"),
)
FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1+1", "＠x", "  =1+1",
    "=cmd|' /C calc'!A0", '=HYPERLINK("x")', "+86 513 8510 1234", "'=1", "''=1", "-2+3+cmd|x",
    "\n=1", "=", "-", "#N/A", "#REF!",
]  # fmt: skip


def table(texts: list[str], **options: Any) -> Table:
    rows = [["A", 120.86 + i, 32.01, text] for i, text in enumerate(texts)]
    return Table(HEADINGS, rows, ("lon", "lat"), **options)


def notes_of(rows: Rows) -> list[str]:
    return [row.extra.get("note", "") for row in rows.rows]


def written(folder: Path, suffix: str, content: Table) -> Path:
    path = folder / f"list.{suffix}"
    write_table(path, content)
    return path


# guarding


@given(TEXTS)
@example("_xABCD\x01")
@example("_x0041_x0042_")
@example("__x0001_")
def test_escape_text_any_text_comes_back(text: str) -> None:
    for xml in (False, True):
        escaped = escape_text(text, xml=xml)
        assert unescape_text(escaped) == text
        assert not any(ord(sign) < 32 and sign not in "\t\n\r" for sign in escaped)


@given(TEXTS)
@example("'=1")
@example("'-5")
@example("-5")
def test_guard_text_any_text_comes_back_and_is_no_formula(text: str) -> None:
    guarded = guard_text(text)
    assert unguard_text(guarded) == text
    assert not guarded.strip()[:1] or guarded.strip()[0] not in "=@＝＠＋－+"


def test_guard_text_numbers_stay_and_formulas_do_not() -> None:
    assert [guard_text(text) for text in ("-3.5", "-12", "120.86", "'s", "a=b")] == [
        "-3.5", "-12", "120.86", "'s", "a=b",
    ]  # fmt: skip
    assert all(guard_text(text)[0] == "'" for text in FORMULAS if not text.startswith("#"))
    assert guard_text("-3.5+cmd") == "'-3.5+cmd"


# round trips


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=40)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@example(texts=FORMULAS)
def test_write_table_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, texts: list[str]
) -> None:
    path = written(tmp_path_factory.getbasetemp(), suffix, table(texts))
    blank = [text if text and not text.isspace() else "" for text in texts]
    assert notes_of(read_rows(path)) == blank


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=40)
@given(
    positions=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 72)), min_size=1, max_size=5)
)
@example(positions=[(120.86000000000001, 31.999999999999996), (1e-17, -5e-324)])
def test_write_table_any_position_comes_back_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    positions: list[tuple[float, float]],
) -> None:
    rows = [["A", lon, lat, "x"] for lon, lat in positions]
    content = Table(HEADINGS, rows, ("lon", "lat"))
    read = read_rows(written(tmp_path_factory.getbasetemp(), suffix, content)).rows
    assert [(row.lon_deg, row.lat_deg) for row in read] == positions


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_write_table_each_type_of_cell_comes_back(tmp_path: Path, suffix: str) -> None:
    headings = ["name", "lon", "lat", "area_m2", "star", "opened_on", "sign_ok", "phone", "n"]
    rows = [
        ["A", 1.5, 2.5, 25.5, 3, date(2024, 3, 5), True, "051385101234", 10**20],
        ["B", 3.5, 4.5, None, None, None, None, None, None],
        ["C", 3.5, 4.5, -0.1, 0, date(2024, 2, 29), False, "-5", -1],
    ]
    read = read_rows(written(tmp_path, suffix, Table(headings, rows, ("lon", "lat")))).rows
    assert [row.values.get("area_m2") for row in read] == ["25.5", None, "-0.1"]
    assert [row.values.get("star") for row in read] == ["3", None, "0"]
    assert [row.values.get("opened_on") for row in read] == ["2024-03-05", None, "2024-02-29"]
    assert [row.values.get("phone") for row in read] == ["051385101234", None, "-5"]
    assert "n" not in read[1].extra
    assert str(read[0].extra["n"]) == str(10**20)
    told = [parse_yes_no(row.values.get("sign_ok", "")) for row in read]
    assert told == [True, None, False]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_write_table_no_rows_is_a_heading_alone(tmp_path: Path, suffix: str) -> None:
    assert len(read_rows(written(tmp_path, suffix, table([])))) == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_write_table_row_without_position_stays_a_row(tmp_path: Path, suffix: str) -> None:
    content = Table(HEADINGS, [["A", 1.0, 2.0, ""], ["B", None, None, ""]], ("lon", "lat"))
    good, bad = read_rows(written(tmp_path, suffix, content)).rows
    assert (good.problem, bad.values["name"]) == (None, "B")
    assert bad.problem is not None


# what other programs see


def test_write_table_csv_is_what_spreadsheets_want(tmp_path: Path) -> None:
    path = written(tmp_path, "csv", table(["南通", "=1+1"]))
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 3
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert [line[3] for line in csv.reader(stream)] == ["note", "南通", "'=1+1"]


def test_write_table_xlsx_texts_are_never_formulas(tmp_path: Path) -> None:
    path = written(tmp_path, "xlsx", table(FORMULAS))
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cells = [sheet.cell(row, 4) for row in range(2, len(FORMULAS) + 2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [bool(cell.quotePrefix) for cell in cells] == [is_formula(text) for text in FORMULAS]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:D{len(FORMULAS) + 1}"
    assert all(isinstance(sheet.cell(2, column).value, float) for column in (2, 3))


def test_write_table_xlsx_same_table_is_same_bytes(tmp_path: Path) -> None:
    first = written(tmp_path, "xlsx", table(["a"])).read_bytes()
    assert written(tmp_path, "xlsx", table(["a"])).read_bytes() == first


def test_write_table_wgs84_says_its_crs(tmp_path: Path) -> None:
    document = json.loads(written(tmp_path, "geojson", table(["a"])).read_text("utf-8"))
    assert "datum" not in document  # RFC 7946: WGS-84 and nothing else
    info = pyogrio.read_info(written(tmp_path, "gpkg", table(["a"])))
    assert info["crs"] == "EPSG:4326"


def test_write_table_other_datum_is_said_loudly_in_each_format(tmp_path: Path) -> None:
    content = table(["a"], datum="gcj02", notes=("coordinates are GCJ-02, not WGS-84",))
    document = json.loads(written(tmp_path, "geojson", content).read_text("utf-8"))
    assert document["datum"] == "gcj02"
    assert document["notes"] == ["coordinates are GCJ-02, not WGS-84"]
    gpkg = written(tmp_path, "gpkg", content)
    assert pyogrio.list_layers(gpkg)[0][0] == "stations_gcj02"
    assert pyogrio.read_info(gpkg)["crs"] is None or "EPSG" not in pyogrio.read_info(gpkg)["crs"]
    assert "GCJ-02" in written(tmp_path, "csv", content).read_text("utf-8").split("\n")[0]
    sheet = openpyxl.load_workbook(written(tmp_path, "xlsx", content)).active
    assert sheet is not None
    assert "GCJ-02" in str(sheet["A1"].value)
    for suffix in SUFFIXES:
        rows = read_rows(tmp_path / f"list.{suffix}")
        assert (rows.rows[0].lon_deg, rows.rows[0].lat_deg) == (120.86, 32.01)
        assert suffix in ("csv", "xlsx") or rows.datum_hint == "gcj02"


# faults


class Unwritable:
    """A cell that fails."""

    def __str__(self) -> str:
        raise ValueError("unwritable")


def test_write_table_wrong_name_or_headings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends with \.csv, \.xlsx"):
        write_table(tmp_path / "list.pdf", table(["a"]))
    for headings in (["name", "lon", "lat", "NAME"], ["name", "x", "lat", "note"]):
        with pytest.raises(InputError, match="headings repeat, or lack"):
            write_table(tmp_path / "list.csv", Table(headings, [], ("lon", "lat")))
    with pytest.raises(InputError, match="40,000 characters"):
        write_table(tmp_path / "list.xlsx", table(["a" * 40_000]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_write_table_missing_folder_is_a_data_error(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(DataError, match=r"cannot write .*list"):
        write_table(tmp_path / "absent" / f"list.{suffix}", table(["a"]))


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_write_table_failure_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, suffix, table(["old"]))
    bad = Unwritable() if suffix == "csv" else math.inf
    with pytest.raises(ValueError, match=r"unwritable|JSON"):
        write_table(path, Table(HEADINGS, [["A", 1.0, 2.0, bad]], ("lon", "lat")))
    assert notes_of(read_rows(path)) == ["old"]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_write_table_full_disk_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, suffix, table(["old"]))
    # a limit on the size of files is what a full disk looks like to a program
    script = (
        "import resource, signal, sys\n"
        "from geodata.errors import DataError\n"
        "from geodata.writing import Table, write_table\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "rows = [[str(i * 7919 % 10007), i / 7, 2.0, str(i ** 3)] for i in range(50000)]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n"
        "try:\n"
        "    table = Table(['name', 'lon', 'lat', 'note'], rows, ('lon', 'lat'))\n"
        "    write_table(sys.argv[1], table)\n"
        "except DataError as error:\n"
        "    print('refused:', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.startswith("refused: cannot write"), done.stderr
    assert notes_of(read_rows(path)) == ["old"]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
