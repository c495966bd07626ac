"""A city folder from files to answers: the promises of views, versions, scenarios and buffers."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import locator
from geodata.tables import read_rows
from locator.city import City, CityConfig
from locator.errors import DataError, InputError, NotFoundError
from locator.intake import read_station_rows
from locator.registry.database import close_servers
from tests.grids import lonlat, write_area, write_stations, write_streets

if TYPE_CHECKING:
    from tests.postgres import Server


def make_city(
    folder: Path,
    places_m: list[tuple[float, float]],
    *,
    box_m: tuple[float, float, float, float] | None = None,
    buffer_m: float = 3000.0,
) -> City:
    folder.mkdir(parents=True, exist_ok=True)
    city = City.create(folder / "city", CityConfig(name="小城", crs="EPSG:4549", buffer_m=buffer_m))
    boundary = write_area(folder / "area.geojson", box_m) if box_m else None
    city.import_streets([write_streets(folder / "streets.geojson")], boundary=boundary)
    add(city, folder, places_m)
    return city


def add(city: City, folder: Path, places_m: list[tuple[float, float]], kind: str = "") -> None:
    if places_m:
        sheet = write_stations(folder / "stations.csv", places_m, kind=kind)
        city.import_stations(read_station_rows(city, sheet))


def test_names_of_the_library_are_lazy_and_complete() -> None:
    for name in locator.__all__:
        assert getattr(locator, name).__name__ == name
        assert name in dir(locator)
    with pytest.raises(AttributeError, match="nosuch"):
        _ = locator.nosuch


def test_grid_city_answers_what_paper_says(tmp_path: Path) -> None:
    view = make_city(tmp_path, [(300.0, 300.0)]).current()
    assert view.name == "小城"
    assert not view.sample
    assert len(view.streets) == 2 * 7 * 6
    cover = view.coverage(within_m=100)
    assert cover.total_m == pytest.approx(8400.0, abs=1e-3)
    assert cover.covered_m == pytest.approx(400.0, abs=1e-3)
    near = view.nearest(lonlat(0.0, 0.0), k=2)
    assert near.distance_m[0].tolist() == pytest.approx([600.0, np.inf], abs=1e-3)
    assert near.straight_m[0, 0] == pytest.approx(300 * 2**0.5, abs=1e-3)
    (route, none) = near.routes()
    assert none is None
    assert route is not None
    assert route.length_m == pytest.approx(600.0, abs=1e-3)


def test_promise_of_a_plan_is_measured_again(tmp_path: Path) -> None:
    """The planner's promise, by another path: the best integration test of the product."""
    city = make_city(tmp_path, [(300.0, 300.0)]).current()
    plan = city.plan(new=3, within_m=150)
    better = city.with_scenario(build=plan.sites)
    assert abs(better.coverage(within_m=150).share - plan.share_after) < 1e-9
    assert plan.value == pytest.approx(plan.gain.sum(), abs=1e-6)
    assert plan.before["covered_m"] + plan.value == pytest.approx(plan.after["covered_m"])
    assert (plan.bound, plan.gap, plan.proven) == (plan.value, 0.0, True)
    assert len(city.stations) == 1  # the view itself is unchanged


def test_sites_through_degrees_keep_their_worth(tmp_path: Path) -> None:
    city = make_city(tmp_path, [])
    view = city.current()
    plan = view.plan(new=2, within_m=150)
    sheet = tmp_path / "plan.csv"
    rows = [f"{lon!r},{lat!r},rest_station" for lon, lat in plan.lonlat_deg.tolist()]
    sheet.write_text("lon,lat,kind\n" + "\n".join(rows), encoding="utf-8")
    city.import_stations(read_station_rows(city, sheet))
    again = city.current().coverage(within_m=150)
    assert again.share == pytest.approx(plan.share_after, abs=1e-6)


