"""Who changed what, the registry of a past day, and taking an import back; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.tables import rows_from_records
from locator.errors import ConflictError, InputError, NotFoundError
from locator.hours import DayException, Override
from locator.registry import Actor, Entry, Equipment, Registry, documents
from locator.registry.snapshots import station_of
from locator.stations import Stations

BOB = Actor("王工", "电话核实")


@pytest.fixture
def registry(registry_place: str | Path) -> Iterator[Registry]:
    with Registry.open(registry_place, create=True) as opened:
        yield opened


def bring(registry: Registry, *names: str, by: Actor = BOB, **cells: Any) -> int:
    places = [{"name": name, "lon": 120 + ord(name) / 100, "lat": 32.0, **cells} for name in names]
    rows = rows_from_records(places, source="list")
    report = registry.import_rows(rows, datum="wgs84", kind="rest_station", by=by)
    assert report.batch is not None
    return report.batch


def named(name: str) -> Callable[[Entry], Entry]:
    return lambda entry: replace(entry, name=name)


def contents(registry: Registry) -> list[Entry]:
    """Everything stored, without the counting of changes."""
    return [replace(entry, version=0) for entry in registry.entries()]


def full_entry(entry: Entry) -> Entry:
    """The entry with every part of a record in use."""
    weekly = replace(
        entry.opening,
        exceptions=(DayException(date(2026, 10, 1), date(2026, 10, 3), (), "国庆"),),
        overrides=(Override(datetime(2026, 7, 1, 8, 30), datetime(2026, 7, 2, 20), True, "高温"),),
    )
    return replace(
        entry,
        opening=weekly,
        facilities={"WATER": True, "MICROWAVE": True, "TV": False},
        equipment={"MICROWAVE": Equipment(2, "broken", date(2026, 5, 1)), "WATER": Equipment()},
        facts={
            "area_m2": 25.5,
            "partners": ("邮政", "银行"),
            "poi": {"amap": "B0"},
            "opened_on": date(2024, 2, 29),
            "sign_ok": False,
            "beds": 3,
            "nursing_seats": 2,
            "sanitary_corner": True,
        },
        verified={"": date(2026, 1, 2), "hours": date(2026, 3, 4)},
        extra={"备注": "x", "深": [1, {"a": None}]},
    )


# records


def test_edit_every_part_of_a_record_comes_back(registry: Registry) -> None:
    bring(registry, "A", 开放时间="周一至周五 8:30-17:00")
    (code,) = registry.snapshot().code
    stored = registry.edit(code, full_entry, by=BOB)
    wanted = full_entry(stored)
    assert stored == replace(wanted, extra={"备注": "x", "深": [1, {"a": None}]})
    assert registry.entry(code) == stored
    document = documents.to_document(stored)
    assert documents.from_document(document, id=stored.id, version=stored.version) == stored


def test_edit_keeps_who_when_why_before_and_after(registry: Registry) -> None:
    bring(registry, "A")
    (code,) = registry.snapshot().code
    before = datetime.now(UTC).replace(tzinfo=None)
    registry.edit(code, named("B"), by=BOB)
    made, edited = registry.changes(code)
    assert (made.before, made.batch.action) == (None, "import")
    assert (edited.before, edited.after) == ({"name": "A"}, {"name": "B"})
    assert (edited.batch.who, edited.batch.why) == ("王工", "电话核实")
    assert before <= edited.batch.at <= before + timedelta(minutes=1)


def test_edit_that_changes_nothing_makes_no_version(registry: Registry) -> None:
    bring(registry, "A")
    version = registry.version
    (code,) = registry.snapshot().code
    registry.edit(code, named("A"), by=BOB)
    assert registry.version == version


def test_edit_on_an_old_version_is_a_conflict_that_names_the_other(registry: Registry) -> None:
    bring(registry, "A")
    (entry,) = registry.entries()
    registry.edit(entry.code, named("B"), by=BOB, expected_version=entry.version)
    with pytest.raises(ConflictError, match=r"王工 .*\(name\); nothing was saved"):
        registry.edit(entry.code, named("C"), by=BOB, expected_version=entry.version)
    assert registry.snapshot().name == ("B",)


def test_edit_cannot_change_code_or_key(registry: Registry) -> None:
    bring(registry, "A")
    (entry,) = registry.entries()
    made = registry.edit(entry.code, lambda e: replace(e, code="X", id=99, name="B"), by=BOB)
    assert (made.code, made.id, made.name) == (entry.code, entry.id, "B")


def test_edit_missing_station_is_not_found_and_none_of_many_is_changed(registry: Registry) -> None:
    bring(registry, "A")
    (code,) = registry.snapshot().code
    with pytest.raises(NotFoundError, match="no station with code 'NONE'"):
        registry.edit_many({code: named("B"), "NONE": named("C")}, by=BOB)
    assert registry.snapshot().name == ("A",)


# undo


def test_undo_gives_back_what_was_and_never_reuses_a_code(registry: Registry) -> None:
    bring(registry, "A", "B")
    before = contents(registry)
    bring(registry, "B", "C", 饮水="有")
    assert len(registry.entries()) == 3
    report = registry.undo(by=BOB)
    assert (report.removed, report.restored, report.kept) == (1, 1, ())
    assert contents(registry) == before
    gone = {change.code for change in registry.changes("ST-000000-OW-0003-7")}
    bring(registry, "D", lat=32.5)
    assert not gone & set(registry.snapshot().code)


def test_undo_keeps_what_somebody_changed_afterwards(registry: Registry) -> None:
    bring(registry, "A", hours="8-17")
    (code,) = registry.snapshot().code
    bring(registry, "A", hours="9-18", phone="0513-1")
    registry.edit(code, lambda entry: replace(entry, phone="0513-2"), by=BOB)
    report = registry.undo(by=BOB)
    assert (report.restored, report.kept) == (1, (code,))
    (station,) = registry.snapshot()
    assert (station.hours, station.phone) == ("8-17", "0513-2")


def test_undo_keeps_a_new_station_that_was_edited(registry: Registry) -> None:
    bring(registry, "A", "B")
    first, _ = registry.snapshot().code
    registry.edit(first, named("C"), by=BOB)
    report = registry.undo(by=BOB)
    assert (report.removed, report.kept) == (1, (first,))
    assert registry.snapshot().name == ("C",)


def test_undo_twice_or_unknown_is_refused(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no import that could be taken back"):
        registry.undo(by=BOB)
    batch = bring(registry, "A")
    registry.undo(batch, by=BOB)
    with pytest.raises(InputError, match="taken back already"):
        registry.undo(batch, by=BOB)
    with pytest.raises(NotFoundError, match="no import has the number 99"):
        registry.undo(99, by=BOB)


def test_undo_dry_run_tells_the_same_and_writes_nothing(registry: Registry) -> None:
    bring(registry, "A")
    version, before = registry.version, contents(registry)
    told = registry.undo(dry_run=True)
    assert (registry.version, contents(registry)) == (version, before)
    assert registry.undo() == told


def test_undo_an_older_import_leaves_the_newer(registry: Registry) -> None:
    older = bring(registry, "A")
    bring(registry, "B", lat=32.5)
    registry.undo(older, by=BOB)
    assert registry.snapshot().name == ("B",)


def test_undo_keeps_facts_that_belong_together_together(registry: Registry) -> None:
    bring(registry, "A", hours="8:00-18:00")
    (code,) = registry.snapshot().code
    bring(registry, "A", hours="24小时")
    during = Override(datetime(2026, 7, 1, 8), datetime(2026, 7, 2, 8), None, "高温")

    def with_override(entry: Entry) -> Entry:
        return replace(entry, opening=replace(entry.opening, overrides=(during,)))

    registry.edit(code, with_override, by=BOB)
    assert registry.undo(by=BOB).kept == (code,)
    entry = registry.entry(code)
    assert entry.hours == "24小时"  # not the old text with the new rules
    assert entry.opening.rules[0].type == "all_day"


def test_undo_in_any_order_never_brings_back_what_was_taken_back(registry: Registry) -> None:
    bring(registry, "A", hours="8:00-18:00")
    first = bring(registry, "A", hours="24小时")
    second = bring(registry, "A", hours="9:00-17:00")
    registry.undo(first, by=BOB)
    assert registry.snapshot().hours == ("9:00-17:00",)
    registry.undo(second, by=BOB)
    assert registry.snapshot().hours == ("8:00-18:00",)


def test_undo_of_both_imports_of_a_new_station_takes_it_out(registry: Registry) -> None:
    first = bring(registry, "A")
    second = bring(registry, "A", phone="0513-1")
    assert registry.undo(first, by=BOB).kept != ()
    assert registry.undo(second, by=BOB).removed == 1
    assert len(registry.snapshot()) == 0


def test_undo_leaves_a_station_that_a_later_import_spoke_of(registry: Registry) -> None:
    first = bring(registry, "A", "B")
    rows = rows_from_records(
        [
            {"name": "A", "lon": 120.65, "lat": 32.0},
            {"name": "B", "lon": 120.66, "lat": 32.0, "phone": "0513-1"},
        ],
        source="list",
    )
    registry.import_rows(rows, datum="wgs84", kind="rest_station", by=BOB)
    assert registry.undo(first, by=BOB).removed == 0
    assert registry.snapshot().name == ("A", "B")


def test_undo_leaves_a_value_that_was_set_again_after_the_import(registry: Registry) -> None:
    bring(registry, "A", hours="8:00-18:00")
    (code,) = registry.snapshot().code
    bring(registry, "A", phone="0513-1")
    for phone in ("0513-2", "0513-1"):
        registry.edit(code, lambda entry, to=phone: replace(entry, phone=to), by=BOB)
    assert registry.undo(by=BOB).kept == (code,)
    assert registry.snapshot().phone == ("0513-1",)


def test_source_with_an_odd_blank_is_undone_like_any_other(registry: Registry) -> None:
    rows = rows_from_records(
        [{"name": "A", "lon": 120.8, "lat": 32.0}], source="驿站\u3000清单.csv"
    )
    registry.import_rows(rows, datum="wgs84", kind="rest_station", by=BOB)
    again = registry.import_rows(rows, datum="wgs84", kind="rest_station", by=BOB)
    assert (again.unchanged, again.batch) == (1, None)
    assert registry.undo(by=BOB).removed == 1


def test_snapshot_after_many_changes_and_one_edit_is_right(registry: Registry) -> None:
    places = [{"name": f"N{i}", "lon": 120 + i / 1e4, "lat": 32.0} for i in range(3100)]
    registry.import_rows(rows_from_records(places, source="x"), datum="wgs84", kind="OW", by=BOB)
    registry.snapshot()
    for phone in ("1", "2"):
        changed = [{**place, "phone": phone} for place in places[:3000]]
        rows = rows_from_records(changed, source="x")
        registry.import_rows(rows, datum="wgs84", kind="OW", by=BOB)
    code = registry.entries()[-1].code
    registry.edit(code, lambda entry: replace(entry, status="closed"), by=BOB)
    oracle = Stations.from_records(map(station_of, registry.entries()))
    assert registry.snapshot().hash == oracle.hash


# the past


def test_as_of_gives_each_past_state(registry: Registry) -> None:
    states = []
    for step in (
        lambda: bring(registry, "A", "B"),
        lambda: registry.edit(registry.snapshot().code[0], full_entry, by=BOB),
        lambda: bring(registry, "A", "C", hours="24小时"),
        lambda: registry.undo(by=BOB),
        lambda: registry.edit(registry.snapshot().code[0], named("E"), by=BOB),
    ):
        step()
        states.append((registry.batches(limit=1)[0].at, registry.snapshot()))
    for instant, stations in states:
        then = registry.as_of(instant)
        assert then.hash == stations.hash
    nothing = registry.as_of(states[0][0] - timedelta(seconds=1))
    assert len(nothing) == 0


def test_as_of_day_is_its_end_in_the_citys_zone(registry: Registry) -> None:
    bring(registry, "A")
    at = registry.batches()[0].at.replace(tzinfo=UTC)
    assert len(registry.as_of(at.date())) == 1
    assert len(registry.as_of(at.date() - timedelta(days=1))) == 0


# laws

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["import", "edit", "undo"]),
        st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=3, unique=True),
        st.sampled_from(["8:00-17:00", "24小时", "问门卫", ""]),
    ),
    max_size=8,
)


@pytest.mark.slow
@given(EDITS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_past_states_and_patched_snapshots_are_right(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[str], str]]
) -> None:
    with Registry.open(tmp_path_factory.mktemp("city"), create=True) as registry:
        past: list[tuple[datetime, str]] = []
        for what, names, hours in steps:
            codes = registry.snapshot().code  # so that the next snapshot is patched, not read
            if what == "import":
                rows = rows_from_records(
                    [
                        {"name": n, "lon": 120 + ord(n) / 100, "lat": 32, "hours": hours}
                        for n in names
                    ],
                    source="list",
                )
                registry.import_rows(rows, datum="wgs84", kind="rest_station")
            elif what == "edit" and codes:
                registry.edit_many({codes[-1]: named("".join(names))}, by=BOB)
            elif what == "undo":
                try:
                    registry.undo()
                except NotFoundError:
                    continue
            oracle = Stations.from_records(map(station_of, registry.entries()))
            assert registry.snapshot().hash == oracle.hash
            if registry.batches(limit=1):
                past.append((registry.batches(limit=1)[0].at, oracle.hash))
        for instant, wanted in past:
            assert registry.as_of(instant).hash == wanted
