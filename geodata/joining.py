"""Where lines meet: places known by coordinates, and lines of several files put together.

OpenStreetMap says by node ids which lines meet. Other files only say where their vertices are,
so vertices that coincide within 1e-7 degrees (a centimetre) are one place here. Rounding would
part two vertices that lie on both sides of a rounding border; distances do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.lines import StreetLines

JOIN_DEG = 1e-7
_SLACK_DEG = 1e-10  # so that 120.1234567 and 120.1234568 are within it as numbers too


def join_places(lonlat_deg: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number places so that vertices within 1e-7 degrees, in both axes, are one.

    Being one is passed on: a chain of vertices, each a centimetre from the next, is one place.

    Parameters
    ----------
    lonlat_deg : (n, 2) degrees

    Returns
    -------
    (n,) int64
        Row of the distinct positions, in order of lon, then lat, that comes first in its
        place: the same for the same positions, in whatever order they are given.

    Notes
    -----
    O(n log n): a k-d tree of the distinct positions.
    """
    order = np.lexsort((lonlat_deg[:, 1], lonlat_deg[:, 0]))
    ordered = lonlat_deg[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    row = np.empty(len(order), np.int64)
    row[order] = np.cumsum(fresh) - 1
    return _lowest_neighbours(ordered[fresh])[row]


def _lowest_neighbours(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each of distinct points the first of those it is joined with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    count = len(points)
    near = KDTree(points, balanced_tree=False, compact_nodes=False).query_pairs(
        JOIN_DEG + _SLACK_DEG, p=np.inf, output_type="ndarray"
    )
    lowest = np.arange(count)
    if len(near):
        links = coo_array((np.ones(len(near), bool), near.T), shape=(count, count))
        label = connected_components(links, directed=False)[1]
        first = np.full(count, count)
        np.minimum.at(first, label, lowest)
        lowest = first[label]
    return lowest


def join_lines(parts: Sequence[StreetLines], identified: Sequence[bool]) -> StreetLines:
    """Put the lines of several files together, so that they meet where they should.

    Parameters
    ----------
    parts
        Lines of each file; at least one.
    identified
        Whether the vertices of each part are node ids of OpenStreetMap, and equal only where
        they are the same node. The vertices of other parts are known by their coordinates,
        and take the id of a node that is there.
    """
    if len(parts) == 1:
        return parts[0]
    classes, class_code = _joined_table([(part.classes, part.class_code) for part in parts])
    names, name_code = _joined_table([(part.names, part.name_code) for part in parts])
    sizes = np.concatenate([np.diff(part.first) for part in parts])
    texts = dict.fromkeys(part.attribution for part in parts if part.attribution)
    return StreetLines(
        lonlat_deg=np.concatenate([part.lonlat_deg for part in parts]),
        vertex=_joined_vertices(parts, identified),
        first=np.concatenate(([0], np.cumsum(sizes))),
        access=np.concatenate([part.access for part in parts]),
        flags=np.concatenate([part.flags for part in parts]),
        class_code=class_code.astype(np.int16),
        classes=classes,
        name_code=name_code.astype(np.int32),
        names=names,
        attribution="; ".join(texts),
        warnings=tuple(warning for part in parts for warning in part.warnings),
    )


def select_lines(lines: StreetLines, keep: NDArray[np.bool_]) -> StreetLines:
    """Only the lines that `keep`, (n,) bool, marks."""
    sizes = np.diff(lines.first)
    vertices = np.repeat(keep, sizes)
    return replace(
        lines,
        lonlat_deg=lines.lonlat_deg[vertices],
        vertex=lines.vertex[vertices],
        first=np.concatenate(([0], np.cumsum(sizes[keep]))),
        access=lines.access[keep],
        flags=lines.flags[keep],
        class_code=lines.class_code[keep],
        name_code=lines.name_code[keep],
    )


def sort_tables(lines: StreetLines) -> StreetLines:
    """The same lines with only the names and classes they use, sorted, "" first."""
    classes, class_code = sorted_table(lines.classes, lines.class_code)
    names, name_code = sorted_table(lines.names, lines.name_code)
    return replace(lines, classes=classes, class_code=class_code, names=names, name_code=name_code)


def sorted_table(
    texts: tuple[str, ...], code: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[Any]]:
    """The texts that codes use, and "", sorted and each once; and the codes that go with them.

    >>> sorted_table(("b", "a", "unused", "b"), np.array([3, 1, 0]))
    (('', 'a', 'b'), array([2, 1, 2]))
    """
    used = np.unique(code).tolist()
    table = sorted({"", *(texts[old] for old in used)})
    place = {text: new for new, text in enumerate(table)}
    translate = np.zeros(len(texts), code.dtype)
    translate[used] = [place[texts[old]] for old in used]
    return tuple(table), translate[code]


def _joined_table(
    tables: Sequence[tuple[tuple[str, ...], NDArray[Any]]],
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """One table of texts for several, in order of appearance, and all codes into it."""
    place: dict[str, int] = {}
    codes = []
    for texts, code in tables:
        translate = [place.setdefault(text, len(place)) for text in texts]
        codes.append(np.array(translate, np.int64)[code])
    return tuple(place), np.concatenate(codes)


def _joined_vertices(parts: Sequence[StreetLines], identified: Sequence[bool]) -> NDArray[np.int64]:
    """Ids of all vertices: of nodes where there are nodes, else numbers below all of them."""
    vertex = np.concatenate([part.vertex for part in parts])
    if all(identified):
        return vertex
    sizes = [len(part.vertex) for part in parts]
    is_node = np.repeat(np.array(identified, bool), sizes)
    place = join_places(np.concatenate([part.lonlat_deg for part in parts]))
    lowest_id = min(int(vertex[is_node].min(initial=0)), 0)
    # the lowest node id of a place stands for it
    node_of_place = np.full(len(place), np.iinfo(np.int64).max)
    np.minimum.at(node_of_place, place[is_node], vertex[is_node])
    known = node_of_place[place]
    placeless = known == np.iinfo(np.int64).max
    return np.where(is_node, vertex, np.where(placeless, lowest_id - 1 - place, known))
