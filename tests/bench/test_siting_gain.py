"""Cost and coverage with certificates: one line an instance, seconds of this process's processor.

The city has 100,000 crossings, 5,000 candidates and 250 stations, made from a seed. What is
asserted is the quality reached, and ratios against spopt where that is installed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from locator.siting import Problem, Solution, solve
from locator.siting.certificate import bound_by_prices
from tests.siting_cities import (
    ORLIB,
    City,
    make_city,
    read_optima,
    read_orlib,
    read_san_francisco,
    read_sjc,
)

if TYPE_CHECKING:
    from tests.bench.conftest import Figures

NEW = 5_000


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(100_000, NEW, 250)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Load the kernels before anything is timed."""
    for problem in (
        Problem.p_median(np.random.default_rng(0).random((40, 20)), 5),
        Problem.max_cover(np.random.default_rng(0).random((40, 20)) < 0.3, None, 5),
    ):
        solve(problem, iterations=12)


@pytest.mark.parametrize("name", ORLIB)
def test_orlib(shared_data: Path, measured: Callable[..., Solution], name: str) -> None:
    folder = shared_data / "siting" / "orlib_pmed"
    costs, p = read_orlib(folder / f"{name}.txt")
    answer = measured(name, Problem.p_median(costs, p))
    assert (answer.value, answer.proven) == (
        read_optima(folder / "optima.csv")[name]["p_median"],
        True,
    )


@pytest.mark.parametrize("name", ["SJC324", "SJC402"])
@pytest.mark.parametrize("p", range(1, 7))
def test_sjc(shared_data: Path, measured: Callable[..., Solution], name: str, p: int) -> None:
    metres, weight = read_sjc(shared_data / "siting" / "sjc", name)
    assert measured(f"{name} p={p}", Problem.max_cover(metres <= 800.0, weight, p)).proven


def test_san_francisco(shared_data: Path, measured: Callable[..., Solution]) -> None:
    metres, people = read_san_francisco(shared_data / "siting" / "spopt_sf")
    cover = measured("SF max cover", Problem.max_cover(metres <= 5000.0, people, 4))
    median = measured("SF p-median", Problem.p_median(metres, 4, people))
    assert (cover.value, cover.proven, median.proven) == (875_247.0, True, True)
    assert median.value == pytest.approx(2_848_268_129.71, abs=0.01)


@pytest.mark.parametrize(("p", "gap"), [(20, 0.0), (100, 0.001)])
def test_city_median(city: City, measured: Callable[..., Solution], p: int, gap: float) -> None:
    problem = Problem.p_median(city.costs(), p + 250, city.weight, fixed=range(NEW, NEW + 250))
    assert measured(f"city p-median p={p}", problem).gap <= gap


@pytest.mark.parametrize(("p", "gap"), [(20, 0.0), (50, 0.005), (100, 0.015)])
@pytest.mark.parametrize("existing", [True, False])
def test_city_coverage(
    city: City, measured: Callable[..., Solution], p: int, gap: float, existing: bool
) -> None:
    covers = city.covers(1000.0)
    if existing:
        problem = Problem.max_cover(covers, city.weight, p + 250, fixed=range(NEW, NEW + 250))
    else:
        problem = Problem.max_cover(covers[:, :NEW], city.weight, p)
    name = f"city coverage p={p}{' + 250 existing' if existing else ''}"
    assert measured(name, problem).gap <= gap


@pytest.mark.parametrize("p", [50, 100])
def test_hard_coverage(measured: Callable[..., Solution], p: int) -> None:
    # The discs nearly tile the city: even the linear program is a percent away.
    town = make_city(20_000, 2_000, 50)
    problem = Problem.max_cover(town.covers(1000.0)[:, :2000], town.weight, p)
    assert measured(f"20,000 x 2,000 coverage p={p}", problem, 30.0).gap < 0.03


