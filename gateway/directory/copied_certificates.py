"""Store the certificates of a copy; the stored ones stay.

No stored one is deleted or changed: somebody has it on paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, select

from gateway.changes.log import log_change
from gateway.db.certificate_tables import certificate
from gateway.db.ids import among
from gateway.db.upsert import replace_rows
from gateway.directory.certificates import MOST_CERTIFICATES
from gateway.directory.rows import Row
from gateway.errors import UnreadableFile


def check_certificates(rows: Sequence[Row]) -> None:
    """Validate certificates: UnreadableFile for more of a volunteer than the limit."""
    seen: Counter[int] = Counter()
    last = {row["digest"]: position for position, row in enumerate(rows)}
    for position, row in enumerate(rows):
        if last[row["digest"]] != position:
            continue
        seen[row["user_id"]] += 1
        if seen[row["user_id"]] > MOST_CERTIFICATES:
            raise UnreadableFile(
                f"certificates[{position}] cannot be used: a volunteer has at most"
                f" {MOST_CERTIFICATES} certificates."
            )


def add_certificates(connection: Connection, rows: Sequence[Row]) -> int:
    """Store the certificates that are new; returns how many.

    Those of users who were erased here are no longer among the rows.
    """
    wanted = {row["digest"]: row for row in rows}
    owners = {"users": sorted({row["user_id"] for row in rows})}
    theirs = select(certificate.c.digest).where(among(certificate.c.user_id, "users"))
    known = set(connection.execute(theirs, owners).scalars())
    new = [row for digest, row in wanted.items() if digest not in known]
    names = certificate.c.keys()
    replace_rows(connection, certificate, [tuple(row[name] for name in names) for row in new])
    if new:
        log_change(connection, user_record={row["user_id"] for row in new})
    return len(new)
