"""A Panoptes with two groups, their members, and what the gateway leaves out."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from gateway.db import Database
from gateway.directory.panoptes.client import Credentials, Panoptes
from tests.directory.panoptes.asking import Clock, Gateway, gateway_beside
from tests.directory.panoptes.local import LocalPanoptes, panoptes_running
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET


@pytest.fixture
def empty_panoptes() -> Iterator[LocalPanoptes]:
    with panoptes_running() as panoptes:
        yield panoptes


@pytest.fixture
def panoptes(empty_panoptes: LocalPanoptes) -> LocalPanoptes:
    there = empty_panoptes
    for user_id, login in ((1001, "ada"), (1002, "bob"), (1003, "cyd")):
        there.user(user_id, login)
        # Each user's own group, as Panoptes makes it beside the user.
        there.group(9000 + user_id, name=login, display_name=login, private=False)
        there.member(9000 + user_id, user_id, "group_admin", identity=True)
    there.group(501, "private_show_agg_and_ind")
    there.group(502, "public_agg_only")
    there.member(501, 1001, "group_admin")
    there.member(501, 1002)
    there.member(502, 1002, "group_admin")
    there.member(502, 1003, state="invited")
    there.project(
        11,
        "zoo/cats",
        {
            "id": "101",
            "display_name": "Count",
            "active": True,
            "completeness": 0.25,
            "subjects_count": 40,
            "retirement": {"criteria": "classification_count", "options": {"count": 15}},
        },
        {"id": "102", "display_name": "Old", "active": False, "retirement": {}},
    )
    return there


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def api(panoptes: LocalPanoptes) -> AsyncIterator[Panoptes]:
    credentials = Credentials(CLIENT_ID, CLIENT_SECRET)
    async with Panoptes(panoptes.url, credentials, now, timeout_seconds=60) as opened:
        yield opened


@pytest.fixture
async def gateway(database: Database, panoptes: LocalPanoptes) -> AsyncIterator[Gateway]:
    async with gateway_beside(panoptes, database, Clock()) as opened:
        yield opened
