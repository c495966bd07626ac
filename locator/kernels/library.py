"""Where the machine code of the loops is kept, and how it is made at set-up.

`python -m locator.kernels` compiles all loops into one library, ahead of time, by numba's `pycc`:
what runs them later needs neither numba nor its compiler, which cost a process 100 MB and a command
a second. Where that cannot be made (no C compiler) or is not there, numba compiles each loop at its
first call and keeps it in the same folder (`locator.kernels.compiler`).

The folder is `NUMBA_CACHE_DIR`. Where that is unset it is set here, before numba is imported, to
the first folder that can be written; where there is none the loops run uncached, with one warning.
"""

from __future__ import annotations

import hashlib
import os
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
_LEVEL = "x86-64-v3"
_LEVEL_FLAGS = {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}  # Linux's


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


def _candidates() -> list[Path]:
    home_cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return [
        Path(home_cache) / "station-locator" / "numba",
        Path(tempfile.gettempdir()) / f"station-locator-numba-{user}",
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
    given, mark = os.environ.get("NUMBA_CACHE_DIR"), mark_sources(_HERE)
    for folder in [Path(given)] if given else [parent / mark for parent in _candidates()]:
        if _is_writable(folder):
            os.environ["NUMBA_CACHE_DIR"] = str(folder)
            return True
    warnings.warn(
        "no folder for compiled code can be written: the first question of every run will take "
        "about half a minute longer; set NUMBA_CACHE_DIR to a writable folder",
        RuntimeWarning,
        stacklevel=2,
    )
    return False


CACHED = set_cache_folder()


def library_path() -> Path:
    """The file for these sources, this Python and this processor; it need not be there."""
    import numpy as np

    suffix = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
    version = np.__version__.partition(".")[0]  # its way of calling stays within these
    parts = (_NAME, mark_sources(_HERE), f"numpy{version}", processor() or "any")
    return Path(os.environ.get("NUMBA_CACHE_DIR", "")) / f"{'-'.join(parts)}{suffix}"


@lru_cache(maxsize=1)
def processor() -> str:
    """The level of this processor that loops are compiled for; "" for any of the machine's kind.

    Not the very processor: LLVM knows it by name alone, and a virtual machine may lack what others
    of that name have. A fifth of a search's time is between the levels.
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as lines:
            flags = next((line for line in lines if line.startswith("flags")), "")
    except OSError:
        return ""
    return _LEVEL if _LEVEL_FLAGS.issubset(flags.split()) else ""


def load_library() -> ModuleType | None:
    """The compiled loops; None where they were not compiled ahead, or cannot be used here."""
    path = library_path()
    if not CACHED or not path.is_file():
        return None
    loader = ExtensionFileLoader(_NAME, str(path))
    try:
        module = loader.create_module(ModuleSpec(_NAME, loader, origin=str(path)))
        loader.exec_module(module)
    except ImportError:
        return None  # numba does its work instead
    return module


def build_library(loops: Iterable[tuple[str, Any, Callable[..., Any]]]) -> bool:
    """Compile loops into the library, some 40 s; tell whether it could be made.

    It appears whole or not at all.

    Parameters
    ----------
    loops
        Name, signature in numba's types, and function of each.
    """
    if not CACHED:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that pycc will be replaced one day is said here
        try:
            from numba.pycc import cc
            from numba.pycc import compiler as pycc_compiler
        except ImportError:  # it wants setuptools
            return False
    path = library_path()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        flags = vars(pycc_compiler)["Flags"]
        vars(pycc_compiler)["Flags"] = _without_lock(flags)
        try:
            library = cc.CC(_NAME)
            library.output_dir, library.output_file = folder, path.name
            library.target_cpu = processor()
            for name, signature, function in loops:
                library.export(name, signature)(function)
            library.compile()
        except Exception as error:  # noqa: BLE001  (of setuptools and the C compiler, any kind)
            told = str(error).strip().partition("\n")[0]
            sys.stderr.write(f"no library of compiled loops could be made: {told}\n")
            return False
        finally:
            vars(pycc_compiler)["Flags"] = flags
        (Path(folder) / path.name).replace(path)
    return True


def _without_lock(flags: Any) -> Callable[[], Any]:
    """Flags of a compilation, with the interpreter's lock let go while a loop runs."""

    def make() -> Any:
        made = flags()
        made.release_gil = True
        return made

    return make
