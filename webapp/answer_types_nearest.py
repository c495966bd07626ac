"""What the API answers to "where is the nearest", as types (see `webapp.answer_types`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webapp.answer_types import AnswerPart, Lat, Lon, Metres, Seconds

LonLat = Annotated[list[float], Field(min_length=2, max_length=2)]
Turn = Literal[
    "start", "park", "arrive", "straight", "slight_left", "left", "slight_right", "right", "back",
]  # fmt: skip


class Step(AnswerPart):
    """路线的一步 / one step of a way."""

    zh: str
    en: str
    turn: Turn
    street: str
    length_m: Metres
    lon: Lon
    lat: Lat


class Route(AnswerPart):
    """沿街怎么走 / the way along the streets."""

    coordinates: list[LonLat]
    streets: list[str]
    steps: list[Step]


class Detour(AnswerPart):
    """路比直线远得多时的提醒 / a word where the way is far longer than it looks."""

    ratio: float | None
    zh: str
    en: str
    water: bool | None = Field(
        description="直线过水；null 是不知道 / water between; null: not known"
    )


class NearStation(AnswerPart):
    """找到的一站 / a station that was found."""

    code: str
    name: str
    kind: str
    lon: Lon
    lat: Lat
    distance_m: Metres | None = Field(description="沿街 / along the streets")
    time_s: Seconds
    straight_m: Metres | None
    snap_m: Metres | None = Field(description="站点离街 / from the street to the station")
    open: bool | None = Field(
        description="到的时候开不开；null 是不知道 / on arrival; null: not known"
    )
    closes_in_s: Seconds | None
    opens_in_s: Seconds | None
    opens_at: str | None
    long_enough: bool | None
    phone: str
    disputed: bool = Field(
        description="有人说没开，正在核实 / found shut by workers, being checked"
    )
    sample: bool
    detour: Detour | None
    route: Route | None = Field(default=None, description="routes 为 false 时没有 / not if unasked")
    hours: str
    hours_en: str
    hours_problem: str
    address: str
    access_scope: str
    access_mode: str
    facilities: list[str]
    verified_on: str | None
    way_in: str
    text: str
    note: str | None


class Connected(AnswerPart):
    """旁边能走通的路 / the nearest street that leads on."""

    lon: Lon
    lat: Lat
    street: str
    snap_m: Metres | None
    outcome: Literal["found", "none_within", "unreachable"]
    results: list[NearStation]


class LeftOut(AnswerPart):
    """没算进去的站数 / how many stations were left out, and why."""

    unknown: int = Field(ge=0)
    no: int = Field(ge=0)
    staff_only: int = Field(ge=0)


class Advice(AnswerPart):
    """没找到时怎么办 / what to do where nothing was found."""

    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str


class CircleStation(AnswerPart):
    """圈里最近的可能是它 / may be the nearest from somewhere in the circle."""

    code: str
    name: str
    street_m: Metres


class Circle(AnswerPart):
    """位置不准时，圈里哪些站可能最近 / what may be the nearest if the position is rough."""

    accuracy_m: float
    same: bool
    stations: list[CircleStation]
    unreachable_m: Metres
    street_m: Metres
    zh: str
    en: str


class Place(AnswerPart):
    """所说地方的起点 / where the question about a named place starts."""

    lon: Lon
    lat: Lat


class NamedPlace(AnswerPart):
    """所填的话也可能指的地方 / a place that the text may mean as well."""

    kind: Literal["street", "station", "district", "poi", "crossing"]
    name: str
    code: str = Field(description="站点、区县才有 / of a station or a district, else empty")
    district: str = Field(description="所在区县；空是不知道 / where it lies; empty: not known")
    lon: Lon
    lat: Lat


class NearestAnswer(AnswerPart):
    """最近的站，到了开不开，怎么走 / the nearest stations, their doors on arrival, the way."""

    outcome: Literal["found", "none_within", "unreachable", "outside"]
    snap_m: Metres | None
    results: list[NearStation]
    below: list[NearStation] = Field(description="更近但没确认开着 / nearer, not known to be open")
    connected: Connected | None
    stations: int = Field(ge=0)
    left_out: LeftOut
    at: str | None
    advice: Advice | None
    circle: Circle | None = Field(default=None, description="问了 accuracy 才有 / if asked for")
    message: str
    next_step: str
    origin: Place | None = Field(
        alias="from", description="所填位置从不送回 / never a position sent"
    )
    also_meant: list[NamedPlace] = Field(
        description="place 还可能指这些；空是没有歧义 / what else it may mean; empty: it is clear"
    )
    sample: bool
    attribution: str
    version: str
