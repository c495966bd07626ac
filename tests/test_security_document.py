"""Each line of docs/security.md names the tests that keep it, and they exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LEFT_TO_OPERATORS = "## What is left to you"


def promises(text: str) -> list[str]:
    """The lines that promise something: points of lists and rows of tables."""
    kept = text.split(LEFT_TO_OPERATORS, maxsplit=1)[0]
    points = re.findall(r"^- .*?(?=^- |^#|^\||\Z)", kept, re.MULTILINE | re.DOTALL)
    rows = [row for row in re.findall(r"^\|.*$", kept, re.MULTILINE) if "---" not in row]
    return points + rows[1:]


def loose(text: str) -> list[str]:
    """Paragraphs that are no points: nothing may be promised there."""
    kept = text.split(LEFT_TO_OPERATORS, maxsplit=1)[0].split("\n## ", 1)[1]
    blocks = re.split(r"\n\n+", "## " + kept.strip())
    return [block for block in blocks if not block.startswith(("## ", "- ", "|"))]


def missing(path: str, name: str) -> bool:
    file = ROOT / path
    if not file.is_file():
        return True
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return bool(name) and name not in {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef)
    }


@pytest.fixture(scope="module")
def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def test_each_promise_names_a_test_that_exists(text: str) -> None:
    found = promises(text)
    assert len(found) > 25
    assert [promise for promise in found if not NAMED.search(promise)] == []
    assert loose(text) == []
    assert [one for one in NAMED.findall(text) if missing(*one)] == []


def test_promise_without_a_test_planted_is_found() -> None:
    planted = "# T\n\n## A\n\n- kept (`tests/x.py::test_y`).\n- not kept.\n\nSome words.\n\n## B\n"
    assert [one for one in promises(planted) if not NAMED.search(one)] == [
        "- not kept.\n\nSome words.\n\n"
    ]
    assert loose(planted) == ["Some words."]
    here = "tests/test_security_document.py"
    assert missing(here, "test_of_nothing")
    assert missing("tests/test_of_nothing.py", "")
    assert not missing(here, "test_promise_without_a_test_planted_is_found")
