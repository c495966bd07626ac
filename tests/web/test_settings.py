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


def test_settings_of_frame_ancestors_are_origins() -> None:
    environ = {"LOCATOR_FRAME_ANCESTORS": "https://Union.example, http://localhost:8080"}
    settings = Settings.from_environ(environ)
    assert settings.frame_ancestors == ("https://union.example", "http://localhost:8080")


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "https://",
        "union.example",
        "https://union.example/page",
        "https://a.example; script-src *",
        "https://a@b.example",
        "javascript:alert(1)",
        "https://-a.example",
        "'unsafe-inline'",
    ],
)
def test_settings_of_frame_ancestors_that_are_no_origins_are_refused(text: str) -> None:
    with pytest.raises(SchemaError, match="LOCATOR_FRAME_ANCESTORS"):
        Settings.from_environ({"LOCATOR_FRAME_ANCESTORS": text})


@pytest.mark.parametrize("text", ["0/minute", "many", "5/week", "-1/hour", "5 per minute"])
def test_settings_of_limits_that_are_no_rates_are_refused(text: str) -> None:
    with pytest.raises(SchemaError, match="LOCATOR_LIMIT_REPORTS"):
        Settings.from_environ({"LOCATOR_LIMIT_REPORTS": text})
