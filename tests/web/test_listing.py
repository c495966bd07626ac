"""The list: whom it shows, in which order, page by page."""

from __future__ import annotations

import pytest

from locator.stations import Station, Stations
from webapp.listing import PAGE_LENGTH, list_page, listed

KINDS = ("worker_home", "rest_station", "mother_baby_room")


def station(number: int, **changed: str) -> Station:
    values = {"code": f"S{number:03d}", "name": f"站{number}", "kind": KINDS[number % 3], **changed}
    return Station(lon_deg=120.0, lat_deg=32.0, **values)  # type: ignore[arg-type]


@pytest.fixture
def stations() -> Stations:
    return Stations.from_records(station(i) for i in range(47))


def codes(stations: Stations, **asked: str) -> list[str]:
    return [stations.code[row] for row in listed(stations, **asked)]


def test_listed_stations_come_by_kind_then_code(stations: Stations) -> None:
    wanted = [
        code
        for kind in ("rest_station", "mother_baby_room", "worker_home")
        for code in stations.of_kind(kind).code
    ]
    assert codes(stations) == wanted


@pytest.mark.parametrize("status", ["planned", "paused", "closed"])
def test_station_out_of_use_is_not_listed(status: str) -> None:
    found = Stations.from_records([station(1), station(2, status=status)])
    assert codes(found) == ["S001"]


def test_listed_by_words_of_name_or_address_whatever_the_case() -> None:
    found = Stations.from_records([station(1, name="KFC人民路"), station(2, address="kfc楼下")])
    assert sorted(codes(found, q=" Kfc ")) == ["S001", "S002"]
    assert codes(found, q="人民") == ["S001"]


def test_words_never_run_over_from_name_to_address() -> None:
    found = Stations.from_records([station(1, name="中山", address="路口")])
    assert codes(found, q="山路") == []


def test_pages_hold_every_station_once(stations: Stations) -> None:
    chosen = listed(stations)
    pages = [list_page(chosen, page=n) for n in (1, 2, 3)]
    shown = [stations.code[row] for page in pages for row in page.rows]
    assert shown == codes(stations)
    assert [len(page.rows) for page in pages] == [PAGE_LENGTH, PAGE_LENGTH, 7]
    assert {page.pages for page in pages} == {3}
    assert [page.start for page in pages] == [0, PAGE_LENGTH, 2 * PAGE_LENGTH]


def test_page_beyond_the_last_is_the_last(stations: Stations) -> None:
    assert list_page(listed(stations), page=99).page == 3


def test_page_of_no_stations_is_one_empty_page() -> None:
    page = list_page(listed(Stations.empty()), page=1)
    assert (page.rows, page.pages, page.total) == ((), 1, 0)


def test_rooms_for_staff_are_left_out_where_nobody_asks_for_them() -> None:
    found = Stations.from_records([station(4, access_scope="staff"), station(7)])
    assert [found.code[row] for row in listed(found, staff=False)] == ["S007"]
    assert codes(found) == ["S004", "S007"]
