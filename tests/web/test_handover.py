"""Links to map apps: the right datum, the right order of axes, names that cannot break out."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.datum import from_wgs84, to_wgs84
from webapp.handover import Spot, map_links, wechat_location

PLACE = Spot("虹桥驿站", "桃坞路44号", 120.86, 32.01)
NASTY = "A&B#1|2;3:4,5 (后门)（西） 100%\n?x=1"


def urls(spot: Spot) -> dict[str, str]:
    return {link.app: link.url for link in map_links(spot)}


def told(url: str) -> tuple[float, float]:
    """The numbers of a link as it gives them."""
    parts = urlsplit(url)
    if parts.scheme == "geo":
        first, second = parts.path.split(",")
        return float(first), float(second)
    asked = parse_qs(parts.query)
    text = next(asked[key][0] for key in ("tocoord", "location", "ll", "to") if key in asked)
    first, second = text.split(",")[:2]
    return float(first), float(second)


def test_links_of_a_station_are_the_documented_ones() -> None:
    name, address = "%E8%99%B9%E6%A1%A5%E9%A9%BF%E7%AB%99", "%E6%A1%83%E5%9D%9E%E8%B7%AF44%E5%8F%B7"
    gcj = from_wgs84([[120.86, 32.01]], "gcj02")[0]
    bd = from_wgs84([[120.86, 32.01]], "bd09")[0]
    assert urls(PLACE) == {
        "amap": f"https://uri.amap.com/navigation?to={gcj[0]:.6f},{gcj[1]:.6f},{name}"
        "&mode=walk&src=webapp.union.locator&callnative=1",
        "baidu": f"https://api.map.baidu.com/marker?location={bd[1]:.6f},{bd[0]:.6f}"
        f"&title={name}&content={address}&output=html&coord_type=bd09ll"
        "&src=webapp.union.locator",
        "tencent": f"https://apis.map.qq.com/uri/v1/routeplan?type=walk&to={name}"
        f"&tocoord={gcj[1]:.6f},{gcj[0]:.6f}&coord_type=2&referer=webapp.union.locator",
        "apple": f"https://maps.apple.com/?ll={gcj[1]:.6f},{gcj[0]:.6f}&q={name}",
        "geo": f"geo:32.010000,120.860000?q=32.010000,120.860000({name})",
    }


def test_positions_are_shifted_once_as_far_as_the_datums_differ_there() -> None:
    # Computed at Nantong: GCJ-02 lies 402 m east and 238 m south, BD-09 1,011 m east, 439 m north.
    east, north = 94_500.0, 110_900.0
    lon, lat = told(urls(PLACE)["amap"])
    assert ((lon - 120.86) * east, (lat - 32.01) * north) == pytest.approx((402, -238), abs=5)
    lat, lon = told(urls(PLACE)["baidu"])
    assert ((lon - 120.86) * east, (lat - 32.01) * north) == pytest.approx((1011, 439), abs=8)


@given(st.floats(74, 134), st.floats(19, 53))
def test_each_link_leads_back_to_the_place(lon: float, lat: float) -> None:
    spot = Spot("站", "", lon, lat)
    for link in map_links(spot):
        pair = told(link.url)
        there = pair if link.app == "amap" else pair[::-1]
        home = there if link.datum == "wgs84" else to_wgs84([there], link.datum)[0]
        np.testing.assert_allclose(home, (lon, lat), atol=2e-6)


@given(st.text(max_size=40) | st.just(NASTY))
def test_no_name_breaks_out_of_its_value(name: str) -> None:
    plain, spot = urls(PLACE), Spot(name, name, 120.86, 32.01)
    for app, url in urls(spot).items():
        assert "#" not in url
        assert not set(" \n<>\"'") & set(url)
        keys = urlsplit(plain[app]).query.split("&")
        assert [part.split("=")[0] for part in urlsplit(url).query.split("&")] == [
            part.split("=")[0] for part in keys
        ]
        assert told(url) == told(plain[app])
        for mark in ",;|:":  # decoded first and split then, as the apps do
            assert unquote(url).count(mark) == unquote(plain[app]).count(mark)


def test_wechat_gets_numbers_in_gcj02_and_no_links_that_it_cannot_open() -> None:
    call = wechat_location(PLACE, page="/s/NT-1")
    gcj = from_wgs84([[120.86, 32.01]], "gcj02")[0]
    assert (call["longitude"], call["latitude"]) == (round(gcj[0], 6), round(gcj[1], 6))
    assert isinstance(call["latitude"], float)
    assert (call["name"], call["infoUrl"], 1 <= call["scale"] <= 28) == (
        PLACE.name,
        "/s/NT-1",
        True,
    )
    inside = map_links(PLACE, in_wechat=True)
    assert [link.app for link in inside] == ["amap", "baidu", "tencent", "apple"]
    assert inside[0].url.endswith("callnative=0")


def test_outside_china_nothing_is_shifted_for_gcj02() -> None:
    lon, lat = told(urls(Spot("x", "", -51.2, -30.0))["amap"])
    assert (lon, lat) == (-51.2, -30.0)
