"""How names are read: the table and the dictionary never differ."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from locator.pinyin import Table, make_table, odd_words, sound_by_signs, sound_of

SIGNS = "人民中路东西南北大街长江和平乐桥巷弄重庆行都会石车站青年工农s2"


@pytest.fixture(scope="module")
def table() -> Table:
    return make_table()


@given(st.text(SIGNS, min_size=1, max_size=6))
def test_words_without_an_odd_word_are_read_sign_by_sign(word: str) -> None:
    assume(not any(odd in word for odd in odd_words()))
    assert sound_by_signs(word) == sound_of(word)


def test_odd_words_are_read_otherwise_and_hold_no_other() -> None:
    words = odd_words()
    assert "重庆" in words
    assert all(sound_of(word) != sound_by_signs(word) for word in words[::50])
    assert not any(one in other for one in words[::50] for other in words if one != other)


def test_table_reads_as_the_dictionary_each_of_its_words_and_signs(table: Table) -> None:
    read = {word: table.syllables(word) for word in (*PHRASES_DICT, *map(chr, PINYIN_DICT))}
    sure = {word: syllables for word, syllables in read.items() if syllables is not None}
    assert len(sure) > 0.75 * len(read)
    assert [word for word in sure if sure[word] != lazy_pinyin(word)] == []


@given(
    st.lists(
        st.one_of(st.sampled_from(SIGNS), st.sampled_from(sorted(PHRASES_DICT)[::7])), max_size=5
    )
)
def test_table_reads_as_the_dictionary_whatever_is_put_together(
    table: Table, parts: list[str]
) -> None:
    name = "".join(parts)
    syllables = table.syllables(name)
    assume(syllables is not None)
    assert "".join(syllables or []) == "".join(lazy_pinyin(name))
    assert [one[:1] for one in syllables or []] == [one[:1] for one in lazy_pinyin(name)]


@pytest.mark.parametrize("name", ["重庆路", "长江路", "ça路", "\U00020000路", "カ路"])
def test_table_leaves_what_is_not_sure_to_the_dictionary(table: Table, name: str) -> None:
    assert table.syllables(name) is None


def test_table_knows_the_names_that_it_was_made_for() -> None:
    names = ["重庆路", "长江路", "人民路", "ruadapraia"]
    made = make_table(names)
    assert {*made.names} == {"重庆路", "长江路"}
    assert [made.syllables(name) for name in names[:3]] == [lazy_pinyin(name) for name in names[:3]]


def test_process_that_keeps_the_table_reads_the_same_without_the_dictionary() -> None:
    program = (
        "import pickle, sys\n"
        "from locator.pinyin import keep_table, odd_words, sound_of\n"
        "keep_table(pickle.load(sys.stdin.buffer))\n"
        "print(sound_of('人民中路s2'), len(odd_words()), 'pypinyin' in sys.modules)\n"
        "print(sound_of('重庆路'), 'pypinyin' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(make_table()),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().splitlines() == [
        f"('renminzhonglus2', 'rmzls') {len(odd_words())} False",
        "('chongqinglu', 'cql') True",
    ]
