"""A way in plain words: along which street, how far, and where to turn.

Turns are read from the lines themselves: the heading over the last metres before a turn against
that over the first metres behind it. Bits of street without a name that are too short to be told
are counted into the step beside them, so the lengths of all steps add up to the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from locator.pieces import cut_streets

if TYPE_CHECKING:
    from locator.arrays import Floats
    from locator.modes import Mode
    from locator.nearest import Route
    from locator.streets import Streets

# A way along streets is usually 1.1 to 1.4 times the straight line (DB31/T 560-2011): twice as
# long, and far enough to matter, means that a river or a fast road lies between.
DETOUR_RATIO = 2.0
DETOUR_EXTRA_M = 300.0

_KILOMETRE_M = 1000
_LONG_M = 100_000
_HEADING_M = 15.0  # what bends within so much of a corner belongs to the corner
_BIT_M = 40.0  # a nameless bit shorter than that is no step of its own
_LAST_BIT_M = 15.0  # but the last one leads to the door
_DOOR_M = 10.0  # a door nearer than that stands at the street
_STRAIGHT_DEG, _SLIGHT_DEG, _BACK_DEG = 30.0, 60.0, 150.0
_NEW_STEP_DEG = 60.0  # a bend in one street that has to be told
_NAMELESS_STEP_DEG = 45.0

COMPASS = (
    ("东", "east"), ("东北", "north-east"), ("北", "north"), ("西北", "north-west"),
    ("西", "west"), ("西南", "south-west"), ("南", "south"), ("东南", "south-east"),
)  # fmt: skip
TURNS = {
    "straight": ("直行", "Go straight on"),
    "slight_left": ("向左前方走", "Bear left"),
    "left": ("左转", "Turn left"),
    "slight_right": ("向右前方走", "Bear right"),
    "right": ("右转", "Turn right"),
    "back": ("掉头", "Turn round"),
}
VERBS = {
    "foot": ("走", "Walk", "on foot"),
    "bike": ("骑", "Ride", "by bike"),
    "motor": ("开", "Drive", "by road"),
}
"""What one does on the way, by whose streets a mode uses: Chinese, English, and how."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way.

    Parameters
    ----------
    zh, en
        What to do, in words.
    turn
        "start", "park", "arrive", or a key of the turns: left, slight_left, straight, back ...
    street
        Name of the street that is walked, "" where it has none.
    length_m
        Metres of this step.
    xy_m
        Where it begins, in the city's CRS.
    """

    zh: str
    en: str
    turn: str
    street: str
    length_m: float
    xy_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Bit:
    """A stretch of one street: name, metres, headings in degrees at both ends, first place.

    `on_foot` where a vehicle was left behind.
    """

    name: str
    length_m: float
    begin_deg: float
    end_deg: float
    xy_m: tuple[float, float]
    on_foot: bool = False


def metres_zh(metres: float) -> str:
    """A distance as people say it.

    >>> metres_zh(304.2), metres_zh(998), metres_zh(1940), metres_zh(123_456)
    ('300米', '1公里', '1.9公里', '123公里')
    """
    tens = round(metres / 10) * 10
    if tens < _KILOMETRE_M:
        return f"{max(tens, 10)}米"
    return _kilometres(metres) + "公里"


def metres_en(metres: float) -> str:
    """The same in English.

    >>> metres_en(304.2), metres_en(1940)
    ('300 m', '1.9 km')
    """
    tens = round(metres / 10) * 10
    return f"{max(tens, 10)} m" if tens < _KILOMETRE_M else _kilometres(metres) + " km"


def detour_note(straight_m: float, distance_m: float, mode: Mode) -> tuple[str, str] | None:
    """Words (Chinese, English) where a way is far longer than it looks; None where it is not.

    >>> from locator.modes import find_mode
    >>> detour_note(300.0, 1900.0, find_mode("walk"))
    ('直线300米，实际走1.9公里。', '300 m as the crow flies, 1.9 km on foot.')
    >>> detour_note(300.0, 420.0, find_mode("walk")) is None
    True
    """
    if not math.isfinite(distance_m) or (
        distance_m < DETOUR_RATIO * straight_m or distance_m < straight_m + DETOUR_EXTRA_M
    ):
        return None
    verb, _, how = VERBS[mode.uses]
    return (
        f"直线{metres_zh(straight_m)}，实际{verb}{metres_zh(distance_m)}。",
        f"{metres_en(straight_m)} as the crow flies, {metres_en(distance_m)} {how}.",
    )


def describe_route(route: Route, streets: Streets, station: str, mode: Mode) -> list[Step]:
    """The steps of a way, the last of them at the station's door.

    Parameters
    ----------
    route
        Streets and both straight ends, as `Nearest.routes` gives it.
    station
        Name of the station.

    Returns
    -------
    list of Step
        Lengths add up to those of the route's line; the straight end at the door is the last
        step's, that at the start belongs to the first.
    """
    bits = _join_bits(_read_bits(route, streets))
    verb, verb_en, _ = VERBS[mode.uses]
    steps = []
    for before, bit in zip([None, *bits], bits, strict=False):
        if before is None:
            steps.append(_first_step(bit, verb, verb_en))
        elif bit.on_foot and not before.on_foot:
            steps.append(_parking_step(bit))
        else:
            steps.append(_next_step(before, bit, VERBS["foot"][0] if bit.on_foot else verb))
    return [*_with_approach(steps, route), _last_step(route, bits, station)]


def _next_step(before: _Bit, bit: _Bit, verb: str) -> Step:
    turn = name_turn(bit.begin_deg - before.end_deg)
    zh, en = TURNS[turn]
    if bit.name and bit.name == before.name:
        zh, en = f"{zh}，继续沿{bit.name}{verb}", f"{en} to stay on {bit.name}, "
    elif bit.name:
        zh, en = f"{zh}进入{bit.name}，{verb}", f"{en} into {bit.name}, "
    else:
        zh, en = f"{zh}，{verb}", f"{en}, "
    words = zh + metres_zh(bit.length_m), en + metres_en(bit.length_m)
    return Step(*words, turn, bit.name, bit.length_m, bit.xy_m)


def _parking_step(bit: _Bit) -> Step:
    """Where the vehicle is left."""
    zh, en = COMPASS[round(bit.begin_deg / 45.0) % 8]
    along_zh, along_en = (f"沿{bit.name}", f" along {bit.name}") if bit.name else ("", "")
    return Step(
        f"停好车，{along_zh}向{zh}步行{metres_zh(bit.length_m)}",
        f"Park, and walk {en}{along_en} for {metres_en(bit.length_m)}",
        "park",
        bit.name,
        bit.length_m,
        bit.xy_m,
    )


def name_turn(angle_deg: float) -> str:
    """Which turn a change of heading is; left is positive.

    >>> [name_turn(angle) for angle in (10, 90, -45, 180, 350, -100)]
    ['straight', 'left', 'slight_right', 'back', 'straight', 'right']
    """
    angle = (angle_deg + 180.0) % 360.0 - 180.0
    if abs(angle) < _STRAIGHT_DEG:
        return "straight"
    if abs(angle) >= _BACK_DEG:
        return "back"
    side = "left" if angle > 0 else "right"
    return f"slight_{side}" if abs(angle) < _SLIGHT_DEG else side


def _kilometres(metres: float) -> str:
    digits = 0 if metres >= _LONG_M else 1
    return f"{metres / _KILOMETRE_M:.{digits}f}".removesuffix(".0")


def _read_bits(route: Route, streets: Streets) -> list[_Bit]:
    """The legs of a route with their names and headings; those without length are left out."""
    line, first = cut_streets(streets, route.street, route.from_m, route.to_m)
    lengths = np.abs(route.to_m - route.from_m)
    bits = []
    for leg, (a, b) in enumerate(pairwise(first.tolist())):
        if lengths[leg] > 0:
            xy = line[a:b]
            name = streets.names[int(streets.name_code[route.street[leg]])]
            begin = (float(xy[0, 0]), float(xy[0, 1]))
            ends = _heading(xy), _heading(xy[::-1]) + 180.0
            on_foot = leg >= len(lengths) - route.walked
            bits.append(_Bit(name, float(lengths[leg]), *ends, begin, on_foot))
    return bits


def _heading(xy: Floats) -> float:
    """Degrees from east, counter-clockwise, from a line's start to the place `_HEADING_M` on."""
    runs = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(runs)))
    ahead = min(_HEADING_M, float(along[-1]))
    x, y = (float(np.interp(ahead, along, column)) for column in xy.T)
    return math.degrees(math.atan2(y - xy[0, 1], x - xy[0, 0]))


