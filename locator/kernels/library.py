"""Where the machine code of the loops is kept, and how it is made at set-up.

`python -m locator.kernels` compiles all loops into one library, ahead of time, by numba's `pycc`:
what runs them later needs neither numba nor its compiler, which cost a process 100 MB and a command
0.8 s. Where that cannot be made (no C compiler) or is not there, numba compiles each loop at its
first call and keeps it in the same folder (`locator.kernels.compiler`).

The folder is `NUMBA_CACHE_DIR`. Where that is unset it is set here, before numba is imported, to
the first folder that can be written; where there is none the loops run uncached, with one warning.
A library that is there already is run from a folder that cannot be written, too.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_HERE = Path(__file__).parent
_NAME = "station_kernels"


def _is_writable(folder: Path) -> bool:
    """Tell whether a file can really be made there (permission bits lie on some mounts)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return False  # somebody else's folder could hold somebody else's machine code
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _folders() -> list[Path]:
    """Where machine code of these sources may be kept, the best first."""
    given, mark = os.environ.get("NUMBA_CACHE_DIR"), mark_sources(_HERE)
    if given:
        return [Path(given)]
    home_cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return [
        Path(home_cache) / "station-locator" / "numba" / mark,
        Path(tempfile.gettempdir()) / f"station-locator-numba-{user}" / mark,
    ]


@lru_cache(maxsize=8)
def mark_sources(folder: Path) -> str:
    """Name the state of the modules that kernels are compiled from.

    numba looks for changes in a kernel's own file only: after a change of `heap.py` it would go on
    running the old one inside `whatif.py`. So each state of the sources has a cache of its own.
    """
    sources = [*sorted(folder.glob("*.py")), folder.parent / "arrays.py"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def set_cache_folder() -> bool:
    """Point numba at a writable cache folder for these sources; tell whether there is one.

    An existing `NUMBA_CACHE_DIR` is respected as it is, but checked; a process started by this one
    inherits the folder.
    """
    for folder in _folders():
        if _is_writable(folder):
            os.environ["NUMBA_CACHE_DIR"] = str(folder)
            return True
    return False


def warn_uncached() -> None:
    """Say that every run will compile anew."""
    warnings.warn(
        "no folder for compiled code can be written: the first question of every run will take "
        "about half a minute longer; set NUMBA_CACHE_DIR to a writable folder",
        RuntimeWarning,
        stacklevel=2,
    )


def library_name() -> str:
    """Name of the file for these sources and this Python, on any processor of the machine's kind.

    Code for the newest processors was no faster, and a cache folder in a home may be shared.
    """
    import numpy as np

    suffix = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
    version = np.__version__.partition(".")[0]  # its way of calling stays within these
    return f"{_NAME}-{mark_sources(_HERE)}-numpy{version}{suffix}"


# -- running it ------------------------------------------------------------------------------


def load_library() -> ModuleType | None:
    """The compiled loops; None where they were not compiled ahead, or cannot be used here."""
    name = library_name()
    for folder in _folders():
        path = folder / name
        if is_whole(path) and _is_trusted(path):
            try:
                return _load(path)
            except Exception:  # noqa: BLE001  (whatever it is, numba does its work instead)
                return None
    return None


def is_whole(path: Path) -> bool:
    """Whether a library is the one that was written: a damaged one would end the process."""
    try:
        told = _seal_of(path).read_text(encoding="ascii")
        return told == hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return False


def _seal_of(path: Path) -> Path:
    """The file beside a library that holds its checksum."""
    return path.with_name(f"{path.name}.sha256")


def _is_trusted(path: Path) -> bool:
    """Whether nobody else could have put that file, or its folder, there."""
    if not hasattr(os, "getuid"):
        return True
    for one in (path, path.parent, path.parent.parent):
        told = one.stat()
        shared = told.st_mode & stat.S_IWOTH and not told.st_mode & stat.S_ISVTX
        if told.st_uid not in {0, os.getuid()} or shared:
            return False
    return True


def _load(path: Path) -> ModuleType:
    loader = ExtensionFileLoader(_NAME, str(path))
    module = loader.create_module(ModuleSpec(_NAME, loader, origin=str(path)))
    loader.exec_module(module)
    return module


# -- making it -------------------------------------------------------------------------------


def build_library(loops: Iterable[tuple[str, Any, Callable[..., Any]]]) -> str:
    """Compile loops into the library, about a minute; why it could not be made, "" where it was.

    It appears whole, and tried, or not at all.

    Parameters
    ----------
    loops
        Name, signature in numba's types, and function of each.
    """
    if not set_cache_folder():
        return "no folder for it can be written"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that pycc will be replaced one day is said here
        try:
            from numba.pycc import cc
            from numba.pycc import compiler as pycc_compiler
        except ImportError as error:
            return f"{error.name or 'numba.pycc'} is not installed"
    path = Path(os.environ["NUMBA_CACHE_DIR"]) / library_name()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        known = vars(pycc_compiler)
        flags = known.get("Flags")
        try:
            known["Flags"] = _without_lock(flags)
            library = cc.CC(_NAME)
            library.output_dir, library.output_file = folder, path.name
            for name, signature, function in loops:
                library.export(name, signature)(function)
            library.compile()
        except Exception as error:  # noqa: BLE001  (of setuptools and the C compiler, any kind)
            return f"the C compiler failed: {' '.join(str(error).split())[-300:]}"
        finally:
            known["Flags"] = flags
        if not _can_be_loaded(made):
            return "it was made, and cannot be loaded"
        _put(made, path)
    return ""


def _without_lock(flags: Any) -> Callable[[], Any]:
    """Flags of a compilation, with the interpreter's lock let go while a loop runs."""

    def make() -> Any:
        made = flags()
        made.release_gil = True
        return made

    return make


def _can_be_loaded(path: Path) -> bool:
    """Whether another process can run it: some mounts run no code, some linkers make none."""
    program = (
        "import sys; from importlib.machinery import ExtensionFileLoader, ModuleSpec; "
        f"loader = ExtensionFileLoader({_NAME!r}, sys.argv[1]); "
        f"spec = ModuleSpec({_NAME!r}, loader, origin=sys.argv[1]); "
        "loader.exec_module(loader.create_module(spec))"
    )
    tried = subprocess.run(  # noqa: S603  (our own interpreter)
        [sys.executable, "-c", program, str(path)], capture_output=True, check=False
    )
    return tried.returncode == 0


def _put(made: Path, path: Path) -> None:
    """Give a library its place and its seal, safe from a loss of power."""
    seal = made.with_name("seal")
    seal.write_text(hashlib.sha256(made.read_bytes()).hexdigest(), encoding="ascii")
    for one in (made, seal):
        with one.open("rb") as written:
            os.fsync(written.fileno())
    made.replace(path)
    seal.replace(_seal_of(path))
