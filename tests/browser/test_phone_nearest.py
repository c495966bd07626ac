"""The page's answer is the server's: the same document, made in a real browser from the files."""

from __future__ import annotations

import itertools
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.city import City
from locator.moments import local_now
from locator.nearest import find_nearest
from tests.browser.phone_files import phone_page
from webapp.params import NearestBody
from webapp.wording import nearest_answer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from locator.placement import Placement
    from locator.view import CityView

pytestmark = pytest.mark.browser

PLACES = 1000
NEAR_M = 1.0  # what rounding to decimetres may add up to
ASK = (
    "([questions, now]) => questions.map((asked) => locator.nearest.findNearest(data, asked, now))"
)
NUMBERS = ("distance_m", "straight_m", "snap_m")
SECONDS = ("time_s", "closes_in_s", "opens_in_s")
EXACT = (
    "code", "name", "kind", "lon", "lat", "phone", "disputed", "sample", "hours", "hours_en",
    "hours_problem", "address", "way_in", "open", "long_enough",
)  # fmt: skip


def random_places(view: CityView, count: int, seed: int, spread_m: float = 80.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    xy = view.streets.xy_m[rng.integers(0, len(view.streets.xy_m), count)]
    return view.to_lonlat(xy + rng.normal(0.0, spread_m, xy.shape))


def random_questions(view: CityView, count: int, seed: int) -> list[dict[str, Any]]:
    """Questions of all sorts: plain, of one kind, with needs, limits, hours and stays."""
    rng = np.random.default_rng(seed)
    today = local_now(view.config.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    questions = []
    for lon, lat in random_places(view, count, seed).tolist():
        asked: dict[str, Any] = {"lon": lon, "lat": lat, "k": int(rng.integers(1, 6))}
        asked["mode"] = str(rng.choice(["walk", "slow_walk"]))
        if rng.random() < 0.4:
            kind = rng.choice(["rest_station", "mother_baby_room", "worker_home"])
            asked["kind"] = str(kind)
        if rng.random() < 0.3:
            need = rng.choice(
                ["WATER", "TOILET|MICROWAVE", "courier", "free_entry", "staff", "night"]
            )
            asked["need"] = [str(need)]
        if rng.random() < 0.3:
            asked["within"] = str(rng.choice(["300", "1000", "10min", "1.5km"]))
        # a little past the minute: nobody arrives in the second in which a door closes
        at = today + timedelta(minutes=float(rng.integers(0, 30 * 1440)), seconds=17)
        asked["at"] = at.isoformat()
        if rng.random() < 0.3:
            asked["open"] = True
        if rng.random() < 0.3:
            asked["stay"] = float(rng.integers(5, 200))
        questions.append(asked)
    return questions


def same_rows(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], *, routes: bool) -> None:
    assert [row["code"] for row in ours] == [row["code"] for row in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert set(other) <= set(mine)
        for name in EXACT:
            assert mine[name] == other[name], name
        for name in (*NUMBERS, *SECONDS):
            if other[name] is None:
                assert mine[name] is None, name
            else:
                assert mine[name] == pytest.approx(other[name], abs=2 * NEAR_M), name
        assert mine["opens_at"] == other["opens_at"]
        assert (mine["detour"] is None) == (other["detour"] is None)
        if other["detour"] is not None:
            assert mine["detour"]["water"] == other["detour"]["water"]
        if routes:
            same_route(mine["route"], other["route"])


def same_route(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Both ends and the length; two ways as long as each other may go by other streets."""
    assert ours["coordinates"][0] == pytest.approx(theirs["coordinates"][0], abs=2e-6)
    assert ours["coordinates"][-1] == pytest.approx(theirs["coordinates"][-1], abs=2e-6)
    mine, other = ([step["length_m"] for step in way["steps"]] for way in (ours, theirs))
    assert sum(mine) == pytest.approx(sum(other), abs=NEAR_M)


def route_names(document: dict[str, Any]) -> list[tuple[str, ...]]:
    """Streets and steps of each way of an answer in words, without their tens of metres."""
    words = [
        [*row["route"]["streets"]]
        + [step[name] for step in row["route"]["steps"] for name in ("zh", "en", "turn")]
        for row in document["results"]
    ]
    return [tuple(re.sub(r"[\d.]+ ?(km|m|公里|米)", "", text) for text in row) for row in words]


def close_call(view: CityView, asked: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether two stations, or one and the limit, are nearer to each other than rounding."""
    more = nearest_answer(view, NearestBody(**{**asked, "k": 20, "within": None}))
    metres = sorted(row["distance_m"] for row in (*more["results"], *more["below"]))
    limit = NearestBody(**asked).within_m if asked.get("within") else None
    gaps = [b - a for a, b in itertools.pairwise(metres)]
    near_limit = limit is not None and any(abs(m - limit) < NEAR_M for m in metres)
    return near_limit or any(gap < NEAR_M for gap in gaps) or abs(theirs["snap_m"] or 0) > 249.9


def compare(view: CityView, asked: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Compare one answer; False where rounding decides and nothing is to be learned."""
    theirs = nearest_answer(view, NearestBody(**asked))
    try:
        assert set(theirs) <= set(answer)
        assert answer["outcome"] == theirs["outcome"]
        for name in (
            "stations",
            "left_out",
            "at",
            "message",
            "next_step",
            "sample",
            "from",
            "also_meant",
        ):
            assert answer[name] == theirs[name], name
        same_rows(answer["results"], theirs["results"], routes=True)
        same_rows(answer["below"], theirs["below"], routes=False)
        assert answer["advice"] == theirs["advice"]
        assert (answer["connected"] is None) == (theirs["connected"] is None)
        if theirs["connected"] is not None:
            same_rows(answer["connected"]["results"], theirs["connected"]["results"], routes=True)
            for name in ("street", "outcome"):
                assert answer["connected"][name] == theirs["connected"][name]
    except AssertionError:
        if close_call(view, asked, theirs):
            return False
        raise
    return True


def ask_page(chromium: Browser, city: Path, questions: list[dict[str, Any]]) -> list[Any]:
    page = phone_page(chromium, city)
    answers: list[Any] = page.evaluate(ASK, [questions, time.time() * 1000])
    page.close()
    return answers


def test_phone_answers_as_the_server_whatever_is_asked(chromium: Browser, town: Path) -> None:
    view = City.open(town).current()
    questions = random_questions(view, 300, seed=3)
    answers = ask_page(chromium, town, questions)
    told = [compare(view, *pair) for pair in zip(questions, answers, strict=True)]
    assert sum(told) > 0.9 * len(told)
    pairs = [
        pair
        for asked, answer in zip(questions, answers, strict=True)
        for pair in zip(
            route_names(answer),
            route_names(nearest_answer(view, NearestBody(**asked))),
            strict=False,
        )
    ]
    same = sum(ours == theirs for ours, theirs in pairs)
    assert same > 0.97 * len(pairs), (same, len(pairs))
    assert {answer["outcome"] for answer in answers} >= {"found", "none_within"}


def test_phone_names_the_stations_of_the_server_at_1000_places(
    chromium: Browser, town: Path
) -> None:
    told, ties = names_told(chromium, town, PLACES, seed=11)
    assert told > PLACES / 2
    assert ties < PLACES / 100


def names_told(chromium: Browser, city: Path, count: int, seed: int) -> tuple[int, int]:
    """At how many random places the phone names the server's station, and how many are ties.

    No outcome differs, nor any name where the second station is farther; other streets that are
    equally near may lead elsewhere.
    """
    view = City.open(city).current()
    among = view.placement(among=~view.stations.is_staff_only)
    places = random_places(view, count, seed)
    questions = [{"lon": lon, "lat": lat, "k": 2, "routes": False} for lon, lat in places.tolist()]
    answers = ask_page(chromium, city, questions)
    near = find_nearest(
        view.network("walk"), among, view.to_xy(places), stations_xy_m=view.stations.xy_m, k=2
    )
    told = ties = 0
    for row, answer in enumerate(answers):
        outcome, index, metres = near.outcome[row], near.index[row], near.distance_m[row]
        assert answer["outcome"] == outcome
        if outcome != "found":
            continue
        ours = answer["results"][0]["distance_m"]
        if abs(ours - metres[0]) > NEAR_M:
            ties += 1
            assert stands_between_streets(view, among, places[row], ours)
        elif metres[1] - metres[0] >= NEAR_M:
            told += 1
            assert answer["results"][0]["code"] == view.stations.code[index[0]]
    return told, ties


def stands_between_streets(
    view: CityView, among: Placement, place: np.ndarray, ours_m: float
) -> bool:
    """Whether two streets are as near as each other: a hand's breadth aside the server agrees."""
    angle = np.linspace(0.0, 2 * np.pi, 16, endpoint=False)
    around = view.to_xy([place]) + 0.15 * np.stack((np.cos(angle), np.sin(angle)), 1)
    near = find_nearest(view.network("walk"), among, around, stations_xy_m=view.stations.xy_m, k=1)
    return bool((np.abs(near.distance_m[:, 0] - ours_m) <= NEAR_M).any())


@pytest.mark.parametrize("ranked", [False, True])
def test_phone_tells_of_its_whole_circle_as_the_server_does(
    chromium: Browser, town: Path, ranked: bool
) -> None:
    view = City.open(town).current()
    rng = np.random.default_rng(23)
    questions = [
        {"lon": lon, "lat": lat, "accuracy": float(rng.integers(20, 900))}
        | ({"at": "2026-12-01T10:00:17"} if ranked else {})
        for lon, lat in random_places(view, 60, seed=23).tolist()
    ]
    same = 0
    for asked, answer in zip(questions, ask_page(chromium, town, questions), strict=True):
        ours, theirs = answer["circle"], nearest_answer(view, NearestBody(**asked))["circle"]
        assert ours["street_m"] == pytest.approx(theirs["street_m"], abs=NEAR_M)
        assert ours["unreachable_m"] == pytest.approx(theirs["unreachable_m"], abs=NEAR_M)
        held = [{row["code"]: row["street_m"] for row in one["stations"]} for one in (ours, theirs)]
        for code in held[0].keys() | held[1].keys():  # a corner of a metre may be lost or won
            metres = [one.get(code, 0.0) for one in held]
            assert metres[0] == pytest.approx(metres[1], abs=4 * NEAR_M)
        if set(held[0]) == set(held[1]):
            same += 1
            assert (ours["same"], ours["zh"]) == (theirs["same"], theirs["zh"])
    assert same > 50
