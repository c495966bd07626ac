"""How often one address may ask, so that a flood of one does not shut out the others.

Counts live in this process's memory. An address is kept there only as a keyed hash, under a key
that is drawn at the start and told to nobody: neither the memory nor a log ever holds it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from typing import TYPE_CHECKING, Any

from flask import request
from flask_limiter import Limiter, RateLimitExceeded

from webapp.errors import answer_http

if TYPE_CHECKING:
    from flask import Flask, Response

    from webapp.settings import Settings

# What has to be computed for the asker, and may differ from question to question without end.
QUESTIONS = frozenset(
    {
        "api.nearest",
        "api.coverage",
        "api.curve",
        "api.coverage_tile",
        "pages.nearest",
        "pages.coverage",
    }
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_NETWORK_BITS = 64  # of an IPv6 address: the rest one visitor chooses at will


def install(app: Flask, settings: Settings) -> None:
    """Limit the application's addresses; call it when all of them are registered.

    Whatever takes a POST and computes nothing writes something down: it has the limit of reports.
    """
    key = secrets.token_bytes(32)

    def asker() -> str:
        network = _network(request.remote_addr or "")
        return hashlib.blake2b(network.encode(), key=key, digest_size=12).hexdigest()

    limiter = Limiter(
        asker,
        app=app,
        storage_uri="memory://",
        application_limits=_rates(settings.limit_requests),
        request_identifier=lambda: request.endpoint or "nothing",
    )
    groups = {"questions": settings.limit_questions, "reports": settings.limit_reports}
    for endpoint, view in list(app.view_functions.items()):
        rules = app.url_map.iter_rules(endpoint)
        group = _group(endpoint, {method for rule in rules for method in rule.methods or ()})
        for rate in _rates(groups.get(group, "off")):
            limited: Any = limiter.shared_limit(rate, scope=group)(view)
            app.view_functions[endpoint] = limited

    def too_many(error: RateLimitExceeded) -> Response:
        reached = limiter.current_limit
        seconds = reached.reset_at - time.time() if reached else 1
        error.retry_after = max(1, round(seconds))
        return answer_http(error)

    app.register_error_handler(RateLimitExceeded, too_many)


def _rates(text: str) -> list[Any]:
    return [] if text == "off" else [text]


def _group(endpoint: str, methods: set[str]) -> str:
    if endpoint in QUESTIONS:
        return "questions"
    return "reports" if methods - _SAFE else ""


def _network(address: str) -> str:
    """The part of an address that one visitor cannot change at will.

    >>> _network("192.0.2.7"), _network("2001:db8::7"), _network("somewhere")
    ('192.0.2.7', '2001:db8::/64', '')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 4:  # noqa: PLR2004
        return address
    return str(ipaddress.ip_network((found, _OWN_NETWORK_BITS), strict=False))
