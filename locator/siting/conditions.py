"""What limits a choice of sites beside their number: money, floors by area, backups. Read here."""

from __future__ import annotations

from math import fsum, inf

import numpy as np
from numpy.typing import ArrayLike

from locator.arrays import Floats, Ints, frozen
from locator.errors import InputError
from locator.siting.matrices import read_weights
from locator.siting.measures import EXACT


def read_budget(
    site_costs: ArrayLike | None, budget: float, candidates: int, fixed: Ints
) -> tuple[Floats, float]:
    """Cost of each candidate, and a budget that the fixed sites leave something of."""
    cost = read_weights(site_costs, candidates, "site_costs", "candidate")
    try:
        money = float(budget)
    except (TypeError, ValueError) as problem:
        raise InputError(f"budget: expected a number, got {budget!r}") from problem
    if not money >= 0:
        raise InputError(f"budget: expected zero or more, got {budget!r}")
    spent = fsum(cost[fixed])
    if money < inf and spent > money * (1 + EXACT):
        raise InputError(
            f"budget: the fixed sites alone cost {spent:.12g}, more than the budget of "
            f"{money:.12g}; raise it or fix fewer"
        )
    return cost, money


def read_need(need: ArrayLike, rows: int) -> Ints:
    """How many sites each row needs; empty where all need one."""
    found = _read_whole(need, rows, "need")
    if (found < 1).any():
        i = int(np.flatnonzero(found < 1)[0])
        raise InputError(
            f"need: expected one or more sites, got {found[i]} at row {i}; "
            "leave rows out that are covered already"
        )
    return frozen([] if (found == 1).all() else found, np.int32)


def read_floors(areas: ArrayLike | None, floors: ArrayLike, rows: int) -> tuple[Ints, Floats]:
    """Area of each row and the floor of each area; both empty where there are no floors."""
    try:
        least = np.asarray(floors, np.float64)
    except (TypeError, ValueError) as problem:
        raise InputError(f"floors: expected numbers ({problem})") from problem
    if least.ndim != 1:
        raise InputError(f"floors: expected one for each area, got the shape {least.shape}")
    least = read_weights(least, len(least), "floors", "area")
    if areas is None:
        if len(least):
            raise InputError("areas: expected the area of each row, since there are floors")
        return frozen([], np.int32), frozen([], np.float64)
    area = _read_whole(areas, rows, "areas")
    off = np.flatnonzero((area < -1) | (area >= len(least)))
    if len(off) and len(least):
        raise InputError(
            f"areas: expected -1 or an area with a floor, 0 to {len(least) - 1}, "
            f"got {area[off[0]]} at row {off[0]}"
        )
    return frozen(area if len(least) else [], np.int32), frozen(least)


def _read_whole(values: ArrayLike, rows: int, name: str) -> Ints:
    """One whole number for each row."""
    try:
        given = np.broadcast_to(np.asarray(values), (rows,))
    except ValueError as problem:
        raise InputError(f"{name}: expected one for each of {rows} rows") from problem
    if given.dtype.kind not in "iu" and not (
        given.dtype.kind == "f" and (given == np.floor(given)).all() and (abs(given) < 2**31).all()
    ):
        raise InputError(f"{name}: expected whole numbers, got {given.dtype}")
    return given.astype(np.int32)
