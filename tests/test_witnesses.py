"""Witnesses of reports: the same for a day, nobody's afterwards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from locator.errors import DataError
from locator.registry import Registry, witnesses
from locator.registry.witnesses import Witnesses

DAY = date(2026, 5, 6)
NEXT = date(2026, 5, 7)
TEN = datetime(2026, 5, 6, 10)


def begun(folder: Path | None = None, day: date = DAY) -> Witnesses:
    made = Witnesses(folder)
    assert made.begin(day)
    return made


def test_witness_is_the_same_for_client_station_and_day_only() -> None:
    made = begun()
    one = made.tell("a", "NT-1", DAY)
    assert one == made.tell("a", "NT-1", DAY)
    assert one not in {made.tell("b", "NT-1", DAY), made.tell("a", "NT-2", DAY), None}
    assert made.tell("1a", "NT-", DAY) != one
    assert made.begin(NEXT)
    assert made.tell("a", "NT-1", NEXT) != one


def test_witness_of_another_day_is_not_told() -> None:
    made = begun()
    assert made.tell("a", "NT-1", NEXT) is None
    assert not made.begin(DAY)
    assert not made.begin(DAY - timedelta(days=1))
    assert Witnesses().tell("a", "NT-1", DAY) is None


def test_two_keys_give_two_witnesses() -> None:
    assert begun().tell("a", "NT-1", DAY) != begun().tell("a", "NT-1", DAY)


def test_key_in_a_folder_is_shared_and_its_owners_alone(tmp_path: Path) -> None:
    one, other = begun(tmp_path), begun(tmp_path)
    assert one.tell("a", "NT-1", DAY) == other.tell("a", "NT-1", DAY)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_key_of_a_past_day_is_thrown_away(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.begin(NEXT)
    assert [file.name for file in tmp_path.iterdir()] == ["witnesses-2026-05-07.key"]
    made.forget(NEXT)
    assert made.tell("a", "NT-1", NEXT)
    made.forget(NEXT + timedelta(days=1))
    assert made.tell("a", "NT-1", NEXT) is None
    assert list(tmp_path.iterdir()) == []


def test_keys_lie_beside_the_registry_or_its_private_key(registry_place: str | Path) -> None:
    with Registry.open(registry_place, create=True) as registry:
        made = Witnesses.beside(registry)
        made.begin(DAY)
        key_file = registry.sealer.key_file
    assert key_file is not None
    folder = registry_place if isinstance(registry_place, Path) else key_file.parent
    assert (folder / "witnesses-2026-05-06.key").exists()


def test_damaged_or_impossible_key_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "witnesses-2026-05-06.key").write_bytes(b"short")
    with pytest.raises(DataError, match="is damaged: remove it"):
        Witnesses(tmp_path).begin(DAY)
    with pytest.raises(DataError, match="cannot make the witness key"):
        Witnesses(tmp_path / "absent").begin(DAY)


def test_shares_of_clients_are_their_own_and_end_with_the_day() -> None:
    made = begun()
    span, most = witnesses.SPAN_LIMIT
    assert [made.take_turn("a", TEN) for _ in range(most + 1)] == [True] * most + [False]
    assert made.take_turn("b", TEN)
    assert not made.take_turn("a", TEN + span - timedelta(microseconds=1))
    assert made.take_turn("a", TEN + span)
    assert made.begin(NEXT)
    assert made.take_turn("a", TEN)


def test_many_made_up_clients_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnesses, "_MOST_CLIENTS", 10)
    made = begun()
    assert all(made.take_turn(str(number), TEN) for number in range(95))
    assert len(made._turns) <= 10
