"""What a phone needs to read typed places: how signs are read, and where that is not sure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from locator.city import City
from locator.city_places import read_districts
from locator.gazetteer import plain
from locator.phone_places import pack_places
from locator.pinyin import sound_of
from tests.web.town import build_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_town(tmp_path_factory.mktemp("town") / "city")


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


def test_name_that_signs_do_not_spell_is_told_as_a_whole(town: Path) -> None:
    view = City.open(town).current()
    odd = replace(view.stations[0], name="重庆路驿站")  # 重 alone is zhong
    named = view.with_stations(view.stations.replaced({0: odd}), "odd")
    told = [(name, sound) for name, sound, _ in json.loads(pack_places(named))["names"]]
    assert told == [(plain(odd.name), sound_of(plain(odd.name))[0])]
    assert "chongqing" in told[0][1]


def test_districts_come_back_where_they_are(town: Path) -> None:
    view = City.open(town).current()
    file: dict[str, Any] = json.loads(pack_places(view))
    for area, (code, name, shape) in zip(file["areas"], read_districts(view), strict=True):
        assert (area["code"], area["name"]) == (code, name)
        rings = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / 1e7 for ring in area["rings"]]
        drawn = shapely.Polygon(rings[0], rings[1:])
        assert drawn.symmetric_difference(shape).area < 1e-7 * shape.length
