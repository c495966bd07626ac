"""What the commands that look after the list tell people: work lists, scores, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from locator.registry.verification import label
from locator.station_texts import SHOWN, more_rows
from locator.terminal import table

if TYPE_CHECKING:
    from geodata.writing import Table
    from locator.registry import Entry
    from locator.registry.checklists import Lifts, Score
    from locator.registry.completeness import Task
    from locator.registry.pois import Poi
    from locator.registry.reconcile import Listing, Reconciliation

REASONS_ZH = {
    "disputed": "被报锁门 disputed",
    "hours_unknown": "时间不明 hours_unknown",
    "opening_passed": "该开未开 opening_passed",
    "override_ends": "临时安排快到期 override_ends",
    "broken": "设备坏 broken",
    "due": "该复核 due",
    "date_ahead": "日期在将来 date_ahead",
    "never_checked": "从未核实 never_checked",
    "missing": "缺项 missing",
    "contradiction": "子类与类别矛盾 contradiction",
}
_OUTCOMES_ZH = {
    "on_map": "已上图", "moved": "位置不符", "renamed": "名称不符", "missing": "缺",
    "to_remove": "应下架", "not_wanted": "不应上图", "undecided": "未定", "duplicates": "重复点",
    "unknown": "平台多出",
}  # fmt: skip
_SPELT = "写法不同 spelt otherwise"


def task_table(tasks: Sequence[Task], today: date, entries: Iterable[Entry]) -> Table:
    """A work list as a sheet to hand out, a row a thing to ask, with room for the answer."""
    from geodata.writing import Table

    known = {entry.code: entry for entry in entries}
    rows = []
    for task in tasks:
        entry = known[task.code]
        rows.append(
            [task.code, task.name, task.district_code, entry.address, entry.phone,
             REASONS_ZH[task.reason], label(task.field), task.checked_on, task.due_on,
             task.overdue_days(today) or None, None, entry.lon_deg, entry.lat_deg]
        )  # fmt: skip
    headings = ["站点编号", "名称", "区县代码", "详细地址", "服务电话", "事由", "栏目", "上次核验",
                "应核验日期", "逾期天数", "核验结果", "经度", "纬度"]  # fmt: skip
    return Table(headings, rows, ("经度", "纬度"), title="待办")


def score_lines(lifts: Lifts, scores: Sequence[Score]) -> list[str]:
    """The items of a checklist, and the stations that are nearest to complying."""
    rows = [
        [lift.item.zh, str(lift.missing), str(lift.unknown), str(lift.completes),
         str(lift.completes_at_best)]
        for lift in lifts.items
    ]  # fmt: skip
    lines = table(rows, ["项目 item", "缺 lack it", "不明 unknown", "补了即达标 lifts",
                         "最多 at best"])  # fmt: skip
    lines.append("补了即达标：只缺这一项的站数；最多：不明的各项若都有，补上这一项就达标的站数。")
    lines.append(
        "lifts: stations that lack nothing but this item; at best: if all that is unknown of them "
        "were there"
    )
    names = {lift.item.code: lift.item.zh for lift in lifts.items}
    open_cases = sorted(
        (one for one in scores if not one.compliant),
        key=lambda one: (len(one.missing) + len(one.unknown), one.code),
    )
    rows = [
        [one.code, f"{one.share:.0%}–{one.share_high:.0%}", _named(one.missing, names),
         _named(one.unknown, names)]
        for one in open_cases[:SHOWN]
    ]  # fmt: skip
    if rows:
        lines += table(rows, ["编号 code", "达标率 share", "缺 lacks", "不明 unknown"])
    return lines + more_rows(open_cases)


def _named(items: Iterable[str], names: Mapping[str, str]) -> str:
    return "、".join(names[item] for item in items) or "—"


def reconciliation_lines(found: Reconciliation, names: Mapping[str, str]) -> list[str]:
    """A comparison with a platform's list: counts, districts, and every finding by name."""
    counts = [f"{_OUTCOMES_ZH[n]} {n} {count}" for n, count in found.counts.items() if count]
    lines = [", ".join(counts) or "没有可比的 nothing to compare"]
    rows = [
        [d.district_code or "未填 none", str(d.wanted), str(d.mapped), _share(d.share),
         str(d.undecided), str(d.to_remove)]
        for d in found.by_district()
    ]  # fmt: skip
    head = [
        "区县 district", "应上图 should be on the map", "已上图 are", "比例 share",
        "未定 undecided", "应下架 to remove",
    ]  # fmt: skip
    lines += table(rows, head) if rows else []
    findings = [one for one in found.listings if one.outcome not in ("on_map", "not_wanted")]
    findings += [one for one in found.listings if one.outcome == "on_map" and one.spelt_otherwise]
    rows = [_finding(one, names) for one in findings[:SHOWN]]
    if rows:
        lines += table(
            rows, ["", "编号 code", "我们 ours", "平台 theirs", "相距 apart"]
        ) + more_rows(findings)
    if found.counts["undecided"]:
        lines.append(
            "未定：没上图，「开放对象」或「状态」又空着，不知道该不该上：请填上 undecided: not on "
            "the map, and 开放对象 or 状态 is blank, so nobody knows whether it should be"
        )
    if found.unknown:
        lines.append("平台多出：图上有，我们没有 unknown: on the map, and none of our stations:")
        lines += table(
            [_poi(poi) for poi in found.unknown[:SHOWN]], ["号 id", "名称 name", "地址 address"]
        )
        lines += more_rows(found.unknown)
    return lines


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


def _finding(one: Listing, names: Mapping[str, str]) -> list[str]:
    what = _SPELT if one.outcome == "on_map" else f"{_OUTCOMES_ZH[one.outcome]} {one.outcome}"
    theirs = [one.poi.name, f"{one.distance_m:,.0f} m"] if one.poi else ["", ""]
    return [what, one.code, names[one.code], *theirs]


def _poi(poi: Poi) -> list[Any]:
    return [poi.id or "—", poi.name, poi.address]
