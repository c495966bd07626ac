"""Words of the API's text, Chinese first."""

from __future__ import annotations

from collections.abc import Mapping

ABOUT = (
    "户外劳动者驿站 / Rest stations for outdoor workers",
    "不用密钥。位置只用 POST 发，只用来答这一次，不存、不记、不送回；能不发就不发，手机自己会算。"
    "不认识的参数、给了两次的参数都不答。\n\n"
    "No key is needed. A position goes by POST, is used for its one answer, and is neither kept "
    "nor logged nor sent back; a phone can do without, by the files of /phone/. A parameter that "
    "is unknown or given twice is refused. What is not known is null, never yes or no.",
)
# Every parameter has its words here, whichever address takes it.
PARAMETERS: Mapping[str, str] = {
    "accuracy": "位置可能差多少米 / metres the position may be off",
    "at": "什么时候出发：now、2026-03-02T08:30、周日 03:00 / when one sets out",
    "column": "瓦片列 / column of the tile",
    "datum": "lon、lat 的坐标系 / datum of lon and lat",
    "district": "区县代码 / code of a district",
    "k": "要几个 / how many stations",
    "kind": "站点类别 / kind of station",
    "lat": "纬度，和 lon 一起给 / latitude, together with lon",
    "lon": "经度，和 lat 一起给 / longitude, together with lat",
    "mode": "怎么走 / how one goes",
    "need": "要有什么：设施、行业、free_entry、public、staff / what it must offer",
    "open": "只要到的时候确认开着的 / only what is known to be open on arrival",
    "place": "打字的地方：路名、路口、区县、站名或编号 / a place as somebody types it",
    "q": "站名或地址里的字 / part of a name or address",
    "routes": "要不要路线 / whether the ways are wanted",
    "row": "瓦片行 / row of the tile",
    "situation": "夜里、高温、暴雨等情况 / night, heat, storm and the like",
    "staff": "算不算只对本单位职工开放的 / with those for their host's own staff",
    "stay": "要待几分钟 / minutes one wants to stay",
    "street": "路名，要准 / exact name of a street",
    "trade": "行业 / trade",
    "v": "页面看到的资料版本，给了可以长存 / version that the page saw, to be kept for good",
    "within": "多远以内：1000（米）或 15min / within which limit, metres or minutes",
    "zoom": "缩放级别 / zoom",
}
REFUSALS: Mapping[str, str] = {
    "400": "不是正常的请求 / no proper request",
    "404": "没有 / there is none",
    "413": "内容太长 / the body is too long",
    "415": "要 application/json / the body has to be application/json",
    "422": "参数不对，fields 里写着是哪一项 / a parameter cannot be used; fields names it",
    "429": "问得太快，等 Retry-After 秒 / too many questions; wait",
    "500": "服务出错 / a fault of the service",
}
