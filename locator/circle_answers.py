"""Which stations may be the nearest to a phone that knows its position only roughly, in words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.circle import find_in_circle
from locator.nearest_question import Question, ask_nearest
from locator.sweep import sweep_nearest

if TYPE_CHECKING:
    from locator.nearest import Nearest
    from locator.view import CityView

_NAMED = 5  # more names than that are no help


def circle_document(
    view: CityView,
    point: tuple[float, float],
    question: Question,
    near: Nearest,
    accuracy_m: float,
) -> dict[str, Any]:
    """Which stations may be the nearest, if one stands within `accuracy_m` of the point.

    Where the answer is by opening, only stations that are open for whoever walks there from the
    point itself are compared: within the circle arrivals differ by minutes.
    """
    network, placement = near.network, near.placement
    if question.visit is not None and question.visit.ranked:
        every = replace(question, k=max(len(placement), 1), within_m=math.inf, timed=True,
                        visit=replace(question.visit, open_only=True))  # fmt: skip
        index = ask_nearest(view, point, every).index[0]
        mask = np.zeros(len(view.stations), bool)
        mask[index[index >= 0]] = True
        placement = view.placement(
            kind=question.kind, mode=question.mode, timed=network.timed, among=mask
        )
    labels = sweep_nearest(network, placement)
    centre = near.points_xy_m[0]
    found = find_in_circle(network, placement, centre, accuracy_m, labels)
    names = [view.stations.name[index] for index in found.index.tolist()]
    return {
        "accuracy_m": accuracy_m,
        "same": found.same,
        "stations": [
            {"code": view.stations.code[index], "name": name, "street_m": round(metres, 3)}
            for index, name, metres in zip(
                found.index.tolist(), names, found.length_m.tolist(), strict=True
            )
        ],
        "unreachable_m": round(found.unreachable_m, 3),
        "street_m": round(found.total_m, 3),
        **_circle_words(names, accuracy_m, same=found.same),
    }


def _circle_words(names: list[str], accuracy_m: float, *, same: bool) -> dict[str, str]:
    if not names:
        return {"zh": "", "en": ""}
    off_zh, off_en = (
        f"位置可能差{accuracy_m:.0f}米，",
        f"Your position may be off by {accuracy_m:.0f} m: ",
    )
    if same:
        return {
            "zh": f"{off_zh}最近的都是{names[0]}。",
            "en": f"{off_en}{names[0]} is nearest anyway.",
        }
    count = {1: "这", 2: "这两", 3: "这三"}.get(len(names), f"这{len(names)}")
    listed = " or ".join(names[:_NAMED])
    return {"zh": f"{off_zh}先看{count}个。", "en": f"{off_en}look at {listed} first."}
