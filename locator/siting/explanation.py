"""One page for each proposed site: whom it serves, on which streets, and what if it is refused.

Nothing is taken from the solver: the city is measured with all sites, without the one, and with the
best other place instead, so a page can be made of any plan, also of one that a person wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.area_answers import area_names
from locator.errors import InputError, NotFoundError
from locator.pieces import cut_streets, locate_on_streets
from locator.siting.candidates import Candidates, street_points
from locator.whereabouts import Whereabouts

if TYPE_CHECKING:
    from locator.view import CityView
    from locator.whatif import WhatIf

_STREETS = 8
_NEAR = 400  # other places that are tried instead of a site that is refused
_SPACING_M = 100.0
_TOLD = 1e-6  # amounts below are none
_APART_M = 1.0  # a place nearer than that is the same place


@dataclass(frozen=True, slots=True)
class Site:
    """One proposed site, and what is told of it.

    Parameters
    ----------
    number
        Its place in the plan's order, from 1.
    gained
        What it alone adds to stations and all other sites, in `unit`: what is lost if it is
        refused and nothing else is done.
    first
        What it adds to the stations and the sites before it.
    districts
        Name and amount of each area that it serves, the most first; of `gained`.
    where
        Street and nearest crossing, in Chinese.
    streets
        Name and metres of the streets that it alone covers, the longest first.
    length_m
        Metres of street that it alone covers.
    lines
        What it alone covers as lines, in metres east and north of the site.
    hours
        In words; "" where nothing is known.
    substitute
        The best other place: longitude, latitude, street, what the plan gains with it instead, and
        what is still lost; None where no other place gains anything.
    """

    number: int
    code: str
    name: str
    lon: float
    lat: float
    street: str
    where: str
    gained: float
    first: float
    unit: str
    districts: tuple[tuple[str, float], ...]
    streets: tuple[tuple[str, float], ...]
    length_m: float
    lines: tuple[tuple[tuple[float, float], ...], ...]
    hours: str
    cost: float | None
    substitute: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The sites of a plan, explained.

    Parameters
    ----------
    city, sample
        Name of the city, and whether it is an invented one.
    question
        What was asked: limit, kind, mode, demand; `hours` that the plan weighs, while pages take
        every station as open; `others`, how many actions build nothing and have no page.
    before, after
        Share that is covered without and with all sites.
    bound, value, proven, unit
        As the plan says.
    """

    city: str
    sample: bool
    question: dict[str, Any]
    before: float
    after: float
    value: float | None
    bound: float | None
    proven: bool
    unit: str
    sites: tuple[Site, ...]


def explain_plan(
    view: CityView, document: dict[str, Any], *, candidates: Candidates | None = None
) -> Explanation:
    """Explain the sites that a plan builds.

    Parameters
    ----------
    document
        As `locator plan -o` wrote it, of an objective with a limit.
    candidates
        Places that may stand in for a refused site; None for the candidates of the plan, or points
        on streets where it names none.

    Raises
    ------
    InputError
        The plan has no limit, or its sites are not on the streets of this city.

    Notes
    -----
    A few hundred trials for each site, each of which touches a neighbourhood.
    """
    asked = document.get("question") or {}
    within = asked.get("within", document.get("within_m"))
    if within is None:
        raise InputError("the plan has no limit, so nothing is covered or not: explain another one")
    if asked.get("depth", 1) > 1:
        raise InputError("the plan asks for several stations in reach, which pages cannot tell yet")
    kind, mode = asked.get("kind", document.get("kind")), asked.get("mode", "walk")
    demand = asked.get("demand") or ""
    by = _district_layer(view)
    built = [site for site in document["sites"] if site.get("action", "build") in _BUILT]
    places = [_find_place(view, site) for site in built]
    base = view.whatif(within, kind=kind, mode=mode, by=by, demand=demand)
    everything = base
    firsts = []
    for place in places:
        more = everything.add(*place)
        firsts.append(more.gained - everything.gained)
        everything = more
    others = candidates or _planned_candidates(view, document)
    if others is None:
        others = street_points(view.network(mode), spacing_m=_SPACING_M)
    told = {
        "within": within, "kind": kind, "mode": mode, "demand": demand,
        "hours": asked.get("hours", ""), "others": len(document["sites"]) - len(built),
    }  # fmt: skip
    sites = []
    for number, (site, place) in enumerate(zip(built, places, strict=True), start=1):
        facts = _Facts(view, told, by, others)
        rest = [one for i, one in enumerate(places, start=1) if i != number]
        sites.append(facts.tell(number, (site, place), rest, firsts[number - 1]))
    return Explanation(
        view.name, view.sample, told, base.share, everything.share, document.get("value"),
        document.get("bound"), bool(document.get("proven")), base.unit, tuple(sites),
    )  # fmt: skip


_BUILT = ("build", "move")


def _planned_candidates(view: CityView, document: dict[str, Any]) -> Candidates | None:
    """What the plan chose among, so that its proof holds for substitutes too."""
    from locator.siting.verification import read_candidates

    try:
        named = read_candidates(document["candidates"])
        named.check(view.streets)
    except (KeyError, TypeError, ValueError):  # a plan of actions, or of other streets
        return None
    return named


def _district_layer(view: CityView) -> str:
    try:
        view.counted(by="district")
    except (InputError, NotFoundError):
        return ""
    return "district"


