"""Word lists: complete, without contradictions, and understood in both languages."""

from __future__ import annotations

import pytest

from geodata.errors import InputError
from geodata.fields import fields
from geodata.vocabulary import (
    LIST_NAMES,
    Terms,
    access_modes,
    access_scopes,
    facilities,
    is_free_entry,
    kinds,
    means_unknown,
    normalise,
    parse_kind,
    read_data,
    statuses,
    subtypes,
    word_list,
)
from locator.hours.rules import TYPES


@pytest.mark.parametrize("name", LIST_NAMES)
def test_terms_every_entry_has_both_names_and_finds_itself(name: str) -> None:
    terms = word_list(name)
    assert len(set(terms.codes)) == len(terms)
    for term in terms:
        assert term.zh
        assert term.en
        assert {terms.parse(word) for word in (term.code, term.zh, term.en)} == {term.code}


@pytest.mark.parametrize("name", LIST_NAMES)
def test_terms_no_word_means_two_things(name: str) -> None:
    meanings: dict[str, set[str]] = {}
    for term in word_list(name):
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


@pytest.mark.parametrize(("word", "kind"), [("OW", "rest_station"), (None, None)])
def test_parse_kind_known_or_none_is_its_code(word: str | None, kind: str | None) -> None:
    assert parse_kind(word) == kind


def test_parse_kind_unknown_word_is_refused_with_the_known_ones() -> None:
    # a part of a name is no name: what is asked for is never guessed
    with pytest.raises(InputError, match="unknown kind '某某司机之家'; expected one of rest"):
        parse_kind("某某司机之家")


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


def test_word_list_of_no_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="host_types"):
        word_list("hosts")


def test_word_list_of_every_term_field_exists() -> None:
    named = {field.terms for field in fields().values() if field.type == "term"}
    assert named <= set(LIST_NAMES)


@pytest.mark.parametrize("name", LIST_NAMES)
def test_word_list_no_word_of_it_means_unknown(name: str) -> None:
    for term in word_list(name):
        assert not any(means_unknown(word) for word in (term.code, term.zh, *term.aliases))


def test_subtypes_belong_to_a_kind_each() -> None:
    counts = {kind.code: len(subtypes(kind.code)) for kind in kinds()}
    assert counts == {
        "rest_station": 5,
        "mother_baby_room": 2,
        "carnation_station": 2,
        "worker_home": 6,
    }
    assert sum(counts.values()) == len(word_list("subtypes"))
    assert subtypes().codes == word_list("subtypes").codes


def test_hours_types_are_those_of_opening_hours() -> None:
    assert word_list("hours_types").codes == TYPES


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("subtypes", "智能24小时", "smart_24h"),
        ("subtypes", "货车司机之家", "truck_drivers"),
        ("host_types", "政务/党群中心", "government"),
        ("host_types", "社区卫生服务中心", "hospital"),
        ("host_types", "启东农商行", "bank"),
        ("build_modes", "工会自建", "union_built"),
        ("coord_sources", "高德地图", "amap_pick"),
        ("coord_sources", "GPS", "gps"),
        ("accessible", "部分无障碍", "partial"),
        ("accessible", "没有无障碍设施", "no"),
        ("accessible", "无障碍", None),  # the heading again, not an answer
        ("accessible", "未知", None),
        ("verify_hows", "未核验", "unverified"),
        ("levels", "省级示范点", "province"),
        ("inspection_results", "限期整改", "rectify"),
        ("visit_groups", "外卖骑手", "food_delivery"),
        ("counted_bys", "人工登记", "manual"),
    ],
)
def test_word_list_finds_words_of_real_sheets(name: str, text: str, code: str | None) -> None:
    assert word_list(name).find(text) == code


@pytest.mark.parametrize(
    ("text", "unknown"),
    [("未知", True), (" 待 核实 ", True), ("N/A", True), ("？", True), ("不详", True),
     ("无", False), ("否", False), ("", False), ("-", False), ("未开放", False)],
)  # fmt: skip
def test_means_unknown_of_cells(text: str, unknown: bool) -> None:
    assert means_unknown(text) is unknown


@pytest.mark.parametrize("scope", [*access_scopes().codes, ""])
@pytest.mark.parametrize("mode", [*access_modes().codes, ""])
def test_is_free_entry_unknown_is_neither(scope: str, mode: str) -> None:
    asks = scope in {"members", "staff", "booking"} or mode in {"qr", "face", "register"}
    expected = False if asks else None if "" in (scope, mode) else True
    assert is_free_entry(scope, mode) is expected


def test_terms_get_of_no_code_is_none() -> None:
    assert statuses().get("open") == statuses()["open"]
    assert statuses().get("") is None
