"""Coverage in a situation, as a range: by stations that help for certain, and by all that may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from locator.coverage import Coverage, measure_coverage
from locator.situations import Situation, find_situation

if TYPE_CHECKING:
    from locator.view import CityView


@dataclass(frozen=True, slots=True, eq=False)
class SituationCoverage:
    """Coverage in a situation, as a range.

    Parameters
    ----------
    low, high
        By the stations that help for certain; and with those of which it is not known.
    certain, unknown, out
        How many usable stations of the kind help, may help, and do not.
    """

    situation: Situation
    at: datetime | None
    low: Coverage
    high: Coverage
    certain: int
    unknown: int
    out: int

    @property
    def sentence_zh(self) -> str:
        """What a leader can read out."""
        return (
            f"{self.situation.zh}：{self.low.share:.1%}—{self.high.share:.1%}的街道在限距内有可用站点。"
            f"确认可用{self.certain}个，情况不明{self.unknown}个，不可用{self.out}个。"
        )

    @property
    def sentence_en(self) -> str:
        """The same in English."""
        return (
            f"{self.situation.en}: {self.low.share:.1%} to {self.high.share:.1%} of the streets "
            f"have a station that helps within the limit. Known to help: {self.certain}; "
            f"not known: {self.unknown}; of no help: {self.out}."
        )

    def to_json(self) -> dict[str, Any]:
        """The range as a JSON document."""
        parts = {
            name: {
                "covered_m": cover.covered_m, "uncovered_m": cover.uncovered_m,
                "unreachable_m": cover.unreachable_m, "share": cover.share,
            }
            for name, cover in (("low", self.low), ("high", self.high))
        }  # fmt: skip
        return {
            "situation": self.situation.code, "hazard": self.situation.hazard,
            "level": self.situation.level, "warning": self.situation.warning,
            "rule": self.situation.rule, "source": self.situation.source,
            "needs": list(self.situation.needs),
            "at": self.at.isoformat() if self.at else None,
            "within_m": self.low.within_m, "total_m": self.low.total_m, **parts,
            "stations": {"certain": self.certain, "unknown": self.unknown, "out": self.out},
            "sentence": {"zh": self.sentence_zh, "en": self.sentence_en},
        }  # fmt: skip


def measure_situation(
    view: CityView,
    code: str,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    depth: int = 1,
    at: datetime | None = None,
) -> SituationCoverage:
    """Which streets have a station within the limit that helps in a situation.

    Parameters
    ----------
    at
        As in `situation_mask`.

    Returns
    -------
    SituationCoverage
        `low` never covers more than `high`.
    """
    fit = view.in_situation(code, at=at)
    network, limit = view.metric(within_m, mode)
    ends, counts = [], []
    for among in fit:
        chosen = view.placement(kind=kind, mode=mode, timed=network.timed, among=among)
        ends.append(measure_coverage(network, chosen, limit, depth=depth))
        counts.append(len(chosen))
    every = len(view.placement(kind=kind, mode=mode, timed=network.timed))
    certain, possible = counts
    return SituationCoverage(
        find_situation(code), at, ends[0], ends[1], certain, possible - certain, every - possible
    )
