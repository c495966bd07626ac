"""A bounded load on a server: so many connections, each asking again as soon as it is answered.

Run as a program of its own, so that it does not share the server's interpreter:
`python -m tests.bench.loading HOST PORT CONNECTIONS BODIES.json` prints one JSON document.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from pathlib import Path

ROOM = 65_536


def load(host: str, port: int, connections: int, requests: list[bytes]) -> dict[str, float]:
    """Send all requests over kept connections; seconds, statuses and latencies."""
    waiting = requests[::-1]
    taken: list[float] = []
    refused = 0
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for _ in range(min(connections, len(waiting))):
            line = socket.create_connection((host, port))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line, selectors.EVENT_READ, [time.perf_counter(), b""])
            line.sendall(waiting.pop())
        while selector.get_map():
            for key, _ in selector.select():
                line = key.fileobj
                assert isinstance(line, socket.socket)
                key.data[1] += line.recv(ROOM)
                if not _is_whole(key.data[1]):
                    continue
                now = time.perf_counter()
                taken.append(now - key.data[0])
                refused += not key.data[1].startswith(b"HTTP/1.1 200")
                if not waiting:
                    selector.unregister(line)
                    line.close()
                    continue
                key.data[0], key.data[1] = now, b""
                line.sendall(waiting.pop())
        seconds = time.perf_counter() - begun
    taken.sort()
    return {
        "requests": len(taken),
        "per_second": len(taken) / seconds,
        "p50_ms": 1e3 * taken[len(taken) // 2],
        "p99_ms": 1e3 * taken[int(len(taken) * 0.99)],
        "refused": refused,
    }


def _is_whole(answer: bytes) -> bool:
    head, split, body = answer.partition(b"\r\n\r\n")
    if not split:
        return False
    length = next(
        int(row.split(b":")[1])
        for row in head.split(b"\r\n")
        if row.lower().startswith(b"content-length")
    )
    return len(body) >= length


def request_of(path: str, body: str = "") -> bytes:
    """One request as it is sent."""
    method = "POST" if body else "GET"
    data = body.encode()
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    ).encode() + data


if __name__ == "__main__":
    address, number, lines, file = sys.argv[1:]
    asked = json.loads(Path(file).read_text(encoding="utf-8"))
    sent = [request_of(path, body) for path, body in asked]
    sys.stdout.write(json.dumps(load(address, int(number), int(lines), sent)))
