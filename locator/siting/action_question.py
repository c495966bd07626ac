"""What is asked of a plan of actions, checked as one value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from locator.errors import InputError
from locator.modes import find_mode


@dataclass(frozen=True, slots=True)
class ActionQuestion:
    """A question of which actions cover most.

    Parameters
    ----------
    within
        Metres, or a time such as "15min".
    budget
        What all actions together may cost; None where money is no limit.
    most
        How many actions there may be; None for any number.
    kind, mode
        Which stations count; how people get to them, on foot or by car.
    demand
        A layer of demand; "" counts metres of street.
    hours
        Moments that count, as "Mon 15:00, Sun 23:00=2", or "week"; "" where hours do not matter.
    depth
        How many stations have to be in reach: 2 for a backup.
    classes
        Class of street to what a metre of it counts; 1 for the others.
    floors
        District to the least share of it that has to be covered.
    years
        For how many years running costs are in the costs; told, not used.
    """

    within: float | str
    budget: float | None = None
    most: int | None = None
    kind: str | None = None
    mode: str = "walk"
    demand: str = ""
    hours: str = ""
    depth: int = 1
    classes: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)
    years: float = 1.0

    def __post_init__(self) -> None:
        mode = find_mode(self.mode)
        if mode.is_parked:
            raise InputError(f"actions are not planned for {self.mode}: choose walk or car")
        if not mode.metres(self.within) > 0:
            raise InputError(f"the limit is {self.within}, expected more than 0")
        if self.budget is None and self.most is None:
            raise InputError("nothing limits the plan: give a budget or how many actions")
        if self.budget is not None and not (math.isfinite(self.budget) and self.budget >= 0):
            raise InputError(f"budget: expected zero yuan or more, got {self.budget}")
        if self.most is not None and self.most < 1:
            raise InputError(f"expected one action or more, got {self.most}")
        if self.depth < 1:
            raise InputError(f"depth: expected one station or more, got {self.depth}")
        _check_parts(self.classes, self.floors)

    def to_json(self) -> dict[str, Any]:
        """As a plan keeps it."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {"classes": dict(self.classes), "floors": dict(self.floors)}


def _check_parts(classes: Mapping[str, float], floors: Mapping[str, float]) -> None:
    for name, factor in classes.items():
        if not (math.isfinite(factor) and factor >= 0):
            raise InputError(f"street class {name}: expected zero or more, got {factor}")
    for name, share in floors.items():
        if not 0.0 <= share <= 1.0:
            raise InputError(f"floor of {name}: expected a share of 0 to 1, got {share}")
