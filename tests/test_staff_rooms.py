"""Stations for staff alone: counted on paper, said, and left out where the public is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.answers import coverage_document
from locator.counted import count_length
from locator.open_coverage import measure_open_coverage
from locator.scenario_report import difference_document
from locator.scenarios import Question, compare
from locator.staff_rooms import choose_part, count_staff_only, public_share, public_view
from tests.block_city import make_block_city, with_places
from tests.grids import lonlat

if TYPE_CHECKING:
    from collections.abc import Callable

    from locator.view import CityView

PLACES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=6
)
ROOMS = [(0.0, 0.0), (600.0, 600.0), (300.0, 300.0)]
SCOPES = ["public", "staff", "staff"]


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> CityView:
    return make_block_city(tmp_path_factory.mktemp("staff") / "city", []).current()


@pytest.fixture
def folder(tmp_path: Path, run: Callable[..., Any]) -> Path:
    """Three stations, two of them for staff alone, imported as an office does."""
    city = make_block_city(tmp_path / "city", [])
    rows = ["名称,经度,纬度,开放对象,开放时间"]
    for i, (place, scope) in enumerate(
        zip(ROOMS, ["公众", "仅本单位职工", "内部职工"], strict=True)
    ):
        lon, lat = lonlat(*place)
        rows.append(f"站{i},{lon!r},{lat!r},{scope},24小时")
    (tmp_path / "s.csv").write_text("\n".join(rows), "utf-8")
    done = run("stations", "import", tmp_path / "s.csv", "--kind", "rest_station", "--city",
               city.workspace.path, "--json")  # fmt: skip
    assert done.json["added"] == 3, done.err
    return city.workspace.path


def test_document_tells_the_share_without_staff_rooms(view: CityView) -> None:
    rooms = with_places(view, ROOMS, access_scope=SCOPES)
    alone = with_places(view, ROOMS[:1], access_scope=SCOPES[:1])
    document = coverage_document(rooms, rooms.coverage(within_m=150))
    assert document["staff_only"] == 2
    assert document["share_public"] == alone.coverage(within_m=150).share
    assert document["share_public"] < document["share"]  # which counts them, as a kind does


def test_a_city_without_staff_rooms_says_none_and_the_same_share(view: CityView) -> None:
    rooms = with_places(view, ROOMS, access_scope=["public", "", "members"])
    document = coverage_document(rooms, rooms.coverage(within_m=150))
    assert (document["staff_only"], document["share_public"]) == (0, document["share"])
    assert public_view(rooms) is rooms


def test_staff_rooms_of_another_kind_or_not_in_use_are_not_counted(view: CityView) -> None:
    rooms = with_places(view, ROOMS, access_scope=SCOPES, status=["open", "open", "closed"])
    assert count_staff_only(rooms, rooms.placement()) == 1
    document = coverage_document(rooms, rooms.coverage(within_m=150, kind="worker_home"),
                                 kind="worker_home")  # fmt: skip
    assert (document["staff_only"], document["share_public"]) == (0, 0.0)


def test_a_moment_tells_both_ends_without_staff_rooms(view: CityView) -> None:
    rooms = with_places(view, ROOMS, access_scope=SCOPES)  # nobody knows any hours
    found = measure_open_coverage(rooms, "Sun 03:00", within_m=150)
    document = coverage_document(rooms, found.low, found=found)
    alone = with_places(view, ROOMS[:1], access_scope=SCOPES[:1]).coverage(within_m=150)
    assert (document["staff_only"], document["share_public"]) == (0, 0.0)
    assert (document["high"]["staff_only"], document["high"]["share_public"]) == (2, alone.share)


@settings(deadline=None, max_examples=20)
@given(places=PLACES, depth=st.integers(1, 2))
def test_public_share_is_that_of_a_city_without_staff_rooms(
    view: CityView, places: list[tuple[int, int, bool]], depth: int
) -> None:
    """Law: staff rooms never change it, and what is counted with them is never less."""
    spots = [(50.0 * x, 50.0 * y) for x, y, _ in places]
    scopes = ["staff" if staff else "public" for *_, staff in places]
    rooms = with_places(view, spots, access_scope=scopes)
    cover = rooms.coverage(within_m=180, depth=depth)
    part = public_share(
        rooms, rooms.placement(), (cover.network, 180.0), count_length(rooms.streets),
        share=cover.share, depth=depth,
    )  # fmt: skip
    left = [i for i, scope in enumerate(scopes) if scope == "public"]
    others = with_places(view, [spots[i] for i in left])
    assert part["share_public"] == pytest.approx(
        others.coverage(within_m=180, depth=depth).share, abs=1e-12
    )
    assert part["share_public"] <= cover.share + 1e-12
    assert part["staff_only"] == scopes.count("staff")
    public, told = choose_part(rooms, None, "walk", public=True)
    assert public.coverage(within_m=180, depth=depth).share == pytest.approx(
        part["share_public"], abs=1e-12
    )
    assert told == {"public": True, "staff_left_out": part["staff_only"]}


def test_a_change_tells_both_sides_without_staff_rooms(view: CityView) -> None:
    rooms = with_places(view, ROOMS, access_scope=SCOPES)
    fewer = with_places(view, ROOMS[1:], access_scope=SCOPES[1:])
    document = difference_document(compare(rooms, fewer, Question(150)))
    assert (document["before"]["staff_only"], document["after"]["staff_only"]) == (2, 2)
    assert document["before"]["share_public"] > document["after"]["share_public"] == 0.0


@pytest.mark.parametrize(
    "asked", [("coverage",), ("coverage", "--at", "Sun 03:00"), ("week",), ("losses",)]
)
def test_commands_say_how_many_are_staff_only_and_the_share_without(
    folder: Path, run: Callable[..., Any], asked: tuple[str, ...]
) -> None:
    told = run(*asked, "--within", "150", "--city", folder)
    assert "其中2个站仅限本单位职工" in told.out, told.err
    document = run(*asked, "--within", "150", "--city", folder, "--json").json
    assert (document["public"], document["staff_only"]) == (False, 2)
    assert 0.0 < document["share_public"] < document["share"]
    public = run(*asked, "--within", "150", "--public", "--city", folder, "--json").json
    assert (public["public"], public["staff_left_out"], public["staff_only"]) == (True, 2, 0)
    assert public["share"] == pytest.approx(document["share_public"], abs=1e-12)
    left_out = run(*asked, "--within", "150", "--public", "--city", folder).out
    assert "已去掉仅限本单位职工的2个站" in left_out


def test_other_questions_leave_staff_rooms_out_when_asked(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    code = run("losses", "--within", "150", "--city", folder, "--json").json["stations"][0]["code"]
    asked = ["compare", "--within", "150", "--close", code, "--city", folder]
    assert "不算仅限本单位职工的站" in run(*asked).out
    public = run(*asked, "--public", "--json").json
    assert public["staff_left_out"] == 2
    for command in (["rest"], ["curve"], ["area", "--within", "150", "-o", tmp_path / "a.geojson"]):
        assert "已去掉仅限本单位职工的2个站" in run(*command, "--public", "--city", folder).out
    shares = [
        run("curve", *more, "--city", folder, "--json").json["presets"][0]["shares"][0]
        for more in ((), ("--public",))
    ]
    assert np.diff(shares)[0] < 0


def test_losses_mark_the_stations_for_staff(folder: Path, run: Callable[..., Any]) -> None:
    document = run("losses", "--within", "150", "--city", folder, "--json").json
    assert sum(row["staff_only"] for row in document["stations"]) == 2
    assert (
        run("losses", "--within", "150", "--city", folder).out.count("（仅职工 staff only）") >= 2
    )


def test_shares_of_a_demand_are_told_without_staff_rooms_too(
    folder: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    lon, lat = lonlat(300.0, 250.0)  # near a room for staff, far from the public one
    (tmp_path / "p.csv").write_text(f"lon,lat,count\n{lon!r},{lat!r},7\n", "utf-8")
    facts = ("--unit", "人", "--source", "试", "--date", "2026")
    done = run("demand", "import", tmp_path / "p.csv", "--name", "人", *facts, "--city", folder)
    assert done.code == 0, done.err
    for command in ("week", "losses"):
        asked = (command, "--within", "150", "--demand", "人", "--city", folder, "--json")
        document = run(*asked).json
        assert (document["share"], document["share_public"]) == (1.0, 0.0)