def test_scenario_counts_its_kind_and_stacks(tmp_path: Path) -> None:
    view = make_city(tmp_path, []).current()
    one = view.with_scenario(build=[(0, 10.0)], kind="worker_home")
    two = one.with_scenario(build=[(5, 10.0)], kind="rest_station")
    assert two.coverage(within_m=50, kind="worker_home").covered_m == pytest.approx(
        one.coverage(within_m=50).covered_m
    )
    assert len(two.stations) == 2
    assert len({view.version, one.version, two.version}) == 3


@pytest.mark.parametrize("site", [(-1, 0.0), (10_000, 0.0), (0, -1.0), (0, 1e6), (0, np.nan)])
def test_site_off_the_streets_is_refused(tmp_path: Path, site: tuple[int, float]) -> None:
    view = make_city(tmp_path, []).current()
    with pytest.raises(InputError, match="site"):
        view.with_scenario(build=[site])


def test_view_stays_while_the_city_changes(tmp_path: Path) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    old = city.current()
    assert city.current() is old
    add(city, tmp_path, [(300.0, 300.0), (0.0, 0.0)])
    new = city.current()
    assert new is not old
    assert new.version != old.version
    assert new.store is old.store  # the streets were not read again
    assert (len(old.stations), len(new.stations)) == (1, 2)
    city.import_streets([write_streets(tmp_path / "more.geojson", blocks=8)])
    newest = city.current()
    assert newest.coverage(within_m=100).total_m > old.coverage(within_m=100).total_m
    assert old.nearest(lonlat(10.0, 0.0)).outcome == ("found",)


def test_another_process_sees_the_change(tmp_path: Path) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    other = City.open(city.workspace.path)
    assert len(other.current().stations) == 1
    add(city, tmp_path, [(300.0, 300.0), (0.0, 0.0)])
    assert len(other.current().stations) == 2


@pytest.mark.parametrize("failing", ["registry", "_store"])
def test_change_that_could_not_be_read_is_not_answered_by_the_view_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    city = make_city(tmp_path, [(0.0, 0.0)])
    before = city.current()
    add(City.open(tmp_path / "city"), tmp_path, [(300.0, 300.0)])

    def fail(*_: object) -> None:
        raise DataError("busy")

    with monkeypatch.context() as broken:
        broken.setattr(city, failing, fail)
        for _ in range(2):
            with pytest.raises(DataError, match="busy"):
                city.current()
    now = city.current()
    assert len(now.stations) == len(before.stations) + 1
    assert city.current().stations is now.stations


def test_kind_selects_stations(tmp_path: Path) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    add(city, tmp_path, [(0.0, 0.0)], kind="worker_home")
    view = city.current()
    assert view.nearest(lonlat(0, 0)).distance_m[0, 0] == pytest.approx(0.0, abs=1e-6)
    rest = view.nearest(lonlat(0, 0), kind="rest_station")
    assert rest.distance_m[0, 0] == pytest.approx(600.0, abs=1e-3)
    assert view.stations.kind[rest.index[0, 0]] == "rest_station"
    assert view.nearest(lonlat(0, 0), kind="carnation_station").outcome == ("unreachable",)
    with pytest.raises((InputError, NotFoundError)):
        view.nearest(lonlat(0, 0), kind="cafe")


def test_point_in_another_datum_is_brought_home(tmp_path: Path) -> None:
    from geodata.datum import from_wgs84

    view = make_city(tmp_path, [(300.0, 300.0)]).current()
    here = lonlat(100.0, 20.0)
    for datum in ("gcj02", "bd09", "cgcs2000"):
        moved = from_wgs84([here], datum)[0]
        near = view.nearest(moved, datum=datum)
        assert near.distance_m[0, 0] == pytest.approx(view.nearest(here).distance_m[0, 0], abs=1e-3)


