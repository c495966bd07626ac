"""The compiled loops against their slow oracles, on 50 random towns each."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from locator.coverage import measure_coverage
from locator.kernels import library
from locator.kernels.compiler import KERNELS, LIBRARY
from locator.nearest import find_nearest
from locator.pieces import cut_streets, locate_on_streets
from locator.sweep import sweep_k_nearest, sweep_nearest
from tests.conftest import do_without
from tests.oracles import BACKWARD, FORWARD, Town, random_town
from tests.towns import cross, make_network, make_streets, place
from tests.web.town import build_town

SEEDS = range(50)
LIMITS = (0.5, 37.0, 150.0, 400.0, 1000.0)


@pytest.fixture(params=SEEDS, scope="module")
def town(request: pytest.FixtureRequest) -> Town:
    made = random_town(np.random.default_rng(request.param))
    make_streets(made)  # lengths as the product sums them
    return made


def test_random_towns_hold_every_difficulty() -> None:
    towns = [random_town(np.random.default_rng(seed)) for seed in SEEDS]
    assert any(FORWARD in t.travel for t in towns)
    assert any(BACKWARD in t.travel for t in towns)
    assert any(0 in t.travel for t in towns)
    assert any(u == v for t in towns for u, v in t.ends)
    assert any(len(set(t.ends)) < len(t.ends) for t in towns)  # parallel streets
    assert all(0.0 in t.length for t in towns)
    assert any(not t.stations for t in towns)
    offsets = [(t, *s) for t in towns for s in t.stations]
    assert any(offset == 0.0 for _, _, offset, _ in offsets)
    assert any(offset == t.length[e] > 0 for t, e, offset, _ in offsets)
    streets = [[s[0] for s in t.stations] for t in towns]
    assert any(len(set(s)) < len(s) for s in streets)  # several on one street
    unreachable = [t.all_distances() for t in towns if t.stations]
    assert any(np.isinf(table.min(axis=0)).any() for table in unreachable)


def test_sweep_nearest_equals_bellman_ford(town: Town) -> None:
    network = make_network(town)
    metres, row = sweep_nearest(network, place(network, town.stations))
    table = town.all_distances()
    expected = table.min(axis=0, initial=np.inf)
    np.testing.assert_allclose(metres, expected, atol=1e-9)
    for v in np.flatnonzero(np.isfinite(expected)):
        assert table[row[v], v] == pytest.approx(expected[v], abs=1e-9)
    assert (row[np.isinf(expected)] == -1).all()


def test_sweep_nearest_limit_keeps_what_is_within(town: Town) -> None:
    network = make_network(town)
    placement = place(network, town.stations)
    everything, _ = sweep_nearest(network, placement)
    limited, _ = sweep_nearest(network, placement, limit_m=200.0)
    np.testing.assert_array_equal(limited, np.where(everything <= 200.0 + 1e-6, everything, np.inf))


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_sweep_k_nearest_equals_sorted_rows(town: Town, k: int) -> None:
    network = make_network(town)
    metres, row = sweep_k_nearest(network, place(network, town.stations), k)
    filled = np.vstack((town.all_distances(), np.full((k, len(town.nodes)), np.inf)))
    np.testing.assert_allclose(metres, np.sort(filled, axis=0)[:k].T, atol=1e-9)
    for own in row:
        real = own[own >= 0]
        assert len(set(real)) == len(real)  # distinct stations


def test_sweep_tells_when_its_pool_is_too_small() -> None:
    from locator.kernels import sweeps

    town = random_town(np.random.default_rng(3))
    network = make_network(town)
    placement = place(network, town.stations)
    into, seeds = network.into, (placement.seed_node, placement.seed_m, placement.seed_row)
    metres, row = np.empty(len(town.nodes)), np.empty(len(town.nodes), np.int32)
    arcs = (into.first, into.node, into.length_m)
    tight = len(placement.seed_node)
    codes = [
        sweeps.sweep_nearest(*arcs, *seeds, max(town.length), 1.0, np.inf, room, metres, row)
        for room in range(tight, tight + 60)
    ]
    assert codes[0] == 1
    assert codes[-1] == 0
    np.testing.assert_array_equal(metres, sweep_nearest(network, placement)[0])


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("limit", LIMITS)
def test_covered_intervals_equal_cutting_everywhere(town: Town, limit: float, depth: int) -> None:
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), limit, depth=depth)
    expected = town.totals(limit, depth)
    assert cover.covered_m == pytest.approx(expected["covered"], abs=1e-5)
    assert cover.uncovered_m == pytest.approx(expected["uncovered"], abs=1e-5)
    assert cover.unreachable_m == pytest.approx(expected["unreachable"], abs=1e-5)
    usable = sum(run for run, way in zip(town.length, town.travel, strict=True) if way)
    assert cover.total_m == pytest.approx(usable, rel=1e-9)


@pytest.mark.parametrize("limit", LIMITS)
def test_depths_equal_cutting_everywhere(town: Town, limit: float) -> None:
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), limit)
    metres = town.depth_metres(limit)
    deep = sum(value for depth, value in metres.items() if depth > 2)
    expected = {"1": metres.get(1, 0.0), "2": metres.get(2, 0.0), "3+": deep}
    assert cover.depth_m == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("limit", LIMITS)
def test_gaps_equal_joining_bits(town: Town, limit: float) -> None:
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), limit)
    expected = [length for length in town.gaps(limit) if length >= 1e-3]
    np.testing.assert_allclose(cover.gap_table.length_m, expected, atol=1e-5)


@pytest.mark.parametrize("limit", [37.0, 150.0])
def test_farthest_point_equals_dense_sampling(town: Town, limit: float) -> None:
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), limit)
    table = town.all_distances()
    gaps = cover.gap_table
    for gap in range(len(gaps)):
        rows = gaps.piece[gaps.first[gap] : gaps.first[gap + 1]]
        sampled = 0.0
        for street, low, high in zip(*cover.pieces(rows), strict=True):
            # Just inside the ends: on a one-way street the distance jumps at a station.
            for x in np.linspace(low + 1e-7, high - 1e-7, 200):
                sampled = max(sampled, town.point_distances(int(street), x, table).min())
        step = max(high - low for _, low, high in zip(*cover.pieces(rows), strict=True)) / 199
        assert sampled - 1e-5 <= gaps.farthest_m[gap] <= sampled + step + 1e-5


def test_snap_equals_trying_every_segment(town: Town, rng: np.random.Generator) -> None:
    network = make_network(town)
    points = np.vstack(
        (
            rng.uniform(-300, 700, (30, 2)),
            rng.uniform(-300, 700, (10, 2)) + np.array([0, 2000]),
            town.nodes,
        )
    )
    snapped = network.snap(points, 1e6)
    for i, (x, y) in enumerate(points):
        distance, street, offset = town.snap(x, y)
        assert snapped.snap_m[i] == pytest.approx(distance, abs=1e-9)
        if snapped.street[i] == street:
            assert snapped.offset_m[i] == pytest.approx(offset, abs=1e-6)


def test_search_equals_all_distances(town: Town, rng: np.random.Generator) -> None:
    network = make_network(town)
    placement = place(network, town.stations)
    nowhere = np.zeros((len(town.stations), 2))
    checked = 0
    for x, y in np.vstack((rng.uniform(-100, 600, (12, 2)), town.nodes[:4])):
        near = find_nearest(
            network, placement, np.array([[x, y]]), stations_xy_m=nowhere, k=4, snap_limit_m=1e6
        )
        if near.snapped.street[0] != town.snap(x, y)[1]:
            continue  # two streets equally near: each answer is right for its own
        expected = town.nearest(x, y, 4)
        found = near.index[0] >= 0
        np.testing.assert_allclose(
            near.distance_m[0][found], [metres for metres, _ in expected], atol=1e-6
        )
        assert near.index[0][found].tolist() == [station for _, station in expected]
        assert near.outcome[0] == ("found" if expected else "unreachable")
        _check_routes(town, near)
        checked += 1
    assert checked


def _check_routes(town: Town, near) -> None:
    """A route is as long as it says, has no break, and keeps to the legal direction."""
    for column, route in enumerate(near.routes(0)):
        if route is None:
            continue
        snap = town.stations[near.index[0, column]][2]
        line = np.vstack((near.points_xy_m[0], route.xy_m[1:-1]))
        walked = np.hypot(*np.diff(line, axis=0).T).sum()
        assert walked + snap == pytest.approx(near.distance_m[0, column], abs=1e-6)
        for street, start, end in zip(route.street, route.from_m, route.to_m, strict=True):
            assert start == end or town.travel[street] & (FORWARD if end > start else BACKWARD)


def test_cut_pieces_equal_shapely_substring(town: Town, rng: np.random.Generator) -> None:
    from shapely.ops import substring

    streets = make_streets(town)
    street = rng.integers(0, len(streets), 40).astype(np.int32)
    ends = np.sort(rng.uniform(0, 1, (40, 2)), axis=1) * streets.length_m[street, None]
    ends[:5] = [[0.0, run] for run in streets.length_m[street[:5]]]
    xy, first = cut_streets(streets, street, ends[:, 0], ends[:, 1])
    back, _ = cut_streets(streets, street, ends[:, 1], ends[:, 0])
    for i, e in enumerate(street):
        piece = xy[first[i] : first[i + 1]]
        np.testing.assert_array_equal(back[first[i] : first[i + 1]], piece[::-1])
        length = np.hypot(*np.diff(piece, axis=0).T).sum()
        assert length == pytest.approx(ends[i, 1] - ends[i, 0], abs=1e-6)
        if streets.length_m[e] > 0 and length > 1e-3:
            exact = substring(shapely.LineString(town.lines[e]), *ends[i])
            assert shapely.hausdorff_distance(shapely.LineString(piece), exact) < 1e-6


def test_cut_whole_street_returns_its_vertices(town: Town) -> None:
    streets = make_streets(town)
    everything = np.arange(len(streets), dtype=np.int32)
    xy, first = cut_streets(streets, everything, np.zeros(len(streets)), streets.length_m)
    for e, line in enumerate(town.lines):
        piece = xy[first[e] : first[e + 1]]
        np.testing.assert_array_equal(piece[[0, -1]], line[[0, -1]])
        inner = [tuple(p) for p in line[1:-1].tolist()]
        assert set(map(tuple, piece[1:-1].tolist())) <= set(inner)


def test_locate_walks_along_the_line() -> None:
    streets = make_streets(cross())
    found = locate_on_streets(streets, np.array([0, 1, 2]), np.array([0.0, 25.0, 100.0]))
    middle = np.array([500_000.0, 3_500_000.0])
    np.testing.assert_allclose(found - middle, [[0, 0], [0, 25], [-100, 0]], atol=1e-9)


@pytest.mark.parametrize("how", ["duplicated", "reversed"])
def test_vertices_written_otherwise_change_nothing(how: str) -> None:
    """Named after QGIS#61167 (duplicate vertices stop the spread) and QNEAT3#34."""
    for seed in range(20):
        town = random_town(np.random.default_rng(seed))
        other = random_town(np.random.default_rng(seed))
        if how == "duplicated":
            other.lines = [np.repeat(line, 2, axis=0) for line in other.lines]
        else:
            turn = {FORWARD: BACKWARD, BACKWARD: FORWARD}
            other.lines = [line[::-1] for line in other.lines]
            other.ends = [(v, u) for u, v in other.ends]
            other.travel = [turn.get(way, way) for way in other.travel]
            other.stations = [(e, other.length[e] - x, s) for e, x, s in other.stations]
        covers = []
        for one in (town, other):
            network = make_network(one)
            covers.append(measure_coverage(network, place(network, one.stations), 150.0))
        for total in ("covered_m", "uncovered_m", "unreachable_m"):
            assert getattr(covers[0], total) == pytest.approx(getattr(covers[1], total), abs=1e-5)


