"""Street graphs that OSMnx saved as GraphML.

Parsed as a stream with the standard library. A document type is refused, since entities that
expand into each other could fill the memory; GraphML needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import shapely

from geodata.errors import DataError, InputError
from geodata.line_table import OSM_ID_COLUMNS, TAG_KEYS, Cell, LineTable, read_cell


def read_graphml(path: Path) -> LineTable:
    """Edges of a graph, one row each; an edge without a geometry is a straight line.

    Raises
    ------
    InputError
        It is not a street graph: nodes without x and y, or no edges, or a document type.
    DataError
        It is damaged or cut off.
    """
    graph = _Graph()
    try:
        with path.open("rb") as stream:
            graph.parse(stream)
    except expat.ExpatError as error:
        raise DataError(f"{path} is damaged or cut off ({error}); save it again") from error
    except _RefusedError as error:
        raise InputError(f"{path} {error}") from error
    if not graph.edges:
        raise InputError(f"{path} holds no edges; expected a street graph saved by OSMnx")
    try:
        places = {node: (float(data["x"]), float(data["y"])) for node, data in graph.nodes.items()}
        straight = [[places[tail], places[head]] for tail, head, _ in graph.edges]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{path}: a node has no x and y, or an edge no node ({error}); "
            "expected a street graph saved by OSMnx"
        ) from error
    rows = [data for _, _, data in graph.edges]
    return LineTable(
        shapes=_shapes([row.get("geometry") for row in rows], straight),
        cells=dict(_columns(rows)),
        crs=graph.data.get("crs", ""),
        undirected=graph.undirected,
        from_osm=any(OSM_ID_COLUMNS & row.keys() for row in rows),
    )


def _shapes(texts: list[str | None], straight: list[list[tuple[float, float]]]) -> Any:
    """Lines of WKT, or from node to node; None where the text is no geometry."""
    shapes = shapely.linestrings(np.array(straight))
    drawn = [number for number, text in enumerate(texts) if text]
    with np.errstate(invalid="ignore"):  # "nan" among the coordinates is sorted out later
        shapes[drawn] = shapely.from_wkt([texts[number] for number in drawn], on_invalid="ignore")
    return shapes


def _columns(rows: list[dict[str, str]]) -> Iterator[tuple[str, list[Cell]]]:
    """The tags that any edge has."""
    known = set().union(*(row.keys() for row in rows))
    for key in TAG_KEYS:
        if key in known:
            yield key, [read_cell(row.get(key)) for row in rows]


class _RefusedError(Exception):
    """The file may not be read."""


class _Graph:
    """What the parser has seen: data of the graph, of nodes by id, of edges with their ends."""

    def __init__(self) -> None:
        self.data: dict[str, str] = {}
        self.nodes: dict[str, dict[str, str]] = {}
        self.edges: list[tuple[str, str, dict[str, str]]] = []
        self.undirected = False
        self._names: dict[str, str] = {}  # attribute names by key id
        self._owner = self.data
        self._key = ""
        self._text: list[str] = []

    def parse(self, stream: Any) -> None:
        """Read a whole document."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.ParseFile(stream)

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("has a document type (DOCTYPE); expected plain GraphML")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        if element == "data":
            self._key = self._names.get(attributes.get("key", ""), "")
        elif element == "edge":
            self._owner = {}
            ends = attributes.get("source", ""), attributes.get("target", "")
            self.edges.append((*ends, self._owner))
        elif element == "node":
            self._owner = self.nodes.setdefault(attributes.get("id", ""), {})
        elif element == "key":
            self._names[attributes.get("id", "")] = attributes.get("attr.name", "")
        elif element == "graph":
            self.undirected = attributes.get("edgedefault") == "undirected"

    def _end(self, element: str) -> None:
        if element == "data":
            self._owner[self._key] = "".join(self._text)
        elif element in ("edge", "node"):
            self._owner = self.data
