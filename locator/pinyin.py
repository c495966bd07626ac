"""How names are read: pinyin without tones.

The dictionary that reads a word as a whole (pypinyin: 47,000 words) takes some 50 MB. Fewer than
3,000 of its words hold a sign that is read otherwise than alone, and a name without any of them is
read sign by sign. So a `Table` of the signs and of those words, some 4 MB, reads nearly all names;
a process that keeps one (`keep_table`) opens the dictionary for the others alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff]")
_PARTS = re.compile(f"{_HAN.pattern}|[^{_HAN.pattern[1:]}+")
_ASCII = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Table:
    """What reads a name without the dictionary.

    Parameters
    ----------
    signs
        How each sign is read alone.
    odd
        Words in which a sign is read otherwise than alone; none holds another.
    longest
        Signs of the longest of them.
    names
        How whole names are read that hold such a word, where that was asked before.
    """

    signs: dict[str, str]
    odd: frozenset[str]
    longest: int
    names: dict[str, list[str]] = field(default_factory=dict)

    def syllables(self, name: str) -> list[str] | None:
        """How a plain name is read, sign by sign; None where the dictionary has to be asked.

        O(signs x the longest odd word). Other letters stay together.
        """
        if name in self.names:
            return self.names[name]
        if self._holds_odd(name):
            return None
        parts = _PARTS.findall(name)
        if not all(part in self.signs or _ASCII.fullmatch(part) for part in parts):
            return None
        return [self.signs.get(part, part) for part in parts]

    def _holds_odd(self, name: str) -> bool:
        size = len(name)
        return any(
            name[start:end] in self.odd
            for start in range(size)
            for end in range(start + 2, min(start + self.longest, size) + 1)
        )


_kept: list[Table] = []  # the one that this process keeps, if it does


def make_table(names: Iterable[str] = ()) -> Table:
    """Read every sign of the dictionary; half a second, and the dictionary stays open.

    Parameters
    ----------
    names
        Plain names that will be asked for: those that need the dictionary are read by it here.
    """
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PINYIN_DICT

    signs = {sign: lazy_pinyin(sign)[0] for sign in map(chr, PINYIN_DICT) if _HAN.match(sign)}
    table = Table(signs, frozenset(odd_words()), max(map(len, odd_words())))
    unsure = {name for name in names if not name.isascii() and table.syllables(name) is None}
    return replace(table, names={name: list(lazy_pinyin(name)) for name in unsure})


def keep_table(table: Table) -> None:
    """Read names by that table from now on; it changes no reading."""
    _kept[:] = [table]


@lru_cache(maxsize=200_000)  # a changed station makes a new list of the same streets
def sound_of(name: str) -> tuple[str, str]:
    """Pinyin without tones of a plain name, and its first letters.

    >>> sound_of("长江路")
    ('changjianglu', 'cjl')
    """
    syllables = [name] if name.isascii() else _read(name)
    return "".join(syllables), "".join(one[:1] for one in syllables)


def sound_by_signs(name: str) -> tuple[str, str]:
    """Pinyin and initials of a plain name, each sign read by itself; other letters stay.

    >>> sound_by_signs("人民路s2")
    ('renminlus2', 'rmls')
    """
    if name.isascii():
        return sound_of(name)
    syllables = [sound_of(part)[0] if is_sign(part) else part for part in _PARTS.findall(name)]
    return "".join(syllables), "".join(one[:1] for one in syllables)


def is_sign(text: str) -> bool:
    """Whether a text begins with a Chinese sign."""
    return _HAN.match(text) is not None


@lru_cache(maxsize=1)
def odd_words() -> tuple[str, ...]:
    """Words of the dictionary in which a sign is read otherwise than alone; none holds another."""
    if _kept:
        return tuple(sorted(_kept[0].odd))
    from pypinyin.constants import PHRASES_DICT
    from pypinyin.contrib.tone_convert import to_normal

    normal = lru_cache(maxsize=None)(to_normal)
    found: set[str] = set()
    for word in sorted(PHRASES_DICT, key=len):
        sounds = [normal(readings[0]) for readings in PHRASES_DICT[word]]
        if sounds != [sound_of(sign)[0] for sign in word]:
            size = len(word)
            parts = {word[i:j] for i in range(size) for j in range(i + 2, size + 1)}
            if found.isdisjoint(parts):
                found.add(word)
    return tuple(sorted(found))


def _read(name: str) -> list[str]:
    known = _kept[0].syllables(name) if _kept else None
    if known is not None:
        return known
    from pypinyin import lazy_pinyin

    return list(lazy_pinyin(name))
