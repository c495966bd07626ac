"""Check a plan against the city: rebuild the gains from the streets, and trust nothing stated.

The matrix is made anew from the city and the candidates that the plan names; `certificate`, which
knows no solver, measures value and bound on it; and coverage or distances are measured once more
with the sites built. A plan of a city that has changed since is told which input differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import Ints, frozen
from locator.counting import find_demand
from locator.errors import InputError, LocatorError
from locator.pieces import locate_on_streets
from locator.siting.build_order import order_plan
from locator.siting.candidates import NO_COSTS, Candidates
from locator.siting.certificate import Certificate, check_solution, same
from locator.siting.packing import unpack
from locator.siting.plan_document import hash_document, measure_gap
from locator.siting.posing import build_problem
from locator.siting.question import PlanQuestion, reread
from locator.siting.today import measure_today, see_today

if TYPE_CHECKING:
    from locator.siting.city_problem import CityProblem
    from locator.version import CityVersion

_EXACT = 1e-9  # relative, of what is measured again
_PLACE_DEG = 1e-6
_PACKED = ("u", "base", "twin", "folds")


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found.

    Parameters
    ----------
    value, bound
        As measured again; None where that was not possible.
    problems
        All that does not hold, in words.
    notes
        What was not checked, and why.
    """

    value: float | None
    bound: float | None
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything stated holds."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """The document of `locator plan verify --json`."""
        return {
            "ok": self.ok,
            "value": self.value,
            "bound": self.bound,
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def verify_plan(version: CityVersion, document: dict[str, Any]) -> Verification:
    """Check a plan's document against a city.

    Raises
    ------
    InputError
        The document is not that of a plan.
    """
    try:
        return _verify(version, document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as problem:
        if isinstance(problem, LocatorError):
            raise
        raise InputError(
            f"the plan lacks something or holds it in another form ({problem!r}): "
            "give a file that `locator plan -o` wrote"
        ) from problem


def _verify(version: CityVersion, document: dict[str, Any]) -> Verification:
    question = reread(document["question"])
    found = _check_words(document, question)
    changed = compare_inputs(version, document, question)
    found += changed
    candidates = read_candidates(document["candidates"])
    if candidates.hash != document["inputs"]["candidates"]:
        found.append("candidates: their hash is another one than stated")
    if any(text.startswith(("streets", "demand")) for text in changed):
        return Verification(None, None, tuple(found))
    city = build_problem(version, question, candidates)
    found += _check_sites(city, document)
    value, bound, more, notes = _check_proof(city, document)
    found += more
    found += _measure_again(city, document)
    return Verification(value, bound, tuple(dict.fromkeys(found)), tuple(notes))


def _check_words(document: dict[str, Any], question: PlanQuestion) -> list[str]:
    """What a reader finds without the city: sums, gap, words."""
    found = []
    if hash_document(document) != document["hash"]:
        found.append("hash: the document was changed after it was written")
    found += [
        f"{name}: stated {document[name]!r}, asked {getattr(question, name)!r}"
        for name in ("objective", "kind", "mode")
        if document[name] != getattr(question, name)
    ]
    value, bound = document["value"], document["bound"]
    gap = measure_gap(value, bound)
    if gap != document["gap"]:
        found.append(f"gap: stated {document['gap']!r}, value and bound give {gap!r}")
    if document["proven"] != (bound is not None and bound == value):
        found.append(f"proven is {document['proven']}, but value {value!r} and bound {bound!r}")
    if bound is None and document["certificate"] is not None:
        found.append("certificate: one is named and there is no bound")
    return found


def compare_inputs(
    version: CityVersion, document: dict[str, Any], question: PlanQuestion
) -> list[str]:
    """Which inputs are others than when the plan was made."""
    now = {"streets": version.streets.hash, "stations": version.stations.hash}
    if question.demand:
        now["demand"] = find_demand(version, question.demand).demand.hash
    words = {
        "streets": "streets: they changed since the plan was made; make it again",
        "stations": "stations: they changed since the plan was made; gains are measured as of now",
        "demand": "demand: it changed since the plan was made; make it again",
    }
    stated = document["inputs"]
    return [words[name] for name, mark in now.items() if stated.get(name) != mark]


def read_candidates(packed: dict[str, Any]) -> Candidates:
    """The candidates that a plan names."""
    cost = packed["cost"]
    return Candidates(
        unpack(packed["street"], "candidates"), unpack(packed["offset_m"], "candidates"),
        code=tuple(packed["code"]), hours=tuple(packed["hours"]),
        cost=NO_COSTS if cost is None else unpack(cost, "costs"),
    )  # fmt: skip


def _check_sites(city: CityProblem, document: dict[str, Any]) -> list[str]:
    """Whether each site is a candidate and stands where it is said to."""
    made, found = city.candidates, []
    row = {made.label(i): i for i in range(len(made))}
    streets = city.today.network.streets
    for i, site in enumerate(document["sites"], start=1):
        own = row.get(site["candidate"], -1)
        if own < 0 or int(made.street[own]) != site["street"]:
            found.append(f"site {i}: {site['candidate']!r} is no candidate on that street")
            continue
        if abs(float(made.offset_m[own]) - site["offset_m"]) > _EXACT:
            found.append(f"site {i}: it is {site['offset_m']!r} m along its street, not there")
        xy = locate_on_streets(streets, made.street[own : own + 1], made.offset_m[own : own + 1])
        lon, lat = city.today.version.to_lonlat(xy).reshape(-1).tolist()
        if max(abs(lon - site["lon"]), abs(lat - site["lat"])) > _PLACE_DEG:
            found.append(f"site {i}: its longitude and latitude are not its place on the street")
    return found


def _check_proof(
    city: CityProblem, document: dict[str, Any]
) -> tuple[float | None, float | None, list[str], list[str]]:
    """Value and bound on the matrix made anew; what does not hold; what prices cannot show."""
    proof = document["proof"]
    if city.problem is None or proof is None:
        same_words = (city.problem is None) == (proof is None)
        found = [] if same_words else ["proof: there is one, and nothing to choose, or none"]
        if city.problem is None and not same_to(document["value"], city.start):
            found.append(f"value: stated {document['value']!r}, measured {city.start!r}")
        return city.start, city.start, found, []
    if proof["kind"] != document["certificate"]:
        return None, None, ["certificate: it is not the kind of the proof"], []
    found = []
    if proof["problem"] != city.problem.hash:
        found.append("problem: the city now gives another one than the plan was made of")
    solution = _read_solution(proof)
    check = check_solution(city.problem, solution)
    found += check.problems
    value = city.value(check.value)
    bound = None if proof["kind"] is None else city.bound(solution)
    if not same_to(document["value"], value):
        found.append(f"value: stated {document['value']!r}, measured {value!r}")
    if bound is not None and not same_to(document["bound"], bound):
        found.append(f"bound: stated {document['bound']!r}, proved {bound!r}")
    found += _check_order(city, document, solution.sites)
    notes = []
    if proof["kind"] == "tree":
        notes.append(
            "the bound was proved by cases, which prices cannot show: they alone prove "
            f"{city.value(check.bound):.12g}"
        )
    return value, bound, found, notes


def _check_order(city: CityProblem, document: dict[str, Any], columns: Ints) -> list[str]:
    """Whether the sites listed are those of the proof, and add what they are said to."""
    rows, gains = order_plan(city, columns)
    made, listed = city.candidates, document["sites"]
    proved = [made.label(row) for row in rows.tolist()]
    if sorted(proved) != sorted(site["candidate"] for site in listed):
        return ["sites: they are not those of the proof"]
    if proved != [site["candidate"] for site in listed]:
        return [f"sites: the order of building is another one: {', '.join(proved)}"]
    totals = np.cumsum(gains)
    return [
        f"site {i}: stated gain {site['gain']!r} and together {site['cumulative']!r}, "
        f"measured {gain!r} and {total!r}"
        for i, (site, gain, total) in enumerate(
            zip(listed, gains.tolist(), totals.tolist(), strict=True), start=1
        )
        if not (same_to(site["gain"], gain) and same_to(site["cumulative"], total))
    ]


def _read_solution(proof: dict[str, Any]) -> Any:
    """What `check_solution` reads of a solution."""
    prices = dict(proof["prices"])
    for name in _PACKED:
        prices[name] = unpack(prices[name], name)
    prices["level"] = float(prices["level"])
    certificate = Certificate("", **prices)
    return SimpleNamespace(
        sites=frozen(proof["columns"], np.int32), value=float(proof["value"]),
        bound=float(proof["bound"]), proven=proof["status"] == "optimal", status=proof["status"],
        certificate=certificate,
    )  # fmt: skip


def _measure_again(city: CityProblem, document: dict[str, Any]) -> list[str]:
    """Coverage and distances without and with the sites, by the exact tables."""
    version, question = city.today.version, city.question
    sites = [(int(site["street"]), float(site["offset_m"])) for site in document["sites"]]
    try:
        built = version.with_scenario(build=sites, kind=question.kind)
    except InputError as problem:
        return [f"sites: {problem}"]
    after = measure_today(see_today(built, question))
    found = []
    for name, measured in (("before", measure_today(city.today)), ("after", after)):
        for key, number in measured.items():
            if not same_to(document[name].get(key), number):
                found.append(f"{name}: {key} stated {document[name].get(key)!r}, now {number!r}")
    return found


def same_to(stated: float | None, measured: float | None) -> bool:
    """Whether two numbers agree to 1e-9."""
    if stated is None or measured is None:
        return stated is measured
    return same(stated, measured) or abs(stated - measured) <= _EXACT * max(abs(measured), 1e-3)
