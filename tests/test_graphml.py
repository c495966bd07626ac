"""GraphML as OSMnx writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.errors import DataError, InputError
from geodata.graphml import read_graphml

HEAD = (
    '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    '<key id="d0" for="node" attr.name="x"/><key id="d1" for="node" attr.name="y"/>'
    '<key id="d2" for="edge" attr.name="highway"/><key id="d3" for="edge" attr.name="geometry"/>'
    '<key id="d4" for="edge" attr.name="oneway"/><key id="d5" for="edge" attr.name="osmid"/>'
    '<key id="d6" for="graph" attr.name="crs"/>'
)
NODES = (
    '<node id="1"><data key="d0">120</data><data key="d1">32</data></node>'
    '<node id="2"><data key="d0">120.5</data><data key="d1">32.5</data></node>'
)


def graph(body: str, *, attributes: str = 'edgedefault="directed"', head: str = HEAD) -> str:
    return f"{head}<graph {attributes}>{body}</graph></graphml>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "city.graphml"


def test_edges_are_rows_with_shapes_and_cells(path: Path) -> None:
    path.write_text(
        graph(
            f'<data key="d6">epsg:4326</data>{NODES}'
            '<edge source="1" target="2"><data key="d2">[\'steps\', \'path\']</data>'
            '<data key="d4">True</data><data key="d5">7</data></edge>'
            '<edge source="2" target="1"><data key="d2">service</data>'
            '<data key="d3">LINESTRING (120.5 32.5, 120.6 32.1, 120 32)</data></edge>'
        )
    )
    table = read_graphml(path)
    assert [shape.wkt for shape in table.shapes] == [
        "LINESTRING (120 32, 120.5 32.5)",
        "LINESTRING (120.5 32.5, 120.6 32.1, 120 32)",
    ]
    assert table.cells == {"highway": [("path", "steps"), "service"], "oneway": ["True", None]}
    assert (table.crs, table.undirected, table.from_osm) == ("epsg:4326", False, True)


def test_undirected_graph_says_so(path: Path) -> None:
    body = NODES + '<edge source="1" target="2"/>'
    path.write_text(graph(body, attributes='edgedefault="undirected"'))
    assert read_graphml(path).undirected


def test_edges_before_nodes_and_text_in_pieces(path: Path) -> None:
    path.write_text(
        graph('<edge source="1" target="2"><data key="d2">a&amp;b</data></edge>' + NODES)
    )
    assert read_graphml(path).cells["highway"] == ["a&b"]


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        (graph(NODES), InputError, "no edges"),
        (graph('<edge source="1" target="2"/>'), InputError, "no x and y"),
        (graph(NODES + '<edge source="1" target="9"/>'), InputError, "no x and y"),
        (
            graph('<node id="1"><data key="d0">east</data></node><edge source="1" target="1"/>'),
            InputError,
            "no x and y",
        ),
        (graph(NODES)[:-30], DataError, "cut off"),
        (
            '<!DOCTYPE g [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + HEAD[21:] + "</graphml>",
            InputError,
            "DOCTYPE",
        ),
    ],
)
def test_file_that_is_no_street_graph_is_one_clear_line(
    path: Path, text: str, error: type[Exception], reason: str
) -> None:
    path.write_text(text)
    with pytest.raises(error, match=reason) as caught:
        read_graphml(path)
    assert "\n" not in str(caught.value)


def test_real_graph_has_its_edges(shared_data: Path) -> None:
    table = read_graphml(shared_data / "osm" / "transbigdata_G.graphml")
    assert len(table.shapes) == 4009
    assert table.crs == "epsg:4326"
    assert sum(value == "True" for value in table.cells["oneway"]) == 1181
    assert ("footway", "steps") in table.cells["highway"]