def test_streets_outside_the_boundary_serve_and_never_count(tmp_path: Path) -> None:
    # The west half counts; the station stands in the east half.
    box = (-10.0, -10.0, 310.0, 610.0)
    view = make_city(tmp_path, [(400.0, 300.0)], box_m=box).current()
    cover = view.coverage(within_m=200)
    assert cover.total_m == pytest.approx(4 * 600 + 7 * 310, abs=0.01)
    # 110 m along the middle street, 100 m up and down at its crossing, and 10 m of each
    # neighbour by way of the station's own crossing.
    assert cover.covered_m == pytest.approx(110 + 200 + 20, abs=0.05)
    assert view.has_boundary


def test_larger_buffer_changes_no_result(tmp_path: Path) -> None:
    box = (-10.0, -10.0, 300.0, 610.0)
    views = [
        make_city(tmp_path / str(buffer), [(400.0, 300.0)], box_m=box, buffer_m=buffer).current()
        for buffer in (250.0, 3000.0)
    ]
    covers = [view.coverage(within_m=200) for view in views]
    assert len(views[0].streets) < len(views[1].streets)
    assert covers[0].covered_m == pytest.approx(covers[1].covered_m, abs=1e-6)
    assert covers[0].total_m == pytest.approx(covers[1].total_m, abs=1e-6)


def test_limit_beyond_the_buffer_warns(tmp_path: Path) -> None:
    from locator.answers import coverage_document

    box = (-10.0, -10.0, 300.0, 610.0)
    view = make_city(tmp_path, [(400.0, 300.0)], box_m=box, buffer_m=150.0).current()
    assert coverage_document(view, view.coverage(within_m=100))["warnings"] == []
    assert "buffer" in coverage_document(view, view.coverage(within_m=200))["warnings"][0]


def test_station_outside_the_city_is_rejected_with_its_reason(tmp_path: Path) -> None:
    city = make_city(tmp_path, [])
    lon, lat = lonlat(300.0, 300.0)
    sheet = tmp_path / "s.csv"
    rows = [f"{lat},{lon}", f"{lon + 1},{lat}", f"{lon},{lat}", "nan,1"]
    sheet.write_text("lon,lat\n" + "\n".join(rows), encoding="utf-8")
    report = city.import_stations(read_station_rows(city, sheet), kind="rest_station")
    assert (report.read, report.added, len(report.rejected)) == (4, 1, 3)
    reasons = " ".join(rejection.reason for rejection in report.rejected)
    assert "swap" in reasons
    assert "outside" in reasons


def test_island_offers_the_nearest_street_that_leads_to_a_station(tmp_path: Path) -> None:
    from locator.nearest_answers import nearest_document

    folder = tmp_path / "i"
    folder.mkdir()
    city = City.create(folder / "city", CityConfig(name="岛", crs="EPSG:4549"))
    line = {"type": "LineString", "coordinates": [lonlat(-150, 0), lonlat(-150, 100)]}
    streets = write_streets(folder / "streets.geojson")
    island = folder / "island.geojson"
    island.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        + __import__("json").dumps(line)
        + "}]}"
    )
    city.import_streets([streets, island])
    add(city, folder, [(300.0, 300.0)])
    lon, lat = lonlat(-148.0, 50.0)
    answer = nearest_document(city.current(), (lon, lat), k=1)
    assert answer["outcome"] == "unreachable"
    assert answer["snap_m"] == pytest.approx(2.0, abs=1e-2)
    assert answer["results"] == []
    other = answer["connected"]
    assert other["snap_m"] == pytest.approx(148.0, abs=1e-2)
    assert other["street"] == "南北0路"
    assert other["results"][0]["distance_m"] == pytest.approx(148 + 50 + 500, abs=0.02)
    cover = city.current().coverage(within_m=5000)
    assert cover.unreachable_m == pytest.approx(100.0, abs=1e-3)