def test_check_of_five_million_pairs(figures: Figures) -> None:
    rng = np.random.default_rng(3)
    rows, each, columns = 100_000, 50, 5_000
    from scipy.sparse import csr_array

    column = (rng.integers(0, columns, (rows, 1)) + np.arange(each) * 97) % columns
    costs = csr_array(
        (rng.random(rows * each), np.sort(column).ravel(), np.arange(rows + 1) * each),
        shape=(rows, columns),
    )
    problem = Problem.p_median(costs, 100, fixed=range(50), beyond=1.0)
    u, base = rng.random(rows) * 0.1, np.full(rows, 0.9)
    begun = time.process_time()
    bound = bound_by_prices(problem, u, base)
    figures["check of 5,000,000 pairs"] = {"cpu_s": time.process_time() - begun}
    # No choice of 100 sites may cost less: the first 100 columns are one.
    own = np.where(costs.indices < 100, costs.data, 1.0).reshape(rows, each).min(axis=1)
    assert 0.0 < bound <= own.sum()


MEMORY = """
import sys
from pathlib import Path
import numpy as np
from scipy.sparse import load_npz
from locator.siting import Problem, solve
costs, weight = load_npz(sys.argv[1]), np.load(sys.argv[2])
solve(Problem.p_median(costs, 350, weight, fixed=range(5_000, 5_250)), time_limit_s=20)
# Not ru_maxrss: a process begins with that of the one that started it.
status = Path("/proc/self/status").read_text().split()
print(float(status[status.index("VmHWM:") + 1]) / 2**20)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak")
def test_memory_of_a_city(city: City, figures: Figures, tmp_path: Path) -> None:
    from scipy.sparse import save_npz

    save_npz(tmp_path / "costs.npz", city.costs())
    np.save(tmp_path / "weight.npy", city.weight)
    command = [sys.executable, "-c", MEMORY, tmp_path / "costs.npz", tmp_path / "weight.npy"]
    peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    figures["memory, city p-median p=100"] = {"peak_gb": peak}
    assert peak <= 1.0


def solve_with_spopt(kind: str, *args: Any) -> tuple[float, float]:
    """Value and processor seconds (this process and the solver's) of spopt with HiGHS."""
    import pulp
    from spopt import locate

    begun = time.process_time()
    model = getattr(locate, kind).from_cost_matrix(*args)
    model.solve(pulp.HiGHS(msg=False))
    return float(pulp.value(model.problem.objective)), time.process_time() - begun


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the package beside
def test_spopt_coverage(measured: Callable[..., Solution], figures: Figures) -> None:
    pytest.importorskip("spopt", reason="spopt is not installed: make bench")
    town = make_city(2_000, 500, 1)
    covers = town.covers(800.0)[:, :500]
    problem = Problem.max_cover(covers, town.weight, 5)
    begun = time.process_time()
    answer = measured("2,000 x 500 coverage p=5", problem)
    own = time.process_time() - begun
    metres = np.where(covers.toarray(), 1.0, 2.0)
    value, theirs = solve_with_spopt("MCLP", metres, town.weight, 1.0, 5)
    figures["spopt, the same"] = {"cpu_s": theirs, "value": value, "times": theirs / own}
    assert answer.proven
    assert value == pytest.approx(answer.value)
    assert theirs >= 20 * own


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spopt_median(
    shared_data: Path, measured: Callable[..., Solution], figures: Figures
) -> None:
    pytest.importorskip("spopt", reason="spopt is not installed: make bench")
    costs, p = read_orlib(shared_data / "siting" / "orlib_pmed" / "pmed20.txt")
    begun = time.process_time()
    answer = measured("pmed20 beside spopt", Problem.p_median(costs, p))
    own = time.process_time() - begun
    value, theirs = solve_with_spopt("PMedian", costs, np.ones(len(costs)), p)
    figures["spopt, pmed20"] = {"cpu_s": theirs, "value": value, "times": theirs / own}
    assert answer.proven
    assert value == pytest.approx(answer.value)
    assert theirs >= 50 * own
