"""Where new stations should stand: candidates, plans, and proofs of how good they are.

    from locator.siting import Problem, solve
    answer = solve(Problem.p_median(costs, p=5), time_limit_s=10)
    print(answer.sites, answer.value, answer.bound, answer.proven)

Names are loaded when they are first used, as those of `locator`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locator.siting.certificate import Certificate
    from locator.siting.problem import Problem
    from locator.siting.solution import Solution
    from locator.siting.solving import solve

_HOMES = {
    "Certificate": "certificate",
    "Problem": "problem",
    "Solution": "solution",
    "solve": "solving",
}

__all__ = ["Certificate", "Problem", "Solution", "solve"]

if not TYPE_CHECKING:  # so that a type checker still sees a misspelt name

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'locator.siting' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"locator.siting.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
