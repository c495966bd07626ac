"""Which datum a batch of positions is really in, judged by how it fits the city's ground.

A sheet taken for WGS-84 that is in GCJ-02 lies about half a kilometre off, in BD-09 about one, and
looks right on any map. The streets know better: stations stand beside them, and the same stations
moved by half a kilometre stand anywhere.

Each datum is a hypothesis: the positions as received, brought to WGS-84 from it. What is seen under
it (distance to the nearest street, distance to the street that the address names, water, the
station's own district) scores log-likelihood ratios: how much more common such a sight is for
stations than for *the same batch moved at random*. The moves are rigid, by 150 m to 1.8 km, so they
keep the batch's shape, and they give the null distribution of the score in this very city: a dense
grid, a park without streets, a long row along one road, a gap in the map all judge themselves.

A datum is clear only when

1. at least 5 places 50 m apart speak, in the reach of the streets;
2. at most 1 in 500 random moves scores as well; none where a batch is so large that it is moved
   less often;
3. it is 100 times as likely as each other datum;
4. the batch fits half as well as stations beside streets would, or stands 5 standard deviations
   above the moves: this keeps batches without any relation to streets from being judged by luck.

Measured on streets, in the sample city on water too (`tests/bench/test_place_checks.py` measures
again, in fewer batches). Shares of batches that are found to be in another datum than declared, in
Shanghai (2.4 km of it), Shenzhen (4 km), Jinan and the sample city:

======  ========  ========  =====  ======  ========  =====  =======
Places  Shanghai  Shenzhen  Jinan  Sample  Set back  Right    Blind
======  ========  ========  =====  ======  ========  =====  =======
     5      0.42      0.09   0.49    0.72      0.04      0   0.0011
    10      0.96      0.70   0.92    0.93      0.26      0   0.0018
    20      1.00      0.99   1.00    1.00      0.45      0   0.0013
    50      1.00      1.00   1.00    1.00      0.85      0   0.0005
   200      1.00      1.00   1.00    1.00      0.85      0        0
======  ========  ========  =====  ======  ========  =====  =======

By city: stations 3-25 m (and noise of 5 m) from a street, declared wrongly, 15 to 180 batches each.
Set back: the same 20-70 m from a street, all cities, 20 to 240 batches: addresses help there.
Right: beside streets and declared rightly, none of 2,836 batches in all. Blind: declared rightly
and without any relation to streets (insides of blocks, at random, in one park), 11 of 9,436; the
worst kind in one city had 2 of 200 with 5 places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from geodata.datum import BD09, CGCS2000, GCJ02, WGS84, in_china, parse_datum, to_wgs84
from locator.errors import InputError
from locator.sights import DISTRICT, NAMED, STREETS, WATER, find_sights, snap_any

if TYPE_CHECKING:
    from locator.arrays import Floats, Longs
    from locator.ground import Ground

RIVALS = (WGS84, GCJ02, BD09)  # CGCS2000 is WGS-84 here
MIN_PLACES = 5
_MAX_PLACES, _MAX_MOVES, _MAX_LOOKS = 1000, 1000, 200_000
_SAME_PLACE_M = 50.0
_NEAR_MOVE_M, _FAR_MOVE_M, _DRAWS = 150.0, 1800.0, 6
_REACH_M = 3000.0  # a place farther than this from any street is not on this map
_MOST_CHANCE = 0.002
_CLEAR_GAP = float(np.log(100.0))
_LEAST_FIT, _LEAST_LEAD = 0.5, 5.0
_ON_STREET_M = 30.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How a batch fits the ground if it is in one datum.

    Parameters
    ----------
    median_snap_m
        Of the distances to the nearest street, capped at 200 m.
    share_on_street
        Share of places within 30 m of a street.
    share_in_water, share_in_district
        None where no water, or no place whose district is known and near its border, could tell.
    median_named_m
        Distance to the street that the address names, capped at 2 km; None without such addresses.
    score
        Log-likelihood ratio against the same batch moved at random.
    chance
        Share of random moves that score as well, the batch itself counted among them.
    """

    median_snap_m: float
    share_on_street: float
    share_in_water: float | None
    share_in_district: float | None
    median_named_m: float | None
    score: float
    chance: float


