"""Coverage by area as plain documents: rows of areas, fairness, and demand beside length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.area_table import AreaTable, tabulate_coverage
from locator.counting import find_areas, find_demand
from locator.coverage import measure_depths
from locator.fairness import measure_fairness
from locator.reach import build_reach
from locator.spread import Spread, spread_by_area

if TYPE_CHECKING:
    from locator.arrays import Floats, Longs
    from locator.coverage import Coverage
    from locator.placement import Placement
    from locator.view import CityView

_DEPTHS = ("1", "2", "3+")


def area_document(
    view: CityView, cover: Coverage, placement: Placement, *, by: str = "", demand: str = ""
) -> dict[str, Any]:
    """What a coverage's answer says of areas and demand.

    Parameters
    ----------
    placement
        The stations that cover.
    by, demand
        As `CityView.counted` takes them.

    Returns
    -------
    dict
        `districts`, a row for each area by code and one for outside all (null); they add up to
        the city. With `by` also `fairness` by length and by demand, with `demand` also `demand`.
    """
    asked = ([""] if by else []) + ([demand] if demand else [])
    tables = {one: tabulate_coverage(cover, view.counted(by=by, demand=one)) for one in asked}
    document: dict[str, Any] = {"districts": []}
    if by:
        document |= _district_part(view, cover, placement, by, tables)
    if demand:
        document["demand"] = demand_facts(view, demand, tables[demand])
    return document


def _district_part(
    view: CityView, cover: Coverage, placement: Placement, by: str, tables: dict[str, AreaTable]
) -> dict[str, Any]:
    """Rows of the areas, and how evenly they are served."""
    layer = find_areas(view, by)
    names = dict(zip(layer.codes, layer.names, strict=True))
    reach = build_reach(cover.network, placement)
    spreads = {
        demand: spread_by_area(reach, view.counted(by=by, demand=demand)) for demand in tables
    }
    depths = measure_depths(cover.network, placement, cover.within_m, view.counted(by=by))
    stations = _count_stations(view, by, placement)
    rows = []
    for i, code in enumerate([*layer.codes, None]):
        row: dict[str, Any] = {"code": code, "name": names.get(code) if code is not None else None}
        row |= {f"{key}_m": value for key, value in _sums(tables[""], i).items() if key != "share"}
        row |= {"share": _share(tables[""], i)}
        row |= {"depth_m": dict(zip(_DEPTHS, depths[i].tolist(), strict=True))}
        row |= {"stations": int(stations[i])} | _ways(spreads[""][code])
        for demand in tables.keys() - {""}:
            row["demand"] = _sums(tables[demand], i) | _ways(spreads[demand][code])
        rows.append(row)
    fairness = {
        "demand" if demand else "length": measure_fairness(table, names, spreads[demand]).to_json()
        for demand, table in tables.items()
    }
    return {"districts": rows, "fairness": fairness}


def _count_stations(view: CityView, by: str, placement: Placement) -> Longs:
    """(areas + 1,) the stations that stand in each area."""
    layer = find_areas(view, by)
    area = layer.locate(view.stations.xy_m[placement.rows])
    own = np.where(area < 0, len(layer), area)
    return np.bincount(own, minlength=len(layer) + 1)


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


def demand_facts(view: CityView, asked: str, table: AreaTable) -> dict[str, Any]:
    """What is counted, by whose word, and how much of it is covered, or nowhere.

    `beyond` is on streets outside the city, `off` on streets that the mode may not use.
    """
    put = find_demand(view, asked)
    demand = put.demand
    counted = view.counted(demand=asked)
    inside = float((counted.weight * _length(counted.span_m)).sum())
    sums = table.sums.sum(axis=0)
    total = float(sums.sum())
    beyond = put.placed - inside
    return {
        "name": demand.name, "asked": asked, "unit": demand.unit, "source": demand.source,
        "date": demand.date, "total": total, "covered": float(sums[0]),
        "uncovered": float(sums[1]), "unreachable": float(sums[2]),
        "share": float(sums[0]) / total if total > 0 else None,
        "off": table.off, "unplaced": put.unplaced, "unplaced_rows": len(put.unplaced_rows),
        # What rounding leaves of the difference of two sums is nothing.
        "beyond": beyond if beyond > 1e-9 * max(put.placed, 1.0) else 0.0,
    }  # fmt: skip


def _length(span_m: Floats) -> Floats:
    return np.asarray(span_m[:, 1] - span_m[:, 0])
