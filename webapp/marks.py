"""How a kind of station is drawn: a shape, a colour and a word, never colour alone.

The page's legend (SVG) and the map's canvas draw the same path, in a box of 16 by 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class DoorMark:
    """The mark of a door's state; as `Mark`, filled by the even-odd rule."""

    path: str
    colour: str


# Told apart by outline alone: a full disc, a disc that is half empty, a square with a bar across,
# a ring with a question mark's stroke and dot. Contrast with white is at least 4.5.
DOOR_MARKS: Mapping[str, DoorMark] = {
    "open": DoorMark("M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14Z", "#0a6b2d"),
    "closing": DoorMark(
        "M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14ZM8 2.8v10.4a5.2 5.2 0 1 0 0-10.4Z", "#8a4b00"
    ),
    "closed": DoorMark("M1.5 1.5h13v13h-13ZM4 6.6h8v2.8h-8Z", "#9b1c1c"),
    "unknown": DoorMark(
        "M8 .5 15.5 8 8 15.5.5 8ZM8 3 3 8l5 5 5-5ZM7.1 5h1.8v4h-1.8ZM7.1 10h1.8v1.7h-1.8Z",
        "#4b5563",
    ),
}


def marks_of(kinds: Iterable[tuple[str, str, str]]) -> tuple[Mark, ...]:
    """Return a mark for each (kind, Chinese name, English name), in their order.

    >>> [mark.colour for mark in marks_of([("a", "甲", "A"), ("b", "乙", "B")])]
    ['#0b6e69', '#a3195b']
    """
    return tuple(
        Mark(kind, zh, en, *_SHAPES[row % len(_SHAPES)]) for row, (kind, zh, en) in enumerate(kinds)
    )
