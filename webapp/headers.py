"""Headers that every answer carries: what a page may load, and what it may tell others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from flask import Flask, Response

POLICY_HEADER = "Content-Security-Policy"
_MORE = "locator-policy"
# Scripts, styles and data come from this host alone; nothing inline runs, so that no text of
# the registry can ever become code.
_POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "connect-src": ("'self'",),
    "font-src": ("'self'",),
    "manifest-src": ("'self'",),
    "worker-src": ("'self'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}
HEADERS = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def content_policy(more: Mapping[str, Sequence[str]] | None = None) -> str:
    """The content policy, with sources added to some of its directives.

    Parameters
    ----------
    more
        Directive -> sources that are allowed besides; they take the place of 'none'.

    Examples
    --------
    >>> content_policy({"frame-ancestors": ["https://a.example"]}).split("; ")[-1]
    'frame-ancestors https://a.example'
    """
    directives = {name: list(sources) for name, sources in _POLICY.items()}
    for name, sources in (more or {}).items():
        known = [source for source in directives.get(name, ()) if source != "'none'"]
        added = [source for source in sources if source not in known]
        if added:
            directives[name] = known + added
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def allow(response: Response, more: Mapping[str, Sequence[str]]) -> None:
    """Let one answer use or do more than the application's others; `more` as `content_policy`."""
    whole = {name: [*sources] for name, sources in current_app.extensions[_MORE].items()}
    for name, sources in more.items():
        whole.setdefault(name, []).extend(sources)
    response.headers[POLICY_HEADER] = content_policy(whole)


def install(app: Flask, more: Mapping[str, Sequence[str]] | None = None) -> None:
    """Add the headers to every answer, errors and files included.

    `more` are sources that every page of this application may use besides, as for
    `content_policy`; a single answer that needs more asks `allow`.
    """
    app.extensions[_MORE] = dict(more or {})
    headers = {
        POLICY_HEADER: content_policy(more),
        **HEADERS,
        # Unless an answer says otherwise it is asked for anew each time (files: if changed).
        "Cache-Control": "no-cache",
    }

    def add(response: Response) -> Response:
        there = {name.title() for name, _ in response.headers}
        for name, value in headers.items():
            if name.title() not in there:
                response.headers.add(name, value)
        return response

    app.after_request(add)