def _join_bits(bits: list[_Bit]) -> list[_Bit]:
    """Bits that are one step put together, nameless scraps counted into a neighbour."""
    joined: list[_Bit] = []
    for bit in bits:
        _put(joined, bit)
    kept: list[_Bit] = []
    scrap: _Bit | None = None  # on its way to the next step
    for place, bit in enumerate(joined[:-1]):
        if _is_scrap(bit, joined[place + 1], _BIT_M):
            scrap = bit if scrap is None else _added(scrap, bit)
        else:
            _put(kept, bit if scrap is None else _led(scrap, bit))
            scrap = None
    for bit in joined[-1:]:
        if kept and scrap is None and _is_scrap(bit, kept[-1], _LAST_BIT_M):
            kept[-1] = replace(kept[-1], length_m=kept[-1].length_m + bit.length_m)
        else:
            _put(kept, bit if scrap is None else _led(scrap, bit))
    return kept


def _is_scrap(bit: _Bit, beside: _Bit, most_m: float) -> bool:
    """Whether a bit is too short and nameless to be a step, and may go into the one beside it."""
    return not bit.name and bit.length_m < most_m and bit.on_foot == beside.on_foot


def _put(steps: list[_Bit], bit: _Bit) -> None:
    """Add a bit, to the last step where it goes on with it."""
    if steps and _goes_on(steps[-1], bit):
        steps[-1] = _added(steps[-1], bit)
    else:
        steps.append(bit)


