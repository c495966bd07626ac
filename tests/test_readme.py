"""The lines of the README and of the page on siting run as they stand, and give what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from locator.city import City
from locator.sample import make_sample_city
from locator.siting.planning import default_points, doors_of

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


def block(language: str, page: Path = README) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
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


def test_python_of_the_page_on_siting_gives_a_plan_in_its_unit(tmp_path: Path) -> None:
    make_sample_city(tmp_path / "city", scale="town")
    view = City.open(tmp_path / "city").current()
    candidates = default_points(doors_of(view, view.network()), 1000.0)
    names: dict[str, Any] = {"view": view, "candidates": candidates, "costs": 1.0}
    page = ROOT / "docs" / "siting.md"
    exec(compile(block("python", page), str(page), "exec"), names)  # noqa: S102  (our own lines)
    city, answer = names["city"], names["answer"]
    rows = city.rows_of(answer.sites)
    sites = zip(candidates.street[rows].tolist(), candidates.offset_m[rows].tolist(), strict=True)
    before = view.coverage(within_m=1000)
    after = view.with_scenario(build=sites).coverage(within_m=1000)
    assert city.value(answer.value) == pytest.approx(after.covered_m - before.covered_m)
    assert city.bound(answer) >= city.value(answer.value)
