"""The lines of the README run as they stand, and print what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from locator.sample import make_sample_city

README = Path(__file__).resolve().parent.parent / "README.md"


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@pytest.mark.slow
def test_python_of_the_readme_prints_the_figures_it_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_sample_city(tmp_path / "city")
    told = re.search(r"([\d,]+) stations that do \*\*not\*\* exist", README.read_text("utf-8"))
    assert told is not None
    assert int(told[1].replace(",", "")) == made["stations"]
    monkeypatch.chdir(tmp_path)
    code = block("python")
    quoted = re.findall(r"^# (.+)$", code, re.MULTILINE)
    assert len(quoted) == 1
    exec(compile(code, str(README), "exec"), {})  # noqa: S102  (our own lines)
    assert set(quoted) <= set(capsys.readouterr().out.splitlines())
