"""What looks wrong about the places of stations: a wrong datum, water, a motorway, a twin.

None of it refuses a row: a person decides. Other modules know how to look; this one brings a city's
streets, waters and districts together with the entries of its registry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.datum import parse_datum
from locator.datum_check import DatumVerdict, judge_datum
from locator.errors import InputError
from locator.ground import Ground, read_ground
from locator.place_checks import Place, check_places
from locator.registry import Doubt
from locator.registry.alike import find_alike

if TYPE_CHECKING:
    from geodata.tables import Row, Rows
    from locator.registry import Entry
    from locator.view import CityView

AUTO = "auto"
_DEFAULT = "wgs84"


def settle_datum(view: CityView | None, rows: Rows, declared: str | None) -> tuple[str, list[str]]:
    """Datum that the positions of a file are to be taken for, and warnings about it.

    Rows that tell their own datum are not judged.

    Parameters
    ----------
    view
        The city's streets; None where there are none yet.
    declared
        What the user said; None for what the headings tell, else WGS-84; "auto" for what clearly
        fits the streets.

    Raises
    ------
    InputError
        "auto", and nothing clearly fits.
    """
    hint = rows.datum_hint
    if declared == AUTO:
        verdict = None if view is None else _judge(view, rows, hint or _DEFAULT)
        if verdict is None or not verdict.clear:
            why = "the city has no streets yet" if verdict is None else verdict.message
            raise InputError(
                f"no datum clearly fits these positions ({why}): say which with --datum"
            )
        return verdict.best, [f"the positions were taken for {verdict.best}: {verdict.message}"]
    taken = declared or hint or _DEFAULT
    warnings = _contradictions(rows, declared, hint) if declared else []
    if view is not None:
        verdict = _judge(view, rows, taken)
        if verdict is not None and verdict.is_wrong:
            warnings.append(
                f"WRONG DATUM? {verdict.message}; check it, then take this import back "
                f"(locator stations undo) and import again with --datum {verdict.best}"
            )
    return taken, warnings


def _contradictions(rows: Rows, declared: str, hint: str) -> list[str]:
    """Where the file itself speaks of another datum than the user."""
    wanted = parse_datum(declared)
    own: Counter[str] = Counter()
    silent = 0
    for row in rows.rows:
        told = row.values.get("datum", "")
        if row.problem is None and not told:
            silent += 1
        elif row.problem is None and told != wanted:
            own[told] += 1
    warnings = []
    if own:
        shown = ", ".join(f"{name} {count}" for name, count in own.most_common())
        warnings.append(
            f"{own.total()} rows tell another datum than {wanted} in a column of their own "
            f"({shown}), which goes before --datum"
        )
    if silent and hint and hint != wanted:
        warnings.append(
            f"the headings say {hint}, and the positions of {silent} rows that tell none "
            f"themselves were taken for {wanted}"
        )
    return warnings


def _judge(view: CityView, rows: Rows, datum: str) -> DatumVerdict | None:
    """What the ground says of the rows that tell no datum of their own; None for no rows."""
    told: list[Row] = [
        row for row in rows.rows if row.problem is None and not row.values.get("datum")
    ]
    if not told:
        return None
    ground = ground_of(view)
    return judge_datum(
        np.array([(row.lon_deg, row.lat_deg) for row in told]),
        datum,
        ground=ground,
        addresses=[row.values.get("address", "") for row in told],
        district_codes=[row.values.get("district_code", "") for row in told],
    )


def ground_of(view: CityView) -> Ground:
    """Streets, waters and districts of a city, kept with its view."""
    ground: Ground = view.kept("ground", lambda: read_ground(view))
    return ground


def screen_entries(view: CityView | None, entries: Sequence[Entry]) -> list[tuple[Entry, Doubt]]:
    """What is suspicious about the places of entries, in their order."""
    places = [_place(entry) for entry in entries]
    found = check_places(places, None if view is None else ground_of(view))
    return [
        (
            entries[one.index],
            Doubt(entries[one.index].row, one.check, one.value, one.message, one.fix),
        )
        for one in found
    ]


def screen_import(
    view: CityView | None,
    read: Sequence[Entry],
    is_new: Sequence[bool],
    stored: Sequence[Entry],
) -> list[Doubt]:
    """Doubts about an import's rows: their places, and twins of stations under other names.

    Parameters
    ----------
    read, is_new
        Entries of the file, and which of them are no station of the registry yet.
    stored
        Entries of the registry.
    """
    doubts = [doubt for _, doubt in screen_entries(view, read)]
    new = [entry for entry, fresh in zip(read, is_new, strict=True) if fresh]
    both = [*[entry for entry in stored if entry.status != "closed"], *new]
    return doubts + _twins(both, len(both) - len(new))


def _twins(entries: Sequence[Entry], first_new: int) -> list[Doubt]:
    """New rows that look like a station that is there already, or like another row."""
    pairs = find_alike(
        ["" if entry.name_made else entry.name for entry in entries],
        [entry.kind for entry in entries],
        np.array([(entry.lon_deg, entry.lat_deg) for entry in entries]).reshape(-1, 2),
        fresh=np.arange(len(entries)) >= first_new,
    )
    doubts = []
    for pair in pairs:
        other, own = entries[pair.first], entries[pair.second]
        known = other.code if pair.first < first_new else f"row {other.row}"
        name = f" {other.name}" if other.name else ""
        doubts.append(
            Doubt(
                own.row,
                "alike",
                own.name,
                f"{pair.distance_m:.0f} m from {known}{name}: may be the same station",
                "if it is, give the row that code; if not, give the names what tells them apart",
            )
        )
    return doubts


def _place(entry: Entry) -> Place:
    given: Any = (entry.lon_raw, entry.lat_raw)
    return Place(
        entry.lon_deg, entry.lat_deg, entry.address, entry.district_code, entry.name, given
    )
