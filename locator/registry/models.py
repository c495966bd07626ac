"""The registry's tables, for SQLite and PostgreSQL alike.

station and its parts (mother_baby, carnation, worker_home, hours_exception, hours_override,
equipment, verification) are one record, with the weekly hours (hours_rule) of the schedule that it
names; their columns are the fields of `geodata.fields`. batch and change are its history: every
writing is a batch, every station it touched a change with what was before and after. inspection,
visit, report and task are events about a station and no part of its record. `REVISION` is the
newest migration; a test compares the migrations with these tables.

Facilities and cells that were not understood are JSON: nothing asks for them by column, and one
text shared by thousands of stations is what makes a snapshot fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from geodata.fields import Field, fields
from locator.registry.codes import MAX_LENGTH
from locator.registry.entries import CORE

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

REVISION = "0002"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
JSON_TYPE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_BIG = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by INTEGER alone


def _type(field: Field) -> TypeEngine[Any]:
    """Column type of a field."""
    types: dict[str, TypeEngine[Any]] = {
        "int": Integer(),
        "number": Double(),
        "yes_no": Boolean(),
        "date": Date(),
        "list": JSON_TYPE,
        "json": JSON_TYPE,
        "term": String(40),
    }
    return types.get(field.type, Text())


def _facts(group: str) -> list[Column[Any]]:
    """Columns of the fields of a group that are facts of an entry; null is unknown."""
    return [
        Column(field.name, _type(field), nullable=True)
        for field in fields().values()
        if field.group == group and field.name not in CORE
    ]


def _part(**options: bool) -> Column[int]:
    """Column that makes a row part of a station's record."""
    key = ForeignKey("station.id", ondelete="CASCADE")
    return Column("station_id", _BIG, key, nullable=False, **options)  # type: ignore[arg-type]


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


state = Table(
    "state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", _BIG, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("series", String(20), primary_key=True),
    Column("last", Integer, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("digest", String(32), nullable=False, unique=True),
)

hours_rule = Table(
    "hours_rule",
    metadata,
    Column("schedule_id", _BIG, ForeignKey("schedule.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("weekdays", Integer, nullable=False),
    Column("open_min", Integer, nullable=False),
    Column("close_min", Integer, nullable=False),
    Column("season_first", Integer),
    Column("season_last", Integer),
    Column("days", String(20), nullable=False),
    Column("type", String(20), nullable=False),
    Column("needs_code", Boolean),
    _text("note"),
)

station = Table(
    "station",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("code", String(MAX_LENGTH), nullable=False, unique=True),
    _text("name"),
    Column("name_made", Boolean, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("lon_deg", Double, nullable=False),
    Column("lat_deg", Double, nullable=False),
    Column("lon_raw", Double, nullable=False),
    Column("lat_raw", Double, nullable=False),
    Column("datum_raw", String(20), nullable=False),
    _text("address"),
    _text("hours"),
    Column("schedule_id", _BIG, ForeignKey("schedule.id")),  # null: no weekly rules
    Column("hours_known", Boolean, nullable=False),
    Column("holidays", String(20), nullable=False),
    _text("facilities"),
    Column("access_scope", String(40), nullable=False),
    Column("access_mode", String(40), nullable=False),
    _text("phone"),
    Column("status", String(40), nullable=False),
    _text("district_code"),
    _text("source"),
    _text("source_id"),
    Column("sample", Boolean, nullable=False),
    Column("extra", JSON_TYPE, nullable=False),
    *_facts("common"),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    CheckConstraint("lon_deg BETWEEN -180 AND 180", name="lon"),
    CheckConstraint("lat_deg BETWEEN -90 AND 90", name="lat"),
    CheckConstraint("length(code) >= 1", name="code"),
)

mother_baby = Table("mother_baby", metadata, _part(primary_key=True), *_facts("mother_baby"))
carnation = Table("carnation", metadata, _part(primary_key=True), *_facts("carnation"))
worker_home = Table("worker_home", metadata, _part(primary_key=True), *_facts("worker_home"))

hours_exception = Table(
    "hours_exception",
    metadata,
    _part(primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("spans", JSON_TYPE, nullable=False),
    _text("reason"),
    Column("type", String(20), nullable=False),
)

hours_override = Table(
    "hours_override",
    metadata,
    _part(primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("start", DateTime, nullable=False),
    Column("end", DateTime, nullable=False),
    Column("open", Boolean),
    _text("reason"),
    Column("type", String(20), nullable=False),
)

equipment = Table(
    "equipment",
    metadata,
    _part(primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("count", Integer),
    Column("condition", String(20), nullable=False),
    Column("checked_on", Date),
)

verification = Table(
    "verification",
    metadata,
    _part(primary_key=True),
    Column("field", String(40), primary_key=True),
    Column("checked_on", Date, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("version", _BIG, nullable=False, unique=True),
    Column("at", DateTime, nullable=False),
    _text("who"),
    _text("why"),
    Column("action", String(20), nullable=False),
    _text("source"),
    Column("counts", JSON_TYPE, nullable=False),
    Column("confirmed", JSON_TYPE, nullable=False),  # stations an import left unchanged
    Column("undone_by", _BIG, ForeignKey("batch.id")),
)

change = Table(
    "change",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("batch_id", _BIG, ForeignKey("batch.id", ondelete="CASCADE"), nullable=False),
    Column("station_id", _BIG, nullable=False),  # outlives a station that an undo took out
    Column("code", String(MAX_LENGTH), nullable=False, index=True),
    Column("before", JSON_TYPE),
    Column("after", JSON_TYPE),
    Index("ix_change_batch_id", "batch_id"),
)

inspection = Table(
    "inspection",
    metadata,
    Column("id", _BIG, primary_key=True),
    _part(index=True),
    Column("day", Date, nullable=False),
    _text("inspector"),
    Column("items", JSON_TYPE, nullable=False),
    Column("result", String(40), nullable=False),
    _text("reason"),
    Column("due", Date),
    _text("photo"),
)

visit = Table(
    "visit",
    metadata,
    Column("id", _BIG, primary_key=True),
    _part(index=True),
    Column("day", Date, nullable=False),
    Column("hour", Integer, nullable=False),  # -1: the whole day
    Column("visitors", String(20), nullable=False),
    Column("count", Integer, nullable=False),
    Column("counted_by", String(20), nullable=False),
    UniqueConstraint("station_id", "day", "hour", "visitors", "counted_by", name="uq_visit_cell"),
    CheckConstraint("count >= 0", name="count"),
    CheckConstraint("hour BETWEEN -1 AND 23", name="hour"),
)

report = Table(
    "report",
    metadata,
    Column("id", _BIG, primary_key=True),
    _part(index=True),
    Column("what", String(20), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("posted_open", Boolean),  # whether the posted hours said open then; null: unknown
    Column("witness", String(32)),  # tells two reporters apart for a day, then it is erased
    Column("moderation", String(20), nullable=False),
)

task = Table(
    "task",
    metadata,
    Column("id", _BIG, primary_key=True),
    _part(index=True),
    Column("what", String(40), nullable=False),
    _text("reason"),
    Column("opened_at", DateTime, nullable=False),
    Column("due", Date),
    Column("done_at", DateTime),
    _text("done_by"),
    _text("outcome"),
)

disclosure = Table(
    "disclosure",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("at", DateTime, nullable=False),
    _text("who"),
    _text("why"),
    _text("what"),
)

PARTS = (
    mother_baby, carnation, worker_home, hours_exception, hours_override, equipment, verification,
)  # fmt: skip
