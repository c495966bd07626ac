"""How alike the names of two places are, whoever wrote them.

What is compared is the core of a name: what is left without the words that mean a kind of station
and without signs: 世伦桥户外劳动者爱心服务站 and 爱心驿站(世伦桥店) share 世伦桥. Cores are
compared by the pairs of neighbouring characters they share (Dice's coefficient, 1945).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache

from geodata.vocabulary import kinds

_CONTAINED = 0.75  # likeness of a core that stands inside the other: 学田 in 学田社区
_OTHER_NUMBER = 0.5  # 3F and 4F of one mall are two rooms
_BRANCH = re.compile(r"(?<=[^(])[店站点](?=\)$)|(?<=.)店$")  # (世伦桥店) is 世伦桥
_MIN_CORE = 2


@lru_cache(maxsize=65_536)
def core_of(name: str) -> str:
    """What tells a name from others of its kind; "" where nothing does.

    Examples
    --------
    >>> [core_of(name) for name in ("世伦桥户外劳动者爱心服务站", "爱心驿站(世伦桥店)", "工会驿站")]
    ['世伦桥', '世伦桥', '']
    """
    plain = _BRANCH.sub("", unicodedata.normalize("NFKC", name).casefold().strip())
    plain = re.sub(r"[\W_]", "", plain)
    for word in _kind_words():
        plain = plain.replace(word, "")
    return plain


@lru_cache(maxsize=65_536)
def compare_names(name: str, other: str) -> float:
    """Likeness of two names from 0 to 1; 0 where one has no core to tell it by.

    Symmetric; 1 for equal cores; O(length).

    Examples
    --------
    >>> compare_names("世伦桥户外劳动者爱心服务站", "爱心驿站(世伦桥店)")
    1.0
    >>> compare_names("文峰大世界3F母婴室", "母婴室（文峰大世界4F）") < 0.5
    True
    """
    left, right = core_of(name), core_of(other)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    alike = _dice(left, right)
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) >= _MIN_CORE and shorter in longer:
        alike = max(alike, _CONTAINED)
    numbers = [re.findall(r"\d+", core) for core in (left, right)]
    if numbers[0] and numbers[1] and numbers[0] != numbers[1]:
        alike *= _OTHER_NUMBER
    return alike


def _dice(left: str, right: str) -> float:
    """Twice the pairs in common, of all pairs."""
    pairs = [_pairs(left), _pairs(right)]
    common = sum((pairs[0] & pairs[1]).values())
    return 2.0 * common / (pairs[0].total() + pairs[1].total())


def _pairs(text: str) -> Counter[str]:
    return Counter(text[i : i + 2] for i in range(max(len(text) - 1, 1)))


@cache
def _kind_words() -> tuple[str, ...]:
    """Words that mean a kind of station, the longest first."""
    words = {
        re.sub(r"[\W_]", "", word.casefold())
        for kind in kinds()
        for word in (kind.zh, kind.short_zh, kind.en, kind.short_en, *kind.aliases)
    }
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
