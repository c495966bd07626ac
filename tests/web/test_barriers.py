"""Barriers of the city hold on its pages too: nobody is sent through a shut place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from locator.barrier_files import import_barriers
from locator.city import City


def shut(city: Path, file: Path, spot: tuple[float, float], **told: str) -> None:
    """Let nobody through a square around a spot."""
    (x, y), side = spot, 0.0008
    ring = [[x - side, y - side], [x + side, y - side], [x + side, y + side], [x - side, y + side]]
    area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    feature = {"type": "Feature", "properties": told, "geometry": area}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert import_barriers(City.open(city).workspace, file).added == 1


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_page_leads_through_a_gate_at_the_hours_at_which_it_is_open(
    own_town: Path, tmp_path: Path, path: str
) -> None:
    from webapp import create_app
    from webapp.settings import Settings

    client = create_app(Settings(city=own_town)).test_client()

    def codes(at: str) -> list[str]:
        asked = {"place": "人民中路", "at": at}
        text = client.get(path, query_string=asked).get_data(as_text=True)
        answer = text.split('id="answer"')[1].split("</section>")[0]
        return re.findall(r'data-code="([^"]+)"', answer)

    first, *_ = codes("2026-03-02T12:00")
    view = City.open(own_town).current()
    row = view.stations.code.index(first)
    lon, lat = view.stations.lonlat_deg[row].tolist()
    shut(own_town, tmp_path / "gate.geojson", (lon, lat), hours="20:00-06:00")
    assert codes("2026-03-02T12:00")[0] == first
    assert first not in codes("2026-03-02T23:00")


def test_nearest_does_not_lead_through_what_is_shut(own_town: Path, tmp_path: Path) -> None:
    from webapp import create_app
    from webapp.settings import Settings

    client = create_app(Settings(city=own_town)).test_client()
    view = City.open(own_town).current()
    lon, lat = view.to_lonlat(view.streets.node_xy_m.mean(axis=0)[None])[0].tolist()
    asked = {"lon": lon, "lat": lat, "k": 1}
    first = client.post("/api/v1/nearest", json=asked).get_json()["results"][0]
    shut(own_town, tmp_path / "shut.geojson", (first["lon"], first["lat"]))
    then = client.post("/api/v1/nearest", json=asked).get_json()["results"][0]
    assert then["code"] != first["code"]
    shares = [client.get(f"/api/v1/{name}").get_json() for name in ("coverage", "curve")]
    assert shares[0]["unreachable_m"] > view.coverage(within_m=1000).unreachable_m
    assert shares[1]["unreachable"] > view.curve().unreachable


def test_what_no_barrier_changes_is_made_once(own_town: Path, tmp_path: Path) -> None:
    from locator.city_places import gazetteer_of

    city = City.open(own_town)
    lon, lat = city.current().stations.lonlat_deg[0].tolist()
    shut(own_town, tmp_path / "gate.geojson", (lon, lat), hours="20:00-06:00")
    day, night = (city.current(at=f"2026-03-02T{hour}") for hour in ("12:00", "23:00"))
    assert day is not night
    assert night.store.barred is not None
    assert day.timetable is night.timetable
    assert gazetteer_of(night) is gazetteer_of(day)
    closed = night.with_status({night.stations.code[0]: "closed"})
    assert closed.timetable is not night.timetable
    assert len(gazetteer_of(closed)) < len(gazetteer_of(day))
