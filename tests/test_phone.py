"""The street file for phones: small numbers, nothing lost but what a decimetre rounds away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.lines import STEPS
from locator.city import City
from locator.phone import MAGIC, STAIRS, decode_numbers, encode_numbers, pack_streets, read_streets
from tests.oracles import random_town
from tests.towns import make_network
from tests.web.town import build_town


@given(st.lists(st.integers(-(2**62), 2**62)))
def test_numbers_come_back(values: list[int]) -> None:
    data = encode_numbers(np.array(values, np.int64))
    assert decode_numbers(np.frombuffer(data, np.uint8)).tolist() == values


def test_small_numbers_take_one_byte() -> None:
    assert encode_numbers(np.array([0, -1, 1, 63, -64])) == bytes([0, 1, 2, 126, 127])
    assert len(encode_numbers(np.array([64, -65]))) == 4


def names_of(start: np.ndarray, end: np.ndarray, told: np.ndarray) -> list[int]:
    """Numbers of the names, read by looking through all streets before."""
    names: list[int] = []
    for s, number in enumerate(told.tolist()):
        before = [names[r] for r in reversed(range(s)) if start[s] in {start[r], end[r]}]
        names.append(list(dict.fromkeys(before))[-1 - number] if number < 0 else number)
    return names


def lines_of(sections: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Vertices of each street, ends and all, from the corner, read one by one."""
    node = np.cumsum(np.stack((sections["x"], sections["y"]), 1), axis=0)
    start = np.cumsum(sections["from"])
    bends = iter(sections["shape"].reshape(-1, 2))
    lines = []
    for u, v, count in zip(start, start + sections["to"], sections["vertices"], strict=True):
        line = [node[u]]
        for left in range(count + 1, 1, -1):
            line.append(line[-1] + (node[v] - line[-1]) // left + next(bends))
        lines.append(np.array([*line, node[v]]))
    return lines


@pytest.mark.parametrize("seed", range(8))
def test_file_holds_the_streets_that_may_be_walked(seed: int) -> None:
    network = make_network(random_town(np.random.default_rng(seed)))
    streets = network.streets
    packed = pack_streets(network, version="1")
    head, sections = read_streets(packed.data)
    kept = np.flatnonzero(network.travel != 0)
    assert packed.street[kept].tolist() == list(range(len(kept)))
    assert (np.delete(packed.street, kept) == -1).all()
    assert (sections["travel"] & 3).tolist() == network.travel[kept].tolist()
    stairs = streets.flags[kept] & STEPS != 0
    assert (sections["travel"] & STAIRS != 0).tolist() == stairs.tolist()
    node = np.cumsum(np.stack((sections["x"], sections["y"]), 1), axis=0) + head["origin_dm"]
    start = np.cumsum(sections["from"])
    for end, row in enumerate((start, start + sections["to"])):
        there = streets.node_xy_m[streets.ends[kept, end]]
        assert np.abs(node[row] / 10 - there).max() <= 0.05 + 1e-9
    drawn = [np.floor(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines_of(sections)]
    length = (np.array(drawn) + sections["length"]) / 10
    assert np.abs(length - streets.length_m[kept]).max() <= 0.05 + 1e-9
    names = [head["names"][i] for i in names_of(start, start + sections["to"], sections["name"])]
    assert names == [streets.names[code] for code in streets.name_code[kept].tolist()]
    assert pack_streets(network, version="1").data == packed.data


def test_shapes_follow_the_streets_of_a_city(tmp_path: Path) -> None:
    view = City.open(build_town(tmp_path / "town")).current()
    network = view.network("walk")
    streets = network.streets
    packed = pack_streets(network, version=view.version)
    head, sections = read_streets(packed.data)
    assert packed.off_m < 0.01
    kept = np.flatnonzero(packed.street >= 0)
    counts = streets.first[kept + 1] - streets.first[kept] - 2
    assert sections["vertices"].tolist() == counts.tolist()
    lines = lines_of(sections)
    for i in np.flatnonzero(counts)[:200].tolist():
        own = lines[i][1:-1] + head["origin_dm"]
        true = streets.xy_m[streets.first[kept[i]] + 1 : streets.first[kept[i] + 1] - 1]
        assert np.abs(own / 10 - true).max() <= 0.05 + 1e-9


def test_other_files_are_refused() -> None:
    data = pack_streets(make_network(random_town(np.random.default_rng(1))), version="1").data
    with pytest.raises(ValueError, match="SLP3"):
        read_streets(b"SLP2" + data[4:])
    with pytest.raises(ValueError, match="cut short"):
        read_streets(data[:-1])
    assert data.startswith(MAGIC)
