"""Pages given back: read again when asked, and never lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locator.mapped import give_back

STATUS = Path("/proc/self/smaps")


def resident_kb(name: str) -> int:
    """Kilobytes of a mapped file that count as memory of this process."""
    total, counts = 0, False
    for line in STATUS.read_text().splitlines():
        if "-" in line.split(" ", 1)[0]:
            counts = line.endswith(name)
        elif counts and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the pages of a file")
def test_pages_of_a_mapped_file_go_and_come_back(tmp_path: Path) -> None:
    values = np.arange(1_000_000.0)
    np.save(tmp_path / "own_pages.npy", values)
    mapped = np.asarray(np.load(tmp_path / "own_pages.npy", mmap_mode="r"))[10:]
    assert mapped.sum() == values[10:].sum()
    assert resident_kb("own_pages.npy") > 7000
    give_back([mapped])
    assert resident_kb("own_pages.npy") == 0
    np.testing.assert_array_equal(mapped, values[10:])


def test_arrays_in_memory_and_mappings_that_are_written_keep_their_values(tmp_path: Path) -> None:
    plain = np.arange(5000.0)
    np.save(tmp_path / "own.npy", np.zeros(5000))
    copied = np.load(tmp_path / "own.npy", mmap_mode="c")
    copied[:] = plain
    give_back([plain, copied, np.empty(0)])
    np.testing.assert_array_equal(plain, np.arange(5000.0))
    np.testing.assert_array_equal(copied, plain)
