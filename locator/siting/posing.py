"""Questions of siting in a city made into problems; see `city_problem` for what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.errors import InputError
from locator.modes import find_mode
from locator.siting.city_problem import CityProblem
from locator.siting.cover_rows import NO_ROW, CoverRows, cut_rows
from locator.siting.distance_problem import pose_decay, pose_mean, pose_worst
from locator.siting.problem import Problem
from locator.siting.reaching import Searcher, place_candidates
from locator.siting.spots import settle_spots
from locator.siting.stretches import find_open, measure_share
from locator.siting.today import Today, see_today
from locator.sweep import sweep_nearest

if TYPE_CHECKING:
    from locator.placement import Placement
    from locator.siting.candidates import Candidates
    from locator.siting.question import PlanQuestion
    from locator.siting.solution import Report
    from locator.version import CityVersion

LISTED_M = 1e-3
"""Pieces of street that add up to less need not be covered: gaps that short are not listed."""
NOTHING_LEFT = (
    "已无可增加：候选点能到的地方都已覆盖 nothing is left to gain: all that candidates reach is "
    "served already"
)
SHARE_HELD = "现有站已达到这个比例 the stations of today cover that share already"


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all questions need: the city today, the candidates on it, and their roles."""

    today: Today
    candidates: Candidates
    placed: Placement
    keep: Ints
    forbid: Ints
    report: Report | None

    @property
    def roles(self) -> dict[str, Any]:
        """As `Problem` takes them."""
        return {"fixed": self.keep.tolist(), "forbidden": self.forbid.tolist()}


def build_problem(
    version: CityVersion,
    question: PlanQuestion,
    candidates: Candidates,
    report: Report | None = None,
) -> CityProblem:
    """Make the problem of a question.

    Parameters
    ----------
    candidates
        As a maker hands them over; those at a station, off the network or on one spot are left out.
    report
        Hears how far the search around the candidates is.

    Raises
    ------
    InputError
        More sites than candidates, candidates that are not on the streets, too many pairs.
    NotFoundError
        A layer, mode or code that is not known.
    """
    today = see_today(version, question)
    doors = version.network(find_mode(question.mode).snap or question.mode)
    settled = settle_spots(candidates, doors, today.placement.snapped)
    keep, forbid = _find_roles(version, question, settled)
    _check_number(question, settled, forbid)
    placed = place_candidates(version, today.network, settled)
    setting = Setting(today, settled, placed, keep, forbid, report)
    if question.objective == "mean":
        return pose_mean(setting)
    if question.objective == "worst":
        return pose_worst(setting)
    if question.decay:
        return pose_decay(setting)
    return _pose_cover(setting)


def _find_roles(
    version: CityVersion, question: PlanQuestion, candidates: Candidates
) -> tuple[Ints, Ints]:
    """Candidates that are kept and forbidden; stations of today are kept anyway."""
    known = set(version.stations.code)
    standing = known.intersection(question.forbid)
    if standing:
        raise InputError(
            f"{min(standing)} is a station of today and stays: try without it by "
            "`scenario` with --close"
        )
    labels = {candidates.label(row) for row in range(len(candidates))}
    asked = [code for code in question.keep if code in labels or code not in known]
    return (
        candidates.rows_of(asked, role="kept site"),
        candidates.rows_of(question.forbid, role="forbidden site"),
    )


def _check_number(question: PlanQuestion, candidates: Candidates, forbid: Ints) -> None:
    free = len(candidates) - len(forbid)
    if not len(candidates):
        raise InputError(
            f"there is no candidate: {len(candidates.left_out)} were left out; "
            "give places on the streets of this mode where no station stands"
        )
    if question.objective != "sites" and question.new is not None and question.new > free:
        words = f", {len(forbid)} of them forbidden" if len(forbid) else ""
        raise InputError(
            f"{question.new} new stations were asked for and there are {len(candidates)} "
            f"candidates{words}: ask for at most {free}"
        )


def _pose_cover(setting: Setting) -> CityProblem:
    """Coverage and sites: rows are atomic pieces of what is not covered yet."""
    today, question = setting.today, setting.today.question
    limit = question.limit
    assert limit is not None  # noqa: S101  (questions of coverage have one)
    cover = today.cover()
    stretches = find_open(cover, today.counted)
    near, _ = sweep_nearest(today.network, today.placement, limit_m=limit)
    search = Searcher(today.network, setting.placed, near, limit, setting.report)
    wanted = np.zeros(len(today.network.streets), bool)
    wanted[stretches.street] = True
    rows = cut_rows(stretches, search.reaches(wanted), len(setting.candidates))
    if question.objective == "coverage":
        problem, reason = _most_cover(setting, rows)
    else:
        covered, total = measure_share(cover, today.counted if question.demand else None)
        problem, reason = _fewest_sites(setting, rows, question.share * total - covered)
    lost = frozen(rows.out_of_reach, np.int32)
    return CityProblem(
        today, setting.candidates, rows, problem, rows.row, lost, reason=reason,
        sign=1.0 if question.objective == "coverage" else -1.0,
    )  # fmt: skip


def _most_cover(setting: Setting, rows: CoverRows) -> tuple[Problem | None, str]:
    if not len(rows.weight):
        return None, NOTHING_LEFT
    new = setting.today.question.new
    return Problem.max_cover(rows.covers, rows.weight, new, **setting.roles), ""


def _fewest_sites(setting: Setting, rows: CoverRows, missing: float) -> tuple[Problem | None, str]:
    """Fewest sites for what is missing of a share; all that can be covered where it is too much."""
    question = setting.today.question
    weight = np.where(_lengths(rows) < LISTED_M, 0.0, rows.weight)
    reached = float(weight.sum())
    if missing <= 0 and question.share < 1.0 and not len(setting.keep):
        return None, SHARE_HELD
    if reached == 0 and not len(setting.keep):
        return None, NOTHING_LEFT
    if question.share == 1.0 or missing >= reached:
        share, lost = 1.0, float(rows.worth[rows.row == NO_ROW].sum())
        reason = UNREACHED if lost > 0 or question.share < 1.0 else ""
    else:
        share, reason = max(missing / reached, np.finfo(float).tiny), ""
    problem = Problem.set_cover(rows.covers, weight, share=share, **setting.roles)
    return problem, reason


UNREACHED = (
    "有些街道没有候选点能到，方案覆盖了其余全部 no candidate reaches some of the streets: the plan "
    "covers all that can be covered"
)


def _lengths(rows: CoverRows) -> Floats:
    """(rows,) metres of street of each; inf where a point of demand is among its pieces."""
    piece = rows.high_m - rows.low_m
    piece = np.where(piece > 0, piece, np.inf)
    kept = rows.row != NO_ROW
    length = np.bincount(rows.row[kept], weights=piece[kept], minlength=len(rows.weight))
    return np.asarray(length, np.float64)
