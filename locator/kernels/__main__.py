"""Set-up step: compile all kernels so that no user waits for a compiler."""

from __future__ import annotations

from time import perf_counter

from locator.kernels import compile_all

if __name__ == "__main__":
    started = perf_counter()
    count, why_not = compile_all()
    print(f"{count} compiled loops ready in {perf_counter() - started:.1f} s")  # noqa: T201
    if why_not:
        print(  # noqa: T201
            "They are not in a library, so every question starts nearly a second later: "
            f"{why_not}. A C compiler and Python's headers are wanted (Debian: gcc, python3-dev)."
        )
