"""Subjects and measures of embeds."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Measure(Enum):
    """Measure of an embed; the value is its word in addresses, as on the pages."""

    CLASSIFICATIONS = "classifications", "classifications", "totalCount", "count"
    HOURS = "hours", "classifications", "timeSpent", "timeSpent"
    VOLUNTEERS = "volunteers", "classifications", "activeUsers", "activeUsers"
    COMMENTS = "comments", "comments", "totalCount", "count"

    statistic: str
    total: str
    bucket: str

    def __new__(cls, word: str, statistic: str, total: str, bucket: str) -> Measure:
        measure = object.__new__(cls)
        measure._value_ = word
        #: The fields of the schema: the statistic, its total, and the number of a bucket.
        measure.statistic = statistic
        measure.total = total
        measure.bucket = bucket
        return measure

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self is not Measure.HOURS


class Kind(NamedTuple):
    """A kind of subject; ``field`` is that of the schema, None for the site itself."""

    noun: str
    field: str | None
    measures: tuple[Measure, ...]
    #: Where its page is, below the root.
    page: str

    def title(self, subject_id: int | None, known: str | None) -> str:
        """Title of a subject; ``known`` is its display name, if there is one."""
        if self.field is None:
            return "All projects"
        return known or f"{self.noun.title()} {subject_id}"


_CLASSIFIED = (Measure.CLASSIFICATIONS, Measure.HOURS, Measure.VOLUNTEERS)

SITE = Kind("site", None, tuple(Measure), "")
PROJECT = Kind("project", "project", tuple(Measure), "projects/{id}")
GROUP = Kind("group", "userGroup", _CLASSIFIED, "groups/{id}")
