"""The page of one station: a permanent address, its door now, the way in, a poster, and reports.

The QR code of a poster or plate leads to the same page and says that one stands before it
(`here=1`): so the page can name the next stations without any location of the phone.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from geodata.vocabulary import statuses_in_use
from locator.closures import nearest_in_use
from locator.modes import find_mode
from locator.registry import reports
from locator.registry.witnesses import Witnesses
from webapp.bodies import form_body
from webapp.cards import Card, answer_card, station_cards
from webapp.handover import Spot, map_links, wechat_location
from webapp.languages import translate as _
from webapp.origins import is_from_our_page
from webapp.page_context import common, in_wechat, page_scripts
from webapp.params import (
    NearestBody,
    NoParameters,
    ReportForm,
    StationQuery,
    from_shared_query,
)
from webapp.state import current_view, local_now, shared, site_address, view_at
from webapp.station_facts import facts_of
from webapp.throttle import network_of
from webapp.wording import nearest_answer

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from locator.stations import Station
    from locator.view import CityView

blueprint = Blueprint("stations", __name__)

SCRIPTS = ("reports", "doors")
_NEXT = 3
_NEAR = "60min"  # farther than that is no help to whoever stands before a locked door
_WALK = find_mode("walk").uses
_CLOSE_S = 15 * 60  # what a circle of services is measured by; farther on is no help at a door


@dataclass(frozen=True, slots=True)
class Next:
    """Another station: its card, what of the night is known there, whether it is near on foot."""

    card: Card
    night: str
    is_near: bool


@blueprint.get("/s/<code>")
def station(code: str) -> str:
    """The station's page; it stays when the station is closed, and points onward."""
    asked = from_shared_query(StationQuery, request.args)
    row = _row(code)
    view = current_view()
    found = view.stations[row]
    [card] = station_cards(view, [row], now=local_now())
    return render_template(
        "station.html",
        **common(view),
        card=card,
        here=asked.here or not request.args.get("here", "0").strip(),  # `?here` alone says it too
        gone=_gone(view, found),
        facts=_facts(code),
        links=map_links(_spot(found), in_wechat=in_wechat()),
        others=_near_or_nearest(_others(view, found)),
        scripts=page_scripts(SCRIPTS),
    )


@blueprint.get("/s/<code>/poster")
def poster(code: str) -> str:
    """One sheet of A4 for the door, in large type, with the three next stations, near or far."""
    from_shared_query(NoParameters, request.args)
    row = _row(code)
    view = current_view()
    [card] = station_cards(view, [row], now=local_now())
    found = view.stations[row]
    return render_template(
        "poster.html",
        **common(view),
        card=card,
        others=_others(view, found),
        day=local_now(),
    )


@blueprint.get("/s/<code>/qr.svg")
def qr(code: str) -> Response:
    """A QR code that leads to the station's page, told that one stands before it."""
    import segno

    from_shared_query(NoParameters, request.args)
    _row(code)
    # On paper: the address that the city tells, whatever a proxy makes of this request's host.
    target = site_address() + url_for("stations.station", code=code, here=1, lang=None)
    picture = io.BytesIO()
    segno.make(target, error="m").save(picture, kind="svg", border=4, xmldecl=False, scale=4)
    return Response(picture.getvalue(), mimetype="image/svg+xml")


@blueprint.get("/s/<code>/to/<app>")
def hand_over(code: str, app: str) -> AnyResponse:
    """Lead on to a map app, in its own datum: for links that the phone makes."""
    from_shared_query(NoParameters, request.args)
    here = current_view().stations[_row(code)]
    for link in map_links(_spot(here), in_wechat=in_wechat()):
        if link.app == app:
            return redirect(link.url, 302)
    return abort(404)


@blueprint.get("/s/<code>/wechat.json")
def wechat_place(code: str) -> Response:
    """What `wx.openLocation` is called with: GCJ-02, as numbers."""
    from_shared_query(NoParameters, request.args)
    here = current_view().stations[_row(code)]
    page = site_address() + url_for("stations.station", code=code)
    return jsonify(wechat_location(_spot(here), page=page))


