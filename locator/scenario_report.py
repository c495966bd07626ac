"""A difference as documents: by street, by area, by hour and mode, and as GeoJSON for a map.

Both inputs stand in the document with their hashes, so that two reports can be told to compare the
same things.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.area_answers import area_names, describe_demand
from locator.errors import InputError
from locator.map_files import label_map
from locator.overlay import NOWHERE, Pieces, overlay_pieces
from locator.scenarios import Difference, Question, compare, cover_by, other_end, placed_by
from locator.staff_rooms import count_staff_only, public_view

if TYPE_CHECKING:
    from locator.arrays import Bools, Floats
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.view import CityView

_HASH_DIGITS = 16
_MOST_STREETS = 50


def difference_document(
    difference: Difference,
    *,
    by: str = "",
    demand: str = "",
    modes: Iterable[str] = (),
    hours: bool = False,
) -> dict[str, Any]:
    """The difference as a JSON document.

    Parameters
    ----------
    by, demand
        Split by the areas of a layer, and weighted by a demand, as `CityView.counted` takes them.
    modes
        Also the totals of the same comparison by these modes.
    hours
        Also the shares of each hour of an ordinary week.

    Returns
    -------
    dict
        With a situation the figures are those of the stations that help for certain, and `high`
        holds the same document for those that may help too.
    """
    totals = difference.totals
    before, after = difference.covers
    document: dict[str, Any] = {
        "before": _side(difference.before, difference.asked[0], before),
        "after": _side(difference.after, difference.asked[1], after),
        "covered_m": after.covered_m - before.covered_m,
        "share": after.share - before.share,
        **totals,
        "streets": street_rows(difference),
        "network": _network_part(difference),
    }
    if demand:
        document["demand"] = describe_demand(difference.before, demand)
    if by:
        document["names"] = {
            **area_names(difference.after, by), **area_names(difference.before, by)
        }  # fmt: skip
    if by or demand:
        document["unit"], document["districts"] = area_rows(difference, by=by, demand=demand)
    if modes:
        document["modes"] = [_mode_row(difference, mode) for mode in modes]
    if hours:
        document["hours"] = hour_rows(difference)
    high = other_end(difference)
    if high is not None:
        document["high"] = difference_document(high, by=by, demand=demand, modes=modes)
    return document


def street_rows(difference: Difference, *, most: int = _MOST_STREETS) -> list[dict[str, Any]]:
    """Metres gained and lost by street name, the most changed first; "" gathers the nameless."""
    streets = difference.before.streets
    name = streets.name_code[difference.bits.street]
    length = difference.bits.length_m
    sums = [
        np.bincount(name[part], weights=length[part], minlength=len(streets.names))
        for part in (difference.gained, difference.lost)
    ]
    gained, lost = sums
    order = np.lexsort((np.arange(len(gained)), -(gained + lost)))
    return [
        {"street": streets.names[row], "gained_m": float(gained[row]), "lost_m": float(lost[row])}
        for row in order[:most].tolist()
        if gained[row] + lost[row] > 0
    ]


def area_rows(
    difference: Difference, *, by: str = "", demand: str = ""
) -> tuple[str, list[dict[str, Any]]]:
    """The change in each area; null is outside all areas. The rows add up to the whole.

    Returns
    -------
    unit
        What is counted: "m", or the demand's unit.
    rows
        {area, total, total_after, before, after, gained, lost, fresh_covered, gone_covered}.
    """
    old = difference.before.counted(by=by, demand=demand)
    new = difference.after.counted(by=by, demand=demand)
    areas = sorted({*old.areas, *new.areas})
    covers = difference.covers
    bits = (difference.bits.street, difference.bits.from_m, difference.bits.to_m)
    sums = {
        "total": _by_area(old, areas, _all_pieces(covers[0]), None),
        "total_after": _by_area(new, areas, _all_pieces(covers[1]), None),
        "before": _by_area(old, areas, _all_pieces(covers[0]), covers[0].piece_state == 0),
        "after": _by_area(new, areas, _all_pieces(covers[1]), covers[1].piece_state == 0),
        "gained": _by_area(old, areas, bits, difference.gained),
        "lost": _by_area(old, areas, bits, difference.lost),
        "fresh_covered": _by_area(new, areas, difference.fresh, difference.fresh_covered),
        "gone_covered": _by_area(old, areas, difference.gone, difference.gone_covered),
    }
    rows = [
        {"area": area, **{name: float(values[i]) for name, values in sums.items()}}
        for i, area in enumerate([*areas, None])
    ]
    return old.unit, [row for row in rows if row["area"] is not None or any(
        row[name] for name in sums)]  # fmt: skip


def _by_area(counted: Counted, areas: list[str], pieces: Pieces, chosen: Bools | None) -> Floats:
    """What some pieces are worth in each area; the last sum is outside all."""
    if chosen is not None:
        pieces = (pieces[0][chosen], pieces[1][chosen], pieces[2][chosen])
    spans = (counted.street, counted.span_m[:, 0], counted.span_m[:, 1])
    bits = overlay_pieces(pieces, spans)
    inside = (bits.one != NOWHERE) & (bits.other != NOWHERE)
    span = bits.other[inside]
    places = {code: place for place, code in enumerate(areas)}
    own = np.array([*(places[code] for code in counted.areas), len(areas)], np.int64)
    worth = bits.length_m[inside] * counted.weight[span]
    sums: Floats = np.bincount(
        own[counted.area[span]], weights=worth, minlength=len(areas) + 1
    ).astype(np.float64)
    return sums


def _all_pieces(cover: Coverage) -> Pieces:
    return cover.piece_street, cover.piece_from_m, cover.piece_to_m


def hour_rows(difference: Difference) -> list[dict[str, Any]]:
    """The shares of each hour of an ordinary week, before and after, as `CityView.week` has them.

    Raises
    ------
    InputError
        The question asks for a depth or a situation, which a week knows nothing of.
    """
    sides = []
    for view, asked in zip((difference.before, difference.after), difference.asked, strict=True):
        if asked.depth != 1 or asked.situation:
            raise InputError(
                "hours are compared for one station within the limit and no situation: "
                "leave out --by-hour, or --depth and --situation"
            )
        sides.append(view.week(asked.within_m, kind=asked.kind, mode=asked.mode).hours())
    return [
        {
            "day": before.day, "hour": before.hour,
            **{
                name: {"mean": one.mean, "min": one.min, "low": one.low, "high": one.high}
                for name, one in (("before", before), ("after", after))
            },
        }
        for before, after in zip(*sides, strict=True)
    ]  # fmt: skip


def _mode_row(difference: Difference, mode: str) -> dict[str, Any]:
    """The totals of the same comparison by another mode."""
    asked = [replace(question, mode=mode) for question in difference.asked]
    other = compare(difference.before, difference.after, *asked)
    before, after = other.covers
    return {
        "mode": mode, "before": before.share, "after": after.share,
        "covered_m": after.covered_m - before.covered_m, **other.totals,
    }  # fmt: skip


def _network_part(difference: Difference) -> dict[str, Any] | None:
    """The change that the other streets alone make, and the rest; None where they are the same.

    The stations after are put on the streets before: what changes up to there is theirs, what
    changes from there on is the streets'. Both add up to the whole.
    """
    before, after = difference.before, difference.after
    if before.streets.hash == after.streets.hash:
        return None
    from locator.streets import compare_streets

    middle = cover_by(
        before.with_stations(after.stations, f"stations {after.stations.hash}"),
        difference.asked[1],
    )
    first, last = difference.covers
    return {
        "lines": compare_streets(before.streets, after.streets)._asdict(),
        "by_stations": {"covered_m": middle.covered_m - first.covered_m,
                        "share": middle.share - first.share},
        "by_streets": {"covered_m": last.covered_m - middle.covered_m,
                       "share": last.share - middle.share},
    }  # fmt: skip


def _side(view: CityView, asked: Question, cover: Coverage) -> dict[str, Any]:
    """One side's inputs with their hashes, and its totals, without staff rooms too."""
    staff_only = count_staff_only(view, placed_by(view, asked))
    inputs = {
        "streets": view.streets.hash,
        "stations": view.stations.hash,
        "question": asdict(asked),
    }
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False)
    return {
        **inputs,
        "version": view.version,
        "hash": hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS],
        "total_m": cover.total_m,
        "covered_m": cover.covered_m,
        "uncovered_m": cover.uncovered_m,
        "unreachable_m": cover.unreachable_m,
        "share": cover.share,
        "staff_only": staff_only,
        "share_public": cover_by(public_view(view), asked).share if staff_only else cover.share,
    }


