r"""Texts made safe for sheets, and read back exactly.

Two rules, each undone by reading, for any text at all:

1. What a file cannot hold (control characters, halves of characters) is written `_xHHHH_`, the
   escape of the Office formats; an underscore that would look like such an escape is `_x005F_`.
2. A text that a spreadsheet would run as a formula (it begins with = + - @, also full-width or
   after blanks, or with a tab or line break) is preceded by an apostrophe; so is one that begins
   with apostrophes and then such a sign. Plain negative numbers run nothing and stay as they are.

    write("=1+1")        "'=1+1"         read gives "=1+1"
    write("'=1+1")       "''=1+1"        read gives "'=1+1"
    write("+86 513 85")  "'+86 513 85"   which no spreadsheet turns into a sum
    write("'s Hof")      "'s Hof"        no formula behind the apostrophe, so nothing to do
"""

from __future__ import annotations

import re

_UNWRITABLE = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_TO_ESCAPE = re.compile(rf"_(?=x[0-9A-Fa-f]{{4}}[_\r{_UNWRITABLE}])|[{_UNWRITABLE}]")
_TO_ESCAPE_XML = re.compile(_TO_ESCAPE.pattern + r"|\r")  # XML turns a bare CR into a LF
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORMULA = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
_NEGATIVE = re.compile(r"-[0-9]+(?:\.[0-9]+)?")


def escape_text(text: str, *, xml: bool = False) -> str:
    r"""Text without characters that a file cannot hold.

    >>> escape_text("a\x01b"), escape_text("_x0041_")
    ('a_x0001_b', '_x005F_x0041_')
    """
    pattern = _TO_ESCAPE_XML if xml else _TO_ESCAPE
    return pattern.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescape_text(text: str) -> str:
    r"""What `escape_text` was given.

    >>> unescape_text("a_x0001_b"), unescape_text("_x005F_x0041_")
    ('a\x01b', '_x0041_')
    """
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run a text, or strip an apostrophe that guards it."""
    return bool(_FORMULA.match(text)) and not _NEGATIVE.fullmatch(text)


def guard_text(text: str) -> str:
    r"""Text that no spreadsheet runs.

    >>> guard_text('=HYPERLINK("x")'), guard_text("-3.5"), guard_text("@home")
    ('\'=HYPERLINK("x")', '-3.5', "'@home")
    """
    return f"'{text}" if is_formula(text) else text


def unguard_text(text: str) -> str:
    """What `guard_text` was given.

    >>> unguard_text("'=1+1"), unguard_text("'s-Gravenhage")
    ('=1+1', "'s-Gravenhage")
    """
    return text[1:] if text[:1] == "'" and is_formula(text[1:]) else text
