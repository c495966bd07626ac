"""Tables of demand: amounts by area, H3 cell, position or class of street, from CSV or XLSX.

Which of these a table is, its headings and cells tell. A row that cannot be used is rejected with
its reason and the others are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.cells import cell_text, is_blank, parse_number
from geodata.columns import guess_columns
from geodata.datum import to_wgs84
from geodata.delimited import HEAD_BYTES, read_delimited
from geodata.districts import current_code, find_district
from geodata.positions import range_problem, read_position, shown
from geodata.sheets import read_workbook
from locator.arrays import frozen
from locator.demand import AREAS, CLASSES, GRID, HEXAGONS, POINTS, Demand
from locator.errors import InputError

if TYPE_CHECKING:
    from geodata.headings import Listing, Record

_CELL_WORDS = ("h3", "h3_id", "h3id", "hex", "hexagon", "cell", "id", "code", "index")
_AREA_WORDS = (
    "code", "adcode", "district_code", "district", "区县代码", "区划代码", "行政区划代码", "代码",
    "区划",
    "区县", "街道", "name", "名称", "id",
)  # fmt: skip
_CLASS_WORDS = ("class", "highway", "road_class", "道路等级", "道路类别", "等级")
_VALUE_WORDS = (
    "value", "amount", "weight", "count", "number", "population", "residents", "people", "per_km",
    "人数", "数量", "人口", "常住人口", "权重", "每公里",
)  # fmt: skip
_TRIED_CELLS = 20
_ZIP = b"PK\x03\x04"


@dataclass(slots=True)
class TableReport:
    """What became of the rows of a table."""

    read: int = 0
    column: str = ""
    rejected: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a table is, and which of its columns say it."""

    form: str
    key: str
    value: str
    headings: Sequence[str]


def read_demand(
    path: Path,
    *,
    facts: Mapping[str, str],
    value: str = "",
    datum: str = "",
    cell_m: float = 0.0,
    layer: str = "",
    areas: Callable[[], Mapping[str, str]] | None = None,
) -> tuple[Demand, TableReport]:
    """Read a layer of demand.

    Parameters
    ----------
    facts
        `name`, `unit`, `source` and `date` of the layer; see `locator.demand.check_facts`.
    value
        Heading of the amounts; guessed where left out. Points without amounts count 1 each.
    datum
        Datum of positions; "" for what the headings say, else WGS-84.
    cell_m
        Positions are the middles of squares of that side, not points.
    layer, areas
        Name of the layer of areas that codes belong to, and its codes with their names.

    Raises
    ------
    InputError
        It is no table of demand, or none of its rows can be used.
    """
    listing = _read_listing(path, value)
    layout = _find_layout(path.name, listing, value, cell_m)
    report = TableReport(len(listing.records), layout.value)
    report.warnings += listing.warnings
    check = _row_check(layout, areas)
    keys, amounts, places = [], [], []
    taken: set[str] = set()
    for record in listing.records:
        key, amount, place, problem = _read_row(record, layout, check)
        if not problem and key and key in taken:
            problem = f"{shown(key)} stands in an earlier row"
        if problem:
            report.rejected.append((record.number, problem))
            continue
        taken.add(key)
        keys.append(key)
        amounts.append(amount)
        places.append(place)
    if not keys:
        why = f": row {report.rejected[0][0]}: {report.rejected[0][1]}" if report.rejected else ""
        raise InputError(f"{path.name}: no row can be used{why}")
    is_place = layout.form in (GRID, POINTS)
    found_datum = datum or listing.datum_hint or guess_columns(layout.headings).datum_hint
    lonlat = to_wgs84(np.array(places if is_place else []).reshape(-1, 2), found_datum or "wgs84")
    demand = Demand(
        facts["name"], facts["unit"], facts["source"], facts["date"], layout.form, tuple(keys),
        frozen(amounts, np.float64), frozen(lonlat), layer=layer if layout.form == AREAS else "",
        cell_m=cell_m if layout.form == GRID else 0.0,
    )  # fmt: skip
    return demand, report


def _read_listing(path: Path, value: str) -> Listing:
    """The rows of a CSV or XLSX; its heading is the first line with a word that we know."""
    if not path.is_file():
        raise InputError(f"{path} is not a file: give a CSV or XLSX with amounts")
    words = {*_CELL_WORDS, *_AREA_WORDS, *_CLASS_WORDS, *_VALUE_WORDS, value} - {""}
    spellings = {form for word in words for form in (word, word.upper(), word.capitalize())}
    mapping = {str(i): word for i, word in enumerate(sorted(spellings))}
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(_ZIP):
        return read_workbook(path, mapping)
    return read_delimited(path, head, mapping)


