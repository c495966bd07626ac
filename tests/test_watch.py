"""A watched registry tells every change, of whoever makes it, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geodata.tables import rows_from_records
from locator.registry import Registry
from locator.registry.watch import Watch


def bring(registry: Registry, name: str) -> None:
    rows = rows_from_records([{"name": name, "lon": 120.5, "lat": 32}], source="list")
    registry.import_rows(rows, datum="wgs84", kind="rest_station")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry.open(tmp_path, create=True)


def test_mark_stays_until_something_is_written(tmp_path: Path, registry: Registry) -> None:
    watch = Watch(tmp_path)
    before = watch.mark()
    assert before is not None
    registry.snapshot()
    assert watch.mark() == before
    bring(registry, "甲")
    after = watch.mark()
    assert after not in {None, before}
    assert watch.mark() == after


def test_mark_changes_with_what_another_process_writes(tmp_path: Path, registry: Registry) -> None:
    watch = Watch(tmp_path)
    bring(registry, "甲")
    before = watch.mark()
    code = (
        "import sys; from tests.test_watch import bring; from locator.registry import Registry; "
        "bring(Registry.open(sys.argv[1]), '乙')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert watch.mark() != before


def test_mark_changes_where_the_file_is_replaced(tmp_path: Path, registry: Registry) -> None:
    bring(registry, "甲")
    file = Path(registry.database.name)
    watch = Watch(file)
    before = watch.mark()
    copy = Path(shutil.copy(file, tmp_path / "copy"))
    os.replace(copy, file)  # noqa: PTH105
    after = watch.mark()
    assert after not in {None, before}
    bring(Registry.open(file), "乙")
    assert watch.mark() != after


def test_mark_of_what_cannot_be_watched_is_none(tmp_path: Path) -> None:
    assert Watch("postgresql://nobody@localhost/none").mark() is None
    assert Watch(tmp_path / "nowhere").mark() is None


def test_every_one_of_many_changes_is_seen(tmp_path: Path, registry: Registry) -> None:
    watch = Watch(tmp_path)
    marks = [watch.mark()]
    for number in range(20):
        bring(registry, f"站{number}")
        marks.append(watch.mark())
    assert len(set(marks)) == len(marks)
