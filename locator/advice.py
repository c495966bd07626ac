"""What to tell somebody who got no station, and what they can do next, in Chinese and English.

There are three ways to get none (within the limit, reachable, outside the streets), and within them
causes that call for another next step: no station of that kind, none that offers what is needed,
none open. Each has its own code and words.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from locator.directions import metres_en, metres_zh
from locator.nearest import FOUND, NONE_WITHIN, OUTSIDE, UNREACHABLE

NO_STATIONS, NONE_FIT, NONE_OPEN = "no_stations", "none_fit", "none_open"
BESIDE_THE_STREETS = "beside_the_streets"
_GOING = {"走": "步行", "骑": "骑车", "开": "开车"}
_UNITS = {"": ("米", "m"), "m": ("米", "m"), "km": ("公里", "km"), "min": ("分钟", "min")}


@dataclass(frozen=True, slots=True)
class Advice:
    """What is the matter, and what to do next.

    Parameters
    ----------
    code
        "none_within", "unreachable", "outside", or a narrower cause.
    """

    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str

    def to_json(self) -> dict[str, str]:
        """As a document."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a question without an answer.

    Parameters
    ----------
    city, verb_zh
        Name of the city; how one goes: 走, 骑, 开.
    limit
        As it was asked, as 1000 or 15min; "" for none.
    stations, fitting
        Usable stations of the kind; those of them that offer what is needed.
    unknown
        Stations of which it is not known.
    shut
        Whether a fitting station can be reached, but is not known to be open.
    opens_at
        Clock time at which the first one near by opens, "" where not known.
    inside
        Whether the point lies within the city's bounds.
    way_on
        Name and straight metres of the nearest street that leads to a station, None for none.
    """

    city: str
    verb_zh: str
    limit: str
    stations: int
    fitting: int
    unknown: int
    shut: bool
    opens_at: str
    inside: bool
    snap_limit_m: float
    way_on: tuple[str, float] | None


def limit_zh(within: str) -> str:
    """A limit as it was asked, in Chinese.

    >>> limit_zh("15min"), limit_zh("1000"), limit_zh("1.5 km"), limit_zh("800.0")
    ('15分钟', '1000米', '1.5公里', '800米')
    """
    number, unit = _split_limit(within)
    return number + _UNITS.get(unit, (unit, ""))[0]


def limit_en(within: str) -> str:
    """The same in English.

    >>> limit_en("15min"), limit_en("1000")
    ('15 min', '1000 m')
    """
    number, unit = _split_limit(within)
    return f"{number} {_UNITS.get(unit, ('', unit))[1]}".strip()


def _split_limit(within: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s*([\d.e+-]+)\s*(\D*?)\s*", within)
    return (found[1].removesuffix(".0"), found[2]) if found else (within, "?")


def advise(outcome: str, known: Circumstances) -> Advice | None:
    """Words for an outcome; None where stations were found."""
    if outcome == FOUND:
        return None
    if outcome == OUTSIDE:
        return _outside(known)
    if not known.fitting:
        return _none_fit(known) if known.stations else _no_stations()
    if known.shut:
        return _none_open(known)
    return _none_within(known) if outcome == NONE_WITHIN else _unreachable(known)


def _outside(known: Circumstances) -> Advice:
    nexts = ("在地图上点一条街，或选区县、输入路名。",
             "Tap a street on the map, choose a district or type a street's name.")  # fmt: skip
    if known.inside:
        away = f"{known.snap_limit_m:.0f}"
        return Advice(
            BESIDE_THE_STREETS,
            f"这里{away}米以内没有能{known.verb_zh}的路。",
            f"There is no street for this mode within {away} m.",
            *nexts,
        )
    return Advice(
        OUTSIDE, f"你不在{known.city}，先选市内地点。",
        f"You are not in {known.city}: choose a place in the city first.", *nexts,
    )  # fmt: skip


def _no_stations() -> Advice:
    return Advice(
        NO_STATIONS, "没有这一类站点。", "There is no station of that kind.",
        "换一类站点再找。", "Look for another kind.",
    )  # fmt: skip


def _none_within(known: Circumstances) -> Advice:
    return Advice(
        NONE_WITHIN,
        f"{_GOING[known.verb_zh]}{limit_zh(known.limit)}以内没有站点。",
        f"No station within {limit_en(known.limit)}.",
        "放宽距离，或换一类站点再找。",
        "Allow a longer way, or look for another kind.",
    )


def _none_fit(known: Circumstances) -> Advice:
    more = f"另有{known.unknown}个没有登记，可先打电话问。" if known.unknown else "少选一项再找。"
    more_en = (
        f"Of {known.unknown} it is not known: ring them first."
        if known.unknown
        else "Ask for one thing less."
    )
    return Advice(
        NONE_FIT, "没有确认符合要求的站点。", "No station is known to offer all that.",
        more, more_en,
    )  # fmt: skip


def _none_open(known: Circumstances) -> Advice:
    first = f"最早{known.opens_at}开。" if known.opens_at else ""
    first_en = f" The first one opens at {known.opens_at}." if known.opens_at else ""
    return Advice(
        NONE_OPEN,
        "附近没有确认开门的。" + first,
        "Nothing near by is known to be open." + first_en,
        "看时间没核实的站点，先打电话。",
        "See the stations whose hours nobody checked, and ring them first.",
    )


def _unreachable(known: Circumstances) -> Advice:
    zh, en = (
        f"从旁边的路{known.verb_zh}不到任何站点。",
        "No way leads from this street to a station.",
    )
    if known.way_on is None:
        return Advice(
            UNREACHABLE, zh, en, "点另一条街，或换一种出行方式再找。",
            "Tap another street, or choose another mode.",
        )  # fmt: skip
    name, metres = known.way_on
    return Advice(
        UNREACHABLE, zh, en,
        f"最近能{known.verb_zh}到站点的路是{name or '一条无名的路'}，直线{metres_zh(metres)}。"
        "从那里算：",
        f"The nearest street that leads to one is {name or 'nameless'}, {metres_en(metres)} away.",
    )  # fmt: skip
