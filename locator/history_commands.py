"""Commands of `locator stations` that tell the past: who changed, saw or promised what."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from locator.station_texts import batch_document, describe_counts, describe_difference, local_time
from locator.terminal import settings, shared, show, table

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Change

_CHANGED = ["时间 when", "做了什么 what", "谁 who", "原因或来源 why or from"]
_SEEN = ["时间 when", "谁 who", "看了什么 of what", "原因 why"]


@click.command("history")
@click.argument("code", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@shared
def history(code: str | None, limit: int) -> None:
    """谁在什么时候改了什么。Who changed what, when and why: of one station, or of all."""
    city = settings().open()
    if code is None:
        _show_batches(city, limit)
    else:
        _show_changes(city, code, limit)


def _show_batches(city: City, limit: int) -> None:
    """The newest writings, whatever stations they touched."""
    with city.registry() as registry:
        batches = registry.batches(limit=limit)
        touched = registry.batch_codes([batch.id for batch in batches])
    rows = [
        [str(b.id), local_time(city, b.at), b.action, b.who, b.why or b.source,
         describe_counts(b, touched.get(b.id, []))]
        for b in batches
    ]  # fmt: skip
    document = {"batches": [{**batch_document(b), "codes": touched.get(b.id, [])} for b in batches]}
    show(document, table(rows, ["号 number", *_CHANGED, "结果 counts"]))


def _show_changes(city: City, code: str, limit: int) -> None:
    """What happened to one station, without its private values."""
    with city.registry() as registry:
        changes = [_shown_change(change) for change in registry.changes(code)[-limit:]]
    rows = [
        [local_time(city, c.batch.at), c.batch.action, c.batch.who, c.batch.why or c.batch.source,
         "新增 new" if c.before is None else "取出 taken out" if c.after is None
         else describe_difference(c.before, c.after)]
        for c in changes
    ]  # fmt: skip
    document = {
        "changes": [
            {**batch_document(c.batch), "before": c.before, "after": c.after} for c in changes
        ]
    }
    show(document, table(rows, [*_CHANGED, "变化 change"]))


def _shown_change(change: Change) -> Change:
    """A change without its private values."""
    from locator.registry.documents import showable

    return replace(change, before=showable(change.before), after=showable(change.after))


@click.command("disclosures")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@shared
def disclosures(limit: int) -> None:
    """谁看过内部资料。Who saw private fields (--private), when and why."""
    city = settings().open()
    with city.registry() as registry:
        seen = registry.disclosures(limit=limit)
    rows = [[local_time(city, one.at), one.who, one.what, one.why] for one in seen]
    document = {"disclosures": [{**asdict(one), "at": f"{one.at.isoformat()}Z"} for one in seen]}
    lines = table(rows, _SEEN) if rows else ["没有人看过 nobody saw any"]
    show(document, lines)


@click.command("promises")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    metavar="DAY",
    help="First day that counts.",
)
@shared
def promises(since: datetime) -> None:
    """内部资料：谁在开放时间锁门。INTERNAL: hosts found locked in posted hours."""
    from locator.registry.promises import promises as rank

    city = settings().open()
    today = datetime.now(city.zone).date()
    with city.registry() as registry:
        ranked = rank(registry, since.date(), today)
    rows = [
        [p.host or "—", str(p.stations), f"{p.station_months:.1f}", str(p.confirmed),
         str(p.unanswered), str(p.excused), str(p.mistaken)]
        for p in ranked
    ]  # fmt: skip
    head = [
        "驻点单位 host", "站数 stations", "站月 months", "属实 confirmed", "未答复 unanswered",
        "有因 excused", "误报 mistaken",
    ]  # fmt: skip
    document = {"internal": True, "hosts": [asdict(host) for host in ranked]}
    show(document, ["内部资料，不得公开 INTERNAL, not for publication", *table(rows, head)])


COMMANDS = (history, disclosures, promises)
