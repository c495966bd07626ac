"""Districts by code and name, old codes and names among them, and areas managed like districts.

The list is data, `geodata/data/districts.toml`. Codes change when counties become districts or two
districts become one, while boundary files and sheets keep the old ones for years: whatever comes in
is asked for its `current_code`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.vocabulary import normalise, read_data

_CODE = re.compile(
    r"(\d{6})(?:\d{3}|\d{6})?(?:\.0)?"
)  # a district, town or community; or a float's
_SUFFIX = re.compile(r"(?:自治县|[市区县旗])$")
_MIN_SHORT = 2  # characters of a name without its suffix


@dataclass(frozen=True, slots=True)
class FormerCode:
    """A code that a district had, the name it went by, and the year it was given up."""

    code: str
    zh: str
    until: int


@dataclass(frozen=True, slots=True)
class District:
    """One district, county or county-level city.

    Parameters
    ----------
    code, city
        Six digits of GB/T 2260.
    former
        Codes it had, or that its parts had.
    population
        Residents, 0 where not known; `note` tells what is in it.
    """

    code: str
    city: str
    zh: str
    en: str
    former: tuple[FormerCode, ...] = ()
    population: int = 0
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All its names, former ones last."""
        return tuple(dict.fromkeys((self.zh, self.en, *(old.zh for old in self.former))))


@dataclass(frozen=True, slots=True)
class MgmtArea:
    """An area with an administration of its own that is no district.

    Parameters
    ----------
    name
        Its key.
    code
        Statistics code, "" where it has none.
    district
        Code of the one district it lies in, "" where it reaches over several.
    """

    name: str
    city: str
    zh: str
    en: str
    code: str = ""
    district: str = ""
    aliases: tuple[str, ...] = ()
    population: int = 0
    note: str = ""


def districts(city: str = "") -> tuple[District, ...]:
    """The districts of a city by its code, or all that are known.

    Examples
    --------
    >>> len(districts("320600")), districts("110100")
    (7, ())
    """
    return tuple(district for district in _districts() if city in ("", district.city))


def mgmt_areas(city: str = "") -> tuple[MgmtArea, ...]:
    """The areas managed like districts of a city, or all that are known."""
    return tuple(area for area in _mgmt_areas() if city in ("", area.city))


@cache
def old_codes() -> Mapping[str, str]:
    """Codes that were given up to those in use."""
    return MappingProxyType(
        {old.code: district.code for district in _districts() for old in district.former}
    )


def current_code(code: str) -> str:
    """District code in use for one that may have been given up; unknown codes stay as they are.

    Examples
    --------
    >>> current_code("320684"), current_code("320611"), current_code("110101")
    ('320614', '320613', '110101')
    """
    plain = unicodedata.normalize("NFKC", code).strip()
    if found := re.fullmatch(r"(\d{6})(?:\.0)?", plain):
        return old_codes().get(found[1], found[1])
    return code


def find_district(text: str, city: str = "") -> District | None:
    """District that a code or name means, or that an address names; None for none or several.

    Codes of towns and communities (9 or 12 digits) mean their district, old codes and names the
    one of today, and the code or name of an area that lies in one district that district. A name
    without its suffix (海门) counts only when it is all there is: in an address it may be a road's.

    Parameters
    ----------
    text
        A code, a name, or an address that holds one.
    city
        Code of the city whose districts are asked for; "" for all known ones.

    Examples
    --------
    >>> [find_district(text).zh for text in ("320684", "港闸区", "南通市海门市解放路1号")]
    ['海门区', '崇川区', '海门区']
    >>> find_district("崇川区与通州区交界") is None, find_district("海门路8号") is None
    (True, True)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _CODE.fullmatch(plain):
        return _by_code(found[1], city)
    word = normalise(plain)
    exact = {
        district.code
        for district in districts(city)
        if word in {form for name in district.names for form in _forms(name)}
    }
    area = None if exact else _exact_area(plain, city)
    if area and area.district:
        return _by_code(area.district, city)
    codes = exact or {
        district.code
        for district in districts(city)
        if any(normalise(old) in word for old in district.names if not old.isascii())
    }
    return _by_code(codes.pop(), city) if len(codes) == 1 else None


def find_mgmt_area(text: str, city: str = "") -> MgmtArea | None:
    """Area that a statistics code or name means, or that an address names by its full name.

    Examples
    --------
    >>> find_mgmt_area("开发区").name, find_mgmt_area("通州区") is None
    ('etdz', True)
    """
    exact = _exact_area(text, city)
    if exact:
        return exact
    word = normalise(text)
    named = [area for area in mgmt_areas(city) if normalise(area.zh) in word]
    return named[0] if len(named) == 1 else None


def _exact_area(text: str, city: str) -> MgmtArea | None:
    word = normalise(text)
    for area in mgmt_areas(city):
        names = (area.name, area.code, area.zh, area.en, *area.aliases)
        if word and word in {normalise(name) for name in names if name}:
            return area
    return None


def _by_code(code: str, city: str) -> District | None:
    """District of a six-digit code, an old one, or that of an area inside one district."""
    areas = {area.code: area.district for area in mgmt_areas(city) if area.code}
    wanted = current_code(areas.get(code) or code)
    return next((district for district in districts(city) if district.code == wanted), None)


def _forms(name: str) -> tuple[str, ...]:
    """A name as words are compared, with and without its suffix."""
    bare = _SUFFIX.sub("", name)
    return tuple(normalise(form) for form in (name, bare) if len(form) >= _MIN_SHORT)


@cache
def _districts() -> tuple[District, ...]:
    found = []
    for entry in read_data("districts.toml")["district"]:
        former = tuple(FormerCode(**old) for old in entry.get("former", ()))
        found.append(District(**{**entry, "former": former}))
    return tuple(found)


@cache
def _mgmt_areas() -> tuple[MgmtArea, ...]:
    found = []
    for entry in read_data("districts.toml")["mgmt_area"]:
        plain: dict[str, Any] = {**entry, "aliases": tuple(entry.get("aliases", ()))}
        found.append(MgmtArea(**plain))
    return tuple(found)
