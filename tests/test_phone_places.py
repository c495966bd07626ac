"""What a phone needs to read typed places: how signs are read, and where that is not sure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from locator.city import City
from locator.city_places import read_districts
from locator.gazetteer import odd_words, plain, sound_of
from locator.phone_places import pack_places, sound_by_signs
from tests.web.town import build_town

SIGNS = "人民中路东西南北大街长江和平乐桥巷弄重庆行都会石车站青年工农s2"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_town(tmp_path_factory.mktemp("town") / "city")


@given(st.text(SIGNS, min_size=1, max_size=6))
def test_words_without_an_odd_word_are_read_sign_by_sign(word: str) -> None:
    assume(not any(odd in word for odd in odd_words()))
    assert sound_by_signs(word) == sound_of(word)


def test_odd_words_are_read_otherwise_and_hold_no_other() -> None:
    words = odd_words()
    assert "重庆" in words
    assert all(sound_of(word) != sound_by_signs(word) for word in words[::50])
    assert not any(one in other for one in words[::50] for other in words if one != other)


def test_file_tells_of_each_name_how_it_sounds(town: Path) -> None:
    view = City.open(town).current()
    file: dict[str, Any] = json.loads(pack_places(view))
    read: dict[str, str] = {}
    for group in file["signs"].split(" "):
        sound = "".join(sign for sign in group if sign.isascii())
        read |= dict.fromkeys(group[len(sound) :], sound)
    known = {name: sound for name, sound, _ in file["names"]}
    names = [plain(name) for name in (*view.streets.names, *view.stations.name) if name]
    assert names
    for name in names:
        by_signs = "".join(read.get(sign, sign) for sign in name)
        assert known.get(name, by_signs) == sound_of(name)[0]
    assert len(pack_places(view)) < 60_000
    assert pack_places(view) == pack_places(view)


def test_districts_come_back_where_they_are(town: Path) -> None:
    view = City.open(town).current()
    file: dict[str, Any] = json.loads(pack_places(view))
    for area, (code, name, shape) in zip(file["areas"], read_districts(view), strict=True):
        assert (area["code"], area["name"]) == (code, name)
        rings = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / 1e7 for ring in area["rings"]]
        drawn = shapely.Polygon(rings[0], rings[1:])
        assert drawn.symmetric_difference(shape).area < 1e-7 * shape.length
