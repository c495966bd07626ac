"""Links that hand a station over to map apps, each in its own datum and order of axes.

Every map app shows a position half a kilometre off when it is told in another's datum, and looks
right doing so. Here a station's WGS-84 position is converted once, by `geodata.datum`, and each
link says in which datum it speaks where the app can be told:

    Amap       GCJ-02, lon first   uri.amap.com/navigation; `coordinate` exists for markers alone
    Baidu      BD-09, lat first    api.map.baidu.com; bd09ll is its default and said all the same
    Tencent    GCJ-02, lat first   apis.map.qq.com/uri/v1; coord_type 2, and a referer is wanted
    Apple      GCJ-02 in China, lat first
    geo:       WGS-84, lat first   RFC 5870, with Android's label
    WeChat     GCJ-02 as numbers   wx.openLocation, where its JS-SDK is set up

Names come from a registry and may hold anything. They are percent-encoded; marks that an app uses
inside a value (",", ";", ":", "|", brackets) become their full-width twins, since apps decode a
value before they split it. None of these apps can be opened in our tests: the addresses are the
documented ones, and what they do on a phone is to be tried there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from geodata.datum import from_wgs84

_DIGITS = 6  # a decimetre
_SOURCE = "webapp.union.locator"  # Baidu and Tencent want to know who links: company and app
_OWN = str.maketrans({",": "，", ";": "；", ":": "：", "|": "｜", "(": "（", ")": "）"})
_WECHAT_SCALE = 16  # of 1 to 28: some streets around


@dataclass(frozen=True, slots=True)
class Spot:
    """What is handed over: a station's name and address, and where it is in WGS-84 degrees."""

    name: str
    address: str
    lon_deg: float
    lat_deg: float

    def in_datum(self, datum: str) -> tuple[str, str]:
        """Longitude and latitude in a datum, as texts."""
        lon, lat = self._degrees(datum)
        return f"{lon:.{_DIGITS}f}", f"{lat:.{_DIGITS}f}"

    def _degrees(self, datum: str) -> tuple[float, float]:
        point = [[self.lon_deg, self.lat_deg]]
        lon, lat = (point if datum == "wgs84" else from_wgs84(point, datum).tolist())[0]
        return lon, lat


@dataclass(frozen=True, slots=True)
class Link:
    """One way to hand over: which app, what it is called, the address, and its datum."""

    app: str
    zh: str
    en: str
    url: str
    datum: str


def map_links(spot: Spot, *, in_wechat: bool = False) -> tuple[Link, ...]:
    """The links of a station, the most used app first; all for a way there on foot.

    Parameters
    ----------
    in_wechat
        Inside WeChat's browser, which opens no other app and no `geo:` link: Amap's own page is
        asked for, and `geo:` is left out.
    """
    links = (
        Link("amap", "高德地图", "Amap", _amap(spot, native=not in_wechat), "gcj02"),
        Link("baidu", "百度地图", "Baidu Maps", _baidu(spot), "bd09"),
        Link("tencent", "腾讯地图", "Tencent Maps", _tencent(spot), "gcj02"),
        Link("apple", "苹果地图", "Apple Maps", _apple(spot), "gcj02"),
        Link("geo", "其他地图", "Another map", _geo(spot), "wgs84"),
    )
    return links[:-1] if in_wechat else links


def wechat_location(spot: Spot, *, page: str) -> dict[str, Any]:
    """What `wx.openLocation` is called with: GCJ-02, and numbers, not texts."""
    lon, lat = spot.in_datum("gcj02")
    return {
        "latitude": float(lat),
        "longitude": float(lon),
        "name": spot.name,
        "address": spot.address,
        "scale": _WECHAT_SCALE,
        "infoUrl": page,
    }


def _amap(spot: Spot, *, native: bool) -> str:
    lon, lat = spot.in_datum("gcj02")
    return (
        f"https://uri.amap.com/navigation?to={lon},{lat},{_value(spot.name)}&mode=walk"
        f"&src={_SOURCE}&callnative={int(native)}"
    )


def _baidu(spot: Spot) -> str:
    lon, lat = spot.in_datum("bd09")
    return (
        f"https://api.map.baidu.com/marker?location={lat},{lon}&title={_value(spot.name)}"
        f"&content={_value(spot.address or spot.name)}&output=html&coord_type=bd09ll&src={_SOURCE}"
    )


def _tencent(spot: Spot) -> str:
    lon, lat = spot.in_datum("gcj02")
    return (
        "https://apis.map.qq.com/uri/v1/routeplan?type=walk"
        f"&to={_value(spot.name)}&tocoord={lat},{lon}&coord_type=2&referer={_SOURCE}"
    )


def _apple(spot: Spot) -> str:
    lon, lat = spot.in_datum("gcj02")
    return f"https://maps.apple.com/?ll={lat},{lon}&q={_value(spot.name)}"


def _geo(spot: Spot) -> str:
    lon, lat = spot.in_datum("wgs84")
    return f"geo:{lat},{lon}?q={lat},{lon}({_value(spot.name)})"


def _value(text: str) -> str:
    """A text as one value of an address: nothing in it can end the value or begin another."""
    return quote(" ".join(text.split()).translate(_OWN), safe="")
