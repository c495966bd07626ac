"""The nearest station in the page is the server's: 1,000 places in a real browser."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.city import City
from locator.nearest import find_nearest
from locator.phone import pack_streets
from locator.snapping import at_node
from tests.browser.conftest import ROOT
from tests.oracles import random_town
from tests.towns import make_network, place

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.snapping import Snapped

pytestmark = pytest.mark.browser

SCRIPT = ROOT / "webapp" / "static" / "js" / "network.js"
PLACES = 1000
ASK = """
([file, places, stations, k, within]) => {
  const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
  const network = locator.network.readNetwork(bytes.buffer);
  return places.map(([lon, lat]) => {
    const place = locator.network.snap(network, lon, lat, 250);
    if (place === null) return null;
    const found = locator.network.findNearest(network, place, stations, k, within);
    return found.map((row) => [row.code, row.distance_m]);
  });
}
"""


def ask_page(
    chromium: Browser, network: StreetNetwork, placement: Placement, codes: list[str],
    places: np.ndarray, k: int, within: float | None,
) -> list[Any]:  # fmt: skip
    """What the page answers, with the script as it is served."""
    packed = pack_streets(network, version="1")
    snapped = placement.snapped
    stations = [
        {
            "code": code,
            "street": int(packed.street[snapped.street[i]]) if snapped.street[i] >= 0 else -1,
            "offset_dm": round(float(snapped.offset_m[i]) * 10),
            "snap_dm": round(float(snapped.snap_m[i]) * 10),
            "at": end_of(network, snapped, i),
        }
        for i, code in enumerate(codes)
    ]
    page = chromium.new_page()
    page.add_script_tag(content=SCRIPT.read_text("utf-8"))
    file = base64.b64encode(packed.data).decode()
    answers: list[Any] = page.evaluate(ASK, [file, places.tolist(), stations, k, within])
    page.close()
    return answers


def end_of(network: StreetNetwork, snapped: Snapped, i: int) -> int:
    """0 between the ends of its street, 1 at its start, 2 at its end."""
    if at_node(network.streets, snapped)[i] < 0:
        return 0
    return 1 if snapped.offset_m[i] < network.streets.length_m[snapped.street[i]] / 2 else 2


def test_page_finds_the_stations_that_the_server_finds(chromium: Browser, town: Path) -> None:
    view = City.open(town).current()
    network, placement = view.network("walk"), view.placement()
    rng = np.random.default_rng(7)
    xy = view.streets.xy_m[rng.integers(0, len(view.streets.xy_m), PLACES)]
    places = view.to_lonlat(xy + rng.normal(0.0, 60.0, xy.shape))
    codes = [view.stations.code[row] for row in placement.rows.tolist()]
    answers = ask_page(chromium, network, placement, codes, places, 2, None)
    near = find_nearest(
        network, placement, view.to_xy(places), stations_xy_m=view.stations.xy_m, k=2
    )
    compared = 0
    for row, answer in enumerate(answers):
        index, metres = near.index[row], near.distance_m[row]
        if answer is None or index[0] < 0:
            assert not answer, (answer, metres)
            continue
        compared += 1
        assert answer, (row, metres, near.outcome[row])
        assert answer[0][1] == pytest.approx(metres[0], abs=1.0)
        if index[1] < 0 or metres[1] - metres[0] >= 1.0:
            assert answer[0][0] == view.stations.code[index[0]]
    assert compared > PLACES / 2


@pytest.mark.parametrize("seed", range(6))
def test_page_follows_one_ways_loops_and_limits(chromium: Browser, seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    placement = place(network, town.stations)
    xy = np.asarray(town.nodes, float)[rng.integers(0, len(town.nodes), 40)]
    xy = xy + rng.normal(0.0, 20.0, xy.shape)
    codes = [f"S{i}" for i in range(len(town.stations))]
    places = network.streets.projection.to_lonlat(xy)
    near = find_nearest(
        network, placement, xy, stations_xy_m=np.zeros((len(codes), 2)), k=3, within_m=500.0
    )
    answers = ask_page(chromium, network, placement, codes, places, 3, 500.0)
    for row, answer in enumerate(answers):
        theirs = [
            metres
            for metres, i in zip(near.distance_m[row], near.index[row], strict=True)
            if i >= 0
        ]
        ours = [metres for _, metres in answer or []]
        close = [metres for metres in (*theirs, *ours) if abs(metres - 500.0) < 1.0]
        if not close:  # a limit that is met by less than rounding may go either way
            assert ours == pytest.approx(theirs, abs=1.0)


def test_page_refuses_a_file_that_it_does_not_know(chromium: Browser) -> None:
    page = chromium.new_page()
    page.add_script_tag(content=SCRIPT.read_text("utf-8"))
    told = page.evaluate("""() => { try { locator.network.readNetwork(new ArrayBuffer(99)) }
        catch (error) { return error instanceof locator.network.StreetFileError } }""")
    page.close()
    assert told is True
