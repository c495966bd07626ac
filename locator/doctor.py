"""`locator doctor`: what is wrong, unknown or due in a city, most urgent first.

Each check says how many things it found, shows some, and what to do. `fail` is something that sends
people wrong or must not be published, `warn` is work to be done, `ok` found nothing, and `unknown`
could not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from geodata.calendar import load_calendar
from geodata.checklists import checklists
from locator.checks import (
    FAIL,
    OK,
    UNKNOWN,
    WARN,
    Check,
    Told,
    check,
    count_stations,
    in_use,
    row_of,
    tell_found,
)
from locator.errors import InputError
from locator.hours import SEASONS_EXAMPLE, WEEK_EXAMPLE
from locator.hours.telling import UNDATED, UNREAD, problem_of
from locator.publication import check_public, tell_missing_year
from locator.registry.checklists import cheapest_lift
from locator.registry.completeness import Task, measure_completeness, work_list
from locator.registry.verification import label
from locator.registry.wording import in_chinese

if TYPE_CHECKING:
    from geodata.checklists import Checklist
    from locator.city import City
    from locator.registry import Entry
    from locator.registry.checklists import Lifts

_RANK = {FAIL: 0, WARN: 1, UNKNOWN: 2, OK: 3}
_SOON = timedelta(days=60)


def examine(city: City, *, public: bool = False, today: date | None = None) -> list[Check]:
    """Look at everything; `public` also at what is needed before the pages go public.

    Returns
    -------
    list of Check
        Fails first, then warnings, then what could not be looked at, then what is well.
    """
    day = today or datetime.now(city.zone).date()
    with city.registry() as registry:
        entries = registry.entries()
    found = [
        *_check_streets(city),
        *_check_positions(city, entries),
        *_check_status(entries),
        *_check_hours(entries),
        *_check_work(entries, day),
        *_check_publication(entries),
        *_check_lists(entries),
    ]
    # Pages that go public are asked about a longer time ahead: the holidays stand there once.
    found += check_public(city, entries, day) if public else _check_calendar(day)
    return sorted(found, key=lambda one: _RANK[one.status])


def to_document(checks: Iterable[Check]) -> dict[str, Any]:
    """The JSON document of `locator doctor`."""
    return {"checks": [asdict(one) for one in checks]}


# -- streets and positions ---------------------------------------------------------------------


def _check_streets(city: City) -> Iterator[Check]:
    try:
        view = city.current()
    except InputError as problem:
        advice = Told("先用 locator streets import 导入街道。", str(problem))
        yield check("unroutable", UNKNOWN, Told("还没有街道", "no streets yet"), advice=advice)
        return
    limit = city.config.station_snap_m
    lost = [
        {"code": view.stations.code[row], "name": view.stations.name[row]}
        for row in view.placement().unroutable.tolist()
    ]
    yield tell_found(
        "unroutable",
        lost,
        Told(
            f"个在用站离能走的路超过{limit:.0f}米",
            f"stations in use are more than {limit:.0f} m from any street one may walk",
        ),
        Told("核对坐标：现在不会带人去那里", "look at their positions: nobody is sent there"),
        status=FAIL,
    )


def _check_positions(city: City, entries: Sequence[Entry]) -> Iterator[Check]:
    from locator.screening import screen_entries

    used = [entry for entry in entries if entry.status != "closed"]
    view = city.current() if city.workspace.streets_folder() is not None else None
    by_check: dict[str, list[dict[str, Any]]] = {}
    for entry, doubt in screen_entries(view, used):
        if doubt.check != "unroutable":  # a check of its own
            row = row_of(
                entry,
                message=doubt.message,
                message_zh=in_chinese(doubt.message),
                fix=doubt.fix,
                fix_zh=in_chinese(doubt.fix),
            )
            by_check.setdefault(doubt.check, []).append(row)
    if not by_check:
        yield check("positions", OK, Told("0个可疑坐标", "0 suspicious positions"))
    for name, rows in sorted(by_check.items()):
        yield tell_found(
            f"position_{name}",
            rows,
            Told(f"个可疑坐标（{_DOUBTS_ZH[name]}）", f"suspicious positions ({name})"),
            Told(rows[0]["fix_zh"], rows[0]["fix"]),
        )


# -- status, hours and work --------------------------------------------------------------------


def _check_status(entries: Sequence[Entry]) -> Iterator[Check]:
    unclear = [row_of(entry) for entry in entries if not entry.status]
    yield tell_found(
        "status_unknown",
        unclear,
        Told(
            "个站没写明是否在用：现在不会带人去",
            "stations do not say whether they are in use: nobody is sent there",
        ),
        Told(
            "问清楚，再用 locator stations status 编号 open",
            "ask, then `locator stations status CODE open`",
        ),
    )


def _check_hours(entries: Sequence[Entry]) -> Iterator[Check]:
    used = in_use(entries)
    blank = [row_of(entry) for entry in used if not entry.hours and not entry.opening.known]
    posted = [entry for entry in used if entry.hours and not entry.opening.known]
    undated = [row_of(e, hours=e.hours) for e in posted if problem_of(e.hours) == UNDATED]
    unread = [row_of(e, hours=e.hours) for e in posted if problem_of(e.hours) == UNREAD]
    yield tell_found(
        "hours_unknown",
        blank,
        Told(
            "个在用站没有开放时间：不算开，也不算关",
            "stations in use have no opening hours: neither open nor closed",
        ),
        Told(
            "问清楚：时间不明的站从不显示为开着",
            "ask them: unknown hours are never shown as open",
        ),
    )
    yield tell_found(
        "hours_unread",
        unread,
        Told(
            "个在用站的开放时间看不懂，按未知算",
            "stations in use have hours that are not understood",
        ),
        Told(f"请写成：{WEEK_EXAMPLE}", f"write them as {WEEK_EXAMPLE}"),
    )
    yield tell_found(
        "hours_undated",
        undated,
        Told(
            "个在用站的开放时间写了季节、没写哪天到哪天，按未知算",
            "stations in use have hours that name a season without its dates",
        ),
        Told(f"请写成：{SEASONS_EXAMPLE}", f"write them as {SEASONS_EXAMPLE}"),
    )


def _check_work(entries: Sequence[Entry], today: date) -> Iterator[Check]:
    tasks = [task for task in work_list(entries, today) if task.reason not in _ELSEWHERE]
    by_reason: dict[str, list[Task]] = {}
    for task in tasks:
        by_reason.setdefault(task.reason, []).append(task)
    for reason, (title, advice, status) in _WORK.items():
        listed = [
            {
                "code": task.code,
                "name": task.name,
                "field": task.field,
                "field_zh": label(task.field),
                "checked": f"checked {task.checked_on}" if task.checked_on else None,
                "checked_zh": f"{task.checked_on}核对过" if task.checked_on else None,
                "overdue_days": task.overdue_days(today) or None,
            }
            for task in by_reason.get(reason, ())
            if reason != "due" or task.overdue_days(today) > 0
        ]
        yield tell_found(reason, listed, title, advice, status=status)


_ELSEWHERE = ("hours_unknown", "missing")
_WORK = {
    "disputed": (
        Told("个站被报在开放时间内锁门", "stations were found locked in posted hours"),
        Told("给驻点单位打电话核实", "phone the host"),
        FAIL,
    ),
    "opening_passed": (
        Told("个站到了开放日期，状态还没改", "stations should be open by now"),
        Told("问清楚，再改状态", "ask, then set the status"),
        WARN,
    ),
    "override_ends": (
        Told("项临时开放或关闭一周内到期", "openings or closures for a while end within a week"),
        Told(
            "核实到期后是否恢复原来的时间；不是，就再用 locator stations override",
            "see that the posted hours hold again then, or `locator stations override` anew",
        ),
        WARN,
    ),
    "broken": (
        Told("件设备坏了", "pieces of equipment are out of order"),
        Told("安排修理", "have them repaired"),
        WARN,
    ),
    "due": (
        Told("项核对已逾期", "checks are overdue"),
        Told("清单见 locator stations due", "see `locator stations due`"),
        WARN,
    ),
    "date_ahead": (
        Told("项核对的日期在将来", "checks are dated in the future"),
        Told("把日期改对", "correct the day"),
        WARN,
    ),
    "never_checked": (
        Told("项内容从没核对过", "fields were never checked"),
        Told("清单见 locator stations due", "see `locator stations due`"),
        WARN,
    ),
    "contradiction": (
        Told("个站的子类与类别对不上", "stations have a sub-kind of another kind"),
        Told("改正其中一项", "correct one of them"),
        WARN,
    ),
}
_DOUBTS_ZH = {
    "in_water": "落在水里",
    "motor_only": "在汽车专用路上",
    "unroutable": "离路太远",
    "district": "与区县代码不符",
    "address_district": "与地址的区县不符",
    "address_street": "离地址里的路太远",
    "seat": "正在区县中心",
    "same_point": "几个站同一点",
    "coarse": "小数位太少",
}


def _check_publication(entries: Sequence[Entry]) -> Iterator[Check]:
    found = measure_completeness(entries)
    missing = [
        {"field": name, "field_zh": label(name), "stations": count}
        for name, count in found.missing.items()
    ]
    lacking = found.stations - found.complete
    title = Told(
        f"{found.stations}个站里有{lacking}个缺公开发布必填的内容",
        f"{lacking} of {count_stations(found.stations)} lack fields needed for publication",
    )
    if lacking:
        yield check("mandatory", WARN, title, lacking, _FILL_IN, missing)
    else:
        yield check("mandatory", OK, title)


_FILL_IN = Told(
    "补填：locator stations template 文件.xlsx --filled（只要一类加 --kind，只要一个区县加 "
    "--district），填好后 locator stations import 文件.xlsx",
    "fill them in: `locator stations template FILE.xlsx --filled` (one kind: --kind, one "
    "district: --district), complete the sheet, `locator stations import FILE.xlsx`",
)


# -- checklists, calendar ----------------------------------------------------------------------


def _check_lists(entries: Sequence[Entry]) -> Iterator[Check]:
    for code, checklist in checklists().items():
        lifts = cheapest_lift(entries, checklist)
        if not lifts.stations:
            continue
        best = [
            {
                "item": lift.item.zh,
                "item_en": lift.item.en,
                "stations_lacking": lift.missing,
                "stations_unknown": lift.unknown,
                "completes": lift.completes,
                "completes_at_best": lift.completes_at_best,
            }
            for lift in lifts.items
            if lift.missing or lift.unknown
        ]
        yield _tell_list(code, checklist, lifts, best)


def _tell_list(
    code: str, checklist: Checklist, lifts: Lifts, best: Sequence[dict[str, Any]]
) -> Check:
    title = Told(
        f"{checklist.zh}：{lifts.stations}个站里{lifts.compliant}个达标，{lifts.failing}个不达标，"
        f"{lifts.undecided}个情况不明",
        f"{checklist.en}: {lifts.compliant} of {count_stations(lifts.stations)} comply, "
        f"{lifts.failing} do not, {lifts.undecided} not known well enough",
    )
    open_cases = lifts.failing + lifts.undecided
    if not open_cases:
        return check(f"checklist_{code}", OK, title)
    advice = Told(
        f"最省力、见效最多的一项：{best[0]['item']}",
        f"the cheapest item that lifts most: {best[0]['item_en']}",
    )
    return check(f"checklist_{code}", WARN, title, open_cases, advice, best)


def _check_calendar(today: date) -> Iterator[Check]:
    years = {today.year, (today + _SOON).year}
    warnings = load_calendar().warnings(sorted(years), today=today)
    if not warnings:
        yield check("calendar", OK, Told("放假安排已有", "public holidays are loaded"))
        return
    items = [{"warning": text, "warning_zh": in_chinese(text)} for text in warnings[1:]]
    title = tell_missing_year(warnings[0])
    yield check("calendar", WARN, title, len(warnings), _CALENDAR_ADVICE, items)


_CALENDAR_ADVICE = Told(
    "国务院办公厅的放假通知公布后，照往年的样子写进 geodata/data/holidays/年份.toml",
    "when the State Council's notice is out, put its days into geodata/data/holidays/<year>.toml "
    "beside those of other years",
)
