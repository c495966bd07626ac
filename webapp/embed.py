"""The finder in a frame of somebody else's page, the page that writes its code, and oEmbed.

Only the frame itself may be framed, and by the origins of LOCATOR_FRAME_ANCESTORS alone. What it
shows is in its address: kind, district, language, size, list, place; never where somebody stands.
It is the finder's own page without what leads elsewhere: the same cards, scripts and search.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    make_response,
    render_template,
    request,
    url_for,
)
from pydantic import Field
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from locator.moments import NOW, find_moment
from webapp.cards import station_cards
from webapp.finding import find_answer, left_out_words
from webapp.headers import allow
from webapp.languages import current_language
from webapp.languages import translate as _
from webapp.listing import choose_listed
from webapp.page_context import common, page_scripts
from webapp.pages import FINDER_SCRIPTS, FRAME_MAP, hour_choices, map_parts, stations_address
from webapp.params import (
    Parameters,
    PlaceQuery,
    from_shared_query,
)
from webapp.places import refuse_unknown_district
from webapp.state import current_view, site_address, view_at

if TYPE_CHECKING:
    from locator.view import CityView

blueprint = Blueprint("embed", __name__)

ANCESTORS = "FRAME_ANCESTORS"
"""Key of the application's configuration: origins that may frame the finder."""
HEIGHTS = {"small": 420, "medium": 560, "large": 720}
_WIDTH = 600
_LISTED = 10


class EmbedQuery(PlaceQuery):
    """What a frame shows; `place` is the name of a place or a station's code."""

    size: Literal["small", "medium", "large"] = "medium"
    list: Literal["on", "off"] = "on"

    def address(self) -> dict[str, str]:
        """The parameters that differ from what holds without them, in the order of the class."""
        values = self.model_dump(exclude_none=True, exclude_defaults=True)
        return {name: "1" if value is True else str(value) for name, value in values.items()}


class OembedQuery(Parameters):
    """As https://oembed.com says; a consumer's own limits in pixels are kept."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    format: Annotated[str, Field(max_length=10)] = "json"
    maxwidth: Annotated[int | None, Field(ge=1, le=100_000)] = None
    maxheight: Annotated[int | None, Field(ge=1, le=100_000)] = None


@blueprint.get("/embed")
def frame() -> Response:
    """The finder for a frame: complete without a script, the map on top."""
    view = current_view()
    asked = _checked(view, from_shared_query(EmbedQuery, request.args))
    parts = map_parts(view, FRAME_MAP)
    kept = {name: text for name, text in asked.address().items() if name in {"size", "list"}}
    page = render_template(
        "embed.html",
        **_common(view, asked),
        answer=find_answer(view_at(asked.at), asked, in_wechat=False),
        **_list_of(view, asked),
        on_map=stations_address(asked),
        hours=hour_choices(asked.at),
        parts=parts,
        scripts=page_scripts((*FINDER_SCRIPTS, "embed"), parts),
        full_address=_full_address(asked),
        form_action=url_for("embed.frame"),
        form_kept=kept,
    )
    return make_response(page)


@blueprint.after_request
def may_be_framed(response: Response) -> Response:
    """Let the named sites frame the finder, and what it says when it refuses or fails."""
    if request.endpoint == "embed.frame":
        allow(response, {"frame-ancestors": ("'self'", *current_app.config[ANCESTORS])})
        # A page that isolates itself may still show the frame: it holds nothing of anybody.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/embed/builder")
def builder() -> Response:
    """Choose what a frame shows, see it, and copy its code."""
    view = current_view()
    asked = _checked(view, from_shared_query(EmbedQuery, request.args))
    sizes = (("small", _("小")), ("medium", _("中")), ("large", _("大")))
    page = render_template(
        "embed_builder.html",
        **_common(view, asked),
        sizes=[{"value": value, "words": words} for value, words in sizes],
        heights=HEIGHTS,
        code=_code(view, asked, _WIDTH, HEIGHTS[asked.size]),
        source=_frame_url(asked),
        scripts=page_scripts(("embed_builder",)),
        ancestors=current_app.config[ANCESTORS],
    )
    response = make_response(page)
    allow(response, {"frame-src": ("'self'",)})
    return response


@blueprint.get("/oembed")
def oembed() -> Response:
    """The frame of one of our addresses, as sites that turn links into frames ask for it."""
    asked = from_shared_query(OembedQuery, request.args)
    if asked.format != "json":
        abort(HTTPStatus.NOT_IMPLEMENTED)
    view = current_view()
    shown = _checked(view, _frame_of(asked.url))
    width = min(_WIDTH, asked.maxwidth or _WIDTH)
    height = min(HEIGHTS[shown.size], asked.maxheight or HEIGHTS[shown.size])
    return jsonify(
        version="1.0",
        type="rich",
        title=_title(view),
        provider_name=view.name,
        provider_url=site_address(),
        width=width,
        height=height,
        html=_code(view, shown, width, height),
    )


def _common(view: CityView, asked: EmbedQuery) -> dict[str, Any]:
    """What both pages show."""
    address = site_address() + _frame_url(asked)
    return {
        **common(view),
        "asked": asked,
        "title": _title(view),
        "oembed": url_for("embed.oembed", url=address, format="json"),
    }


def _checked(view: CityView, asked: EmbedQuery) -> EmbedQuery:
    """The same; ParameterError where the city has no such district."""
    refuse_unknown_district(view, asked.district)
    return asked


def _list_of(view: CityView, asked: EmbedQuery) -> dict[str, Any]:
    """The first stations of the list, as they are at the hour that is asked, and what is not."""
    rows, left_out = choose_listed(view, asked)
    now = find_moment(asked.at or NOW, zone=view.config.time_zone)
    return {
        "cards": station_cards(view, rows[:_LISTED].tolist(), now=now),
        "total": len(rows),
        "left_out": left_out_words(left_out),
    }


def _title(view: CityView) -> str:
    return _("%(city)s找驿站", city=view.name)


def _code(view: CityView, asked: EmbedQuery, width: int, height: int) -> str:
    """The element to put into a page; geolocation is only passed on where its owner says so."""
    source, title = escape(site_address() + _frame_url(asked)), escape(_title(view))
    return (
        f'<iframe src="{source}" title="{title}" width="{width}" height="{height}" loading="lazy" '
        'allow="geolocation" style="border:0;max-width:100%"></iframe>'
    )


def _frame_url(asked: EmbedQuery) -> str:
    return _with_language("/embed", asked.address())


def _full_address(asked: EmbedQuery) -> str:
    """The full map with what the frame was asked for."""
    kept = {k: v for k, v in asked.address().items() if k in PlaceQuery.model_fields}
    return _with_language("/", kept)


def _with_language(path: str, values: dict[str, str]) -> str:
    if request.args.get("lang"):
        values = values | {"lang": current_language().code}
    return f"{path}?{urlencode(values)}" if values else path


def _frame_of(url: str) -> EmbedQuery:
    """What the frame of one of our own addresses shows.

    Raises
    ------
    NotFound
        It is an address of another site, or of a page that has no frame.
    """
    try:
        parts = urlsplit(url)
        own = {urlsplit(site_address()).netloc, request.host}
    except ValueError:
        raise NotFound from None
    if parts.scheme not in {"http", "https"} or parts.netloc not in own:
        raise NotFound
    if parts.path not in {"/", "/embed"}:
        raise NotFound
    sent = MultiDict(parse_qsl(parts.query))
    if parts.path == "/":
        sent.pop("page", None)
    return from_shared_query(EmbedQuery, sent)
