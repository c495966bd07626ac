"""`locator nearest`: by opening, by need, from a place, on the way, and for sheets."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from geodata.tables import read_rows
from locator.batch_nearest import CHUNK, answer_file
from locator.errors import InputError
from locator.intake import read_station_rows
from locator.nearest_answers import Extras, nearest_document
from locator.nearest_question import parse_question
from tests.grids import lonlat
from tests.test_city import make_city

if TYPE_CHECKING:
    from locator.city import City
    from tests.commands import Run

ZONE = "Asia/Shanghai"
STATIONS = (
    ("一站", 300.0, 300.0, "周一至周日 08:00-18:00", "饮水机", "公众"),
    ("二站", 100.0, 0.0, "", "", "公众"),
    ("三站", 600.0, 600.0, "24小时", "饮水机、微波炉", "公众"),
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Three stations: open by day, of unknown hours, open all the time; one room for staff."""
    folder = tmp_path_factory.mktemp("commands")
    made = make_city(folder, [])
    rows = ["名称,经度,纬度,类别,开放时间,设施,开放对象"]
    for name, x, y, hours, offers, scope in STATIONS:
        lon, lat = lonlat(x, y)
        rows.append(f"{name},{lon!r},{lat!r},rest_station,{hours},{offers},{scope}")
    lon, lat = lonlat(0.0, 50.0)
    rows.append(f"厂内母婴室,{lon!r},{lat!r},mother_baby_room,08:00-18:00,,仅本单位职工")
    sheet = folder / "stations.csv"
    sheet.write_text("\n".join(rows) + "\n", encoding="utf-8")
    report = made.import_stations(read_station_rows(made, sheet))
    assert report.added == 4, report.rejected
    return made


@pytest.fixture
def ask(city: City, run: Callable[..., Run]) -> Callable[..., dict[str, Any]]:
    """`locator nearest --json` in that city; the start is its south-west corner unless given."""

    def ask_(*words: object, start: tuple[float, float] | None = (0.0, 0.0)) -> dict[str, Any]:
        point = [] if start is None else lonlat(*start)
        done = run("nearest", *point, *words, "--city", city.workspace.path, "--json")
        assert done.code == 0, done.err
        return dict(done.json)

    return ask_


def names(document: dict[str, Any], key: str = "results") -> list[str]:
    return [row["name"] for row in document[key]]


def test_without_hours_the_order_is_by_distance_and_hours_only_label(
    ask: Callable[..., dict[str, Any]],
) -> None:
    found = ask()
    assert found["outcome"] == "found"
    assert names(found) == ["二站", "一站", "三站"]
    assert [row["open"] for row in found["results"]][0::2] == [None, True]
    contract = {"code", "name", "kind", "lon", "lat", "distance_m", "time_s", "straight_m", "open",
                "closes_in_s"}  # fmt: skip
    assert contract <= set(found["results"][0])
    assert found["below"] == []
    assert found["left_out"] == {"unknown": 0, "no": 0, "staff_only": 1}


def test_at_night_the_open_one_comes_first_and_others_tell_when_they_open(
    ask: Callable[..., dict[str, Any]],
) -> None:
    found = ask("--at", "周日 03:00", "--k", 2)
    assert names(found) == ["三站", "二站"]
    assert [row["open"] for row in found["results"]] == [True, None]
    assert names(found, "below") == ["一站"]
    (shut,) = found["below"]
    assert shut["open"] is False
    assert shut["opens_at"].endswith("T08:00")
    assert shut["opens_in_s"] == pytest.approx(5 * 3600 - shut["time_s"], abs=0.01)


def test_open_leaves_out_what_is_not_known_to_be_open(
    ask: Callable[..., dict[str, Any]],
) -> None:
    assert names(ask("--at", "Sun 03:00", "--open")) == ["三站"]
    assert names(ask("--at", "Sun 12:00", "--open")) == ["一站", "三站"]
    late = ask("--at", "Sun 17:40", "--open", "--stay", 30)
    assert names(late) == ["三站"]
    labelled = ask("--at", "Sun 17:40", "--stay", 30)
    assert names(labelled) == ["三站", "二站", "一站"]
    last = labelled["results"][2]
    assert (last["open"], last["long_enough"]) == (True, False)
    assert last["closes_in_s"] == pytest.approx(20 * 60 - last["time_s"], abs=0.01)


