"""The product's own server as a process, for tests that need a real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "locator.cli")


@contextmanager
def serving(
    *options: str, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server and the address it printed; `environ` are its LOCATOR_* settings."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("LOCATOR_")}
    with subprocess.Popen(
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=inherited | dict(environ or {}),
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://[\d.\[\]:]+/", line)
            assert found, (line, process.stderr and process.stderr.read())
            yield process, found[0]
        finally:
            process.kill()


@contextmanager
def serving_city(city: Path, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a city on this machine; the value is the address, by the name localhost."""
    with serving("serve", "--city", str(city), "--port", "0", environ=environ) as (_, url):
        yield url.replace("127.0.0.1", "localhost").rstrip("/")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product to its end."""
    return subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False
    )
