"""Where workers find rest: stations, nearest ways, coverage of streets, and new sites.

    import locator
    city = locator.City.open("city").current()
    near = city.nearest([(120.86, 32.01)], k=3, kind="rest_station")
    cover = city.coverage(within_m=1000)
    plan = city.plan(new=10, within_m=1000)

Importing this package costs nothing: each name is loaded when it is first used (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locator.city import City, CityView
    from locator.coverage import Coverage
    from locator.errors import (
        CrsError,
        DataError,
        InfeasibleError,
        InputError,
        LocatorError,
        NotFoundError,
        OutsideRegionError,
        SchemaError,
    )
    from locator.nearest import Nearest, Route
    from locator.network import StreetNetwork
    from locator.siting.plan import Plan
    from locator.stations import Station, Stations
    from locator.streets import Streets

_HOMES = {
    "City": "city",
    "CityView": "city",
    "Coverage": "coverage",
    "CrsError": "errors",
    "DataError": "errors",
    "InfeasibleError": "errors",
    "InputError": "errors",
    "LocatorError": "errors",
    "Nearest": "nearest",
    "NotFoundError": "errors",
    "OutsideRegionError": "errors",
    "Plan": "siting.plan",
    "Route": "nearest",
    "SchemaError": "errors",
    "Station": "stations",
    "Stations": "stations",
    "StreetNetwork": "network",
    "Streets": "streets",
}

__all__ = [
    "City",
    "CityView",
    "Coverage",
    "CrsError",
    "DataError",
    "InfeasibleError",
    "InputError",
    "LocatorError",
    "Nearest",
    "NotFoundError",
    "OutsideRegionError",
    "Plan",
    "Route",
    "SchemaError",
    "Station",
    "Stations",
    "StreetNetwork",
    "Streets",
]

if not TYPE_CHECKING:  # so that a type checker still sees a misspelt name

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'locator' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"locator.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
