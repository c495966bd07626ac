"""The strip along the boundary in which an answer may be wrong for want of streets beyond it.

Streets are kept up to some distance beyond the boundary. A place that is a distance e inside it can
be served by nothing unknown within a limit up to e and that distance; so only where the limit is
longer, and only in the strip of what is missing, may a station or a way beyond be unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.areas import read_areas, unite
from locator.area_table import tabulate_coverage
from locator.areas_on_streets import split_streets
from locator.arrays import frozen
from locator.counted import Counted
from locator.spans import checked_area

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.version import CityVersion


def straight_limit_m(cover: Coverage) -> float:
    """Metres beyond which no way within the limit can lead, however straight."""
    stretch = cover.network.stretch
    used = cover.network.travel != 0
    least = 1.0 if stretch is None or not used.any() else float(stretch[used].min())
    return cover.within_m / least


def measure_border(view: CityVersion, cover: Coverage) -> float:
    """Metres of street that are not covered but might be by what lies beyond the streets kept.

    0 where the limit is not longer than the streets reach beyond the boundary, or there is none.
    """
    width = straight_limit_m(cover) - view.buffer_m
    if not view.has_boundary or width <= 0:
        return 0.0
    area = unite(read_areas(view.workspace.boundary_path))
    area = checked_area(shapely.transform(area, view.store.projection.to_xy))
    inner = shapely.buffer(area, -width)
    shapes = [] if inner.is_empty else [inner]
    split = split_streets(view.streets, shapes)
    codes = ("inner",) if shapes else ()
    ones = frozen(np.ones(len(split.area)))
    table = tabulate_coverage(cover, Counted(split.first, split.span_m, split.area, ones, codes))
    return float(table.uncovered[-1] + table.unreachable[-1])
