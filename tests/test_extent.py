"""The extent of a city: what lies in it, beside it, or would if the columns were not swapped."""

from __future__ import annotations

import pytest
import shapely

from locator.extent import check_extent

CITY = shapely.box(20.8, 32.0, 20.9, 32.1)


@pytest.mark.parametrize(
    ("lon_deg", "lat_deg", "reason"),
    [
        (20.85, 32.05, None),
        (20.85, 31.992, None),  # 890 m to the south of it
        (20.85, 31.990, "the position is outside the city"),  # 1,110 m
        (32.05, 20.85, "longitude and latitude are swapped"),
        (32.05, 21.85, "the position is outside the city"),  # either way round
        (120.85, 32.05, "the position is outside the city"),  # 120 is no latitude
    ],
)
def test_check_extent_tells_why_a_position_is_not_within_a_kilometre(
    lon_deg: float, lat_deg: float, reason: str | None
) -> None:
    assert check_extent(CITY, 1000.0)(lon_deg, lat_deg) == reason
