"""Sealing of private fields: a keeper's name and mobile lie encrypted in the store.

AES-SIV (RFC 5297) gives the same sealed text for the same words, so that an import can tell
"unchanged" without opening anything; the field's name is bound to it. The key is a file beside the
registry, made with the city and readable by its owner alone, or named by LOCATOR_KEY_FILE. A copy
of the database without that file gives nobody's number away.
"""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from locator.errors import DataError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

KEY_NAME = "private.key"
SEALED = "sealed:"
_KEY_BITS = 512  # AES-SIV takes two keys of 256 bits


class Sealer:
    """Seals and opens texts with one key; the key is read when first needed.

    Parameters
    ----------
    key_file
        Where the key is; made there when something is to be sealed first. LOCATOR_KEY_FILE goes
        before it.
    """

    def __init__(self, key_file: Path | None) -> None:
        given = os.environ.get("LOCATOR_KEY_FILE")
        self.key_file = Path(given) if given else key_file
        self._key: bytes | None = None

    def seal(self, field: str, text: str) -> str:
        """Sealed form of a text; "" stays ""."""
        if not text:
            return text
        sealed = self._cipher(make=True).encrypt(text.encode(), [field.encode()])
        return SEALED + base64.urlsafe_b64encode(sealed).decode()

    def reveal(self, field: str, sealed: str) -> str:
        """The text of a sealed form.

        Raises
        ------
        DataError
            The key is lost, or another one.
        """
        from cryptography.exceptions import InvalidTag

        if not sealed.startswith(SEALED):
            return sealed
        try:
            data = base64.urlsafe_b64decode(sealed.removeprefix(SEALED))
            return self._cipher(make=False).decrypt(data, [field.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise DataError(
                f"{self.key_file} does not open the private fields: put back the key they were "
                "sealed with"
            ) from error

    @property
    def has_key(self) -> bool:
        """Whether there is a key already."""
        return self._key is not None or (self.key_file is not None and self.key_file.exists())

    def _cipher(self, *, make: bool) -> AESSIV:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        if self.key_file is None:
            raise DataError("private fields need a key: name its file in LOCATOR_KEY_FILE")
        if self._key is None:
            if make and not self.key_file.exists():
                _write_key(self.key_file, AESSIV.generate_key(_KEY_BITS))
            try:
                self._key = base64.b64decode(self.key_file.read_bytes(), validate=True)
            except (OSError, ValueError) as error:
                raise DataError(
                    f"cannot read the key of the private fields, {self.key_file}: put it back from "
                    "a backup, or name it in LOCATOR_KEY_FILE"
                ) from error
        try:
            return AESSIV(self._key)
        except ValueError as error:
            raise DataError(f"{self.key_file} holds no key: put it back from a backup") from error


def _write_key(file: Path, key: bytes) -> None:
    """Make a key file that only its owner reads; the first of two writers wins."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(base64.b64encode(key))
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(aside, file)
        aside.unlink()
    except OSError as error:
        raise DataError(f"cannot write the key file {file}: {error.strerror}") from error
