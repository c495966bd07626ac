"""The compiled loops (numba), a module for each idea.

    sweeps      all nodes to their nearest stations: bucket queue
    search      one point to its nearest stations, with the way
    intervals   covered, uncovered and unreachable parts of streets; depth
    reach       distance to the nearest stations as a function of the place
    trips       round trips: the way there and the way back to one station
    stands      where a vehicle is left for the last stretch on foot
    gaps        connected uncovered pieces, and their farthest points
    siting_*    choosing sites on a matrix: search, and the bound that no choice can pass;
                what each candidate alone reaches
    limited_*   the same where money, floors or backups limit the choice
    cover_*     covering everything: what need not be looked at, search, bound, cases
    lengths     how much is covered, as numbers only
    losses      what one station alone covers, and what two do
    whatif      the nearest station of each node while stations open and close
    geometry    snapping points to streets, cutting streets into pieces
    compiler    how they are declared and compiled
    library     where the machine code is kept, and how it is made ahead of time

They know arrays and nothing else; `locator.network` and its users give them meaning. Split from
the single `kernels.py` of the first design because each idea has its own source and its own
oracle, and because a command loads only the loops it calls.

`python -m locator.kernels` compiles all of them, once, at set-up.
"""

from __future__ import annotations

# Before any kernel is: this chooses the cache folder, which has to happen before numba is imported.
from locator.kernels.compiler import KERNELS, LIBRARY
from locator.kernels.library import build_library


def compile_all() -> tuple[int, str]:
    """Compile every kernel, where that was not done yet, in about a minute.

    Returns
    -------
    int, str
        How many there are, and why they are not in a library that needs no numba, "" where they
        are.
    """
    from importlib import import_module

    for name in (
        "cover_dominance", "cover_prices", "cover_search", "cover_tree", "gaps", "geometry",
        "intervals", "lengths", "limited_prices", "limited_search", "losses", "reach", "search",
        "siting_bound", "siting_reach", "siting_search", "stands", "sweeps", "trips", "whatif",
    ):  # fmt: skip
        import_module(f"locator.kernels.{name}")  # its kernels declare themselves
    if LIBRARY is not None:
        return len(KERNELS), ""
    why_not = build_library(one.declared() for one in KERNELS)
    if why_not:
        for one in KERNELS:
            one.compile()
    return len(KERNELS), why_not
