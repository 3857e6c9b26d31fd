"""A Panoptes where Ada leads a group, and a gateway beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.db import Database
from tests.directory.panoptes.local import LocalPanoptes, panoptes_running
from tests.directory.panoptes.local_records import FILTERS
from tests.groups.panoptes.beside import Beside, beside, settle


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPanoptes]:
    with panoptes_running() as there:
        yield there


@pytest.fixture
def there(running: LocalPanoptes) -> Iterator[LocalPanoptes]:
    """The same server for all tests of a module, each time as if it were new."""
    fresh = LocalPanoptes(url=running.url)
    for name, value in vars(fresh).items():
        setattr(running, name, value)
    assert running.has.keys() == FILTERS.keys()
    settle(running)
    yield running
    running.hangs, running.held_at = False, None


@pytest.fixture
async def town(there: LocalPanoptes, database: Database) -> AsyncIterator[Beside]:
    async with beside(there, database) as opened:
        yield opened
