"""Parameters: typed, complete, and errors that name the field and never the value."""

from __future__ import annotations

import json

import pytest
from werkzeug.datastructures import MultiDict

from webapp.params import (
    CoverageQuery,
    ListQuery,
    NearestBody,
    NoParameters,
    ParameterError,
    from_json,
    from_query,
    from_shared_query,
)

HERE = {"lon": 120.8612345, "lat": 32.0112345}


def names(error: ParameterError) -> list[str]:
    return [name for name, _ in error.fields]


def test_nearest_body_of_position_is_typed() -> None:
    body = from_json(NearestBody, json.dumps({**HERE, "k": 5, "within": "15min"}).encode())
    assert (body.lon, body.lat, body.k, body.mode) == (120.8612345, 32.0112345, 5, "walk")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lon": "120.8612345"}, "lon"),
        ({"lon": 181}, "lon"),
        ({"lat": float("nan")}, "lat"),
        ({"lat": float("inf")}, "lat"),
        ({"lat": None}, "body"),
        ({"k": 0}, "k"),
        ({"k": 21}, "k"),
        ({"k": 2.5}, "k"),
        ({"k": True}, "k"),
        ({"kind": "pub"}, "kind"),
        ({"mode": "boat"}, "mode"),
        ({"datum": "mars"}, "datum"),
        ({"within": "0"}, "within"),
        ({"within": "far"}, "within"),
        ({"within": "-5min"}, "within"),
        ({"street": ""}, "street"),
        ({"street": "人民路"}, "body"),
        ({"latitude": 32.0112345}, "latitude"),
    ],
)
def test_nearest_body_with_bad_value_names_the_field_alone(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        from_json(NearestBody, json.dumps({**HERE, **change}).encode())
    assert field in names(caught.value)
    assert "120.86" not in str(caught.value)
    assert "32.01" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 50_000, b'"x"'])
def test_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ParameterError) as caught:
        from_json(NearestBody, body)
    assert names(caught.value) == ["body"]


def test_several_problems_are_told_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        from_query(CoverageQuery, MultiDict({"within": "no", "kind": "no", "mode": "no"}))
    assert names(caught.value) == ["within", "kind", "mode"]


def test_position_in_place_of_a_name_is_not_repeated() -> None:
    with pytest.raises(ParameterError) as caught:
        from_query(NoParameters, MultiDict({"32.0112345,120.8612345": ""} | {"120.86": "1"}))
    assert "120.86" not in str(caught.value)


def test_parameter_given_twice_is_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        from_query(CoverageQuery, MultiDict([("within", "300"), ("within", "500")]))
    assert names(caught.value) == ["within"]


def test_empty_value_of_a_form_is_an_absent_one() -> None:
    assert from_query(CoverageQuery, MultiDict({"kind": "", "within": ""})) == CoverageQuery()


def test_unknown_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        from_query(CoverageQuery, MultiDict({"kind": "", "colour": ""}))
    assert names(caught.value) == ["colour"]


def test_page_shared_in_a_chat_still_opens() -> None:
    shared = MultiDict({"from": "singlemessage", "isappinstalled": "0", "page": "2"})
    assert from_shared_query(ListQuery, shared).page == 2
    with pytest.raises(ParameterError):
        from_query(ListQuery, shared)


def test_limit_in_minutes_is_metres_of_the_mode() -> None:
    assert CoverageQuery(within="15min", mode="walk").within_m == pytest.approx(999.0)
    assert CoverageQuery(within="5min", mode="ebike").within_m == pytest.approx(1251.0)
