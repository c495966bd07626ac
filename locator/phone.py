"""What a phone keeps of a city: streets to walk on, as one small file.

The nearest station is searched in the page, so that a worker's position never leaves the phone
(features P5), and without a network. For that the page needs what `nearest` needs: nodes, streets
with their shapes and directions, lengths, names. Here they are numbers in decimetres, each as the
small difference to what one would guess and in as few bytes as it takes (LEB128, signs folded
in), so that a city of 100,000 crossings is about a megabyte on the wire. `static/js/network.js`
reads it.

    bytes 0-3      "SLP3": this format, version 3
    4 bytes        length of the head, little-endian
    head           JSON: version, crs, projection, counts, names
    sections       for each of SECTIONS 4 bytes of length, then its numbers

The guesses: a crossing is where the one before is; a street's inner vertex is as far along as if
the rest of the street were straight and even; a street is as long as it is drawn, and called as one
that was met at its start.

The phone turns degrees into metres by a polynomial in longitude and latitude about the middle,
fitted to the city's own projection; how far it is off at worst is measured here and told.

Rounding to decimetres moves a distance by less than a metre: a phone and the server name the same
station unless two are that close (tested).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.lines import STEPS
from locator.arrays import Bytes, Floats, Ints, Longs, frozen

if TYPE_CHECKING:
    from locator.network import StreetNetwork

MAGIC = b"SLP3"
SECTIONS = ("x", "y", "from", "to", "travel", "length", "vertices", "shape", "name")
_DM = 10.0  # decimetres in a metre
_DEGREE = 4  # of the polynomial: below a centimetre for a city of 200 km
_FIT_STEPS = 25
_PAYLOAD_BITS = 7
_MOST_BYTES = 10  # that a 64-bit number takes
STAIRS = 4  # beside 1 (forward) and 2 (backward) in `travel`


@dataclass(frozen=True, slots=True, eq=False)
class PhoneStreets:
    """A street file: its bytes, and where the network's streets are in it.

    Parameters
    ----------
    data
        The file.
    street : (s,) int32
        Number in the file of each street of the city, -1 for those that nobody may walk on.
    off_m
        The most that the polynomial is off, measured all over the city.
    """

    data: bytes
    street: Ints
    off_m: float


def pack_streets(network: StreetNetwork, *, version: str) -> PhoneStreets:
    """Write the streets that a mode may use, for the phone.

    Parameters
    ----------
    network
        Of a mode on foot: costs are metres.
    version
        What the station file has to say too, to fit.

    Notes
    -----
    O(streets + vertices). Streets keep their order, so equal streets give equal bytes.
    """
    streets = network.streets
    kept = np.flatnonzero(network.travel != 0)
    nodes, ends = np.unique(streets.ends[kept], return_inverse=True)
    ends = ends.reshape(-1, 2)
    node_dm = _decimetres(streets.node_xy_m[nodes])
    origin = node_dm.min(axis=0, initial=np.iinfo(np.int64).max) if len(nodes) else np.zeros(2)
    used, name = np.unique(streets.name_code[kept], return_inverse=True)
    inner, inner_count = _inner_vertices(network, kept)
    shape_dm = _decimetres(inner)
    fit, off_m = _fit_projection(network, nodes)
    sections = {
        "x": _differences(node_dm[:, 0] - int(origin[0])),
        "y": _differences(node_dm[:, 1] - int(origin[1])),
        "from": _differences(ends[:, 0]),
        "to": ends[:, 1] - ends[:, 0],
        "travel": _travel(network, kept),
        "length": _decimetres(streets.length_m[kept])
        - _drawn(node_dm[ends], inner_count, shape_dm),
        "vertices": inner_count,
        "shape": _bends(node_dm[ends], inner_count, shape_dm),
        "name": _names_again(ends, name),
    }
    head = {
        "version": version,
        "crs": streets.crs,
        "origin_dm": [int(value) for value in origin],
        "nodes": len(nodes),
        "streets": len(kept),
        "projection": fit,
        "off_m": off_m,
        "names": [streets.names[code] for code in used.tolist()],
        "attribution": streets.attribution,
    }
    number = np.full(len(streets), -1, np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    return PhoneStreets(_write(head, sections), frozen(number, np.int32), off_m)


def read_streets(data: bytes) -> tuple[dict[str, Any], dict[str, Longs]]:
    """Head and raw sections of a street file, as the page reads them; for tests and tools.

    Raises
    ------
    ValueError
        Not a street file of this version, or cut short.
    """
    if data[:4] != MAGIC:
        raise ValueError(f"expected a street file that begins with {MAGIC!r}, got {data[:4]!r}")
    place = 8 + struct.unpack_from("<I", data, 4)[0]
    head: dict[str, Any] = json.loads(data[8:place])
    sections = {}
    for name in SECTIONS:
        size = struct.unpack_from("<I", data, place)[0]
        body = data[place + 4 : place + 4 + size]
        if len(body) != size:
            raise ValueError(f"the street file is cut short in its section {name!r}")
        sections[name] = decode_numbers(np.frombuffer(body, np.uint8))
        place += 4 + size
    return head, sections


def encode_numbers(values: Longs) -> bytes:
    """Whole numbers in as few bytes as they take: the sign in bit 0, then 7 bits a byte."""
    folded = ((values << 1) ^ (values >> 63)).view(np.uint64)
    sizes = np.ones(len(folded), np.int64)
    for more in range(1, _MOST_BYTES):
        sizes += folded >> np.uint64(_PAYLOAD_BITS * more) != 0
    last = np.cumsum(sizes)
    out = np.empty(int(last[-1]) if len(last) else 0, np.uint8)
    for k in range(int(sizes.max(initial=0))):
        has = np.flatnonzero(sizes > k)
        part = (folded[has] >> np.uint64(_PAYLOAD_BITS * k)) & np.uint64(127)
        goes_on = sizes[has] > k + 1
        out[last[has] - sizes[has] + k] = part.astype(np.uint8) | (goes_on * np.uint8(128))
    return out.tobytes()


def decode_numbers(data: Bytes) -> Longs:
    """The numbers that `encode_numbers` wrote."""
    ends = np.flatnonzero(data < 128)  # noqa: PLR2004
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)
    folded = np.zeros(len(ends), np.uint64)
    for k in range(_MOST_BYTES):
        has = starts + k <= ends
        byte = data[(starts + k)[has]].astype(np.uint64) & np.uint64(127)
        folded[has] |= byte << np.uint64(_PAYLOAD_BITS * k)
    half = (folded >> np.uint64(1)).view(np.int64)
    return np.where(folded & np.uint64(1), ~half, half)


def _write(head: dict[str, Any], sections: dict[str, Longs]) -> bytes:
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    parts = [MAGIC, struct.pack("<I", len(text)), text]
    for name in SECTIONS:
        body = encode_numbers(np.ascontiguousarray(sections[name], np.int64))
        parts += [struct.pack("<I", len(body)), body]
    return b"".join(parts)


def _travel(network: StreetNetwork, kept: Any) -> Longs:
    """Directions in which each street may be walked, and whether it is stairs."""
    stairs = network.streets.flags[kept] & STEPS != 0
    bits: Longs = network.travel[kept].astype(np.int64) + STAIRS * stairs
    return bits


def _decimetres(metres: Floats) -> Longs:
    return np.rint(np.asarray(metres) * _DM).astype(np.int64)


def _differences(values: Any) -> Longs:
    """Each number less the one before; the first as it is."""
    numbers = np.asarray(values, np.int64)
    return numbers - np.concatenate((np.zeros(1, np.int64), numbers[:-1]))


def _drawn(ends_dm: Longs, counts: Longs, shape_dm: Longs) -> Longs:
    """Length of each street as it is drawn in whole decimetres, rounded down.

    Roots of whole numbers, added up in order: the page comes to the same number.
    """
    owner = np.repeat(np.arange(len(counts)), counts + 1)
    last = np.cumsum(counts + 1) - 1
    after = np.insert(shape_dm, last - np.arange(len(counts)), ends_dm[:, 1], axis=0)
    before = np.roll(after, 1, axis=0)
    before[last - counts] = ends_dm[:, 0]
    sides = np.sqrt(np.square(after - before).sum(axis=1).astype(np.float64))
    total = np.bincount(owner, weights=sides, minlength=len(counts))
    drawn: Longs = np.floor(total).astype(np.int64)
    return drawn


def _inner_vertices(network: StreetNetwork, kept: Any) -> tuple[Floats, Longs]:
    """Vertices of streets without their ends, and how many each street has."""
    streets = network.streets
    counts = (streets.first[kept + 1] - streets.first[kept] - 2).astype(np.int64)
    owner = np.repeat(np.arange(len(kept)), counts)
    before = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    row = streets.first[kept][owner] + 1 + np.arange(int(counts.sum())) - before[owner]
    return streets.xy_m[row], counts


def _bends(ends_dm: Longs, counts: Longs, shape_dm: Longs) -> Longs:
    """Each inner vertex less where it were if the rest of its street were straight and even."""
    owner = np.repeat(np.arange(len(counts)), counts)
    firsts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    rank = np.arange(len(owner)) - firsts[owner]
    before = np.roll(shape_dm, 1, axis=0)
    before[rank == 0] = ends_dm[owner[rank == 0], 0]
    left = (counts[owner] + 1 - rank)[:, None]
    bends: Longs = shape_dm - before - (ends_dm[owner, 1] - before) // left
    return bends.ravel()


def _names_again(ends: Any, names: Any) -> Longs:
    """-1 - i where a street is called as the i-th last name met at its start, else its name."""
    met: dict[int, list[int]] = {}
    told = []
    for start, end, name in zip(*ends.T.tolist(), names.tolist(), strict=True):
        known = met.get(start, ())
        told.append(-1 - known.index(name) if name in known else name)
        for node in {start, end}:
            here = met.setdefault(node, [])
            if name in here:
                here.remove(name)
            here.insert(0, name)
    return np.array(told, np.int64)


def _fit_projection(network: StreetNetwork, nodes: Ints) -> tuple[dict[str, Any], float]:
    """Polynomials from degrees to metres and back, about the middle; and how far they are off."""
    streets = network.streets
    xy = streets.node_xy_m[nodes] if len(nodes) else np.zeros((1, 2))
    low, high = xy.min(axis=0) - 1.0, xy.max(axis=0) + 1.0
    steps = np.linspace(0.0, 1.0, _FIT_STEPS)
    grid = np.stack(np.meshgrid(*(low + (high - low) * steps[:, None]).T), -1).reshape(-1, 2)
    lonlat = streets.projection.to_lonlat(grid)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1.0)
    degrees = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
    span = np.maximum((lonlat.max(axis=0) - lonlat.min(axis=0)) / 2, 1e-6)
    ahead = _terms((lonlat - degrees) / span)
    to_xy = np.linalg.lstsq(ahead, grid - middle, rcond=None)[0]
    back = _terms((grid - middle) / half)
    to_lonlat = np.linalg.lstsq(back, lonlat - degrees, rcond=None)[0]
    off = np.abs(ahead @ to_xy - (grid - middle)).max()
    off_back = np.abs(back @ to_lonlat - (lonlat - degrees)).max() * 111_320.0  # metres a degree
    told = {
        "degree": _DEGREE,
        "lonlat": [*degrees.tolist(), *span.tolist()],
        "xy_m": [*middle.tolist(), *half.tolist()],
        "to_xy": to_xy.T.tolist(),
        "to_lonlat": to_lonlat.T.tolist(),
    }
    return told, float(max(off, off_back))


def _terms(points: Floats) -> Floats:
    """Powers x^i y^j with i + j up to the degree, i first."""
    x, y = points.T
    return np.stack(
        [x**i * y**j for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)], axis=1
    )
