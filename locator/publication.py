"""What is missing before a city's pages go public: `locator doctor --public`.

Facts of the city stand in its `city.toml`; what the pages let in from other hosts, and whom they
let in, in the environment of the server (LOCATOR_*). Run it there, with the server's settings.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geodata.calendar import load_calendar
from locator.checks import (
    FAIL,
    NOTHING,
    OK,
    WARN,
    Check,
    Told,
    check,
    count_stations,
    in_use,
    row_of,
    tell_found,
)
from locator.errors import InputError
from locator.registry.wording import in_chinese

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Entry

# The only exceptions to "no page asks another host", each with the setting that switches it on.
EXCEPTIONS: Mapping[str, Told] = {
    "LOCATOR_TILES": Told(
        "地图瓦片来自别的网站，它看得到正在看地图的哪一块",
        "map tiles come from another host, which sees what part of the map is shown",
    ),
    "LOCATOR_WECHAT_APPID": Told(
        "服务器向微信要票据，在微信里打开的页面会运行微信的脚本",
        "the server asks WeChat's host for tickets, and WeChat's script "
        "runs in pages that WeChat shows",
    ),
}
# A service has settings of its own: those of another shell say nothing of it.
_HERE = Told("（按这个终端的设置）", " (by this shell's settings)")
FRAME_ANCESTORS = "LOCATOR_FRAME_ANCESTORS"
# As the notices of the ministries write them: 苏ICP备12345678号-1; GS（2024）0650号, 苏S(2023)12号.
_ICP = re.compile(r"[\u4e00-\u9fff]\s*ICP\s*[备证]\s*[\d-]+\s*号(-\d+)?")
_APPROVAL = re.compile(r"[A-Z\u4e00-\u9fff]{1,6}\s*[(（〔]\s*\d{4}\s*[)）〕]\s*\d+\s*号")
_YEAR_AHEAD = timedelta(days=150)


def check_public(
    city: City,
    entries: Sequence[Entry],
    today: date,
    environ: Mapping[str, str] | None = None,
) -> list[Check]:
    """Look at all of it.

    Parameters
    ----------
    environ
        The server's settings; those of this process where left out.
    """
    settings = os.environ if environ is None else environ
    return [
        *_check_facts(city, settings),
        *_check_address(city.config.public_url),
        *_check_hosts(settings),
        *_check_frames(settings),
        *_check_stations(entries),
        _check_holidays(today),
    ]


_FACTS: Mapping[str, tuple[Told, re.Pattern[str] | None, Told, Told]] = {
    "map_approval": (
        Told("地图审图号", "the map's approval number (审图号)"),
        _APPROVAL,
        Told(
            "填进 city.toml 的 map_approval，用别家瓦片的填 LOCATOR_TILES_APPROVAL；没有审图号的，"
            "书面征求自然资源部门意见",
            "set map_approval in city.toml, or LOCATOR_TILES_APPROVAL for tiles of others; without "
            "one ask the natural-resources bureau in writing",
        ),
        Told("应如 GS（2024）0650号", "expected one such as GS（2024）0650号"),
    ),
    "icp": (
        Told("网站 ICP 备案号", "the site's ICP number"),
        _ICP,
        Told("填进 city.toml 的 icp_number", "set icp_number in city.toml"),
        Told("应如 苏ICP备12345678号-1", "expected one such as 苏ICP备12345678号-1"),
    ),
    "attribution": (
        Told("街道数据的来源", "the source of the streets"),
        None,
        Told("换一份写明来源的街道数据导入", "import streets from a source that names itself"),
        NOTHING,
    ),
}


def _check_facts(city: City, settings: Mapping[str, str]) -> Iterator[Check]:
    config = city.config
    told = {
        "map_approval": _tiles_approval(settings) or config.map_approval,
        "icp": config.icp_number,
        "attribution": _attribution(city),
    }
    for code, (what, form, advice, expected) in _FACTS.items():
        value = told[code]
        if not value:
            title = Told(f"{what.zh}没有填", f"{what.en} is missing")
            yield check(f"public_{code}", FAIL, title, 1, advice)
        elif form is not None and not form.search(value):
            title = Told(f"{what.zh}写法不对：{value}", f"{what.en} looks odd: {value}")
            yield check(f"public_{code}", WARN, title, 1, expected)
        else:
            yield check(f"public_{code}", OK, Told(f"{what.zh}已填", f"{what.en} is set"))


def _tiles_approval(settings: Mapping[str, str]) -> str:
    """The number that is shown with tiles of others; "" with the city's own drawing."""
    tiles = settings.get("LOCATOR_TILES", "").strip()
    if not tiles:
        return ""
    told = settings.get("LOCATOR_TILES_APPROVAL", "").strip()
    if told or not Path(tiles).is_file():
        return told
    try:
        source = tomllib.loads(Path(tiles).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""  # the server refuses to start with it, and says why
    return str(source.get("approval", ""))


def _check_address(url: str) -> Iterator[Check]:
    """Https, and a name: without the first no phone gives a position, plates outlive the second."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        title = Told("已填 https 公开网址", "a public address with https is set")
        yield check("public_https", OK, title)
    else:
        title = Told("没有填 https 公开网址", "a public address with https is missing")
        advice = Told(
            "填进 city.toml 的 public_url，以 https:// 开头",
            "set public_url in city.toml to an address that begins with https://",
        )
        yield check("public_https", FAIL, title, 1, advice)
    if not host:
        return
    if _is_name(host):
        title = Told(f"公开网址用的是域名：{host}", f"the public address has a name: {host}")
        yield check("public_domain", OK, title)
        return
    title = Told(f"{host}不是公网域名", f"{host} is no public domain")
    advice = Told(
        "public_url 请用自己的域名：二维码牌一挂好几年",
        "set public_url to a domain of your own: QR plates hang for years",
    )
    yield check("public_domain", FAIL, title, 1, advice)


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".local", ".test", ".example", ".invalid"))
    return False


def _check_hosts(settings: Mapping[str, str]) -> Iterator[Check]:
    on = [
        {"setting": name, "what": what.en, "what_zh": what.zh}
        for name, what in EXCEPTIONS.items()
        if settings.get(name, "").strip()
    ]
    if not on:
        title = Told(
            f"网页和服务器都不连别的网站{_HERE.zh}",
            f"no page and no server of ours asks another host{_HERE.en}",
        )
        yield check("public_hosts", OK, title)
        return
    names = [item["setting"] for item in on]
    title = Told(
        f"会连别的网站，因为设了 {'、'.join(names)}{_HERE.zh}",
        f"other hosts are asked, by {', '.join(names)}{_HERE.en}",
    )
    advice = Told(
        "写进网站的隐私说明，或去掉这些设置",
        "name them in the site's privacy notice, or take the settings away",
    )
    yield check("public_hosts", WARN, title, len(on), advice, on)


def _check_frames(settings: Mapping[str, str]) -> Iterator[Check]:
    origins = settings.get(FRAME_ANCESTORS, "").replace(",", " ").split()
    items = [{"origin": origin} for origin in origins]
    plain = " ".join(origin for origin in origins if not origin.lower().startswith("https://"))
    if plain:
        title = Told(
            "没有 https 的网页也能嵌入查询页", "a page without https may show the finder in a frame"
        )
        advice = Told(
            f"把 {plain} 从 {FRAME_ANCESTORS} 里去掉，或改成 https://",
            f"take {plain} out of {FRAME_ANCESTORS}, or write https://",
        )
        yield check("public_frames", WARN, title, len(plain.split()), advice, items)
        return
    title = Told(
        f"没有别的网站能嵌入查询页{_HERE.zh}",
        f"no other site may show the finder in a frame{_HERE.en}",
    )
    if origins:
        title = Told(
            f"可以嵌入查询页的网站：{'、'.join(origins)}{_HERE.zh}",
            f"sites that may show the finder in a frame: {', '.join(origins)}{_HERE.en}",
        )
    yield check("public_frames", OK, title, len(origins), NOTHING if origins else _EMBED, items)


_EMBED = Told(
    f"工会网站要嵌入的，把它的网址写进 {FRAME_ANCESTORS}",
    f"name the union's site in {FRAME_ANCESTORS} if it is to embed it",
)


def _check_stations(entries: Sequence[Entry]) -> Iterator[Check]:
    used = in_use(entries)
    sample = [row_of(entry) for entry in used if entry.sample]
    yield tell_found(
        "public_sample", sample, Told("个站是虚构的（示例）", "invented stations"),
        Told("从名册里去掉：不能让人跑空", "take them out: nobody must walk to one"), status=FAIL,
    )  # fmt: skip
    unsure = [row_of(e) for e in used if e.kind == "mother_baby_room" and not e.access_scope]
    yield tell_found(
        "public_scope", unsure,
        Told("个母婴室没写谁能进", "mother-and-baby rooms do not say who may enter"),
        Told("问清楚：公开的地图不能把妈妈带到工厂门口",
             "ask: a public map must send no mother to a factory"), status=FAIL,
    )  # fmt: skip
    unknown = Counter(entry.access_mode or "unknown" for entry in used)["unknown"]
    title = Told(f"{unknown}个站没写怎么进门", f"{count_stations(unknown)} of unknown way in")
    advice = Told("问驻点单位", "ask the hosts")
    yield check("public_entry", WARN if unknown else OK, title, unknown, advice)


def _check_holidays(today: date) -> Check:
    ahead = (today + _YEAR_AHEAD).year
    missing = load_calendar().warnings(sorted({today.year, ahead}), today=today)
    if not missing:
        title = Told(f"放假安排已有，到{ahead}年", f"public holidays are loaded up to {ahead}")
        return check("public_holidays", OK, title)
    return check(
        "public_holidays", WARN, tell_missing_year(missing[0]), len(missing),
        Told("这些天网页上的开放时间会不准：加上国务院办公厅的放假安排",
             "on those days the pages will tell hours that do not hold: add the State Council's "
             "list"),
    )  # fmt: skip


def tell_missing_year(warning: str) -> Told:
    """What a calendar says of a year without a list; without what to do, which is told apart."""
    english, _, _ = warning.partition("; add ")
    chinese, _, _ = in_chinese(warning).partition("；通知公布")
    return Told(chinese, english)


def _attribution(city: City) -> str:
    try:
        return city.current().attribution
    except InputError:
        return ""
