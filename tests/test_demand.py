"""Demand: read from tables, put on streets, counted by area; nothing is lost or counted twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from locator.area_table import tabulate_coverage
from locator.areas_on_streets import Split, split_streets
from locator.arrays import frozen
from locator.city import City, CityConfig
from locator.demand import (
    AREAS,
    CLASSES,
    GRID,
    HEXAGONS,
    POINTS,
    Demand,
    check_facts,
    open_demand,
    save_demand,
)
from locator.demand_on_streets import (
    POINT_M,
    StreetDemand,
    count_demand,
    place_points,
    spread_amounts,
    weigh_classes,
)
from locator.demand_tables import TableReport, read_demand
from locator.errors import DataError, InputError, NotFoundError, SchemaError
from locator.snapping import Snapped
from tests.block_city import make_block_city
from tests.grids import lonlat, write_area
from tests.oracles import random_town
from tests.test_areas_on_streets import random_areas, square
from tests.towns import cross, make_streets

if TYPE_CHECKING:
    from locator.counted import Counted

FACTS: dict[str, Any] = {"name": "d", "unit": "people", "source": "a list", "date": "2020-11-01"}
AREA_NAMES = {"320613": "崇川区", "320614": "海门区", "A": "中心"}


def demand(form: str, rows: dict[str, float], **facts: Any) -> Demand:
    lonlat_deg = frozen(facts.pop("lonlat_deg", np.zeros((0, 2))))
    amount = frozen(list(rows.values()), np.float64)
    return Demand(
        **FACTS, form=form, keys=tuple(rows), amount=amount, lonlat_deg=lonlat_deg, **facts
    )


def read(folder: Path, text: str, **options: Any) -> tuple[Demand, TableReport]:
    file = folder / "table.csv"
    file.write_text(text, encoding="utf-8")
    return read_demand(
        file, facts=FACTS, layer="district", areas=lambda: AREA_NAMES, **options
    )  # fmt: skip


def points_at(
    rows: list[tuple[int, float]], amount: list[float], streets: Any
) -> StreetDemand:  # fmt: skip
    street = frozen([row[0] for row in rows], np.int32)
    at = frozen([row[1] for row in rows], np.float64)
    made = Demand(**FACTS, form=POINTS, keys=("",) * len(rows), amount=frozen(amount, np.float64),
                  lonlat_deg=np.zeros((len(rows), 2)))  # fmt: skip
    return place_points(made, Snapped(street, at, frozen(np.zeros(len(rows)))), streets)


def amount_of(counted: Counted) -> np.ndarray:
    return counted.weight * (counted.span_m[:, 1] - counted.span_m[:, 0])


# -- tables ----------------------------------------------------------------------------------


def test_codes_old_codes_and_names_mean_areas(tmp_path: Path) -> None:
    made, report = read(
        tmp_path, "区划代码,常住人口\n320602,10\n海门,20\n中心,5\n110101,3\n,4\nA,9\n"
    )
    assert (made.form, made.layer, report.column) == (AREAS, "district", "常住人口")
    assert dict(zip(made.keys, made.amount.tolist(), strict=True)) == {
        "320613": 10.0, "320614": 20.0, "A": 5.0,
    }  # fmt: skip
    assert report.read == 6
    assert [row for row, _ in report.rejected] == [5, 6, 7]
    reasons = [reason for _, reason in report.rejected]
    assert "no area of the layer" in reasons[0]
    assert "names no area" in reasons[1]
    assert "earlier row" in reasons[2]


def test_hexagons_are_told_by_their_cells(tmp_path: Path) -> None:
    import h3

    cells = [h3.latlng_to_cell(32.0, 120.8 + i / 100, 9) for i in range(3)]
    coarse = h3.latlng_to_cell(32.0, 121.5, 8)
    rows = "".join(f"{cell},120.8,32.0,{i},0\n" for i, cell in enumerate([*cells, coarse, "x"]))
    made, report = read(tmp_path, "id,lon,lat,population,jobs\n" + rows)
    assert (made.form, made.keys, report.column) == (HEXAGONS, tuple(cells), "population")
    assert [reason.split(" is ")[1] for _, reason in report.rejected] == [
        "of resolution 8, not 9", "no H3 cell",
    ]  # fmt: skip
    assert read(tmp_path, "id,lon,lat,population,jobs\n" + rows, value="jobs")[0].total == 0.0


def test_positions_are_points_or_middles_of_cells(tmp_path: Path) -> None:
    text = "名称,经度,纬度,人数\n甲,120.8,32.0,4\n乙,120.9,32.1,-1\n丙,,,2\n丁,120.9,132,1\n"
    made, report = read(tmp_path, text)
    assert (made.form, made.total) == (POINTS, 4.0)
    assert len(report.rejected) == 3
    assert "less than 0" in report.rejected[0][1]
    grid, _ = read(tmp_path, text, cell_m=1000.0)
    assert (grid.form, grid.cell_m) == (GRID, 1000.0)


def test_points_without_amounts_count_one_each(tmp_path: Path) -> None:
    made, report = read(tmp_path, "id,lat,lon\nmarket,-30.0,-51.2\nstation,-30.1,-51.3\n")
    assert (made.form, made.total, report.column) == (POINTS, 2.0, "")


def test_points_with_a_slip_lose_that_row_alone_and_two_columns_are_asked_about(
    tmp_path: Path,
) -> None:
    one = "lat,lon,seats\n-30.0,-51.2,4OO\n-30.1,-51.3,500\n-30.2,-51.3,60\n"
    made, report = read(tmp_path, one)
    assert (made.form, made.total, report.column) == (POINTS, 560.0, "seats")
    assert len(report.rejected) == 1
    two = "lat,lon,aa,bb\n-30.0,-51.2,4OO,7\n-30.1,-51.3,500,8\n-30.2,-51.3,60,9\n"
    with pytest.raises(InputError, match="give --value"):
        read(tmp_path, two)
    assert read(tmp_path, two, value="bb")[0].total == 24.0


def test_positions_come_home_from_their_datum(tmp_path: Path) -> None:
    from geodata.datum import from_wgs84

    lon, lat = from_wgs84([[120.8, 32.0]], "gcj02")[0].tolist()
    told, _ = read(tmp_path, f"lon,lat,n\n{lon!r},{lat!r},1\n", datum="gcj02")
    hinted, _ = read(tmp_path, f"经度(GCJ02),纬度(GCJ02),n\n{lon!r},{lat!r},1\n")
    for made in (told, hinted):
        np.testing.assert_allclose(made.lonlat_deg, [[120.8, 32.0]], atol=1e-7)


def test_classes_of_street_and_the_only_column_of_numbers(tmp_path: Path) -> None:
    made, report = read(tmp_path, "highway,每天几人,备注\nprimary,12.5,a\nresidential,2,b\n")
    assert (made.form, made.keys) == (CLASSES, ("primary", "residential"))
    assert report.column == "每天几人"
    assert np.isnan(made.total)


def test_gb18030_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("代码,人数\n320613,7\n".encode("gb18030"))
    made, _ = read_demand(file, facts=FACTS, layer="district", areas=lambda: AREA_NAMES)
    assert made.total == 7.0


def test_workbook_is_read(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["代码", "人数"], ["320613", 7], ["320684", 8]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    made, _ = read_demand(
        tmp_path / "a.xlsx", facts=FACTS, layer="district", areas=lambda: AREA_NAMES
    )
    assert made.total == 15.0


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("颜色,形状\n红,圆\n", {}, "expected"),
        ("code,a,b\nA,1,2\n", {}, "give --value, one of code, a, b"),
        ("code,a,b\nA,1,2\n", {"value": "c"}, "has no column 'c'"),
        ("code,人数\nA,many\n", {}, "no row can be used: row 2: many in 人数 is no number"),
        ("code,人数\n", {}, "no row can be used"),
    ],
)
def test_tables_that_cannot_be_used_say_why(
    text: str, options: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text, **options)


def test_missing_file_and_missing_areas_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a file"):
        read_demand(tmp_path / "no.csv", facts=FACTS)
    file = tmp_path / "a.csv"
    file.write_text("code,人数\nA,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="need the areas first"):
        read_demand(file, facts=FACTS)


# -- the layer ---------------------------------------------------------------------------------


def test_layer_must_say_what_who_and_when() -> None:
    with pytest.raises(SchemaError) as caught:
        check_facts(name="", unit=" ", source="", day="yesterday")
    assert len(caught.value.problems) == 4
    assert all("--" in problem for problem in caught.value.problems)
    for day in ("2020", "2020-11", "2020-11-01"):
        check_facts(name="a", unit="b", source="c", day=day)
    for day in ("2020-13", "2020-02-30", "20", "2020/11/01"):
        with pytest.raises(SchemaError, match="date"):
            check_facts(name="a", unit="b", source="c", day=day)
    with pytest.raises(InputError, match="no name of a layer"):
        check_facts(name="../a", unit="b", source="c", day="2020")


def test_layer_is_saved_scaled_and_never_added(tmp_path: Path) -> None:
    city = City.create(tmp_path / "c", CityConfig(name="A"))
    made = demand(AREAS, {"A": 10.0, "B": 4.0}, layer="district")
    save_demand(city.workspace, made)
    again = open_demand(city.workspace, "d")
    assert again.to_json() == made.to_json()
    assert again.hash == made.hash == open_demand(city.workspace, "d*3").hash
    assert open_demand(city.workspace, "d*0.5").total == 7.0
    assert open_demand(city.workspace, "d × 2").total == 28.0
    with pytest.raises(InputError, match="not added up"):
        open_demand(city.workspace, "d+e")
    with pytest.raises(NotFoundError, match="it has d: import"):
        open_demand(city.workspace, "e")
    with pytest.raises(InputError):
        made.scaled(-1.0)
    path = city.workspace.demand_folder / "d.json"
    for text in ("{", "{}", path.read_text("utf-8").replace('"version": 1', '"version": 0')):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="damaged"):
            open_demand(city.workspace, "d")


# -- on streets --------------------------------------------------------------------------------


def whole_city(streets: Any) -> Split:
    return split_streets(streets, [])


def test_amount_of_an_area_is_shared_by_length_of_walkable_streets() -> None:
    streets = make_streets(cross())
    split = split_streets(streets, [square(-200, -200, 40, 200), square(300, 300, 400, 400)])
    made = demand(AREAS, {"0": 68.0, "1": 5.0, "2": 1.0})
    walkable = np.array([True, True, True, False])
    put = spread_amounts(made, split, walkable, np.array([0, 1]))
    assert put.weight.tolist() == pytest.approx([68 / 240] * 3)
    assert put.unplaced == 6.0  # no street in the second, and the third is no area here
    assert put.unplaced_rows.tolist() == [1, 2]
    assert put.placed == pytest.approx(68.0)
    counted = count_demand(whole_city(streets), (), put)
    assert counted.unit == "people"
    assert amount_of(counted).tolist() == pytest.approx(
        [40 * 68 / 240, 100 * 68 / 240, 100 * 68 / 240]
    )


def test_classes_weigh_by_the_kilometre() -> None:
    from dataclasses import replace

    streets = replace(
        make_streets(cross()), classes=("", "primary"), class_code=np.array([1, 1, 0, 0], np.int16)
    )
    put = weigh_classes(demand(CLASSES, {"primary": 30.0, "track": 9.0}), streets)
    assert put.placed == pytest.approx(6.0)
    assert put.unplaced == 0.0
    assert put.unplaced_rows.tolist() == [1]


def test_points_stand_at_their_place_and_close_ones_are_one() -> None:
    streets = make_streets(cross())
    rows = [(1, 50.0), (0, 0.0), (0, 100.0), (0, 30.0), (0, 30.0005), (-1, np.nan)]
    put = points_at(rows, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], streets)
    assert put.street.tolist() == [0, 0, 0, 1]
    assert put.at_m.tolist() == [0.0, 30.0, 100.0, 50.0]
    amount = put.weight * (put.high_m - put.low_m)
    assert amount.tolist() == pytest.approx([2.0, 24.0, 4.0, 1.0])
    assert (put.high_m - put.low_m <= POINT_M + 1e-12).all()
    assert (put.unplaced, put.unplaced_rows.tolist()) == (32.0, [5])


def test_point_on_a_border_belongs_to_the_lower_area_and_beyond_the_city_to_none() -> None:
    spans = [[(0.0, 60.0)], [(0.0, 100.0)], [], [(0.0, 100.0)]]
    streets = make_streets(cross(), spans)
    areas = [square(40, -200, 200, 200), square(-200, -200, 40, 200)]
    put = points_at(
        [(0, 40.0), (0, 39.9998), (0, 60.0), (0, 61.0), (2, 5.0)], [1, 2, 4, 8, 16], streets
    )
    counted = count_demand(split_streets(streets, areas), ("a", "b"), put)
    # Two points within a millimetre are one, at the first one's place.
    assert counted.at_m is not None
    assert counted.at_m.tolist() == [39.9998, 60.0]
    assert counted.area.tolist() == [1, 0]
    assert amount_of(counted).tolist() == pytest.approx([3.0, 4.0])
    exact = points_at([(0, 40.0)], [1], streets)
    assert count_demand(split_streets(streets, areas), ("a", "b"), exact).area.tolist() == [0]
    swapped = count_demand(split_streets(streets, areas[::-1]), ("a", "b"), exact)
    assert swapped.area.tolist() == [0]


@given(st.integers(0, 10_000))
def test_demand_by_area_adds_up_to_what_was_placed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = make_streets(random_town(rng))
    areas, cells = random_areas(rng, 3), random_areas(rng, 4)
    rows = {str(i): float(rng.uniform(0, 9)) for i in range(len(cells))}
    made = demand(AREAS, rows)
    walkable = rng.random(len(streets)) < 0.8
    put = spread_amounts(made, split_streets(streets, cells), walkable, np.arange(len(cells)))
    counted = count_demand(split_streets(streets, areas), tuple("abc"[: len(areas)]), put)
    assert put.placed + put.unplaced == pytest.approx(made.total, rel=1e-9)
    assert amount_of(counted).sum() == pytest.approx(put.placed, rel=1e-9)
    spots = [(int(e), float(rng.uniform(0, streets.length_m[e]))) for e in
             np.flatnonzero(streets.length_m > 0.01)[:20]]  # fmt: skip
    amounts = rng.uniform(0, 5, len(spots)).tolist()
    points = points_at(spots, amounts, streets)
    by_area = count_demand(split_streets(streets, areas), tuple("abc"[: len(areas)]), points)
    assert amount_of(by_area).sum() == pytest.approx(sum(amounts), rel=1e-9)


@given(st.integers(0, 10_000))
def test_order_of_the_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = make_streets(random_town(rng))
    spots = [(int(e), float(rng.uniform(0, streets.length_m[e]))) for e in
             np.flatnonzero(streets.length_m > 1)[:20]]  # fmt: skip
    amounts = rng.uniform(0, 5, len(spots)).tolist()
    order = rng.permutation(len(spots)).tolist()
    one = points_at(spots, amounts, streets)
    other = points_at([spots[i] for i in order], [amounts[i] for i in order], streets)
    np.testing.assert_array_equal(one.at_m, other.at_m)
    np.testing.assert_allclose(one.weight, other.weight)


# -- in a city ---------------------------------------------------------------------------------


def test_city_counts_people_beside_metres(tmp_path: Path) -> None:
    city = make_block_city(tmp_path / "c", [(100.0, 100.0)])
    write_area(tmp_path / "c" / "districts.geojson", (-50.0, -50.0, 250.0, 650.0))
    at = np.array([lonlat(100.0, 130.0), lonlat(500.0, 500.0), lonlat(9000.0, 0.0)])
    made = demand(POINTS, {"a": 30.0, "b": 10.0, "c": 2.0}, lonlat_deg=at)
    save_demand(city.workspace, made)
    view = city.current()
    cover = view.coverage(within_m=100)
    table = tabulate_coverage(cover, view.counted(by="district", demand="d"))
    assert table.codes == ("1",)
    assert table.sums.tolist() == [pytest.approx([30.0, 0.0, 0.0]), pytest.approx([0.0, 10.0, 0.0])]
    half = tabulate_coverage(cover, view.counted(demand="d*0.5"))
    assert half.sums.sum() == pytest.approx(20.0)
    length = tabulate_coverage(cover, view.counted(by="district"))
    assert length.total.sum() == pytest.approx(cover.total_m, rel=1e-9)
    assert view.counted(demand="d").unit == "people"


def test_grid_cells_share_among_their_own_streets(tmp_path: Path) -> None:
    city = make_block_city(tmp_path / "c", [])
    at = np.array([lonlat(50.0, 50.0), lonlat(350.0, 50.0)])
    save_demand(city.workspace, demand(GRID, {"a": 400.0, "b": 40.0}, lonlat_deg=at, cell_m=100.0))
    counted = city.current().counted(demand="d")
    assert amount_of(counted).sum() == pytest.approx(440.0)
    assert len(np.unique(np.round(counted.weight, 6))) == 2


def test_changed_layer_is_read_anew_and_lost_areas_are_told(tmp_path: Path) -> None:
    city = make_block_city(tmp_path / "c", [(100.0, 100.0)])
    write_area(tmp_path / "c" / "districts.geojson", (-50.0, -50.0, 250.0, 650.0))
    view = city.current()
    assert view.counted(by="district").areas == ("1",)
    save_demand(city.workspace, demand(AREAS, {"1": 5.0}, layer="district"))
    assert amount_of(view.counted(demand="d")).sum() == pytest.approx(5.0)
    save_demand(city.workspace, demand(AREAS, {"9": 5.0}, layer="district"))
    with pytest.raises(DataError, match="import the demand again"):
        view.counted(demand="d")
    with pytest.raises(NotFoundError, match="it has district"):
        view.counted(by="wards")


def test_cell_shapes_are_the_ground_of_their_cells() -> None:
    import h3

    from geodata.projection import Projection
    from locator.demand_on_streets import cell_shapes

    cell = h3.latlng_to_cell(32.0, 120.8, 9)
    (shape,) = cell_shapes(demand(HEXAGONS, {cell: 1.0}), Projection("EPSG:4549"))
    assert shape.area == pytest.approx(h3.cell_area(cell, "m^2"), rel=0.01)
    assert isinstance(shape, shapely.Polygon)
