"""The document of a plan: hashed, written and read, apart from who makes it and who checks it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from locator.errors import InputError
from locator.workspace import replace_text

_UNHASHED = ("seconds", "hash")


def measure_gap(value: float, bound: float | None) -> float | None:
    """Distance of value and bound as a share of the value."""
    if bound is None:
        return None
    away = abs(bound - value)
    return 0.0 if away == 0.0 else away / abs(value) if value else None


def hash_document(document: dict[str, Any]) -> str:
    """Hash of a plan's document without what may differ from run to run."""
    kept = {name: one for name, one in document.items() if name not in _UNHASHED}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_plan(path: Path, document: dict[str, Any]) -> None:
    """Write the document to a file, aside first, so that no half plan is left behind."""
    replace_text(path, json.dumps(document, ensure_ascii=False) + "\n")


def read_plan(path: Path) -> dict[str, Any]:
    """The document that `write_plan` wrote.

    Raises
    ------
    InputError
        The file is no plan.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        if not isinstance(document, dict) or not isinstance(document["sites"], list):
            raise ValueError("no list of sites")
    except (OSError, ValueError, KeyError, RecursionError) as problem:
        raise InputError(
            f"{path} is no plan as `locator plan -o` writes it: {problem}"
        ) from problem
    return document
