"""What a request's body says, as a typed value: JSON for programs, a form for pages."""

from __future__ import annotations

from typing import TypeVar

from flask import abort, request

from webapp.params import ParameterError, Parameters, from_json, from_query
from webapp.problems import make_problem

P = TypeVar("P", bound=Parameters)
_WRONG_TYPE = 415


def json_body(model: type[P]) -> P:
    """Read the body of the request, which has to say that it is JSON.

    A page of another site can send no such body without asking first, and we answer no such
    question: so it cannot make its visitors' browsers compute here.

    Raises
    ------
    UnsupportedMediaType
        It says that it is something else, or nothing.
    ParameterError
        As `from_json`.
    """
    if request.mimetype != "application/json":
        abort(_WRONG_TYPE)
    return from_json(model, request.get_data())


def form_body(model: type[P]) -> P:
    """Read the form of the request; no form of ours sends a file.

    Raises
    ------
    ParameterError
        It has a file, or as `from_query`.
    """
    if request.files:
        raise ParameterError([("file", make_problem("file"))])
    return from_query(model, request.form)
