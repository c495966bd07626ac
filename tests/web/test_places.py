"""A named place is a point on a street that a person could mean."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.city import City
from locator.sample import make_sample_city
from webapp import create_app
from webapp.params import NearestBody, ParameterError
from webapp.places import district_names, find_origin, meant
from webapp.settings import Settings

if TYPE_CHECKING:
    from locator.view import CityView


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample city, where streets of one name lie in many pieces."""
    folder = tmp_path_factory.mktemp("big") / "city"
    make_sample_city(folder, scale="city")
    return folder


def longest_name(view: CityView) -> str:
    streets = view.streets
    walkable = view.network("walk").travel != 0
    metres = np.bincount(streets.name_code, weights=streets.length_m * walkable)
    metres[0] = 0
    return streets.names[int(metres.argmax())]


def snapped_name(view: CityView, origin: Any) -> tuple[str, float]:
    near = view.nearest([origin.lonlat], k=1, mode="walk")
    street = int(near.snapped.street[0])
    return view.streets.names[int(view.streets.name_code[street])], float(near.snap_m[0])


def test_position_is_taken_as_it_is_and_is_no_place(view: CityView) -> None:
    origin = find_origin(view, NearestBody(lon=120.1, lat=32.1, datum="gcj02"))
    assert (origin.lonlat, origin.datum, origin.place) == ((120.1, 32.1), "gcj02", None)


def test_street_is_a_point_on_that_street(view: CityView) -> None:
    name = longest_name(view)
    found, away_m = snapped_name(view, find_origin(view, NearestBody(street=f" {name} ")))
    assert away_m < 0.01
    assert found == name


def test_part_of_a_name_finds_the_longest_street_that_fits(view: CityView) -> None:
    name = longest_name(view)
    part = find_origin(view, NearestBody(street=name[:-1] if len(name) > 1 else name))
    found, _ = snapped_name(view, part)
    assert name[:-1] in found


def test_district_is_a_point_on_a_street_in_it(view: CityView) -> None:
    names = district_names(view)
    assert names
    for code in names:
        origin = find_origin(view, NearestBody(district=code))
        assert snapped_name(view, origin)[1] <= view.config.person_snap_m


def test_street_in_a_district_is_the_part_nearest_to_its_middle(view: CityView) -> None:
    codes = list(district_names(view))
    name = longest_name(view)
    for code in codes:
        both = find_origin(view, NearestBody(district=code, street=name))
        assert snapped_name(view, both)[0] == name


@pytest.mark.parametrize(
    ("asked", "field"), [({"street": "没有的路"}, "street"), ({"district": "999999"}, "district")]
)
def test_place_that_is_not_there_is_refused_by_name(
    view: CityView, asked: dict[str, str], field: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        find_origin(view, NearestBody(**asked))  # type: ignore[arg-type]
    assert [name for name, _ in caught.value.fields] == [field]


def test_text_that_may_mean_several_places_names_the_others(view: CityView) -> None:
    from webapp.wording import nearest_answer

    start = meant(view, "路")
    assert start.outcome == "ambiguous"
    assert len(start.matches) > 2
    told = nearest_answer(view, NearestBody(place="路"))
    assert told["also_meant"] == [match.place.to_json() for match in start.matches[1:]]
    best = start.matches[0].place
    assert told["from"] == {"lon": round(best.lon_deg, 6), "lat": round(best.lat_deg, 6)}


def test_text_that_is_clear_names_no_others(view: CityView) -> None:
    from webapp.wording import nearest_answer

    lon, lat = view.stations.lonlat_deg[0].tolist()
    asked: list[dict[str, Any]] = [
        {"place": view.stations.code[0]},
        {"place": longest_name(view)},
        {"street": longest_name(view)},
        {"district": next(iter(district_names(view)))},
        {"lon": lon, "lat": lat},
    ]
    for one in asked:
        assert nearest_answer(view, NearestBody(**one))["also_meant"] == [], one


@pytest.mark.slow
def test_choice_of_a_place_is_answered_and_never_asks_again(big: Path) -> None:
    """Stretches of one street in one district cannot be told apart by words."""
    client = create_app(Settings(city=big)).test_client()
    for text in ("路", "江园路", "南通线", "崇川区 江园路"):
        page = client.get("/", query_string={"place": text}).get_data(as_text=True)
        part = page.partition('<ul class="places">')[2].partition("</ul>")[0]
        links = [unescape(link) for link in re.findall(r'href="([^"]+)"', part)]
        assert len(set(links)) == len(links)
        for link in links:
            chosen = client.get(link).get_data(as_text=True)
            assert '<ul class="places">' not in chosen, link
            assert 'class="card"' in chosen or "没有" in chosen, link


@pytest.mark.slow
def test_district_is_found_without_its_last_word(big: Path) -> None:
    view = City.open(big).current()
    for code, name in district_names(view).items():
        start = meant(view, name[:-1])
        assert [match.place.code for match in start.matches[:1]] == [code]
        assert not start.outcome


def test_unknown_district_beside_a_place_is_refused(view: CityView) -> None:
    with pytest.raises(ParameterError, match="district"):
        find_origin(view, NearestBody(place=longest_name(view), district="崇川区"))
