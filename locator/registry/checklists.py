"""Stations judged by a checklist, and the item that would lift most of them.

An item is there, not there, or unknown. Unknown is neither: a station of which a part is unknown
does not comply, and is not said to fail either. What is there but broken is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.vocabulary import statuses
from locator.errors import InputError

if TYPE_CHECKING:
    from geodata.checklists import Checklist, Item
    from locator.registry.entries import Entry

_OUT_OF_ORDER = ("broken", "missing")


@dataclass(frozen=True, slots=True)
class Score:
    """What a station has of a checklist.

    Parameters
    ----------
    code
        The station's.
    items
        Item code to yes, no, or None for unknown, in the order of the checklist.
    unchecked
        Items that count as there although nobody noted that all their parts work: sheets mostly
        tell presence alone.
    """

    code: str
    checklist: str
    items: Mapping[str, bool | None]
    unchecked: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Items known not to be there."""
        return tuple(item for item, there in self.items.items() if there is False)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Items of which nobody told."""
        return tuple(item for item, there in self.items.items() if there is None)

    @property
    def share(self) -> float:
        """Items that are there, of all; unknown ones count as not there."""
        return sum(there is True for there in self.items.values()) / len(self.items)

    @property
    def share_high(self) -> float:
        """The share if all that is unknown were there."""
        return sum(there is not False for there in self.items.values()) / len(self.items)

    @property
    def compliant(self) -> bool | None:
        """Whether all items are there; None where that depends on what is unknown."""
        if self.missing:
            return False
        return None if self.unknown else True


@dataclass(frozen=True, slots=True)
class Lift:
    """What supplying one item to every station that lacks it would bring.

    Parameters
    ----------
    missing, unknown
        Stations known to lack it, and stations of which nobody told.
    completes
        Stations that would then comply: all else is known to be there.
    completes_at_best
        The same, if all that is unknown of them were there; at least `completes`.
    completes_if_there
        Stations of which only this item is unknown: a question may complete them, or show that the
        item has to be bought.
    parts
        Facility code to the number of stations known to lack it, where the item names facilities.
    """

    item: Item
    missing: int
    unknown: int
    completes: int
    completes_at_best: int
    completes_if_there: int
    parts: Mapping[str, int]

    @property
    def completes_per_effort(self) -> float:
        """Stations that would comply, for each step of effort."""
        return self.completes / self.item.effort


@dataclass(frozen=True, slots=True)
class Lifts:
    """The items of a checklist, the best to supply first, and how the stations stand today.

    `compliant + failing + undecided == stations`; the last are the stations that fail nothing that
    is known.
    """

    checklist: str
    stations: int
    compliant: int
    failing: int
    undecided: int
    items: tuple[Lift, ...]


def fits(entry: Entry, checklist: Checklist) -> bool:
    """Whether a checklist is for that station; one of unknown sub-kind has none of a sub-kind's."""
    if entry.kind not in checklist.kinds:
        return False
    return not checklist.subtypes or entry.facts.get("subtype") in checklist.subtypes


def score(entry: Entry, checklist: Checklist, answers: Mapping[str, bool] | None = None) -> Score:
    """Judge one station.

    Parameters
    ----------
    answers
        Item code to what an inspection found; goes before everything else. Items that only a
        person can tell are unknown without it.

    Raises
    ------
    InputError
        The checklist is for other stations, or an answer is about no item of it.

    Notes
    -----
    An item that needs all of several facilities is missing as soon as one of them is.
    """
    if not fits(entry, checklist):
        raise InputError(
            f"the checklist {checklist.code} is not for {entry.code or 'this station'}, a "
            f"{entry.kind}; expected one of {', '.join(checklist.subtypes or checklist.kinds)}"
        )
    told = answers or {}
    strange = sorted(set(told) - {item.code for item in checklist.items})
    if strange:
        raise InputError(
            f"{strange[0]!r} is no item of the checklist {checklist.code}; expected one of "
            f"{', '.join(item.code for item in checklist.items)}"
        )
    items = {item.code: told.get(item.code, _there(entry, item)) for item in checklist.items}
    unchecked = tuple(
        item.code
        for item in checklist.items
        if items[item.code] and item.code not in told and not _all_work(entry, item)
    )
    return Score(entry.code, checklist.code, items, unchecked)


