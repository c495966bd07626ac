"""The folder of a city: which files it holds, and how they change without ever being half-done.

    .gitignore           keeps all of it out of version control
    city.toml            name, code prefix, CRS, time zone, snap limits, buffer
    boundary.geojson     the city's area, where one was given (WGS-84)
    districts.geojson    its districts, where they were given
    areas/NAME.geojson   other layers of areas, such as key areas (WGS-84)
    barriers.geojson     where streets are shut, for whom and when (WGS-84)
    demand/NAME.json     layers of demand: who is where, with unit, source and date
    registry.sqlite      the stations, unless a database server has them
    private.key          opens the private fields of the registry; keep it apart from backups
    streets.json         which folder below holds the streets in force
    streets-HASH-N/      streets, networks, points of interest and water of one import

Everything is written aside and renamed. A new import of streets is a new folder; readers that
still hold the old one keep it. A kill at any moment leaves the old state, or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from locator.errors import DataError, InputError

FORMAT_VERSION = 1
DISTRICTS = "district"
"""Name of the layer of areas that every city may have."""
_POINTER = "streets.json"
_LAYER_FILES = "districts.geojson", "barriers.geojson"
_LAYER_FOLDERS = "areas", "demand"


@dataclass(frozen=True, slots=True)
class CityConfig:
    """What `city.toml` says.

    Parameters
    ----------
    crs
        The metric CRS as given at the start; "" lets the first import of streets pick it.
    code_prefix
        First part of new station codes.
    person_snap_m, station_snap_m
        How far a person, or a station, may be from a street.
    database_url
        PostgreSQL database of the registry; "" for the file in the folder. The environment's
        LOCATOR_DATABASE_URL goes before it, so that a password need not stand here.
    buffer_m
        Streets that far beyond the boundary are kept for the way, and never counted.
    map_approval, icp_number, public_url
        What the public pages must show or have; `locator doctor --public` asks for them.
    sample
        True in a city of invented stations; every page then says so.
    """

    name: str
    crs: str = ""
    code_prefix: str = "ST"
    time_zone: str = "Asia/Shanghai"
    person_snap_m: float = 250.0
    station_snap_m: float = 100.0
    buffer_m: float = 3000.0
    database_url: str = ""
    map_approval: str = ""
    icp_number: str = ""
    public_url: str = ""
    sample: bool = False
    format: int = FORMAT_VERSION

    def to_toml(self) -> str:
        """The text of `city.toml`."""
        lines = []
        for key, value in asdict(self).items():
            # JSON strings, numbers and booleans are TOML values as they stand.
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of one city folder; knows where things are, not what they mean."""

    path: Path

    @property
    def config_path(self) -> Path:
        """`city.toml`."""
        return self.path / "city.toml"

    @property
    def boundary_path(self) -> Path:
        """The city's area."""
        return self.path / "boundary.geojson"

    @property
    def districts_path(self) -> Path:
        """The city's districts."""
        return self.path / _LAYER_FILES[0]

    @property
    def areas_folder(self) -> Path:
        """Its other layers of areas."""
        return self.path / _LAYER_FOLDERS[0]

    def area_path(self, layer: str) -> Path:
        """A layer of areas by its name."""
        if layer in {DISTRICTS, "districts"}:
            return self.districts_path
        return self.areas_folder / f"{layer}.geojson"

    @property
    def barriers_path(self) -> Path:
        """Where its streets are shut."""
        return self.path / _LAYER_FILES[1]

    @property
    def demand_folder(self) -> Path:
        """Its layers of demand."""
        return self.path / _LAYER_FOLDERS[1]

    @property
    def registry_path(self) -> Path:
        """The station store, where it is a file."""
        return self.path / "registry.sqlite"

    @property
    def key_path(self) -> Path:
        """Key of the registry's private fields."""
        return self.path / "private.key"

    def read_config(self) -> CityConfig:
        """What `city.toml` says.

        Raises
        ------
        InputError
            The folder is not a city.
        DataError
            `city.toml` is damaged.
        """
        if not self.config_path.is_file():
            raise InputError(
                f"{self.path} is not a city folder (it holds no city.toml): "
                "make one with `locator init` or `locator sample`, or name yours with --city"
            )
        known = {field.name for field in fields(CityConfig)}
        try:
            data = tomllib.loads(self.config_path.read_text(encoding="utf-8"))
            unknown = sorted(set(data) - known)
            if unknown:
                raise InputError(f"{self.config_path}: unknown setting {', '.join(unknown)}")
            config = CityConfig(**data)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as problem:
            raise DataError(f"{self.config_path} is damaged: {problem}") from problem
        if config.format != FORMAT_VERSION:
            raise DataError(
                f"{self.path} has format {config.format}, this program reads {FORMAT_VERSION}"
            )
        return config

    def create(self, config: CityConfig) -> None:
        """Make the folder with its `city.toml`.

        Raises
        ------
        InputError
            There is a city already, or the folder holds other things.
        DataError
            The folder cannot be written.
        """
        self.refuse_used()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise DataError(f"cannot make the folder {self.path}: {problem.strerror}") from problem
        replace_text(self.config_path, config.to_toml())
        # A city that lies in a clone must not get into it: it holds the key of private fields.
        replace_text(self.path / ".gitignore", "*\n")

    def clear(self, *, with_folder: bool) -> None:
        """Take back a city that could not be made; the folder goes where it was made for it."""
        if with_folder:
            shutil.rmtree(self.path, ignore_errors=True)
            return
        with suppress(OSError):
            for file in self.path.iterdir():  # it was empty
                file.unlink()

    def refuse_used(self) -> None:
        """Raise InputError where the folder holds a city or anything else."""
        if self.config_path.exists():
            raise InputError(f"{self.path} holds a city already: choose another folder")
        if self.path.is_file() or (self.path.is_dir() and any(self.path.iterdir())):
            raise InputError(f"{self.path} is not an empty folder: choose a new one for the city")

    def streets_folder(self) -> Path | None:
        """The folder of the streets in force; None where none were imported."""
        pointer = self.path / _POINTER
        try:
            name = json.loads(pointer.read_text(encoding="utf-8"))["folder"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise DataError(f"{pointer} is damaged: import the streets again") from problem
        folder = self.path / str(name)
        if not folder.is_dir():
            raise DataError(f"{folder} is missing: import the streets again")
        return folder

    def streets_mark(self) -> tuple[int, int] | None:
        """Changes whenever other streets come into force; cheap to read."""
        mark = _mark_of(f"{self.path}/{_POINTER}")
        return None if mark is None else mark[1:]

    def layers_mark(self) -> tuple[tuple[str, int, int], ...]:
        """Changes whenever a layer of areas or of demand, or a barrier, comes or goes."""
        root = str(self.path)
        files = [f"{root}/{name}" for name in _LAYER_FILES]
        for folder in _LAYER_FOLDERS:
            with suppress(OSError):
                there = os.listdir(f"{root}/{folder}")  # noqa: PTH208
                files += [f"{root}/{folder}/{name}" for name in there]
        return tuple(sorted(mark for file in files if (mark := _mark_of(file)) is not None))

    @contextmanager
    def new_streets(self, label: str) -> Iterator[Path]:
        """A folder to fill; it comes into force when the block ends well, and is removed if not.

        The streets in force before are kept on disk once more for readers that are just
        opening them; older ones and the remains of killed imports are cleared away.
        """
        with self._locked():
            before = self._folder_before()
            aside = self.path / f".streets-{os.getpid()}"
            shutil.rmtree(aside, ignore_errors=True)  # of a killed one with our number
            try:
                aside.mkdir()
                yield aside
                number = 1
                while (self.path / f"streets-{label}-{number}").exists():
                    number += 1
                folder = self.path / f"streets-{label}-{number}"
                os.replace(aside, folder)  # noqa: PTH105
                replace_text(self.path / _POINTER, json.dumps({"folder": folder.name}))
            except OSError as problem:
                shutil.rmtree(aside, ignore_errors=True)
                if isinstance(problem, DataError):
                    raise
                why = problem.strerror or problem
                raise DataError(f"cannot write in {self.path}: {why}") from problem
            except BaseException:
                shutil.rmtree(aside, ignore_errors=True)
                raise
            self._sweep({folder, before})

    def _folder_before(self) -> Path | None:
        """The streets in force; None where there are none, or the pointer is damaged."""
        try:
            return self.streets_folder()
        except DataError:
            return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one import at a time change the streets; a killed one leaves no lock behind."""
        try:
            stream = (self.path / ".lock").open("w")
        except OSError as problem:
            raise DataError(f"cannot write in {self.path}: {problem.strerror}") from problem
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                raise InputError(
                    f"another import of streets into {self.path} is running: wait for its end"
                ) from problem
            yield

    def _sweep(self, keep: set[Path | None]) -> None:
        for folder in [*self.path.glob("streets-*/"), *self.path.glob(".streets-*/")]:
            if folder not in keep:
                shutil.rmtree(folder, ignore_errors=True)


def _mark_of(file: str) -> tuple[str, int, int] | None:
    """Name, time of change and number of a file; None where there is none.

    Plain texts, not `Path`: a web page's marks are read with every request.
    """
    try:
        status = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return file.rpartition("/")[2], status.st_mtime_ns, status.st_ino


def replace_text(path: Path, text: str) -> None:
    """Write a file aside, then put it in place: nobody ever reads half of it.

    Raises
    ------
    DataError
        It cannot be written; what stood there before is untouched.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, path)  # noqa: PTH105
    except OSError as problem:
        with suppress(OSError):
            aside.unlink()
        raise DataError(f"cannot write {path}: {problem.strerror}") from problem


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """One JSON object a line."""
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """What `write_json_lines` wrote; [] where there is no such file."""
    try:
        with path.open(encoding="utf-8") as stream:
            return [json.loads(line) for line in stream]
    except FileNotFoundError:
        return []
    except ValueError as problem:
        raise DataError(f"{path} is damaged: import the streets again") from problem