# -- the compiler's cache --------------------------------------------------------------------

MARK = library.mark_sources(Path(library.__file__).parent)


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}}
    return subprocess.run(
        [sys.executable, "-c", code], env={**kept, **environment}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "first", ["compiler", "gaps", "intervals", "search", "siting_reach", "sweeps"]
)
def test_cache_folder_is_set_before_numba_is_imported(tmp_path: Path, first: str) -> None:
    code = (
        f"import locator.kernels.{first}; import os; import numba;"
        "from locator.kernels import compiler;"
        "assert compiler.LIBRARY is None;"
        "assert numba.config.CACHE_DIR == os.environ['NUMBA_CACHE_DIR'], numba.config.CACHE_DIR;"
        "print(os.environ['NUMBA_CACHE_DIR'], compiler.CACHED)"
    )
    done = _python(code, XDG_CACHE_HOME=str(tmp_path))
    folder = tmp_path / "station-locator" / "numba" / MARK
    assert done.stdout.split() == [str(folder), "True"], done.stderr


def test_cache_folder_given_is_respected(tmp_path: Path) -> None:
    code = "from locator.kernels import compiler; import os; print(os.environ['NUMBA_CACHE_DIR'])"
    done = _python(code, NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    assert done.stdout.strip() == str(tmp_path / "mine"), done.stderr


def test_source_mark_other_helper_file_is_another_cache(tmp_path: Path) -> None:
    package = tmp_path / "kernels"
    package.mkdir()
    (tmp_path / "arrays.py").write_text("LIMIT_TOLERANCE_M = 1e-6")
    (package / "gain.py").write_text("from heap import pop")
    marks = {(library.mark_sources.cache_clear(), library.mark_sources(package))[1]}
    (package / "heap.py").write_text("def pop(): return 1")
    marks.add((library.mark_sources.cache_clear(), library.mark_sources(package))[1])
    (package / "heap.py").write_text("def pop(): return 2")
    marks.add((library.mark_sources.cache_clear(), library.mark_sources(package))[1])
    (tmp_path / "arrays.py").write_text("LIMIT_TOLERANCE_M = 1e-3")
    marks.add((library.mark_sources.cache_clear(), library.mark_sources(package))[1])
    assert len(marks) == 4


def test_cache_nowhere_writable_runs_uncached_with_one_warning(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("a file, so nobody can make a folder in it")
    code = (
        "import numpy as np; from locator.kernels import compiler, geometry;"
        "out = np.empty((1, 2));"
        "geometry.locate_points(np.array([[0., 0.], [9., 0.]]), np.array([0., 9.]),"
        " np.array([0, 2]), np.array([0], np.int32), np.array([3.]), out);"
        "print(compiler.CACHED, out.tolist())"
    )
    done = _python(code, NUMBA_CACHE_DIR=str(blocker / "cache"))
    assert done.stdout.strip() == "False [[3.0, 0.0]]", done.stderr
    assert done.stderr.count("Warning") == 1
    assert "NUMBA_CACHE_DIR" in done.stderr


def test_cache_folder_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not library.set_cache_folder()


# -- compiled ahead of time ------------------------------------------------------------------


@pytest.fixture
def compiled_ahead() -> None:
    """What needs a C compiler at set-up; without one all works too, and starts slower."""
    if LIBRARY is None:
        do_without("run python -m locator.kernels with a C compiler and Python's headers")


@pytest.mark.usefixtures("compiled_ahead")
def test_setup_made_the_library_that_these_tests_run() -> None:
    import_every_kernel()
    assert [one.symbol for one in KERNELS if not hasattr(LIBRARY, one.symbol)] == []


def import_every_kernel() -> None:
    from importlib import import_module

    for path in Path(library.__file__).parent.glob("*.py"):
        if path.stem not in {"__init__", "__main__"}:
            import_module(f"locator.kernels.{path.stem}")


@pytest.mark.usefixtures("compiled_ahead")
def test_command_asks_without_numba(tmp_path: Path) -> None:
    city = build_town(tmp_path / "city")
    code = (
        "import sys; from locator.city import City; "
        f"view = City.open({str(city)!r}).current(); "
        "west, south, east, north = view.bounds_deg; "
        "answer = view.nearest([((west + east) / 2, (south + north) / 2)], k=2); "
        "print(answer.index.min() >= 0, {'numba', 'llvmlite', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[0] == "True set()", done.stderr


GOOD = (
    np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([0.0, 9.0]), np.array([0, 2]),
    np.array([0], np.int32), np.array([3.0]), np.empty((1, 2)),
)  # fmt: skip


def unwritable() -> np.ndarray:
    out = np.empty((1, 2))
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, [[0.0, 0.0], [9.0, 0.0]]),
        (1, np.array([0.0, 9.0], np.float32)),
        (1, np.array([0, 9])),
        (1, np.array([[0.0, 9.0]])),
        (1, np.array([0.0, 1.0, 9.0, 1.0])[::2]),
        (1, np.array([0.0, 9.0], ">f8")),
        (5, unwritable()),
        (5, None),
    ],
    ids=["list", "float32", "int64", "2-d", "strided", "byte order", "read-only", "none"],
)
def test_kernel_wrong_type_is_an_error(place: int, value: Any) -> None:
    from locator.kernels.geometry import locate_points

    given = [*GOOD]
    given[place] = value
    with pytest.raises(TypeError):
        locate_points(*given)
    with pytest.raises(TypeError):
        locate_points(*GOOD[:3])
    locate_points(*GOOD)


