"""Volunteer rows: who classified, one for each volunteer in each bucket, some more than once.

A group has sets by member. For others they are rows of the user set, found by an index over all
columns of its key: for the site those of a bucket, for a project or workflow those that match each
of its own rows. So the cost depends on the volunteers in the range, not on the history.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    bindparam,
    literal,
    select,
    union_all,
)

from gateway.calendar import Grain
from gateway.db.ids import among
from gateway.db.rollup_sets import SITE, USER, RollupSet
from gateway.stats.rows import filters, narrowest
from gateway.stats.subject import Kind, Question


class VolunteerRows(NamedTuple):
    """The rows of some questions: those about the same kind that narrow the same columns."""

    rollup: RollupSet
    kind: Kind
    narrowed: tuple[str, ...]

    @staticmethod
    def of(question: Question) -> VolunteerRows:
        """The rows of a question."""
        columns = ("user_id",) if question.kind is Kind.GROUP else ()
        return VolunteerRows(narrowest(question, columns), question.kind, filters(question))

    def rows(self, grains: tuple[Grain, ...], prefix: str = "") -> Subquery:
        """Rows of ``subject``, ``user_id``, ``bucket``, ``n`` and ``ms`` in a piece of each grain.

        Binds what the question binds, the pieces' bounds under names with the prefix.
        """
        pieces = [
            self._piece(grain, f"{prefix}first_{index}", f"{prefix}last_{index}")
            for index, grain in enumerate(grains)
        ]
        return (pieces[0] if len(pieces) == 1 else union_all(*pieces)).subquery("volunteer")

    def _piece(self, grain: Grain, first: str, last: str) -> Select[Any]:
        user = USER.table.c
        # For the whole site, the user set itself; for a group, a set by member.
        found = user if self.rollup is SITE else self.rollup.table.c
        subject: ColumnElement[int] = literal(0, BigInteger)
        conditions: list[ColumnElement[bool]] = [
            found.grain == int(grain),
            found.bucket.between(bindparam(first), bindparam(last)),
            *(among(found[column], f"{column}s") for column in self.narrowed),
        ]
        if self.kind is not Kind.SITE:
            subject = found[self.kind.value]
            conditions.append(among(subject, "ids"))
        if "user_id" not in found:
            same = ("grain", "bucket", *self.rollup.dims)
            conditions += [user[column] == found[column] for column in same]
        own = found if "user_id" in found else user
        measures = (own.user_id, found.bucket, own.n, own.ms)
        return select(subject.label("subject"), *measures).where(*conditions)
