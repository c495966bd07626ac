"""What a phone needs to read a typed place as the server does, without a network.

The names themselves are in the street file and in those of the stations; the page compares them by
the rules of `locator.gazetteer` (`static/js/gazetteer.js`). Here is the rest, as JSON:

    areas    districts in file order: code, name, and rings [lon, lat, dlon, dlat, ...] in 1e-7
             degrees, inside where an odd number of rings lies around
    pois     [name, lon, lat] of the places that came with the streets; null where they are too many
    signs    pinyin and the signs that are read so, "ba八巴 ...": common ones, and those of names
    odd      words in which a sign is read otherwise: what holds one is left to the server
    names    [name, pinyin, initials] of the names whose sound is not that of their signs

A page that cannot be sure to come to the server's answer says that it needs the network.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from locator.city_places import read_districts
from locator.gazetteer import plain
from locator.pinyin import is_sign, odd_words, sound_by_signs, sound_of

if TYPE_CHECKING:
    from locator.version import CityVersion

MOST_POIS = 1000  # some 20 KB on the wire
_COMMON = range(0xB0, 0xD8)  # lead bytes of the 3,755 common characters of GB/T 2312


def pack_places(view: CityVersion) -> bytes:
    """The file of a city's districts, of its other places, and of how names are read."""
    districts = read_districts(view)
    pois = sorted(
        {
            (poi.tags["name"], poi.lon_deg, poi.lat_deg)
            for poi in view.store.pois
            if poi.tags.get("name")
        }
    )
    names = {plain(name) for name in all_names(view)}
    signs = _common_signs() | {sign for name in names for sign in name if is_sign(sign)}
    odd = [
        (name, *sound_of(name)) for name in sorted(names) if sound_of(name) != sound_by_signs(name)
    ]
    body = {
        "areas": [
            {"code": code, "name": name, "rings": _rings(shape)} for code, name, shape in districts
        ],
        "pois": pois if len(pois) <= MOST_POIS else None,
        "signs": _by_sound(signs),
        "odd": [word for word in odd_words() if signs.issuperset(word)],
        "names": odd,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def all_names(view: CityVersion) -> list[str]:
    """Names of streets, stations, districts and other places, as they are written."""
    areas = (name for _, name, _ in read_districts(view))
    pois = (poi.tags.get("name", "") for poi in view.store.pois)
    return [name for name in (*view.streets.names, *view.stations.name, *areas, *pois) if name]


def _by_sound(signs: frozenset[str]) -> str:
    groups: dict[str, list[str]] = {}
    for sign in sorted(signs):
        groups.setdefault(sound_of(sign)[0], []).append(sign)
    return " ".join(sound + "".join(own) for sound, own in sorted(groups.items()))


def _rings(shape: Any) -> list[list[int]]:
    """Rings of an area, outer and inner alike, in steps of 1e-7 degrees."""
    found = []
    for part in shapely.get_parts(shape).tolist():
        for ring in (part.exterior, *part.interiors):
            at = np.rint(shapely.get_coordinates(ring) * 1e7).astype(np.int64)
            found.append(np.diff(at, axis=0, prepend=0).ravel().tolist())
    return found


@lru_cache(maxsize=1)
def _common_signs() -> frozenset[str]:
    bodies = [bytes((lead, trail)) for lead in _COMMON for trail in range(0xA1, 0xFF)]
    return frozenset(sign for body in bodies for sign in body.decode("gb2312", "ignore"))
