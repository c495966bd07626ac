"""Barriers: gates, fences and closed areas, with the days and hours at which they hold.

They are kept by coordinates in the city folder, so they survive every import of streets. What they
do to streets is the matter of `locator.barred`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import shapely

from geodata.areas import Area, read_features, to_geojson
from geodata.cells import cell_text
from locator.errors import DataError, InputError
from locator.modes import modes
from locator.workspace import Workspace, replace_text

_KEYS = {
    "name": ("name", "名称", "名字"),
    "from_date": ("from_date", "from", "start", "start_date", "开始日期", "开始", "起"),
    "to_date": ("to_date", "to", "end", "end_date", "结束日期", "结束", "止"),
    "hours": ("hours", "closed_hours", "封闭时间", "关闭时间", "时段", "时间"),
    "modes": ("modes", "mode", "stops", "方式", "禁行", "限行"),
    "source": ("source", "来源", "出处"),
}
_BETWEEN = re.compile(r"[;,、，；|\s]+")
_ALL = {"", "all", "全部", "所有"}


@dataclass(frozen=True, slots=True)
class Barrier:
    """One place where streets are shut.

    Parameters
    ----------
    name
        What people call it; "" where they do not.
    shape
        Point, line or area, or several of them, in WGS-84.
    from_date, to_date
        First and last day, inclusive; None for no end.
    hours
        Weekly hours at which it is shut, as `locator.hours.read_hours` reads them; "" for always.
    modes
        Codes of the modes it stops, in the order of the data.
    source
        Who says so.
    """

    name: str
    shape: Any
    from_date: date | None = None
    to_date: date | None = None
    hours: str = ""
    modes: tuple[str, ...] = ()
    source: str = ""

    def to_area(self) -> Area:
        """With its properties, as it is kept."""
        told = {key: value for key, value in asdict(self).items() if key != "shape"}
        told["from_date"] = self.from_date.isoformat() if self.from_date else None
        told["to_date"] = self.to_date.isoformat() if self.to_date else None
        return Area(self.shape, told | {"modes": list(self.modes)})


def make_barrier(shape: Any, told: Mapping[str, Any]) -> Barrier:
    """A barrier of a shape in WGS-84 and what is told of it.

    Raises
    ------
    InputError
        The shape is none, or a day, the hours or a mode cannot be understood.
    """
    words = {str(key).strip().casefold(): value for key, value in told.items()}
    texts = {
        field: next((words[key] for key in keys if words.get(key) not in (None, "")), "")
        for field, keys in _KEYS.items()
    }
    first, last = _read_day(texts["from_date"]), _read_day(texts["to_date"])
    if first and last and last < first:
        raise InputError(f"it ends on {last}, before it begins on {first}")
    return Barrier(
        cell_text(texts["name"]).strip(),
        _checked_shape(shape),
        first,
        last,
        _checked_hours(cell_text(texts["hours"]).strip()),
        _read_modes(texts["modes"]),
        cell_text(texts["source"]).strip(),
    )


def load_barriers(workspace: Workspace) -> list[Barrier]:
    """The barriers of a city, in the order in which they came; [] where there are none.

    Raises
    ------
    DataError
        They are damaged.
    """
    path = workspace.barriers_path
    if not path.is_file():
        return []
    try:
        return [make_barrier(shape, told) for shape, told in read_features(path)]
    except InputError as problem:
        raise DataError(f"{path} is damaged ({problem}): import the barriers again") from problem


def save_barriers(workspace: Workspace, barriers: Sequence[Barrier]) -> None:
    """Keep these barriers and no others."""
    if not barriers:
        workspace.barriers_path.unlink(missing_ok=True)
        return
    text = to_geojson([barrier.to_area() for barrier in barriers])
    replace_text(workspace.barriers_path, text + "\n")


def in_force(barriers: Sequence[Barrier], at: datetime | None) -> list[Barrier]:
    """Those that hold at a local time of the city; all of them where no time is given.

    Days count by the calendar; hours over midnight belong to the day on which they begin.
    """
    if at is None:
        return list(barriers)
    from geodata.calendar import load_calendar
    from locator.hours import read_hours
    from locator.hours.timetable import CLOSED, Timetable

    hours = [read_hours(barrier.hours or "24/7").hours for barrier in barriers]
    states = Timetable.compile(hours, load_calendar()).state_at(at)
    day = at.date()
    return [
        barrier
        for barrier, state in zip(barriers, states, strict=True)
        # Nothing that was read is unknown; should it ever be, shut is the safe side.
        if state != CLOSED
        and (barrier.from_date is None or barrier.from_date <= day)
        and (barrier.to_date is None or day <= barrier.to_date)
    ]


def lasting(barriers: Sequence[Barrier], day: date) -> list[Barrier]:
    """Those that hold all of a day; gates that are shut at some hours are left out."""
    return [
        barrier
        for barrier in barriers
        if not barrier.hours
        and (barrier.from_date is None or barrier.from_date <= day)
        and (barrier.to_date is None or day <= barrier.to_date)
    ]


def changing(barriers: Sequence[Barrier]) -> bool:
    """Whether any of them holds at some times only."""
    return any(barrier.hours or barrier.from_date or barrier.to_date for barrier in barriers)


def mark_barriers(barriers: Iterable[Barrier]) -> str:
    """Digits that tell sets of barriers apart."""
    text = json.dumps([identify(barrier) for barrier in barriers])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def identify(barrier: Barrier) -> str:
    """All that a barrier is, as one text."""
    area = barrier.to_area()
    return json.dumps([dict(area.properties), area.shape.wkt], sort_keys=True)


def _checked_shape(shape: Any) -> Any:
    if shape is None or shape.is_empty:
        raise InputError("it has no position in degrees")
    kinds = {part.geom_type for part in shapely.get_parts(shape)}
    if not kinds <= {"Point", "LineString", "LinearRing", "Polygon"}:
        raise InputError(f"it is a {shape.geom_type}, expected points, lines or areas")
    return shape if shape.is_valid else shapely.make_valid(shape)


def _read_day(value: Any) -> date | None:
    """A day; InputError where it is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = cell_text(value).strip()
    if not text:
        return None
    found = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ].*)?", text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise InputError(f"{text!r} is no day: expected one such as 2026-03-02")


def _checked_hours(text: str) -> str:
    """Hours that can be read; InputError where they cannot."""
    if text:
        from locator.hours import read_hours

        found = read_hours(text)
        if found.unread or not found.hours.known:
            raise InputError(f"its hours {text!r} are not understood: expected 22:00-06:00")
    return text


def _read_modes(value: Any) -> tuple[str, ...]:
    """Codes of the modes that are meant; all where nothing is said."""
    items = value if isinstance(value, (list, tuple)) else _BETWEEN.split(cell_text(value).strip())
    words = {str(item).strip().casefold() for item in items}
    if words <= _ALL:
        return tuple(modes())
    by_word = {word.casefold(): code for code, m in modes().items() for word in (code, m.zh, m.en)}
    unknown = sorted(words - set(by_word))
    if unknown:
        raise InputError(f"mode {unknown[0]!r} is not known: expected {', '.join(modes())}")
    named = {by_word[word] for word in words}
    return tuple(code for code in modes() if code in named)
