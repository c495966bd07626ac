"""Chinese first, English second: every text is translated, and a browser gets its language."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.web.routes import page_routes
from webapp.languages import SCRIPT_WORDS, collect_texts, read_catalog, script_words

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from locator.view import CityView

CHINESE = re.compile(r"[\u3400-\u9fff]")
NAMES = re.compile(r"%\((\w+)\)s")
# What is left in Chinese on purpose: names of streets to type, and the language's own name.
KEPT = ("人民中路",)


def texts(catalog: object) -> dict[str, str]:
    return {message.id: message.string for message in catalog if message.id}  # type: ignore[attr-defined]


def test_every_text_is_translated_and_nothing_else_is_kept() -> None:
    said, known = texts(collect_texts()), texts(read_catalog())
    assert set(said) == set(known), "run python -m webapp.languages"
    assert [text for text, english in known.items() if not english.strip()] == []


def test_texts_are_chinese_and_their_translations_are_not() -> None:
    for text, english in texts(read_catalog()).items():
        assert CHINESE.search(text) or "%(" in text or text == "、", text
        rest = english
        for kept in KEPT:
            rest = rest.replace(kept, "")
        assert not CHINESE.search(rest), english


def test_translations_use_no_value_that_the_text_has_not() -> None:
    for text, english in texts(read_catalog()).items():
        assert set(NAMES.findall(english)) <= set(NAMES.findall(text)), text


def test_words_of_scripts_are_those_of_the_catalog() -> None:
    assert SCRIPT_WORDS.read_text("utf-8") == script_words(read_catalog())


@pytest.mark.parametrize(
    ("accepted", "path", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "/", "zh-CN"),
        ("zh-TW", "/", "zh-CN"),
        ("zh-Hans-SG", "/", "zh-CN"),
        ("en-GB,en;q=0.9", "/", "en"),
        ("fr,en;q=0.5", "/", "en"),
        ("fr", "/", "zh-CN"),
        ("", "/", "zh-CN"),
        ("zh-CN", "/?lang=en", "en"),
        ("en", "/?lang=zh", "zh-CN"),
    ],
)
def test_page_speaks_the_language_asked_for_then_the_browsers(
    client: FlaskClient, accepted: str, path: str, language: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": accepted})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in page
    assert ("Use my location" in page) == (language == "en")
    assert "Set-Cookie" not in answer.headers


def test_unknown_language_is_refused_by_its_field(client: FlaskClient) -> None:
    answer = client.get("/?lang=klingon")
    assert answer.status_code == 422
    assert "<code>lang</code>" in answer.get_data(as_text=True)


def test_language_that_was_asked_for_stays_in_links(client: FlaskClient) -> None:
    page = client.get("/?lang=en").get_data(as_text=True)
    links = re.findall(r'<a [^>]*href="(/[^"]*)"', page)
    assert links
    assert [link for link in links if "lang=" not in link] == []
    assert 'name="lang" value="en"' in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_address_that_a_page_names_in_a_language_is_answered(
    app: Flask, client: FlaskClient, view: CityView, language: str
) -> None:
    named: dict[str, str] = {}
    for page in [*page_routes(app, view), "/?place=人民路"]:
        asked = f"{page}{'&' if '?' in page else '?'}lang={language}"
        text = client.get(asked).get_data(as_text=True)
        named |= {unescape(url): asked for url in re.findall(r'(?:href|src)="(/[^"]*)"', text)}
    assert len(named) > 50
    refused = []
    for url, page in named.items():
        with client.get(url) as answer:
            if answer.status_code >= 400:
                refused.append((answer.status_code, url, page))
    assert refused == []
