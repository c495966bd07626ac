"""The finder's answer from a place that was named: cards in groups, with the way and what is next.

An address holds a place that was typed, never where somebody stands; so everything here can be
written by the server, and a page says the same with a script or without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import url_for

from geodata.checklists import trades
from locator.gazetteer import DISTRICT
from locator.modes import find_mode
from locator.situations import find_situation
from webapp.cards import Card, answer_card
from webapp.handover import Link, Spot, map_links
from webapp.languages import translate as _
from webapp.params import NearestBody, ParameterError, PlaceQuery
from webapp.places import meant
from webapp.wording import nearest_answer

if TYPE_CHECKING:
    from locator.gazetteer import Match
    from locator.view import CityView

NEAR_S = 900.0  # a quarter of an hour, the limit of the federation's 15 minutes
CHOICES = 6  # places that a typed text may mean, shown to choose from


@dataclass(frozen=True, slots=True)
class Found:
    """A station of an answer: its card, its number there, the way's steps, links to map apps."""

    card: Card
    number: int
    steps: tuple[dict[str, Any], ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Stations under what is true of them."""

    title: str
    cards: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the finder answers.

    Parameters
    ----------
    place
        What the question starts from, "" for a position.
    places
        Where several places may be meant: words and address of each.
    """

    place: str = ""
    message: str = ""
    next_step: str = ""
    outcome: str = ""
    groups: tuple[Group, ...] = ()
    places: tuple[dict[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


def question_of(asked: PlaceQuery, *, k: int = 3) -> NearestBody:
    """The question that the finder's address means.

    A trade brings its needs and how its people come; weather brings its needs.
    """
    trade = trades().get(asked.trade or "")
    need = [asked.trade] if asked.trade else []
    if asked.situation:
        need += find_situation(asked.situation).words
    if asked.staff:
        need.append("staff")
    return NearestBody.model_validate(
        {
            "place": asked.place,
            "district": asked.district,
            "k": k,
            "kind": asked.kind,
            "mode": asked.mode or (trade.mode if trade else "walk"),
            "at": asked.at or "now",
            "open": asked.open,
            "need": tuple(need),
        }
    )


def find_answer(view: CityView, asked: PlaceQuery, *, in_wechat: bool) -> Answer | None:
    """The answer from the place or district of an address; None where it names none."""
    if asked.place is None and asked.district is None:
        return None
    name, start = "", None
    if asked.place is not None:
        start = meant(view, asked.place, asked.district)
        if start.outcome:
            return _unclear(asked, start.matches)
        name = start.matches[0].place.name if start.matches else ""
    try:
        question = question_of(asked)
        document = nearest_answer(view, question, start)
    except ParameterError:
        if asked.place is None:
            raise
        return _unclear(asked, ())
    return answer_of(document, question, name=name, in_wechat=in_wechat)


def answer_of(
    document: dict[str, Any], question: NearestBody, *, name: str, in_wechat: bool
) -> Answer:
    """The cards of an answer's document, the ones that are known to be open first."""
    uses = find_mode(question.mode).uses
    at = document["at"]
    results = (document["connected"] or document)["results"]

    def found(rows: list[dict[str, Any]], first: int) -> tuple[Found, ...]:
        return tuple(
            _found(row, number, at=at, uses=uses, in_wechat=in_wechat)
            for number, row in enumerate(rows, first)
        )

    groups = [Group("", found(results, 1))]
    if document["below"]:
        title = _("更近，但到时关门或没核实")
        groups.append(Group(title, found(document["below"], len(results) + 1)))
    return Answer(
        name,
        none_open_message(document) or document["message"],
        document["next_step"],
        document["outcome"],
        tuple(groups),
        left_out=tuple(left_out_words(document["left_out"])),
    )


def none_open_message(document: dict[str, Any]) -> str:
    """That nothing near by is known to be open, and which one opens first; "" else."""
    from webapp.cards import clock

    rows = (document["connected"] or document)["results"] + document["below"]
    near = [row for row in rows if row["time_s"] <= NEAR_S]
    if not rows or any(row["open"] for row in near):
        return ""
    # Where only a far one is open, its card says so; these words are about those near by.
    is_far_open = any(row["open"] for row in rows)
    opens = [row for row in (near if is_far_open else rows) if row["opens_at"]]
    if not opens or document["at"] is None:
        return _("15分钟以内没有确认开门的。") if is_far_open else _("附近没有确认开门的。")
    first = min(opens, key=lambda row: str(row["opens_at"]))
    left = datetime.fromisoformat(document["at"])
    told = {"name": first["name"], "when": clock(datetime.fromisoformat(first["opens_at"]), left)}
    if is_far_open:
        return _("15分钟以内没有确认开门的。最早开的是%(name)s，%(when)s。", **told)
    return _("附近没有确认开门的。最早开的是%(name)s，%(when)s。", **told)


def left_out_words(counts: dict[str, int]) -> list[str]:
    """How many stations were not looked at, and why."""
    words = {
        "unknown": _("%(count)s个站点没登记有没有，未列入", count=counts["unknown"]),
        "no": _("%(count)s个站点不具备，未列入", count=counts["no"]),
        "staff_only": _("%(count)s个站点只对本单位职工开放，未列入", count=counts["staff_only"]),
    }
    return [text for reason, text in words.items() if counts[reason]]


def _found(
    row: dict[str, Any], number: int, *, at: str | None, uses: str, in_wechat: bool
) -> Found:
    spot = Spot(row["name"], row["address"], row["lon"], row["lat"])
    route = row.get("route") or {}
    return Found(
        answer_card(row, at=at, mode_uses=uses),
        number,
        tuple(route.get("steps", ())),
        map_links(spot, in_wechat=in_wechat),
    )


def _unclear(asked: PlaceQuery, matches: tuple[Match, ...]) -> Answer:
    if not matches:
        return Answer(
            asked.place or "",
            _("没有这个地方。"),
            _("换个写法，或只选区县。"),
            "unknown_place",
        )
    places = []
    for match in matches[:CHOICES]:
        place = match.place
        kept = asked.model_dump(
            exclude={"place", "page", "district"}, exclude_none=True, exclude_defaults=True
        )
        if place.kind == DISTRICT:
            kept["district"] = place.code
        else:
            kept["place"] = place.code or f"{place.district} {place.name}".strip()
        words = f"{place.name}（{place.district}）" if place.district else place.name
        places.append({"words": words, "url": url_for("pages.index", **kept)})
    return Answer(
        asked.place or "", _("可能指好几个地方，请选一个。"), "", "ambiguous", places=tuple(places)
    )
