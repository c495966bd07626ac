"""OpenStreetMap places as station rows: which are taken, and what their tags tell."""

from __future__ import annotations

import math

import pytest

from geodata.errors import InputError
from geodata.pois import parse_tag, poi_rows

PLACES = [
    ("node/1", 120.1, 32.1, {"amenity": "drinking_water"}),
    ("node/2", 120.2, 32.2, {"amenity": "toilets;drinking_water", "name:en": "Park", "fee": "no"}),
    ("way/3", 120.3, 32.3, {"amenity": "toilets", "name": "公厕", "name:en": "WC",
                            "wheelchair": "no", "drinking_water": "no", "access": "private",
                            "opening_hours": "06:00-22:00", "addr:street": "人民路",
                            "addr:housenumber": "5号"}),
    ("node/4", 120.4, 32.4, {"shop": "bakery", "toilets": "limited", "addr:street": "Elm Street",
                             "addr:housenumber": "7", "contact:phone": "+86 513 1"}),
]  # fmt: skip


def found(tag: str) -> list[str]:
    return [row.values["source_id"] for row in poi_rows(PLACES, tag).rows]


@pytest.mark.parametrize(
    ("tag", "ids"),
    [
        ("amenity=drinking_water", ["node/1", "node/2"]),
        ("amenity=toilets", ["node/2", "way/3"]),
        ("amenity=*", ["node/1", "node/2", "way/3"]),
        (" shop = bakery ", ["node/4"]),
        ("shop=cafe", []),
        ("amenity=drinking", []),
    ],
)
def test_poi_rows_only_places_with_the_tag_are_taken(tag: str, ids: list[str]) -> None:
    assert found(tag) == ids


@pytest.mark.parametrize("tag", ["amenity", "=toilets", "amenity=", "", "="])
def test_parse_tag_without_key_or_value_is_refused(tag: str) -> None:
    with pytest.raises(InputError, match="TAG=VALUE"):
        parse_tag(tag)
    with pytest.raises(InputError, match="TAG=VALUE"):
        poi_rows([], tag)


def test_parse_tag_value_may_hold_an_equals_sign() -> None:
    assert parse_tag("url=a?b=c") == ("url", "a?b=c")


def test_poi_rows_tags_become_fields() -> None:
    row = poi_rows(PLACES, "amenity=toilets").rows[1]
    assert (row.number, row.lon_deg, row.lat_deg) == (2, 120.3, 32.3)
    assert row.values == {
        "source_id": "way/3", "name": "公厕", "hours": "06:00-22:00", "street": "人民路",
        "address": "人民路5号", "access_scope": "staff",
    }  # fmt: skip
    assert row.facilities == {"TOILET": True, "WHEELCHAIR": False, "WATER": False}
    assert row.extra == PLACES[2][3]


def test_poi_rows_name_falls_back_and_unsure_tags_stay_unknown() -> None:
    assert poi_rows(PLACES, "amenity=toilets").rows[0].values["name"] == "Park"
    bakery = poi_rows(PLACES, "shop=bakery").rows[0]
    assert bakery.values == {
        "source_id": "node/4", "street": "Elm Street", "address": "Elm Street 7",
        "phone": "+86 513 1",
    }  # fmt: skip
    assert bakery.facilities == {}


def test_poi_rows_no_places_are_no_rows() -> None:
    assert len(poi_rows([], "amenity=toilets")) == 0
    assert all(math.isfinite(row.lon_deg) for row in poi_rows(PLACES, "amenity=*").rows)
