"""Where a candidate stands: street and nearest crossing, as one says it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.vectors import read_lines
from locator.street_building import build_streets
from locator.whereabouts import Whereabouts
from tests.grids import collection, lonlat

if TYPE_CHECKING:
    from locator.streets import Streets

# name, ends in metres; 人民中路 goes on over a crossing with a nameless lane at 200 m
LINES = [
    ("人民中路", [(0, 0), (200, 0)]),
    ("人民中路", [(200, 0), (500, 0)]),
    ("", [(200, 0), (200, 100)]),
    ("跃龙路", [(500, -100), (500, 0)]),
    ("跃龙路", [(500, 0), (500, 100)]),
    ("青年大道", [(0, -50), (0, 0)]),
    ("青年大道", [(0, 0), (0, 50)]),
    ("孤巷", [(2000, 0), (2100, 0)]),
    ("长堤路", [(5000, 0), (8500, 0)]),
    ("堤头路", [(5000, 0), (5000, 100)]),
]


@pytest.fixture
def streets(tmp_path: Path) -> Streets:
    features = [
        {"type": "Feature", "properties": {"name": name, "highway": "residential"},
         "geometry": {"type": "LineString", "coordinates": [lonlat(*end) for end in ends]}}
        for name, ends in LINES
    ]  # fmt: skip
    file = tmp_path / "streets.geojson"
    file.write_text(collection(features), encoding="utf-8")
    return build_streets(read_lines(file), crs="EPSG:4549")


def label(streets: Streets, x: float, y: float) -> str:
    """Code of the candidate at a place in metres: the street there, and the way along it."""
    here = streets.projection.to_xy(np.array([lonlat(x, y)]))[0]
    best = (np.inf, -1, 0.0)
    for row in range(len(streets)):
        xy = streets.xy_m[streets.first[row] : streets.first[row + 1]]
        (ax, ay), (bx, by) = xy[0], xy[-1]
        run = np.array([bx - ax, by - ay])
        share = float(np.clip(np.dot(here - xy[0], run) / np.dot(run, run), 0.0, 1.0))
        away = float(np.hypot(*(xy[0] + share * run - here)))
        best = min(best, (round(away, 3), row, share * float(streets.length_m[row])))
    return f"{best[1]}:{best[2]:.3f}"


@pytest.mark.parametrize(
    ("place", "zh", "en"),
    [
        ((443, 0), "人民中路，距跃龙路口57米", "人民中路, 57 m from 跃龙路"),
        ((60, 0), "人民中路，距青年大道路口60米", "人民中路, 60 m from 青年大道"),
        # the nameless lane at 200 m is no crossing to tell; 跃龙路 lies behind it
        ((260, 0), "人民中路，距跃龙路口240米", "人民中路, 240 m from 跃龙路"),
        ((190, 0), "人民中路，距青年大道路口190米", "人民中路, 190 m from 青年大道"),
        ((496, 0), "人民中路与跃龙路路口", "人民中路 at 跃龙路"),
        ((200, 80), "无名路，距人民中路口80米", "a nameless street, 80 m from 人民中路"),
        ((2050, 0), "孤巷", "孤巷"),
        ((6200, 0), "长堤路，距堤头路口1.2公里", "长堤路, 1.2 km from 堤头路"),
        ((8400, 0), "长堤路", "长堤路"),
    ],
)
def test_candidate_is_told_by_its_street_and_the_nearest_crossing(
    streets: Streets, place: tuple[float, float], zh: str, en: str
) -> None:
    where = Whereabouts(streets)
    code = label(streets, *place)
    assert (where(code), where(code, "en")) == (zh, en)


@pytest.mark.parametrize(
    "code", ["NT-320613-OW-0001-8", "银行3", "", "9999:5.000", "0:99999.000", "-1:2.0", "a:b"]
)
def test_label_that_is_no_place_on_these_streets_stays(streets: Streets, code: str) -> None:
    assert Whereabouts(streets)(code) == code


def test_crossing_is_the_nearest_of_all_that_dijkstra_finds(streets: Streets) -> None:
    """The slow way: along the street's own pieces to every node, all of them relaxed in turn."""
    where = Whereabouts(streets)
    names = [streets.names[code] for code in streets.name_code.tolist()]
    for row in range(len(streets)):
        for share in (0.0, 0.3, 0.5, 0.9, 1.0):
            offset = share * float(streets.length_m[row])
            first, last = streets.ends[row].tolist()
            away = {first: offset}
            away[last] = min(away.get(last, np.inf), float(streets.length_m[row]) - offset)
            for _ in names:
                for other, (a, b) in enumerate(streets.ends.tolist()):
                    if names[other] == names[row] != "":
                        length = float(streets.length_m[other])
                        away[b] = min(away.get(b, np.inf), away.get(a, np.inf) + length)
                        away[a] = min(away.get(a, np.inf), away.get(b, np.inf) + length)
            told = [
                (round(metres, 3), names[other])
                for node, metres in away.items()
                for other in range(len(streets))
                if node in streets.ends[other] and names[other] not in ("", names[row])
                and metres <= 2000.0
            ]  # fmt: skip
            corner = where.corner(row, offset)
            if told:
                assert corner is not None
                assert (round(corner.away_m, 3), corner.name) == min(told)
            else:
                assert corner is None
