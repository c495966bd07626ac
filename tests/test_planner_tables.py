"""What coverage, week, losses, compare and health print: all that they compute, short to read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City
from locator.scenario_commands import trial_name
from locator.sensitivity import MISSING_CLASSES, Change
from tests.block_city import make_block_city
from tests.grids import lonlat, write_streets
from tests.test_layer_commands import FACTS, box, write_layer

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def ask(tmp_path: Path, run: Callable[..., Any]) -> Callable[..., Any]:
    """Blocks of 100 m in a west and an east district, residents, and four stations.

    One is open all day, two on one spot in the middle are open by day, of one nobody knows.
    """
    city = make_block_city(tmp_path / "city", [])
    rows = ["名称,经度,纬度,开放时间"]
    for name, x, y, hours in (
        ("西站", 0.0, 0.0, "24小时"), ("中站", 300.0, 300.0, "8:00-18:00"),
        ("中二站", 300.0, 300.0, "8:00-18:00"), ("东站", 600.0, 600.0, ""),
    ):  # fmt: skip
        lon, lat = lonlat(x, y)
        rows.append(f"{name},{lon!r},{lat!r},{hours}")
    (tmp_path / "s.csv").write_text("\n".join(rows), "utf-8")
    write_layer(
        tmp_path / "d.geojson",
        [({"adcode": 1, "name": "西区"}, box(-50, -50, 250, 650)),
         ({"adcode": 2, "name": "东区"}, box(250, -50, 650, 650))],
    )  # fmt: skip
    (tmp_path / "p.csv").write_text("区划代码,人数\n1,1000\n2,3000\n", "utf-8")

    def ask_(*asked: object) -> Any:
        return run(*asked, "--city", city.workspace.path)

    added = ask_("stations", "import", tmp_path / "s.csv", "--kind", "rest_station", "--json")
    assert added.json["added"] == 4, added.err
    assert ask_("districts", "import", tmp_path / "d.geojson").code == 0
    done = ask_("demand", "import", tmp_path / "p.csv", "--name", "居民", *FACTS)
    assert done.code == 0, done.err
    return ask_


def code_of(tmp_path: Path, name: str) -> str:
    stations = City.open(tmp_path / "city").current().stations
    return stations.code[stations.name.index(name)]


# -- coverage ----------------------------------------------------------------------------------


def test_gaps_have_a_place_and_a_district(ask: Callable[..., Any]) -> None:
    document = ask("coverage", "--within", "150", "--json").json
    gap = document["gaps"][0]
    assert (gap["district"], gap["district_name"]) in {("1", "西区"), ("2", "东区")}
    assert sum(gap["share"] for gap in document["gaps"]) == pytest.approx(1.0)
    assert document["worst"][0]["district_name"] in {"西区", "东区"}
    told = ask("coverage", "--within", "150").out
    assert f"{gap['lon']:.6f}, {gap['lat']:.6f}" in told
    assert gap["district_name"] in told
    assert "--by district" in told  # since the first gap is more than half of all


def test_the_farthest_place_of_each_district_is_told(ask: Callable[..., Any]) -> None:
    document = ask("coverage", "--within", "150", "--by", "district", "--json").json
    west, east, outside = document["districts"]
    lon, lat = lonlat(0.0, 600.0)  # 600 m to any station: the corner of the west district
    assert west["worst"]["distance_m"] == pytest.approx(600.0, abs=0.05)
    assert (west["worst"]["lon"], west["worst"]["lat"]) == pytest.approx((lon, lat), abs=1e-6)
    assert east["worst"]["distance_m"] == pytest.approx(east["farthest"])
    assert outside["worst"] is None
    told = ask("coverage", "--within", "150", "--by", "district").out
    assert f"{west['worst']['lon']:.6f}, {west['worst']['lat']:.6f}" in told


def test_districts_of_a_moment_tell_both_ends(ask: Callable[..., Any]) -> None:
    asked = ("coverage", "--within", "150", "--by", "district", "--demand", "居民", "--at",
             "Sun 03:00")  # fmt: skip
    document = ask(*asked, "--json").json
    west, east, _ = document["districts"]
    assert west["high"]["share"] == west["share"] > 0.0
    assert east["high"]["covered_m"] == pytest.approx(400.0, abs=0.05)
    assert (east["share"], east["demand"]["share"]) == (0.0, 0.0)
    assert east["demand"]["high"]["share"] == pytest.approx(east["high"]["share"])
    assert sum(row["high"]["covered_m"] for row in document["districts"]) == pytest.approx(
        document["high"]["covered_m"]
    )
    assert document["demand"]["high"]["covered"] > document["demand"]["covered"]
    assert document["fairness"]["length"]["high"]["worst_share"] > 0.0
    assert f"0.0%–{east['high']['share']:.1%}" in ask(*asked).out


def test_a_factor_of_demand_is_applied_and_shown(ask: Callable[..., Any]) -> None:
    whole = ask("coverage", "--within", "150", "--demand", "居民", "--json").json["demand"]
    half = ask("coverage", "--within", "150", "--demand", "居民*0.5", "--json").json["demand"]
    assert (whole["factor"], half["factor"]) == (1.0, 0.5)
    assert half["total"] == pytest.approx(whole["total"] / 2)
    assert "居民 × 0.5" in ask("coverage", "--within", "150", "--demand", "居民*0.5").out


@pytest.mark.parametrize("command", ["coverage", "week", "losses", "compare", "curve"])
def test_two_demands_are_refused_and_none_is_dropped(ask: Callable[..., Any], command: str) -> None:
    limit = () if command == "curve" else ("--within", "150")
    done = ask(command, *limit, "--demand", "居民", "--demand", "别的")
    assert done.code == 2
    assert "需求不能相加" in done.err
    assert "never added up" in done.err


# -- week and losses ---------------------------------------------------------------------------


def test_week_prints_areas_by_name_and_the_demand(ask: Callable[..., Any]) -> None:
    asked = ("week", "--within", "150", "--by", "district", "--demand", "居民*2")
    told = ask(*asked).out
    document = ask(*asked, "--json").json
    assert "居民 × 2" in told
    for row, name in zip(document["districts"], ("西区", "东区"), strict=True):
        (line,) = [line for line in told.splitlines() if line.startswith(name)]
        assert f"{row['paper']:.1%}" in line
        assert f"{row['worst']['min']:.1%}" in line


def test_week_without_known_hours_is_a_range_and_no_table_of_zeros(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    city = make_block_city(tmp_path / "dark", [(0.0, 0.0)]).workspace.path
    document = run("week", "--within", "150", "--city", city, "--json").json
    told = run("week", "--within", "150", "--city", city).out
    assert f"0—{document['paper']:.1%}之间" in told
    assert f"from 0 to {document['paper']:.1%}" in told
    assert "最差时段" not in told
    assert "周三" not in told


def test_week_with_known_hours_keeps_its_table(ask: Callable[..., Any]) -> None:
    told = ask("week", "--within", "150").out
    assert "没有一个站的开放时间" not in told
    assert "周三 Wed" in told


def test_losses_name_those_that_cost_nothing(ask: Callable[..., Any], tmp_path: Path) -> None:
    document = ask("losses", "--within", "150", "--json").json
    free = {row["code"] for row in document["stations"] if row["lost_m"] == 0.0}
    assert free == {
        code_of(tmp_path, "中站"),
        code_of(tmp_path, "中二站"),
    }  # each stands in for the other
    told = ask("losses", "--within", "150").out
    head, _, tail = told.partition("任何一个，都不失去覆盖")
    assert all(code in tail and code not in head for code in free)
    assert "these 2 costs nothing" in tail


def test_losses_by_district_and_demand_are_printed(ask: Callable[..., Any]) -> None:
    asked = ("losses", "--within", "150", "--by", "district", "--demand", "居民", "--hours")
    told = ask(*asked).out
    document = ask(*asked, "--json").json
    assert document["demand"]["name"] == "居民"
    worst = document["stations"][0]
    (line,) = [line for line in told.splitlines() if line.startswith("1 ")]
    assert worst["code"] in line
    assert f"{worst['lost_m']:,.0f} 人" in line
    assert {"1": "西区", "2": "东区"}[next(iter(worst["districts"]))] in line
    by_area = told.partition("各区域 by area:")[2]
    assert "西区" in by_area
    assert "东区" in by_area
    assert "人·h a week" in told


# -- compare, sensitivity, health --------------------------------------------------------------


def test_compare_prints_areas_modes_and_hours(ask: Callable[..., Any], tmp_path: Path) -> None:
    asked = ("compare", "--within", "150", "--close", code_of(tmp_path, "西站"), "--by",
             "district", "--demand", "居民", "--by-mode", "slow_walk", "--by-hour")  # fmt: skip
    document = ask(*asked, "--json").json
    told = ask(*asked).out
    assert document["names"] == {"1": "西区", "2": "东区"}
    (west,) = [row for row in document["districts"] if row["area"] == "1"]
    (line,) = [line for line in told.splitlines() if line.startswith("西区")]
    assert f"{west['before'] / west['total']:.1%}" in line
    assert f"{west['lost']:,.0f} 人" in line
    assert any(line.startswith("slow_walk") for line in told.splitlines())
    assert len([line for line in told.splitlines() if line.startswith("周")]) == 7
    assert "最低 least" in told


def test_compare_by_a_situation_tells_both_ends(ask: Callable[..., Any]) -> None:
    """Nobody knows what the stations have: none helps for certain, all may."""
    asked = ("compare", "--within", "150", "--then-situation", "heat_orange", "--by", "district")
    document = ask(*asked, "--json").json
    assert document["after"]["share"] == 0.0
    assert document["high"]["after"]["share"] == document["before"]["share"]
    assert document["high"]["lost_m"] == 0.0 < document["lost_m"]
    assert "high" not in ask("compare", "--within", "150", "--json").json
    low, high = document["districts"][0], document["high"]["districts"][0]
    assert low["after"] == 0.0 < high["after"]
    told = ask(*asked)
    assert f"变为0.0%–{document['before']['share']:.1%}" in told.out
    (line,) = [line for line in told.out.splitlines() if line.startswith("西区")]
    assert f"0.0%–{high['after'] / high['total']:.1%}" in line


def test_compare_shows_small_changes(ask: Callable[..., Any]) -> None:
    told = ask("compare", "--within", "150", "--then-within", "150.05").out
    before, after = told.splitlines()[0].removeprefix("覆盖率由").split("：")[0].split("变为")
    assert before != after


def test_compare_with_another_place_is_refused_in_words(
    ask: Callable[..., Any], tmp_path: Path, run: Callable[..., Any]
) -> None:
    make_block_city(tmp_path / "same", [(0.0, 0.0)])
    assert ask("compare", "--within", "150", "--other", tmp_path / "same").code == 0
    file = write_streets(tmp_path / "far.geojson")
    moved = json.loads(file.read_text("utf-8"))
    for feature in moved["features"]:
        line = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[lon + 0.5, lat] for lon, lat in line]
    file.write_text(json.dumps(moved), "utf-8")
    run("init", tmp_path / "far", "--name", "远城", "--crs", "EPSG:4549")
    run("streets", "import", file, "--city", tmp_path / "far")
    done = ask("compare", "--within", "150", "--other", tmp_path / "far")
    assert done.code == 2
    assert "远城" in done.err
    assert "not the same place" in done.err


def test_sensitivity_says_what_was_assumed(ask: Callable[..., Any]) -> None:
    told = ask("sensitivity", "--within", "2min").out
    for words in ("步行速度 0.8 m/s", "站点离路最多 50 m", "图上随机缺5%", "现有假设"):
        assert words in told
    for row, words in enumerate(("图上缺步道", "图上缺内部道路")):
        change = Change("classes", ", ".join(MISSING_CLASSES[row]), 1.0, 1.0, 1.0)
        assert trial_name(change).startswith(words)


def test_health_says_how_many_are_not_shown(tmp_path: Path, run: Callable[..., Any]) -> None:
    """Twelve dead ends that stop 2 m short of a street."""
    city = make_block_city(tmp_path / "city", [(0.0, 0.0)])
    file = write_streets(tmp_path / "more.geojson")
    document = json.loads(file.read_text("utf-8"))
    for i in range(12):
        x = 20.0 + 45.0 * i
        line = {"type": "LineString", "coordinates": [lonlat(x, -102.0), lonlat(x, -2.0)]}
        facts = {"name": f"断{i}路", "highway": "residential"}
        document["features"].append({"type": "Feature", "properties": facts, "geometry": line})
    base = {"type": "LineString",
            "coordinates": [lonlat(0.0, 0.0), lonlat(0.0, -102.0),
                            *(lonlat(20.0 + 45.0 * i, -102.0) for i in range(12))]}  # fmt: skip
    document["features"].append({"type": "Feature", "properties": {"highway": "residential"},
                                 "geometry": base})  # fmt: skip
    file.write_text(json.dumps(document), "utf-8")
    city.import_streets([file])
    folder = city.workspace.path
    ends = run("health", "--city", folder, "--json").json["loose_ends"]
    assert len(ends) > 10
    told = run("health", "--city", folder).out
    assert f"10 of {len(ends)}" in told
    listed = run("health", "--all", "--city", folder).out
    assert listed.count(" 2.0 m") == len(ends)
    assert "10 of" not in listed
    run("health", "-o", tmp_path / "h.geojson", "--city", folder)
    written = json.loads((tmp_path / "h.geojson").read_text("utf-8"))
    assert len(written["features"]) == len(ends)


@pytest.mark.parametrize(
    "asked",
    [("coverage", "--within", "150", "--by", "district"), ("week", "--within", "150"),
     ("losses", "--within", "150", "--by", "district"), ("health",),
     ("compare", "--within", "150", "--then-within", "250", "--by", "district")],
)  # fmt: skip
def test_every_heading_has_chinese_first(ask: Callable[..., Any], asked: tuple[str, ...]) -> None:
    lines = ask(*asked).out.splitlines()
    bare = [line for line in lines if re.match(r"[A-Za-z]+[^-\w]", line)]  # but no codes
    # a line in English stands only behind the same in Chinese
    assert all(not lines[lines.index(line) - 1][:1].isascii() for line in bare if line in lines)
