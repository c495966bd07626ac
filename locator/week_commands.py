"""Commands about time and loss: coverage at every hour of a week, and what each closing costs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from locator.planner_texts import warn_in_both
from locator.question_options import (
    by_option,
    demand_option,
    kind_option,
    mode_option,
    public_option,
    within_option,
)
from locator.terminal import Progress, settings, shared, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locator.city import City
    from locator.view import CityView

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@within_option
@kind_option
@mode_option
@click.option("--need", multiple=True, metavar="CODE",
              help="站里要有什么才算能用。What a station must have to be enterable.")  # fmt: skip
@click.option("--from", "first", type=_DAY, metavar="DAY",
              help="从那天起的实际日期。The dates from that day on, with all that is known "
              "of them, instead of an ordinary week.")  # fmt: skip
@click.option("--days", type=click.IntRange(min=1, max=366), default=7, show_default=True,
              help="配合 --from：多少天。With --from: how many.")  # fmt: skip
@by_option
@demand_option("按需求计算，代替街道长度。Count that demand instead of metres: NAME, or NAME*0.5.")
@public_option
@shared
def week(
    within: str, kind: str | None, mode: str, need: tuple[str, ...], first: datetime | None,
    days: int, by: str, demand: str, public: bool,
) -> None:  # fmt: skip
    """每小时有多少街道在限距内有开着的站。The share of streets near an open station, every hour."""
    from locator.staff_rooms import choose_part, paper_part
    from locator.week_texts import week_lines

    view, told = choose_part(settings().open().current(), kind, mode, public=public)
    dates = None if first is None else (first.date(), days)
    made = view.week(
        within, kind=kind, mode=mode, demand=demand, by=by, need=need, dates=dates,
        report=Progress(),
    )  # fmt: skip
    document = made.to_document() | told
    document |= paper_part(
        view, within, kind=kind, mode=mode, demand=demand, share=made.share(made.paper)
    )  # fmt: skip
    document |= _words(view, by, demand)
    document["warnings"] = _warnings(view, kind, mode)
    if first is not None:
        last = datetime.fromisoformat(made.hours()[-1].day).date()
        document["warnings"] += view.timetable.warnings(first.date(), last)
    warn_in_both(document["warnings"])
    show(document, week_lines(document))


@click.command()
@within_option
@kind_option
@mode_option
@click.option("--hours", "hourly", is_flag=True,
              help="一周每小时也算。Also through every hour of a week.")  # fmt: skip
@by_option
@demand_option("按需求计算，代替街道长度。Count that demand instead of metres: NAME, or NAME*0.5.")
@public_option
@shared
def losses(
    within: str, kind: str | None, mode: str, hourly: bool, by: str, demand: str, public: bool
) -> None:
    """关掉每个站会失去多少覆盖，多的在前。What the closing of each station loses, worst first."""
    from locator.loss_texts import loss_lines
    from locator.staff_rooms import choose_part, paper_part

    city = settings().open()
    view, told = choose_part(city.current(), kind, mode, public=public)
    made = view.losses(
        within, kind=kind, mode=mode, by=by, demand=demand, hourly=hourly,
        hosts=_hosts_of(city), report=Progress(),
    )  # fmt: skip
    document = made.to_document() | told
    document |= paper_part(view, within, kind=kind, mode=mode, demand=demand)
    document |= _words(view, by, demand)
    staff = dict(zip(view.stations.code, view.stations.is_staff_only.tolist(), strict=True))
    for row in document["stations"]:
        row["staff_only"] = staff[row["code"]]
    document["warnings"] = _warnings(view, kind, mode)
    warn_in_both(document["warnings"])
    names = dict(zip(view.stations.code, view.stations.name, strict=True))
    show(document, loss_lines(document, names))


def _words(view: CityView, by: str, demand: str) -> dict[str, Any]:
    """What is counted, and the names of the areas."""
    from locator.area_answers import area_names, describe_demand

    told: dict[str, Any] = {"demand": describe_demand(view, demand)} if demand else {}
    return told | ({"names": area_names(view, by)} if by else {})


def _warnings(view: CityView, kind: str | None, mode: str) -> list[str]:
    from locator.answers import station_warnings

    return station_warnings(view, kind=kind, mode=mode)


def _hosts_of(city: City) -> Mapping[str, str]:
    """Host by code, as the registry knows it: who runs the station, or else who built it."""
    with city.registry() as registry:
        return {
            entry.code: host
            for entry in registry.entries()
            if (host := str(entry.facts.get("operator") or entry.facts.get("builder") or ""))
        }


COMMANDS = (week, losses)
