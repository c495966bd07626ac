"""Requests for a host whose name is none are refused before addresses are made of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import abort, request

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

_HEADER = "HTTP_HOST"
_BAD = "locator.bad_host"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]{{2,45}}\])(?::\d{{0,5}})?", re.IGNORECASE
)
_LONGEST = 260  # a name of 253 letters, with a port
_REFUSED = 400


def install(app: Flask) -> None:
    """Answer 400 where the Host header holds no name of a host.

    Flask makes addresses with it before any handler of errors can act: a name that no address can
    have would end in a fault of the server.
    """
    inner = app.wsgi_app

    def checked(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if not is_host(environ.get(_HEADER, "localhost")):
            environ[_BAD] = True
            environ[_HEADER] = "localhost"
        return inner(environ, start)

    def refuse() -> None:
        if _BAD in request.environ:
            abort(_REFUSED)

    app.wsgi_app = checked  # type: ignore[method-assign, assignment]
    app.before_request(refuse)


def is_host(text: str) -> bool:
    """Whether that may stand in an address as its host.

    >>> [is_host(text) for text in ("localhost:8000", "[::1]:80", "a..b", "a b", "xn--a", "")]
    [True, True, False, False, False, False]
    """
    if len(text) > _LONGEST or not _HOST.fullmatch(text):
        return False
    try:
        text.partition(":")[0].encode().decode("idna")
    except UnicodeError:
        return False
    return True
