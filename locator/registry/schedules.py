"""Weekly hours in the tables: stored once for all stations that have the same.

Thousands of stations keep the hours of a few hosts, so a station names its schedule, and a snapshot
reads each schedule once. A schedule never changes and is never removed: a station whose hours
change names another one.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from locator.hours import Rule
from locator.registry import models

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Rules = tuple[Rule, ...]
_PARTS = ("weekdays", "open_min", "close_min", "days", "type", "needs_code", "note")
_DIGEST_CHARS = 32  # 128 bits tell any two schedules apart


def read_schedules(connection: Connection) -> dict[int, Rules]:
    """Weekly rules of every schedule, by its id."""
    table = models.hours_rule
    found: dict[int, list[Rule]] = defaultdict(list)
    for row in connection.execute(sa.select(table).order_by(table.c.schedule_id, table.c.place)):
        season = None if row.season_first is None else (row.season_first, row.season_last)
        own: dict[str, Any] = {name: getattr(row, name) for name in _PARTS}
        found[row.schedule_id].append(Rule(**own, season=season))
    return {key: tuple(rules) for key, rules in found.items()}


def keep_schedules(connection: Connection, wanted: Iterable[Rules]) -> dict[Rules, int]:
    """Id of the schedule of each set of rules, none for no rules; new ones are stored."""
    digests = {rules: _digest(rules) for rules in set(wanted) if rules}
    if not digests:
        return {}
    table = models.schedule
    known = {row.digest: row.id for row in connection.execute(sa.select(table))}
    missing = [rules for rules, digest in digests.items() if digest not in known]
    for key, rules in enumerate(missing, start=max(known.values(), default=0) + 1):
        known[digests[rules]] = key
    if missing:
        new = [{"id": known[digests[rules]], "digest": digests[rules]} for rules in missing]
        connection.execute(sa.insert(table), new)
        rows = [row for rules in missing for row in _rows(known[digests[rules]], rules)]
        connection.execute(sa.insert(models.hours_rule), rows)
    return {rules: known[digest] for rules, digest in digests.items()}


def _digest(rules: Rules) -> str:
    text = json.dumps([asdict(rule) for rule in rules], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]


def _rows(key: int, rules: Rules) -> list[dict[str, Any]]:
    rows = []
    for place, rule in enumerate(rules):
        first, last = rule.season or (None, None)
        own = {name: getattr(rule, name) for name in _PARTS}
        seasons = {"season_first": first, "season_last": last}
        rows.append({"schedule_id": key, "place": place, **seasons, **own})
    return rows
