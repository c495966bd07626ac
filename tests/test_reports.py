"""Reports of workers at the door, and what follows from them; on both databases."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from geodata.calendar import load_calendar
from geodata.tables import rows_from_records
from locator.errors import ConflictError, InputError, NotFoundError
from locator.hours import Override
from locator.registry import Actor, Registry, models
from locator.registry.disputes import APART, Sighting, dispute_day
from locator.registry.lifecycle import change_status
from locator.registry.reports import (
    FLOOD_PER_HOUR,
    MOST_PER_DAY,
    Received,
    StoredReport,
    answer,
    erase_witnesses,
    finish_task,
    moderate,
    report,
    reports,
)
from locator.registry.tasks import tasks
from locator.registry.witnesses import DAY_LIMIT, SPAN_LIMIT, Witnesses

ROOT = Path(__file__).resolve().parent.parent
CALENDAR = load_calendar()
UNION = Actor("王工")
POSTED = "周一至周五 8:30-17:00"
DAY = datetime(2026, 5, 6)  # a Wednesday
TEN = DAY.replace(hour=10)


@pytest.fixture
def registry(registry_place: str | Path) -> Iterator[Registry]:
    with Registry.open(registry_place, create=True) as opened:
        yield opened


def bring(registry: Registry, name: str = "A", hours: str = POSTED, **cells: Any) -> str:
    """Code of a new station."""
    place = {"name": name, "lon": 120 + ord(name) / 100, "lat": 32.0, "开放时间": hours, **cells}
    rows = rows_from_records([place], source="list")
    registry.import_rows(rows, datum="wgs84", kind="rest_station")
    return next(s.code for s in registry.snapshot() if s.name == name)


class Door:
    """Reports at one station, with its own witnesses."""

    def __init__(self, registry: Registry, code: str) -> None:
        self.registry, self.code, self.witnesses = registry, code, Witnesses()

    def tell(self, what: str, at: datetime = TEN, client: str = "10.0.0.1") -> Received:
        return report(
            self.registry, self.code, what, at=at, client=client, calendar=CALENDAR,
            witnesses=self.witnesses,
        )  # fmt: skip

    @property
    def disputed_on(self) -> date | None:
        return self.registry.entry(self.code).facts.get("disputed_on")

    @property
    def open_tasks(self) -> dict[str, str]:
        return {task.what: task.reason for task in tasks(self.registry, code=self.code)}


@pytest.fixture
def door(registry: Registry) -> Door:
    return Door(registry, bring(registry))


def stored(registry: Registry) -> list[Any]:
    with registry.database.read() as connection:
        return list(connection.execute(sa.select(models.report).order_by(models.report.c.id)))


# one report


def test_report_keeps_station_word_minute_and_posted_state_only(door: Door) -> None:
    got = door.tell("open", TEN.replace(second=59, microsecond=7))
    (row,) = stored(door.registry)
    assert (got.id, got.state, got.posted_open) == (row.id, "accepted", True)
    assert (row.what, row.at, row.posted_open, row.moderation) == ("open", TEN, True, "accepted")
    assert len(row.witness) == 16
    assert set(row._mapping) == {
        "id", "station_id", "what", "at", "posted_open", "witness", "moderation",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [("08:29", False), ("08:30", True), ("16:59", True), ("17:00", False), ("00:00", False)],
)
def test_posted_hours_are_half_open(door: Door, clock: str, is_open: bool) -> None:
    at = datetime.combine(DAY, time.fromisoformat(clock))
    assert door.tell("locked", at.replace(second=59)).posted_open is is_open
    assert ("phone_host" in door.open_tasks) is is_open


def test_public_holidays_and_overrides_count_as_posted(registry: Registry) -> None:
    door = Door(registry, bring(registry, hours="工作日 8:30-17:00"))
    assert door.tell("locked", datetime(2026, 5, 1, 10)).posted_open is False  # Labour Day
    shut = Override(TEN, TEN + timedelta(hours=1), False, "停电")
    registry.edit(
        door.code,
        lambda entry: replace(entry, opening=replace(entry.opening, overrides=(shut,))),
        by=UNION,
    )
    assert door.tell("locked", TEN).posted_open is False
    assert door.tell("locked", TEN + timedelta(hours=1)).posted_open is True


def test_station_that_is_paused_promises_nothing(door: Door) -> None:
    def pause(entry: Any) -> Any:
        return change_status(entry, "paused", on=DAY.date(), today=DAY.date(), reason="装修")

    door.registry.edit(door.code, pause, by=UNION)
    assert door.tell("locked").posted_open is False
    assert door.open_tasks == {}


@pytest.mark.parametrize(
    ("what", "at", "client", "message"),
    [
        ("shut", TEN, "x", "unknown report 'shut'; expected one of open, locked"),
        ("open", TEN.replace(tzinfo=UTC), "x", "without one"),
        ("open", TEN, "", "without a client"),
    ],
)
def test_report_that_makes_no_sense_is_refused(
    door: Door, what: str, at: datetime, client: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        door.tell(what, at, client)
    assert stored(door.registry) == []


def test_report_on_no_station_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFoundError):
        Door(registry, "NONE").tell("open")


def test_report_that_changes_no_record_makes_no_version(door: Door) -> None:
    version = door.registry.version
    for what in ("open", "locked", "broken", "wrong_place"):
        door.tell(what)
    assert door.registry.version == version


# what follows


def test_first_locked_opens_one_task_and_further_ones_add_to_it(door: Door) -> None:
    door.tell("locked")
    assert door.open_tasks == {"phone_host": "1 x locked, in posted hours"}
    door.tell("locked", TEN + timedelta(minutes=9))
    door.tell("open", TEN + timedelta(minutes=20), "other")
    door.tell("locked", TEN + timedelta(minutes=30))
    (task,) = tasks(door.registry)
    assert task.reason == "3 x locked, in posted hours; since then 1 x open"
    assert (task.opened_at, task.code, task.done_at) == (TEN, door.code, None)


@pytest.mark.parametrize(
    ("what", "task"), [("broken", "check_equipment"), ("wrong_place", "check_position")]
)
def test_broken_and_wrong_place_open_their_task_once(door: Door, what: str, task: str) -> None:
    door.tell(what)
    door.tell(what, client="other")
    assert door.open_tasks == {task: f"2 x {what}"}
    assert door.disputed_on is None


def test_two_witnesses_in_posted_hours_dispute_the_station(door: Door) -> None:
    assert door.tell("locked", client="one").disputed_on is None
    assert door.tell("locked", client="two").disputed_on == DAY.date()
    assert door.disputed_on == DAY.date()
    assert door.registry.snapshot().disputed.tolist() == [True]
    change = door.registry.changes(door.code)[-1]
    assert change.batch.action == "report"
    assert change.after == {"facts": {"disputed_on": "2026-05-06"}}


def test_one_client_twice_is_one_witness_on_one_day(door: Door) -> None:
    door.tell("locked", TEN)
    door.tell("locked", TEN + timedelta(hours=6))
    assert door.disputed_on is None
    door.tell("locked", TEN + timedelta(days=1))
    assert door.disputed_on == date(2026, 5, 7)


def test_one_client_around_midnight_is_one_witness(registry: Registry) -> None:
    door = Door(registry, bring(registry, hours="每天 0:00-24:00"))
    door.tell("locked", DAY - timedelta(minutes=1))
    door.tell("locked", DAY)
    assert door.disputed_on is None
    door.tell("locked", DAY + APART)
    assert door.disputed_on == DAY.date()


def test_outside_posted_hours_nothing_follows(door: Door) -> None:
    for client in ("one", "two", "three"):
        door.tell("locked", DAY.replace(hour=20), client)
    door.tell("locked", client="four")
    assert door.disputed_on is None
    assert door.open_tasks == {"phone_host": "1 x locked, in posted hours"}
    assert len(stored(door.registry)) == 4


def test_unknown_hours_are_asked_for_and_never_disputed(registry: Registry) -> None:
    door = Door(registry, bring(registry, hours=""))
    for day, client in itertools.product((0, 1), ("one", "two")):
        got = door.tell("locked", TEN + timedelta(days=day), client)
        assert got.posted_open is None
    assert door.disputed_on is None
    assert door.open_tasks == {"phone_host": "4 x locked, hours unknown"}


def test_open_door_does_not_clear_a_dispute(door: Door) -> None:
    door.tell("locked", client="one")
    door.tell("locked", client="two")
    door.tell("open", TEN + timedelta(hours=1), "three")
    assert door.disputed_on == DAY.date()
    assert door.open_tasks["phone_host"].endswith("since then 1 x open")


@pytest.mark.parametrize("seed", range(4))
def test_order_of_arrival_does_not_matter(registry: Registry, seed: int) -> None:
    at = {1: TEN, 2: TEN + timedelta(hours=1), 3: TEN + timedelta(hours=2)}
    told = [
        ("locked", at[2], "one"), ("locked", at[1], "one"), ("locked", at[3], "two"),
        ("open", at[2], "three"), ("broken", at[1], "one"), ("locked", DAY.replace(hour=7), "six"),
    ]  # fmt: skip
    random.Random(seed).shuffle(told)  # noqa: S311
    door = Door(registry, bring(registry))
    for what, when, client in told:
        door.tell(what, when, client)
    assert door.disputed_on == DAY.date()
    assert door.open_tasks == {
        "phone_host": "3 x locked, in posted hours; since then 1 x open",
        "check_equipment": "1 x broken",
    }


sightings = st.lists(
    st.builds(
        Sighting,
        st.integers(0, 4 * 24).map(lambda hour: DAY + timedelta(hours=hour)),
        st.sampled_from(["a", "b", None]),
    ),
    max_size=7,
)


def slow_dispute_day(seen: list[Sighting], *, doubt: bool) -> date | None:
    """Every pair, by the words of the rule."""
    days = []
    for one, other in itertools.combinations(seen, 2):
        same_day = one.at.date() == other.at.date()
        known = one.witness is not None and other.witness is not None
        differ = one.witness != other.witness if known else doubt
        far = abs(one.at - other.at) >= APART
        if differ if same_day else far:
            days.append(max(one.at, other.at).date())
    return min(days, default=None)


@given(sightings, st.booleans())
def test_dispute_day_is_that_of_every_pair(seen: list[Sighting], doubt: bool) -> None:
    assert dispute_day(seen, doubt=doubt) == slow_dispute_day(seen, doubt=doubt)
    assert dispute_day(seen[::-1], doubt=doubt) == dispute_day(seen, doubt=doubt)


@given(sightings, sightings)
def test_more_sightings_never_take_a_dispute_back(a: list[Sighting], b: list[Sighting]) -> None:
    before, after = dispute_day(a), dispute_day(a + b)
    assert before is None or (after is not None and after <= before)


# the host's answer


def test_answer_closes_the_task_clears_the_dispute_and_stays_in_the_history(door: Door) -> None:
    door.tell("locked", client="one")
    door.tell("locked", client="two")
    said = answer(
        door.registry,
        door.code,
        by=UNION,
        outcome="closed",
        note="忘了 开门",
        at=TEN.replace(hour=11),
    )
    assert said == 2
    assert (door.disputed_on, door.open_tasks) == (None, {})
    (task,) = tasks(door.registry, open_only=False)
    assert (task.done_by, task.outcome) == ("王工", "closed: 忘了 开门")
    assert task.done_at == TEN.replace(hour=11)
    change = door.registry.changes(door.code)[-1]
    assert change.before == {"facts": {"disputed_on": "2026-05-06"}}
    assert (change.batch.who, change.batch.action) == ("王工", "answer")
    assert "忘了 开门" in change.batch.why
    assert {row.moderation for row in stored(door.registry)} == {"confirmed"}


def test_after_an_answer_two_new_reports_are_needed(door: Door) -> None:
    door.tell("locked", client="one")
    door.tell("locked", client="two")
    answer(door.registry, door.code, by=UNION, outcome="open", at=TEN.replace(hour=11))
    door.tell("locked", TEN.replace(hour=11), "three")  # the very minute is after it
    assert door.disputed_on is None
    door.tell("locked", TEN.replace(hour=12), "four")
    assert door.disputed_on == DAY.date()
    assert door.open_tasks == {"phone_host": "2 x locked, in posted hours"}


def test_report_about_a_time_before_the_answer_is_kept_and_opens_nothing(door: Door) -> None:
    door.tell("locked", client="one")
    answer(door.registry, door.code, by=UNION, outcome="open", at=TEN.replace(hour=11))
    assert door.tell("locked", TEN.replace(hour=10, minute=59), "two").state == "late"
    assert door.open_tasks == {}
    assert [row.moderation for row in stored(door.registry)] == ["mistaken", "late"]


def test_dispute_from_a_list_is_answered_too(door: Door) -> None:
    facts = {"disputed_on": date(2026, 4, 1)}
    door.registry.edit(door.code, lambda entry: replace(entry, facts=facts), by=UNION)
    door.tell("broken")
    assert door.disputed_on == date(2026, 4, 1)
    assert answer(door.registry, door.code, by=UNION, outcome="hours_wrong", at=TEN) == 0
    assert door.disputed_on is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "perhaps"}, "unknown outcome 'perhaps'; expected one of open, closed"),
        ({"by": Actor()}, "nobody is named"),
        ({"note": "长" * 201}, "201 characters"),
        ({"at": TEN.replace(tzinfo=UTC)}, "without one"),
    ],
)
def test_answer_that_makes_no_sense_changes_nothing(
    door: Door, options: dict[str, Any], message: str
) -> None:
    door.tell("locked")
    with pytest.raises(InputError, match=message):
        answer(door.registry, door.code, **{"by": UNION, "outcome": "open", "at": TEN, **options})
    assert "phone_host" in door.open_tasks


def test_answer_where_nothing_was_asked_is_refused(door: Door) -> None:
    door.tell("locked", DAY.replace(hour=20))
    with pytest.raises(InputError, match="nothing is open with the host"):
        answer(door.registry, door.code, by=UNION, outcome="open", at=TEN)


# tasks


def test_finished_task_answers_its_reports_and_a_new_one_opens_another(door: Door) -> None:
    door.tell("broken")
    (task,) = tasks(door.registry)
    options: dict[str, Any] = {"by": UNION, "at": TEN}
    assert finish_task(door.registry, task.id, outcome="微波炉已修", **options) == 1
    with pytest.raises(ConflictError, match="was done at 2026-05-06 10:00 by 王工"):
        finish_task(door.registry, task.id, outcome="again", **options)
    door.tell("broken", TEN + timedelta(hours=1))
    assert door.open_tasks == {"check_equipment": "1 x broken"}
    assert [done.outcome for done in tasks(door.registry, open_only=False)] == ["微波炉已修", ""]


def test_tasks_that_end_otherwise_are_not_finished(door: Door) -> None:
    for number in range(FLOOD_PER_HOUR + 1):
        door.tell("locked", client=str(number))
    kinds = {task.what: task.id for task in tasks(door.registry)}
    options: dict[str, Any] = {"by": UNION, "at": TEN, "outcome": "x"}
    with pytest.raises(InputError, match="phone the host"):
        finish_task(door.registry, kinds["phone_host"], **options)
    with pytest.raises(InputError, match="each held report"):
        finish_task(door.registry, kinds["review_reports"], **options)
    with pytest.raises(NotFoundError, match="no task has the number 99"):
        finish_task(door.registry, 99, **options)
    with pytest.raises(InputError, match="no outcome"):
        finish_task(door.registry, 1, **options | {"outcome": " "})


# limits and moderation


def test_client_has_its_share_in_ten_minutes_and_in_a_day(door: Door) -> None:
    span, most = SPAN_LIMIT
    states = [door.tell("open", TEN).state for _ in range(most + 1)]
    assert states == ["accepted"] * most + ["refused"]
    assert door.tell("open", TEN, "other").state == "accepted"
    assert door.tell("open", TEN + span).state == "accepted"
    later = [door.tell("open", TEN + span * (2 + n)).state for n in range(DAY_LIMIT)]
    assert later.count("accepted") == DAY_LIMIT - most - 1
    assert door.tell("open", TEN + timedelta(days=1)).state == "accepted"


def test_refused_report_is_told_and_not_kept(door: Door) -> None:
    for _ in range(SPAN_LIMIT[1]):
        door.tell("open")
    got = door.tell("locked")
    assert (got.id, got.state) == (None, "refused")
    assert len(stored(door.registry)) == SPAN_LIMIT[1]
    assert door.open_tasks == {}


def test_flood_at_a_station_is_held_until_somebody_looked(door: Door) -> None:
    for number in range(FLOOD_PER_HOUR):
        door.tell("open", client=str(number))
    held = [door.tell("locked", client=f"x{number}") for number in range(2)]
    assert [got.state for got in held] == ["held", "held"]
    assert door.open_tasks == {"review_reports": "2 x locked, in posted hours"}
    assert door.tell("locked", TEN + timedelta(hours=1), "y").state == "accepted"
    accepted = moderate(door.registry, held[0].id or 0, accept=True, by=UNION, at=TEN)
    assert (accepted.state, accepted.disputed_on) == ("accepted", DAY.date())
    rejected = moderate(door.registry, held[1].id or 0, accept=False, by=UNION, at=TEN)
    assert (rejected.state, rejected.disputed_on) == ("rejected", DAY.date())
    assert door.open_tasks == {"phone_host": "2 x locked, in posted hours; since then 10 x open"}
    done = [task for task in tasks(door.registry, open_only=False) if task.done_at]
    assert [(task.what, task.done_by, task.outcome) for task in done] == [
        ("review_reports", "王工", "reviewed")
    ]


def test_reports_are_listed_by_station_and_state_without_witness(registry: Registry) -> None:
    first, second = Door(registry, bring(registry, "A")), Door(registry, bring(registry, "B"))
    one, two = first.tell("locked"), second.tell("broken", DAY)
    assert one.id is not None
    assert two.id is not None
    told = StoredReport(one.id, first.code, "locked", TEN, True, "accepted")
    other = StoredReport(two.id, second.code, "broken", DAY, False, "accepted")
    assert reports(registry) == [told, other]
    assert reports(registry, code=second.code) == [other]
    answer(registry, first.code, by=UNION, outcome="open", at=TEN)
    assert reports(registry, state="accepted") == [other]
    assert reports(registry, state="mistaken") == [replace(told, state="mistaken")]


def test_held_report_accepted_after_the_answer_is_late(door: Door) -> None:
    for number in range(FLOOD_PER_HOUR):
        door.tell("locked", client=str(number))
    held = door.tell("locked", client="x")
    answer(door.registry, door.code, by=UNION, outcome="closed", at=TEN.replace(hour=11))
    assert door.open_tasks == {"review_reports": "1 x locked, in posted hours"}
    got = moderate(door.registry, held.id or 0, accept=True, by=UNION, at=TEN.replace(hour=12))
    assert (got.state, got.disputed_on) == ("late", None)
    assert door.open_tasks == {}


def test_one_client_cannot_hold_back_what_others_say(door: Door) -> None:
    taps = [door.tell("open", TEN + timedelta(minutes=3 * n)).state for n in range(15)]
    assert taps == ["accepted"] * 15
    assert door.tell("locked", TEN + timedelta(minutes=45), "other").state == "accepted"


def test_station_takes_no_more_than_a_days_share(door: Door) -> None:
    station = door.registry.entry(door.code).id
    row = {"station_id": station, "what": "open", "at": TEN, "posted_open": True,
           "witness": None, "moderation": "held"}  # fmt: skip
    with door.registry.database.write() as connection:
        connection.execute(sa.insert(models.report), [row] * MOST_PER_DAY)
    assert door.tell("locked", DAY.replace(hour=16)).state == "refused"
    assert door.tell("locked", TEN + timedelta(days=1)).state == "accepted"


def test_rejected_prank_takes_task_and_dispute_back(door: Door) -> None:
    first = door.tell("locked", client="one")
    second = door.tell("locked", client="two")
    got = moderate(door.registry, second.id or 0, accept=False, by=UNION, at=TEN)
    assert got.disputed_on is None
    assert door.disputed_on is None
    assert door.open_tasks == {"phone_host": "1 x locked, in posted hours"}
    assert door.registry.changes(door.code)[-1].batch.who == "王工"
    moderate(door.registry, first.id or 0, accept=False, by=UNION, at=TEN.replace(hour=12))
    assert door.open_tasks == {}
    (task,) = tasks(door.registry, open_only=False)
    assert (task.outcome, task.done_by) == ("withdrawn", "王工")
    # a decision can be taken back, and the withdrawn task was no answer of the host
    moderate(door.registry, first.id or 0, accept=True, by=UNION, at=TEN)
    got = moderate(door.registry, second.id or 0, accept=True, by=UNION, at=TEN)
    assert got.disputed_on == DAY.date()
    assert door.open_tasks == {"phone_host": "2 x locked, in posted hours"}


def test_rejecting_one_of_three_keeps_the_dispute(door: Door) -> None:
    got = [door.tell("locked", client=str(number)) for number in range(3)]
    assert (
        moderate(door.registry, got[0].id or 0, accept=False, by=UNION, at=TEN).disputed_on
        == DAY.date()
    )


def test_rejecting_touches_no_dispute_that_reports_did_not_make(door: Door) -> None:
    facts = {"disputed_on": date(2026, 4, 1)}
    door.registry.edit(door.code, lambda entry: replace(entry, facts=facts), by=UNION)
    got = door.tell("locked")
    moderate(door.registry, got.id or 0, accept=False, by=UNION, at=TEN)
    assert door.disputed_on == date(2026, 4, 1)


def test_after_erasure_an_old_dispute_stays_and_no_new_one_is_made_of_a_past_day(
    registry: Registry,
) -> None:
    doors = [Door(registry, bring(registry, name)) for name in "AB"]
    for door in doors:
        door.tell("locked", client="one")
    third = doors[0].tell("locked", client="two")
    pranks = [doors[1].tell("locked", client=client) for client in ("two", "three")]
    for prank in pranks:
        moderate(registry, prank.id or 0, accept=False, by=UNION, at=TEN)
    assert (doors[0].disputed_on, doors[1].disputed_on) == (DAY.date(), None)
    assert erase_witnesses(registry, date(2026, 5, 7)) == 5
    doors[0].tell("broken", TEN + timedelta(days=1))
    assert doors[0].disputed_on == DAY.date()
    moderate(registry, pranks[0].id or 0, accept=True, by=UNION, at=TEN)
    assert doors[1].disputed_on is None
    moderate(registry, third.id or 0, accept=False, by=UNION, at=TEN)
    assert doors[0].disputed_on is None


def test_rejecting_another_report_moves_no_dispute(door: Door) -> None:
    door.tell("locked", client="one")
    door.tell("locked", TEN + timedelta(minutes=1), client="one")
    prank = door.tell("broken", client="one")
    next_day = TEN + timedelta(days=1)
    door.tell("locked", next_day, client="two")
    erase_witnesses(door.registry, date(2026, 5, 8))
    got = moderate(door.registry, prank.id or 0, accept=False, by=UNION, at=next_day)
    assert got.disputed_on == door.disputed_on == next_day.date()


def test_moderating_what_is_answered_or_absent_is_told(door: Door) -> None:
    got = door.tell("locked")
    answer(door.registry, door.code, by=UNION, outcome="open", at=TEN)
    with pytest.raises(ConflictError, match="was answered: it is mistaken"):
        moderate(door.registry, got.id or 0, accept=False, by=UNION, at=TEN)
    with pytest.raises(NotFoundError, match="no report has the number 99"):
        moderate(door.registry, 99, accept=True, by=UNION, at=TEN)
    with pytest.raises(InputError, match="nobody is named"):
        moderate(door.registry, 99, accept=True, by=Actor(), at=TEN)


# what is not kept


def test_erased_witnesses_leave_nothing_but_the_reports(door: Door) -> None:
    door.tell("open", client="one")
    door.tell("open", TEN + timedelta(days=1), "one")
    assert erase_witnesses(door.registry, date(2026, 5, 7)) == 0  # the new day's report did it
    assert [row.witness is None for row in stored(door.registry)] == [True, False]
    assert erase_witnesses(door.registry, date(2026, 5, 8), door.witnesses) == 1
    assert [row.witness for row in stored(door.registry)] == [None, None]


def test_reports_of_one_client_at_two_stations_have_nothing_in_common(registry: Registry) -> None:
    first, second = Door(registry, bring(registry, "A")), Door(registry, bring(registry, "B"))
    second.witnesses = first.witnesses
    first.tell("open")
    second.tell("open")
    first.tell("open")
    one, two, three = (row.witness for row in stored(registry))
    assert one == three != two


def test_client_is_in_no_file_of_the_registry(tmp_path: Path) -> None:
    client = "203.0.113.77"
    with Registry.open(tmp_path, create=True) as registry:
        door = Door(registry, bring(registry))
        door.witnesses = Witnesses.beside(registry)
        door.tell("locked", client=client)
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        assert {"registry.sqlite", "registry.sqlite-wal"} & {file.name for file in files}
        assert len(stored(registry)) == 1
        for file in files:
            assert client.encode() not in file.read_bytes(), file.name


# two processes

_REPORTING = """
import sys
from datetime import datetime, timedelta
from geodata.calendar import load_calendar
from locator.registry import Registry
from locator.registry.reports import report
from locator.registry.witnesses import Witnesses

place, folder, code, mine = sys.argv[1:]
from pathlib import Path
with Registry.open(place) as registry:
    witnesses = Witnesses(Path(folder))
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(4):
        for client in ("both", mine):
            report(
                registry, code, "locked", client=client, calendar=load_calendar(),
                at=datetime(2026, 5, 6, 9) + timedelta(hours=2 * number), witnesses=witnesses,
            )
"""


@pytest.mark.slow
def test_two_processes_at_once_lose_nothing_and_know_one_client(
    registry_place: str | Path, tmp_path: Path
) -> None:
    with Registry.open(registry_place, create=True) as registry:
        code = bring(registry, hours="每天 0:00-24:00")
        running = [
            subprocess.Popen(
                [sys.executable, "-c", _REPORTING, str(registry_place), str(tmp_path), code, mine],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for mine in ("left", "right")
        ]  # fmt: skip
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in running:
            process.communicate(timeout=60)
            assert process.returncode == 0
        rows = stored(registry)
        assert len(rows) == 16
        assert len({row.witness for row in rows}) == 3
        assert registry.entry(code).facts["disputed_on"] == date(2026, 5, 6)
        (task,) = tasks(registry)
        assert task.reason == "16 x locked, in posted hours"
