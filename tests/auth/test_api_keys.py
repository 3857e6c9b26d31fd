import asyncio
import logging
from hashlib import sha256
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.api_keys import ApiKeys, NewApiKey, new_api_key
from gateway.auth.unverified import Unverified
from gateway.auth.viewer import Scope, Viewer
from gateway.db import Database, open_database
from gateway.db.tables import api_key
from gateway.directory.api_keys import add_api_key, revoke_api_key
from gateway.errors import InvalidArgument
from tests.auth.signing import REFUSAL
from tests.auth.waiting import until

MINUTE = 60_000_000
NOON = 1_795_348_800_000_000


class Clock:
    """Tells microseconds since the epoch, and moves only when told."""

    now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uses(database: Database) -> ApiKeyUses:
    return ApiKeyUses(database)


@pytest.fixture
def keys(database: Database, uses: ApiKeyUses, clock: Clock) -> ApiKeys:
    return ApiKeys(database, uses, clock)


async def stored(database: Database, name: str = "report", *scopes: Scope) -> NewApiKey:
    key = new_api_key(name, scopes or (Scope.STATS_READ,), NOON)
    await database.write(lambda connection: add_api_key(connection, key.stored))
    return key


async def rows(database: Database) -> list[Any]:
    async with database.read() as snapshot:
        return list(await snapshot.fetch(select(api_key).order_by(api_key.c.created_at)))


async def last_used(database: Database) -> int | None:
    (row,) = await rows(database)
    used: int | None = row.last_used_at
    return used


async def refusal(keys: ApiKeys, sent: str) -> str:
    with pytest.raises(Unverified) as caught:
        await keys.verify(sent)
    assert caught.value.__cause__ is None
    return caught.value.message


def test_a_key_shows_its_id_and_has_256_random_bits() -> None:
    numbers = iter([b"\x0a" * 6, b"\xff" * 32])

    def random_bytes(count: int) -> bytes:
        drawn = next(numbers)
        assert len(drawn) == count
        return drawn

    key = new_api_key("report", [Scope.STATS_READ], NOON, random_bytes)
    assert key.text == f"sgw_{'0a' * 6}_{'ff' * 32}"
    assert key.stored.id == "0a" * 6
    assert new_api_key("report", [], NOON).text != new_api_key("report", [], NOON).text


async def test_only_the_hash_of_a_key_is_stored(database: Database) -> None:
    key = await stored(database, "report", Scope.GROUPS_COUNT, Scope.STATS_READ)
    (row,) = await rows(database)
    assert row.secret_hash == sha256(key.text.encode()).digest()
    assert row.scopes == '["groups:count","stats:read"]'
    secret = key.text.rpartition("_")[2]
    assert secret not in str(row)
    assert bytes.fromhex(secret) not in row.secret_hash


@pytest.mark.parametrize(
    ("scopes", "is_site_admin"),
    [
        ({Scope.STATS_READ}, True),
        ({Scope.GROUPS_COUNT}, False),
        ({Scope.STATS_READ, Scope.GROUPS_COUNT}, True),
    ],
)
async def test_a_key_is_a_machine_with_its_scopes(
    database: Database, keys: ApiKeys, uses: ApiKeyUses, scopes: set[Scope], is_site_admin: bool
) -> None:
    key = await stored(database, "report", *scopes)
    viewer = await keys.verify(key.text)
    assert viewer == Viewer(
        is_site_admin=is_site_admin, api_key_id=key.stored.id, scopes=frozenset(scopes)
    )
    assert not viewer.is_anonymous
    assert viewer.only_reads
    await uses.close()


async def test_a_scope_of_another_version_allows_nothing(
    database: Database, keys: ApiKeys, uses: ApiKeyUses
) -> None:
    key = new_api_key("report", [], NOON)
    newer = key.stored._replace(scopes=("stats:write", "STATS:READ"))
    await database.write(lambda connection: add_api_key(connection, newer))
    viewer = await keys.verify(key.text)
    assert viewer == Viewer(api_key_id=key.stored.id)
    await uses.close()


async def test_a_key_that_is_unknown_changed_or_malformed_is_refused(
    database: Database, keys: ApiKeys
) -> None:
    right = (await stored(database)).text
    mark, key_id, secret = right.split("_")
    other = "0" if secret[-1] != "0" else "1"
    for wrong in (
        f"{mark}_{'0' * 12}_{secret}",
        f"{mark}_{key_id}_{secret[:-1]}{other}",
        f"{mark}_{key_id}_{secret[:-1]}",
        f"{right}0",
        f"{right}\n",
        f"{mark}_{key_id}_{secret.upper()}",
        f"{mark}_{key_id}_",
        f"{mark}_{key_id}",
        f"{mark}_' OR ''='_{secret}",
        "sgw_",
        "sgw_" + "é" * 77,
        right * 1000,
    ):
        assert await refusal(keys, wrong) == REFUSAL
    assert await last_used(database) is None


