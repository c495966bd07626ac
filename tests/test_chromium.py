"""Finding the browser: what starts is found, what only looks like a browser is not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parent / "browser" / "chromium.py"


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, on a machine where nothing is installed."""
    spec = importlib.util.spec_from_file_location("chromium", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LOCATOR_CHROMIUM", raising=False)
    monkeypatch.setattr(module, "_ask_driver", lambda: str(tmp_path / "not-downloaded"))
    return module


def program(path: Path, *, exit_code: int = 0, output: str = "") -> Path:
    """Write a program that prints `output` and exits."""
    path.write_text(f"#!/bin/sh\necho '{output}'\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


def test_find_chromium_on_path_returns_it(chromium: ModuleType, tmp_path: Path) -> None:
    there = program(tmp_path / "chromium-browser")
    assert chromium.find_chromium() == there


def test_find_chromium_stub_that_fails_is_passed_over(chromium: ModuleType, tmp_path: Path) -> None:
    program(tmp_path / "chromium", exit_code=1)
    assert chromium.find_chromium() is None
    there = program(tmp_path / "google-chrome")
    assert chromium.find_chromium() == there


def test_find_chromium_named_by_variable_wins(
    chromium: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "chromium")
    there = program(tmp_path / "mine")
    monkeypatch.setenv("LOCATOR_CHROMIUM", str(there))
    assert chromium.find_chromium() == there


def test_find_chromium_named_but_broken_is_not_replaced(
    chromium: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "chromium")
    monkeypatch.setenv("LOCATOR_CHROMIUM", str(tmp_path / "nowhere"))
    assert chromium.find_chromium() is None


@pytest.mark.parametrize(("fonts", "there"), [("Zen Hei", True), ("", False)])
def test_chinese_font_on_linux_is_asked_of_fontconfig(
    chromium: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fonts: str,
    there: bool,
) -> None:
    monkeypatch.setattr(chromium.sys, "platform", "linux")
    program(tmp_path / "fc-list", output=fonts)
    assert chromium.has_chinese_font() is there


def test_main_everything_there_installs_nothing(
    chromium: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path / "chromium")
    program(tmp_path / "fc-list", output="Zen Hei")
    program(tmp_path / "apt-get", exit_code=1, output="called")
    assert chromium.main() == 0
    assert capfd.readouterr().out == ""


def test_main_nothing_to_be_had_says_what_to_install(
    chromium: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chromium.sys, "platform", "linux")
    monkeypatch.setattr(chromium, "download_browser", lambda: False)
    assert chromium.main() == 1
    told = capsys.readouterr().err
    assert "a Chromium that starts and a font with Chinese characters" in told
    assert "chromium fonts-wqy-zenhei libatomic1" in told


def test_driver_that_does_not_start_is_missing(
    chromium: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "chromium")
    program(tmp_path / "fc-list", output="Zen Hei")
    monkeypatch.setattr(chromium, "_ask_driver", lambda: None)
    assert chromium.missing() == ["a browser driver that starts"]


def test_find_chromium_none_on_path_takes_the_downloaded_one(
    chromium: ModuleType, tmp_path: Path
) -> None:
    there = program(tmp_path / "not-downloaded")
    assert chromium.find_chromium() == there
