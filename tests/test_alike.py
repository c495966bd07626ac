"""Pairs of stations that may be one."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import InputError
from locator.registry.alike import AlikePair, find_alike

OW, MB = "rest_station", "mother_baby_room"
LAT_M = math.radians(6_371_009.0)  # a degree of latitude on the sphere
START = (120.86, 32.01)


def north(*metres: float) -> list[tuple[float, float]]:
    return [(START[0], START[1] + away / LAT_M) for away in metres]


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("世伦桥户外劳动者爱心服务站", "爱心驿站(世伦桥店)", True),
        ("世伦桥社区", "世伦桥", True),
        ("学田社区工会驿站", "学田社区爱心服务站", True),
        ("文峰大世界3F母婴室", "文峰大世界4F母婴室", False),
        ("学田社区工会驿站", "虹桥新村工会驿站", False),
        ("工会驿站", "学田社区工会驿站", False),  # one says nothing, and they are 50 m apart
        ("工会驿站", "爱心驿站", False),
    ],
)
def test_find_alike_of_two_names_50_m_apart(left: str, right: str, alike: bool) -> None:
    assert bool(find_alike([left, right], [OW, OW], north(0, 50))) is alike


def test_find_alike_of_nameless_stations_within_20_m_is_a_pair() -> None:
    found = find_alike(["工会驿站", "", "爱心驿站"], [OW] * 3, north(0, 19, 45))
    assert [pair[:2] for pair in found] == [(0, 1)]


def test_find_alike_of_two_kinds_is_none_but_unknown_kinds_may_be_any() -> None:
    names, places = ["学田社区"] * 2, north(0, 5)
    assert find_alike(names, [OW, MB], places) == []
    assert find_alike(names, [OW, ""], places) == [AlikePair(0, 1, 5.0, 1.0)]


def test_find_alike_measures_up_to_the_limit_inclusive() -> None:
    names = ["学田社区"] * 2
    assert find_alike(names, [OW] * 2, north(0, 199.9))[0].distance_m == pytest.approx(199.9, 1e-3)
    assert find_alike(names, [OW] * 2, north(0, 200.5)) == []
    assert len(find_alike(names, [OW] * 2, north(0, 500), within_m=600)) == 1


def test_words_that_many_names_share_carry_little_weight() -> None:
    branches = [f"中国邮政储蓄银行{word}支行" for word in "工农青年虹桥学田钟秀城港唐闸天生狼山"]
    places = north(*(40.0 * i for i in range(len(branches))))
    assert find_alike(branches, [OW] * len(branches), places) == []
    # The same names among few others: there the long common part is all that can be judged.
    assert find_alike(branches[:2], [OW] * 2, places[:2]) != []


def test_a_chain_alone_is_not_contained_in_its_branches() -> None:
    branches = [f"顺丰速运{a}{b}" for a in "工农青虹学" for b in "田桥年人港"]
    names = [*branches, "顺丰速运"]
    places = [*north(*(300.0 * i for i in range(len(branches)))), START]
    assert find_alike(names, [OW] * len(names), places) == []


def test_fresh_rows_are_compared_with_all_and_stored_ones_not_with_each_other() -> None:
    names, places = ["学田社区"] * 4, north(0, 30, 60, 90)
    fresh = np.array([False, False, False, True])
    found = find_alike(names, [OW] * 4, places, fresh=fresh)
    assert [pair[:2] for pair in found] == [(0, 3), (1, 3), (2, 3)]
    assert find_alike(names, [OW] * 4, places, fresh=np.zeros(4, bool)) == []


def test_fresh_copy_of_a_stored_row_is_found_and_its_neighbours_too() -> None:
    names, places = ["学田社区"] * 3, north(0, 0, 30)
    found = find_alike(names, [OW] * 3, places, fresh=np.array([False, True, False]))
    assert [pair[:2] for pair in found] == [(0, 1), (1, 2)]


def test_stored_copies_near_a_fresh_copy_are_not_paired_with_each_other() -> None:
    names, places = ["学田社区"] * 4, north(0, 0, 0, 30)
    found = find_alike(names, [OW] * 4, places, fresh=np.array([False, False, True, False]))
    assert [pair[:2] for pair in found] == [(1, 2), (2, 3)]


def test_thousands_of_rows_at_one_point_make_a_chain() -> None:
    count = 3000
    found = find_alike(["学田社区"] * count, [OW] * count, [START] * count)
    assert [pair[:2] for pair in found] == [(i, i + 1) for i in range(count - 1)]


def test_find_alike_of_nothing_is_nothing() -> None:
    assert find_alike([], [], np.empty((0, 2))) == []
    assert find_alike(["学田"], [OW], [START]) == []


@pytest.mark.parametrize(
    ("names", "kinds", "places"),
    [(["a"], [], [START]), (["a"], [OW], []), (["a"], [OW], [(math.nan, 32.0)])],
)
def test_find_alike_of_broken_lists_is_refused(names, kinds, places) -> None:
    with pytest.raises(InputError, match="expected as many of each"):
        find_alike(names, kinds, places)


WORDS = st.sampled_from(["学田", "虹桥", "钟秀", "世伦桥", "工会驿站", "社区", "1号", "2号", ""])


@given(
    st.lists(
        st.tuples(
            st.lists(WORDS, max_size=3).map("".join),
            st.sampled_from([OW, MB, ""]),
            st.integers(0, 400),
            st.booleans(),
        ),
        max_size=12,
        unique_by=lambda row: row[2],
    )
)
def test_find_alike_is_what_comparing_all_pairs_gives(rows) -> None:
    names, kinds, metres, fresh = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [])
    places = north(*metres)
    found = {
        pair[:2]: pair.likeness
        for pair in find_alike(names, kinds, places, fresh=np.array(fresh, bool))
    }
    for i, j in combinations(range(len(names)), 2):
        away = abs(metres[i] - metres[j])
        may = (
            away <= 200
            and (fresh[i] or fresh[j])
            and (kinds[i] == kinds[j] or "" in (kinds[i], kinds[j]))
        )
        if not may:
            assert (i, j) not in found
        elif names[i] == names[j] and away <= 20:
            assert found[i, j] == 1.0
    back = find_alike(names[::-1], kinds[::-1], places[::-1], fresh=np.array(fresh[::-1], bool))
    last = len(names) - 1
    assert {(last - b, last - a): alike for a, b, _, alike in back} == found
