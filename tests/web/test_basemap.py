"""The ground of the maps: its own drawing by ranges, tiles of others by one setting."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from locator.basemap import BASEMAP, find_basemap
from locator.errors import InputError
from webapp import create_app
from webapp.settings import Settings
from webapp.tile_sources import read_source

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from locator.view import CityView

APPROVAL = "GS(2024)0650"
LAYER = "https://tiles.example/{z}/{x}/{y}.png?tk={key}"


@pytest.fixture
def drawn(view: CityView) -> bytes:
    return find_basemap(view.store).read_bytes()


@pytest.fixture
def address(client: FlaskClient, drawn: bytes) -> str:
    """Of the drawing, as the page's own script names it."""
    page = client.get("/").get_data(as_text=True)
    script = re.findall(r"/map/[0-9a-f]+\.js", page)[0]
    found = re.findall(r'"url":"(/basemap/[0-9a-f]+\.pmtiles)"', client.get(script).get_data(True))
    assert found
    assert found[0] == f"/basemap/{hashlib.sha256(drawn).hexdigest()[:32]}.pmtiles"
    return str(found[0])


def mark_of(address: str) -> str:
    return address.removeprefix("/basemap/").removesuffix(".pmtiles")


def test_import_draws_the_map_of_the_town(town: Path, view: CityView) -> None:
    path = find_basemap(view.store)
    assert path.parent.parent == town
    assert path.read_bytes()[:8] == b"PMTiles\x03"


def test_drawing_of_a_city_named_from_here_comes(
    town: Path, drawn: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as `make serve` names it
    monkeypatch.chdir(town.parent)
    client = create_app(Settings(city=Path(town.name))).test_client()
    address = f"/basemap/{hashlib.sha256(drawn).hexdigest()[:32]}.pmtiles"
    with client.get(address) as answer:
        assert (answer.status_code, answer.data) == (200, drawn)


def test_drawing_is_whole_unpacked_and_kept_for_good(
    client: FlaskClient, address: str, drawn: bytes
) -> None:
    with client.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
        assert (answer.status_code, answer.data) == (200, drawn)
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.get_etag() == (mark_of(address), False)
        assert answer.mimetype == "application/vnd.pmtiles"


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-126", slice(0, 127)),
        ("bytes=127-127", slice(127, 128)),
        ("bytes=-10", slice(-10, None)),
        ("bytes=100-", slice(100, None)),
        ("bytes=0-999999999", slice(0, None)),
    ],
)
def test_range_gives_exactly_that_part(
    client: FlaskClient, address: str, drawn: bytes, asked: str, part: slice
) -> None:
    with client.get(address, headers={"Range": asked}) as answer:
        assert (answer.status_code, answer.data) == (206, drawn[part])
        start, end, _ = part.indices(len(drawn))
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(drawn)}"
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=9-2", "bytes=0-1,5-6", "bytes=x-y"])
def test_range_that_cannot_be_is_refused(client: FlaskClient, address: str, asked: str) -> None:
    with client.get(address, headers={"Range": asked}) as answer:
        assert answer.status_code == 416
        assert len(answer.data) < 2000


