"""WeChat's own map, where the operator has set up its JS-SDK; pages do with plain links else.

In WeChat's browser alone, the finder and the stations' pages load the SDK from a file that the
operator has put on this host, ask here for a signature of their own address, and then offer a
button that calls `wx.openLocation`. No signature is made for an address that is not one of theirs.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, jsonify, request, send_file
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from locator.errors import InputError
from webapp.bodies import json_body
from webapp.origins import is_from_our_page
from webapp.page_context import in_wechat
from webapp.params import NoParameters, PageBody, ParameterError, from_query
from webapp.problems import make_problem
from webapp.state import site_address
from webapp.wechat_tickets import TicketSource, sign

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings

PAGES = frozenset({"pages.index", "stations.station"})
_KEY = "locator.wechat"

blueprint = Blueprint("wechat", __name__, url_prefix="/wechat")


@dataclass(frozen=True, slots=True)
class Account:
    """A site's account with WeChat: where its tickets come from, and the SDK's file."""

    tickets: TicketSource
    sdk: Path


def install(app: Flask, settings: Settings) -> None:
    """Let pages in WeChat open its map, where that is set up.

    Raises
    ------
    InputError
        It is set up by half, or the SDK's file cannot be read.
    """
    app.extensions[_KEY] = read_account(settings)
    app.context_processor(lambda: {"with_wechat": is_of_use()})
    app.register_blueprint(blueprint)


def read_account(settings: Settings) -> Account | None:
    """The account of the settings; None where there is none.

    Raises
    ------
    InputError
        As `install`.
    """
    told = {
        "LOCATOR_WECHAT_APPID": settings.wechat_appid,
        "LOCATOR_WECHAT_SECRET": settings.wechat_secret,
        "LOCATOR_WECHAT_SDK": settings.wechat_sdk,
    }
    missing = [name for name, value in told.items() if not value]
    if len(missing) == len(told):
        return None
    if missing:
        raise InputError(
            f"WeChat's JS-SDK is set up by half: {', '.join(missing)} missing; set all of "
            f"{', '.join(told)}, or none of them"
        )
    path = Path(settings.wechat_sdk).resolve()
    try:
        path.open("rb").close()
    except OSError as problem:
        raise InputError(
            f"LOCATOR_WECHAT_SDK is {settings.wechat_sdk!r} and cannot be read "
            f"({problem.strerror}); expected the file of WeChat's JS-SDK, put there by hand"
        ) from problem
    tickets = TicketSource(settings.wechat_appid, settings.wechat_secret, api=settings.wechat_api)
    return Account(tickets, path)


def is_of_use() -> bool:
    """Whether this request's page may offer WeChat's map: set up, and shown by WeChat."""
    is_set_up = current_app.extensions[_KEY] is not None
    return is_set_up and request.endpoint in PAGES and in_wechat()


@blueprint.get("/sdk.js")
def sdk() -> Response:
    """The SDK, from the operator's file."""
    from_query(NoParameters, request.args)
    return send_file(_account().sdk.resolve(), mimetype="text/javascript")


@blueprint.post("/signature")
def signature() -> tuple[Response, int] | Response:
    """What `wx.config` wants for one of our pages; 503 where WeChat gives no ticket."""
    from_query(NoParameters, request.args)
    account = _account()
    if not is_from_our_page(request):
        abort(403)
    page = json_body(PageBody).page
    if not _is_ours(page):
        raise ParameterError([("page", make_problem("page"))])
    ticket = account.tickets.find()
    if not ticket:
        return jsonify({"error": {"status": 503, "message": "no ticket", "fields": []}}), 503
    nonce, timestamp = secrets.token_hex(8), int(time.time())
    told = {
        "appId": account.tickets.appid,
        "timestamp": timestamp,
        "nonceStr": nonce,
        "signature": sign(ticket, nonce=nonce, timestamp=timestamp, url=page),
    }
    response = jsonify(told)
    response.headers["Cache-Control"] = "no-store"
    return response


def _account() -> Account:
    found: Account | None = current_app.extensions[_KEY]
    return found if found is not None else abort(404)


def _is_ours(page: str) -> bool:
    """Whether that is the whole address of the finder or of a station's page on this site."""
    own = urlsplit(site_address())
    try:
        told = urlsplit(page)
        if (told.scheme, told.netloc.lower()) != (own.scheme, own.netloc.lower()):
            return False
        endpoint, _ = current_app.url_map.bind("localhost").match(told.path, "GET")
    except (ValueError, HTTPException, RequestRedirect):
        return False
    return endpoint in PAGES
