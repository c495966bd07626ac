"""Before and after: on paper, against a slow comparison, and by laws."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.counted import Counted
from locator.coverage import COVERED, Coverage
from locator.errors import InputError, NotFoundError
from locator.hours import Hours, read_hours
from locator.scenario_report import (
    area_rows,
    difference_document,
    difference_geojson,
    hour_rows,
)
from locator.scenario_texts import read_out
from locator.scenarios import (
    Difference,
    Question,
    build_at,
    close_stations,
    compare,
    read_sites,
)
from locator.view import CityView
from tests.block_city import make_block_city, with_places
from tests.grids import lonlat

if TYPE_CHECKING:
    from locator.city import City


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return make_block_city(tmp_path_factory.mktemp("blocks") / "city", [(0.0, 0.0), (600.0, 600.0)])


@pytest.fixture(scope="module")
def view(city: City) -> CityView:
    return city.current()


def net(difference: Difference) -> float:
    totals = difference.totals
    return (
        totals["gained_m"] - totals["lost_m"]
        + totals["fresh_covered_m"] - totals["gone_covered_m"]
    )  # fmt: skip


def test_building_and_closing_are_told_apart(view: CityView) -> None:
    closed = view.stations.code[view.stations.name.index("站2")]
    after = close_stations(build_at(view, [lonlat(300.0, 300.0)]), [closed])
    found = compare(view, after, Question(150))
    # a station on an inner crossing reaches 4 x 100 m and 12 x 50 m, one in a corner 400 m
    assert found.totals["gained_m"] == pytest.approx(1000.0, abs=0.01)
    assert found.totals["lost_m"] == pytest.approx(400.0, abs=0.01)
    assert found.totals["fresh_m"] == found.totals["gone_m"] == 0.0
    assert net(found) == pytest.approx(
        found.covers[1].covered_m - found.covers[0].covered_m, abs=1e-6
    )
    document = difference_document(found)
    assert document["network"] is None
    assert sum(row["gained_m"] for row in document["streets"]) == pytest.approx(1000.0, abs=0.01)
    assert document["streets"][0]["gained_m"] == pytest.approx(300.0, abs=0.01)  # either cross road
    assert document["before"]["hash"] != document["after"]["hash"]
    assert document["before"]["streets"] == document["after"]["streets"]
    assert document["before"]["stations"] != document["after"]["stations"]
    assert document["covered_m"] == pytest.approx(600.0, abs=0.02)
    assert read_out(document)["zh"].startswith("覆盖率由")


def test_equal_inputs_have_equal_hashes_and_no_change(view: CityView) -> None:
    found = compare(view, view, Question("3min"))
    document = difference_document(found)
    assert document["before"]["hash"] == document["after"]["hash"]
    assert (document["gained_m"], document["lost_m"], document["streets"]) == (0.0, 0.0, [])
    assert difference_geojson(found)["features"] == []


def test_changed_pieces_are_joined_and_drawn(view: CityView) -> None:
    after = build_at(view, [lonlat(300.0, 300.0)])
    found = compare(view, after, Question(150))
    pieces, kinds = found.changed
    assert set(kinds) == {"gained"}
    document = difference_geojson(found)
    assert sum(f["properties"]["length_m"] for f in document["features"]) == pytest.approx(
        1000.0, abs=0.05
    )
    assert all(f["geometry"]["type"] == "LineString" for f in document["features"])
    json.dumps(document, allow_nan=False)
    assert len(pieces[0]) == len(kinds) == len(document["features"])


def test_other_question_after_compares_limits_and_modes(view: CityView) -> None:
    wider = compare(view, view, Question(150), Question(250))
    assert wider.totals["lost_m"] == 0.0
    assert wider.totals["gained_m"] > 0
    document = difference_document(wider, modes=["walk", "ebike"])
    assert [row["mode"] for row in document["modes"]] == ["walk", "ebike"]
    assert document["modes"][0]["gained_m"] == wider.totals["gained_m"]


def test_situation_may_be_the_change(view: CityView) -> None:
    places = with_places(view, [(0.0, 0.0), (600.0, 600.0)], facilities=[
        {"AC": True, "WATER": True}, {}])  # fmt: skip
    found = compare(places, places, Question(150), Question(150, situation="heat_red"))
    assert found.totals["lost_m"] == pytest.approx(400.0, abs=0.01)
    assert found.totals["gained_m"] == 0.0


def test_other_streets_are_shown_apart(view: CityView, tmp_path: Path) -> None:
    larger = make_block_city(tmp_path / "larger", [(0.0, 0.0), (600.0, 600.0)], blocks=8).current()
    found = compare(view, larger, Question(150))
    assert found.totals["gone_m"] == pytest.approx(0.0, abs=0.1)
    assert found.totals["fresh_m"] == pytest.approx(14_400.0 - 8_400.0, abs=0.5)
    # the corner at 600, 600 is an inner crossing now: 1,000 m, of which 400 m are on old lines
    assert found.totals["fresh_covered_m"] == pytest.approx(600.0, abs=0.1)
    assert found.totals["lost_m"] == pytest.approx(0.0, abs=0.1)
    assert net(found) == pytest.approx(
        found.covers[1].covered_m - found.covers[0].covered_m, abs=0.1
    )
    part = difference_document(found)["network"]
    assert part["by_stations"]["covered_m"] == pytest.approx(0.0, abs=0.1)
    assert part["by_streets"]["covered_m"] == pytest.approx(600.0, abs=0.1)
    kinds = {f["properties"]["change"] for f in difference_geojson(found)["features"]}
    assert kinds == {"fresh", "fresh_covered"}


def test_streets_and_stations_changed_at_once_are_told_apart(
    view: CityView, tmp_path: Path
) -> None:
    after = make_block_city(tmp_path / "after", [(0.0, 0.0)], blocks=8).current()
    part = difference_document(compare(view, after, Question(150)))["network"]
    assert part["by_stations"]["covered_m"] == pytest.approx(-400.0, abs=0.1)
    assert part["by_streets"]["covered_m"] == pytest.approx(0.0, abs=0.1)
    assert part["lines"]["added_m"] == pytest.approx(6000.0, abs=0.5)


def halves(cover: Coverage) -> Counted:
    """West and east half of the city by street midpoint, every third metre outside."""
    streets = cover.network.streets
    count = len(streets)
    middle = streets.xy_m[streets.first[:-1], 0] < 580_300
    first = np.arange(count + 1, dtype=np.int64) * 2
    cut = streets.length_m / 3
    span = np.column_stack((np.zeros(count), cut, cut, streets.length_m)).reshape(-1, 2)
    area = np.column_stack((np.full(count, -1), np.where(middle, 0, 1))).reshape(-1)
    weight = np.tile([1.0, 2.0], count)
    return Counted(first, span, area.astype(np.int32), weight, ("east", "west"), "people")


def test_areas_add_up_and_weigh(view: CityView, monkeypatch: pytest.MonkeyPatch) -> None:
    after = build_at(view, [lonlat(300.0, 300.0)])
    found = compare(view, after, Question(150))
    counted = halves(found.covers[0])
    monkeypatch.setattr(CityView, "counted", lambda _view, **_: counted)
    unit, rows = area_rows(found, by="halves")
    assert unit == "people"
    assert [row["area"] for row in rows] == ["east", "west", None]
    metres = found.covers[0].total_m
    assert sum(row["total"] for row in rows) == pytest.approx(metres / 3 + 2 * metres * 2 / 3)
    for row in rows:
        assert row["after"] - row["before"] == pytest.approx(row["gained"] - row["lost"], abs=1e-6)


def test_plain_metres_are_one_row_outside_all(view: CityView) -> None:
    after = build_at(view, [lonlat(300.0, 300.0)])
    unit, rows = area_rows(compare(view, after, Question(150)))
    assert unit == "m"
    (row,) = rows
    assert row["area"] is None
    assert row["gained"] == pytest.approx(1000.0, abs=0.01)


def test_building_off_the_streets_and_closing_nobody_are_refused(view: CityView) -> None:
    with pytest.raises(InputError, match="no street within"):
        build_at(view, [lonlat(3000.0, 3000.0)])
    with pytest.raises(NotFoundError, match="NOBODY"):
        close_stations(view, ["NOBODY"])


def test_sites_of_a_plan_are_read_back(view: CityView, tmp_path: Path) -> None:
    plan = view.plan(new=2, within_m=150)
    plan.save(tmp_path / "plan.json")
    after = build_at(view, read_sites(tmp_path / "plan.json"))
    found = compare(view, after, Question(150))
    assert found.totals["gained_m"] == pytest.approx(plan.value, abs=0.05)
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="no plan"):
        read_sites(tmp_path / "other.json")


def test_hours_of_the_week_are_ranges_before_and_after(view: CityView) -> None:
    opening = [read_hours("08:30-17:00").hours, Hours()]
    before = with_places(view, [(0.0, 0.0), (600.0, 600.0)], opening=opening)
    longer = [read_hours("08:30-17:00; Su 22:00-02:00").hours, Hours()]
    after = with_places(view, [(0.0, 0.0), (600.0, 600.0)], opening=longer)
    rows = hour_rows(compare(before, after, Question(150)))
    assert len(rows) == 168
    one, two = 400.0 / 8400, 800.0 / 8400
    by_hour = {(row["day"], row["hour"]): row for row in rows}
    for place, low, later in ((("mon", 8), one / 2, one / 2), (("mon", 9), one, one),
                              (("mon", 17), 0.0, 0.0), (("sun", 23), 0.0, one),
                              (("mon", 1), 0.0, one), (("mon", 2), 0.0, 0.0)):  # fmt: skip
        row = by_hour[place]
        assert row["before"]["low"] == pytest.approx(low, abs=1e-6), place
        assert row["after"]["low"] == pytest.approx(later, abs=1e-6), place
        assert row["before"]["high"] == pytest.approx(low + two - one, abs=1e-6), place
    with pytest.raises(InputError, match="by-hour"):
        hour_rows(compare(before, after, Question(150, depth=2)))


spots = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda p: (p[0] * 50.0, p[1] * 100.0))
sets = st.lists(spots, max_size=4)


@settings(max_examples=40)
@given(old=sets, new=sets, limit=st.sampled_from([60, 150, 275]))
def test_difference_is_what_points_on_the_streets_say(
    view: CityView, old: list[tuple[float, float]], new: list[tuple[float, float]], limit: float
) -> None:
    before, after = with_places(view, old), with_places(view, new)
    found = compare(before, after, Question(limit))
    first, last = found.covers
    assert net(found) == pytest.approx(last.covered_m - first.covered_m, abs=1e-6)
    # an oracle that asks the middle of each bit of the coverages themselves
    gained = lost = 0.0
    for street in range(len(view.streets)):
        cuts = sorted({*_cuts(first, street), *_cuts(last, street)})
        for low, high in itertools.pairwise(cuts):
            was, now = (_covered(c, street, (low + high) / 2) for c in (first, last))
            gained += (high - low) * (now and not was)
            lost += (high - low) * (was and not now)
    assert found.totals["gained_m"] == pytest.approx(gained, abs=1e-6)
    assert found.totals["lost_m"] == pytest.approx(lost, abs=1e-6)
    back = compare(after, before, Question(limit))
    assert back.totals["gained_m"] == pytest.approx(lost, abs=1e-6)


def _rows(cover: Coverage, street: int) -> range:
    return range(int(cover.street_first[street]), int(cover.street_first[street + 1]))


def _cuts(cover: Coverage, street: int) -> list[float]:
    return [
        float(bound)
        for row in _rows(cover, street)
        for bound in (cover.piece_from_m[row], cover.piece_to_m[row])
    ]


def _covered(cover: Coverage, street: int, place: float) -> bool:
    return any(
        cover.piece_from_m[row] <= place <= cover.piece_to_m[row]
        and cover.piece_state[row] == COVERED
        for row in _rows(cover, street)
    )
