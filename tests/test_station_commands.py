"""The commands that look after the stations, as their users give them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from geodata.datum import from_wgs84
from geodata.tables import read_rows
from locator.city import City
from locator.hours import SEASONS_EXAMPLE, WEEK_EXAMPLE
from tests.grids import lonlat, write_area, write_streets

SHEET = [
    (
        "工会爱心驿站",
        150,
        100,
        "驿站",
        "周一至周五 8:30-17:00",
        "饮水机、微波炉、无空调",
        "0513-1",
        "",
    ),
    ("学田母婴室", 450, 300, "母婴室", "", "", "", ""),
    ("港闸司机之家", 300, 500, "司机之家", "24小时", "淋浴", "", "13812345678"),
]


@pytest.fixture
def run(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run `locator` on a city of square blocks with three stations; who is Wang."""
    monkeypatch.setenv("LOCATOR_CITY", str(tmp_path / "city"))
    monkeypatch.setenv("LOCATOR_USER", "王工")
    run("init", tmp_path / "city", "--name", "方城", "--code-prefix", "NT", "--crs", "EPSG:4549")
    run("streets", "import", write_streets(tmp_path / "streets.geojson"))
    write_sheet(tmp_path / "sheet.csv")
    done = run("stations", "import", tmp_path / "sheet.csv", "--json")
    assert done.json["added"] == 3, done.err
    return run


def write_sheet(path: Path, rows: list[tuple[Any, ...]] = SHEET) -> Path:
    lines = ["名称,经度,纬度,类别,开放时间,设施,服务电话,管理员手机"]
    for name, x, y, *rest in rows:
        lon, lat = lonlat(x, y)
        lines.append(",".join([name, repr(lon), repr(lat), *map(str, rest)]))
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    return path


@pytest.fixture
def codes(run) -> dict[str, str]:
    """Code of each station by its name."""
    batch = run("stations", "history", "--json").json["batches"][0]
    assert batch["counts"]["added"] == 3
    stations = City.open(os.environ["LOCATOR_CITY"]).current().stations
    return dict(zip(stations.name, stations.code, strict=True))


