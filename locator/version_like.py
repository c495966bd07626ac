"""What the modules that a city's version is made of may ask of it, without knowing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.stations import Stations
    from locator.street_store import StreetStore
    from locator.streets import Streets
    from locator.workspace import CityConfig, Workspace


class VersionLike(Protocol):
    """A version of a city, see `locator.version.CityVersion`."""

    @property
    def workspace(self) -> Workspace:
        """The city's folder."""

    @property
    def config(self) -> CityConfig:
        """Its settings."""

    @property
    def store(self) -> StreetStore:
        """Streets and networks."""

    @property
    def streets(self) -> Streets:
        """The streets of all modes."""

    @property
    def stations(self) -> Stations:
        """The registry's snapshot."""

    @property
    def sites(self) -> Mapping[str, tuple[int, float]]:
        """Planned stations: street and offset by code."""

    def network(self, mode: str = "walk", *, timed: bool = False) -> StreetNetwork:
        """The street network of one mode."""

    def kept(self, key: object, make: Callable[[], Any]) -> Any:
        """A result by its key, or made and kept."""
