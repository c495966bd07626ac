"""Station codes: their form, and what the check character finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import InputError
from locator.registry.codes import (
    MAX_LENGTH,
    check_character,
    code_series,
    make_code,
    split_code,
)

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
prefixes = st.text(SIGNS, min_size=1, max_size=4)
adcodes = st.integers(0, 999_999).map(lambda number: f"{number:06d}")
kinds = st.sampled_from(["rest_station", "mother_baby_room", "carnation_station", "worker_home"])
numbers = st.integers(1, 999_999)
codes = st.builds(
    lambda p, a, k, n: make_code(code_series(p, a, k), n), prefixes, adcodes, kinds, numbers
)


def test_check_character_published_example_agrees() -> None:
    assert check_character("A1-2425G-ABC1234002") == "M"  # the Global Release Identifier's own


@given(prefixes, adcodes, kinds, numbers)
def test_make_code_splits_into_its_parts(prefix: str, adcode: str, kind: str, number: int) -> None:
    series = code_series(prefix, adcode, kind)
    code = make_code(series, number)
    assert split_code(code) == (series, number)
    assert len(code) <= MAX_LENGTH


@given(codes, st.data())
def test_check_character_one_wrong_sign_is_found(code: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([i for i, sign in enumerate(code) if sign != "-"]))
    wrong = data.draw(st.sampled_from(SIGNS.replace(code[place], "")))
    assert split_code(code[:place] + wrong + code[place + 1 :]) is None


def test_code_series_no_district_is_zeros() -> None:
    assert code_series("NT", "", "worker_home") == "NT-000000-WH"
    assert code_series("NT", "崇川", "rest_station") == "NT-000000-OW"
    assert make_code(code_series("NT", "320613", "mother_baby_room"), 12).startswith(
        "NT-320613-MB-0012-"
    )


@pytest.mark.parametrize("prefix", ["", "nt", "TOOLONG", "N-T", "南通"])
def test_code_series_bad_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(InputError, match="code prefix"):
        code_series(prefix, "320613", "rest_station")


@pytest.mark.parametrize("code", ["", "A1", "NT-320613-OW-0007", "NT-320613-OW-0007-v", "站-1"])
def test_split_code_foreign_code_is_none(code: str) -> None:
    assert split_code(code) is None
