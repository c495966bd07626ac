"""Networks: arcs of a mode, pieces, and their folders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from locator.errors import DataError
from locator.network import StreetNetwork
from locator.snapping import SnapGrid
from tests.oracles import BACKWARD, FORWARD, random_town
from tests.towns import cross, make_network, make_streets


def test_network_two_way_shares_its_arcs() -> None:
    network = make_network(cross())
    assert network.into is network.out
    assert len(network.out) == 8
    assert network.total_m == 400.0


def test_network_one_way_has_arcs_in_the_legal_direction() -> None:
    town = cross()
    town.travel = [FORWARD, BACKWARD, 3, 0]
    network = make_network(town)
    arcs = set()
    for v in range(5):
        for a in range(network.out.first[v], network.out.first[v + 1]):
            arcs.add((v, int(network.out.node[a]), int(network.out.street[a])))
    assert arcs == {(0, 1, 0), (2, 0, 1), (0, 3, 2), (3, 0, 2)}
    back = set()
    for v in range(5):
        for a in range(network.into.first[v], network.into.first[v + 1]):
            back.add((int(network.into.node[a]), v, int(network.into.street[a])))
    assert back == arcs
    assert network.total_m == 300.0


@pytest.mark.parametrize("seed", range(30))
def test_components_equal_flooding(seed: int) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    label = list(range(len(town.nodes)))
    for (u, v), way in zip(town.ends * len(town.nodes), town.travel * len(town.nodes), strict=True):
        if way:
            label[u] = label[v] = min(label[u], label[v])
    used = {w for ends, way in zip(town.ends, town.travel, strict=True) if way for w in ends}
    pieces = {label[v] for v in used}
    assert len(network.component_m) == len(pieces)
    assert network.component_m.tolist() == sorted(network.component_m.tolist(), reverse=True)
    for v in range(len(town.nodes)):
        for w in used:
            same = network.component[v] == network.component[w]
            assert same == (v in used and label[v] == label[w])


def test_save_and_open_give_the_same_network(tmp_path: Path) -> None:
    town = random_town(np.random.default_rng(4))
    network = make_network(town)
    network.save(tmp_path / "walk")
    again = StreetNetwork.open(tmp_path / "walk", network.streets, SnapGrid(network.streets))
    assert again.mode == network.mode
    for side in ("out", "into"):
        for mine, other in zip(
            getattr(network, side).group, getattr(again, side).group, strict=True
        ):
            np.testing.assert_array_equal(mine, other)
    assert not again.travel.flags.writeable
    np.testing.assert_array_equal(network.component, again.component)


def test_open_damaged_folder_is_told(tmp_path: Path) -> None:
    network = make_network(cross())
    network.save(tmp_path / "walk")
    (tmp_path / "walk" / "travel.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match="damaged"):
        StreetNetwork.open(tmp_path / "walk", network.streets, SnapGrid(network.streets))


def test_open_network_of_other_streets_is_told(tmp_path: Path) -> None:
    network = make_network(cross())
    network.save(tmp_path / "walk")
    meta = json.loads((tmp_path / "walk" / "meta.json").read_text())
    (tmp_path / "walk" / "meta.json").write_text(json.dumps({**meta, "streets": "other"}))
    with pytest.raises(DataError, match="other streets"):
        StreetNetwork.open(tmp_path / "walk", network.streets, SnapGrid(network.streets))


def test_snap_skips_streets_the_mode_may_not_use() -> None:
    town = cross()
    town.travel[0] = 0
    network = make_network(town)
    at = network.snap(np.array([[500_090.0, 3_500_001.0]]), 250.0)
    assert at.street.tolist() == [1]
    assert at.snap_m[0] == pytest.approx(90.0)


def test_snap_far_point_is_nowhere() -> None:
    at = make_network(cross()).snap(np.array([[0.0, 0.0]]), 250.0)
    assert at.street.tolist() == [-1]
    assert np.isnan(at.offset_m[0])
    assert np.isinf(at.snap_m[0])


def test_grid_of_one_street_and_of_none() -> None:
    town = cross()
    town.travel = [3, 0, 0, 0]
    assert make_network(town).snap(np.array([[500_050.0, 3_500_000.0]]), 1.0).snap_m[0] == 0.0
    streets = make_streets(cross())
    found = SnapGrid(streets).snap(np.zeros((1, 2)), np.zeros(4, bool), 1e9)
    assert found.street.tolist() == [-1]