def _find_place(view: CityView, site: dict[str, Any]) -> tuple[int, float]:
    """Where a site stands: as planned where the streets are the same, else on the nearest one."""
    if "street" in site and "offset_m" in site:
        street, offset = int(site["street"]), float(site["offset_m"])
        if 0 <= street < len(view.streets) and 0.0 <= offset <= view.streets.length_m[street]:
            xy = _locate(view, street, offset)
            if np.hypot(*(xy - view.to_xy([[site["lon"], site["lat"]]])[0])) < _APART_M:
                return street, offset
    found = view.network("walk").snap(
        view.to_xy([[site["lon"], site["lat"]]]), view.config.station_snap_m
    )
    if found.street[0] < 0:
        raise InputError("a site of the plan is not on the streets of this city: plan it anew")
    return int(found.street[0]), float(found.offset_m[0])


def _locate(view: CityView, street: int, offset: float) -> np.ndarray:
    xy = locate_on_streets(view.streets, np.array([street], np.int32), np.array([offset]))
    return np.asarray(xy).reshape(2)


class _Facts:
    """Measures one site of a plan beside the others."""

    def __init__(
        self, view: CityView, told: dict[str, Any], by: str, others: Candidates
    ) -> None:  # fmt: skip
        self.view, self.told, self.by, self.others = view, told, by, others
        self.where = Whereabouts(view.streets)

    def tell(
        self,
        number: int,
        site: tuple[dict[str, Any], tuple[int, float]],
        rest: Sequence[tuple[int, float]],
        first: float,
    ) -> Site:
        """What is told of a site, beside the rest of the plan."""
        document, place = site
        without = self._start(rest)
        alone = without.add(*place)
        lon, lat = document["lon"], document["lat"]
        by_area = alone.covered_by_area - without.covered_by_area
        pieces = without.add(*place).pieces()
        streets, length = self._streets(pieces)
        return Site(
            number, str(document.get("candidate", number)), document.get("name", ""), lon, lat,
            self._street_name(place[0]), self.where.tell(*place),
            alone.gained - without.gained, first, without.unit,
            self._districts(by_area.tolist()), streets, length, self._lines(pieces, place),
            document.get("hours", ""), document.get("cost"),
            self._substitute(without, place, alone.gained),
        )  # fmt: skip

    def _start(self, rest: Sequence[tuple[int, float]]) -> WhatIf:
        """The city with the rest of the plan built."""
        view = self.view.with_scenario(build=rest, kind=self.told["kind"]) if rest else self.view
        return view.whatif(
            self.told["within"], kind=self.told["kind"], mode=self.told["mode"], by=self.by,
            demand=self.told["demand"],
        )  # fmt: skip

    def _street_name(self, street: int) -> str:
        streets = self.view.streets
        return str(streets.names[streets.name_code[street]])

    def _districts(self, amounts: Sequence[float]) -> tuple[tuple[str, float], ...]:
        if not self.by:
            return ()
        names = area_names(self.view, self.by)
        codes = [*self.view.counted(by=self.by).areas, ""]
        rows = [
            (names.get(code, code) or "", amount)
            for code, amount in zip(codes, amounts, strict=True)
            if amount > _TOLD
        ]
        return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))

    def _streets(self, pieces: tuple[Any, ...]) -> tuple[tuple[tuple[str, float], ...], float]:
        """The streets that the site alone covers, by name, and their length."""
        street, low, high, gained = pieces
        metres: dict[str, float] = {}
        for s, a, b, new in zip(
            street.tolist(), low.tolist(), high.tolist(), gained.tolist(), strict=True
        ):
            if new:
                name = self._street_name(s)
                metres[name] = metres.get(name, 0.0) + b - a
        named = sorted(
            ((name, one) for name, one in metres.items() if name), key=lambda row: (-row[1], row[0])
        )
        return tuple(named[:_STREETS]), sum(metres.values())

    def _lines(
        self, pieces: tuple[Any, ...], place: tuple[int, float]
    ) -> tuple[tuple[tuple[float, float], ...], ...]:
        """The same as lines around the site."""
        street, low, high, _ = (column[pieces[3] == 1] for column in pieces)
        xy, first = cut_streets(self.view.streets, street, low, high)
        xy = np.round(xy - _locate(self.view, *place), 1)
        return tuple(
            tuple((x, y) for x, y in xy[a:b].tolist()) for a, b in pairwise(first.tolist())
        )

    def _substitute(
        self, without: WhatIf, place: tuple[int, float], planned: float
    ) -> dict[str, Any] | None:
        """The best of the nearest other places, in the site's stead."""
        others, streets = self.others, self.view.streets
        xy = locate_on_streets(streets, others.street, others.offset_m)
        here = _locate(self.view, *place)
        away = np.hypot(*(xy - here).T)
        near = np.flatnonzero(away > _APART_M)
        near = near[np.lexsort((near, away[near]))][:_NEAR]
        best, row = 0.0, -1
        for number in near.tolist():
            trial = without.add(int(others.street[number]), float(others.offset_m[number]))
            if trial.gained > best + 1e-9:
                best, row = trial.gained, number
        if row < 0:
            return None
        lon, lat = self.view.to_lonlat(xy[row : row + 1]).reshape(-1, 2)[0].tolist()
        return {
            "candidate": others.label(row),
            "name": others.name[row] if others.name else "",
            "lon": lon,
            "lat": lat,
            "street": self._street_name(int(others.street[row])),
            "where": self.where.tell(int(others.street[row]), float(others.offset_m[row])),
            "away_m": float(away[row]),
            "gained": best,
            "lost": planned - best,
        }
