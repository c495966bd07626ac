"""Set-up step: compile all kernels so that no user waits for a compiler."""

from __future__ import annotations

from time import perf_counter

from locator.kernels import compile_all

if __name__ == "__main__":
    started = perf_counter()
    count, ahead = compile_all()
    how = "" if ahead else ", by numba at run time: a C compiler would make commands start faster"
    print(f"{count} compiled loops ready in {perf_counter() - started:.1f} s{how}")  # noqa: T201
