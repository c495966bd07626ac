"""Points to streets (snapping) and pieces of streets to lines (cutting).

Snapping uses a uniform grid of square cells: each holds the street segments that pass through it.
Rings of cells around the point are read until no nearer segment can follow. On street maps this
beats a tree, since segments are short and evenly spread.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    B1,
    F1,
    F2,
    I1,
    L1,
    OUT_F1,
    OUT_F2,
    OUT_I1,
    OUT_L1,
    F,
    L,
    inner,
    kernel,
)


@inner
def cell_span(value, origin, cell, count):
    """Index of the cell that holds `value`, kept inside the grid."""
    return min(max(np.int64(np.floor((value - origin) / cell)), 0), count - 1)


@inner
def walk_cells(x0, y0, x1, y1, west, south, cell, columns, rows, count, start, out):
    """Visit the cells one segment passes through; count them, or write it down.

    `count` is raised per cell; when `out` has room (its length is not 0), `out[start[c]]` takes
    the segment that `count` stands for. Row by row: the part of the segment inside a row spans
    a run of columns. The run is widened by a hair so that rounding loses no cell.
    """
    hair = 1e-6 * cell
    low, high = (y0, y1) if y0 <= y1 else (y1, y0)
    r0 = cell_span(low - hair, south, cell, rows)
    r1 = cell_span(high + hair, south, cell, rows)
    for r in range(r0, r1 + 1):
        xa, xb = x0, x1
        if r1 > r0 and y1 != y0:
            bottom, top = south + r * cell - hair, south + (r + 1) * cell + hair
            ta = min(max((bottom - y0) / (y1 - y0), 0.0), 1.0)
            tb = min(max((top - y0) / (y1 - y0), 0.0), 1.0)
            xa, xb = x0 + ta * (x1 - x0), x0 + tb * (x1 - x0)
        if xa > xb:
            xa, xb = xb, xa
        c0 = cell_span(xa - hair, west, cell, columns)
        c1 = cell_span(xb + hair, west, cell, columns)
        for c in range(c0, c1 + 1):
            at = r * columns + c
            if len(out) > 0:
                out[start[at]] = count
                start[at] += 1
            else:
                start[at] += 1


@kernel(F2, L1, F, F, F, L, L, OUT_L1, OUT_I1)
def fill_grid(xy, first, west, south, cell, columns, rows, start, out):
    """Count the segments of each cell (`out` empty), or write their vertex numbers (`out` sized).

    First call: `start[c]` becomes the number of segments in cell c. Second call: `start[c]` must
    be where cell c begins in `out`, and is moved to its end. Vertex i stands for the segment
    from vertex i to i + 1. O(segments * cells each passes).
    """
    for s in range(len(first) - 1):
        for i in range(first[s], first[s + 1] - 1):
            walk_cells(
                xy[i, 0],
                xy[i, 1],
                xy[i + 1, 0],
                xy[i + 1, 1],
                west,
                south,
                cell,
                columns,
                rows,
                i,
                start,
                out,
            )


@inner
def project(x, y, x0, y0, x1, y1):
    """Nearest point of a segment: its distance and the share of the segment before it."""
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy
    t = 0.0
    if square > 0.0:
        t = min(max(((x - x0) * dx + (y - y0) * dy) / square, 0.0), 1.0)
    # At t = 1 the end vertex itself, free of rounding: crossings are met exactly.
    px = x1 if t == 1.0 else x0 + t * dx
    py = y1 if t == 1.0 else y0 + t * dy
    return np.hypot(x - px, y - py), t


@kernel(F2, F1, I1, B1, L1, I1, F, F, F, L, L, F2, F, OUT_I1, OUT_F1, OUT_F1)
def snap_points(
    xy,
    along,
    segment_street,
    usable,
    cell_first,
    cell_segment,
    west,
    south,
    cell,
    columns,
    rows,
    points,
    limit,
    street,
    offset,
    distance,
):
    """Nearest usable street of each point: street, metres along it, metres off it.

    -1, nan and inf where there is none within `limit` metres. Equal distances go to the lower
    street, then the lower offset. Exact: rings are read until the next one cannot be nearer.
    """
    for q in range(len(points)):
        x, y = points[q, 0], points[q, 1]
        best, best_street, best_offset = np.inf, np.int32(-1), np.nan
        col = np.int64(np.floor((x - west) / cell))
        row = np.int64(np.floor((y - south) / cell))
        # Distance from the point to the border of its own cell: what each ring adds to.
        margin = min(
            x - (west + col * cell),
            west + (col + 1) * cell - x,
            y - (south + row * cell),
            south + (row + 1) * cell - y,
        )
        # A point off the grid first crosses empty ground: start at the ring that touches it.
        ring = max(0, -col, col - columns + 1, -row, row - rows + 1)
        last = max(abs(col), abs(col - columns + 1), abs(row), abs(row - rows + 1))
        while ring <= last:
            if (ring - 1) * cell + margin > min(best, limit) + 1e-6:
                break
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                edge = r == row - ring or r == row + ring
                step = np.int64(1) if edge else max(2 * ring, 1)
                c = col - ring
                while c <= col + ring:
                    if c >= 0 and c < columns:
                        at = r * columns + c
                        for j in range(cell_first[at], cell_first[at + 1]):
                            i = cell_segment[j]
                            s = segment_street[i]
                            if not usable[s]:
                                continue
                            d, t = project(x, y, xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1])
                            if d > best:
                                continue
                            o = along[i] + t * (along[i + 1] - along[i])
                            if t == 1.0:
                                o = along[i + 1]
                            lower = s < best_street or (s == best_street and o < best_offset)
                            if d < best or lower:
                                best, best_street, best_offset = d, s, o
                    c += step
            ring += 1
        if best <= limit + 1e-6:
            street[q], offset[q], distance[q] = best_street, best_offset, best
        else:
            street[q], offset[q], distance[q] = -1, np.nan, np.inf


@inner
def locate(along, low, high, metres):
    """Vertex i of low..high-2 whose segment holds `metres` along the street (binary search)."""
    high -= 1
    while high - low > 1:
        middle = (low + high) >> 1
        if along[middle] <= metres:
            low = middle
        else:
            high = middle
    return low


@inner
def point_at(xy, along, i, metres):
    """Coordinates at `metres` on the segment from vertex i; a vertex is met exactly."""
    run = along[i + 1] - along[i]
    t = (metres - along[i]) / run if run > 0.0 else 0.0
    if t <= 0.0:
        return xy[i, 0], xy[i, 1]
    if t >= 1.0:
        return xy[i + 1, 0], xy[i + 1, 1]
    return xy[i, 0] + t * (xy[i + 1, 0] - xy[i, 0]), xy[i, 1] + t * (xy[i + 1, 1] - xy[i, 1])


@kernel(F1, L1, I1, F1, F1, OUT_L1)
def count_cuts(along, first, street, start, end, size):
    """Vertices that each piece will have: its two ends and the street's vertices between them."""
    for p in range(len(street)):
        s = street[p]
        low, high = min(start[p], end[p]), max(start[p], end[p])
        a = locate(along, first[s], first[s + 1], low)
        b = locate(along, first[s], first[s + 1], high)
        n = 2
        for i in range(a + 1, b + 1):
            if along[i] > low and along[i] < high:
                n += 1
        size[p] = n


