"""What an event that counts said in a way that cannot be used, and was left out of it.

A classification's ``metadata`` is what a volunteer's browser wrote: whatever stands there, the
classification was made, and counts.
"""

from __future__ import annotations

from enum import StrEnum


class LeftOut(StrEnum):
    """The value is the label of the metric."""

    GROUPS = "groups"
    TOO_MANY_GROUPS = "too_many_groups"
    SESSION_TIME = "session_time"
    METADATA = "metadata"

    def told(self, events: int) -> str:
        """That this was left out of so many events, in a sentence."""
        return f"{events:,} counted {_TOLD[self]}."


_TOLD = {
    LeftOut.GROUPS: "without values in user_group_ids that are not ids",
    LeftOut.TOO_MANY_GROUPS: "to no group, because user_group_ids has too many ids "
    "(STATS_GATEWAY_GROUPS_PER_EVENT)",
    LeftOut.SESSION_TIME: "0 seconds, because a time of the session cannot be read",
    LeftOut.METADATA: "0 seconds and to no group, because metadata is not a JSON object",
}
