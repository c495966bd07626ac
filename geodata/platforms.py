"""Map platforms (Amap, Baidu, ...): their names, and the datum of their coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from geodata.errors import InputError
from geodata.vocabulary import normalise, read_data


@dataclass(frozen=True, slots=True)
class Platform:
    """A map platform; `datum` is one of `geodata.datum.DATUMS`."""

    code: str
    zh: str
    en: str
    datum: str
    aliases: tuple[str, ...] = ()


@cache
def platforms() -> Mapping[str, Platform]:
    """All platforms by code.

    Examples
    --------
    >>> {platform.code: platform.datum for platform in platforms().values()}
    {'amap': 'gcj02', 'baidu': 'bd09', 'tencent': 'gcj02', 'tianditu': 'cgcs2000'}
    """
    listed = [
        Platform(**{**entry, "aliases": tuple(entry.get("aliases", ()))})
        for entry in read_data("platforms.toml")["platform"]
    ]
    return MappingProxyType({platform.code: platform for platform in listed})


def find_platform(text: str) -> Platform:
    """Platform of a code or name.

    Raises
    ------
    InputError
        There is none.

    Examples
    --------
    >>> find_platform("高德").code, find_platform("Baidu Maps").datum
    ('amap', 'bd09')
    """
    word = normalise(text)
    for platform in platforms().values():
        names = (platform.code, platform.zh, platform.en, *platform.aliases)
        if word in {normalise(name) for name in names}:
            return platform
    known = ", ".join(platforms())
    raise InputError(f"unknown map platform {text!r}; expected one of {known}")
