"""Stored certificates, and the codes by which anybody looks one up."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import bindparam, select

from gateway.calendar import DayRange
from gateway.db.certificate_tables import certificate
from gateway.db.ids import among
from gateway.stats.subject import Kind, Question, Selection

#: Of a volunteer.
MOST_CERTIFICATES = 100
#: 128 bits, 32 hexadecimal characters.
CODE_BYTES = 16
CODE = r"^[0-9a-f]{32}$"

#: What people write between the parts of a code that they copy from paper.
_BETWEEN = re.compile(r"[\s-]+")


class Figures(NamedTuple):
    """What a volunteer did: classifications, session time in milliseconds, and projects."""

    n: int = 0
    ms: int = 0
    projects: int = 0

    @classmethod
    def of(cls, sums: Iterable[tuple[int, int, int]]) -> Figures:
        """The figures of sums by project: id, classifications, milliseconds."""
        n = ms = projects = 0
        for project_id, of_project, time in sums:
            n, ms = n + of_project, ms + time
            # As everywhere: what names no project is counted under 0, which is none.
            projects += project_id != 0
        return cls(n, ms, projects)


class Certificate(NamedTuple):
    """A certificate, the columns of its table in their order.

    Names are those of the day of issue. Days are day numbers, both included; ``issued_at`` is in
    microseconds since the epoch.
    """

    digest: str
    code: str
    user_id: int
    login: str | None
    display_name: str | None
    #: None for all projects.
    project_id: int | None
    project_name: str | None
    #: None from the beginning on.
    start_day: int | None
    end_day: int
    n: int
    ms: int
    projects: int
    issued_at: int

    @property
    def figures(self) -> Figures:
        """What was counted on the day of issue."""
        return Figures(self.n, self.ms, self.projects)

    @property
    def question(self) -> Question:
        """The question that it answers; asked again, it yields today's figures."""
        return question_of(self.project_id, DayRange(self.start_day, self.end_day))


def question_of(project_id: int | None, days: DayRange) -> Question:
    """The question about a volunteer that a certificate answers."""
    project_ids = None if project_id is None else (project_id,)
    return Question(Kind.USER, Selection(days=days, project_ids=project_ids))


def new_code() -> str:
    """A random code of 128 bits."""
    return token_hex(CODE_BYTES)


def digest_of(code: str) -> str:
    """The look-up key of a code. Letter case, spaces and hyphens make no difference."""
    written = _BETWEEN.sub("", code).lower()
    # Half of a surrogate pair is no part of any code, and no reason to fail.
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


#: The certificate with this ``digest``; and those of users (``ids``), in no particular order.
CERTIFICATE_BY_DIGEST = select(certificate).where(certificate.c.digest == bindparam("digest"))
CERTIFICATES_BY_USER = select(certificate).where(among(certificate.c.user_id, "ids"))
