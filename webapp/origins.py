"""Whether a request that writes comes from a page of ours: the guard of forms without a cookie.

There is no session to steal: a report needs no account. But a foreign page must not make its
visitors' browsers report, since each of them would count as a witness. Browsers say where a request
comes from and pages cannot change what they say: in Sec-Fetch-Site, older ones in Origin, the
oldest in Referer. A request that says nothing is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from flask import Request


def is_from_our_page(request: Request) -> bool:
    """Tell whether a browser says that this request was made by a page of our own host."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    for name in ("Origin", "Referer"):
        told = request.headers.get(name)
        if told is not None:
            return _host_of(told) == request.host
    return False


def _host_of(address: str) -> str | None:
    """The host, with its port, that an address names; None where it is no address.

    >>> _host_of("https://union.example:8443/a"), _host_of("http://[")
    ('union.example:8443', None)
    """
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None
