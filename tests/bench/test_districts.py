"""The district split against cutting every street with every district in shapely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from locator.areas_on_streets import split_streets
from tests.oracles import Town
from tests.towns import make_streets

if TYPE_CHECKING:
    from locator.streets import Streets

Figures = dict[str, Mapping[str, Any]]
SIDE = round(50_000**0.5)
WIDE_M = SIDE * 100.0


@pytest.fixture(scope="module")
def streets() -> Streets:
    """A jittered grid of 100,000 streets."""
    rng = np.random.default_rng(0)
    corner = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), -1).reshape(-1, 2)
    nodes = corner * 100.0 + rng.uniform(-30, 30, corner.shape)
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    ends = np.vstack(
        (
            np.column_stack((at[:, :-1].ravel(), at[:, 1:].ravel())),
            np.column_stack((at[:-1].ravel(), at[1:].ravel())),
        )
    )
    return make_streets(Town(nodes, ends.tolist(), list(nodes[ends]), [3] * len(ends)))


def crooked_districts(count: int, vertices: int) -> list[Any]:
    """Districts that fill the ground, their borders as fine as those of a published file."""
    rng = np.random.default_rng(1)
    spots = shapely.MultiPoint(rng.uniform(0, WIDE_M, (count, 2)))
    ground = shapely.box(-100, -100, WIDE_M, WIDE_M)
    cells = shapely.get_parts(shapely.voronoi_polygons(spots, extend_to=ground))
    return list(shapely.segmentize(cells, 4 * WIDE_M / vertices))


def cut_all(streets: Streets, districts: list[Any]) -> list[float]:
    """Metres of each district by one intersection of every street with every district."""
    owner = np.repeat(np.arange(len(streets)), np.diff(streets.first))
    lines = shapely.linestrings(streets.xy_m, indices=owner)
    shapely.prepare(districts)
    return [float(shapely.length(shapely.intersection(lines, one)).sum()) for one in districts]


def vertices_of(districts: list[Any]) -> int:
    return int(shapely.get_num_coordinates(districts).sum())


@pytest.mark.parametrize(("count", "vertices"), [(7, 2000), (100, 500)])
def test_split_is_faster_than_cutting_everything(
    count: int, vertices: int, streets: Streets, interleaved: Any, figures: Figures
) -> None:
    districts = crooked_districts(count, vertices)
    split = split_streets(streets, districts)
    metres = np.bincount(split.area + 1, weights=split.length_m, minlength=count + 1)[1:]
    few = districts[:3]
    np.testing.assert_allclose(metres[:3], cut_all(streets, few), rtol=1e-9)
    seconds = interleaved(
        {
            "split": lambda: split_streets(streets, districts),
            "three districts": lambda: cut_all(streets, few),
        },
        rounds=1,
    )
    # The rival is timed on three of the districts and needs as long for each of the others.
    rival = seconds["three districts"] / 3 * count
    ratio = rival / seconds["split"]
    figures[f"split of {len(streets):,} streets by {count} districts"] = {
        "seconds": seconds["split"], "shapely": rival, "ratio": ratio,
        "parts": len(split.area), "border vertices": vertices_of(districts),
    }  # fmt: skip
    assert ratio >= 10.0
