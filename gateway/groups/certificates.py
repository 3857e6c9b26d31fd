"""Certificates: issuing and revoking them.

The figures are counted in the transaction that stores them, by the statements that answer them in
the API. A revoked certificate is deleted, so that its code looks like one that was never issued.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select

from gateway.calendar import DayRange, day_date, day_of
from gateway.changes.log import log_change
from gateway.db.certificate_tables import certificate, certificate_issue
from gateway.db.upsert import replace_rows
from gateway.directory.certificates import (
    CERTIFICATE_BY_DIGEST,
    MOST_CERTIFICATES,
    Certificate,
    Figures,
    digest_of,
    new_code,
    question_of,
)
from gateway.directory.projects import PROJECTS_BY_ID
from gateway.directory.users import USERS_BY_ID
from gateway.errors import Forbidden, InvalidArgument, NotFound
from gateway.groups.commands import IssueCertificate, Outcome, RevokeCertificate
from gateway.groups.limits import reached
from gateway.groups.own_changes import count_change
from gateway.groups.transaction import Transaction
from gateway.groups.users import store_viewer_names
from gateway.stats.rows import parameters
from gateway.stats.subject import Question
from gateway.stats.sums import sums

#: Certificates that a volunteer may issue within a day, those revoked since included.
MOST_ISSUES = 100


def issue_certificate(transaction: Transaction, command: IssueCertificate) -> Outcome:
    """Issue a certificate: count and store the viewer's figures in these days, by a new code."""
    user_id = transaction.viewer.id
    if user_id is None:
        raise Forbidden("A site operator has no figures that a certificate could tell of.")
    days = _days(command.days, day_of(transaction.now))
    owned = select(func.count()).where(certificate.c.user_id == user_id)
    if transaction.connection.execute(owned).scalar_one() >= MOST_CERTIFICATES:
        raise reached(f"You have {MOST_CERTIFICATES} certificates: revoke one first.")
    count_change(transaction, certificate_issue, MOST_ISSUES, f"issue {MOST_ISSUES} certificates")

    # A user who is not stored yet gets the names of their token.
    store_viewer_names(transaction.connection, transaction.viewer)
    named = transaction.connection.execute(USERS_BY_ID, {"ids": [user_id]}).first()
    code = new_code()
    issued = Certificate(
        digest_of(code),
        code,
        user_id,
        None if named is None else named.login,
        None if named is None else named.display_name,
        command.project_id,
        _project_name(transaction, command.project_id),
        *days,
        *_count(transaction, question_of(command.project_id, DayRange(*days)), user_id),
        transaction.now,
    )
    replace_rows(transaction.connection, certificate, [issued])
    log_change(transaction.connection, user_record=[user_id])
    return Outcome(0, changed=True, user_ids=(user_id,), code=code)


def revoke_certificate(transaction: Transaction, command: RevokeCertificate) -> Outcome:
    """Revoke a certificate of the viewer by deleting it; a site admin revokes any.

    NOT_FOUND alike for an unknown code, and for that of another user.
    """
    row = transaction.connection.execute(
        CERTIFICATE_BY_DIGEST, {"digest": digest_of(command.code)}
    ).first()
    found = None if row is None else Certificate._make(row)
    is_theirs = found is not None and found.user_id == transaction.viewer.id
    if found is None or not (is_theirs or transaction.viewer.is_site_admin):
        raise NotFound("certificate", None, "code that you could revoke")
    transaction.connection.execute(delete(certificate).where(certificate.c.digest == found.digest))
    log_change(transaction.connection, user_record=[found.user_id])
    return Outcome(0, changed=True, user_ids=(found.user_id,))


def _days(requested: DayRange, today: int) -> tuple[int | None, int]:
    """The requested days until today."""
    if requested.start is not None and requested.start > today:
        raise InvalidArgument(
            "range", f"range begins on {day_date(requested.start)}, which is after today."
        )
    return requested.start, today if requested.end is None else min(requested.end, today)


def _count(transaction: Transaction, question: Question, user_id: int) -> Figures:
    rows = transaction.connection.execute(
        sums(question, ("project_id",)), parameters(question, [user_id])
    )
    return Figures.of((row[1], row[2], row[3]) for row in rows)


def _project_name(transaction: Transaction, project_id: int | None) -> str | None:
    row = transaction.connection.execute(PROJECTS_BY_ID, {"ids": [project_id or 0]}).first()
    return None if row is None else row.display_name
