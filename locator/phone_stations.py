"""What a phone keeps of a city's stations: small JSON files, and their hours day by day.

Stations go into parts by their code, so that an edit changes one part of a few kilobytes and the
others stay as the phone has them. A part is complete in itself: columns of texts, positions, place
on the streets of the street file, facilities as yes, no or unknown, and hours.

Hours are what the timetable says, not its rules: for each distinct hours seven days of an ordinary
week, and each day of the window that differs from its weekday (holidays, seasons, dated changes).
A day is a list of minutes and the state from then on; the phone need not know why. The window
begins with a month and ends with one, so that a part changes once a month for it.

    days        distinct days: [minute, state, minute, state, ...], the first minute 0
    weeks       for each distinct hours seven numbers of days, Monday first
    exceptions  for each distinct hours: day (`date.toordinal`), number, day, number, ...
    opening     which distinct hours each station has
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.vocabulary import facilities, is_free_entry
from locator.certainty import UNKNOWN, YES
from locator.hours.rules import DAY_MIN
from locator.hours.telling import tell_hours
from locator.needs import NIGHT
from locator.situations import situation_mask
from locator.snapping import at_node

if TYPE_CHECKING:
    from locator.arrays import Ints
    from locator.hours.timetable import Timetable
    from locator.placement import Placement
    from locator.stations import Stations
    from locator.streets import Streets

FORMAT = 2
LEAST_DAYS = 60  # that a phone may be without a network and still know the hours
_PART_STATIONS = 40  # about 4 KB on the wire
_MOST_PARTS = 64
_DM = 10.0
_TOLD = {True: "1", False: "0", None: "?"}
_WEEK = 7

Day = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Days for which hours are told: `count` of them from `first` on."""

    first: date
    count: int

    @classmethod
    def around(cls, today: date) -> Window:
        """Whole months: the one of yesterday, and so many that `LEAST_DAYS` lie ahead.

        >>> Window.around(date(2026, 11, 29))
        Window(first=datetime.date(2026, 11, 1), count=92)
        """
        first = (today - timedelta(days=1)).replace(day=1)
        end = (today + timedelta(days=LEAST_DAYS)).replace(day=28) + timedelta(days=4)
        return cls(first, (end.replace(day=1) - first).days)


@dataclass(frozen=True, slots=True, eq=False)
class PhoneStations:
    """What the parts are made from.

    Parameters
    ----------
    stations, timetable
        All stations of the snapshot, and their hours.
    placement
        The stations that a person may be sent to, on foot.
    streets, number
        The city's streets, and their numbers in the street file (`PhoneStreets.street`).
    way_in
        Words for who may enter a station and how.
    """

    stations: Stations
    timetable: Timetable
    placement: Placement
    streets: Streets
    number: Ints
    way_in: Callable[[int], str]


def pack_stations(source: PhoneStations, window: Window, *, streets: str) -> list[bytes]:
    """The station files of a city, one for each part.

    Parameters
    ----------
    streets
        Version of the street file whose streets the stations stand on.

    Notes
    -----
    O(stations + distinct hours * days). Equal stations give equal bytes.
    """
    rows = source.placement.rows.tolist()
    parts = count_parts(len(rows))
    columns = _columns(source)
    weeks = tell_days(source.timetable, window)
    members: list[list[int]] = [[] for _ in range(parts)]
    for i, row in enumerate(rows):
        members[part_of(source.stations.code[row], parts)].append(i)
    files = []
    for part, chosen in enumerate(members):
        body: dict[str, Any] = {"format": FORMAT, "streets": streets, "part": part}
        body |= {name: [column[i] for i in chosen] for name, column in columns.items()}
        body |= _hours([int(source.timetable.row[rows[i]]) for i in chosen], weeks)
        body["facility_codes"] = list(facilities().codes)
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        files.append(text.encode())
    return files


def count_parts(stations: int) -> int:
    """Into how many parts so many stations go: a power of two, so that few ever move."""
    parts = 1
    while parts < _MOST_PARTS and stations > parts * _PART_STATIONS:
        parts *= 2
    return parts


def part_of(code: str, parts: int) -> int:
    """The part of a station, by its code alone: others may come and go."""
    return zlib.crc32(code.encode()) % parts


@dataclass(frozen=True, slots=True)
class Days:
    """One distinct hours: its ordinary week, and the days that differ from it."""

    week: tuple[Day, ...]
    exceptions: tuple[tuple[int, Day], ...]


