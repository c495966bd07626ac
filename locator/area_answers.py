"""Coverage by area as plain documents: rows of areas, fairness, and demand beside length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.area_table import AreaTable, tabulate_coverage
from locator.counting import find_areas, find_demand
from locator.coverage import measure_depths
from locator.demand import split_factor
from locator.errors import NotFoundError
from locator.fairness import measure_fairness
from locator.pieces import locate_on_streets
from locator.reach import build_reach
from locator.spread import Spread, spread_by_area
from locator.workspace import DISTRICTS

if TYPE_CHECKING:
    from locator.arrays import Floats, Longs
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.placement import Placement
    from locator.reach import Reach
    from locator.view import CityView

_DEPTHS = ("1", "2", "3+")


def area_document(
    view: CityView,
    cover: Coverage,
    placement: Placement,
    *,
    by: str = "",
    demand: str = "",
    high: Coverage | None = None,
) -> dict[str, Any]:
    """What a coverage's answer says of areas and demand.

    Parameters
    ----------
    placement
        The stations that cover.
    by, demand
        As `CityView.counted` takes them.
    high
        The other end, where the answer is a range: by all stations that may be open.

    Returns
    -------
    dict
        `districts`, a row for each area by code and one for outside all (null); they add up to
        the city. With `by` also `fairness` by length and by demand, with `demand` also `demand`.
        With `high`, rows, demand and fairness hold the other end under that name.
    """
    asked = ([""] if by else []) + ([demand] if demand else [])
    counts = {one: view.counted(by=by, demand=one) for one in asked}
    tables = {one: tabulate_coverage(cover, counted) for one, counted in counts.items()}
    highs = {} if high is None else {
        one: tabulate_coverage(high, counted) for one, counted in counts.items()
    }  # fmt: skip
    document: dict[str, Any] = {"districts": []}
    if by:
        document |= _district_part(view, cover, placement, by, tables, highs)
    if demand:
        document["demand"] = demand_facts(view, demand, tables[demand])
        if highs:
            document["demand"]["high"] = _whole(highs[demand])
    return document


def _district_part(
    view: CityView,
    cover: Coverage,
    placement: Placement,
    by: str,
    tables: dict[str, AreaTable],
    highs: dict[str, AreaTable],
) -> dict[str, Any]:
    """Rows of the areas, and how evenly they are served."""
    layer = find_areas(view, by)
    names = area_names(view, by)
    reach = build_reach(cover.network, placement)
    length = view.counted(by=by)
    spreads = {
        demand: spread_by_area(reach, view.counted(by=by, demand=demand)) for demand in tables
    }
    depths = measure_depths(cover.network, placement, cover.within_m, length)
    stations = _count_stations(view, by, placement)
    worst = _worst_places(view, reach, length)
    rows = []
    for i, code in enumerate([*layer.codes, None]):
        row: dict[str, Any] = {"code": code, "name": names.get(code) if code is not None else None}
        row |= _in_metres(tables[""], i)
        row |= {"depth_m": dict(zip(_DEPTHS, depths[i].tolist(), strict=True))}
        row |= {"stations": int(stations[i])} | _ways(spreads[""][code])
        row |= {"worst": worst.get(i)}
        row |= {"high": _in_metres(highs[""], i)} if highs else {}
        for demand in tables.keys() - {""}:
            row["demand"] = _sums(tables[demand], i) | _ways(spreads[demand][code])
            row["demand"] |= {"high": _sums(highs[demand], i)} if highs else {}
        rows.append(row)
    fairness = {
        "demand" if demand else "length": measure_fairness(table, names, spreads[demand]).to_json()
        for demand, table in tables.items()
    }
    for demand, table in highs.items():
        fairness["demand" if demand else "length"]["high"] = measure_fairness(
            table, names
        ).to_json()
    return {"districts": rows, "fairness": fairness}


def _worst_places(view: CityView, reach: Reach, counted: Counted) -> dict[int, dict[str, Any]]:
    """The farthest point of each area by its row, outside last; areas without one are left out."""
    found = reach.worst_points(counted)
    if not len(found):
        return {}
    streets = view.streets
    lonlat = view.to_lonlat(locate_on_streets(streets, found.street, found.offset_m)).reshape(-1, 2)
    areas = len(counted.areas)
    table = zip(
        found.area.tolist(), lonlat.tolist(), found.cost.tolist(),
        streets.name_code[found.street].tolist(), strict=True,
    )  # fmt: skip
    return {
        areas if area < 0 else area: {
            "lon": lon, "lat": lat, "distance_m": cost, "street": streets.names[name],
        }
        for area, (lon, lat), cost, name in table
    }  # fmt: skip


def _count_stations(view: CityView, by: str, placement: Placement) -> Longs:
    """(areas + 1,) the stations that stand in each area."""
    layer = find_areas(view, by)
    area = layer.locate(view.stations.xy_m[placement.rows])
    own = np.where(area < 0, len(layer), area)
    return np.bincount(own, minlength=len(layer) + 1)


def _in_metres(table: AreaTable, row: int) -> dict[str, Any]:
    """The sums of an area with the unit in their names."""
    sums = _sums(table, row)
    return {key if key == "share" else f"{key}_m": value for key, value in sums.items()}


def _whole(table: AreaTable) -> dict[str, Any]:
    """Covered sum and share of all areas together."""
    total, covered = float(table.total.sum()), float(table.covered.sum())
    return {"covered": covered, "share": covered / total if total > 0 else None}


def _sums(table: AreaTable, row: int) -> dict[str, Any]:
    return {
        "total": float(table.total[row]),
        "covered": float(table.covered[row]),
        "uncovered": float(table.uncovered[row]),
        "unreachable": float(table.unreachable[row]),
        "share": _share(table, row),
    }


def _share(table: AreaTable, row: int) -> float | None:
    """None where there is nothing to be covered."""
    share = float(table.share[row])
    return None if math.isnan(share) else share


def _ways(spread: Spread) -> dict[str, float | None]:
    """Ways to the nearest station, in the network's cost; None where nothing reaches one."""
    return {
        "mean": spread.mean, "median": spread.median, "p90": spread.p90, "farthest": spread.most,
        "gini": spread.gini,
    }  # fmt: skip


