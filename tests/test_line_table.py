"""Lines with columns turned into street lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from geodata.datum import from_wgs84
from geodata.errors import InputError
from geodata.line_table import Cell, LineTable, read_cell, street_lines
from geodata.lines import BIKE, BIKE_FORWARD, FOOT, MOTOR, MOTOR_FORWARD, STEPS, StreetLines

ALL = FOOT | BIKE | MOTOR
AHEAD = FOOT | BIKE_FORWARD | MOTOR_FORWARD


def table(*texts: str | None, crs: str = "EPSG:4326", **cells: list[Cell]) -> LineTable:
    """Rows of WKT with columns; a double underscore stands for a colon."""
    with np.errstate(invalid="ignore"):  # NaN among the coordinates
        shapes = shapely.from_wkt(np.array(texts, object))
    named = {key.replace("__", ":"): column for key, column in cells.items()}
    return LineTable(shapes=shapes, cells=named, crs=crs)


def names(lines: StreetLines) -> list[str]:
    return [lines.names[code] for code in lines.name_code]


def test_rows_without_columns_are_open_both_ways_to_all() -> None:
    lines = street_lines(
        table("LINESTRING (0 0, 1 0, 1 1)", "LINESTRING (1 1, 2 2)"), datum="wgs84"
    )
    assert lines.access.tolist() == [ALL, ALL]
    assert lines.vertex[2] == lines.vertex[3]
    assert len(set(lines.vertex.tolist())) == 4
    assert (lines.names, lines.classes, lines.attribution, lines.warnings) == (("",), ("",), "", ())


def test_columns_are_read_as_tags() -> None:
    lines = street_lines(
        table(
            "LINESTRING (0 0, 1 0)",
            "LINESTRING (1 0, 2 0)",
            "LINESTRING (2 0, 3 0)",
            "LINESTRING (3 0, 4 0)",
            highway=["primary", ("footway", "steps"), "proposed", None],
            oneway=["yes", None, None, None],
            name=["人民路", ("B", "C"), "gone", None],
        ),
        datum="wgs84",
    )
    assert lines.access.tolist() == [AHEAD, FOOT, ALL]
    assert lines.flags.tolist() == [0, STEPS, 0]
    assert names(lines) == ["人民路", "B / C", ""]
    assert [lines.classes[code] for code in lines.class_code] == ["primary", "footway", ""]


def test_parts_heights_and_useless_rows() -> None:
    lines = street_lines(
        table(
            "MULTILINESTRING Z ((0 0 5, 1 0 5), (5 5 1, 6 6 1))",
            "POINT (0 0)",
            "LINESTRING EMPTY",
            None,
            "LINESTRING (0 0, NaN 1)",
            "GEOMETRYCOLLECTION (LINESTRING (7 7, 8 8), POINT (1 1))",
            name=["a", "b", "c", "d", "e", "f"],
        ),
        datum="wgs84",
    )
    assert names(lines) == ["a", "a", "f"]
    assert lines.lonlat_deg.shape == (6, 2)
    assert "5 rows" in lines.warnings[0]


def test_no_line_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="none of the 1 rows"):
        street_lines(table("POINT (0 0)"), datum="wgs84")
    with pytest.raises(InputError, match="none of the 0 rows"):
        street_lines(table(), datum="wgs84")


# -- directions from reverse twins --------------------------------------------------------------

TWINS = ("LINESTRING (0 0, 1 0, 1 1)", "LINESTRING (1 1, 1 0, 0 0)", "LINESTRING (1 1, 2 2)")


def test_line_without_twin_is_one_way_for_vehicles_where_others_have_twins() -> None:
    lines = street_lines(table(*TWINS), datum="wgs84")
    assert lines.access.tolist() == [ALL, ALL, AHEAD]
    assert "1 of 3 lines" in lines.warnings[0]


def test_twins_mean_nothing_where_oneway_is_told_or_the_graph_is_undirected() -> None:
    told = street_lines(table(*TWINS, oneway=["no", "no", "no"]), datum="wgs84")
    assert told.access.tolist() == [ALL, ALL, ALL]
    undirected = LineTable(shapes=table(*TWINS).shapes, undirected=True)
    assert street_lines(undirected, datum="wgs84").access.tolist() == [ALL, ALL, ALL]


def test_blank_oneway_column_tells_nothing() -> None:
    lines = street_lines(table(*TWINS, oneway=[None, None, None]), datum="wgs84")
    assert lines.access.tolist() == [ALL, ALL, AHEAD]


def test_a_few_duplicates_are_no_directions() -> None:
    rows = [f"LINESTRING ({i} 0, {i} 1)" for i in range(150)]
    lines = street_lines(table(*rows, "LINESTRING (3 1, 3 0)"), datum="wgs84")
    assert set(lines.access.tolist()) == {ALL, ALL}
    assert len(street_lines(table(*rows), datum="wgs84").warnings) == 0


def test_loops_and_out_and_back_lines_need_no_twin() -> None:
    loop, there_and_back = "LINESTRING (5 5, 6 5, 6 6, 5 5)", "LINESTRING (8 8, 9 9, 8 8)"
    lines = street_lines(table(*TWINS, loop, there_and_back), datum="wgs84")
    assert lines.access.tolist() == [ALL, ALL, AHEAD, ALL, ALL]


def test_twins_equal_brute_force(rng: np.random.Generator) -> None:
    runs = [tuple(rng.permutation(6)[: rng.integers(2, 5)].tolist()) for _ in range(300)]
    lines = street_lines(
        table(*("LINESTRING (" + ", ".join(f"{v} {v}" for v in run) + ")" for run in runs)),
        datum="wgs84",
    )
    expected = [ALL if run[::-1] in set(runs) else AHEAD for run in runs]
    assert lines.access.tolist() == expected


# -- where it is --------------------------------------------------------------------------------


def test_projected_lines_are_brought_to_wgs84() -> None:
    lines = street_lines(
        table("LINESTRING (500000 3542000, 500100 3542000)", crs="EPSG:4549"), datum="wgs84"
    )
    assert lines.lonlat_deg.round(2).tolist() == [[120.0, 32.0], [120.0, 32.0]]


def test_lines_in_a_vendor_datum_are_shifted_back() -> None:
    true = np.array([[120.86, 32.01], [120.87, 32.02]])
    shifted = shapely.LineString(from_wgs84(true, "gcj02"))
    lines = street_lines(LineTable(shapes=np.array([shifted], object)), datum="gcj02")
    assert np.abs(lines.lonlat_deg - true).max() < 1e-9


@pytest.mark.parametrize(
    ("text", "crs", "reason"),
    [
        ("LINESTRING (32 120, 32 121)", "", "swapped"),
        ("LINESTRING (32 120, 32 121)", "EPSG:4326", "swapped"),
        ("LINESTRING (500000 3542000, 500100 3542000)", "", "no CRS"),
        ("LINESTRING (0 0, 1 1)", "EPSG:999999", "CRS"),
        ("LINESTRING (0 0, inf 1, 2 2)", "", "none of the 1 rows"),
    ],
)
def test_lines_that_are_nowhere_are_refused(text: str, crs: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        street_lines(table(text, crs=crs), datum="wgs84")


def test_degrees_without_crs_are_wgs84() -> None:
    lines = street_lines(table("LINESTRING (120 32, 121 33)", crs=""), datum="wgs84")
    assert lines.lonlat_deg.tolist() == [[120, 32], [121, 33]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (" yes ", "yes"),
        ("", None),
        (None, None),
        (float("nan"), None),
        (True, "yes"),
        (np.False_, "no"),
        (1.0, "1"),
        (np.float64(-1), "-1"),
        (2.5, "2.5"),
        (7, "7"),
        ("['b', 'a', 'a']", ("a", "b")),
        ("['a']", "a"),
        ("[]", None),
        ("[True, False]", ("no", "yes")),
        ("[a, b]", "[a, b]"),
        ("[" * 500 + "]" * 500, "[" * 500 + "]" * 500),
        (["x", None], "x"),
        (np.array(["q", "p"]), ("p", "q")),
    ],
)
def test_cell_of_any_value_is_text(value: Any, cell: Cell) -> None:
    assert read_cell(value) == cell
