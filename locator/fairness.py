"""How evenly areas are served: the best, the worst, and what lies between them.

Areas count by what is in them, metres of street or people, so a small one does not weigh as much
as a large one. What lies outside all areas is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from locator.area_table import AreaTable
    from locator.arrays import Floats
    from locator.spread import Spread


@dataclass(frozen=True, slots=True)
class Fairness:
    """Figures over areas; None where fewer than two can be compared.

    Parameters
    ----------
    best, worst
        Names of the areas with the highest and the lowest covered share; the lower code of equals.
    best_share, worst_share
        Their shares.
    gini_share, gini_mean
        Gini's coefficient of the covered share, and of the mean way to a station: 0 where all areas
        are alike. Areas in which nothing reaches a station have no mean way and are left out there.
    unit
        What weighs the areas.
    """

    best: str | None
    worst: str | None
    best_share: float | None
    worst_share: float | None
    gini_share: float | None
    gini_mean: float | None
    unit: str = "m"

    @property
    def gap(self) -> float | None:
        """How far the worst share is below the best, as a share."""
        if self.best_share is None or self.worst_share is None:
            return None
        return self.best_share - self.worst_share

    def sentence(self, *, lang: str = "zh") -> str:
        """What a leader can read out; `lang` is "zh" or "en"."""
        words = _WORDS[lang]
        if self.best_share is None or self.worst_share is None:
            return words["few"]
        points = round((self.gap or 0.0) * 100, 1)
        subject = words["metres"] if self.unit == "m" else words["unit"].format(unit=self.unit)
        if points == 0:
            return words["even"].format(subject=subject, best_share=f"{self.best_share:.1%}")
        return words["gap"].format(
            subject=subject, best=self.best, worst=self.worst, points=f"{points:.1f}",
            best_share=f"{self.best_share:.1%}", worst_share=f"{self.worst_share:.1%}",
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The figures as a JSON document."""
        return {
            "unit": self.unit, "best": self.best, "best_share": self.best_share,
            "worst": self.worst, "worst_share": self.worst_share, "gap": self.gap,
            "gini_share": self.gini_share, "gini_mean": self.gini_mean,
            "sentence": {lang: self.sentence(lang=lang) for lang in ("zh", "en")},
        }  # fmt: skip


_WORDS = {
    "zh": {
        "metres": "街道长度",
        "unit": "{unit}",
        "few": "能比较的区域不到两个。",
        "even": "按{subject}算，各区域覆盖率都是{best_share}。",
        "gap": "按{subject}算，{best}覆盖率最高，为{best_share}；"
        "{worst}最低，为{worst_share}，相差{points}个百分点。",
    },
    "en": {
        "metres": "length of street",
        "unit": "{unit}",
        "few": "Fewer than two areas can be compared.",
        "even": "By {subject}, every area is covered to {best_share}.",
        "gap": "By {subject}, {best} is covered best ({best_share}) and {worst} least "
        "({worst_share}): {points} percentage points apart.",
    },
}


def measure_fairness(
    table: AreaTable,
    names: Mapping[str, str],
    spreads: Mapping[str | None, Spread] | None = None,
) -> Fairness:
    """Compare the areas of a table.

    Parameters
    ----------
    names
        Code to name.
    spreads
        Ways to the nearest station by code, where they were measured.
    """
    total, share = table.total[:-1], table.share[:-1]
    rows = np.flatnonzero(total > 0)
    if len(rows) <= 1:
        return Fairness(None, None, None, None, None, None, table.unit)
    best, worst = rows[np.argmax(share[rows])], rows[np.argmin(share[rows])]
    return Fairness(
        names.get(table.codes[best], table.codes[best]),
        names.get(table.codes[worst], table.codes[worst]),
        float(share[best]),
        float(share[worst]),
        weighted_gini(share[rows], total[rows]),
        _gini_of_means(table, spreads),
        table.unit,
    )


def _gini_of_means(
    table: AreaTable, spreads: Mapping[str | None, Spread] | None
) -> float | None:  # fmt: skip
    if spreads is None:
        return None
    means, weights = [], []
    for code in table.codes:
        spread = spreads.get(code)
        if spread is not None and spread.mean is not None:
            means.append(spread.mean)
            weights.append(spread.total - spread.unreachable)
    return weighted_gini(np.array(means), np.array(weights)) if len(means) > 1 else None


def weighted_gini(values: Floats, weights: Floats) -> float:
    """Gini's coefficient of values that count by weights; 0 where all are alike, or all are 0.

    Parameters
    ----------
    values, weights : (n,)
        0 or more.

    Notes
    -----
    Half the mean difference of all pairs over the mean: sum_ij w_i w_j |x_i - x_j| / (2 W^2 m)
    (Gini 1912), by sorting: O(n log n).

    Examples
    --------
    >>> weighted_gini(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    0.5
    """
    order = np.argsort(values, kind="stable")
    x, w = values[order], weights[order]
    whole = float(w.sum())
    if not whole > 0 or not float((w * x).sum()) > 0:
        return 0.0
    before = np.cumsum(w) - w
    # Each value is above all before it: w_i x_i (weight before - weight after).
    differences = float((w * x * (2.0 * before + w - whole)).sum())
    return max(differences / (whole * float((w * x).sum())), 0.0)
