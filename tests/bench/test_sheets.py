"""Reading and writing of sheets against openpyxl, which could do both."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import openpyxl

from geodata.tables import read_rows
from geodata.writing import Table, write_table

HEADINGS = ["名称", "经度", "纬度", *(f"备注{n}" for n in range(20))]
ROWS = [[f"驿站{n}", 120 + n / 1e5, 32.01, *["学田街道工会驿站"] * 20] for n in range(2000)]


def test_read_workbook_is_faster_than_openpyxl(
    tmp_path: Path, interleaved: Any, figures: Any
) -> None:
    path = tmp_path / "list.xlsx"
    write_table(path, Table(HEADINGS, ROWS, ("经度", "纬度")))

    def read_openpyxl() -> int:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        count = sum(len(row) for row in book.worksheets[0].iter_rows(values_only=True))
        book.close()
        return count

    taken_s = interleaved({"ours": lambda: read_rows(path), "openpyxl": read_openpyxl}, rounds=5)
    figures["read 46,000 cells of XLSX"] = {f"{name} s": s for name, s in taken_s.items()}
    assert taken_s["ours"] < taken_s["openpyxl"]  # although it gives rows with meaning


def test_write_workbook_is_faster_than_openpyxl(
    tmp_path: Path, interleaved: Any, figures: Any
) -> None:
    def write_openpyxl() -> None:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("stations")
        for row in [HEADINGS, *ROWS]:
            sheet.append(row)
        book.save(tmp_path / "theirs.xlsx")

    table = Table(HEADINGS, ROWS, ("经度", "纬度"))
    taken_s = interleaved(
        {"ours": lambda: write_table(tmp_path / "ours.xlsx", table), "openpyxl": write_openpyxl},
        rounds=5,
    )
    figures["write 46,000 cells of XLSX"] = {f"{name} s": s for name, s in taken_s.items()}
    assert 2 * taken_s["ours"] < taken_s["openpyxl"]


def test_read_rows_of_a_national_list_keeps_its_pace(tmp_path: Path, figures: Any) -> None:
    table = Table(HEADINGS, ROWS * 50, ("经度", "纬度"))
    measured = {}
    for suffix in ("csv", "xlsx", "geojson", "gpkg"):
        path = tmp_path / f"list.{suffix}"
        write_table(path, table)
        start_s = time.process_time()
        assert len(read_rows(path)) == 100_000
        measured[f"{suffix} s"] = time.process_time() - start_s
    figures["read 100,000 rows of 23 columns"] = measured