def area_names(view: CityView, by: str) -> dict[str, str]:
    """Name by code of the areas of a layer."""
    layer = find_areas(view, by)
    return dict(zip(layer.codes, layer.names, strict=True))


def districts_at(view: CityView, xy_m: Floats) -> list[tuple[str, str] | None]:
    """Code and name of the district of each place; None outside all, and where none is known."""
    try:
        layer = find_areas(view, DISTRICTS)
    except NotFoundError:
        return [None] * len(xy_m)
    return [
        None if row < 0 else (layer.codes[row], layer.names[row])
        for row in layer.locate(xy_m).tolist()
    ]


def describe_demand(view: CityView, asked: str) -> dict[str, Any]:
    """What is counted and times which factor, in which unit, by whose word, as of when."""
    demand = find_demand(view, asked).demand
    return {
        "name": demand.name, "asked": asked, "factor": split_factor(asked)[1],
        "unit": demand.unit, "source": demand.source, "date": demand.date,
    }  # fmt: skip


def demand_facts(view: CityView, asked: str, table: AreaTable) -> dict[str, Any]:
    """What is counted, by whose word, and how much of it is covered, or nowhere.

    `beyond` is on streets outside the city, `off` on streets that the mode may not use.
    """
    put = find_demand(view, asked)
    counted = view.counted(demand=asked)
    inside = float((counted.weight * _length(counted.span_m)).sum())
    sums = table.sums.sum(axis=0)
    total = float(sums.sum())
    beyond = put.placed - inside
    return {
        **describe_demand(view, asked), "total": total, "covered": float(sums[0]),
        "uncovered": float(sums[1]), "unreachable": float(sums[2]),
        "share": float(sums[0]) / total if total > 0 else None,
        "off": table.off, "unplaced": put.unplaced, "unplaced_rows": len(put.unplaced_rows),
        # What rounding leaves of the difference of two sums is nothing.
        "beyond": beyond if beyond > 1e-9 * max(put.placed, 1.0) else 0.0,
    }  # fmt: skip


def _length(span_m: Floats) -> Floats:
    return np.asarray(span_m[:, 1] - span_m[:, 0])
