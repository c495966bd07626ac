"""A binary heap of (cost, node) in two arrays, for searches too short to pay for buckets."""

from __future__ import annotations

from locator.kernels.compiler import inner


@inner
def push(heap_cost, heap_node, size, d, v):
    """Add to a binary heap; the arrays have room (checked by the caller)."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap_cost[parent] <= d:
            break
        heap_cost[i], heap_node[i] = heap_cost[parent], heap_node[parent]
        i = parent
    heap_cost[i], heap_node[i] = d, v
    return size + 1


@inner
def pop(heap_cost, heap_node, size):
    """Take the cheapest entry off; returns cost, node and the new size."""
    d, v = heap_cost[0], heap_node[0]
    size -= 1
    last_d, last_v = heap_cost[size], heap_node[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap_cost[child + 1] < heap_cost[child]:
            child += 1
        if heap_cost[child] >= last_d:
            break
        heap_cost[i], heap_node[i] = heap_cost[child], heap_node[child]
        i = child
    if size > 0:
        heap_cost[i], heap_node[i] = last_d, last_v
    return d, v, size
