"""Lines of the server under the application lose whatever may be a visitor's."""

from __future__ import annotations

import logging

import pytest

from webapp.logs import Discreet

HERE = "120.8612345"


@pytest.fixture
def logger() -> logging.Logger:
    found = logging.getLogger("discreet.test")
    found.addFilter(Discreet())
    return found


def test_line_of_an_exception_keeps_its_class_and_place_alone(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError(f"no such place {HERE}")
    except ValueError:
        logger.exception("Exception while serving %s", f"/{HERE}")
    assert "ValueError" in caplog.text
    assert "test_logs.py" in caplog.text
    assert HERE not in caplog.text


def test_line_of_a_channel_that_breaks_keeps_no_address(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.error(
        "uncaptured python exception, closing channel <HTTPChannel connected 192.0.2.7:5 at 0x7> "
        "(<class 'ValueError'>:%s [a.py|b|1])",
        HERE,
    )
    assert "ValueError" in caplog.text
    assert "192.0.2.7" not in caplog.text
    assert HERE not in caplog.text


def test_line_without_an_error_is_kept(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.warning("something odd from %s", "192.0.2.7")
    assert "unexpected" in caplog.text
    assert "192.0.2.7" not in caplog.text
