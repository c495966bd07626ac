"""/api/v1 says what the library says, keeps positions to itself, and refuses bad input by name."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.web.tiles import decode, tile_at
from tests.web.town import PAYLOADS, add_stations
from webapp import create_app
from webapp.settings import Settings
from webapp.street_tiles import UNITS

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.stations import Stations
    from locator.view import CityView

API = "/api/v1"
EARTH_M = 40_075_016.686  # equator of Web Mercator's sphere


def middle(view: CityView) -> dict[str, float]:
    west, south, east, north = view.bounds_deg
    return {"lon": (west + east) / 2, "lat": (south + north) / 2}


def test_health_tells_the_version(client: FlaskClient, view: CityView) -> None:
    answer = client.get(f"{API}/health").get_json()
    assert answer["status"] == "ok"
    assert answer["version"] == view.version
    assert answer["sample"] is True


def test_stations_are_the_usable_ones_of_the_registry(
    client: FlaskClient, usable: Stations
) -> None:
    answer = client.get(f"{API}/stations").get_json()
    columns = answer["columns"]
    assert answer["count"] == len(usable)
    assert columns["code"] == list(usable.code)
    assert columns["lon"] == pytest.approx(usable.lonlat_deg[:, 0], abs=1e-6)
    assert columns["lat"] == pytest.approx(usable.lonlat_deg[:, 1], abs=1e-6)
    assert all(columns["sample"])


def test_stations_asked_again_are_not_sent_again(client: FlaskClient) -> None:
    tag = client.get(f"{API}/stations").headers["ETag"]
    again = client.get(f"{API}/stations", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"{API}/stations?kind=worker_home", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_stations_after_an_import_are_new(own_town: Path) -> None:
    client = create_app(Settings(city=own_town)).test_client()
    first = client.get(f"{API}/stations")
    place = (first.json["columns"]["lon"][0], first.json["columns"]["lat"][0])  # type: ignore[index]
    add_stations(own_town, ("新站",), near=place)
    again = client.get(f"{API}/stations", headers={"If-None-Match": first.headers["ETag"]})
    assert "新站" in again.get_json()["columns"]["name"]


def test_names_of_markup_arrive_as_they_are(own_town: Path, view: CityView) -> None:
    add_stations(own_town, PAYLOADS, near=tuple(middle(view).values()))  # type: ignore[arg-type]
    client = create_app(Settings(city=own_town)).test_client()
    answer = client.get(f"{API}/stations")
    assert answer.mimetype == "application/json"
    assert set(PAYLOADS) <= set(answer.get_json()["columns"]["name"])


@pytest.mark.parametrize("mode", ["walk", "ebike", "car"])
def test_nearest_is_that_of_the_library(client: FlaskClient, view: CityView, mode: str) -> None:
    asked = {**middle(view), "k": 4, "mode": mode}
    answer = client.post(f"{API}/nearest", json=asked)
    near = view.nearest([(asked["lon"], asked["lat"])], k=4, mode=mode)
    found = answer.get_json()
    assert found["outcome"] == near.outcome[0]
    codes = [view.stations.code[i] for i in near.index[0].tolist() if i >= 0]
    assert [row["code"] for row in found["results"]] == codes
    metres = [row["distance_m"] for row in found["results"]]
    assert metres == pytest.approx(near.distance_m[0][: len(codes)], abs=1e-3)


def test_nearest_route_leads_from_the_person_to_the_station(
    client: FlaskClient, view: CityView
) -> None:
    asked = middle(view)
    for row in client.post(f"{API}/nearest", json=asked).get_json()["results"]:
        line = np.array(row["route"]["coordinates"])
        assert line[0] == pytest.approx([asked["lon"], asked["lat"]], abs=1e-5)
        assert line[-1] == pytest.approx([row["lon"], row["lat"]], abs=1e-5)
        walked = np.hypot(*np.diff(view.to_xy(line), axis=0).T).sum()
        assert walked == pytest.approx(row["distance_m"], rel=1e-2, abs=1)


def test_nearest_without_routes_is_the_same_but_for_them(
    client: FlaskClient, view: CityView
) -> None:
    asked = {**middle(view), "at": "2026-03-02T09:00"}
    whole = client.post(f"{API}/nearest", json=asked).get_json()
    short = client.post(f"{API}/nearest", json={**asked, "routes": False}).get_json()
    for row in [*whole["results"], *whole["below"]]:
        row.pop("route", None)
    assert short == whole


def test_nearest_is_never_kept(client: FlaskClient, view: CityView) -> None:
    answer = client.post(f"{API}/nearest", json=middle(view))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_nearest_by_get_is_refused(client: FlaskClient) -> None:
    assert client.get(f"{API}/nearest?lon=120.86&lat=32.01").status_code == 405


def test_nearest_with_position_in_the_address_is_refused_and_not_repeated(
    client: FlaskClient, view: CityView
) -> None:
    answer = client.post(f"{API}/nearest?lon=120.8612345", json=middle(view))
    assert answer.status_code == 422
    assert b"120.86" not in answer.data


def test_nearest_outside_says_what_to_do(client: FlaskClient) -> None:
    answer = client.post(f"{API}/nearest", json={"lon": 0, "lat": 0}).get_json()
    assert (answer["outcome"], answer["results"], answer["snap_m"]) == ("outside", [], None)
    assert "先选市内地点" in answer["message"]
    assert answer["next_step"]


def test_nearest_far_from_any_street_in_the_city_says_so(town: Path) -> None:
    from locator.city import City

    # the corner of the bounds is city by its numbers, and no street is near it
    view = City.open(town).current()
    west, south, east, north = view.bounds_deg
    client = create_app(Settings(city=town)).test_client()
    told = [
        client.post(f"{API}/nearest", json={"lon": lon, "lat": lat}).get_json()
        for lon in (west, east)
        for lat in (south, north)
    ]
    outside = [answer for answer in told if answer["outcome"] == "outside"]
    assert outside
    assert all("250米以内没有能走的路" in answer["message"] for answer in outside)


def test_nearest_none_within_says_what_to_do(client: FlaskClient, view: CityView) -> None:
    asked = {**middle(view), "within": "0.001"}
    answer = client.post(f"{API}/nearest", json=asked).get_json()
    assert (answer["outcome"], answer["results"]) == ("none_within", [])
    assert answer["message"] and answer["next_step"]  # noqa: PT018


def test_nearest_of_kind_without_stations_says_so(own_town: Path, view: CityView) -> None:
    from locator.registry import Registry

    (own_town / "registry.sqlite").unlink()
    Registry.open(own_town, create=True).close()
    add_stations(own_town, ("唯一的站",), near=tuple(middle(view).values()))  # type: ignore[arg-type]
    client = create_app(Settings(city=own_town)).test_client()
    answer = client.post(f"{API}/nearest", json={**middle(view), "kind": "worker_home"}).get_json()
    assert answer["outcome"] == "unreachable"
    assert "没有这一类站点" in answer["message"]


def test_nearest_in_another_datum_is_brought_home(client: FlaskClient, view: CityView) -> None:
    from geodata.datum import from_wgs84

    lon, lat = from_wgs84(np.array([tuple(middle(view).values())]), "gcj02")[0].tolist()
    moved = client.post(f"{API}/nearest", json={"lon": lon, "lat": lat, "datum": "gcj02"})
    plain = client.post(f"{API}/nearest", json=middle(view))
    for one, other in zip(moved.get_json()["results"], plain.get_json()["results"], strict=True):
        assert one["distance_m"] == pytest.approx(other["distance_m"], abs=1)


def test_nearest_by_street_tells_the_place(client: FlaskClient, view: CityView) -> None:
    street = next(name for name in view.streets.names if name)
    answer = client.post(f"{API}/nearest", json={"street": street}).get_json()
    assert answer["outcome"] == "found"
    west, south, east, north = view.bounds_deg
    assert west <= answer["from"]["lon"] <= east
    assert south <= answer["from"]["lat"] <= north


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("stations?kind=pub", "kind"),
        ("stations?color=red", "color"),
        ("coverage?within=0", "within"),
        ("coverage?mode=boat", "mode"),
        ("coverage?within=300&within=500", "within"),
        ("coverage/tiles/10/1/1?within=x", "within"),
        ("health?x=1", "x"),
    ],
)
def test_bad_parameter_is_refused_by_name(client: FlaskClient, path: str, field: str) -> None:
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.get_json()["error"]["fields"]] == [field]


def test_long_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(f"{API}/nearest", data=b" " * 20_000, content_type="application/json")
    assert answer.status_code == 413
    assert answer.get_json()["error"]["status"] == 413


def test_fault_of_the_program_tells_nothing_of_the_position(
    town: Path, view: CityView, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(city=town))

    position = "120.8612345, 32.0112345"

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError(f"no way from {position}")

    monkeypatch.setattr("webapp.wording.nearest_document", fail)
    with caplog.at_level(logging.DEBUG):
        answer = app.test_client().post(f"{API}/nearest", json=middle(view))
    assert answer.status_code == 500
    assert b"120.86" not in answer.data
    assert "RuntimeError" in caplog.text
    assert "120.86" not in caplog.text


def test_coverage_is_that_of_the_library(client: FlaskClient, view: CityView) -> None:
    answer = client.get(f"{API}/coverage?within=300&kind=rest_station").get_json()
    cover = view.coverage(within_m=300, kind="rest_station")
    for name in ("covered_m", "uncovered_m", "unreachable_m", "total_m", "share"):
        assert answer[name] == pytest.approx(getattr(cover, name), rel=1e-12)
    assert answer["gaps_total"] == len(cover.gap_table)
    lengths = [gap["length_m"] for gap in answer["gaps"]]
    assert lengths == sorted(lengths, reverse=True)
    for gap in answer["gaps"]:
        west, south, east, north = gap["bounds_deg"]
        assert west - 1e-6 <= gap["lon"] <= east + 1e-6
        assert south - 1e-6 <= gap["lat"] <= north + 1e-6


def test_coverage_in_minutes_is_that_in_metres(client: FlaskClient) -> None:
    minutes = client.get(f"{API}/coverage?within=15min").get_json()
    metres = client.get(f"{API}/coverage?within=999").get_json()
    assert minutes["covered_m"] == metres["covered_m"]


def test_coverage_asked_again_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get(f"{API}/coverage?within=300").headers["ETag"]
    again = client.get(f"{API}/coverage?within=300", headers={"If-None-Match": tag})
    assert again.status_code == 304


def test_tiles_hold_the_lengths_of_the_coverage(client: FlaskClient, view: CityView) -> None:
    zoom = 15
    west, south, east, north = view.bounds_deg
    left, top = tile_at(west, north, zoom)
    right, bottom = tile_at(east, south, zoom)
    metres = np.zeros(3)
    for column in range(left - 1, right + 2):
        for row in range(top - 1, bottom + 2):
            tile = client.get(f"{API}/coverage/tiles/{zoom}/{column}/{row}?within=300").data
            for group, lines in enumerate(decode(tile)):
                for line in lines:
                    metres[group // 2] += drawn_inside(line)
    scale = EARTH_M / 2**zoom / UNITS * np.cos(np.radians((south + north) / 2))
    cover = view.coverage(within_m=300)
    totals = [cover.covered_m, cover.uncovered_m, cover.unreachable_m]
    assert metres * scale == pytest.approx(totals, rel=0.01, abs=50)


def drawn_inside(line: np.ndarray) -> float:
    """Length of the parts of a line whose middle is in the tile without its margin."""
    middles = (line[1:] + line[:-1]) / 2
    inside = np.all((middles >= 0) & (middles < UNITS), axis=1)
    return float(np.hypot(*np.diff(line, axis=0).T)[inside].sum())


def test_tile_of_the_version_seen_is_kept(client: FlaskClient, view: CityView) -> None:
    address = f"{API}/coverage/tiles/12/1/1?within=300"
    assert "immutable" in client.get(f"{address}&v={view.version}").headers["Cache-Control"]
    assert client.get(f"{address}&v=older").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["25/0/0", "3/8/0", "3/0/8", "x/0/0", "-1/0/0"])
def test_tile_that_cannot_be_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"{API}/coverage/tiles/{path}").status_code == 404


def test_error_of_the_api_is_json(client: FlaskClient) -> None:
    answer = client.get(f"{API}/nowhere")
    assert answer.status_code == 404
    assert json.loads(answer.data)["error"]["status"] == 404
