"""The files and scripts of the phone, for pages of the tests."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import ROOT
from webapp import create_app
from webapp.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPTS = ("network", "hours", "words", "circle", "water", "nearest", "gazetteer")
LOAD = """
([index, streets, water, places, ...parts]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const read = (text) => JSON.parse(new TextDecoder().decode(bytes(text)));
  const [first, ground] = [bytes(streets).buffer, read(water)];
  const made = locator.nearest.readData(index, first, parts.map(read), ground);
  window.data = { ...made, places: read(places) };
}
"""


def phone_page(chromium: Browser, city: Path) -> Page:
    """A page with the phone's scripts, and in `data` what a phone would have loaded."""
    client = create_app(Settings(city=city)).test_client()
    index: dict[str, Any] = client.get("/phone/index.json").get_json()
    files = [
        base64.b64encode(client.get(file["url"]).data).decode()
        for file in (index["streets"], index["water"], index["places"], *index["parts"])
    ]
    page = chromium.new_page()
    for name in SCRIPTS:
        page.add_script_tag(content=(ROOT / f"webapp/static/js/{name}.js").read_text("utf-8"))
    page.evaluate(LOAD, [index, *files])
    return page
