"""Station codes: `{prefix}-{adcode}-{OW|MB|CN|WH}-{nnnn}-{check}`, an identity for life.

The check character is that of ISO 7064 MOD 37,36 over all letters and digits before it: it finds
every single wrong character and every swap of two neighbours but a few, so a code read out over
the telephone can be trusted. Numbers count up in each prefix, district and kind, and are never used
again; they have at least four digits.
"""

from __future__ import annotations

import re
import unicodedata

from geodata.vocabulary import kinds
from locator.errors import InputError

MAX_LENGTH = 24
NO_DISTRICT = "000000"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE = len(_ALPHABET)  # 36; ISO 7064 calls the pair of moduli 37,36
_PREFIX = re.compile(r"[A-Z0-9]{1,4}")
_BODY = re.compile(r"[A-Z0-9]{1,4}-\d{6}-[A-Z]{2}-\d{4,6}")
_CODE = re.compile(r"([A-Z0-9]{1,4}-\d{6}-[A-Z]{2})-(\d{4,6})-([0-9A-Z])")


def make_code(series: str, number: int) -> str:
    """Code of a number in a series.

    Examples
    --------
    >>> make_code("NT-320613-OW", 7)
    'NT-320613-OW-0007-V'
    """
    body = f"{series}-{number:04d}"
    return f"{body}-{check_character(body)}"


def code_series(prefix: str, district_code: str, kind: str) -> str:
    """Series in which the stations of a district and kind are numbered.

    Raises
    ------
    InputError
        The prefix is not one to four capital letters or digits.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InputError(f"code prefix {prefix!r}; expected 1 to 4 letters A-Z or digits")
    adcode = district_code if re.fullmatch(r"[0-9]{6}", district_code) else NO_DISTRICT
    return f"{prefix}-{adcode}-{kinds()[kind].abbreviation}"


def complete_code(code: str) -> str:
    """A code as it is kept: one of our form in capitals and with its check character.

    Raises
    ------
    InputError
        It is of our form, and its check character is wrong.

    Examples
    --------
    >>> (
    ...     complete_code("nt-320613-ow-0007"),
    ...     complete_code("ｎｔ-320613-OW-0007-V"),
    ...     complete_code("驿-7"),
    ... )
    ('NT-320613-OW-0007-V', 'NT-320613-OW-0007-V', '驿-7')
    """
    plain = unicodedata.normalize("NFKC", code).strip().upper()
    if found := _BODY.fullmatch(plain):
        return f"{plain}-{check_character(found[0])}"
    if _CODE.fullmatch(plain):
        right = check_character(plain[:-2])
        if right != plain[-1]:
            raise InputError(
                f"the check character of {plain} does not fit (it would be {right}): the code was "
                "mistyped; look at the plate"
            )
        return plain
    return code


def split_code(code: str) -> tuple[str, int] | None:
    """Series and number of a code made here; None for any other code.

    Examples
    --------
    >>> split_code("NT-320613-OW-0007-V"), split_code("NT-320613-OW-0008-V"), split_code("A1")
    (('NT-320613-OW', 7), None, None)
    """
    found = _CODE.fullmatch(code)
    if found is None or check_character(code[:-2]) != found[3]:
        return None
    return found[1], int(found[2])


def check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 check character; hyphens do not count."""
    total = _BASE
    for character in body.replace("-", ""):
        total = (total + _ALPHABET.index(character)) % _BASE or _BASE
        total = total * 2 % (_BASE + 1)
    return _ALPHABET[(_BASE + 1 - total) % _BASE]
