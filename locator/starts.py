"""Where a question starts: degrees, a station's code (from its plate), or the name of a place."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locator.city_places import find_place
from locator.errors import InputError
from locator.gazetteer import Match, is_clear

if TYPE_CHECKING:
    from locator.view import CityView

AMBIGUOUS, UNKNOWN_PLACE = "ambiguous", "unknown_place"
_NUMBER = r"\s*([+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?)\s*"
_PAIR = re.compile(f"{_NUMBER}[,，]{_NUMBER}")
# However somebody separates and marks them: "120.86 32.01", "120.86°E、32.01°N".
_DEGREES = r"\s*[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?\s*[°º度]?\s*[NSEW]?\s*"
_POSITION = re.compile(f"{_DEGREES}[,，、;；\\s]{_DEGREES}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Start:
    """What a text was taken for.

    Parameters
    ----------
    lonlat_deg, datum
        The position; None where several places, or none, may be meant.
    matches
        Places of that name, the best first; () for degrees.
    """

    lonlat_deg: tuple[float, float] | None
    datum: str
    matches: tuple[Match, ...] = ()

    @property
    def outcome(self) -> str:
        """Why there is no position: ambiguous or unknown_place; "" where there is one."""
        if self.lonlat_deg is not None:
            return ""
        return AMBIGUOUS if self.matches else UNKNOWN_PLACE

    def to_json(self) -> dict[str, Any]:
        """As a document: the position, and all places that may be meant."""
        return {
            "outcome": self.outcome or "found",
            "lon": None if self.lonlat_deg is None else self.lonlat_deg[0],
            "lat": None if self.lonlat_deg is None else self.lonlat_deg[1],
            "places": [
                {**match.place.to_json(), "score": match.score, "how": match.how}
                for match in self.matches
            ],
        }


def is_position(text: str) -> bool:
    """Whether a text is two numbers, in range or not, and so may be where somebody stands.

    >>> is_position("120.86°E 32.01°N"), is_position("500,500"), is_position("人民路12号")
    (True, True, False)
    """
    return _POSITION.fullmatch(unicodedata.normalize("NFKC", text)) is not None


def find_start(view: CityView, text: str, *, datum: str = "wgs84") -> Start:
    """The position that a text means, where it means one.

    Parameters
    ----------
    text
        "LON,LAT" in `datum`, the code of a station, or the name of a place.

    Raises
    ------
    InputError
        The text is blank, or its numbers are no degrees.

    Examples
    --------
    >>> find_start(None, "120.86, 32.01").lonlat_deg
    (120.86, 32.01)
    """
    if not text.strip():
        raise InputError("the start is blank: give LON,LAT, a station's code or a place")
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        lon, lat = float(pair[1]), float(pair[2])
        if not (abs(lon) <= 180 and abs(lat) <= 90 and math.isfinite(lon + lat)):  # noqa: PLR2004
            swapped = abs(lat) <= 180 and abs(lon) <= 90  # noqa: PLR2004
            raise InputError(
                "the numbers are no position: expected longitude up to 180, then latitude up to 90"
                + ("; they look swapped: give the longitude first" if swapped else "")
            )
        return Start((lon, lat), datum)
    matches = find_place(view, text)
    if not is_clear(matches):
        return Start(None, "wgs84", tuple(matches))
    best = matches[0].place
    return Start((best.lon_deg, best.lat_deg), "wgs84", tuple(matches))
