"""Simplified Chinese first, English second: which one a page speaks, and its words.

The texts of templates, of Python and of our scripts are Chinese; a catalog turns each into
English. It is kept as text (`translations/en/LC_MESSAGES/messages.po`) and read when the
application starts, so that nothing has to be compiled before, in a wheel or a checkout. Scripts
get theirs as a file of their own, `static/js/english.js`, which works without a network too.

    python -m webapp.languages

reads all texts anew, keeps the translations that are there, lists what is missing, and writes
both files.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import Translations
from flask import g, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale

from webapp.params import LANGUAGES

if TYPE_CHECKING:
    from flask import Flask

HERE = Path(__file__).resolve().parent
CATALOG = HERE / "translations" / "en" / "LC_MESSAGES" / "messages.po"
SCRIPT_WORDS = HERE / "static" / "js" / "english.js"
_METHODS = [
    ("static/vendor/**", "ignore"),
    ("static/js/english.js", "ignore"),
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("static/js/**.js", "javascript"),
]
_SCRIPT = re.compile(r"(?:^|/)static/js/")


@dataclass(frozen=True, slots=True)
class Language:
    """A language that pages speak.

    Parameters
    ----------
    code
        As in `?lang=` and in the keys of our own data.
    tag
        For the page's `lang` attribute.
    locale
        For Babel, which knows no `zh-CN`: a browser's tag handed on would be a fault.
    """

    code: str
    tag: str
    locale: str
    name: str


LANGUAGE_LIST = (
    Language("zh", "zh-CN", "zh_Hans_CN", "中文"),
    Language("en", "en", "en", "English"),
)
_BY_CODE = {language.code: language for language in LANGUAGE_LIST}


class CatalogDomain(Domain):  # type: ignore[misc]  # it brings no types
    """The one catalog, read from its text; Chinese needs none."""

    def __init__(self) -> None:
        super().__init__()
        self._english: Translations | None = None

    def get_translations(self) -> Translations:
        """The words of this request's language."""
        locale = get_locale()
        if locale is None or locale.language != "en":
            return Translations()
        if self._english is None:
            self._english = load_translations()
        return self._english


def install(app: Flask) -> None:
    """Let pages speak the language that was asked for, and keep `?lang=` in their links."""
    babel = Babel()
    babel.init_app(
        app,
        default_locale=LANGUAGE_LIST[0].locale,
        locale_selector=lambda: current_language().locale,
    )
    babel.domain_instance = CatalogDomain()
    app.url_defaults(_keep_language)
    app.context_processor(
        lambda: {"language": current_language(), "languages": LANGUAGE_LIST, "said": said}
    )


def current_language() -> Language:
    """By `?lang=`, then by what the browser accepts, Chinese where neither says."""
    if not has_request_context():
        return LANGUAGE_LIST[0]
    if "language" not in g:
        g.language = _choose(request.args.get("lang", ""))
    language: Language = g.language
    return language


@contextmanager
def in_chinese() -> Iterator[None]:
    """Speak Chinese for a while, whatever the request asked for: for what is kept for everybody."""
    if not has_request_context():
        yield
        return
    before = current_language()
    g.language = LANGUAGE_LIST[0]
    try:
        with force_locale(LANGUAGE_LIST[0].locale):
            yield
    finally:
        g.language = before


def translate(text: str, **values: object) -> str:
    """A text of ours in this request's language, with values in the place of `%(name)s`."""
    # gettext finds out the locale anew for every text, at ten times the price.
    if current_language().code != LANGUAGE_LIST[0].code:
        text = english_words().get(text, text)
    return text % values if values else text


def said(document: Any, name: str = "") -> str:
    """A text of our own data in this request's language: its `zh` or `en`, `name_zh` ...

    Takes documents and records alike; the other language where one is empty.
    """
    code = current_language().code
    for one in (code, *LANGUAGES):
        key = f"{name}_{one}" if name else one
        found = document.get(key) if isinstance(document, dict) else getattr(document, key, "")
        if found:
            return str(found)
    return ""


@lru_cache(maxsize=1)
def english_words() -> Mapping[str, str]:
    """Each text of ours in English, where the catalog has it."""
    return {message.id: str(message.string) for message in _messages(read_catalog())
            if isinstance(message.id, str) and message.string and not message.fuzzy}  # fmt: skip


def load_translations() -> Translations:
    """The English words, compiled in memory."""
    compiled = io.BytesIO()
    write_mo(compiled, read_catalog())
    compiled.seek(0)
    return Translations(compiled)


def read_catalog() -> Catalog:
    """The catalog as it is kept."""
    with CATALOG.open("rb") as file:
        return read_po(file, locale="en")


def collect_texts() -> Catalog:
    """All texts of pages and scripts, with where they are said."""
    catalog = Catalog(locale="en", project="station-locator", fuzzy=False)
    for name, _, text, _, _ in extract_from_dir(HERE, _METHODS, keywords=_KEYWORDS):
        # Places without line numbers: a moved line is no change of the catalog.
        catalog.add(text, locations=[(f"webapp/{name}", 0)])
    return catalog


_KEYWORDS: Any = {"_": None, "gettext": None, "ngettext": (1, 2)}


def script_words(catalog: Catalog) -> str:
    """The script with the words that our scripts say."""
    words = {
        message.id: message.string
        for message in sorted(_messages(catalog), key=lambda one: str(one.id))
        if any(_SCRIPT.search(place) for place, _ in message.locations)
    }
    text = json.dumps(words, ensure_ascii=False, indent=1)
    note = "// Written by `python -m webapp.languages` from the catalog."
    return f"{note}\nwindow.locatorWords = {text};\n"


def _messages(catalog: Catalog) -> Iterator[Any]:
    return (message for message in catalog if message.id)


def _choose(asked: str) -> Language:
    if asked in _BY_CODE:
        return _BY_CODE[asked]
    for tag in request.accept_languages.values():
        found = _BY_CODE.get(tag.split("-")[0].lower())
        if found is not None:
            return found
    return LANGUAGE_LIST[0]


def _keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """A language that was asked for stays in the links of our own pages; scripts have none."""
    if not endpoint.startswith(("pages.", "stations.", "embed.")) or not has_request_context():
        return
    if endpoint == "pages.map_script":
        return
    asked = request.args.get("lang", "")
    if asked in _BY_CODE:
        values.setdefault("lang", asked)


def main() -> int:
    """Bring the catalog and the script's words up to date; returns how many are not translated."""
    catalog = read_catalog() if CATALOG.exists() else Catalog(locale="en")
    begun = catalog.creation_date
    catalog.update(collect_texts(), no_fuzzy_matching=True)
    catalog.creation_date = begun  # the same texts give the same file, whenever they are collected
    catalog.obsolete.clear()
    catalog.fuzzy = False
    with CATALOG.open("wb") as file:
        write_po(file, catalog, omit_header=False, sort_output=True, no_location=False, width=0)
    SCRIPT_WORDS.write_text(script_words(catalog), encoding="utf-8")
    missing = [str(message.id) for message in _messages(catalog) if not message.string]
    sys.stderr.write("".join(f"not translated: {text}\n" for text in missing))
    return len(missing)


if __name__ == "__main__":
    sys.exit(min(1, main()))
