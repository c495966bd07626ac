"""What the API answers about coverage, as types (see `webapp.answer_types`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webapp.answer_types import AnswerPart, Lat, Lon, Metres, Share


class Gap(AnswerPart):
    """一处缺口：连成一片的未覆盖街道 / a gap: connected streets that are not covered."""

    length_m: Metres
    farthest_m: Metres
    lon: Lon
    lat: Lat
    district: str | None
    district_name: str | None
    share: Share
    streets: list[str]
    bounds_deg: Annotated[list[float], Field(min_length=4, max_length=4)]
    title: str
    text: str


class Worst(AnswerPart):
    """离站点最远的地方 / a place that is farthest from any station."""

    lon: Lon
    lat: Lat
    distance_m: Metres
    streets: list[str]
    district: str | None
    district_name: str | None


class Island(AnswerPart):
    """和所有站点都断开的街道 / streets cut off from all stations."""

    length_m: Metres
    miss_m: Metres | None
    lon: Lon
    lat: Lat
    street: str


class CoverageAnswer(AnswerPart):
    """已覆盖的街道有多长，缺口在哪 / how much street has a station in reach; the gaps."""

    within_m: Metres
    total_m: Metres
    covered_m: Metres
    uncovered_m: Metres
    unreachable_m: Metres
    share: Share
    depth_m: dict[str, Metres]
    staff_only: int = Field(ge=0)
    share_public: Share
    districts: list[str] = Field(max_length=0, description="这里总是空的 / always empty here")
    gaps: list[Gap] = Field(max_length=20)
    worst: list[Worst] = Field(max_length=10)
    islands: list[Island]
    border_m: Metres
    warnings: list[str]
    within: str
    kind: str | None
    mode: str
    text: str
    gaps_total: int = Field(ge=0)
    gaps_text: str
    sample: bool
    attribution: str
    version: str


class Knots(AnswerPart):
    """一条曲线，两点之间按直线读 / a curve, straight between two of its points."""

    depth: int = Field(ge=1)
    limit: list[Metres]
    value: list[Metres]
    error: Metres


class Curves(AnswerPart):
    """按米和按时间；一样时 time 为 null / by metres and by time; null where both are one."""

    length: list[Knots]
    time: list[Knots] | None


class Slider(AnswerPart):
    """滑块的范围 / from where to where, in which steps."""

    min: int
    max: int
    step: int


class Preset(AnswerPart):
    """现成的限值 / a limit that somebody has set."""

    code: str
    zh: str
    en: str
    limit_m: Metres
    timed: bool
    source: str
    date: str


class Target(AnswerPart):
    """文件里的目标 / a target of an official text; no limit where none is known."""

    code: str
    zh: str
    en: str
    mode: str
    depth: int
    limit_m: Metres | None
    text_zh: str
    text_en: str
    label_zh: str
    label_en: str
    source: str


class CurveAnswer(AnswerPart):
    """每个限值下的覆盖 / what is covered within every limit."""

    version: str
    sample: bool
    kind: str | None
    mode: str
    mode_zh: str
    mode_en: str
    unit: str
    total: Metres
    unreachable: Metres
    slider: Slider
    curves: Curves
    presets: list[Preset]
    targets: list[Target]
