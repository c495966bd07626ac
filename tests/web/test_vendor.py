"""Front-end packages: all or nothing, and never a file that changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locator.errors import DataError, InputError
from webapp.vendor import FILES, MANIFEST, NODE_MODULES, copy_packages, read_manifest


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    """Packages as npm lays them out, with short files."""
    folder = tmp_path / "node_modules"
    for package, names in FILES.items():
        for name in names:
            path = folder / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{package} {name}")
        about = {"version": "1.2.3", "license": "MIT"}
        (folder / package / "package.json").write_text(json.dumps(about))
    return folder


def test_copy_packages_brings_files_licences_and_hashes(node_modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "static" / "vendor"
    hashes = copy_packages(node_modules, target)
    assert set(hashes) == {f"{package}/{name}" for package in FILES for name in FILES[package]}
    assert all(f"{package}/LICENSE" in hashes for package in FILES)
    assert read_manifest(target) == hashes
    manifest = json.loads((target / MANIFEST).read_text())
    assert manifest["packages"]["leaflet"] == {"version": "1.2.3", "licence": "MIT"}


def test_pages_are_given_all_packages_that_are_installed_for_them() -> None:
    checkout = NODE_MODULES.parent
    wanted = json.loads((checkout / "package.json").read_text("utf-8"))["dependencies"]
    lock = json.loads((checkout / "package-lock.json").read_text("utf-8"))["packages"][""]
    assert set(wanted) == set(FILES)
    assert lock["dependencies"] == wanted


def test_copy_packages_again_replaces_what_was_there(node_modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    copy_packages(node_modules, target)
    (target / "old.js").write_text("old")
    copy_packages(node_modules, target)
    assert not (target / "old.js").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_copy_packages_without_npm_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="npm ci"):
        copy_packages(tmp_path / "node_modules", tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_read_manifest_where_nothing_is_installed_is_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_read_manifest_of_damaged_folder_says_what_to_run(
    node_modules: Path, tmp_path: Path, damage: str
) -> None:
    target = tmp_path / "vendor"
    copy_packages(node_modules, target)
    script = target / "leaflet" / "dist" / "leaflet.js"
    if damage == "changed":
        script.write_text("alert(1)")
    elif damage == "missing":
        script.unlink()
    else:
        (target / MANIFEST).write_text("{")
    with pytest.raises(DataError, match=r"python -m webapp\.vendor"):
        read_manifest(target)
