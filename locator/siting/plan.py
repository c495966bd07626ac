"""A plan: which sites, in which order, what they are worth, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locator.errors import InputError
from locator.siting.packing import pack
from locator.siting.plan_document import hash_document, measure_gap, write_plan

if TYPE_CHECKING:
    from locator.arrays import Floats, Ints
    from locator.siting.candidates import Candidates
    from locator.siting.question import PlanQuestion
    from locator.siting.verification import Verification
    from locator.version import CityVersion


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """What a check needs beside the city, all in the terms of the problem that was solved.

    Parameters
    ----------
    kind
        "u": the prices prove the bound. "tree": cases proved more, which prices cannot show.
        None: no bound.
    columns : int32
        Sites of the solution, fixed ones included.
    value, bound, status
        As solved.
    prices
        Fields of `certificate.Certificate`.
    problem
        Hash of the problem.
    """

    kind: str | None
    columns: Ints
    value: float
    bound: float
    status: str
    prices: dict[str, Any]
    problem: str

    def to_json(self) -> dict[str, Any]:
        """As the plan keeps it; long arrays packed."""
        return {
            "kind": self.kind,
            "columns": self.columns.tolist(),
            "value": self.value,
            "bound": self.bound,
            "status": self.status,
            "problem": self.problem,
            "prices": {
                name: one if isinstance(one, (float, str)) else pack(one)
                for name, one in self.prices.items()
            },
        }


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Sites in build order with what they are worth.

    Parameters
    ----------
    question
        What was asked.
    status
        "optimal" (proven), "feasible" (not proven), "nothing_to_gain" (no site is needed),
        "infeasible" (something stays unserved, see `reason` and `unreached`), "unknown".
    within_m
        The limit in the cost of the network; None where there is none.
    street, offset_m : (p,)
        Where each site stands on the streets it was planned on, to 1e-9 m.
    lonlat_deg : (p, 2) WGS-84
    labels : (p,)
        Code of each site's candidate, or its place.
    gain : (p,)
        What each site adds after those before it, in `unit`.
    value, bound
        Of the objective in `unit`: gained coverage (the more the better); number of sites, mean or
        worst way (the less the better). No plan among the same candidates is better than `bound`;
        None where there is none.
    before, after
        What the city has without and with the sites, both measured by its exact tables.
    exact
        Mean and worst only: the exact figure of the plan, and the bound of that figure.
    unreached
        Streets that no candidate (and no station) serves, by name.
    inputs
        Hashes of all that the answer depends on.
    """

    question: PlanQuestion
    status: str
    reason: str
    within_m: float | None
    unit: str
    street: Ints
    offset_m: Floats
    lonlat_deg: Floats
    labels: tuple[str, ...]
    gain: Floats
    value: float
    bound: float | None
    proven: bool
    proof: Proof | None
    before: dict[str, Any]
    after: dict[str, Any]
    exact: dict[str, Any]
    unreached: dict[str, Any]
    candidates: Candidates
    inputs: dict[str, str]
    seconds: float
    seed: int = 0
    iterations: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def objective(self) -> str:
        """What the plan is for."""
        return self.question.objective

    @property
    def kind(self) -> str | None:
        """Kind of the stations that count and are built; None for all."""
        return self.question.kind

    @property
    def mode(self) -> str:
        """How people get to them."""
        return self.question.mode

    @property
    def certificate(self) -> str | None:
        """What proves the bound: "u", "tree", or None."""
        return None if self.proof is None else self.proof.kind

    @property
    def gap(self) -> float | None:
        """How far the plan may be from the best possible, as a share; None without a bound."""
        return measure_gap(self.value, self.bound)

    @property
    def sites(self) -> list[tuple[int, float]]:
        """(street, offset in metres) of each site, in build order."""
        return list(zip(self.street.tolist(), self.offset_m.tolist(), strict=True))

    @property
    def share_after(self) -> float:
        """Covered share with all sites built.

        Raises
        ------
        InputError
            The plan was asked without a limit, so nothing is covered or not.
        """
        if "share" not in self.after:
            raise InputError("the plan has no limit, so no share: ask it with within_m")
        share: float = self.after["share"]
        return share

    def to_json(self) -> dict[str, Any]:
        """The document of `locator plan --json`."""
        sites, total = [], 0.0
        columns = (self.lonlat_deg.tolist(), self.gain.tolist(), self.sites, self.labels)
        for (lon, lat), gain, (street, offset), label in zip(*columns, strict=True):
            total += gain
            sites.append(
                {"lon": lon, "lat": lat, "gain": gain, "cumulative": total,
                 "street": street, "offset_m": offset, "candidate": label}
            )  # fmt: skip
        made = self.candidates
        document = {
            "objective": self.objective,
            "status": self.status,
            "sites": sites,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "proven": self.proven,
            "certificate": self.certificate,
            "before": self.before,
            "after": self.after,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "unit": self.unit,
            "reason": self.reason,
            "notes": list(self.notes),
            "exact": self.exact,
            "within_m": self.within_m,
            "kind": self.kind,
            "mode": self.mode,
            "iterations": self.iterations,
            "question": self.question.to_json(),
            "unreached": self.unreached,
            "left_out": [{"candidate": code, "reason": why} for code, why in made.left_out],
            "candidates": {
                "count": len(made),
                "street": pack(made.street),
                "offset_m": pack(made.offset_m),
                "code": list(made.code),
                "hours": list(made.hours),
                "cost": pack(made.cost) if len(made.cost) else None,
            },
            "proof": None if self.proof is None else self.proof.to_json(),
            "inputs": self.inputs,
        }
        document["hash"] = hash_document(document)
        return document

    def save(self, path: Path) -> None:
        """Write the document to a file; see `plan_document.write_plan`."""
        write_plan(path, self.to_json())

    def verify(self, version: CityVersion) -> Verification:
        """Check value and bound anew from the city; see `verification.verify_plan`."""
        from locator.siting.verification import verify_plan

        return verify_plan(version, self.to_json())