async def test_a_revoked_key_is_refused_from_then_on(
    database: Database, keys: ApiKeys, uses: ApiKeyUses
) -> None:
    key = await stored(database)
    other = await stored(database, "other")
    await keys.verify(key.text)
    await uses.close()
    await database.write(lambda connection: revoke_api_key(connection, key.stored.id, NOON))
    assert await refusal(keys, key.text) == REFUSAL
    assert (await keys.verify(other.text)).api_key_id == other.stored.id
    await uses.close()


async def test_revoking_again_changes_nothing(database: Database) -> None:
    key = await stored(database)
    for instant in (NOON + 1, NOON + 2):
        revoked = await database.write(
            lambda connection, at=instant: revoke_api_key(connection, key.stored.id, at)
        )
        assert revoked.revoked_at == NOON + 1


async def test_a_name_belongs_to_one_key_in_use(database: Database) -> None:
    first = await stored(database)
    with pytest.raises(InvalidArgument, match="There is a key named report"):
        await stored(database)
    await database.write(lambda connection: revoke_api_key(connection, "report", NOON))
    second = await stored(database)
    revoked = await database.write(lambda connection: revoke_api_key(connection, "report", NOON))
    assert revoked.id == second.stored.id != first.stored.id


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", "bell\x07"])
async def test_a_name_is_short_and_printable(database: Database, name: str) -> None:
    with pytest.raises(InvalidArgument, match="1 to 100 printable characters"):
        await stored(database, name)
    assert await rows(database) == []


async def test_an_unknown_key_cannot_be_revoked_and_is_not_quoted(database: Database) -> None:
    pasted = (await stored(database)).text
    with pytest.raises(InvalidArgument) as caught:
        await database.write(lambda connection: revoke_api_key(connection, pasted, NOON))
    assert "sgw_" not in caught.value.message


async def test_the_last_use_is_stored_once_a_minute(
    database: Database, keys: ApiKeys, uses: ApiKeyUses, clock: Clock
) -> None:
    key = await stored(database)
    for moment, expected in [
        (NOON, NOON),
        (NOON + MINUTE - 1, NOON),
        (NOON + MINUTE, NOON + MINUTE),
        (NOON + MINUTE + 1, NOON + MINUTE),
        (NOON - MINUTE, NOON + MINUTE),
    ]:
        clock.now = moment
        await keys.verify(key.text)
        await uses.close()
        assert await last_used(database) == expected


async def test_another_process_does_not_store_the_same_minute_again(
    database: Database, keys: ApiKeys, uses: ApiKeyUses, clock: Clock
) -> None:
    key = await stored(database)
    await keys.verify(key.text)
    await uses.close()
    clock.now = NOON + MINUTE - 1
    theirs = ApiKeyUses(database)
    await ApiKeys(database, theirs, clock).verify(key.text)
    await theirs.close()
    assert await last_used(database) == NOON


async def test_a_writer_at_work_delays_no_request(
    database_url: str, database: Database, keys: ApiKeys, uses: ApiKeyUses
) -> None:
    key = await stored(database)
    writing, finish = Event(), Event()

    async def hold_the_writer_lock() -> None:
        def work(_: Connection) -> None:
            writing.set()
            assert finish.wait(30)

        async with open_database(database_url) as other:
            await other.write(work)

    other_process = asyncio.create_task(asyncio.to_thread(asyncio.run, hold_the_writer_lock()))
    await until(writing.is_set)
    async with asyncio.timeout(10):
        assert (await keys.verify(key.text)).api_key_id == key.stored.id
    assert await last_used(database) is None

    finish.set()
    await other_process
    await uses.close()
    assert await last_used(database) == NOON


_NO_USE_CAN_BE_STORED = {
    "sqlite": "CREATE TRIGGER unused BEFORE UPDATE ON api_key "
    "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    "postgresql": "ALTER TABLE api_key ADD CONSTRAINT unused CHECK (last_used_at IS NULL)",
}


async def test_a_use_that_cannot_be_stored_fails_no_request(
    database: Database, keys: ApiKeys, uses: ApiKeyUses, caplog: pytest.LogCaptureFixture
) -> None:
    key = await stored(database)
    await database.write(
        lambda connection: connection.execute(text(_NO_USE_CAN_BE_STORED[connection.dialect.name]))
    )
    assert (await keys.verify(key.text)).api_key_id == key.stored.id
    await uses.close()
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.WARNING,
            "The time at which API keys were last used was not stored: IntegrityError.",
        )
    ]
