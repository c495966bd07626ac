"""Options of several planner's questions: the limit, of whom, by area, by demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from locator.word_options import KIND_WORD, MODE_WORD

WITHIN = "1000（米）或 15min（分钟）。1000 (metres) or 15min."

F = TypeVar("F", bound=Callable[..., Any])


within_option = click.option("--within", required=True, metavar="M", help=WITHIN)
kind_option = click.option(
    "--kind", type=KIND_WORD, help="只算这一类站。Only that kind of station."
)  # fmt: skip
mode_option = click.option(
    "--mode", type=MODE_WORD, default="walk", show_default=True, help="怎么走。How people move."
)


def _one_demand(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> str:  # fmt: skip
    """The only one: residents and parcels are different things and have no sum."""
    if len(values) > 1:
        raise click.BadParameter(
            f"需求不能相加，请一次只算一种 / {' and '.join(values)} were given: demands are never "
            "added up; ask for one at a time"
        )
    return values[0] if values else ""


def demand_option(text: str) -> Callable[[F], F]:
    """--demand NAME or NAME*0.5, once."""
    return click.option(
        "--demand", multiple=True, metavar="NAME", callback=_one_demand, help=text
    )  # fmt: skip


by_option = click.option(
    "--by", default="", metavar="LAYER",
    help="按区县（district）或别的区域图层分开。Split by district, or by another layer.",
)  # fmt: skip

public_option = click.option(
    "--public", is_flag=True,
    help="不算仅限本单位职工的站。Without stations that only the staff of their host may enter.",
)  # fmt: skip
