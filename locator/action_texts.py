"""A plan of actions as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from locator.plan_texts import code_note
from locator.terminal import metres, table

_WORDS = {
    "build": "新建", "extend": "延时", "upgrade": "改造", "move": "迁移", "keep": "保留",
}  # fmt: skip
Document = Mapping[str, Any]


def action_lines(document: Document, where: Callable[[str], str] = str) -> list[str]:
    """The lines of `locator plan` with actions; `where` puts a candidate's label into words."""
    rows = [
        [str(i), _WORDS[site["action"]], where(site["candidate"]), site["name"],
         _money(site["cost"]), _amount(site["gain"], document),
         _amount(site["cumulative"], document), site["hours"]]
        for i, site in enumerate(document["sites"], start=1)
    ]  # fmt: skip
    head = ["", "做法", "位置或编号", "名称", "费用", "新增", "累计", "开放"]
    lines = table(rows, head) if rows else ["没有可做的 nothing to do"]
    lines += code_note(document["sites"], where)
    lines.append(_read_out(document))
    lines.append(bound_line(document))
    if document["closed"]:
        lines.append(f"关闭 closed: {'、'.join(document['closed'])}")
    for floor in document["floors"]:
        lines.append(
            f"{floor['district']}：由{floor['before']:.1%}到{floor['after']:.1%}，"
            f"底线{floor['floor']:.0%}"
        )
    if document["price_of_floors"] is not None:
        lines.append(
            f"底线的代价 price of the floors: {_amount(document['price_of_floors'], document)}"
        )
    if document["left_out"]:
        count = len(document["left_out"])
        lines.append(f"{count}个候选点未参选（--json 列出原因） {count} candidates left out")
    if document["reason"]:
        lines.append(document["reason"])
    return lines


def _read_out(document: Document) -> str:
    before, after = document["before"]["share"], document["after"]["share"]
    counts = document["counts"]
    told = "、".join(
        f"{_WORDS[verb]}{counts[verb]}个"
        for verb in ("extend", "upgrade", "move", "build")
        if counts[verb]
    )
    return (
        f"建议{told or '不变'}，覆盖率由{before:.1%}到{after:.1%}，投入{document['spent']:,.0f}元。"
    )


def bound_line(document: Document) -> str:
    """What the gap means, in one sentence."""
    if document["proven"]:
        return "已证明：在这些做法中没有更好的 proved: no other choice of these is better"
    if document["bound"] is None:
        return "离最优多远：没有上界 no bound"
    gap = document["gap"]
    told = f"{gap:.2%}" if gap is not None else "?"
    return f"距最优不超过 {told} at most so far below the best"


def order_lines(order: Document, unit: str, where: Callable[[str], str] = str) -> list[str]:
    """A build order beside the best plan of each size."""
    rows = [
        [str(i), where(site), _plain(gain, unit), _plain(value, unit), _plain(best["value"], unit),
         "✓" if best["proven"] else f"≤ {_plain(best['bound'], unit)}", _plain(price, unit)]
        for i, (site, gain, value, best, price) in enumerate(
            zip(order["sites"], order["gain"], order["value"], order["best"], order["price"],
                strict=True), start=1)
    ]  # fmt: skip
    head = ["", "建设顺序", "新增", "累计", "同数最优", "证明", "按序的代价"]
    return ["", *table(rows, head)]


def alternative_lines(found: Document, where: Callable[[str], str] = str) -> list[str]:
    """Other plans nearly as good."""
    lines = ["", "其他方案 other plans:"]
    for i, one in enumerate(found["plans"], start=1):
        sites = "；".join(map(where, one["sites"]))
        lines.append(f"  {i}. 差{one['behind']:.2%}，换{one['differs'][0]}个：{sites}")
    if found["reason"]:
        lines.append(f"  {found['reason']}")
    return lines


def _amount(value: float, document: Document) -> str:
    return _plain(value, document["unit"])


def _plain(value: float, unit: str) -> str:
    return metres(value) if unit == "m" else f"{value:,.1f} {unit}"


def _money(value: float) -> str:
    return f"{value:,.0f}"
