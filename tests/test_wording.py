"""Chinese for what an import tells: every message that the program can give has some."""

from __future__ import annotations

import re

import pytest

from geodata.vocabulary import read_data
from locator.place_checks import Place, check_places
from locator.registry.wording import in_chinese

# Each reason, remedy and warning of an import, as the program gives it.
MESSAGES = [
    "no position; fill in 经度 and 纬度",
    "no position; expected decimal degrees",
    "no position; expected two numbers: lat, lon",
    "no geometry with a position; expected GeoJSON or WKT",
    "blank; expected decimal degrees",
    "not a number; expected decimal degrees",
    "latitude beyond 90 degrees: longitude and latitude look swapped",
    "longitude and latitude are swapped",
    "the position is outside the city",
    "unknown datum 'mars'; expected wgs84, gcj02, bd09 or cgcs2000",
    "no kind; expected rest_station, worker_home, in a kind column or by --kind",
    "unknown kind; expected rest_station, worker_home, in a kind column or by --kind",
    "a code of 90 characters; expected at most 24",
    "the same code as row 3; keep one of the two",
    "the same source id as row 3; keep one of the two",
    "the same kind, name, address and place as row 3; keep one of the two",
    "4 cells under 3 headings; quote text that holds the separator",
    "not an object; expected {...} with a position",
    "row 6: marked 【示例】, so an example and not imported",
    "2 stations were renamed (row 3: 'a' is now 'b'; row 4: 'c' is now 'd')",
    "2 rows have opening hours that are not understood (row 3: '9点左右'; row 4: 'x'); they are "
    "shown as text and count as unknown: write them as 周一至周五 8:30-17:00；周六 9:00-12:00",
    "1 row has opening hours that name a season, not from which day to which (row 3: '夏季8:00'); "
    "they are shown as text and count as unknown: write them as 夏季 5月1日-9月30日 8:00-18:00",
    "1 row has a 类别 (kind) that is not understood (row 3 '饭店'); the kind given for the file is "
    "taken: take out rows of others",
    "row 3, 4, 5 and 2 more: the position is outside the city",
    "row 3: 12 m from NT-1 甲: may be the same station; if it is, give the row that code; if not, "
    "give the names what tells them apart",
    "WRONG DATUM? declared wgs84, but 9 places fit the city as gcj02: half are within 3 m of a "
    "street, against 90 m as wgs84; import them with --datum gcj02; check it, then take this "
    "import back (locator stations undo) and import again with --datum gcj02",
]


@pytest.mark.parametrize("text", MESSAGES)
def test_in_chinese_every_message_of_an_import_has_some(text: str) -> None:
    told = in_chinese(text)
    assert re.search(r"[\u4e00-\u9fff]", told)
    assert not re.search(r"\{\d\}", told)


def test_in_chinese_doubts_about_places_have_some() -> None:
    spots = [Place(120.86, 32.0), *(Place(120.86421, 32.01231, f"路{n}号") for n in range(5))]
    found = check_places(spots)
    assert {one.check for one in found} == {"coarse", "same_point"}
    assert all(in_chinese(f"row 3: {one.message}; {one.fix}") for one in found)


def test_in_chinese_rows_and_messages_inside_are_put_into_chinese() -> None:
    assert in_chinese("row 3, 4 and 2 more: the position is outside the city") == (
        "第3, 4 和 2 处行：坐标不在本市范围内；核对坐标和坐标系"
    )


def test_in_chinese_unknown_text_has_none() -> None:
    assert in_chinese("") == ""
    assert in_chinese("something; else") == ""


def test_messages_are_complete_and_use_what_they_are_given() -> None:
    for each in read_data("messages.toml")["message"]:
        given = re.findall(r"\{(\d)\}", each["en"])
        assert given == [str(n) for n in range(len(given))]
        assert set(re.findall(r"\{(\d)\}", each["zh"])) <= set(given)
