"""Settings of one web application: a frozen value, read once from LOCATOR_* variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from locator.errors import SchemaError
from webapp.vendor import VENDOR

PREFIX = "LOCATOR_"


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
    threads
        Requests answered at the same time (LOCATOR_THREADS).
    max_body_bytes
        Longest request body that is read (LOCATOR_MAX_BODY_BYTES).
    vendor
        Folder of the front-end packages (LOCATOR_VENDOR).
    """

    city: Path = Path("city")
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 4
    max_body_bytes: int = 16_384
    vendor: Path = VENDOR

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
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            text = environ.get(name)
            if text is None:
                continue
            convert, expected = _CONVERTERS[field.name]
            try:
                values[field.name] = convert(text)
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


_CONVERTERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "city": (_path, "a folder"),
    "host": (_text, "a host name or address"),
    "port": (_whole(0, 65_535), "a whole number from 0 to 65535"),
    "threads": (_whole(1, 256), "a whole number from 1 to 256"),
    "max_body_bytes": (_whole(1024, 1 << 30), "a whole number of bytes, at least 1024"),
    "vendor": (_path, "a folder"),
}
