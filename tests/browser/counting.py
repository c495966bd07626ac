"""A way to a server that counts what comes over it: heads, bodies, and what a worker asks for."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_ROOM = 65_536


class Wire(socketserver.ThreadingTCPServer):
    """Hands connections on to a server; `came` are the bytes that came from there."""

    daemon_threads = False

    def __init__(self, host: str, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Way)
        self.there = (host, port)
        self.came = 0
        self.lock = threading.Lock()
        self.lines: list[socket.socket] = []

    def server_close(self) -> None:
        """End what is still open, and wait for it."""
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Way(socketserver.BaseRequestHandler):
    server: Wire

    def handle(self) -> None:
        here = self.request
        with socket.create_connection(self.server.there) as there:
            self.server.lines += [here, there]
            ahead = threading.Thread(target=_hand_on, args=(here, there, None))
            ahead.start()
            _hand_on(there, here, self.server)
            ahead.join()


def _hand_on(source: socket.socket, target: socket.socket, counter: Wire | None) -> None:
    with suppress(OSError):
        while data := source.recv(_ROOM):
            if counter is not None:
                with counter.lock:
                    counter.came += len(data)
            target.sendall(data)
    for line in (source, target):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@contextmanager
def counted(address: str) -> Iterator[tuple[Wire, str]]:
    """The same site by another address, and what has come over it."""
    parts = urlsplit(address)
    with Wire(parts.hostname or "localhost", parts.port or 80) as wire:
        thread = threading.Thread(target=wire.serve_forever)
        thread.start()
        try:
            yield wire, f"http://localhost:{wire.server_address[1]}"
        finally:
            wire.shutdown()
            thread.join()
