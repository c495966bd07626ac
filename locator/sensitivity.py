"""How far the headline share moves when what stands behind it is changed a little.

One number hides its assumptions: how fast people walk, how far from a street a station may stand,
which paths the map lacks. Each is changed alone, by a stated amount, and coverage is measured anew.
The answer is a range, the change that moves the share most, and a sentence that says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import frozen
from locator.coverage import Coverage, measure_coverage
from locator.modes import find_mode
from locator.street_store import StreetStore
from locator.view import CityView

if TYPE_CHECKING:
    from locator.arrays import Bools
    from locator.version import Report

# From somewhat below the speed that crossings are timed for where old people cross (MUTCD 2009,
# 4E.06: 3.0 ft/s = 0.91 m/s) to the comfortable pace of healthy adults (Bohannon 1997,
# doi:10.1093/ageing/26.1.15: 1.27 to 1.46 m/s). Originals not checked (未核对); the 3.0 ft/s is
# also told by LaPlante and Kaeser 2007, A history of pedestrian signal walking speed assumptions.
SPEEDS_MPS = (0.8, 1.4)
SNAPS_M = (50.0, 100.0, 150.0)  # DESIGN: 100 m; half as much again, and half
MISSING_CLASSES = (
    ("footway", "path", "pedestrian", "steps", "corridor", "bridleway"),
    ("service", "track"),
)
MISSING_SHARE = 0.05
SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Change:
    """One changed assumption and what comes of it.

    Parameters
    ----------
    what
        "speed", "snap", "classes" or "random".
    value
        What it was changed to, for people and in units.
    total_m, covered_m, share
        The coverage that follows.
    """

    what: str
    value: str
    total_m: float
    covered_m: float
    share: float


_WORDS = {
    "speed": ("步行速度", "walking speed"),
    "snap": ("站点离路距离上限", "how far from a street a station may stand"),
    "classes": ("缺少步道或内部道路", "paths or service roads missing"),
    "random": ("随机缺少街道", "streets missing at random"),
}


@dataclass(frozen=True)
class Sensitivity:
    """The headline share and where it goes when one thing is changed at a time.

    Parameters
    ----------
    base
        The share under the city's own settings.
    """

    within_m: float | str
    base: Change
    changes: tuple[Change, ...]

    @cached_property
    def low(self) -> Change:
        """The change that leaves the least share, the base among them; first on ties."""
        return min((self.base, *self.changes), key=lambda change: change.share)

    @cached_property
    def high(self) -> Change:
        """The change that leaves the largest share."""
        return max((self.base, *self.changes), key=lambda change: change.share)

    @cached_property
    def swings(self) -> dict[str, float]:
        """How far each kind of change moves the share, from its least to its most."""
        swings = {}
        for what in _WORDS:
            shares = [change.share for change in self.changes if change.what == what]
            if shares:
                swings[what] = max(*shares, self.base.share) - min(*shares, self.base.share)
        return swings

    @property
    def most(self) -> str:
        """The kind of change that moves the share most; "" where none moves it."""
        what = max(self.swings, key=self.swings.__getitem__, default="")
        return what if what and self.swings[what] > 0 else ""

    @property
    def sentence_zh(self) -> str:
        """What a leader can read out."""
        text = (
            f"覆盖率{self.base.share:.1%}；改变假设后为{self.low.share:.1%}—{self.high.share:.1%}"
        )
        if not self.most:
            return f"{text}，所试假设均无影响。"
        points = self.swings[self.most] * 100
        return f"{text}，影响最大的是{_WORDS[self.most][0]}（{points:.1f}个百分点）。"

    @property
    def sentence_en(self) -> str:
        """The same in English."""
        low, high = self.low.share, self.high.share
        text = f"Coverage is {self.base.share:.1%}; under other assumptions {low:.1%} to {high:.1%}"
        if not self.most:
            return f"{text}: none of those tried matters."
        points = self.swings[self.most] * 100
        return f"{text}. What matters most: {_WORDS[self.most][1]} ({points:.1f} points)."

    def to_json(self) -> dict[str, Any]:
        """The range as a JSON document."""
        return {
            "within_m": self.within_m,
            "share": self.base.share, "low": self.low.share, "high": self.high.share,
            "most": self.most or None, "swings": self.swings,
            "base": _row(self.base), "changes": [_row(change) for change in self.changes],
            "sentence": {"zh": self.sentence_zh, "en": self.sentence_en},
        }  # fmt: skip


def _row(change: Change) -> dict[str, Any]:
    return {
        "what": change.what, "value": change.value, "total_m": change.total_m,
        "covered_m": change.covered_m, "share": change.share,
    }  # fmt: skip


def measure_sensitivity(
    view: CityView,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    depth: int = 1,
    report: Report | None = None,
) -> Sensitivity:
    """Measure the headline share under changed assumptions, one at a time.

    Parameters
    ----------
    within_m
        Metres, or a time such as "15min": only then does a speed matter.
    report
        Hears of each change.

    Returns
    -------
    Sensitivity
        The share is always that of the streets which are left: a path that the map lacks would
        not be counted either. Random streets depend on the seed and on nothing else.
    """
    tell = report or (lambda _share, _text: None)
    asked: dict[str, Any] = {"within_m": within_m, "kind": kind, "mode": mode, "depth": depth}
    base = _change("base", "", _cover(view, **asked))
    changes = []
    trials = _trials(view, within_m, mode)
    for step, (what, value, changed, factor) in enumerate(trials):
        tell(step / len(trials), f"{what} {value}")
        cover = _cover(changed(), **asked, factor=factor)
        changes.append(_change(what, value, cover))
    tell(1.0, "done")
    return Sensitivity(within_m, base, tuple(changes))


def _change(what: str, value: str, cover: Coverage) -> Change:
    return Change(what, value, cover.total_m, cover.covered_m, cover.share)


def _cover(
    view: CityView,
    *,
    within_m: float | str,
    kind: str | None,
    mode: str,
    depth: int,
    factor: float = 1.0,
) -> Coverage:
    """Coverage at the limit times a factor: costs are metres at the mode's own speed."""
    network, limit = view.metric(within_m, mode)
    placement = view.placement(kind=kind, mode=mode, timed=network.timed)
    return measure_coverage(network, placement, limit * factor, depth=depth, depths=False)