def cheapest_lift(
    entries: Iterable[Entry],
    checklist: Checklist,
    answers: Mapping[str, Mapping[str, bool]] | None = None,
) -> Lifts:
    """Rank the items of a checklist by the stations they would lift.

    Parameters
    ----------
    entries
        Stations; those the checklist is not for, and those not in use, are left out.
    answers
        Station code to the answers of its inspection, as for `score`.

    Returns
    -------
    Lifts
        By stations that would comply per effort, then those that would at best, then those that
        lack the item, then effort, then the order of the checklist.

    Notes
    -----
    O(stations x items). Unknown items are never counted as something to buy: they are counted
    beside it, as questions to ask.
    """
    told = answers or {}
    judged = [
        (entry, score(entry, checklist, told.get(entry.code)))
        for entry in entries
        if fits(entry, checklist) and _is_in_use(entry)
    ]
    lifts = [_lift(item, judged) for item in checklist.items]
    lifts.sort(
        key=lambda lift: (
            -lift.completes_per_effort,
            -lift.completes_at_best / lift.item.effort,
            -lift.missing / lift.item.effort,
            lift.item.effort,
        )
    )
    verdicts = Counter(result.compliant for _, result in judged)
    return Lifts(
        checklist.code,
        len(judged),
        compliant=verdicts[True],
        failing=verdicts[False],
        undecided=verdicts[None],
        items=tuple(lifts),
    )


def _lift(item: Item, judged: list[tuple[Entry, Score]]) -> Lift:
    missing = [(entry, result) for entry, result in judged if result.items[item.code] is False]
    unknown = [result for _, result in judged if result.items[item.code] is None]
    parts = {
        code: sum(has_facility(entry, code) is False for entry, _ in missing)
        for code in item.facilities
    }
    return Lift(
        item,
        missing=len(missing),
        unknown=len(unknown),
        completes=sum(len(result.missing) == 1 and not result.unknown for _, result in missing),
        completes_at_best=sum(len(result.missing) == 1 for _, result in missing),
        completes_if_there=sum(
            len(result.unknown) == 1 and not result.missing for result in unknown
        ),
        parts=parts,
    )


def has_facility(entry: Entry, code: str) -> bool | None:
    """Whether a facility is there and not out of order; None where nobody told."""
    known = entry.equipment.get(code)
    there = entry.facilities.get(code)
    if known is not None and (known.condition in _OUT_OF_ORDER or known.count == 0):
        return False
    if there is None and known is not None and (known.condition == "working" or known.count):
        return True
    return there


def _there(entry: Entry, item: Item) -> bool | None:
    if item.manual:
        return None
    if item.field:
        return _field_there(entry.value(item.field), item.at_least)
    parts = [has_facility(entry, code) for code in item.facilities]
    settling = not item.all  # one no settles a list of needs, one yes a list of choices
    if settling in parts:
        return settling
    return None if None in parts else not settling


def _field_there(value: Any, at_least: float | None) -> bool | None:
    """Whether a field says yes, reaches a number, or is known at all."""
    if value is None or value in ("", (), {}):
        return None
    if isinstance(value, bool):
        return value
    return True if at_least is None else bool(value >= at_least)


def _all_work(entry: Entry, item: Item) -> bool:
    """Whether somebody noted that what makes the item be there works."""
    if not item.facilities:
        return True
    work = [
        code in entry.equipment and entry.equipment[code].condition == "working"
        for code in item.facilities
    ]
    return all(work) if item.all else any(work)


def _is_in_use(entry: Entry) -> bool:
    return entry.status in statuses() and statuses()[entry.status].in_use
