"""All that is known of one station, as people and programs read it; private fields stay sealed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from geodata.calendar import load_calendar
from geodata.fields import Field, fields, format_value
from geodata.vocabulary import facilities, statuses_in_use
from locator.closures import describe_instead, nearest_in_use
from locator.errors import InputError
from locator.hours import CLOSED, OPEN, Timetable, describe_hours
from locator.registry.ages import age_text
from locator.registry.completeness import last_check, missing_fields

if TYPE_CHECKING:
    from datetime import date

    from locator.city import City
    from locator.registry import Entry

_STATES = {OPEN: "open", CLOSED: "closed"}


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
        "open_now": _STATES.get(state, "unknown") if entry.status in used else "closed",
        "fields": _rows(entry, now.date()),
        "facilities": dict(entry.facilities),
        "broken": sorted(c for c, e in entry.equipment.items() if e.condition == "broken"),
        "missing": list(missing_fields(entry)),
        "instead": None if entry.status in used else describe_instead(_instead(city, entry.code)),
        "version": entry.version,
    }


def _rows(entry: Entry, today: date) -> list[dict[str, Any]]:
    """A row for each field that may be shown."""
    rows = []
    for name, field in fields().items():
        if field.private:
            continue
        checked = last_check(entry, name)
        rows.append(
            {
                "name": name,
                "zh": field.zh,
                "en": field.en,
                "text": _text(entry, field),
                "checked_on": checked.isoformat() if checked else None,
                "age": age_text(name, checked, today) if field.recheck else "",
            }
        )
    place = f"{entry.lon_deg:.6f}, {entry.lat_deg:.6f} (WGS-84)"
    rows.append({"name": "position", "zh": "位置", "en": "Position", "text": place})
    rows.append({"name": "facilities", "zh": "设施", "en": "Facilities", "text": _offers(entry)})
    for row in rows[-2:]:
        row |= {"checked_on": None, "age": ""}
    return rows


def _text(entry: Entry, field: Field) -> str:
    value = entry.value(field.name)
    if field.name == "hours" and entry.opening != type(entry.opening)():
        understood = describe_hours(entry.opening)
        return f"{entry.hours}（{understood}）" if entry.hours != understood else understood
    return "" if value in (None, "") else format_value(field, value)


def _offers(entry: Entry) -> str:
    """What is there, what is out of order, what is not."""
    words = []
    for code, there in entry.facilities.items():
        term = facilities().get(code)
        name = term.zh if term else code
        detail = entry.equipment.get(code)
        broken = there and detail is not None and detail.condition in ("broken", "missing")
        words.append(f"{name}（坏）" if broken else name if there else f"无{name}")
    return "、".join(words)


def _instead(city: City, code: str) -> Any:
    try:
        return nearest_in_use(city.current(), code)
    except InputError:  # no streets yet
        return None
