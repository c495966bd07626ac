"""WeChat's JS-SDK: the ticket that WeChat gives to a site, and the signature of a page's address.

Off unless an operator sets it up (LOCATOR_WECHAT_APPID). A site first asks WeChat's host for an
access token, with its secret, and with that for a ticket; both hold for about two hours, and how
often they may be asked for is limited, so the ticket is kept till shortly before it ends and a
failure is not tried again at once. The signature is the SHA-1 of

    jsapi_ticket=...&noncestr=...&timestamp=...&url=...

in this order, nothing encoded, the address without its fragment. (WeChat's "JS-SDK" guide,
appendix 1.) Neither the secret, the token nor the ticket ever leaves this module but in the
questions to WeChat's host.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

API = "https://api.weixin.qq.com"
_EARLY_S = 300  # before a ticket's end another is fetched: clocks differ, pages stay open
_AGAIN_S = 60  # after a failure WeChat is left alone for so long
_WAIT_S = 5
_MOST_BYTES = 1 << 16
_log = logging.getLogger(__name__)


class TicketSource:
    """The ticket of one site, fetched when it is first wanted and kept till it ends.

    Safe between threads: one fetches, the others wait for it.

    Parameters
    ----------
    appid, secret
        As WeChat names the site and proves it.
    api
        WeChat's host, or a gateway of the operator's own that speaks like it.
    clock
        Seconds that never run backwards.
    """

    def __init__(
        self,
        appid: str,
        secret: str,
        *,
        api: str = API,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.appid = appid
        self._secret = secret
        self._api = api.rstrip("/")
        self._clock = clock
        self._fetching = threading.Lock()
        self._ticket = ""
        self._until_s = float("-inf")

    def find(self) -> str:
        """The ticket that holds now; "" where WeChat gives none, and pages do without."""
        with self._fetching:
            if self._clock() >= self._until_s:
                self._ticket, lasts_s = self._fetch()
                self._until_s = self._clock() + lasts_s
            return self._ticket

    def _fetch(self) -> tuple[str, float]:
        try:
            token, _ = self._ask(
                "/cgi-bin/token", "access_token", grant_type="client_credential",
                appid=self.appid, secret=self._secret,
            )  # fmt: skip
            ticket, lasts_s = self._ask(
                "/cgi-bin/ticket/getticket", "ticket", access_token=token, type="jsapi"
            )
        except (OSError, ValueError) as problem:
            # The address that was asked holds the secret: only our own words reach the log.
            told = problem if isinstance(problem, TicketError) else type(problem).__name__
            _log.warning("WeChat gave no ticket (%s); pages offer plain links", told)
            return "", _AGAIN_S
        return ticket, max(lasts_s - _EARLY_S, _AGAIN_S)

    def _ask(self, path: str, name: str, **values: str) -> tuple[str, float]:
        """One value of WeChat's and how many seconds it holds."""
        url = f"{self._api}{path}?{urlencode(values)}"
        with urllib.request.urlopen(url, timeout=_WAIT_S) as answer:  # noqa: S310
            told: Any = json.loads(answer.read(_MOST_BYTES))
        if not isinstance(told, dict) or not isinstance(told.get(name), str) or not told[name]:
            code = told.get("errcode") if isinstance(told, dict) else None
            raise TicketError(f"no {name}, errcode {code if isinstance(code, int) else 'none'}")
        lasts_s = told.get("expires_in")
        return told[name], float(lasts_s) if isinstance(lasts_s, int) else 0.0


class TicketError(ValueError):
    """WeChat answered, but not with what was asked for."""


def sign(ticket: str, *, nonce: str, timestamp: int, url: str) -> str:
    """The signature of a page's address, 40 hexadecimal digits.

    Parameters
    ----------
    url
        Whole address of the page as the browser has it; a fragment is left out.
    """
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
