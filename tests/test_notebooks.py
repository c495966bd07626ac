"""The notebooks run from top to bottom on the sample city and on Porto Alegre, in a real kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from geodata.tables import rows_from_records
from locator.city import City
from locator.sample import make_sample_city
from locator.workspace import CityConfig

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PUBLIC = {"locator"}
MODULES = {"os", "collections", "numpy", "pandas"}  # beside the public interface


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "city"
    make_sample_city(folder, scale="city")
    return folder


@pytest.fixture(scope="module")
def porto_alegre(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """Real streets; drinking water, toilets and benches of the same file stand in for stations."""
    folder = tmp_path_factory.mktemp("poa") / "city"
    city = City.create(folder, CityConfig(name="Porto Alegre", code_prefix="PA"))
    city.import_streets([shared_data / "osm" / "poa_osm.pbf"])
    wanted = {"drinking_water", "toilets", "bench"}
    rows = [
        {"name": poi.tags.get("name") or f"{poi.tags['amenity']} {number}", "lon": poi.lon_deg,
         "lat": poi.lat_deg, "hours": poi.tags.get("opening_hours", "")}
        for number, poi in enumerate(city.current().store.pois)
        if poi.tags.get("amenity") in wanted
    ]  # fmt: skip
    city.import_stations(rows_from_records(rows, source="osm"), kind="rest_station")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sample", "porto_alegre"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(
    path: Path, place: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    folder: Path = request.getfixturevalue(place)
    monkeypatch.setenv("LOCATOR_CITY", str(folder))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert any(outputs)
    assert all(output.output_type != "error" for cell in outputs for output in cell)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_a_question_the_public_interface_and_no_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert "？" in notebook.cells[0].source.splitlines()[0]
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        assert not cell.outputs
        assert cell.execution_count is None
        for line in cell.source.splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]):
                assert words[1] in PUBLIC | MODULES, line
