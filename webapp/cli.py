"""`locator serve`: the web floor's door to the command line.

Only click is imported at the top, since `locator --help` loads this module.
"""

from __future__ import annotations

import errno
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings


class ServeError(click.ClickException):
    """The pages cannot be served; the message says what to do."""

    exit_code = 2


@click.command()
@click.option(
    "--city",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="City folder.  [env: LOCATOR_CITY; default: ./city]",
)
@click.option("--host", help="Address to listen on (default 127.0.0.1, this machine alone).")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port to listen on (default 8000; 0 takes any free one).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as a JSON document.")
@click.pass_context
def serve(
    context: click.Context, city: Path | None, host: str | None, port: int | None, as_json: bool
) -> None:
    """在浏览器里看地图。Show the city on a map in the browser, until Ctrl-C."""
    import os
    from dataclasses import replace

    from locator.errors import LocatorError
    from webapp.settings import Settings

    # The options of `locator` itself: --city and --json may stand before the command's name.
    above = context.obj
    given: dict[str, Any] = {"city": city, "host": host, "port": port}
    if city is None and getattr(above, "city", None):
        given["city"] = Path(above.city)
    as_json = as_json or bool(getattr(above, "json", False))
    try:
        settings = Settings.from_environ(os.environ)
        settings = replace(settings, **{k: v for k, v in given.items() if v is not None})
        with _listening(settings) as listener, _stopped_by_signals():
            _run(settings, listener, as_json=as_json)
    except LocatorError as error:
        raise ServeError(str(error)) from error


def _run(settings: Settings, listener: socket.socket, *, as_json: bool) -> None:
    """Answer requests on that socket until the program is told to stop."""
    from webapp import create_app
    from webapp.logs import keep_discreet
    from webapp.warming import let_go, warm
    from webapp.workers import run_workers

    keep_discreet()
    app = create_app(settings)
    warm(app)
    let_go(app)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{port}/"
    click.echo(
        json.dumps({"url": url}) if as_json else f"地图在这里 The map is at {url} (Ctrl-C 停 stops)"
    )

    def work() -> None:
        _answer(app, settings, listener)

    try:
        if settings.workers == 1:
            work()
        else:
            run_workers(settings.workers, work)
    finally:
        click.echo("已停。Stopped.", err=True)


def _answer(app: Flask, settings: Settings, listener: socket.socket) -> None:
    """Answer requests in this process until it is told to stop."""
    from waitress import create_server

    server = create_server(
        app,
        sockets=[listener],
        threads=settings.threads,
        # The application refuses long bodies with a clear answer; this only stops a flood.
        max_request_body_size=4 * settings.max_body_bytes,
        ident=None,
        **_proxies(settings.trusted_proxies),
    )
    try:
        server.run()
    finally:
        server.close()


def _proxies(count: int) -> dict[str, Any]:
    """What the server believes of a visitor's address; of nobody but proxies of our own."""
    if not count:
        return {}  # and it takes such words out of the request
    # Whoever reaches the port may say so: with proxies it must be closed to all others.
    told = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {
        "trusted_proxy": "*",
        "trusted_proxy_count": count,
        "trusted_proxy_headers": told,
    }


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """A bound socket: a taken port is told before a city is read."""
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServeError(
            f"host {host!r} is no address of this machine: try --host 127.0.0.1"
        ) from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServeError(
                    f"port {port} on {host} is taken: stop the program that uses it, "
                    "or choose another port with --port"
                ) from error
            raise ServeError(
                f"cannot listen on {host} port {port} ({error.strerror}): "
                "choose an address of this machine with --host and a free port with --port"
            ) from error
        yield listener


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Turn Ctrl-C and a polite kill into a clean end."""

    def stop(_signal: int, _frame: Any) -> NoReturn:
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
