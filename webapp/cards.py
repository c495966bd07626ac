"""One station in words that read well aloud: what a card shows, in the language of the request.

Cards are made in two places of the same sentences: here for pages that the server writes, and in
`static/js/cards.js` for answers that the phone finds itself. A test holds them equal, word by word.

The door is one of four: open, closing (known to be open when one arrives, but not for long),
closed, unknown. Unknown is never taken for open or closed; disputed hours are unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from geodata.vocabulary import facilities, is_free_entry
from locator.directions import metres_en, metres_zh
from locator.hours import tell_hours
from webapp.languages import current_language, said
from webapp.languages import translate as _

if TYPE_CHECKING:
    from locator.stations import Station
    from locator.view import CityView

OPEN, CLOSING, SHUT, UNKNOWN = "open", "closing", "closed", "unknown"
# A rest shorter than this is hardly worth the way; the command line calls it closing soon too.
CLOSING_S = 15 * 60
_SHOWN_FACILITIES = 8
_WEEK_DAYS = 7
_MONTH_DAYS = 30
_MONTHS_FROM_DAYS = 60


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a station; every text is a whole sentence or "".

    Parameters
    ----------
    door, word, sentence
        Which of the four; its word; what that means for whoever comes.
    way
        The way there on streets, "" where nobody asked from a place.
    warning
        That the way is far longer than it looks.
    way_in, facilities, checked
        How one gets in; what is known to be there; when it was last checked.
    """

    code: str
    name: str
    kind: str
    district: str
    door: str
    word: str
    sentence: str
    way: str
    warning: str
    way_in: str
    facilities: str
    hours: str
    address: str
    phone: str
    checked: str
    sample: bool


def answer_card(row: Mapping[str, Any], *, at: str | None, mode_uses: str) -> Card:
    """The card of a row of an answer.

    Parameters
    ----------
    row
        As the API answers, see `webapp.wording.nearest_answer`.
    at
        When one leaves, as in the answer.
    mode_uses
        Whose streets one goes on: foot, bike or motor.
    """
    left = None if at is None else datetime.fromisoformat(at)
    door = door_of(row["open"], row["closes_in_s"])
    walk = _way_time(row["time_s"], mode_uses)
    return Card(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        district="",
        door=door,
        word=door_word(door),
        sentence=_arrival_sentence(row, door, walk, left, mode_uses),
        way=_way(row["distance_m"], mode_uses),
        warning=said(row["detour"]) if row["detour"] else "",
        way_in=way_in(row["access_scope"], row["access_mode"]),
        facilities=facility_words(row["facilities"]),
        hours=hour_words(row["hours"], row["hours_en"], row["hours_problem"]),
        address=row["address"],
        phone=row["phone"],
        checked=checked_words(row["verified_on"], left.date() if left else None),
        sample=row["sample"],
    )


def station_cards(view: CityView, rows: Iterable[int], *, now: datetime) -> list[Card]:
    """Cards of some stations as they are now, for lists that start from no place.

    Parameters
    ----------
    rows
        Row numbers of the view's stations.
    now
        Local time of the city, without a zone.
    """
    from webapp.places import district_names

    wanted = list(rows)
    state = view.timetable.state_at(now)
    change_s = view.timetable.until_change_s(now)
    names = district_names(view)
    return [
        _present_card(view.stations[row], int(state[row]), float(change_s[row]), now, names)
        for row in wanted
    ]


def door_of(is_open: bool | None, closes_in_s: float | None) -> str:
    """Which of the four marks a door has.

    >>> door_of(True, None), door_of(True, 60.0), door_of(False, None), door_of(None, None)
    ('open', 'closing', 'closed', 'unknown')
    """
    if is_open is None:
        return UNKNOWN
    if not is_open:
        return SHUT
    return OPEN if closes_in_s is None or closes_in_s >= CLOSING_S else CLOSING


def door_word(door: str) -> str:
    """The word beside the mark."""
    return {OPEN: _("开着"), CLOSING: _("快关了"), SHUT: _("关着")}.get(door) or _("没核实")


def way_in(scope: str, mode: str, language: str = "") -> str:
    """Who may enter and how, as one would say it; "" where nobody said.

    `language` is the request's, for whoever asks of many and knows it already.
    """
    return _way_in(scope, mode, language or current_language().code)


@lru_cache(maxsize=256)
def _way_in(scope: str, mode: str, _language: str) -> str:
    """Said once per language, which is that of the request; there are few ways in."""
    who = {
        "workers_first": _("户外劳动者优先。"),
        "members": _("只对工会会员开放。"),
        "staff": _("只对本单位职工开放。"),
        "booking": _("要预约。"),
    }.get(scope, "")
    how = {
        "walk_in": _("直接进，不用办会员。") if is_free_entry(scope, mode) else _("直接进。"),
        "qr": _("要扫码，登记手机号。"),
        "face": _("刷脸进，要先登记。"),
        "key": _("找前台拿钥匙。"),
        "register": _("要在前台登记。"),
    }.get(mode, "")
    return _joined(how, who)


def hour_words(chinese: str, english: str, problem: str) -> str:
    """Posted hours; where nothing is known from them they stand as a quotation, and say so.

    The parts are those of `locator.hours.tell_hours`.
    """
    if problem == "undated":
        return _("写着“%(hours)s”，哪天开始不清楚", hours=chinese)
    if problem == "unread":
        return _("写着“%(hours)s”，没核实", hours=chinese)
    return english if current_language().code == "en" else chinese