def _find_layout(source: str, listing: Listing, value: str, cell_m: float) -> _Layout:
    headings = list(listing.headings)
    form, key = _find_form(headings, listing.records, cell_m)
    if not form:
        got = ", ".join(shown(heading) for heading in headings)
        raise InputError(
            f"{source} is no table of demand; got {got}; expected a column with codes or names of "
            "areas, H3 cells, lon and lat, or classes of street"
        )
    if value and value not in headings:
        got = ", ".join(shown(heading) for heading in headings)
        raise InputError(f"{source} has no column {value!r}; got {got}")
    candidates = [value] if value else _find_values(headings, key, listing.records)
    found = candidates[0] if len(candidates) == 1 else ""
    # a table of places without any amounts counts each place once; one with several must say
    if not found and (form != POINTS or candidates):
        got = ", ".join(shown(heading) for heading in headings)
        raise InputError(f"{source}: which column has the amounts? give --value, one of {got}")
    return _Layout(form, key, found, headings)


def _find_form(
    headings: list[str], records: Sequence[Record], cell_m: float
) -> tuple[str, str]:  # fmt: skip
    """Form of the demand, and the column of its keys."""
    for heading in _named(headings, _CELL_WORDS):
        cells = [cell_text(record.cells.get(heading)) for record in records[:_TRIED_CELLS]]
        # A slip in one cell does not make the table one of points.
        if 2 * sum(map(_is_hexagon, cells)) > len(cells):
            return HEXAGONS, heading
    if guess_columns(headings).has_position:
        return (GRID if cell_m > 0 else POINTS), ""
    for form, words in ((CLASSES, _CLASS_WORDS), (AREAS, _AREA_WORDS)):
        for heading in _named(headings, words):
            return form, heading
    return "", ""


def _find_values(headings: list[str], key: str, records: Sequence[Record]) -> list[str]:
    """Columns that may hold the amounts: the one that is called so, or all that hold numbers."""
    for heading in _named(headings, _VALUE_WORDS):
        return [heading]
    columns = guess_columns(headings)
    used = {key, *(name for names in columns.headings.values() for name in names)}
    return [
        heading
        for heading in headings
        if heading not in used and _are_numbers([record.cells.get(heading) for record in records])
    ]


def _named(headings: list[str], words: Sequence[str]) -> list[str]:
    """Headings that are one of some words, in the words' order."""
    plain = {heading.strip().casefold(): heading for heading in reversed(headings)}
    return [plain[word] for word in words if word in plain]


def _are_numbers(cells: Sequence[Any]) -> bool:
    """Whether most cells are numbers: a slip in one is a row to reject, not another column."""
    filled = [cell for cell in cells if not is_blank(cell)]
    return 2 * sum(parse_number(cell) is not None for cell in filled) > len(filled)


Check = Callable[[str], tuple[str, str]]
"""The key that a cell means, and why it is none."""


def _row_check(layout: _Layout, areas: Callable[[], Mapping[str, str]] | None) -> Check:
    if layout.form == AREAS:
        if areas is None:
            raise InputError("amounts by area need the areas first: import them")
        return _area_check(areas())
    if layout.form == HEXAGONS:
        return _HexagonCheck()
    return lambda text: (text, "" if text else "it names no class of street")


def _area_check(names: Mapping[str, str]) -> Check:
    codes = {name: code for code, name in names.items()}

    def check(text: str) -> tuple[str, str]:
        district = find_district(text) if text else None
        for code in (current_code(text), codes.get(text, ""), district.code if district else ""):
            if code in names:
                return code, ""
        return "", f"{shown(text)} is no area of the layer" if text else "it names no area"

    return check


class _HexagonCheck:
    """Takes H3 cells of one resolution: others would hold the same ground again."""

    def __init__(self) -> None:
        self.resolution: int | None = None

    def __call__(self, text: str) -> tuple[str, str]:
        import h3

        if not _is_hexagon(text):
            return "", f"{shown(text)} is no H3 cell"
        resolution = h3.get_resolution(text)
        if self.resolution is None:
            self.resolution = resolution
        if resolution != self.resolution:
            return "", f"{shown(text)} is of resolution {resolution}, not {self.resolution}"
        return text.casefold(), ""


def _is_hexagon(text: str) -> bool:
    import h3

    try:
        return bool(h3.is_valid_cell(text))
    except (ValueError, TypeError):
        return False


def _read_row(
    record: Record, layout: _Layout, check: Check
) -> tuple[str, float, tuple[float, float], str]:
    """Key, amount and position of a row, and why it cannot be used."""
    cells = {key: cell for key, cell in record.cells.items() if not is_blank(cell)}
    key, place, problem = "", (0.0, 0.0), record.problem.reason if record.problem else ""
    if not problem and layout.form in (GRID, POINTS):
        place, problem = _read_place(cells, layout.headings)
    elif not problem:
        key, problem = check(cell_text(cells.get(layout.key)))
    amount = 1.0 if not layout.value else parse_number(cells.get(layout.value, ""))
    if not problem and amount is None:
        problem = f"{shown(cells.get(layout.value, ''))} in {layout.value} is no number"
    if not problem and amount is not None and amount < 0:
        problem = f"{amount:g} in {layout.value} is less than 0"
    return key, amount or 0.0, place, problem


def _read_place(
    cells: Mapping[str, Any], headings: Sequence[str]
) -> tuple[tuple[float, float], str]:  # fmt: skip
    found = read_position(cells, guess_columns(headings))
    problem = found.problem or range_problem(found.lon_deg, found.lat_deg, "")
    return (found.lon_deg, found.lat_deg), problem.reason if problem else ""
