"""The command `plan`: where new stations should stand, and `plan verify`: whether that holds."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.action_options import action_options, asks_actions, plan_of_actions, take_actions
from locator.action_texts import action_lines, alternative_lines, order_lines
from locator.candidate_options import candidate_options, make_candidates, take_words
from locator.errors import InputError
from locator.question_options import WITHIN, demand_option, kind_option, mode_option
from locator.terminal import Progress, settings, shared, show, warn
from locator.word_options import SITUATION_WORD

if TYPE_CHECKING:
    from locator.siting.planning import Effort
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
@kind_option
@mode_option
@demand_option("按需求计算。Count that demand instead of metres: NAME, or NAME*0.5.")
@click.option("--decay", type=click.Choice(["linear", "exponential", "power"]),
              help="越近越值，而不是一刀切。Count the nearer more.")  # fmt: skip
@click.option("--situation", type=SITUATION_WORD, default="",
              help="只算那时有用的现有站。Only the stations of today that help in it.")  # fmt: skip
@click.option("--at", default="", metavar="WHEN",
              help="只算那时开门的现有站。Only those known to be open then.")  # fmt: skip
@candidate_options
@action_options
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
@click.option("--order", is_flag=True,
              help="建设顺序，以及每个数目的最优。The build order beside the best of each "
              "number.")  # fmt: skip
@click.option("--alternatives", type=click.IntRange(min=1), metavar="N",
              help="再给 N 个相近的方案。Other plans nearly as good,")  # fmt: skip
@click.option("--differ", type=click.IntRange(min=1), default=1, show_default=True, metavar="M",
              help="至少换 M 个点。that differ in at least M sites.")  # fmt: skip
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
    *, output: Path | None, resume: Path | None, time_limit: float, iterations: int | None,
    seed: int, new: int | None, order: bool, alternatives: int | None, differ: int, **words: Any,
) -> None:  # fmt: skip
    from locator.whereabouts import Whereabouts

    view = settings().open().current()
    places, actions = take_words(words), take_actions(words)
    if asks_actions(actions):
        if order or alternatives or resume:
            raise InputError(
                "--order, --alternatives and --resume do not go with money, hours, floors and "
                "actions: their plan lists what each adds and adds for a yuan already"
            )
        with stop_on_interrupt() as should_stop:
            made = plan_of_actions(
                view, actions, places, words, new=new, time_limit=time_limit,
                iterations=iterations, seed=seed, should_stop=should_stop,
            )  # fmt: skip
        document = made.to_json()
        _hand_over(document, action_lines(document, Whereabouts(view.streets)), output)
        return
    if new is None and words["objective"] != "sites":
        new = _USUAL
    from locator.siting.planning import Effort

    start = _read_start(view, resume) if resume else ()
    words["within_m"], words["decay"] = words.pop("within"), words["decay"] or ""
    _plan_sites(
        view, places, words, new, Effort(time_limit, iterations, seed, start),
        (order, alternatives, differ), output,
    )  # fmt: skip


def _plan_sites(
    view: CityView, places: dict[str, Any], words: dict[str, Any], new: int | None,
    effort: Effort, more: tuple[bool, int | None, int], output: Path | None,
) -> None:  # fmt: skip
    from locator.plan_texts import plan_lines
    from locator.siting.plan_document import hash_document
    from locator.siting.plan_studies import study_alternatives, study_order
    from locator.whereabouts import Whereabouts

    candidates = make_candidates(
        view, places, within=words["within_m"], kind=words["kind"], mode=words["mode"]
    )
    with stop_on_interrupt() as should_stop:
        made = view.plan(
            new=new, candidates=candidates, effort=effort, report=Progress(),
            should_stop=should_stop, **words,
        )  # fmt: skip
    document = made.to_json()
    where, (order, alternatives, differ) = Whereabouts(view.streets), more
    lines = plan_lines(document, where)
    limits: dict[str, Any] = {
        "time_limit_s": effort.time_limit_s, "iterations": effort.iterations
    }  # fmt: skip
    if order:
        document["order"] = study_order(view, made, **limits)
        lines += order_lines(document["order"], made.unit, where)
    if alternatives is not None:
        document["alternatives"] = study_alternatives(
            view, made, most=alternatives, differ=differ, **limits
        )
        lines += alternative_lines(document["alternatives"], where)
    document["hash"] = hash_document(document)
    _hand_over(document, lines, output)


def _hand_over(document: dict[str, Any], lines: list[str], output: Path | None) -> None:
    """Print the document, and write it where that is wanted."""
    from locator.siting.plan_document import write_plan

    if output is not None:
        write_plan(output, document)
    show(document, lines)


@plan.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared
def verify(file: Path) -> None:
    """重新核对一个方案。Check value and bound of a plan again, without its solver."""
    from locator.plan_texts import verify_lines
    from locator.siting.action_check import is_action_plan, verify_actions
    from locator.siting.plan_document import read_plan
    from locator.siting.verification import verify_plan

    document, view = read_plan(file), settings().open().current()
    if is_action_plan(document):
        found = verify_actions(view, document).to_json()
    else:
        found = verify_plan(view, document).to_json()
    show(found, verify_lines(found))


def _read_start(view: CityView, file: Path) -> tuple[tuple[int, float], ...]:
    """The sites of a plan; those of other streets are left out, with a warning."""
    from locator.siting.plan_document import read_plan

    document = read_plan(file)
    if document.get("inputs", {}).get("streets") != view.streets.hash:
        warn([f"{file} was made on other streets: its sites are not begun with"])
        return ()
    return tuple((int(site["street"]), float(site["offset_m"])) for site in document["sites"])


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
