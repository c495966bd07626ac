"""Answers packed for the way: a page, its scripts and tiles shrink to a third or less."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

_PACKED = frozenset(
    {
        "application/geo+json",
        "application/json",
        "application/manifest+json",
        "application/octet-stream",  # street tiles, files for phones
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
    }
)
_LEAST_BYTES = 1000  # below, the packing costs more than it saves
_LEVEL = 5  # 6 and more take longer and save hardly anything


def install(app: Flask) -> None:
    """Pack what clients accept packed."""
    app.after_request(_pack)


def vary(response: Response, name: str) -> None:
    """Tell caches that the answer differs by this header of the question."""
    before = response.headers.get("Vary")
    response.headers["Vary"] = f"{before}, {name}" if before else name


def _pack(response: Response) -> Response:
    if response.mimetype not in _PACKED or response.status_code != 200:  # noqa: PLR2004
        return response
    vary(response, "Accept-Encoding")
    if not request.accept_encodings["gzip"] or request.method == "HEAD":
        return response
    # A file is read whole: the largest is Leaflet, of 150 KB.
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= _LEAST_BYTES:
        response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag is not None:
            response.set_etag(tag, weak=True)  # same content, other bytes
    return response
