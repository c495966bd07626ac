"""What else the registry may tell the public of one station: floor, key, showers, activities ...

Which fields matter differs by kind: a mother wants the floor and the key, a lorry driver the lorry
park and the showers, and a 康乃馨 station lives by its activities rather than by its hours. Private
fields never come here, whatever the lists below say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.fields import fields
from webapp.languages import said
from webapp.languages import translate as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.fields import Field
    from locator.registry.entries import Entry

_ALL = ("subtype", "floor_pos", "entrance_note", "accessible", "bike_parking", "price_note")
_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "mother_baby_room": (
        "key_holder", "all_gender", "nursing_seats", "partition_n", "separate_from_toilet",
    ),
    "carnation_station": (
        "next_activities", "service_items", "service_partners", "level", "sanitary_corner",
    ),
    "worker_home": (
        "truck_spaces", "truck_parking", "shower_m", "shower_f", "beds", "washers",
    ),
}  # fmt: skip


class Fact(NamedTuple):
    """A field's name and its value, in words."""

    label: str
    value: str


def facts_of(entry: Entry) -> list[Fact]:
    """The facts worth telling of a station of its kind; what is not known is left out."""
    known = fields()
    found = []
    for name in (*_OF_KIND.get(entry.kind, ()), *_ALL):
        value = entry.facts.get(name)
        field = known[name]
        if value not in (None, "", ()) and field.public:
            found.append(Fact(said(field), _in_words(field, value)))
    return found


def _in_words(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, (list, tuple)):
        return _("、").join(str(one) for one in value)
    if field.type == "term":
        term = field.word_list.get(value)
        return said(term) if term is not None else str(value)
    return str(value)
