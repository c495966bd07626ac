"""How often one address may ask, so that a flood of one does not shut out the others.

Counts live in this process's memory. An address is kept there only as a keyed hash, under a key
that is drawn at the start and told to nobody: neither the memory nor a log ever holds it.

Written here and not taken from Flask-Limiter, which was tried first: it took 1.0 of the 2.7 ms of
an answer, most of it for a timer thread that it starts anew with nearly every count.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import TooManyRequests

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings

# What has to be computed for the asker, and may differ from question to question without end.
QUESTIONS = frozenset(
    {
        "api.nearest",
        "api.coverage",
        "api.curve",
        "api.coverage_tile",
        "pages.index",
        "pages.nearest",
        "pages.coverage",
        "stations.station",
        "stations.poster",
        "wechat.signature",
    }
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_OWN_NETWORK_BITS = 64  # of an IPv6 address: the rest one visitor chooses at will
_MOST_ASKERS = 100_000  # some 15 MB; a flood from more addresses is one for the network to stop


class Counter:
    """Counts of one rate: so many in each span of time, per asker; safe between threads.

    Parameters
    ----------
    rate
        As "600/minute".
    clock
        Seconds; the machine's own, whatever the time of day is set to.

    Examples
    --------
    >>> counter = Counter("2/minute", clock=lambda: 90.0)
    >>> [counter.wait_s("a"), counter.wait_s("a"), counter.wait_s("a"), counter.wait_s("b")]
    [0, 0, 30, 0]
    """

    def __init__(self, rate: str, clock: Callable[[], float] = time.monotonic) -> None:
        number, span = rate.split("/")
        self._most, self._span_s = int(number), _SPANS[span]
        self._clock = clock
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def wait_s(self, asker: str) -> int:
        """Count one more; 0 where it is within the rate, else whole seconds until it is again."""
        now = self._clock()
        window = int(now // self._span_s)
        with self._lock:
            if window != self._window or len(self._counts) > _MOST_ASKERS:
                self._window = window
                self._counts.clear()
            count = self._counts[asker] = self._counts.get(asker, 0) + 1
        if count <= self._most:
            return 0
        return max(1, int((window + 1) * self._span_s - now))


def install(app: Flask, settings: Settings) -> None:
    """Limit how often one address may ask this application.

    Whatever takes a POST and computes nothing writes something down: it has the limit of reports.
    """
    key = secrets.token_bytes(32)
    every = _counter(settings.limit_requests)
    questions = _counter(settings.limit_questions)
    reports = _counter(settings.limit_reports)

    def asker(address: str) -> str:
        return hashlib.blake2b(_network(address).encode(), key=key, digest_size=12).hexdigest()

    def refuse_flood() -> None:
        own = None
        if request.endpoint in QUESTIONS:
            own = questions
        elif request.method not in _SAFE and request.endpoint is not None:
            own = reports
        who = asker(request.remote_addr or "")
        wait_s = max((counter.wait_s(who) for counter in (every, own) if counter), default=0)
        if wait_s:
            raise TooManyRequests(retry_after=wait_s)

    app.before_request(refuse_flood)


def _counter(rate: str) -> Counter | None:
    return None if rate == "off" else Counter(rate)


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
