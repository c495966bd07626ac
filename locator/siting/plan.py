"""A plan: which sites, in which order, and what they are worth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locator.workspace import replace_text

if TYPE_CHECKING:
    from locator.arrays import Floats, Ints

STATUS_NO_BOUND = "no_bound"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Sites in build order with their worth; for coverage that is metres newly covered.

    Parameters
    ----------
    street, offset_m : (p,)
        Where each site stands on the streets it was planned on.
    lonlat_deg : (p, 2) WGS-84
    gain : (p,)
        What each site adds after those before it.
    bound
        No plan can be worth more; None while nobody has computed one.
    before, after
        Covered metres and share without and with the sites, both measured.
    inputs
        Hash of streets, stations and question: the same inputs give the same plan.
    """

    objective: str
    status: str
    within_m: float
    kind: str | None
    mode: str
    street: Ints
    offset_m: Floats
    lonlat_deg: Floats
    gain: Floats
    value: float
    bound: float | None
    before: dict[str, float]
    after: dict[str, float]
    inputs: str
    seconds: float
    seed: int | None = None

    @property
    def gap(self) -> float | None:
        """How far the plan may be below the best possible, as a share; None without a bound."""
        if self.bound is None:
            return None
        return (self.bound - self.value) / self.value if self.value > 0 else 0.0

    @property
    def proven(self) -> bool:
        """Whether no plan can be better."""
        return self.bound is not None and self.bound <= self.value

    @property
    def sites(self) -> list[tuple[int, float]]:
        """(street, offset in metres) of each site, in build order."""
        return list(zip(self.street.tolist(), self.offset_m.tolist(), strict=True))

    @property
    def share_after(self) -> float:
        """Covered share with all sites built."""
        return self.after["share"]

    def to_json(self) -> dict[str, Any]:
        """The document of `locator plan --json`."""
        sites, total = [], 0.0
        for (lon, lat), gain in zip(self.lonlat_deg.tolist(), self.gain.tolist(), strict=True):
            total += gain
            sites.append({"lon": lon, "lat": lat, "gain": gain, "cumulative": total})
        return {
            "objective": self.objective,
            "status": self.status,
            "sites": sites,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "proven": self.proven,
            "certificate": None,
            "before": self.before,
            "after": self.after,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "within_m": self.within_m,
            "kind": self.kind,
            "mode": self.mode,
            "inputs": self.inputs,
        }

    def save(self, path: Path) -> None:
        """Write the document to a file, aside first, so that no half plan is left behind."""
        replace_text(path, json.dumps(self.to_json(), ensure_ascii=False) + "\n")
