"""The tables as they began; takes over the stations of a registry from before migrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_TYPE = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
# Columns that a station had before there were migrations
_KEPT = (
    "id", "code", "name", "name_made", "kind", "lon_deg", "lat_deg", "lon_raw", "lat_raw",
    "datum_raw", "address", "hours", "facilities", "access_scope", "access_mode", "phone",
    "status", "district_code", "source", "source_id", "sample", "extra",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, and move what an older registry held into them."""
    old = sa.inspect(op.get_bind()).has_table("station")
    if old:
        op.rename_table("station", "station_before")
        op.rename_table("counter", "counter_before")
        op.rename_table("change", "change_before")
    create_station()
    create_parts()
    create_history()
    create_events()
    op.execute("INSERT INTO state (id, version) VALUES (1, 0)")
    if old:
        take_over()


def take_over() -> None:
    """Stations and counters of an older registry; their hours are text until they come again."""
    names = ", ".join(_KEPT)
    op.execute(
        f"INSERT INTO station ({names}, hours_known, holidays, version, created_at, "  # noqa: S608
        f"updated_at) SELECT {names}, 0, 'as_posted', 1, datetime(created_at), "
        "datetime(updated_at) FROM station_before"
    )
    op.execute("INSERT INTO counter (series, last) SELECT series, last FROM counter_before")
    op.execute("UPDATE state SET version = (SELECT version + 1 FROM change_before)")
    for name in ("station_before", "counter_before", "change_before"):
        op.drop_table(name)


