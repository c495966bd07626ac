"""Options of `locator plan` that say where stations may stand, and the candidates they mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from locator.errors import InputError
from locator.terminal import warn

if TYPE_CHECKING:
    from locator.siting.candidates import Candidates
    from locator.view import CityView

F = TypeVar("F", bound=Callable[..., Any])
_POINTS, _ROOMS, _STATIONS, _OSM = "points", "rooms", "stations", "osm:"
_NAMES = ("candidate_files", "spacing", "makers", "build_cost", "years")


def candidate_options(command: F) -> F:
    """Add the options; `take_words` reads them off again."""
    for option in reversed((
        click.option("--candidates", "candidate_files", type=click.Path(path_type=Path),
                     multiple=True, metavar="FILE",
                     help="合作网点清单（银行、邮政、加油站）。Places that may host one."),
        click.option("--from", "makers", multiple=True, metavar="MAKER",
                     help="候选点来源 Makers: points, rooms, rooms:SORT (bank, post, fuel, "
                     "library, toilet, community), osm:TAG=VALUE, stations (of other kinds)."),
        click.option("--spacing", type=click.FloatRange(min=1.0), metavar="M",
                     help="每隔几米一个街道点，加上每条街的最佳点。Points on streets every so many "
                     "metres, and the best point of each promising street."),
        click.option("--build-cost", type=float, metavar="YUAN",
                     help="没有报价的候选点的费用。Cost of candidates that tell none."),
        click.option("--years", type=click.FloatRange(min=0.0), default=1.0, show_default=True,
                     help="运行费按几年计入。For how many years running costs count."),
    )):  # fmt: skip
        command = option(command)
    return command


def take_words(words: dict[str, Any]) -> dict[str, Any]:
    """Take the words of these options out of all words of the command."""
    return {name: words.pop(name) for name in _NAMES}


def make_candidates(
    view: CityView, told: dict[str, Any], *, within: float | str | None, kind: str | None, mode: str
) -> Candidates | None:
    """The candidates that the options mean; None where they say nothing of them.

    Raises
    ------
    InputError, NotFoundError
        A file or a maker is not understood.
    """
    from locator.siting.candidate_partners import read_partners
    from locator.siting.candidate_sets import join_candidates

    parts = []
    for file in told["candidate_files"]:
        found = read_partners(view, file, mode=mode, years=told["years"])
        warn(found.warnings)
        parts.append(found.candidates)
    makers = list(told["makers"])
    if told["spacing"] is not None and _POINTS not in makers:
        makers.append(_POINTS)
    parts += [_make(view, maker, told, (within, kind, mode)) for maker in makers]
    if not parts:
        return None
    if len(parts) == 1 and told["build_cost"] is None:
        return parts[0]
    return join_candidates(parts, cost=told["build_cost"])


def _make(
    view: CityView, maker: str, told: dict[str, Any], asked: tuple[Any, Any, str]
) -> Candidates:
    from locator.siting.candidate_rooms import other_stations, public_rooms
    from locator.siting.candidate_sets import plan_points

    within, kind, mode = asked
    if maker == _ROOMS:
        return public_rooms(view, mode=mode)
    if maker.startswith(f"{_ROOMS}:"):
        return public_rooms(view, sorts=[maker.partition(":")[2]], mode=mode)
    if maker.startswith(_OSM):
        return public_rooms(view, tags=[maker.removeprefix(_OSM)], mode=mode)
    if maker == _STATIONS:
        return other_stations(view, kind, mode=mode)
    if maker != _POINTS:
        raise InputError(
            f"--from {maker!r}: expected points, rooms, rooms:SORT, osm:TAG=VALUE or stations"
        )
    if within is None:
        raise InputError("points on streets need a limit: give --within 1000")
    cover = view.coverage(within_m=view.network(mode).mode.metres(within), kind=kind, mode=mode)
    spacing = told["spacing"] or max(cover.within_m / 10, 25.0)
    return plan_points(cover, view.counted(), spacing_m=spacing)[0]
