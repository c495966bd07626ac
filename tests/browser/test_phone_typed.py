"""What is typed on a phone without a network is read as the server reads it, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from locator.city import City
from locator.city_places import find_place
from locator.errors import InputError
from locator.moments import find_moment
from locator.sample import make_sample_city
from tests.browser.conftest import ROOT
from tests.browser.phone_files import phone_page
from webapp.params import NearestBody
from webapp.places import district_names, find_origin

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from locator.view import CityView

pytestmark = pytest.mark.browser

OFF_DEG = 1e-5  # a metre
SLIPS = 500
# Each text as the page reads it: {name, lon, lat}, or why not.
READ = """(asked) => {
  locator.gettext = (text, values) => text.replace(/%\\((\\w+)\\)s/g, (_, name) => values[name]);
  locator.AnswerError = class extends Error {};
  locator.phone = { data: () => data };
}"""
ASK = """(asked) => asked.map((one) => {
  try {
    const { asked, name } = locator.typed.read(one);
    const { from } = locator.nearest.findNearest(data, { ...asked, routes: false }, Date.now());
    return { name, lon: from ? from.lon : asked.lon, lat: from ? from.lat : asked.lat };
  } catch (error) {
    if (!(error instanceof locator.AnswerError)) throw error;
    return { unread: error.message };
  }
})"""


def read_page(chromium: Browser, city: Path, asked: list[dict[str, str]]) -> list[dict[str, Any]]:
    page = phone_page(chromium, city)
    page.evaluate(READ)
    page.add_script_tag(content=(ROOT / "webapp/static/js/typed.js").read_text("utf-8"))
    read: list[dict[str, Any]] = page.evaluate(ASK, asked)
    page.close()
    return read


def slip(text: str, rng: np.random.Generator, signs: list[str]) -> str:
    """A text with one sign left out, put in, changed, or two that changed places."""
    at = int(rng.integers(len(text)))
    sign = signs[int(rng.integers(len(signs)))]
    return [
        text[:at] + text[at + 1 :],
        text[:at] + sign + text[at:],
        text[:at] + sign + text[at + 1 :],
        text[: at - 1] + text[at : at + 1] + text[at - 1 : at] + text[at + 1 :] if at else text,
    ][int(rng.integers(4))]


def compare(view: CityView, asked: list[dict[str, str]], read: list[dict[str, Any]]) -> int:
    """How many were answered; each of them as by the server."""
    answered = 0
    for one, ours in zip(asked, read, strict=True):
        if "要联网" in ours.get("unread", ""):
            continue
        answered += 1
        named = district_names(view).get(one.get("district", ""), "")
        matches = find_place(view, f"{named} {one['place']}" if named else one["place"])
        if not matches:
            assert "没有" in ours["unread"], one
            continue
        best = matches[0].place
        assert ours.get("name") == best.name, (one, ours, matches[:3])
        lonlat = (best.lon_deg, best.lat_deg)
        if best.kind == "district":  # as when it is chosen in the list
            lonlat = find_origin(view, NearestBody(district=best.code)).lonlat
        assert (ours["lon"], ours["lat"]) == pytest.approx(lonlat, abs=OFF_DEG), (one, ours)
    return answered


def walked(view: CityView) -> list[str]:
    """Names of the streets that one may walk on."""
    codes = np.unique(view.streets.name_code[view.network("walk").travel != 0])
    return [name for name in (view.streets.names[code] for code in codes.tolist()) if name]


def slips_of(view: CityView, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    names = [name for name in view.streets.names if len(name) > 1][:2000]
    names += [name for name in view.stations.name if name]
    signs = sorted({sign for name in names for sign in name} | set("人民仁阿z1"))
    chosen = rng.choice(len(names), SLIPS)
    slipped = [slip(names[int(i)], rng, signs) for i in chosen.tolist()]
    return [text for text in slipped if text.strip()]


def pinyin_of(view: CityView) -> list[str]:
    from locator.gazetteer import plain
    from locator.pinyin import sound_of

    sounds = [sound_of(plain(name)) for name in view.streets.names[1:400:3]]
    whole = [sound for sound, _ in sounds]
    return [*whole, *(sound[:-2] for sound in whole), *(initials for _, initials in sounds)]


def check(chromium: Browser, city: Path, *, every: int = 1) -> None:
    """All names, or every so manieth of all that is asked; nine of ten slips are answered."""
    view = City.open(city).current()
    districts = district_names(view)
    exact = [
        *walked(view)[::every], *districts.values(),
        *view.stations.usable().name[:100:every], *view.stations.usable().code[:20:every],
    ]  # fmt: skip
    asked = [{"place": text} for text in exact]
    by_name = len(asked)
    asked += [{"place": name, "district": code} for code in districts for name in exact[:20]]
    slightly = [*pinyin_of(view), *slips_of(view, 7)][:: -(-every // 5)]
    asked += [{"place": text} for text in slightly]
    read = read_page(chromium, city, asked)
    unread = [one for one, ours in zip(asked[:by_name], read, strict=False) if "unread" in ours]
    assert unread == []
    compare(view, asked[:by_name], read[:by_name])
    rest = len(asked) - by_name
    answered = compare(view, asked[by_name:], read[by_name:])
    assert answered >= 0.9 * rest


def test_phone_reads_names_pinyin_and_slips_as_the_server(chromium: Browser, town: Path) -> None:
    check(chromium, town)


@pytest.mark.slow
def test_phone_reads_streets_of_a_whole_city_as_the_server(
    chromium: Browser, tmp_path: Path
) -> None:
    make_sample_city(tmp_path / "city", scale="city")
    check(chromium, tmp_path / "city", every=25)


def test_phone_says_what_needs_the_network(chromium: Browser, town: Path) -> None:
    names = [name for name in City.open(town).current().streets.names if name]
    texts = [f"{names[0]}与{names[1]}", "重庆乐道", "qqqqqq", "120.86, 32.01"]
    crossing, unsure, unknown, degrees = read_page(
        chromium, town, [{"place": text} for text in texts]
    )
    assert "要联网" in crossing["unread"]
    assert "要联网" in unsure["unread"]
    assert "没有“qqqqqq”" in unknown["unread"]
    assert (degrees["lon"], degrees["lat"]) == (120.86, 32.01)


# As one types them, and as nobody does; by one rule, on the phone and by the server.
MOMENTS = (
    "now", "Sun 03:00", "周日 3:00", "23：15", "25:00", "soon", "2026-11-29", "2026-11-29T10:00",
    "2026-11-29 10:00:07", "2026-11-29T10:00:07,123456789", "2026-11-29T02:00Z",
    "2026-11-29T10:00+0800", "2026-11-29T10:00-23:59", "2026-11-29T10:00+24:00",
    "2026-11-29T10:00+08:60", "2026-11-29T10:00+08", "2026-11-29T10:00+08:00:30",
    "2026-W48-7T10:00", "2026W487T10:00", "20261129T10:00", "2026-333T10:00", "2026-11-29x10:00",
    "2026-11-29T24:00", "2026-11-29T10:60", "2026-11-29T10:00:60", "2026-02-29T10:00",
    "2028-02-29T10:00", "0001-01-01T00:00", "0099-12-31T00:00", "1900-01-01T00:00",
    "1899-12-31T23:59", "2200-12-31T23:59", "2200-12-31T23:59Z", "2201-01-01T00:00",
    "9999-12-31T23:59-23:59", "٢٠٢٦-11-29T10:00",
)  # fmt: skip


def test_moments_are_read_and_refused_as_by_the_server(chromium: Browser, town: Path) -> None:
    zone = City.open(town).current().config.time_zone
    now = datetime(2026, 11, 29, 8, 30, 15)
    page = phone_page(chromium, town)
    told = page.evaluate(
        "([texts, zone, now]) => texts.map((text) => locator.hours.findMoment(text, zone, now))",
        [MOMENTS, zone, now.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000],
    )
    page.close()

    def read(text: str) -> int | None:
        try:
            moment = find_moment(text, zone=zone, now=now)
        except InputError:
            return None
        # the phone counts in milliseconds
        return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            milliseconds=1
        )

    assert dict(zip(MOMENTS, told, strict=True)) == {text: read(text) for text in MOMENTS}
    assert None in told
