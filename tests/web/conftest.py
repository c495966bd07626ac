"""A sample town, built once, and its application."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from locator.stations import Stations
    from locator.view import CityView


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a sample town; tests read it and never change it."""
    from tests.web.town import build_town

    return build_town(tmp_path_factory.mktemp("town") / "city")


@pytest.fixture
def own_town(town: Path, tmp_path: Path) -> Path:
    """A copy of the town that a test may change."""
    return Path(shutil.copytree(town, tmp_path / "city"))


@pytest.fixture(scope="session")
def app(town: Path) -> Flask:
    from webapp import create_app
    from webapp.settings import Settings

    return create_app(Settings(city=town))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def view(app: Flask) -> CityView:
    """The version of the town that the application sees."""
    from webapp.state import current_view

    with app.app_context():
        return current_view()


@pytest.fixture
def usable(view: CityView) -> Stations:
    """The stations that a person may be sent to; the others are not shown."""
    chosen = view.stations.usable()
    assert 0 < len(chosen) < len(view.stations)
    return chosen


@pytest.fixture(scope="session")
def hostile_app(town: Path) -> Flask:
    """The town's application, without limits: it is asked more than a visitor asks."""
    from webapp import create_app
    from webapp.settings import Settings

    off = {"limit_requests": "off", "limit_questions": "off", "limit_reports": "off"}
    return create_app(Settings(city=town, **off))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def routes(hostile_app: Flask, town: Path) -> dict[str, str]:
    """Endpoint -> address of an example, of all that may be asked by GET."""
    from locator.city import City
    from tests.web.routes import get_routes

    return get_routes(hostile_app, City.open(town).current())


@pytest.fixture(scope="session")
def posts(hostile_app: Flask, town: Path) -> dict[str, str]:
    """Endpoint -> address of what takes a POST."""
    from locator.city import City

    code = City.open(town).current().stations.usable().code[0]
    return {
        rule.endpoint: rule.rule.replace("<code>", code)
        for rule in hostile_app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }


@pytest.fixture(scope="session")
def attacker(hostile_app: Flask) -> FlaskClient:
    return hostile_app.test_client()
