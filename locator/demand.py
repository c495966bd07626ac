"""Demand: how many people, orders or visits are where, one layer for each source.

A layer says what it counts, who says so and as of when. Layers are kept apart: what one counts may
be counted by another too, so they are never added up.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.area_layers import checked_name
from locator.arrays import Floats, frozen
from locator.errors import DataError, InputError, NotFoundError, SchemaError
from locator.workspace import replace_text

if TYPE_CHECKING:
    from locator.workspace import Workspace

FORMAT_VERSION = 1
AREAS, HEXAGONS, GRID, POINTS, CLASSES = "areas", "hexagons", "grid", "points", "classes"
FORMS = (AREAS, HEXAGONS, GRID, POINTS, CLASSES)
_FACTOR = re.compile(r"(?P<name>[^*×]+?)\s*[*×]\s*(?P<factor>\d+(?:\.\d+)?)")
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """One layer of demand.

    Parameters
    ----------
    name
        Its identity in the city.
    unit, source, date
        What is counted; who says so; as of when: YYYY, YYYY-MM or YYYY-MM-DD.
    form
        `areas`: keys are codes of the areas of `layer`, whose streets share the amount.
        `hexagons`: keys are H3 cells, `grid`: squares of `cell_m` around each position; their
        streets share the amount. `points`: the amount is at the place on the street nearest to each
        position. `classes`: keys are classes of street, amounts are for each kilometre.
    keys, amount, lonlat_deg : (n,), (n,), (n, 2) or (0, 2)
        Rows; positions in WGS-84.
    """

    name: str
    unit: str
    source: str
    date: str
    form: str
    keys: tuple[str, ...]
    amount: Floats
    lonlat_deg: Floats
    layer: str = ""
    cell_m: float = 0.0

    def __len__(self) -> int:
        return len(self.amount)

    @property
    def total(self) -> float:
        """The sum of all amounts; nan for amounts that are for each kilometre."""
        return math.nan if self.form == CLASSES else float(self.amount.sum())

    def scaled(self, factor: float) -> Demand:
        """The same layer with all amounts times a factor.

        Raises
        ------
        InputError
            The factor is negative or no number.
        """
        if not 0 <= factor < math.inf:
            raise InputError(f"a demand cannot be taken times {factor}: expected 0 or more")
        return replace(self, amount=frozen(self.amount * factor))

    @property
    def hash(self) -> str:
        """Of its rows, not of their amounts: tells where the demand is."""
        text = json.dumps([self.form, self.layer, self.cell_m, self.keys])
        digest = hashlib.sha256(text.encode())
        digest.update(np.ascontiguousarray(self.lonlat_deg).tobytes())
        return digest.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The layer as a JSON document."""
        return {
            "version": FORMAT_VERSION, "name": self.name, "unit": self.unit,
            "source": self.source, "date": self.date, "form": self.form, "layer": self.layer,
            "cell_m": self.cell_m, "keys": list(self.keys), "amount": self.amount.tolist(),
            "lonlat_deg": self.lonlat_deg.tolist(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Demand:
        """A layer from what `to_json` gave."""
        facts = {key: str(document[key]) for key in ("name", "unit", "source", "date", "form")}
        return cls(
            **facts,
            keys=tuple(map(str, document["keys"])),
            amount=frozen(document["amount"], np.float64),
            lonlat_deg=frozen(np.array(document["lonlat_deg"], np.float64).reshape(-1, 2)),
            layer=str(document["layer"]),
            cell_m=float(document["cell_m"]),
        )


def check_facts(*, name: str, unit: str, source: str, day: str) -> None:
    """Refuse a layer that does not say what it counts, who says so and as of when.

    Raises
    ------
    SchemaError
        All that is missing or wrong, and how to give it.
    """
    problems = []
    for option, value, example in (
        ("name", name, "residents"), ("unit", unit, "people"),
        ("source", source, '"census 2020"'), ("date", day, "2020-11-01"),
    ):  # fmt: skip
        if not value.strip():
            problems.append(f"the demand has no {option}: give --{option} {example}")
    if day.strip() and not _is_day(day):
        problems.append(f"the date {day!r} is none: give --date 2020-11-01, 2020-11 or 2020")
    if problems:
        raise SchemaError(problems)
    checked_name(name)


def _is_day(text: str) -> bool:
    found = _DAY.fullmatch(text.strip())
    if not found:
        return False
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return False
    return True


def save_demand(workspace: Workspace, demand: Demand) -> Path:
    """Put a layer into the city folder, in place of the one of that name."""
    folder = workspace.demand_folder
    try:
        folder.mkdir(exist_ok=True)
    except OSError as problem:
        raise DataError(f"cannot make the folder {folder}: {problem.strerror}") from problem
    path = folder / f"{checked_name(demand.name)}.json"
    replace_text(path, json.dumps(demand.to_json(), ensure_ascii=False))
    return path


def open_demand(workspace: Workspace, asked: str) -> Demand:
    """A layer by its name, or times a factor: "riders", "riders*0.5".

    Raises
    ------
    NotFoundError
        There is no such layer; the message lists those there are.
    InputError
        Several layers were asked for.
    DataError
        The layer is damaged.
    """
    if any(sign in asked for sign in "+,;，、"):
        raise InputError(f"{asked!r}: layers of demand are not added up: ask for one at a time")
    name, factor = split_factor(asked)
    path = workspace.demand_folder / f"{checked_name(name)}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        demand = Demand.from_json(document)
        sound = document["version"] == FORMAT_VERSION and demand.form in FORMS
    except FileNotFoundError:
        known = ", ".join(demand_names(workspace)) or "none"
        raise NotFoundError(
            f"there is no demand {name!r} in this city; it has {known}: import one with "
            "`locator demand import FILE`"
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise DataError(f"{path} is damaged: import the demand again")
    return demand.scaled(factor)


def split_factor(asked: str) -> tuple[str, float]:
    """Name and factor of what was asked for.

    >>> split_factor("riders*0.5"), split_factor("riders")
    (('riders', 0.5), ('riders', 1.0))
    """
    found = _FACTOR.fullmatch(asked.strip())
    return (found["name"], float(found["factor"])) if found else (asked.strip(), 1.0)


def demand_names(workspace: Workspace) -> list[str]:
    """Names of the layers of demand that a city has."""
    return sorted(path.stem for path in workspace.demand_folder.glob("*.json"))
