"""What is missing before a city's pages go public: `locator doctor --public`.

Facts of the city stand in its `city.toml`; what the pages let in from other hosts, and whom they
let in, in the environment of the server (LOCATOR_*). Run it there, with the server's settings.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geodata.calendar import load_calendar
from locator.checks import (
    FAIL,
    MOST_ITEMS,
    OK,
    WARN,
    Check,
    count_stations,
    in_use,
    row_of,
    tell_found,
)
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Entry

# The only exceptions to "no page asks another host", each with the setting that switches it on.
EXCEPTIONS: Mapping[str, str] = {
    "LOCATOR_TILES": "map tiles come from another host, which sees what part of the map is shown",
    "LOCATOR_WECHAT_APPID": "the server asks WeChat's host for tickets, and WeChat's script "
    "runs in pages that WeChat shows",
}
FRAME_ANCESTORS = "LOCATOR_FRAME_ANCESTORS"
# As the notices of the ministries write them: 苏ICP备12345678号-1; GS（2024）0650号, 苏S(2023)12号.
_ICP = re.compile(r"[\u4e00-\u9fff]\s*ICP\s*[备证]\s*[\d-]+\s*号(-\d+)?")
_APPROVAL = re.compile(r"[A-Z\u4e00-\u9fff]{1,6}\s*[(（〔]\s*\d{4}\s*[)）〕]\s*\d+\s*号")
_YEAR_AHEAD = timedelta(days=150)


def check_public(
    city: City,
    entries: Sequence[Entry],
    today: date,
    environ: Mapping[str, str] | None = None,
) -> list[Check]:
    """Look at all of it.

    Parameters
    ----------
    environ
        The server's settings; those of this process where left out.
    """
    settings = os.environ if environ is None else environ
    return [
        *_check_facts(city),
        *_check_address(city.config.public_url),
        *_check_hosts(settings),
        *_check_frames(settings),
        *_check_stations(entries),
        _check_holidays(today),
    ]


def _check_facts(city: City) -> Iterator[Check]:
    config = city.config
    told = (
        ("map_approval", config.map_approval, "the map's approval number (审图号)", _APPROVAL,
         "set map_approval in city.toml; without one ask the natural-resources bureau in writing",
         "expected one such as GS（2024）0650号"),
        ("icp", config.icp_number, "the site's ICP number", _ICP,
         "set icp_number in city.toml", "expected one such as 苏ICP备12345678号-1"),
        ("attribution", _attribution(city), "the source of the streets", None,
         "import streets from a source that names itself", ""),
    )  # fmt: skip
    for code, value, what, form, advice, expected in told:
        if not value:
            yield Check(f"public_{code}", FAIL, f"{what} is missing", 1, advice)
        elif form is not None and not form.search(value):
            yield Check(f"public_{code}", WARN, f"{what} looks odd: {value}", 1, expected)
        else:
            yield Check(f"public_{code}", OK, f"{what} is set")


def _check_address(url: str) -> Iterator[Check]:
    """Https, and a name: without the first no phone gives a position, plates outlive the second."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        yield Check("public_https", OK, "a public address with https is set")
    else:
        advice = "set public_url in city.toml to an address that begins with https://"
        yield Check("public_https", FAIL, "a public address with https is missing", 1, advice)
    if not host:
        return
    if _is_name(host):
        yield Check("public_domain", OK, f"the public address has a name: {host}")
        return
    advice = "set public_url to a domain of your own: QR plates hang for years"
    yield Check("public_domain", FAIL, f"{host} is no public domain", 1, advice)


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".local", ".test", ".example", ".invalid"))
    return False


def _check_hosts(settings: Mapping[str, str]) -> Iterator[Check]:
    on = [
        {"setting": name, "what": what}
        for name, what in EXCEPTIONS.items()
        if settings.get(name, "").strip()
    ]
    if not on:
        yield Check("public_hosts", OK, "no page and no server of ours asks another host")
        return
    title = f"other hosts are asked, by {', '.join(item['setting'] for item in on)}"
    advice = "name them in the site's privacy notice, or take the settings away"
    yield Check("public_hosts", WARN, title, len(on), advice, tuple(on))


def _check_frames(settings: Mapping[str, str]) -> Iterator[Check]:
    origins = settings.get(FRAME_ANCESTORS, "").replace(",", " ").split()
    items = tuple({"origin": origin} for origin in origins[:MOST_ITEMS])
    plain = [origin for origin in origins if not origin.lower().startswith("https://")]
    if plain:
        advice = f"take {' '.join(plain)} out of {FRAME_ANCESTORS}, or write https://"
        title = "a page without https may show the finder in a frame"
        yield Check("public_frames", WARN, title, len(plain), advice, items)
        return
    title = "no other site may show the finder in a frame"
    if origins:
        title = f"sites that may show the finder in a frame: {', '.join(origins)}"
    advice = "" if origins else f"name the union's site in {FRAME_ANCESTORS} if it is to embed it"
    yield Check("public_frames", OK, title, len(origins), advice, items)


def _check_stations(entries: Sequence[Entry]) -> Iterator[Check]:
    used = in_use(entries)
    sample = [row_of(entry) for entry in used if entry.sample]
    yield tell_found(
        "public_sample", sample, "invented stations", "take them out: nobody must walk to one",
        status=FAIL,
    )  # fmt: skip
    unsure = [row_of(e) for e in used if e.kind == "mother_baby_room" and not e.access_scope]
    yield tell_found(
        "public_scope", unsure, "mother-and-baby rooms do not say who may enter",
        "ask: a public map must send no mother to a factory", status=FAIL,
    )  # fmt: skip
    unknown = Counter(entry.access_mode or "unknown" for entry in used)["unknown"]
    title = f"{count_stations(unknown)} of unknown way in"
    yield Check("public_entry", WARN if unknown else OK, title, unknown, "ask the hosts")


def _check_holidays(today: date) -> Check:
    ahead = (today + _YEAR_AHEAD).year
    missing = load_calendar().warnings(sorted({today.year, ahead}), today=today)
    if not missing:
        return Check("public_holidays", OK, f"public holidays are loaded up to {ahead}")
    title, _, _ = missing[0].partition("; add ")
    return Check(
        "public_holidays", WARN, title, len(missing),
        "on those days the pages will tell hours that do not hold: add the State Council's list",
    )  # fmt: skip


def _attribution(city: City) -> str:
    try:
        return city.current().attribution
    except InputError:
        return ""
