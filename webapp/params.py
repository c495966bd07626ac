"""What a request may say: query, form or JSON body as a frozen typed value.

Everything else is refused with 422 and the name of the field. What was sent is never repeated:
it may be where somebody stands.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from werkzeug.datastructures import MultiDict

from locator.errors import SchemaError
from locator.modes import find_mode
from webapp.param_types import (
    Datum,
    Kind,
    Limit,
    ModeCode,
    Moment,
    Needs,
    PlaceName,
    SituationCode,
    TradeCode,
    Word,
)
from webapp.problems import (
    LITERALS,
    Problem,
    ProblemError,
    make_problem,
    one_of,
    problem_of,
)

# Chat programs and search engines append these when a page is shared; they mean nothing here.
SHARE_PARAMETERS = frozenset(
    {"from", "isappinstalled", "nsukey", "wechat_redirect", "utm_source", "utm_medium"}
)
# Languages of pages, the first one by default; `?lang=` is a parameter of every page.
LANGUAGES = ("zh", "en")
_MOST_PROBLEMS = 20
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}", re.IGNORECASE)


class ParameterError(SchemaError):
    """Parameters of a request cannot be used.

    Parameters
    ----------
    fields
        (field, problem) pairs; the first ones are told, lest a short question of a thousand
        names be answered at length.
    """

    def __init__(self, fields: list[tuple[str, Problem]]) -> None:
        fields = fields[:_MOST_PROBLEMS]
        self.fields = tuple(fields)
        super().__init__([f"{name}: {problem.en}" for name, problem in fields])


class Parameters(BaseModel):
    """Base of all parameters: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NoParameters(Parameters):
    """For addresses that take none."""


class FileQuery(Parameters):
    """For files of the pages: `v` is the mark of the content that a page was made with."""

    v: Word | None = None


class StationsQuery(Parameters):
    """Which stations; `q` is part of a name or address."""

    kind: Kind | None = None
    district: Word | None = None
    q: Word | None = None
    staff: bool = True
    trade: TradeCode | None = None
    situation: SituationCode | None = None


class ListQuery(StationsQuery):
    """Which stations, and which page of their list.

    Rooms for their host's own staff are listed only for whoever asks for them.
    """

    page: int = Field(1, ge=1, le=100_000)
    staff: bool = False


class PlaceQuery(StationsQuery):
    """What is looked for and from which place; never where somebody stands.

    `place` is what was typed: a street, a crossing, a district, a station's name or code. `at` is
    the hour that is asked about, `open` leaves out what is not known to be open on arrival.
    """

    staff: bool = False
    place: PlaceName | None = None
    mode: ModeCode | None = None
    at: Moment | None = None
    open: bool = False


class FinderQuery(PlaceQuery, ListQuery):
    """What the finder's address says."""


class StationQuery(Parameters):
    """`here` says that one stands before the station: the QR code on its door does."""

    here: bool = False


class ReportForm(Parameters):
    """What somebody found at a station's door."""

    what: Literal["open", "locked", "broken", "wrong_place"]


class PageBody(Parameters):
    """Whole address of a page of ours that wants a signature."""

    page: str = Field(max_length=2000)


class CoverageQuery(Parameters):
    """Which coverage is asked for."""

    within: Limit = "1000"
    kind: Kind | None = None
    mode: ModeCode = "walk"

    @property
    def within_m(self) -> float:
        """The limit in metres, for the mode that is asked."""
        return find_mode(self.mode).metres(self.within)


class CurveQuery(Parameters):
    """Which curve is asked for."""

    kind: Kind | None = None
    mode: ModeCode = "walk"


class TileQuery(CoverageQuery):
    """Which coverage; `v` is the version that the page saw, so that tiles can be kept."""

    v: Word | None = None


class NearestBody(Parameters):
    """From where to where: a position, or a place by its district, its street, or both.

    A `place` is what somebody typed: a street, a crossing, a district, a station's name or code,
    with slips and in pinyin too; `street` is the exact name of one. `at`, `open` and `stay`
    (minutes) ask for what is open on arrival, `need` for what it offers; `accuracy` is how many
    metres the position may be off; `routes` false leaves out the ways, which take most of the time
    and of the answer.
    """

    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    datum: Datum = "wgs84"
    district: Word | None = None
    street: Word | None = None
    place: Word | None = None
    k: int = Field(3, ge=1, le=20)
    kind: Kind | None = None
    mode: ModeCode = "walk"
    within: Limit | None = None
    at: Moment | None = None
    open: bool = False
    stay: float = Field(0.0, ge=0, le=1440)
    need: Needs = ()
    accuracy: float | None = Field(None, gt=0, le=20_000)
    routes: bool = True

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        placed = any((self.district, self.street, self.place))
        if (self.lon is None) != (self.lat is None):
            raise ProblemError(make_problem("both"))
        if placed == (self.lon is not None):
            raise ProblemError(make_problem("origin"))
        return self

    @property
    def within_m(self) -> float:
        """The limit in metres, inf where there is none."""
        return find_mode(self.mode).metres(self.within) if self.within else float("inf")


P = TypeVar("P", bound=Parameters)
Sent = MultiDict[str, str]


def from_query(model: type[P], sent: Sent) -> P:
    """Read a query string or a form; an empty value is an absent one.

    Raises
    ------
    ParameterError
        A field is unknown, given twice, or has a value that cannot be used.
    """
    twice = [name for name in sent if len(sent.getlist(name)) > 1]
    if twice:
        raise ParameterError([(_shown(name), make_problem("twice")) for name in twice])
    known = model.model_fields
    given = {name: text for name, text in sent.items() if text.strip() or name not in known}
    return _validated(model, given, False)


def from_shared_query(model: type[P], sent: Sent) -> P:
    """As `from_query`, for pages: the language, and what sharing appends, are left alone.

    Raises
    ------
    ParameterError
        As `from_query`; or pages do not speak that language.
    """
    languages = sent.getlist("lang")
    if len(languages) > 1:
        raise ParameterError([("lang", make_problem("twice"))])
    if not {*languages} <= {"", *LANGUAGES}:
        raise ParameterError([("lang", one_of({code: LITERALS[code] for code in LANGUAGES}))])
    apart = SHARE_PARAMETERS | {"lang"}
    kept = [(name, text) for name, text in sent.items(multi=True) if name not in apart]
    return from_query(model, MultiDict(kept))


def from_json(model: type[P], body: bytes) -> P:
    """Read a JSON body, an object with numbers as numbers.

    Raises
    ------
    ParameterError
        As `from_query`; or the body is no JSON object.
    """
    try:
        sent = json.loads(body, object_pairs_hook=_each_once)
    except ParameterError:
        raise
    except (ValueError, RecursionError):
        raise ParameterError([("body", make_problem("json"))]) from None
    if not isinstance(sent, dict):
        raise ParameterError([("body", make_problem("json"))])
    return _validated(model, sent, True)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs; of a name that is there twice nobody can tell what is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        raise ParameterError([(_shown(name), make_problem("twice")) for name in twice])
    return found


def _validated(model: type[P], sent: Mapping[str, Any], strict: bool) -> P:
    try:
        return model.model_validate(sent, strict=strict)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    raise ParameterError([(_field(one["loc"]), problem_of(one)) for one in found])


def _field(path: tuple[int | str, ...]) -> str:
    return _shown(str(path[0])) if path else "body"


def _shown(name: str) -> str:
    """A field's name where it looks like one: an address may hold anything before its "="."""
    return name if _FIELD_NAME.fullmatch(name) else "(a name that is no parameter)"
