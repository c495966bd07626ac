"""Opening hours: what is known of them, read from text, written as text, asked at an instant.

hours = read_hours("周一至周五 8:30-11:00，13:30-17:00").hours
table = Timetable.compile([hours, ...], load_calendar())
table.state_at(datetime(2026, 5, 6, 9))       OPEN, CLOSED or UNKNOWN for each station
"""

from __future__ import annotations

from locator.hours.reading import ReadHours, read_hours
from locator.hours.rules import DayException, Hours, Override, Rule
from locator.hours.telling import SEASONS_EXAMPLE, WEEK_EXAMPLE, ToldHours, tell_hours
from locator.hours.timetable import CLOSED, OPEN, UNKNOWN, Timetable
from locator.hours.writing import describe_hours, format_hours

__all__ = [
    "CLOSED",
    "OPEN",
    "SEASONS_EXAMPLE",
    "UNKNOWN",
    "WEEK_EXAMPLE",
    "DayException",
    "Hours",
    "Override",
    "ReadHours",
    "Rule",
    "Timetable",
    "ToldHours",
    "describe_hours",
    "format_hours",
    "read_hours",
    "tell_hours",
]
