"""Places of the city by name, found from what somebody types: offline, with pinyin and slips.

The list is the city's own: names of its streets, stations, districts, and of the places that came
with the streets. A text is compared by its signs, by its sound in pinyin (renminlu, rml; 仁民路
sounds like 人民路), and by how few signs differ. A street of one name in two towns is two places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from locator.pinyin import sound_of

STREET, STATION, DISTRICT, POI, CROSSING = "street", "station", "district", "poi", "crossing"
MOST_CHARACTERS = 60

_LEAST_SLIP = 65.0  # per cent of equal signs, below which a slip is another word
_LEAST_SOUND = 80.0
_SHORT_CHARACTERS = 2  # one sign or letter is like too many names
_AREA_NAMED = (95.0, "name")  # a district without its last word: 海安 for 海安市
_CLEAR = 5.0  # a best match that leads by so much is the one that was meant
_AREA_SUFFIX = re.compile(r"(?:自治县|新区|开发区|[市区县旗镇])$")
_QUARTER = re.compile(r"[东西南北中]")
_LATIN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A place with a name.

    Parameters
    ----------
    kind
        street, station, district, poi or crossing.
    code
        Of a station or district; "" else.
    district
        Name of the district it lies in, "" where not known.
    lon_deg, lat_deg
        WGS-84; on the street itself for streets and crossings.
    size_m
        Metres of street; 0 for others.
    """

    kind: str
    name: str
    lon_deg: float
    lat_deg: float
    code: str = ""
    district: str = ""
    size_m: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As a document."""
        return {
            "kind": self.kind, "name": self.name, "code": self.code, "district": self.district,
            "lon": self.lon_deg, "lat": self.lat_deg,
        }  # fmt: skip


class Match(NamedTuple):
    """A place that may be meant, how well it fits (0 to 100), and by what.

    `how` is code, name, part, pinyin, initials, sound or slip.
    """

    place: Place
    score: float
    how: str


class Gazetteer:
    """Places that can be looked for by name.

    Parameters
    ----------
    places
        In any order; equal ones count once.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(
            sorted(set(places), key=lambda place: (place.name, place.kind, place.code,
                                                   place.lon_deg, place.lat_deg))
        )  # fmt: skip
        once = {name: plain(name) for name in {place.name for place in self.places}}
        self._names = [once[place.name] for place in self.places]  # a long street is many places
        sounds = [sound_of(name) for name in self._names]
        self._sounds, self._initials = [one[0] for one in sounds], [one[1] for one in sounds]
        self._codes = {place.code.casefold(): row for row, place in enumerate(self.places)
                       if place.kind == STATION}  # fmt: skip
        self._districts = _district_words(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def find(self, text: str, *, most: int = 8) -> list[Match]:
        """Places that may be meant, the best first.

        Parameters
        ----------
        text
            A name or a part of one, pinyin or its initials, a station's code; a district's name
            may stand before or after it.

        Returns
        -------
        list of Match
            By score; equal ones with the longer street first, then by name. O(places).
        """
        code = self._codes.get(text.strip().casefold())
        if code is not None:
            return [Match(self.places[code], 100.0, "code")]
        word, district = self._split(text[:MOST_CHARACTERS])
        if not word:
            return []
        found = self._score(word)
        if district:
            inside = {row: one for row, one in found.items()
                      if self.places[row].district == district}  # fmt: skip
            found = inside or found
        rows = sorted(found, key=lambda row: (-found[row][0], -round(self.places[row].size_m), row))
        return [Match(self.places[row], *found[row]) for row in rows[:most]]

    def _split(self, text: str) -> tuple[str, str]:
        """What is looked for, and the district that was said with it, "" for none."""
        words = text.split()
        if len(words) > 1:
            for at in (0, -1):
                name = self._districts.get(plain(words[at]))
                if name:
                    rest = words[1:] if at == 0 else words[:-1]
                    return plain("".join(rest)), name
        word = plain(text)
        if word not in self._names:
            for short in sorted(self._districts, key=len, reverse=True):
                if word.startswith(short) and len(word) > len(short) + 1:
                    return word[len(short) :], self._districts[short]
        return word, ""

    def _score(self, word: str) -> dict[int, tuple[float, str]]:
        """Score and way of each place that fits a plain word."""
        found: dict[int, tuple[float, str]] = {}
        sound, _ = sound_of(word)
        typed = bool(_LATIN.fullmatch(word))
        for row, name in enumerate(self._names):
            best = _compare(word, name)
            if best is None and len(word) >= _SHORT_CHARACTERS:
                best = _compare_sounds(
                    word if typed else sound, self._sounds[row], self._initials[row], typed
                )
            if best is not None:
                found[row] = best
        for row in self._named(word):
            found[row] = max(found.get(row, _AREA_NAMED), _AREA_NAMED)
        if len(word) >= _SHORT_CHARACTERS:
            for row, best in self._slips(word, sound).items():
                found.setdefault(row, best)
        return found

    def _named(self, word: str) -> list[int]:
        """Places of the name of the district that is called so, with its last word or without."""
        name = self._districts.get(word)
        if name is None:
            return []
        return [row for row, place in enumerate(self.places) if place.name == name]

    def _slips(self, word: str, sound: str) -> dict[int, tuple[float, str]]:
        """Places whose name or sound differs in few signs."""
        from rapidfuzz import fuzz, process

        found: dict[int, tuple[float, str]] = {}
        for choices, text, least, how in (
            (self._names, word, _LEAST_SLIP, "slip"),
            (self._sounds, sound, _LEAST_SOUND, "sound"),
        ):
            near = process.extract(text, choices, scorer=fuzz.ratio, score_cutoff=least, limit=50)
            for _, ratio, row in near:
                score = (round(0.7 * ratio, 3), how)
                if row not in found or score[0] > found[row][0]:
                    found[row] = score
        return found


def is_clear(matches: Sequence[Match]) -> bool:
    """Whether the first match is what was meant: alone, or far better than the second."""
    if not matches:
        return False
    return len(matches) == 1 or matches[0].score - matches[1].score >= _CLEAR


def plain(text: str) -> str:
    """A text as names are compared: no case, width, accents, spaces or punctuation.

    >>> plain("  Rua São Luís "), plain("人民 路（东）")
    ('ruasaoluis', '人民路东')
    """
    signs = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return re.sub(r"[\W_]", "", "".join(one for one in signs if not unicodedata.combining(one)))


def _compare(word: str, name: str) -> tuple[float, str] | None:
    """How a word fits a name by its signs."""
    if word == name:
        return 100.0, "name"
    if word in name:
        share = len(word) / len(name)
        return (80.0 if name.startswith(word) else 70.0) + 10.0 * share, "part"
    if len(word) > _SHORT_CHARACTERS and _QUARTER.sub("", name) == _QUARTER.sub("", word):
        return 80.0, "part"  # 人民路 for 人民中路
    return None


def _compare_sounds(word: str, sound: str, initials: str, typed: bool) -> tuple[float, str] | None:
    """How a word fits by sound: pinyin that was typed, or signs that sound alike."""
    if word == sound:
        return (95.0, "pinyin") if typed else (75.0, "sound")
    if not typed:
        return None
    if word == initials:
        return 85.0, "initials"
    if sound.startswith(word):
        return 75.0 + 10.0 * len(word) / len(sound), "pinyin"
    if initials.startswith(word):
        return 60.0 + 10.0 * len(word) / len(initials), "initials"
    return None


def _district_words(places: Iterable[Place]) -> dict[str, str]:
    """Names of districts, with and without their last word, to the name."""
    words: dict[str, str] = {}
    for place in places:
        if place.kind == DISTRICT:
            name = plain(place.name)
            words[name] = place.name
            short = _AREA_SUFFIX.sub("", name)
            if len(short) >= _SHORT_CHARACTERS:
                words.setdefault(short, place.name)
    return words