_Trial = tuple[str, str, Callable[[], CityView], float]


def _trials(view: CityView, within_m: float | str, mode: str) -> list[_Trial]:
    """What is changed: kind, value in words, the changed city, and a factor on the limit."""
    trials: list[_Trial] = []
    asked = find_mode(mode)
    if asked.uses == "foot" and is_time(within_m):
        trials += [
            ("speed", f"{speed} m/s", lambda: view, speed / asked.speed_mps) for speed in SPEEDS_MPS
        ]
    trials += [
        ("snap", f"{snap:g} m", partial(_snapping, view, snap), 1.0)
        for snap in SNAPS_M
        if snap != view.config.station_snap_m
    ]
    streets = view.streets
    for classes in MISSING_CLASSES:
        missing = np.isin(np.array(streets.classes), classes)[streets.class_code]
        if missing.any() and not missing.all():
            trials.append(("classes", ", ".join(classes), partial(_lacking, view, missing), 1.0))
    for seed in SEEDS:
        missing = np.random.default_rng(seed).random(len(streets)) < MISSING_SHARE
        if missing.any() and not missing.all():
            value = f"{MISSING_SHARE:.0%}, seed {seed}"
            trials.append(("random", value, partial(_lacking, view, missing), 1.0))
    return trials


def is_time(limit: float | str) -> bool:
    """Whether a limit is in minutes.

    >>> is_time("15min"), is_time("15分钟"), is_time("1 km"), is_time(500)
    (True, True, False, False)
    """
    return str(limit).strip().lower().endswith(("min", "分钟"))


def _snapping(view: CityView, snap_m: float) -> CityView:
    """The city with another limit for how far from a street a station may stand."""
    other = view.with_stations(view.stations, f"snap {snap_m}")
    other.config = replace(view.config, station_snap_m=snap_m)
    return other


def _lacking(view: CityView, missing: Bools) -> CityView:
    """The city without some of its streets: nobody may use them, so they are not counted either."""
    streets = view.streets
    mark = hashlib.sha256(np.packbits(missing).tobytes()).hexdigest()[:8]
    access = frozen(np.where(missing, 0, streets.access), np.uint8)
    other = view.with_stations(view.stations, f"lacking {mark}")
    others = replace(streets, access=access, hash=f"{streets.hash}-{mark}")
    other.store = StreetStore(view.store.folder, others, view.store.grid)
    other.store.barred = view.store.barred  # the lines are the same
    return other
