"""Whether doors are open now, as the map and the cards say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp import create_app
from webapp.cards import station_cards
from webapp.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from locator.view import CityView


def test_doors_are_those_of_the_cards(app: Flask, client: FlaskClient, view: CityView) -> None:
    from webapp.cards import door_of
    from webapp.state import local_now

    told = client.get("/api/v1/doors").get_json()["columns"]
    rows = view.stations.is_usable.nonzero()[0].tolist()
    with app.test_request_context():
        cards = station_cards(view, rows, now=local_now())
    assert told["code"] == [card.code for card in cards]
    doors = [door_of(o, s) for o, s in zip(told["open"], told["closes_in_s"], strict=True)]
    wrong = [c.code for c, door in zip(cards, doors, strict=True) if c.door != door]
    assert len(wrong) <= 2  # a door may change between the two questions
    assert len(set(doors)) > 1


def test_door_in_dispute_is_not_known(own_town: Path, view: CityView) -> None:
    stations = view.stations.usable().of_kind("rest_station")
    code = next(stations.code[row] for row in range(len(stations)) if "24" in stations.hours[row])
    client = create_app(Settings(city=own_town)).test_client()

    def told() -> bool | None:
        columns = client.get("/api/v1/doors").get_json()["columns"]
        return dict(zip(columns["code"], columns["open"], strict=True))[code]

    assert told() is True
    for address in ("192.0.2.1", "198.51.100.7"):
        client.post(
            f"/s/{code}/report",
            data={"what": "locked"},
            headers={"Sec-Fetch-Site": "same-origin"},
            environ_base={"REMOTE_ADDR": address},
        )
    assert told() is None


def test_doors_ask_nothing(client: FlaskClient) -> None:
    assert client.get("/api/v1/doors?lon=120.86").status_code == 422
