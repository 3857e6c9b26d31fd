"""Instance secret: random, one per database, shared by all of its processes."""

from __future__ import annotations

from sqlalchemy import Select, select

from gateway.db.group_tables import instance_secret

#: One row with the secret as a text.
INSTANCE_SECRET: Select[str] = select(instance_secret.c.secret)
