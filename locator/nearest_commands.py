"""The command `nearest`: from a point, from a named place, on the way somewhere, or for a sheet."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locator.moments import NOW
from locator.terminal import Coordinates, Progress, settings, shared, show, warn
from locator.word_options import KIND_WORD, MODE_WORD

if TYPE_CHECKING:
    from locator.starts import Start
    from locator.view import CityView

_DAY_MIN = 24 * 60


@click.command(cls=Coordinates)
@click.argument("lon", required=False)
@click.argument("lat", required=False)
@click.option(
    "--k", type=click.IntRange(min=1), default=3, show_default=True, help="要几个。How many."
)
@click.option("--kind", type=KIND_WORD, help="只看这一类站。Only that kind of station.")
@click.option("--mode", type=MODE_WORD, default="walk", show_default=True,
              help="怎么走。walk, slow_walk, ebike, car or truck.")  # fmt: skip
@click.option(
    "--at", metavar="WHEN", help="几时出发。Leaving now, at an ISO time, or Sun 03:00 (周日 03:00)."
)
@click.option(
    "--open", "open_only", is_flag=True, help="只要到时开门的站。Only stations open on arrival."
)
@click.option("--stay", "stay_min", type=click.FloatRange(0, _DAY_MIN), default=0.0, metavar="MIN",
              help="到后至少还开几分钟。Open for so many minutes after arrival.")  # fmt: skip
@click.option("--need", multiple=True, metavar="CODE",
              help="站里要有什么。A facility (WATER), any of several (TOILET|TOILET_NEAR), a "
              "trade (courier), free_entry, public, staff or night; may be repeated.")  # fmt: skip
@click.option(
    "--within", metavar="M", help="不超过多远：1000（米）或 15min（分钟）。Not farther than that."
)
@click.option(
    "--datum", default="wgs84", show_default=True, help="经纬度的坐标系。Datum of LON LAT."
)
@click.option("--from", "start", metavar="PLACE",
              help="路名、路口（人民路与青年路）、区县或站点编号。A street, crossing (two streets "
              "with 与, & or +), district or station's code instead.")  # fmt: skip
@click.option(
    "--toward",
    metavar="PLACE",
    help="去那里路上绕得最少的站。Least detour on the way to LON,LAT or a place.",
)
@click.option("--accuracy", "accuracy_m", type=click.FloatRange(min=0, min_open=True), metavar="M",
              help="位置可能差几米。LON LAT may be off by so much.")  # fmt: skip
@click.option(
    "--steps", is_flag=True, help="说明怎么走到第一个站。Tell the way to the first station."
)
@click.option("--batch", type=click.Path(path_type=Path), metavar="FILE",
              help="一次问一张表。A sheet of places instead of LON LAT.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="--batch 的结果写到哪里。Where the answers for --batch go "
              "(.csv, .xlsx, .geojson, .gpkg).")  # fmt: skip
@shared
def nearest(
    lon: str | None, lat: str | None, start: str | None, toward: str | None,
    accuracy_m: float | None, steps: bool, batch: Path | None, output: Path | None,
    within: str | None, **asked: Any,
) -> None:  # fmt: skip
    """沿街道走最近的站点。The stations with the shortest way along streets from LON LAT."""
    asked["within_m"] = math.inf if within is None else within
    if batch is not None:
        if lon is not None or start is not None or toward is not None or output is None:
            raise click.UsageError("--batch FILE takes -o FILE, and no LON LAT, --from or --toward")
        _answer_batch(batch, output, asked)
        return
    if output is not None:
        raise click.UsageError("-o is for --batch: give --batch FILE too")
    text = _start_text(lon, lat, start)
    view = settings().open().current(at=asked["at"] or NOW)
    origin = _find(view, text, asked["datum"])
    goal = None if toward is None else _find(view, toward, asked["datum"])
    if origin is None or (toward is not None and goal is None):
        return
    if goal is not None:
        _refuse_with_toward(asked, steps=steps, accuracy_m=accuracy_m)
        _answer_toward(view, origin, goal, asked)
        return
    asked["datum"] = origin.datum
    _answer(view, origin, asked, accuracy_m=accuracy_m, steps=steps)


def _start_text(lon: str | None, lat: str | None, start: str | None) -> str:
    """The start as one text; wrong usage where there is none, or two."""
    if start is not None:
        if lon is not None:
            raise click.UsageError("give LON LAT or --from PLACE, not both")
        return start
    if lon is None or lat is None:
        missing = "LON" if lon is None else "LAT"
        raise click.UsageError(f"Missing argument '{missing}': give LON LAT, or --from PLACE")
    return f"{_number(lon, 'LON')!r},{_number(lat, 'LAT')!r}"


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        kind = "option" if text.startswith("-") else "value"
        raise click.UsageError(f"{kind} {text!r}: {name} expects a number") from None
    if not math.isfinite(value):
        raise click.UsageError(f"{name} is {text}, expected a finite number of degrees")
    return value


def _find(view: CityView, text: str, datum: str) -> Start | None:
    """The start that a text means; None, told to the user, where it is not clear."""
    from locator.nearest_texts import place_lines
    from locator.starts import find_start

    found = find_start(view, text, datum=datum)
    if found.lonlat_deg is not None:
        return found
    places = found.to_json()["places"]
    lines = place_lines(text, found.outcome, places)
    show({"outcome": found.outcome, "snap_m": None, "results": [], "places": places}, lines)
    return None


def _answer(
    view: CityView, origin: Start, asked: dict[str, Any], *, accuracy_m: float | None, steps: bool
) -> None:
    """Print the answer for one point."""
    from locator.nearest_answers import Extras, nearest_document
    from locator.nearest_texts import answer_lines, left_out_lines, start_lines
    from locator.registered import count_registered, idle_clause

    assert origin.lonlat_deg is not None  # noqa: S101  (`_find` saw to it)
    extras = Extras(routes=steps, accuracy_m=accuracy_m)
    document = nearest_document(view, origin.lonlat_deg, extras=extras, **asked)
    document["registered"] = count_registered(view.stations, asked["kind"])
    if origin.matches:
        document["from"] = origin.matches[0].place.to_json()
    lines = start_lines(origin)
    advice = document["advice"]
    if advice is not None:
        lines += [advice["zh"] + advice["next_zh"], f"{advice['en']} {advice['next_en']}"]
    timed = bool(asked["at"] or asked["open_only"] or asked["stay_min"])
    lines += answer_lines(document, timed=timed)
    lines += [row["detour"]["zh"] + " / " + row["detour"]["en"]
              for row in document["results"][:1] if row["detour"]]  # fmt: skip
    if document["connected"]:
        near = document["connected"]
        street = near["street"]
        lines.append(
            f"从{near['snap_m']:.0f}米外的{street or '另一条路'}可以走到站点 / from "
            f"{street or 'the nearest street that leads on'}, {near['snap_m']:.0f} m away, "
            "stations can be reached"
        )
    lines += left_out_lines(document["left_out"]) + idle_clause(document["registered"])
    if "circle" in document:
        lines.append(f"{document['circle']['zh']} / {document['circle']['en']}")
    if steps and document["results"] and document["results"][0]["route"]:
        told = document["results"][0]["route"]["steps"]
        lines += [f"{i}. {step['zh']} / {step['en']}" for i, step in enumerate(told, start=1)]
    show(document, lines)


def _refuse_with_toward(
    asked: dict[str, Any], *, steps: bool, accuracy_m: float | None
) -> None:  # fmt: skip
    """Say which options have no meaning for a detour, rather than pass over them."""
    given = {
        "--within": asked["within_m"] != math.inf, "--steps": steps, "--accuracy": accuracy_m,
    }  # fmt: skip
    words = "、".join(name for name, value in given.items() if value)
    if words:
        raise click.UsageError(
            f"--toward 看绕路多少，不能和{words}一起用 / --toward asks for the least detour: "
            f"leave out {words}"
        )


def _answer_toward(view: CityView, origin: Start, goal: Start, asked: dict[str, Any]) -> None:
    """Print the stations with the least detour."""
    from geodata.datum import to_wgs84
    from locator.detour_answers import detour_document
    from locator.nearest_question import parse_question
    from locator.nearest_texts import detour_lines

    question = parse_question(
        view.config.time_zone, need=asked["need"], k=asked["k"], kind=asked["kind"],
        mode=asked["mode"], at=asked["at"], stay_min=asked["stay_min"],
        open_only=asked["open_only"],
    )  # fmt: skip
    ends = []
    for end in (origin, goal):
        assert end.lonlat_deg is not None  # noqa: S101  (`_find` saw to it)
        lon, lat = to_wgs84([end.lonlat_deg], end.datum)[0].tolist()
        ends.append((lon, lat))
    document = detour_document(view, ends[0], ends[1], question)
    show(document, detour_lines(document, timed=question.visit is not None))


def _answer_batch(batch: Path, output: Path, asked: dict[str, Any]) -> None:
    """Answer a sheet."""
    from locator.batch_nearest import answer_file
    from locator.nearest_question import parse_question
    from locator.nearest_texts import batch_lines

    view = settings().open().current(at=asked["at"] or NOW)
    question = parse_question(view.config.time_zone, label=True, **asked)
    made = answer_file(view, batch, output, question, report=Progress())
    warn(made["warnings"])
    show(made, batch_lines(made))
