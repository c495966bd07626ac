"""What the commands of `locator stations` tell people: imports, histories and differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from locator.terminal import metres, table

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Batch, ImportReport

SHOWN = 20
_SHOWN_CHARS = 40
_NO_DISTRICT = "-000000-"
_UNKNOWN_HOURS = "时间不详；"  # what the canonical form of mere exceptions begins with
_HIDDEN = "（加密 sealed）"


def two_languages(text: str) -> str:
    """A message in Chinese and English; in English alone where there is no Chinese for it."""
    from locator.registry.wording import in_chinese

    chinese = in_chinese(text)
    return f"{chinese} / {text}" if chinese else text


def import_lines(report: ImportReport, *, dry_run: bool) -> list[str]:
    """What an import did, for people."""
    datums = ", ".join(f"{name} {count}" for name, count in sorted(report.datums.items()))
    lines = [
        f"读到 {report.read} 行：新增 {report.added}、更新 {report.updated}、"
        f"不变 {report.unchanged}、退回 {len(report.rejected)}",
        f"read {report.read}: added {report.added}, updated {report.updated}, "
        f"unchanged {report.unchanged}, rejected {len(report.rejected)} "
        f"({datums if len(report.datums) > 1 else report.datum})",
    ]
    if dry_run:
        lines.append("只是试算，什么都没有改 nothing was changed (--dry-run)")
        lines += _column_lines(report)
    if dry_run and report.added_rows:
        lines.append(f"新增 {report.added} 个 new:")
        cells = [[str(row), code, cut(name)] for row, code, name in report.added_rows[:SHOWN]]
        lines += table(cells, ["行 row", "编号 code", "名称 name"]) + more_rows(report.added_rows)
    lines += _code_lines(report)
    if report.absent:
        lines.append(
            f"登记表里有{len(report.absent)}个站不在这份文件里，原样保留 "
            f"{len(report.absent)} stations of the registry are not in this file; they stay"
        )
    if report.changes:
        moved = f"，其中{report.moved}个移了位置 of them moved" if report.moved else ""
        lines.append(f"更新 {len(report.changes)} 个 updated{moved}:")
        cells = [[str(c.row), c.code, cut(c.name), _change_text(c)] for c in report.changes[:SHOWN]]
        lines += table(cells, ["行 row", "编号 code", "名称 name", "变化 change"]) + more_rows(
            report.changes
        )
    if report.rejected:
        lines.append(f"退回 {len(report.rejected)} 行 rejected:")
        cells = [
            [str(r.row), r.column, r.value, two_languages(f"{r.reason}; {r.fix}" if r.fix else
             r.reason)]
            for r in report.rejected[:SHOWN]
        ]  # fmt: skip
        lines += table(cells, ["行 row", "栏 column", "内容 value", "原因 reason"]) + more_rows(
            report.rejected
        )
    if report.batch is not None:
        lines.append(f"撤回这次导入 to take it back: locator stations undo {report.batch}")
    return lines


def _column_lines(report: ImportReport) -> list[str]:
    """What the columns were taken for; those without a cell only in number."""
    filled = [column for column in report.columns if column["example"]]
    cells = [[c["heading"], c["meaning"], c["example"]] for c in filled]
    lines = ["各栏被认作 the columns were taken for:"]
    lines += table(cells, ["栏 column", "认作 taken as", "例子 example"])
    empty = len(report.columns) - len(filled)
    return [*lines, f"另有{empty}栏空着 and {empty} empty columns (--json)"] if empty else lines


def _code_lines(report: ImportReport) -> list[str]:
    """That new codes lack a district: they are for life."""
    bare = sum(_NO_DISTRICT in code for _, code, _ in report.added_rows)
    if not bare:
        return []
    return [
        f"{bare} 个新编号里没有区县代码（000000）。编号一辈子不变，有区县代码的请先填好再导入。",
        f"{bare} new codes hold 000000, since the rows tell no district, and a code never changes: "
        "fill in 区县代码 first where you can",
    ]


def _change_text(change: Any) -> str:
    """What a row changes; of private fields only which."""
    from locator.dossier import private_label

    told = [describe_difference(change.before, change.after)] if change.after else []
    return "; ".join([*told, *(f"{private_label(n)}{_HIDDEN}" for n in change.private)])


def local_time(city: City, at: datetime) -> str:
    """An instant of UTC on the city's clock."""
    return at.replace(tzinfo=UTC).astimezone(city.zone).strftime("%Y-%m-%d %H:%M")