@blueprint.post("/s/<code>/report")
def report(code: str) -> Response:
    """What a worker found at the door; no account, and nothing of the worker is kept."""
    from_shared_query(NoParameters, request.args)
    if not is_from_our_page(request):
        abort(403)
    asked = form_body(ReportForm)
    row = _row(code)
    gone = _gone(current_view(), current_view().stations[row])
    if gone is not None:  # a page from before it closed: nothing to verify, but a way on
        text, state = gone["text"], reports.REFUSED
    else:
        state = _take_report(code, asked.what)
        view = view_at(None)
        text = _thanks(asked.what, state, view, view.stations[row])
    if request.accept_mimetypes.best == "application/json":
        response = jsonify({"text": text, "state": state})
    else:
        page = render_template("reported.html", **common(current_view()), text=text, code=code)
        response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _take_report(code: str, what: str) -> str:
    """Keep what was found at that door; what became of it."""
    with shared().city.registry() as registry:
        received = reports.report(
            registry,
            code,
            what,
            at=local_now(),
            client=network_of(request.remote_addr or "") or "unknown",
            calendar=current_view().timetable.calendar,
            witnesses=_witnesses(),
        )
    return received.state


def _row(code: str) -> int:
    """Row number of the station of that code, whatever its status; 404 where there is none."""
    codes = current_view().stations.code
    row = bisect_left(codes, code)
    if row == len(codes) or codes[row] != code:
        abort(404)
    return row


def _spot(station: Station) -> Spot:
    return Spot(station.name, station.address, station.lon_deg, station.lat_deg)


def _facts(code: str) -> list[Any]:
    with shared().city.registry() as registry:
        return facts_of(registry.entry(code))


def _gone(view: CityView, station: Station) -> dict[str, str] | None:
    """What to say of a station that is not in use, and the one to go to instead; None else."""
    if station.status in statuses_in_use():
        return None
    said = {"closed": _("这里已撤。"), "planned": _("这里还没开。")}.get(station.status)
    said = said or _("这里暂停开放。")
    instead = nearest_in_use(view, station.code)
    if instead is None:
        return {"text": said, "url": "", "name": ""}
    text = said + _("最近的是%(name)s。", name=instead[0].name)
    url = url_for("stations.station", code=instead[0].code)
    return {"text": text, "url": url, "name": instead[0].name}


def _others(view: CityView, station: Station) -> list[Next]:
    """The next stations of its kind by the way there, and their nights."""
    document = _ask(view, station, k=_NEXT + 1)
    night = view.in_situation("night")
    found: list[Next] = []
    for row in document["results"]:
        if row["code"] == station.code or len(found) == _NEXT:
            continue
        place = bisect_left(view.stations.code, row["code"])
        words = _("是否通宵开放没核实")
        if night.yes[place]:
            words = _("通宵开放（23:00至5:00）")
        elif not night.possible[place]:
            words = _("不通宵开放")
        card = answer_card(row, at=document["at"], mode_uses=_WALK)
        found.append(Next(card, words, row["time_s"] <= _CLOSE_S))
    return found


def _near_or_nearest(others: list[Next]) -> list[Next]:
    """Those that a door may send somebody to; where none is near, the nearest alone."""
    return [one for one in others if one.is_near] or others[:1]


def _ask(view: CityView, station: Station, *, k: int, open_only: bool = False) -> dict[str, Any]:
    """The nearest stations from a station's own place, which is no secret."""
    question: dict[str, Any] = {
        "lon": station.lon_deg, "lat": station.lat_deg, "kind": station.kind, "k": k,
        "open": open_only, "within": _NEAR if open_only else None,
    }  # fmt: skip
    return nearest_answer(view, NearestBody.model_validate(question))


def _thanks(what: str, state: str, view: CityView, station: Station) -> str:
    if state == reports.REFUSED:
        return _("今天收到的反馈够多了，谢谢。")
    if what == "locked":
        rows = _ask(view, station, k=2, open_only=True)["results"]
        for row in rows:
            if row["code"] != station.code:
                minutes = max(1, -(-int(row["time_s"]) // 60))
                return _(
                    "收到，正在核实。下一个开门的：%(name)s，走%(minutes)s分钟。",
                    name=row["name"],
                    minutes=minutes,
                )
        return _("收到，正在核实。附近没有确认开门的。")
    if what == "broken":
        return _("收到，会有人来看。")
    return _("收到，谢谢。") if what == "open" else _("收到，正在核对位置。")


def _witnesses() -> Witnesses:
    """Whoever reports, told apart for a day; one for all requests of this application."""
    kept = current_app.extensions.get("locator.witnesses")
    if kept is None:
        with shared().city.registry() as registry:
            kept = current_app.extensions.setdefault(
                "locator.witnesses", Witnesses.beside(registry)
            )
    found: Witnesses = kept
    return found
