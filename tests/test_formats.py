"""Files told apart by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.errors import InputError
from geodata.formats import street_format


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18", "pbf"),
        (b"\x1f\x8b\x08", "osm.gz"),
        (b"BZh9", "osm.bz2"),
        (b"<?xml version='1.0'?>\n<!-- note --><osm version='0.6'>", "osm"),
        (b"\xef\xbb\xbf<osm version='0.6'>", "osm"),
        (b"<?xml version='1.0'?><graphml>", "graphml"),
        (b"<html>", "other"),
        (b'{"type": "FeatureCollection"}', "other"),
    ],
)
def test_format_misleading_name_content_decides(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "streets.shp"
    path.write_bytes(content)
    assert street_format(path) == kind


def test_format_no_file_or_empty_is_refused_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.osm"
    empty.touch()
    for path, reason in [
        (empty, "is empty"),
        (tmp_path / "none", "no file"),
        (tmp_path, "no file"),
    ]:
        with pytest.raises(InputError, match=reason) as caught:
            street_format(path)
        assert "\n" not in str(caught.value)


def test_format_of_real_files(shared_data: Path) -> None:
    osm = shared_data / "osm"
    assert street_format(osm / "poa_osm.pbf") == "pbf"
    assert street_format(osm / "monaco_osrm.osm.pbf") == "pbf"
    assert street_format(osm / "shanghai_small.osm") == "osm"
    assert street_format(osm / "transbigdata_G.graphml") == "graphml"
    assert street_format(osm / "jinan" / "edges.shp") == "other"