def test_kernel_wrong_type_inside_a_tuple_is_an_error() -> None:
    from locator.kernels.compiler import I1, L1, F, _fits, _shapes

    wanted = _shapes(((L1, I1), F))
    good, row = np.zeros(2, np.int64), np.zeros(2, np.int32)
    assert _fits(((good, row), 1.0), wanted)
    for bad in ((good, good), (good,), [good, row], (row, good)):
        assert not _fits((bad, 1.0), wanted)


def test_loop_runs_without_the_lock_of_the_interpreter() -> None:
    from locator.kernels.geometry import locate_points

    count = 6_000_000
    street, along = np.zeros(count, np.int32), np.linspace(0, 9, count)
    out = np.empty((count, 2))
    went_on = threading.Event()

    def work() -> None:
        locate_points(*GOOD[:3], street, along, out)
        went_on.set()

    ticks = 0
    thread = threading.Thread(target=work)
    thread.start()
    while not went_on.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks > 5  # with the lock none goes on before the loop ends
    np.testing.assert_allclose(out[:, 0], along)


@pytest.mark.slow
def test_loops_answer_the_same_where_numba_compiles_them(tmp_path: Path) -> None:
    names = ("test_search_equals_all_distances", "test_sweep_nearest_equals_bellman_ford")
    asked = [f"{__file__}::{name}[{seed}]" for name in names for seed in (3, 4, 5)]
    quiet = ("-q", "-p", "no:benchmark", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *quiet, *asked],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    assert list(tmp_path.glob("*/search.search_stations*.nbc"))  # numba compiled it there


