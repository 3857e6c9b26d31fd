"""Certificates in copies: they come beside those that are here, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.changes.entity import SITE
from gateway.db import Database
from gateway.db.certificate_tables import certificate
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.errors import UnreadableFile
from tests.certificates_of import code_of, made_certificate, store_certificates
from tests.copies import rows
from tests.logged import logged

CERTIFICATE = {
    "end": "2024-01-01",
    "classifications": 1,
    "milliseconds": 0,
    "projects": 1,
    "issued_at": "2024-01-01T00:00:00Z",
}


def entry(number: int, user: int, **said: Any) -> dict[str, Any]:
    return {"code": code_of(number), "user_id": user, **CERTIFICATE, **said}


async def load(database: Database, *certificates: Any) -> Any:
    document = {"certificates": list(certificates)}
    return (await database.write(lambda one: load_directory(one, document)))["certificates"]


async def owners(database: Database) -> dict[str, tuple[int, int]]:
    return {row[1]: (row[2], row[9]) for row in await rows(database, certificate)}


async def test_none_that_is_here_goes_or_changes(database: Database) -> None:
    """Somebody has it on paper. Of two with one code the last one holds."""
    await store_certificates(database, made_certificate(1, 1), made_certificate(2, 1))
    async with logged(database) as changed:
        assert await load(
            database,
            entry(1, 1, classifications=5),
            entry(3, 2, classifications=6),
            entry(3, 2, classifications=7),
        ) == (3, 1)
    assert changed == {SITE, ("user_record", 2)}
    assert await owners(database) == {code_of(1): (1, 1), code_of(2): (1, 1), code_of(3): (2, 7)}
    async with logged(database) as changed:
        assert (await load(database, entry(3, 2))).changed == 0
    assert changed == set()


async def test_who_was_erased_here_gets_none_back(database: Database) -> None:
    await database.write(lambda one: erase_user(one, 1))
    await load(database, entry(1, 1), entry(2, 2))
    assert await owners(database) == {code_of(2): (2, 1)}


async def test_a_hundred_certificates_of_a_volunteer(database: Database) -> None:
    hundred = [entry(number, 1) for number in range(1, 101)]
    with pytest.raises(UnreadableFile) as refused:
        await load(database, *hundred, entry(101, 1))
    assert refused.value.message == (
        "certificates[100] cannot be used: a volunteer has at most 100 certificates."
    )
    await load(database, *hundred, entry(1, 1), entry(101, 2))
    assert len(await rows(database, certificate)) == 101


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"code": "A" * 32}, ".code cannot be used: String should match pattern '^[0-9a-f]{32}$'."),
        ({"code": "a" * 33}, ".code cannot be used: String should match pattern '^[0-9a-f]{32}$'."),
        (
            {"user_id": 0},
            ".user_id cannot be used: it is 0: an id is a whole number from 1 to"
            " 9223372036854775807.",
        ),
        ({"start": "2024-01-02"}, " cannot be used: it must not end before it starts."),
        (
            {"end": "2024-01-02"},
            " cannot be used: it must not end after the day on which it was issued.",
        ),
        ({"end": None}, ".end cannot be used: None is not a valid date (YYYY-MM-DD)."),
        (
            {"classifications": -1},
            ".classifications cannot be used: Input should be greater than or equal to 0.",
        ),
        (
            {"login": "a\0"},
            ".login cannot be used: it contains NUL or a character that is not valid Unicode.",
        ),
        ({"digest": "a"}, ".digest is not a key that is known."),
    ],
)
async def test_what_was_never_a_certificate_is_refused(
    database: Database, said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        await load(database, entry(1, 1) | said)
    assert refused.value.message == f"certificates[0]{sentence}"
