"""Bulk load table: the mark of a load that is under way, or was interrupted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Select, Table, select

from gateway.db.rollup_sets import metadata

# One row, with the id 0, from the beginning of a bulk load until all of it is stored.
bulk_load = Table(
    "bulk_load",
    metadata,
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    # Microseconds since 1970.
    Column("started_at", BigInteger, nullable=False),
)

#: A row while a bulk load is under way or was broken off.
HALF_LOADED: Select[Any] = select(bulk_load.c.id)

#: What whoever meets such a database is told.
SENTENCE = (
    "The database holds half of a bulk load: wait for it, or run the same stats-gateway import "
    "--bulk again, which starts it over."
)
