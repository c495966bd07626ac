"""The page of each proposed site in words, and as one file to print that loads nothing."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locator.siting.explanation import Explanation, Site

_SIZE, _MARGIN = 320.0, 16.0
_KM = 1000.0
_STYLE = """
@page { size: A4; margin: 18mm }
body { font: 16px/1.7 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
  sans-serif; color: #1b1f24; background: #fff; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.5rem; line-height: 1.3 } h2 { font-size: 1.25rem; margin: 0 0 .5rem }
article { break-after: page; border-top: 2px solid #1b1f24; padding: 1rem 0 2rem }
article:last-child { break-after: auto } .en { color: #57606a; font-size: .9em }
.sample { border: 2px solid #b35900; padding: .3rem .8rem; display: inline-block }
svg { width: 100%; max-width: 20rem; height: auto; float: right; margin: 0 0 1rem 1rem }
@media (max-width: 36rem) { svg { float: none; margin: 0 auto; display: block } }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0 }
dt { color: #57606a } dd { margin: 0 }
"""

_EQUAL = 1e-6  # less is the same amount


def amount(value: float, unit: str) -> str:
    """An amount with its unit: metres as kilometres from 1,000 on."""
    if unit == "m":
        return f"{value / _KM:,.2f} 公里" if value >= _KM else f"{value:,.0f} 米"
    return f"{value:,.0f} {unit}"


def title(site: Site) -> str:
    """Number and name of a site."""
    return f"{site.number}. {site.name or site.where}"


def sentences(site: Site) -> list[str]:
    """What is told of a site, in Chinese: whom it serves, where, when, and what if refused."""
    told = []
    extra = "" if site.unit == "m" else f"，{amount(site.length_m, 'm')}街道"
    told.append(f"在其余各站之外，它新增覆盖{amount(site.gained, site.unit)}{extra}。")
    if site.districts:
        parts = "、".join(
            f"{name or '区外'}{amount(one, site.unit)}" for name, one in site.districts
        )
        told.append(f"服务{parts}。")
    if site.streets:
        told.append(
            "涉及" + "、".join(f"{name}（{amount(m, 'm')}）" for name, m in site.streets) + "。"
        )
    told.append(f"开放时间：{site.hours}。" if site.hours else "开放时间未定，测算按全天开放。")
    if site.cost is not None:
        told.append(f"费用{site.cost:,.0f}元。")
    other = site.substitute
    if other is None:
        told.append("如果谈不成：附近没有别的候选点能补上。")
    else:
        where = other["name"] or other["where"]
        told.append(
            f"如果谈不成：最好的替代点在{where}（直线{other['away_m']:,.0f}米），"
            f"能新增{amount(other['gained'], site.unit)}，" + _difference(other["lost"], site.unit)
        )
    return told


def _difference(lost: float, unit: str) -> str:
    """What the substitute is short of, or better by where the plan was not proved."""
    if lost > _EQUAL:
        return f"比原址少{amount(lost, unit)}。"
    return "与原址相当。" if lost >= -_EQUAL else f"比原址还多{amount(-lost, unit)}，值得换。"


def english(site: Site) -> str:
    """The same in short, in English."""
    other = site.substitute
    unit = site.unit
    text = (
        f"Beside the other sites it adds {site.gained:,.0f} {unit} "
        f"({site.length_m:,.0f} m of street)."
    )
    if other is None:
        return text + " If refused, no other candidate near adds anything."
    lost = other["lost"]
    change = f"{abs(lost):,.0f} {unit} {'less' if lost > 0 else 'more'}" if lost else "as much"
    return text + (
        f" If refused, the best other place is {other['away_m']:,.0f} m away and adds "
        f"{other['gained']:,.0f} {unit}: {change}."
    )


def summary(told: Explanation) -> str:
    """The plan as a whole, in one sentence to read out."""
    text = f"建{len(told.sites)}个站，覆盖率由{told.before:.1%}升到{told.after:.1%}"
    if told.question["hours"]:
        text += "（本页按各站都开门计）"
    if told.question["others"]:
        text += f"，另有{told.question['others']}项延时、改造或保留，不在本页"
    if told.bound is None or told.value is None:
        return text + "；离最优多远没有证明。"
    if told.proven:
        return text + "；已证明在现有候选点中没有更好的方案。"
    gap = abs(told.bound - told.value) / abs(told.value) if told.value else 0.0
    return text + f"；按现有候选点，距最优不超过{gap:.1%}。"


def explanation_document(told: Explanation) -> dict[str, Any]:
    """The JSON document of `locator plan explain`."""
    document = asdict(told)
    for site, one in zip(document["sites"], told.sites, strict=True):
        site.pop("lines")
        site["zh"], site["en"] = sentences(one), english(one)
    return document | {"zh": summary(told)}


def explanation_lines(told: Explanation) -> list[str]:
    """The lines of `locator plan explain`."""
    lines = [summary(told)]
    for site in told.sites:
        lines += ["", title(site), *(f"   {text}" for text in sentences(site))]
        lines.append(f"   {english(site)}")
    return lines


def explanation_page(told: Explanation) -> str:
    """One HTML file with a page for each site; it prints on A4 and loads nothing."""
    sample = '<p class="sample">虚构数据，仅供演示 Sample data of an invented city</p>'
    pages = "\n".join(_article(site) for site in told.sites)
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(told.city)} 新站说明</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>{escape(told.city)} 新站说明</h1>{sample if told.sample else ''}\n"
        f"<p>{escape(summary(told))}</p>\n{pages}\n</body></html>\n"
    )


def _article(site: Site) -> str:
    place = f"{site.lon:.6f}, {site.lat:.6f}（WGS-84）"
    texts = "".join(f"<p>{escape(text)}</p>" for text in sentences(site))
    return (
        f"<article><h2>{escape(title(site))}</h2>{_sketch(site)}"
        f"<dl><dt>位置</dt><dd>{place}</dd><dt>道路</dt><dd>{escape(site.where)}</dd></dl>"
        f'{texts}<p class="en" lang="en">{escape(english(site))}</p></article>'
    )


def _sketch(site: Site) -> str:
    """What the site alone covers, as lines around it; north is up."""
    points = [point for line in site.lines for point in line]
    reach = max((max(abs(x), abs(y)) for x, y in points), default=1.0) or 1.0
    half = _SIZE / 2
    scale = (half - _MARGIN) / reach
    paths = "".join(
        '<polyline points="'
        + " ".join(f"{half + x * scale:.1f},{half - y * scale:.1f}" for x, y in line)
        + '"/>'
        for line in site.lines
    )
    return (
        f'<svg viewBox="0 0 {_SIZE:.0f} {_SIZE:.0f}" role="img" aria-label="新增覆盖的街道">'
        f'<g fill="none" stroke="#1769aa" stroke-width="3" stroke-linecap="round">{paths}</g>'
        f'<circle cx="{half}" cy="{half}" r="7" fill="#b3261e" stroke="#fff" stroke-width="2"/>'
        f"</svg>"
    )
