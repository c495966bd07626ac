"""What is typed on a phone without a network is read as the server reads it, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.city import City
from locator.city_places import find_place
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
