"""Invalid parts of events that count: they are left out, and counted by kind.

A volunteer's browser writes a classification's ``metadata``: whatever it contains, the
classification was made, and counts.
"""

from __future__ import annotations

from enum import StrEnum


class LeftOut(StrEnum):
    """Kind of an invalid part; the value is the label of the metric."""

    GROUPS = "groups"
    TOO_MANY_GROUPS = "too_many_groups"
    SESSION_TIME = "session_time"
    METADATA = "metadata"

    def sentence(self, events: int) -> str:
        """Sentence for people: this was left out of so many ``events``."""
        return f"{events:,} counted {_SENTENCES[self]}."


_SENTENCES = {
    LeftOut.GROUPS: "without values in user_group_ids that are not ids",
    LeftOut.TOO_MANY_GROUPS: "to no group, because user_group_ids has too many ids "
    "(STATS_GATEWAY_GROUPS_PER_EVENT)",
    LeftOut.SESSION_TIME: "0 seconds, because a time of the session cannot be read",
    LeftOut.METADATA: "0 seconds and to no group, because metadata is not a JSON object",
}
