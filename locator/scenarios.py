"""Before and after: what a change of stations, streets, mode or day does, street by street.

Two views are asked the same question, or one view two questions. Streets are laid over each other
exactly (`overlay`), so that what is gained and what is lost are told apart and add up. Where the
streets themselves differ, what lies on lines that only one version draws is told apart as well, and
so is the part of the change that the streets alone would have made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from locator.arrays import Bools, Floats, Ints, frozen
from locator.coverage import COVERED, Coverage
from locator.errors import InputError, NotFoundError
from locator.overlay import NOWHERE, Overlay, Pieces, overlay_pieces
from locator.street_match import move_pieces

if TYPE_CHECKING:
    from locator.placement import Placement
    from locator.view import CityView

LISTED_M = 1e-3  # shorter changes count in the sums and are not listed
GAINED, LOST = "gained", "lost"
CHANGES = (GAINED, LOST)


@dataclass(frozen=True, slots=True)
class Question:
    """What both sides are asked.

    Parameters
    ----------
    within_m
        Metres, or a time such as "15min".
    situation
        Only stations that help for certain in it; "" for all.
    possible
        With a situation: also those of which it is not known, the other end of the range.
    """

    within_m: float | str
    kind: str | None = None
    mode: str = "walk"
    depth: int = 1
    situation: str = ""
    possible: bool = False


@dataclass(frozen=True, eq=False)
class Difference:
    """What changed between two coverages.

    Parameters
    ----------
    bits
        Bits of the streets of `before` that both versions have: rows of the pieces before (`one`)
        and after (`other`).
    was, now : (b,) bool
        Whether each bit was and is covered.
    gone, fresh
        Pieces on lines that only the streets before, or only those after have.
    gone_covered, fresh_covered : bool
        Whether each of those was, or is, covered.
    """

    before: CityView
    after: CityView
    asked: tuple[Question, Question]
    covers: tuple[Coverage, Coverage]
    bits: Overlay
    was: Bools
    now: Bools
    gone: Pieces
    gone_covered: Bools
    fresh: Pieces
    fresh_covered: Bools

    @cached_property
    def gained(self) -> Bools:
        """(b,) which bits are newly covered."""
        return frozen(self.now & ~self.was)

    @cached_property
    def lost(self) -> Bools:
        """(b,) which bits are no longer covered."""
        return frozen(self.was & ~self.now)

    @cached_property
    def totals(self) -> dict[str, float]:
        """Metres gained and lost on shared lines, and covered on lines that came or went.

        covered after - covered before = gained - lost + fresh_covered - gone_covered.
        """
        length = self.bits.length_m
        totals = {
            "gained_m": length[self.gained].sum(),
            "lost_m": length[self.lost].sum(),
            "fresh_m": _length(self.fresh).sum(),
            "fresh_covered_m": _length(self.fresh)[self.fresh_covered].sum(),
            "gone_m": _length(self.gone).sum(),
            "gone_covered_m": _length(self.gone)[self.gone_covered].sum(),
        }
        return {name: float(value) for name, value in totals.items()}

    @property
    def changed(self) -> tuple[Pieces, tuple[str, ...]]:
        """Pieces of the streets before that are gained or lost, and which; equal neighbours joined.

        Changes of less than a millimetre are left out.
        """
        code = np.where(self.gained, 1, np.where(self.lost, 2, 0))
        (street, low, high), code = _join(self.bits, code.astype(np.int32))
        shown = high - low >= LISTED_M
        pieces = (frozen(street[shown]), frozen(low[shown]), frozen(high[shown]))
        return pieces, tuple(CHANGES[number - 1] for number in code[shown].tolist())


def compare(
    before: CityView, after: CityView, question: Question, then: Question | None = None
) -> Difference:
    """What changed between two views that are asked the same, or `then` another question.

    Parameters
    ----------
    before, after
        Two versions of a city: with stations built or closed, of another day, on other streets.
    then
        What `after` is asked, where it is not the same: another mode, limit or situation.

    Returns
    -------
    Difference
        Exact where both have the same streets; else to the centimetre that two drawings of one
        vertex may differ by.

    Raises
    ------
    InputError
        The two are not the same place.
    """
    _check_same_place(before, after)
    asked = (question, then or question)
    covers = (cover_by(before, asked[0]), cover_by(after, asked[1]))
    was, now = (cover.piece_state == COVERED for cover in covers)
    old, new = (_pieces(cover) for cover in covers)
    moved, row = move_pieces(new, after.streets, before.streets)
    bits = overlay_pieces(old, moved)
    gone = bits.other == NOWHERE
    shared = ~gone & (bits.one != NOWHERE)
    both = Overlay(*(frozen(column[shared]) for column in bits))
    back, _ = move_pieces(old, before.streets, after.streets)
    there = overlay_pieces(back, new)
    fresh = there.one == NOWHERE
    return Difference(
        before, after, asked, covers, both,
        frozen(was[both.one]), frozen(now[row[both.other]]),
        _select(bits, gone), frozen(was[bits.one[gone]]),
        _select(there, fresh), frozen(now[there.other[fresh]]),
    )  # fmt: skip


def cover_by(view: CityView, question: Question) -> Coverage:
    """The coverage that a question asks for."""
    return view.coverage(
        within_m=question.within_m, kind=question.kind, mode=question.mode, depth=question.depth,
        situation=question.situation, possible=question.possible,
    )  # fmt: skip


def placed_by(view: CityView, question: Question) -> Placement:
    """The stations that cover in what a question asks for."""
    network, _ = view.metric(question.within_m, question.mode)
    among = None
    if question.situation:
        among = view.in_situation(question.situation).end(high=question.possible)
    return view.placement(
        kind=question.kind, mode=question.mode, timed=network.timed, among=among
    )  # fmt: skip


def other_end(difference: Difference) -> Difference | None:
    """The same comparison with the stations that may help; None where no situation is asked for."""
    if not any(asked.situation and not asked.possible for asked in difference.asked):
        return None
    asked = [replace(one, possible=bool(one.situation)) for one in difference.asked]
    return compare(difference.before, difference.after, *asked)


def build_at(view: CityView, lonlat_deg: ArrayLike, *, kind: str | None = None) -> CityView:
    """The city with stations built on the streets nearest to some points in WGS-84 degrees.

    Raises
    ------
    InputError
        A point is farther from any walkable street than a station may be.
    """
    limit = view.config.station_snap_m
    found = view.network("walk").snap(view.to_xy(lonlat_deg), limit)
    lost = np.flatnonzero(~found.found)
    if len(lost):
        lon, lat = np.asarray(lonlat_deg).reshape(-1, 2)[lost[0]].tolist()
        raise InputError(f"{lon:.6f}, {lat:.6f}: no street within {limit:g} m to build on")
    sites = zip(found.street.tolist(), found.offset_m.tolist(), strict=True)
    return view.with_scenario(build=sites, kind=kind)


def read_sites(path: Path) -> list[tuple[float, float]]:
    """Longitude and latitude of the sites of a plan that `locator plan -o` wrote.

    Raises
    ------
    InputError
        The file is no plan.
    """
    try:
        sites = json.loads(path.read_text("utf-8"))["sites"]
        return [(float(site["lon"]), float(site["lat"])) for site in sites]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f"{path} is no plan as `locator plan -o` writes it: {problem}"
        ) from problem


def close_stations(view: CityView, codes: Iterable[str]) -> CityView:
    """The city with some stations closed.

    Raises
    ------
    NotFoundError
        A code is not among the city's stations.
    """
    leaving = list(codes)
    missing = set(leaving) - set(view.stations.code)
    if missing:
        raise NotFoundError(f"no station with code {min(missing)!r}")
    return view.with_status(dict.fromkeys(leaving, "closed"))


def _check_same_place(before: CityView, after: CityView) -> None:
    """Two versions of one city have one CRS, and their streets lie over each other."""
    if before.streets is after.streets:
        return
    boxes = []
    for streets in (before.streets, after.streets):
        xy = streets.xy_m
        boxes.append((xy.min(axis=0), xy.max(axis=0)) if len(xy) else None)
    if before.streets.crs == after.streets.crs:
        if None in boxes:
            return
        (low, high), (other_low, other_high) = boxes  # type: ignore[misc]
        if (low <= other_high).all() and (other_low <= high).all():
            return
    raise InputError(
        f"{after.name} ({after.streets.crs}) is not the same place as {before.name} "
        f"({before.streets.crs}): a change is told between two versions of one city; import the "
        "other streets into a folder made with the same --crs, or ask each city by itself"
    )


def _pieces(cover: Coverage) -> Pieces:
    return cover.piece_street, cover.piece_from_m, cover.piece_to_m


def _select(bits: Overlay, chosen: Bools) -> Pieces:
    return frozen(bits.street[chosen]), frozen(bits.from_m[chosen]), frozen(bits.to_m[chosen])


def _length(pieces: Pieces) -> Floats:
    return pieces[2] - pieces[1]


def _join(bits: Overlay, kind: Ints) -> tuple[Pieces, Ints]:
    """Changed bits (kind above 0) with equal neighbours that touch joined into one."""
    rows = np.flatnonzero(kind)
    street, low, high, kind = bits.street[rows], bits.from_m[rows], bits.to_m[rows], kind[rows]
    begins = np.ones(len(rows), bool)
    begins[1:] = (street[1:] != street[:-1]) | (kind[1:] != kind[:-1]) | (low[1:] != high[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(rows))[: len(first)] - 1
    return (street[first], low[first], high[last]), kind[first]
