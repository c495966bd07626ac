"""Matrices, weights and columns as people give them, checked, as the arrays of a problem."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError

_TABLE = 2  # dimensions


def read_costs(costs: Any) -> tuple[tuple[int, int], tuple[Longs, Ints, Floats]]:
    """Shape and pairs (first, candidate, cost) of a matrix of costs, unreachable ones left out."""
    from scipy.sparse import issparse

    if issparse(costs):
        shape, pairs = _read_sparse(costs, "costs")
    else:
        dense = _read_dense(costs, "costs", np.float64)
        shape, pairs = dense.shape, _list_pairs(dense, dense != np.inf)
    first, candidate, cost = pairs
    if not (cost >= 0).all():  # NaN is neither
        worst = int(np.flatnonzero(~(cost >= 0))[0])
        row = int(np.searchsorted(first, worst, side="right")) - 1
        raise InputError(
            f"costs: expected zero or more, got {cost[worst]} at row {row}, "
            f"column {candidate[worst]}; write inf where there is no way"
        )
    if np.isinf(cost).any():
        pairs = _keep_pairs(pairs, np.isfinite(cost))
    return _check_shape(shape, "costs"), pairs


def read_covers(covers: Any) -> tuple[tuple[int, int], tuple[Longs, Ints, Floats]]:
    """Shape and pairs of a matrix of yes and no; their cost is 0."""
    from scipy.sparse import issparse

    if issparse(covers):
        shape, pairs = _read_sparse(covers, "covers", twice=True)
        values = pairs[2]
    else:
        dense = _read_dense(covers, "covers", None)
        shape, values = dense.shape, dense.reshape(-1)
        if values.dtype.kind not in "biuf":
            raise InputError(f"covers: expected yes and no, got {values.dtype}")
    if values.dtype.kind != "b" and not ((values == 0) | (values == 1)).all():
        odd = values[(values != 0) & (values != 1)][0]
        raise InputError(
            f"covers: expected True and False (or 1 and 0), got {odd}; "
            "compare costs with the limit first: costs <= limit"
        )
    pairs = _keep_pairs(pairs, values != 0) if issparse(covers) else _list_pairs(dense, dense != 0)
    first, candidate, _ = pairs
    return _check_shape(shape, "covers"), (first, candidate, np.zeros(len(candidate)))


def _read_dense(matrix: Any, name: str, dtype: Any) -> NDArray[Any]:
    try:
        dense = np.asarray(matrix, dtype)
    except (TypeError, ValueError) as problem:
        raise InputError(f"{name}: expected a matrix of numbers ({problem})") from problem
    if dense.ndim != _TABLE:
        raise InputError(f"{name}: expected (demand, candidates), got the shape {dense.shape}")
    return dense


def _list_pairs(dense: NDArray[Any], kept: Bools) -> tuple[Longs, Ints, Floats]:
    first = np.concatenate(([0], np.cumsum(kept.sum(axis=1, dtype=np.int64))))
    column = np.broadcast_to(np.arange(dense.shape[1], dtype=np.int32), dense.shape)
    return first, column[kept], dense[kept].astype(np.float64)


def _read_sparse(
    matrix: Any, name: str, *, twice: bool = False
) -> tuple[tuple[int, int], tuple[Longs, Ints, NDArray[Any]]]:
    """Pairs of a sparse matrix with columns ascending; `twice`: a pair may be given repeatedly."""
    if matrix.ndim != _TABLE:
        raise InputError(f"{name}: expected (demand, candidates), got the shape {matrix.shape}")
    if matrix.format == "csr" and matrix.has_canonical_format:  # in order already, each pair once
        return matrix.shape, (matrix.indptr.astype(np.int64), matrix.indices, matrix.data)
    # scipy adds up what is given twice and turns yes into numbers: so only positions go through.
    coo = matrix.tocoo()
    row, column = coo.coords if hasattr(coo, "coords") else (coo.row, coo.col)
    order = np.lexsort((column, row))
    row, column, value = row[order], column[order], coo.data[order]
    fresh = np.ones(len(row), bool)
    fresh[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    if not fresh.all():
        if not twice:
            i = int(np.flatnonzero(~fresh)[0])
            raise InputError(f"{name}: the pair of row {row[i]}, column {column[i]} is given twice")
        value = np.logical_or.reduceat(value != 0, np.flatnonzero(fresh))
        row, column = row[fresh], column[fresh]
    count = np.bincount(row, minlength=matrix.shape[0])
    first = np.concatenate(([0], np.cumsum(count, dtype=np.int64)))
    return matrix.shape, (first, column.astype(np.int32), value)


def _keep_pairs(pairs: tuple[Longs, Ints, NDArray[Any]], kept: Bools) -> tuple[Longs, Ints, Any]:
    first, candidate, cost = pairs
    ends = np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))
    return ends[first], candidate[kept], cost[kept]


def _check_shape(shape: tuple[int, ...], name: str) -> tuple[int, int]:
    rows, candidates = (int(size) for size in shape)
    if candidates == 0:
        raise InputError(f"{name}: expected at least one candidate (column), got none")
    if rows == 0:
        raise InputError(f"{name}: expected at least one row of demand, got none")
    return rows, candidates


def read_weights(weights: ArrayLike | None, size: int, name: str, each: str) -> Floats:
    """One finite number of zero or more for each row (candidate); ones where none are given."""
    if weights is None:
        return np.ones(size)
    try:
        weight = np.asarray(weights, np.float64)
    except (TypeError, ValueError) as problem:
        raise InputError(f"{name}: expected numbers ({problem})") from problem
    if weight.shape != (size,):
        raise InputError(f"{name}: expected one for each {each}, ({size},), got {weight.shape}")
    if not ((weight >= 0) & np.isfinite(weight)).all():
        i = int(np.flatnonzero(~((weight >= 0) & np.isfinite(weight)))[0])
        raise InputError(f"{name}: expected finite and zero or more, got {weight[i]} at {each} {i}")
    return weight


def read_beyond(beyond: ArrayLike, rows: int) -> Floats:
    """What each row costs where no site serves it: zero or more, or inf."""
    try:
        cap = np.broadcast_to(np.asarray(beyond, np.float64), (rows,))
    except (TypeError, ValueError) as problem:
        raise InputError(
            f"beyond: expected a number, or one for each of {rows} rows ({problem})"
        ) from problem
    if not (cap >= 0).all():  # NaN is neither
        raise InputError("beyond: expected costs of zero or more, or inf, got NaN or less")
    return cap


def read_columns(candidates: int, given: Iterable[int], name: str) -> Ints:
    """Columns that exist, each at most once, ascending."""
    try:
        columns = sorted(operator.index(j) for j in given)
    except TypeError as problem:
        raise InputError(f"{name}: expected column numbers ({problem})") from problem
    off = [j for j in columns if not 0 <= j < candidates]
    if off:
        raise InputError(f"{name}: expected columns 0 to {candidates - 1}, got {off[0]}")
    if len(set(columns)) < len(columns):
        raise InputError(f"{name}: a column is named twice")
    return frozen(columns, np.int32)


def read_roles(
    candidates: int, fixed: Iterable[int], forbidden: Iterable[int]
) -> tuple[Ints, Ints]:
    """Fixed and forbidden columns, ascending."""
    always = read_columns(candidates, fixed, "fixed")
    never = read_columns(candidates, forbidden, "forbidden")
    both = np.intersect1d(always, never)
    if len(both):
        raise InputError(f"column {both[0]} is both fixed and forbidden")
    return always, never


def read_p(
    p: int | None, candidates: int, fixed: Ints, forbidden: Ints, budget: float = np.inf
) -> int:
    """Number of sites: from one, or as many as are fixed, to all that are not forbidden.

    None stands for all, where a budget limits them.
    """
    if p is None and budget < np.inf:
        return candidates - len(forbidden)
    if p is None:
        raise InputError("p: expected a whole number of sites; only a budget can stand for it")
    try:
        p = operator.index(p)
    except TypeError as problem:
        raise InputError(f"p: expected a whole number of sites, got {p!r}") from problem
    most = candidates - len(forbidden)
    if not 1 <= p <= most:
        words = f" ({len(forbidden)} of {candidates} are forbidden)" if len(forbidden) else ""
        raise InputError(f"p: expected 1 to {most} sites, as many as candidates{words}, got {p}")
    if len(fixed) > p:
        raise InputError(
            f"p counts the fixed sites: expected at least {len(fixed)}, got {p}; "
            "raise p or fix fewer"
        )
    return p
