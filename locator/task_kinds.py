"""The kinds of task: what each asks of a city's folder, and what of the answer goes in a table.

The parameters of a kind are the keyword parameters of its function, so there is one list of them.
Apart from `tasks`: it grows with each new question, and the running does not.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locator.errors import InputError, NotFoundError, StoppedError

if TYPE_CHECKING:
    from locator.version import Report
    from locator.view import CityView

Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One kind of task.

    Parameters
    ----------
    code, zh, en
        Identity, and its names for people.
    ask
        Takes the city's folder, a report of progress, and the parameters by name.
    headline
        Keys of the answer that sum it up in one row of a table.
    """

    code: str
    zh: str
    en: str
    ask: Ask
    headline: tuple[str, ...]

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse parameters that this kind does not have, or lacks.

        Raises
        ------
        InputError
            The message tells the known ones.
        """
        known = {
            name: value.default is inspect.Parameter.empty
            for name, value in inspect.signature(self.ask).parameters.items()
            if value.kind is inspect.Parameter.KEYWORD_ONLY
        }
        unknown = sorted(set(params) - set(known))
        missing = sorted(name for name, needed in known.items() if needed and name not in params)
        if unknown or missing:
            wrong = [f"unknown {name}" for name in unknown] + [f"no {name}" for name in missing]
            raise InputError(
                f"task {self.code!r}: {', '.join(wrong)}; it takes {', '.join(sorted(known))}"
            )


def find_task_kind(code: str) -> TaskKind:
    """The kind of task of that code.

    Raises
    ------
    NotFoundError
        There is none; the message lists the codes.
    """
    try:
        return task_kinds()[code]
    except KeyError:
        known = ", ".join(task_kinds())
        raise NotFoundError(f"task {code!r} is not known: choose one of {known}") from None


_COVERAGE_HEADLINE = (
    "within_m", "total_m", "covered_m", "uncovered_m", "unreachable_m", "share",
)  # fmt: skip


@cache
def task_kinds() -> dict[str, TaskKind]:
    """All kinds of task by their code."""
    kinds = (
        TaskKind("coverage", "覆盖", "coverage", _ask_coverage, _COVERAGE_HEADLINE),
        TaskKind("plan", "选址", "plan", _ask_plan, ("objective", "value", "bound", "gap")),
        TaskKind("sensitivity", "敏感性", "sensitivity", _ask_sensitivity,
                 ("share", "low", "high", "most")),
        TaskKind("situation", "情境覆盖", "coverage in a situation", _ask_situation,
                 ("situation", "within_m", "total_m", "low", "high")),
        TaskKind("week", "一周覆盖", "week", _ask_week,
                 ("within_m", "unit", "total", "paper", "worst", "unknown_stations")),
        TaskKind("losses", "撤站损失", "losses", _ask_losses,
                 ("within_m", "unit", "worst_station", "worst_lost", "zero_loss")),
        TaskKind("streets", "导入街道", "import of streets", _import_streets,
                 ("nodes", "edges", "seconds")),
        TaskKind("sample", "示例城市", "sample city", _make_sample,
                 ("nodes", "streets", "stations", "seconds")),
    )  # fmt: skip
    return {kind.code: kind for kind in kinds}


def _view(folder: str) -> CityView:
    from locator.city import City

    return City.open(folder).current()


def _ask_coverage(
    folder: str,
    tell: Report,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    depth: int = 1,
) -> dict[str, Any]:
    from locator.answers import coverage_document

    view = _view(folder)
    tell(0.2, "coverage")
    cover = view.coverage(within_m=within_m, kind=kind, mode=mode, depth=depth)
    tell(0.7, "gaps")
    return coverage_document(view, cover, kind=kind)


def _ask_plan(  # noqa: PLR0913  (each is a word of the question)
    folder: str,
    tell: Report,
    *,
    new: int | None = None,
    within_m: float | str | None = None,
    objective: str = "coverage",
    kind: str | None = None,
    mode: str = "walk",
    demand: str = "",
    share: float = 1.0,
    decay: str = "",
    seed: int = 0,
    time_limit_s: float = 60.0,
    iterations: int | None = None,
) -> dict[str, Any]:
    from locator.siting.planning import Effort

    effort, stopped = Effort(time_limit_s, iterations, seed), []

    def report(share: float, text: str) -> None:
        try:
            tell(share, text)
        except StoppedError as asked:
            stopped.append(asked)

    made = _view(folder).plan(
        new=new, within_m=within_m, objective=objective, kind=kind, mode=mode, demand=demand,
        share=share, decay=decay, effort=effort, report=report, should_stop=lambda: bool(stopped),
    )  # fmt: skip
    return made.to_json()


def _ask_week(
    folder: str,
    tell: Report,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    by: str = "",
    demand: str = "",
) -> dict[str, Any]:
    from locator.staff_rooms import paper_part

    view = _view(folder)
    week = view.week(within_m, kind=kind, mode=mode, by=by, demand=demand, report=tell)
    paper = paper_part(
        view, within_m, kind=kind, mode=mode, demand=demand, share=week.share(week.paper)
    )  # fmt: skip
    return week.to_document() | paper


def _ask_losses(
    folder: str,
    tell: Report,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    demand: str = "",
    hourly: bool = False,
) -> dict[str, Any]:
    """The document of the command, with the worst loss and how many lose nothing beside it."""
    from locator.staff_rooms import paper_part

    view = _view(folder)
    losses = view.losses(within_m, kind=kind, mode=mode, demand=demand, hourly=hourly, report=tell)
    document = losses.to_document()
    first = next(iter(document["stations"]), {"code": None, "lost_m": 0.0})
    return {
        **document,
        **paper_part(view, within_m, kind=kind, mode=mode, demand=demand),
        "worst_station": first["code"],
        "worst_lost": first["lost_m"],
        "zero_loss": sum(row["lost_m"] == 0 for row in document["stations"]),
    }


def _ask_sensitivity(
    folder: str,
    tell: Report,
    *,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    depth: int = 1,
) -> dict[str, Any]:
    from locator.sensitivity import measure_sensitivity

    measured = measure_sensitivity(
        _view(folder), within_m=within_m, kind=kind, mode=mode, depth=depth, report=tell
    )
    return measured.to_json()


def _ask_situation(
    folder: str,
    tell: Report,
    *,
    situation: str,
    within_m: float | str,
    kind: str | None = None,
    mode: str = "walk",
    depth: int = 1,
    at: str | None = None,
) -> dict[str, Any]:
    from locator.moments import find_moment
    from locator.situation_coverage import measure_situation

    view = _view(folder)
    tell(0.2, "coverage")
    when = None if at is None else find_moment(at, zone=view.config.time_zone)
    measured = measure_situation(
        view, situation, within_m=within_m, kind=kind, mode=mode, depth=depth, at=when
    )
    return measured.to_json()


def _import_streets(
    folder: str,
    tell: Report,
    *,
    files: list[str],
    boundary: str | None = None,
    datum: str = "wgs84",
    buffer_m: float | None = None,
) -> dict[str, Any]:
    """A second run puts the same streets in force again, so a killed one may simply be repeated."""
    from locator.city import City

    area = None if boundary is None else Path(boundary)
    return City.open(folder).import_streets(
        [Path(file) for file in files], boundary=area, datum=datum, buffer_m=buffer_m, report=tell
    )


def _make_sample(
    folder: str, tell: Report, *, scale: str = "town", seed: int = 0
) -> dict[str, Any]:
    from locator.sample import make_sample_city

    return make_sample_city(Path(folder), scale=scale, seed=seed, report=tell)