ONE_LOOP = (
    "import os\n"
    "from pathlib import Path\n"
    "from locator.kernels import geometry, library\n"
    "from locator.kernels.compiler import KERNELS\n"
    "why = library.build_library(k.declared() for k in KERNELS if 'locate' in k.symbol)\n"
    "path = Path(os.environ['NUMBA_CACHE_DIR']) / library.library_name()\n"
    "print([why, path.is_file(), library.load_library() is not None])\n"
)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_ahead")
def test_library_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    made = _python(ONE_LOOP, NUMBA_CACHE_DIR=str(tmp_path / "甲 a"))
    assert made.stdout.strip() == "['', True, True]", made.stderr
    failed = _python(ONE_LOOP, NUMBA_CACHE_DIR=str(tmp_path / "b"), CC="false")
    assert "the C compiler failed: " in failed.stdout, failed.stderr
    assert "False, False]" in failed.stdout
    assert [path for path in (tmp_path / "b").iterdir() if path.suffix == ".so"] == []


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_ahead")
def test_damaged_library_is_left_alone_and_made_anew(tmp_path: Path) -> None:
    """Cut at half, as by a loss of power: to run it would end the process without a word."""
    assert "['', True, True]" in _python(ONE_LOOP, NUMBA_CACHE_DIR=str(tmp_path)).stdout
    [path] = tmp_path.glob("*.so")
    whole = path.read_bytes()
    load = "from locator.kernels import library; print(library.load_library() is not None)"
    for damaged in (whole[: len(whole) // 2], whole[:1000], b"", whole[:-1] + b"?"):
        path.write_bytes(damaged)
        done = _python(load, NUMBA_CACHE_DIR=str(tmp_path))
        assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr
    assert "['', True, True]" in _python(ONE_LOOP, NUMBA_CACHE_DIR=str(tmp_path)).stdout
    path.with_name(f"{path.name}.sha256").unlink()
    assert _python(load, NUMBA_CACHE_DIR=str(tmp_path)).stdout.strip() == "False"


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_ahead")
def test_library_is_run_from_where_nothing_can_be_written_but_not_by_all(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    assert "['', True, True]" in _python(ONE_LOOP, NUMBA_CACHE_DIR=str(folder)).stdout
    load = (
        "from locator.kernels import library; library._is_writable = lambda folder: False; "
        "print(library.load_library() is not None)"
    )
    assert _python(load, NUMBA_CACHE_DIR=str(folder)).stdout.strip() == "True"
    for shared in (folder, next(folder.glob("*.so"))):
        before = shared.stat().st_mode
        shared.chmod(0o777)
        assert _python(load, NUMBA_CACHE_DIR=str(folder)).stdout.strip() == "False"
        shared.chmod(before)
