"""One station more or less: what the trial says is what measuring anew says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.counted import Counted, count_length
from locator.coverage import measure_coverage
from locator.errors import InputError, NotFoundError
from locator.footing import Footing
from locator.whatif import WhatIf, start_whatif
from tests.oracles import Town, random_town
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from locator.network import StreetNetwork

LIMITS = (37.0, 150.0, 400.0, 1000.0)


def start(town: Town, limit: float, counted: Counted | None = None) -> WhatIf:
    network = make_network(town)
    codes = [f"S{i}" for i in range(len(town.stations))]
    placement = place(network, town.stations)
    return start_whatif(network, placement, limit, counted or count_length(network.streets), codes)


def split(network: StreetNetwork) -> Counted:
    """Each street cut in the middle: the first half in area 0, the rest in none, with weights."""
    length = network.streets.length_m
    count = len(length)
    ends = np.column_stack((np.zeros(count), length / 2, length / 2, length)).reshape(-1, 2)
    area = np.tile(np.array([0, -1], np.int32), count)
    weight = np.where(area == 0, 2.0, 0.5)
    return Counted(np.arange(0, 2 * count + 1, 2), ends, area, weight, ("A",), "人")


@dataclass
class Shadow:
    """The same changes kept as a list of stations, measured anew each time."""

    town: Town
    limit: float

    def __post_init__(self) -> None:
        self.network = make_network(self.town)
        self.stations = list(self.town.stations)
        self.open = [True] * len(self.stations)

    def covered(self) -> float:
        pairs = zip(self.stations, self.open, strict=True)
        placement = place(self.network, [station for station, is_open in pairs if is_open])
        return measure_coverage(self.network, placement, self.limit, depths=False).covered_m

    def change(self, rng: np.random.Generator, trial: WhatIf) -> WhatIf:
        """Add, close or open a station at random, here and there."""
        usable = [e for e, way in enumerate(self.town.travel) if way]
        kind = str(rng.choice(["add", "turn"])) if self.stations else "add"
        if kind == "add":
            street = int(rng.choice(usable))
            run = self.town.length[street]
            offset = float(rng.choice([0.0, run, rng.uniform(0, run)]))
            self.stations.append((street, offset, 0.0))
            self.open.append(True)
            return trial.add(street, offset)
        row = int(rng.integers(len(self.stations)))
        self.open[row] = not self.open[row]
        code = trial.codes[row]
        return trial.reopen(code) if self.open[row] else trial.close(code)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(LIMITS))
def test_trial_after_any_changes_equals_measuring_anew(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    trial, shadow = start(town, limit), Shadow(town, limit)
    assert trial.covered == pytest.approx(shadow.covered(), rel=1e-9, abs=1e-6)
    for _ in range(6):
        trial = shadow.change(rng, trial)
        assert trial.covered == pytest.approx(shadow.covered(), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_trial_equals_cutting_everywhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    trial, shadow = start(town, 300.0), Shadow(town, 300.0)
    for _ in range(3):
        trial = shadow.change(rng, trial)
    left = [row for row, is_open in zip(shadow.stations, shadow.open, strict=True) if is_open]
    slow = Town(town.nodes, town.ends, town.lines, town.travel, left)
    slow.length = town.length  # as the product sums them
    assert trial.covered == pytest.approx(slow.totals(300.0)["covered"], abs=1e-5)


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_pieces_of_a_trial_add_up_to_what_it_gains(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    trial, shadow = start(town, 200.0), Shadow(town, 200.0)
    for _ in range(4):
        trial = shadow.change(rng, trial)
    street, low, high, gained = trial.pieces()
    lengths = (high - low) * np.where(gained == 1, 1.0, -1.0)
    assert lengths.sum() == pytest.approx(trial.gained, abs=1e-4)
    assert (np.diff(street) >= 0).all()
    same = np.diff(street) == 0
    assert (low[1:][same] >= high[:-1][same] - 1e-9).all()


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(LIMITS))
def test_adding_never_loses_and_closing_never_gains(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    trial, shadow = start(town, limit), Shadow(town, limit)
    for _ in range(5):
        before, were_open = trial.covered, sum(shadow.open)
        trial = shadow.change(rng, trial)
        if sum(shadow.open) > were_open:
            assert trial.covered >= before - 1e-6
        else:
            assert trial.covered <= before + 1e-6


def test_order_of_changes_does_not_matter() -> None:
    town = random_town(np.random.default_rng(5))
    trial = start(town, 300.0)
    usable = [e for e, way in enumerate(town.travel) if way and town.length[e] > 1]
    sites = [(usable[0], 1.0), (usable[-1], 0.5)]
    one = trial.add(*sites[0]).add(*sites[1]).close("S0")
    two = trial.close("S0").add(*sites[1]).add(*sites[0])
    assert one.covered == pytest.approx(two.covered, rel=1e-12)


def test_closing_what_was_added_leaves_nothing_changed() -> None:
    town = random_town(np.random.default_rng(5))
    trial = start(town, 300.0)
    usable = [e for e, way in enumerate(town.travel) if way and town.length[e] > 1]
    there = trial.add(usable[0], 0.5).close("S0")
    back = there.close("+1").reopen("S0")
    assert back.gained == 0.0
    assert len(back.pieces()[0]) == 0
    assert len(back.touched.span) == 0


def test_trial_on_the_cross_by_hand() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]  # in the middle of the east street
    trial = start(town, 60.0)
    assert trial.covered == pytest.approx(100 + 3 * 10)
    more = trial.add(1, 100.0)  # at the north tip
    assert more.gained == pytest.approx(60.0)
    assert more.share == pytest.approx(190 / 400)
    alone = more.close("S0")
    assert alone.covered == pytest.approx(60.0)
    assert trial.gained == 0.0  # the first one is as it was
    street, low, high, gained = alone.pieces()
    rows = list(zip(street.tolist(), low, high, gained.tolist(), strict=True))
    expected = [(0, 0, 100, 0), (1, 0, 10, 0), (1, 40, 100, 1), (2, 0, 10, 0), (3, 0, 10, 0)]
    for row, wanted in zip(rows, expected, strict=True):
        assert row == pytest.approx(wanted)


def test_trial_by_area_and_weight_sums_what_counts() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    trial = start(town, 60.0, split(make_network(town)))
    assert trial.unit == "人"
    np.testing.assert_allclose(trial.covered_by_area, [2.0 * (50 + 30), 0.5 * 50])
    more = trial.add(1, 100.0)
    np.testing.assert_allclose(more.by_area, [2.0 * 10, 0.5 * 50])
    np.testing.assert_allclose(more.footing.total, [2.0 * 200, 0.5 * 200])


def test_trial_counts_only_the_parts_of_streets_in_the_city() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    network = make_network(town, [[(0.0, 20.0), (90.0, 100.0)], [], [(5.0, 100.0)], [(0.0, 4.0)]])
    placement = place(network, town.stations)
    trial = start_whatif(network, placement, 60.0, count_length(network.streets), ["S0"])
    assert trial.covered == pytest.approx(20 + 10 + 5 + 4)
    assert trial.add(2, 100.0).gained == pytest.approx(60.0)
    assert trial.add(1, 100.0).gained == 0.0
    assert trial.close("S0").covered == 0.0


def test_trial_without_stations_starts_from_nothing() -> None:
    trial = start(cross(), 60.0)
    assert trial.covered == 0.0
    assert trial.add(0, 100.0).covered == pytest.approx(60.0)


def test_trial_refuses_what_cannot_be() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    town.travel = [3, 3, 3, 0]
    trial = start(town, 60.0)
    for street, offset in ((4, 0.0), (-1, 0.0), (0, 100.1), (0, -1.0), (0, float("nan"))):
        with pytest.raises(InputError, match="not on the streets"):
            trial.add(street, offset)
    with pytest.raises(InputError, match="not for walk"):
        trial.add(3, 1.0)
    with pytest.raises(NotFoundError, match="'X9' is not among the 1"):
        trial.close("X9")
    with pytest.raises(InputError, match="open already"):
        trial.reopen("S0")
    with pytest.raises(InputError, match="closed already"):
        trial.close("S0").close("S0")
    with pytest.raises(InputError, match="more than 0"):
        start(town, 0.0)


def test_trials_of_one_city_in_many_threads_do_not_disturb_each_other() -> None:
    town = random_town(np.random.default_rng(11))
    trial = start(town, 300.0)
    usable = [e for e, way in enumerate(town.travel) if way]
    expected = [trial.add(street, 0.0).gained for street in usable]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            found = pool.map(lambda street: trial.add(street, 0.0).gained, usable)
            assert list(found) == expected


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(LIMITS))
def test_footing_with_other_stations_equals_measuring_anew(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    counted = split(network)
    placement = place(network, town.stations)
    footing = Footing(network, placement, limit, counted)
    count = len(town.stations)
    for share in (0.5, 0.1, 0.9, 0.0, 1.0):
        chosen = rng.random(count) < share
        after = footing.open_rows.astype(bool)
        after[: count // 2 + 1] = chosen[: count // 2 + 1]
        found = footing.covered_with(after)
        left = [station for station, is_open in zip(town.stations, after, strict=True) if is_open]
        anew = Footing(network, place(network, left), limit, counted)
        np.testing.assert_allclose(found, anew.sums, rtol=1e-9, atol=1e-6)


def test_footing_says_the_same_whatever_was_asked_before() -> None:
    town = random_town(np.random.default_rng(13))
    network = make_network(town)
    masks = [np.array(row, bool) for row in np.ndindex(*[2] * len(town.stations))]
    footing = Footing(network, place(network, town.stations), 400.0, count_length(network.streets))
    there = [footing.covered_with(mask).tolist() for mask in masks]
    back = [footing.covered_with(mask).tolist() for mask in reversed(masks)]
    assert there == back[::-1]  # to the bit
