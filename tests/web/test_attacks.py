"""Hostile parameters and bodies at every address that the application has, from its own map.

Nothing may end in a fault, nothing that is refused may be said again, and what is not understood
must not be taken for something else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.hostile import MARK, ODD, TRACE, VALUES, check, refused
from webapp.embed import EmbedQuery, OembedQuery
from webapp.params import (
    CoverageQuery,
    CurveQuery,
    FileQuery,
    FinderQuery,
    NoParameters,
    Parameters,
    StationQuery,
    StationsQuery,
    TileQuery,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient


# What each address takes in its query; a new one fails the walk until it stands here.
QUERIES: Mapping[str, type[Parameters]] = {
    "static": FileQuery,
    "packaged": FileQuery,
    "api.coverage": CoverageQuery,
    "api.coverage_tile": TileQuery,
    "api.curve": CurveQuery,
    "api.doors": NoParameters,
    "api.health": NoParameters,
    "api.openapi": NoParameters,
    "api.stations": StationsQuery,
    "basemap.drawing": NoParameters,
    "basemap.source": NoParameters,
    "embed.builder": EmbedQuery,
    "embed.frame": EmbedQuery,
    "embed.oembed": OembedQuery,
    "pages.coverage": CoverageQuery,
    "pages.index": FinderQuery,
    "pages.map_script": NoParameters,
    "pages.nearest_form": NoParameters,
    "phone.file": NoParameters,
    "phone.index": NoParameters,
    "phone.manifest": NoParameters,
    "phone.worker": NoParameters,
    "stations.hand_over": NoParameters,
    "stations.poster": NoParameters,
    "stations.qr": NoParameters,
    "stations.station": StationQuery,
    "stations.wechat_place": NoParameters,
    "wechat.sdk": NoParameters,
}
# Addresses that take a body, and what it may say.
BODIES = {"api.nearest", "pages.nearest", "stations.report", "wechat.signature"}
OWN_REFUSALS = {404}  # of what is not set up in the town: the SDK, tiles of others


def test_every_address_of_the_application_is_attacked_here(
    routes: dict[str, str], posts: dict[str, str]
) -> None:
    assert set(routes) == set(QUERIES)
    assert set(posts) == BODIES


@pytest.mark.parametrize("endpoint", QUERIES)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("colour", "colour"),
        ("lat", "lat"),
        ("__class__", None),
        ("_external", None),
        (MARK, None),
        ("<zq7>", None),
        ("within[]", None),
        ("x" * 3000, None),
        ("\x00", None),
    ],
)
def test_unknown_parameter_is_refused_by_name_and_its_value_not_repeated(
    attacker: FlaskClient, routes: dict[str, str], endpoint: str, name: str, shown: str | None
) -> None:
    with attacker.get(f"{routes[endpoint]}?{urlencode({name: MARK + '<zq7>'})}") as answer:
        found = refused(answer)
        assert (shown or "(a name that is no parameter)") in found
        assert len(found) <= 2
        assert not TRACE.search(answer.get_data(as_text=True))
        assert len(answer.data) < 2500


@pytest.mark.parametrize(
    "endpoint", [name for name, model in QUERIES.items() if model.model_fields]
)
def test_parameter_given_twice_is_refused_by_name(
    attacker: FlaskClient, routes: dict[str, str], endpoint: str
) -> None:
    for name in QUERIES[endpoint].model_fields:
        for second in (MARK, ""):
            query = urlencode([(name, MARK), (name, second)])
            with attacker.get(f"{routes[endpoint]}?{query}") as answer:
                assert refused(answer) == [name]
                assert not TRACE.search(answer.get_data(as_text=True))


def test_language_given_twice_or_unknown_is_refused(attacker: FlaskClient) -> None:
    for query in ("lang=en&lang=zh", "lang=en&lang=en", f"lang={MARK}", "lang=<zq7>"):
        answer = attacker.get(f"/?{query}")
        assert refused(answer) == ["lang"]
        assert not TRACE.search(answer.get_data(as_text=True))


def test_thousand_unknown_parameters_get_a_short_answer(attacker: FlaskClient) -> None:
    names = "&".join(f"p{number}=1" for number in range(1500))
    for path in ("/", "/api/v1/health"):
        answer = attacker.get(f"{path}?{names}")
        assert 1 <= len(refused(answer)) <= 20
        assert len(answer.data) < 8000
    many = json.dumps({f"p{number}": 1 for number in range(1000)})
    answer = attacker.post("/api/v1/nearest", data=many, content_type="application/json")
    assert 1 <= len(refused(answer)) <= 20
    assert len(answer.data) < 8000


@pytest.mark.slow
@pytest.mark.parametrize(
    "endpoint", [name for name, model in QUERIES.items() if model.model_fields]
)
def test_any_values_of_known_parameters_are_answered_or_refused_by_name(
    attacker: FlaskClient, routes: dict[str, str], endpoint: str
) -> None:
    fields = QUERIES[endpoint].model_fields
    names = sorted(fields)
    allowed = {name for name in names if fields[name].is_required()}
    if "url" in names:  # what stands in oembed's address has parameters of its own
        allowed |= {*EmbedQuery.model_fields, "(a name that is no parameter)"}

    @settings(max_examples=60)
    @given(st.dictionaries(st.sampled_from(names), VALUES, min_size=1, max_size=4))
    def ask(sent: dict[str, str]) -> None:
        with attacker.get(f"{routes[endpoint]}?{urlencode(sent, errors='replace')}") as answer:
            check(answer, allowed | set(sent), sent)

    for name in names:
        for value in ODD:
            with attacker.get(f"{routes[endpoint]}?{urlencode({name: value})}") as answer:
                check(answer, allowed | {name}, {name: value})
    ask()


@pytest.mark.parametrize(
    "text",
    ["\x00", "a\x00b", "%", "..", "<zq7>", "a" * 5000, "\u202e", "\ud7ff", MARK, "'", "%ff%fe"],
)
def test_other_codes_and_names_are_not_found(attacker: FlaskClient, text: str) -> None:
    part = text if text == "%ff%fe" else quote(text, safe="")
    for path in (f"/s/{part}", f"/s/{part}/poster", f"/s/{part}/qr.svg", f"/s/{part}/to/amap",
                 f"/s/{part}/wechat.json", f"/map/{part}.js", f"/phone/streets/{part}",
                 f"/phone/{part}/x", f"/{part}", f"/api/v1/{part}"):  # fmt: skip
        answer = attacker.get(path)
        assert answer.status_code in {404, 308}, path
        assert not TRACE.search(answer.get_data(as_text=True)) or answer.status_code == 308
