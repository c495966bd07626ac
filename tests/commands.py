"""The command line in this process, as every test of a command runs it: the fixture `run`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from locator.cli import main


class Run(NamedTuple):
    """What one run of `locator` ended with and wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run `locator` with some arguments, through its own `main`; no city is preset."""
    monkeypatch.delenv("LOCATOR_CITY", raising=False)

    def run_(*args: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["locator", *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run_
