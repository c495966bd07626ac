"""Contrast of every text as the browser paints it: at least 4.5 to 1, in large type too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.city import City

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
LEAST = 4.5
# Colours of all texts that are seen, over the colours painted below them; WCAG 2.1, relative
# luminance. What is painted from a picture or in another notation is told as not measured.
MEASURE = """() => {
  const looks = { visibilityProperty: true, opacityProperty: true };
  const seen = (part) => part.checkVisibility(looks) &&
    part.getBoundingClientRect().width > 1 && !part.closest(".hidden, .skip, option");
  const rgba = (text) => {
    const found = /^rgba?\\(([\\d.]+), ([\\d.]+), ([\\d.]+)(?:, ([\\d.]+))?\\)$/.exec(text);
    return found && [...found.slice(1, 4).map(Number), Number(found[4] ?? 1)];
  };
  const over = (top, low) => [0, 1, 2].map((i) => top[i] * top[3] + low[i] * (1 - top[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((value) => value / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const measured = [], unmeasured = [];
  for (const part of document.querySelectorAll("body *")) {
    const own = [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !seen(part) || part.closest("svg, canvas, [disabled]")) continue;
    const layers = [];
    let odd = false, faint = 1;
    for (let at = part; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const colour = rgba(style.backgroundColor);
      faint *= Number(style.opacity);
      if (!colour || style.backgroundImage !== "none") odd = true;
      if (!colour || colour[3] === 0) continue;
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    const ink = rgba(getComputedStyle(part).color);
    const name = part.outerHTML.slice(0, 120);
    if (odd || !ink) { unmeasured.push(name); continue; }
    const ground = layers.reverse().reduce((low, top) => over(top, low), [255, 255, 255]);
    ink[3] *= faint;
    const [a, b] = [light(over(ink, ground)), light(ground)];
    measured.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), name]);
  }
  return { measured, unmeasured };
}"""


def measure(page: Page) -> dict[str, Any]:
    return dict(page.evaluate(MEASURE))


def low(found: dict[str, Any]) -> list[Any]:
    return [one for one in found["measured"] if one[0] < LEAST]


@pytest.mark.parametrize("elder", [False, True])
def test_texts_of_finder_station_and_poster_stand_out(
    open_page: OpenPage, town: Path, elder: bool
) -> None:
    code = City.open(town).current().stations.usable().code[0]
    page = open_page("/?place=人民路", phone=True)
    if elder:
        page.locator("#elder").click()
    for path in ("/?place=人民路&open=1", f"/s/{code}", f"/s/{code}/poster"):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
        for fold in page.locator("summary").all():
            if fold.is_visible():
                fold.click()
        found = measure(page)
        assert len(found["measured"]) > 5
        assert low(found) == []
        assert found["unmeasured"] == []


def test_measure_of_contrast_sees_a_text_that_does_not_stand_out(open_page: OpenPage) -> None:
    page = open_page("/coverage")
    page.evaluate("() => { document.querySelector('h1').style.color = '#888'; }")
    page.evaluate("() => { document.querySelector('h1').style.backgroundColor = '#fff'; }")
    [[ratio, name]] = [one for one in low(measure(page)) if one[1].startswith("<h1")]
    assert ratio == pytest.approx(3.54, abs=0.01)
    assert name
