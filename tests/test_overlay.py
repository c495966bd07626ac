"""Pieces laid over each other, and pieces told on other streets."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.vectors import read_streets
from locator.overlay import NOWHERE, Pieces, overlay_pieces
from locator.street_building import build_streets
from locator.street_match import move_pieces
from tests.grids import collection, lonlat

if TYPE_CHECKING:
    from locator.streets import Streets

streets = st.integers(0, 4)
cuts = st.lists(st.sampled_from([0.0, 1.0, 2.5, 2.5 + 1e-12, 4.0, 7.0]), min_size=2, max_size=2)


@st.composite
def piece_sets(draw: st.DrawFn) -> Pieces:
    """Pieces of five streets, ascending and apart; neighbours may touch."""
    rows = []
    for street in range(5):
        bounds = sorted(set(draw(st.lists(st.sampled_from(range(12)), max_size=8))))
        for low, high in itertools.pairwise(bounds):
            if draw(st.booleans()):
                rows.append((street, low * 0.1, high * 0.1))
    columns = np.array(rows, np.float64).reshape(-1, 3)
    return columns[:, 0].astype(np.int32), columns[:, 1], columns[:, 2]


@given(one=piece_sets(), other=piece_sets())
def test_overlay_knows_the_pieces_of_every_bit(one: Pieces, other: Pieces) -> None:
    bits = overlay_pieces(one, other)
    assert (bits.to_m > bits.from_m).all()
    for pieces, row in ((one, bits.one), (other, bits.other)):
        held = row != NOWHERE
        assert (pieces[0][row[held]] == bits.street[held]).all()
        assert (pieces[1][row[held]] <= bits.from_m[held]).all()
        assert (bits.to_m[held] <= pieces[2][row[held]]).all()
        # and the bits of each piece add up to it
        sums = np.bincount(row[held], weights=bits.length_m[held], minlength=len(pieces[0]))
        np.testing.assert_allclose(sums, pieces[2] - pieces[1], atol=1e-12)
    assert ((bits.one != NOWHERE) | (bits.other != NOWHERE)).all()
    back = overlay_pieces(other, one)
    assert back.one.tolist() == bits.other.tolist()


def test_overlay_of_nothing_is_nothing() -> None:
    none: Pieces = (np.empty(0, np.int32), np.empty(0), np.empty(0))
    assert len(overlay_pieces(none, none).street) == 0
    some = (np.array([3], np.int32), np.array([1.0]), np.array([2.0]))
    bits = overlay_pieces(none, some)
    assert (bits.one.tolist(), bits.other.tolist()) == ([NOWHERE], [0])


def streets_of(path: Path, lines: list[list[tuple[float, float]]]) -> Streets:
    features = [
        {
            "type": "Feature",
            "properties": {"highway": "residential"},
            "geometry": {"type": "LineString", "coordinates": [lonlat(*p) for p in line]},
        }
        for line in lines
    ]
    path.write_text(collection(features), encoding="utf-8")
    return build_streets(read_streets([path]).lines, crs="EPSG:4549")


def whole(streets: Streets) -> Pieces:
    count = len(streets)
    return np.arange(count, dtype=np.int32), np.zeros(count), streets.length_m


def test_pieces_move_to_streets_that_are_drawn_turned_and_cut(tmp_path: Path) -> None:
    old = streets_of(tmp_path / "a.geojson", [[(0, 0), (100, 0), (300, 0)]])
    # turned, and cut by a new side street at 100 m
    new = streets_of(tmp_path / "b.geojson", [[(300, 0), (100, 0), (0, 0)], [(100, 0), (100, 80)]])
    assert (len(old), len(new)) == (1, 3)
    west = (0.0, 40.0) if old.xy_m[0, 0] < old.xy_m[-1, 0] else (260.0, 300.0)
    pieces = (np.zeros(1, np.int32), np.array([west[0]]), np.array([west[1]]))
    (street, low, high), row = move_pieces(pieces, old, new)
    assert row.tolist() == [0]
    assert (high - low).tolist() == pytest.approx([40.0], abs=0.02)
    there = new.xy_m[new.first[street[0]]]
    start_is_west = abs(there[0] - 580_000) < 1
    assert (low[0] if start_is_west else new.length_m[street[0]] - high[0]) == pytest.approx(
        0.0, abs=0.02
    )
    moved, row = move_pieces(whole(new), new, old)
    assert float((moved[2] - moved[1]).sum()) == pytest.approx(300.0, abs=0.02)
    assert set(row.tolist()) < {0, 1, 2}  # the side street is nowhere in the old ones


def test_pieces_on_the_same_streets_stay_as_they_are(tmp_path: Path) -> None:
    streets = streets_of(tmp_path / "a.geojson", [[(0, 0), (100, 0)]])
    pieces = whole(streets)
    moved, row = move_pieces(pieces, streets, streets)
    assert moved is pieces
    assert row.tolist() == [0]


def test_parallel_lines_are_matched_one_to_one(tmp_path: Path) -> None:
    lines = [[(0, 0), (100, 0)], [(0, 0), (50, 40), (100, 0)]]
    old = streets_of(tmp_path / "a.geojson", lines)
    new = streets_of(tmp_path / "b.geojson", [*lines[::-1], [(100, 0), (200, 0)]])
    moved, row = move_pieces(whole(old), old, new)
    assert float((moved[2] - moved[1]).sum()) == pytest.approx(old.length_m.sum(), abs=0.02)
    assert sorted(set(row.tolist())) == list(range(len(old)))
    bits = overlay_pieces(moved, moved)  # and nothing lies twice on the same place
    assert float(bits.length_m.sum()) == pytest.approx(float((moved[2] - moved[1]).sum()))
