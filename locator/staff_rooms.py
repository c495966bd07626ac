"""Stations that only the staff of their host may enter, told apart from what is open to the public.

They are stations of their kind and count in its coverage, on paper. What a passer-by has of them is
nothing: so every share that counts them says how many there are, and what it is without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locator.area_table import tabulate_coverage
from locator.coverage import measure_coverage

if TYPE_CHECKING:
    from locator.arrays import Bools
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.view import CityView


def public_view(view: CityView) -> CityView:
    """The same city without stations for staff alone; the view itself where it has none."""
    staff = view.stations.is_staff_only
    if not staff.any():
        return view
    kept: CityView = view.kept(
        ("public",), lambda: view.with_stations(view.stations.take(~staff), "public")
    )
    return kept


def choose_part(
    view: CityView, kind: str | None, mode: str, *, public: bool
) -> tuple[CityView, dict[str, Any]]:
    """The city as it is, or without stations for staff alone, and what the answer says of it.

    Returns
    -------
    view
    dict
        `public`; where it is asked for also `staff_left_out`, how many would have taken part.
    """
    if not public:
        return view, {"public": False}
    left_out = count_staff_only(view, view.placement(kind=kind, mode=mode))
    return public_view(view), {"public": True, "staff_left_out": left_out}


def count_staff_only(view: CityView, placement: Placement) -> int:
    """How many stations of a placement are for staff alone."""
    return int(view.stations.is_staff_only[placement.rows].sum())


def public_share(
    view: CityView,
    placement: Placement,
    asked: tuple[StreetNetwork, float],
    counted: Counted | None = None,
    *,
    share: float,
    depth: int = 1,
) -> dict[str, Any]:
    """What the share of a placement is without stations for staff alone.

    Parameters
    ----------
    asked
        The network on which the placement stands, and the limit in its cost.
    counted
        What counts; metres in the city unless given.
    share
        That of all stations, which is the answer where none is for staff alone.

    Returns
    -------
    dict
        `staff_only`: how many stations of the placement are; `share_public`: without them. One
        more sweep where there are any.
    """
    staff = view.stations.is_staff_only
    number = int(staff[placement.rows].sum())
    if number:
        chosen = np.zeros(len(staff), bool)
        chosen[placement.rows] = True
        share = _share_of(view, chosen & ~staff, asked, counted, depth)
    return {"staff_only": number, "share_public": share}


def paper_part(
    view: CityView,
    within: float | str,
    *,
    kind: str | None = None,
    mode: str = "walk",
    demand: str = "",
    share: float | None = None,
) -> dict[str, Any]:
    """The share if every station were open, how many are for staff alone, and it without them.

    Parameters
    ----------
    share
        Where it is known already; else it is measured.

    Returns
    -------
    dict
        `share`, `staff_only`, `share_public`: of metres, or of a demand.
    """
    asked = view.metric(within, mode)
    placement = view.placement(kind=kind, mode=mode, timed=asked[0].timed)
    counted = view.counted(demand=demand) if demand else None
    if share is None:
        share = share_counted(view.coverage(within_m=within, kind=kind, mode=mode), counted)
    return {"share": share} | public_share(view, placement, asked, counted, share=share)


def _share_of(
    view: CityView,
    chosen: Bools,
    asked: tuple[StreetNetwork, float],
    counted: Counted | None,
    depth: int,
) -> float:
    network, limit = asked
    mode = network.mode.code

    def measure() -> Coverage:
        placement = view.placement(mode=mode, timed=network.timed, among=chosen)
        return measure_coverage(network, placement, limit, depth=depth, depths=False)

    # The page asks for the same coverage again and again while the planner looks around.
    key = ("public coverage", np.packbits(chosen).tobytes(), limit, mode, network.timed, depth)
    cover: Coverage = view.kept(key, measure)
    return share_counted(cover, counted)


def share_counted(cover: Coverage, counted: Counted | None) -> float:
    """Covered share of what counts (None: of metres), wherever it lies; 0 where nothing does."""
    if counted is None:
        return cover.share
    table = tabulate_coverage(cover, counted)
    total = float(table.total.sum())
    return float(table.covered.sum()) / total if total > 0 else 0.0
