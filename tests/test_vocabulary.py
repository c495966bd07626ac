"""Word lists: complete, without contradictions, and understood in both languages."""

from __future__ import annotations

import pytest

from geodata.vocabulary import (
    Terms,
    access_modes,
    access_scopes,
    facilities,
    kinds,
    normalise,
    read_data,
    statuses,
)

LISTS = {
    "kinds": kinds,
    "facilities": facilities,
    "statuses": statuses,
    "access_scopes": access_scopes,
    "access_modes": access_modes,
}


@pytest.mark.parametrize("name", LISTS)
def test_terms_every_entry_has_both_names_and_finds_itself(name: str) -> None:
    terms = LISTS[name]()
    assert len(set(terms.codes)) == len(terms)
    for term in terms:
        assert term.zh
        assert term.en
        assert {terms.parse(word) for word in (term.code, term.zh, term.en)} == {term.code}


@pytest.mark.parametrize("name", LISTS)
def test_terms_no_word_means_two_things(name: str) -> None:
    meanings: dict[str, set[str]] = {}
    for term in LISTS[name]():
        for word in (term.code, term.zh, term.en, term.short_zh, *term.aliases):
            meanings.setdefault(normalise(word), set()).add(term.code)
    meanings.pop("", None)
    assert {word: codes for word, codes in meanings.items() if len(codes) > 1} == {}


def test_kinds_have_the_abbreviations_of_station_codes() -> None:
    assert {kind.code: kind.abbreviation for kind in kinds()} == {
        "rest_station": "OW",
        "mother_baby_room": "MB",
        "carnation_station": "CN",
        "worker_home": "WH",
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("OW", "rest_station"),
        ("rest-station", "rest_station"),
        ("工会驿站", "rest_station"),
        ("爱心母婴室（公共场所）", "mother_baby_room"),
        ("Nursing Room", "mother_baby_room"),
        ("女职工康乃馨服务站", "carnation_station"),
        ("司机之家", "worker_home"),
        ("某某物流园货车司机之家", "worker_home"),
        ("SANISETTE", None),
        ("", None),
        ("驿站、母婴室、司机之家", None),
    ],
)
def test_kinds_find_words_of_real_sheets(text: str, kind: str | None) -> None:
    assert kinds().find(text) == kind


def test_facilities_standard_items_are_nine_codes_for_eight_items() -> None:
    standard = {term.code for term in facilities() if term.standard}
    assert standard == {
        "SPACE", "SEAT", "WATER", "MICROWAVE", "FRIDGE", "AC", "FIRSTAID", "CHARGE", "PUMP",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "status"),
    [("正常开放", "open"), ("暂停开放", "paused"), ("已撤销", "closed"),
     ("因装修临时关闭", "paused"), ("试运行", "trial"),
     ("temporarily closed", "paused"), ("CLOSED", "closed")],
)  # fmt: skip
def test_statuses_find_everyday_words(text: str, status: str | None) -> None:
    assert statuses().find(text) == status


def test_statuses_only_working_ones_are_in_use() -> None:
    assert [status.code for status in statuses() if status.in_use] == [
        "trial",
        "open",
        "rectifying",
    ]


def test_columns_no_heading_means_two_fields() -> None:
    seen: dict[str, str] = {}
    for field, headings in read_data("columns.toml").items():
        for heading in headings:
            assert seen.setdefault(normalise(heading), field) == field


def test_terms_empty_list_answers_none() -> None:
    assert Terms(()).find("anything") is None
