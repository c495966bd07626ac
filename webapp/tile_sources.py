"""Approved tiles of others instead of the city's own drawing: one setting, off by default.

Public maps in China show approved maps with their number (审图号), which a city office may hold for
tiles of Tianditu or of another provider. Such tiles come from the provider's host, which then sees
what part of the map a visitor looks at: the only exception to "no foreign host", and named so.

The key of a provider stands in the environment (LOCATOR_TILES_KEY), never in a file of this
program; browsers have to send it with each tile, so providers bind it to the site's own name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from locator.errors import InputError

if TYPE_CHECKING:
    from webapp.settings import Settings

# Datums that the page's script can draw over; Baidu's tiles have a grid of their own besides.
DATUMS = ("wgs84", "gcj02")
KEY = "{key}"
_PLACE = ("{z}", "{x}", "{y}")
# https, or this very machine for a try; nothing that could end a directive of the policy.
_ORIGIN = re.compile(
    r"(https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?|http://(localhost|127\.0\.0\.1)(:\d+)?)/"
)
_MOST_ZOOM = 22


@dataclass(frozen=True, slots=True)
class TileSource:
    """Where approved tiles come from.

    Parameters
    ----------
    layers
        Addresses with {z}, {x} and {y}, drawn over each other in this order.
    attribution
        Who made the map, as it has to be shown.
    approval
        Its approval number (审图号), as it has to be shown.
    datum
        Of the tiles: everything that is drawn over them is brought there.
    max_zoom
        The last zoom that the provider has.
    """

    layers: tuple[str, ...]
    attribution: str
    approval: str = ""
    datum: str = "wgs84"
    max_zoom: int = 18

    @property
    def origins(self) -> tuple[str, ...]:
        """The hosts that the page then asks, for the content policy.

        >>> known_sources()["tianditu"].origins
        ('https://t0.tianditu.gov.cn',)
        """
        found = [_origin(layer) for layer in self.layers]
        return tuple(dict.fromkeys(found))


def known_sources() -> Mapping[str, TileSource]:
    """Sources that need no file: Tianditu's vector map and its labels, in Web Mercator."""
    address = (
        "https://t0.tianditu.gov.cn/{name}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        "&LAYER={name}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILECOL={x}&TILEROW={y}&tk={key}"
    )
    layers = tuple(address.replace("{name}", name) for name in ("vec", "cva"))
    return {"tianditu": TileSource(layers, "天地图 Tianditu")}


def read_source(settings: Settings, approval: str = "") -> TileSource | None:
    """The tiles that the settings ask for; None where the city's own drawing is shown.

    Parameters
    ----------
    approval
        Approval number of the city's settings, for a source that brings none.

    Raises
    ------
    InputError
        The source is unknown, its file cannot be used, or a key or an approval number lacks.
    """
    asked = settings.tiles
    if not asked:
        return None
    known = known_sources()
    source = known[asked] if asked in known else _read(Path(asked))
    source = replace(
        source,
        approval=settings.tiles_approval or source.approval or approval,
        layers=tuple(_with_key(layer, settings.tiles_key) for layer in source.layers),
    )
    if not source.approval.strip():
        raise InputError(
            "tiles of others are shown with their approval number (审图号): give it in "
            "LOCATOR_TILES_APPROVAL, in the file of the source, or as map_approval in city.toml"
        )
    return source


def _with_key(layer: str, key: str) -> str:
    if KEY not in layer:
        return layer
    if not key.strip():
        raise InputError("the tiles need the provider's key: give it in LOCATOR_TILES_KEY")
    return layer.replace(KEY, quote(key.strip(), safe=""))


def _read(path: Path) -> TileSource:
    """A source from a TOML file with the fields of `TileSource`."""
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(
            f"LOCATOR_TILES is {str(path)!r}: expected {' or '.join(known_sources())}, or a TOML "
            f"file with layers, attribution, approval and datum ({type(problem).__name__})"
        ) from problem
    wrong = list(_problems(told))
    if wrong:
        raise InputError(f"{path}: {'; '.join(wrong)}")
    return TileSource(**{"attribution": "", **told, "layers": tuple(told["layers"])})


def _problems(told: Mapping[str, Any]) -> Iterator[str]:
    """What of a source's file cannot be used."""
    expected = [field.name for field in fields(TileSource)]
    yield from (
        f"unknown field {x}, expected {', '.join(expected)}" for x in told if x not in expected
    )
    layers = told.get("layers")
    if not isinstance(layers, list) or not layers:
        yield f"layers is {layers!r}, expected a list of addresses"
    else:
        yield from (problem for layer in layers if (problem := _address_problem(layer)))
    for name in ("attribution", "approval"):
        if not isinstance(told.get(name, ""), str):
            yield f"{name} is {told[name]!r}, expected a text"
    if told.get("datum", "wgs84") not in DATUMS:
        yield f"datum is {told['datum']!r}, expected {' or '.join(DATUMS)}"
    zoom = told.get("max_zoom", 18)
    if type(zoom) is not int or not 1 <= zoom <= _MOST_ZOOM:
        yield f"max_zoom is {zoom!r}, expected a whole number from 1 to {_MOST_ZOOM}"


def _address_problem(layer: Any) -> str:
    """What is wrong with an address of tiles; "" where nothing is."""
    if not isinstance(layer, str) or not _ORIGIN.match(layer):
        return f"{layer!r} is no https address of tiles"
    rest = layer
    for part in _PLACE:
        if rest.count(part) != 1:
            return f"{layer!r} must hold {', '.join(_PLACE)}, each once"
        rest = rest.replace(part, "")
    if set("{}<>\"'` ") & set(rest.replace(KEY, "")):
        return f"{layer!r} holds signs that no address has"
    return ""


def _origin(layer: str) -> str:
    found = _ORIGIN.match(layer)
    if found is None:
        raise InputError(f"{layer!r} is no address of tiles")
    return found[1]
