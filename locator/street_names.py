"""Streets that an address names, and where they run.

An address names its street in the middle of other words: 崇川区人民中路68号. A street of the city
counts as named where its whole name stands in the address, begins after a sign, a digit or a word
that ends an administrative place (区, 镇, 村 ...), and is no part of a longer name. So 新人民路
does not name 人民路, even in a city whose map lacks 新人民路.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry

    from locator.arrays import Ints
    from locator.streets import Streets

_SUFFIX = re.compile(r"[路街道巷弄里线桥]$")
_MIN_CHARACTERS = 3
_MIN_LATIN = 6  # "Rua A" stands in too many words
# Characters that end what stands before a street's name in an address.
_BEFORE = frozenset("省市区县旗镇乡街道村庄社园号与和及、至到沿近临在侧于是")


class StreetNames:
    """The names of a city's streets, ready to be looked for in addresses.

    Parameters
    ----------
    streets
        The streets of the city.
    """

    def __init__(self, streets: Streets) -> None:
        self._streets = streets
        self._code = {
            plain: code
            for code, name in enumerate(streets.names)
            if _is_telling(plain := _plain(name))
        }
        # Lengths of the names that begin with the same two characters, longest first.
        self._lengths: dict[str, list[int]] = {}
        for plain in sorted(self._code, key=lambda plain: (-len(plain), plain)):
            lengths = self._lengths.setdefault(plain[:2], [])
            if len(plain) not in lengths:
                lengths.append(len(plain))
        self._order = np.argsort(streets.name_code, kind="stable").astype(np.int32)
        self._first = np.searchsorted(
            streets.name_code[self._order], np.arange(len(streets.names) + 1)
        )
        self._shapes: dict[tuple[int, ...], BaseGeometry] = {}

    def __len__(self) -> int:
        return len(self._code)

    def find(self, address: str) -> tuple[int, ...]:
        """Places in `Streets.names` of the streets that an address names, in its order.

        At each place the longest name counts; O(length of the address).
        """
        plain = _plain(address)
        found: list[int] = []
        start = 0
        while start < len(plain):
            code, size = self._longest(plain, start)
            if code >= 0 and code not in found:
                found.append(code)
            start += max(size, 1)
        return tuple(found)

    def shape(self, codes: Iterable[int]) -> BaseGeometry:
        """All streets of these names as one prepared geometry, in metres of the city's CRS."""
        key = tuple(codes)
        if key not in self._shapes:
            rows = [self._order[self._first[c] : self._first[c + 1]] for c in key]
            shape = shapely.multilinestrings(_lines(self._streets, np.concatenate(rows)))
            shapely.prepare(shape)
            self._shapes[key] = shape
        return self._shapes[key]

    def text(self, codes: Iterable[int]) -> str:
        """The names, for people."""
        return ", ".join(self._streets.names[code] for code in codes)

    def _longest(self, plain: str, start: int) -> tuple[int, int]:
        """Name that begins at a place of an address, and its length; -1, 0 where none does."""
        lengths = self._lengths.get(plain[start : start + 2])
        if lengths is None or not _may_begin(plain, start):
            return -1, 0
        for length in lengths:
            code = self._code.get(plain[start : start + length], -1)
            fits = start + length <= len(plain)  # a slice may be shorter, and a shorter name
            if fits and code >= 0 and _may_end(plain, start + length):
                return code, length
        return -1, 0


def _lines(streets: Streets, rows: Ints) -> Sequence[BaseGeometry]:
    first = streets.first
    return [shapely.linestrings(streets.xy_m[first[row] : first[row + 1]]) for row in rows.tolist()]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _is_telling(plain: str) -> bool:
    """Whether a name is that of a street alone, and not a word that stands anywhere."""
    if plain.isascii():
        return len(plain) >= _MIN_LATIN
    return len(plain) >= _MIN_CHARACTERS and _SUFFIX.search(plain) is not None


def _may_begin(plain: str, start: int) -> bool:
    if start == 0:
        return True
    before = plain[start - 1]
    return before in _BEFORE or not before.isalpha()


def _may_end(plain: str, end: int) -> bool:
    """Whether a name ends here: 人民路 does not in 人民路桥, nor "main st" in "main street"."""
    if end == len(plain) or not plain[end - 1].isascii():
        return not plain.startswith(("桥", "街道", "社区", "小区", "小学"), end)
    return not plain[end].isalnum()
