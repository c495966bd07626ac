"""Weekly hours once for all stations that have the same, instead of a copy for each."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Rows = tuple[tuple[Any, ...], ...]


def upgrade() -> None:
    """Make schedules of the rules, and let stations name them."""
    rules = read_rules()
    op.drop_table("hours_rule")
    op.create_table(
        "schedule",
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        sa.UniqueConstraint("digest", name="uq_schedule_digest"),
    )
    op.create_table(
        "hours_rule",
        sa.Column("schedule_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *rule_columns(),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name="fk_hours_rule_schedule_id"),
        sa.PrimaryKeyConstraint("schedule_id", "place", name="pk_hours_rule"),
    )
    whole = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # SQLite adds a column with its foreign key in one statement only
    op.execute(
        f"ALTER TABLE station ADD COLUMN schedule_id {whole} "
        "CONSTRAINT fk_station_schedule_id REFERENCES schedule (id)"
    )
    keep_rules(rules)


def rule_columns() -> list[sa.Column[Any]]:
    """What a rule says."""
    return [
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("open_min", sa.Integer(), nullable=False),
        sa.Column("close_min", sa.Integer(), nullable=False),
        sa.Column("season_first", sa.Integer(), nullable=True),
        sa.Column("season_last", sa.Integer(), nullable=True),
        sa.Column("days", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("needs_code", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
    ]


def read_rules() -> dict[int, Rows]:
    """Rules of each station, in their order."""
    columns = rule_columns()
    old = sa.table("hours_rule", sa.column("station_id"), sa.column("place"), *columns)
    query = sa.select(old.c.station_id, *columns).order_by(old.c.station_id, old.c.place)
    found: dict[int, Rows] = {}
    for station, *rule in op.get_bind().execute(query):
        found[station] = (*found.get(station, ()), tuple(rule))
    return found


def keep_rules(rules: dict[int, Rows]) -> None:
    """Store each distinct set of rules, and name it in its stations."""
    ids = {rows: key for key, rows in enumerate(dict.fromkeys(rules.values()), start=1)}
    if not ids:
        return
    bind = op.get_bind()
    schedule = sa.table("schedule", sa.column("id"), sa.column("digest"))
    new = [{"id": key, "digest": digest_of(rows)} for rows, key in ids.items()]
    bind.execute(sa.insert(schedule), new)
    columns = rule_columns()
    names = [column.name for column in columns]
    table = sa.table("hours_rule", sa.column("schedule_id"), sa.column("place"), *columns)
    parts = [
        {"schedule_id": key, "place": place, **dict(zip(names, rule, strict=True))}
        for rows, key in ids.items()
        for place, rule in enumerate(rows)
    ]
    bind.execute(sa.insert(table), parts)
    station = sa.table("station", sa.column("id"), sa.column("schedule_id"))
    change = sa.update(station).where(station.c.id == sa.bindparam("key"))
    bind.execute(
        change.values(schedule_id=sa.bindparam("its")),
        [{"key": key, "its": ids[rows]} for key, rows in rules.items()],
    )


def digest_of(rows: Rows) -> str:
    """As the program of this version tells schedules apart."""
    names = [column.name for column in rule_columns()]
    documents = []
    for row in rows:
        rule = dict(zip(names, row, strict=True))
        first, last = rule.pop("season_first"), rule.pop("season_last")
        documents.append({**rule, "season": None if first is None else [first, last]})
    text = json.dumps(documents, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
