"""The command `plan`: where new stations should stand, and `plan verify`: whether that holds."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.question_options import KIND, MODE, WITHIN, demand_option
from locator.terminal import Progress, settings, shared, show, warn
from locator.word_options import KIND_WORD, MODE_WORD, SITUATION_WORD

if TYPE_CHECKING:
    from locator.siting.candidates import Candidates
    from locator.siting.solution import Stop
    from locator.view import CityView

_USUAL = 5
_SECONDS = 60.0


@click.group(invoke_without_command=True)
@click.option("--objective", type=click.Choice(["coverage", "sites", "mean", "worst"]),
              default="coverage", show_default=True,
              help="要什么：覆盖最多、站最少、平均最近、最远最近。What for: most coverage, fewest "
              "sites, least mean or least worst way.")  # fmt: skip
@click.option("--new", type=int, help=f"新建几个站。How many new stations.  [{_USUAL}]")
@click.option("--within", metavar="M", help=WITHIN)
@click.option("--share", type=float, default=1.0, show_default=True,
              help="sites：要覆盖的比例。Of the objective sites: the share to cover.")  # fmt: skip
@click.option("--kind", type=KIND_WORD, help=KIND)
@click.option("--mode", type=MODE_WORD, default="walk", show_default=True, help=MODE)
@demand_option("按需求计算。Count that demand instead of metres: NAME, or NAME*0.5.")
@click.option("--decay", type=click.Choice(["linear", "exponential", "power"]),
              help="越近越值，而不是一刀切。Count the nearer more.")  # fmt: skip
@click.option("--situation", type=SITUATION_WORD, default="",
              help="只算那时有用的现有站。Only the stations of today that help in it.")  # fmt: skip
@click.option("--at", default="", metavar="WHEN",
              help="只算那时开门的现有站。Only those known to be open then.")  # fmt: skip
@click.option("--candidates", "candidate_file", type=click.Path(path_type=Path), metavar="FILE",
              help="候选点文件。Where stations may stand; else points on streets.")  # fmt: skip
@click.option("--keep", multiple=True, metavar="CODE",
              help="必选的候选点。A candidate that is always chosen.")  # fmt: skip
@click.option("--forbid", multiple=True, metavar="CODE",
              help="不选的候选点。A candidate that is never chosen.")  # fmt: skip
@click.option("--time-limit", type=click.FloatRange(min=0), default=_SECONDS, show_default=True,
              metavar="S", help="最多算几秒。Seconds to look for better.")  # fmt: skip
@click.option("--iterations", type=click.IntRange(min=0), metavar="N",
              help="最多几轮；同样的种子和轮数得到同样的文件。Rounds: the same seed and as many "
              "rounds give the same bytes, which a time limit cannot.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="随机种子。Of the search.")  # fmt: skip
@click.option("--resume", type=click.Path(path_type=Path), metavar="FILE",
              help="从已有方案接着算。Begin with the sites of a plan.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help="把方案写到文件。Write the plan here too.")  # fmt: skip
@shared
@click.pass_context
def plan(context: click.Context, /, **words: Any) -> None:
    """新站选址，并证明离最优多远。Where new stations should stand, and how far from the best."""
    if context.invoked_subcommand is not None:
        given = [
            name for name in words
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        ]  # fmt: skip
        if given:
            raise click.UsageError(f"--{given[0]} belongs to plan, not to plan verify")
        return
    _plan(**words)


def _plan(
    *, output: Path | None, candidate_file: Path | None, resume: Path | None, time_limit: float,
    iterations: int | None, seed: int, new: int | None, **words: Any,
) -> None:  # fmt: skip
    from locator.plan_texts import plan_lines
    from locator.siting.planning import Effort

    view = settings().open().current()
    if new is None and words["objective"] != "sites":
        new = _USUAL
    start = _read_start(view, resume) if resume else ()
    words["within_m"], words["decay"] = words.pop("within"), words["decay"] or ""
    with stop_on_interrupt() as should_stop:
        made = view.plan(
            new=new, candidates=_read_candidates(view, candidate_file, words["mode"]),
            effort=Effort(time_limit, iterations, seed, start), report=Progress(),
            should_stop=should_stop, **words,
        )  # fmt: skip
    document = made.to_json()
    if output is not None:
        made.save(output)
    show(document, plan_lines(document))


@plan.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared
def verify(file: Path) -> None:
    """重新核对一个方案。Check value and bound of a plan again, without its solver."""
    from locator.plan_texts import verify_lines
    from locator.siting.plan_document import read_plan
    from locator.siting.verification import verify_plan

    document = read_plan(file)
    found = verify_plan(settings().open().current(), document).to_json()
    show(found, verify_lines(found))


def _read_start(view: CityView, file: Path) -> tuple[tuple[int, float], ...]:
    """The sites of a plan; those of other streets are left out, with a warning."""
    from locator.siting.plan_document import read_plan

    document = read_plan(file)
    if document.get("inputs", {}).get("streets") != view.streets.hash:
        warn([f"{file} was made on other streets: its sites are not begun with"])
        return ()
    return tuple((int(site["street"]), float(site["offset_m"])) for site in document["sites"])


def _read_candidates(view: CityView, file: Path | None, mode: str) -> Candidates | None:
    """The candidates of a list, as a station list is read; what is left out goes with them."""
    if file is None:
        return None
    from locator.siting.candidate_partners import read_partners

    found = read_partners(view, file, mode=mode)
    warn(found.warnings)
    return found.candidates


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Ctrl-C once ends the search and keeps its plan; a second one ends the command."""
    asked: list[bool] = []

    def handle(_number: int, _frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)
        click.echo(
            "\n停止搜索，保留目前最好的方案 stopping: the best plan so far is kept", err=True
        )

    try:
        before = signal.signal(signal.SIGINT, handle)
    except ValueError:  # not in the main thread: nobody presses Ctrl-C there
        yield lambda: False
        return
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