def difference_geojson(difference: Difference) -> dict[str, Any]:
    """Changed pieces of street in WGS-84: gained, lost, and covered ones that came or went."""
    pieces, kinds = difference.changed
    features = _features(difference.before, pieces, kinds)
    for view, stray, covered, name in (
        (difference.before, difference.gone, difference.gone_covered, "gone"),
        (difference.after, difference.fresh, difference.fresh_covered, "fresh"),
    ):
        kinds = tuple(f"{name}_covered" if one else name for one in covered.tolist())
        features += _features(view, stray, kinds)
    return label_map({"type": "FeatureCollection", "features": features}, difference.before)


def _features(view: CityView, pieces: Pieces, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    lonlat, first = view.cut(*pieces)
    lonlat = np.round(lonlat, 7)
    names = view.streets.name_code[pieces[0]].tolist()
    lengths = (pieces[2] - pieces[1]).tolist()
    return [
        {
            "type": "Feature",
            "properties": {
                "change": kind, "street": view.streets.names[name], "length_m": round(length, 3),
            },
            "geometry": {"type": "LineString", "coordinates": lonlat[start:stop].tolist()},
        }
        for kind, name, length, (start, stop) in zip(
            kinds, names, lengths, pairwise(first.tolist()), strict=True
        )
    ]  # fmt: skip
