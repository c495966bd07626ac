"""What the server's own log lines may say: what went wrong and where, nothing of a visitor.

The server under the application (waitress) puts into its lines who was connected, the path that
was asked and the text of the exception, and each of these may hold an address or a position.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback

from typing_extensions import override

_QUEUE = "waitress.queue"
_SERVERS = ("waitress", _QUEUE)
_ERROR_NAME = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning)\b")


class Discreet(logging.Filter):
    """Leaves of each record its place in the program and the class of the error."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always kept."""
        kind, frames = "", ""
        if record.exc_info and record.exc_info[0] is not None:
            kind = record.exc_info[0].__name__
            frames = "".join(traceback.format_tb(record.exc_info[2]))
        elif found := _ERROR_NAME.search(record.getMessage()):
            kind = found[0]
        elif sys.exc_info()[0] is not None:
            kind = str(getattr(sys.exc_info()[0], "__name__", ""))
        told = kind or "something unexpected"
        record.msg = f"{record.name}.{record.module} line {record.lineno}: {told}"
        record.msg += f" at\n{frames}" if frames else ""
        record.args, record.exc_info, record.exc_text = (), None, None
        return True


def keep_discreet() -> None:
    """Let the server under the application write nothing of visitors; once for a process."""
    # A page asks for a dozen tiles at once: that some wait their turn is no news.
    logging.getLogger(_QUEUE).setLevel(logging.ERROR)
    for name in _SERVERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, Discreet) for one in logger.filters):
            logger.addFilter(Discreet())
