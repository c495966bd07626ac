"""A composed map as pages carry it; `maps` makes them, with Folium, and this needs nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MapParts:
    """One composed map.

    Parameters
    ----------
    html
        The map's element.
    script
        What makes it a map; runs after `scripts`.
    hash
        sha256 of `script`, in hexadecimal.
    scripts, styles
        Addresses of files on our own host, in the order in which they are wanted.
    """

    html: str
    script: str
    hash: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
