"""Checklists of the unions (八个一, 六有, 八有 and others) and the needs of trades, read from data.

What they ask for is told in facility codes and field names; judging a station by them is the
business of `locator.registry.checklists`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.errors import InputError
from geodata.vocabulary import read_data


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist; exactly one of `all`, `any`, `field` and `manual` is set.

    Parameters
    ----------
    all, any
        Facility codes: each of them is needed, or one of them will do.
    field
        Name of a field of `geodata.fields` that must be known, be yes, or reach `at_least`.
    manual
        Only a person on the spot can tell.
    effort
        Rank of what supplying it takes, 1 to 5; our estimate.
    """

    code: str
    zh: str
    en: str
    effort: int
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    field: str = ""
    at_least: float | None = None
    manual: bool = False

    @property
    def facilities(self) -> tuple[str, ...]:
        """Facility codes it speaks of."""
        return self.all or self.any


@dataclass(frozen=True, slots=True)
class Checklist:
    """What stations of some kinds should have.

    Parameters
    ----------
    kinds, subtypes
        Stations it is for; no sub-kinds stands for all.
    place
        Where the list is in use.
    source, urls
        Where it was read.
    """

    code: str
    zh: str
    en: str
    kinds: tuple[str, ...]
    items: tuple[Item, ...]
    place: str
    source: str
    subtypes: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trade:
    """What people of a trade look for.

    Parameters
    ----------
    mode
        How they usually come, a name of `geodata/data/modes.toml`.
    must, nice
        Groups of facility codes; one code of each group will do.
    kinds
        Kinds of station they look for, () for any.
    """

    code: str
    zh: str
    en: str
    mode: str
    must: tuple[tuple[str, ...], ...]
    nice: tuple[tuple[str, ...], ...]
    reason_zh: str
    reason_en: str
    source: str
    kinds: tuple[str, ...] = ()


@cache
def checklists() -> Mapping[str, Checklist]:
    """All checklists by code.

    Examples
    --------
    >>> len(checklists()["eight_one"].items), checklists()["eight_one"].items[-1].all
    (8, ('CHARGE', 'PUMP'))
    """
    found = {}
    for entry in read_data("checklists.toml")["checklist"]:
        plain = _tuples(entry)
        items = tuple(Item(**_tuples(item)) for item in plain.pop("item"))
        found[entry["code"]] = Checklist(**plain, items=items)
    return MappingProxyType(found)


def find_checklist(code: str) -> Checklist:
    """The checklist of a code.

    Raises
    ------
    InputError
        There is none.
    """
    if code not in checklists():
        known = ", ".join(checklists())
        raise InputError(f"unknown checklist {code!r}; expected one of {known}")
    return checklists()[code]


@cache
def trades() -> Mapping[str, Trade]:
    """All trades by code.

    Examples
    --------
    >>> trades()["driver"].must[0], trades()["mother"].kinds
    (('TRUCK_PARK',), ('mother_baby_room',))
    """
    listed = [Trade(**_tuples(entry)) for entry in read_data("trades.toml")["trade"]]
    return MappingProxyType({trade.code: trade for trade in listed})


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A table of a TOML file with its lists frozen."""
    return {key: _frozen(value) if key != "item" else value for key, value in entry.items()}


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
