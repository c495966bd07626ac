"""OpenStreetMap places as rows of a station list.

Only what a tag says without doubt is taken: names, hours, address, and the facilities that
`geodata/data/facilities.toml` gives a tag for. All tags stay with the row as extra.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from geodata.errors import InputError
from geodata.tables import Row, Rows
from geodata.vocabulary import facilities, read_data

SOURCE = "osm"
NEAR_STREET = "near_street"
"""What a place without a name has beside its tags, where it is known: the street that it is at."""
_FIELDS = {
    "name": ("name", "name:zh", "name:en", "official_name", "short_name"),
    "hours": ("opening_hours",),
    "phone": ("contact:phone", "phone"),
    "street": ("addr:street",),
}
_SCOPES = {
    "yes": "public",
    "public": "public",
    "permissive": "public",
    "private": "staff",
    "no": "staff",
}

Place = tuple[str, float, float, Mapping[str, str]]


def parse_tag(text: str) -> tuple[str, str]:
    """Key and value of TAG=VALUE; the value * stands for any.

    Raises
    ------
    InputError
        The text has no key, no value or no equals sign.

    Examples
    --------
    >>> parse_tag("amenity=drinking_water")
    ('amenity', 'drinking_water')
    """
    key, equals, value = (part.strip() for part in str(text).partition("="))
    if not (key and equals and value):
        raise InputError(f"got OSM tag {text!r}; expected TAG=VALUE, as amenity=drinking_water")
    return key, value


def poi_rows(pois: Iterable[Place], tag: str) -> Rows:
    """Rows of the places that carry a tag.

    Parameters
    ----------
    pois
        Id ("node/123"), longitude, latitude (WGS-84), tags; `geodata.osm.Poi` is such a tuple.
    tag
        TAG=VALUE, or TAG=* for any value. A place with several values, as
        amenity=toilets;drinking_water, carries each.

    Returns
    -------
    Rows
        In the order of the places, numbered from 1; `source_id` is the OSM id.

    Raises
    ------
    InputError
        The tag is not TAG=VALUE.

    Examples
    --------
    >>> place = ("node/1", 120.86, 32.01, {"amenity": "toilets", "wheelchair": "yes"})
    >>> rows = poi_rows([place], "amenity=toilets").rows
    >>> rows[0].values, rows[0].facilities
    ({'source_id': 'node/1'}, {'TOILET': True, 'WHEELCHAIR': True})
    """
    key, wanted = parse_tag(tag)
    found = (poi for poi in pois if _carries(poi[3], key, wanted))
    return Rows(SOURCE, tuple(_row(number, poi) for number, poi in enumerate(found, start=1)))


def sort_of(tags: Mapping[str, Any]) -> str:
    """What a place is, in Chinese, by its tags; "" where they name no sort that is known.

    >>> sort_of({"amenity": "toilets", "fee": "no"}), sort_of({"shop": "bakery"})
    ('公共厕所', '')
    """
    texts = {key: value for key, value in tags.items() if isinstance(value, str)}
    for sort in read_data("hosts.toml")["room"]:
        if any(_carries(texts, *parse_tag(tag)) for tag in sort["tags"]):
            return str(sort["zh"])
    return ""


def _carries(tags: Mapping[str, str], key: str, wanted: str) -> bool:
    """Whether one of a tag's values is the wanted one."""
    value = tags.get(key)
    if value is None:
        return False
    return wanted in ("*", value) or wanted in (part.strip() for part in value.split(";"))


def _row(number: int, place: Place) -> Row:
    """One place as a row."""
    osm_id, lon_deg, lat_deg, tags = place
    values = {"source_id": osm_id}
    for field, keys in _FIELDS.items():
        text = next((tags[key] for key in keys if tags.get(key)), "")
        if text:
            values[field] = text
    address = _address(tags)
    if address:
        values["address"] = address
    if tags.get("access") in _SCOPES:
        values["access_scope"] = _SCOPES[tags["access"]]
    return Row(number, lon_deg, lat_deg, values, _facilities(tags), dict(tags))


def _address(tags: Mapping[str, str]) -> str:
    """Street and house; Chinese writes them without a space."""
    if tags.get("addr:full"):
        return tags["addr:full"]
    street, house = tags.get("addr:street", ""), tags.get("addr:housenumber", "")
    if not street:
        return ""
    return f"{street} {house}".strip() if street.isascii() else street + house


def _facilities(tags: Mapping[str, str]) -> dict[str, bool]:
    """Facilities that tags tell of; KEY=no says there is none."""
    found: dict[str, bool] = {}
    for (key, value), code in _facility_tags().items():
        if _carries(tags, key, value):
            found[code] = True
        elif value == "yes" and tags.get(key) == "no":
            found.setdefault(code, False)
    return found


@cache
def _facility_tags() -> dict[tuple[str, str], str]:
    """Tags that tell of a facility."""
    return {parse_tag(tag): facility.code for facility in facilities() for tag in facility.osm}
