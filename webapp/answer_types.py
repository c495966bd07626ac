"""What the API answers, as types: the schemas that `webapp.openapi` tells.

No answer is made of these: answers come from the library's own documents, and the tests hold each
against its type. A description says it in Chinese, then in English.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Metres = Annotated[float, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]


class AnswerPart(BaseModel):
    """Base of all parts: nothing that is not told here."""

    model_config = ConfigDict(extra="forbid")


class Problem(AnswerPart):
    """一项不对的参数 / a parameter that cannot be used."""

    field: str = Field(description="参数名；整个请求体用 body / its name; body for all of it")
    problem: str = Field(
        description="哪里不对；从不重复所填的值 / what is wrong, never what was sent"
    )
    code: str = Field(description="给程序用的代码 / for programs")
    zh: str = Field(description="中文说法 / in Chinese")
    en: str = Field(description="英文说法 / in English")


class ErrorBody(AnswerPart):
    """为什么不答 / why there is no answer."""

    status: int = Field(ge=400, le=599)
    message: str
    message_zh: str
    fields: list[Problem] = Field(max_length=20)


class Error(AnswerPart):
    """每一种拒绝都是这个样子 / the form of every refusal."""

    error: ErrorBody


class Health(AnswerPart):
    """服务在不在，资料是哪一版 / whether the service answers, and from which data."""

    status: Literal["ok"]
    city: str
    sample: bool = Field(description="编的资料 / invented data")
    version: str
    stations: int = Field(ge=0, description="各种状态的都算 / of whatever status")
    modes: list[str]


class StationColumns(AnswerPart):
    """一列一个字段，各列等长，同一位置是同一站 / a list for each field, all of one length."""

    code: list[str]
    name: list[str]
    kind: list[str]
    hours: list[str] = Field(description="开放时间，中文 / opening hours in Chinese")
    hours_en: list[str] = Field(
        description="英文；没读懂时是空的 / in English; empty where not understood"
    )
    hours_problem: list[str] = Field(description="哪里没读懂 / what was not understood")
    address: list[str]
    access_scope: list[str]
    access_mode: list[str]
    way_in: list[str] = Field(description="怎么进，一句话 / in words")
    district: list[str]
    lon: list[Lon]
    lat: list[Lat]
    sample: list[bool]


class StationList(AnswerPart):
    """在用的站点，按列 / stations in use, column by column."""

    version: str
    sample: bool
    attribution: str
    count: int = Field(ge=0)
    columns: StationColumns


class DoorColumns(AnswerPart):
    """各列等长 / all of one length."""

    code: list[str]
    open: list[bool | None] = Field(description="null 是不知道 / null is not known")
    closes_in_s: list[Seconds | None]


class Doors(AnswerPart):
    """此刻哪些门开着 / which doors are open now."""

    at: str = Field(description="城市当地时间 / local time of the city")
    columns: DoorColumns
