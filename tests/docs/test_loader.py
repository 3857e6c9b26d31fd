"""The loader that the documents show works as they say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from tests.asking import ADMIN, NOW
from tests.docs.markdown import ROOT, blocks


def shown_loader() -> Any:
    """The class that is shown."""
    (block,) = [
        block
        for block in blocks(ROOT / "docs" / "development.md")
        if block.note == "file=gateway/loaders/group_numbers.py"
    ]
    module: dict[str, Any] = {}
    exec(compile(block.text, block.note, "exec"), module)
    return module["GroupNumberLoader"]


def joined(*groups: int) -> Any:
    """The user becomes a member of these groups."""
    member = {"state": "active", "roles": ["group_member"], "user_id": 1}

    def load(connection: Connection) -> None:
        document = {
            "users": [{"id": 1}],
            "user_groups": [{"id": group, "name": f"g{group}"} for group in groups],
            "memberships": [{**member, "user_group_id": group} for group in groups],
        }
        load_directory(connection, document)

    return load


async def test_the_loader_shown_batches_and_is_cached_until_its_entity_changes(
    database: Database, feed: ChangeFeed
) -> None:
    loader, cache = shown_loader(), ReadCache(1_000_000)

    async def numbers(*users: int) -> tuple[list[int], int]:
        async with Operation(database, ADMIN, NOW, cache=cache, feed=feed) as operation:
            found = await loader(operation.reads).load_many(users)
            assert operation.reads.entities == {("user_record", user) for user in users}
            return found, operation.snapshot.statements

    await database.write(joined(501, 502))
    assert await numbers(1, 2) == ([2, 0], 1)
    assert (cache.hits, cache.misses) == (0, 2)
    assert await numbers(2, 1) == ([0, 2], 1)
    assert (cache.hits, cache.misses) == (2, 2)
    await database.write(joined(503))
    assert await numbers(1, 2) == ([3, 0], 2)
    assert (cache.hits, cache.misses) == (3, 3)
