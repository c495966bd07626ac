"""The page of one station: a permanent address, its door now, the way in, and reports."""

from __future__ import annotations

import io
from bisect import bisect_left
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from webapp.cards import station_cards
from webapp.handover import Spot, map_links
from webapp.page_context import common, in_wechat, page_scripts
from webapp.params import NoParameters, from_shared_query
from webapp.state import current_view, local_now

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("stations", __name__)


@blueprint.get("/s/<code>")
def station(code: str) -> str:
    """The station's page; it stays for one that is closed."""
    from_shared_query(NoParameters, request.args)
    view = current_view()
    row = _row(code)
    [card] = station_cards(view, [row], now=local_now())
    here = view.stations[row]
    spot = Spot(here.name, here.address, here.lon_deg, here.lat_deg)
    return render_template(
        "station.html",
        **common(view),
        card=card,
        scripts=page_scripts(("reports",)),
        links=map_links(spot, in_wechat=in_wechat()),
    )


@blueprint.get("/s/<code>/qr.svg")
def qr(code: str) -> Response:
    """A QR code that leads to the station's page, told that one stands before it."""
    import segno

    from_shared_query(NoParameters, request.args)
    _row(code)
    target = url_for("stations.station", code=code, here=1, _external=True, lang=None)
    picture = io.BytesIO()
    segno.make(target, error="m").save(picture, kind="svg", border=4, xmldecl=False, scale=4)
    return Response(picture.getvalue(), mimetype="image/svg+xml")


@blueprint.get("/s/<code>/to/<app>")
def hand_over(code: str, app: str) -> AnyResponse:
    """Lead on to a map app, in its own datum: for links that the phone makes."""
    from_shared_query(NoParameters, request.args)
    here = current_view().stations[_row(code)]
    spot = Spot(here.name, here.address, here.lon_deg, here.lat_deg)
    for link in map_links(spot, in_wechat=in_wechat()):
        if link.app == app:
            return redirect(link.url, 302)
    return abort(404)


@blueprint.post("/s/<code>/report")
def report(code: str) -> AnyResponse:
    """What a worker found at the door."""
    return redirect(url_for("stations.station", code=code), 303)


def _row(code: str) -> int:
    """Row number of the station of that code, whatever its status; 404 where there is none."""
    codes = current_view().stations.code
    row = bisect_left(codes, code)
    if row == len(codes) or codes[row] != code:
        abort(404)
    return row
