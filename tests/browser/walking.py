"""What walks of all pages share: the list of pages, axe, and the ways of looking at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import ROOT
from tests.conftest import do_without
from tests.web.routes import ERRORS, PAGES, page_routes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

    from tests.browser.conftest import Witness

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ELDER = "try { localStorage.setItem('locator.elder', '1'); } catch (error) {}"
LOOKS = {"zh": "zh-CN", "en": "en-GB"}


def pages_of(town: Path) -> list[str]:
    """Addresses of all pages, of those that look different by what is asked, and of errors."""
    from webapp import create_app
    from webapp.settings import Settings
    from webapp.state import current_view

    app = create_app(Settings(city=town))
    with app.app_context():
        view = current_view()
    return [*page_routes(app, view), *PAGES, *ERRORS]


def in_language(path: str, lang: str) -> str:
    """The address in a language that is asked for."""
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"


@contextmanager
def looking(
    chromium: Browser,
    driver: Playwright,
    witness: Witness,
    *,
    lang: str = "zh",
    phone: bool = False,
    elder: bool = False,
    **options: Any,
) -> Iterator[BrowserContext]:
    """A browser as somebody uses it; what its pages do wrong is noted by the witness."""
    look = driver.devices["Pixel 7"] if phone else {"viewport": {"width": 1280, "height": 860}}
    context = chromium.new_context(locale=LOOKS[lang], **(look | options))
    witness.watch(context)
    if elder:
        context.add_init_script(ELDER)
    try:
        yield context
    finally:
        context.close()


def need_axe() -> None:
    """Skip, or fail in continuous integration, where axe-core is not installed."""
    if not AXE.is_file():
        do_without("axe-core is not installed: run `npm ci --ignore-scripts`")


def axe_finds(page: Page) -> list[tuple[str, str]]:
    """Each rule that is broken, with the first element that breaks it; frames are looked at too."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations'], preload: false})"
        ".then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.nodes[0].html])))"
    )
    return [(rule, html[:160]) for rule, html in json.loads(found)]
