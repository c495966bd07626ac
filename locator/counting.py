"""What counts in a city version: its streets by area, weighted by demand.

Splits are computed once for the same streets and areas and kept beside the streets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.area_layers import AreaLayer, open_layer
from locator.areas_on_streets import Split, keep_split, split_streets
from locator.arrays import Longs, frozen
from locator.counted import OUTSIDE, Counted, count_length
from locator.demand import AREAS, CLASSES, POINTS, Demand, open_demand, split_factor
from locator.demand_on_streets import (
    StreetDemand,
    count_demand,
    place_points,
    split_cells,
    spread_amounts,
    weigh_classes,
)
from locator.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from locator.version_like import VersionLike

_SPLITS = "splits"


def count_view(view: VersionLike, *, by: str = "", demand: str = "") -> Counted:
    """The parts of streets that count, by the areas of a layer, weighted by a demand.

    Parameters
    ----------
    by
        "district", or the name of another layer of areas; "" splits nothing.
    demand
        Name of a layer of demand, or "NAME*0.5"; "" counts metres.

    Raises
    ------
    NotFoundError
        There is no such layer.
    InputError
        Several demands were asked for: they are never added up.
    """
    if not by and not demand:
        return count_length(view.streets)
    layer = find_areas(view, by) if by else None
    codes = layer.codes if layer else ()
    split = split_by(view, by)
    if not demand:
        ones = frozen(np.ones(len(split.area)))
        return Counted(split.first, split.span_m, split.area, ones, codes)
    return count_demand(split, codes, find_demand(view, demand))


def find_areas(view: VersionLike, by: str) -> AreaLayer:
    """A layer of areas in the city's CRS; the same object until its file changes."""
    mark = _mark(view.workspace.area_path(by))
    layer: AreaLayer = view.kept(
        ("areas", by, mark), lambda: open_layer(view.workspace, by, view.store.projection)
    )
    return layer


def split_by(view: VersionLike, by: str) -> Split:
    """The streets in the city, split by the areas of a layer; by none where it is ""."""
    streets = view.streets
    if not by:
        return split_streets(streets, [])
    layer = find_areas(view, by)
    split: Split = view.kept(
        ("split", layer.hash),
        lambda: keep_split(
            view.store.folder / _SPLITS,
            streets,
            layer.hash,
            lambda: split_streets(streets, layer.shapes),
        ),
    )
    return split


def find_demand(view: VersionLike, asked: str) -> StreetDemand:
    """A layer of demand on the streets; the same object until its file changes."""
    demand = open_demand(view.workspace, asked)
    name, factor = split_factor(asked)
    mark = _mark(view.workspace.demand_folder / f"{name}.json")
    areas = _mark(view.workspace.area_path(demand.layer)) if demand.form == AREAS else None
    put: StreetDemand = view.kept(
        ("demand", name, factor, mark, areas), lambda: put_on_streets(view, demand)
    )
    return put


def put_on_streets(view: VersionLike, demand: Demand) -> StreetDemand:
    """Put a demand on the streets on which people may walk."""
    if demand.form == CLASSES:
        return weigh_classes(demand, view.streets)
    walk = view.network("walk")
    if demand.form == POINTS:
        places = view.store.projection.to_xy(demand.lonlat_deg)
        return place_points(demand, walk.snap(places, view.config.person_snap_m), view.streets)
    walkable = walk.travel != 0
    if demand.form == AREAS:
        rows = _rows_of(demand, find_areas(view, demand.layer).codes)
        return spread_amounts(demand, split_by(view, demand.layer), walkable, rows)
    projection = view.store.projection
    split = keep_split(
        view.store.folder / _SPLITS,
        view.streets,
        demand.hash,
        lambda: split_cells(demand, view.streets, projection),
    )
    return spread_amounts(demand, split, walkable, np.arange(len(demand)))


def _rows_of(demand: Demand, codes: tuple[str, ...]) -> Longs:
    """Row of the demand for each code of a layer; -1 for those it does not name.

    Raises
    ------
    DataError
        The demand names an area that the layer lost since.
    """
    row = {key: i for i, key in enumerate(demand.keys)}
    lost = sorted(set(row) - set(codes))
    if lost:
        raise DataError(
            f"demand {demand.name!r} names areas that are gone from layer {demand.layer!r} "
            f"({', '.join(lost[:5])}): import the demand again"
        )
    return np.array([row.get(code, OUTSIDE) for code in codes], np.int64)


def _mark(path: Path) -> tuple[int, int] | None:
    """Changes with the file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
