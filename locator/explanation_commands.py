"""The command `plan explain`: one page for each site of a plan, for those who talk to hosts."""

from __future__ import annotations

from pathlib import Path

import click

from locator.terminal import settings, shared, show


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="写成可打印的网页（.html）。Also as one HTML file to print.")  # fmt: skip
@shared
def explain(file: Path, output: Path | None) -> None:
    """逐个说明方案的新站。Whom each site serves, where and when, and what if it is refused."""
    from locator.explanation_texts import (
        explanation_document,
        explanation_lines,
        explanation_page,
    )
    from locator.siting.explanation import explain_plan
    from locator.siting.plan_document import read_plan
    from locator.workspace import replace_text

    told = explain_plan(settings().open().current(), read_plan(file))
    document = explanation_document(told)
    lines = explanation_lines(told)
    if output is not None:
        replace_text(output, explanation_page(told))
        document["written"] = str(output)
        lines.append(f"\n写到 written: {output}")
    show(document, lines)
