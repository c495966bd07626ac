"""What every page's template needs: the city, marks, words, and which scripts it loads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, request, url_for
from werkzeug.routing import BuildError

from geodata.checklists import trades
from geodata.vocabulary import facilities, kinds
from locator.modes import modes
from locator.situations import situations
from webapp.languages import current_language
from webapp.marks import DOOR_MARKS, Mark, marks_of
from webapp.places import district_names
from webapp.state import shared

if TYPE_CHECKING:
    from locator.view import CityView
    from webapp.map_parts import MapParts


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit to choose from."""

    value: str
    zh: str
    en: str


LIMITS = (
    Limit("300", "300米", "300 m"),
    Limit("500", "500米", "500 m"),
    Limit("1000", "1公里", "1 km"),
    Limit("5min", "5分钟", "5 min"),
    Limit("10min", "10分钟", "10 min"),
    Limit("15min", "15分钟", "15 min"),
)
_NOT_OF_A_NUMBER = re.compile(r"[^\d+*#,-]")


def install(app: Flask) -> None:
    """Give templates the marks of doors, links in another language, and telephone numbers."""
    app.context_processor(
        lambda: {"door_marks": DOOR_MARKS, "here_in": here_in, "in_wechat": in_wechat()}
    )
    app.jinja_env.filters["tel"] = lambda text: _NOT_OF_A_NUMBER.sub("", str(text))


def common(view: CityView) -> dict[str, Any]:
    """What every page about a city shows."""
    return {
        "view": view,
        "marks": city_marks(),
        "districts": district_names(view),
        "modes": [mode for code, mode in modes().items() if code in view.modes],
        "limits": LIMITS,
        "trades": list(trades().values()),
        "situations": list(situations().values()),
        "facility_terms": sorted(facilities(), key=lambda term: (not term.base, not term.standard)),
    }


def city_marks() -> tuple[Mark, ...]:
    """The mark of each kind of station."""
    return marks_of(
        (kind.code, kind.short_zh or kind.zh, kind.short_en or kind.en) for kind in kinds()
    )


def page_scripts(names: Sequence[str], parts: MapParts | None = None) -> list[str]:
    """Addresses of a page's scripts in order: our own, then those of its map, each once."""
    url = shared().assets.url
    # The words come first: locator.js takes them as it starts.
    own = [*(["english"] if current_language().code == "en" else []), "locator", *names]
    found = [url(f"js/{name}.js") for name in own]
    if parts is not None:
        found += [*parts.scripts, url_for("pages.map_script", name=parts.hash)]
    return list(dict.fromkeys(found))


def here_in(language: str) -> str:
    """The address of this page in another language; the first page where it takes no reading."""
    try:
        values = {**request.args.to_dict(), **(request.view_args or {}), "lang": language}
        if request.method == "GET" and request.endpoint:
            return url_for(request.endpoint, **values)
    except BuildError:
        pass
    return url_for("pages.index", lang=language)


def in_wechat() -> bool:
    """Whether this is WeChat's own browser, which opens no other app."""
    return "micromessenger" in request.user_agent.string.lower()
