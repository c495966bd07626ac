"""Long arrays in a JSON document: little-endian float64 or int32, zlib, base64.

Read without this project: numpy.frombuffer(zlib.decompress(base64.b64decode(text)), "<f8").
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import numpy as np

from locator.arrays import frozen
from locator.errors import InputError

_LEVEL = 6
_MOST_BYTES = 2**30


def pack(array: Any) -> dict[str, Any]:
    """An array of numbers as a short text, the same for the same numbers."""
    values = np.asarray(array)
    kind = "<i4" if values.dtype.kind in "iu" else "<f8"
    raw = np.ascontiguousarray(values, kind).tobytes()
    text = base64.b64encode(zlib.compress(raw, _LEVEL)).decode("ascii")
    return {"type": kind, "count": len(values), "base64_zlib": text}


def unpack(packed: Any, what: str) -> Any:
    """The array of a text.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        if packed["type"] not in {"<i4", "<f8"}:
            raise ValueError("unknown type")
        engine = zlib.decompressobj()
        raw = engine.decompress(base64.b64decode(packed["base64_zlib"]), _MOST_BYTES)
        values = np.frombuffer(raw, packed["type"])
        if len(values) != packed["count"]:
            raise ValueError(f"{len(values)} numbers, expected {packed['count']}")
    except (TypeError, KeyError, ValueError, zlib.error, binascii.Error) as problem:
        raise InputError(f"{what} is not packed as a plan writes it: {problem}") from problem
    return frozen(values, np.int32 if packed["type"] == "<i4" else np.float64)
