"""Mean, worst and decay as problems: what each piece of street costs from each candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.siting.city_problem import CityProblem
from locator.siting.decay import find_decay
from locator.siting.distance_rows import DistanceRows, split_rows
from locator.siting.problem import Problem
from locator.siting.reaching import MOST_PAIRS, Savings, Searcher
from locator.siting.stretches import find_all

if TYPE_CHECKING:
    from locator.placement import Placement
    from locator.siting.candidates import Candidates
    from locator.siting.solution import Report
    from locator.siting.today import Today

_SAMPLE = 64  # candidates that are looked at to guess how many pairs there will be
_ROOM = 0.5  # of `MOST_PAIRS` is aimed at
NOTHING_NEARER = (
    "已无可改进：没有比现有站更近的候选点 nothing is left to gain: no candidate is nearer than the "
    "stations of today"
)


class Posed(Protocol):
    """What is asked and who takes part, see `posing.Setting`."""

    @property
    def today(self) -> Today:
        """The city as it is."""

    @property
    def candidates(self) -> Candidates:
        """Those that can be chosen."""

    @property
    def placed(self) -> Placement:
        """The candidates on the network."""

    @property
    def keep(self) -> Ints:
        """Rows that are always sites."""

    @property
    def forbid(self) -> Ints:
        """Rows that never are."""

    @property
    def report(self) -> Report | None:
        """Hears of progress."""


class Table(NamedTuple):
    """Pieces, what each costs today, and from which candidates it costs less."""

    rows: DistanceRows
    today: Floats
    savings: Savings
    far: float


def pose_mean(setting: Posed) -> CityProblem:
    """Least mean way: a p-median in which no piece costs more than today."""
    table = _measure(setting)
    kept, lost = _sort_out(setting, table)
    number, pairs = _number(table, kept)
    weight = float(table.rows.worth[kept].sum())
    slack = (
        float((table.rows.worth * table.rows.length)[kept].sum()) / 4.0 / weight if weight else 0
    )
    still = kept & (number < 0)
    worth, beyond = table.rows.worth, np.minimum(table.today, table.far)
    start = float((worth * np.where(still, np.minimum(table.today, table.far), 0.0)).sum())
    problem, reason = None, NOTHING_NEARER
    if len(pairs.cost):
        inside = np.flatnonzero(number >= 0)
        problem, reason = Problem.p_median(
            _costs(pairs, len(inside), len(setting.candidates)), setting.today.question.new,
            worth[inside], beyond=beyond[inside], **_roles(setting, 0),
        ), ""  # fmt: skip
    return CityProblem(
        setting.today, setting.candidates, table.rows, problem, number, lost, sign=-1.0,
        start=start / weight if weight else 0.0, scale=1.0 / weight if weight else 1.0,
        slack=float(slack), far=table.far, reason=reason,
    )  # fmt: skip


def pose_worst(setting: Posed) -> CityProblem:
    """Least worst way: a p-center in which the stations of today are one site that stays."""
    table = _measure(setting)
    kept, lost = _sort_out(setting, table)
    number, pairs = _number(table, kept, worst_too=True)
    inside = np.flatnonzero(number >= 0)
    today, held = table.today[inside], np.isfinite(table.today[inside])
    shift = int(held.any())
    slack = float(table.rows.length[kept].max(initial=0.0)) / 2.0
    problem, reason = None, NOTHING_NEARER
    if len(pairs.cost):
        costs = _costs(pairs, len(inside), len(setting.candidates))
        if shift:
            costs = _beside(today, held, costs)
        new = setting.today.question.new
        assert new is not None  # noqa: S101  (checked with the question)
        roles = _roles(setting, shift)
        roles["fixed"] = [*range(shift), *roles["fixed"]]
        problem, reason = Problem.p_center(costs, new + shift, **roles), ""
    start = 0.0 if problem else float(table.today[kept].max(initial=0.0))
    return CityProblem(
        setting.today, setting.candidates, table.rows, problem, number, lost, sign=-1.0,
        shift=shift if problem else 0, start=start, slack=slack, far=table.far, reason=reason,
    )  # fmt: skip


def pose_decay(setting: Posed) -> CityProblem:
    """Coverage that counts the nearer more: what a station is worth at a piece, above today."""
    question, limit = setting.today.question, setting.today.question.limit
    assert limit is not None  # noqa: S101  (questions of coverage have one)
    decay = find_decay(question.decay)
    table = _measure(setting, limit)
    kept = np.ones(len(table.rows), bool)
    number, pairs = _number(table, kept)
    inside = np.flatnonzero(number >= 0)
    worth = table.rows.worth[inside]
    # What is lacking of a full worth is a cost, and today's is the most that any piece costs.
    cost = 1.0 - decay.worth(pairs.cost, limit)
    beyond = 1.0 - decay.worth(table.today[inside], limit)
    problem, reason = None, NOTHING_NEARER
    if len(pairs.cost):
        matrix = _costs(
            Savings(pairs.candidate, pairs.piece, cost), len(inside), len(setting.candidates)
        )
        problem, reason = Problem.p_median(
            matrix, question.new, worth, beyond=beyond, **_roles(setting, 0)
        ), ""  # fmt: skip
    slack = float((table.rows.worth * table.rows.length).sum()) / 4.0 * decay.steep / limit
    return CityProblem(
        setting.today, setting.candidates, table.rows, problem, number,
        frozen([], np.int32), start=float((worth * beyond).sum()), scale=-1.0,
        slack=2.0 * slack, reason=reason,
    )  # fmt: skip


def _measure(setting: Posed, limit: float = np.inf) -> Table:
    """What each piece costs today, and from candidates that are nearer."""
    today, network = setting.today, setting.today.network
    stretches = find_all(network, today.counted)
    rows = split_rows(network, stretches, (today.placement, setting.placed))
    reach = today.reach()
    middle = network.to_metres(rows.street, rows.place)
    cost = frozen(reach.distance_at(rows.street, middle))
    first = rows.first(len(network.streets))
    near = today.near(reach)
    far = _choose_far(setting, near, (first, rows.place, cost)) if limit == np.inf else limit
    search = Searcher(network, setting.placed, near, far, setting.report)
    return Table(rows, cost, search.savings(first, rows.place, cost), far)


def _choose_far(setting: Posed, near: Floats, pieces: tuple[Longs, Floats, Floats]) -> float:
    """How far candidates are looked at: without end, unless that were too many pairs.

    Where stations stand, a candidate matters only to those who are nearer to it, and that is few.
    """
    count = len(setting.candidates)
    step = max(count // _SAMPLE, 1)
    chosen = np.arange(0, count, step)
    sample = _take(setting.placed, chosen)
    network = setting.today.network
    found = Searcher(network, sample, near, np.inf).savings(*pieces)
    most = int(_ROOM * MOST_PAIRS * len(chosen) / max(count, 1))
    if len(found.cost) <= most:
        return np.inf
    return float(np.partition(found.cost, most)[most])


def _take(placed: Placement, rows: Longs) -> Placement:
    """Some of the placed candidates, numbered anew."""
    from dataclasses import replace

    seeds, stands = np.isin(placed.seed_row, rows), np.isin(placed.row, rows)
    street = np.repeat(np.arange(len(placed.first) - 1), np.diff(placed.first))[stands]
    first = np.concatenate(([0], np.cumsum(np.bincount(street, minlength=len(placed.first) - 1))))
    return replace(
        placed,
        rows=frozen(np.arange(len(rows)), np.int32),
        first=frozen(first, np.int64),
        row=frozen(np.searchsorted(rows, placed.row[stands]), np.int32),
        offset_m=frozen(placed.offset_m[stands]),
        snap_m=frozen(placed.snap_m[stands]),
        seed_node=frozen(placed.seed_node[seeds]),
        seed_m=frozen(placed.seed_m[seeds]),
        seed_row=frozen(np.searchsorted(rows, placed.seed_row[seeds]), np.int32),
    )


def _sort_out(setting: Posed, table: Table) -> tuple[Bools, Ints]:
    """Which pieces take part, and which nobody can serve.

    A piece takes part that is served today, or that lies in the largest connected piece of the
    network where some candidate serves it. An island without a station is told apart: a plan of a
    few sites could not serve them all, and would be bound to try.
    """
    network, rows = setting.today.network, table.rows
    served = np.isfinite(table.today)
    usable = np.ones(len(setting.candidates), bool)
    usable[setting.forbid] = False
    offered = np.zeros(len(rows), bool)
    offered[table.savings.piece[usable[table.savings.candidate]]] = True
    main = network.component[network.streets.ends[rows.street, 0]] == 0
    kept = served | (offered & main)
    return kept, frozen(np.flatnonzero(~kept), np.int32)


def _number(table: Table, kept: Bools, *, worst_too: bool = False) -> tuple[Ints, Savings]:
    """Number the pieces that some candidate brings nearer, and their pairs alike.

    With `worst_too` the piece that is worst today among the others is one of them.
    """
    pairs = table.savings
    taking = kept[pairs.piece]
    mark = np.zeros(len(table.rows), bool)
    mark[pairs.piece[taking]] = True
    rest = np.where(kept & ~mark & np.isfinite(table.today), table.today, -1.0)
    if worst_too and mark.any() and rest.max(initial=-1.0) >= 0.0:
        mark[int(np.argmax(rest))] = True
    number = np.where(mark, np.cumsum(mark) - 1, -1).astype(np.int32)
    return frozen(number), Savings(
        pairs.candidate[taking], frozen(number[pairs.piece[taking]]), pairs.cost[taking]
    )


def _costs(pairs: Savings, rows: int, candidates: int) -> Any:
    """The matrix of a problem, csr with ascending columns; pairs come by candidate."""
    from scipy.sparse import csc_array

    size = np.bincount(pairs.candidate, minlength=candidates)
    first = np.concatenate(([0], np.cumsum(size)))
    return csc_array((pairs.cost, pairs.piece, first), shape=(rows, candidates)).tocsr()


def _beside(today: Floats, held: Bools, costs: Any) -> Any:
    """The costs with a first column more: the stations of today, where they serve a row."""
    from scipy.sparse import csr_array

    rows = np.flatnonzero(held)
    first = np.concatenate(([0], np.cumsum(held)))
    column = csr_array((today[rows], np.zeros(len(rows), np.int32), first), shape=(len(held), 1))
    from scipy.sparse import hstack

    return hstack((column, costs), format="csr")


def _roles(setting: Posed, shift: int) -> dict[str, Any]:
    return {
        "fixed": (setting.keep + shift).tolist(),
        "forbidden": (setting.forbid + shift).tolist(),
    }
