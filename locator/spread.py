"""How distance to the nearest station is spread over the streets, or over the people on them.

Everything is read off the curve of what is covered, which is exact: between two knots the same
share of street is added for each metre, so means and Gini's coefficient are sums of integrals of
straight lines and parabolas. Nothing is sampled. What cannot reach a station has no distance: it is
told apart and never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Floats
    from locator.counted import Counted
    from locator.curve import Curve
    from locator.reach import Reach


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of the distance to the nearest station; None where nothing can reach one.

    Parameters
    ----------
    mean, median, p90, most
        In the network's cost, over what is reachable.
    gini
        0 where all are equally far, towards 1 where few bear all of the way.
    within
        (limit, share of the *total* within it), in the order asked for.
    total, unreachable
        What counts, and the part of it that no station can be reached from, in `unit`.
    """

    mean: float | None
    median: float | None
    p90: float | None
    most: float | None
    gini: float | None
    within: tuple[tuple[float, float], ...]
    total: float
    unreachable: float
    unit: str = "m"

    def sentence(self, *, lang: str = "zh") -> str:
        """What a leader can read out; `lang` is "zh" or "en"."""
        if self.median is None or self.p90 is None or self.most is None:
            return _NOTHING[lang]
        words = _WORDS[lang]
        whole, half, most, worst = (
            words["subject"] if self.unit == "m" else words["weighted"].format(unit=self.unit),
            _tell(self.median, lang), _tell(self.p90, lang), _tell(self.most, lang),
        )  # fmt: skip
        text = words["spread"].format(whole=whole, half=half, most=most, worst=worst)
        if self.unreachable > 0:
            share = f"{self.unreachable / self.total:.1%}"
            text += words["lost"].format(share=share)
        return text


_KILOMETRE_M = 1000
_NOTHING = {
    "zh": "处处都走不到站点，所以没有距离可说。",
    "en": "No place can reach a station, so there is no distance to tell.",
}
_WORDS = {
    "zh": {
        "subject": "按街道长度算",
        "weighted": "按{unit}算",
        "spread": (
            "{whole}，一半的地方到最近的站点不超过{half}，九成不超过{most}，最远的一处{worst}。"
        ),
        "lost": "另有{share}走不到任何站点，不计在内。",
    },
    "en": {
        "subject": "By length of street",
        "weighted": "By {unit}",
        "spread": (
            "{whole}, half of all places are within {half} of a station, nine in ten within "
            "{most}; the farthest is {worst} away."
        ),
        "lost": " Another {share} cannot reach any station and is left out.",
    },
}


def _tell(metres: float, lang: str) -> str:
    tens = round(metres / 10) * 10
    if tens >= _KILOMETRE_M:
        return f"{metres / _KILOMETRE_M:.1f}" + ("公里" if lang == "zh" else " km")
    return f"{max(tens, 10)}" + ("米" if lang == "zh" else " m")


def measure_spread(curve: Curve, limits: Iterable[float] = ()) -> Spread:
    """The figures of one curve of depth 1 without a limit.

    Parameters
    ----------
    limits
        Limits in the network's cost whose shares are wanted.

    Notes
    -----
    With F the share of the reachable within x, the mean is the integral of 1 - F from 0 on, and
    Gini's coefficient the integral of F (1 - F) over the mean (Dorfman 1979, Review of Economics
    and Statistics 61). On a piece F is linear, so Simpson's rule is exact for both.
    """
    asked = tuple(float(limit) for limit in limits)
    within = tuple(zip(asked, curve.share(np.array(asked)).tolist(), strict=True))
    rest = (within, curve.total, curve.unreachable, curve.unit)
    if not curve.reachable > 0:
        return Spread(None, None, None, None, None, *rest)
    mean = _integrate(curve, lambda share: 1.0 - share) + float(curve.limit[0])
    inequality = _integrate(curve, lambda share: share * (1.0 - share))
    median, p90 = (float(x) for x in curve.limit_of([0.5, 0.9]))
    gini = inequality / mean if mean > 0 else 0.0
    return Spread(mean, median, p90, float(curve.limit[-1]), gini, *rest)


def _integrate(curve: Curve, of: Callable[[Floats], Floats]) -> float:
    """The integral over the limit, from the first knot to the last, of a parabola of F."""
    share = curve.value / curve.value[-1]
    step = np.diff(curve.limit)
    middle = 0.5 * (share[:-1] + share[1:])
    return float((step / 6.0 * (of(share[:-1]) + 4.0 * of(middle) + of(share[1:]))).sum())


def spread_by_area(
    reach: Reach, counted: Counted, limits: Iterable[float] = ()
) -> dict[str | None, Spread]:
    """The spread in each area by its code; None is what lies outside all of them."""
    asked = tuple(limits)
    rows = [*enumerate(counted.areas), (-1, None)]
    return {code: measure_spread(reach.curve(counted, area=row), asked) for row, code in rows}
