"""All that is known of one station, as people and programs read it; private fields stay sealed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geodata.calendar import load_calendar
from geodata.equipment import format_facilities
from geodata.fields import Field, fields, format_value
from geodata.vocabulary import statuses_in_use
from locator.closures import describe_instead, nearest_in_use
from locator.errors import InputError
from locator.hours import (
    CLOSED,
    OPEN,
    SEASONS_EXAMPLE,
    WEEK_EXAMPLE,
    Hours,
    Override,
    Timetable,
    describe_hours,
    format_hours,
)
from locator.hours.telling import problem_of
from locator.registry.ages import age_text
from locator.registry.completeness import last_check, missing_fields
from locator.registry.exchange import DATUM_NAMES
from locator.registry.sealing import SEALED

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Entry

_HELD = {True: "开放", False: "关闭", None: "时间不详"}
_STATES = {OPEN: "open", CLOSED: "closed"}
_ON_FILE = "已登记，加密（--private 可查看 on file, sealed）"
_UNREAD = {
    "unread": f"（看不懂，按「未知」算；请写成「{WEEK_EXAMPLE}」这样 "
    "not understood, counts as unknown）",
    "undated": f"（没写季节从哪天到哪天，按「未知」算；请写成「{SEASONS_EXAMPLE}」这样 "
    "its seasons have no dates, counts as unknown）",
}
_UNKNOWN_HOURS = "时间不详；"  # what the canonical form of mere exceptions begins with
_PRIVATE_PHONE = "private_phone"  # a mobile that was given as duty phone; sealed


def station_document(city: City, entry: Entry) -> dict[str, Any]:
    """The JSON document of `locator stations show`: fields in the order of the sheet.

    A closed station names the nearest one in use; where the city has no streets yet it names none.
    """
    now = datetime.now(city.zone).replace(tzinfo=None)
    timetable = Timetable.compile([entry.opening], load_calendar())
    state = int(timetable.state_at(now)[0])
    used = statuses_in_use()
    return {
        "code": entry.code,
        "name": entry.name,
        "kind": entry.kind,
        "lon": entry.lon_deg,
        "lat": entry.lat_deg,
        "status": entry.status,
        "sample": bool(entry.sample),
        "open_now": _open_now(entry, state),
        "fields": _rows(entry, now),
        "private_on_file": private_names(entry),
        "facilities": dict(entry.facilities),
        "broken": sorted(c for c, e in entry.equipment.items() if e.condition == "broken"),
        "missing": list(missing_fields(entry)),
        "instead": None if entry.status in used else describe_instead(_instead(city, entry.code)),
        "version": entry.version,
    }


def _open_now(entry: Entry, state: int) -> str:
    """Open, closed or unknown; one of unknown status is neither."""
    if not entry.status:
        return "unknown"
    return _STATES.get(state, "unknown") if entry.status in statuses_in_use() else "closed"


def private_names(entry: Entry) -> list[str]:
    """Names of the sealed fields and cells that the registry holds of a station."""
    names = [name for name, field in fields().items() if field.sealed and name in entry.facts]
    sealed = [
        heading
        for heading, cell in entry.extra.items()
        if isinstance(cell, str) and cell.startswith(SEALED)
    ]
    return names + sealed


def private_label(name: str) -> str:
    """What people call a sealed field or cell."""
    if name == _PRIVATE_PHONE:
        return "服务电话栏里的手机"
    return fields()[name].zh if name in fields() else name


def _rows(entry: Entry, now: datetime) -> list[dict[str, Any]]:
    """A row for each field; of sealed ones only that they are on file."""
    today = now.date()
    rows = []
    for name, field in fields().items():
        checked = last_check(entry, name)
        rows.append(
            {
                "name": name,
                "zh": field.zh,
                "en": field.en,
                "text": _text(entry, field),
                "internal": field.private,
                "checked_on": checked.isoformat() if checked else None,
                "age": age_text(name, checked, today) if field.recheck else "",
            }
        )
    offers = format_facilities(entry.facilities, entry.equipment)
    datum = DATUM_NAMES.get(entry.datum_raw, entry.datum_raw)
    mobile = _ON_FILE if _PRIVATE_PHONE in entry.extra else ""
    others = (
        ("dated", "临时安排", "Exceptions and overrides", _dated(entry.opening, now), False),
        ("position", "位置", "Position",
         f"{entry.lon_deg:.6f}, {entry.lat_deg:.6f} (WGS-84)", False),
        ("received", "收到时的坐标", "Position as received",
         f"{entry.lon_raw!r}, {entry.lat_raw!r} ({datum})", True),
        ("facilities", "设施", "Facilities", offers, False),
        (_PRIVATE_PHONE, private_label(_PRIVATE_PHONE), "Mobile given as duty phone", mobile, True),
        ("source", "数据来源", "Source", entry.source, False),
    )  # fmt: skip
    rows += [
        {"name": name, "zh": zh, "en": en, "text": text, "internal": internal,
         "checked_on": None, "age": ""}
        for name, zh, en, text, internal in others
    ]  # fmt: skip
    return rows


def _dated(opening: Hours, now: datetime) -> str:
    """What holds for a while, now or later; what is over is left out."""
    told = [
        f"{one.start:%Y-%m-%d %H:%M} 至 {one.end:%Y-%m-%d %H:%M} {_HELD[one.open]}"
        + (f"（{one.reason}）" if one.reason else "")
        + ("，现在有效 in force now" if one.start <= now else "")
        for one in sorted(opening.overrides, key=_beginning)
        if one.end > now
    ]
    days = tuple(one for one in opening.exceptions if one.last >= now.date())
    if days:
        told.append(format_hours(Hours(exceptions=days)).removeprefix(_UNKNOWN_HOURS))
    return "；".join(told)


def _beginning(override: Override) -> datetime:
    return override.start


def _text(entry: Entry, field: Field) -> str:
    value = entry.value(field.name)
    if field.sealed:
        return _ON_FILE if value else ""
    if field.name == "hours":
        return _hours(entry)
    return "" if value in (None, "") else format_value(field, value)


def _hours(entry: Entry) -> str:
    """Weekly hours as received and as understood, or that they are not."""
    if not entry.opening.known:
        return f"{entry.hours}{_UNREAD[problem_of(entry.hours)]}" if entry.hours else ""
    understood = describe_hours(replace(entry.opening, exceptions=(), overrides=()))
    return f"{entry.hours}（{understood}）" if entry.hours not in ("", understood) else understood


def _instead(city: City, code: str) -> Any:
    try:
        return nearest_in_use(city.current(), code)
    except InputError:  # no streets yet
        return None
