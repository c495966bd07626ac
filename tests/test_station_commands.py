"""The commands that look after the stations, as their users give them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from geodata.datum import from_wgs84
from locator.city import City
from tests.grids import lonlat, write_streets

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
    wrong = run("stations", "reconcile", file, "--vendor", "nosuch")
    assert wrong.code == 2


def test_tasks_are_none_without_reports(run, codes: dict[str, str]) -> None:
    assert run("stations", "tasks").out == "nothing to do\n"
    refused = run("stations", "answer", codes["工会爱心驿站"], "open")
    assert refused.code == 2


def test_doctor_lists_checks_worst_first(run) -> None:
    checks = run("doctor", "--json").json["checks"]
    rank = ["fail", "warn", "unknown", "ok"]
    places = [rank.index(check["status"]) for check in checks]
    assert places == sorted(places)
    by_code = {check["code"]: check for check in checks}
    assert by_code["hours_unknown"]["count"] == 1
    assert by_code["unroutable"]["status"] == "ok"
    public = {check["code"] for check in run("doctor", "--public", "--json").json["checks"]}
    assert {"public_map_approval", "public_icp", "public_https"} <= public
    assert "✓" in run("doctor").out


def test_doctor_names_a_station_of_unclear_status(run, tmp_path: Path) -> None:
    lon, lat = lonlat(520, 520)
    sheet = tmp_path / "unclear.csv"
    sheet.write_text(f"名称,经度,纬度,类别,状态\nX,{lon!r},{lat!r},驿站,看情况\n", encoding="utf-8")
    done = run("stations", "import", sheet)
    assert "counts as unknown" in done.err
    checks = {check["code"]: check for check in run("doctor", "--json").json["checks"]}
    assert checks["status_unknown"]["count"] == 1


def test_coverage_as_of_a_day_before_the_stations_has_none(run) -> None:
    early = run("coverage", "--within", "300", "--as-of", "2020-01-01", "--json").json
    assert early["covered_m"] == 0
    assert run("coverage", "--within", "300", "--json").json["covered_m"] > 0
    ahead = run("coverage", "--within", "300", "--as-of", "2999-01-01")
    assert (ahead.code, "lies ahead" in ahead.err) == (2, True)
