"""Commands about time and loss: coverage at every hour of a week, and what each closing costs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from locator.terminal import Progress, metres, settings, shared, show, table, warn

if TYPE_CHECKING:
    from locator.city import City
    from locator.week import HourShare

_SHOWN = 20
_DAY = click.DateTime(["%Y-%m-%d"])
_DAYS_ZH = {
    "mon": "周一 Mon", "tue": "周二 Tue", "wed": "周三 Wed", "thu": "周四 Thu", "fri": "周五 Fri",
    "sat": "周六 Sat", "sun": "周日 Sun", "holiday": "节假日 holiday",
}  # fmt: skip


@click.command()
@click.option("--within", required=True, metavar="M", help="1000 (metres) or 15min.")
@click.option("--kind", help="Only that kind of station.")
@click.option("--mode", default="walk", show_default=True, help="How people move.")
@click.option("--need", multiple=True, metavar="CODE",
              help="What a station must have to be enterable.")  # fmt: skip
@click.option("--from", "first", type=_DAY, metavar="DAY",
              help="The dates from that day on, with all that is known of them, "
              "instead of an ordinary week.")  # fmt: skip
@click.option("--days", type=click.IntRange(min=1, max=366), default=7, show_default=True,
              help="With --from: how many.")  # fmt: skip
@click.option("--by", default="", metavar="LAYER", help="Split by district, or by another layer.")
@click.option("--demand", default="", metavar="NAME", help="Count that demand instead of metres.")
@shared
def week(
    within: str, kind: str | None, mode: str, need: tuple[str, ...], first: datetime | None,
    days: int, by: str, demand: str,
) -> None:  # fmt: skip
    """Which share of the streets is within a limit of an open station, at every hour."""
    from locator.answers import station_warnings

    view = settings().open().current()
    dates = None if first is None else (first.date(), days)
    made = view.week(
        within, kind=kind, mode=mode, demand=demand, by=by, need=need, dates=dates,
        report=Progress(),
    )  # fmt: skip
    document = made.to_document()
    document["warnings"] = station_warnings(view, kind=kind, mode=mode)
    if first is not None:
        last = datetime.fromisoformat(made.hours()[-1].day).date()
        document["warnings"] += view.timetable.warnings(first.date(), last)
    warn(document["warnings"])
    show(document, _week_lines(document, made.hours() + made.holiday_hours(), made.worst()))


def _week_lines(
    document: dict[str, Any], hours: tuple[HourShare, ...], worst: HourShare
) -> list[str]:
    """A row a day, an hour a column, in per cent; then what to know about them."""
    days: dict[str, list[HourShare]] = {}
    for hour in hours:
        days.setdefault(hour.day, []).append(hour)
    rows = [
        [_DAYS_ZH.get(day, day), *(f"{100 * hour.mean:.0f}" for hour in own)]
        for day, own in days.items()
    ]
    lines = ["每小时覆盖率 % covered in each hour, unknown hours counted as closed"]
    lines += table(rows, ["", *(f"{hour:02d}" for hour in range(24))])
    day = _DAYS_ZH.get(worst.day, worst.day)
    lines.append(
        f"最差时段 worst hour: {day} {worst.hour:02d}:00, {worst.min:.1%}; over the hour "
        f"{worst.low:.1%}–{worst.high:.1%} ({worst.unknown_stations} stations of unknown state)"
    )
    lines.append(
        f"账面 on paper (every station open): {document['paper']:.1%}; "
        f"{document['unknown_stations']} stations have hours that are not fully known"
    )
    best = max(hours, key=lambda hour: hour.enterable_high)
    lines.append(
        f"可直接进入 open to anybody, at best ({_DAYS_ZH.get(best.day, best.day)} "
        f"{best.hour:02d}:00): {best.enterable:.1%}–{best.enterable_high:.1%}"
    )
    for district in document["districts"]:
        least = district["worst"]
        lines.append(
            f"{district['code']}: worst {least['day']} {least['hour']:02d}:00, "
            f"{least['min']:.1%}; on paper {district['paper']:.1%}"
        )
    return lines


@click.command()
@click.option("--within", required=True, metavar="M", help="1000 (metres) or 15min.")
@click.option("--kind", help="Only that kind of station.")
@click.option("--mode", default="walk", show_default=True, help="How people move.")
@click.option("--hours", "hourly", is_flag=True, help="Also through every hour of a week.")
@click.option("--by", default="", metavar="LAYER", help="Split by district, or by another layer.")
@click.option("--demand", default="", metavar="NAME", help="Count that demand instead of metres.")
@shared
def losses(within: str, kind: str | None, mode: str, hourly: bool, by: str, demand: str) -> None:
    """What the closing of each station loses, worst first."""
    from locator.answers import station_warnings

    city = settings().open()
    view = city.current()
    made = view.losses(
        within, kind=kind, mode=mode, by=by, demand=demand, hourly=hourly,
        hosts=_hosts_of(city), report=Progress(),
    )  # fmt: skip
    document = made.to_document()
    document["warnings"] = station_warnings(view, kind=kind, mode=mode)
    warn(document["warnings"])
    show(document, _loss_lines(document, dict(zip(view.stations.code, view.stations.name,
                                                  strict=True))))  # fmt: skip


def _loss_lines(document: dict[str, Any], names: dict[str, str]) -> list[str]:
    unit = document["unit"]

    def told(value: float) -> str:
        return metres(value) if unit == "m" else f"{value:,.0f} {unit}"

    rows = [
        [str(i), row["code"], names[row["code"]], told(row["lost_m"]), *_hourly_cells(row)]
        for i, row in enumerate(document["stations"][:_SHOWN], start=1)
    ]
    hourly = any("lost_hours" in row for row in document["stations"])
    head = ["", "code", "station", "lost", *([f"{unit}·h a week", ""] if hourly else [])]
    lines = table(rows, head) if rows else []
    if len(document["stations"]) > _SHOWN:
        lines.append(f"… {len(document['stations'])} in all (--json shows all)")
    none = sum(row["lost_m"] == 0.0 for row in document["stations"])
    lines.append(f"{none} stations lose nothing if they close, one at a time")
    rows = [
        [" + ".join(pair["codes"]), told(pair["lost_m"]), told(pair["beyond_m"])]
        for pair in document["pairs"][:5]
    ]
    if rows:
        lines += ["两站同时关闭 both closing:", *table(rows, ["pair", "lost", "beyond each alone"])]
    rows = [
        [host["host"], str(len(host["stations"])), told(host["lost_m"])]
        for host in document["hosts"][:_SHOWN]
    ]
    if rows:
        lines += ["同一单位全部退出 all of one host closing:"]
        lines += table(rows, ["host", "stations", "lost"])
    return lines


def _hourly_cells(row: dict[str, Any]) -> list[str]:
    """What a station loses through the week; at least that where its hours are not known."""
    if "lost_hours" not in row:
        return []
    marks = {True: "可调整 may move", False: "", None: "? hours unknown"}
    at_least = "" if row["hours_known"] else "≥ "
    return [f"{at_least}{row['lost_hours']:,.0f}", marks[row["may_move"]]]


def _hosts_of(city: City) -> dict[str, str]:
    """Host by code, as the registry knows it: who runs the station, or else who built it."""
    with city.registry() as registry:
        return {
            entry.code: host
            for entry in registry.entries()
            if (host := str(entry.facts.get("operator") or entry.facts.get("builder") or ""))
        }


COMMANDS = (week, losses)
