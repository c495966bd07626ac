"""Commands that the documents name exist, with each option they are given."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from locator.cli import cli

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def code_of(text: str) -> Iterator[str]:
    """Each line of a fenced block, and each span of code outside of them."""
    for block in FENCE.findall(text):
        yield from block.splitlines()
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", FENCE.sub("", text)))


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of each `locator ...`, without comments and what follows in a shell."""
    for line in code_of(text):
        found = re.match(r"(?:\S+=\S* |\S*/)*locator ((?:-|[a-z]).*)", line.strip())
        if found:
            yield shlex.split(re.split(r"\s#|[;|]", found[1])[0])


def options_of(command: click.Command) -> dict[str, bool]:
    """Whether each option takes a value."""
    return {"--help": False} | {
        name: isinstance(one, click.Option) and not one.is_flag
        for one in command.params
        for name in (*one.opts, *one.secondary_opts)
    }


def wrong_word(words: list[str]) -> str | None:
    """The first word that is no command or option; None where all are."""
    command: click.Command = cli
    left = list(words)
    while left:
        word = left.pop(0)
        if word.startswith("-") and not re.fullmatch(r"-[\d.]+", word):
            takes_value = options_of(command).get(word)
            if takes_value is None:
                return word
            del left[: int(takes_value)]
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            if found is None:
                return word
            command = found
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_documents_exist_with_their_options(page: Path) -> None:
    named = list(commands_of(page.read_text("utf-8")))
    assert [words for words in named if wrong_word(words)] == []


def test_commands_are_found_in_documents() -> None:
    named = [words for page in PAGES for words in commands_of(page.read_text("utf-8"))]
    assert ["stations", "undo"] in named
    assert ["doctor", "--public"] in named
    assert len(named) > 90


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("`locator statons due`", "statons"),
        ("`locator stations dues`", "dues"),
        ("`locator coverage --whithin 1000`", "--whithin"),
        ("```\nX=1 locator --city c nearest -51.2 -30 --k 3  # so\n```", None),
        ("```\n/srv/bin/locator doctor --public; echo $?\n```", None),
    ],
)
def test_wrong_word_planted_is_found(line: str, wrong: str | None) -> None:
    (words,) = commands_of(line)
    assert wrong_word(words) == wrong
