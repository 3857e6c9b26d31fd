"""Operations that hypothesis makes up for our schema, executed as graphql-core would."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import open_database
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.executing import compared
from tests.graphql.made_up_operations import operations
from tests.resolvers.test_statements import fill
from tests.sampled import examples

VIEWERS = [ANONYMOUS, Viewer(id=3, login="user-3"), ADMIN]
IDS = ["1", "2", "3", "200", "201", "0"]
FIELDS = [name for name in graphql_schema.query_type.fields if not name.startswith("_")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("made-up")
    url = f"sqlite:///{path}/stats.db"

    async def filled() -> None:
        async with open_database(url) as database:
            await database.migrate()
            await fill(database)

    asyncio.run(filled())
    return url


@given(made_up=operations(graphql_schema, FIELDS, IDS), viewer=st.sampled_from(VIEWERS))
@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
def test_made_up_operations_give_the_same_bytes(
    url: str, made_up: tuple[str, dict[str, Any]], viewer: Viewer
) -> None:
    async def both() -> None:
        async with (
            open_database(url) as database,
            Operation(database, viewer, NOW) as ours,
            Operation(database, viewer, NOW) as theirs,
        ):
            await compared(graphql_schema, *made_up, ours, theirs)

    asyncio.run(both())
