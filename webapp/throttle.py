"""How often one address may ask, so that a flood of one does not shut out the others.

Counts live in memory that the workers of one server share. An address is kept there only as a keyed
hash, under a key that is drawn at the start and told to nobody: neither the memory nor a log ever
holds it.

Written here and not taken from Flask-Limiter, which was tried first: it took 1.0 of the 2.7 ms of
an answer, most of it for a timer thread that it starts anew with nearly every count.
"""

from __future__ import annotations

import hashlib
import ipaddress
import mmap
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
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
        "embed.frame",
        "stations.station",
        "stations.poster",
        "wechat.signature",
    }
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_OWN_NETWORK_BITS = 64  # of an IPv6 address: the rest one visitor chooses at will
_SLOTS = 1 << 17  # askers of one span; a flood from more addresses is one for the network to stop
_PROBES = 64


class Counter:
    """Counts of one rate: so many in each span of time, per asker; safe between threads.

    A table in memory that forks share, without a lock between processes, so that one that is killed
    holds up no other: where two write at the very same moment, one count may be lost, or go to the
    other of two askers who take the same free place.

    Parameters
    ----------
    rate
        As "600/minute".
    clock
        Seconds; the machine's own, whatever the time of day is set to.

    Examples
    --------
    >>> counter = Counter("2/minute", clock=lambda: 90.0)
    >>> [counter.wait_s(7), counter.wait_s(7), counter.wait_s(7), counter.wait_s(8)]
    [0, 0, 30, 0]
    """

    def __init__(self, rate: str, clock: Callable[[], float] = time.monotonic) -> None:
        number, span = rate.split("/")
        self._most, self._span_s = int(number), _SPANS[span]
        self._clock = clock
        self._lock = threading.Lock()
        words = np.frombuffer(mmap.mmap(-1, 8 * (1 + 2 * _SLOTS)), np.uint64)
        self._window, self._who, self._count = words[:1], words[1 : 1 + _SLOTS], words[1 + _SLOTS :]

    def wait_s(self, asker: int) -> int:
        """Count one more; 0 where it is within the rate, else whole seconds until it is again.

        `asker` is any number of 64 bits but 0.
        """
        now = self._clock()
        window = int(now // self._span_s)
        with self._lock:
            if self._window[0] != window:
                self._begin(window)
            slot = self._slot(asker)
            if slot is None:
                self._begin(window)
                slot = asker % _SLOTS
            self._who[slot] = asker
            self._count[slot] += 1
            count = int(self._count[slot])
        if count <= self._most:
            return 0
        return max(1, int((window + 1) * self._span_s - now))

    def _begin(self, window: int) -> None:
        self._window[0] = window
        self._who[:] = 0
        self._count[:] = 0

    def _slot(self, asker: int) -> int | None:
        """Where an asker is counted, or may be; None where its neighbourhood is full."""
        for step in range(_PROBES):
            slot = (asker + step) % _SLOTS
            if self._who[slot] in (0, asker):
                return slot
        return None


def install(app: Flask, settings: Settings) -> None:
    """Limit how often one address may ask this application.

    Whatever takes a POST and computes nothing writes something down: it has the limit of reports.
    """
    key = secrets.token_bytes(32)
    every = _counter(settings.limit_requests)
    questions = _counter(settings.limit_questions)
    reports = _counter(settings.limit_reports)

    def asker(address: str) -> int:
        digest = hashlib.blake2b(network_of(address).encode(), key=key, digest_size=8).digest()
        return int.from_bytes(digest) or 1

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


def network_of(address: str) -> str:
    """The part of an address that one visitor cannot change at will.

    >>> network_of("192.0.2.7"), network_of("::ffff:192.0.2.7"), network_of("2001:db8::7")
    ('192.0.2.7', '192.0.2.7', '2001:db8::/64')
    >>> network_of("somewhere")
    ''
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, _OWN_NETWORK_BITS), strict=False))
        found = found.ipv4_mapped  # a server that listens on both sees the old ones so
    return str(found)
