"""Set-up step: compile all kernels so that no user waits for a compiler."""

from __future__ import annotations

from time import perf_counter

from locator.kernels import compile_all

if __name__ == "__main__":
    started = perf_counter()
    count = compile_all()
    print(f"{count} compiled loops ready in {perf_counter() - started:.1f} s")  # noqa: T201
