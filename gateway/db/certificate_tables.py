"""Certificate tables: what was counted for a volunteer on the day of issue; it never changes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.db.rollup_sets import metadata

_Id = BigInteger().with_variant(Integer, "sqlite")

# A certificate that was revoked, or whose volunteer was erased, has no row: it cannot look
# otherwise than one that never was. Days are numbers of days since 1970 (UTC).
certificate = Table(
    "certificate",
    metadata,
    # The code's SHA-256: how long a look-up takes tells nothing of how much of a code was right.
    Column("digest", Text, primary_key=True),
    # In clear, so that the volunteer can print it again. It opens no more than the row itself.
    Column("code", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    # The names of the day of issue; null where the directory had none.
    Column("login", Text),
    Column("display_name", Text),
    # Null for all projects.
    Column("project_id", BigInteger),
    Column("project_name", Text),
    # Included; null from the beginning on.
    Column("start_day", BigInteger),
    # Included, and never after the day of issue.
    Column("end_day", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("ms", BigInteger, nullable=False),
    Column("projects", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Index("ix_certificate_user_id", "user_id"),
)

# Certificates that were issued to a volunteer since ``began_at``; deleted after a day.
certificate_issue = Table(
    "certificate_issue",
    metadata,
    Column("user_id", _Id, primary_key=True, autoincrement=False),
    Column("began_at", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
)