def tell_days(timetable: Timetable, window: Window) -> list[Days]:
    """Each distinct hours of a timetable over a window, day by day."""
    first = window.first.toordinal()
    start = datetime.combine(window.first, datetime.min.time())
    found: list[list[list[int]]] = [
        [[] for _ in range(window.count)] for _ in range(len(timetable.hours))
    ]
    row, minute, state = timetable.steps_from(start, window.count)
    since = minute - first * DAY_MIN
    for one, at, to in zip(row.tolist(), since.tolist(), state.tolist(), strict=True):
        found[one][at // DAY_MIN] += [at % DAY_MIN, to]
    return [_week_of(days, window) for days in found]


def _week_of(days: list[list[int]], window: Window) -> Days:
    """The days with their state at midnight, the commonest of each weekday as the week."""
    whole: list[Day] = []
    last = 0
    for steps in days:
        day = steps if steps and steps[0] == 0 else [0, last, *steps]
        last = day[-1]
        whole.append(tuple(day))
    weekday = [(window.first.weekday() + i) % _WEEK for i in range(window.count)]
    week = []
    for wanted in range(_WEEK):
        counts = Counter(day for day, own in zip(whole, weekday, strict=True) if own == wanted)
        most = max(counts.values(), default=0)
        week.append(min((day for day, n in counts.items() if n == most), default=(0, 0)))
    first = window.first.toordinal()
    differing = [(first + i, day) for i, day in enumerate(whole) if day != week[weekday[i]]]
    return Days(tuple(week), tuple(differing))


def _hours(opening: Sequence[int], told: list[Days]) -> dict[str, Any]:
    """The hours of one part, counted anew so that other parts do not matter to it."""
    own = {row: place for place, row in enumerate(dict.fromkeys(opening))}
    days: dict[Day, int] = {}

    def number(day: Day) -> int:
        return days.setdefault(day, len(days))

    weeks = [[number(day) for day in told[row].week] for row in own]
    exceptions = [
        [value for when, day in told[row].exceptions for value in (when, number(day))]
        for row in own
    ]
    return {
        "opening": [own[row] for row in opening],
        "weeks": weeks,
        "exceptions": exceptions,
        "days": [list(day) for day in days],
    }


def _columns(source: PhoneStations) -> dict[str, list[Any]]:
    """All columns but hours, one entry for each row of the placement."""
    stations, snapped, rows = source.stations, source.placement.snapped, source.placement.rows
    there = [stations[row] for row in rows.tolist()]
    hours = [tell_hours(station.hours, station.opening) for station in there]
    found = snapped.found
    node = at_node(source.streets, snapped)
    street = np.where(found, source.number[np.maximum(snapped.street, 0)], -1)
    length = source.streets.length_m[np.maximum(snapped.street, 0)]
    at_end = found & (snapped.offset_m >= length / 2)
    # 0 between the ends of its street; at a crossing 1 for the street's start, 2 for its end
    end = np.where(node < 0, 0, np.where(at_end, 2, 1))
    texts = ("code", "name", "kind", "address", "phone", "access_scope", "access_mode")
    columns: dict[str, list[Any]] = {
        name: [getattr(station, name) for station in there] for name in texts
    }
    return columns | {
        "hours": [told.zh for told in hours],
        "hours_en": [told.en for told in hours],
        "hours_problem": [told.problem for told in hours],
        "district": [station.district_code for station in there],
        "lon": [station.lon_deg for station in there],
        "lat": [station.lat_deg for station in there],
        "street": street.tolist(),
        "offset_dm": _whole(np.where(found, snapped.offset_m, 0.0)),
        "snap_dm": _whole(np.where(found, snapped.snap_m, 0.0)),
        "at": end.tolist(),
        "sample": [int(station.sample) for station in there],
        "disputed": [int(station.disputed) for station in there],
        "verified_on": [
            station.verified_on.isoformat() if station.verified_on else None for station in there
        ],
        "way_in": [source.way_in(row) for row in rows.tolist()],
        "free_entry": [
            _TOLD[is_free_entry(station.access_scope, station.access_mode)] for station in there
        ],
        "night": [_TOLD[one] for one in _nights(source)],
        "facilities": [_told(station.facilities, station.broken) for station in there],
    }


def _nights(source: PhoneStations) -> list[bool | None]:
    """Whether each row of the placement is open all through the night; None where unknown."""
    told = situation_mask(source.stations, source.timetable, NIGHT).told()
    return [None if one == UNKNOWN else one == YES for one in told[source.placement.rows].tolist()]


def _told(offered: Any, broken: Iterable[str]) -> str:
    """One sign for each facility: 1 yes, 0 no, ? not known; what is broken is not there."""
    return "".join(
        "0" if code in broken else _TOLD[offered.get(code)] for code in facilities().codes
    )


def _whole(metres: Any) -> list[int]:
    return [int(value) for value in np.rint(np.asarray(metres) * _DM).tolist()]
