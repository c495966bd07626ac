"""What attackers send, and what has to be true of every answer to them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

# Where somebody stands, or markup: it must not come back from a refusal.
MARK = "120.8612345"
TRACE = re.compile(r"120\.86|<zq7|zq7>")
OURS = {"Sec-Fetch-Site": "same-origin"}

# Numbers, times and texts as people never write them, and as some do.
ODD = (
    "", "0", "1", "-1", "-0", "1.0", "1e308", "1e309", "-1e309", "1e-320", "nan", "inf", "-inf",
    "0x10", "1_000", "٣", "５00", "9" * 400, "1e5min", "15min", "0min", "1e-300min", "1km", "true",
    "TRUE", "on", "null", "[]", "{}", "now", "NOW", "24:00", "23:59", "周日 03:00", "Sun 3:00",
    "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59", "2026-W10-1T03:00", "1900-01-01T00:00",
    "2200-12-31T23:59", "2026-02-30T10:00", "walk", "car", "slow_walk", "rest_station", "courier",
    "night", "人民路", "640102", "\x00", "a\x00b", "\u202e", "\n", "\r\nSet-Cookie: a=1",
    "%", "%00", "'", '"', "\\", "(", "[", "*", "../../etc/passwd", "${7*7}", "{{7*7}}", "<zq7>",
    f"{MARK},32.0112345", MARK, "🙂" * 30, "ﷺ" * 60, "a" * 61, "a" * 3000, "http://[",
    "http://localhost/", "http://localhost/?at=0001-01-01T00:00%2B23:59", "javascript:alert(1)",
    "https://evil.example/<zq7>", "<script><zq7>",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(ODD), st.text(max_size=70), st.integers().map(str), st.floats().map(repr)
)


def refused(answer: TestResponse) -> list[str]:
    """The fields that a refusal names, from a page or from JSON."""
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422, (answer.status_code, text[:300])
    if answer.is_json:
        return [problem["field"] for problem in json.loads(text)["error"]["fields"]]
    return re.findall(r"<li>[^<]*<code>([^<]*)</code>", text)


def escaped(answer: TestResponse) -> bool:
    """Whether markup that was sent stayed text: JSON by its type, pages by their escapes."""
    return answer.mimetype == "application/json" or b"<zq7" not in answer.data


def check(answer: TestResponse, names: set[str], sent: object) -> None:
    """Answered, not found, or refused by names of these; markup is text, nothing is repeated."""
    assert answer.status_code in {200, 404, 422, 501}, (answer.status_code, sent)
    assert escaped(answer), sent
    assert "Set-Cookie" not in answer.headers
    if answer.status_code == 422:
        assert set(refused(answer)) <= names | {"body"}, sent
    if answer.status_code != 200:
        assert not TRACE.search(answer.get_data(as_text=True)), sent
