"""Words of people for codes, in any command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from locator.word_options import KIND_WORD, MODE_WORD, SITUATION_WORD

if TYPE_CHECKING:
    import click


@pytest.mark.parametrize(
    ("word", "said", "code"),
    [
        (KIND_WORD, "驿站", "rest_station"),
        (KIND_WORD, " 母婴室", "mother_baby_room"),
        (KIND_WORD, "rest_station", "rest_station"),
        (MODE_WORD, "步行", "walk"),
        (MODE_WORD, "by e-bike", "ebike"),
        (SITUATION_WORD, "高温橙色", "heat_orange"),
        (SITUATION_WORD, "高温橙色预警", "heat_orange"),
        (SITUATION_WORD, "night", "night"),
        (KIND_WORD, "饭店", "饭店"),  # the question says which there are
        (SITUATION_WORD, "", ""),
    ],
)
def test_what_people_say_becomes_the_code(word: click.ParamType[str], said: str, code: str) -> None:
    assert word.convert(said, None, None) == code
