"""Certificates as tests write them into a database, without anything having been counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.db import Database
from gateway.db.certificate_tables import certificate
from gateway.db.upsert import replace_rows
from gateway.directory.certificates import Certificate, digest_of
from tests.events_of import day


def code_of(number: int) -> str:
    return f"{number:032x}"


def made_certificate(number: int, user: int, **said: Any) -> Certificate:
    """A certificate of one classification up to the first day of 2024, or what is said."""
    known: dict[str, Any] = {
        "code": code_of(number),
        "login": f"user-{user}",
        "display_name": None,
        "project_id": None,
        "project_name": None,
        "start_day": None,
        "end_day": day("2024-01-01"),
        "n": 1,
        "ms": 0,
        "projects": 1,
        "issued_at": 1_704_067_200_000_000,
    }
    given = known | said
    return Certificate(digest=digest_of(given["code"]), user_id=user, **given)


def write_certificates(connection: Connection, *certificates: Certificate) -> None:
    """Store certificates, and log that whose they are have changed."""
    replace_rows(connection, certificate, [*certificates])
    log_change(connection, user_record={one.user_id for one in certificates})


async def store_certificates(database: Database, *certificates: Certificate) -> None:
    await database.write(lambda connection: write_certificates(connection, *certificates))
