"""Barriers of the city hold on its pages too: nobody is sent through a shut place."""

from __future__ import annotations

import json
from pathlib import Path

from locator.barrier_files import import_barriers
from locator.city import City


def test_nearest_does_not_lead_through_what_is_shut(own_town: Path, tmp_path: Path) -> None:
    from webapp import create_app
    from webapp.settings import Settings

    client = create_app(Settings(city=own_town)).test_client()
    view = City.open(own_town).current()
    lon, lat = view.to_lonlat(view.streets.node_xy_m.mean(axis=0)[None])[0].tolist()
    asked = {"lon": lon, "lat": lat, "k": 1}
    first = client.post("/api/v1/nearest", json=asked).get_json()["results"][0]
    side = 0.0008
    x, y = first["lon"], first["lat"]
    ring = [[x - side, y - side], [x + side, y - side], [x + side, y + side], [x - side, y + side]]
    area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": area}
    file = tmp_path / "shut.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert import_barriers(City.open(own_town).workspace, file).added == 1
    then = client.post("/api/v1/nearest", json=asked).get_json()["results"][0]
    assert then["code"] != first["code"]
    shares = [client.get(f"/api/v1/{name}").get_json() for name in ("coverage", "curve")]
    assert shares[0]["unreachable_m"] > view.coverage(within_m=1000).unreachable_m
    assert shares[1]["unreachable"] > view.curve().unreachable
