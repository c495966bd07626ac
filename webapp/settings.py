"""Settings of one web application: a frozen value, read once from LOCATOR_* variables."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from locator.errors import SchemaError
from webapp.vendor import VENDOR
from webapp.wechat_tickets import API

PREFIX = "LOCATOR_"
# What a content policy calls an origin: no path, no user; a star only for all hosts below a name.
_ORIGIN = re.compile(
    r"https?://(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,5})?",
    re.IGNORECASE,
)
_RATE = re.compile(r"[1-9]\d{0,6}/(?:second|minute|hour|day)")


# Forks of a process with numerical libraries are well trodden on Linux alone.
_CORES = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
DEFAULT_WORKERS = min(2, _CORES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an application needs to know before its first request.

    Parameters
    ----------
    city
        Workspace folder (LOCATOR_CITY).
    host, port
        Where to listen; loopback unless said otherwise (LOCATOR_HOST, LOCATOR_PORT; port 0 takes
        any free one).
    workers, threads
        Processes that answer, and requests that each answers at the same time (LOCATOR_WORKERS,
        LOCATOR_THREADS). One process answers with one core at a time; a second one for a machine
        of two cores or more doubles what is answered, for some 50 MB of its own; and 50 more in
        each from the first typed word on that its own table of pinyin does not know (重庆路).
    max_body_bytes
        Longest request body that is read (LOCATOR_MAX_BODY_BYTES).
    vendor
        Folder of the front-end packages (LOCATOR_VENDOR).
    frame_ancestors
        Origins whose pages may show the embedded finder in a frame, besides our own
        (LOCATOR_FRAME_ANCESTORS, with spaces between).
    limit_requests, limit_questions, limit_reports
        How often one address may ask for anything, for what has to be computed, and may send a
        report: "600/minute", or "off" (LOCATOR_LIMIT_...). Many phones share one address of their
        network, so the first two are wide.
    trusted_proxies
        How many proxies of our own stand before the server and tell the visitor's address; with 0
        what a request says of that is not believed (LOCATOR_TRUSTED_PROXIES).
    tiles
        Approved tiles instead of the city's own drawing: "tianditu", or a TOML file that names
        them (`webapp.tile_sources`); "" for none (LOCATOR_TILES).
    tiles_key, tiles_approval
        The provider's key, and the approval number (审图号) that has to be shown
        (LOCATOR_TILES_KEY, LOCATOR_TILES_APPROVAL).
    wechat_appid, wechat_secret, wechat_sdk, wechat_api
        WeChat's JS-SDK (`webapp.wechat`), off without: the site's name and secret with WeChat, the
        SDK's file on this machine, and the host that gives tickets, WeChat's own unless a gateway
        is said (LOCATOR_WECHAT_...).
    """

    city: Path = Path("city")
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = DEFAULT_WORKERS
    threads: int = 4
    max_body_bytes: int = 16_384
    vendor: Path = VENDOR
    frame_ancestors: tuple[str, ...] = ()
    limit_requests: str = "6000/minute"
    limit_questions: str = "1200/minute"
    limit_reports: str = "30/hour"
    trusted_proxies: int = 0
    tiles: str = ""
    tiles_key: str = field(default="", repr=False)
    tiles_approval: str = ""
    wechat_appid: str = ""
    wechat_secret: str = field(default="", repr=False)
    wechat_sdk: str = ""
    wechat_api: str = API

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables; variables of others are left alone.

        Raises
        ------
        SchemaError
            Values that cannot be used, all of them at once.

        Examples
        --------
        >>> Settings.from_environ({"LOCATOR_PORT": "9000"}).port
        9000
        """
        values: dict[str, Any] = {}
        problems = []
        for known in fields(cls):
            name = PREFIX + known.name.upper()
            text = environ.get(name)
            if text is None:
                continue
            convert, expected = _CONVERTERS[known.name]
            try:
                values[known.name] = convert(text)
            except ValueError:
                problems.append(f"{name} is {text!r}, expected {expected}")
        if problems:
            raise SchemaError(problems)
        return cls(**values)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text.strip()


def _path(text: str) -> Path:
    return Path(_text(text))


def _whole(low: int, high: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return convert


def _origins(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if not all(_ORIGIN.fullmatch(origin) for origin in found):
        raise ValueError(text)
    return tuple(origin.lower() for origin in found)


def _host(text: str) -> str:
    [origin] = _origins(text)
    if "*" in origin:
        raise ValueError(text)
    return origin


def _rate(text: str) -> str:
    if text != "off" and not _RATE.fullmatch(text):
        raise ValueError(text)
    return text


_RATE_WORDS = "a number and a span (600/minute; second, minute, hour or day), or off"
_CONVERTERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "city": (_path, "a folder"),
    "host": (_text, "a host name or address"),
    "port": (_whole(0, 65_535), "a whole number from 0 to 65535"),
    "workers": (_whole(1, 64), "a whole number from 1 to 64"),
    "threads": (_whole(1, 256), "a whole number from 1 to 256"),
    "max_body_bytes": (_whole(1024, 1 << 30), "a whole number of bytes, at least 1024"),
    "vendor": (_path, "a folder"),
    "frame_ancestors": (
        _origins,
        "origins with spaces between (https://union.example https://*.city.example), without paths",
    ),
    "limit_requests": (_rate, _RATE_WORDS),
    "limit_questions": (_rate, _RATE_WORDS),
    "limit_reports": (_rate, _RATE_WORDS),
    "trusted_proxies": (_whole(0, 8), "a whole number from 0 to 8"),
    "tiles": (str.strip, "a name or a file"),
    "tiles_key": (str.strip, "a text"),
    "tiles_approval": (str.strip, "a text"),
    "wechat_appid": (str.strip, "a text"),
    "wechat_secret": (str.strip, "a text"),
    "wechat_sdk": (str.strip, "a file"),
    "wechat_api": (_host, "one origin (https://api.weixin.qq.com), without a path"),
}
