"""How many stations are on the list, how many of them an answer counts, and why not the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geodata.vocabulary import statuses

if TYPE_CHECKING:
    from locator.stations import Stations


def count_registered(stations: Stations, kind: str | None = None) -> dict[str, Any]:
    """Stations of a kind by what keeps them out of answers.

    Returns
    -------
    dict
        `listed`: all of them; `in_use`: those that a person may be sent to; `staff_only`: how many
        of these only their host's staff may enter; `not_in_use`: the others by their status, the
        most first, "" where nobody said.
    """
    own, used = stations.is_kind(kind), stations.is_usable
    idle = Counter(stations.status[row] for row in (own & ~used).nonzero()[0].tolist())
    return {
        "listed": int(own.sum()),
        "in_use": int((own & used).sum()),
        "staff_only": int((own & used & stations.is_staff_only).sum()),
        "not_in_use": dict(sorted(idle.items(), key=lambda one: (-one[1], one[0]))),
    }


def coverage_clause(count: Mapping[str, Any], *, public: bool) -> list[str]:
    """Which stations a share counts; nothing where that is all of them.

    Parameters
    ----------
    public
        Stations for staff alone are left out.
    """
    idle = sum(count["not_in_use"].values())
    left = idle + (count["staff_only"] if public else 0)
    if not left:
        return []
    zh, en = _reasons(count["not_in_use"])
    if public and count["staff_only"]:
        zh.insert(0, f"仅限本单位职工{count['staff_only']}")
        en.insert(0, f"staff only {count['staff_only']}")
    counted = count["listed"] - left
    return [
        f"在册{count['listed']}个站，参与计算{counted}个；没算{left}个：{'、'.join(zh)} "
        f"{counted} of {count['listed']} stations are counted; not counted: {', '.join(en)}"
    ]


def idle_clause(count: Mapping[str, Any]) -> list[str]:
    """How many stations are never listed because they are not in use; nothing where none is."""
    idle = sum(count["not_in_use"].values())
    if not idle:
        return []
    zh, en = _reasons(count["not_in_use"])
    return [
        f"另有{idle}个站点没有在用（{'、'.join(zh)}），未列入 / "
        f"{idle} not in use left out ({', '.join(en)})"
    ]


def _reasons(not_in_use: Mapping[str, int]) -> tuple[list[str], list[str]]:
    known = statuses()
    zh, en = [], []
    for code, number in not_in_use.items():
        term = known.get(code)
        zh.append(f"{term.zh if term else '状态未知'}{number}")
        en.append(f"{term.en.lower() if term else 'status unknown'} {number}")
    return zh, en
