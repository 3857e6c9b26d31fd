"""Daily limits of the changes that volunteers make to their own goals and certificates.

Changes of groups are counted by the groups' history, which has none of these.
"""

from __future__ import annotations

from sqlalchemy import Table, delete, select

from gateway.db.upsert import replace_rows
from gateway.groups.limits import DAY, reached
from gateway.groups.transaction import Transaction


def count_change(transaction: Transaction, table: Table, most: int, what: str) -> None:
    """Count one more change of the viewer; LIMIT_REACHED beyond ``most`` within a day.

    ``table`` has a row of ``user_id``, ``began_at`` and ``number`` for each volunteer who changed
    something within a day. ``what`` completes the sentence "You may …".
    """
    transaction.connection.execute(delete(table).where(table.c.began_at <= transaction.now - DAY))
    counted = select(table.c.began_at, table.c.number).where(
        table.c.user_id == transaction.viewer_id
    )
    known = transaction.connection.execute(counted).first()
    # The clock of another server may be ahead of this one's.
    if known is None or known.began_at > transaction.now:
        began, number = transaction.now, 0
    else:
        began, number = known
    if number >= most:
        raise reached(f"You may {what} within a day: try again tomorrow.")
    replace_rows(transaction.connection, table, [(transaction.viewer_id, began, number + 1)])
