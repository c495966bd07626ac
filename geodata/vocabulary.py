"""The closed word lists of the product: kinds, facilities, statuses, ways of access and more.

They are data (`geodata/data/*.toml`, each with its source), read on first use. A list knows the
codes, their Chinese and English names, and the words by which sheets from outside mean them.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from geodata.errors import InputError

_MIN_CONTAINED = 3  # shorter words turn up inside others by chance
# Name of each list to its file and to the tables in it.
_LISTS = {
    "kinds": ("kinds.toml", "term"),
    "facilities": ("facilities.toml", "facility"),
    "statuses": ("terms.toml", "status"),
    "access_scopes": ("terms.toml", "access_scope"),
    "access_modes": ("terms.toml", "access_mode"),
    "subtypes": ("terms.toml", "subtype"),
    "host_types": ("host_types.toml", "host_type"),
    "build_modes": ("terms.toml", "build_mode"),
    "coord_sources": ("terms.toml", "coord_source"),
    "accessible": ("terms.toml", "accessible"),
    "verify_hows": ("terms.toml", "verify_how"),
    "levels": ("terms.toml", "level"),
    "hours_types": ("terms.toml", "hours_type"),
    "inspection_results": ("terms.toml", "inspection_result"),
    "inspection_reasons": ("terms.toml", "inspection_reason"),
    "visit_groups": ("terms.toml", "visit_group"),
    "counted_bys": ("terms.toml", "counted_by"),
}
LIST_NAMES = tuple(_LISTS)


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a word list.

    Parameters
    ----------
    code
        What is stored and compared.
    zh, en
        Full names for people.
    abbreviation
        Two letters inside station codes; kinds only.
    group
        "service" or "mother_baby" for those facilities, "" else.
    kind
        Kind of station that a sub-kind belongs to, "" else.
    standard, base
        Whether a facility is one of 八个一 or of the national base services.
    in_use
        Whether a person may be sent to a station in this status.
    needs_phone, needs_signup
        Whether a way of access takes a mobile phone, or an account, membership or register.
    osm
        OpenStreetMap tags, KEY=VALUE, that mean it.
    """

    code: str
    zh: str
    en: str
    abbreviation: str = ""
    short_zh: str = ""
    short_en: str = ""
    aliases: tuple[str, ...] = ()
    group: str = ""
    kind: str = ""
    standard: bool = False
    base: bool = False
    in_use: bool = False
    needs_phone: bool = False
    needs_signup: bool = False
    osm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """A word list: its terms in the order of their file, and by code: `kinds()["worker_home"]`."""

    terms: tuple[Term, ...]
    _by_code: dict[str, Term] = field(init=False, repr=False)
    _by_word: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_word: dict[str, str] = {}
        for term in self.terms:
            names = (term.code, term.abbreviation, term.zh, term.en, term.short_zh, term.short_en)
            for word in (*names, *term.aliases):
                if word:
                    by_word.setdefault(normalise(word), term.code)
        object.__setattr__(self, "_by_code", {term.code: term for term in self.terms})
        object.__setattr__(self, "_by_word", by_word)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes in the order of the file."""
        return tuple(self._by_code)

    def __getitem__(self, code: str) -> Term:
        return self._by_code[code]

    def get(self, code: str) -> Term | None:
        """Term of a code, None where there is none."""
        return self._by_code.get(code)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def parse(self, text: str) -> str | None:
        """Code that a word means exactly, whatever its case and spacing; None for none.

        Examples
        --------
        >>> kinds().parse("Mother & Baby Room"), kinds().parse("工会驿站（24小时）")
        ('mother_baby_room', 'rest_station')
        """
        return self._by_word.get(normalise(text))

    def find(self, text: str) -> str | None:
        """Code that a text means or speaks of; None where it speaks of none or of several.

        Examples
        --------
        >>> kinds().find("开发区24小时工会驿站"), kinds().find("驿站内设母婴室和司机之家")
        ('rest_station', None)
        """
        exact = self.parse(text)
        if exact is not None:
            return exact
        word = normalise(text)
        found = {
            alias: code
            for alias, code in self._by_word.items()
            if len(alias) >= _MIN_CONTAINED and not alias.isascii() and alias in word
        }
        # a word inside another found word says nothing of its own (暂停 inside 暂停开放)
        codes = {
            code
            for alias, code in found.items()
            if not any(alias != other and alias in other for other in found)
        }
        return codes.pop() if len(codes) == 1 else None


@cache
def word_list(name: str) -> Terms:
    """The word list of that name, one of `LIST_NAMES`.

    Raises
    ------
    InputError
        There is no such list.

    Examples
    --------
    >>> word_list("host_types").parse("邮局"), word_list("accessible").codes
    ('post', ('yes', 'partial', 'no'))
    """
    if name not in _LISTS:
        raise InputError(f"unknown word list {name!r}; expected one of {', '.join(LIST_NAMES)}")
    file, table = _LISTS[name]
    return _terms(read_data(file)[table])


def kinds() -> Terms:
    """The kinds of station.

    Examples
    --------
    >>> [(kind.code, kind.abbreviation) for kind in kinds()]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('rest_station', 'OW'), ('mother_baby_room', 'MB'),
     ('carnation_station', 'CN'), ('worker_home', 'WH')]
    """
    return word_list("kinds")


def parse_kind(word: str | None) -> str | None:
    """Code of the kind of station that was asked for by a word; None where none was.

    Raises
    ------
    InputError
        The word means no kind.

    Examples
    --------
    >>> parse_kind("爱心母婴室"), parse_kind(None)
    ('mother_baby_room', None)
    """
    code = None if word is None else kinds().parse(word)
    if word is not None and code is None:
        raise InputError(f"unknown kind {word!r}; expected one of {', '.join(kinds().codes)}")
    return code


def facilities() -> Terms:
    """Equipment, services and fittings."""
    return word_list("facilities")


def statuses_in_use() -> frozenset[str]:
    """Codes of the statuses in which a person may be sent to a station.

    >>> sorted(statuses_in_use())
    ['open', 'rectifying', 'trial']
    """
    return frozenset(status.code for status in statuses() if status.in_use)


def statuses() -> Terms:
    """The life cycle of a station."""
    return word_list("statuses")


def access_scopes() -> Terms:
    """Who may enter."""
    return word_list("access_scopes")


def access_modes() -> Terms:
    """How one gets in."""
    return word_list("access_modes")


def is_free_entry(access_scope: str, access_mode: str) -> bool | None:
    """Whether anybody gets in without phone, app, membership or register; None where unknown.

    Examples
    --------
    >>> [is_free_entry("public", mode) for mode in ("walk_in", "qr", "")]
    [True, False, None]
    """
    scope, mode = access_scopes().get(access_scope), access_modes().get(access_mode)
    if any(term and (term.needs_phone or term.needs_signup) for term in (scope, mode)):
        return False
    return None if scope is None or mode is None else True


@lru_cache(maxsize=64)
def subtypes(kind: str = "") -> Terms:
    """The sub-kinds of a kind of station, or of all.

    Examples
    --------
    >>> [term.zh for term in subtypes("mother_baby_room")]
    ['公共场所', '用人单位']
    """
    return Terms(tuple(term for term in word_list("subtypes") if not kind or term.kind == kind))


def means_unknown(text: str) -> bool:
    """Whether a cell says that nobody knows (未知, 待核实, n/a): it is as good as blank.

    Examples
    --------
    >>> means_unknown(" 待核实 "), means_unknown("?"), means_unknown("否")
    (True, True, False)
    """
    return normalise(text) in _unknown_words() or text.strip() in {"?", "？"}


@cache
def _unknown_words() -> frozenset[str]:
    return frozenset(normalise(word) for word in read_data("terms.toml")["unknown"]) - {""}


def read_data(name: str) -> dict[str, Any]:
    """Content of one TOML file of `geodata/data`."""
    return tomllib.loads((resources.files("geodata") / "data" / name).read_text("utf-8"))


@lru_cache(maxsize=4096)  # sheets repeat their words
def normalise(text: str) -> str:
    """Text as words are compared: no case, width, spacing, punctuation or bracketed part.

    Examples
    --------
    >>> normalise("Wi-Fi （免费）"), normalise(" name:zh ")
    ('wifi', 'namezh')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    outside = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】", "", plain)
    return re.sub(r"[\W_]", "", outside) or re.sub(r"[\W_]", "", plain)


def _terms(entries: list[dict[str, Any]]) -> Terms:
    """Build a list from the tables of a TOML file."""
    terms = []
    for entry in entries:
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        terms.append(Term(**fields))
    return Terms(tuple(terms))
