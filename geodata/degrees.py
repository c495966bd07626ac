"""Degrees as people write them: 120°51′36″E, N32 00 36, 东经120度51.6分, 120.86E."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_SIXTY = 60.0
_AXES = {"E": "lon", "W": "lon", "N": "lat", "S": "lat"}
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("º˚度", "°"),
        **dict.fromkeys("′’‘´`ʹ＇分", "'"),
        **dict.fromkeys("″”“ʺ〃＂秒", '"'),
        "\u2212": "-",
    }
)
_WORDS = (("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S"), ("''", '"'))
_NUMBER = r"\d{{1,{digits}}}(?:[.,]\d+)?"
_DEGREES = re.compile(
    rf"""(?P<before>[NSEW])?\s*(?P<sign>-)?
    (?P<degrees>{_NUMBER.format(digits=3)})
    (?:\s*(?P<mark>[°:\s])\s*(?P<minutes>{_NUMBER.format(digits=2)})
       (?:\s*[':\s]\s*(?P<seconds>{_NUMBER.format(digits=2)})\s*"? | \s*'?)
     | \s*(?P<bare>°)?)
    \s*(?P<after>[NSEW])?""",
    re.VERBOSE,
)
# two positions in one cell, told apart by their letters
_LETTERS_AFTER = re.compile(r"([^NSEW]+[NSEW])[\s,;/]*([^NSEW]+[NSEW])")
_LETTERS_BEFORE = re.compile(r"([NSEW][^NSEW]+?)[\s,;/]*([NSEW][^NSEW]+)")


class Angle(NamedTuple):
    """Degrees, and "lon" or "lat" where a letter tells which."""

    degrees: float
    axis: str = ""


def parse_degrees(text: str) -> Angle | None:
    """Degrees of a text with minutes, seconds or a compass letter; None for anything else.

    Two bare numbers are too little to tell minutes by; three are enough.

    Examples
    --------
    >>> parse_degrees("120°51′36″E"), parse_degrees("N32 00 36")
    (Angle(degrees=120.86, axis='lon'), Angle(degrees=32.01, axis='lat'))
    >>> parse_degrees("120 51.6"), parse_degrees("120°61′E")
    (None, None)
    """
    return _parse(_plain(text))


def split_degrees(text: str) -> list[Angle]:
    """The two positions of a cell that holds both; [] where there are not two.

    Examples
    --------
    >>> split_degrees("北纬32°00′36″，东经120°51′36″")
    [Angle(degrees=32.01, axis='lat'), Angle(degrees=120.86, axis='lon')]
    """
    plain = _plain(text)
    found = _LETTERS_AFTER.fullmatch(plain) or _LETTERS_BEFORE.fullmatch(plain)
    parts = found.groups() if found else re.split(r"\s*[,;/]\s*", plain)
    angles = [angle for angle in map(_parse, parts) if angle is not None]
    return angles if len(angles) == len(parts) == 2 else []  # noqa: PLR2004 - lon and lat


def _plain(text: str) -> str:
    """The text with one sign for each meaning."""
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip(" ()[]")
    for word, sign in _WORDS:
        plain = plain.replace(word, sign)
    return plain.upper()


def _parse(plain: str) -> Angle | None:
    found = _DEGREES.fullmatch(plain.strip())
    if found is None or not _is_marked(found):
        return None
    degrees, minutes, seconds = (
        float((found[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")
    )
    whole = (found["minutes"] is None or degrees.is_integer()) and (
        found["seconds"] is None or minutes.is_integer()
    )
    if not whole or max(minutes, seconds) >= _SIXTY:
        return None
    value = degrees + (minutes + seconds / _SIXTY) / _SIXTY
    letter = found["before"] or found["after"] or ""
    negative = bool(found["sign"]) or letter in ("S", "W")
    return Angle(-value if negative else value, _AXES.get(letter, ""))


def _is_marked(found: re.Match[str]) -> bool:
    """Whether there are signs enough that this is an angle, and none that contradict."""
    letters = [found[place] for place in ("before", "after") if found[place]]
    if len(letters) > 1 or (letters and found["sign"]):
        return False
    return bool(letters or "°" in (found["mark"], found["bare"]) or found["seconds"])