def sheet_of(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def place_of(x: float, y: float) -> str:
    lon, lat = lonlat(x, y)
    return f"{lon!r},{lat!r}"


def test_import_rejections_and_warnings_are_told_in_chinese_and_english(
    run, tmp_path: Path
) -> None:
    sheet = sheet_of(
        tmp_path / "bad.csv",
        "名称,经度,纬度,类别,面积",
        f"甲,{place_of(250, 250)},驿站,-5",
        "乙,,32,驿站,",
    )
    done = run("stations", "import", sheet)
    assert "空着；请填十进制度，如 120.86420 / blank; expected decimal degrees" in done.out
    assert "读到 2 行：新增 1、更新 0、不变 0、退回 1" in done.out
    assert "第2行 '-5'" in done.err
    assert "row 2 '-5': out of range" in done.err
    document = run("stations", "import", sheet, "--json").json
    assert document["rejected"][0]["reason"].startswith("blank")
    assert document["rejected"][0]["reason_zh"].startswith("空着")
    assert len(document["warnings"]) == len(document["warnings_zh"])


def test_import_whose_rows_are_all_rejected_says_so_and_is_done(run, tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path / "bad.csv", "名称,经度,纬度,类别", "乙,,32,驿站")
    done = run("stations", "import", sheet)
    assert (done.code, "none of the 1 rows could be taken" in done.err) == (0, True)


def test_import_tells_the_datum_of_rows_that_name_their_own(run, tmp_path: Path) -> None:
    lon, lat = from_wgs84(lonlat(250, 250), "gcj02").tolist()
    sheet = sheet_of(
        tmp_path / "mixed.csv",
        "名称,经度(GCJ-02),纬度,坐标系,类别",
        f"甲,{lon!r},{lat!r},GCJ-02,驿站",
        f"乙,{place_of(350, 350)},WGS-84,驿站",
    )
    done = run("stations", "import", sheet, "--datum", "wgs84", "--dry-run")
    assert "(gcj02 1, wgs84 1)" in done.out
    assert "1 rows tell another datum than wgs84 in a column of their own (gcj02 1)" in done.err
    assert "the headings say" not in done.err
    silent = sheet_of(
        tmp_path / "silent.csv", "名称,经度(GCJ-02),纬度,类别", f"甲,{lon!r},{lat!r},驿站"
    )
    done = run("stations", "import", silent, "--datum", "wgs84", "--dry-run")
    assert "the headings say gcj02, and the positions of 1 rows" in done.err


def test_import_dry_run_leaves_empty_columns_out_and_warns_of_codes_without_district(
    run, tmp_path: Path
) -> None:
    run("stations", "template", tmp_path / "sheet.xlsx")
    sheet = sheet_of(
        tmp_path / "new.csv", "名称,经度,纬度,类别,星级", f"甲,{place_of(250, 250)},驿站,"
    )
    done = run("stations", "import", sheet, "--dry-run")
    assert "and 1 empty columns" in done.out
    assert "星级" not in done.out
    assert "1 new codes hold 000000" in done.out
    sheet = sheet_of(
        tmp_path / "coded.csv", "名称,经度,纬度,类别,区县代码",
        f"甲,{place_of(250, 250)},驿站,320613",
    )  # fmt: skip
    assert "000000" not in run("stations", "import", sheet, "--dry-run").out


def test_import_of_a_private_change_names_the_field_alone(run, tmp_path: Path) -> None:
    rows = [(*SHEET[2][:-1], "13900000000")]
    done = run("stations", "import", write_sheet(tmp_path / "next.csv", rows), "--dry-run")
    assert "管理员手机（加密 sealed）" in done.out
    assert "139" not in done.out


def test_private_fields_are_shown_for_a_reason_that_disclosures_tell(
    run, codes: dict[str, str], tmp_path: Path
) -> None:
    code = codes["港闸司机之家"]
    shown = run("stations", "show", code)
    assert "管理员手机*" in shown.out
    assert "已登记" in shown.out
    refused = run("stations", "show", code, "--private")
    assert (refused.code, "--why TEXT" in refused.err) == (2, True)
    assert run("stations", "disclosures").out == "没有人看过 nobody saw any\n"
    told = run("stations", "show", code, "--private", "--why", "年检")
    assert "管理员手机: 13812345678" in told.out
    refused = run("stations", "export", tmp_path / "all.csv", "--private")
    assert (refused.code, "--why TEXT" in refused.err) == (2, True)
    run("stations", "export", tmp_path / "all.csv", "--private", "--why", "迁移")
    run("stations", "template", tmp_path / "all.xlsx", "--filled", "--private", "--why", "核对")
    seen = run("stations", "disclosures", "--json").json["disclosures"]
    assert [(one["who"], one["why"], one["what"]) for one in seen] == [
        ("王工", "核对", "all 3 stations"), ("王工", "迁移", "all 3 stations"),
        ("王工", "年检", code),
    ]  # fmt: skip


def test_a_mobile_given_as_duty_phone_can_be_read_and_moves_with_a_private_export(
    run, tmp_path: Path
) -> None:
    sheet = sheet_of(
        tmp_path / "mobile.csv", "名称,经度,纬度,类别,服务电话",
        f"甲,{place_of(250, 250)},驿站,13712345678",
    )  # fmt: skip
    done = run("stations", "import", sheet)
    assert "第2行" in done.err
    code = run("stations", "history", "--json").json["batches"][0]["codes"][0]
    assert "服务电话栏里的手机*" in run("stations", "show", code).out
    opened = run("stations", "show", code, "--private", "--why", "年检", "--json").json
    assert opened["private"] == {"private_phone": "13712345678"}
    run("stations", "export", tmp_path / "all.xlsx", "--private", "--why", "迁移")
    run("init", tmp_path / "other", "--name", "新城", "--code-prefix", "NT")
    moved = run("stations", "import", tmp_path / "all.xlsx", "--city", tmp_path / "other", "--json")
    assert moved.json["added"] == 4
    assert "13712345678" not in moved.out
    again = run("stations", "show", code, "--private", "--why", "年检", "--city",
                tmp_path / "other", "--json").json  # fmt: skip
    assert again["private"] == {"private_phone": "13712345678"}


def test_template_filled_imports_unchanged_as_the_doctor_advises(run, tmp_path: Path) -> None:
    advice = {c["code"]: c["advice"] for c in run("doctor", "--json").json["checks"]}
    assert "template FILE.xlsx --filled" in advice["mandatory"]
    file = tmp_path / "sheet.xlsx"
    assert run("stations", "template", file, "--filled", "--json").json["stations"] == 3
    done = run("stations", "import", file, "--json").json
    assert (done["unchanged"], done["rejected"]) == (3, [])
    one = run("stations", "template", file, "--filled", "--kind", "母婴室", "--json").json
    assert one["stations"] == 1
    none = run("stations", "template", file, "--filled", "--district", "320613", "--json").json
    assert none["stations"] == 0
    lost = run("stations", "template", file, "--filled", "--district", "崇州区")
    assert (lost.code, "no district '崇州区'" in lost.err) == (2, True)
    wrong = run("stations", "template", file, "--district", "320613")
    assert (wrong.code, "--filled" in wrong.err) == (2, True)


def test_export_in_use_leaves_closed_stations_out(
    run, codes: dict[str, str], tmp_path: Path
) -> None:
    run("stations", "status", codes["工会爱心驿站"], "closed", "--reason", "租约到期")
    file = tmp_path / "list.csv"
    assert run("stations", "export", file, "--json").json["stations"] == 3
    assert run("stations", "export", file, "--in-use", "--json").json["stations"] == 2
    assert "租约到期" not in file.read_text("utf-8-sig")


def test_show_tells_counts_datum_and_what_is_not_understood(run, tmp_path: Path) -> None:
    lon, lat = from_wgs84(lonlat(250, 250), "gcj02").tolist()
    sheet = sheet_of(
        tmp_path / "more.csv",
        "名称,经度,纬度,坐标系,类别,设施,开放时间,坐标来源,核验人,核验方式,状态",
        f"甲,{lon!r},{lat!r},GCJ-02,驿站,微波炉×2、空调(坏),随便,现场GPS,李四,电话,看情况",
    )
    run("stations", "import", sheet)
    code = run("stations", "history", "--json").json["batches"][0]["codes"][0]
    out = run("stations", "show", code).out
    for words in ("微波炉×2", "空调（坏）", "GCJ-02", "坐标来源*", "李四", "电话", "看不懂",
                  "未知 unknown", "待补"):  # fmt: skip
        assert words in out
    assert f"{lon!r}, {lat!r}" in out


def test_show_and_history_tell_an_override_in_words(run, codes: dict[str, str]) -> None:
    code = codes["工会爱心驿站"]
    for start, end in (("2020-01-01 08:00", "2020-01-02 20:00"),
                       ("2020-03-01 08:00", "2999-01-02 20:00")):  # fmt: skip
        done = run("stations", "override", code, "--from", start, "--until", end, "--closed",
                   "--reason", "装修")  # fmt: skip
        assert "1 station closed" in done.out
        assert ("is over already" in done.err) == (end < "2026")
    shown = run("stations", "show", code).out
    assert "2020-03-01 08:00 至 2999-01-02 20:00 关闭（装修），现在有效" in shown
    assert "2020-01-02" not in shown
    told = run("stations", "history", code).out
    assert "+ 临时 2020-03-01 08:00 至 2999-01-02 20:00 关闭" in told
    assert "{" not in told


def test_check_takes_chinese_headings_and_history_tells_how(run, codes: dict[str, str]) -> None:
    code = codes["工会爱心驿站"]
    done = run("stations", "check", code, "--field", "开放时间", "--field", "空调", "--how", "电话")
    assert "1 stations checked" in done.out
    told = run("stations", "history", code).out
    assert "checked: 电话" in told
    assert "hours checked on" in told
    assert "hours: —" not in told
    wrong = run("stations", "check", code, "--field", "nosuch")
    assert "access_mode 进入方式" in wrong.err


def test_history_of_the_city_names_stations_and_street_lost(run, codes: dict[str, str]) -> None:
    code = codes["工会爱心驿站"]
    run("stations", "status", code, "paused", "--reason", "装修")
    run("stations", "status", code, "open")
    told = run("stations", "history").out
    assert code in told
    assert "of street lost its station within 1,000 m" in told
    assert "of street has a station again within 1,000 m" in told
    assert "lost_m" not in told


def test_due_is_limited_and_written_to_a_sheet(run, codes: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "due.xlsx"
    done = run("stations", "due", "--limit", "1", "-o", file)
    assert "more (all of them" in done.out
    tasks = run("stations", "due", "--json").json["tasks"]
    assert {"hours": "开放时间"}.items() <= {t["field"]: t["field_zh"] for t in tasks}.items()
    rows = read_rows(file)
    assert len(rows) == len(tasks)
    assert {row.values["code"] for row in rows.rows} == set(codes.values())


def test_due_of_a_district_goes_by_the_citys_own_names_and_refuses_what_is_none(
    run, tmp_path: Path
) -> None:
    area = json.loads(write_area(tmp_path / "a.geojson", (0, 0, 600, 600)).read_text("utf-8"))
    area["features"][0]["properties"] = {"code": "990001", "name": "方城东区"}
    run("districts", "import", sheet_of(tmp_path / "districts.geojson", json.dumps(area)))
    run("stations", "import", sheet_of(
        tmp_path / "one.csv", "名称,经度,纬度,类别,区县代码", f"丁,{place_of(250, 200)},驿站,990001"
    ))  # fmt: skip
    by_name = run("stations", "due", "--district", "方城东区", "--json").json["tasks"]
    assert {task["name"] for task in by_name} == {"丁"}
    assert run("stations", "due", "--district", "990001", "--json").json["tasks"] == by_name
    wrong = run("stations", "due", "--district", "方城西区")
    assert (wrong.code, "no district '方城西区'; expected 方城东区" in wrong.err) == (2, True)


@pytest.mark.usefixtures("run")
def test_city_folder_keeps_itself_out_of_version_control() -> None:
    assert (Path(os.environ["LOCATOR_CITY"]) / ".gitignore").read_text("utf-8") == "*\n"


def test_import_dry_run_shows_columns_and_difference_and_changes_nothing(
    run, tmp_path: Path
) -> None:
    rows = [("工会爱心驿站", 150, 100, "驿站", "24小时", "", "", "")]
    sheet = write_sheet(tmp_path / "next.csv", rows)
    told = run("stations", "import", sheet, "--dry-run")
    assert "read 1: added 0, updated 1, unchanged 0, rejected 0" in told.out
    assert "hours: 周一至周五 8:30-17:00 → 24小时" in told.out
    document = run("stations", "import", sheet, "--dry-run", "--json").json
    assert document["batch"] is None
    assert document["changes"][0]["before"]["hours"] == "周一至周五 8:30-17:00"
    assert run("stations", "import", sheet, "--json").json["batch"] == 2


def test_undo_takes_the_newest_import_back_and_says_so(run, tmp_path: Path) -> None:
    rows = [("工会爱心驿站", 150, 100, "驿站", "24小时", "", "", "")]
    done = run("stations", "import", write_sheet(tmp_path / "next.csv", rows))
    assert "to take it back: locator stations undo 2" in done.out
    told = run("stations", "undo", "--dry-run")
    assert "nothing was changed" in told.out
    undone = run("stations", "undo", "2", "--json")
    assert undone.json == {"batch": 2, "removed": 0, "restored": 1, "kept": []}
    again = run("stations", "undo", "2")
    assert (again.code, "taken back already" in again.err) == (2, True)
    assert "undone" in run("stations", "history").out


def test_show_tells_all_but_private_fields(run, codes: dict[str, str]) -> None:
    shown = run("stations", "show", codes["港闸司机之家"])
    assert "24小时" in shown.out
    document = run("stations", "show", codes["港闸司机之家"], "--json")
    assert document.json["open_now"] == "open"
    for text in (shown.out, document.out, run("stations", "history", codes["港闸司机之家"]).out):
        assert "13812345678" not in text
    assert run("stations", "show", codes["学田母婴室"], "--json").json["open_now"] == "unknown"
    missing = run("stations", "show", "NONE")
    assert (missing.code, "no station with code 'NONE'" in missing.err) == (2, True)


def test_history_of_a_station_hides_sealed_fields(run, codes: dict[str, str]) -> None:
    document = run("stations", "history", codes["港闸司机之家"], "--json")
    assert "13812345678" not in document.out
    assert document.json["changes"][0]["action"] == "import"


def test_status_closes_with_reason_loss_and_the_next_station(run, codes: dict[str, str]) -> None:
    refused = run("stations", "status", codes["工会爱心驿站"], "closed")
    assert (refused.code, "reason" in refused.err) == (2, True)
    done = run(
        "stations", "status", codes["工会爱心驿站"], "closed", "--reason", "租约到期", "--json"
    )
    assert done.json["status"] == "closed"
    assert done.json["lost_m"] > 0
    history = run("stations", "history", codes["工会爱心驿站"], "--json").json["changes"]
    assert (history[-1]["who"], history[-1]["why"]) == ("王工", "租约到期")
    assert history[-1]["after"]["status"] == "closed"


def test_check_notes_the_day_and_due_forgets_it(run, codes: dict[str, str]) -> None:
    code = codes["工会爱心驿站"]
    before = run("stations", "due", "--json").json["tasks"]
    assert ("never_checked", "hours") in {
        (t["reason"], t["field"]) for t in before if t["code"] == code
    }
    done = run("stations", "check", code, "--how", "电话")
    assert "1 stations checked" in done.out
    after = run("stations", "due", "--json").json["tasks"]
    assert "never_checked" not in {t["reason"] for t in after if t["code"] == code}
    future = run("stations", "check", code, "--on", "2999-01-01")
    assert (future.code, "lies ahead" in future.err) == (2, True)
    wrong = run("stations", "check", code, "--field", "nosuch")
    assert (wrong.code, "no field 'nosuch'" in wrong.err) == (2, True)


def test_override_opens_for_a_while(run, codes: dict[str, str]) -> None:
    code = codes["工会爱心驿站"]
    done = run("stations", "override", code, "--from", "2026-07-04 08:00", "--until",
               "2026-07-05 20:00", "--open", "--reason", "高温", "--json")  # fmt: skip
    assert done.json["changed"] == 1
    backwards = run("stations", "override", code, "--from", "2026-07-05 08:00", "--until",
                    "2026-07-04 20:00", "--open", "--reason", "高温")  # fmt: skip
    assert backwards.code == 2


def test_score_counts_unknown_aloud(run) -> None:
    document = run("stations", "score", "eight_one", "--json").json
    assert (document["stations"], document["compliant"]) == (1, 0)
    unknown = run("stations", "score", "nosuch")
    assert (unknown.code, "eight_one" in unknown.err) == (2, True)


def test_reconcile_tells_missing_and_found(run, tmp_path: Path) -> None:
    lon, lat = from_wgs84(lonlat(150, 100), "gcj02").tolist()
    file = tmp_path / "amap.csv"
    file.write_text(f"id,name,lon,lat\nB0FF1,工会爱心驿站,{lon!r},{lat!r}\n", encoding="utf-8")
    document = run("stations", "reconcile", file, "--vendor", "高德", "--json").json
    assert document["counts"]["on_map"] + document["counts"]["undecided"] == 3
    assert document["datum"] == "gcj02"
    told = run("stations", "reconcile", file, "--vendor", "高德").out
    assert "未填 none" in told
    assert "undecided: not on the map" in told
    assert told.count("未定 undecided") == 2 + document["counts"]["undecided"]
    wrong = run("stations", "reconcile", file, "--vendor", "nosuch")
    assert wrong.code == 2


def test_reconcile_lists_every_finding_by_name(run, codes: dict[str, str], tmp_path: Path) -> None:
    lines = ["id,name,lon,lat"]
    for number, (x, y, name) in enumerate(
        [(150, 100, "工会爱心驿站"), (300, 500, "港闸司机爱心之家"), (900, 900, "别家驿站")]
    ):
        lon, lat = from_wgs84(lonlat(x, y), "gcj02").tolist()
        lines.append(f"B{number},{name},{lon!r},{lat!r}")
    file = sheet_of(tmp_path / "amap.csv", *lines)
    run("stations", "status", codes["工会爱心驿站"], "closed", "--reason", "租约到期")
    told = run("stations", "reconcile", file, "--vendor", "amap").out
    assert "应下架 to_remove" in told
    assert "B2" in told
    assert "别家驿站" in told
    assert "写法不同 spelt otherwise" in told


def test_tasks_are_none_without_reports(run, codes: dict[str, str]) -> None:
    assert run("stations", "tasks").out == "没有待办 nothing to do\n"
    refused = run("stations", "answer", codes["工会爱心驿站"], "open")
    assert refused.code == 2


def test_import_tells_of_seasons_without_dates_and_what_to_write(run, tmp_path: Path) -> None:
    sheet = sheet_of(
        tmp_path / "seasons.csv",
        "名称,经度,纬度,类别,开放时间",
        f"夏,{place_of(520, 520)},驿站,夏季8:00-18:00；冬季8:30-17:30",
        f"早,{place_of(420, 520)},驿站,早上9点左右",
        f"好,{place_of(320, 420)},驿站,{SEASONS_EXAMPLE}",
    )
    told = run("stations", "import", sheet).err
    assert "没写哪天到哪天" in told
    assert "'夏季8:00-18:00；冬季8:30-17:30'" in told
    assert f"请写成「{SEASONS_EXAMPLE}」" in told
    assert f"write them as {SEASONS_EXAMPLE}" in told
    assert f"请写成「{WEEK_EXAMPLE}」" in told
    view = City.open(os.environ["LOCATOR_CITY"]).current()
    known = {one.name: one.opening.known for one in view.stations}
    assert (known["夏"], known["早"], known["好"]) == (False, False, True)
    checks = {one["code"]: one["count"] for one in run("doctor", "--json").json["checks"]}
    assert (checks["hours_undated"], checks["hours_unread"]) == (1, 1)
    code = next(one.code for one in view.stations if one.name == "夏")
    assert f"请写成「{SEASONS_EXAMPLE}」" in run("stations", "show", code).out


def test_answers_say_how_many_of_the_listed_stations_they_count_and_why(
    run, tmp_path: Path
) -> None:
    sheet = sheet_of(
        tmp_path / "more.csv",
        "名称,经度,纬度,类别,状态,开放对象",
        f"停,{place_of(520, 520)},驿站,暂停开放,",
        f"撤,{place_of(420, 520)},驿站,已撤销,",
        f"筹,{place_of(320, 420)},驿站,规划中,",
        f"内,{place_of(220, 420)},驿站,开放,仅限本单位职工",
    )
    assert "在册" not in run("coverage", "--within", "200").out
    assert run("stations", "import", sheet, "--json").json["added"] == 4
    done = run("coverage", "--within", "200")
    assert "在册7个站，参与计算4个；没算3个：" in done.out
    assert "4 of 7 stations are counted" in done.out
    for words in ("暂停", "撤销", "paused 1", "closed 1", "planned 1"):
        assert words in done.out, done.out
    assert "在册7个站，参与计算3个；没算4个：仅限本单位职工1、" in run(
        "coverage", "--within", "200", "--public"
    ).out  # fmt: skip
    listed = run("coverage", "--within", "200", "--json", "--kind", "驿站").json["registered"]
    assert (listed["listed"], listed["in_use"], listed["staff_only"]) == (5, 2, 1)
    assert listed["not_in_use"] == {"closed": 1, "paused": 1, "planned": 1}
    near = run("nearest", *place_of(150, 100).split(","))
    assert "另有3个站点没有在用（" in near.out
    assert "3 not in use left out (" in near.out
    assert "1个站点只对本单位职工开放，未列入" in near.out
    near = run("nearest", *place_of(150, 100).split(","), "--kind", "母婴室")
    assert "没有在用" not in near.out


def test_doctor_lists_checks_worst_first(run) -> None:
    checks = run("doctor", "--json").json["checks"]
    rank = ["fail", "warn", "unknown", "ok"]
    places = [rank.index(check["status"]) for check in checks]
    assert places == sorted(places)
    by_code = {check["code"]: check for check in checks}
    assert by_code["hours_unknown"]["count"] == 1
    assert by_code["unroutable"]["status"] == "ok"
    public = run("doctor", "--public", "--json")
    codes = {check["code"] for check in public.json["checks"]}
    assert {"public_map_approval", "public_icp", "public_https"} <= codes
    plain = run("doctor")
    assert "✓" in plain.out
    assert (plain.code, public.code) == (0, 1)  # what is missing stops a script that publishes
    assert codes & {"calendar", "public_holidays"} == {"public_holidays"}  # once
    shell = {c["code"]: c["title_zh"] for c in public.json["checks"]}
    assert all("这个终端" in shell[code] for code in ("public_hosts", "public_frames"))


def test_doctor_names_a_station_of_unclear_status(run, tmp_path: Path) -> None:
    lon, lat = lonlat(520, 520)
    sheet = tmp_path / "unclear.csv"
    sheet.write_text(f"名称,经度,纬度,类别,状态\nX,{lon!r},{lat!r},驿站,看情况\n", encoding="utf-8")
    done = run("stations", "import", sheet)
    assert "counts as unknown" in done.err
    checks = {check["code"]: check for check in run("doctor", "--json").json["checks"]}
    assert checks["status_unknown"]["count"] == 1


def test_as_of_a_day_before_the_first_record_is_refused(run, tmp_path: Path) -> None:
    early = run("coverage", "--within", "300", "--as-of", "2020-01-01")
    assert (early.code, "knows nothing before" in early.err) == (2, True)
    early = run("stations", "export", tmp_path / "old.csv", "--as-of", "2020-01-01")
    assert (early.code, "knows nothing before" in early.err) == (2, True)
    assert not (tmp_path / "old.csv").exists()
    assert run("coverage", "--within", "300", "--json").json["covered_m"] > 0
    ahead = run("coverage", "--within", "300", "--as-of", "2999-01-01")
    assert (ahead.code, "lies ahead" in ahead.err) == (2, True)