@dataclass(frozen=True, slots=True)
class DatumVerdict:
    """What the ground says of the declared datum.

    Parameters
    ----------
    declared, best
        Datums; `best` is the declared one unless another one is clearly better.
    clear
        Whether the ground tells for certain; else the declared datum stands unconfirmed.
    places
        Distinct places that spoke.
    evidence
        Datum to its fit; empty where nothing could be looked at.
    message
        One line for people.
    """

    declared: str
    best: str
    clear: bool
    places: int
    evidence: Mapping[str, Fit]
    message: str

    @property
    def is_wrong(self) -> bool:
        """Whether the declared datum is clearly not the one."""
        return self.clear and self.best != self.declared


def judge_datum(
    lonlat_deg: ArrayLike,
    declared: str,
    *,
    ground: Ground,
    addresses: Sequence[str] = (),
    district_codes: Sequence[str] = (),
) -> DatumVerdict:
    """Tell whether a batch is in the datum it was declared in.

    Parameters
    ----------
    lonlat_deg : (n, 2)
        Positions as received; what is no position in China has no say.
    declared
        Their datum, as declared.
    ground
        The city.
    addresses, district_codes
        One for each position, "" where unknown; or none at all.

    Returns
    -------
    DatumVerdict
        The same for the same input: samples and moves have fixed seeds.

    Raises
    ------
    InputError
        Unknown datum, or lists of another length.

    Notes
    -----
    O(n) to choose at most 1,000 places, which are looked at 200,000 times at most.
    """
    datum = WGS84 if parse_datum(declared) == CGCS2000 else parse_datum(declared)
    received = np.asarray(lonlat_deg, dtype=np.float64).reshape(-1, 2)
    for texts in (addresses, district_codes):
        if len(texts) not in (0, len(received)):
            raise InputError(f"got {len(texts)} texts for {len(received)} positions; expected both")
    if ground.network is None:
        return _unclear(datum, "there are no streets yet to judge the datum by")
    rows = _choose_places(received, datum, ground)
    if len(rows) < MIN_PLACES:
        return _unclear(
            datum,
            f"{len(rows)} distinct places in reach of the city's streets are too few to judge the "
            f"datum by; expected {MIN_PLACES} or more",
            len(rows),
        )
    batch = _Batch(
        {rival: ground.projection.to_xy(to_wgs84(received[rows], rival)) for rival in RIVALS},
        [addresses[row] for row in rows] if addresses else [],
        [district_codes[row] for row in rows] if district_codes else [],
    )
    return _decide(datum, batch, _weigh(batch, ground))


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Distinct places in metres under each hypothesis, with their texts."""

    xy_m: Mapping[str, Floats]
    addresses: Sequence[str]
    district_codes: Sequence[str]

    def __len__(self) -> int:
        return len(self.xy_m[WGS84])


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """What each datum and the moves score.

    Parameters
    ----------
    of
        Score by datum.
    moved
        Score of each move.
    expected
        What stations by their streets would score.
    measured
        By kind of sight, then datum: what was measured.
    """

    of: Mapping[str, float]
    moved: Floats
    expected: float
    measured: Mapping[str, Mapping[str, Floats]]

    def chance(self, datum: str) -> float:
        """Share of moves that score as well, the datum itself counted among them."""
        return float(1 + (self.moved >= self.of[datum]).sum()) / (1 + len(self.moved))

    def lead(self, datum: str) -> float:
        """How far it scores above the mean of the moves, in their standard deviations."""
        return float((self.of[datum] - self.moved.mean()) / max(self.moved.std(), 1e-9))


def _choose_places(received: Floats, declared: str, ground: Ground) -> Longs:
    """Rows of distinct places near streets and in China; a sample of them where there are many."""
    rows = np.flatnonzero(in_china(received))
    xy = ground.projection.to_xy(to_wgs84(received[rows], declared))
    known = np.isfinite(xy).all(axis=1)
    rows, xy = rows[known], xy[known]
    _, first = np.unique(np.floor(xy / _SAME_PLACE_M), axis=0, return_index=True)
    if len(first) > _MAX_PLACES:
        first = np.random.default_rng(0).choice(first, _MAX_PLACES, replace=False)
    first = np.sort(first)
    return rows[first[snap_any(ground, xy[first], _REACH_M) < _REACH_M]]


def _weigh(batch: _Batch, ground: Ground) -> _Scores:
    """Score each datum and random moves of the batch by everything that can be seen."""
    moves, start = _draw_moves(batch, ground), batch.xy_m[WGS84]
    moved, expected = np.zeros(len(moves)), 0.0
    of = dict.fromkeys(RIVALS, 0.0)
    kept: dict[str, dict[str, Floats]] = {}
    sights = find_sights(
        start, ground, batch.addresses, batch.district_codes, reach_m=2 * _FAR_MOVE_M
    )
    for sight in sights:
        seen = sight.classify(sight.measure(start[sight.rows] + moves[:, np.newaxis]))
        # One more of each, so that what no move ever saw has no infinite weight.
        counts = np.bincount(seen.ravel(), minlength=len(sight.expected)) + 1.0
        ratio, usual = sight.weigh(counts / counts.sum())
        moved += ratio[seen].sum(axis=1)
        expected += usual
        kept[sight.name] = {}
        for rival in RIVALS:
            measured = sight.measure(batch.xy_m[rival][np.newaxis, sight.rows])[0]
            kept[sight.name][rival] = measured
            of[rival] += float(ratio[sight.classify(measured)].sum())
    return _Scores(of, moved, expected, kept)


def _draw_moves(batch: _Batch, ground: Ground) -> Floats:
    """Random rigid moves around the hypotheses that come near none of them.

    On a small map those are taken that leave most of the batch on it: off the map any score is low,
    and a datum that stays on it would look remarkable.
    """
    count = min(_MAX_MOVES, _MAX_LOOKS // len(batch))
    start = batch.xy_m[WGS84]
    centres = np.array([(batch.xy_m[rival] - start).mean(axis=0) for rival in RIVALS])
    rng = np.random.default_rng(0)
    drawn: Floats = centres.mean(axis=0) + rng.uniform(
        -_FAR_MOVE_M, _FAR_MOVE_M, (_DRAWS * count, 2)
    )
    away_m = np.hypot(*(drawn[:, np.newaxis] - centres).transpose(2, 0, 1)).min(axis=1)
    drawn = drawn[away_m > _NEAR_MOVE_M]
    moved = start + drawn[:, np.newaxis]
    on_map = ((moved >= ground.bounds_m[0]) & (moved <= ground.bounds_m[1])).all(axis=2)
    order = np.argsort(-on_map.sum(axis=1), kind="stable")
    return np.asarray(drawn[order[:count]])


# -- the verdict -------------------------------------------------------------------------------


def _decide(declared: str, batch: _Batch, scores: _Scores) -> DatumVerdict:
    fits = {rival: _describe(rival, scores) for rival in RIVALS}
    best, second = sorted(RIVALS, key=lambda rival: -scores.of[rival])[:2]
    clear = (
        fits[best].chance <= max(_MOST_CHANCE, 1 / (1 + len(scores.moved)))
        and scores.of[best] - scores.of[second] >= _CLEAR_GAP
        and (scores.of[best] >= _LEAST_FIT * scores.expected or scores.lead(best) >= _LEAST_LEAD)
    )
    if not clear:
        message = (
            f"{len(batch)} places do not tell their datum by the streets; {declared} as declared "
            "is neither confirmed nor refuted"
        )
        return DatumVerdict(declared, declared, False, len(batch), fits, message)
    if best == declared:
        message = (
            f"{len(batch)} places fit the city as {declared}: "
            f"half are within {fits[best].median_snap_m:.0f} m of a street"
        )
    else:
        message = (
            f"declared {declared}, but {len(batch)} places fit the city as {best}: half are within "
            f"{fits[best].median_snap_m:.0f} m of a street, against "
            f"{fits[declared].median_snap_m:.0f} m as {declared}; import them with --datum {best}"
        )
    return DatumVerdict(declared, best, True, len(batch), fits, message)


def _describe(datum: str, scores: _Scores) -> Fit:
    seen = {name: measured[datum] for name, measured in scores.measured.items()}
    snap_m = seen[STREETS]
    water, outside, named_m = seen.get(WATER), seen.get(DISTRICT), seen.get(NAMED)
    return Fit(
        median_snap_m=float(np.median(snap_m)),
        share_on_street=float((snap_m <= _ON_STREET_M).mean()),
        share_in_water=None if water is None else float(water.mean()),
        share_in_district=None if outside is None else float(1 - outside.mean()),
        median_named_m=None if named_m is None else float(np.median(named_m)),
        score=scores.of[datum],
        chance=scores.chance(datum),
    )


def _unclear(declared: str, message: str, places: int = 0) -> DatumVerdict:
    return DatumVerdict(declared, declared, False, places, {}, message)
