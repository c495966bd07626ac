"""One Chinese word for each thing, in pages, commands, documents and notebooks alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder, endings in {
        "locator": (".py",),
        "webapp": (".py", ".html", ".js", ".po"),
        "geodata": (".py", ".toml"),
        "docs": (".md",),
        "notebooks": (".ipynb",),
        ".": ("README.md",),
    }.items()
    for path in (ROOT / folder).glob("**/*" if folder != "." else "*")
    if path.name.endswith(endings) and "vendor" not in path.parts
)
# Words that were used beside the one that is fixed in docs/planner.md.
INSTEAD = {
    "够不着": "未覆盖",
    "够得着": "已覆盖, 限距内",
    "走不通": "走不到",
    "走得通": "能走到",
    "到不了": "走不到",
    "没有覆盖的": "未覆盖的",
    "走法": "出行方式",
    "行当": "职业",
    "编的，": "虚构的",
}


@pytest.mark.parametrize("word", INSTEAD)
def test_nothing_is_called_by_a_second_word(word: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if word in line
    ]
    assert not found, f"say {INSTEAD[word]} instead of {word}: {found}"


def test_planners_are_told_the_words() -> None:
    text = (ROOT / "docs" / "planner.md").read_text(encoding="utf-8")
    for word, english in (("已覆盖", "covered"), ("未覆盖", "uncovered"), ("走不到", "unreachable"),
                          ("缺口", "gap")):  # fmt: skip
        assert re.search(rf"\*\*{word}\*\*（[^）]*{english}）", text)