def test_range_of_another_version_gives_the_whole(
    client: FlaskClient, address: str, drawn: bytes
) -> None:
    mark = mark_of(address)
    for known, status in ((f'"{mark}"', 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": known}
        with client.get(address, headers=headers) as answer:
            assert answer.status_code == status
            assert answer.data == (drawn[:10] if status == 206 else drawn)


def test_drawing_that_is_known_is_not_sent_again(client: FlaskClient, address: str) -> None:
    mark = mark_of(address)
    with client.get(address, headers={"If-None-Match": f'"{mark}"'}) as answer:
        assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/basemap/0.pmtiles",
        "/basemap/../city.toml.pmtiles",
        "/basemap/..%2f..%2fcity.toml.pmtiles",
        "/basemap/%2e%2e/%2e%2e/private.key.pmtiles",
        "/basemap/.pmtiles",
        "/basemap/" + "a" * 5000 + ".pmtiles",
        "/basemap/x%00.pmtiles",
    ],
)
def test_other_names_are_not_found(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        assert answer.status_code in {404, 400, 308}
        assert b"PMTiles" not in answer.data


def test_parameter_of_the_drawing_is_refused(client: FlaskClient, address: str) -> None:
    with client.get(address + "?lon=120.86") as answer:
        assert answer.status_code == 422
        assert "120.86" not in answer.get_data(as_text=True)


def test_city_of_an_older_program_is_drawn_when_asked_for(own_town: Path) -> None:
    for path in own_town.glob(f"streets-*/{BASEMAP}"):
        path.unlink()
    client = create_app(Settings(city=own_town)).test_client()
    page = client.get("/").get_data(as_text=True)
    script = client.get(re.findall(r"/map/[0-9a-f]+\.js", page)[0]).get_data(as_text=True)
    assert "/basemap/" in script
    assert list(own_town.glob(f"streets-*/{BASEMAP}"))


def test_streets_that_cannot_be_drawn_leave_the_map_without_a_ground(
    own_town: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in own_town.glob(f"streets-*/{BASEMAP}"):
        path.unlink()
        (path.parent / "water.geojson").write_text("{", encoding="utf-8")
    client = create_app(Settings(city=own_town)).test_client()
    page = client.get("/").get_data(as_text=True)
    script = client.get(re.findall(r"/map/[0-9a-f]+\.js", page)[0]).get_data(as_text=True)
    assert "/basemap/" not in script
    assert "import the streets again" in caplog.text


# -- tiles of others -------------------------------------------------------------------------


def with_tiles(town: Path, tmp_path: Path, **told: Any) -> Settings:
    fields = {"layers": [LAYER], "attribution": "图商", "approval": APPROVAL, **told}
    lines = [
        f"{name} = {value!r}" if not isinstance(value, str) else f"{name} = '''{value}'''"
        for name, value in fields.items()
    ]
    path = tmp_path / "tiles.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return Settings(city=town, tiles=str(path), tiles_key="s&cret")


def test_without_the_setting_the_policy_admits_nobody(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in policy
    assert "http" not in policy
    assert client.get("/basemap/source").status_code == 404


def test_tiles_of_others_are_admitted_by_exactly_their_host(town: Path, tmp_path: Path) -> None:
    client = create_app(with_tiles(town, tmp_path)).test_client()
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://tiles.example;" in policy
    assert policy.count("tiles.example") == 1
    # The key is in the tiles' addresses, which the page's script asks for, and nowhere else.
    page = answer.get_data(as_text=True)
    script = client.get(re.findall(r"/map/[0-9a-f]+\.js", page)[0]).get_data(as_text=True)
    assert "cret" not in page + script
    assert "tiles.example" not in page + script
    assert "pmtiles" not in script
    assert APPROVAL in script
    told = client.get("/basemap/source").get_json()
    assert told["layers"] == ["https://tiles.example/{z}/{x}/{y}.png?tk=s%26cret"]


def test_tianditu_asks_one_host_for_map_and_labels(town: Path) -> None:
    settings = Settings(city=town, tiles="tianditu", tiles_key="k", tiles_approval=APPROVAL)
    source = read_source(settings)
    assert source
    assert source.origins == ("https://t0.tianditu.gov.cn",)
    assert [re.findall(r"LAYER=(\w+)", layer) for layer in source.layers] == [["vec"], ["cva"]]
    assert all(layer.endswith("&tk=k") for layer in source.layers)
    assert "k'" not in repr(settings).replace("tianditu", "")


def test_datum_of_the_tiles_is_that_of_the_map(town: Path, tmp_path: Path) -> None:
    client = create_app(with_tiles(town, tmp_path, datum="gcj02")).test_client()
    page = client.get("/").get_data(as_text=True)
    assert "/static/js/datum.js" in page
    script = client.get(re.findall(r"/map/[0-9a-f]+\.js", page)[0]).get_data(as_text=True)
    assert "crs: L.CRS.GCJ02" in script


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tiles": "nobody"}, "expected tianditu, or a TOML"),
        ({"tiles": "tianditu", "tiles_key": ""}, "LOCATOR_TILES_KEY"),
        ({"tiles": "tianditu", "tiles_approval": ""}, "LOCATOR_TILES_APPROVAL"),
    ],
)
def test_setting_that_cannot_be_used_says_what_to_do(
    town: Path, change: dict[str, str], said: str
) -> None:
    given = {"tiles": "tianditu", "tiles_key": "k", "tiles_approval": APPROVAL, **change}
    with pytest.raises(InputError, match=said):
        create_app(Settings(city=town, **given))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"layers": []}, "list of addresses"),
        ({"layers": ["http://tiles.example/{z}/{x}/{y}"]}, "no https address"),
        ({"layers": ["https://tiles.example; script-src *//{z}/{x}/{y}"]}, "no https address"),
        ({"layers": ["https://*.example/{z}/{x}/{y}"]}, "no https address"),
        ({"layers": ["https://u:p@tiles.example/{z}/{x}/{y}"]}, "no https address"),
        ({"layers": ["https://tiles.example/{z}/{x}"]}, "each once"),
        ({"layers": ["https://tiles.example/{z}/{x}/{y}/{s}"]}, "no address has"),
        ({"datum": "bd09"}, "wgs84 or gcj02"),
        ({"max_zoom": 99}, "from 1 to 22"),
        ({"colour": "red"}, "unknown field"),
        ({"approval": 7}, "expected a text"),
    ],
)
def test_file_of_a_source_that_cannot_be_used_says_why(
    town: Path, tmp_path: Path, told: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        create_app(with_tiles(town, tmp_path, **told))


@pytest.mark.parametrize("approved", ["city", "nowhere"])
def test_approval_of_the_city_serves_where_the_source_brings_none(
    town: Path, tmp_path: Path, approved: str
) -> None:
    settings = with_tiles(town, tmp_path, approval="")
    if approved == "nowhere":
        with pytest.raises(InputError, match="审图号"):
            read_source(settings)
    else:
        source = read_source(settings, APPROVAL)
        assert source
        assert source.approval == APPROVAL
