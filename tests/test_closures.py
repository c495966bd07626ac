"""A station changes its status: what is lost, where people go instead, what the past keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from geodata.tables import rows_from_records
from locator.city import City, CityConfig
from locator.closures import PROMISE_M, move_to_status, nearest_in_use
from locator.dossier import station_document
from locator.errors import InputError, NotFoundError
from locator.registry import Actor
from tests.grids import collection, lonlat

BY = Actor("王工", "撤站")


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A street of 5 km; stations at 500 m and 3,000 m, a room at 1,000 m."""
    made = City.create(tmp_path / "city", CityConfig(name="直街", crs="EPSG:4549"))
    line = {"type": "LineString", "coordinates": [lonlat(0, 0), lonlat(5000, 0)]}
    street = {"type": "Feature", "properties": {"highway": "residential"}, "geometry": line}
    file = tmp_path / "streets.geojson"
    file.write_text(collection([street]), encoding="utf-8")
    made.import_streets([file])
    places = [("A", 500, "驿站"), ("B", 3000, "驿站"), ("M", 1000, "母婴室")]
    records = []
    for name, x, kind in places:
        lon, lat = lonlat(x, 0)
        records.append({"name": name, "lon": lon, "lat": lat, "kind": kind})
    made.import_stations(rows_from_records(records, source="list"))
    return made


def code_of(city: City, name: str) -> str:
    stations = city.current().stations
    return stations.code[stations.name.index(name)]


def test_closing_tells_the_street_lost_and_the_nearest_of_its_kind(city: City) -> None:
    done = move_to_status(city, code_of(city, "A"), "closed", by=BY, reason="租约到期")
    assert done.lost_m == pytest.approx(1500, abs=0.5)  # 0 to 1,500 m had A alone
    assert done.instead is not None
    station, metres = done.instead
    assert station.name == "B"
    assert metres == pytest.approx(2500, abs=0.5)
    assert done.entry.facts["closed_reason"] == "租约到期"
    with city.registry() as registry:
        (batch,) = registry.batches(limit=1)
    assert batch.action == "status"
    assert batch.counts["lost_m"] == pytest.approx(done.lost_m)
    assert batch.counts["within_m"] == PROMISE_M


def test_closed_station_stays_and_its_page_names_the_nearest_open(city: City) -> None:
    code = code_of(city, "A")
    move_to_status(city, code, "撤销", by=BY, reason="租约到期")
    assert code in city.current().stations.code
    with city.registry() as registry:
        document = station_document(city, registry.entry(code))
    assert document["status"] == "closed"
    assert document["open_now"] == "closed"
    assert document["instead"]["name"] == "B"


def test_opening_brings_street_back(city: City) -> None:
    code = code_of(city, "B")
    lost = move_to_status(city, code, "paused", by=BY, reason="装修").lost_m
    back = move_to_status(city, code, "open", by=BY)
    assert lost == pytest.approx(2000, abs=0.5)
    assert back.lost_m == pytest.approx(-2000, abs=0.5)
    assert back.instead is None


def test_change_between_statuses_in_use_loses_nothing(city: City) -> None:
    done = move_to_status(city, code_of(city, "A"), "rectifying", by=BY, reason="设施损坏")
    assert (done.lost_m, done.instead) == (0.0, None)


def test_last_station_of_its_kind_has_no_other(city: City) -> None:
    code = code_of(city, "M")
    assert nearest_in_use(city.current(), code) is None
    assert move_to_status(city, code, "closed", by=BY, reason="撤").instead is None


def test_bad_change_is_refused_and_changes_nothing(city: City) -> None:
    code = code_of(city, "A")
    version = city.current().version
    with pytest.raises(InputError, match="reason"):
        move_to_status(city, code, "closed", by=BY)
    with pytest.raises(InputError, match="unknown status"):
        move_to_status(city, code, "gone", by=BY, reason="x")
    with pytest.raises(NotFoundError):
        move_to_status(city, "NONE", "closed", by=BY, reason="x")
    assert city.current().version == version


def test_city_as_of_a_past_instant_measures_what_was(city: City) -> None:
    before = city.current().coverage(within_m=1000, kind="rest_station").covered_m
    with city.registry() as registry:
        at = registry.batches(limit=1)[0].at
    move_to_status(city, code_of(city, "A"), "closed", by=BY, reason="撤")
    after = city.current().coverage(within_m=1000, kind="rest_station").covered_m
    assert after < before
    then = city.as_of(at.replace(tzinfo=UTC))
    assert then.coverage(within_m=1000, kind="rest_station").covered_m == before
    today = datetime.now(city.zone).date()
    assert city.as_of(today).coverage(within_m=1000, kind="rest_station").covered_m == after
    with pytest.raises(InputError, match="knows nothing before"):
        city.as_of(today - timedelta(days=1))
    with pytest.raises(InputError, match="knows nothing before"):
        city.as_of(at.replace(tzinfo=UTC) - timedelta(seconds=1))
    with pytest.raises(InputError, match="lies ahead"):
        city.as_of(date(2999, 1, 1))
