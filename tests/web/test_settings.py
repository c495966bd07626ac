from __future__ import annotations

from pathlib import Path

import pytest

from locator.errors import SchemaError
from webapp.settings import Settings


def test_settings_without_variables_listen_on_this_machine_alone() -> None:
    assert Settings.from_environ({}).host == "127.0.0.1"


def test_settings_from_variables_are_typed() -> None:
    environ = {"LOCATOR_CITY": "/data/city", "LOCATOR_PORT": "0", "LOCATOR_THREADS": "2", "X": "y"}
    settings = Settings.from_environ(environ)
    assert settings == Settings(city=Path("/data/city"), port=0, threads=2)


def test_settings_from_bad_variables_name_all_of_them() -> None:
    environ = {"LOCATOR_PORT": "70000", "LOCATOR_THREADS": "many", "LOCATOR_HOST": " "}
    with pytest.raises(SchemaError) as caught:
        Settings.from_environ(environ)
    assert [problem.split(" is ")[0] for problem in caught.value.problems] == [
        "LOCATOR_HOST",
        "LOCATOR_PORT",
        "LOCATOR_THREADS",
    ]
