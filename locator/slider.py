"""The curves as a small document, from which a page reads any limit without asking again.

A curve has tens of thousands of knots. Where they are few all are sent; else its exact values at
evenly spaced limits, close enough that every stop of the slider is one of them, and the document
says how far a straight line between two of them can be from the truth.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.limits import Preset, Target, presets, targets
from locator.modes import find_mode

if TYPE_CHECKING:
    from locator.curve import Curve
    from locator.view import CityView

LOWEST_M, HIGHEST_M, STEP_M = 50, 3000, 10
MOST_KNOTS = 2000
_ROUNDED = 0.005  # half of what two decimals keep


def curve_document(
    view: CityView, *, kind: str | None = None, mode: str = "walk", demand: str = ""
) -> dict[str, Any]:
    """All that the slider needs: curves of depth 1 to 3, presets and targets.

    Limits in metres are read off `curves["length"]`, those in minutes off `curves["time"]`, which
    is null where both are the same. Limits are metres (at the mode's speed, in the second).
    """
    chosen = [preset_row(view, preset, mode) for preset in presets()]
    top = max(HIGHEST_M, *(math.ceil(row["limit_m"] / STEP_M) * STEP_M for row in chosen))
    timed = {view.metric(text, mode)[0].timed for text in (str(HIGHEST_M), "15min")}
    by_metres = view.metric(str(HIGHEST_M), mode)[0].timed

    def rows(is_timed: bool) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"kind": kind, "mode": mode, "demand": demand}
        curves = [view.curve(**asked, depth=depth, timed=is_timed) for depth in (1, 2, 3)]
        return [shorten_curve(curve, top) for curve in curves]

    first = view.curve(kind=kind, mode=mode, demand=demand, timed=by_metres)
    return {
        "version": view.version,
        "sample": view.sample,
        "kind": kind,
        "mode": mode,
        "mode_zh": find_mode(mode).zh,
        "mode_en": find_mode(mode).en,
        "unit": first.unit,
        "total": first.total,
        "unreachable": first.unreachable,
        "slider": {"min": LOWEST_M, "max": top, "step": STEP_M},
        "curves": {
            "length": rows(by_metres),
            "time": rows(True) if timed == {True, False} else None,
        },
        "presets": chosen,
        "targets": [target_row(view, target) for target in targets()],
    }


def shorten_curve(curve: Curve, top: float, *, most: int = MOST_KNOTS) -> dict[str, Any]:
    """A curve up to `top` with at most about `most` knots, and its greatest error.

    Between two knots of the answer the curve is read along a straight line.
    """
    exact = curve.limit[curve.limit < top]
    limits = np.unique(np.concatenate(([0.0], exact, [top])))
    if len(limits) > most:
        # Whole multiples of the slider's step are among these.
        step = STEP_M / max(math.floor(STEP_M * (most - 1) / top), 1)
        limits = np.minimum(step * np.arange(math.ceil(top / step) + 1), top)
    values = np.round(curve.at(limits), 2)
    # Both are straight between all knots together: they are farthest apart at one of them.
    error = np.abs(np.interp(exact, limits, values) - curve.at(exact)).max(initial=_ROUNDED)
    return {
        "depth": curve.depth,
        "limit": np.round(limits, 4).tolist(),
        "value": values.tolist(),
        "error": float(error),
    }


def preset_row(view: CityView, preset: Preset, mode: str) -> dict[str, Any]:
    """A preset with its limit in the cost of the network on which it is measured."""
    network, limit = view.metric(preset.limit, mode)
    return {
        "code": preset.code,
        "zh": preset.zh,
        "en": preset.en,
        "limit_m": limit,
        "timed": network.timed,
        "source": preset.source,
        "date": preset.date.isoformat(),
    }


def target_row(view: CityView, target: Target) -> dict[str, Any]:
    """A target in words, with the largest of its limits; null where no official text is known."""
    limits = [view.metric(text, target.mode) for text in target.limits]
    return {
        "code": target.code,
        "zh": target.zh,
        "en": target.en,
        "mode": target.mode,
        "depth": target.depth,
        "limit_m": max((limit for _, limit in limits), default=None),
        "text_zh": tell_target(target),
        "text_en": tell_target_in_english(target),
        "label_zh": target.label_zh,
        "label_en": target.label_en,
        "source": target.source,
    }


def tell_target(target: Target) -> str:
    """What a target says and of whom, so that no share of streets is taken for it."""
    if not target.limits:
        return f"{target.missing_zh}。"
    since = f"{target.announced:%Y年%m月%d日}" if target.announced else ""
    return (
        f"{target.zh}（{target.issuer}，{since}提出）：{target.text_zh}。"
        "这里算的是全部街道，不是重点区域的户外劳动者。"
    )


def tell_target_in_english(target: Target) -> str:
    """The same in English."""
    if not target.limits:
        return f"{target.missing_en[:1].upper()}{target.missing_en[1:]}."
    since = f", announced on {target.announced.isoformat()}" if target.announced else ""
    return (
        f"{target.en} ({target.issuer}{since}): {target.text_en}. "
        "Here all streets are measured, not outdoor workers in key areas."
    )