def test_needs_leave_out_and_count(ask: Callable[..., dict[str, Any]]) -> None:
    found = ask("--need", "WATER")
    assert names(found) == ["一站", "三站"]
    assert found["left_out"] == {"unknown": 1, "no": 0, "staff_only": 1}
    assert names(ask("--need", "WATER", "--need", "微波炉")) == ["三站"]
    none = ask("--need", "SHOWER")
    assert none["outcome"] == "unreachable"
    assert none["advice"]["code"] == "none_fit"
    assert "3" in none["advice"]["next_zh"]


def test_room_for_staff_is_for_staff_alone(ask: Callable[..., dict[str, Any]]) -> None:
    found = ask("--kind", "mother_baby_room")
    assert (found["results"], found["left_out"]["staff_only"]) == ([], 1)
    assert names(ask("--kind", "mother_baby_room", "--need", "staff")) == ["厂内母婴室"]


def test_empty_answers_have_distinct_codes_texts_and_next_steps(
    ask: Callable[..., dict[str, Any]],
) -> None:
    empties = [
        ask("--within", 50),
        ask(start=(90_000.0, 0.0)),
        ask(start=(-1000.0, 300.0)),
        ask("--kind", "worker_home"),
        ask("--need", "SHOWER"),
        ask("--at", "Sun 03:00", "--open", "--within", 200),
    ]
    codes = ["none_within", "outside", "outside", "no_stations", "none_fit", "none_open"]
    assert [found["advice"]["code"] for found in empties] == codes
    assert [found["outcome"] for found in empties] == [
        "none_within", "outside", "outside", "unreachable", "unreachable", "none_within",
    ]  # fmt: skip
    assert len({found["advice"]["zh"] for found in empties}) == 5
    for found in empties:
        assert found["results"] == []
        assert all(found["advice"][key] for key in ("zh", "en", "next_zh", "next_en"))
    assert ask()["advice"] is None


def test_none_open_tells_when_the_first_one_opens(ask: Callable[..., dict[str, Any]]) -> None:
    found = ask("--at", "2026-03-01T03:00", "--open", "--within", 700)
    assert found["advice"]["zh"] == "附近没有确认开门的。最早8:00开。"
    assert names(found, "below") == ["二站", "一站"]


def test_start_may_be_a_street_a_crossing_or_a_station(
    ask: Callable[..., dict[str, Any]], city: City
) -> None:
    assert names(ask("--from", "南北0路与东西0路", start=None)) == ["二站", "一站", "三站"]
    code = city.current().stations.code[0]
    first = ask("--from", code, "--k", 1, start=None)
    assert first["from"]["code"] == code
    vague = ask("--from", "南北", start=None)
    assert (vague["outcome"], vague["results"]) == ("ambiguous", [])
    assert len(vague["places"]) == 7
    assert ask("--from", "外滩", start=None)["outcome"] == "unknown_place"


def test_toward_tells_the_least_detour(ask: Callable[..., dict[str, Any]]) -> None:
    there = ",".join(map(str, lonlat(600.0, 0.0)))
    found = ask("--toward", there)
    assert found["direct_m"] == pytest.approx(600.0, abs=1e-2)
    assert names(found) == ["二站", "一站", "三站"]
    assert [row["detour_m"] for row in found["results"]] == pytest.approx(
        [0.0, 600.0, 1200.0], abs=1e-2
    )


def test_toward_by_hours_puts_what_is_open_on_arrival_first(
    ask: Callable[..., dict[str, Any]],
) -> None:
    there = ",".join(map(str, lonlat(600.0, 0.0)))
    by_night = ask("--toward", there, "--at", "Sun 03:00", "--k", 1)
    assert names(by_night) == ["三站"]
    assert by_night["results"][0]["open"] is True
    assert by_night["results"][0]["detour_m"] == pytest.approx(1200.0, abs=1e-2)
    assert names(by_night, "below") == ["二站"]
    all_three = ask("--toward", there, "--at", "Sun 03:00")
    assert names(all_three) == ["三站", "二站", "一站"]  # open, unknown, closed
    assert all_three["below"] == []
    assert all_three["results"][2]["opens_at"].endswith("T08:00")
    # 600 m of way at 1.11 m/s: nine minutes; at 17:55 one comes by when it is shut
    late = ask("--toward", there, "--at", "Sun 17:55", "--open")
    assert (names(late), names(late, "below")) == (["三站"], ["二站", "一站"])
    in_time = ask("--toward", there, "--at", "Sun 17:45", "--open")
    assert names(in_time) == ["一站", "三站"]
    assert names(ask("--toward", there, "--at", "Sun 17:45", "--stay", 10, "--open")) == ["三站"]


