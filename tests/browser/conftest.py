"""A real Chromium, a real server, and a witness that notes whatever a page should not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import find_chromium
from tests.conftest import do_without
from tests.web.server import serving_city
from tests.web.town import build_town

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # whatever a page asks of another host fails, and is noted
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
"""


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a sample town."""
    return build_town(tmp_path_factory.mktemp("town") / "city")


@pytest.fixture(scope="session")
def site(town: Path) -> Iterator[str]:
    """Address of the sample town's pages."""
    with serving_city(town) as url:
        yield url


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        do_without("no Chromium on this machine: run `python tests/browser/chromium.py`")
    browser = driver.chromium.launch(executable_path=str(path), args=list(ARGUMENTS))
    yield browser
    browser.close()


NO_NETWORK = "net::ERR_INTERNET_DISCONNECTED"


class Witness:
    """What pages asked for, and what went wrong in them."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self.faults: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Note every request, error, refused part and dialog of that context's pages."""
        context.add_init_script(WATCH)
        context.on("request", lambda r: self.requests.append((r.method, r.url, r.post_data or "")))
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        context.on("console", self._hear)
        context.on("dialog", self._dismiss)

    def foreign(self) -> list[str]:
        """Requests that left our host."""
        return [
            url
            for _, url, _ in self.requests
            if urlsplit(url).hostname != "localhost" and not url.startswith("data:")
        ]

    def _hear(self, message: Any) -> None:
        if NO_NETWORK in message.text:
            return  # a test took it away; the browser tells of each request, some time later
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type}: {message.text}")

    def _dismiss(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Watches the pages of one test; afterwards none may have left our host or gone wrong."""
    watching = Witness()
    yield watching
    assert watching.foreign() == []
    assert watching.faults == []


@pytest.fixture
def open_page(
    chromium: Browser, driver: Playwright, witness: Witness, site: str
) -> Iterator[Callable[..., Page]]:
    """Open a page of the site: `open_page("/", phone=True, location=(lon, lat))`."""
    contexts = []

    def open_it(
        path: str = "/",
        *,
        phone: bool = False,
        location: tuple[float, float] | None = None,
        accuracy_m: float = 20,
        at: str = site,
        **options: Any,
    ) -> Page:
        if phone:
            options |= driver.devices["Pixel 7"]
        else:
            options.setdefault("viewport", {"width": 1280, "height": 860})
        if location is not None:
            lon, lat = location
            place = {"longitude": lon, "latitude": lat, "accuracy": accuracy_m}
            options |= {"geolocation": place, "permissions": ["geolocation"]}
        context = chromium.new_context(locale="zh-CN", **options)
        contexts.append(context)
        witness.watch(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(at + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
