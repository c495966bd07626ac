"""Array vocabulary: the few array types of the library, read-only arrays, folders of arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locator.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

# A distance d is within a limit when d <= limit + LIMIT_TOLERANCE_M; the same number stands in
# the compiled kernels and in the page's script.
LIMIT_TOLERANCE_M = 1e-6


def frozen(values: ArrayLike, dtype: Any = None) -> NDArray[Any]:
    """Return `values` as a contiguous read-only array, copied only where needed.

    >>> frozen([1, 2], "f8").flags.writeable
    False
    """
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def save_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
    """Write arrays as one .npy file each and `meta` as meta.json, into a new folder.

    meta.json is written last: a folder without it is half-written, and `open_arrays` refuses it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    shapes = {name: [str(array.dtype), list(array.shape)] for name, array in arrays.items()}
    text = json.dumps({**meta, "arrays": shapes}, ensure_ascii=False)
    (folder / "meta.json").write_text(text, encoding="utf-8")


def open_arrays(
    folder: Path, *, kind: str, version: int
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read back what `save_arrays` wrote, memory-mapped and read-only.

    Raises
    ------
    DataError
        The folder is missing or half-written, of another kind or version, or an array in it does
        not have the type and shape that were saved.
    """
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise DataError(f"{folder} holds no complete {kind}: import the streets again") from problem
    if meta.get("kind") != kind or meta.get("version") != version:
        raise DataError(
            f"{folder} holds {meta.get('kind')} version {meta.get('version')}, expected {kind} "
            f"version {version}: import the streets again"
        )
    arrays = {}
    for name, (dtype, shape) in meta["arrays"].items():
        try:
            mapped = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as problem:
            raise DataError(
                f"{folder / name}.npy is damaged: import the streets again"
            ) from problem
        if str(mapped.dtype) != dtype or list(mapped.shape) != shape:
            raise DataError(f"{folder / name}.npy is not what was saved: import the streets again")
        arrays[name] = frozen(np.asarray(mapped))
    return arrays, meta