def _led(scrap: _Bit, bit: _Bit) -> _Bit:
    """A bit that begins with a scrap before it."""
    return replace(bit, length_m=scrap.length_m + bit.length_m, xy_m=scrap.xy_m)


def _goes_on(one: _Bit, other: _Bit) -> bool:
    """Whether two bits are one step: the same name and no turn that has to be told."""
    if (one.name, one.on_foot) != (other.name, other.on_foot):
        return False
    turn = abs((other.begin_deg - one.end_deg + 180.0) % 360.0 - 180.0)
    return turn < (_NEW_STEP_DEG if one.name else _NAMELESS_STEP_DEG)


def _added(one: _Bit, other: _Bit) -> _Bit:
    return replace(one, length_m=one.length_m + other.length_m, end_deg=other.end_deg)


def _first_step(bit: _Bit, verb: str, verb_en: str) -> Step:
    zh, en = COMPASS[round(bit.begin_deg / 45.0) % 8]
    along_zh, along_en = (f"沿{bit.name}", f" along {bit.name}") if bit.name else ("", "")
    return Step(
        f"{along_zh}向{zh}{verb}{metres_zh(bit.length_m)}",
        f"{verb_en} {en}{along_en} for {metres_en(bit.length_m)}",
        "start",
        bit.name,
        bit.length_m,
        bit.xy_m,
    )


def _with_approach(steps: list[Step], route: Route) -> list[Step]:
    """The steps with the straight way to the street, told where it is worth telling."""
    gap = float(np.hypot(*(route.xy_m[1] - route.xy_m[0]))) if len(route.xy_m) > 1 else 0.0
    if not steps or gap == 0.0:
        return steps
    first = steps[0]
    start = (float(route.xy_m[0, 0]), float(route.xy_m[0, 1]))
    zh, en = first.zh, first.en
    if gap >= _DOOR_M:
        zh = f"先到{first.street or '路'}上（{metres_zh(gap)}），{zh}"
        en = f"Go to {first.street or 'the street'} ({metres_en(gap)}). {en}"
    return [replace(first, zh=zh, en=en, length_m=first.length_m + gap, xy_m=start), *steps[1:]]


def _last_step(route: Route, bits: list[_Bit], station: str) -> Step:
    """Where the door is: on which side, and how far from the street."""
    corner, door = route.xy_m[-2], route.xy_m[-1]
    gap = float(np.hypot(*(door - corner)))
    if not bits:  # nothing was walked along a street
        gap += float(np.hypot(*(corner - route.xy_m[0])))
    side_zh, side_en = "", ""
    if bits and gap >= 1.0:
        bearing = math.degrees(math.atan2(door[1] - corner[1], door[0] - corner[0]))
        turn = (bearing - bits[-1].end_deg + 180.0) % 360.0 - 180.0
        if abs(turn) < _STRAIGHT_DEG or abs(turn) >= _BACK_DEG:
            side_zh, side_en = "，就在路边", ", right there"
        else:
            side_zh, side_en = (
                ("，在左侧", ", on your left") if turn > 0 else ("，在右侧", ", on your right")
            )
    far_zh, far_en = "", ""
    if gap >= _DOOR_M:
        far_zh, far_en = f"，离路{metres_zh(gap)}", f", {metres_en(gap)} from the street"
    at = (float(corner[0]), float(corner[1]))
    return Step(
        f"到{station}{side_zh}{far_zh}", f"{station}{side_en}{far_en}", "arrive", "", gap, at
    )
