"""Limits that people ask for, and the targets that somebody set: data with sources and dates."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """One limit that can be chosen by its name.

    Parameters
    ----------
    code, zh, en
        Identity, and names for people.
    limit
        Metres ("500") or a time ("15min"), as `Mode.metres` reads it.
    source, date
        Where the limit comes from, and since when it is in force.
    """

    code: str
    limit: str
    zh: str
    en: str
    source: str
    date: date


@dataclass(frozen=True, slots=True)
class Target:
    """What somebody has promised, and what exactly it speaks of.

    Parameters
    ----------
    limits
        Within any of these a place counts as served; () where no official text is known, and then
        nothing may be compared with the target: `missing_zh` says so.
    mode, depth
        On which way, and by how many stations.
    area, demand
        The layer of areas and the layer of people that the target is about; a share of all
        streets is not what it promises.
    issuer, announced, due
        Who set it, when, and by when it was to be met.
    text_zh, text_en
        What it says. `label_zh`, `label_en` name our own measure of it.
    """

    code: str
    zh: str
    en: str
    source: str
    limits: tuple[str, ...] = ()
    mode: str = "walk"
    depth: int = 1
    area: str = ""
    demand: str = ""
    issuer: str = ""
    announced: date | None = None
    due: date | None = None
    text_zh: str = ""
    text_en: str = ""
    label_zh: str = ""
    label_en: str = ""
    missing_zh: str = ""
    missing_en: str = ""


@cache
def _read() -> dict[str, list[dict[str, Any]]]:
    text = files("geodata").joinpath("data/limits.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def presets() -> tuple[Preset, ...]:
    """All presets, in the order of the data."""
    return tuple(Preset(**row) for row in _read()["preset"])


@cache
def targets() -> tuple[Target, ...]:
    """All targets, in the order of the data."""
    return tuple(Target(**{**row, "limits": tuple(row["limits"])}) for row in _read()["target"])
