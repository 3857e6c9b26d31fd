"""The instance's secret: random, one a database, and the same for all processes that share it."""

from __future__ import annotations

from sqlalchemy import Select, select

from gateway.db.group_tables import instance_secret

#: One row with the secret as a text.
INSTANCE_SECRET: Select[str] = select(instance_secret.c.secret)
