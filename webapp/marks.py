"""How a kind of station is drawn: a shape, a colour and a word, never colour alone.

The page's legend (SVG) and the map's canvas draw the same path, in a box of 16 by 16.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Shapes that differ in outline, so that they are told apart in grey; colours that have a
# contrast of at least 4.5 with white (WCAG 2.2, 1.4.3), and differ in lightness.
_SHAPES = (
    ("M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13Z", "#0b6e69"),  # circle
    ("M2 2h12v12H2Z", "#a3195b"),  # square
    ("M8 .5 15.5 8 8 15.5.5 8Z", "#5b34b5"),  # diamond
    ("M8 1 15.5 14.5H.5Z", "#1d4f9e"),  # triangle
    ("M4.5 1.5h7L15.5 8l-4 6.5h-7L.5 8Z", "#7a4a06"),  # hexagon
    ("M.5 1.5h15L8 15Z", "#374151"),  # triangle on its point
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of one kind: `path` is SVG path data, `colour` a CSS colour."""

    kind: str
    zh: str
    en: str
    path: str
    colour: str


def marks_of(kinds: Iterable[tuple[str, str, str]]) -> tuple[Mark, ...]:
    """Return a mark for each (kind, Chinese name, English name), in their order.

    >>> [mark.colour for mark in marks_of([("a", "甲", "A"), ("b", "乙", "B")])]
    ['#0b6e69', '#a3195b']
    """
    return tuple(
        Mark(kind, zh, en, *_SHAPES[row % len(_SHAPES)]) for row, (kind, zh, en) in enumerate(kinds)
    )
