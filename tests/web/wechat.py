"""A stand-in for WeChat's host on this machine: it speaks the two documented questions."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

APPID, SECRET, TICKET = "wx-of-a-test", "secret-of-a-test", "ticket-of-a-test"


class Host(ThreadingHTTPServer):
    """It notes what it was asked; `refusing` makes it answer with an error of WeChat's."""

    daemon_threads = True
    refusing = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def reply(self, path: str, values: dict[str, str]) -> dict[str, Any]:
        self.asked.append((path, values))
        if self.refusing:
            return {"errcode": 40164, "errmsg": f"invalid ip, {SECRET} not in whitelist"}
        if path == "/cgi-bin/token":
            assert values == {
                "grant_type": "client_credential",
                "appid": APPID,
                "secret": SECRET,
            }
            return {"access_token": "token-of-a-test", "expires_in": 7200}
        assert path == "/cgi-bin/ticket/getticket"
        assert values == {"access_token": "token-of-a-test", "type": "jsapi"}
        return {"errcode": 0, "errmsg": "ok", "ticket": TICKET, "expires_in": 7200}


class _Answer(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = json.dumps(self.server.reply(parts.path, dict(parse_qsl(parts.query)))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def wechat_host() -> Iterator[Host]:
    """The stand-in, listening."""
    with Host() as host:
        thread = threading.Thread(target=host.serve_forever, daemon=True)
        thread.start()
        yield host
        host.shutdown()
        thread.join()
