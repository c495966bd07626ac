"""Runs the migrations on the connection it is given, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

from locator.registry.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
