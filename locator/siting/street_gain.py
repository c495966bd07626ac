"""What a station gains along one street, exactly at every place of it.

A station at x on a street from u to v of length L is reached from a node n in min(D_u(n) + x,
D_v(n) + L - x). So what it covers of any other street ends at places that move by one metre with
each metre of x, and what it gains along its street is piecewise linear: it bends only where an end
of what it covers meets a node, the end of what counts, the end of what is covered already or the
other end of what it covers there, where the way turns from u to v, or (on its own street) where it
passes such a place itself. All bends are computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Floats, Longs
    from locator.network import StreetNetwork
    from locator.siting.candidate_worth import Worth

_AHEAD, _BACK = 1, 2


class StreetGain:
    """What a station gains at each place of one street.

    Parameters
    ----------
    network, worth
        What there is to gain, and how one walks to it; its cost is metres.
    limit
        Within which a station serves.
    cost : (2, nodes)
        The way from every node to the start and to the end of the street, inf beyond the limit.
    """

    def __init__(
        self, network: StreetNetwork, worth: Worth, limit: float, street: int, cost: Floats
    ) -> None:
        self.network, self.worth, self.limit, self.street = network, worth, limit, street
        self.run_m = network.streets.length_m
        self.length = float(self.run_m[street])
        travel, cost = int(network.travel[street]), cost.copy()
        # From the start of the street one walks ahead to the station, from its end back.
        if not travel & _AHEAD:
            cost[0] = np.inf
        if not travel & _BACK:
            cost[1] = np.inf
        self.travel, self.cost = travel, cost
        ends = network.streets.ends
        usable = np.flatnonzero(network.travel != 0)
        near = np.isfinite(cost[:, ends[usable]]).any(axis=(0, 2))
        self.near = usable[near & (worth.own[usable] > 0) & (usable != street)]

    def trace(self) -> tuple[Floats, Floats]:
        """Every place where the gain bends, the ends among them, and the gain there."""
        row, place = self._bends(self.near)
        order = np.lexsort((place, row))
        row, place = row[order], place[order]
        fresh = np.ones(len(row), bool)
        fresh[1:] = (np.diff(row) != 0) | (np.diff(place) != 0)
        row, place = row[fresh], place[fresh]
        value = self._covered(self.near[row], *self._left(self.near[row], place))
        own_place, own_value = self._trace_own()
        row = np.append(row, np.full(len(own_place), len(self.near)))
        return _add_lines(row, np.append(place, own_place), np.append(value, own_value))

    def _left(self, street: Longs, place: Floats) -> tuple[Floats, Floats]:
        """Metres of each street in reach over its two ends, of a station here; below 0 for none."""
        travel, ends = self.network.travel[street], self.network.streets.ends[street]
        way = np.minimum(self.cost[0][ends].T + place, self.cost[1][ends].T + self.length - place)
        over_start = np.where(travel & _BACK != 0, self.limit - way[0], -np.inf)
        over_end = np.where(travel & _AHEAD != 0, self.limit - way[1], -np.inf)
        return over_start, over_end

    def _covered(self, street: Longs, over_start: Floats, over_end: Floats) -> Floats:
        """What two ends reach of each street."""
        run, before = self.run_m[street], self.worth.before
        head, tail = np.clip(over_start, 0.0, run), np.clip(over_end, 0.0, run)
        zero = np.zeros(len(run))
        whole = before(street, run) - before(street, zero)
        apart = before(street, head) - before(street, zero)
        apart = apart + before(street, run) - before(street, run - tail)
        return np.where(head + tail >= run, whole, apart)

    def _bends(self, near: Longs) -> tuple[Longs, Floats]:
        """Rows of `near` and the places at which what is covered of them bends; with both ends."""
        run, ends = self.run_m[near], self.network.streets.ends[near]
        rows = np.arange(len(near))
        row, level = self._levels(near)
        found = [(rows, np.zeros(len(near))), (rows, np.full(len(near), self.length))]
        over = self.limit - self.cost[:, ends]  # (by start or end, street, its two ends)
        for end in range(2):
            # An end of what is covered meets a place where something ends.
            from_end = level if end == 0 else run[row] - level
            found.append((row, over[0, row, end] - from_end))
            found.append((row, self.length - (over[1, row, end] - from_end)))
            # The way turns from one end of the street to the other.
            with np.errstate(invalid="ignore"):  # there is no turn where one way is missing
                turn = (self.length + over[0, :, end] - over[1, :, end]) / 2
            found.append((rows, turn))
        # Both ends of what is covered meet.
        found.append((rows, (over[0].sum(axis=1) - run) / 2))
        found.append((rows, self.length - (over[1].sum(axis=1) - run) / 2))
        row, place = (np.concatenate(part) for part in zip(*found, strict=True))
        kept = np.isfinite(place) & (place >= 0) & (place <= self.length)
        return row[kept], place[kept]

    def _levels(self, near: Longs) -> tuple[Longs, Floats]:
        """Places of each street where something to gain begins or ends, its ends among them."""
        first, worth = self.worth.first, self.worth
        count = first[near + 1] - first[near]
        row = np.repeat(np.arange(len(near)), count)
        at = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[near][row]
        rows = np.arange(len(near))
        place = (worth.low_m[at], worth.high_m[at], np.zeros(len(near)), self.run_m[near])
        return np.concatenate((row, row, rows, rows)), np.concatenate(place)

    def _trace_own(self) -> tuple[Floats, Floats]:
        """The same of the street itself, where the station is also reached directly."""
        own, limit, length = np.array([self.street]), self.limit, self.length
        _, place = self._bends(own)
        _, level = self._levels(own)
        over = limit - self.cost[:, self.network.streets.ends[self.street]]
        more = np.concatenate((
            level, level + limit, level - limit,
            [(limit + over[0, 0]) / 2, (2 * length - limit - over[1, 1]) / 2,
             over[0, 0] / 2, length - over[1, 1] / 2],
        ))  # fmt: skip
        more = more[np.isfinite(more) & (more >= 0) & (more <= length)]
        place = np.unique(np.concatenate((place, more)))
        return place, self._own_gain(place)

    def _own_gain(self, place: Floats) -> Floats:
        """What a station covers of its own street: directly, and around over either end."""
        street = np.full(len(place), self.street)
        head, tail = (np.clip(part, 0.0, self.length) for part in self._left(street, place))
        low = place - (self.limit if self.travel & _AHEAD else 0.0)
        high = place + (self.limit if self.travel & _BACK else 0.0)
        low, high = np.clip(low, 0.0, self.length), np.clip(high, 0.0, self.length)
        ends = np.full(len(place), self.length)
        back = ends - tail  # from here on the street is reached over its end
        met = back <= high
        first = np.maximum(head, np.where(met, np.minimum(low, back), low))
        parts = (
            (np.zeros(len(place)), head),
            (first, np.where(met, ends, high)),
            (np.where(met, ends, np.maximum(back, head)), ends),
        )
        before = self.worth.before
        gains = [np.maximum(before(street, b) - before(street, a), 0.0) for a, b in parts]
        return np.asarray(np.sum(gains, axis=0))


def _add_lines(row: Longs, place: Floats, value: Floats) -> tuple[Floats, Floats]:
    """The sum of functions that are linear between their places; each has the same two ends."""
    order = np.lexsort((place, row))
    row, place, value = row[order], place[order], value[order]
    same = row[1:] == row[:-1]
    run = np.diff(place)
    slope = np.divide(np.diff(value), run, out=np.zeros(len(run)), where=same & (run > 0))
    turn = np.zeros(len(row))
    turn[:-1] += np.where(same, slope, 0.0)
    turn[1:] -= np.where(same, slope, 0.0)
    begins = np.append(True, ~same)
    start, at = float(value[begins].sum()), np.argsort(place, kind="stable")
    place, turn = place[at], np.cumsum(turn[at])
    total = start + np.append(0.0, np.cumsum(turn[:-1] * np.diff(place)))
    kept = np.append(np.diff(place) > 0, True)
    return place[kept], total[kept]
