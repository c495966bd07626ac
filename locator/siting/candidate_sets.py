"""Candidates of several makers as one set, and the points on streets with the best of each.

points = plan_points(view.coverage(within_m=1000), view.counted(), spacing_m=100)
both = join_candidates([points, read_partners(view, "banks.csv").candidates])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import frozen
from locator.siting.candidate_edges import EdgePoints, find_edge_points
from locator.siting.candidates import NO_COSTS, Candidates, LeftOut, street_points

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.coverage import Coverage

STREET = "street"
"""Source of a candidate that is a point on a street and nobody's room."""


def plan_points(
    cover: Coverage, counted: Counted, *, spacing_m: float, most_streets: int = 300
) -> tuple[Candidates, EdgePoints]:
    """Points on the streets every so many metres, and the best point of promising streets.

    Returns
    -------
    Candidates
        Ascending by street and offset, each place once.
    EdgePoints
        What is proved of all other points: none gains more than `most` alone.
    """
    points = street_points(cover.network, spacing_m=spacing_m)
    best = find_edge_points(cover, counted, most_streets=most_streets)
    street = np.concatenate((points.street, best.street))
    offset = np.concatenate((points.offset_m, best.offset_m))
    order = np.lexsort((offset, street))
    street, offset = street[order], offset[order]
    fresh = np.ones(len(street), bool)
    fresh[1:] = (np.diff(street) != 0) | (np.diff(offset) != 0)
    return Candidates(frozen(street[fresh], np.int32), frozen(offset[fresh])), best


def join_candidates(parts: Sequence[Candidates], *, cost: float | None = None) -> Candidates:
    """Several sets as one, ascending by street, offset and code.

    Codes that two sets share: the earlier set's counts, the other is listed as left out. Names,
    sources and hours are blank where a set has none.

    Parameters
    ----------
    cost
        Of the candidates of sets without costs, where others have them; None: these are left out,
        since what has no price cannot be weighed against what has one.
    """
    rows: list[tuple[int, float, str, str, str, str, float]] = []
    left = [lost for part in parts for lost in part.left_out]
    priced, known = any(len(part.cost) for part in parts), set[str]()
    for part in parts:
        for row in range(len(part)):
            label = part.label(row)
            own = float(part.cost[row]) if len(part.cost) else cost
            if label in known:
                left.append(LeftOut(label, "another list has that code"))
            elif priced and own is None:
                left.append(LeftOut(label, "no cost is told"))
            else:
                known.add(label)
                texts = (_at(part.name, row), _at(part.source, row), _at(part.hours, row))
                rows.append((
                    int(part.street[row]), float(part.offset_m[row]), label, *texts,
                    1.0 if own is None else own,
                ))  # fmt: skip
    rows.sort()
    street, offset, code, name, source, hours, price = (
        zip(*rows, strict=True) if rows else ((),) * 7
    )
    return Candidates(
        frozen(street, np.int32), frozen(offset, np.float64), tuple(code), tuple(name),
        tuple(source), tuple(hours),
        frozen(price, np.float64) if priced or cost is not None else NO_COSTS, tuple(left),
    )  # fmt: skip


def _at(column: tuple[str, ...], row: int) -> str:
    return column[row] if column else ""