def batch_document(batch: Batch) -> dict[str, Any]:
    """A batch as JSON."""
    return {**asdict(batch), "at": batch.at.isoformat() + "Z"}


def describe_counts(batch: Batch, codes: Sequence[str] = ()) -> str:
    """What became of the stations of a batch: the codes of few, street lost, or numbers."""
    counts = {
        name: value for name, value in batch.counts.items() if isinstance(value, (int, float))
    }
    lost_m, within_m = counts.pop("lost_m", 0.0), counts.pop("within_m", 0.0)
    told = list(codes) if batch.action not in ("import", "undo") else []
    if told:
        counts.pop("updated", None)
    told += [f"{name} {value}" for name, value in counts.items()]
    if lost_m:
        zh, verb = ("失去", "lost its station") if lost_m > 0 else ("恢复", "has a station again")
        long, near = metres(abs(lost_m)), metres(within_m)
        told.append(f"{long}街道{zh}了{near}以内的站 {long} of street {verb} within {near}")
    text = ", ".join(told)
    return f"{text}（已撤回 undone）" if batch.undone_by else text


def describe_difference(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> str:  # fmt: skip
    """Field: before → after, cut to a line; checks, hours and overrides in words."""
    was, now = before or {}, after or {}
    parts: list[str] = []
    for name in sorted({*was, *now}):
        old, new = was.get(name), now.get(name)
        if name == "verified":
            parts += _checks(old or {}, new or {})
        elif name == "opening":
            parts += _hours(old, new, with_week="hours" not in now)
        elif isinstance(old, dict) and isinstance(new, dict):
            inner = sorted({key for key in (*old, *new) if old.get(key) != new.get(key)})
            parts += [f"{key}: {_cell(old.get(key))} → {_cell(new.get(key))}" for key in inner]
        else:
            parts.append(f"{name}: {_cell(old)} → {_cell(new)}")
    return cut("; ".join(parts), 3 * _SHOWN_CHARS)


def _checks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Days of checks: that something was looked at is no change of it."""
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return [f"{name or 'whole record'} checked on {_cell(new.get(name))}" for name in names]


def _hours(old: Any, new: Any, *, with_week: bool) -> list[str]:
    """Dated changes of opening hours in words, and the weekly ones where no text tells them."""
    from locator.hours import Hours, format_hours

    then = Hours.from_document(old) if old else Hours()
    now = Hours.from_document(new) if new else Hours()
    parts = []
    for sign, some, others in (("+", now, then), ("−", then, now)):
        dated = Hours(
            exceptions=tuple(one for one in some.exceptions if one not in others.exceptions),
            overrides=tuple(one for one in some.overrides if one not in others.overrides),
        )
        if dated != Hours():
            parts.append(f"{sign} {format_hours(dated).removeprefix(_UNKNOWN_HOURS)}")
    week = [replace(one, exceptions=(), overrides=()) for one in (then, now)]
    if with_week and week[0] != week[1]:
        parts.append(f"hours: {' → '.join(_cell(format_hours(one)) for one in week)}")
    return parts


def _cell(value: Any) -> str:
    return "—" if value in (None, "") else str(value)


def cut(text: str, length: int = _SHOWN_CHARS) -> str:
    """Text cut to a length."""
    return text if len(text) <= length else text[: length - 1] + "…"


def more_rows(rows: Sequence[Any], shown: int = SHOWN) -> list[str]:
    """A line for what is not shown."""
    more = len(rows) - shown
    return (
        [f"… 还有{more}项，--json 有全部 and {more} more (all of them with --json)"]
        if more > 0
        else []
    )
