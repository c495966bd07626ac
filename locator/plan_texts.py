"""A plan in words, Chinese first: for who decides, and for who checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locator.planner_texts import place
from locator.terminal import metres, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SHOWN = 10
_GAINS = {
    "coverage": ("新增覆盖 gains", "累计 together"),
    "sites": ("新增覆盖 gains", "累计 together"),
    "mean": ("平均缩短 shorter by", "累计 together"),
    "worst": ("最远缩短 shorter by", "累计 together"),
}


def plan_lines(document: Mapping[str, Any], where: Callable[[str], str] = str) -> list[str]:
    """The whole answer: sites, before and after, and how far from the best.

    Parameters
    ----------
    where
        A candidate's label in words, as `locator.whereabouts.Whereabouts`.
    """
    lines = [f"! {_warn(document)}"] if document["status"] in {"infeasible", "unknown"} else []
    lines += _site_table(document, where)
    lines += _change_lines(document)
    lines.append(leader_sentence(document))
    lines.append(leader_sentence(document, lang="en"))
    lines += _unreached_lines(document["unreached"])
    if document["left_out"]:
        count = len(document["left_out"])
        lines.append(f"{count}个候选点未参选（--json 列出原因） {count} candidates left out")
    lines += [f"说明 note: {text}" for text in document["notes"]]
    if document["reason"] and document["status"] not in {"infeasible", "unknown"}:
        lines.append(f"说明 note: {document['reason']}")
    return lines


def leader_sentence(document: Mapping[str, Any], *, lang: str = "zh") -> str:
    """How far from the best possible, in one sentence to be read out; `lang` is "zh" or "en"."""
    zh = lang == "zh"
    if document["status"] == "nothing_to_gain":
        return (
            "按现有候选点，已没有可以改进的地方。" if zh
            else "Among the present candidates nothing is left to improve."
        )  # fmt: skip
    if document["bound"] is None:
        return "离最优有多远：不知道（没有界）。" if zh else "How far from the best: no bound."
    if document["objective"] == "sites":
        return _sites_sentence(document, zh=zh)
    if document["proven"]:
        return (
            "按现有候选点，这已是最优方案，没有更好的选法。" if zh
            else "Among the present candidates no choice is better: this is proved."
        )  # fmt: skip
    gap = document["gap"]
    if gap is None:
        return "离最优有多远：无法用百分比表示。" if zh else "The gap cannot be told in per cent."
    share = _ceil_percent(gap)
    return (
        f"按现有候选点，距最优不超过{share}。" if zh
        else f"Among the present candidates the best possible is at most {share} better."
    )  # fmt: skip


def _sites_sentence(document: Mapping[str, Any], *, zh: bool) -> str:
    value, bound = document["value"], document["bound"]
    if document["proven"]:
        return (
            f"按现有候选点，{value:.0f}个站是最少的数目。" if zh
            else f"Among the present candidates {value:.0f} sites is the least possible."
        )  # fmt: skip
    least = int(-(-bound // 1))
    return (
        f"按现有候选点，{value:.0f}个站可以做到，至少需要{least}个。" if zh
        else f"{value:.0f} sites do it; among the present candidates at least {least} are needed."
    )  # fmt: skip


def _ceil_percent(gap: float) -> str:
    """A share as per cent with two digits, never below what it is."""
    percent = gap * 100.0
    digits = 1
    while percent < 10.0 ** (1 - digits) and digits < 6:  # noqa: PLR2004  (six digits are enough)
        digits += 1
    step = 10.0**-digits
    return f"{-(-percent // step) * step:.{digits}f}%"


def _warn(document: Mapping[str, Any]) -> str:
    return f"做不到全部要求 not all that was asked for can be had: {document['reason']}"


def _site_table(document: Mapping[str, Any], where: Callable[[str], str]) -> list[str]:
    if not document["sites"]:
        return ["没有新站 no new site"]
    unit = document["unit"] if document["objective"] != "sites" else "m"
    demand = document["question"]["demand"]
    rows = [
        [str(i), place(site["lon"], site["lat"]), where(site["candidate"]),
         _amount(site["gain"], unit if not demand else ""),
         _amount(site["cumulative"], unit if not demand else "")]
        for i, site in enumerate(document["sites"], start=1)
    ]  # fmt: skip
    head = ["", "经度, 纬度 lon, lat", "候选点 candidate", *_GAINS[document["objective"]]]
    return table(rows, head) + code_note(document["sites"], where)


def code_note(sites: Sequence[Mapping[str, Any]], where: Callable[[str], str]) -> list[str]:
    """Where the codes are, which options ask for, when words were told in their place."""
    if all(where(site["candidate"]) == site["candidate"] for site in sites):
        return []
    return ["候选点编号见 --json（--keep、--forbid 要用） codes for --keep and --forbid: --json"]


def _amount(value: float, unit: str) -> str:
    return metres(value) if unit == "m" else f"{value:,.1f}"


def _change_lines(document: Mapping[str, Any]) -> list[str]:
    before, after, lines = document["before"], document["after"], []
    if "share" in before:
        lines.append(
            f"覆盖率 covered: 现在 now {before['share']:.2%} → 建成后 with the plan "
            f"{after['share']:.2%}"
        )
    if "mean_m" in before:
        for zh, en, key in (("平均", "mean", "mean_m"), ("最远", "farthest", "worst_m")):
            now, then = (_tell(one[key]) for one in (before, after))
            lines.append(f"{zh}路程 {en} way: {now} → {then}")
    return lines


def _tell(value: float | None) -> str:
    return "—" if value is None else metres(value)


def _unreached_lines(unreached: Mapping[str, Any]) -> list[str]:
    """The streets that no candidate reaches: the longest, and how many more."""
    if not unreached["count"]:
        return []
    lines = [
        f"没有候选点能覆盖 no candidate reaches: {metres(unreached['length_m'])}，"
        f"{unreached['count']}条街道 streets"
    ]
    for street in unreached["streets"][:_SHOWN]:
        name = street["name"] or "（无名 no name）"
        where = place(street["lon"], street["lat"])
        lines.append(f"    · {name}  {metres(street['length_m'])}  {where}")
    if unreached["count"] > _SHOWN:
        lines.append(f"    … 共 {unreached['count']} in all (--json)")
    return lines


def verify_lines(document: Mapping[str, Any]) -> list[str]:
    """What a check found."""
    if document["ok"]:
        lines = [
            "✓ 方案成立：价值和上界都重新算过。The plan holds: value and bound measured again."
        ]
    else:
        lines = ["✗ 方案不成立。The plan does not hold:"]
        lines += [f"    · {text}" for text in document["problems"]]
    if document["value"] is not None:
        bound = "—" if document["bound"] is None else f"{document['bound']:,.6g}"
        lines.append(f"重算 measured: {document['value']:,.6g}，界 bound: {bound}")
    return lines + [f"说明 note: {text}" for text in document["notes"]]