def test_results_are_kept_and_shared_between_threads(tmp_path: Path) -> None:
    view = make_city(tmp_path, [(300.0, 300.0)]).current()
    one, other = view.coverage(within_m=100), view.coverage(within_m="100 m")
    assert one.piece_state is other.piece_state
    alone = [view.nearest(lonlat(x, 0.0), k=1).distance_m[0, 0] for x in range(0, 600, 20)]
    seen: dict[int, list[float]] = {}

    def ask(number: int) -> None:
        seen[number] = [
            view.nearest(lonlat(x, 0.0), k=1).distance_m[0, 0] for x in range(0, 600, 20)
        ]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(values == alone for values in seen.values())


def test_damaged_folder_is_told(tmp_path: Path) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    folder = city.workspace.streets_folder()
    assert folder is not None
    (folder / "streets" / "meta.json").write_text("{")
    with pytest.raises(DataError, match="import the streets again"):
        City.open(city.workspace.path).current()
    (city.workspace.path / "city.toml").write_text("name = ")
    with pytest.raises(DataError, match=r"city\.toml"):
        City.open(city.workspace.path)


def test_unknown_setting_is_told(tmp_path: Path) -> None:
    city = make_city(tmp_path, [])
    text = city.workspace.config_path.read_text(encoding="utf-8")
    city.workspace.config_path.write_text(text + "colour = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="colour"):
        City.open(city.workspace.path)


def test_stopped_import_leaves_nothing(tmp_path: Path) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    before = sorted(city.workspace.path.iterdir())

    def stop(share: float, _text: str) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        city.import_streets([write_streets(tmp_path / "x.geojson", blocks=9)], report=stop)
    assert sorted(city.workspace.path.iterdir()) == before
    assert city.current().coverage(within_m=100).covered_m == pytest.approx(400.0, abs=1e-3)


def test_second_import_at_the_same_time_is_refused(tmp_path: Path) -> None:
    city = make_city(tmp_path, [])
    with city.workspace.new_streets("first"):
        with pytest.raises(InputError, match="another import"):
            city.import_streets([write_streets(tmp_path / "x.geojson")])
        raised = False
        for leftover in city.workspace.path.glob(".streets-*"):
            raised |= leftover.is_dir()
        assert raised  # the running one keeps its folder
        from locator.streets import Streets

        old = city.workspace.streets_folder()
        assert old is not None
        Streets.open(old / "streets").save(next(city.workspace.path.glob(".streets-*")) / "streets")


def test_plan_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    view = make_city(tmp_path, []).current()
    with pytest.raises(InputError):
        view.plan(new=0, within_m=100)
    with pytest.raises(NotFoundError):
        view.plan(new=1, within_m=100, objective="beauty")
    with pytest.raises(NotFoundError):
        view.plan(new=1, within_m=100, mode="boat")


@pytest.mark.parametrize("damage", ["array", "folder", "pointer", "version"])
def test_damaged_streets_are_replaced_by_importing_again(tmp_path: Path, damage: str) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    folder = city.workspace.streets_folder()
    assert folder is not None
    if damage == "array":
        (folder / "streets" / "xy_m.npy").write_bytes(b"x")
    elif damage == "folder":
        shutil.rmtree(folder)
    elif damage == "pointer":
        (city.workspace.path / "streets.json").write_text("{")
    else:
        meta = folder / "streets" / "meta.json"
        meta.write_text(meta.read_text().replace('"version": 1', '"version": 0'))
    again = City.open(city.workspace.path)
    with pytest.raises(DataError, match="import the streets again"):
        again.current()
    made = again.import_streets([tmp_path / "streets.geojson"])
    assert made["difference"] is None
    assert any("compared" in text for text in made["warnings"])
    assert again.current().coverage(within_m=100).covered_m == pytest.approx(400.0, abs=1e-3)


def test_buffer_of_an_import_is_remembered(tmp_path: Path) -> None:
    city = make_city(tmp_path, [], box_m=(-10.0, -10.0, 310.0, 610.0))
    assert city.current().buffer_m == 3000.0
    city.import_streets([tmp_path / "streets.geojson"], buffer_m=150.0)
    assert city.current().buffer_m == 150.0
    city.import_streets([tmp_path / "streets.geojson"])
    assert city.current().buffer_m == 150.0
    with pytest.raises(InputError, match="buffer"):
        city.import_streets([tmp_path / "streets.geojson"], buffer_m=np.inf)


def test_lost_registry_is_told_and_not_made_anew(tmp_path: Path) -> None:
    city = make_city(tmp_path, [(300.0, 300.0)])
    city.workspace.registry_path.unlink()
    with pytest.raises(DataError, match="registry"):
        City.open(city.workspace.path).current()
    assert not city.workspace.registry_path.exists()


def test_plan_codes_leave_those_in_use_alone(tmp_path: Path) -> None:
    view = make_city(tmp_path, []).current()
    one = view.with_scenario(build=[(0, 10.0)])
    two = one.with_scenario(build=[(1, 10.0), (2, 10.0)])
    assert two.stations.code == ("PLAN-0001", "PLAN-0002", "PLAN-0003")


def test_repr_of_answers_is_a_line(tmp_path: Path) -> None:
    view = make_city(tmp_path, [(300.0, 300.0)]).current()
    answers = (view.nearest(lonlat(0, 0)), view.coverage(within_m=100), view.network())
    assert all(len(repr(answer)) < 100 for answer in answers)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"code_prefix": "南通"}, "code prefix"),
        ({"name": "\x00"}, "name"),
        ({"database_url": "mysql://root@localhost/x"}, "kind 'mysql'"),
    ],
)
def test_city_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    config = CityConfig(**{"name": "A", **settings})
    with pytest.raises(InputError, match=message):
        City.create(tmp_path / "city", config)
    assert not (tmp_path / "city").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        City.create(tmp_path / "empty", config)
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.postgresql
def test_city_on_a_server_answers_like_one_on_a_file(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streets = write_streets(tmp_path / "streets.geojson")
    sheet = write_stations(tmp_path / "sheet.csv", [(100, 100), (400, 300)])
    answers = []
    for name, url in (("file", ""), ("server", postgres.new_database())):
        city = City.create(tmp_path / name, CityConfig(name="A", crs="EPSG:4549", database_url=url))
        city.import_streets([streets])
        assert city.import_stations(read_rows(sheet)).added == 2
        assert (tmp_path / name / "registry.sqlite").exists() == (name == "file")
        view = City.open(tmp_path / name).current()
        answers.append((view.stations.hash, view.coverage(within_m=200).covered_m))
    assert answers[0] == answers[1]
    monkeypatch.setenv("LOCATOR_DATABASE_URL", postgres.new_database())
    with pytest.raises(DataError, match="no registry in"):
        City.open(tmp_path / "file").current()
    close_servers()


def test_nameless_place_of_openstreetmap_is_named_by_what_it_is_and_its_street(
    tmp_path: Path,
) -> None:
    file = tmp_path / "city.osm"
    file.write_text(
        '<osm version="0.6"><node id="1" lon="120.0" lat="32.0"/><node id="2" lon="120.01" '
        'lat="32.0"/><node id="7" lon="120.005" lat="32.0002"><tag k="amenity" v="toilets"/></node>'
        '<node id="8" lon="120.005" lat="32.01"><tag k="amenity" v="toilets"/></node>'
        '<way id="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/>'
        '<tag k="name" v="人民路"/></way></osm>',
        encoding="utf-8",
    )
    city = City.create(tmp_path / "city", CityConfig(name="小城"))
    city.import_streets([file])
    for given in (file, None):  # from a file, and from what came with the streets
        rows = read_station_rows(city, given, osm="amenity=toilets")
        city.import_stations(rows, kind="rest_station")
        assert city.current().stations.name == ("公共厕所（人民路）", "公共厕所（node/8）")
        assert city.current().stations.address == ("", "")  # a street that is near is no address
