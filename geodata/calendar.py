"""Public holidays and make-up working days of mainland China, year by year.

The State Council's office says each autumn which days of the coming year are off and which
weekend days are worked instead (调休). The lists are data, `geodata/data/holidays/<year>.toml`,
each with the notices that it was taken from; another folder can bring years that came out later.
A day that a notice merely joins to a weekend leaves that weekend a weekend.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geodata.errors import InputError

KINDS = ("workday", "weekend", "holiday")
_SATURDAY = 5
_NOTICE_MONTH = 11  # the notice for the coming year has come out in October to December


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """What each day is: workday, weekend or public holiday.

    Parameters
    ----------
    holidays
        Name of the holiday by date.
    make_up_days
        Weekend days that are worked.
    years
        Years whose list is there; in all others Monday to Friday are taken as workdays.
    sources
        Notices by year.
    """

    holidays: Mapping[date, str]
    make_up_days: frozenset[date]
    years: frozenset[int]
    sources: Mapping[int, tuple[str, ...]]

    def kind_of(self, day: date) -> str:
        """One of `KINDS`; a make-up day is a workday.

        Examples
        --------
        >>> calendar = load_calendar()
        >>> [calendar.kind_of(date(2019, 5, day)) for day in (3, 5, 11)]
        ['holiday', 'workday', 'weekend']
        """
        if day in self.holidays:
            return "holiday"
        if day in self.make_up_days or day.weekday() < _SATURDAY:
            return "workday"
        return "weekend"

    def loaded(self, year: int) -> bool:
        """Whether the list of a year is there."""
        return year in self.years

    def warnings(self, years: Iterable[int] = (), *, today: date | None = None) -> list[str]:
        """One sentence for each year whose list is missing.

        Parameters
        ----------
        years
            Years that are asked about.
        today
            Adds the year of this day, and from November on the coming one.

        Examples
        --------
        >>> load_calendar().warnings([2019, 2018])
        ... # doctest: +ELLIPSIS
        ['no public-holiday list for 2018: Monday to Friday are taken as workdays...']
        """
        wanted = set(years)
        if today is not None:
            wanted.add(today.year)
            if today.month >= _NOTICE_MONTH:
                wanted.add(today.year + 1)
        return [
            f"no public-holiday list for {year}: Monday to Friday are taken as workdays and no "
            f"day as a holiday; add {year}.toml once the notice is out"
            for year in sorted(wanted - self.years)
        ]


def load_calendar(extra: Path | None = None) -> Calendar:
    """Lists that came with the program, and those of another folder, which go before them.

    Parameters
    ----------
    extra
        Folder of <year>.toml files like the packaged ones.

    Raises
    ------
    InputError
        A file of the folder is missing parts, or contradicts itself.
    """
    packaged = _load_packaged()
    if extra is None:
        return packaged[1]
    years = dict(packaged[0])
    for path in sorted(extra.glob("*.toml")):
        year = read_year(path.read_text("utf-8"), path.name)
        years[year["year"]] = year
    return _join_years(years.values())


@cache
def _load_packaged() -> tuple[Mapping[int, dict[str, Any]], Calendar]:
    folder = resources.files("geodata") / "data" / "holidays"
    years = {}
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".toml"):
            year = read_year(item.read_text("utf-8"), item.name)
            years[year["year"]] = year
    return MappingProxyType(years), _join_years(years.values())


def read_year(text: str, name: str) -> dict[str, Any]:
    """Content of one year's file, checked.

    Parameters
    ----------
    text
        TOML with `year`, `sources`, `make_up_days` and `[[holidays]]` of name, first and last.
    name
        Name of the file, for messages.

    Returns
    -------
    dict
        year, sources (tuple of str), make_up_days (set of date), holidays (date -> name).

    Raises
    ------
    InputError
        It is not that, a make-up day is no weekend day or lies in a holiday, or a date lies
        outside the year and the two weeks before it.
    """
    try:
        table = tomllib.loads(text)
        year = int(table["year"])
        sources = tuple(str(source) for source in table["sources"])
        make_up_days = set(table["make_up_days"])
        holidays = {
            first + timedelta(days): item["name"]
            for item in table["holidays"]
            for first, last in [(item["first"], item["last"])]
            for days in range((last - first).days + 1)
        }
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as problem:
        raise InputError(
            f"{name} is no holiday list ({problem!r}): expected year, sources, make_up_days and "
            "holidays with name, first and last"
        ) from problem
    wrong = {day for day in make_up_days if day.weekday() < _SATURDAY or day in holidays}
    # the notice for a year may begin with the last days of the year before
    earliest, latest = date(year - 1, 12, 17), date(year, 12, 31)
    wrong |= {day for day in {*make_up_days, *holidays} if not earliest <= day <= latest}
    if wrong or not sources or not holidays:
        days = ", ".join(str(day) for day in sorted(wrong)) or "nothing"
        raise InputError(
            f"{name} cannot be right about {days}: make-up days are weekend days outside "
            f"holidays, dates belong to {year}, and sources and holidays are not empty"
        )
    return {
        "year": year, "sources": sources, "make_up_days": make_up_days, "holidays": holidays,
    }  # fmt: skip


def _join_years(years: Iterable[dict[str, Any]]) -> Calendar:
    holidays: dict[date, str] = {}
    make_up_days: set[date] = set()
    sources = {}
    for year in sorted(years, key=lambda year: int(year["year"])):
        holidays |= year["holidays"]
        make_up_days |= year["make_up_days"]
        sources[year["year"]] = year["sources"]
    return Calendar(
        holidays=MappingProxyType(holidays),
        make_up_days=frozenset(make_up_days),
        years=frozenset(sources),
        sources=MappingProxyType(sources),
    )
