"""What looks wrong about the places of stations: a wrong datum, water, a motorway, a twin.

None of it refuses a row: a person decides. Other modules know how to look; this one knows a city's
streets, waters and districts, and says what was found in a line each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.vocabulary import statuses
from locator.answers import name_few
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.registry import Entry
    from locator.view import CityView

AUTO = "auto"


def settle_datum(_view: CityView | None, rows: Any, declared: str | None) -> tuple[str, list[str]]:
    """Datum that the positions of a file are to be taken for, and warnings about it.

    Parameters
    ----------
    view
        The city's streets; None where there are none yet.
    declared
        What the user said; None where nothing, "auto" to take what clearly fits.

    Raises
    ------
    InputError
        "auto", and nothing clearly fits.
    """
    hint = getattr(rows, "datum_hint", "")
    if declared == AUTO:
        raise InputError("no datum clearly fits these positions: say which one with --datum")
    return declared or hint or "wgs84", []


def screen_import(
    view: CityView | None, read: Sequence[Entry], _stored: Sequence[Entry]
) -> list[str]:
    """Warnings about the places of an import's rows.

    Parameters
    ----------
    read
        Entries of the file.
    stored
        Entries of the registry.
    """
    if view is None:
        return []
    return _unroutable(view, read)


def _unroutable(view: CityView, read: Sequence[Entry]) -> list[str]:
    used = {status.code for status in statuses() if status.in_use} | {""}
    open_ones = [entry for entry in read if entry.status in used]
    if not open_ones:
        return []
    lonlat = np.array([(entry.lon_deg, entry.lat_deg) for entry in open_ones])
    limit = view.config.station_snap_m
    found = view.network("walk").snap(view.to_xy(lonlat), limit).found
    lost = [entry.name or f"row {entry.row}" for entry, there in zip(open_ones, found, strict=True)
            if not there]  # fmt: skip
    if not lost:
        return []
    return [
        f"{name_few(lost)} are more than {limit:.0f} m from any street one may walk and cannot be "
        "reached"
    ]
