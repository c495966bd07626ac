"""Opening hours for tests: strategies that make any, and the slow and obvious way to read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from locator.hours import CLOSED, OPEN, UNKNOWN, DayException, Hours, Override, Rule

if TYPE_CHECKING:
    from geodata.calendar import Calendar

FIRST_DAY = date(2026, 1, 1)


def spans() -> st.SearchStrategy[tuple[int, int]]:
    """Half-open minutes, often on the hour, some past midnight."""
    minute = st.integers(0, 1439) | st.sampled_from([0, 360, 480, 510, 720, 1320, 1380])
    length = st.integers(1, 1440) | st.sampled_from([1, 60, 480, 1440])
    return st.tuples(minute, length).map(lambda span: (span[0], span[0] + span[1]))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    open_min, close_min = draw(spans() | st.just((0, 1440)))
    days = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda d: d.month * 100 + d.day)
    mmdd = days | st.sampled_from([101, 229, 301, 1231])
    return Rule(
        draw(st.integers(1, 127) | st.sampled_from([127, 31, 96])),
        open_min,
        close_min,
        draw(st.none() | st.tuples(mmdd, mmdd)),
        draw(st.sampled_from(["any", "any", "workday", "weekend", "holiday"])),
        draw(st.sampled_from(["normal", "normal", "extended", "holiday", "heat"])),
        draw(st.sampled_from([None, None, True, False])),
        draw(st.just("") | st.text(max_size=6)),
    )


@st.composite
def exceptions(draw: st.DrawFn) -> DayException:
    first = FIRST_DAY + timedelta(draw(st.integers(0, 9)))
    last = first + timedelta(draw(st.integers(0, 5)))
    open_spans = tuple(draw(st.lists(spans(), max_size=2)))
    kind = draw(st.sampled_from(["normal", "heat", "all_day"]))
    return DayException(first, last, open_spans, draw(st.text(max_size=4)), kind)


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    midnight = datetime.combine(FIRST_DAY, datetime.min.time())
    start = midnight + timedelta(minutes=draw(st.integers(0, 10 * 1440)))
    end = start + timedelta(minutes=draw(st.integers(1, 4000)))
    state = draw(st.sampled_from([True, False, None]))
    return Override(start, end, state, draw(st.text(max_size=4)))


@st.composite
def any_hours(draw: st.DrawFn) -> Hours:
    """Unknown, closed or open by up to four rules, with dated changes or none."""
    known = draw(st.booleans() | st.just(True))
    dated: Any = draw(
        st.just(((), ()))
        | st.tuples(
            st.lists(exceptions(), max_size=3).map(tuple),
            st.lists(overrides(), max_size=3).map(tuple),
        )
    )
    return Hours(
        tuple(draw(st.lists(rules(), max_size=4))) if known else (),
        *dated,
        draw(st.sampled_from(["as_posted", "closed", "unknown"])),
        known,
    )


def decide(hours: Hours, calendar: Calendar, when: datetime) -> int:
    """State at one minute, straight from the rules as their types tell them."""
    held = [one for one in hours.overrides if one.start <= when < one.end]
    if held:
        ranks = {False: 0, None: 1, True: 2}
        # begins last, ends first, promises least: what is closed goes before what is unknown
        best = max(held, key=lambda one: (one.start, one.start - one.end, -ranks[one.open]))
        return {True: OPEN, False: CLOSED, None: UNKNOWN}[best.open]
    found = set()
    for back in (0, 1):
        day = when.date() - timedelta(back)
        minute = when.hour * 60 + when.minute + back * 1440
        found |= {state for start, end, state in spans_of(hours, calendar, day)
                  if start <= minute < end}  # fmt: skip
    return OPEN if OPEN in found else UNKNOWN if UNKNOWN in found else CLOSED


def spans_of(hours: Hours, calendar: Calendar, day: date) -> list[tuple[int, int, int]]:
    """Spans that begin on a day, in its minutes, with what they say."""
    changes = [one for one in hours.exceptions if one.first <= day <= one.last]
    if changes:
        best = min(changes, key=lambda one: (one.last - one.first, -one.first.toordinal()))
        same = [one for one in changes if (one.first, one.last) == (best.first, best.last)]
        return [(*span, OPEN) for one in same for span in one.spans]
    if not hours.known:
        return [(0, 1440, UNKNOWN)]
    kind = calendar.kind_of(day)
    doubted = kind == "holiday" and hours.holidays == "unknown"
    found = [(0, 1440, UNKNOWN)] if doubted else []
    for rule in hours.rules:
        if not (rule.weekdays >> day.weekday() & 1 and in_season(rule, day)):
            continue
        if rule.days == kind:
            found.append((rule.open_min, rule.close_min, OPEN))
        elif rule.days == "any" and not (kind == "holiday" and hours.holidays == "closed"):
            found.append((rule.open_min, rule.close_min, UNKNOWN if doubted else OPEN))
    return found


def in_season(rule: Rule, day: date) -> bool:
    if rule.season is None:
        return True
    first, last = rule.season
    today = day.month * 100 + day.day
    return first <= today <= last if first <= last else today >= first or today <= last
