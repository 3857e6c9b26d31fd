"""Ticket table: tickets of downloads, which live for a minute at most."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from gateway.db.rollup_sets import metadata

# A ticket is gone once it is used. It is a random text, of which this has the SHA-256 alone, and
# nothing of the credentials that it was made with.
file_ticket = Table(
    "file_ticket",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    # Whom it is counted for, such as ``user/5``.
    Column("spender", Text, nullable=False),
    # Microseconds since 1970.
    Column("expires_at", BigInteger, nullable=False),
    # Who downloads what, as JSON; see ``gateway.files.tickets``.
    Column("content", Text, nullable=False),
    Index("ix_file_ticket_spender", "spender"),
    Index("ix_file_ticket_expires_at", "expires_at"),
)
