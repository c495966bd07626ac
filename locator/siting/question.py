"""What is asked of a plan, checked as one value: every door (library, command, task) makes one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from locator.errors import InputError, NotFoundError
from locator.modes import find_mode
from locator.siting.decay import find_decay

OBJECTIVES = ("coverage", "sites", "mean", "worst")
_NEEDS_LIMIT = ("coverage", "sites")


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """One question of siting in a city.

    Parameters
    ----------
    objective
        "coverage": `new` stations that cover most newly. "sites": fewest stations that cover
        `share` of what counts, or all that can be covered. "mean", "worst": `new` stations for the
        least mean, and the least worst, way to the nearest station.
    new
        How many sites to choose. "sites" asks for their number: there it is ignored, with a note.
    within
        Metres, or a time such as "15min"; None where the objective asks for no limit.
    kind, mode
        Which stations count, and are built; how people get to them.
    demand
        A layer of demand, or "NAME*0.5"; "" counts metres of street.
    share
        "sites": which share of all that counts has to be covered, with the stations of today.
    decay
        "coverage": "linear", "exponential", "power" counts the nearer more; "" counts all within
        the limit alike.
    situation, at
        Only the stations that help in a situation, or are known to be open at a time, count as
        those of today; sites are taken to help and to be open.
    keep, forbid
        Codes of candidates that are always, and never, among the sites.
    """

    objective: str = "coverage"
    new: int | None = None
    within: float | str | None = None
    kind: str | None = None
    mode: str = "walk"
    demand: str = ""
    share: float = 1.0
    decay: str = ""
    situation: str = ""
    at: str = ""
    keep: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether the way is measured in time."""
        return self.within is not None and find_mode(self.mode).is_time(self.within)

    @property
    def limit(self) -> float | None:
        """The limit in the cost of the network; None where there is none."""
        return None if self.within is None else find_mode(self.mode).metres(self.within)

    def to_json(self) -> dict[str, Any]:
        """As a plan keeps it."""
        return asdict(self) | {"keep": list(self.keep), "forbid": list(self.forbid)}


def ask(*, keep: Iterable[str] = (), forbid: Iterable[str] = (), **words: Any) -> PlanQuestion:
    """Make a question, or refuse it.

    Raises
    ------
    NotFoundError
        The objective or the mode is not known.
    InputError
        A part is missing, does not belong to the objective, or is out of range.
    """
    question = PlanQuestion(
        keep=tuple(sorted(set(keep))), forbid=tuple(sorted(set(forbid))), **words
    )
    if question.objective not in OBJECTIVES:
        raise NotFoundError(
            f"objective {question.objective!r} is not known: choose {', '.join(OBJECTIVES)}"
        )
    find_mode(question.mode)
    _check_number(question)
    if question.objective in _NEEDS_LIMIT and question.within is None:
        raise InputError(f"{question.objective} needs a limit: give --within 1000 or 15min")
    _ = question.limit
    _check_share_and_decay(question)
    if question.situation and question.at:
        raise InputError("give a situation or a time, not both")
    both = set(question.keep) & set(question.forbid)
    if both:
        raise InputError(f"candidate {min(both)!r} is both kept and forbidden: choose one")
    return question


def _check_share_and_decay(question: PlanQuestion) -> None:
    if not (math.isfinite(question.share) and 0.0 < question.share <= 1.0):
        raise InputError(f"share is {question.share}, expected above 0 and at most 1")
    if question.share != 1.0 and question.objective != "sites":
        raise InputError(f"a share is asked of the objective sites, not of {question.objective}")
    if question.decay:
        find_decay(question.decay)
        if question.objective != "coverage":
            raise InputError(
                f"decay counts the nearer more, which {question.objective} does not ask: "
                "leave it out, or ask for coverage"
            )


def _check_number(question: PlanQuestion) -> None:
    """Whether `new` is a number of sites, where one is asked for."""
    if question.objective == "sites" and question.new is None:
        return
    if isinstance(question.new, bool) or not isinstance(question.new, int) or question.new < 1:
        raise InputError(f"{question.new} new stations were asked for, expected 1 or more")
    if question.objective != "sites" and len(question.keep) > question.new:
        raise InputError(
            f"{len(question.keep)} sites are kept and {question.new} are new: the kept ones count, "
            "so ask for as many or keep fewer"
        )


def reread(document: dict[str, Any]) -> PlanQuestion:
    """The question that a plan kept.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        return ask(**document)
    except TypeError as problem:
        raise InputError(f"the plan's question is not understood: {problem}") from problem