def test_toward_with_none_open_says_so(city: City, run: Callable[..., Run]) -> None:
    there = ",".join(map(str, lonlat(600.0, 0.0)))
    words = (*lonlat(0.0, 0.0), "--toward", there, "--at", "Sun 03:00", "--open")
    done = run("nearest", *words, "--need", "public", "--need", "MICROWAVE", "--stay", 5,
               "--city", city.workspace.path)  # fmt: skip
    assert done.code == 0, done.err
    assert "三站" in done.out
    none = run("nearest", *words, "--k", 1, "--need", "staff", "--kind", "mother_baby_room",
               "--city", city.workspace.path)  # fmt: skip
    assert "没有确认到时开门的站点" in none.out
    assert "绕得更少，但到时关门" in none.out


def test_steps_and_circle_come_when_asked(ask: Callable[..., dict[str, Any]]) -> None:
    found = ask("--steps", "--accuracy", 30)
    route = found["results"][0]["route"]
    assert [step["zh"] for step in route["steps"]] == ["沿东西0路向东走100米", "到二站"]
    assert found["circle"]["same"] is True
    assert found["circle"]["stations"][0]["name"] == "二站"
    wide = ask("--accuracy", 450)["circle"]
    assert [row["name"] for row in wide["stations"]] == ["一站", "二站"]
    assert wide["zh"] == "位置可能差450米，先看这两个。"
    by_night = ask("--accuracy", 450, "--at", "Sun 03:00")["circle"]
    assert [row["name"] for row in by_night["stations"]] == ["三站"]


def test_people_are_told_in_words(city: City, run: Callable[..., Run]) -> None:
    point = lonlat(0.0, 0.0)
    done = run("nearest", *point, "--at", "Sun 03:00", "--city", city.workspace.path)
    assert "三站" in done.out
    assert (
        "closed, opens 20"
        in run("nearest", *point, "--at", "Sun 03:00", "--k", 3, "--city", city.workspace.path).out
    )
    none = run("nearest", *point, "--within", 50, "--city", city.workspace.path)
    assert "步行50米以内没有站点" in none.out
    assert "No station within 50 m" in none.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["120.8", "32.0", "--at", "noon"], "expected now"),
        (["120.8", "32.0", "--need", "sauna"], "sauna"),
        (["120.8", "32.0", "--stay", "-5"], "stay"),
        (["120.8", "32.0", "-o", "x.csv"], "--batch"),
        (["120.8", "32.0", "--from", "x"], "both"),
        (["120.8", "32.0", "--toward", "120.9,32.0", "--steps"], "leave out --steps"),
        (["--batch", "x.csv"], "-o"),
        ([], "LON"),
    ],
)
def test_wrong_usage_is_told(
    city: City, run: Callable[..., Run], words: list[str], told: str
) -> None:
    done = run("nearest", *words, "--city", city.workspace.path)
    assert done.code == 2
    assert told in done.err


# -- sheets ----------------------------------------------------------------------------------------


