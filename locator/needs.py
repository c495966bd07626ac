"""What a person needs of a station: facilities, a free way in, a room that is open to the public.

Each need is yes, no or unknown for a station. Only stations with yes to all of them are taken;
those left out are counted, unknown ones apart: what nobody asked about may well be there.

What is for a firm's own staff is left out unless somebody says that they belong to the staff: a
mother is never sent to a factory's gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.checklists import Trade, trades
from geodata.vocabulary import facilities, is_free_entry
from locator.arrays import Bools, frozen
from locator.certainty import NO, UNKNOWN, YES, Told, tell, tell_both
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.stations import Stations

FREE_ENTRY, PUBLIC, STAFF, NIGHT = "free_entry", "public", "staff", "night"
"""Needs that are no facility: no phone, app or membership; open to the public; being of the staff
oneself, which takes in what is kept for them; and open all through every night of an ordinary
week, as `locator.situations` tells it."""

FLAGS = frozenset({FREE_ENTRY, PUBLIC, STAFF, NIGHT})

_PUBLIC_SCOPES = frozenset({"public", "workers_first"})
_ANY_OF = re.compile(r"[|,，/]")


@dataclass(frozen=True, slots=True)
class Needs:
    """What is needed; made by `parse_needs`.

    Parameters
    ----------
    groups
        Facility codes; one code of each group will do.
    kinds
        Kinds of station that are looked for, () for any.
    free_entry, public
        No phone, app, membership or register; not for staff, members or by booking.
    staff
        Whether rooms kept for staff are taken in.
    night
        Open all through every night.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[str, ...] = ()
    free_entry: bool = False
    public: bool = False
    staff: bool = False
    night: bool = False

    @property
    def any(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.groups or self.kinds or self.free_entry or self.public or self.night)


NO_NEEDS = Needs()


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which stations serve the needs, and how many of the others were left out, and why.

    Parameters
    ----------
    mask : (n,) bool
    unknown, no, staff_only
        Counts of usable stations: nothing speaks against them but something is not known; a need
        is not met; rooms for staff. Each station counts once, staff first, then no.
    """

    mask: Bools
    unknown: int
    no: int
    staff_only: int

    @property
    def left_out(self) -> dict[str, int]:
        """The counts as a document."""
        return {"unknown": self.unknown, "no": self.no, "staff_only": self.staff_only}


def parse_needs(codes: Iterable[str]) -> Needs:
    """Needs from the words of a question.

    Parameters
    ----------
    codes
        Each a facility (WATER, 热水), several of which one will do (TOILET|TOILET_NEAR), a trade
        (courier, 环卫工人) for all that its people must find, `free_entry`, `public`, `staff`
        or `night`.

    Raises
    ------
    InputError
        A word is none of these.

    Examples
    --------
    >>> parse_needs(["water", "TOILET|TOILET_NEAR", "free_entry"])
    ... # doctest: +NORMALIZE_WHITESPACE
    Needs(groups=(('WATER',), ('TOILET', 'TOILET_NEAR')), kinds=(), free_entry=True,
          public=False, staff=False, night=False)
    >>> parse_needs(["mother"]).kinds
    ('mother_baby_room',)
    """
    groups: dict[tuple[str, ...], None] = {}
    kinds: dict[str, None] = {}
    flags = set()
    for code in (codes,) if isinstance(codes, str) else codes:
        word = code.strip()
        trade = _find_trade(word)
        if word.casefold() in FLAGS:
            flags.add(word.casefold())
        elif trade is not None:
            groups |= dict.fromkeys(trade.must)
            kinds |= dict.fromkeys(trade.kinds)
        else:
            groups[tuple(_find_facility(part, code) for part in _ANY_OF.split(word))] = None
    return Needs(
        tuple(groups), tuple(kinds), FREE_ENTRY in flags, PUBLIC in flags, STAFF in flags,
        NIGHT in flags,
    )  # fmt: skip


def choose_stations(
    stations: Stations, needs: Needs, usable: Bools, *, night: Told | None = None
) -> Choice:
    """Which of the usable stations serve all needs; O(stations * needs).

    Parameters
    ----------
    usable : (n,) bool
        Stations of the kind that is looked for that a person may be sent to.
    night
        As for `tell_needs`.
    """
    candidates = np.array(usable, bool)
    if needs.kinds:
        candidates &= np.array([kind in needs.kinds for kind in stations.kind], bool)
    told = tell_needs(stations, needs, night=night)
    staff = np.zeros(len(stations), bool) if needs.staff else stations.is_staff_only
    open_to_all = candidates & ~staff
    return Choice(
        frozen(open_to_all & (told == YES), np.bool_),
        int((open_to_all & (told == UNKNOWN)).sum()),
        int((open_to_all & (told == NO)).sum()),
        int((candidates & staff).sum()),
    )


def tell_needs(stations: Stations, needs: Needs, *, night: Told | None = None) -> Told:
    """(n,) whether each station meets all needs but those for a kind: 1 yes, 0 no, -1 unknown.

    Parameters
    ----------
    night : (n,) int8
        Whether each is open all through the night; wanted where the needs ask for that.

    Raises
    ------
    InputError
        They ask for the night where none is told.
    """
    if needs.night and night is None:
        raise InputError(f"need {NIGHT!r} is about hours: leave it out here, or give hours instead")
    told = np.full(len(stations), YES, np.int8)
    for group in needs.groups:
        told = tell_both(told, stations.tell_offering(*group))
    if needs.free_entry:
        ways = map(is_free_entry, stations.access_scope, stations.access_mode)
        told = tell_both(told, tell(ways))
    if needs.night and night is not None:
        told = tell_both(told, night)
    if needs.public:
        told = tell_both(told, tell(map(_is_public, stations.access_scope)))
    return told


def _is_public(scope: str) -> bool | None:
    return None if not scope else scope in _PUBLIC_SCOPES


def _find_trade(word: str) -> Trade | None:
    folded = word.casefold()
    for trade in trades().values():
        if folded in {trade.code, trade.zh.casefold(), trade.en.casefold()} or (
            word and word in trade.zh.split("、")
        ):
            return trade
    return None


def _find_facility(word: str, code: str) -> str:
    found = facilities().parse(word)
    if found is None:
        known = ", ".join([*facilities().codes, FREE_ENTRY, PUBLIC, STAFF, NIGHT, *trades()])
        raise InputError(f"need {code!r} is not known: expected one of {known}")
    return found
