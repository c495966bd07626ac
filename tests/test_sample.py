"""`locator sample`: a whole city folder in one command, labelled as invented throughout."""

from __future__ import annotations

from pathlib import Path

import pytest

from locator.city import City
from locator.errors import InputError
from locator.sample import make_sample_city

KINDS = {"rest_station", "mother_baby_room", "carnation_station", "worker_home"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "town"
    document = make_sample_city(folder, scale="town")
    assert set(document) >= {"city", "streets", "stations", "districts", "seconds"}
    return folder


def test_sample_town_answers_the_three_questions(town: Path) -> None:
    view = City.open(town).current()
    assert view.sample
    assert all(view.stations.sample)
    assert set(view.stations.kind) == KINDS
    west, south, east, north = view.bounds_deg
    cover = view.coverage(within_m=300)
    assert 0 < cover.share < 1
    near = view.nearest([(west + east) / 2, (south + north) / 2])
    assert near.outcome[0] in {"found", "unreachable", "outside"}
    plan = view.plan(new=2, within_m=300)
    scenario = view.with_scenario(build=plan.sites)
    assert abs(scenario.coverage(within_m=300).share - plan.share_after) < 1e-9


def test_sample_town_has_streets_that_lead_nowhere(town: Path) -> None:
    view = City.open(town).current()
    network = view.network("walk")
    assert len(network.component_m) > 1  # the island without a bridge
    assert view.network("car").total_m != network.total_m


def test_sample_names_say_that_they_are_invented(town: Path) -> None:
    view = City.open(town).current()
    assert "示例" in view.name
    assert all("示例" in name for name in view.stations.name)


def test_commands_on_an_invented_city_say_so(town: Path, run) -> None:
    for asked in (["coverage", "--within", "500"], ["week", "--within", "500"], ["curve"]):
        assert run(*asked, "--city", town).out.startswith("示例数据 SAMPLE")


def test_sample_refuses_a_folder_in_use(town: Path) -> None:
    with pytest.raises(InputError, match="already"):
        make_sample_city(town, scale="town")


def test_sample_stopped_leaves_nothing(tmp_path: Path) -> None:
    def stop(share: float, _text: str) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_sample_city(tmp_path / "town", scale="town", report=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_sample_city_has_the_numbers_of_the_report(tmp_path: Path) -> None:
    document = make_sample_city(tmp_path / "nt", scale="city")
    assert 90_000 <= document["nodes"] <= 110_000
    assert document["stations"] == 314 + 283 + 108 + 40
    assert document["districts"] == 7
    view = City.open(tmp_path / "nt").current()
    counts = {kind: view.stations.kind.count(kind) for kind in KINDS}
    assert counts == {
        "rest_station": 314,
        "mother_baby_room": 283,
        "carnation_station": 108,
        "worker_home": 40,
    }
    assert len(view.placement().unroutable) == 0
    assert view.network("walk").main_share > 0.98
    cover = view.coverage(within_m=1000)
    assert cover.unreachable_m > 0
