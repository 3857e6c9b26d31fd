"""Operations run against a database as the endpoint runs them, without HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from graphql import GraphQLError

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.executing import compared, executed

NOW = datetime(2024, 3, 4, 12, tzinfo=UTC)
ADMIN = Viewer(id=1, login="ada", is_site_admin=True)


class Asked(NamedTuple):
    """An answer, how many statements it took, and of how many Selects these were made."""

    data: dict[str, Any]
    errors: list[GraphQLError]
    statements: int
    selects: int = 0


async def ask(
    database: Database,
    document: str,
    variables: dict[str, Any] | None = None,
    viewer: Viewer = ADMIN,
    *,
    compare: bool = True,
) -> Asked:
    """Execute an operation, on noon of 2024-03-04, and compare it with graphql-core's own way.

    ``compare=False`` leaves that out, where the same fields are compared elsewhere.
    """
    async with Operation(database, viewer, NOW) as operation, Operation(database, viewer, NOW) as o:
        if compare:
            result = await compared(graphql_schema, document, variables, operation, o)
        else:
            result = await executed(graphql_schema, document, variables, operation)
        return Asked(
            result.data or {},
            list(result.errors or ()),
            operation.snapshot.statements,
            operation.snapshot.selects,
        )


async def answer(
    database: Database,
    document: str,
    variables: dict[str, Any] | None = None,
    viewer: Viewer = ADMIN,
) -> dict[str, Any]:
    """The data of an operation that has no errors."""
    asked = await ask(database, document, variables, viewer)
    assert asked.errors == []
    return asked.data