def write_places(path: Path, count: int = 12) -> Path:
    """Places all over the city, one beyond it, one without a position, one in another datum."""
    rng = np.random.default_rng(7)
    rows = ["单位,经度,纬度,坐标系,人数"]
    for i in range(count):
        lon, lat = lonlat(*rng.uniform(0, 600, 2))
        rows.append(f"单位{i},{lon!r},{lat!r},{'GCJ-02' if i == 3 else ''},{i}")
    rows += ["远处,10.0,50.0,,", "没写,,,,5", "=1+1,120.86,二,,"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def read_cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_batch_answers_each_row_exactly_as_a_single_question(
    city: City, tmp_path: Path, run: Callable[..., Run]
) -> None:
    source, target = write_places(tmp_path / "places.csv"), tmp_path / "answers.csv"
    options = ["--k", 2, "--at", "2026-03-01T03:00", "--within", 800]
    done = run("nearest", "--batch", source, "-o", target, *options,
               "--city", city.workspace.path, "--json")  # fmt: skip
    assert done.code == 0, done.err
    made = done.json
    assert made["read"] == 15
    assert made["unread"] == 2
    assert made["outside"] == 1 + 1  # far away; and a shift of datum that leaves the streets
    ways = ("found", "none_within", "unreachable", "outside", "unread")
    assert sum(made[way] for way in ways) == 15
    view, cells = city.current(), read_cells(target)
    assert [int(row["row"]) for row in cells] == list(range(2, 17))
    for row, place in zip(cells, read_rows(source).rows, strict=True):
        if place.problem is not None:
            assert row["outcome"] == "unread"
            assert re.search(r"[\u4e00-\u9fff].* / .*[a-z]", row["reason"])
            continue
        single = nearest_document(
            view, (place.lon_deg, place.lat_deg), k=2, at="2026-03-01T03:00", within_m=800.0,
            datum="gcj02" if place.values.get("datum") else "wgs84",
        )  # fmt: skip
        assert row["outcome"] == single["outcome"]
        assert bool(row["reason"]) == (row["outcome"] != "found")
        for rank, station in enumerate(single["results"], start=1):
            suffix = "" if rank == 1 else f"_{rank}"
            for key in ("code", "distance_m", "time_s", "straight_m", "lon", "lat", "kind"):
                assert row[key + suffix] == str(station[key])
        assert row["code_2" if len(single["results"]) < 2 else "given_人数"] in {
            "", str(place.extra.get("人数", "")),
        }  # fmt: skip


def test_batch_in_chunks_equals_one_by_one(city: City, tmp_path: Path) -> None:
    source = write_places(tmp_path / "many.csv", CHUNK + 20)
    question = parse_question(ZONE, k=1, label=True, at=None)
    heard: list[float] = []
    made = answer_file(
        city.current(), source, tmp_path / "out.csv", question,
        report=lambda share, _text: heard.append(share),
    )  # fmt: skip
    assert made["read"] == CHUNK + 23
    assert heard[-1] == 1.0
    assert heard == sorted(heard)
    codes = [row["code"] for row in read_cells(tmp_path / "out.csv")]
    rows = read_rows(source).rows
    view = city.current()
    for place in (0, CHUNK - 1, CHUNK, CHUNK + 19):
        near = view.nearest((rows[place].lon_deg, rows[place].lat_deg))
        assert codes[place] == view.stations.code[near.index[0, 0]]


def test_batch_says_of_each_row_without_an_answer_why_and_what_to_do(
    city: City, tmp_path: Path, run: Callable[..., Run]
) -> None:
    lon, lat = lonlat(500.0, 300.0)
    source, target = tmp_path / "places.csv", tmp_path / "answers.csv"
    source.write_text(
        f"单位,经度,纬度,坐标系\n外地,10.0,50.0,\n路边,{lon!r},{lat!r},\n怪,{lon!r},{lat!r},月球\n",
        encoding="utf-8",
    )
    done = run("nearest", "--batch", source, "-o", target, "--within", 1, "--city",
               city.workspace.path)  # fmt: skip
    assert done.code == 0, done.err
    assert "不在本市路旁1行 outside 1" in done.out
    assert "reason 一栏" in done.out
    away, near, odd = (row["reason"] for row in read_cells(target))
    assert away.startswith(f"不在{city.current().name}：核对经纬度和坐标系")
    assert "take the row out" in away
    assert near.startswith("限距内没有符合条件的站点：放宽 --within")
    assert odd.startswith("不认识的坐标系 '月球'")


def test_batch_row_in_the_city_but_off_its_streets_is_told_so(city: City, tmp_path: Path) -> None:
    from locator.city import City as Opened

    own = Path(shutil.copytree(city.workspace.path, tmp_path / "city"))
    words = re.sub("person_snap_m.*", "", (own / "city.toml").read_text("utf-8"))
    (own / "city.toml").write_text(f"person_snap_m = 20.0\n{words}", encoding="utf-8")
    view = Opened.open(own).current()
    lon, lat = lonlat(250.0, 250.0)  # the middle of a block
    source = tmp_path / "places.csv"
    source.write_text(f"经度,纬度\n{lon!r},{lat!r}\n", encoding="utf-8")
    answer_file(view, source, tmp_path / "out.csv", parse_question(ZONE, k=1))
    assert read_cells(tmp_path / "out.csv")[0]["reason"].startswith("20米以内没有可走的路")


@pytest.mark.parametrize("ending", [".xlsx", ".geojson", ".gpkg"])
def test_batch_writes_other_formats_that_are_read_again(
    city: City, tmp_path: Path, ending: str
) -> None:
    source = write_places(tmp_path / "places.csv")
    target = tmp_path / f"answers{ending}"
    made = answer_file(city.current(), source, target, parse_question(ZONE, k=1, label=True))
    again = read_rows(target, mapping={"lon": "from_lon", "lat": "from_lat"}
                      if ending == ".xlsx" else None)  # fmt: skip
    assert len(again) == made["read"] == 15
    assert made["found"] + made["none_within"] + made["outside"] + made["unread"] == 15


def test_batch_to_another_ending_is_refused_before_anything_is_written(
    city: City, tmp_path: Path
) -> None:
    source = write_places(tmp_path / "places.csv")
    with pytest.raises(InputError, match="ends with"):
        answer_file(city.current(), source, tmp_path / "a.pdf", parse_question(ZONE))
    assert not (tmp_path / "a.pdf").exists()


def test_position_that_is_none_is_not_told_back(city: City, run: Callable[..., Run]) -> None:
    done = run("nearest", "--from", "32.01,120.86", "--city", city.workspace.path)
    assert (done.code, "look swapped" in done.err, "120.86" in done.err) == (2, True, False)


def test_place_typed_in_full_lists_nothing_that_only_resembles_it(
    city: City, run: Callable[..., Run]
) -> None:
    told = run("nearest", "--from", "南北1路", "--city", city.workspace.path).out
    assert "从这里出发 from: 南北1路" in told
    assert "也可能是" not in told
    part = run("nearest", "--from", "nanbei1lu", "--city", city.workspace.path).out
    assert "从这里出发 from: 南北1路" in part
    assert "也可能是" in part


def test_answer_says_where_a_typed_place_is(city: City, run: Callable[..., Run]) -> None:
    told = run("nearest", "--from", "南北0路与东西0路", "--city", city.workspace.path)
    assert "从这里出发 from: 南北0路与东西0路（路口 crossing" in told.out, told.out


def test_batch_onto_its_own_sheet_is_refused_and_loses_nothing(
    city: City, tmp_path: Path, run: Callable[..., Run]
) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("lon,lat\n120.8,32.0\n", "utf-8")
    done = run("nearest", "--batch", sheet, "-o", sheet, "--city", city.workspace.path)
    assert (done.code, "is the sheet itself" in done.err) == (2, True)
    assert sheet.read_text("utf-8") == "lon,lat\n120.8,32.0\n"


def test_batch_headings_of_the_sheet_never_hide_an_answer(city: City, tmp_path: Path) -> None:
    lon, lat = lonlat(0.0, 0.0)
    source = tmp_path / "places.csv"
    source.write_text(f"lon,lat,code,name,outcome,lon_raw\n{lon},{lat},A1,甲,x,1\n", "utf-8")
    answer_file(city.current(), source, tmp_path / "out.csv", parse_question(ZONE, k=1))
    (row,) = read_cells(tmp_path / "out.csv")
    assert (row["given_code"], row["given_name"], row["outcome"]) == ("A1", "甲", "found")
    assert row["name"] == "二站"


def test_document_of_a_way_across_water_says_so(city: City) -> None:
    """The straight line is short, the way long; where water is known it is named."""
    view = city.current()
    lon, lat = lonlat(0.0, 0.0)
    document = nearest_document(view, (lon, lat), extras=Extras(routes=True))
    assert [row["detour"] for row in document["results"]] == [None, None, None]
    assert json.dumps(document, ensure_ascii=False, allow_nan=False)
    assert replace(Extras(), routes=True).routes
