"""Private fields are sealed, for the same words the same, and opened by their key alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import DataError
from locator.registry.sealing import Sealer

MOBILE = "13800000000"


@given(text=st.text(min_size=1))
def test_any_text_comes_back_and_equal_texts_seal_alike(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    sealer = Sealer(tmp_path_factory.getbasetemp() / "one.key")
    sealed = sealer.seal("keeper_name", text)
    assert sealed.isascii()
    assert sealed == sealer.seal("keeper_name", text)
    assert sealer.reveal("keeper_name", sealed) == text


def test_sealed_text_hides_its_words_and_depends_on_field_and_key(tmp_path: Path) -> None:
    one, other = Sealer(tmp_path / "one.key"), Sealer(tmp_path / "other.key")
    sealed = one.seal("keeper_phone", MOBILE)
    assert MOBILE not in sealed
    assert sealed != one.seal("keeper_name", MOBILE)
    assert sealed != other.seal("keeper_phone", MOBILE)
    assert Sealer(tmp_path / "one.key").reveal("keeper_phone", sealed) == MOBILE


def test_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    Sealer(tmp_path / "a.key").seal("keeper_name", "x")
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600


def test_nothing_sealed_needs_no_key(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path / "a.key")
    assert sealer.seal("keeper_name", "") == ""
    assert not (tmp_path / "a.key").exists()


def test_lost_or_wrong_or_unnamed_key_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = Sealer(tmp_path / "a.key").seal("keeper_name", "x")
    with pytest.raises(DataError, match="put it back from a backup"):
        Sealer(tmp_path / "lost.key").reveal("keeper_name", sealed)
    Sealer(tmp_path / "b.key").seal("keeper_name", "y")
    with pytest.raises(DataError, match="does not open"):
        Sealer(tmp_path / "b.key").reveal("keeper_name", sealed)
    with pytest.raises(DataError, match="LOCATOR_KEY_FILE"):
        Sealer(None).seal("keeper_name", "x")
    monkeypatch.setenv("LOCATOR_KEY_FILE", str(tmp_path / "a.key"))
    assert Sealer(None).reveal("keeper_name", sealed) == "x"
    (tmp_path / "a.key").write_text("junk!", encoding="utf-8")
    with pytest.raises(DataError, match="put it back from a backup"):
        Sealer(None).reveal("keeper_name", sealed)
