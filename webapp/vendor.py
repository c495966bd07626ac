"""Front-end packages: copied from node_modules into static/vendor, never committed.

Run as `python -m webapp.vendor` after `npm ci`. Pages are served from our own host alone, so what
they need of Leaflet is copied here with its licence, and a manifest keeps the sha256 of every
file: a page is told to load a file only while it still is the one that was copied.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locator.errors import DataError, InputError, LocatorError

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "static" / "vendor"
NODE_MODULES = HERE.parent / "node_modules"
MANIFEST = "manifest.json"

# package -> its files, by their name in the package; the licence always comes along.
FILES: Mapping[str, tuple[str, ...]] = {
    "leaflet": (
        "LICENSE",
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "dist/images/marker-icon-2x.png",
        "dist/images/marker-shadow.png",
    ),
    "protomaps-leaflet": ("LICENSE", "dist/protomaps-leaflet.js"),
}


def copy_packages(node_modules: Path, target: Path) -> dict[str, str]:
    """Copy the needed files of the installed packages and write the manifest.

    The folder is built aside and then swapped in, so that a running server never sees half.

    Parameters
    ----------
    node_modules
        Where `npm ci` put the packages.
    target
        Folder to replace, `<target>/<package>/<file>`.

    Returns
    -------
    dict
        sha256 of each file by its path below `target`.

    Raises
    ------
    InputError
        A package or one of its files is not installed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".vendor-") as aside:
        built = Path(aside) / "vendor"
        for package, names in FILES.items():
            for name in names:
                _copy(node_modules / package / name, built / package / name)
        hashes = {
            path.relative_to(built).as_posix(): _sha256(path)
            for path in sorted(built.rglob("*"))
            if path.is_file()
        }
        manifest = {"packages": {p: _package(node_modules / p) for p in FILES}, "files": hashes}
        (built / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        if target.exists():
            target.rename(Path(aside) / "old")
        built.rename(target)
    return hashes


def read_manifest(target: Path = VENDOR) -> dict[str, str] | None:
    """Return the sha256 of each copied file, or None where the packages are not installed.

    Raises
    ------
    DataError
        The folder is there but a file of it is missing or is not the one that was copied.
    """
    path = target / MANIFEST
    if not path.is_file():
        return None
    try:
        hashes: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["files"]
        damaged = [name for name, known in hashes.items() if _sha256(target / name) != known]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DataError(
            f"{path} cannot be used ({type(error).__name__}); run `python -m webapp.vendor` again"
        ) from error
    if damaged:
        raise DataError(
            f"{damaged[0]} in {target} is not the file that was installed; "
            "run `python -m webapp.vendor` again"
        )
    return hashes


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise InputError(
            f"no file {source}: expected the front-end packages of package-lock.json; "
            "run `npm ci --ignore-scripts` first"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _package(folder: Path) -> dict[str, Any]:
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    return {"version": about["version"], "licence": about["license"]}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Copy the packages of this checkout; returns the exit code."""
    try:
        hashes = copy_packages(NODE_MODULES, VENDOR)
    except LocatorError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    sys.stderr.write(f"{len(hashes)} front-end files in {VENDOR}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
