"""geodata.calendar: what each day is, and which years are missing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from geodata.calendar import Calendar, load_calendar, read_year
from geodata.errors import InputError

YEAR = """
year = 2031
sources = ["a notice"]
make_up_days = [2031-01-04]
[[holidays]]
name = "元旦"
first = 2030-12-30
last = 2031-01-01
"""


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return load_calendar()


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2018-12-29", "workday"),  # told by the list of 2019
        ("2018-12-31", "holiday"),
        ("2019-04-06", "weekend"),  # only joined to 清明节
        ("2019-04-27", "weekend"),
        ("2019-04-28", "workday"),
        ("2019-04-30", "workday"),
        ("2019-05-01", "holiday"),
        ("2019-05-04", "holiday"),
        ("2019-05-05", "workday"),
        ("2019-05-11", "weekend"),
        ("2020-01-31", "holiday"),  # Spring Festival was made longer
        ("2020-02-01", "holiday"),
        ("2020-02-03", "workday"),
        ("2022-12-31", "holiday"),
        ("2024-02-09", "workday"),
        ("2026-02-14", "workday"),
        ("2026-02-15", "holiday"),
        ("2026-02-23", "holiday"),
        ("2026-02-24", "workday"),
        ("2026-10-10", "workday"),
        ("2026-10-11", "weekend"),
    ],
)
def test_kind_of_day_known_from_notice_is_that(calendar: Calendar, day: str, kind: str) -> None:
    assert calendar.kind_of(date.fromisoformat(day)) == kind


# Published counts; in 2020 the longer Spring Festival took two of 251.
@pytest.mark.parametrize(
    ("year", "workdays"),
    [(2019, 250), (2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248)],
)
def test_workdays_of_year_are_the_published_number(
    calendar: Calendar, year: int, workdays: int
) -> None:
    days = [date(year, 1, 1) + timedelta(k) for k in range(366)]
    kinds = [calendar.kind_of(day) for day in days if day.year == year]
    assert kinds.count("workday") == workdays


def test_years_from_2019_to_2026_are_loaded_with_sources(calendar: Calendar) -> None:
    assert set(range(2019, 2027)) <= calendar.years
    assert all(
        "国办发明电" in source for year in calendar.years for source in calendar.sources[year]
    )
    assert calendar.loaded(2026)
    assert not calendar.loaded(2018)


def test_holiday_has_its_name(calendar: Calendar) -> None:
    assert calendar.holidays[date(2023, 10, 6)] == "中秋节、国庆节"


def test_year_not_loaded_is_plain_week_and_warned_of(calendar: Calendar) -> None:
    assert calendar.kind_of(date(2010, 10, 1)) == "workday"
    assert calendar.kind_of(date(2010, 10, 2)) == "weekend"
    (warning,) = calendar.warnings([2019, 2010])
    assert "2010" in warning


def test_coming_year_missing_is_warned_of_from_november(calendar: Calendar) -> None:
    last = max(calendar.years)
    assert calendar.warnings(today=date(last, 10, 31)) == []
    (warning,) = calendar.warnings(today=date(last, 11, 1))
    assert str(last + 1) in warning
    (warning,) = calendar.warnings(today=date(last + 1, 1, 1))
    assert str(last + 1) in warning


def test_folder_with_new_year_adds_it(tmp_path: Path) -> None:
    (tmp_path / "2031.toml").write_text(YEAR, encoding="utf-8")
    calendar = load_calendar(tmp_path)
    assert calendar.loaded(2031)
    assert calendar.loaded(2019)
    assert calendar.kind_of(date(2030, 12, 30)) == "holiday"
    assert calendar.kind_of(date(2031, 1, 4)) == "workday"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("year = 2031", "", "year"),
        ('["a notice"]', "[]", "sources"),
        ("2031-01-04", "2031-01-06", "2031-01-06"),  # a Monday
        ("2031-01-04", "2030-12-01", "2030-12-01"),  # a Sunday, but of the year before
        ("last = 2031-01-01", "last = 2031-01-04", "2031-01-04"),  # off and worked
        ("2030-12-30", '"soon"', "no holiday list"),
        ("make_up_days", "make_up_days = [", "make_up_days"),
    ],
)
def test_year_that_cannot_be_right_is_refused(old: str, new: str, named: str) -> None:
    with pytest.raises(InputError, match=named):
        read_year(YEAR.replace(old, new, 1), "2031.toml")
