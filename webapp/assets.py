"""Static files by addresses that change with their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flask import request, send_from_directory

from locator.errors import DataError
from webapp.params import FileQuery, from_query
from webapp.vendor import read_manifest

if TYPE_CHECKING:
    from flask import Flask, Response

STATIC = Path(__file__).resolve().parent / "static"
PREFIX = "/static/"
VENDORED = "vendor/"
_FILES = frozenset({"static", "packaged"})
_MARK = 16  # hex digits of the hash in an address
_KEEP = "public, max-age=31536000, immutable"
_log = logging.getLogger(__name__)


class Assets:
    """Addresses of our own files and of the front-end packages.

    Parameters
    ----------
    vendor
        Folder of the front-end packages; pages do without maps where it is missing or damaged.
    """

    def __init__(self, vendor: Path) -> None:
        self._hashes = {
            path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for folder in ("css", "js", "img")
            for path in sorted((STATIC / folder).glob("*.*"))
        }
        self.has_packages = False
        try:
            packages = read_manifest(vendor)
        except DataError as error:
            _log.warning("%s; pages come without maps until then", error)
            return
        if packages is not None:
            self._hashes |= {VENDORED + name: value for name, value in packages.items()}
            self.has_packages = True

    def url(self, name: str) -> str:
        """Address of a file below static/, with the mark of its content."""
        return f"{PREFIX}{name}?v={self._hashes[name][:_MARK]}"

    def keep(self, path: str, args: Mapping[str, str]) -> bool:
        """Tell whether an address names exactly the content that is served now."""
        known = self._hashes.get(path.removeprefix(PREFIX), "")
        return bool(known) and args.get("v") == known[:_MARK]


def install(app: Flask, vendor: Path) -> Assets:
    """Serve the packages, name files by `asset(...)` in templates, and let browsers keep them."""
    assets = Assets(vendor)
    app.jinja_env.globals["asset"] = assets.url

    def check() -> None:
        if request.endpoint in _FILES:
            from_query(FileQuery, request.args)

    def packaged(name: str) -> Response:
        return send_from_directory(vendor.resolve(), name)

    def keep(response: Response) -> Response:
        if request.path.startswith(PREFIX) and assets.keep(request.path, request.args):
            response.headers["Cache-Control"] = _KEEP
        return response

    app.add_url_rule(f"{PREFIX}{VENDORED}<path:name>", "packaged", packaged)
    app.before_request(check)
    app.after_request(keep)
    return assets