@kernel(F2, F1, L1, I1, F1, F1, L1, OUT_F2)
def cut_pieces(xy, along, first, street, start, end, out_first, out):
    """The line of each piece of street, from `start` to `end` metres (backward where end < start).

    `out_first` comes from `count_cuts`. The piece [0, length] is the street itself, vertex by
    vertex. O(vertices written + log(vertices of the street)).
    """
    for p in range(len(street)):
        s = street[p]
        low, high = min(start[p], end[p]), max(start[p], end[p])
        a = locate(along, first[s], first[s + 1], low)
        b = locate(along, first[s], first[s + 1], high)
        at, step = out_first[p], 1
        if end[p] < start[p]:
            at, step = out_first[p + 1] - 1, -1
        out[at, 0], out[at, 1] = point_at(xy, along, a, low)
        at += step
        for i in range(a + 1, b + 1):
            if along[i] > low and along[i] < high:
                out[at, 0], out[at, 1] = xy[i, 0], xy[i, 1]
                at += step
        out[at, 0], out[at, 1] = point_at(xy, along, b, high)


@kernel(F2, F1, L1, I1, F1, OUT_F2)
def locate_points(xy, along, first, street, offset, out):
    """Coordinates of the points that stand `offset` metres along their street."""
    for p in range(len(street)):
        s = street[p]
        i = locate(along, first[s], first[s + 1], offset[p])
        out[p, 0], out[p, 1] = point_at(xy, along, i, offset[p])