def facility_words(codes: Iterable[str]) -> str:
    """What is known to be there, base services first."""
    wanted = set(codes)
    terms = [term for term in facilities() if term.code in wanted]
    terms.sort(key=lambda term: (not term.base, not term.standard))
    names = [said(term, "short") or said(term) for term in terms]
    shown = _("、").join(names[:_SHOWN_FACILITIES])
    if len(names) > _SHOWN_FACILITIES:
        return _("%(names)s等%(count)s项", names=shown, count=len(names))
    return shown


def offered(station: Station) -> list[str]:
    """Codes of the facilities that are known to be there and in working order."""
    return [
        code for code, there in station.facilities.items() if there and code not in station.broken
    ]


def checked_words(verified_on: str | None, today: date | None) -> str:
    """When its facts were last checked."""
    if verified_on is None or today is None:
        return _("从没核对过。") if verified_on is None else _("%(day)s核对过。", day=verified_on)
    days = (today - date.fromisoformat(verified_on)).days
    if days <= 0:
        return _("今天核对过。")
    if days == 1:
        return _("昨天核对过。")
    if days < _MONTHS_FROM_DAYS:
        return _("%(days)s天前核对过。", days=days)
    return _("%(months)s个月前核对过。", months=days // _MONTH_DAYS)


def metres(distance_m: float) -> str:
    """A distance as people say it."""
    return metres_in(current_language().code)(distance_m)


def metres_in(language: str) -> Callable[[float], str]:
    """How a language says distances."""
    return metres_en if language == "en" else metres_zh


def clock(moment: datetime, left: datetime) -> str:
    """A time of day, with its day where that is another one."""
    time = f"{moment.hour}:{moment.minute:02d}"
    days = (moment.date() - left.date()).days
    if days == 0:
        return time
    if days == 1:
        return _("明天%(time)s", time=time)
    if days < _WEEK_DAYS:
        return _weekday(moment.weekday()) + time
    return _("%(month)s月%(day)s日%(time)s", month=moment.month, day=moment.day, time=time)


def duration(seconds: float) -> str:
    """Whole minutes of a time that is left, in hours from one on."""
    minutes = max(0, math.floor(seconds / 60))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(n)s分钟", n=rest)
    if not rest:
        return _("%(n)s小时", n=hours)
    return _("%(hours)s小时%(minutes)s分钟", hours=hours, minutes=rest)


def _arrival_sentence(
    row: Mapping[str, Any], door: str, walk: str, left: datetime | None, uses: str
) -> str:
    closes = row["closes_in_s"]
    if row["disputed"] or door == UNKNOWN:
        return _doubt(row["phone"], disputed=row["disputed"])
    if door == OPEN:
        if closes is None:
            return _("开着，%(walk)s；24小时开放。", walk=walk)
        return _("开着，%(walk)s；到后还开%(left)s。", walk=walk, left=duration(closes))
    if door == CLOSING:
        verb = {"bike": _("骑车"), "motor": _("开车")}.get(uses) or _("走")
        return _("%(verb)s到时只剩%(left)s。", verb=verb, left=duration(closes))
    if row["opens_at"] is None or left is None:
        return _("关着，%(walk)s。", walk=walk)
    opens = clock(datetime.fromisoformat(row["opens_at"]), left)
    return _("关着，%(walk)s；%(when)s开。", walk=walk, when=opens)


def _present_card(
    station: Station, state: int, change_s: float, now: datetime, districts: dict[str, str]
) -> Card:
    left_s = change_s if math.isfinite(change_s) else None
    is_open = None if station.disputed or state < 0 else state > 0
    door = door_of(is_open, left_s)
    verified = station.verified_on.isoformat() if station.verified_on else None
    told = tell_hours(station.hours, station.opening)
    return Card(
        code=station.code,
        name=station.name,
        kind=station.kind,
        district=districts.get(station.district_code, ""),
        door=door,
        word=door_word(door),
        sentence=_present_sentence(station, door, left_s, now),
        way="",
        warning="",
        way_in=way_in(station.access_scope, station.access_mode),
        facilities=facility_words(offered(station)),
        hours=hour_words(told.zh, told.en, told.problem),
        address=station.address,
        phone=station.phone,
        checked=checked_words(verified, now.date()),
        sample=station.sample,
    )


def _present_sentence(station: Station, door: str, left_s: float | None, now: datetime) -> str:
    if station.disputed or door == UNKNOWN:
        return _doubt(station.phone, disputed=station.disputed)
    if left_s is None:
        return _("开着，24小时开放。") if door == OPEN else _("关着。")
    if door == OPEN:
        return _("开着，还开%(left)s。", left=duration(left_s))
    if door == CLOSING:
        return _("再过%(left)s就关。", left=duration(left_s))
    return _("关着，%(when)s开。", when=clock(now + timedelta(seconds=left_s), now))


def _doubt(phone: str, *, disputed: bool) -> str:
    """What to do before a door nobody is sure of."""
    if disputed:
        return _("有工友说没开门，正在核实。")
    if phone:
        return _("开放时间没核实，先打电话。")
    return _("开放时间没核实。没有电话，看下一个。")


def _way_time(time_s: float, uses: str) -> str:
    minutes = _("%(n)s分钟", n=max(1, math.ceil(time_s / 60)))
    if uses == "bike":
        return _("骑车%(time)s", time=minutes)
    if uses == "motor":
        return _("开车%(time)s", time=minutes)
    return _("走%(time)s", time=minutes)


def _way(distance_m: float, uses: str) -> str:
    way = metres(distance_m)
    if uses == "bike":
        return _("沿街骑车%(way)s", way=way)
    if uses == "motor":
        return _("沿街开车%(way)s", way=way)
    return _("沿街走%(way)s", way=way)


def _weekday(day: int) -> str:
    return (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))[day]


def _joined(*sentences: str) -> str:
    gap = " " if current_language().code == "en" else ""
    return gap.join(one for one in sentences if one)
