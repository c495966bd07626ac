"""Networks of time: the same arcs, at the cost of the time they take.

Time is counted in metres at the mode's speed, so that a limit in minutes is a limit in such metres.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from locator.arrays import Floats, frozen
from locator.network import Arcs, Cost, StreetNetwork, choose_buckets, slow_stairs


def time_network(network: StreetNetwork) -> StreetNetwork:
    """The same arcs at the cost of the mode's time; the same object where that is their length.

    A metre of stairs counts as `Mode.stairs` metres, any other as one. O(arcs).
    """
    streets, mode = network.streets, network.mode
    if network.timed or not network.has_stairs:
        return network
    stretch = np.where(slow_stairs(streets, mode, network.travel), mode.stairs, 1.0)
    street = streets.length_m * stretch
    owner = np.repeat(np.arange(len(streets)), np.diff(streets.span_first))
    span = streets.span_m * stretch[owner, None]
    out = _costed(network.out, street)
    into = out if network.into is network.out else _costed(network.into, street)
    bucket_m, buckets = choose_buckets(out.length_m)
    return replace(
        network, out=out, into=into, bucket_m=bucket_m, buckets=buckets, timed=True,
        cost=Cost(frozen(stretch), frozen(street), frozen(span)),
    )  # fmt: skip


def _costed(arcs: Arcs, street: Floats) -> Arcs:
    """The same arcs at another cost of each street."""
    return replace(arcs, length_m=frozen(street[arcs.street]))