def create_station() -> None:
    """The main table: what every station has."""
    op.create_table(
        "station",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_made", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("lon_deg", sa.Double(), nullable=False),
        sa.Column("lat_deg", sa.Double(), nullable=False),
        sa.Column("lon_raw", sa.Double(), nullable=False),
        sa.Column("lat_raw", sa.Double(), nullable=False),
        sa.Column("datum_raw", sa.String(length=20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("hours_known", sa.Boolean(), nullable=False),
        sa.Column("holidays", sa.String(length=20), nullable=False),
        sa.Column("facilities", sa.Text(), nullable=False),
        sa.Column("access_scope", sa.String(length=40), nullable=False),
        sa.Column("access_mode", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("extra", JSON_TYPE, nullable=False),
        *station_facts(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("lat_deg BETWEEN -90 AND 90", name="ck_station_lat"),
        sa.CheckConstraint("length(code) >= 1", name="ck_station_code"),
        sa.CheckConstraint("lon_deg BETWEEN -180 AND 180", name="ck_station_lon"),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
        sa.UniqueConstraint("code", name="uq_station_code"),
    )


def station_facts() -> list[sa.Column[object]]:
    """Further fields of every station; null is unknown."""
    return [
        sa.Column("subtype", sa.String(length=40), nullable=True),
        sa.Column("short_name", sa.Text(), nullable=True),
        sa.Column("sign_ok", sa.Boolean(), nullable=True),
        sa.Column("mgmt_area", sa.Text(), nullable=True),
        sa.Column("town", sa.Text(), nullable=True),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("floor_pos", sa.Text(), nullable=True),
        sa.Column("entrance_note", sa.Text(), nullable=True),
        sa.Column("coord_source", sa.String(length=40), nullable=True),
        sa.Column("coord_precision_m", sa.Integer(), nullable=True),
        sa.Column("bike_parking", sa.Boolean(), nullable=True),
        sa.Column("truck_parking", sa.Integer(), nullable=True),
        sa.Column("build_mode", sa.String(length=40), nullable=True),
        sa.Column("builder", sa.Text(), nullable=True),
        sa.Column("partners", JSON_TYPE, nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("host_type", sa.String(length=40), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("keeper_name", sa.Text(), nullable=True),
        sa.Column("keeper_phone", sa.Text(), nullable=True),
        sa.Column("star", sa.Integer(), nullable=True),
        sa.Column("honours", JSON_TYPE, nullable=True),
        sa.Column("qr_id", sa.Text(), nullable=True),
        sa.Column("poi", JSON_TYPE, nullable=True),
        sa.Column("photos", JSON_TYPE, nullable=True),
        sa.Column("accessible", sa.String(length=40), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("disputed_on", sa.Date(), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verify_how", sa.String(length=40), nullable=True),
    ]


def create_parts() -> None:
    """What belongs to the record of a station."""
    op.create_table(
        "mother_baby",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("nursing_seats", sa.Integer(), nullable=True),
        sa.Column("separate_from_toilet", sa.Boolean(), nullable=True),
        sa.Column("partition_n", sa.Integer(), nullable=True),
        sa.Column("all_gender", sa.Boolean(), nullable=True),
        sa.Column("key_holder", sa.Text(), nullable=True),
        sa.Column("cleaning_per_day", sa.Integer(), nullable=True),
        sa.Column("host_floor_area_m2", sa.Double(), nullable=True),
        sa.Column("host_daily_visitors", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_mother_baby_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", name="pk_mother_baby"),
    )
    op.create_table(
        "carnation",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("service_items", JSON_TYPE, nullable=True),
        sa.Column("service_partners", JSON_TYPE, nullable=True),
        sa.Column("next_activities", JSON_TYPE, nullable=True),
        sa.Column("sanitary_corner", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_carnation_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", name="pk_carnation"),
    )
    op.create_table(
        "worker_home",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("truck_spaces", sa.Integer(), nullable=True),
        sa.Column("beds", sa.Integer(), nullable=True),
        sa.Column("shower_m", sa.Integer(), nullable=True),
        sa.Column("shower_f", sa.Integer(), nullable=True),
        sa.Column("washers", sa.Integer(), nullable=True),
        sa.Column("price_note", sa.Text(), nullable=True),
        sa.Column("firm_count", sa.Integer(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_worker_home_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", name="pk_worker_home"),
    )
    op.create_table(
        "hours_rule",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("open_min", sa.Integer(), nullable=False),
        sa.Column("close_min", sa.Integer(), nullable=False),
        sa.Column("season_first", sa.Integer(), nullable=True),
        sa.Column("season_last", sa.Integer(), nullable=True),
        sa.Column("days", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("needs_code", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_hours_rule_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", "place", name="pk_hours_rule"),
    )
    op.create_table(
        "hours_exception",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("spans", JSON_TYPE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_hours_exception_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", "place", name="pk_hours_exception"),
    )
    op.create_table(
        "hours_override",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("end", sa.DateTime(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_hours_override_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", "place", name="pk_hours_override"),
    )
    op.create_table(
        "equipment",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("condition", sa.String(length=20), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_equipment_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", "code", name="pk_equipment"),
    )
    op.create_table(
        "verification",
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_verification_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", "field", name="pk_verification"),
    )


def create_history() -> None:
    """Who changed what, and when."""
    op.create_table(
        "state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_state"),
    )
    op.create_table(
        "counter",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name="pk_counter"),
    )
    op.create_table(
        "batch",
        sa.Column("id", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("counts", JSON_TYPE, nullable=False),
        sa.Column("confirmed", JSON_TYPE, nullable=False),
        sa.Column("undone_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(["undone_by"], ["batch.id"], name="fk_batch_undone_by"),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
        sa.UniqueConstraint("version", name="uq_batch_version"),
    )
    op.create_table(
        "change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("batch_id", BIG, nullable=False),
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("before", JSON_TYPE, nullable=True),
        sa.Column("after", JSON_TYPE, nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name="fk_change_batch_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
    )
    op.create_index("ix_change_batch_id", "change", ["batch_id"], unique=False)
    op.create_index("ix_change_code", "change", ["code"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disclosure"),
    )


def create_events() -> None:
    """What happened at a station."""
    op.create_table(
        "inspection",
        sa.Column("id", BIG, nullable=False),
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("items", JSON_TYPE, nullable=False),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("photo", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_inspection_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inspection"),
    )
    op.create_index("ix_inspection_station_id", "inspection", ["station_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("visitors", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.String(length=20), nullable=False),
        sa.CheckConstraint("count >= 0", name="ck_visit_count"),
        sa.CheckConstraint("hour BETWEEN -1 AND 23", name="ck_visit_hour"),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_visit_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.UniqueConstraint(
            "station_id", "day", "hour", "visitors", "counted_by", name="uq_visit_cell"
        ),
    )
    op.create_index("ix_visit_station_id", "visit", ["station_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", BIG, nullable=False),
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("posted_open", sa.Boolean(), nullable=True),
        sa.Column("witness", sa.String(length=32), nullable=True),
        sa.Column("moderation", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_report_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_station_id", "report", ["station_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", BIG, nullable=False),
        sa.Column("station_id", BIG, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_task_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
    )
    op.create_index("ix_task_station_id", "task", ["station_id"], unique=False)
