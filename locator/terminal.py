"""What the commands share: the options --city and --json, printing, and progress.

Apart from `cli`, which holds nothing but commands.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import east_asian_width

import click
from typing_extensions import override

if TYPE_CHECKING:
    from locator.city import City

F = TypeVar("F", bound=Callable[..., Any])
_COMMANDS = "locator.commands"
_NOTHING = "—"
_SAMPLE = "示例数据 SAMPLE：城里的站点都是虚构的 nothing in this city is real"
_LONG_M = 10_000  # from here on people read kilometres


class Settings:
    """What --city and --json say, before or after the command's name."""

    def __init__(self) -> None:
        self.city: str | None = None
        self.json = False
        self.sample = False

    @property
    def path(self) -> Path:
        """The city folder that was asked for."""
        return Path(self.city or "city")

    def open(self) -> City:
        """Open it."""
        from locator.city import City

        city = City.open(self.path)
        self.sample = city.config.sample
        return city


def _keep(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Remember a shared option wherever it was given; the one nearest to the command wins."""
    settings = context.ensure_object(Settings)
    given = context.get_parameter_source(str(option.name))
    if given is not click.core.ParameterSource.DEFAULT:
        is_flag = option.name == "as_json"
        from_shell = given is click.core.ParameterSource.ENVIRONMENT
        if is_flag:
            settings.json = settings.json or bool(value)
        elif not (from_shell and settings.city):
            settings.city = value
    return value


def shared(command: F) -> F:
    """Add --city and --json to a command."""
    command = click.option(
        "--json", "as_json", is_flag=True, expose_value=False, callback=_keep, is_eager=True,
        help="Print one JSON document.",
    )(command)  # fmt: skip
    return click.option(
        "--city", metavar="DIR", envvar="LOCATOR_CITY", expose_value=False, callback=_keep,
        is_eager=True, help="City folder.  [env: LOCATOR_CITY; default: ./city]",
    )(command)  # fmt: skip


class Commands(click.Group):
    """Own commands, and those that other floors register as entry points."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        plugged = [point.name for point in importlib.metadata.entry_points(group=_COMMANDS)]
        return sorted({*super().list_commands(ctx), *plugged})

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in importlib.metadata.entry_points(group=_COMMANDS, name=cmd_name):
            loaded = point.load()
            if isinstance(loaded, click.Command):
                return loaded
        return None


class Coordinates(click.Command):
    """A command whose arguments may be negative numbers, which look like options."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {name for param in self.params for name in (*param.opts, *param.secondary_opts)}
        for word in args[: args.index("--")] if "--" in args else args:
            name = word.partition("=")[0]
            if name.startswith("--") and name not in {*known, "--help"}:
                raise click.NoSuchOption(name, possibilities=sorted(known), ctx=ctx)
        ctx.ignore_unknown_options = True
        return super().parse_args(ctx, args)


def settings() -> Settings:
    """The settings of the command that runs."""
    return click.get_current_context().ensure_object(Settings)


def _plain(value: Any) -> Any:
    """JSON has no inf and nan: what is not there is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def show(document: dict[str, Any], lines: list[str]) -> None:
    """Print the document, or the lines for people; those of an invented city say so."""
    if settings().json:
        click.echo(json.dumps(_plain(document), ensure_ascii=False))
        return
    notice = [_SAMPLE] if settings().sample else []
    click.echo("\n".join(notice + lines))


def warn(warnings: Iterable[str]) -> None:
    """Print warnings to stderr, a line each."""
    for text in warnings:
        click.echo(f"warning: {text}", err=True)


def show_error(english: str, chinese: str = "") -> None:
    """Tell on one line of stderr what is wrong: in Chinese where there are words, in English."""
    from locator.registry.wording import in_chinese

    told = chinese or in_chinese(english)
    click.echo(f"错误：{told} / error: {english}" if told else f"错误 error: {english}", err=True)


def show_usage_error(problem: click.ClickException) -> None:
    """Tell what is wrong with how a command was written, below how it is written."""
    context = getattr(problem, "ctx", None)
    if context is not None:
        click.echo(context.get_usage(), err=True)
        click.echo(f"用法见 see: {context.command_path} --help", err=True)
    show_error(problem.format_message(), _usage_in_chinese(problem))


def _usage_in_chinese(problem: click.ClickException) -> str:
    """What click says in English alone; "" for a problem of our own words."""
    if isinstance(problem, click.NoSuchOption):
        return f"没有 {problem.option_name} 这个选项。"
    parameter = getattr(problem, "param", None)
    name = parameter.get_error_hint(problem.ctx) if parameter is not None else ""  # type: ignore[attr-defined]
    if isinstance(problem, click.MissingParameter):
        return f"缺少 {name}。"
    if isinstance(problem, click.BadParameter):
        return f"{name} 填得不对。"
    return ""


def table(rows: list[list[str]], head: list[str]) -> list[str]:
    """Columns padded by width on the screen, where a Chinese sign takes two places."""

    def width(text: str) -> int:
        return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)

    widths = [max(width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    padded = [
        "  ".join(text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True))
        for row in [head, *rows]
    ]
    return [line.rstrip() for line in padded]


def metres(value: float) -> str:
    """Metres for people; a dash where there is no way."""
    if not math.isfinite(value):
        return _NOTHING
    return f"{value:,.0f} m" if value < _LONG_M else f"{value / 1000:,.1f} km"


class Progress:
    """A progress line on stderr, only where a person watches."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __call__(self, share: float, text: str) -> None:
        """Draw the line anew."""
        if self.shown:
            done = round(share * 30)
            bar = "#" * done + "." * (30 - done)
            click.echo(f"\r[{bar}] {share:4.0%} {text:<30}", err=True, nl=share >= 1.0)
