"""The streets that no candidate reaches, in words and by place: what a plan cannot promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locator.pieces import locate_on_streets

if TYPE_CHECKING:
    from locator.arrays import Longs
    from locator.siting.city_problem import CityProblem

MOST_LISTED = 1000


def list_unreached(city: CityProblem) -> dict[str, Any]:
    """What no candidate and no station serves, by name of street, the longest first.

    Streets without a name are listed one by one. `lon`, `lat` are the middle of the longest piece.

    Returns
    -------
    dict
        worth (of all of them, in the unit of what counts), length_m, count, streets[]: name,
        length_m, worth, lon, lat; at most `MOST_LISTED` streets are listed.
    """
    rows, streets = city.rows, city.today.network.streets
    lost = city.lost.astype(np.int64)
    length = rows.high_m[lost] - rows.low_m[lost]
    named = streets.name_code[rows.street[lost]] > 0
    key = np.where(named, streets.name_code[rows.street[lost]], -1 - rows.street[lost])
    owner, number = np.unique(key, return_inverse=True)
    number = number.reshape(-1)
    metres = np.bincount(number, weights=length, minlength=len(owner))
    worth = np.bincount(number, weights=rows.worth[lost], minlength=len(owner))
    order = np.lexsort((owner, -worth))[:MOST_LISTED]
    longest = _find_longest(number, length)[order]
    middle = 0.5 * (rows.low_m[lost][longest] + rows.high_m[lost][longest])
    street = rows.street[lost][longest]
    xy = locate_on_streets(streets, street, middle)
    lonlat = city.today.version.to_lonlat(xy).reshape(-1, 2)
    listed = [
        {
            "name": streets.names[streets.name_code[s]],
            "length_m": m,
            "worth": w,
            "lon": lon,
            "lat": lat,
        }
        for s, m, w, (lon, lat) in zip(
            street.tolist(), metres[order].tolist(), worth[order].tolist(), lonlat.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    return {
        "worth": float(rows.worth[lost].sum()),
        "length_m": float(length.sum()),
        "count": len(owner),
        "streets": listed,
    }


def _find_longest(number: Longs, length: np.ndarray) -> Longs:
    """The longest piece of each group, the first of equals."""
    order = np.lexsort((np.arange(len(number)), -length, number))
    return order[np.unique(number[order], return_index=True)[1]]
