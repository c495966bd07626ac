"""From errors to answers: one table of statuses, JSON for the API, a page for people.

No answer repeats what was sent, and no log line either: an exception's text may hold the
position of a person, so the log gets its type and its place in the program.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from locator.errors import (
    ConflictError,
    DataError,
    InfeasibleError,
    InputError,
    LocatorError,
    NotFoundError,
)
from webapp.languages import current_language, in_chinese, said
from webapp.languages import translate as _
from webapp.params import ParameterError
from webapp.problems import FIELDS, Problem
from webapp.state import current_view, shared

if TYPE_CHECKING:
    from locator.view import CityView

# The first class that fits counts.
STATUSES: tuple[tuple[type[LocatorError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (InfeasibleError, 422),
    (DataError, 500),
    (InputError, 422),
    (LocatorError, 500),
)
_SERVER_ERROR = 500
_FLOOD_PAGES = 200  # some 1.5 KB each: two languages, the addresses of the application
# What a program is told to do, in Chinese and in English; pages have words of their own.
_FOR_PROGRAMS: Mapping[int, tuple[str, str]] = {
    405: ("这个地址不收这种方法，请用 {allowed}", "this address takes {allowed}"),
    415: (
        "请求体要是 JSON，并写明 Content-Type: application/json",
        "send the body as JSON, and say so: Content-Type: application/json",
    ),
}
_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every error of this application from here."""
    app.register_error_handler(LocatorError, _answer_own)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def status_of(error: LocatorError) -> int:
    """HTTP status of an error of ours.

    >>> status_of(NotFoundError("no such kind")), status_of(InputError("k is 0"))
    (404, 422)
    """
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def _answer_own(error: LocatorError) -> Response:
    status = status_of(error)
    if status >= _SERVER_ERROR:
        # Its message names files of this machine: for the log, not for the world.
        _log.error("%s", error)
        return _answer(status, "the service cannot read its data")
    fields = error.fields if isinstance(error, ParameterError) else ()
    message = str(error) if fields else "the request cannot be used"
    return _answer(status, message, fields)


def answer_http(error: HTTPException) -> Response:
    """The answer to an error of HTTP itself: no such page, a body too long, too many requests."""
    status = error.code or _SERVER_ERROR
    told = error.get_headers()
    chinese, english = _FOR_PROGRAMS.get(status, ("", HTTPStatus(status).phrase.lower()))
    allowed = dict(told).get("Allow", "")
    response = _answer(
        status, english.format(allowed=allowed), message_zh=chinese.format(allowed=allowed)
    )
    for name, value in told:
        if name in {"Allow", "Retry-After", "Location", "Content-Range"}:
            response.headers[name] = value
    return response


def _answer_unexpected(error: Exception) -> Response:
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s at\n%s", type(error).__name__, frames)
    return _answer(_SERVER_ERROR, "the service has a fault")


def _answer(
    status: int,
    message: str,
    fields: tuple[tuple[str, Problem], ...] = (),
    *,
    message_zh: str = "",
) -> Response:
    """The answer; `message` and `message_zh` are for programs."""
    if request.path.startswith("/api/"):
        document = _document(status, message, fields)
        body = {"error": document | ({"message_zh": message_zh} if message_zh else {})}
        # As all other answers of the API: Chinese as it stands, whoever reads it in a terminal.
        response = Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    else:
        flood = status == HTTPStatus.TOO_MANY_REQUESTS
        response = make_response(_flood_page() if flood else _page(status, fields))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(status: int, fields: tuple[tuple[str, Problem], ...] = ()) -> str:
    """The page of an error, with the city where it can be read."""
    view = None
    with suppress(Exception):  # it may be what went wrong, and an error's page must not
        view = current_view()
    return _framed(view, status, fields)


def _flood_page() -> str:
    """The page for whoever asks too often, written once for each of the few ways it looks.

    It shows the city as it was last read: a flood is to cost neither a look at files nor a page.
    """
    view, kept = shared().city.last, shared().flood_pages
    language = current_language().code
    stays = request.args.get("lang") == language  # in the links
    key = (language, stays, request.endpoint, request.script_root)
    found = kept.get(key)
    if found is None or found[0] is not view:
        if len(kept) >= _FLOOD_PAGES:
            kept.clear()
        found = kept[key] = (view, _framed(view, HTTPStatus.TOO_MANY_REQUESTS))
    return found[1]


def _framed(
    view: CityView | None, status: int, fields: tuple[tuple[str, Problem], ...] = ()
) -> str:
    """The page with what every page has around it: the banner of a sample, the menu, the foot.

    In another language the first page comes: the address of this one is not repeated.
    """
    title, text = _texts(status)
    return render_template(
        "error.html",
        title=title,
        text=text,
        status=int(status),
        fields=[(FIELDS.get(name, ""), name, said(problem)) for name, problem in fields],
        view=view,
        here_in=lambda language: url_for("pages.index", lang=language),
        framed=request.endpoint == "embed.frame",
    )


def _document(
    status: int, message: str, fields: tuple[tuple[str, Problem], ...]
) -> dict[str, Any]:  # fmt: skip
    """For programs, with words in both languages for whoever reads over their shoulder."""
    problems = [
        {"field": name, "problem": problem.en} | asdict(problem) for name, problem in fields
    ]
    with in_chinese():
        title, text = _texts(status)
    told = [f"{_label(name)}：{problem.zh}" for name, problem in fields]
    return {
        "status": status,
        "message": message,
        "message_zh": "；".join(told) or f"{title}。{text}",
        "fields": problems,
    }


def _label(name: str) -> str:
    """What a field is called in Chinese, and its name."""
    return f"{FIELDS[name]}（{name}）" if name in FIELDS else name


def _texts(status: int) -> tuple[str, str]:
    """What is the matter, and what to do, in the language of the request."""
    return {
        404: (_("没有这个页面"), _("网址可能写错了，或页面已经撤下。")),
        405: (_("不能这样打开"), _("请从首页进来。")),
        409: (_("别人刚改过"), _("你的修改没有保存。请重新打开，再改一次。")),
        413: (_("内容太长"), _("请少填一些再试。")),
        422: (_("有一项填得不对"), _("改好下面这一项再试。")),
        429: (_("点得太快了"), _("请等一会儿再试。")),
        500: (_("服务出错了"), _("不是你的问题。请稍后再试。")),
    }.get(status, (_("页面打不开"), _("请从首页进来。")))
