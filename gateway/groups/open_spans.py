"""Select of open membership spans: since when users are members."""

from __future__ import annotations

from sqlalchemy import select

from gateway.db.group_tables import membership_span
from gateway.db.ids import among

#: Group, user and instant (microseconds) of the open spans of users (``users``) in groups
#: (``groups``): of all pairs of the two.
OPEN_SPANS = select(
    membership_span.c.group_id, membership_span.c.user_id, membership_span.c.from_us
).where(
    among(membership_span.c.group_id, "groups"),
    among(membership_span.c.user_id, "users"),
    membership_span.c.until_us.is_(None),
)
