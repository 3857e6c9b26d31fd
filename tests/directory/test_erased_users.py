"""Who was erased is known without asking each time, and never from an older state."""

from __future__ import annotations

from functools import partial

import pytest

from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.erase_user import erase_user
from gateway.directory.erased_users import ErasedAccount, ErasedUsers
from tests.events_of import classification, store


async def erase(database: Database, user_id: int) -> None:
    await database.write(partial(erase_user, user_id=user_id))


class Statements:
    """Counts snapshots that read."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        read = database.read

        def counted() -> object:
            self.number += 1
            return read()

        monkeypatch.setattr(database, "read", counted)


async def test_who_is_erased_is_known_at_once(database: Database) -> None:
    await store(database, classification(1, user=7), classification(2, user=8))
    async with ChangeFeed(database) as feed:
        erased = ErasedUsers(database, feed)
        await erased.check(7)
        await erase(database, 7)
        with pytest.raises(ErasedAccount):
            await erased.check(7)
        await erased.check(8)
        await erased.check(None)
        assert await erased.among([6, 7, 8]) == {7}


async def test_only_erasures_are_read_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(database, classification(1, user=7))
    await erase(database, 5)
    async with ChangeFeed(database) as feed:
        erased = ErasedUsers(database, feed)
        assert erased.is_erased(5) is None
        await erased.check(7)
        statements = Statements(database, monkeypatch)
        for number in range(3):
            await store(database, classification(number + 2, user=7))
            await erased.check(7)
            assert erased.is_erased(7) is False
            assert erased.is_erased(5) is True
        assert statements.number == 0
        await erase(database, 7)
        await feed.catch_up()
        assert erased.is_erased(7) is None
        assert await erased.among([5, 6, 7]) == {5, 7}
        assert statements.number == 1


async def test_without_any_change_each_is_asked_for(database: Database) -> None:
    async with ChangeFeed(database) as feed:
        await ErasedUsers(database, feed).check(7)
        await erase(database, 7)
        with pytest.raises(ErasedAccount):
            await ErasedUsers(database, feed).check(7)
