"""What stations cover alone, and what two do: the figures behind `locator.losses`.

What lies within the limit of one station only is what its closing loses, no more and no less. So
all single losses come from one sweep with two labels and one pass over the streets, and are those
that measuring anew without each station would give. A group that closes together (all branches of
one bank) takes the place of a station: what no other group covers. Pairs need a third label.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.sweep import sweep_k_nearest

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork
    from locator.placement import Placement


def measure_losses(
    network: StreetNetwork,
    placement: Placement,
    limit: float,
    counted: Counted,
    *,
    group: ArrayLike | None = None,
) -> Floats:
    """What each station alone has within the limit: what its closing loses.

    Parameters
    ----------
    limit
        In the network's cost.
    counted
        What counts, and in which area.
    group : (m,) int
        Stations that close together: numbers from 0 on. Every station by itself unless given.

    Returns
    -------
    (stations or groups, areas + 1)
        The last column is what lies in no area. Two labels a node, and time linear in streets.
    """
    from locator.kernels.losses import measure_alone

    owners = len(placement)
    if group is not None:
        numbers = np.asarray(group, np.int32)
        placement = _regroup(placement, numbers)
        owners = int(numbers.max(initial=-1)) + 1
    _check_limit(limit)
    labels = sweep_k_nearest(network, placement, 2, limit_m=limit)
    alone = np.zeros((owners, len(counted.areas) + 1))
    measure_alone(
        limit, network.group, labels, placement.group, counted.group(network),
        _worth(network, counted), alone,
    )  # fmt: skip
    return frozen(alone)


def measure_pairs(
    network: StreetNetwork, placement: Placement, limit: float, counted: Counted
) -> tuple[Longs, Longs, Floats]:
    """What lies within the limit of exactly two stations: their rows (lower first), and how much.

    Three labels a node, and time linear in streets.
    """
    from locator.kernels.losses import list_pairs

    _check_limit(limit)
    labels = sweep_k_nearest(network, placement, 3, limit_m=limit)
    owners = max(len(placement), 1)
    room = len(network.streets) + 16
    while True:
        mark, value = np.empty(room, np.int64), np.empty(room)
        count = list_pairs(
            limit, network.group, labels, placement.group, counted.group(network),
            _worth(network, counted), owners, (mark, value),
        )  # fmt: skip
        if count <= room:
            break
        room = count
    marks, own = np.unique(mark[:count], return_inverse=True)
    beyond = np.bincount(own.reshape(-1), weights=value[:count], minlength=len(marks))
    return marks // owners, marks % owners, np.asarray(beyond, np.float64)


def open_only(placement: Placement, open_rows: Bools) -> Placement:
    """The same placement, where only some stations serve; rows stay what they are."""
    seed, listed = open_rows[placement.seed_row], open_rows[placement.row]
    before = np.concatenate(([0], np.cumsum(listed)))
    return replace(
        placement,
        first=frozen(before[placement.first], np.int64),
        row=frozen(placement.row[listed]),
        offset_m=frozen(placement.offset_m[listed]),
        snap_m=frozen(placement.snap_m[listed]),
        seed_node=frozen(placement.seed_node[seed]),
        seed_m=frozen(placement.seed_m[seed]),
        seed_row=frozen(placement.seed_row[seed]),
    )


def _regroup(placement: Placement, group: Ints) -> Placement:
    """The same placement with groups in place of stations."""
    if len(group) != len(placement) or (group < 0).any():
        raise InputError(f"{len(group)} groups from 0 on for {len(placement)} stations")
    return replace(
        placement, row=frozen(group[placement.row]), seed_row=frozen(group[placement.seed_row])
    )


def _worth(network: StreetNetwork, counted: Counted) -> tuple[Ints, Floats]:
    area = np.where(counted.area < 0, len(counted.areas), counted.area).astype(np.int32)
    return area, counted.worth(network)


def _check_limit(limit: float) -> None:
    if not limit > 0:
        raise InputError(f"the limit is {limit} m, expected more than 0")
