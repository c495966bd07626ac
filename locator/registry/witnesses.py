"""Telling reporters apart for a day without knowing who they are.

A witness is a keyed hash of what the network tells of a client, and of the station reported on. The
key is random, is made for one day, and is thrown away after it: from then on nobody, the union
included, can find the client of a witness or recognise one. As the station goes into the hash,
nothing in the database joins two reports of one person on two stations to a way through the city.

The key of the day lies in a small file that its owner alone reads, so that several processes know
one reporter as one; without a folder it lies in memory only. Leave it out of backups.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from locator.errors import DataError

if TYPE_CHECKING:
    from locator.registry.store import Registry

# Nobody stands before more than five doors in ten minutes, and twenty is more stations than anybody
# passes in a day; a person with more to tell has a telephone.
SPAN_LIMIT = (timedelta(minutes=10), 5)
DAY_LIMIT = 20

_KEY_BYTES = 32
_WITNESS_HEX = 16  # 64 bits: two of a day's reporters look alike once in billions of years
_MOST_CLIENTS = 100_000  # counted at a time, about 30 MB; beyond it somebody makes up addresses
_NAMED = "witnesses-{}.key"


class Witnesses:
    """The key of the day, and how often each client has reported; safe to share among threads.

    Parameters
    ----------
    folder
        Where the key of the day is shared with other processes; None for this process alone.

    Notes
    -----
    Clients are counted in memory, under a key of this process: n processes let pass up to n times
    the limits. What one station takes is limited in the database, for all of them.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._day: date | None = None
        self._key = b""
        self._lock = threading.Lock()
        self._count_key = secrets.token_bytes(_KEY_BYTES)
        self._turns: dict[bytes, list[datetime]] = {}

    @classmethod
    def beside(cls, registry: Registry) -> Self:
        """Witnesses with their key in the folder of the registry's file, or of its private key."""
        if registry.database.is_sqlite:
            return cls(Path(registry.database.name).parent)
        key_file = registry.sealer.key_file
        return cls(None if key_file is None else key_file.parent)

    def begin(self, day: date) -> bool:
        """Take the key of a day that is newer than the last; whether it was.

        Raises
        ------
        DataError
            The file of the key cannot be made or read.
        """
        with self._lock:
            if self._day is not None and day <= self._day:
                return False
            self._key = secrets.token_bytes(_KEY_BYTES)
            if self._folder is not None:
                self._key = _shared_key(self._folder, day, self._key)
            self._day = day
            self._turns.clear()
            self._remove_files(day)
            return True

    def tell(self, client: str, code: str, day: date) -> str | None:
        """The witness of a client at a station; None for a day whose key is not held."""
        with self._lock:
            key = self._key if day == self._day else b""
        if not key:
            return None
        # hashed one by one: joined, ("ab", "c") and ("a", "bc") would be one witness
        parts = hashlib.sha256(code.encode()).digest() + hashlib.sha256(client.encode()).digest()
        return hmac.digest(key, parts, "sha256").hex()[:_WITNESS_HEX]

    def take_turn(self, client: str, at: datetime) -> bool:
        """Count one more report of a client; False where it has had its share."""
        who = hmac.digest(self._count_key, client.encode(), "sha256")[: _WITNESS_HEX // 2]
        span, most = SPAN_LIMIT
        with self._lock:
            turns = self._turns.get(who, [])
            if len(turns) >= DAY_LIMIT or sum(turn > at - span for turn in turns) >= most:
                return False
            if len(self._turns) >= _MOST_CLIENTS:
                self._turns.clear()
            self._turns[who] = [*turns, at]
            return True

    def forget(self, today: date) -> None:
        """Throw away the keys of all days before this one.

        Raises
        ------
        DataError
            A file cannot be removed.
        """
        with self._lock:
            if self._day is not None and self._day < today:
                self._key = b""
                self._turns.clear()
            self._remove_files(today)

    def _remove_files(self, today: date) -> None:
        if self._folder is None:
            return
        keep = _NAMED.format(today.isoformat())
        try:
            for file in self._folder.glob(_NAMED.format("????-??-??")):
                if file.name < keep:
                    file.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"cannot remove the witness keys of past days in {self._folder}: {error.strerror}"
            ) from error


def _shared_key(folder: Path, day: date, made: bytes) -> bytes:
    """The key of the day's file; the first of two processes that make it wins."""
    file = folder / _NAMED.format(day.isoformat())
    aside = folder / f".{file.name}.{os.getpid()}.{threading.get_ident()}"
    try:
        if not file.exists():
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(made)
            with suppress(FileExistsError):
                os.link(aside, file)
            aside.unlink()
        key = file.read_bytes()
    except OSError as error:
        raise DataError(f"cannot make the witness key {file}: {error.strerror}") from error
    if len(key) != _KEY_BYTES:
        raise DataError(f"the witness key {file} is damaged: remove it, another one will be made")
    return key
